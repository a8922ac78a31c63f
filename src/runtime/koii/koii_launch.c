/*
 * pond-launch PORT PROGRAM [ARGUMENT ...]
 *
 * What stands between the node and the `node` of a task: it makes the process's
 * own network, in which there is a loopback interface and nothing else, listens
 * there on 127.0.0.1:PORT, hands the listener out through descriptor 4 (one
 * byte with SCM_RIGHTS), and becomes PROGRAM. So a bundle finds its node at the
 * address that is written down in Koii's wrappers, each task its own; and the
 * node accepts what comes from outside of that network.
 *
 * The walls besides the network are runtime/sandbox's.
 *
 * It ends with its node, and so does PROGRAM, by the kernel's parent-death
 * signal. Exit code 127: it could not become PROGRAM, and said why on stderr.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_FD 4
#define BACKLOG 128
#define FAILED 127

/* Without privileges a network of one's own needs users of one's own. */
static int leave_network(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return 0;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static int raise_loopback(int any_socket)
{
    struct ifreq request = {0};

    memcpy(request.ifr_name, "lo", sizeof("lo"));
    request.ifr_flags = IFF_UP;
    return ioctl(any_socket, SIOCSIFFLAGS, &request);
}

static int listen_on(int listener, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    if (bind(listener, (struct sockaddr *)&address, sizeof(address)))
        return -1;
    return listen(listener, BACKLOG);
}

static int hand_out(int listener)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);

    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(first), &listener, sizeof(int));
    return sendmsg(SOCKET_FD, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int fail(const char *what)
{
    fprintf(stderr, "pond-launch: %s: %s\n", what, strerror(errno));
    return FAILED;
}

int main(int count, char **words)
{
    char *end = NULL;
    unsigned long port = count > 2 ? strtoul(words[1], &end, 10) : 0;

    if (!port || port > 65535 || *end) {
        fprintf(stderr, "usage: pond-launch PORT PROGRAM [ARGUMENT ...]\n");
        return FAILED;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() == 1)
        return fail("the node is gone");
    if (leave_network())
        return fail("can't make a network of its own");
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || raise_loopback(listener) ||
        listen_on(listener, (unsigned)port))
        return fail("can't listen in it");
    if (hand_out(listener))
        return fail("can't hand the listener out");
    close(listener);
    close(SOCKET_FD);
    execv(words[2], words + 2);
    return fail(words[2]);
}
