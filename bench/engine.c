#include "engine.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "runtime/host/host.h"
#include "runtime/host/host_spare.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_LIMIT_MS 60000
#define MEMORY_BYTES (16u << 20)
/* What a node gives a task: host_memory_for(NODE_TASK_MEMORY, size). */
#define TASK_MEMORY_BYTES (512ull << 20)
/* Long enough for a spare to be made on a busy machine. */
#define SPARE_MS 500
/* A worker collects its garbage half a second after its last call. */
#define SETTLE_MS 1500
#define LINE_SIZE_MAX (64u << 10)

struct engine {
    /* of a worker */
    uv_loop_t loop;
    struct memory *memory;
    const char *program;
    struct host_spares *spares;
    struct host *worker;
    bool is_ready;
    char *result; /* of the call under way, once it has come */
    /* of Node */
    pid_t node;
    int channel;
    char line[LINE_SIZE_MAX]; /* begun, not ended */
    size_t size;
};

static void fail(const char *what, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text);
    exit(1);
}

/* ---- pond-worker ---- */

static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    struct engine *engine = user;
    engine->is_ready = true;
}

static void on_request(void *user, struct host *worker, uint64_t request_id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    host_refuse(worker, request_id, ERR_UNSUPPORTED, "this is a benchmark");
}

static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct engine *engine = user;
    if (!end->stopped)
        fail("pond-worker", end->text);
    engine->worker = NULL;
}

static void on_result(void *user, const struct host_result *result)
{
    struct engine *engine = user;
    if (result->status)
        fail("task()", result->text);
    engine->result = mem_text(result->json);
}

static void on_rested(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void rest(struct engine *engine, uint32_t rest_ms)
{
    bool is_over = false;
    if (engine->node) {
        usleep(rest_ms * 1000);
        return;
    }
    uv_timer_t timer = {.data = &is_over};
    CHECK(!uv_timer_init(&engine->loop, &timer));
    CHECK(!uv_timer_start(&timer, on_rested, rest_ms, 0));
    while (!is_over)
        uv_run(&engine->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&engine->loop, UV_RUN_NOWAIT);
}

static void make_spare(struct engine *engine, const char *folders)
{
    const struct host_spares_options options = {.program = engine->program,
                                                .folders = folders,
                                                .memory_bytes =
                                                    TASK_MEMORY_BYTES};
    engine->spares = host_spares_new(&engine->loop, &options);
    host_spares_fill(engine->spares);
    rest(engine, SPARE_MS);
}

struct engine *engine_new_worker(const char *program, const char *folders)
{
    struct engine *engine = mem_zero(1, sizeof(*engine));
    engine->program = program;
    engine->memory = memory_new(MEMORY_BYTES);
    CHECK(!uv_loop_init(&engine->loop));
    if (folders)
        make_spare(engine, folders);
    return engine;
}

/* The next spare would be made while this one is measured, so there is none. */
void engine_load_worker(struct engine *engine, const char *folder,
                        struct bytes source)
{
    static const struct host_events events = {
        .ready = on_ready, .request = on_request, .ended = on_ended};
    struct host_options options = {
        .program = engine->program,
        .task_id = "Task1111111111111111111111111111111111111111",
        .task_name = "bench",
        .folder = folder,
        .source = source,
        .limits.memory_bytes = host_memory_for(TASK_MEMORY_BYTES, source.size),
        .memory = engine->memory,
        .spares = engine->spares,
    };
    if (host_start(&engine->loop, &options, &events, engine, &engine->worker))
        fail(engine->program, err_text());
    if (engine->spares)
        host_spares_close(engine->spares, NULL, NULL);
    engine->spares = NULL;
    while (!engine->is_ready)
        uv_run(&engine->loop, UV_RUN_ONCE);
}

struct engine *engine_start_worker(const char *program, const char *folder,
                                   struct bytes source)
{
    struct engine *engine = engine_new_worker(program, NULL);
    engine_load_worker(engine, folder, source);
    return engine;
}

static char *call_worker(struct engine *engine, uint64_t round)
{
    char args[32];
    snprintf(args, sizeof(args), "[%" PRIu64 "]", round);
    engine->result = NULL;
    if (host_call(engine->worker, "task", args, CALL_LIMIT_MS, on_result,
                  engine))
        fail("task()", err_text());
    while (!engine->result)
        uv_run(&engine->loop, UV_RUN_ONCE);
    return engine->result;
}

static void stop_worker(struct engine *engine)
{
    host_stop(engine->worker);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    CHECK(!engine->worker && !uv_loop_close(&engine->loop));
    memory_free(engine->memory);
}

/* ---- Node ---- */

void engine_write_modules(const char *folder)
{
    static const char *const names[] = {
        "@_koii/task-manager",
        "@_koii/task-manager/extensions",
        "@_koii/task-manager/namespace-wrapper",
        "@_koii/namespace-wrapper",
        "@_koii/namespace-wrapper/dist/types",
        "@_koii/storage-task-sdk",
        "express",
    };
    struct buffer source = {0};
    CHECK(!file_read(POND_BENCH_KOII, 1u << 20, &source));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *module = mem_format("%s/node_modules/%s", folder, names[i]);
        char *path = mem_format("%s/index.js", module);
        CHECK(!file_make_folder(module, 0700));
        CHECK(!file_replace(path, buffer_view(&source), 0600));
        free(path);
        free(module);
    }
    buffer_free(&source);
}

/* The next line of the channel, in engine->line without its end. False at the
 * end of all. */
static bool read_line(struct engine *engine, size_t *size)
{
    for (;;) {
        char *end = memchr(engine->line, '\n', engine->size);
        if (end) {
            *end = 0;
            *size = (size_t)(end - engine->line) + 1;
            return true;
        }
        CHECK(engine->size < sizeof(engine->line));
        ssize_t got = read(engine->channel, engine->line + engine->size,
                           sizeof(engine->line) - engine->size);
        if (got <= 0)
            return false;
        engine->size += (size_t)got;
    }
}

static void drop_line(struct engine *engine, size_t size)
{
    engine->size -= size;
    memmove(engine->line, engine->line + size, engine->size);
}

struct engine *engine_start_node(const char *main_path)
{
    int ends[2];
    size_t size;
    struct engine *engine = mem_zero(1, sizeof(*engine));
    CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    CHECK(!fcntl(ends[0], F_SETFD, FD_CLOEXEC));
    char *channel = mem_format("%d", ends[1]);
    CHECK(!setenv("NODE_CHANNEL_FD", channel, 1));
    CHECK(!setenv("NODE_CHANNEL_SERIALIZATION_MODE", "json", 1));
    free(channel);
    engine->channel = ends[0];
    engine->node = vfork();
    if (!engine->node) {
        execlp("node", "node", main_path, NULL);
        _exit(127);
    }
    close(ends[1]);
    if (!read_line(engine, &size)) {
        int state;
        waitpid(engine->node, &state, 0);
        engine->node = 0;
        engine_stop(engine);
        if (WIFEXITED(state) && WEXITSTATUS(state) == 127)
            return NULL;
        fail(main_path, "Node ended before the task was loaded");
    }
    drop_line(engine, size);
    return engine;
}

static char *call_node(struct engine *engine, uint64_t round)
{
    static const char before[] = "{\"result\":";
    size_t size;
    char *call = mem_format("{\"round\":%" PRIu64 "}\n", round);
    ssize_t length = (ssize_t)strlen(call);
    CHECK(write(engine->channel, call, (size_t)length) == length);
    free(call);
    if (!read_line(engine, &size) ||
        strncmp(engine->line, before, strlen(before)) != 0)
        fail("task() in Node", engine->line);
    char *result = mem_format("%.*s", (int)(size - strlen(before) - 2),
                              engine->line + strlen(before));
    drop_line(engine, size);
    return result;
}

/* ---- either ---- */

char *engine_call(struct engine *engine, uint64_t round)
{
    return engine->worker ? call_worker(engine, round)
                          : call_node(engine, round);
}

pid_t engine_process(const struct engine *engine)
{
    return engine->worker ? host_pid(engine->worker) : engine->node;
}

static void on_routes(void *user, const struct host_result *result)
{
    *(bool *)user = true;
}

/* routes() may fail, too: it is no more than a call. */
void engine_settle(struct engine *engine)
{
    bool is_done = false;
    if (engine->worker) {
        if (host_call(engine->worker, "routes", "[]", CALL_LIMIT_MS, on_routes,
                      &is_done))
            fail("routes()", err_text());
        while (!is_done)
            uv_run(&engine->loop, UV_RUN_ONCE);
    }
    rest(engine, SETTLE_MS);
}

void engine_stop(struct engine *engine)
{
    if (!engine)
        return;
    if (engine->worker)
        stop_worker(engine);
    else
        close(engine->channel);
    if (engine->node) {
        kill(engine->node, SIGKILL);
        waitpid(engine->node, NULL, 0);
    }
    free(engine);
}
