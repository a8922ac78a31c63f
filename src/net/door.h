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

/*
 * A program that takes this one's place in the process (execve) goes on with
 * its listeners, so that nobody else gets their ports and who connects
 * meanwhile waits. Thread: one.
 */

/* Keep a listener open for the next program, also when it is closed here. */
int door_keep(int listener);
/* Just before the other program begins. */
void door_hand_on(void);
/* Keep it for who listens on the same address and port next in this program. */
int door_keep_here(int listener);

/* Take what the program before has kept; first thing in a program, before it
 * starts others. door_listen() on the same address and port then gives it. */
void door_inherit(void);
/* Close what nobody has asked for. */
void door_drop_kept(void);

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
