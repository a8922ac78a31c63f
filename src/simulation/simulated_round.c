/*
 * What is due in a round of the clock, in a node's order: work, submissions and
 * lists in the submission window, verdicts in the audit window, payouts after
 * it.
 *
 * Honest nodes do as node/task does, and each of them at the first slot where
 * it may. Whether an honest node may be wrong about another one is judged here:
 * only here it is known who is honest. What a cheater is refused by the chain
 * is no fault of the task.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "simulation/simulated_network_parts.h"

#include <inttypes.h>
#include <stdlib.h>

bool simulated_rounds_are_over(const struct simulated_network *network)
{
    for (uint64_t i = 0; i < network->options->rounds; i++) {
        if (network->rounds[i].is_open)
            return false;
    }
    return true;
}

static bool round_arguments(struct simulated_node *node, struct buffer *out)
{
    buffer_format(out, "[%" PRIu64 "]", node->network->call.round);
    return true;
}

/* ---- submissions ---- */

static bool submission_arguments(struct simulated_node *node,
                                 struct buffer *out)
{
    return node->cheat != SIMULATION_SILENT && round_arguments(node, out);
}

/* As text; NULL if the task gave none. */
static char *submission_of(struct simulated_node *node)
{
    struct json_object *value = NULL;
    struct buffer altered = {0};
    char *text = NULL;

    if (!node->has_result || json_parse(bytes_text(node->json), &value) != 0)
        return NULL;
    if (json_object_is_type(value, json_type_string) &&
        json_object_get_string_len(value) > 0) {
        if (node->cheat == SIMULATION_WRONG)
            simulated_cheat_text(&node->network->random,
                                 json_object_get_string(value), &altered);
        text = mem_text(altered.size ? buffer_string(&altered)
                                     : json_object_get_string(value));
    }
    buffer_free(&altered);
    json_object_put(value);
    return text;
}

static int submit(struct simulated_network *network,
                  struct simulated_round *round)
{
    int status = simulated_call(network, "submission", round->round, 0,
                                submission_arguments);

    if (!status)
        status = simulated_check_calls(network);
    for (unsigned i = 0; i < network->count && !status; i++) {
        struct simulated_node *node = &network->nodes[i];
        char *text = submission_of(node);

        if (!text)
            continue;
        if (simulated_chain_submit(network->chain, i, round->round,
                                   bytes_text(text))) {
            simulated_refusal(network, round->round, node, "the submission");
            free(text);
        } else {
            round->shares[i].submission = text;
        }
    }
    return status;
}

/* ---- verdicts ---- */

static bool audit_arguments(struct simulated_node *node, struct buffer *out)
{
    struct simulated_network *network = node->network;
    unsigned candidate = network->call.subject - 1;
    struct json_writer writer = json_writer_make(out);

    if (node->at == candidate)
        return false;
    json_open_array(&writer);
    json_write_text(
        &writer,
        network->rounds[network->call.round].shares[candidate].submission);
    json_write_u64(&writer, network->call.round);
    json_write_text(
        &writer, PUBKEY_TEXT(simulated_chain_key(network->chain, candidate)));
    json_close_array(&writer);
    return true;
}

/* What isn't false counts as true. One that throws has said nothing, and a
 * cheater is not found by it. */
static enum simulated_verdict verdict_of(struct simulated_node *node,
                                         const struct simulated_node *candidate)
{
    struct simulated_network *network = node->network;
    uint64_t round = network->call.round;

    if (!node->has_result)
        return VERDICT_OPEN;
    if (node->status) {
        simulated_fault(network, round, node,
                        "audit() on node %u gave no verdict on node %u",
                        node->world.node, candidate->world.node);
        return VERDICT_OPEN;
    }
    bool is_true = strcmp(node->json, "false") != 0;
    if (is_true && candidate->cheat == SIMULATION_WRONG)
        simulated_fault(network, round, node,
                        "audit() on node %u takes the wrong submission of node "
                        "%u for true",
                        node->world.node, candidate->world.node);
    else if (!is_true && candidate->cheat != SIMULATION_WRONG)
        simulated_fault(network, round, node,
                        "audit() on node %u calls the true submission of node "
                        "%u false",
                        node->world.node, candidate->world.node);
    return is_true ? VERDICT_TRUE : VERDICT_FALSE;
}

static int audit(struct simulated_network *network,
                 struct simulated_round *round)
{
    int status = 0;

    for (unsigned i = 0; i < network->count && !status; i++) {
        enum simulated_verdict verdicts[SIMULATION_NODES_MAX];

        if (!round->shares[i].submission)
            continue;
        status = simulated_call(network, "audit", round->round, i + 1,
                                audit_arguments);
        if (status)
            break;
        for (unsigned n = 0; n < network->count; n++)
            verdicts[n] = simulated_told(
                &network->nodes[n],
                verdict_of(&network->nodes[n], &network->nodes[i]));
        simulated_vote(network, round->round, false, i, verdicts);
    }
    return status;
}

/* ---- all of it ---- */

int simulated_clock_round(struct simulated_network *network, uint64_t now)
{
    const struct deployment *terms = network->options->deployment;
    uint64_t rounds = network->options->rounds;
    struct simulated_round *last =
        now >= 1 && now - 1 < rounds ? &network->rounds[now - 1] : NULL;
    int status = 0;

    for (unsigned i = 0; i < network->count; i++)
        network->nodes[i].world.now = now;
    simulated_chain_go(network->chain, now, 0);
    if (now < rounds) {
        status = simulated_call(network, "task", now, 0, round_arguments);
        if (!status)
            status = simulated_check_calls(network);
    }
    if (!status && last)
        status = submit(network, last);
    if (!status)
        status = simulated_lists_send(network, now);
    if (status)
        return status;

    simulated_chain_go(network->chain, now, terms->submission_window);
    if (last)
        status = audit(network, last);
    if (status)
        return status;
    simulated_lists_audit(network, now);

    simulated_chain_go(network->chain, now,
                       terms->submission_window + terms->audit_window);
    simulated_payouts(network, now);
    return 0;
}
