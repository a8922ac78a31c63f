/*
 * A command has four handles: its output, its words on stderr, its input, and a
 * timer. It is over when the process has ended and both of its streams have: a
 * process that it has left behind holds them open, and is killed with the
 * session. SIGCHLD says that some process has ended, and each command is looked
 * at then.
 */
#include "node/page/own_command.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "node/page/own_command_spawn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x6f776e63u /* "ownc" */

/* A command that is told to end puts away what it has made. */
#define END_MS 3000
/* What a process in the session may take to close the streams, after the
 * command itself has ended. */
#define STREAMS_MS 1000
/* A line on stderr; what is longer is cut. */
#define LINE_MAX_BYTES 4096
#define READ_SIZE (16u << 10)
#define VALUES_MAX 64 /* in a line's JSON */

struct own_commands {
    unsigned magic;
    uv_loop_t *loop;
    struct own_command *first;
    size_t count;
    bool is_closing;
    uv_signal_t ends; /* of processes; it keeps no loop running */
    uv_async_t wake;  /* so that closed() comes from the loop */
    unsigned handles; /* while closing: of these two */
    void (*closed)(void *user);
    void *user;
};

/*
 * Invariants:
 *
 *  1. handles counts those that are not closed; with the last the command ends
 *     and is freed.
 *  2. status is 0 until something has gone wrong, and then is the first thing
 *     that has: text and hint belong to it.
 */
struct own_command {
    unsigned magic;
    struct own_commands *commands;
    struct own_command *next, *previous;
    struct program_group group;
    uv_pipe_t input, output, words;
    uv_timer_t timer;
    unsigned handles, open_streams;
    bool has_exited, is_told, is_concluded;
    int exit_code, exit_signal;
    size_t output_max;
    struct buffer said, line;
    uv_write_t write;
    struct buffer secret;
    int status;
    char text[ERR_TEXT_SIZE], hint[ERR_TEXT_SIZE];
    struct own_command_events events;
    void *user;
};

/* ---- its end ---- */

static void free_if_closed(struct own_commands *commands)
{
    if (commands->is_closing && !commands->first &&
        !uv_is_closing((uv_handle_t *)&commands->wake))
        uv_async_send(&commands->wake);
}

static void unlist(struct own_command *command)
{
    struct own_commands *commands = command->commands;

    if (command->previous)
        command->previous->next = command->next;
    else
        commands->first = command->next;
    if (command->next)
        command->next->previous = command->previous;
    commands->count--;
}

static void note(struct own_command *command, int status, const char *text)
{
    if (command->status)
        return;
    command->status = status;
    snprintf(command->text, sizeof(command->text), "%s", text);
}

/* A command that fails says why; one that was killed can't. One that had done
 * its work when it was called off has done it. */
static void note_end(struct own_command *command)
{
    char text[128];

    if (command->status == ERR_CANCELLED && !command->exit_signal &&
        !command->exit_code)
        command->status = 0;
    if (command->exit_signal)
        snprintf(text, sizeof(text), "the command was ended by signal %d (%s)",
                 command->exit_signal, strsignal(command->exit_signal));
    else if (command->exit_code)
        snprintf(text, sizeof(text), "the command ended with status %d",
                 command->exit_code);
    else
        return;
    note(command, ERR_CLOSED, text);
}

static void on_closed(uv_handle_t *handle)
{
    struct own_command *command = handle->data;
    struct own_commands *commands = command->commands;

    CHECK_MAGIC(command, MAGIC);
    if (--command->handles)
        return;
    unlist(command);
    note_end(command);
    const struct own_command_end end = {.status = command->status,
                                        .hint = command->hint,
                                        .output = buffer_view(&command->said)};
    if (end.status)
        err_set(end.status, "%s", command->text);
    else
        err_clear();
    if (command->events.ended)
        command->events.ended(command->user, &end);
    buffer_free(&command->said);
    buffer_free(&command->line);
    buffer_wipe(&command->secret);
    command->magic = 0;
    free(command);
    free_if_closed(commands);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void conclude_if_over(struct own_command *command)
{
    if (!command->has_exited || command->open_streams || command->is_concluded)
        return;
    command->is_concluded = true;
    close_handle((uv_handle_t *)&command->input);
    close_handle((uv_handle_t *)&command->output);
    close_handle((uv_handle_t *)&command->words);
    close_handle((uv_handle_t *)&command->timer);
}

static void on_end_late(uv_timer_t *timer)
{
    struct own_command *command = timer->data;

    if (!command->has_exited) {
        program_group_signal(&command->group, SIGKILL);
        return;
    }
    /* What has left the session can hold a stream open for ever. */
    command->open_streams = 0;
    conclude_if_over(command);
}

static void tell_to_end(struct own_command *command)
{
    if (command->is_told)
        return;
    command->is_told = true;
    program_group_signal(&command->group, SIGTERM);
    uv_timer_start(&command->timer, on_end_late, END_MS, END_MS);
}

static void on_late(uv_timer_t *timer)
{
    struct own_command *command = timer->data;

    note(command, ERR_TIMEOUT, "the command took too long and was ended");
    tell_to_end(command);
}

/* Whatever it has started has gone, too. */
static void end_if_over(struct own_command *command)
{
    if (!program_group_end(&command->group, &command->exit_code,
                           &command->exit_signal))
        return;
    command->has_exited = true;
    uv_timer_start(&command->timer, on_end_late, STREAMS_MS, STREAMS_MS);
    conclude_if_over(command);
}

static void on_ends(uv_signal_t *ends, int number)
{
    struct own_commands *commands = ends->data;

    CHECK_MAGIC(commands, MAGIC);
    for (struct own_command *at = commands->first; at; at = at->next)
        end_if_over(at);
}

/* ---- what it says ---- */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static _Thread_local char room[READ_SIZE];

    *out = uv_buf_init(room, sizeof(room));
}

static void end_stream(struct own_command *command, uv_stream_t *stream)
{
    uv_read_stop(stream);
    if (command->open_streams)
        command->open_streams--;
    conclude_if_over(command);
}

static void on_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct own_command *command = stream->data;

    CHECK_MAGIC(command, MAGIC);
    if (size < 0) {
        end_stream(command, stream);
        return;
    }
    size_t room = command->output_max - command->said.size;
    bool is_too_much = (size_t)size > room;
    buffer_append(&command->said, data->base,
                  is_too_much ? room : (size_t)size);
    if (is_too_much) {
        note(command, ERR_LIMIT, "the command says too much and was ended");
        tell_to_end(command);
    }
}

/* The codes that a command's error has for a name (cli/report.h). */
static int code_of(const char *name)
{
    for (int code = ERR_INVALID; code >= ERR_LOCKED; code--)
        if (!strcmp(err_name(code), name))
            return code;
    return !strcmp(name, "usage") ? ERR_INVALID : ERR_CLOSED;
}

static void take_error(struct own_command *command, struct json_object *line)
{
    const char *name, *text, *hint;

    if (json_get_text(line, "error", &name) ||
        json_get_text(line, "message", &text) || command->status)
        return;
    note(command, code_of(name), text);
    if (!json_get_text(line, "hint", &hint))
        snprintf(command->hint, sizeof(command->hint), "%s", hint);
}

static void take_progress(struct own_command *command, struct json_object *line)
{
    struct own_command_progress progress = {0};
    uint64_t step, of;

    if (json_get_text(line, "doing", &progress.doing) || !command->events.said)
        return;
    if (!json_get_u64(line, "step", &step) && !json_get_u64(line, "of", &of) &&
        step <= of && of <= 1000000) {
        progress.step = (unsigned)step;
        progress.of = (unsigned)of;
    }
    command->events.said(command->user, &progress);
}

/* Other lines are of programs that it runs, and for the person at a terminal.
 */
static void take_line(struct own_command *command)
{
    struct bytes text = buffer_view(&command->line);
    struct json_object *line = NULL;

    if (text.size && *text.data == '{' &&
        !json_check_values(text, VALUES_MAX) && !json_parse(text, &line) &&
        json_object_is_type(line, json_type_object)) {
        take_progress(command, line);
        take_error(command, line);
    }
    json_object_put(line);
    err_clear();
    buffer_clear(&command->line);
}

static void on_words(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct own_command *command = stream->data;

    CHECK_MAGIC(command, MAGIC);
    if (size < 0) {
        take_line(command);
        end_stream(command, stream);
        return;
    }
    for (ssize_t i = 0; i < size; i++) {
        if (data->base[i] == '\n')
            take_line(command);
        else if (command->line.size < LINE_MAX_BYTES)
            buffer_append(&command->line, &data->base[i], 1);
    }
}

/* ---- its start ---- */

static struct own_command *new_command(struct own_commands *commands)
{
    struct own_command *command = mem_zero(1, sizeof(*command));

    command->magic = MAGIC;
    command->commands = commands;
    CHECK(!uv_pipe_init(commands->loop, &command->input, 0));
    CHECK(!uv_pipe_init(commands->loop, &command->output, 0));
    CHECK(!uv_pipe_init(commands->loop, &command->words, 0));
    CHECK(!uv_timer_init(commands->loop, &command->timer));
    command->input.data = command->output.data = command->words.data =
        command->timer.data = command;
    command->handles = 4;
    command->next = commands->first;
    if (commands->first)
        commands->first->previous = command;
    commands->first = command;
    commands->count++;
    return command;
}

/* It may have ended without reading, which its end says. */
static void on_written(uv_write_t *request, int status)
{
    struct own_command *command = request->data;

    buffer_wipe(&command->secret);
    close_handle((uv_handle_t *)&command->input);
}

static void give_input(struct own_command *command, struct bytes input)
{
    buffer_bytes(&command->secret, input);
    uv_buf_t data =
        uv_buf_init((char *)command->secret.data, (unsigned)input.size);
    command->write.data = command;
    if (!input.size || uv_write(&command->write, (uv_stream_t *)&command->input,
                                &data, 1, on_written))
        on_written(&command->write, 0);
}

int own_command_start(struct own_commands *commands,
                      const struct own_command_order *order,
                      const struct own_command_events *events, void *user,
                      struct own_command **out)
{
    CHECK_MAGIC(commands, MAGIC);
    CHECK(order->words && order->words[0] && events->ended);
    CHECK(order->input.size <= OWN_COMMAND_INPUT_MAX);
    if (commands->is_closing)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (commands->count >= OWN_COMMANDS_MAX)
        return err_set(ERR_BUSY, "%d commands are running already",
                       OWN_COMMANDS_MAX);
    struct own_command *command = new_command(commands);
    uv_pipe_t *const streams[3] = {&command->input, &command->output,
                                   &command->words};
    int status = own_command_spawn(order, streams, &command->group);
    if (status) {
        command->has_exited = true;
        conclude_if_over(command);
        return status;
    }
    command->events = *events;
    command->user = user;
    command->output_max = order->output_max;
    command->open_streams = 2;
    CHECK(!uv_read_start((uv_stream_t *)&command->output, allocate, on_output));
    CHECK(!uv_read_start((uv_stream_t *)&command->words, allocate, on_words));
    uv_timer_start(&command->timer, on_late, order->limit_ms, 0);
    give_input(command, order->input);
    if (out)
        *out = command;
    return 0;
}

void own_command_cancel(struct own_command *command)
{
    CHECK_MAGIC(command, MAGIC);
    if (command->has_exited)
        return;
    note(command, ERR_CANCELLED, "it was called off");
    tell_to_end(command);
}

/* ---- all of them ---- */

struct own_commands *own_commands_new(uv_loop_t *loop)
{
    struct own_commands *commands = mem_zero(1, sizeof(*commands));

    commands->magic = MAGIC;
    commands->loop = loop;
    CHECK(!uv_signal_init(loop, &commands->ends));
    commands->ends.data = commands;
    CHECK(!uv_signal_start(&commands->ends, on_ends, SIGCHLD));
    uv_unref((uv_handle_t *)&commands->ends);
    return commands;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct own_commands *commands = handle->data;
    void (*closed)(void *) = commands->closed;
    void *user = commands->user;

    if (--commands->handles)
        return;
    commands->magic = 0;
    free(commands);
    closed(user);
}

static void on_wake(uv_async_t *wake)
{
    struct own_commands *commands = wake->data;

    commands->handles = 2;
    uv_close((uv_handle_t *)&commands->ends, on_handle_closed);
    uv_close((uv_handle_t *)wake, on_handle_closed);
}

void own_commands_close(struct own_commands *commands,
                        void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(commands, MAGIC);
    CHECK(!commands->is_closing && closed);
    commands->is_closing = true;
    commands->closed = closed;
    commands->user = user;
    CHECK(!uv_async_init(commands->loop, &commands->wake, on_wake));
    commands->wake.data = commands;
    for (struct own_command *at = commands->first; at; at = at->next)
        own_command_cancel(at);
    free_if_closed(commands);
}
