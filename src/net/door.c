/*
 * Where the process has no descriptor left a waiting connection would wake the
 * loop without end: so after a failure the door stays shut for a while.
 */
#include "net/door.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections taken in one turn of the loop. */
#define TURN_MAX 16

#define PAUSE_MS 100

#define BACKLOG 511 /* the kernel cuts it to net.core.somaxconn */

/* ---- listening ---- */

/* The size of the address; 0 for a text that is none. Names are not resolved:
 * what one listens on should be seen in the settings. */
static socklen_t parse_address(const char *text, uint16_t port,
                               struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof(*v6);
    }
    return 0;
}

/* ---- what is kept, by the program before or by this one ---- */

#define KEPT_VARIABLE "POND_DOORS"
#define KEPT_MAX 8

static int kept[KEPT_MAX];
static size_t kept_count;

/* For the next program. */
static int passed[KEPT_MAX];
static size_t passed_count;

/* Into a list of them. */
static int keep(int listener, int list[KEPT_MAX], size_t *count)
{
    if (*count == KEPT_MAX)
        return err_set(ERR_LIMIT, "%d listeners are kept already", KEPT_MAX);
    /* Above the standard ones. */
    int copy = fcntl(listener, F_DUPFD_CLOEXEC, 3);

    if (copy < 0)
        return err_errno("can't keep a listener");
    list[(*count)++] = copy;
    return 0;
}

int door_keep(int listener)
{
    return keep(listener, passed, &passed_count);
}

int door_keep_here(int listener)
{
    return keep(listener, kept, &kept_count);
}

void door_hand_on(void)
{
    struct buffer text = {0};

    for (size_t i = 0; i < passed_count; i++)
        if (!fcntl(passed[i], F_SETFD, 0))
            buffer_format(&text, "%s%d", text.size ? "," : "", passed[i]);
    if (text.size)
        (void)setenv(KEPT_VARIABLE, buffer_string(&text), 1);
    buffer_free(&text);
}

/* A number that is no listener of ours is left alone. */
void door_inherit(void)
{
    const char *text = getenv(KEPT_VARIABLE);

    while (text && *text && kept_count < KEPT_MAX) {
        char *end;
        long number = strtol(text, &end, 10);
        int is_listener = 0;
        socklen_t size = sizeof(is_listener);

        if (end == text || number < 3 || number > INT_MAX)
            break;
        if (!getsockopt((int)number, SOL_SOCKET, SO_ACCEPTCONN, &is_listener,
                        &size) &&
            is_listener && !fcntl((int)number, F_SETFD, FD_CLOEXEC))
            kept[kept_count++] = (int)number;
        text = *end == ',' ? end + 1 : end;
    }
    (void)unsetenv(KEPT_VARIABLE);
}

void door_drop_kept(void)
{
    while (kept_count)
        close(kept[--kept_count]);
}

/* -1: none of this address is kept. */
static int take_kept(const struct sockaddr_storage *address, socklen_t size)
{
    for (size_t i = 0; i < kept_count; i++) {
        struct sockaddr_storage own = {0};
        socklen_t own_size = sizeof(own);
        int listener = kept[i];

        if (getsockname(listener, (struct sockaddr *)&own, &own_size) ||
            own_size != size || memcmp(&own, address, size))
            continue;
        kept[i] = kept[--kept_count];
        return listener;
    }
    return -1;
}

int door_listen(const char *text, uint16_t *port, int *out)
{
    struct sockaddr_storage address;
    socklen_t size = parse_address(text, *port, &address);
    int on = 1;

    if (!size)
        return err_set(ERR_INVALID, "%s is no IPv4 or IPv6 address", text);
    *out = take_kept(&address, size);
    if (*out >= 0)
        return 0;
    int listener = socket(address.ss_family,
                          SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return err_errno("can't make a socket for %s", text);
    /* A restart may not wait for the old connections' TIME_WAIT. */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, size) ||
        listen(listener, BACKLOG) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        bool is_taken = errno == EADDRINUSE;
        int status = err_errno("can't listen on %s port %" PRIu16, text, *port);
        close(listener);
        return is_taken ? ERR_BUSY : status;
    }
    /* sin_port and sin6_port lie at the same place. */
    *port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    *out = listener;
    return 0;
}

/* ---- the door ---- */

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
