/*
 * The connections that come on a listening socket, one by one.
 *
 * Thread: the loop's.
 */
#ifndef POND_NET_DOOR_H
#define POND_NET_DOOR_H

#include <uv.h>

struct door;

/* connection is the callee's, and does not block. The door must not be closed
 * there. */
typedef void door_arrived(void *user, int connection);

/* Accept on listener, which does not block and is taken over. */
struct door *door_open(uv_loop_t *loop, int listener, door_arrived *arrived,
                       void *user);

/* Accept no more; the connections stay. It is freed by the loop. NULL is
 * allowed. */
void door_close(struct door *door);

#endif
