/*
 * Which user of this machine has the other end of a loopback connection, as the
 * kernel lists it (/proc/net/tcp and tcp6, proc(5)).
 *
 * A socket of another network namespace is not in the list: that of a container
 * whose port is forwarded, say.
 *
 * Thread: any. A look takes some milliseconds.
 */
#ifndef POND_PAGE_SOCKET_OWNER_H
#define POND_PAGE_SOCKET_OWNER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

enum socket_owner {
    SOCKET_OWNER_UNKNOWN, /* it is not in the list */
    SOCKET_OWNER_KNOWN,
    SOCKET_OWNER_GONE, /* no process has it any more: nobody reads an answer */
};

/* own, other: the addresses of this end and of the other one. */
enum socket_owner socket_owner_find(const struct sockaddr_storage *own,
                                    const struct sockaddr_storage *other,
                                    uid_t *out);

/* The same of one line of the kernel's list; UNKNOWN if the line is about
 * another connection. is_v6: of tcp6. */
enum socket_owner socket_owner_read(const char *line, bool is_v6,
                                    const struct sockaddr_storage *own,
                                    const struct sockaddr_storage *other,
                                    uid_t *out);

#endif
