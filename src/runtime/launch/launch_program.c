/*
 * The first process of the task's PID namespace, and the program that it
 * starts. Neither the first process nor the warden runs a byte of the task; the
 * kernel keeps the program from tracing them (no capabilities, other signals
 * refused).
 */
#include "base/error.h"
#include "base/memory.h"
#include "runtime/launch/launch.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_hello(const struct launch *launch)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    confinement_write(&writer, &launch->report);
    launch_say('H', &text, -1);
    buffer_free(&text);
}

static size_t length_of(const char *const *list)
{
    size_t length = 0;
    while (list[length])
        length++;
    return length;
}

/* Of two entries with one name libc takes the first. */
static char **make_environment(const struct launch *launch)
{
    const struct launch_start *start = &launch->start;
    size_t own = length_of(start->environment);
    size_t network = launch->report.own_network && launch->report.own_root
                         ? length_of(start->network_environment)
                         : 0;
    char **all = mem_zero(own + network + 1, sizeof(*all));
    memcpy(all, start->network_environment, network * sizeof(*all));
    memcpy(all + network, start->environment, own * sizeof(*all));
    return all;
}

/* The program gets its three outputs and its channel, and no other descriptor.
 * The socket to the node stays until execve. */
static void become_program(struct launch *launch)
{
    const struct launch_start *start = &launch->start;
    sigset_t none;
    sigemptyset(&none);
    close_range(LAUNCH_SOCKET_FD, ~0u, CLOSE_RANGE_CLOEXEC);
    umask(077);
    if (chdir(start->folder)) {
        err_errno("%s", start->folder);
        launch_say_failed("can't enter the task's folder");
        _exit(LAUNCH_FAILED);
    }
    sandbox_confine(&launch->view, &launch->report);
    const char *missing =
        confinement_missing_for_program(&launch->report, start->confinement);
    say_hello(launch);
    if (missing) {
        err_set(ERR_UNSUPPORTED,
                "this machine has no %s; `pond doctor` says what to do",
                missing);
        launch_say_failed("the task can't be confined");
        _exit(LAUNCH_FAILED);
    }
    for (size_t i = 0; i < start->port_count; i++)
        launch_say('L', NULL, launch->listeners[i]);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(start->program, (char *const *)(uintptr_t)start->arguments,
           make_environment(launch));
    err_errno("%s", start->program);
    launch_say_failed("can't start the program");
    _exit(LAUNCH_FAILED);
}

/* Signals are blocked in all three processes, and taken here one by one. */
static int wait_for_program(pid_t program)
{
    sigset_t all;
    siginfo_t signal;
    int status;
    sigfillset(&all);
    for (;;) {
        /* Orphans of the program are this process's children. */
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
            if (ended == program)
                return status;
        if (sigwaitinfo(&all, &signal) > 0 && signal.si_signo != SIGCHLD)
            kill(program, signal.si_signo);
    }
}

void launch_first(struct launch *launch)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* The warden may be gone already; then nobody writes. */
    close(launch->begin_ends[1]);
    close(launch->status_ends[0]);
    if (read(launch->begin_ends[0], &byte, 1) != 1)
        _exit(LAUNCH_FAILED);
    launch->report.group = byte == 'g';
    if (sandbox_make_root(&launch->view, &launch->report))
        fprintf(stderr, "pond-launch: %s\n", err_text());
    /* A task must not trace its way out through this process. */
    prctl(PR_SET_DUMPABLE, 0);
    pid_t program = fork();
    if (!program)
        become_program(launch);
    int status = program < 0 ? LAUNCH_FAILED << 8 : wait_for_program(program);
    if (write(launch->status_ends[1], &status, sizeof(status)) < 0)
        _exit(LAUNCH_FAILED);
    _exit(0);
}
