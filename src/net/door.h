/*
 * The connections that come on a listening socket, one by one.
 *
 * Thread: the loop's.
 */
#ifndef POND_NET_DOOR_H
#define POND_NET_DOOR_H

#include <stdint.h>
#include <uv.h>

/* Listen on a numeric address, IPv4 or IPv6. *port 0: any that is free; it is
 * set. *listener does not block, and is the caller's. ERR_INVALID: no address;
 * ERR_BUSY: the port is taken; ERR_IO. */
int door_listen(const char *address, uint16_t *port, int *listener);

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
