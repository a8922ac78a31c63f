/*
 * uv_pipe_t would do the reading, but its writes can't be waited for, and a
 * worker that ends must get its last words out first: the error that names the
 * limit it ran into. So this is a plain descriptor with a poll handle, one
 * queue, and a flush that blocks.
 *
 * The queue is one run of bytes, messages behind each other. A part of it that
 * was written goes when there is much of it, or when all is.
 *
 * Invariants:
 * 1. written ≤ queue.size; both are 0 when nothing waits.
 * 2. Writability is watched just while something waits and the loop turns.
 */
#include "runtime/worker/worker_channel.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One read: large enough that a page or a state comes in few turns. */
#define READ_SIZE (256u << 10)

/* Nothing else has the descriptor: it is never closed, for the process ends
 * with the socket and the socket with the process. */
void worker_channel_init(struct worker_channel *channel, int fd)
{
    CHECK(fd >= 0);
    memset(channel, 0, sizeof(*channel));
    channel->fd = fd;
}

/* Read once. 1: something came; 0: nothing there now; ERR_CLOSED, ERR_IO. */
static int receive_some(struct worker_channel *channel)
{
    /* Not on the stack: the engine's thread has little. One channel, one read
     * at a time. */
    static uint8_t room[READ_SIZE];
    ssize_t got;
    do
        got = recv(channel->fd, room, sizeof(room), 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        message_reader_add(&channel->reader, bytes_make(room, (size_t)got));
        return 1;
    }
    if (!got)
        return err_set(ERR_CLOSED, "the node closed the socket");
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return 0;
    return err_errno("can't read from the node");
}

/* Blocks: there is no loop yet and nothing else to do without a start message.
 */
int worker_channel_wait(struct worker_channel *channel, struct message *out)
{
    for (;;) {
        bool more;
        int status = message_reader_next(&channel->reader, out, &more);
        if (status)
            return status;
        if (more)
            return 0;
        status = receive_some(channel);
        if (status < 0)
            return status;
    }
}

/* Write what the socket takes now. */
static int write_some(struct worker_channel *channel)
{
    while (channel->written < channel->queue.size) {
        ssize_t put =
            send(channel->fd, channel->queue.data + channel->written,
                 channel->queue.size - channel->written, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        if (put < 0)
            return err_errno("can't write to the node");
        channel->written += (size_t)put;
    }
    channel->written = 0;
    /* A large message's room is given back; the usual small ones keep it. */
    if (channel->queue.capacity > READ_SIZE)
        buffer_free(&channel->queue);
    else
        buffer_clear(&channel->queue);
    return 0;
}

static void became_ready(uv_poll_t *poll, int status, int events);

/* Writability is asked for only while something waits, or the loop would spin.
 */
static void watch(struct worker_channel *channel)
{
    int events = UV_READABLE;
    if (channel->queue.size)
        events |= UV_WRITABLE;
    uv_poll_start(&channel->poll, events, became_ready);
}

/* A message's handler may exit the process; it never calls back into the
 * reader. */
static void hand_out(struct worker_channel *channel)
{
    for (;;) {
        struct message message;
        bool more;
        if (message_reader_next(&channel->reader, &message, &more)) {
            channel->received(channel->user, NULL);
            return;
        }
        if (!more)
            return;
        channel->received(channel->user, &message);
    }
}

/* Writing first: room in the socket may be what the node waits for before it
 * sends more. */
static void became_ready(uv_poll_t *poll, int status, int events)
{
    struct worker_channel *channel = poll->data;
    if (status >= 0 && (events & UV_WRITABLE))
        status = write_some(channel);
    if (status >= 0 && (events & UV_READABLE))
        status = receive_some(channel);
    /* There is no way back from a broken socket: its user ends the process. */
    if (status < 0) {
        uv_poll_stop(&channel->poll);
        channel->received(channel->user, NULL);
        return;
    }
    hand_out(channel);
    watch(channel);
}

/* What came behind the first message is handed out at once: no poll would tell
 * of bytes that are read already. */
void worker_channel_listen(struct worker_channel *channel, uv_loop_t *loop,
                           void (*received)(void *user,
                                            const struct message *message),
                           void *user)
{
    CHECK(!channel->received && received);
    channel->received = received;
    channel->user = user;
    int yes = 1;
    CHECK(!ioctl(channel->fd, FIONBIO, &yes));
    CHECK(!uv_poll_init(loop, &channel->poll, channel->fd));
    channel->poll.data = channel;
    hand_out(channel);
    watch(channel);
}

/* Tries the socket at once if nothing waits, for a script that does not return
 * to the loop still gets its log lines and requests out. */
int worker_channel_send(struct worker_channel *channel, struct bytes head,
                        struct bytes payload)
{
    if (head.size > MESSAGE_HEAD_TO_NODE_MAX)
        return err_set(ERR_LIMIT,
                       "%zu bytes of JSON are above the message limit of "
                       "%u MB",
                       head.size, MESSAGE_HEAD_TO_NODE_MAX >> 20);
    if (payload.size > MESSAGE_PAYLOAD_MAX)
        return err_set(ERR_LIMIT,
                       "%zu bytes are above the message limit of %u MB",
                       payload.size, MESSAGE_PAYLOAD_MAX >> 20);
    /* The head is not counted: it is small beside the limit. */
    if (channel->queue.size - channel->written + payload.size >
        WORKER_CHANNEL_QUEUE_MAX)
        return err_set(ERR_FULL, "the node does not read: %lu bytes wait",
                       (unsigned long)channel->queue.size);
    bool idle = !channel->queue.size;
    /* Moving the rest pays only now and then. */
    if (channel->written > READ_SIZE) {
        buffer_consume(&channel->queue, channel->written);
        channel->written = 0;
    }
    /* Behind what waits: order is kept. */
    message_write(&channel->queue, head, payload);
    int status = idle ? write_some(channel) : 0;
    if (!status && idle && channel->queue.size && channel->received)
        watch(channel);
    return status;
}

/* Ends early if the node is gone: then nobody listens. */
void worker_channel_flush(struct worker_channel *channel, int limit_ms)
{
    uint64_t end = clock_monotonic_ms() + (uint64_t)limit_ms;
    while (channel->queue.size) {
        struct pollfd ready = {.fd = channel->fd, .events = POLLOUT};
        uint64_t now = clock_monotonic_ms();
        if (now >= end || write_some(channel))
            return;
        if (channel->queue.size)
            /* Interrupted or not, the loop looks at the clock again. */
            poll(&ready, 1, (int)(end - now));
    }
}
