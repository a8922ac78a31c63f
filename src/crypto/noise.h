/*
 * Noise_XX_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34):
 * three messages after which two ends share two keys, and each knows the
 * other's static key.
 *
 *   1  initiator: e            payload in the clear
 *   2  responder: e, ee, s, es  payload encrypted; shows the responder's static
 *   3  initiator: s, se         payload encrypted; shows the initiator's static
 *
 * A machine without socket and randomness: messages and secrets come in as
 * arguments. What a static key stands for is the payload's matter:
 * crypto/noise_identity.h.
 *
 * Each struct here is a plain value and holds secrets; wipe it in the end.
 *
 * Thread: any, after crypto_init().
 */
#ifndef POND_CRYPTO_NOISE_H
#define POND_CRYPTO_NOISE_H

#include "base/buffer.h"
#include "crypto/key.h"

/* Of any message, sealed ones too (revision 34, section 3). */
#define NOISE_MESSAGE_MAX 65535u
/* What a sealed message is longer than its text. */
#define NOISE_TAG_SIZE 16u

/* Of X25519 (RFC 7748). Not a struct pubkey: these keys do not sign. */
struct noise_pair {
    uint8_t secret[32];
    uint8_t public[32];
};

/* secret: 32 random bytes. */
void noise_pair_make(const uint8_t secret[32], struct noise_pair *out);

/* One direction. The nonce counts messages: they arrive in order or not at
 * all. */
struct noise_cipher {
    uint8_t key[32];
    uint64_t nonce;
};

struct noise {
    bool is_initiator;
    /* False before the first ee: what is sent is not encrypted. */
    bool has_key;
    /* Written or read so far. */
    unsigned messages;
    struct noise_cipher cipher;
    uint8_t chaining_key[32];
    /* Over all that was sent so far, the same at both ends. */
    struct hash transcript;
    struct noise_pair own;
    struct noise_pair ephemeral;
    /* The other end's; all zero until it came. */
    uint8_t their_ephemeral[32];
    uint8_t their_static[32];
};

/* own: the static key, copied. ephemeral_secret: 32 random bytes that are used
 * for nothing else. prologue: both ends must give the same bytes; libp2p's is
 * empty. */
void noise_begin(struct noise *noise, bool is_initiator,
                 const struct noise_pair *own,
                 const uint8_t ephemeral_secret[32], struct bytes prologue);

/* Is the next message this end's to write? */
bool noise_writes_next(const struct noise *noise);
/* Have all three messages passed? */
bool noise_is_done(const struct noise *noise);

/* Append the next message, which is this end's (CHECKed). payload: at most 1
 * KiB (CHECKed). ERR_DENIED: the other end's key is of small order, so the
 * secret would be known to everybody. After an error the handshake is over. */
int noise_write(struct noise *noise, struct bytes payload, struct buffer *out);

/* Take the next message, which is the other end's (CHECKed), and append its
 * payload. ERR_INVALID: too short. ERR_DENIED: changed on the way, of another
 * handshake, or with a key of small order. After an error the handshake is
 * over. */
int noise_read(struct noise *noise, struct bytes message,
               struct buffer *payload);

/* The keys of both directions, once noise_is_done(). The handshake is wiped. */
void noise_split(struct noise *noise, struct noise_cipher *send,
                 struct noise_cipher *receive);

void noise_wipe(struct noise *noise);

/* Seal a text of at most NOISE_MESSAGE_MAX less the tag (CHECKed) into out,
 * which has room for both and does not overlap it. */
void noise_seal(struct noise_cipher *cipher, struct bytes text, uint8_t *out);

/* Open a sealed message into out, which has room for it without the tag and
 * does not overlap it. ERR_DENIED: changed, repeated or left out on the way;
 * nothing that comes later can be opened either. */
int noise_open(struct noise_cipher *cipher, struct bytes sealed, uint8_t *out);

#endif
