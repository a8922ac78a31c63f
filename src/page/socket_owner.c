/*
 * The lists have a line for each socket:
 *
 *   sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
 * ...
 *
 * An address is written as the words of it that this machine reads from memory,
 * in hexadecimal. The socket that is looked for is the other end's: its local
 * address is this end's remote one.
 *
 * A socket that its process has closed stays in the list for a while, with
 * inode 0 and the user id 0, whoever had it. So an inode of 0 is nobody, and
 * not root.
 */
#include "page/socket_owner.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A connection's end as one of the lists has it. */
#define END_SIZE (32 + 1 + 4 + 1)

/* A v4 connection of a socket that was made for v6 is in the other list, as a
 * mapped address (RFC 4291, 2.5.5.2). */
static bool write_end(const struct sockaddr_storage *address, bool is_v6,
                      char out[END_SIZE])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    uint32_t words[4] = {0, 0, htonl(0xffff), 0};

    if (address->ss_family == AF_INET && !is_v6) {
        snprintf(out, END_SIZE, "%08" PRIX32 ":%04X", v4->sin_addr.s_addr,
                 (unsigned)ntohs(v4->sin_port));
        return true;
    }
    if (!is_v6 ||
        (address->ss_family != AF_INET && address->ss_family != AF_INET6))
        return false;
    if (address->ss_family == AF_INET)
        words[3] = v4->sin_addr.s_addr;
    else
        memcpy(words, &v6->sin6_addr, sizeof(words));
    snprintf(out, END_SIZE,
             "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 "%08" PRIX32 ":%04X",
             words[0], words[1], words[2], words[3],
             (unsigned)ntohs(address->ss_family == AF_INET ? v4->sin_port
                                                           : v6->sin6_port));
    return true;
}

enum socket_owner socket_owner_read(const char *line, bool is_v6,
                                    const struct sockaddr_storage *own,
                                    const struct sockaddr_storage *other,
                                    uid_t *out)
{
    char here[END_SIZE], there[END_SIZE];
    char local[END_SIZE], remote[END_SIZE];
    unsigned long user, inode;

    if (!write_end(own, is_v6, here) || !write_end(other, is_v6, there) ||
        sscanf(line, "%*s %37s %37s %*s %*s %*s %*s %lu %*s %lu", local, remote,
               &user, &inode) != 4 ||
        strcmp(local, there) != 0 || strcmp(remote, here) != 0)
        return SOCKET_OWNER_UNKNOWN;
    if (!inode)
        return SOCKET_OWNER_GONE;
    *out = (uid_t)user;
    return SOCKET_OWNER_KNOWN;
}

/* The kernel writes whole lines, and none is longer than 200 bytes. */
static enum socket_owner look(const char *path, bool is_v6,
                              const struct sockaddr_storage *own,
                              const struct sockaddr_storage *other, uid_t *out)
{
    enum socket_owner found = SOCKET_OWNER_UNKNOWN;
    FILE *list = fopen(path, "re");
    char line[512];

    if (!list)
        return SOCKET_OWNER_UNKNOWN;
    while (found == SOCKET_OWNER_UNKNOWN && fgets(line, sizeof(line), list))
        found = socket_owner_read(line, is_v6, own, other, out);
    fclose(list);
    return found;
}

enum socket_owner socket_owner_find(const struct sockaddr_storage *own,
                                    const struct sockaddr_storage *other,
                                    uid_t *out)
{
    enum socket_owner found = SOCKET_OWNER_UNKNOWN;

    if (other->ss_family == AF_INET)
        found = look("/proc/net/tcp", false, own, other, out);
    return found == SOCKET_OWNER_UNKNOWN
               ? look("/proc/net/tcp6", true, own, other, out)
               : found;
}
