/*
 * A set of small JavaScript programs (runtime/set.js), in pond-worker and in
 * Node on the same file. The two take turns for each program, and each gives
 * its best time, so that a busy machine harms both alike.
 *
 *     bench_script WORKER SET.JS
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

#define TURNS 3
#define PROGRAMS_MAX 64
#define SPEED_AIM 0.9 /* of Node's */

struct outcome {
    char name[48];
    double ms;
    double value;
};

/* False behind the last program. */
static bool measure(struct engine *engine, uint64_t i, struct outcome *out)
{
    struct json_object *json = NULL;
    char *text = engine_call(engine, i);
    CHECK(!json_parse(bytes_text(text), &json));
    bool is_there = json_object_is_type(json, json_type_object);
    if (is_there) {
        const char *name;
        must(json_get_text(json, "name", &name), "name");
        snprintf(out->name, sizeof(out->name), "%s", name);
        double ms = json_object_get_double(json_object_object_get(json, "ms"));
        out->value =
            json_object_get_double(json_object_object_get(json, "value"));
        if (!out->ms || ms < out->ms)
            out->ms = ms;
    }
    json_object_put(json);
    free(text);
    return is_there;
}

static void compare(struct engine *worker, struct engine *node)
{
    double speeds[PROGRAMS_MAX];
    uint64_t count = 0;
    for (;; count++) {
        CHECK(count < PROGRAMS_MAX);
        struct outcome own = {0}, other = {0};
        if (!measure(worker, count, &own))
            break;
        CHECK(measure(node, count, &other));
        for (int turn = 1; turn < TURNS; turn++) {
            measure(worker, count, &own);
            measure(node, count, &other);
        }
        if (own.value != other.value) {
            fprintf(stderr, "%s: pond %.17g, node %.17g\n", own.name, own.value,
                    other.value);
            exit(1);
        }
        speeds[count] = other.ms / own.ms;
        char *line = mem_format("speed of %s, of node's", own.name);
        measure_plain(line, speeds[count], "ratio");
        free(line);
    }
    measure_at_least("speed of the set, of node's, median",
                     measure_median(speeds, count), "ratio", SPEED_AIM);
}

int main(int count, char **arguments)
{
    CHECK(count == 3);
    char folder[] = "/tmp/pond-bench-XXXXXX";
    struct buffer source = {0};
    CHECK(mkdtemp(folder));
    must(file_read(arguments[2], 1u << 20, &source), arguments[2]);
    engine_write_modules(folder);
    char *main_path = mem_format("%s/main.js", folder);
    must(file_replace(main_path, buffer_view(&source), 0600), main_path);
    char *own = mem_format("%s/task", folder);
    struct engine *node = engine_start_node(main_path);
    if (node) {
        struct engine *worker =
            engine_start_worker(arguments[1], own, buffer_view(&source));
        compare(worker, node);
        engine_stop(worker);
    } else {
        measure_skipped("speed of the set", "there is no node");
    }
    engine_stop(node);
    free(own);
    free(main_path);
    buffer_free(&source);
    return file_remove_tree(folder) ? 1 : 0;
}
