/*
 * Metadata that no source has, that is not JSON or names no engine stops
 * nothing: Koii's tasks have no such field.
 */
#include "node/task/task_engine.h"

#include "base/error.h"
#include "base/json.h"
#include "node/reach/evidence.h"

#include <string.h>

#define ENGINE "pond"

int task_engine_check(const struct task_runner *runner)
{
    if (!runner_loader_is_engine_missing(runner->loader))
        return 0;
    return err_set(ERR_UNSUPPORTED,
                   "the task's metadata asks for another engine than " ENGINE
                   ", the one that there is: it can't run here yet");
}

static void on_metadata(void *user, int status, struct bytes value)
{
    struct task_runner *runner = user;
    struct json_object *metadata = NULL;
    const char *engine;

    if (!runner_arrived(runner))
        return;
    if (!status)
        status = json_parse(value, &metadata);
    if (!status && json_get_text(metadata, "engine", &engine) == 0)
        runner_loader_set_engine_missing(runner->loader,
                                         strcmp(engine, ENGINE) != 0);
    json_object_put(metadata);
    err_clear();
    if (task_engine_check(runner) == 0)
        return;
    runner_complain(runner, "can't run");
    runner_worker_kill(runner->worker, err_text());
}

void task_engine_ask(struct task_runner *runner,
                     const struct source_list *sources)
{
    struct pin_owner owner = retention_task(&runner->task);
    const char *cid;

    if (!runner_loader_ask_engine(runner->loader))
        return;
    if (json_get_text(runner->view.state, "task_metadata", &cid) == 0 &&
        evidence_get(runner->parts, &owner, NULL, cid, "metadata.json",
                     sources->items, sources->count, on_metadata, runner) == 0)
        runner_depart(runner);
    err_clear();
}
