#include "node/node_samples.h"

#include "base/clock.h"
#include "base/memory.h"
#include "node/node_tasks.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP_MS (NODE_SAMPLES_STEP_S * 1000ull)

/* One task's. Sample n is at n % NODE_SAMPLES_MAX; taken counts them. */
struct series {
    struct pubkey task;
    uint64_t taken, cpu_ms;
    uint32_t permille[NODE_SAMPLES_MAX]; /* of a core */
    uint64_t bytes[NODE_SAMPLES_MAX];
};

/* Invariant: series[0 .. count) are of running tasks, each owned. */
struct node_samples {
    struct series *series[NODE_TASKS_MAX];
    size_t count;
    uint64_t taken_ms, taken_unix_ms; /* the newest; 0: none */
};

struct node_samples *node_samples_new(void)
{
    return mem_zero(1, sizeof(struct node_samples));
}

void node_samples_free(struct node_samples *samples)
{
    for (size_t i = 0; samples && i < samples->count; i++)
        free(samples->series[i]);
    free(samples);
}

static struct series *find(const struct node_samples *samples,
                           const struct pubkey *task)
{
    for (size_t i = 0; i < samples->count; i++)
        if (pubkey_equal(&samples->series[i]->task, task))
            return samples->series[i];
    return NULL;
}

/* Of tasks that do not run any more nothing is shown. */
static void drop_stopped(struct node *node)
{
    struct node_samples *samples = node->samples;

    for (size_t i = samples->count; i-- > 0;) {
        if (node_tasks_find(node, &samples->series[i]->task))
            continue;
        free(samples->series[i]);
        samples->series[i] = samples->series[--samples->count];
    }
}

/* A process that was started anew counts from 0. */
static void take(struct series *series, struct task_runner *runner,
                 uint64_t passed_ms)
{
    struct task_use use = task_runner_use(runner);
    size_t place = series->taken++ % NODE_SAMPLES_MAX;
    uint64_t used_ms =
        use.cpu_ms - (use.cpu_ms >= series->cpu_ms ? series->cpu_ms : 0);

    series->cpu_ms = use.cpu_ms;
    series->permille[place] =
        passed_ms ? (uint32_t)(used_ms * 1000 / passed_ms) : 0;
    series->bytes[place] = use.resident_bytes;
    task_runner_note_cpu(runner, series->permille[place] / 10);
}

void node_samples_look(struct node *node, uint64_t now_ms)
{
    struct node_samples *samples = node->samples;
    uint64_t passed_ms = now_ms - samples->taken_ms;

    if (samples->taken_ms && passed_ms < STEP_MS)
        return;
    drop_stopped(node);
    for (size_t i = 0; i < node->runner_count; i++) {
        struct task_runner *runner = node->runners[i];
        const struct pubkey *task = task_runner_task(runner);
        struct series *series = find(samples, task);

        if (task_runner_is_stopping(runner))
            continue;
        if (series) {
            take(series, runner, passed_ms);
        } else if (samples->count < NODE_TASKS_MAX) {
            series = mem_zero(1, sizeof(*series));
            series->task = *task;
            series->cpu_ms = task_runner_use(runner).cpu_ms;
            samples->series[samples->count++] = series;
        }
    }
    samples->taken_ms = now_ms;
    samples->taken_unix_ms = clock_unix_ms();
}

/* Most tasks take less than one. */
static void write_percent(uint32_t permille, struct json_writer *writer)
{
    char text[16];

    snprintf(text, sizeof(text), "%u.%u", permille / 10, permille % 10);
    json_write_raw(writer, bytes_text(text));
}

static void write_series(const struct series *series, size_t count,
                         bool is_memory, struct json_writer *writer)
{
    uint64_t kept =
        series->taken < NODE_SAMPLES_MAX ? series->taken : NODE_SAMPLES_MAX;

    json_name(writer, PUBKEY_TEXT(&series->task));
    json_open_array(writer);
    for (uint64_t left = count < kept ? count : kept; left; left--) {
        size_t place = (series->taken - left) % NODE_SAMPLES_MAX;

        if (is_memory)
            json_write_u64(writer, series->bytes[place]);
        else
            write_percent(series->permille[place], writer);
    }
    json_close_array(writer);
}

void node_samples_write(const struct node *node, const struct pubkey *task,
                        size_t count, struct json_writer *writer)
{
    static const char *const names[] = {"cpu", "memory"};
    const struct node_samples *samples = node->samples;

    json_open_object(writer);
    json_field_u64(writer, "step", NODE_SAMPLES_STEP_S);
    json_field_u64(writer, "at", samples->taken_unix_ms);
    for (size_t k = 0; k < 2; k++) {
        json_name(writer, names[k]);
        json_open_object(writer);
        for (size_t i = 0; i < samples->count; i++)
            if (!task || pubkey_equal(&samples->series[i]->task, task))
                write_series(samples->series[i], count, k == 1, writer);
        json_close_object(writer);
    }
    json_close_object(writer);
}
