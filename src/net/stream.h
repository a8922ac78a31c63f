/*
 * An ordered stream of bytes in both directions, with back-pressure: what a
 * protocol is spoken over, whatever carries it. Its lower end is TCP
 * (net/stream_tcp.h), or TLS (net/stream_tls.h) or Noise (peer/secure_stream.h)
 * over another stream; the streams of a multiplexer fit below the same
 * functions.
 *
 * A stream keeps no bytes that were not asked for. A reader that reads nothing
 * makes the peer wait; a writer learns from the count what the peer takes.
 *
 * Thread: its loop's, for all calls and callbacks.
 */
#ifndef POND_NET_STREAM_H
#define POND_NET_STREAM_H

#include "base/bytes.h"
#include <sys/types.h>

struct stream;

enum stream_event {
    STREAM_READABLE = 1,
    STREAM_WRITABLE = 2,
};

/* Something that was watched for may be possible now. Called again as long as
 * it is watched for and possible. May close the stream. Never called from
 * inside a stream_* call. */
typedef void stream_ready(void *user, int events);

/* At first nothing is watched for. */
void stream_on_ready(struct stream *stream, stream_ready *ready, void *user);

/* What to be called about from now on: enum stream_event, or 0. */
void stream_watch(struct stream *stream, int events);

/* How many bytes were read; 0: none are here now. ERR_CLOSED: the peer has sent
 * its last byte; ERR_NETWORK: the connection broke. room: at least 1. */
ssize_t stream_read(struct stream *stream, uint8_t *into, size_t room);

/* How many bytes were taken; 0: none can be taken now. ERR_NETWORK. */
ssize_t stream_write(struct stream *stream, struct bytes bytes);

/* Send no more: the peer reads an end after what was taken. Reading goes on. */
void stream_finish(struct stream *stream);

/* Let go of it; what the peer has not taken is still sent if the lower end can.
 * Nothing is called afterwards. NULL is allowed. */
void stream_close(struct stream *stream);

/* ---- for what lies below ---- */

/* One for each kind of lower end, with the rules of the functions above. */
struct stream_methods {
    ssize_t (*read)(struct stream *stream, uint8_t *into, size_t room);
    ssize_t (*write)(struct stream *stream, struct bytes bytes);
    void (*watch)(struct stream *stream, int events);
    void (*finish)(struct stream *stream);
    /* Frees the stream, at once or when the loop lets go. */
    void (*close)(struct stream *stream);
};

/* The first field of what a kind keeps of its own. */
struct stream {
    const struct stream_methods *methods;
    stream_ready *ready;
    void *user;
    int watched;
};

/* From the loop only. */
void stream_is_ready(struct stream *stream, int events);

#endif
