/*
 * How long bundles take from a process' start until they are loaded, in
 * pond-worker and in Node on the same files: in a spare worker, as a node has
 * one ready, in a new worker, and in Node. They take turns, and each gives the
 * median of its starts.
 *
 *     bench_bundles WORKER MAIN.JS...
 *
 * A folder above each file holds Koii's modules for Node (node_modules).
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine.h"
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STARTS 5
#define BUNDLES_MAX 256
#define BUNDLE_SIZE_MAX (64u << 20)
#define MEDIAN_AIM 1.5 /* times as fast as Node */
#define EACH_AIM 1
#define MEMORY_AIM 0.6 /* of Node's */

/* In ms. idle_mb: memory of the task at rest, or NULL. */
static double start_worker(const char *program, const char *folders,
                           bool is_spare, struct bytes source, double *idle_mb)
{
    char *folder = mem_format("%s/task", folders);
    struct engine *engine =
        engine_new_worker(program, is_spare ? folders : NULL);
    uint64_t began_ns = clock_monotonic_ns();
    engine_load_worker(engine, folder, source);
    double ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
    if (idle_mb) {
        engine_settle(engine);
        *idle_mb = measure_status_mb(engine_process(engine), "VmRSS");
    }
    engine_stop(engine);
    free(folder);
    return ms;
}

/* The same; 0: there is no Node. */
static double start_node(const char *path, double *idle_mb)
{
    uint64_t began_ns = clock_monotonic_ns();
    struct engine *engine = engine_start_node(path);
    if (!engine)
        return 0;
    double ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
    if (idle_mb) {
        engine_settle(engine);
        *idle_mb = measure_status_mb(engine_process(engine), "VmRSS");
    }
    engine_stop(engine);
    return ms;
}

/* The file's name, without what all have. */
static char *bundle_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = mem_text(slash ? slash + 1 : path);
    char *end = strrchr(name, '.');
    if (end)
        *end = 0;
    return name;
}

static void print_line(const char *form, const char *name, double value,
                       const char *unit)
{
    char *line = mem_format(form, name);
    measure_plain(line, value, unit);
    free(line);
}

/* How many times as fast as Node; 0 without Node. memory: of the idle task, as
 * part of what it is in Node. */
static double compare(const char *program, const char *folder, const char *path,
                      double *memory)
{
    double own[STARTS], cold[STARTS], other[STARTS], own_mb, other_mb = 0;
    struct buffer source = {0};
    must(file_read(path, BUNDLE_SIZE_MAX, &source), path);
    for (int i = 0; i < STARTS; i++) {
        bool is_last = i == STARTS - 1;
        own[i] = start_worker(program, folder, true, buffer_view(&source),
                              is_last ? &own_mb : NULL);
        other[i] = start_node(path, is_last ? &other_mb : NULL);
        cold[i] =
            start_worker(program, folder, false, buffer_view(&source), NULL);
    }
    *memory = other_mb > 0 ? own_mb / other_mb : 0;
    double ratio = measure_median(other, STARTS) / measure_median(own, STARTS);
    char *name = bundle_name(path);
    char *size = mem_format("%s (%.1f MB)", name, (double)source.size / 1e6);
    print_line("start of %s", size, measure_median(own, STARTS), "ms");
    print_line("start of %s, no spare", name, measure_median(cold, STARTS),
               "ms");
    if (ratio > 0) {
        char *line = mem_format("speed of the start of %s, of node's", name);
        measure_at_least(line, ratio, "ratio", EACH_AIM);
        free(line);
        print_line("memory of %s, idle, of node's", name, *memory, "ratio");
    }
    free(size);
    free(name);
    buffer_free(&source);
    return ratio;
}

int main(int count, char **arguments)
{
    CHECK(count > 2 && count - 2 <= BUNDLES_MAX);
    double ratios[BUNDLES_MAX], memory[BUNDLES_MAX];
    char folder[] = "/tmp/pond-bench-XXXXXX";
    CHECK(mkdtemp(folder));
    for (int i = 2; i < count; i++)
        ratios[i - 2] =
            compare(arguments[1], folder, arguments[i], &memory[i - 2]);
    double median = measure_median(ratios, (size_t)count - 2);
    if (median > 0) {
        measure_at_least("speed of a bundle's start, of node's, median", median,
                         "ratio", MEDIAN_AIM);
        measure_at_most("memory of an idle bundle, of node's, median",
                        measure_median(memory, (size_t)count - 2), "ratio",
                        MEMORY_AIM);
    } else {
        measure_skipped("speed of a bundle's start", "there is no node");
    }
    return file_remove_tree(folder) ? 1 : 0;
}
