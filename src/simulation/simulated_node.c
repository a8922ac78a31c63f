/*
 * The workers of a simulated network. Calls are made on all of them at once,
 * and waited for: the loop is turned here, and nowhere else.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "simulation/simulated_network_parts.h"

#include <stdio.h>
#include <stdlib.h>

void simulated_node_key(const struct simulated_network *network, unsigned at,
                        struct pubkey *out)
{
    struct hash seed;

    simulation_draw(network->options, 'n', at, &seed);
    signer_derived_staking(seed.bytes, out);
}

void simulated_give_up(struct simulated_network *network, int status,
                       const char *text)
{
    if (network->status)
        return;
    network->status = status;
    snprintf(network->text, sizeof(network->text), "%s", text);
}

static int turn(struct simulated_network *network)
{
    while (network->pending && !network->status)
        uv_run(&network->loop, UV_RUN_ONCE);
    return network->status ? err_set(network->status, "%s", network->text) : 0;
}

/* ---- starting and stopping ---- */

static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    struct simulated_node *node = user;

    node->is_ready = true;
    node->network->pending--;
}

/* Asked for at the end alone. Before that it is the task's fault, and the text
 * names the limit. */
static void on_ended(void *user, struct host *worker,
                     const struct host_end *end)
{
    struct simulated_node *node = user;
    char text[ERR_TEXT_SIZE];

    if (!end->stopped) {
        snprintf(text, sizeof(text), "node %u: %s", node->world.node,
                 end->text);
        simulated_give_up(node->network, end->status ? end->status : ERR_CLOSED,
                          text);
    }
    simulation_worker_gone(&node->world);
}

static void prepare(struct simulated_network *network, unsigned at)
{
    struct simulated_node *node = &network->nodes[at];

    node->network = network;
    node->at = at;
    node->cheat = network->options->cheats[at];
    node->world =
        (struct simulation){.options = network->options,
                            .events = network->events,
                            .user = network->user,
                            .node = at + 1,
                            .chain = network->chain,
                            .loop = &network->loop,
                            .parts.store = network->store,
                            .task = *simulated_chain_task(network->chain)};
}

int simulated_nodes_start(struct simulated_network *network)
{
    static const struct host_events events = {.ready = on_ready,
                                              .request = simulation_request,
                                              .cancelled = simulation_cancelled,
                                              .log = simulation_log,
                                              .ended = on_ended};
    int status = 0;

    for (unsigned i = 0; i < network->options->nodes && !status; i++) {
        char *folder =
            mem_format("%s/node-%u", network->options->folder, i + 1);
        struct hash seed;

        prepare(network, i);
        simulation_draw(network->options, 'n', i, &seed);
        status = simulation_begin(&network->nodes[i].world, seed.bytes, folder,
                                  &events);
        network->count++;
        network->pending += !status;
        free(folder);
    }
    return status ? status : turn(network);
}

void simulated_nodes_stop(struct simulated_network *network)
{
    for (unsigned i = 0; i < network->count; i++) {
        if (network->nodes[i].world.worker)
            host_stop(network->nodes[i].world.worker);
    }
    uv_run(&network->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < network->count; i++) {
        simulation_end(&network->nodes[i].world);
        free(network->nodes[i].json);
    }
    network->count = 0;
}

/* ---- calls ---- */

static void on_result(void *user, const struct host_result *result)
{
    struct simulated_node *node = user;
    struct simulated_network *network = node->network;
    struct simulation_step step = network->call;

    CHECK(network->pending);
    network->pending--;
    node->has_result = true;
    node->status = result->status;
    free(node->json);
    node->json = result->status ? NULL : mem_text(result->json);
    /* Tasks need not have these two. */
    if (result->status == ERR_NOT_FOUND &&
        (!strcmp(step.function, "setup") || !strcmp(step.function, "routes"))) {
        node->status = 0;
        return;
    }
    step.node = node->world.node;
    step.status = result->status;
    step.limit = result->limit;
    step.text = result->status ? result->text : result->json;
    step.stack = result->stack;
    step.taken_ms = result->taken_ms;
    step.window_ms = simulation_window_ms(&node->world, step.function);
    network->events->step(network->user, &step);
}

int simulated_call(struct simulated_network *network, const char *function,
                   uint64_t round, unsigned subject,
                   simulated_arguments *arguments)
{
    int status = 0;

    CHECK(!network->pending);
    network->call = (struct simulation_step){
        .function = function, .round = round, .subject = subject};
    for (unsigned i = 0; i < network->count && !status; i++) {
        struct simulated_node *node = &network->nodes[i];
        struct buffer args = {0};

        node->has_result = false;
        node->world.round = round;
        if (arguments(node, &args)) {
            status = simulation_call(&node->world, function,
                                     buffer_string(&args), on_result, node);
            network->pending += !status;
        }
        buffer_free(&args);
    }
    if (status)
        simulated_give_up(network, status, err_text());
    return turn(network);
}
