/*
 * A small task's start, from nothing to the end of its first task(), and its
 * memory after that: in a new worker, in a spare one as a node has it ready,
 * and in Node on the same file. The three take turns, so that ratios hold on a
 * busy machine, too.
 *
 *     bench_runtime WORKER
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine.h"
#include "measure.h"
#include <stdlib.h>
#include <string.h>

#define RUNS 15
#define NEW_AIM_MS 40
#define NEW_AIM_RATIO 2.5
#define SPARE_AIM_MS 10
#define SPARE_AIM_RATIO 10

/* A small task that uses the wrapper, hashes and text. */
static const char task_source[] =
    "const { initializeTaskManager } = require('@_koii/task-manager');\n"
    "const { createHash } = require('crypto');\n"
    "async function task(round) {\n"
    "  const url = new URL(`http://example.com/${round}?a=b`);\n"
    "  const text = JSON.stringify({ url: url.href, round });\n"
    "  return createHash('sha256').update(text).digest('hex');\n"
    "}\n"
    "const no = () => {};\n"
    "initializeTaskManager({ setup: no, task, submission: no, audit: no,\n"
    "  distribution: no, routes: no });\n";

struct measures {
    double start_ms[RUNS];
    double resident_mb[RUNS];
};

static void finish(struct engine *engine, uint64_t began_ns,
                   struct measures *out, int run)
{
    char *result = engine_call(engine, 7);
    out->start_ms[run] = (double)(clock_monotonic_ns() - began_ns) / 1e6;
    CHECK(strlen(result) == 66);
    out->resident_mb[run] = measure_status_mb(engine_process(engine), "VmRSS");
    free(result);
    engine_stop(engine);
}

/* folders: what the task's folder lies in, for a start with a spare. */
static void measure_worker(const char *program, const char *folder,
                           const char *folders, struct measures *out, int run)
{
    struct engine *engine = engine_new_worker(program, folders);
    uint64_t began_ns = clock_monotonic_ns();
    engine_load_worker(engine, folder, bytes_text(task_source));
    finish(engine, began_ns, out, run);
}

/* False if Node is not installed. */
static bool measure_node(const char *main_path, struct measures *out, int run)
{
    uint64_t began_ns = clock_monotonic_ns();
    struct engine *engine = engine_start_node(main_path);
    if (engine)
        finish(engine, began_ns, out, run);
    return engine != NULL;
}

static void report(struct measures *new, struct measures *spare,
                   struct measures *node, bool has_node)
{
    double new_ms = measure_median(new->start_ms, RUNS);
    double spare_ms = measure_median(spare->start_ms, RUNS);
    measure_at_most("start to first task()", new_ms, "ms", NEW_AIM_MS);
    measure_at_most("start to first task(), with a spare", spare_ms, "ms",
                    SPARE_AIM_MS);
    measure_plain("resident memory", measure_median(new->resident_mb, RUNS),
                  "MB");
    measure_plain("resident memory of what was a spare",
                  measure_median(spare->resident_mb, RUNS), "MB");
    if (!has_node) {
        measure_skipped("speed of the start, of node's", "there is no node");
        return;
    }
    double node_ms = measure_median(node->start_ms, RUNS);
    measure_plain("start to first task(), node", node_ms, "ms");
    measure_plain("resident memory, node",
                  measure_median(node->resident_mb, RUNS), "MB");
    measure_at_least("speed of the start, of node's", node_ms / new_ms, "ratio",
                     NEW_AIM_RATIO);
    measure_at_least("speed of the start with a spare, of node's",
                     node_ms / spare_ms, "ratio", SPARE_AIM_RATIO);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    struct measures new, spare, node;
    char folder[] = "/tmp/pond-bench-XXXXXX";
    bool has_node = true;
    CHECK(mkdtemp(folder));
    char *main_path = mem_format("%s/main.js", folder);
    char *own = mem_format("%s/task", folder);
    engine_write_modules(folder);
    must(file_replace(main_path, bytes_text(task_source), 0600), main_path);
    for (int run = 0; run < RUNS; run++) {
        measure_worker(arguments[1], own, NULL, &new, run);
        measure_worker(arguments[1], own, folder, &spare, run);
        has_node = has_node && measure_node(main_path, &node, run);
    }
    report(&new, &spare, &node, has_node);
    free(own);
    free(main_path);
    return file_remove_tree(folder) ? 1 : 0;
}
