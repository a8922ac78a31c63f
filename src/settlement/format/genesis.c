/*
 * What follows from a genesis: defaults, validators, hash. genesis_read.c and
 * genesis_write.c have the file.
 *
 * It is hashed in a binary form because white space must not split a network.
 */
#include "settlement/format/genesis.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include "crypto/hash.h"
#include "settlement/format/block.h"
#include <stdlib.h>

/* First bytes of the form that is hashed, so that the form can't be mistaken
 * for anything else that is hashed. */
#define GENESIS_HASH_DOMAIN "pond genesis 1"
#define GENESIS_HASH_DOMAIN_2 "pond genesis 2"

_Static_assert(GENESIS_VALIDATORS_MAX == VALIDATORS_MAX,
               "every genesis' validators are a set");

/* ---- Defaults ---- */

static uint64_t or_default(uint64_t value, uint64_t without)
{
    return value ? value : without;
}

uint64_t genesis_blockhash_blocks(const struct genesis *genesis)
{
    return or_default(genesis->blockhash_blocks, GENESIS_BLOCKHASH_BLOCKS);
}

uint64_t genesis_minute_of_blocks(uint64_t slot_ms)
{
    CHECK(slot_ms >= GENESIS_SLOT_MS_MIN);
    uint64_t blocks = (60000 + slot_ms - 1) / slot_ms;
    return blocks > GENESIS_BLOCKHASH_BLOCKS ? blocks
                                             : GENESIS_BLOCKHASH_BLOCKS;
}

uint64_t genesis_slots_per_epoch(const struct genesis *genesis)
{
    return or_default(genesis->slots_per_epoch, GENESIS_SLOTS_PER_EPOCH);
}

uint64_t genesis_delta_ms(const struct genesis *genesis)
{
    return or_default(genesis->delta_ms, GENESIS_DELTA_MS);
}

uint64_t genesis_block_bytes(const struct genesis *genesis)
{
    return or_default(genesis->block_bytes, genesis->validator_count > 1
                                                ? GENESIS_BLOCK_BYTES
                                                : BLOCK_SIZE_MAX_BYTES);
}

uint64_t genesis_block_transactions(const struct genesis *genesis)
{
    return or_default(genesis->block_transactions, BLOCK_TRANSACTIONS_MAX);
}

/* ---- Validators ---- */

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
    for (size_t i = 0; i < genesis->validator_count; i++) {
        const struct genesis_validator *from = &genesis->validators[i];
        validators[i] = (struct validator){
            .identity = from->identity,
            .voter = genesis->form == 2 ? from->voter : from->identity,
            .stake = from->stake};
    }
    epoch_seed(genesis, epoch, &seed);
    int status = validator_set_new(validators, genesis->validator_count, epoch,
                                   &seed, out);
    free(validators);
    return status;
}

struct validator_set *genesis_validator_set(const struct genesis *genesis,
                                            uint64_t epoch)
{
    struct validator_set *set;
    CHECK(!make_set(genesis, epoch, &set)); /* genesis_check_validators() */
    return set;
}

int genesis_check_validators(const struct genesis *genesis)
{
    struct validator_set *set;
    int status = make_set(genesis, 0, &set);
    if (status)
        return err_add(status, "validators");
    validator_set_free(set);
    return 0;
}

/* ---- Hash ---- */

/* The length of each variable part stands before it, so no two networks have
 * the same bytes. Numbers are u64 little-endian. */
static void put_validators(const struct genesis *genesis, struct buffer *text)
{
    buffer_u64le(text, genesis->validator_count);
    for (size_t i = 0; i < genesis->validator_count; i++) {
        const struct genesis_validator *validator = &genesis->validators[i];
        buffer_append(text, validator->identity.bytes, 32);
        buffer_u64le(text, validator->stake);
        if (genesis->form != 2)
            continue;
        buffer_append(text, validator->vote_account.bytes, 32);
        buffer_append(text, validator->voter.bytes, 32);
        buffer_append(text, validator->withdrawer.bytes, 32);
        buffer_u64le(text, validator->commission);
    }
}

/* An account is its key, the length of its data, and its row as the state holds
 * it. */
static void put_accounts(const struct genesis *genesis, struct buffer *text)
{
    buffer_u64le(text, genesis->account_count);
    for (size_t i = 0; i < genesis->account_count; i++) {
        buffer_append(text, genesis->accounts[i].key.bytes, 32);
        buffer_u64le(text, genesis->accounts[i].account.data.size);
        account_encode(&genesis->accounts[i].account, text);
    }
}

static void put_parameters(const struct genesis *genesis, struct buffer *text)
{
    buffer_u64le(text, genesis_blockhash_blocks(genesis));
    buffer_u64le(text, genesis_slots_per_epoch(genesis));
    buffer_u64le(text, WINDOW_SLOTS);
    buffer_u64le(text, genesis_delta_ms(genesis));
    buffer_u64le(text, genesis_block_bytes(genesis));
    buffer_u64le(text, genesis_block_transactions(genesis));
    buffer_u64le(text, genesis->minimum_stake);
    buffer_u64le(text, 0); /* inflation */
    buffer_u64le(text, genesis->penalty_percent);
    buffer_u64le(text, genesis->penalty_factor);
}

void genesis_hash(const struct genesis *genesis, struct hash *out)
{
    struct buffer text = {0};
    bool is_second = genesis->form == 2;
    CHECK(genesis->validator_count);
    CHECK(genesis->ticks_per_slot && genesis->slot_ms);
    buffer_text(&text, is_second ? GENESIS_HASH_DOMAIN_2 : GENESIS_HASH_DOMAIN);
    buffer_u64le(&text, genesis->creation_unix_ms);
    buffer_u64le(&text, genesis->slot_ms);
    buffer_u64le(&text, genesis->ticks_per_slot);
    buffer_u64le(&text, genesis->hashes_per_tick);
    buffer_u8(&text, genesis->has_faucet);
    buffer_append(&text, genesis->faucet.bytes, 32);
    put_validators(genesis, &text);
    put_accounts(genesis, &text);
    if (is_second)
        put_parameters(genesis, &text);
    /* Only if it differs from the default, so that files from before this field
     * keep their hash. */
    else if (genesis_blockhash_blocks(genesis) != GENESIS_BLOCKHASH_BLOCKS)
        buffer_u64le(&text, genesis->blockhash_blocks);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}
