#include "node/task/runner_loader_internal.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "runtime/wire/message.h"

#include <stdlib.h>

/* The longest pause between two tries to get the code and start the worker. */
#define LOAD_PAUSE_MAX_MS 60000

struct runner_loader *runner_loader_new(uv_loop_t *loop,
                                        const struct node_task_options *options)
{
    struct runner_loader *loader = mem_zero(1, sizeof(*loader));

    if (options->executable && options->executable[0])
        loader->file = mem_text(options->executable);
    loader->variables =
        mem_text(options->variables ? options->variables : "{}");
    CHECK(!uv_timer_init(loop, &loader->timer));
    loader->timer.data = loader;
    return loader;
}

static void on_closed(uv_handle_t *handle)
{
    struct runner_loader *loader = handle->data;

    loader->is_closed = true;
    loader->done(loader->user);
}

void runner_loader_close(struct runner_loader *loader,
                         void (*closed)(void *user), void *user)
{
    CHECK(closed);
    loader->done = closed;
    loader->user = user;
    uv_close((uv_handle_t *)&loader->timer, on_closed);
}

bool runner_loader_is_closed(const struct runner_loader *loader)
{
    return loader->is_closed;
}

void runner_loader_free(struct runner_loader *loader)
{
    CHECK(loader->is_closed);
    buffer_free(&loader->source);
    free(loader->file);
    free(loader->variables);
    free(loader);
}

static void on_timer(uv_timer_t *timer)
{
    struct runner_loader *loader = timer->data;

    loader->done(loader->user);
}

void runner_loader_wait(struct runner_loader *loader, uint64_t wait_ms,
                        void (*done)(void *user), void *user)
{
    CHECK(!uv_is_closing((uv_handle_t *)&loader->timer));
    loader->done = done;
    loader->user = user;
    uv_timer_start(&loader->timer, on_timer, wait_ms, 0);
}

/* ---- starts that fail ---- */

bool runner_loader_may_start(const struct runner_loader *loader,
                             uint64_t now_ms)
{
    return now_ms >= loader->load_after_ms;
}

bool runner_loader_start_failed(struct runner_loader *loader, uint64_t now_ms)
{
    uint64_t earlier_ms = loader->load_pause_ms;
    uint64_t pause_ms = backoff_next_ms(&loader->load_backoff, now_ms, now_ms);

    if (pause_ms > LOAD_PAUSE_MAX_MS)
        pause_ms = LOAD_PAUSE_MAX_MS;
    loader->load_pause_ms = pause_ms;
    loader->load_after_ms = now_ms + pause_ms;
    return pause_ms > earlier_ms;
}

void runner_loader_start_succeeded(struct runner_loader *loader)
{
    loader->load_backoff = (struct backoff){0};
    loader->load_pause_ms = 0;
    loader->load_after_ms = 0;
}

/* ---- the code ---- */

const char *runner_loader_file(const struct runner_loader *loader)
{
    return loader->file;
}

int runner_loader_read_file(struct runner_loader *loader)
{
    CHECK(loader->file);
    buffer_clear(&loader->source);
    return file_read(loader->file, MESSAGE_PAYLOAD_MAX, &loader->source);
}

void runner_loader_set_source(struct runner_loader *loader, struct bytes source)
{
    buffer_clear(&loader->source);
    buffer_bytes(&loader->source, source);
}

struct bytes runner_loader_source(const struct runner_loader *loader)
{
    return buffer_view(&loader->source);
}

const char *runner_loader_variables(const struct runner_loader *loader)
{
    return loader->variables;
}

/* ---- the engine ---- */

bool runner_loader_ask_engine(struct runner_loader *loader, uint64_t now_ms)
{
    bool is_first = !loader->engine_was_asked;

    if (is_first)
        loader->engine_asked_ms = now_ms;
    loader->engine_was_asked = true;
    return is_first;
}

uint64_t runner_loader_asked_for_ms(const struct runner_loader *loader,
                                    uint64_t now_ms)
{
    CHECK(loader->engine_was_asked && now_ms >= loader->engine_asked_ms);
    return now_ms - loader->engine_asked_ms;
}

void runner_loader_engine_came(struct runner_loader *loader)
{
    loader->engine_has_come = true;
}

bool runner_loader_has_engine(const struct runner_loader *loader)
{
    return loader->engine_has_come;
}

void runner_loader_set_engine_missing(struct runner_loader *loader,
                                      bool is_missing)
{
    loader->engine_is_missing = is_missing;
}

bool runner_loader_is_engine_missing(const struct runner_loader *loader)
{
    return loader->engine_is_missing;
}
