/*
 * An encrypted stream (net/stream.h) over another, between two ends that prove
 * their identities to each other, as libp2p's connections begin:
 * multistream-select agrees on "/noise", Noise XX exchanges keys and
 * identities, and multistream-select inside agrees on the protocol that is to
 * be spoken (github.com/libp2p/specs, connections/README.md, noise/README.md).
 *
 * A record is its size as u16be, then that many bytes; what is sent goes in
 * records of at most SECURE_RECORD_TEXT bytes, what is received may be any.
 *
 * In memory: the records of both directions that are under way, so at most 64
 * KiB for each, and a few hundred bytes while there are none.
 *
 * Thread: the loop's.
 */
#ifndef POND_PEER_SECURE_STREAM_H
#define POND_PEER_SECURE_STREAM_H

#include "crypto/noise.h"
#include "net/stream.h"
#include <uv.h>

/* Small enough that little waits in memory when the peer takes nothing, large
 * enough that the tag and the size are a thousandth. */
#define SECURE_RECORD_TEXT (16u << 10)

/* Who this end is: a key of its own for connections, signed by the identity,
 * whose secret is not needed any more. Wipe it in the end. */
struct secure_identity {
    struct noise_pair pair;
    uint8_t payload[128];
    size_t payload_size;
};

/* With a new key for connections. */
void secure_identity_make(const struct keypair *identity,
                          struct secure_identity *out);
void secure_identity_wipe(struct secure_identity *identity);

/* With status 0 the stream can be used, and the two functions below. Otherwise
 * err_text() says why: ERR_DENIED: the other end is not who it says, or not who
 * was expected; ERR_INVALID, ERR_UNSUPPORTED: it speaks something else;
 * ERR_TIMEOUT; ERR_NETWORK, ERR_CLOSED: the connection broke. The stream has to
 * be closed in any case. Never called from inside secure_stream_begin(). */
typedef void secure_stream_opened(void *user, int status);

struct secure_options {
    /* This end made the connection: it proposes, and begins. */
    bool is_dialler;
    /* Borrowed for the call. */
    const struct secure_identity *identity;
    /* The only one to be taken for the other end; NULL: whoever it is.
     * Borrowed for the call. */
    const struct pubkey *expected;
    /* As multistream_begin(); borrowed until opened is called. */
    const char *const *protocols;
    size_t count;
    /* For all of it. */
    uint64_t time_limit_ms;
};

/* Begin over lower, which is connected and taken over. */
struct stream *secure_stream_begin(uv_loop_t *loop, struct stream *lower,
                                   const struct secure_options *options,
                                   secure_stream_opened *opened, void *user);

/* The other end's identity, valid as long as the stream. */
const struct pubkey *secure_stream_peer(const struct stream *stream);
/* What was agreed on: a place in protocols. */
size_t secure_stream_protocol(const struct stream *stream);

#endif
