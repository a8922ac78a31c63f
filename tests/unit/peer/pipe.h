/*
 * Two ends of a connection in memory, as streams (net/stream.h). An end takes
 * and gives at most so many bytes a call, so that every piece of a protocol
 * comes apart everywhere. The test may change or add bytes on the way.
 */
#ifndef POND_TESTS_PEER_PIPE_H
#define POND_TESTS_PEER_PIPE_H

#include "test.h"

#include "base/buffer.h"
#include "base/error.h"
#include "net/stream.h"
#include <uv.h>

#define PIPE_ROOM 100000

struct pipe_end {
    struct stream stream; /* first */
    struct pipe_end *other;
    uv_idle_t idle;
    /* What came from the other end. */
    struct buffer in;
    size_t step;
    bool is_finished; /* sends no more */
    bool is_closed;
};

static inline bool pipe_is_over(const struct pipe_end *end)
{
    return end->other->is_finished || end->other->is_closed;
}

static inline void pipe_turn(uv_idle_t *idle)
{
    struct pipe_end *end = idle->data;
    int events = 0;
    if (end->in.size || pipe_is_over(end))
        events |= STREAM_READABLE;
    if (end->other->in.size < PIPE_ROOM)
        events |= STREAM_WRITABLE;
    stream_is_ready(&end->stream, events);
}

static inline ssize_t pipe_read(struct stream *stream, uint8_t *into,
                                size_t room)
{
    struct pipe_end *end = (struct pipe_end *)stream;
    size_t size = room < end->step ? room : end->step;
    if (size > end->in.size)
        size = end->in.size;
    if (!size)
        return pipe_is_over(end) ? err_set(ERR_CLOSED, "the pipe's end") : 0;
    memcpy(into, end->in.data, size);
    buffer_consume(&end->in, size);
    return (ssize_t)size;
}

static inline ssize_t pipe_write(struct stream *stream, struct bytes bytes)
{
    struct pipe_end *end = (struct pipe_end *)stream;
    size_t size = bytes.size < end->step ? bytes.size : end->step;
    if (end->other->is_closed)
        return err_set(ERR_NETWORK, "the pipe broke");
    if (end->other->in.size >= PIPE_ROOM)
        return 0;
    buffer_append(&end->other->in, bytes.data, size);
    return (ssize_t)size;
}

static inline void pipe_watch(struct stream *stream, int events)
{
    struct pipe_end *end = (struct pipe_end *)stream;
    if (events)
        uv_idle_start(&end->idle, pipe_turn);
    else
        uv_idle_stop(&end->idle);
}

static inline void pipe_finish(struct stream *stream)
{
    ((struct pipe_end *)stream)->is_finished = true;
}

static inline void pipe_close(struct stream *stream)
{
    struct pipe_end *end = (struct pipe_end *)stream;
    assert_false(end->is_closed);
    end->is_closed = true;
    buffer_free(&end->in);
    uv_close((uv_handle_t *)&end->idle, NULL);
}

static inline void pipe_make(uv_loop_t *loop, struct pipe_end ends[2],
                             size_t step)
{
    static const struct stream_methods methods = {
        .read = pipe_read,
        .write = pipe_write,
        .watch = pipe_watch,
        .finish = pipe_finish,
        .close = pipe_close,
    };
    for (size_t i = 0; i < 2; i++) {
        ends[i] = (struct pipe_end){
            .stream.methods = &methods, .other = &ends[1 - i], .step = step};
        uv_idle_init(loop, &ends[i].idle);
        ends[i].idle.data = &ends[i];
    }
}

#endif
