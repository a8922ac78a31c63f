/*
 * Leaders, votes, stake and inflation. The one validator leads every slot and
 * has all the stake.
 *
 * Explorers, wallets and dashboards call these methods before anything else and
 * stop at an error. The answers are right in Solana's terms for a network whose
 * blocks are final when clients first see them: nobody votes, so all the stake
 * confirms each block; nobody delegates, so nobody earns rewards.
 *
 * Only getBlockProduction reads the ledger: two headers. Any HTTP thread.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include "consensus/validator_set.h"
#include "settlement/format/leader.h"
#include <inttypes.h>

/* Solana's limits for getSlotLeaders and, in slots back from the newest, for
 * getBlockProduction (its slot history). */
#define SLOT_LEADERS_MAX 5000
#define SLOT_HISTORY_MAX (1024 * 1024)

/* Depths of lockout for which getBlockCommitment shows stake: Solana's
 * MAX_LOCKOUT_HISTORY + 1. */
#define LOCKOUT_DEPTHS 32

static const struct pubkey *leader_of(const struct rpc_request *request,
                                      uint64_t slot)
{
    return &leader_at(ledger_schedule(request->options->ledger), slot)
                ->identity;
}

/* [options?] gives the leader of the newest slot. */
static int get_slot_leader(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        rpc_write_key(&request->out, leader_of(request, tip->slot));
    return status;
}

/* [first slot, limit]: the leaders of limit slots. */
static int get_slot_leaders(struct rpc_request *request)
{
    uint64_t from, limit;
    struct ledger_view *view;
    int status = rpc_parameter_u64(request, 0, &from);
    if (!status)
        status = rpc_parameter_u64(request, 1, &limit);
    if (!status && limit > SLOT_LEADERS_MAX)
        status = rpc_fail(request, RPC_INVALID_PARAMS, "Invalid limit; max %d",
                          SLOT_LEADERS_MAX);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    /* The schedule is made an epoch ahead. */
    const struct bank_info *tip = ledger_view_tip(view);
    uint64_t known = tip->epoch + 1;
    uint64_t last = limit ? from + (limit - 1) : from;
    uint64_t epoch = (last < from ? UINT64_MAX : last) / tip->slots_per_epoch;
    if (limit && epoch > known) {
        uint64_t first = from / tip->slots_per_epoch;
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid slot range: leader schedule for epoch %" PRIu64
                        " is unavailable",
                        first > known ? first : known + 1);
    }
    json_open_array(&request->out);
    for (uint64_t i = 0; i < limit; i++)
        rpc_write_key(&request->out, leader_of(request, from + i));
    json_close_array(&request->out);
    return 0;
}

/* [slot?, options?]: both may be left out. */
static int read_slot_and_config(struct rpc_request *request, bool *has_slot,
                                uint64_t *slot, struct rpc_config *config)
{
    struct json_object *first = rpc_parameter(request, 0);
    *has_slot = first && !json_object_is_type(first, json_type_object);
    int status = 0;
    if (*has_slot && rpc_parameter_u64(request, 0, slot))
        status = rpc_wrong_form(request, "RpcLeaderScheduleConfigWrapper");
    bool is_first = first && !*has_slot;
    return status ? status : rpc_config(request, is_first ? 0 : 1, config);
}

/* A key among the options. */
static int read_key_option(struct rpc_request *request,
                           const struct rpc_config *config, const char *name,
                           bool *present, struct pubkey *out)
{
    struct json_object *value = NULL;
    if (config->object)
        json_object_object_get_ex(config->object, name, &value);
    *present = value != NULL;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    return rpc_key_of_text(request, json_object_get_string(value), out);
}

/* True if the options name an identity other than the leader's. */
static int wants_other(struct rpc_request *request,
                       const struct rpc_config *config,
                       const struct pubkey *leader, bool *out)
{
    struct pubkey key;
    bool has_key;
    int status = read_key_option(request, config, "identity", &has_key, &key);
    *out = !status && has_key && !pubkey_equal(&key, leader);
    return status;
}

/* The leader of each window of an epoch. In the arena. */
static const struct genesis_validator **
epoch_leaders(struct rpc_request *request, uint64_t first, size_t windows)
{
    struct leader_schedule *schedule =
        ledger_schedule(request->options->ledger);
    const struct genesis_validator **leaders =
        arena_alloc(&request->arena, windows * sizeof(*leaders));
    for (size_t i = 0; i < windows; i++)
        leaders[i] = leader_at(schedule, first + i * WINDOW_SLOTS);
    return leaders;
}

/* The slots of one leader; nothing of who has none. */
static void write_slots(struct json_writer *out,
                        const struct genesis_validator *validator,
                        const struct genesis_validator *const *leaders,
                        size_t windows)
{
    bool has_any = false;
    for (size_t i = 0; i < windows; i++) {
        if (leaders[i] != validator)
            continue;
        if (!has_any) {
            json_name(out, PUBKEY_TEXT(&validator->identity));
            json_open_array(out);
        }
        has_any = true;
        for (size_t k = 0; k < WINDOW_SLOTS; k++)
            json_write_u64(out, i * WINDOW_SLOTS + k);
    }
    if (has_any)
        json_close_array(out);
}

/* [slot?, {identity?}?]. Slots of the epoch by leader, as indexes relative to
 * its first. Null for an epoch whose schedule is not known yet. An answer is
 * some megabytes: an index for each slot of an epoch. */
static int get_leader_schedule(struct rpc_request *request)
{
    bool has_slot, has_key;
    uint64_t slot;
    struct rpc_config config;
    struct pubkey wanted;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    int status = read_slot_and_config(request, &has_slot, &slot, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status =
            read_key_option(request, &config, "identity", &has_key, &wanted);
    if (status)
        return status;
    const struct genesis *genesis = ledger_view_genesis(view);
    const struct bank_info *tip = ledger_view_tip(view);
    uint64_t epoch = has_slot ? slot / tip->slots_per_epoch : tip->epoch;
    /* Schedules are known for this epoch and the next. */
    if (epoch > tip->epoch + 1) {
        json_write_null(out);
        return 0;
    }
    size_t windows = tip->slots_per_epoch / WINDOW_SLOTS;
    const struct genesis_validator **leaders =
        epoch_leaders(request, epoch * tip->slots_per_epoch, windows);
    json_open_object(out);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        const struct genesis_validator *at = &genesis->validators[i];
        if (!has_key || pubkey_equal(&wanted, &at->identity))
            write_slots(out, at, leaders, windows);
    }
    json_close_object(out);
    return 0;
}

/* ---- getBlockProduction ---- */

/* "range": {"firstSlot", "lastSlot"?}, both included; by default this epoch so
 * far. A range has to lie within the slot history. */
static int read_range(struct rpc_request *request,
                      const struct rpc_config *config, uint64_t *first,
                      uint64_t *last)
{
    CHECK(request->view);
    struct json_object *range = NULL;
    const struct bank_info *tip = ledger_view_tip(request->view);
    *first = tip->epoch * tip->slots_per_epoch;
    *last = tip->slot;
    if (config->object)
        json_object_object_get_ex(config->object, "range", &range);
    if (!range)
        return 0;
    struct rpc_config inner = {.object = range};
    bool has_first = false, has_last = false;
    int status = 0;
    if (!json_object_is_type(range, json_type_object))
        return rpc_wrong_type(request, range,
                              "struct RpcBlockProductionConfigRange");
    status = rpc_config_u64(request, &inner, "firstSlot", &has_first, first);
    if (!status)
        status = rpc_config_u64(request, &inner, "lastSlot", &has_last, last);
    if (status)
        return status;
    if (!has_first)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: missing field `firstSlot`.");
    if (*last < *first)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "lastSlot, %" PRIu64 ", cannot be less than firstSlot, "
                        "%" PRIu64,
                        *last, *first);
    uint64_t oldest =
        tip->slot < SLOT_HISTORY_MAX ? 0 : tip->slot + 1 - SLOT_HISTORY_MAX;
    if (*first < oldest)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "firstSlot, %" PRIu64 ", is too small; min %" PRIu64,
                        *first, oldest);
    if (*last > tip->slot)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "lastSlot, %" PRIu64 ", is too large; max %" PRIu64,
                        *last, tip->slot);
    return 0;
}

/* The height of the first block at or past a slot; the tip's + 1 past it. */
static int height_from(struct rpc_request *request, uint64_t slot,
                       uint64_t *out)
{
    CHECK(request->view);
    struct ledger_header header;
    int status = ledger_next_slot(request->view, slot, &slot);
    if (!status)
        status = ledger_header(request->view, slot, &header);
    *out = status ? ledger_view_tip(request->view)->block_height + 1
                  : header.block_height;
    return status && status != ERR_NOT_FOUND ? rpc_fail_status(request, status)
                                             : 0;
}

/* Heights count blocks, so the blocks in between are not read. */
static int count_blocks(struct rpc_request *request, uint64_t first,
                        uint64_t last, uint64_t *out)
{
    uint64_t begin, end;
    int status = height_from(request, first, &begin);
    if (!status)
        status = height_from(request, last + 1, &end);
    if (!status)
        *out = end - begin;
    return status;
}

/* [{range?, identity?}?] gives [slots, blocks] by identity in a context. For
 * each leader: the slots that it led and the blocks that it made; it skipped
 * the difference. */
static int get_block_production(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    uint64_t first, last, blocks;
    bool is_other;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = read_range(request, &config, &first, &last);
    if (status)
        return status;
    /* One leader made all blocks. */
    const struct pubkey *leader = leader_of(request, first);
    status = wants_other(request, &config, leader, &is_other);
    if (!status)
        status = count_blocks(request, first, last, &blocks);
    if (status)
        return status;
    rpc_open_context(out, ledger_view_tip(view)->slot);
    json_open_object(out);
    json_name(out, "byIdentity");
    json_open_object(out);
    if (!is_other) {
        json_name(out, PUBKEY_TEXT(leader));
        json_open_array(out);
        json_write_u64(out, last - first + 1);
        json_write_u64(out, blocks);
        json_close_array(out);
    }
    json_close_object(out);
    json_name(out, "range");
    json_open_object(out);
    json_field_u64(out, "firstSlot", first);
    json_field_u64(out, "lastSlot", last);
    json_close_object(out);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

/* ---- Votes and stake ---- */

/* In roe. The genesis bounds each stake. The sum is only shown, never used. */
static uint64_t total_stake(const struct rpc_request *request)
{
    const struct genesis *genesis = ledger_genesis(request->options->ledger);
    uint64_t total = 0;
    for (size_t i = 0; i < genesis->validator_count; i++)
        total += genesis->validators[i].stake;
    return total;
}

/* [slot]. The commitment is the stake by depth of lockout: all stake confirms a
 * final block at the greatest depth, and the other depths have 0. A slot
 * without a block has null. */
static int get_block_commitment(struct rpc_request *request)
{
    uint64_t slot;
    struct ledger_view *view;
    struct ledger_header header;
    int status = rpc_parameter_u64(request, 0, &slot);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    bool is_there = !ledger_header(view, slot, &header);
    uint64_t stake = total_stake(request);
    json_open_object(&request->out);
    json_name(&request->out, "commitment");
    if (is_there) {
        json_open_array(&request->out);
        for (int i = 0; i < LOCKOUT_DEPTHS; i++)
            json_write_u64(&request->out, i + 1 < LOCKOUT_DEPTHS ? 0 : stake);
        json_close_array(&request->out);
    } else {
        json_write_null(&request->out);
    }
    json_field_u64(&request->out, "totalStake", stake);
    json_close_object(&request->out);
    return 0;
}

/* A validator of the genesis. Alone it need not vote, so its last vote is the
 * newest slot. */
static void write_vote_account(struct json_writer *out, uint64_t slot,
                               const struct genesis_validator *validator)
{
    json_open_object(out);
    json_field_u64(out, "activatedStake", validator->stake);
    json_field_u64(out, "commission", validator->commission);
    json_name(out, "epochCredits");
    json_open_array(out);
    json_close_array(out);
    json_field_bool(out, "epochVoteAccount", true);
    json_field_u64(out, "lastVote", slot);
    rpc_field_key(out, "nodePubkey", &validator->identity);
    json_field_u64(out, "rootSlot", slot);
    rpc_field_key(out, "votePubkey", &validator->vote_account);
    json_close_object(out);
}

/* [{votePubkey?}?]. No validator is delinquent, because the only one is
 * answering. So options about delinquents are ignored. */
static int get_vote_accounts(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    struct pubkey wanted;
    bool has_key;
    int status = rpc_config(request, 0, &config);
    if (!status)
        status =
            read_key_option(request, &config, "votePubkey", &has_key, &wanted);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    const struct genesis *genesis = ledger_view_genesis(view);
    json_open_object(out);
    json_name(out, "current");
    json_open_array(out);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        if (!has_key ||
            pubkey_equal(&wanted, &genesis->validators[i].vote_account))
            write_vote_account(out, ledger_view_tip(view)->slot,
                               &genesis->validators[i]);
    }
    json_close_array(out);
    json_name(out, "delinquent");
    json_open_array(out);
    json_close_array(out);
    json_close_object(out);
    return 0;
}

/* Stake stands in the genesis. Nobody delegates, so the minimum is 0. */
static int get_stake_minimum_delegation(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (status)
        return status;
    rpc_open_context(&request->out, tip->slot);
    json_write_u64(&request->out, 0);
    rpc_close_context(&request->out);
    return 0;
}

/* ---- Inflation, which this network does not have ---- */

/* [options?]. All rates are 0. */
static int get_inflation_governor(struct rpc_request *request)
{
    static const char *const rates[] = {"foundation", "foundationTerm",
                                        "initial", "taper", "terminal"};
    int status = rpc_commitment(request, 0);
    if (status)
        return status;
    json_open_object(&request->out);
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        json_name(&request->out, rates[i]);
        json_write_double(&request->out, 0);
    }
    json_close_object(&request->out);
    return 0;
}

/* The rates of this epoch, which are all 0. */
static int get_inflation_rate(struct rpc_request *request)
{
    static const char *const rates[] = {"foundation", "total", "validator"};
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    json_open_object(&request->out);
    json_field_u64(&request->out, "epoch", ledger_view_tip(view)->epoch);
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        json_name(&request->out, rates[i]);
        json_write_double(&request->out, 0);
    }
    json_close_object(&request->out);
    return 0;
}

/* On Solana the rewards of an epoch stand in the first block of the next. If
 * that block is not there yet, or no longer, they are unknown. */
static int require_epoch_end(struct rpc_request *request, uint64_t epoch)
{
    struct ledger_view *view;
    uint64_t first, oldest;
    int status = rpc_view(request, &view);
    if (!status)
        status = ledger_first_slot(view, &oldest);
    if (status)
        return status;
    if (epoch == UINT64_MAX ||
        __builtin_mul_overflow(epoch + 1,
                               ledger_view_tip(view)->slots_per_epoch, &first))
        first = UINT64_MAX;
    if (first < oldest)
        return rpc_fail(request, RPC_BLOCK_CLEANED_UP,
                        "Block %" PRIu64
                        " cleaned up, does not exist on node. First available "
                        "block: %" PRIu64,
                        first, oldest);
    if (first > ledger_view_tip(view)->slot)
        return rpc_fail(request, RPC_BLOCK_NOT_AVAILABLE,
                        "Block not available for slot %" PRIu64, first);
    return 0;
}

/* [[key…], {epoch?}?]. Gives null, "no reward", for each address; by default of
 * the last epoch that is over. A text that is not an address is an error, too.
 */
static int get_inflation_reward(struct rpc_request *request)
{
    struct json_object *keys;
    struct rpc_config config;
    struct ledger_view *view;
    bool has_epoch;
    uint64_t epoch;
    int status = rpc_parameter_array(request, 0, &keys);
    if (!status)
        status = rpc_config(request, 1, &config);
    if (!status)
        status = rpc_config_u64(request, &config, "epoch", &has_epoch, &epoch);
    for (size_t i = 0; !status && i < json_object_array_length(keys); i++) {
        struct pubkey key;
        const char *text;
        status = rpc_element_text(request, keys, i, &text);
        if (!status)
            status = rpc_key_of_text(request, text, &key);
    }
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (!has_epoch) {
        epoch = ledger_view_tip(view)->epoch;
        epoch -= epoch > 0;
    }
    status = require_epoch_end(request, epoch);
    if (status)
        return status;
    json_open_array(&request->out);
    for (size_t i = 0; i < json_object_array_length(keys); i++)
        json_write_null(&request->out);
    json_close_array(&request->out);
    return 0;
}

const struct rpc_method rpc_consensus_methods[] = {
    {"getBlockCommitment", 1, 1, get_block_commitment},
    {"getBlockProduction", 0, 1, get_block_production},
    {"getInflationGovernor", 0, 1, get_inflation_governor},
    {"getInflationRate", 0, 0, get_inflation_rate},
    {"getInflationReward", 1, 2, get_inflation_reward},
    {"getLeaderSchedule", 0, 2, get_leader_schedule},
    {"getSlotLeader", 0, 1, get_slot_leader},
    {"getSlotLeaders", 2, 2, get_slot_leaders},
    {"getStakeMinimumDelegation", 0, 1, get_stake_minimum_delegation},
    {"getVoteAccounts", 0, 1, get_vote_accounts},
    {0},
};
