/*
 * Where the process has no descriptor left a waiting connection would wake the
 * loop without end: so after a failure the door stays shut for a while.
 */
#include "net/door.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections taken in one turn of the loop. */
#define TURN_MAX 16

#define PAUSE_MS 100

struct door {
    door_arrived *arrived;
    void *user;
    int listener;
    uv_poll_t poll;
    uv_timer_t pause;
    unsigned handles;
};

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *pause)
{
    struct door *door = pause->data;

    uv_poll_start(&door->poll, UV_READABLE, on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;

    for (int i = 0; i < TURN_MAX; i++) {
        int connection =
            accept4(door->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (connection >= 0) {
            door->arrived(door->user, connection);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            uv_poll_stop(&door->poll);
            uv_timer_start(&door->pause, on_pause_over, PAUSE_MS, 0);
        }
        return;
    }
}

struct door *door_open(uv_loop_t *loop, int listener, door_arrived *arrived,
                       void *user)
{
    struct door *door = mem_zero(1, sizeof(*door));

    CHECK(arrived && listener >= 0);
    door->arrived = arrived;
    door->user = user;
    door->listener = listener;
    CHECK(!uv_poll_init(loop, &door->poll, listener));
    CHECK(!uv_timer_init(loop, &door->pause));
    door->poll.data = door->pause.data = door;
    door->handles = 2;
    uv_poll_start(&door->poll, UV_READABLE, on_ready);
    return door;
}

static void on_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;

    if (!--door->handles)
        free(door);
}

void door_close(struct door *door)
{
    if (!door)
        return;
    uv_poll_stop(&door->poll);
    close(door->listener);
    uv_close((uv_handle_t *)&door->poll, on_closed);
    uv_close((uv_handle_t *)&door->pause, on_closed);
}
