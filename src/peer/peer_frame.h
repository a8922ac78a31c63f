/*
 * Frames: what a connection between peers carries.
 *
 *   size u32le   of what follows, 1 … the lane's limit
 *   kind u8
 *   body
 *
 * The reader takes bytes as they come, in any pieces, and keeps no more than
 * has come. The queue holds what is to be sent, in order and within a bound.
 * Pure: neither knows of sockets.
 *
 * Thread: one at a time.
 */
#ifndef POND_PEER_PEER_FRAME_H
#define POND_PEER_PEER_FRAME_H

#include "base/buffer.h"

enum peer_lane {
    PEER_VOTES, /* small, and never behind something large */
    PEER_BULK,
};
#define PEER_LANES 2

/* The size of a frame, kind and body. Of strangers less is taken on the bulk
 * lane: 64 transactions, or a question. */
#define PEER_FRAME_VOTES_MAX (64u << 10)
#define PEER_FRAME_BULK_MAX (1u << 20)
#define PEER_FRAME_STRANGER_MAX (128u << 10)

/* What waits to be sent on one connection. Votes: minutes of them, or a long
 * answer. Bulk: a block of 8 MiB, and more. */
#define PEER_QUEUE_VOTES_MAX (1u << 20)
#define PEER_QUEUE_BULK_MAX (16u << 20)

/* Of the size field. */
#define PEER_FRAME_PREFIX 4u

static inline size_t peer_frame_max(enum peer_lane lane)
{
    return lane == PEER_VOTES ? PEER_FRAME_VOTES_MAX : PEER_FRAME_BULK_MAX;
}

/* The largest body on a lane. */
#define PEER_BODY_MAX(lane) (peer_frame_max(lane) - 1)

/* ---- reading ---- */

struct peer_frame {
    uint8_t kind;
    struct bytes body;
};

/* {.limit = ...} begins at a frame's start. */
struct peer_frame_reader {
    size_t limit;
    /* The part of a frame that has come. */
    struct buffer part;
};

/* Take a frame from *rest, which moves past what was used. *is_whole: a frame
 * is in *out, borrowed until the next call and as long as the bytes of *rest
 * are; if not, all of *rest was taken. ERR_LIMIT: the frame is larger than the
 * limit; ERR_INVALID: it is empty. After an error the bytes can't be read on.
 */
int peer_frame_read(struct peer_frame_reader *reader, struct bytes *rest,
                    bool *is_whole, struct peer_frame *out);

void peer_frame_reader_free(struct peer_frame_reader *reader);

/* ---- writing ---- */

/* A frame as bytes, shared by all queues that it is in. */
struct peer_message;

/* Copies the body. The caller holds it. *total counts its bytes until nobody
 * holds it any more. */
struct peer_message *peer_message_new(uint8_t kind, struct bytes body,
                                      size_t *total);
void peer_message_release(struct peer_message *message);

/* {.limit = ...} is empty. */
struct peer_queue {
    size_t limit;
    /* A ring: count messages from first on. */
    struct peer_message **messages;
    size_t capacity;
    size_t first;
    size_t count;
    /* How much of the first one was sent. */
    size_t sent;
    /* What waits, and some bytes for each message. */
    size_t charge;
};

/* Put a message last; the queue holds it as well. ERR_FULL: it would go beyond
 * the limit. */
int peer_queue_put(struct peer_queue *queue, struct peer_message *message);

/* Move all messages of more, of which nothing was sent, to the end of queue,
 * whatever its limit. */
void peer_queue_join(struct peer_queue *queue, struct peer_queue *more);

/* The next bytes to be sent, some of them if there are many; empty: none.
 * Several small messages are joined in scratch, which has room for size bytes;
 * else the view is of the message itself. */
struct bytes peer_queue_next(const struct peer_queue *queue, uint8_t *scratch,
                             size_t size);

/* That many bytes were sent. Returns how many messages that ended. */
size_t peer_queue_sent(struct peer_queue *queue, size_t count);

/* Lets go of all messages; the queue is empty and can be used again. */
void peer_queue_free(struct peer_queue *queue);

#endif
