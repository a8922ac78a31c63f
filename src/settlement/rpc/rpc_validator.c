/*
 * The validators in Solana's words: vote accounts, nodes, commitments of
 * blocks, health. Any HTTP thread.
 */
#include "settlement/rpc/rpc_validators.h"

#include "base/error.h"
#include <inttypes.h>
#include <stdio.h>

/* Solana's DELINQUENT_VALIDATOR_SLOT_DISTANCE. */
#define DELINQUENT_SLOTS 128

/* Depths of lockout for which getBlockCommitment shows stake: Solana's
 * MAX_LOCKOUT_HISTORY + 1. */
#define LOCKOUT_DEPTHS 32

/* ---- getBlockCommitment ---- */

/* [slot]. The commitment is the stake by depth of lockout: what has voted for
 * the block at depth 0, and for its being final at the greatest. The others
 * have 0, because there are no lockouts. All the stake of a validator that is
 * alone is behind each block. Null for a slot without a block, or so long ago
 * that votes are not known any more. */
static int get_block_commitment(struct rpc_request *request)
{
    uint64_t slot, stakes[LOCKOUT_DEPTHS] = {0};
    struct ledger_view *view;
    struct ledger_header header;
    struct rpc_validators validators;
    struct cluster_signers signers;
    request->level = LEDGER_PROCESSED;
    int status = rpc_parameter_u64(request, 0, &slot);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_validators_read(request, &validators);
    bool is_there = !ledger_header(view, slot, &header);
    bool is_known = is_there && validators.count == 1;
    stakes[LOCKOUT_DEPTHS - 1] = validators.stake;
    if (is_there && rpc_signers_find(request, slot, &validators, &signers)) {
        is_known = true;
        stakes[0] = signers.notarized_stake;
        stakes[LOCKOUT_DEPTHS - 1] = signers.finalized_stake;
    }
    json_open_object(&request->out);
    json_name(&request->out, "commitment");
    if (is_known) {
        json_open_array(&request->out);
        for (int i = 0; i < LOCKOUT_DEPTHS; i++)
            json_write_u64(&request->out, stakes[i]);
        json_close_array(&request->out);
    } else {
        json_write_null(&request->out);
    }
    json_field_u64(&request->out, "totalStake", validators.stake);
    json_close_object(&request->out);
    return 0;
}

/* ---- getVoteAccounts ---- */

/* A validator that has not voted shows slot 0, as on Solana. */
static void write_vote_account(struct json_writer *out,
                               const struct cluster_validator *validator)
{
    uint64_t last = validator->last_vote, root = validator->root_slot;
    json_open_object(out);
    json_field_u64(out, "activatedStake", validator->stake);
    json_field_u64(out, "commission", validator->commission);
    json_name(out, "epochCredits");
    json_open_array(out);
    json_close_array(out);
    json_field_bool(out, "epochVoteAccount", true);
    json_field_u64(out, "lastVote", last == CLUSTER_NO_SLOT ? 0 : last);
    rpc_field_key(out, "nodePubkey", &validator->identity);
    json_field_u64(out, "rootSlot", root == CLUSTER_NO_SLOT ? 0 : root);
    rpc_field_key(out, "votePubkey", &validator->vote);
    json_close_object(out);
}

/* The parameters of getVoteAccounts. */
struct vote_search {
    bool has_key;
    struct pubkey key;
    uint64_t slot;
    uint64_t distance; /* of who is not delinquent */
};

static void write_vote_accounts(struct json_writer *out, const char *name,
                                const struct rpc_validators *validators,
                                const struct vote_search *search,
                                bool is_delinquent)
{
    json_name(out, name);
    json_open_array(out);
    for (size_t i = 0; i < validators->count; i++) {
        const struct cluster_validator *at = &validators->at[i];
        if ((!search->has_key || pubkey_equal(&search->key, &at->vote)) &&
            (rpc_slots_behind(at, search->slot) > search->distance) ==
                is_delinquent)
            write_vote_account(out, at);
    }
    json_close_array(out);
}

/* [{votePubkey?, delinquentSlotDistance?, keepUnstakedDelinquents?}?]. All have
 * stake, so the last changes nothing. */
static int get_vote_accounts(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    struct rpc_validators validators;
    struct vote_search search;
    bool has_distance, keeps;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_config_key(request, &config, "votePubkey", &search.has_key,
                                &search.key);
    if (!status)
        status = rpc_config_u64(request, &config, "delinquentSlotDistance",
                                &has_distance, &search.distance);
    if (!status)
        status = rpc_config_bool(request, &config, "keepUnstakedDelinquents",
                                 false, &keeps);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    search.slot = ledger_view_tip(view)->slot;
    if (!has_distance)
        search.distance = DELINQUENT_SLOTS;
    rpc_validators_read(request, &validators);
    json_open_object(&request->out);
    write_vote_accounts(&request->out, "current", &validators, &search, false);
    write_vote_accounts(&request->out, "delinquent", &validators, &search,
                        true);
    json_close_object(&request->out);
    return 0;
}

/* ---- getClusterNodes ---- */

/* There is no gossip and no TPU: validators talk by connections of their own,
 * whose address stands in gossip's place. */
static void write_node(struct json_writer *out,
                       const struct cluster_validator *node)
{
    static const char *const addresses[] = {
        "pubsub",          "serveRepair", "tpu",     "tpuForwards",
        "tpuForwardsQuic", "tpuQuic",     "tpuVote", "tvu"};
    json_open_object(out);
    json_field_u64(out, "featureSet", RPC_FEATURE_SET);
    rpc_field_text_or_null(out, "gossip", node->address);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
        json_field_null(out, addresses[i]);
    rpc_field_key(out, "pubkey", &node->identity);
    rpc_field_text_or_null(out, "rpc", node->rpc);
    json_field_u64(out, "shredVersion", 0);
    json_field_text(out, "version", RPC_SOLANA_VERSION);
    json_close_object(out);
}

/* This node, and those that are connected to it. One that only watches is not
 * among the validators. */
static int get_cluster_nodes(struct rpc_request *request)
{
    const struct rpc_options *options = request->options;
    struct ledger_view *view;
    struct rpc_validators validators;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    rpc_validators_read(request, &validators);
    struct cluster_validator self = {.identity = options->identity};
    if (validators.state.has_self)
        self = validators.at[validators.state.self];
    if (options->address)
        snprintf(self.rpc, sizeof(self.rpc), "%s", options->address);
    json_open_array(&request->out);
    write_node(&request->out, &self);
    for (size_t i = 0; i < validators.count; i++)
        if (validators.at[i].is_connected &&
            !pubkey_equal(&validators.at[i].identity, &self.identity))
            write_node(&request->out, &validators.at[i]);
    json_close_array(&request->out);
    return 0;
}

/* ---- Health ---- */

/* Solana's words and data. */
static int get_health(struct rpc_request *request)
{
    uint64_t behind;
    bool stalled = rpc_is_stalled(request->options, &behind);
    if (!behind && !stalled) {
        json_write_text(&request->out, "ok");
        return 0;
    }
    struct json_writer *data = &request->error_data;
    json_open_object(data);
    if (behind)
        json_field_u64(data, "numSlotsBehind", behind);
    else
        json_field_null(data, "numSlotsBehind");
    json_close_object(data);
    return behind ? rpc_fail(request, RPC_NODE_UNHEALTHY,
                             "Node is behind by %" PRIu64 " slots", behind)
                  : rpc_fail(request, RPC_NODE_UNHEALTHY, "Node is unhealthy");
}

/* The newest slot of which anything is here: getMaxRetransmitSlot and
 * getMaxShredInsertSlot, which Solana's nodes count apart. */
static int get_max_slot(struct rpc_request *request)
{
    struct ledger_view *view;
    request->level = LEDGER_PROCESSED;
    int status = rpc_view(request, &view);
    if (!status)
        json_write_u64(&request->out, ledger_view_tip(view)->slot);
    return status;
}

const struct rpc_method rpc_validator_methods[] = {
    {"getBlockCommitment", 1, 1, get_block_commitment},
    {"getClusterNodes", 0, 0, get_cluster_nodes},
    {"getHealth", 0, 0, get_health},
    {"getMaxRetransmitSlot", 0, 0, get_max_slot},
    {"getMaxShredInsertSlot", 0, 0, get_max_slot},
    {"getVoteAccounts", 0, 1, get_vote_accounts},
    {0},
};
