/*
 * Metadata that no source has, that is not JSON or names no engine stops
 * nothing: Koii's tasks have no such field.
 */
#include "node/task/task_engine.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "node/reach/engine_name.h"
#include "node/reach/evidence.h"
#include "node/task/task_conditions.h"

#include <string.h>

int task_engine_check(const struct task_runner *runner)
{
    if (!runner_loader_is_engine_missing(runner->loader))
        return 0;
    return err_set(ERR_UNSUPPORTED,
                   "the task's metadata asks for an engine that there is not: "
                   "it can't run here yet, unless --engine says on which");
}

/* A process of pond-worker, if there is one, is the last. */
static void go_to_node(struct task_runner *runner, const char *why)
{
    if (runner->engine == NODE_ENGINE_NODE)
        return;
    runner->engine = NODE_ENGINE_NODE;
    log_info("task", "%.8s goes to the engine node: %s", runner->task_text,
             why);
    if (runner->log) {
        task_log_line(runner->log, LOG_INFO,
                      "this task runs on the engine node from here on");
        task_log_line(runner->log, LOG_INFO, why);
    }
    if (!runner_worker_is_there(runner->worker))
        return;
    runner->is_changing_engine = true;
    runner_worker_kill(runner->worker, "the task goes to the engine node");
}

bool task_engine_look(struct task_runner *runner,
                      const struct host_result *result)
{
    if (result->status != ERR_UNSUPPORTED || runner->engine == NODE_ENGINE_NODE)
        return false;
    if (runner->engine_wanted != NODE_ENGINE_AUTO)
        return false;
    if (!runner->parts->options->node_program) {
        log_warn("task",
                 "%.8s wants the engine node, and there is no program "
                 "node here",
                 runner->task_text);
        return false;
    }
    go_to_node(runner, result->text);
    return true;
}

/* "auto" says nothing. */
static void take_metadata(struct task_runner *runner, const char *name)
{
    enum node_engine engine;
    int status = engine_name_parse(name, &engine);

    if (status || engine == NODE_ENGINE_UNSET)
        runner_loader_set_engine_missing(runner->loader, true);
    else if (engine == NODE_ENGINE_NODE)
        go_to_node(runner, "its metadata names that");
}

/* What came late: the worker is there already. A start that still has to come
 * looks by itself. */
static bool is_lacking(struct task_runner *runner)
{
    return runner_worker_is_there(runner->worker) &&
           task_conditions_needs(runner) < 0;
}

static void on_metadata(void *user, int status, struct bytes value)
{
    struct task_runner *runner = user;
    struct json_object *metadata = NULL;
    const char *name;

    if (!runner_arrived(runner))
        return;
    runner_loader_engine_came(runner->loader);
    if (!status)
        status = json_parse(value, &metadata);
    if (!status && runner->engine_wanted == NODE_ENGINE_AUTO &&
        json_get_text(metadata, "engine", &name) == 0)
        take_metadata(runner, name);
    if (!status)
        task_conditions_take(runner, metadata);
    json_object_put(metadata);
    err_clear();
    if (task_engine_check(runner) < 0 || is_lacking(runner)) {
        runner_complain(runner, "can't run");
        if (runner_worker_is_there(runner->worker))
            runner_worker_kill(runner->worker, err_text());
    }
    runner->events->metadata_came(runner);
}

void task_engine_ask(struct task_runner *runner,
                     const struct source_list *sources)
{
    struct pin_owner owner = retention_task(&runner->task);
    const char *cid;

    if (!runner_loader_ask_engine(runner->loader, clock_monotonic_ms()))
        return;
    if (json_get_text(runner->view.state, "task_metadata", &cid) == 0 &&
        evidence_get(runner->parts, &owner, NULL, cid, "metadata.json",
                     sources->items, sources->count, on_metadata, runner) == 0)
        runner_depart(runner);
    else
        runner_loader_engine_came(runner->loader);
    err_clear();
}
