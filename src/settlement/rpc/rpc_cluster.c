/*
 * The network: identity, epochs, supply.
 *
 * Methods about things that this network does not have answer truly in Solana's
 * terms, without an error: no lamports are locked, so all circulate; epochs
 * have no warm-up.
 *
 * Everything is read from the snapshot or from the validator's options.
 * getLargestAccounts walks all accounts; the other methods cost nothing. Any
 * HTTP thread.
 */
#include "settlement/rpc/rpc_account.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/chain/performance.h"
#include "settlement/ledger/snapshot_watch.h"

/* "pond" is an addition: it names the implementation that answers. Solana's
 * clients read the other fields. */
static int get_version(struct rpc_request *request)
{
    json_open_object(&request->out);
    json_field_u64(&request->out, "feature-set", RPC_FEATURE_SET);
    json_field_text(&request->out, "pond", POND_VERSION);
    json_field_text(&request->out, "solana-core", RPC_SOLANA_VERSION);
    json_close_object(&request->out);
    return 0;
}

/* The key of the validator that answers, which is its leader key as well. */
static int get_identity(struct rpc_request *request)
{
    json_open_object(&request->out);
    rpc_field_key(&request->out, "identity", &request->options->identity);
    json_close_object(&request->out);
    return 0;
}

/* The genesis' hash, which names the network: wallets compare it to know which
 * network they are on. */
static int get_genesis_hash(struct rpc_request *request)
{
    json_write_text(&request->out,
                    HASH_TEXT(&ledger_genesis(request->options->ledger)->hash));
    return 0;
}

void rpc_write_epoch_info(struct json_writer *out, const struct bank_info *tip,
                          uint64_t slot)
{
    json_open_object(out);
    json_field_u64(out, "absoluteSlot", slot);
    json_field_u64(out, "blockHeight", tip->block_height);
    json_field_u64(out, "epoch", slot / tip->slots_per_epoch);
    json_field_u64(out, "slotIndex", slot % tip->slots_per_epoch);
    json_field_u64(out, "slotsInEpoch", tip->slots_per_epoch);
    json_field_u64(out, "transactionCount", tip->transaction_count);
    json_close_object(out);
}

/* [options?]. slotIndex counts from the epoch's first slot, a multiple of the
 * epoch's length, because there is no warm-up. */
static int get_epoch_info(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (status)
        return status;
    rpc_write_epoch_info(&request->out, tip, tip->slot);
    return 0;
}

/* The schedule of leaders is known one epoch ahead. */
static int get_epoch_schedule(struct rpc_request *request)
{
    uint64_t slots =
        genesis_slots_per_epoch(ledger_genesis(request->options->ledger));
    json_open_object(&request->out);
    json_field_u64(&request->out, "firstNormalEpoch", 0);
    json_field_u64(&request->out, "firstNormalSlot", 0);
    json_field_u64(&request->out, "leaderScheduleSlotOffset", slots);
    json_field_u64(&request->out, "slotsPerEpoch", slots);
    json_field_bool(&request->out, "warmup", false);
    json_close_object(&request->out);
    return 0;
}

/* [options?] gives roe in a context. All lamports circulate. The number is the
 * bank's own and falls as fees are burned; ledger_check() compares it with the
 * sum of accounts. */
static int get_supply(struct rpc_request *request)
{
    const struct bank_info *tip;
    struct json_writer *out = &request->out;
    int status = rpc_tip(request, 0, &tip);
    if (status)
        return status;
    uint64_t total = tip->capitalization;
    rpc_open_context(out, tip->slot);
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

/* Solana's NUM_LARGEST_ACCOUNTS. */
#define LARGEST_MAX 20

/* The largest accounts found so far, in descending order of lamports. */
struct largest {
    size_t count;
    struct {
        uint64_t lamports;
        struct pubkey key;
    } items[LARGEST_MAX];
};

/* Insert into a short list: once it is full, nearly all accounts end at the
 * first comparison. The last entry falls off the end. Of equal entries the
 * greater key stands first, as on Solana; the walk begins with the least key.
 */
static int keep_largest(void *user, const struct pubkey *key,
                        struct account *account)
{
    struct largest *largest = user;
    size_t at = largest->count;
    CHECK(at <= LARGEST_MAX);
    while (at > 0 && largest->items[at - 1].lamports <= account->lamports)
        at--;
    if (at == LARGEST_MAX)
        return 0;
    if (largest->count < LARGEST_MAX)
        largest->count++;
    memmove(&largest->items[at + 1], &largest->items[at],
            (largest->count - 1 - at) * sizeof(*largest->items));
    largest->items[at].lamports = account->lamports;
    largest->items[at].key = *key;
    return 0;
}

/* "filter": "circulating" or "nonCirculating". All accounts are of the first
 * kind, so the second shows an empty list. */
static int read_circulation(struct rpc_request *request, int *has_none)
{
    static const struct rpc_word words[] = {
        {"circulating", false}, {"nonCirculating", true}, {NULL, 0}};
    struct json_object *options = rpc_parameter(request, 0), *filter = NULL;
    *has_none = false;
    if (json_object_is_type(options, json_type_object))
        json_object_object_get_ex(options, "filter", &filter);
    if (!filter)
        return 0;
    return rpc_read_word(request, filter, words, has_none);
}

/* [{filter?}?] gives the twenty largest, with roe, in a context. */
static int get_largest_accounts(struct rpc_request *request)
{
    struct largest largest = {.count = 0};
    const struct bank_info *tip;
    int has_none;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        status = read_circulation(request, &has_none);
    if (!status && !has_none)
        status = rpc_visit_accounts(request, NULL, keep_largest, &largest);
    if (status)
        return status;
    rpc_open_context(&request->out, tip->slot);
    json_open_array(&request->out);
    for (size_t i = 0; i < largest.count; i++) {
        json_open_object(&request->out);
        rpc_field_key(&request->out, "address", &largest.items[i].key);
        json_field_u64(&request->out, "lamports", largest.items[i].lamports);
        json_close_object(&request->out);
    }
    json_close_array(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

/* ---- This node ---- */

/* The newest snapshot in the validator's folder. There are no incremental
 * snapshots. Without a snapshot there is an error of its own and not null, as
 * on Solana. */
static int get_highest_snapshot_slot(struct rpc_request *request)
{
    struct snapshot_watch *snapshots = request->options->snapshots;
    uint64_t slot;
    if (!snapshots || snapshot_watch_newest(snapshots, &slot)) {
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

/* [limit?]; at most PERFORMANCE_SAMPLES_MAX, 12 hours of them. Newest first, a
 * sample a minute. No transaction is a vote, so both counts are the same. The
 * period is rounded to seconds. */
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
    {"getEpochInfo", 0, 1, get_epoch_info},
    {"getEpochSchedule", 0, 0, get_epoch_schedule},
    {"getGenesisHash", 0, 0, get_genesis_hash},
    {"getHighestSnapshotSlot", 0, 0, get_highest_snapshot_slot},
    {"getIdentity", 0, 0, get_identity},
    {"getLargestAccounts", 0, 1, get_largest_accounts},
    {"getRecentPerformanceSamples", 0, 1, get_performance_samples},
    {"getSupply", 0, 1, get_supply},
    {"getVersion", 0, 0, get_version},
    {0},
};
