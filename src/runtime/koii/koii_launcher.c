/*
 * The node's way to a process through pond-launch: listeners and sockets of its
 * network, what confines it, and why it was ended.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/koii/koii_process_internal.h"
#include "runtime/koii/koii_sandbox.h"
#include "runtime/koii/koii_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void koii_launcher_close(struct koii_process *process)
{
    if (process->launcher < 0)
        return;
    uv_poll_stop(&process->launcher_poll);
    close(process->launcher);
    process->launcher = -1;
    uv_close((uv_handle_t *)&process->launcher_poll, process->handle_closed);
}

void koii_launcher_refuse(struct koii_process *process)
{
    struct koii_wish *next;

    for (struct koii_wish *wish = process->wishes; wish; wish = next) {
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
    struct koii_wish *wish = process->wishes;

    if (!wish) {
        if (descriptor >= 0)
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

static void take_usage(struct koii_process *process, struct json_object *usage)
{
    uint64_t number;

    if (usage && !json_get_u64(usage, "memory_bytes", &number))
        process->resident_bytes = number;
    if (usage && !json_get_u64(usage, "cpu_ms", &number))
        process->cpu_ms = number;
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
    case 'U':
        take_usage(process, message->text);
        break;
    case 'X':
        process->over_limit = true;
        process->over_memory =
            !strcmp(koii_sandbox_text(message, "limit"), "memory");
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

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    int status = koii_sandbox_receive(process->launcher, &message);
    if (status) {
        if (status != ERR_BUSY)
            koii_launcher_close(process);
        return;
    }
    take_message(process, &message);
    json_object_put(message.text);
}

/* What it said last may tell why the process ended. */
void koii_launcher_last_words(struct koii_process *process)
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

/* Both ends close on exec; libuv gives the process a copy of the other one. */
int koii_launcher_open(struct koii_process *process, int *other)
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

/* One that can't be told is killed by who asks. */
void koii_launcher_kill(struct koii_process *process)
{
    if (process->launcher >= 0)
        (void)!send(process->launcher, "K", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A socket that is full has a launcher behind it that is stuck; the next limit
 * comes soon. */
void koii_process_limit_cpu(struct koii_process *process, uint32_t percent)
{
    char message[16];
    int size = snprintf(message, sizeof(message), "C%" PRIu32, percent);

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
    if (process->launcher >= 0)
        (void)!send(process->launcher, message, (size_t)size,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
}

void koii_launcher_listen(struct koii_process *process)
{
    uv_poll_start(&process->launcher_poll, UV_READABLE, on_launcher);
}

int koii_process_socket(struct koii_process *process,
                        koii_process_socket_done *done, void *user)
{
    struct koii_wish *wish;

    CHECK_MAGIC(process, KOII_PROCESS_MAGIC);
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
