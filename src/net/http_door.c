#include "net/http_door.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/door.h"

#include <stdlib.h>

struct http_door {
    struct http_server *server;
    struct http_guests *guests;
    struct door *door;
    int listener; /* the door's */
};

static void on_arrived(void *user, int connection)
{
    struct http_door *door = user;

    if (http_server_adopt(door->server, connection, door->guests))
        log_debug("http", "%s", err_text());
}

struct http_door *http_door_open(uv_loop_t *loop, struct http_server *server,
                                 int listener, unsigned connections_max)
{
    struct http_door *door = mem_zero(1, sizeof(*door));

    CHECK(server);
    door->server = server;
    door->guests = http_guests_new(connections_max);
    door->listener = listener;
    door->door = door_open(loop, listener, on_arrived, door);
    return door;
}

int http_door_keep(const struct http_door *door)
{
    return door_keep(door->listener);
}

void http_door_close(struct http_door *door)
{
    if (!door)
        return;
    door_close(door->door);
    http_guests_release(door->guests);
    free(door);
}
