/*
 * The worker's end of the socket to its node: whole messages in, whole
 * messages out, on the worker's loop. Bytes that the socket does not take at
 * once are queued up to a limit. Messages stay in order.
 *
 * Thread: the loop's.
 */
#ifndef POND_RUNTIME_WORKER_WORKER_CHANNEL_H
#define POND_RUNTIME_WORKER_WORKER_CHANNEL_H

#include "runtime/wire/message.h"
#include <uv.h>

/* Queued bytes above which worker_channel_send() refuses: two of the largest
 * messages. */
#define WORKER_CHANNEL_QUEUE_MAX                                               \
    (2ul * (MESSAGE_HEAD_MAX + MESSAGE_PAYLOAD_MAX))

struct worker_channel {
    int fd;
    uv_poll_t poll;
    uv_timer_t first; /* for what came with the first message */
    struct message_reader reader;
    /* The bytes that the socket has not taken yet. */
    struct buffer queue;
    /* The bytes at the queue's front that were written already. */
    size_t written;
    /* A message of NULL means that the node is gone or sent nonsense. */
    void (*received)(void *user, const struct message *message);
    void *user;
};

/* Take over fd, a connected stream socket. The socket blocks until
 * worker_channel_listen(). */
void worker_channel_init(struct worker_channel *channel, int fd);

/* Wait for one message, before there is a loop. The message is valid until the
 * next call. ERR_CLOSED, ERR_IO, or an error of message_reader_next(). */
int worker_channel_wait(struct worker_channel *channel, struct message *out);

/* From now on messages arrive through received, from the loop only: also those
 * that came with the first message. */
void worker_channel_listen(struct worker_channel *channel, uv_loop_t *loop,
                           void (*received)(void *user,
                                            const struct message *message),
                           void *user);

/* ERR_LIMIT if the message is too large, ERR_FULL if the node does not read,
 * ERR_CLOSED or ERR_IO if the socket is broken. */
int worker_channel_send(struct worker_channel *channel, struct bytes head,
                        struct bytes payload);

/* Wait until everything is written, at most limit_ms. */
void worker_channel_flush(struct worker_channel *channel, int limit_ms);

#endif
