/*
 * A process ends in two steps that come in any order: its exit, and the end of
 * the stream with its last words in it. Nothing is concluded before both.
 */
#include "node/money/signer_process.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC 0x53504f43u

/* The descriptor of pond-signer's socket. */
#define SOCKET_FD 3

/* It hangs in nothing but reading the socket. */
#define CLOSE_MS 1000

/* Libuv's own suggestion for a stream; the process sends a hundred bytes at a
 * time. */
#define READ_SIZE 4096

/*
 * Invariants:
 *
 *  1. socket is the descriptor until signer_process_listen(), then -1: the
 *     stream has it.
 *  2. handles counts what has to be closed before the struct is freed.
 *  3. events is zero if nobody may be called.
 */
struct signer_process {
    unsigned magic;
    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t stream;
    uv_timer_t killer;
    int socket;
    unsigned handles;
    bool has_exited, is_over, is_closing, is_concluded;
    int64_t exit_code;
    int exit_signal;
    struct signer_reader reader;
    struct buffer last_words; /* of a stream that broke its form */
    struct signer_process_events events;
    void *user;
};

/* ---- the end ---- */

static void describe_end(const struct signer_process *process,
                         struct buffer *out)
{
    if (process->last_words.size)
        buffer_bytes(out, buffer_view(&process->last_words));
    else if (process->is_closing)
        buffer_text(out, "the signing process was closed");
    else if (process->exit_signal)
        buffer_format(out, "the signing process was ended by signal %d (%s)",
                      process->exit_signal, strsignal(process->exit_signal));
    else
        buffer_format(out, "the signing process ended with exit code %d",
                      (int)process->exit_code);
}

static void on_closed(uv_handle_t *handle)
{
    struct signer_process *process = handle->data;
    struct buffer why = {0};

    CHECK_MAGIC(process, MAGIC);
    if (--process->handles)
        return;
    if (process->events.ended) {
        describe_end(process, &why);
        process->events.ended(process->user, buffer_string(&why));
    }
    buffer_free(&why);
    buffer_free(&process->last_words);
    signer_reader_free(&process->reader);
    process->magic = 0;
    free(process);
}

static void close_handles(struct signer_process *process)
{
    process->is_concluded = true;
    if (process->socket >= 0)
        close(process->socket);
    process->socket = -1;
    uv_close((uv_handle_t *)&process->process, on_closed);
    uv_close((uv_handle_t *)&process->stream, on_closed);
    uv_close((uv_handle_t *)&process->killer, on_closed);
}

static void conclude_if_over(struct signer_process *process)
{
    if (process->has_exited && process->is_over && !process->is_concluded)
        close_handles(process);
}

static void on_exited(uv_process_t *handle, int64_t exit_code, int exit_signal)
{
    struct signer_process *process = handle->data;

    CHECK_MAGIC(process, MAGIC);
    process->has_exited = true;
    process->exit_code = exit_code;
    process->exit_signal = exit_signal;
    conclude_if_over(process);
}

static void on_killer(uv_timer_t *timer)
{
    struct signer_process *process = timer->data;

    if (!process->has_exited)
        uv_process_kill(&process->process, SIGKILL);
}

/* Shutting down the socket ends its reading; what it still writes goes
 * nowhere. */
void signer_process_close(struct signer_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    if (process->is_closing)
        return;
    process->is_closing = true;
    process->is_over = true;
    uv_read_stop((uv_stream_t *)&process->stream);
    uv_os_fd_t descriptor;
    if (!uv_fileno((uv_handle_t *)&process->stream, &descriptor))
        shutdown(descriptor, SHUT_RDWR);
    uv_timer_start(&process->killer, on_killer, CLOSE_MS, 0);
    conclude_if_over(process);
}

/* For a process that was waited for and did not come up: nobody is called. */
static void give_up(struct signer_process *process)
{
    int how = 0;
    pid_t number = process->process.pid;

    process->events = (struct signer_process_events){0};
    close(process->socket);
    process->socket = -1;
    if (number > 0) {
        while (waitpid(number, &how, 0) < 0 && errno == EINTR)
            ;
        process->exit_signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
        process->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
    }
    close_handles(process);
}

/* ---- the stream ---- */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static _Thread_local char room[READ_SIZE];
    *out = uv_buf_init(room, sizeof(room));
}

/* What breaks the form is no signer; it is killed and said so. */
static void break_off(struct signer_process *process)
{
    buffer_format(&process->last_words,
                  "the signing process sent what is no message: %s",
                  err_text());
    uv_read_stop((uv_stream_t *)&process->stream);
    process->is_over = true;
    uv_process_kill(&process->process, SIGKILL);
    conclude_if_over(process);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct signer_process *process = stream->data;
    struct signer_message message;
    bool more = true;

    CHECK_MAGIC(process, MAGIC);
    if (size < 0) {
        uv_read_stop(stream);
        process->is_over = true;
        conclude_if_over(process);
        return;
    }
    signer_reader_add(&process->reader, bytes_make(data->base, (size_t)size));
    while (more && !process->is_closing) {
        if (signer_reader_next(&process->reader, &message, &more)) {
            break_off(process);
            break;
        }
        if (more)
            process->events.said(process->user, &message);
    }
}

struct writing {
    uv_write_t request;
    struct buffer bytes;
    uv_tcp_t socket; /* what goes with it; unused if loop is NULL */
};

static void on_socket_closed(uv_handle_t *socket)
{
    free(socket->data);
}

/* The other process has a descriptor of its own by now. */
static void on_written(uv_write_t *request, int status)
{
    struct writing *writing = request->data;

    buffer_free(&writing->bytes);
    if (writing->socket.loop)
        uv_close((uv_handle_t *)&writing->socket, on_socket_closed);
    else
        free(writing);
}

/* Libuv sends descriptors of its own handles only. */
static void take_socket(struct signer_process *process, struct writing *writing,
                        int socket)
{
    CHECK(!uv_tcp_init(process->loop, &writing->socket));
    writing->socket.data = writing;
    CHECK(!uv_tcp_open(&writing->socket, socket));
}

void signer_process_send(struct signer_process *process,
                         const struct signer_message *message, int socket)
{
    struct writing *writing = mem_zero(1, sizeof(*writing));

    CHECK_MAGIC(process, MAGIC);
    CHECK(process->socket < 0 && !process->is_closing);
    signer_message_write(&writing->bytes, message);
    uv_buf_t data =
        uv_buf_init((char *)writing->bytes.data, (unsigned)writing->bytes.size);
    writing->request.data = writing;
    if (socket >= 0)
        take_socket(process, writing, socket);
    if (process->is_concluded ||
        uv_write2(&writing->request, (uv_stream_t *)&process->stream, &data, 1,
                  socket >= 0 ? (uv_stream_t *)&writing->socket : NULL,
                  on_written))
        on_written(&writing->request, 0);
}

void signer_process_listen(struct signer_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    CHECK(process->socket >= 0);
    CHECK(!uv_pipe_open(&process->stream, process->socket));
    process->socket = -1;
    CHECK(!uv_read_start((uv_stream_t *)&process->stream, allocate, on_read));
}

int signer_process_id(const struct signer_process *process)
{
    CHECK_MAGIC(process, MAGIC);
    return process->process.pid;
}

/* ---- the start ---- */

/* The environment is empty: that of the node may hold what is none of its
 * business. */
static int spawn(struct signer_process *process, const char *program,
                 int theirs, int input)
{
    char *arguments[] = {(char *)(uintptr_t)program, NULL};
    char *environment[] = {NULL};
    uv_stdio_container_t streams[SOCKET_FD + 1] = {
        {.flags = UV_INHERIT_FD, .data.fd = input},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = theirs},
    };
    uv_process_options_t options = {
        .file = program,
        .args = arguments,
        .env = environment,
        .stdio_count = SOCKET_FD + 1,
        .stdio = streams,
        .exit_cb = on_exited,
    };

    return uv_spawn(process->loop, &process->process, &options);
}

static struct signer_process *new_process(uv_loop_t *loop)
{
    struct signer_process *process = mem_zero(1, sizeof(*process));

    process->magic = MAGIC;
    process->loop = loop;
    process->socket = -1;
    /* Descriptors are sent on it. */
    CHECK(!uv_pipe_init(loop, &process->stream, 1));
    CHECK(!uv_timer_init(loop, &process->killer));
    process->stream.data = process;
    process->killer.data = process;
    process->process.data = process;
    process->handles = 3;
    return process;
}

/* A few hundred bytes, for which a new socket always has room. */
static int send_order(int socket, const struct signer_message *order)
{
    struct buffer bytes = {0};

    signer_message_write(&bytes, order);
    ssize_t sent = send(socket, bytes.data, bytes.size, MSG_NOSIGNAL);
    int status = sent == (ssize_t)bytes.size
                     ? 0
                     : err_errno("asking the signing process for its keys");
    buffer_free(&bytes);
    return status;
}

static int start(uv_loop_t *loop, const char *program,
                 const struct signer_message *order, int input,
                 const struct signer_process_events *events, void *user,
                 struct signer_process **out)
{
    int sockets[2];

    CHECK(loop && program && order && events && out);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        return err_errno("a socket for the signing process");
    struct signer_process *process = new_process(loop);
    process->socket = sockets[0];
    int status = spawn(process, program, sockets[1], input);
    close(sockets[1]);
    if (status) {
        process->process.pid = 0;
        give_up(process);
        return err_set(ERR_IO, "can't start %s: %s", program,
                       uv_strerror(status));
    }
    /* It may have ended already, which the stream's end says. */
    if (send_order(process->socket, order))
        err_clear();
    process->events = *events;
    process->user = user;
    *out = process;
    return 0;
}

int signer_process_start(uv_loop_t *loop, const char *program,
                         const struct signer_message *order,
                         const struct signer_process_events *events, void *user,
                         struct signer_process **out)
{
    return start(loop, program, order, STDIN_FILENO, events, user, out);
}

int signer_process_start_with(uv_loop_t *loop, const char *program,
                              const struct signer_message *order, int input,
                              const struct signer_process_events *events,
                              void *user, struct signer_process **out)
{
    int status = start(loop, program, order, input, events, user, out);

    close(input);
    return status;
}

/* What was said by a process that then ended, or how it ended. */
static int fail(struct signer_process *process, int status)
{
    struct buffer why = {0};
    char text[ERR_TEXT_SIZE];

    snprintf(text, sizeof(text), "%s", err_text());
    give_up(process);
    if (status)
        return err_set(status, "%s", text);
    int number = process->exit_signal;
    describe_end(process, &why);
    status = err_set(number == SIGINT || number == SIGTERM || number == SIGHUP
                         ? ERR_CANCELLED
                         : ERR_CLOSED,
                     "%s", buffer_string(&why));
    buffer_free(&why);
    return status;
}

int signer_process_wait(struct signer_process *process,
                        struct signer_message *out)
{
    char room[READ_SIZE];
    bool more = false;

    CHECK_MAGIC(process, MAGIC);
    CHECK(process->socket >= 0);
    while (!more) {
        ssize_t got = read(process->socket, room, sizeof(room));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(process, 0);
        signer_reader_add(&process->reader, bytes_make(room, (size_t)got));
        int status = signer_reader_next(&process->reader, out, &more);
        if (status)
            return fail(process, status);
    }
    if (out->kind == SIGNER_SAY_READY)
        return 0;
    if (out->kind == SIGNER_SAY_FAILED)
        return fail(process, err_set(out->status, "%.*s", (int)out->bytes.size,
                                     (const char *)out->bytes.data));
    return fail(process, err_set(ERR_INVALID, "the signing process has not "
                                              "answered with its keys"));
}
