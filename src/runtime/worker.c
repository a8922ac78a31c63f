#include "runtime/worker.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/host.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor that pond-worker finds its socket at. */
#define SOCKET_FD 3

/* A worker cuts its own scripts off at a call's limit and says where they
 * were, which on a busy machine takes a while; one that did not by then is
 * waiting, or not to be reasoned with. */
#define TIME_GRACE_MS 400

/* From worker_stop() until it is killed. */
#define STOP_MS 2000

/* The worker watches its own memory closely. This look is for one whose
 * watch was broken, so it comes seldom and is a quarter above the limit. */
#define LOOK_MS 250

/* While reading waits for the message rate. */
#define RESUME_MS 20

/* Answers that a worker does not read. */
#define QUEUE_MAX (4ul * MESSAGE_PAYLOAD_MAX)

/* Kept of its stderr. */
#define ERROR_TEXT_MAX 2048

#define READ_SIZE (64u << 10)

const char *worker_limit_name(enum worker_limit limit)
{
    switch (limit) {
    case WORKER_LIMIT_TIME:
        return "time";
    case WORKER_LIMIT_MEMORY:
        return "memory";
    case WORKER_LIMIT_PROTOCOL:
        return "protocol";
    case WORKER_LIMIT_SANDBOX:
        return "sandbox";
    case WORKER_LIMIT_NONE:
        break;
    }
    return "";
}

void host_time_text(const struct host_call *call, struct buffer *out)
{
    buffer_format(out, "%s() ran longer than its time limit of %" PRIu32 " ms",
                  call->function, call->limit_ms);
}

void host_kill(struct worker *worker, enum worker_limit limit,
               const char *format, ...)
{
    char text[2 * ERR_TEXT_SIZE];
    va_list arguments;
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (!worker->reason) {
        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        worker->reason = mem_text(text);
        worker->reason_limit = limit;
    }
    worker->phase = HOST_KILLED;
    if (worker->loop && !worker->exited)
        uv_process_kill(&worker->process, SIGKILL);
}

void host_end_call(struct worker *worker, struct host_call *call,
                   struct worker_result *result)
{
    struct host_call **place = &worker->calls;
    while (*place != call) {
        CHECK(*place);
        place = &(*place)->next;
    }
    *place = call->next;
    worker->call_count--;
    call->callback(call->user, result);
    free(call->function);
    free(call);
}

/* Ending */

static void describe_exit(const struct worker *worker, struct worker_end *end,
                          struct buffer *text);

static void fail_open_calls(struct worker *worker, const struct worker_end *end)
{
    while (worker->calls) {
        struct host_call *call = worker->calls;
        struct worker_result result = {.text = end->text, .stack = ""};
        result.limit = end->limit;
        result.status = end->limit == WORKER_LIMIT_TIME   ? ERR_TIMEOUT
                        : end->limit == WORKER_LIMIT_NONE ? ERR_CLOSED
                                                          : ERR_LIMIT;
        if (call->began_ms)
            result.taken_ms = (uint32_t)(clock_monotonic_ms() - call->began_ms);
        host_end_call(worker, call, &result);
    }
}

static void conclude(struct worker *worker)
{
    struct worker_end end = {0};
    struct buffer text = {0};
    describe_exit(worker, &end, &text);
    end.text = buffer_string(&text);
    fail_open_calls(worker, &end);
    if (worker->host.ended)
        worker->host.ended(worker->user, worker, &end);
    buffer_free(&text);
    if (worker->statm >= 0)
        close(worker->statm);
    host_free(worker);
}

static void closed(uv_handle_t *handle)
{
    struct worker *worker = handle->data;
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(worker->handles);
    if (!--worker->handles)
        conclude(worker);
}

/* Once the process is gone and all it said is read. */
static void close_if_over(struct worker *worker)
{
    if (!worker->exited || worker->concluded)
        return;
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

/* How the process of a worker that was not killed here told why it ended
 * (worker_engine.h has the numbers). */
#define EXIT_MEMORY 120
#define EXIT_TIME 121
#define EXIT_NODE 122

/* A time limit that was no call's. */
static void time_exit_text(const struct worker *worker, struct buffer *text)
{
    buffer_format(text, "%s its time limit of %" PRIu32 " ms",
                  worker->loaded ? "a script outside any call ran longer than"
                                 : "main.js was not loaded within",
                  worker->limits.load_ms);
}

static void describe_exit(const struct worker *worker, struct worker_end *end,
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
    } else if (end->exit_code == EXIT_MEMORY) {
        end->limit = WORKER_LIMIT_MEMORY;
        buffer_format(text,
                      "the task passed its memory limit of %" PRIu64 " MB",
                      worker->limits.memory_bytes >> 20);
    } else if (end->exit_code == EXIT_TIME) {
        end->limit = WORKER_LIMIT_TIME;
        time_exit_text(worker, text);
    } else if (end->signal == SIGSYS) {
        end->limit = WORKER_LIMIT_SANDBOX;
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
    if (end->limit != WORKER_LIMIT_NONE)
        end->status = end->limit == WORKER_LIMIT_TIME ? ERR_TIMEOUT : ERR_LIMIT;
    if (end->status && errors->size)
        buffer_format(text, "; it said: %.*s", (int)errors->size,
                      (const char *)errors->data);
}

static void exited(uv_process_t *process, int64_t exit_code, int signal)
{
    struct worker *worker = process->data;
    CHECK_MAGIC(worker, HOST_MAGIC);
    worker->exited = true;
    worker->exit_code = exit_code;
    worker->exit_signal = signal;
    /* What it said before can still be read, unless reading was paused for
     * good; the tick asks again. */
    close_if_over(worker);
}

/* The socket */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    /* One loop, one read at a time. */
    static _Thread_local char room[READ_SIZE];
    *out = uv_buf_init(room, sizeof(room));
}

static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct worker *worker = stream->data;
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

static void received_error(uv_stream_t *stream, ssize_t size,
                           const uv_buf_t *data)
{
    struct worker *worker = stream->data;
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

struct outgoing {
    uv_write_t request;
    struct buffer bytes;
};

static void written(uv_write_t *request, int status)
{
    struct outgoing *outgoing = request->data;
    buffer_free(&outgoing->bytes);
    free(outgoing);
}

void host_send(struct worker *worker, struct bytes head, struct bytes payload)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (!worker->loop || worker->phase == HOST_KILLED || worker->socket_over)
        return;
    uv_stream_t *stream = (uv_stream_t *)&worker->socket;
    if (uv_stream_get_write_queue_size(stream) > QUEUE_MAX) {
        host_kill(worker, WORKER_LIMIT_PROTOCOL,
                  "the worker does not read its answers");
        return;
    }
    struct outgoing *outgoing = mem_zero(1, sizeof(*outgoing));
    message_write(&outgoing->bytes, head, payload);
    outgoing->request.data = outgoing;
    uv_buf_t data = uv_buf_init((char *)outgoing->bytes.data,
                                (unsigned)outgoing->bytes.size);
    if (uv_write(&outgoing->request, stream, &data, 1, written))
        written(&outgoing->request, 0);
}

/* Time */

static void look_at_memory(struct worker *worker)
{
    char text[128];
    unsigned long long pages, resident;
    ssize_t size = worker->statm < 0
                       ? -1
                       : pread(worker->statm, text, sizeof(text) - 1, 0);
    if (size <= 0)
        return;
    text[size] = 0;
    if (sscanf(text, "%llu %llu", &pages, &resident) != 2)
        return;
    worker->resident_bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t limit = worker->limits.memory_bytes;
    if (worker->resident_bytes > limit + limit / 4)
        host_kill(worker, WORKER_LIMIT_MEMORY,
                  "the task passed its memory limit of %" PRIu64 " MB",
                  limit >> 20);
}

static void look_at_calls(struct worker *worker, uint64_t now_ms)
{
    for (struct host_call *call = worker->calls; call; call = call->next) {
        if (!call->began_ms ||
            now_ms < call->began_ms + call->limit_ms + TIME_GRACE_MS)
            continue;
        struct buffer text = {0};
        host_time_text(call, &text);
        host_kill(worker, WORKER_LIMIT_TIME, "%s", buffer_string(&text));
        buffer_free(&text);
        return;
    }
}

static uint64_t sooner(uint64_t wait_ms, uint64_t now_ms, uint64_t then_ms)
{
    uint64_t until_ms = then_ms > now_ms ? then_ms - now_ms : 1;
    return until_ms < wait_ms ? until_ms : wait_ms;
}

static void tick(uv_timer_t *timer);

static void arm_tick(struct worker *worker, uint64_t now_ms)
{
    uint64_t wait_ms = worker->paused ? RESUME_MS : LOOK_MS;
    if (worker->concluded)
        return;
    for (struct host_call *call = worker->calls; call; call = call->next)
        if (call->began_ms)
            wait_ms = sooner(wait_ms, now_ms,
                             call->began_ms + call->limit_ms + TIME_GRACE_MS);
    uv_update_time(worker->loop);
    uv_timer_start(&worker->tick, tick, wait_ms, 0);
}

static void tick(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    uint64_t now_ms = clock_monotonic_ms();
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (worker->paused && worker->phase != HOST_KILLED) {
        host_continue(worker, now_ms);
        if (!worker->paused && !worker->socket_over)
            uv_read_start((uv_stream_t *)&worker->socket, allocate, received);
    }
    if (worker->phase != HOST_KILLED) {
        look_at_memory(worker);
        look_at_calls(worker, now_ms);
    }
    if (worker->phase == HOST_STARTING &&
        now_ms - worker->started_ms > worker->limits.load_ms + TIME_GRACE_MS) {
        struct buffer text = {0};
        time_exit_text(worker, &text);
        host_kill(worker, WORKER_LIMIT_TIME, "%s", buffer_string(&text));
        buffer_free(&text);
    }
    if (worker->phase == HOST_STOPPING && now_ms >= worker->stop_by_ms)
        host_kill(worker, WORKER_LIMIT_NONE,
                  "the task did not end when it was asked to");
    close_if_over(worker);
    arm_tick(worker, now_ms);
}

/* Starting */

static void write_limits(struct json_writer *writer,
                         const struct worker_limits *limits)
{
    json_open_object(writer);
    json_field_u64(writer, "memory_bytes", limits->memory_bytes);
    json_field_u64(writer, "file_bytes", limits->file_bytes);
    json_field_u64(writer, "load_ms", limits->load_ms);
    json_field_u64(writer, "open_requests", limits->open_requests);
    json_field_u64(writer, "log_lines_per_s", limits->log_lines_per_s);
    json_field_u64(writer, "log_bytes_per_s", limits->log_bytes_per_s);
    json_close_object(writer);
}

static void write_text(struct json_writer *writer, const char *name,
                       const char *text)
{
    if (text)
        json_field_text(writer, name, text);
    else
        json_field_null(writer, name);
}

static void send_start(struct worker *worker,
                       const struct worker_options *options, const char *folder)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    const char *variables = options->variables ? options->variables : "{}";
    const char *version =
        options->node_version ? options->node_version : POND_VERSION;
    json_open_object(&writer);
    json_field_text(&writer, "type", "start");
    write_text(&writer, "folder", folder);
    json_name(&writer, "limits");
    write_limits(&writer, &worker->limits);
    json_name(&writer, "variables");
    json_write_raw(&writer, bytes_text(variables));
    json_name(&writer, "task");
    json_open_object(&writer);
    write_text(&writer, "id", options->task_id);
    write_text(&writer, "name", options->task_name);
    write_text(&writer, "main_account", options->main_account);
    write_text(&writer, "staking_account", options->staking_account);
    write_text(&writer, "rpc_url", options->rpc_url);
    write_text(&writer, "node_version", version);
    json_close_object(&writer);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), options->source);
    buffer_free(&head);
}

static int check_options(const struct worker_options *options)
{
    struct json_object *variables = NULL;
    CHECK(options->program && options->task_id && options->memory);
    if (options->source.size > MESSAGE_PAYLOAD_MAX)
        return err_set(ERR_LIMIT,
                       "a task of %zu bytes is above the limit of %u MB",
                       options->source.size, MESSAGE_PAYLOAD_MAX >> 20);
    if (access(options->program, X_OK))
        return err_set(ERR_NOT_FOUND, "there is no worker program at %s",
                       options->program);
    if (!options->variables)
        return 0;
    int status = json_parse(bytes_text(options->variables), &variables);
    if (!status && !json_object_is_type(variables, json_type_object))
        status = err_set(ERR_INVALID, "task variables must be a JSON object");
    json_object_put(variables);
    return status;
}

/* The handles that are there whatever becomes of the process. */
static void init_handles(struct worker *worker, uv_loop_t *loop)
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

static int spawn(struct worker *worker, const char *program)
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
static void give_up(struct worker *worker)
{
    memset(&worker->host, 0, sizeof(worker->host));
    worker->exited = true;
    worker->phase = HOST_KILLED;
    close_if_over(worker);
}

/* The handles, the process and the start message. */
static int launch(struct worker *worker, uv_loop_t *loop,
                  const struct worker_options *options, const char *program,
                  const char *folder)
{
    char path[64];
    init_handles(worker, loop);
    int status = spawn(worker, program);
    if (status) {
        give_up(worker);
        return err_set(ERR_IO, "can't start %s: %s", program,
                       uv_strerror(status));
    }
    snprintf(path, sizeof(path), "/proc/%d/statm", worker->process.pid);
    worker->statm = open(path, O_RDONLY | O_CLOEXEC);
    send_start(worker, options, folder);
    uv_read_start((uv_stream_t *)&worker->socket, allocate, received);
    uv_read_start((uv_stream_t *)&worker->errors, allocate, received_error);
    arm_tick(worker, worker->started_ms);
    return 0;
}

/* A worker that dies while it is written to must not take the node along. */
static void ignore_broken_pipes(void)
{
    struct sigaction action;
    if (!sigaction(SIGPIPE, NULL, &action) && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

int worker_start(uv_loop_t *loop, const struct worker_options *options,
                 const struct worker_host *host, void *user,
                 struct worker **out)
{
    struct worker_limits limits = options->limits;
    int status = host_limits(&limits);
    if (!status)
        status = check_options(options);
    if (!status && options->folder)
        status = file_make_folder(options->folder, 0700);
    if (status)
        return status;
    ignore_broken_pipes();
    /* It runs in /: relative paths become absolute ones. */
    char *program = realpath(options->program, NULL);
    char *folder = options->folder ? realpath(options->folder, NULL) : NULL;
    if (!program || (options->folder && !folder)) {
        status = err_errno("can't find %s",
                           program ? options->folder : options->program);
    } else {
        *out = host_new(&limits, options->memory, host, user,
                        clock_monotonic_ms());
        status = launch(*out, loop, options, program, folder);
    }
    free(program);
    free(folder);
    return status;
}

/* Calling and stopping */

static void send_call(struct worker *worker, const struct host_call *call,
                      const char *args)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "call");
    json_field_u64(&writer, "id", call->id);
    json_field_text(&writer, "function", call->function);
    json_name(&writer, "args");
    json_write_raw(&writer, bytes_text(args));
    json_field_u64(&writer, "limit_ms", call->limit_ms);
    json_close_object(&writer);
    host_send(worker, buffer_view(&head), bytes_make(NULL, 0));
    buffer_free(&head);
}

int worker_call(struct worker *worker, const char *function, const char *args,
                uint32_t limit_ms, worker_callback callback, void *user)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    CHECK(limit_ms >= 1 && callback);
    if (worker->phase >= HOST_STOPPING || worker->exited)
        return err_set(ERR_CLOSED, "the worker is ending");
    if (worker->call_count == worker->limits.open_calls)
        return err_set(ERR_LIMIT, "limit of %" PRIu32 " open calls",
                       worker->limits.open_calls);
    if (strlen(args) > MESSAGE_HEAD_MAX / 2)
        return err_set(ERR_LIMIT,
                       "arguments of %zu bytes are above the limit "
                       "of %u MB",
                       strlen(args), MESSAGE_HEAD_MAX >> 21);
    struct host_call *call = mem_zero(1, sizeof(*call));
    uint64_t now_ms = clock_monotonic_ms();
    call->id = ++worker->call_id_last;
    call->function = mem_text(function);
    call->limit_ms = limit_ms;
    call->began_ms = worker->phase == HOST_READY ? now_ms : 0;
    call->callback = callback;
    call->user = user;
    call->next = worker->calls;
    worker->calls = call;
    worker->call_count++;
    send_call(worker, call, args);
    if (worker->loop)
        arm_tick(worker, now_ms);
    return 0;
}

void worker_stop(struct worker *worker)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    if (worker->phase >= HOST_STOPPING)
        return;
    host_send(worker, bytes_text("{\"type\":\"stop\"}"), bytes_make(NULL, 0));
    worker->phase = HOST_STOPPING;
    worker->stop_by_ms = clock_monotonic_ms() + STOP_MS;
}

void worker_kill(struct worker *worker, const char *reason)
{
    host_kill(worker, WORKER_LIMIT_NONE, "%s", reason);
}

pid_t worker_pid(const struct worker *worker)
{
    return worker->process.pid;
}

void worker_statistics(const struct worker *worker,
                       struct worker_statistics *out)
{
    CHECK_MAGIC(worker, HOST_MAGIC);
    *out = (struct worker_statistics){
        .resident_bytes = worker->resident_bytes,
        .calls = worker->call_id_last,
        .requests = worker->request_total,
        .log_lines_dropped = worker->log_lines_dropped_all,
    };
}
