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
#include "base/rate.h"
#include "runtime/koii/koii_process_internal.h"
#include "runtime/koii/koii_sandbox.h"
#include "runtime/koii/koii_words.h"
#include "runtime/wire/resident.h"

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

/* The channel's descriptor in the process, and the launcher's socket. */
#define CHANNEL_FD LAUNCH_CHANNEL_FD
#define LAUNCHER_FD LAUNCH_SOCKET_FD

/* Koii's node kills a task two seconds after it was asked to end. */
#define STOP_MS 2000

/* For pond-launch to end the task by itself. */
#define KILL_MS 1000

/* After the exit, for output that a child of the process still holds open. */
#define LAST_WORDS_MS 500

#define TICK_MS 100
#define LOOKS_EVERY 10 /* ticks */

/* Triggers that the task has not read yet: some hundreds. */
#define UNREAD_MAX 65536

/* What is read of one stream in a second; then reading pauses for a tick. */
#define READ_PER_S (16u << 20)

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
    end->over_memory = process->over_memory;
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

static void conclude(struct koii_process *process)
{
    struct koii_end end = {0};
    struct buffer text = {0};

    describe(process, &end, &text);
    end.text = buffer_string(&text);
    koii_launcher_refuse(process);
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

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
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

static void close_if_over(struct koii_process *process)
{
    bool is_read = process->is_over[KOII_OUT] && process->is_over[KOII_ERR];
    uint64_t now_ms = clock_monotonic_ms();

    if (!process->exited_ms || process->is_closing)
        return;
    if (!is_read && now_ms < process->exited_ms + LAST_WORDS_MS)
        return;
    process->is_closing = true;
    note_dropped(process);
    for (size_t i = 0; i < KOII_STREAMS; i++)
        close_stream(process, i);
    koii_launcher_close(process);
    uv_close((uv_handle_t *)&process->process, on_closed);
    uv_close((uv_handle_t *)&process->tick, on_closed);
}

/* Its group goes with it: what it started and left behind. Here and no later:
 * libuv has waited for it just now, and its number may be another's soon. */
static void on_exited(uv_process_t *handle, int64_t exit_code, int signal)
{
    struct koii_process *process = handle->data;

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    koii_launcher_last_words(process);
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
    CHECK(which < KOII_STREAMS);
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
                               which == KOII_ERR ? KOII_STDERR : KOII_STDOUT,
                               text);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct koii_process *process = stream->data;
    size_t which = stream_of(process, stream);

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    if (size < 0) {
        uv_read_stop(stream);
        process->is_over[which] = true;
        if (which == KOII_CHANNEL)
            close_stream(process, which);
        close_if_over(process);
        return;
    }
    if (size > 0 && which != KOII_CHANNEL)
        pass_output(process, which, bytes_make(data->base, (size_t)size));
    if (!rate_force(&process->reading[which], clock_monotonic_ms(),
                    (uint64_t)size)) {
        uv_read_stop(stream);
        process->is_paused[which] = true;
    }
}

static void go_on_reading(struct koii_process *process)
{
    for (size_t i = 0; i < KOII_STREAMS; i++) {
        if (!process->is_paused[i] || process->is_over[i])
            continue;
        process->is_paused[i] = false;
        uv_read_start((uv_stream_t *)&process->streams[i], allocate, on_read);
    }
}

/* ---- time ---- */

/* With a launcher, that says what all of the task takes. */
static void look_at_usage(struct koii_process *process)
{
    if (process->has_launcher || process->exited_ms)
        return;
    process->resident_bytes = resident_read(process->statm);
    process->cpu_ms = resident_cpu_ms(process->process.pid);
}

static void on_tick(uv_timer_t *tick)
{
    struct koii_process *process = tick->data;

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    go_on_reading(process);
    if (process->ticks++ % LOOKS_EVERY == 0)
        look_at_usage(process);
    if (process->stop_by_ms && !process->exited_ms &&
        clock_monotonic_ms() >= process->stop_by_ms)
        koii_process_kill(process, "the task did not end when it was asked to");
    if (process->kill_by_ms)
        koii_process_kill(process, process->reason);
    close_if_over(process);
}

/* ---- starting ---- */

static struct koii_process *make(uv_loop_t *loop,
                                 const struct koii_events *events, void *user)
{
    struct koii_process *process = mem_zero(1, sizeof(*process));
    uint64_t now_ms = clock_monotonic_ms();

    process->magic = KOII_PROCESS_MAGIC;
    process->loop = loop;
    process->handle_closed = on_closed;
    process->events = *events;
    process->user = user;
    process->statm = process->launcher = process->lines = -1;
    process->last_wish = &process->wishes;
    process->output =
        rate_make(KOII_OUTPUT_PER_S, 10 * KOII_OUTPUT_PER_S, now_ms);
    for (size_t i = 0; i < KOII_STREAMS; i++) {
        CHECK(!uv_pipe_init(loop, &process->streams[i], 0));
        process->streams[i].data = process;
        process->is_open[i] = true;
        process->reading[i] = rate_make(READ_PER_S, READ_PER_S, now_ms);
    }
    CHECK(!uv_timer_init(loop, &process->tick));
    process->tick.data = process->process.data = process;
    process->handles = KOII_STREAMS + 2; /* and the process */
    return process;
}

/* With a group of its own. pond-launch has no environment: a variable of the
 * task (LD_PRELOAD) must not work on it. */
static int spawn(struct koii_process *process, const struct koii_launch *launch,
                 char **arguments, char **environment, int launcher_end)
{
    uv_stdio_container_t streams[LAUNCHER_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[KOII_OUT]},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[KOII_ERR]},
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&process->streams[KOII_CHANNEL]},
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
    process->is_over[KOII_OUT] = process->is_over[KOII_ERR] = true;
    close_if_over(process);
}

static void begin_to_listen(struct koii_process *process)
{
    for (size_t i = 0; i < KOII_STREAMS; i++)
        uv_read_start((uv_stream_t *)&process->streams[i], allocate, on_read);
    if (process->has_launcher)
        koii_launcher_listen(process);
    else
        process->statm = resident_open(process->process.pid);
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
        status = koii_launcher_open(process, &launcher_end);
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
    uv_stream_t *channel = (uv_stream_t *)&process->streams[KOII_CHANNEL];
    char text[256];

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    if (process->exited_ms || !process->is_open[KOII_CHANNEL])
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

void koii_process_stop(struct koii_process *process)
{
    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    if (process->stop_by_ms || process->exited_ms)
        return;
    process->was_stopped = true;
    process->stop_by_ms = clock_monotonic_ms() + STOP_MS;
    uv_process_kill(&process->process, SIGTERM);
}

void koii_process_kill(struct koii_process *process, const char *reason)
{
    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    if (!process->reason)
        process->reason = mem_text(reason);
    if (process->exited_ms)
        return;
    uint64_t now_ms = clock_monotonic_ms();
    /* pond-launch goes last, with nothing left behind. */
    if (process->has_launcher && !process->kill_by_ms) {
        koii_launcher_kill(process);
        process->kill_by_ms = now_ms + KILL_MS;
    } else if (now_ms >= process->kill_by_ms) {
        (void)kill(-process->process.pid, SIGKILL);
    }
}

pid_t koii_process_id(const struct koii_process *process)
{
    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    return process->process.pid;
}

uint64_t koii_process_resident(const struct koii_process *process)
{
    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    return process->resident_bytes;
}

uint64_t koii_process_cpu_ms(const struct koii_process *process)
{
    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    return process->cpu_ms;
}
