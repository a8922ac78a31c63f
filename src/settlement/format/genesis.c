/*
 * The genesis file is JSON because people write and compare it. It is hashed in
 * a binary form because white space must not split a network.
 *
 * Everything is checked here once, so that the bank and the validator take a
 * genesis as it is: bounds of all numbers, at least one validator, no account
 * twice, a sum of lamports that fits. Accounts need not be rent-exempt: a
 * network is free in that.
 *
 * Reading costs the JSON tree of the whole file, which the size limit bounds.
 */
#include "settlement/format/genesis.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include "crypto/hash.h"
#include <inttypes.h>
#include <stdlib.h>

/* First bytes of the form that is hashed, so that the form can't be mistaken
 * for anything else that is hashed. The number rises when the form changes. */
#define GENESIS_HASH_DOMAIN "pond genesis 1"

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

/* The validators make the blocks; stakes are in roe. Their order counts: the
 * first is the leader of the genesis block, and the hash covers the order. */
static int read_validators(struct json_object *root, struct arena *arena,
                           struct genesis *out)
{
    struct json_object *array;
    int status = json_get_array(root, "validators", &array);
    if (status)
        return status;
    size_t count = json_object_array_length(array);
    if (!count || count > GENESIS_VALIDATORS_MAX)
        return err_set(ERR_RANGE, "there are %zu validators", count);
    struct genesis_validator *validators =
        arena_zero(arena, count * sizeof(*validators));
    for (size_t i = 0; i < count && !status; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        status = read_key(item, "identity", &validators[i].identity);
        if (!status)
            status =
                read_number(item, "stake", 1, UINT64_MAX, &validators[i].stake);
        if (status)
            status = err_add(status, "validator %zu", i);
    }
    out->validators = validators;
    out->validator_count = count;
    return status;
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

uint64_t genesis_slots_per_epoch(const struct genesis *genesis)
{
    return GENESIS_SLOTS_PER_EPOCH;
}

/* SHA-256("pond seed 1" || genesis hash || epoch u64le): nobody can choose the
 * epochs' leaders without choosing the genesis. */
static void epoch_seed(const struct genesis *genesis, uint64_t epoch,
                       struct hash *out)
{
    struct buffer text = {0};
    buffer_text(&text, "pond seed 1");
    buffer_append(&text, genesis->hash.bytes, 32);
    buffer_u64le(&text, epoch);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}

static int make_set(const struct genesis *genesis, uint64_t epoch,
                    struct validator_set **out)
{
    struct validator *validators =
        mem_zero(genesis->validator_count, sizeof(*validators));
    struct hash seed;
    for (size_t i = 0; i < genesis->validator_count; i++)
        validators[i] =
            (struct validator){.identity = genesis->validators[i].identity,
                               .voter = genesis->validators[i].identity,
                               .stake = genesis->validators[i].stake};
    epoch_seed(genesis, epoch, &seed);
    int status = validator_set_new(validators, genesis->validator_count, epoch,
                                   &seed, out);
    free(validators);
    return status;
}

/* read_root() has tried it. */
struct validator_set *genesis_validator_set(const struct genesis *genesis,
                                            uint64_t epoch)
{
    struct validator_set *set;
    CHECK(!make_set(genesis, epoch, &set));
    return set;
}

/* Whether the validators can be a set: nobody twice, a sum that fits. */
static int check_validators(const struct genesis *genesis)
{
    struct validator_set *set;
    int status = make_set(genesis, 0, &set);
    if (status)
        return err_add(status, "validators");
    validator_set_free(set);
    return 0;
}

/* Unknown fields are ignored: they are not in the hash, so they can't matter.
 * One hash a tick is refused because a tick's own hash takes no transactions; 0
 * means idle. */
static int read_root(struct json_object *root, struct arena *arena,
                     struct genesis *out)
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
    if (!status) {
        status =
            read_number(root, "blockhash_blocks", GENESIS_BLOCKHASH_BLOCKS,
                        GENESIS_BLOCKHASH_BLOCKS_MAX, &out->blockhash_blocks);
        status = absent_is_fine(status);
    }
    if (!status && out->hashes_per_tick == 1)
        status = err_set(ERR_RANGE, "hashes_per_tick 1 leaves no hash to mix "
                                    "transactions into");
    if (!status) {
        status = read_key(root, "faucet", &out->faucet);
        out->has_faucet = !status;
        status = absent_is_fine(status);
    }
    if (!status)
        status = read_validators(root, arena, out);
    if (!status)
        status = check_validators(out);
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

/* Append what read_key() reads. */
static void write_key(struct json_writer *writer, const char *name,
                      const struct pubkey *key)
{
    json_field_text(writer, name, PUBKEY_TEXT(key));
}

/* Fields with default values are left out. A genesis can't hold rendered
 * accounts because the rows that they are rendered from would be missing. */
static void write_account(struct json_writer *writer,
                          const struct genesis_account *account)
{
    CHECK(!account->account.rendered);
    json_open_object(writer);
    write_key(writer, "key", &account->key);
    json_field_u64(writer, "lamports", account->account.lamports);
    write_key(writer, "owner", &account->account.owner);
    if (account->account.executable)
        json_field_bool(writer, "executable", true);
    if (account->account.data.size) {
        struct buffer text = {0};
        base64_encode(account->account.data, &text);
        json_field_text(writer, "data", buffer_string(&text));
        buffer_free(&text);
    }
    json_close_object(writer);
}

/* What is written reads back to the same hash. */
void genesis_write(const struct genesis *genesis, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    json_field_u64(&writer, "creation_unix_ms", genesis->creation_unix_ms);
    json_field_u64(&writer, "slot_ms", genesis->slot_ms);
    json_field_u64(&writer, "ticks_per_slot", genesis->ticks_per_slot);
    json_field_u64(&writer, "hashes_per_tick", genesis->hashes_per_tick);
    if (genesis_blockhash_blocks(genesis) != GENESIS_BLOCKHASH_BLOCKS)
        json_field_u64(&writer, "blockhash_blocks", genesis->blockhash_blocks);
    if (genesis->has_faucet)
        write_key(&writer, "faucet", &genesis->faucet);
    json_name(&writer, "validators");
    json_open_array(&writer);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        json_open_object(&writer);
        write_key(&writer, "identity", &genesis->validators[i].identity);
        json_field_u64(&writer, "stake", genesis->validators[i].stake);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_name(&writer, "accounts");
    json_open_array(&writer);
    for (size_t i = 0; i < genesis->account_count; i++)
        write_account(&writer, &genesis->accounts[i]);
    json_close_array(&writer);
    json_close_object(&writer);
}

uint64_t genesis_blockhash_blocks(const struct genesis *genesis)
{
    return genesis->blockhash_blocks ? genesis->blockhash_blocks
                                     : GENESIS_BLOCKHASH_BLOCKS;
}

uint64_t genesis_minute_of_blocks(uint64_t slot_ms)
{
    CHECK(slot_ms >= GENESIS_SLOT_MS_MIN);
    uint64_t blocks = (60000 + slot_ms - 1) / slot_ms;
    return blocks > GENESIS_BLOCKHASH_BLOCKS ? blocks
                                             : GENESIS_BLOCKHASH_BLOCKS;
}

/* The length of each variable part stands before it, so no two networks have
 * the same bytes. Numbers are u64 little-endian. An account is its key, the
 * length of its data, and its row as the state holds it. */
void genesis_hash(const struct genesis *genesis, struct hash *out)
{
    struct buffer text = {0};
    CHECK(genesis->validator_count);
    CHECK(genesis->ticks_per_slot && genesis->slot_ms);
    buffer_text(&text, GENESIS_HASH_DOMAIN);
    buffer_u64le(&text, genesis->creation_unix_ms);
    buffer_u64le(&text, genesis->slot_ms);
    buffer_u64le(&text, genesis->ticks_per_slot);
    buffer_u64le(&text, genesis->hashes_per_tick);
    buffer_u8(&text, genesis->has_faucet);
    buffer_append(&text, genesis->faucet.bytes, 32);
    buffer_u64le(&text, genesis->validator_count);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        buffer_append(&text, genesis->validators[i].identity.bytes, 32);
        buffer_u64le(&text, genesis->validators[i].stake);
    }
    buffer_u64le(&text, genesis->account_count);
    for (size_t i = 0; i < genesis->account_count; i++) {
        buffer_append(&text, genesis->accounts[i].key.bytes, 32);
        buffer_u64le(&text, genesis->accounts[i].account.data.size);
        account_encode(&genesis->accounts[i].account, &text);
    }
    /* Last, and only if it differs from the default, so that files from before
     * this field keep their hash. */
    if (genesis_blockhash_blocks(genesis) != GENESIS_BLOCKHASH_BLOCKS)
        buffer_u64le(&text, genesis->blockhash_blocks);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}

int genesis_validators_parse(struct bytes json, struct arena *arena,
                             const struct genesis_validator **out,
                             size_t *count)
{
    struct json_object *root, *list = NULL;
    struct genesis genesis = {0};
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
