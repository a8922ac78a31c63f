/*
 * A worker's process on its node: spawned, read from, written to, watched for
 * its limits, and ended. All on the node's loop; nothing here blocks.
 *
 * The end is difficult, because three things come in any order: the exit of the
 * process, the end of the socket's stream with the last messages in it, and the
 * reason, if this side killed the process. The rule: nothing is concluded
 * before the process has exited and either all that it said was read or it was
 * killed; what a killed process says does not count. Then the handles are
 * closed. When the last one is closed, open calls fail, ended() is called, and
 * the worker is freed, in that order and once.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include "runtime/wire/resident.h"
#include "runtime/wire/worker_exit.h"
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The descriptor of pond-worker's socket: the first after the three that every
 * program has. */
#define SOCKET_FD 3

/* A worker cuts its own scripts off at a call's limit and says where they
 * were, which on a busy machine takes a while; one that did not by then is
 * waiting, or not to be reasoned with. */
#define TIME_GRACE_MS 400

/* The worker watches its own memory closely. This look is for one whose
 * watch was broken, so it comes seldom and is a quarter above the limit. */
#define LOOK_MS 250

/* Where a share of the processor is watched. */
#define SHARE_LOOK_MS 100

/* While reading waits for the message rate. */
#define RESUME_MS 20

/* Kept of its stderr. */
#define ERROR_TEXT_MAX 2048

/* Libuv's own suggestion for a stream. */
#define READ_SIZE (64u << 10)

/* Ending */

static void describe_exit(const struct host *worker, struct host_end *end,
                          struct buffer *text);

/* A limit is the fault of the call that was running. Which of several calls
 * that was can not be known, so all of them get the same end. */
static void fail_open_calls(struct host *worker, const struct host_end *end)
{
    /* A callback may not make a new call: the worker is ending. */
    while (worker->calls) {
        struct host_open_call *call = worker->calls;
        struct host_result result = {.text = end->text, .stack = ""};
        result.limit = end->limit;
        result.status = end->limit == HOST_LIMIT_TIME   ? ERR_TIMEOUT
                        : end->limit == HOST_LIMIT_NONE ? ERR_CLOSED
                                                        : ERR_LIMIT;
        if (call->began_ms)
            result.taken_ms = (uint32_t)(clock_monotonic_ms() - call->began_ms);
        host_end_call(worker, call, &result);
    }
}

/* The last function of a worker's life. */
static void conclude(struct host *worker)
{
    struct host_end end = {0};
    struct buffer text = {0};
    describe_exit(worker, &end, &text);
    end.text = buffer_string(&text);
    fail_open_calls(worker, &end);
    if (worker->events.ended)
        worker->events.ended(worker->user, worker, &end);
    buffer_free(&text);
    if (worker->statm >= 0)
        close(worker->statm);
    host_free(worker);
}

/* Handles may close in any order and after more than one turn of the loop. */
static void closed(uv_handle_t *handle)
{
    struct host *worker = handle->data;
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(worker->handles);
    if (!--worker->handles)
        conclude(worker);
}

/* Once the process is gone and all it said is read. */
static void close_if_over(struct host *worker)
{
    if (!worker->exited || worker->concluded)
        return;
    /* Its last words may still be in the socket. */
    if (!worker->socket_over && worker->phase != HOST_KILLED)
        return;
    worker->concluded = true;
    /* A last message may wait for the rate; there will be no more. */
    if (worker->phase != HOST_KILLED)
        host_continue(worker, clock_monotonic_ms());
    worker->phase = HOST_KILLED;
    uv_close((uv_handle_t *)&worker->process, closed);
    uv_close((uv_handle_t *)&worker->socket, closed);
    uv_close((uv_handle_t *)&worker->errors, closed);
    uv_close((uv_handle_t *)&worker->tick, closed);
}

/* A time limit that was no call's. */
static void time_exit_text(const struct host *worker, struct buffer *text)
{
    buffer_format(text, "%s its time limit of %" PRIu32 " ms",
                  worker->loaded ? "a script outside any call ran longer than"
                                 : "main.js was not loaded within",
                  worker->limits.load_ms);
}

/* From the surest sign to the vaguest: what this side decided, what the worker
 * said through its exit code, what the kernel did. Its stderr comes last, as a
 * hint: there stands what the dynamic linker or the engine had to say. */
static void describe_exit(const struct host *worker, struct host_end *end,
                          struct buffer *text)
{
    end->exit_code = worker->exit_signal ? -1 : (int)worker->exit_code;
    end->signal = worker->exit_signal;
    end->stopped = worker->stop_by_ms != 0;
    end->limit = worker->reason_limit;
    end->status = ERR_CLOSED;
    const struct buffer *errors = &worker->error_text;
    if (worker->reason) {
        buffer_text(text, worker->reason);
    } else if (end->exit_code == WORKER_EXIT_MEMORY) {
        end->limit = HOST_LIMIT_MEMORY;
        host_memory_text(worker, text);
    } else if (end->exit_code == WORKER_EXIT_DISK) {
        end->limit = HOST_LIMIT_DISK;
        buffer_format(text,
                      "the task's folder holds far more than its disk limit of "
                      "%" PRIu64 " MB",
                      worker->limits.disk_bytes >> 20);
    } else if (end->exit_code == WORKER_EXIT_TIME) {
        end->limit = HOST_LIMIT_TIME;
        time_exit_text(worker, text);
    } else if (end->signal == SIGSYS) {
        end->limit = HOST_LIMIT_SANDBOX;
        buffer_text(text, "the sandbox ended the worker: it made a system "
                          "call that no task makes");
    } else if (end->signal) {
        buffer_format(text, "the worker was ended by signal %d (%s)",
                      end->signal, strsignal(end->signal));
    } else if (end->stopped) {
        end->status = 0;
        buffer_text(text, "stopped");
    } else if (end->exit_code) {
        buffer_format(text, "the worker ended with exit code %d",
                      end->exit_code);
    } else {
        end->status = 0;
        buffer_text(text, "the task ended itself with process.exit(0)");
    }
    if (end->limit != HOST_LIMIT_NONE)
        end->status = end->limit == HOST_LIMIT_TIME ? ERR_TIMEOUT : ERR_LIMIT;
    if (end->status && errors->size)
        buffer_format(text, "; it said: %.*s", (int)errors->size,
                      (const char *)errors->data);
}

/* Comes from the loop's SIGCHLD watcher, often before the socket's end. */
static void exited(uv_process_t *process, int64_t exit_code, int signal)
{
    struct host *worker = process->data;
    CHECK_MAGIC(worker, HOST_MAGIC);
    worker->exited = true;
    worker->exit_code = exit_code;
    worker->exit_signal = signal;
    /* What it said before can still be read, unless reading was paused for
     * good; the tick asks again. */
    close_if_over(worker);
}

/* The socket */

/* Copied into the reader right away, so one room serves all workers of the
 * thread. */
static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    /* One loop, one read at a time. */
    static _Thread_local char room[READ_SIZE];
    *out = uv_buf_init(room, sizeof(room));
}

/* An error of reading is an end as well. */
static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct host *worker = stream->data;
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (size > 0 && worker->phase != HOST_KILLED)
        host_receive(worker, bytes_make(data->base, (size_t)size),
                     clock_monotonic_ms());
    if (size < 0) {
        uv_read_stop(stream);
        worker->socket_over = true;
        close_if_over(worker);
    } else if (worker->paused) {
        uv_read_stop(stream);
    }
}

/* Only printable characters are kept, because the text ends up in a terminal.
 * The rest is read and dropped; otherwise the worker would block on a full
 * pipe. */
static void received_error(uv_stream_t *stream, ssize_t size,
                           const uv_buf_t *data)
{
    struct host *worker = stream->data;
    if (size < 0) {
        uv_read_stop(stream);
        return;
    }
    struct buffer *text = &worker->error_text;
    for (ssize_t i = 0; i < size && text->size < ERROR_TEXT_MAX; i++)
        if (data->base[i] >= 0x20 && data->base[i] < 0x7f)
            buffer_u8(text, (uint8_t)data->base[i]);
        else if (data->base[i] == '\n')
            buffer_u8(text, ' ');
}

/* Time */

/* The figure is kept for metrics even where it is within the limit. */
static void look_at_memory(struct host *worker)
{
    uint64_t bytes = resident_read(worker->statm);
    if (!bytes)
        return;
    worker->resident_bytes = bytes;
    uint64_t limit = worker->limits.memory_bytes;
    if (worker->resident_bytes > limit + limit / 4) {
        struct buffer words = {0};
        host_memory_text(worker, &words);
        host_kill_for(worker, HOST_LIMIT_MEMORY, "%s", buffer_string(&words));
        buffer_free(&words);
    }
}

/* Its number is its own until it was waited for. */
uint64_t host_processor_ms(const struct host *worker)
{
    return worker->exited ? 0 : resident_cpu_ms(worker->process.pid);
}

static void look_at_share(struct host *worker, uint64_t now_ms)
{
    if (worker->exited || (!worker->limits.cpu_percent && !worker->is_resting))
        return;
    bool rests =
        cpu_share_look(&worker->share, now_ms, host_processor_ms(worker));
    if (rests != worker->is_resting)
        uv_process_kill(&worker->process, rests ? SIGSTOP : SIGCONT);
    worker->is_resting = rests;
}

/* What holds is looked at with the next tick. */
void host_limit_cpu(struct host *worker, uint32_t percent)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    worker->limits.cpu_percent = percent;
    cpu_share_change(&worker->share, percent, clock_monotonic_ms(),
                     host_processor_ms(worker));
}

/* One is enough: the worker goes with all of its calls. */
static void look_at_calls(struct host *worker, uint64_t now_ms)
{
    for (struct host_open_call *call = worker->calls; call; call = call->next) {
        if (!call->began_ms ||
            now_ms < call->began_ms + call->limit_ms + TIME_GRACE_MS)
            continue;
        struct buffer text = {0};
        host_time_text(call, &text);
        host_kill_for(worker, HOST_LIMIT_TIME, "%s", buffer_string(&text));
        buffer_free(&text);
        return;
    }
}

/* What is overdue is due in one ms: a timer of 0 would starve the socket. */
static uint64_t sooner(uint64_t wait_ms, uint64_t now_ms, uint64_t then_ms)
{
    uint64_t until_ms = then_ms > now_ms ? then_ms - now_ms : 1;
    return until_ms < wait_ms ? until_ms : wait_ms;
}

static void tick(uv_timer_t *timer);

/* One timer for everything that has a time, so an idle worker costs its node
 * four wake-ups a second. */
void host_arm(struct host *worker, uint64_t now_ms)
{
    uint64_t wait_ms = worker->paused               ? RESUME_MS
                       : worker->limits.cpu_percent ? SHARE_LOOK_MS
                                                    : LOOK_MS;
    if (worker->concluded)
        return;
    for (struct host_open_call *call = worker->calls; call; call = call->next)
        if (call->began_ms)
            wait_ms = sooner(wait_ms, now_ms,
                             call->began_ms + call->limit_ms + TIME_GRACE_MS);
    /* The loop's time is that of the turn's beginning; a long turn would make
     * the timer late by as much. */
    uv_update_time(worker->loop);
    uv_timer_start(&worker->tick, tick, wait_ms, 0);
}

/* Each part looks for itself whether it is due. */
static void tick(uv_timer_t *timer)
{
    struct host *worker = timer->data;
    uint64_t now_ms = clock_monotonic_ms();
    CHECK_MAGIC(worker, HOST_MAGIC);
    /* First what waits, so that a result that came in time still counts. */
    if (worker->paused && worker->phase != HOST_KILLED) {
        host_continue(worker, now_ms);
        if (!worker->paused && !worker->socket_over)
            uv_read_start((uv_stream_t *)&worker->socket, allocate, received);
    }
    if (worker->phase != HOST_KILLED) {
        look_at_memory(worker);
        look_at_share(worker, now_ms);
        look_at_calls(worker, now_ms);
    }
    if (worker->phase == HOST_STARTING &&
        now_ms - worker->started_ms > worker->limits.load_ms + TIME_GRACE_MS) {
        struct buffer text = {0};
        time_exit_text(worker, &text);
        host_kill_for(worker, HOST_LIMIT_TIME, "%s", buffer_string(&text));
        buffer_free(&text);
    }
    if (worker->phase == HOST_STOPPING && now_ms >= worker->stop_by_ms)
        host_kill_for(worker, HOST_LIMIT_NONE,
                      "the task did not end when it was asked to");
    close_if_over(worker);
    host_arm(worker, now_ms);
}

/* Starting */

/* Make the handles that exist even if the process does not start. */
static void init_handles(struct host *worker, uv_loop_t *loop)
{
    worker->loop = loop;
    CHECK(!uv_pipe_init(loop, &worker->socket, 0));
    CHECK(!uv_pipe_init(loop, &worker->errors, 0));
    CHECK(!uv_timer_init(loop, &worker->tick));
    worker->socket.data = worker;
    worker->errors.data = worker;
    worker->tick.data = worker;
    worker->process.data = worker;
    worker->handles = 4;
}

/* The environment is empty, because that of the node may hold secrets. The
 * working directory is /, because the task's folder may be on a disk that the
 * operator wants to unmount. */
static int spawn(struct host *worker, const char *program)
{
    char *arguments[] = {(char *)(uintptr_t)program, NULL};
    char *environment[] = {NULL};
    uv_stdio_container_t streams[SOCKET_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&worker->errors},
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&worker->socket},
    };
    uv_process_options_t options = {
        .file = program,
        .args = arguments,
        .env = environment,
        .cwd = "/",
        .stdio_count = SOCKET_FD + 1,
        .stdio = streams,
        .exit_cb = exited,
    };
    return uv_spawn(worker->loop, &worker->process, &options);
}

/* Nothing was started: close the handles without telling anybody. */
static void give_up(struct host *worker)
{
    memset(&worker->events, 0, sizeof(worker->events));
    worker->exited = true;
    worker->phase = HOST_KILLED;
    close_if_over(worker);
}

/* A worker that dies while it is written to must not take the node along. */
static void ignore_broken_pipes(void)
{
    struct sigaction action;
    if (!sigaction(SIGPIPE, NULL, &action) && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

/* From here on the process exists and ended() will come. */
int host_launch(struct host *worker, uv_loop_t *loop, const char *program)
{
    ignore_broken_pipes();
    init_handles(worker, loop);
    int status = spawn(worker, program);
    if (status) {
        give_up(worker);
        return err_set(ERR_IO, "can't start %s: %s", program,
                       uv_strerror(status));
    }
    /* Open now, while the number is surely this process: it is our child and
     * not waited for yet. */
    worker->statm = resident_open(worker->process.pid);
    uv_read_start((uv_stream_t *)&worker->socket, allocate, received);
    uv_read_start((uv_stream_t *)&worker->errors, allocate, received_error);
    host_arm(worker, worker->started_ms);
    return 0;
}
