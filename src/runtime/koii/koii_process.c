/*
 * Spawned, written to, read from and ended, all on the node's loop.
 *
 * The end: nothing is concluded before the process has exited. What it wrote
 * before is read first; but a child of it may hold its output open for ever, so
 * that is waited for only a moment. Then the group is killed, the handles are
 * closed, and with the last of them ended() is called and the process freed.
 *
 * A process that floods its channel or its output makes its node read, and
 * nothing else: what is above the rate is dropped, and after it reading pauses.
 */
#include "runtime/koii/koii_process.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/koii/koii_sandbox.h"
#include "runtime/koii/koii_words.h"
#include "runtime/wire/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC 0x4b4f4949u

/* The channel's descriptor in the process, and the launcher's socket. */
#define CHANNEL_FD LAUNCH_CHANNEL_FD
#define LAUNCHER_FD LAUNCH_SOCKET_FD

/* Koii's node kills a task two seconds after it was asked to end. */
#define STOP_MS 2000

/* After the exit, for output that a child of the process still holds open. */
#define LAST_WORDS_MS 500

#define TICK_MS 100
#define LOOKS_EVERY 10 /* ticks */

/* Triggers that the task has not read yet: some hundreds. */
#define UNREAD_MAX 65536

/* What is read of one stream in a second; then reading pauses for a tick. */
#define READ_PER_S (16u << 20)

enum { OUT, ERR, CHANNEL, STREAMS };

/* A socket that was asked for. */
struct wish {
    struct wish *next;
    koii_process_socket_done *done;
    void *user;
};

struct koii_process {
    unsigned magic;
    struct koii_events events;
    void *user;
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t streams[STREAMS];
    bool is_open[STREAMS]; /* the handle is there and not being closed */
    bool is_over[STREAMS]; /* its end was read */
    bool is_paused[STREAMS];
    uv_timer_t tick;
    unsigned handles, ticks;
    bool has_launcher;
    int launcher; /* the launcher's socket, or -1 */
    uv_poll_t launcher_poll;
    unsigned listener_count;          /* that have come */
    int lines;                        /* the first of two listeners, or -1 */
    struct wish *wishes, **last_wish; /* oldest first */
    struct rate output;               /* bytes that go to the log */
    uint64_t dropped;                 /* since it was last said */
    struct rate reading[STREAMS];
    uint64_t exited_ms, stop_by_ms; /* 0: not yet */
    bool is_closing, was_stopped, over_limit;
    int64_t exit_code;
    int signal;
    char *reason;
    int statm;
    uint64_t resident_bytes;
};

void koii_secret(char out[KOII_SECRET_SIZE])
{
    uint8_t bytes[(KOII_SECRET_SIZE - 1) / 2];

    CHECK(getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- the end ---- */

static void describe(const struct koii_process *process, struct koii_end *end,
                     struct buffer *text)
{
    end->exit_code = process->signal ? -1 : (int)process->exit_code;
    end->signal = process->signal;
    end->stopped = process->was_stopped;
    end->over_limit = process->over_limit;
    if (process->reason)
        buffer_text(text, process->reason);
    else if (end->stopped)
        buffer_text(text, "stopped");
    else if (end->signal)
        buffer_format(text, "node was ended by signal %d (%s)", end->signal,
                      strsignal(end->signal));
    else
        buffer_format(text, "node ended with exit code %d", end->exit_code);
}

static void refuse_sockets(struct koii_process *process);

static void conclude(struct koii_process *process)
{
    struct koii_end end = {0};
    struct buffer text = {0};

    describe(process, &end, &text);
    end.text = buffer_string(&text);
    refuse_sockets(process);
    if (process->events.ended)
        process->events.ended(process->user, process, &end);
    buffer_free(&text);
    if (process->statm >= 0)
        close(process->statm);
    if (process->lines >= 0)
        close(process->lines);
    free(process->reason);
    process->magic = 0;
    free(process);
}

static void on_closed(uv_handle_t *handle)
{
    struct koii_process *process = handle->data;

    CHECK_MAGIC(process, MAGIC);
    CHECK(process->handles > 0);
    if (!--process->handles)
        conclude(process);
}

static void close_stream(struct koii_process *process, size_t which)
{
    if (!process->is_open[which])
        return;
    process->is_open[which] = false;
    process->is_over[which] = true;
    uv_close((uv_handle_t *)&process->streams[which], on_closed);
}

static void close_launcher(struct koii_process *process);

static void note_dropped(struct koii_process *process)
{
    char text[96];

    if (!process->dropped || !process->events.output)
        return;
    int size = snprintf(text, sizeof(text),
                        "%" PRIu64 " bytes of output above the limit of %d a "
                        "second were dropped\n",
                        process->dropped, KOII_OUTPUT_PER_S);
    process->dropped = 0;
    process->events.output(process->user, process, KOII_STDERR,
                           bytes_make(text, (size_t)size));
}

/* Its group goes with it: what it started and left behind. */
static void close_if_over(struct koii_process *process)
{
    bool is_read = process->is_over[OUT] && process->is_over[ERR];
    uint64_t now_ms = clock_monotonic_ms();

    if (!process->exited_ms || process->is_closing)
        return;
    if (!is_read && now_ms < process->exited_ms + LAST_WORDS_MS)
        return;
    process->is_closing = true;
    if (process->process.pid > 0)
        (void)kill(-process->process.pid, SIGKILL);
    note_dropped(process);
    for (size_t i = 0; i < STREAMS; i++)
        close_stream(process, i);
    close_launcher(process);
    uv_close((uv_handle_t *)&process->process, on_closed);
    uv_close((uv_handle_t *)&process->tick, on_closed);
}

static void hear_last_words(struct koii_process *process);

static void on_exited(uv_process_t *handle, int64_t exit_code, int signal)
{
    struct koii_process *process = handle->data;

    CHECK_MAGIC(process, MAGIC);
    hear_last_words(process);
    process->exited_ms = clock_monotonic_ms();
    process->exit_code = exit_code;
    process->signal = signal;
    (void)kill(-handle->pid, SIGKILL);
    close_if_over(process);
}

/* ---- what it writes ---- */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static _Thread_local char room[KOII_OUTPUT_MAX];

    *out = uv_buf_init(room, sizeof(room));
}

static size_t stream_of(const struct koii_process *process,
                        const uv_stream_t *stream)
{
    size_t which = 0;

    while ((const void *)&process->streams[which] != (const void *)stream)
        which++;
    CHECK(which < STREAMS);
    return which;
}

static void pass_output(struct koii_process *process, size_t which,
                        struct bytes text)
{
    uint64_t now_ms = clock_monotonic_ms();

    if (!rate_take(&process->output, now_ms, text.size)) {
        process->dropped += text.size;
        return;
    }
    note_dropped(process);
    if (process->events.output)
        process->events.output(process->user, process,
                               which == ERR ? KOII_STDERR : KOII_STDOUT, text);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct koii_process *process = stream->data;
    size_t which = stream_of(process, stream);

    CHECK_MAGIC(process, MAGIC);
    if (size < 0) {
        uv_read_stop(stream);
        process->is_over[which] = true;
        if (which == CHANNEL)
            close_stream(process, which);
        close_if_over(process);
        return;
    }
    if (size > 0 && which != CHANNEL)
        pass_output(process, which, bytes_make(data->base, (size_t)size));
    if (!rate_force(&process->reading[which], clock_monotonic_ms(),
                    (uint64_t)size)) {
        uv_read_stop(stream);
        process->is_paused[which] = true;
    }
}

static void go_on_reading(struct koii_process *process)
{
    for (size_t i = 0; i < STREAMS; i++) {
        if (!process->is_paused[i] || process->is_over[i])
            continue;
        process->is_paused[i] = false;
        uv_read_start((uv_stream_t *)&process->streams[i], allocate, on_read);
    }
}

/* ---- the launcher ---- */

static void close_launcher(struct koii_process *process)
{
    if (process->launcher < 0)
        return;
    uv_poll_stop(&process->launcher_poll);
    close(process->launcher);
    process->launcher = -1;
    uv_close((uv_handle_t *)&process->launcher_poll, on_closed);
}

/* Those who asked for a socket get none. */
static void refuse_sockets(struct koii_process *process)
{
    struct wish *next;

    for (struct wish *wish = process->wishes; wish; wish = next) {
        next = wish->next;
        wish->done(wish->user, -1);
        free(wish);
    }
    process->wishes = NULL;
    process->last_wish = &process->wishes;
}

/* The listeners come in the order of enum koii_port. */
static void take_listener(struct koii_process *process, int listener)
{
    const struct koii_events *events = &process->events;

    if (process->listener_count == KOII_PORT_NODE && events->listening)
        events->listening(process->user, process, listener);
    else if (process->listener_count == KOII_PORT_LINES && events->proxying)
        process->lines = listener;
    else if (process->listener_count == KOII_PORT_HTTP && events->proxying) {
        int lines = process->lines;
        process->lines = -1;
        events->proxying(process->user, process, lines, listener);
    } else
        close(listener);
    process->listener_count++;
}

/* Sockets come in the order of the requests. */
static void take_socket(struct koii_process *process, int descriptor)
{
    struct wish *wish = process->wishes;

    if (!wish) {
        close(descriptor);
        return;
    }
    process->wishes = wish->next;
    if (!process->wishes)
        process->last_wish = &process->wishes;
    wish->done(wish->user, descriptor);
    free(wish);
}

static void take_reason(struct koii_process *process,
                        const struct koii_sandbox_message *message)
{
    if (!process->reason)
        process->reason = mem_text(koii_sandbox_text(message, "text"));
}

static void take_confinement(struct koii_process *process,
                             struct json_object *report)
{
    struct confinement confinement;

    confinement_read(report, &confinement);
    if (process->events.confined)
        process->events.confined(process->user, process, &confinement);
}

static void take_message(struct koii_process *process,
                         const struct koii_sandbox_message *message)
{
    switch (message->letter) {
    case 'H':
        if (message->text)
            take_confinement(process, message->text);
        break;
    case 'L':
        if (message->descriptor >= 0)
            take_listener(process, message->descriptor);
        break;
    case 'S':
        take_socket(process, message->descriptor);
        break;
    case 'X':
        process->over_limit = true;
        take_reason(process, message);
        break;
    case 'F':
        take_reason(process, message);
        break;
    default:
        break;
    }
}

static void on_launcher(uv_poll_t *poll, int poll_status, int ready)
{
    struct koii_process *process = poll->data;
    struct koii_sandbox_message message;

    CHECK_MAGIC(process, MAGIC);
    int status = koii_sandbox_receive(process->launcher, &message);
    if (status) {
        if (status != ERR_BUSY)
            close_launcher(process);
        return;
    }
    take_message(process, &message);
    json_object_put(message.text);
}

/* What it said last may tell why the process ended. */
static void hear_last_words(struct koii_process *process)
{
    struct koii_sandbox_message message;

    while (process->launcher >= 0 &&
           !koii_sandbox_receive(process->launcher, &message)) {
        if (message.letter == 'X' || message.letter == 'F')
            take_message(process, &message);
        else if (message.descriptor >= 0)
            close(message.descriptor);
        json_object_put(message.text);
    }
}

/* ---- time ---- */

/* Open now and held open: the number may be another's one day. */
static void open_statm(struct koii_process *process, pid_t number)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/statm", number);
    process->statm = open(path, O_RDONLY | O_CLOEXEC);
}

/* The launcher's child is the process that counts (proc(5), children). */
static void look_for_child(struct koii_process *process)
{
    char path[64], text[64];
    int number = process->process.pid, child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", number, number);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size <= 0)
        return;
    text[size] = 0;
    if (sscanf(text, "%d", &child) == 1)
        open_statm(process, child);
}

/* /proc/PID/statm: all pages, then the resident ones (proc(5)). */
static void look_at_memory(struct koii_process *process)
{
    unsigned long long pages, resident;
    char text[128];

    if (process->statm < 0 && process->has_launcher)
        look_for_child(process);
    ssize_t size = process->statm < 0
                       ? -1
                       : pread(process->statm, text, sizeof(text) - 1, 0);

    if (size <= 0)
        return;
    text[size] = 0;
    if (sscanf(text, "%llu %llu", &pages, &resident) == 2)
        process->resident_bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void on_tick(uv_timer_t *tick)
{
    struct koii_process *process = tick->data;

    CHECK_MAGIC(process, MAGIC);
    go_on_reading(process);
    if (process->ticks++ % LOOKS_EVERY == 0)
        look_at_memory(process);
    if (process->stop_by_ms && !process->exited_ms &&
        clock_monotonic_ms() >= process->stop_by_ms)
        koii_process_kill(process, "the task did not end when it was asked to");
    close_if_over(process);
}

/* ---- starting ---- */

static struct koii_process *make(uv_loop_t *loop,
                                 const struct koii_events *events, void *user)
{
    struct koii_process *process = mem_zero(1, sizeof(*process));
    uint64_t now_ms = clock_monotonic_ms();

    process->magic = MAGIC;
    process->loop = loop;
    process->events = *events;
    process->user = user;
    process->statm = process->launcher = process->lines = -1;
    process->last_wish = &process->wishes;
    process->output =
        rate_make(KOII_OUTPUT_PER_S, 10 * KOII_OUTPUT_PER_S, now_ms);
    for (size_t i = 0; i < STREAMS; i++) {
        CHECK(!uv_pipe_init(loop, &process->streams[i], 0));
        process->streams[i].data = process;
        process->is_open[i] = true;
        process->reading[i] = rate_make(READ_PER_S, READ_PER_S, now_ms);
    }
    CHECK(!uv_timer_init(loop, &process->tick));
    process->tick.data = process->process.data = process;
    process->handles = STREAMS + 2; /* and the process */
    return process;
}

/* Both ends close on exec; libuv gives the process a copy of the other one. */
static int open_launcher(struct koii_process *process, int *other)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return err_errno("can't make a socket for the launcher");
    CHECK(!uv_poll_init(process->loop, &process->launcher_poll, ends[0]));
    process->launcher_poll.data = process;
    process->launcher = ends[0];
    process->has_launcher = true;
    process->handles++;
    *other = ends[1];
    return 0;
}

/* With a group of its own. pond-launch has no environment: a variable of the
 * task (LD_PRELOAD) must not work on it. */
static int spawn(struct koii_process *process, const struct koii_launch *launch,
                 char **arguments, char **environment, int launcher_end)
{
    uv_stdio_container_t streams[LAUNCHER_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[OUT]},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[ERR]},
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[CHANNEL]},
        {.flags = UV_INHERIT_FD, .data.fd = launcher_end},
    };
    char *launcher[] = {(char *)(uintptr_t)launch->launcher, NULL};
    char *nothing[] = {NULL};
    if (launch->launcher) {
        arguments = launcher;
        environment = nothing;
    }
    uv_process_options_t options = {
        .file = arguments[0],
        .args = arguments,
        .env = environment,
        .cwd = launch->folder,
        .stdio = streams,
        .stdio_count = launcher_end < 0 ? LAUNCHER_FD : LAUNCHER_FD + 1,
        .flags = UV_PROCESS_DETACHED,
        .exit_cb = on_exited,
    };
    int failure = uv_spawn(process->loop, &process->process, &options);

    return failure ? err_set(ERR_IO, "can't start %s: %s", arguments[0],
                             uv_strerror(failure))
                   : 0;
}

/* Nothing was started: the handles close without a word. */
static void give_up(struct koii_process *process)
{
    process->events = (struct koii_events){0};
    process->exited_ms = 1;
    process->is_over[OUT] = process->is_over[ERR] = true;
    close_if_over(process);
}

static void begin_to_listen(struct koii_process *process)
{
    if (!process->has_launcher)
        open_statm(process, process->process.pid);
    for (size_t i = 0; i < STREAMS; i++)
        uv_read_start((uv_stream_t *)&process->streams[i], allocate, on_read);
    if (process->has_launcher)
        uv_poll_start(&process->launcher_poll, UV_READABLE, on_launcher);
    uv_timer_start(&process->tick, on_tick, TICK_MS, TICK_MS);
}

int koii_process_start(uv_loop_t *loop, const struct koii_launch *launch,
                       const struct koii_events *events, void *user,
                       struct koii_process **out)
{
    char **environment, **arguments;
    int launcher_end = -1;
    int status = koii_words_environment(launch, CHANNEL_FD, &environment);

    if (status)
        return status;
    arguments = koii_words_arguments(launch);
    struct koii_process *process = make(loop, events, user);
    if (launch->launcher)
        status = open_launcher(process, &launcher_end);
    if (!status && launch->launcher)
        status = koii_sandbox_start(process->launcher, launch, arguments,
                                    environment);
    if (!status)
        status = spawn(process, launch, arguments, environment, launcher_end);
    if (launcher_end >= 0)
        close(launcher_end);
    koii_words_free(arguments);
    koii_words_free(environment);
    if (status) {
        give_up(process);
        return status;
    }
    begin_to_listen(process);
    *out = process;
    return 0;
}

/* ---- what the node wants of it ---- */

/* The bytes lie behind the request. */
static void on_written(uv_write_t *request, int status)
{
    free(request);
}

int koii_process_trigger(struct koii_process *process, const char *function,
                         uint64_t round, const bool *previous_failed)
{
    uv_stream_t *channel = (uv_stream_t *)&process->streams[CHANNEL];
    char text[256];

    CHECK_MAGIC(process, MAGIC);
    if (process->exited_ms || !process->is_open[CHANNEL])
        return err_set(ERR_CLOSED, "the task has closed its channel");
    if (uv_stream_get_write_queue_size(channel) > UNREAD_MAX)
        return err_set(ERR_FULL, "the task does not read its channel");
    int size =
        snprintf(text, sizeof(text),
                 "{\"functionCall\":\"%s\",\"roundNumber\":%" PRIu64 "%s}\n",
                 function, round,
                 !previous_failed   ? ""
                 : *previous_failed ? ",\"isPreviousRoundFailed\":true"
                                    : ",\"isPreviousRoundFailed\":false");
    CHECK(size > 0 && (size_t)size < sizeof(text));
    uv_write_t *request = mem_alloc(sizeof(*request) + (size_t)size);
    char *bytes = (char *)(request + 1);
    memcpy(bytes, text, (size_t)size);
    uv_buf_t piece = uv_buf_init(bytes, (unsigned)size);
    int failure = uv_write(request, channel, &piece, 1, on_written);
    if (!failure)
        return 0;
    free(request);
    return err_set(ERR_CLOSED, "can't write to the task's channel: %s",
                   uv_strerror(failure));
}

int koii_process_socket(struct koii_process *process,
                        koii_process_socket_done *done, void *user)
{
    struct wish *wish;

    CHECK_MAGIC(process, MAGIC);
    if (!process->has_launcher)
        return err_set(ERR_UNSUPPORTED, "the task has no network of its own");
    if (process->launcher < 0 || process->exited_ms ||
        send(process->launcher, "S", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
        return err_set(ERR_CLOSED, "the task is ending");
    wish = mem_zero(1, sizeof(*wish));
    wish->done = done;
    wish->user = user;
    *process->last_wish = wish;
    process->last_wish = &wish->next;
    return 0;
}

void koii_process_stop(struct koii_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    if (process->stop_by_ms || process->exited_ms)
        return;
    process->was_stopped = true;
    process->stop_by_ms = clock_monotonic_ms() + STOP_MS;
    uv_process_kill(&process->process, SIGTERM);
}

void koii_process_kill(struct koii_process *process, const char *reason)
{
    CHECK_MAGIC(process, MAGIC);
    if (!process->reason)
        process->reason = mem_text(reason);
    if (!process->exited_ms)
        (void)kill(-process->process.pid, SIGKILL);
}

pid_t koii_process_id(const struct koii_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    return process->process.pid;
}

uint64_t koii_process_resident(const struct koii_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    return process->resident_bytes;
}
