/*
 * pond-launch PORT PROGRAM [ARGUMENT ...]
 *
 * What stands between the node and the `node` of a task. It makes the task's
 * own network, in which there is a loopback interface and nothing else, listens
 * there on 127.0.0.1:PORT, starts PROGRAM, and stays as the way through the
 * wall, which only its node can use. Descriptor 4 is that way, a socket that
 * keeps messages apart:
 *
 *     to the node    "L" and a descriptor: the listener. So a bundle finds its
 *                    node at the address that is written down in Koii's
 *                    wrappers, each task its own, and the node accepts what
 *                    comes there.
 *     from the node  "S": a socket, please.
 *     to the node    "S" and a descriptor: a TCP socket of the task's network,
 *                    with which the node reaches the task's own server.
 *
 * The walls besides the network are runtime/sandbox's.
 *
 * It passes SIGTERM on, ends as PROGRAM ended, and ends PROGRAM if its node is
 * gone. Exit code 127: it could not start PROGRAM, and said why on stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAY 4
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

static int hand_out(char what, int descriptor)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec piece = {.iov_base = &what, .iov_len = 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);

    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(first), &descriptor, sizeof(int));
    return sendmsg(WAY, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int fail(const char *what)
{
    fprintf(stderr, "pond-launch: %s: %s\n", what, strerror(errno));
    return FAILED;
}

/* ---- while PROGRAM runs ---- */

/* One for each request, in their order; none is kept here. False if the node is
 * gone. */
static bool serve_node(void)
{
    char request;
    ssize_t size = recv(WAY, &request, 1, 0);

    if (size < 0)
        return errno == EINTR;
    if (size == 0)
        return false;
    int fresh = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_there = fresh >= 0 && hand_out('S', fresh) == 0;
    if (fresh >= 0)
        close(fresh);
    return is_there;
}

/* True once PROGRAM has ended, with its *status. Others are children that it
 * left behind. */
static bool collect(pid_t program, int *status)
{
    bool has_ended = false;
    int one;

    for (pid_t child; (child = waitpid(-1, &one, WNOHANG)) > 0;)
        if (child == program) {
            *status = one;
            has_ended = true;
        }
    return has_ended;
}

static bool take_signal(int signals, pid_t program, int *status)
{
    struct signalfd_siginfo signal;

    if (read(signals, &signal, sizeof(signal)) != sizeof(signal))
        return false;
    if (signal.ssi_signo != SIGCHLD) {
        kill(program, SIGTERM);
        return false;
    }
    return collect(program, status);
}

/* The descriptors of PROGRAM are not kept open here: their readers wait for an
 * end. */
static void let_go(void)
{
    int nothing = open("/dev/null", O_RDWR);

    for (int descriptor = 0; descriptor < WAY; descriptor++)
        if (nothing >= 0 && descriptor != nothing)
            dup2(nothing, descriptor);
        else if (nothing < 0)
            close(descriptor);
    if (nothing >= WAY)
        close(nothing);
}

static int watch(pid_t program, int signals)
{
    int status = 0;

    let_go();
    for (;;) {
        struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
                                 {.fd = WAY, .events = POLLIN}};

        if (poll(ready, 2, -1) < 0)
            continue;
        if (ready[0].revents && take_signal(signals, program, &status))
            return status;
        if (ready[1].revents && !serve_node()) {
            kill(program, SIGKILL);
            return SIGKILL;
        }
    }
}

/* As PROGRAM ended. The first process of a PID namespace can't end itself by a
 * signal: then the shell's number for it. */
static int end_as(int status)
{
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    sigset_t all;
    sigfillset(&all);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    return 128 + WTERMSIG(status);
}

/* ---- starting ---- */

static void become(char **words, const sigset_t *before)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, before, NULL);
    close(WAY);
    execv(words[0], words);
    _exit(fail(words[0]));
}

static int start_and_watch(char **words)
{
    sigset_t wanted, before;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    int signals = signalfd(-1, &wanted, SFD_CLOEXEC);
    if (signals < 0)
        return fail("can't watch for signals");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t program = fork();
    if (program < 0)
        return fail("can't start a process");
    if (program == 0)
        become(words, &before);
    return end_as(watch(program, signals));
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
    int listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || raise_loopback(listener) ||
        listen_on(listener, (unsigned)port))
        return fail("can't listen in it");
    if (hand_out('L', listener))
        return fail("can't hand the listener out");
    close(listener);
    return start_and_watch(words + 2);
}
