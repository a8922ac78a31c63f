/*
 * Reading genesis files. They are JSON because people write and compare them.
 *
 * Everything is checked here once, so that the bank and the validator take a
 * genesis as it is: bounds of all numbers, at least one validator, nobody
 * twice, a sum of lamports that fits. Accounts need not be rent-exempt: a
 * network is free in that.
 *
 * Reading costs the JSON tree of the whole file, which the size limit bounds.
 */
#include "settlement/format/genesis_read.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "consensus/validator_set.h"
#include "settlement/format/block.h"
#include <inttypes.h>

/* The data is base64; an absent field means no data. */
static int read_data(struct json_object *item, struct arena *arena,
                     struct account *out)
{
    const char *text;
    int status = json_get_text(item, "data", &text);
    if (status)
        return genesis_absent_is_fine(status);
    struct buffer data = {0};
    status = base64_decode(bytes_text(text), &data);
    if (!status && data.size > ACCOUNT_DATA_SIZE_MAX)
        status = err_set(ERR_LIMIT, "data of %zu bytes", data.size);
    out->data = arena_bytes(arena, buffer_view(&data));
    out->space = data.size;
    buffer_free(&data);
    return status;
}

/* An account has at least one lamport; without lamports it would not exist
 * (bank_store()). An absent owner is all zeros, which is the System program's
 * address. */
static int read_account(struct json_object *item, struct arena *arena,
                        struct genesis_account *out)
{
    int status = genesis_read_key(item, "key", &out->key);
    if (!status)
        status = genesis_read_number(item, "lamports", 1, UINT64_MAX,
                                     &out->account.lamports);
    if (!status)
        status = genesis_absent_is_fine(
            genesis_read_key(item, "owner", &out->account.owner));
    if (!status)
        status = genesis_absent_is_fine(
            json_get_bool(item, "executable", &out->account.executable));
    return status ? status : read_data(item, arena, &out->account);
}

/* No key stands twice, and a u64 holds the sum of all lamports. From here on no
 * sum over accounts can overflow, since no transaction makes lamports. A map
 * finds doubles because a network may begin with a million accounts. */
static int check_accounts(const struct genesis *genesis)
{
    struct map *seen = map_new();
    uint64_t sum = 0;
    int status = 0;
    for (size_t i = 0; i < genesis->account_count && !status; i++) {
        const struct genesis_account *account = &genesis->accounts[i];
        if (map_put(seen, pubkey_bytes(&account->key), (void *)account))
            status = err_set(ERR_INVALID, "account %s stands twice",
                             PUBKEY_TEXT(&account->key));
        else if (__builtin_add_overflow(sum, account->account.lamports, &sum))
            status = err_set(ERR_RANGE, "the accounts hold 2^64 roe or more");
    }
    map_free(seen);
    return status;
}

/* The limits keep a hostile file from taking the machine's memory. */
static int read_accounts(struct json_object *root, struct arena *arena,
                         struct genesis *out)
{
    struct json_object *array;
    int status = json_get_array(root, "accounts", &array);
    if (status)
        return status;
    size_t count = json_object_array_length(array);
    if (count > GENESIS_ACCOUNTS_MAX)
        return err_set(ERR_LIMIT, "there are %zu accounts", count);
    struct genesis_account *accounts =
        arena_zero(arena, count * sizeof(*accounts));
    for (size_t i = 0; i < count && !status; i++) {
        status = read_account(json_object_array_get_idx(array, i), arena,
                              &accounts[i]);
        if (status)
            status = err_add(status, "account %zu", i);
    }
    out->accounts = accounts;
    out->account_count = count;
    return status ? status : check_accounts(out);
}

/* Windows have one length in the machine that agrees. */
static int read_windows(struct json_object *root, struct genesis *out)
{
    uint64_t window;
    int status = genesis_read_optional(root, "slots_per_leader", WINDOW_SLOTS,
                                       WINDOW_SLOTS, WINDOW_SLOTS, &window);
    if (!status)
        status = genesis_read_optional(
            root, "slots_per_epoch", GENESIS_SLOTS_PER_EPOCH_MIN,
            GENESIS_SLOTS_PER_EPOCH_MAX, GENESIS_SLOTS_PER_EPOCH,
            &out->slots_per_epoch);
    if (!status && out->slots_per_epoch % WINDOW_SLOTS)
        status = err_set(ERR_RANGE,
                         "slots_per_epoch is %" PRIu64
                         "; it must be a multiple of %d",
                         out->slots_per_epoch, WINDOW_SLOTS);
    return status
               ? status
               : genesis_read_optional(root, "delta_ms", GENESIS_DELTA_MS_MIN,
                                       GENESIS_DELTA_MS_MAX, GENESIS_DELTA_MS,
                                       &out->delta_ms);
}

/* 0 in a limit: the default, which goes by the number of validators. */
static int read_limits(struct json_object *root, struct genesis *out)
{
    int status =
        genesis_read_optional(root, "block_bytes", GENESIS_BLOCK_BYTES_MIN,
                              BLOCK_SIZE_MAX_BYTES, 0, &out->block_bytes);
    return status ? status
                  : genesis_read_optional(root, "block_transactions",
                                          GENESIS_BLOCK_TRANSACTIONS_MIN,
                                          BLOCK_TRANSACTIONS_MAX, 0,
                                          &out->block_transactions);
}

static int read_money(struct json_object *root, struct genesis *out)
{
    uint64_t inflation;
    int status =
        genesis_read_optional(root, "minimum_stake", 0, UINT64_MAX,
                              GENESIS_MINIMUM_STAKE, &out->minimum_stake);
    if (!status)
        status = genesis_read_optional(root, "inflation_percent", 0, 100, 0,
                                       &inflation);
    if (!status && inflation)
        return err_set(ERR_UNSUPPORTED,
                       "inflation_percent is %" PRIu64
                       "; it must be 0, because this Pond makes no new coins",
                       inflation);
    if (!status)
        status = genesis_read_optional(root, "penalty_percent", 0, 100,
                                       GENESIS_PENALTY_PERCENT,
                                       &out->penalty_percent);
    return status ? status
                  : genesis_read_optional(root, "penalty_factor", 0, 100,
                                          GENESIS_PENALTY_FACTOR,
                                          &out->penalty_factor);
}

/* What came with form 2. */
static int read_second(struct json_object *root, struct genesis *out)
{
    static const char *const newer[] = {
        "slots_per_epoch", "slots_per_leader",   "delta_ms",
        "block_bytes",     "block_transactions", "minimum_stake",
        "penalty_percent", "penalty_factor",     "inflation_percent"};
    if (out->form != 2)
        return genesis_refuse_newer(root, newer,
                                    sizeof(newer) / sizeof(*newer));
    int status = read_windows(root, out);
    if (!status)
        status = read_limits(root, out);
    return status ? status : read_money(root, out);
}

static int read_form(struct json_object *root, struct genesis *out)
{
    uint64_t form = 1;
    int status = genesis_absent_is_fine(json_get_u64(root, "form", &form));
    if (!status && (form < 1 || form > 2))
        status = err_set(ERR_UNSUPPORTED,
                         "form %" PRIu64 " is not known; this Pond reads 1 and "
                         "2",
                         form);
    out->form = (unsigned)form;
    return status;
}

/* One hash a tick is refused because a tick's own hash takes no transactions; 0
 * means idle. */
static int read_times(struct json_object *root, struct genesis *out)
{
    int status = genesis_read_number(root, "creation_unix_ms", 0,
                                     GENESIS_CREATION_UNIX_MS_MAX,
                                     &out->creation_unix_ms);
    if (!status)
        status = genesis_read_number(root, "slot_ms", GENESIS_SLOT_MS_MIN,
                                     GENESIS_SLOT_MS_MAX, &out->slot_ms);
    if (!status)
        status = genesis_read_number(root, "ticks_per_slot", 1,
                                     GENESIS_TICKS_PER_SLOT_MAX,
                                     &out->ticks_per_slot);
    if (!status)
        status = genesis_read_number(root, "hashes_per_tick", 0,
                                     GENESIS_HASHES_PER_TICK_MAX,
                                     &out->hashes_per_tick);
    if (!status && out->hashes_per_tick == 1)
        return err_set(ERR_RANGE, "hashes_per_tick 1 leaves no hash to mix "
                                  "transactions into");
    return status ? status
                  : genesis_read_optional(root, "blockhash_blocks",
                                          GENESIS_BLOCKHASH_BLOCKS,
                                          GENESIS_BLOCKHASH_BLOCKS_MAX, 0,
                                          &out->blockhash_blocks);
}

/* Several validators agree by votes. Hashes that take time would only make
 * blocks larger; and form 1 says nothing about how they agree. Larger blocks
 * would not get to all of them in a slot. */
static int check_several(const struct genesis *genesis)
{
    if (genesis->validator_count == 1)
        return 0;
    if (genesis->form != 2)
        return err_set(ERR_INVALID,
                       "there are %zu validators; more than one need "
                       "\"form\": 2",
                       genesis->validator_count);
    if (genesis->hashes_per_tick)
        return err_set(ERR_INVALID,
                       "hashes_per_tick is %" PRIu64
                       "; with several validators it must be 0",
                       genesis->hashes_per_tick);
    if (genesis->block_bytes > GENESIS_BLOCK_BYTES)
        return err_set(ERR_RANGE,
                       "block_bytes is %" PRIu64
                       "; with several validators it is at most %u",
                       genesis->block_bytes, GENESIS_BLOCK_BYTES);
    return 0;
}

/* Unknown fields are ignored: they are not in the hash, so they can't matter.
 */
static int read_root(struct json_object *root, struct arena *arena,
                     struct genesis *out)
{
    int status = read_form(root, out);
    if (!status)
        status = read_times(root, out);
    if (!status)
        status = read_second(root, out);
    if (!status) {
        status = genesis_read_key(root, "faucet", &out->faucet);
        out->has_faucet = !status;
        status = genesis_absent_is_fine(status);
    }
    if (!status)
        status = genesis_read_validators(root, arena, out);
    if (!status)
        status = check_several(out);
    return status ? status : read_accounts(root, arena, out);
}

/* The size is limited before the text is parsed. */
int genesis_parse(struct bytes json, struct arena *arena, struct genesis *out)
{
    struct json_object *root = NULL;
    *out = (struct genesis){0};
    if (json.size > GENESIS_SIZE_MAX_BYTES)
        return err_set(ERR_LIMIT, "a genesis of %zu bytes", json.size);
    int status = json_parse_exact(json, &root);
    if (!status && !json_object_is_type(root, json_type_object))
        status = err_set(ERR_INVALID, "not a JSON object");
    if (!status)
        status = read_root(root, arena, out);
    if (!status)
        genesis_hash(out, &out->hash);
    json_object_put(root);
    return status ? err_add(status, "genesis") : 0;
}

/* The path stands before the words of any error, so that the operator sees
 * which file is wrong. */
int genesis_load(const char *path, struct arena *arena, struct genesis *out)
{
    struct buffer text = {0};
    int status = file_read(path, GENESIS_SIZE_MAX_BYTES, &text);
    if (!status)
        status = genesis_parse(buffer_view(&text), arena, out);
    buffer_free(&text);
    return status ? err_add(status, "%s", path) : 0;
}
