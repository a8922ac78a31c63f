/*
 * Evidence of a task: putting it, and getting it from here or from the peers
 * that have it.
 *
 * What a task puts is evidence of the round the clock is in, and is kept for
 * it. What it gets of others is kept as evidence of the round they submitted
 * it for, so that every auditor is another place to have it from.
 *
 * A request's params and payload are gone when its function returns; everything
 * that outlives it is copied by node/reach/evidence.h. The runner is counted as
 * waiting for each of them (runner_depart()).
 */
#include "node/task/task_storage.h"
#include "base/check.h"
#include "base/error.h"
#include "node/reach/evidence.h"
#include "node/reach/source_list.h"

#include <stdlib.h>

/* The CID goes to the task once the evidence is on disk, not before. */
static void on_put(void *user, int status, struct bytes cid)
{
    struct host_ask *ask = user;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    if (!host_ask_arrived(ask, status))
        return;
    json_write_bytes(&writer, cid);
    host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

static struct evidence_limits limits_of(struct task_runner *runner)
{
    return (struct evidence_limits){
        .budget = runner_worker_budget(runner->worker),
        .disk_bytes = runner->parts->options->task_store_limit_bytes};
}

/* The clock's round, not the one a call is about: evidence put late is kept
 * longer, never shorter. */
void task_storage_put(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct pin_owner owner =
        retention_round(&runner->task, runner_rounds_round(runner->rounds),
                        RETENTION_ROUNDS_MIN);
    const struct evidence_limits limits = limits_of(runner);
    int status = evidence_put(runner->parts, &owner, &limits,
                              json_object_array_get_idx(params, 0), payload,
                              on_put, ask);

    if (status)
        host_ask_refuse(ask, status);
    else
        runner_depart(runner);
}

/* The bytes travel beside the JSON, not in it. */
static void on_got(void *user, int status, struct bytes value)
{
    struct host_ask *ask = user;

    if (host_ask_arrived(ask, status))
        host_ask_answer(ask, bytes_text("null"), value);
}

/* What may have it: the node that submitted this CID, then the others that
 * submitted to the same round (auditors keep copies), then all that staked,
 * then the operator's gateways. Returns the round it is evidence of. A
 * submission need not be a bare CID: one that holds it anywhere counts. CIDs of
 * files inside a folder are found in no submission; then every node with a
 * stake is asked. */
static uint64_t find_sources(const struct task_runner *runner, const char *cid,
                             struct source_list *sources)
{
    const struct node_parts *parts = runner->parts;
    const struct round_memory *memory = runner_rounds_memory(runner->rounds);
    const struct round_record *found = NULL;

    source_list_init(sources, parts);
    for (size_t i = 0; i < ROUND_KEPT; i++) {
        const struct round_record *round = &memory->records[i];

        for (size_t j = 0; j < round->peer_count; j++) {
            if (!strstr(round->peers[j].value, cid))
                continue;
            found = round;
            source_list_add_peer(
                sources, parts,
                task_view_address(&runner->view, &round->peers[j].key));
        }
    }
    for (size_t j = 0; found && j < found->peer_count; j++)
        source_list_add_peer(
            sources, parts,
            task_view_address(&runner->view, &found->peers[j].key));
    task_view_add_peers(&runner->view, &runner->own, parts, sources);
    source_list_add_gateways(sources, parts);
    return found ? found->round_plus_one - 1
                 : runner_rounds_round(runner->rounds);
}

/* Texts that are no CID are refused by evidence_get(). */
void task_storage_get(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    const char *cid = host_ask_text(params, 0),
               *path = host_ask_text(params, 1);
    const struct evidence_limits limits = limits_of(runner);
    struct source_list sources;

    uint64_t round = find_sources(runner, cid ? cid : "", &sources);
    struct pin_owner owner =
        retention_round(&runner->task, round, RETENTION_ROUNDS_MIN);
    int status = evidence_get(runner->parts, &owner, &limits, cid ? cid : "",
                              path ? path : "", sources.items, sources.count,
                              on_got, ask);
    if (status)
        host_ask_refuse(ask, status);
    else
        runner_depart(runner);
}
