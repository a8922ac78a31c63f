/*
 * What an encrypted stream is without the stream: bytes of the other end come
 * in, bytes for it come out. First the handshake (peer/secure_stream.h says
 * which), then records both ways.
 *
 * A machine without socket, clock and randomness.
 *
 * In memory: a part of a record, text that was not read, and bytes that were
 * not sent; each is freed as soon as it is empty, because most connections are
 * silent most of the time.
 */
#ifndef POND_PEER_SECURE_SESSION_H
#define POND_PEER_SECURE_SESSION_H

#include "peer/secure_stream.h"

enum secure_stage {
    SECURE_ENCRYPTION, /* agreeing on Noise */
    SECURE_IDENTITY,   /* Noise */
    SECURE_PROTOCOL,   /* agreeing on what is spoken inside */
    SECURE_OPEN,
    SECURE_FAILED,
};

/* Bytes from start on. */
struct secure_waiting {
    struct buffer bytes;
    size_t start;
};

struct secure_handshake;

struct secure_session {
    enum secure_stage stage;
    /* NULL once it is over. */
    struct secure_handshake *handshake;
    struct noise_cipher send;
    struct noise_cipher receive;
    struct pubkey peer;
    size_t protocol;
    struct secure_waiting in;
    struct secure_waiting text;
    struct secure_waiting out;
};

/* There is something to be sent at once. The time limit is not looked at.
 * ephemeral_secret: 32 random bytes that are used for nothing else. */
void secure_session_begin(struct secure_session *session,
                          const struct secure_options *options,
                          const uint8_t ephemeral_secret[32]);

/* Take bytes from the other end. During the handshake errors are those of
 * secure_stream_opened; later ERR_INVALID: a record was changed on the way, or
 * has no text. After an error there is no more text than was there before. */
int secure_session_take(struct secure_session *session, struct bytes bytes);

/* What the other end is to do next, of a handshake: "agreeing on ...". */
const char *secure_session_waits_for(const struct secure_session *session);

/* Encrypt a text of at most SECURE_RECORD_TEXT (CHECKed) to be sent. Only once
 * the stage is open. */
void secure_session_send(struct secure_session *session, struct bytes text);

/* Bytes that wait: encrypted ones to be sent, and text to be read. Valid until
 * the next call. */
struct bytes secure_waiting_view(const struct secure_waiting *waiting);
void secure_waiting_use(struct secure_waiting *waiting, size_t count);

/* Wipes and frees all. */
void secure_session_end(struct secure_session *session);

#endif
