/*
 * A simulated network from outside: what it stands on, its rounds one after the
 * other, and the count at the end.
 *
 * While the clock is in round R the nodes work for R, submit and audit R-1, and
 * list and pay R-2, as a node's round clock has it (node/task/round.h). So
 * there are a few more rounds of the clock than rounds of work.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "simulation/simulated_network_parts.h"
#include "storage/keep/collection.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Rounds of the clock after the last work until it is paid, if no payout
 * fails. */
#define ROUNDS_UNTIL_PAID 3

/* Distributions that are tried again: as far as a node looks back. */
#define ROUNDS_RETRIED 4

static bool no_arguments(struct simulated_node *node, struct buffer *out)
{
    buffer_text(out, "[]");
    return true;
}

/* A function that threw is a fault of the task, and what follows from it is of
 * no interest. */
static int once(struct simulated_network *network, const char *function)
{
    int status = simulated_call(network, function, 0, 0, no_arguments);

    return status ? status : simulated_check_calls(network);
}

static int run_rounds(struct simulated_network *network)
{
    uint64_t last =
        network->options->rounds + ROUNDS_UNTIL_PAID + ROUNDS_RETRIED;
    int status = once(network, "setup");

    if (!status)
        status = once(network, "routes");
    for (uint64_t now = 0;
         now < last && !status && !simulated_rounds_are_over(network); now++)
        status = simulated_clock_round(network, now);
    return status;
}

/* As nodes do at any time: that the pot can pay all is seen when it has. */
static int claim_all(struct simulated_network *network, uint64_t *claimed)
{
    int status = 0;

    *claimed = 0;
    for (unsigned i = 0; i < network->count && !status; i++) {
        if (simulated_chain_purse(network->chain, i).claimable)
            status = simulated_chain_claim(network->chain, i);
        if (status)
            return err_add(status, "the claim of node %u", i + 1);
        *claimed += simulated_chain_purse(network->chain, i).claimed;
    }
    return 0;
}

/* Coins first: what is wrong there is wrong with this program. */
static int sum_up(struct simulated_network *network)
{
    struct simulated_sum sum;
    uint64_t claimed;
    int status = claim_all(network, &claimed);

    if (!status)
        status = simulated_chain_check(network->chain, &sum);

    if (status)
        return status;
    if (network->events->total) {
        const struct simulation_total total = {
            .rounds_paid = network->paid,
            .bounty_left = simulated_chain_bounty(network->chain),
            .claimed = claimed,
            .tokens = sum.tokens,
            .coins_at_first_roe = sum.at_first,
            .coins_burned_roe = sum.burned,
            .coins_roe = sum.now};

        network->events->total(network->user, &total);
    }
    return network->faults ? err_set(ERR_RANGE, "%s", network->fault) : 0;
}

/* The keys are those that the nodes' signers will draw. */
static int open_chain(struct simulated_network *network)
{
    const struct simulation_options *options = network->options;
    struct pubkey keys[SIMULATION_NODES_MAX];

    for (unsigned i = 0; i < options->nodes; i++)
        simulated_node_key(network, i, &keys[i]);
    const struct simulated_chain_options chain = {
        .deployment = options->deployment,
        .staking_keys = keys,
        .node_count = options->nodes,
        .stake = 2 * options->deployment->minimum_stake_roe,
        .decimals = options->token_decimals,
        .seed = options->seed};
    return simulated_chain_open(&chain, &network->chain);
}

static void open_rounds(struct simulated_network *network)
{
    const struct simulation_options *options = network->options;

    network->rounds = mem_zero(options->rounds, sizeof(*network->rounds));
    for (uint64_t i = 0; i < options->rounds; i++) {
        struct simulated_round *round = &network->rounds[i];

        round->round = i;
        round->is_open = true;
        round->shares = mem_zero(options->nodes, sizeof(*round->shares));
    }
}

static void close_rounds(struct simulated_network *network)
{
    for (uint64_t i = 0; i < network->options->rounds; i++) {
        struct simulated_round *round = &network->rounds[i];

        for (unsigned node = 0; node < network->options->nodes; node++) {
            free(round->shares[node].submission);
            free(round->shares[node].list);
        }
        free(round->shares);
    }
    free(network->rounds);
}

/* ---- its end by a signal ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    char text[64];

    snprintf(text, sizeof(text), "it was ended by signal %d", number);
    simulated_give_up(handle->data, ERR_CANCELLED, text);
}

/* Workers and the folder are put away as after an error. The handles keep no
 * loop alive. */
static void watch_signals(struct simulated_network *network)
{
    static const int numbers[SIMULATED_SIGNALS] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < SIMULATED_SIGNALS; i++) {
        uv_signal_t *handle = &network->signals[i];

        CHECK(!uv_signal_init(&network->loop, handle));
        handle->data = network;
        uv_unref((uv_handle_t *)handle);
        (void)uv_signal_start(handle, on_signal, numbers[i]);
    }
}

static void close_signals(struct simulated_network *network)
{
    for (size_t i = 0; i < SIMULATED_SIGNALS; i++)
        uv_close((uv_handle_t *)&network->signals[i], NULL);
}

int simulated_network_run(const struct simulation_options *options,
                          const struct simulation_events *events, void *user)
{
    CHECK(options->rounds > 0 && options->nodes > 0 &&
          options->nodes <= SIMULATION_NODES_MAX && options->cheats);
    struct simulated_network network = {.options = options,
                                        .events = events,
                                        .user = user,
                                        .random = random_make(options->seed)};
    struct store_options store_options = {.make_room = collection_make_room};
    char *store = mem_format("%s/store", options->folder);
    int status = open_chain(&network);

    if (!status)
        status = store_open(store, &store_options, &network.store);
    if (!status) {
        network.nodes = mem_zero(options->nodes, sizeof(*network.nodes));
        open_rounds(&network);
        CHECK(uv_loop_init(&network.loop) == 0);
        watch_signals(&network);
        status = simulated_nodes_start(&network);
        if (!status)
            status = run_rounds(&network);
        if (!status)
            status = sum_up(&network);
        /* What happened, not what happened while tidying up. */
        snprintf(network.text, sizeof(network.text), "%s", err_text());
        close_signals(&network);
        simulated_nodes_stop(&network);
        err_set(status, "%s", network.text);
        CHECK(uv_loop_close(&network.loop) == 0);
        close_rounds(&network);
        free(network.nodes);
        store_close(network.store);
    }
    simulated_chain_close(network.chain);
    free(store);
    return status;
}
