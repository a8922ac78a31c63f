/*
 * The warden: watches what the task takes, and ends it when it takes too much.
 * Where a cgroup limits the same, the kernel is quicker, and the warden reports
 * what the kernel did.
 */
#include "base/clock.h"
#include "base/error.h"
#include "runtime/launch/launch.h"
#include "runtime/sandbox/sandbox_usage.h"
#include "runtime/wire/cpu_share.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Memory was seen to grow by 4 MB a ms at most (worker_main.c); the look that
 * follows assumes that much. */
#define GROWTH_BYTES_PER_MS (4u << 20)
#define LOOK_MS_MIN 5
#define LOOK_MS_MAX 100
/* The kernel limits, and the look only reports. */
#define LOOK_MS_GROUP 200

/* Between two walks through the folder, and at least so many times as long as
 * the walk took. */
#define DISK_LOOK_MS 500
#define DISK_LOOK_PART 20
#define TELL_MS 1000

/* Folders and files. The disk has a limited number of them, too. */
#define ENTRIES_MAX 200000

struct warden {
    struct launch *launch;
    int signals;
    uint64_t disk_look_ms, tell_ms;
    struct cpu_share share;
    bool is_resting;
    bool is_ending;
    struct sandbox_usage usage;
};

/* Everything in the PID namespace ends with its first process. */
static void end(struct warden *warden)
{
    warden->is_ending = true;
    kill(warden->launch->first, SIGKILL);
    /* Without a namespace of its own, only what is known. */
    for (size_t i = 1; i < warden->usage.process_count; i++)
        if (!warden->launch->report.own_processes)
            kill(warden->usage.processes[i], SIGKILL);
}

static void end_for(struct warden *warden, const char *limit, const char *text)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);
    if (warden->is_ending)
        return;
    json_open_object(&writer);
    json_field_text(&writer, "limit", limit);
    json_field_text(&writer, "text", text);
    json_close_object(&writer);
    launch_say('X', &message, -1);
    buffer_free(&message);
    end(warden);
}

/* ---- limits ---- */

static void end_for_memory(struct warden *warden)
{
    char text[128];
    snprintf(text, sizeof(text),
             "the task's processes took more than their memory limit of "
             "%" PRIu64 " MB",
             warden->launch->start.limits.memory_bytes >> 20);
    end_for(warden, "memory", text);
}

static void look_at_amounts(struct warden *warden)
{
    const struct launch_limits *limits = &warden->launch->start.limits;
    char text[128];
    if (sandbox_group_is_out_of_memory(&warden->launch->group) ||
        (!warden->launch->group.memory &&
         warden->usage.memory_bytes > limits->memory_bytes))
        end_for_memory(warden);
    if (warden->launch->group.processes ||
        warden->usage.threads <= limits->processes)
        return;
    snprintf(text, sizeof(text),
             "the task has more than its limit of %" PRIu32
             " processes and threads",
             limits->processes);
    end_for(warden, "processes", text);
}

static void look_at_disk(struct warden *warden, uint64_t now_ms)
{
    const struct launch_start *start = &warden->launch->start;
    uint64_t bytes, entries;
    char text[128];
    sandbox_usage_of_folder(start->folder, start->limits.disk_bytes,
                            ENTRIES_MAX, &bytes, &entries);
    /* A file that was removed stays as long as somebody has it open. */
    bytes += sandbox_usage_of_nameless(&warden->usage, start->folder);
    uint64_t took_ms = clock_monotonic_ms() - now_ms;
    warden->disk_look_ms = now_ms + DISK_LOOK_MS + DISK_LOOK_PART * took_ms;
    if (bytes > start->limits.disk_bytes)
        snprintf(text, sizeof(text),
                 "the task's folder holds more than its disk limit of %" PRIu64
                 " MB",
                 start->limits.disk_bytes >> 20);
    else if (entries > ENTRIES_MAX)
        snprintf(text, sizeof(text),
                 "the task's folder holds more than its disk limit of %d files",
                 ENTRIES_MAX);
    else
        return;
    end_for(warden, "disk", text);
}

static void signal_all(struct warden *warden, int number)
{
    /* Not the first process, which has to wait for the others. */
    for (size_t i = 1; i < warden->usage.process_count; i++)
        kill(warden->usage.processes[i], number);
}

/* A task that used up its share is stopped until it has some again. */
static void govern(struct warden *warden, uint64_t now_ms)
{
    if (cpu_share_look(&warden->share, now_ms, warden->usage.cpu_ms)) {
        /* Each time: there may be new ones. */
        signal_all(warden, SIGSTOP);
        warden->is_resting = true;
    } else if (warden->is_resting) {
        signal_all(warden, SIGCONT);
        warden->is_resting = false;
    }
}

/* For people; limits are looked at more often. */
static void tell_usage(struct warden *warden, uint64_t now_ms)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);
    warden->tell_ms = now_ms + TELL_MS;
    json_open_object(&writer);
    json_field_u64(&writer, "memory_bytes", warden->usage.memory_bytes);
    json_field_u64(&writer, "cpu_ms", warden->usage.cpu_ms);
    json_close_object(&writer);
    launch_say('U', &message, -1);
    buffer_free(&message);
}

/* The tree of processes is walked once a look, and not at all where nothing of
 * the look needs it. Returns the time until the next one. */
static int look(struct warden *warden)
{
    const struct launch *launch = warden->launch;
    uint64_t now_ms = clock_monotonic_ms();
    bool has_group = launch->group.memory && launch->group.processes &&
                     (launch->group.cpu || !launch->start.limits.cpu_percent);
    bool looks_at_disk = now_ms >= warden->disk_look_ms;
    bool tells = now_ms >= warden->tell_ms;
    if (!has_group || looks_at_disk || tells)
        sandbox_usage_of_processes(launch->first, &warden->usage);
    look_at_amounts(warden);
    govern(warden, now_ms);
    if (looks_at_disk)
        look_at_disk(warden, now_ms);
    if (tells)
        tell_usage(warden, now_ms);
    if (has_group)
        return LOOK_MS_GROUP;
    uint64_t limit = launch->start.limits.memory_bytes;
    uint64_t used = warden->usage.memory_bytes;
    uint64_t wait_ms = used < limit ? (limit - used) / GROWTH_BYTES_PER_MS : 0;
    return wait_ms < LOOK_MS_MIN   ? LOOK_MS_MIN
           : wait_ms > LOOK_MS_MAX ? LOOK_MS_MAX
                                   : (int)wait_ms;
}

/* ---- the node ---- */

/* Where a cgroup limits it, the kernel does; else the warden from now on. */
static void limit_cpu(struct warden *warden, const char *digits)
{
    uint32_t percent = (uint32_t)strtoul(digits, NULL, 10);
    warden->launch->start.limits.cpu_percent = percent;
    if (sandbox_group_limit_cpu(&warden->launch->group, percent))
        return;
    sandbox_usage_of_processes(warden->launch->first, &warden->usage);
    cpu_share_change(&warden->share, percent, clock_monotonic_ms(),
                     warden->usage.cpu_ms);
}

/* It asks for sockets, or it is gone: then the task has to end. */
static void hear(struct warden *warden)
{
    char message[16] = {0};
    ssize_t size =
        recv(LAUNCH_SOCKET_FD, message, sizeof(message) - 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0 || message[0] == 'K') {
        end(warden);
        return;
    }
    if (message[0] == 'C') {
        limit_cpu(warden, message + 1);
        return;
    }
    /* Without one the message has none beside it, which is the answer. */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    launch_say('S', NULL, fd);
    if (fd >= 0)
        close(fd);
}

/* ---- the end ---- */

/* A signal to this process is one to the program. */
static void pass_signals_on(struct warden *warden)
{
    struct signalfd_siginfo signal;
    while (read(warden->signals, &signal, sizeof(signal)) == sizeof(signal))
        if (signal.ssi_signo != SIGCHLD)
            kill(warden->launch->first, (int)signal.ssi_signo);
}

/* End as the program ended. */
static int end_like(int status)
{
    sigset_t none;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    sigemptyset(&none);
    signal(WTERMSIG(status), SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(WTERMSIG(status));
    return LAUNCH_FAILED;
}

int launch_watch(struct launch *launch)
{
    static struct warden warden;
    sigset_t all;
    sigfillset(&all);
    warden.launch = launch;
    /* Where a cgroup limits it, the kernel does. */
    warden.share =
        cpu_share_make(launch->group.cpu ? 0 : launch->start.limits.cpu_percent,
                       clock_monotonic_ms());
    warden.signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
    int wait_ms = LOOK_MS_MIN;
    int status = SIGKILL;
    while (waitpid(launch->first, NULL, WNOHANG) != launch->first) {
        struct pollfd polled[] = {
            {.fd = warden.signals, .events = POLLIN},
            {.fd = warden.is_ending ? -1 : LAUNCH_SOCKET_FD, .events = POLLIN},
        };
        int ready = poll(polled, 2, wait_ms);
        if (ready > 0 && polled[0].revents)
            pass_signals_on(&warden);
        if (ready > 0 && polled[1].revents)
            hear(&warden);
        wait_ms = warden.is_ending ? LOOK_MS_MAX : look(&warden);
    }
    /* The kernel may have been quicker than the last look. */
    if (sandbox_group_is_out_of_memory(&launch->group))
        end_for_memory(&warden);
    /* Nothing there: the first process was killed. */
    if (read(launch->status_ends[0], &status, sizeof(status)) != sizeof(status))
        status = SIGKILL;
    sandbox_group_remove(&launch->group);
    return end_like(status);
}
