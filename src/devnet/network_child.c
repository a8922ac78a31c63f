/*
 * One child process and what is known of it.
 *
 * Its standard output is a pipe in which only the line that says "ready"
 * matters; its standard error is a log file. Three handles are on the loop for
 * each (the process, the pipe, and the timer that loses patience), and they are
 * counted, so that the struct is not freed under one of them.
 *
 * The parent waits for a line on the pipe and does not look at the port,
 * because the line says that a server is ready and not just that it listens,
 * and where: its ports are whatever was free. The log is a file and not another
 * pipe, because a file need not be read for the child to go on, and is there
 * when all processes have ended.
 */
#include "devnet/network_child.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* How much of a log's end is read to show its last lines, and how many. */
#define LOG_READ_MAX (64u << 10)
#define LOG_LINES_SHOWN 6

/* Variables this process adds for its children. */
#define VARIABLES_ADDED 1

/* When the last handle has closed the loop holds nothing of the child. */
static void on_closed(uv_handle_t *handle)
{
    struct network_child *child = handle->data;

    CHECK(child->open_handles > 0);
    child->open_handles--;
}

/* Both the end of the stream and the end of the process lead here. */
static void close_output(struct network_child *child)
{
    CHECK(child);
    if (!uv_is_closing((uv_handle_t *)&child->output))
        uv_close((uv_handle_t *)&child->output, on_closed);
}

/* What the process still had to say is of no use now: its log has it. */
static void on_ended(uv_process_t *process, int64_t status, int signal)
{
    struct network_child *child = process->data;

    child->has_ended = true;
    child->exit_status = status;
    child->exit_signal = signal;
    uv_close((uv_handle_t *)&child->process, on_closed);
    uv_close((uv_handle_t *)&child->patience, on_closed);
    close_output(child);
}

/* Only the ready line matters; other lines are the program's own affair. */
static void take_line(struct network_child *child, const char *line)
{
    CHECK(line);
    if (strncmp(line, "ready ", 6) != 0)
        return;
    snprintf(child->ready, sizeof(child->ready), "%s", line + 6);
    child->is_ready = true;
}

/* A read may end in the middle of a line, or hold several. */
static void take_output(struct network_child *child)
{
    struct bytes held = buffer_view(&child->line);
    const uint8_t *end = held.size ? memchr(held.data, '\n', held.size) : NULL;

    while (end) {
        size_t size = (size_t)(end - child->line.data);
        char *line = mem_format("%.*s", (int)size, child->line.data);

        take_line(child, line);
        free(line);
        buffer_consume(&child->line, size + 1);
        held = buffer_view(&child->line);
        end = held.size ? memchr(held.data, '\n', held.size) : NULL;
    }
    /* No line of a server is that long; what is not understood is dropped. */
    if (child->line.size > NETWORK_CHILD_LINE_MAX)
        buffer_clear(&child->line);
}

/* After what has been read already: lines are put together in place. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    CHECK(handle->data);
    struct network_child *child = handle->data;
    size_t size = NETWORK_CHILD_LINE_MAX;

    *out =
        uv_buf_init((char *)buffer_reserve(&child->line, size), (unsigned)size);
}

/* An error of the pipe is treated as its end; the process shows by its exit how
 * it went. */
static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    CHECK(stream->data);
    struct network_child *child = stream->data;

    if (size < 0) {
        close_output(child);
        return;
    }
    child->line.size += (size_t)size;
    take_output(child);
}

/* Its stores survive it. */
static void on_patience_over(uv_timer_t *timer)
{
    CHECK(timer->data);
    struct network_child *child = timer->data;

    if (!child->has_ended)
        uv_process_kill(&child->process, SIGKILL);
}

/* The environment with POND_PARENT in it. The texts are shared with this
 * process's own environment; only the array is a copy, for the time of one
 * spawn. */
static char **environment(char *parent)
{
    CHECK(parent);
    size_t count = 0;
    char **copy;

    while (environ[count])
        count++;
    copy = mem_zero(count + VARIABLES_ADDED + 1, sizeof(*copy));
    memcpy(copy, environ, count * sizeof(*copy));
    copy[count] = parent;
    return copy;
}

/* A session of its own, so that the terminal's Ctrl-C does not reach it; stdin
 * is nothing, stdout the ready line, stderr the log. */
static int spawn(struct network_child *child, const char *const *arguments,
                 int log)
{
    CHECK(arguments && arguments[0]);
    char parent[48];
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&child->output},
        {.flags = UV_INHERIT_FD, .data.fd = log},
    };
    uv_process_options_t options = {.exit_cb = on_ended,
                                    .file = arguments[0],
                                    .args = (char **)arguments,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 3,
                                    .stdio = stdio};

    snprintf(parent, sizeof(parent), "POND_PARENT=%ld", (long)getpid());
    options.env = environment(parent);
    int error = uv_spawn(child->process.loop, &child->process, &options);
    free(options.env);
    return error;
}

/* The log is appended to, so that a network that is started again has one log.
 */
int network_child_start(struct network_child *child, uv_loop_t *loop,
                        const char *name, const char *folder,
                        const char *const *arguments)
{
    CHECK(child && loop && name && folder);
    int log, error;

    *child = (struct network_child){.log_path =
                                        mem_format("%s/%s.log", folder, name)};
    snprintf(child->name, sizeof(child->name), "%s", name);
    log =
        open(child->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
        err_errno("%s", child->log_path);
        network_child_free(child);
        return ERR_IO;
    }
    /* What stands in the log already is an earlier child's. */
    off_t begin = lseek(log, 0, SEEK_END);
    child->log_begin = begin > 0 ? (uint64_t)begin : 0;
    /* All three handles exist from here on, so that every way out closes all
     * three. */
    CHECK(uv_pipe_init(loop, &child->output, 0) == 0);
    CHECK(uv_timer_init(loop, &child->patience) == 0);
    child->process.loop = loop;
    child->output.data = child;
    child->patience.data = child;
    child->is_started = true;
    child->open_handles = 3;

    error = spawn(child, arguments, log);
    /* uv_spawn() has set up the process handle even where it failed. */
    child->process.data = child;
    close(log);
    if (error) {
        child->has_ended = true;
        uv_close((uv_handle_t *)&child->process, on_closed);
        uv_close((uv_handle_t *)&child->patience, on_closed);
        close_output(child);
        return err_set(ERR_IO, "can't start %s: %s", arguments[0],
                       uv_strerror(error));
    }
    CHECK(uv_read_start((uv_stream_t *)&child->output, on_room, on_read) == 0);
    return 0;
}

/* Words of the form name=value, in any order. */
int network_child_value(const struct network_child *child, const char *name,
                        char *out, size_t size)
{
    CHECK(child && name && out && size > 0);
    size_t name_size = strlen(name);

    for (const char *at = child->ready; *at;) {
        size_t word = strcspn(at, " ");

        if (word > name_size && at[name_size] == '=' &&
            !memcmp(at, name, name_size)) {
            size_t value_size = word - name_size - 1;

            if (value_size >= size)
                return err_set(ERR_LIMIT, "%s's %s is too long", child->name,
                               name);
            memcpy(out, at + name_size + 1, value_size);
            out[value_size] = 0;
            return 0;
        }
        at += word;
        at += strspn(at, " ");
    }
    return err_set(ERR_NOT_FOUND, "%s did not say its %s", child->name, name);
}

/* Harmless for one that has ended, or was never started. */
void network_child_stop(struct network_child *child)
{
    CHECK(child);
    if (!child->is_started || child->has_ended)
        return;
    uv_process_kill(&child->process, SIGTERM);
    uv_timer_start(&child->patience, on_patience_over, NETWORK_CHILD_STOP_MS,
                   0);
}

/* Handles close a turn of the loop after the process ended. */
bool network_child_is_gone(const struct network_child *child)
{
    CHECK(child);
    return !child->is_started || child->open_handles == 0;
}

/* The struct itself belongs to the caller and can be used again. */
void network_child_free(struct network_child *child)
{
    CHECK(network_child_is_gone(child));
    buffer_free(&child->line);
    free(child->log_path);
    child->log_path = NULL;
    child->is_started = false;
}

/* Where the last lines of a text begin. An end of line at the very end does not
 * count as one more. */
static size_t last_lines(struct bytes text, unsigned lines)
{
    size_t at = text.size;

    if (at > 0 && text.data[at - 1] == '\n')
        at--;
    while (at > 0) {
        if (text.data[at - 1] == '\n' && --lines == 0)
            break;
        at--;
    }
    return at;
}

/* The end of what this child wrote to its log. Nothing, if that can't be read:
 * the path is named all the same. */
static void read_log(const struct network_child *child, struct buffer *out)
{
    int fd = open(child->log_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t end = lseek(fd, 0, SEEK_END);
    uint64_t from = child->log_begin;
    if (end > 0 && (uint64_t)end > from + LOG_READ_MAX)
        from = (uint64_t)end - LOG_READ_MAX;
    uint8_t *room = buffer_reserve(out, LOG_READ_MAX);
    ssize_t got = pread(fd, room, LOG_READ_MAX, (off_t)from);
    if (got > 0)
        out->size += (size_t)got;
    close(fd);
}

/* The log's last lines are what a person would look at next, so they come with
 * the error. */
int network_child_failed(const struct network_child *child)
{
    CHECK(child->has_ended);
    struct buffer log = {0};

    read_log(child, &log);
    size_t from = last_lines(buffer_view(&log), LOG_LINES_SHOWN);
    bool is_busy =
        !child->exit_signal && child->exit_status == NETWORK_CHILD_BUSY;
    if (child->exit_signal)
        err_set(ERR_CLOSED, "%s ended by signal %d (%s):\n%s", child->name,
                child->exit_signal, child->log_path,
                buffer_string(&log) + from);
    else
        err_set(ERR_CLOSED, "%s ended with status %" PRId64 " (%s):\n%s",
                child->name, child->exit_status, child->log_path,
                buffer_string(&log) + from);
    buffer_free(&log);
    return is_busy ? ERR_BUSY : ERR_CLOSED;
}
