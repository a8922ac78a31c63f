/*
 * A listener that was made elsewhere, in the network of a task for example,
 * and an HTTP server that serves what comes there.
 *
 * Thread: the loop's.
 */
#ifndef POND_NET_HTTP_DOOR_H
#define POND_NET_HTTP_DOOR_H

#include "net/http_server.h"

struct http_door;

/* Accept on listener, which does not block and is taken over; connections above
 * connections_max at a time are closed. The server must not be stopped before
 * the door is closed. */
struct http_door *http_door_open(uv_loop_t *loop, struct http_server *server,
                                 int listener, unsigned connections_max);

/* Keep its listener for the program that takes this one's place (door_keep()).
 */
int http_door_keep(const struct http_door *door);

/* Accept no more; the connections stay. The loop has to run for a turn after
 * it. NULL is allowed. */
void http_door_close(struct http_door *door);

#endif
