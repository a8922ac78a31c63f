/*
 * The network: identity, epochs, supply, health.
 */
#include "settlement/rpc_request.h"

#include "base/error.h"
#include "settlement/performance.h"

/* The version of Solana whose API and programs these answers follow. Clients
 * compare it with the versions that introduced a method. */
#define SOLANA_CORE_VERSION "2.2.0"
#define FEATURE_SET 3294202862u /* that version's */

static int get_version(struct rpc_request *request)
{
    json_open_object(&request->out);
    json_field_u64(&request->out, "feature-set", FEATURE_SET);
    json_field_text(&request->out, "pond", POND_VERSION);
    json_field_text(&request->out, "solana-core", SOLANA_CORE_VERSION);
    json_close_object(&request->out);
    return 0;
}

static int get_health(struct rpc_request *request)
{
    json_write_text(&request->out, "ok");
    return 0;
}

static int get_identity(struct rpc_request *request)
{
    json_open_object(&request->out);
    rpc_field_key(&request->out, "identity", &request->options->identity);
    json_close_object(&request->out);
    return 0;
}

static int get_genesis_hash(struct rpc_request *request)
{
    json_write_text(&request->out,
                    HASH_TEXT(&ledger_genesis(request->options->ledger)->hash));
    return 0;
}

static int get_epoch_info(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    const struct bank_info *tip = ledger_view_tip(view);
    json_open_object(&request->out);
    json_field_u64(&request->out, "absoluteSlot", tip->slot);
    json_field_u64(&request->out, "blockHeight", tip->block_height);
    json_field_u64(&request->out, "epoch", tip->epoch);
    json_field_u64(&request->out, "slotIndex",
                   tip->slot - tip->epoch * BANK_SLOTS_PER_EPOCH);
    json_field_u64(&request->out, "slotsInEpoch", BANK_SLOTS_PER_EPOCH);
    json_field_u64(&request->out, "transactionCount", tip->transaction_count);
    json_close_object(&request->out);
    return 0;
}

static int get_epoch_schedule(struct rpc_request *request)
{
    json_open_object(&request->out);
    json_field_u64(&request->out, "firstNormalEpoch", 0);
    json_field_u64(&request->out, "firstNormalSlot", 0);
    json_field_u64(&request->out, "leaderScheduleSlotOffset",
                   BANK_SLOTS_PER_EPOCH);
    json_field_u64(&request->out, "slotsPerEpoch", BANK_SLOTS_PER_EPOCH);
    json_field_bool(&request->out, "warmup", false);
    json_close_object(&request->out);
    return 0;
}

/* With one validator every slot is its own. */
static const struct pubkey *leader_of(const struct rpc_request *request)
{
    return &ledger_genesis(request->options->ledger)->validators[0].identity;
}

static int get_slot_leader(struct rpc_request *request)
{
    struct rpc_config config;
    int status = rpc_config(request, 0, &config);
    if (!status)
        rpc_write_key(&request->out, leader_of(request));
    return status;
}

static int get_slot_leaders(struct rpc_request *request)
{
    uint64_t from, limit;
    int status = rpc_parameter_u64(request, 0, &from);
    if (!status)
        status = rpc_parameter_u64(request, 1, &limit);
    if (!status && limit > 5000)
        status =
            rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max 5000");
    if (status)
        return status;
    json_open_array(&request->out);
    for (uint64_t i = 0; i < limit; i++)
        rpc_write_key(&request->out, leader_of(request));
    json_close_array(&request->out);
    return 0;
}

static int get_vote_accounts(struct rpc_request *request)
{
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    const struct genesis *genesis = ledger_view_genesis(view);
    uint64_t slot = ledger_view_tip(view)->slot;
    json_open_object(out);
    json_name(out, "current");
    json_open_array(out);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        const struct genesis_validator *validator = &genesis->validators[i];
        json_open_object(out);
        json_field_u64(out, "activatedStake", validator->stake);
        json_field_u64(out, "commission", 0);
        json_name(out, "epochCredits");
        json_open_array(out);
        json_close_array(out);
        json_field_bool(out, "epochVoteAccount", true);
        json_field_u64(out, "lastVote", slot);
        rpc_field_key(out, "nodePubkey", &validator->identity);
        json_field_u64(out, "rootSlot", slot);
        rpc_field_key(out, "votePubkey", &validator->identity);
        json_close_object(out);
    }
    json_close_array(out);
    json_name(out, "delinquent");
    json_open_array(out);
    json_close_array(out);
    json_close_object(out);
    return 0;
}

static int get_supply(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    uint64_t total = ledger_view_tip(view)->capitalization;
    rpc_open_context(out, ledger_view_tip(view)->slot);
    json_open_object(out);
    json_field_u64(out, "circulating", total);
    json_field_u64(out, "nonCirculating", 0);
    json_name(out, "nonCirculatingAccounts");
    json_open_array(out);
    json_close_array(out);
    json_field_u64(out, "total", total);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

static int get_performance_samples(struct rpc_request *request)
{
    struct performance_sample samples[PERFORMANCE_SAMPLES_MAX];
    uint64_t limit = PERFORMANCE_SAMPLES_MAX;
    size_t count = 0;
    int status = 0;
    if (rpc_parameter(request, 0))
        status = rpc_parameter_u64(request, 0, &limit);
    if (!status && limit > PERFORMANCE_SAMPLES_MAX)
        status = rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max %d",
                          PERFORMANCE_SAMPLES_MAX);
    if (status)
        return status;
    if (request->options->performance)
        count = performance_samples(request->options->performance, samples,
                                    (size_t)limit);
    json_open_array(&request->out);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&request->out);
        json_field_u64(&request->out, "numNonVoteTransactions",
                       samples[i].transactions);
        json_field_u64(&request->out, "numSlots", samples[i].slots);
        json_field_u64(&request->out, "numTransactions",
                       samples[i].transactions);
        json_field_u64(&request->out, "samplePeriodSecs",
                       (samples[i].period_ms + 500) / 1000);
        json_field_u64(&request->out, "slot", samples[i].slot);
        json_close_object(&request->out);
    }
    json_close_array(&request->out);
    return 0;
}

const struct rpc_method rpc_cluster_methods[] = {
    {"getEpochInfo", get_epoch_info},
    {"getEpochSchedule", get_epoch_schedule},
    {"getGenesisHash", get_genesis_hash},
    {"getHealth", get_health},
    {"getIdentity", get_identity},
    {"getRecentPerformanceSamples", get_performance_samples},
    {"getSlotLeader", get_slot_leader},
    {"getSlotLeaders", get_slot_leaders},
    {"getSupply", get_supply},
    {"getVersion", get_version},
    {"getVoteAccounts", get_vote_accounts},
    {NULL, NULL},
};
