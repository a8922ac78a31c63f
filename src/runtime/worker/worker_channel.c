/*
 * uv_pipe_t could read, but nothing can wait for its writes, and a worker that
 * ends must first send the error that names the limit it met. So this is a
 * descriptor with a poll handle, a queue, and a flush that blocks.
 *
 * The queue holds one message after another. Its written part is dropped when
 * that part is large, or when all is written.
 *
 * Invariants:
 * 1. written ≤ queue.size; both are 0 when nothing waits.
 * 2. Writability is watched only while bytes wait and the loop turns.
 */
#include "runtime/worker/worker_channel.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The bytes of one read: enough for a page or a state to come in few turns. */
#define READ_SIZE (256u << 10)

/* The descriptor is never closed: the process ends with the socket, and the
 * socket with the process. */
void worker_channel_init(struct worker_channel *channel, int fd)
{
    CHECK(fd >= 0);
    memset(channel, 0, sizeof(*channel));
    channel->fd = fd;
}

/* Read once. Returns 1 if bytes came, 0 if there are none now, ERR_CLOSED, or
 * ERR_IO. */
static int receive_some(struct worker_channel *channel)
{
    /* The bytes are not on the stack, because the engine's thread has little.
     * There is one channel and one read at a time. */
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

/* This blocks, because there is no loop yet and nothing else to do. */
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

/* Write the bytes that the socket takes now. */
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
    /* The memory of a large message is given back, that of small ones kept. */
    if (channel->queue.capacity > READ_SIZE)
        buffer_free(&channel->queue);
    else
        buffer_clear(&channel->queue);
    return 0;
}

static void became_ready(uv_poll_t *poll, int status, int events);

/* Writability is watched only while bytes wait. Otherwise the loop would
 * spin. */
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

/* This writes first, because the node may wait for these bytes before it sends
 * more. */
static void became_ready(uv_poll_t *poll, int status, int events)
{
    struct worker_channel *channel = poll->data;
    if (status >= 0 && (events & UV_WRITABLE))
        status = write_some(channel);
    if (status >= 0 && (events & UV_READABLE))
        status = receive_some(channel);
    /* A broken socket stays broken, so its user ends the process. */
    if (status < 0) {
        uv_poll_stop(&channel->poll);
        channel->received(channel->user, NULL);
        return;
    }
    hand_out(channel);
    watch(channel);
}

/* The socket is watched from here on, so that messages keep their order. */
static void on_first_turn(uv_timer_t *timer)
{
    struct worker_channel *channel = timer->data;
    uv_close((uv_handle_t *)timer, NULL);
    hand_out(channel);
    watch(channel);
}

/* Bytes after the first message wait for a timer, because no poll would report
 * bytes that were read already. */
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
    CHECK(!uv_timer_init(loop, &channel->first));
    channel->first.data = channel;
    CHECK(!uv_timer_start(&channel->first, on_first_turn, 0, 0));
}

/* This tries the socket at once if nothing waits, so that the log lines and
 * requests of a script that does not return to the loop are sent. */
int worker_channel_send(struct worker_channel *channel, struct bytes head,
                        struct bytes payload)
{
    if (head.size > MESSAGE_HEAD_TO_NODE_MAX)
        return err_set(ERR_LIMIT,
                       "%zu bytes of JSON are above the message limit of "
                       "%u MB",
                       head.size, MESSAGE_HEAD_TO_NODE_MAX >> 20);
    if (json_check_values(head, MESSAGE_VALUES_TO_NODE_MAX))
        return err_add(ERR_LIMIT, "a message to the node");
    if (payload.size > MESSAGE_PAYLOAD_MAX)
        return err_set(ERR_LIMIT,
                       "%zu bytes are above the message limit of %u MB",
                       payload.size, MESSAGE_PAYLOAD_MAX >> 20);
    /* The head is not counted, because it is small beside the limit. */
    if (channel->queue.size - channel->written + payload.size >
        WORKER_CHANNEL_QUEUE_MAX)
        return err_set(ERR_FULL, "the node does not read: %lu bytes wait",
                       (unsigned long)channel->queue.size);
    bool idle = !channel->queue.size;
    /* To move the rest for each message would cost too much. */
    if (channel->written > READ_SIZE) {
        buffer_consume(&channel->queue, channel->written);
        channel->written = 0;
    }
    /* The message goes after those that wait, to keep the order. */
    message_write(&channel->queue, head, payload);
    int status = idle ? write_some(channel) : 0;
    if (!status && idle && channel->queue.size && channel->received)
        watch(channel);
    return status;
}

/* This ends early if the node is gone. */
void worker_channel_flush(struct worker_channel *channel, int limit_ms)
{
    uint64_t end = clock_monotonic_ms() + (uint64_t)limit_ms;
    while (channel->queue.size) {
        struct pollfd ready = {.fd = channel->fd, .events = POLLOUT};
        uint64_t now = clock_monotonic_ms();
        if (now >= end || write_some(channel))
            return;
        if (channel->queue.size)
            /* The loop checks the clock, even if a signal ends the wait. */
            poll(&ready, 1, (int)(end - now));
    }
}
