/*
 * Methods of private networks alone: coins from the faucet, and bending. An
 * endpoint without the faucet's key refuses all of them.
 *
 * Names, parameters and answers of surfnet_* are those of Surfpool
 * (docs.surfpool.run, "Cheatcodes"), so that its clients work. What differs:
 * an account is set by transactions, so it is as asked for a slot later, and
 * block times stay the clock's when slots are left out.
 */
#include "settlement/rpc/rpc_development.h"
#include "settlement/rpc/rpc_send.h"

#include "base/check.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/random.h"
#include "settlement/chain/slot_control.h"
#include "settlement/format/development_instruction.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include <inttypes.h>

/* Of a slot: far above what a chain reaches in a century. */
#define SLOT_MAX (1ull << 48)

/* Bytes of data in one transaction: what 1,232 leave beside a signature, four
 * keys and the blockhash, and some to spare. */
#define WRITE_MAX 900

int rpc_require_faucet(struct rpc_request *request)
{
    return request->options->faucet
               ? 0
               : rpc_fail(request, RPC_INVALID_REQUEST, "Invalid request");
}

static int require_control(struct rpc_request *request)
{
    return request->options->control
               ? 0
               : rpc_fail(request, RPC_INVALID_REQUEST,
                          "Invalid request: slots can't be bent here. Only the "
                          "validator of a private network with a faucet does "
                          "so");
}

/* ---- requestAirdrop ---- */

/* [key, lamports, options?] gives the signature of a transfer from the faucet.
 */
static int request_airdrop(struct rpc_request *request)
{
    struct pubkey to;
    uint64_t lamports;
    struct rpc_config config;
    struct signature id;
    int status = rpc_require_faucet(request);
    if (!status)
        status = rpc_parameter_key(request, 0, &to);
    if (!status)
        status = rpc_parameter_u64(request, 1, &lamports);
    if (!status)
        status = rpc_config_open(request, 2, &config);
    if (status)
        return status;
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = request->options->faucet->pubkey,
         .signer = true,
         .writable = true},
        {.key = to, .writable = true}};
    const struct instruction transfer = {.program = SYSTEM_PROGRAM_ID,
                                         .accounts = accounts,
                                         .account_count = 2,
                                         .data = buffer_view(&data)};
    status = rpc_send_from_faucet(request, &transfer, true, &id);
    buffer_free(&data);
    if (!status)
        rpc_write_signature(&request->out, &id);
    return status;
}

/* ---- Slots ---- */

/* The answer is that of getEpochInfo, at the slot that the chain goes on with.
 */
static int write_epoch(struct rpc_request *request, uint64_t slot)
{
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    const struct bank_info *tip = ledger_view_tip(view);
    rpc_write_epoch_info(&request->out, tip,
                         slot > tip->slot ? slot : tip->slot);
    return 0;
}

/* [] : the block under way is the last for now. */
static int pause_clock(struct rpc_request *request)
{
    int status = require_control(request);
    if (status)
        return status;
    slot_control_pause(request->options->control);
    return write_epoch(request, 0);
}

/* [] */
static int resume_clock(struct rpc_request *request)
{
    int status = require_control(request);
    if (status)
        return status;
    slot_control_resume(request->options->control);
    return write_epoch(request, 0);
}

/* The one member of the object says in which unit. *slot: the slot that is
 * meant. */
static int read_target(struct rpc_request *request,
                       const struct rpc_config *config,
                       const struct bank_info *tip, uint64_t *slot)
{
    bool has_slot, has_epoch, has_time;
    uint64_t epoch, unix_ms;
    int status =
        rpc_config_u64(request, config, "absoluteSlot", &has_slot, slot);
    if (!status)
        status = rpc_config_u64(request, config, "absoluteEpoch", &has_epoch,
                                &epoch);
    if (!status)
        status = rpc_config_u64(request, config, "absoluteTimestamp", &has_time,
                                &unix_ms);
    if (status)
        return status;
    if (has_slot + has_epoch + has_time != 1)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: one of absoluteSlot, absoluteEpoch "
                        "and absoluteTimestamp (in milliseconds)");
    uint64_t slot_ms = ledger_genesis(request->options->ledger)->slot_ms;
    if (has_epoch)
        *slot = epoch < SLOT_MAX / tip->slots_per_epoch
                    ? epoch * tip->slots_per_epoch
                    : SLOT_MAX;
    else if (has_time)
        *slot = unix_ms > tip->unix_ms
                    ? tip->slot + (unix_ms - tip->unix_ms) / slot_ms
                    : 0;
    return 0;
}

/* [{"absoluteSlot" | "absoluteEpoch" | "absoluteTimestamp"}]: leave out the
 * slots until then. */
static int time_travel(struct rpc_request *request)
{
    struct rpc_config config;
    struct ledger_view *view;
    uint64_t slot = 0;
    int status = require_control(request);
    if (!status)
        status = rpc_config_open(request, 0, &config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        status = read_target(request, &config, ledger_view_tip(view), &slot);
    if (status)
        return status;
    uint64_t present = ledger_view_tip(view)->slot;
    if (slot <= present)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: the chain is at slot %" PRIu64
                        " and can't go back to %" PRIu64,
                        present, slot);
    if (slot >= SLOT_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: a slot above 2^48");
    slot_control_reach(request->options->control, slot);
    return write_epoch(request, slot);
}

/* ---- surfnet_setAccount ---- */

static struct instruction instruct(const struct account_meta accounts[3],
                                   const struct buffer *data)
{
    return (struct instruction){.program = DEVELOPMENT_PROGRAM_ID,
                                .accounts = accounts,
                                .account_count = 3,
                                .data = buffer_view(data)};
}

/* The first transaction is simulated. The others can't be, because they work on
 * what it leaves; they come after it, for all pay the same fee. */
static int send_wish(struct rpc_request *request,
                     const struct rpc_account_wish *wish)
{
    const struct account_meta accounts[3] = {
        {.key = DEVELOPMENT_AUTHORITY_ID},
        {.key = request->options->faucet->pubkey,
         .signer = true,
         .writable = true},
        {.key = wish->key, .writable = true}};
    struct buffer data = {0};
    development_set_data(wish->lamports, &wish->owner, wish->space,
                         random_seed(), &data);
    struct instruction instruction = instruct(accounts, &data);
    int status = rpc_send_from_faucet(request, &instruction, true, NULL);
    for (size_t at = 0; !status && at < wish->data.size; at += WRITE_MAX) {
        size_t left = wish->data.size - at;
        buffer_clear(&data);
        development_write_data(at,
                               bytes_make(wish->data.data + at,
                                          left < WRITE_MAX ? left : WRITE_MAX),
                               random_seed(), &data);
        instruction = instruct(accounts, &data);
        status = rpc_send_from_faucet(request, &instruction, false, NULL);
    }
    buffer_free(&data);
    return status;
}

int rpc_fulfil_wish(struct rpc_request *request,
                    const struct rpc_account_wish *wish)
{
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (!status)
        status = send_wish(request, wish);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_write_null(&request->out);
    rpc_close_context(&request->out);
    return 0;
}

int rpc_config_text(struct rpc_request *request,
                    const struct rpc_config *config, const char *name,
                    const char **out)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(config->object, name, &value);
    *out = NULL;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return rpc_wrong_type(request, value, "a string");
    *out = json_object_get_string(value);
    return 0;
}

/* What the object leaves out stays as it is. */
static int read_wish(struct rpc_request *request,
                     const struct rpc_config *config,
                     struct rpc_account_wish *out)
{
    bool has_lamports, is_executable;
    uint64_t lamports;
    const char *owner = NULL, *data = NULL;
    struct account present = {.owner = SYSTEM_PROGRAM_ID};
    int status = rpc_find_account(request, &out->key, &present);
    if (status == ERR_NOT_FOUND)
        status = 0;
    if (!status)
        status = rpc_config_u64(request, config, "lamports", &has_lamports,
                                &lamports);
    if (!status)
        status = rpc_config_bool(request, config, "executable", false,
                                 &is_executable);
    if (!status)
        status = rpc_config_text(request, config, "owner", &owner);
    if (!status)
        status = rpc_config_text(request, config, "data", &data);
    if (!status && is_executable)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: programs can't be loaded here");
    if (status)
        return status;
    out->lamports = has_lamports ? lamports : present.lamports;
    out->owner = present.owner;
    out->space = present.space;
    if (owner)
        status = rpc_key_of_text(request, owner, &out->owner);
    if (!status && data) {
        if (hex_decode(bytes_text(data), &out->data))
            status = rpc_fail(request, RPC_INVALID_PARAMS,
                              "Invalid params: data is not hexadecimal");
        out->space = out->data.size;
    }
    return status;
}

/* [key, {"lamports"?, "owner"?, "data"?: hexadecimal}] gives null. The change
 * comes with one of the next blocks; while the chain is paused, after that. */
static int set_account(struct rpc_request *request)
{
    struct rpc_config config;
    struct rpc_account_wish wish = {0};
    int status = rpc_require_faucet(request);
    if (!status)
        status = rpc_parameter_key(request, 0, &wish.key);
    if (!status)
        status = rpc_config_open(request, 1, &config);
    if (!status && !config.object)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: what shall the account be?");
    if (!status)
        status = read_wish(request, &config, &wish);
    if (!status)
        status = rpc_fulfil_wish(request, &wish);
    buffer_free(&wish.data);
    return status;
}

const struct rpc_method rpc_development_methods[] = {
    {"requestAirdrop", 2, 3, request_airdrop},
    {"surfnet_pauseClock", 0, 0, pause_clock},
    {"surfnet_resumeClock", 0, 0, resume_clock},
    {"surfnet_setAccount", 2, 2, set_account},
    {"surfnet_timeTravel", 1, 1, time_travel},
    {0},
};
