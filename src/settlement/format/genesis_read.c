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
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "consensus/validator_set.h"
#include "settlement/format/block.h"
#include "settlement/format/genesis.h"
#include <inttypes.h>
#include <stdlib.h>

/* The longest name of a machine (RFC 1035), and a port. */
#define ADDRESS_SIZE_MAX (255 + 6)

/* A field that holds a key in base58; required. The error names the field. */
static int read_key(struct json_object *object, const char *name,
                    struct pubkey *out)
{
    const char *text;
    int status = json_get_text(object, name, &text);
    if (!status)
        status = pubkey_parse(bytes_text(text), out);
    return status ? err_add(status, "%s", name) : 0;
}

/* A field that holds a number between two bounds, both included; required. */
static int read_number(struct json_object *object, const char *name,
                       uint64_t least, uint64_t most, uint64_t *out)
{
    CHECK(least <= most);
    int status = json_get_u64(object, name, out);
    if (status)
        return status;
    if (*out < least || *out > most)
        return err_set(ERR_RANGE,
                       "%s is %" PRIu64 "; it must be %" PRIu64 " ... %" PRIu64,
                       name, *out, least, most);
    return 0;
}

/* For fields that may be absent: *out stays as it is, which is zero, false or
 * empty. A wrong field stays an error. */
static int absent_is_fine(int status)
{
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* In form 1 the fields of form 2 would mean nothing, and somebody who wrote one
 * meant something. */
static int refuse_newer(struct json_object *object, const char *const *names,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_object_object_get_ex(object, names[i], NULL))
            return err_set(ERR_INVALID, "%s is of form 2: add \"form\": 2",
                           names[i]);
    return 0;
}

/* "host:port". Who dials looks closer. */
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    if (!colon || colon == text || !digits || digits > 5 || colon[1 + digits] ||
        strlen(text) > ADDRESS_SIZE_MAX)
        return false;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 127)
            return false;
    unsigned long port = strtoul(colon + 1, NULL, 10);
    return port > 0 && port <= 65535;
}

static int read_addresses(struct json_object *item, struct arena *arena,
                          struct genesis_validator *out)
{
    struct json_object *array;
    int status = json_get_array(item, "addresses", &array);
    if (status)
        return absent_is_fine(status);
    out->address_count = json_object_array_length(array);
    if (out->address_count > GENESIS_ADDRESSES_MAX)
        return err_set(ERR_LIMIT, "addresses: there are %zu, at most %d",
                       out->address_count, GENESIS_ADDRESSES_MAX);
    for (size_t i = 0; i < out->address_count; i++) {
        struct json_object *text = json_object_array_get_idx(array, i);
        if (!json_object_is_type(text, json_type_string) ||
            !is_address(json_object_get_string(text)))
            return err_set(ERR_INVALID,
                           "addresses: number %zu is not \"host:port\"", i);
        out->addresses[i] =
            arena_format(arena, "%s", json_object_get_string(text));
    }
    return 0;
}

/* A key that is the identity where it is absent. */
static int read_own_key(struct json_object *item, const char *name,
                        const struct pubkey *identity, struct pubkey *out)
{
    *out = *identity;
    return absent_is_fine(read_key(item, name, out));
}

/* What a validator has in form 2. */
static int read_roles(struct json_object *item, struct arena *arena,
                      struct genesis_validator *out)
{
    uint64_t commission = 0;
    int status =
        read_own_key(item, "vote_account", &out->identity, &out->vote_account);
    if (!status)
        status = read_own_key(item, "voter", &out->identity, &out->voter);
    if (!status)
        status =
            read_own_key(item, "withdrawer", &out->identity, &out->withdrawer);
    if (!status)
        status = absent_is_fine(
            read_number(item, "commission", 0, 100, &commission));
    out->commission = (uint8_t)commission;
    return status ? status : read_addresses(item, arena, out);
}

static int read_validator(struct json_object *item, struct arena *arena,
                          const struct genesis *genesis,
                          struct genesis_validator *out)
{
    uint64_t least = genesis->form == 2 ? genesis->minimum_stake : 1;
    int status = read_key(item, "identity", &out->identity);
    if (!status)
        status = read_number(item, "stake", least ? least : 1, UINT64_MAX,
                             &out->stake);
    if (status || genesis->form == 2)
        return status ? status : read_roles(item, arena, out);
    static const char *const newer[] = {"vote_account", "voter", "withdrawer",
                                        "commission", "addresses"};
    out->vote_account = out->voter = out->withdrawer = out->identity;
    return refuse_newer(item, newer, sizeof(newer) / sizeof(*newer));
}

/* Two validators can't be told apart by one vote account. */
static int check_vote_accounts(const struct genesis *genesis)
{
    struct map *seen = map_new();
    int status = 0;
    for (size_t i = 0; i < genesis->validator_count && !status; i++) {
        const struct pubkey *key = &genesis->validators[i].vote_account;
        if (map_put(seen, pubkey_bytes(key), (void *)key))
            status = err_set(ERR_INVALID,
                             "two validators have the "
                             "vote_account %s",
                             PUBKEY_TEXT(key));
    }
    map_free(seen);
    return status;
}

/* Their order counts: votes name a validator by its place, and the hash covers
 * it. */
static int read_validators(struct json_object *root, struct arena *arena,
                           struct genesis *out)
{
    struct json_object *array;
    int status = json_get_array(root, "validators", &array);
    if (status)
        return status;
    size_t count = json_object_array_length(array);
    if (!count || count > GENESIS_VALIDATORS_MAX)
        return err_set(ERR_RANGE, "there are %zu validators; 1 to %d can be",
                       count, GENESIS_VALIDATORS_MAX);
    struct genesis_validator *validators =
        arena_zero(arena, count * sizeof(*validators));
    for (size_t i = 0; i < count && !status; i++) {
        status = read_validator(json_object_array_get_idx(array, i), arena, out,
                                &validators[i]);
        if (status)
            status = err_add(status, "validator %zu", i);
    }
    out->validators = validators;
    out->validator_count = count;
    if (!status && out->form == 2)
        status = check_vote_accounts(out);
    return status ? status : genesis_check_validators(out);
}

/* The data is base64; an absent field means no data. */
static int read_data(struct json_object *item, struct arena *arena,
                     struct account *out)
{
    const char *text;
    int status = json_get_text(item, "data", &text);
    if (status)
        return absent_is_fine(status);
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
    int status = read_key(item, "key", &out->key);
    if (!status)
        status = read_number(item, "lamports", 1, UINT64_MAX,
                             &out->account.lamports);
    if (!status)
        status = absent_is_fine(read_key(item, "owner", &out->account.owner));
    if (!status)
        status = absent_is_fine(
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

/* A number that may be absent: *out is then its default. */
static int read_optional(struct json_object *root, const char *name,
                         uint64_t least, uint64_t most, uint64_t without,
                         uint64_t *out)
{
    *out = without;
    return absent_is_fine(read_number(root, name, least, most, out));
}

/* Windows have one length in the machine that agrees. */
static int read_windows(struct json_object *root, struct genesis *out)
{
    uint64_t window;
    int status = read_optional(root, "slots_per_leader", WINDOW_SLOTS,
                               WINDOW_SLOTS, WINDOW_SLOTS, &window);
    if (!status)
        status =
            read_optional(root, "slots_per_epoch", GENESIS_SLOTS_PER_EPOCH_MIN,
                          GENESIS_SLOTS_PER_EPOCH_MAX, GENESIS_SLOTS_PER_EPOCH,
                          &out->slots_per_epoch);
    if (!status && out->slots_per_epoch % WINDOW_SLOTS)
        status = err_set(ERR_RANGE,
                         "slots_per_epoch is %" PRIu64
                         "; it must be a multiple of %d",
                         out->slots_per_epoch, WINDOW_SLOTS);
    return status ? status
                  : read_optional(root, "delta_ms", GENESIS_DELTA_MS_MIN,
                                  GENESIS_DELTA_MS_MAX, GENESIS_DELTA_MS,
                                  &out->delta_ms);
}

/* 0 in a limit: the default, which goes by the number of validators. */
static int read_limits(struct json_object *root, struct genesis *out)
{
    int status = read_optional(root, "block_bytes", GENESIS_BLOCK_BYTES_MIN,
                               BLOCK_SIZE_MAX_BYTES, 0, &out->block_bytes);
    return status ? status
                  : read_optional(root, "block_transactions",
                                  GENESIS_BLOCK_TRANSACTIONS_MIN,
                                  BLOCK_TRANSACTIONS_MAX, 0,
                                  &out->block_transactions);
}

static int read_money(struct json_object *root, struct genesis *out)
{
    uint64_t inflation;
    int status = read_optional(root, "minimum_stake", 0, UINT64_MAX,
                               GENESIS_MINIMUM_STAKE, &out->minimum_stake);
    if (!status)
        status =
            read_optional(root, "inflation_percent", 0, 100, 0, &inflation);
    if (!status && inflation)
        return err_set(ERR_UNSUPPORTED,
                       "inflation_percent is %" PRIu64
                       "; it must be 0, because this Pond makes no new coins",
                       inflation);
    if (!status)
        status = read_optional(root, "penalty_percent", 0, 100,
                               GENESIS_PENALTY_PERCENT, &out->penalty_percent);
    return status ? status
                  : read_optional(root, "penalty_factor", 0, 100,
                                  GENESIS_PENALTY_FACTOR, &out->penalty_factor);
}

/* What came with form 2. */
static int read_second(struct json_object *root, struct genesis *out)
{
    static const char *const newer[] = {
        "slots_per_epoch", "slots_per_leader",   "delta_ms",
        "block_bytes",     "block_transactions", "minimum_stake",
        "penalty_percent", "penalty_factor",     "inflation_percent"};
    if (out->form != 2)
        return refuse_newer(root, newer, sizeof(newer) / sizeof(*newer));
    int status = read_windows(root, out);
    if (!status)
        status = read_limits(root, out);
    return status ? status : read_money(root, out);
}

static int read_form(struct json_object *root, struct genesis *out)
{
    uint64_t form = 1;
    int status = absent_is_fine(json_get_u64(root, "form", &form));
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
    int status = json_get_u64(root, "creation_unix_ms", &out->creation_unix_ms);
    if (!status)
        status = read_number(root, "slot_ms", GENESIS_SLOT_MS_MIN,
                             GENESIS_SLOT_MS_MAX, &out->slot_ms);
    if (!status)
        status = read_number(root, "ticks_per_slot", 1,
                             GENESIS_TICKS_PER_SLOT_MAX, &out->ticks_per_slot);
    if (!status)
        status =
            read_number(root, "hashes_per_tick", 0, GENESIS_HASHES_PER_TICK_MAX,
                        &out->hashes_per_tick);
    if (!status && out->hashes_per_tick == 1)
        return err_set(ERR_RANGE, "hashes_per_tick 1 leaves no hash to mix "
                                  "transactions into");
    return status ? status
                  : read_optional(root, "blockhash_blocks",
                                  GENESIS_BLOCKHASH_BLOCKS,
                                  GENESIS_BLOCKHASH_BLOCKS_MAX, 0,
                                  &out->blockhash_blocks);
}

/* Several validators agree by votes. Hashes that take time would only make
 * blocks larger; and form 1 says nothing about how they agree. */
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
        status = read_key(root, "faucet", &out->faucet);
        out->has_faucet = !status;
        status = absent_is_fine(status);
    }
    if (!status)
        status = read_validators(root, arena, out);
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

int genesis_validators_parse(struct bytes json, struct arena *arena,
                             const struct genesis_validator **out,
                             size_t *count)
{
    struct json_object *root, *list = NULL;
    struct genesis genesis = {.form = 2,
                              .minimum_stake = GENESIS_MINIMUM_STAKE};
    int status = json_parse(json, &list);
    if (status)
        return status;
    /* Where it stands in a genesis. */
    root = json_object_new_object();
    json_object_object_add(root, "validators", list);
    status = read_validators(root, arena, &genesis);
    json_object_put(root);
    *out = genesis.validators;
    *count = genesis.validator_count;
    return status;
}
