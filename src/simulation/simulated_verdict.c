/*
 * What is said of nodes: by the simulation about the task, and by nodes about
 * each other.
 */
#include "base/error.h"
#include "simulation/simulated_network_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void simulated_fault(struct simulated_network *network, uint64_t round,
                     const struct simulated_node *node, const char *format, ...)
{
    char text[ERR_TEXT_SIZE - 32]; /* leaves room for the round */
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!network->faults++)
        snprintf(network->fault, sizeof(network->fault),
                 "round %" PRIu64 ": %s", round, text);
    if (network->events->fault)
        network->events->fault(network->user, round,
                               node ? node->world.node : 0, text);
}

/* The chain has refused what an honest node did. */
void simulated_refusal(struct simulated_network *network, uint64_t round,
                       const struct simulated_node *node, const char *what)
{
    if (node->cheat == SIMULATION_HONEST)
        simulated_fault(network, round, node, "%s of node %u: %s", what,
                        node->world.node, err_text());
    err_clear();
}

/* What any node's function threw ends the simulation: all run the same code. */
int simulated_check_calls(struct simulated_network *network)
{
    for (unsigned i = 0; i < network->count; i++) {
        const struct simulated_node *node = &network->nodes[i];

        if (node->has_result && node->status)
            return err_set(ERR_RANGE,
                           "round %" PRIu64 ": %s() failed on node %u",
                           network->call.round, network->call.function, i + 1);
    }
    return 0;
}

enum simulated_verdict simulated_told(const struct simulated_node *node,
                                      enum simulated_verdict verdict)
{
    if (node->cheat != SIMULATION_LIAR || verdict == VERDICT_OPEN)
        return verdict;
    return verdict == VERDICT_TRUE ? VERDICT_FALSE : VERDICT_TRUE;
}

/* Accusations first: a node that finds nothing wrong votes only on what others
 * accuse. */
void simulated_vote(struct simulated_network *network, uint64_t round,
                    bool is_list, unsigned candidate,
                    const enum simulated_verdict *verdicts)
{
    static const enum simulated_verdict order[] = {VERDICT_FALSE, VERDICT_TRUE};

    for (size_t pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < network->count; i++) {
            if (verdicts[i] != order[pass] ||
                (pass == 1 && !simulated_chain_votes(network->chain, is_list,
                                                     candidate, round)
                                   .is_accused))
                continue;
            if (simulated_chain_vote(network->chain, is_list, i, candidate,
                                     round, order[pass] == VERDICT_TRUE))
                simulated_refusal(network, round, &network->nodes[i],
                                  "the vote");
        }
    }
}
