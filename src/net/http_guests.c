/*
 * Connections that another listener has accepted. libmicrohttpd has no place to
 * say whose one is, so it waits in a list, by its socket, until its exchange is
 * made on the thread that got it.
 */
#include "net/http_state.h"

#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The owner counts as one, and each connection. */
struct http_guests {
    atomic_uint count;
    unsigned max;
};

/* On its way to a thread of the daemon. */
struct http_arrival {
    struct http_arrival *next;
    int socket;
    struct http_guests *guests;
};

struct http_guests *http_guests_new(unsigned connections_max)
{
    struct http_guests *guests = mem_zero(1, sizeof(*guests));
    atomic_init(&guests->count, 1);
    guests->max = connections_max;
    return guests;
}

void http_guests_release(struct http_guests *guests)
{
    if (guests && atomic_fetch_sub(&guests->count, 1) == 1)
        free(guests);
}

static bool enter(struct http_guests *guests)
{
    if (atomic_fetch_add(&guests->count, 1) <= guests->max)
        return true;
    http_guests_release(guests);
    return false;
}

struct http_guests *http_guests_of(struct http_server *server, int socket)
{
    struct http_guests *guests = NULL;
    lock_take(&server->mutex);
    for (struct http_arrival **at = &server->arrivals; *at; at = &(*at)->next)
        if ((*at)->socket == socket) {
            struct http_arrival *arrival = *at;
            *at = arrival->next;
            guests = arrival->guests;
            free(arrival);
            break;
        }
    lock_give(&server->mutex);
    return guests;
}

/* libmicrohttpd closes without a word what no thread has taken by its end. */
void http_guests_forget(struct http_server *server)
{
    while (server->arrivals)
        http_guests_release(http_guests_of(server, server->arrivals->socket));
}

/* False if the server is stopping. */
static bool announce(struct http_server *server, int socket,
                     struct http_guests *guests)
{
    lock_take(&server->mutex);
    bool is_stopping = atomic_load(&server->stopping);
    if (!is_stopping) {
        struct http_arrival *arrival = mem_zero(1, sizeof(*arrival));
        *arrival = (struct http_arrival){server->arrivals, socket, guests};
        server->arrivals = arrival;
    }
    lock_give(&server->mutex);
    return !is_stopping;
}

/* libmicrohttpd closes the socket where it fails. The threads take turns by its
 * number. */
int http_server_adopt(struct http_server *server, int connection,
                      struct http_guests *guests)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int status = 0;
    if (getpeername(connection, (struct sockaddr *)&address, &size)) {
        status = err_errno("the connection is gone");
    } else if (!enter(guests)) {
        status = err_set(ERR_LIMIT, "too many connections of one task");
    } else if (!announce(server, connection, guests)) {
        http_guests_release(guests);
        status = err_set(ERR_LIMIT, "the server is stopping");
    }
    if (status) {
        close(connection);
        return status;
    }
    struct MHD_Daemon *daemon =
        server->daemons[(unsigned)connection % server->daemon_count];
    if (MHD_add_connection(daemon, connection, (struct sockaddr *)&address,
                           size) == MHD_YES)
        return 0;
    http_guests_release(http_guests_of(server, connection));
    return err_set(ERR_LIMIT, "the server takes no more connections");
}
