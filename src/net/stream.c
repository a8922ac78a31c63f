/*
 * The upper side of all streams: what holds for each of them is checked here
 * once, and each kind does the rest.
 */
#include "net/stream.h"

#include "base/check.h"

void stream_on_ready(struct stream *stream, stream_ready *ready, void *user)
{
    CHECK(stream && ready);
    stream->ready = ready;
    stream->user = user;
}

/* Changes only: telling the kernel costs a call. */
void stream_watch(struct stream *stream, int events)
{
    CHECK(!events || stream->ready);
    if (events == stream->watched)
        return;
    stream->watched = events;
    stream->methods->watch(stream, events);
}

ssize_t stream_read(struct stream *stream, uint8_t *into, size_t room)
{
    CHECK(room > 0);
    ssize_t count = stream->methods->read(stream, into, room);
    CHECK(count <= (ssize_t)room);
    return count;
}

ssize_t stream_write(struct stream *stream, struct bytes bytes)
{
    if (!bytes.size)
        return 0;
    ssize_t count = stream->methods->write(stream, bytes);
    CHECK(count <= (ssize_t)bytes.size);
    return count;
}

void stream_finish(struct stream *stream)
{
    CHECK(stream);
    stream->methods->finish(stream);
}

void stream_close(struct stream *stream)
{
    if (stream)
        stream->methods->close(stream);
}

/* A lower end may have found out more than is watched for. */
void stream_is_ready(struct stream *stream, int events)
{
    events &= stream->watched;
    if (events)
        stream->ready(stream->user, events);
}
