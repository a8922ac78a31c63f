#include "node/task/runner_memory.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "runtime/host/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x524d454du
/* What a crash may lose. */
#define EVERY_MS 60000

/* While is_saving, work and snapshot are the pool's. */
struct runner_memory {
    unsigned magic;
    struct runner_memory_options options;
    char *path;
    uint64_t saved_ms; /* when the last was begun; 0: never */
    bool is_saving, is_last;
    uv_work_t work;
    struct buffer snapshot;
    char *error; /* why it was not written; NULL: it was */
};

static void say(struct runner_memory *memory, const char *what, const char *why)
{
    char *text = mem_format("%s: %s", what, why);

    log_warn("task", "%.8s %s", memory->options.task_text, text);
    if (memory->options.log)
        task_log_line(memory->options.log, LOG_WARN, text);
    free(text);
}

static void load(struct runner_memory *memory)
{
    struct memory *kept = memory->options.memory;
    struct buffer snapshot = {0};
    int status =
        file_read(memory->path, memory_snapshot_size_max(kept), &snapshot);

    if (!status)
        status =
            memory_restore(kept, clock_monotonic_ms(), buffer_view(&snapshot));
    buffer_free(&snapshot);
    if (status && status != ERR_NOT_FOUND) {
        char *aside = mem_format("%s.bad", memory->path);

        say(memory, "memory that was to persist is lost", err_text());
        (void)rename(memory->path, aside);
        free(aside);
    }
}

struct runner_memory *
runner_memory_new(const struct runner_memory_options *options)
{
    struct runner_memory *memory = mem_zero(1, sizeof(*memory));

    CHECK(options->memory && options->saved);
    memory->magic = MAGIC;
    memory->options = *options;
    memory->work.data = memory;
    memory->path =
        mem_format("%s/memory/%s", options->node_folder, options->task_text);
    load(memory);
    return memory;
}

void runner_memory_free(struct runner_memory *memory)
{
    CHECK_MAGIC(memory, MAGIC);
    CHECK(!memory->is_saving);
    memory->magic = 0;
    free(memory->path);
    free(memory);
}

/* On the pool. Sessions and tokens of third parties may be in it, so it is its
 * owner's alone. */
static void write_snapshot(uv_work_t *work)
{
    struct runner_memory *memory = work->data;
    char *folder = mem_text(memory->path);

    *strrchr(folder, '/') = 0;
    memory_snapshot_seal(&memory->snapshot);
    int status = file_make_folder(folder, 0700);
    if (!status)
        status =
            file_replace(memory->path, buffer_view(&memory->snapshot), 0600);
    if (status)
        memory->error = mem_text(err_text());
    free(folder);
}

/* What could not be written is tried again a minute later. */
static void on_written(uv_work_t *work, int ignored)
{
    struct runner_memory *memory = work->data;

    memory->is_saving = false;
    if (memory->error) {
        memory_not_saved(memory->options.memory);
        say(memory, "memory that is to persist is not written", memory->error);
    }
    buffer_free(&memory->snapshot);
    free(memory->error);
    memory->error = NULL;
    memory->options.saved(memory->options.user);
}

static void save(struct runner_memory *memory, uint64_t now_ms)
{
    CHECK(!memory->is_saving);
    memory_snapshot(memory->options.memory, now_ms, &memory->snapshot);
    memory->is_saving = true;
    memory->saved_ms = now_ms;
    CHECK(!uv_queue_work(memory->options.loop, &memory->work, write_snapshot,
                         on_written));
}

bool runner_memory_look(struct runner_memory *memory, uint64_t now_ms)
{
    CHECK_MAGIC(memory, MAGIC);
    if (memory->is_saving || !memory_is_changed(memory->options.memory) ||
        (memory->saved_ms && now_ms - memory->saved_ms < EVERY_MS))
        return false;
    save(memory, now_ms);
    return true;
}

bool runner_memory_finish(struct runner_memory *memory)
{
    CHECK_MAGIC(memory, MAGIC);
    if (memory->is_last || !memory_is_changed(memory->options.memory))
        return false;
    memory->is_last = true;
    save(memory, clock_monotonic_ms());
    return true;
}
