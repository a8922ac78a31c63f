/*
 * pond-launch: starts a program of a task in its sandbox and stays with it.
 *
 *     descriptors 0, 1, 2, 3: the program's own
 *     descriptor 4: the socket to the node (runtime/wire/launch_message.h)
 *
 * Its own environment is empty; that of the program comes with the start
 * message. Otherwise a variable of the task, LD_PRELOAD for example, would work
 * on this process, which is not confined.
 */
#include "base/error.h"
#include "base/memory.h"
#include "runtime/launch/launch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 128

static int fail(const char *what)
{
    launch_say_failed(what);
    fprintf(stderr, "pond-launch: %s: %s\n", what, err_text());
    return LAUNCH_FAILED;
}

/* The message is kept as long as the process lives. */
static int receive_start(struct launch_start *start)
{
    struct json_object *message;
    char *room = mem_alloc(LAUNCH_MESSAGE_MAX);
    ssize_t size;
    do
        size = recv(LAUNCH_SOCKET_FD, room, LAUNCH_MESSAGE_MAX, 0);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return err_set(ERR_CLOSED, "the node sent nothing");
    int status = json_parse(bytes_make(room, (size_t)size), &message);
    if (!status)
        status = launch_start_read(message, start);
    free(room);
    return status;
}

/* The folder that programs find as /tmp. One that is there, or a link that the
 * task put there, is left as it is: it means something within its root only. */
static int make_temporary_folder(const struct launch_start *start)
{
    char *path = mem_format("%s/tmp", start->folder);
    int status = 0;
    if (mkdir(path, 0700) && errno != EEXIST)
        status = err_errno("can't make %s", path);
    free(path);
    return status;
}

static int listen_inside(struct launch *launch)
{
    int on = 1;
    /* On the machine's loopback these are ports of others, the node's among
     * them, and the program reaches everything by itself. */
    if (!launch->report.own_network)
        launch->start.port_count = 0;
    for (size_t i = 0; i < launch->start.port_count; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons(launch->start.ports[i]),
                                      .sin_addr.s_addr =
                                          htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
            return err_errno("no socket");
        launch->listeners[i] = fd;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
            listen(fd, BACKLOG))
            return err_errno("port %u", launch->start.ports[i]);
    }
    return 0;
}

/* Signals are taken one by one by those who hand them on. */
static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* What holds for a part of the group's controllers only does not count: the
 * warden looks after everything then. */
static void join_group(struct launch *launch)
{
    struct sandbox_group *group = &launch->group;
    if (!group->path_count || !sandbox_group_add(group, launch->first))
        group->memory = group->processes = group->cpu = false;
    launch->report.group = group->memory && group->processes;
}

static int start_first(struct launch *launch)
{
    if (pipe2(launch->status_ends, O_CLOEXEC | O_NONBLOCK) ||
        pipe2(launch->begin_ends, O_CLOEXEC))
        return err_errno("no pipe");
    launch->first = fork();
    if (launch->first < 0)
        return err_errno("can't make a process");
    if (!launch->first)
        launch_first(launch);
    join_group(launch);
    close(launch->begin_ends[0]);
    close(launch->status_ends[1]);
    for (size_t i = 0; i < launch->start.port_count; i++)
        close(launch->listeners[i]);
    return 0;
}

int main(void)
{
    static struct launch launch;
    /* It ends with the node, even one that was killed. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (receive_start(&launch.start))
        return fail("the start message");
    block_signals();
    if (make_temporary_folder(&launch.start))
        return fail("the task's folder");
    const struct launch_limits *limits = &launch.start.limits;
    sandbox_group_make(
        &(struct sandbox_group_limits){.memory_bytes = limits->memory_bytes,
                                       .processes = limits->processes,
                                       .cpu_percent = limits->cpu_percent},
        &launch.group);
    launch_view(&launch);
    sandbox_isolate(&launch.view, true, &launch.report);
    if (listen_inside(&launch))
        return fail("can't listen in the task's network");
    if (start_first(&launch))
        return fail("can't start");
    if (write(launch.begin_ends[1], launch.report.group ? "g" : "-", 1) != 1)
        return fail("can't start");
    close(launch.begin_ends[1]);
    /* Nothing is freed: the kernel does it. */
    _exit(launch_watch(&launch));
}
