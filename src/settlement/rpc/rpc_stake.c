/*
 * Stake and inflation.
 *
 * Explorers, wallets and dashboards call these methods before anything else and
 * stop at an error. The answers are right in Solana's terms for a network whose
 * stakes are those of its genesis: nobody delegates, so nobody earns rewards.
 *
 * Any HTTP thread.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/error.h"
#include <inttypes.h>

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

const struct rpc_method rpc_stake_methods[] = {
    {"getInflationGovernor", 0, 1, get_inflation_governor},
    {"getInflationRate", 0, 0, get_inflation_rate},
    {"getInflationReward", 1, 2, get_inflation_reward},
    {"getStakeMinimumDelegation", 0, 1, get_stake_minimum_delegation},
    {0},
};
