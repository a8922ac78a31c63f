/*
 * What a task costs while it runs: the time of a host call (storeGet), one at a
 * time and many at once, and the memory of tasks that wait for their next call.
 *
 *     bench_calls WORKER
 *
 * The workers belong to this process, as they would to a node. A busy machine
 * makes host calls slower, because two processes take turns in each.
 */
#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine.h"
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define P50_AIM_US 60
#define RATE_AIM 20000
#define IDLE_TASKS 50
#define IDLE_AIM_MB 1200
#define RESIDENT_AIM 0.6 /* of Node's */

/* task(0): the median of 20,000 calls, one after the other, in microseconds;
 * task(1): calls a second with 32 under way; else something to do. */
static const char source[] =
    "const { initializeTaskManager } = require('@_koii/task-manager');\n"
    "const { namespaceWrapper } = require('@_koii/namespace-wrapper');\n"
    "const { createHash } = require('crypto');\n"
    "const count = 20000;\n"
    "async function one_by_one() {\n"
    "  const times = new Float64Array(count);\n"
    "  for (let i = 0; i < count; i++) {\n"
    "    const began = performance.now();\n"
    "    await namespaceWrapper.storeGet('key');\n"
    "    times[i] = performance.now() - began;\n"
    "  }\n"
    "  return times.sort()[count >> 1] * 1000;\n"
    "}\n"
    "async function many() {\n"
    "  let left = 3 * count;\n"
    "  const began = performance.now();\n"
    "  await Promise.all(Array.from({ length: 32 }, async () => {\n"
    "    while (left-- > 0)\n"
    "      await namespaceWrapper.storeGet('key');\n"
    "  }));\n"
    "  return 3 * count / (performance.now() - began) * 1000;\n"
    "}\n"
    "async function task(round) {\n"
    "  await namespaceWrapper.storeSet('key', { a: [1, 2, 3], b: 'text' });\n"
    "  if (round < 2)\n"
    "    return round ? many() : one_by_one();\n"
    "  const text = JSON.stringify({ url: new URL('http://a.b/c?d=e').href "
    "});\n"
    "  return createHash('sha256').update(text).digest('hex');\n"
    "}\n"
    "const no = () => {};\n"
    "initializeTaskManager({ setup: no, task, submission: no, audit: no,\n"
    "  distribution: no, routes: no });\n";

static double number(struct engine *engine, uint64_t round)
{
    char *text = engine_call(engine, round);
    double value = strtod(text, NULL);
    free(text);
    return value;
}

static void measure_calls(const char *program, const char *folder)
{
    struct engine *engine =
        engine_start_worker(program, folder, bytes_text(source));
    measure_at_most("storeGet p50", number(engine, 0), "us", P50_AIM_US);
    measure_at_least("storeGet from one task", number(engine, 1), "a second",
                     RATE_AIM);
    engine_stop(engine);
}

/* ---- memory ---- */

/* A line of /proc/PID/smaps_rollup, which is in kB, in MB of 10^6 bytes. */
static double rollup_mb(pid_t pid, const char *field)
{
    char path[64], line[256];
    double kilobytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "r");
    CHECK(file);
    while (fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');
        if (colon && !strncmp(line, field, (size_t)(colon - line)) &&
            !field[colon - line])
            kilobytes = strtod(colon + 1, NULL);
    }
    fclose(file);
    return kilobytes * 1024 / 1e6;
}

static void call_and_rest(struct engine *engine)
{
    free(engine_call(engine, 2));
    engine_settle(engine);
}

static void measure_one(const char *program, const char *folder)
{
    char *main_path = mem_format("%s/main.js", folder);
    engine_write_modules(folder);
    must(file_replace(main_path, bytes_text(source), 0600), main_path);
    struct engine *node = engine_start_node(main_path);
    struct engine *worker =
        engine_start_worker(program, folder, bytes_text(source));
    call_and_rest(worker);
    double own = rollup_mb(engine_process(worker), "Rss");
    measure_plain("idle task, resident", own, "MB");
    if (node) {
        call_and_rest(node);
        double other = rollup_mb(engine_process(node), "Rss");
        measure_plain("idle task in node, resident", other, "MB");
        measure_at_most("idle task, resident, of node's", own / other, "ratio",
                        RESIDENT_AIM);
    } else {
        measure_skipped("idle task, resident, of node's", "there is no node");
    }
    engine_stop(worker);
    engine_stop(node);
    free(main_path);
}

static void measure_many(const char *program, const char *folder)
{
    struct engine *engines[IDLE_TASKS];
    double sum = 0;
    for (int i = 0; i < IDLE_TASKS; i++) {
        char *own = mem_format("%s/%d", folder, i);
        engines[i] = engine_start_worker(program, own, bytes_text(source));
        free(engine_call(engines[i], 2));
        free(own);
    }
    engine_settle(engines[0]);
    for (int i = 0; i < IDLE_TASKS; i++)
        sum += rollup_mb(engine_process(engines[i]), "Pss");
    sum += rollup_mb(getpid(), "Pss");
    for (int i = 0; i < IDLE_TASKS; i++)
        engine_stop(engines[i]);
    measure_at_most("50 idle tasks and their node, PSS", sum, "MB",
                    IDLE_AIM_MB);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    char folder[] = "/tmp/pond-bench-XXXXXX";
    CHECK(mkdtemp(folder));
    measure_calls(arguments[1], folder);
    measure_one(arguments[1], folder);
    measure_many(arguments[1], folder);
    return file_remove_tree(folder) ? 1 : 0;
}
