/*
 * A simulated node's worker, and all that it stands on.
 */
#include "base/check.h"
#include "base/memory.h"
#include "simulation/simulation_parts.h"

#include <stdlib.h>

/* What the task keeps in runtime memory: twice what a node gives it. */
#define MEMORY_BYTES (64u << 20)

static int start(struct simulation *simulation, const char *folder,
                 const struct host_events *events)
{
    const struct simulation_options *options = simulation->options;
    char *task_id = mem_text(PUBKEY_TEXT(&simulation->task));
    char *main_key = mem_text(PUBKEY_TEXT(signer_main(simulation->signer)));
    char *staking_key =
        mem_text(PUBKEY_TEXT(signer_staking(simulation->signer)));
    struct host_options worker = {
        .program = options->worker_path,
        .task_id = task_id,
        .task_name = options->deployment->task_name,
        .folder = folder,
        /* The author's own program, on the author's own machine. */
        .confinement = CONFINEMENT_ANY,
        .source = options->source,
        .variables = options->variables,
        .main_account = main_key,
        .staking_account = staking_key,
        .limits.memory_bytes = options->memory_bytes,
        .memory = simulation->memory,
    };
    int status = host_start(simulation->loop, &worker, events, simulation,
                            &simulation->worker);

    free(task_id);
    free(main_key);
    free(staking_key);
    return status;
}

/* The keys are made up but valid, so that a task can verify what it signed. */
int simulation_begin(struct simulation *simulation, const uint8_t seed[32],
                     const char *folder, const struct host_events *events)
{
    CHECK(simulation->loop && simulation->parts.store && events);
    simulation->parts.loop = simulation->loop;
    simulation->signer = seed ? signer_derive(simulation->loop, seed)
                              : signer_generate(simulation->loop);
    simulation->memory = memory_new(MEMORY_BYTES);
    simulation->http = http_client_new(simulation->loop, &address_rule_any);
    simulation->fetches = fetch_set_new();
    simulation->sockets = socket_set_new();
    int status = start(simulation, folder, events);
    if (status)
        simulation_worker_gone(simulation);
    return status;
}

/* The task's own words, as a node would write them to its log. */
void simulation_log(void *user, struct host *worker, enum log_level level,
                    const char *text)
{
    CHECK(text);
    struct simulation *simulation = user;

    if (simulation->events->log)
        simulation->events->log(simulation->user, simulation->node, level,
                                text);
}

void simulation_worker_gone(struct simulation *simulation)
{
    simulation->worker = NULL;
    fetch_set_close(simulation->fetches);
    socket_set_close(simulation->sockets);
    http_client_close(simulation->http);
}

void simulation_end(struct simulation *simulation)
{
    CHECK(!simulation->worker);
    uv_run(simulation->loop, UV_RUN_DEFAULT);
    signer_close(simulation->signer, NULL, NULL);
    uv_run(simulation->loop, UV_RUN_DEFAULT);
    signer_free(simulation->signer);
    memory_free(simulation->memory);
}
