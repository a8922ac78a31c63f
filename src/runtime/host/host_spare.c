/*
 * A spare is a struct host in the phase HOST_SPARE, whose events come here.
 */
#include "runtime/host/host_spare.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include <stdlib.h>
#include <unistd.h>

/* After a start, so that the task has the processor first. */
#define REFILL_MS 500

/* Spares that end by themselves before this machine is taken to have none. */
#define FAILURES_MAX 3

struct host_spares {
    uv_loop_t *loop;
    char *program;
    char *folders;
    uint64_t memory_bytes;
    struct host *worker; /* NULL: none */
    unsigned failures;
    uv_timer_t refill;
    bool is_closing;
    void (*closed)(void *user);
    void *closed_user;
};

static void on_refill(uv_timer_t *timer)
{
    host_spares_fill(timer->data);
}

/* realpath() where there is a file, so that both sides compare the same. */
static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : mem_text(path);
}

struct host_spares *host_spares_new(uv_loop_t *loop,
                                    const struct host_spares_options *options)
{
    struct host_spares *spares = mem_zero(1, sizeof(*spares));
    struct host_limits limits = {.memory_bytes = options->memory_bytes};
    if (host_limits_fill(&limits, 0))
        spares->failures = FAILURES_MAX;
    if (file_make_folder(options->folders, 0700))
        spares->failures = FAILURES_MAX;
    spares->loop = loop;
    spares->program = real_path(options->program);
    spares->folders = real_path(options->folders);
    spares->memory_bytes = limits.memory_bytes;
    CHECK(!uv_timer_init(loop, &spares->refill));
    spares->refill.data = spares;
    return spares;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct host_spares *spares = handle->data;
    void (*closed)(void *user) = spares->closed;
    void *user = spares->closed_user;
    free(spares->program);
    free(spares->folders);
    free(spares);
    if (closed)
        closed(user);
}

/* By itself, or because it was to be closed. */
static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct host_spares *spares = user;
    CHECK(spares->worker == worker);
    spares->worker = NULL;
    if (spares->is_closing) {
        uv_close((uv_handle_t *)&spares->refill, on_timer_closed);
        return;
    }
    if (++spares->failures == FAILURES_MAX)
        log_info("host", "no spare worker: %s", end->text);
    else
        uv_timer_start(&spares->refill, on_refill, REFILL_MS, 0);
}

static void send_prepare(struct host_spares *spares)
{
    struct buffer head = {0};
    struct json_writer writer = json_writer_make(&head);
    json_open_object(&writer);
    json_field_text(&writer, "type", "prepare");
    json_field_u64(&writer, "memory_bytes", spares->memory_bytes);
    json_field_text(&writer, "folders", spares->folders);
    json_close_object(&writer);
    host_send(spares->worker, buffer_view(&head), (struct bytes){0});
    buffer_free(&head);
}

void host_spares_fill(struct host_spares *spares)
{
    static const struct host_events events = {.ended = on_ended};
    struct host_limits limits = {.memory_bytes = spares->memory_bytes};
    if (spares->worker || spares->is_closing ||
        spares->failures >= FAILURES_MAX)
        return;
    CHECK(!host_limits_fill(&limits, 0));
    struct host *worker =
        host_new(&limits, NULL, &events, spares, clock_monotonic_ms());
    worker->phase = HOST_SPARE;
    if (host_launch(worker, spares->loop, spares->program)) {
        spares->failures = FAILURES_MAX;
        return;
    }
    spares->worker = worker;
    send_prepare(spares);
}

bool host_spares_is_there(const struct host_spares *spares)
{
    return spares->worker != NULL;
}

/* Is it the folder's parent? */
static bool holds(const struct host_spares *spares, const char *folder)
{
    size_t size = strlen(spares->folders);
    return folder && !strncmp(folder, spares->folders, size) &&
           folder[size] == '/' && folder[size + 1] &&
           !strchr(folder + size + 1, '/');
}

struct host *host_spare_take(struct host_spares *spares, const char *program,
                             const char *folder, uint64_t memory_bytes)
{
    struct host *worker = spares->worker;
    CHECK(!spares->is_closing);
    uv_timer_start(&spares->refill, on_refill, REFILL_MS, 0);
    if (!worker || worker->phase != HOST_SPARE || worker->exited ||
        worker->socket_over || strcmp(program, spares->program) != 0 ||
        !holds(spares, folder) || memory_bytes < spares->memory_bytes ||
        memory_bytes / 2 > spares->memory_bytes)
        return NULL;
    spares->worker = NULL;
    spares->failures = 0;
    return worker;
}

void host_spares_close(struct host_spares *spares, void (*closed)(void *user),
                       void *user)
{
    CHECK(!spares->is_closing);
    spares->is_closing = true;
    spares->closed = closed;
    spares->closed_user = user;
    uv_timer_stop(&spares->refill);
    if (spares->worker)
        host_kill_for(spares->worker, HOST_LIMIT_NONE, "not needed");
    else
        uv_close((uv_handle_t *)&spares->refill, on_timer_closed);
}
