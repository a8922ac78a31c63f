/*
 * A worker's start, from spawn to the end of its first task(), and its memory
 * after that. If Node is installed, the same of a Node process on the same
 * file, called over Node's own channel (NODE_CHANNEL_FD).
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
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

#define RUNS 15

/* A small task that uses the wrapper, hashes and text. */
static const char task_source[] =
    "const { initializeTaskManager } = require('@_koii/task-manager');\n"
    "const { createHash } = require('crypto');\n"
    "async function task(round) {\n"
    "  const url = new URL(`http://example.com/${round}?a=b`);\n"
    "  const text = JSON.stringify({ url: url.href, round });\n"
    "  return createHash('sha256').update(text).digest('hex');\n"
    "}\n"
    "initializeTaskManager({ setup() {}, task, submission() {}, audit() {},\n"
    "  distribution() {}, routes() {} });\n";

/* For Node: the module that the file requires, which uses the channel. */
static const char node_module[] =
    "exports.initializeTaskManager = ({ task }) => {\n"
    "  process.on('message', async ({ roundNumber }) => {\n"
    "    process.send({ done: await task(roundNumber) });\n"
    "  });\n"
    "};\n";

struct measure {
    double start_ms;
    double resident_mb;
};

static double resident_mb(pid_t pid)
{
    char path[64];
    struct buffer text = {0};
    unsigned long long pages = 0, resident = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    CHECK(!file_read(path, 4096, &text));
    CHECK(sscanf(buffer_string(&text), "%llu %llu", &pages, &resident) == 2);
    buffer_free(&text);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* The worker */

struct run {
    struct host *worker;
    uint64_t began_ns;
    struct measure *measure;
};

static void task_done(void *user, const struct host_result *result)
{
    struct run *run = user;
    if (result->status) {
        fprintf(stderr, "bench_runtime: %s\n", result->text);
        exit(1);
    }
    CHECK(strlen(result->json) == 66);
    run->measure->start_ms =
        (double)(clock_monotonic_ns() - run->began_ns) / 1e6;
    run->measure->resident_mb = resident_mb(host_pid(run->worker));
    host_stop(run->worker);
}

static void on_time(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* Long enough for a spare to be ready on a busy machine. */
#define SPARE_MS 500

/* NULL: none is wanted. */
static struct host_spares *make_spare(uv_loop_t *loop, const char *program,
                                      const char *folders)
{
    const struct host_spares_options options = {.program = program,
                                                .folders = folders};
    uv_timer_t timer;
    if (!folders)
        return NULL;
    struct host_spares *spares = host_spares_new(loop, &options);
    host_spares_fill(spares);
    CHECK(!uv_timer_init(loop, &timer));
    uv_timer_start(&timer, on_time, SPARE_MS, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    CHECK(host_spares_is_there(spares));
    return spares;
}

/* spare_folders: the folder above, for a start with a spare; NULL: without. */
static void measure_worker(const char *program, const char *folder,
                           const char *spare_folders, struct measure *measure)
{
    static const struct host_events host = {0};
    struct run run = {.measure = measure};
    uv_loop_t loop;
    struct memory *memory = memory_new(1u << 20);
    CHECK(!uv_loop_init(&loop));
    struct host_spares *spares = make_spare(&loop, program, spare_folders);
    struct host_options options = {
        .program = program,
        .task_id = "Task1111111111111111111111111111111111111111",
        .task_name = "bench",
        .folder = folder,
        .source = bytes_text(task_source),
        .memory = memory,
        .spares = spares,
    };
    run.began_ns = clock_monotonic_ns();
    if (host_start(&loop, &options, &host, NULL, &run.worker) ||
        host_call(run.worker, "task", "[7]", 10000, task_done, &run)) {
        fprintf(stderr, "bench_runtime: %s\n", err_text());
        exit(1);
    }
    if (spares)
        host_spares_close(spares, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(!uv_loop_close(&loop));
    memory_free(memory);
}

/* Node */

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = mem_format("%s/%s", folder, name);
    CHECK(!file_replace(path, bytes_text(text), 0600));
    free(path);
}

static pid_t start_node(const char *main, int *channel)
{
    int ends[2];
    CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    CHECK(!fcntl(ends[0], F_SETFD, FD_CLOEXEC));
    pid_t child = vfork();
    if (!child) {
        char fd[16];
        snprintf(fd, sizeof(fd), "%d", ends[1]);
        setenv("NODE_CHANNEL_FD", fd, 1);
        setenv("NODE_CHANNEL_SERIALIZATION_MODE", "json", 1);
        execlp("node", "node", main, NULL);
        _exit(127);
    }
    close(ends[1]);
    *channel = ends[0];
    return child;
}

/* Returns false if Node is not installed. */
static bool measure_node(const char *main, struct measure *measure)
{
    static const char call[] =
        "{\"functionCall\":\"executeTask\",\"roundNumber\":7}\n";
    char answer[256];
    int channel;
    uint64_t began_ns = clock_monotonic_ns();
    pid_t child = start_node(main, &channel);
    CHECK(write(channel, call, sizeof(call) - 1) == sizeof(call) - 1);
    ssize_t size = read(channel, answer, sizeof(answer) - 1);
    bool done = size > 0;
    if (done) {
        answer[size] = 0;
        CHECK(strstr(answer, "\"done\""));
        measure->start_ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
        measure->resident_mb = resident_mb(child);
    }
    close(channel);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return done;
}

/* Results */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(const struct measure *measures, bool of_memory)
{
    double values[RUNS];
    for (int i = 0; i < RUNS; i++)
        values[i] = of_memory ? measures[i].resident_mb : measures[i].start_ms;
    qsort(values, RUNS, sizeof(double), compare);
    return values[RUNS / 2];
}

static void print_below(const char *name, double value, const char *unit,
                        double aim)
{
    printf("%s\t%.1f\t%s\t<%.0f\t%s\n", name, value, unit, aim,
           value < aim ? "yes" : "no");
}

int main(int count, char **arguments)
{
    struct measure worker[RUNS], spare[RUNS], node[RUNS];
    char folder[] = "/tmp/pond-bench-XXXXXX";
    CHECK(count == 2 && mkdtemp(folder));
    char *own = mem_format("%s/tasks/bench", folder);
    char *tasks = mem_format("%s/tasks", folder);
    char *modules = mem_format("%s/node_modules/@_koii/task-manager", folder);
    char *main_path = mem_format("%s/main.js", folder);
    CHECK(!file_make_folder(modules, 0700));
    write_file(modules, "index.js", node_module);
    write_file(folder, "main.js", task_source);
    bool has_node = true;
    for (int i = 0; i < RUNS; i++) {
        measure_worker(arguments[1], folder, NULL, &worker[i]);
        measure_worker(arguments[1], own, tasks, &spare[i]);
        has_node = has_node && measure_node(main_path, &node[i]);
    }
    print_below("worker start to first task()", median(worker, false), "ms",
                40);
    print_below("worker start with a spare", median(spare, false), "ms", 10);
    print_below("worker resident memory", median(worker, true), "MB", 45);
    printf("resident memory of what was a spare\t%.1f\tMB\t-\t-\n",
           median(spare, true));
    if (has_node) {
        printf("node start to first task()\t%.1f\tms\t-\t-\n",
               median(node, false));
        printf("node resident memory\t%.1f\tMB\t-\t-\n", median(node, true));
        printf("node start, of a spare's\t%.1f\tratio\t>10\t%s\n",
               median(node, false) / median(spare, false),
               median(node, false) > 10 * median(spare, false) ? "yes" : "no");
        printf("worker start, of node's\t%.2f\tratio\t<1\t%s\n",
               median(worker, false) / median(node, false),
               median(worker, false) < median(node, false) ? "yes" : "no");
    }
    free(own);
    free(tasks);
    free(modules);
    free(main_path);
    return file_remove_tree(folder) ? 1 : 0;
}
