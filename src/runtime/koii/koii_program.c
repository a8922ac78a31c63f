/*
 * A version that is read, and not assumed: a task that fails because of an old
 * node fails in the middle of a round, with words that name no version.
 */
#include "runtime/koii/koii_program.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "v20.11.1\n" and room for a release's suffix. */
#define VERSION_TEXT_MAX 64

/* A program that gives no version for so long gives none. */
#define CHECK_LIMIT_MS 10000

int koii_program_find(const char *given, const char *path, char **out)
{
    if (given) {
        if (!program_is(given))
            return err_set(ERR_NOT_FOUND,
                           "%s is no program: --node-program has to name "
                           "Node's",
                           given);
        *out = mem_text(given);
        return 0;
    }
    *out = program_find("node", path);
    if (*out)
        return 0;
    return err_set(ERR_NOT_FOUND,
                   "there is no program node in PATH: install Node.js (the "
                   "package nodejs), or name it with --node-program");
}

struct check {
    koii_program_checked *done;
    void *user;
    uv_process_t process;
    uv_pipe_t output;
    uv_timer_t limit;
    unsigned handles;
    bool exited, read_all, is_closing;
    int64_t exit_code;
    int start_error; /* libuv's, or 0 */
    char text[VERSION_TEXT_MAX];
    size_t size;
    char program[1024];
};

/* "v20.11.1": the number before the first point; 0 for what is no version. */
static unsigned major_of(const char *text)
{
    unsigned major, minor;

    return sscanf(text, "v%u.%u.", &major, &minor) == 2 ? major : 0;
}

static void conclude(struct check *check)
{
    int status = 0;

    check->text[check->size] = 0;
    check->text[strcspn(check->text, "\r\n")] = 0;
    unsigned major = major_of(check->text);
    if (check->start_error)
        status = err_set(ERR_IO, "can't run %s: %s", check->program,
                         uv_strerror(check->start_error));
    else if (check->exit_code || !major)
        status =
            err_set(ERR_UNSUPPORTED, "%s --version gives no version of Node",
                    check->program);
    else if (major < KOII_NODE_MAJOR_MIN)
        status = err_set(ERR_UNSUPPORTED,
                         "%s is Node %s: tasks need version %d at least",
                         check->program, check->text + 1, KOII_NODE_MAJOR_MIN);
    check->done(check->user, status, status ? "" : check->text + 1);
    free(check);
}

static void on_closed(uv_handle_t *handle)
{
    struct check *check = handle->data;

    if (!--check->handles)
        conclude(check);
}

static void close_if_over(struct check *check)
{
    if (!check->exited || !check->read_all || check->is_closing)
        return;
    check->is_closing = true;
    uv_close((uv_handle_t *)&check->process, on_closed);
    uv_close((uv_handle_t *)&check->output, on_closed);
    uv_close((uv_handle_t *)&check->limit, on_closed);
}

static void on_exited(uv_process_t *process, int64_t exit_code, int signal)
{
    struct check *check = process->data;

    check->exited = true;
    check->exit_code = signal ? -1 : exit_code;
    close_if_over(check);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static _Thread_local char room[256];

    *out = uv_buf_init(room, sizeof(room));
}

/* What is longer than a version is none; it is read to its end all the same. */
static void on_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct check *check = stream->data;

    for (ssize_t i = 0; i < size && check->size < VERSION_TEXT_MAX - 1; i++)
        check->text[check->size++] = data->base[i];
    if (size >= 0)
        return;
    uv_read_stop(stream);
    check->read_all = true;
    close_if_over(check);
}

static void on_limit(uv_timer_t *limit)
{
    struct check *check = limit->data;

    uv_process_kill(&check->process, SIGKILL);
    check->read_all = true;
    close_if_over(check);
}

void koii_program_check(uv_loop_t *loop, const char *program,
                        koii_program_checked *done, void *user)
{
    struct check *check = mem_zero(1, sizeof(*check));
    char *arguments[] = {(char *)(uintptr_t)program, "--version", NULL};
    char *environment[] = {NULL};
    uv_stdio_container_t streams[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&check->output},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .file = program,
        .args = arguments,
        .env = environment,
        .stdio = streams,
        .stdio_count = 3,
        .exit_cb = on_exited,
    };

    CHECK(done);
    check->done = done;
    check->user = user;
    snprintf(check->program, sizeof(check->program), "%s", program);
    CHECK(!uv_pipe_init(loop, &check->output, 0));
    CHECK(!uv_timer_init(loop, &check->limit));
    check->output.data = check->limit.data = check->process.data = check;
    check->handles = 3;
    check->start_error = uv_spawn(loop, &check->process, &options);
    if (check->start_error) {
        check->exited = check->read_all = true;
        close_if_over(check);
        return;
    }
    uv_read_start((uv_stream_t *)&check->output, allocate, on_output);
    uv_timer_start(&check->limit, on_limit, CHECK_LIMIT_MS, 0);
}
