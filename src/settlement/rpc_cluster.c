/*
 * The network: identity, epochs, supply, health.
 */
#include "settlement/rpc_request.h"

#include "base/error.h"
#include "settlement/performance.h"
#include "settlement/snapshot.h"

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

/* ---- getLargestAccounts ---- */

#define LARGEST_MAX 20 /* Solana's NUM_LARGEST_ACCOUNTS */

struct largest {
    uint64_t lamports;
    struct pubkey key;
};

/* Keep the list in descending order; what falls off its end is gone. */
static void keep_largest(struct largest *list, size_t *count,
                         const struct largest *item)
{
    size_t at = *count;
    while (at > 0 && list[at - 1].lamports < item->lamports)
        at--;
    if (at == LARGEST_MAX)
        return;
    size_t moved = (*count < LARGEST_MAX ? *count : LARGEST_MAX - 1) - at;
    memmove(&list[at + 1], &list[at], moved * sizeof *list);
    list[at] = *item;
    if (*count < LARGEST_MAX)
        ++*count;
}

static int find_largest(struct rpc_request *request, struct largest *list,
                        size_t *count)
{
    static const uint8_t prefix[] = {ACCOUNT_ROW_PREFIX};
    struct state_cursor *cursor =
        state_cursor_open(ledger_view_state(request->view),
                          bytes_make(prefix, 1), (struct bytes){0});
    struct bytes key, row;
    int status = 0;
    while (!status && state_cursor_next(cursor, &key, &row)) {
        struct account account;
        struct largest item;
        status = account_decode(row, &account);
        item.lamports = account.lamports;
        memcpy(item.key.bytes, key.data + 1, sizeof item.key.bytes);
        if (!status)
            keep_largest(list, count, &item);
    }
    state_cursor_close(cursor);
    return status ? rpc_fail_status(request, status) : 0;
}

static int get_largest_accounts(struct rpc_request *request)
{
    struct largest list[LARGEST_MAX];
    size_t count = 0;
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = find_largest(request, list, &count);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_open_array(&request->out);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&request->out);
        rpc_field_key(&request->out, "address", &list[i].key);
        json_field_u64(&request->out, "lamports", list[i].lamports);
        json_close_object(&request->out);
    }
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

/* ---- Nodes ---- */

static int get_cluster_nodes(struct rpc_request *request)
{
    struct json_writer *out = &request->out;
    static const char *const addresses[] = {
        "gossip",          "pubsub",  "serveRepair", "tpu", "tpuForwards",
        "tpuForwardsQuic", "tpuQuic", "tpuVote",     "tvu"};
    json_open_array(out);
    json_open_object(out);
    json_field_u64(out, "featureSet", FEATURE_SET);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        json_field_null(out, addresses[i]); /* not reached that way */
    rpc_field_key(out, "pubkey", &request->options->identity);
    json_name(out, "rpc");
    if (request->options->address)
        json_write_text(out, request->options->address);
    else
        json_write_null(out);
    json_field_u64(out, "shredVersion", 0);
    json_field_text(out, "version", SOLANA_CORE_VERSION);
    json_close_object(out);
    json_close_array(out);
    return 0;
}

static int get_highest_snapshot_slot(struct rpc_request *request)
{
    const char *folder = request->options->snapshots_path;
    uint64_t slot;
    if (!folder || snapshot_newest(folder, &slot)) {
        err_clear();
        return rpc_fail(request, RPC_NO_SNAPSHOT, "No snapshot");
    }
    json_open_object(&request->out);
    json_field_u64(&request->out, "full", slot);
    json_name(&request->out, "incremental");
    json_write_null(&request->out);
    json_close_object(&request->out);
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
    {"getClusterNodes", get_cluster_nodes},
    {"getEpochInfo", get_epoch_info},
    {"getEpochSchedule", get_epoch_schedule},
    {"getGenesisHash", get_genesis_hash},
    {"getHealth", get_health},
    {"getHighestSnapshotSlot", get_highest_snapshot_slot},
    {"getIdentity", get_identity},
    {"getLargestAccounts", get_largest_accounts},
    {"getRecentPerformanceSamples", get_performance_samples},
    {"getSupply", get_supply},
    {"getVersion", get_version},
    {NULL, NULL},
};
