/*
 * The genesis file: what every node of a network must agree on before its
 * first block. JSON:
 *
 *   { "creation_unix_ms": 1760000000000, "slot_ms": 400,
 *     "ticks_per_slot": 64, "hashes_per_tick": 12500,
 *     "blockhash_blocks": 150, "faucet": "<key>",
 *     "validators": [{"identity": "<key>", "stake": 1000000000}],
 *     "accounts": [{"key": "<key>", "lamports": 5, "owner": "<key>",
 *                   "executable": false, "data": "<base64>"}] }
 *
 * hashes_per_tick 0: an idle proof of history for development, with one hash a
 * tick and sleep between ticks. faucet is absent on networks without
 * requestAirdrop. blockhash_blocks: the number of blocks after its own in which
 * a blockhash is good; absent: Solana's 150. owner, executable and data may be
 * absent: System program, false, empty.
 *
 * The genesis hash is that of a canonical binary form, so that white space and
 * the order of fields don't matter. The genesis hash is the first blockhash and
 * the parent of the first block. Thread: any.
 */
#ifndef POND_SETTLEMENT_FORMAT_GENESIS_H
#define POND_SETTLEMENT_FORMAT_GENESIS_H

#include "base/arena.h"
#include "settlement/format/account.h"

/* Solana's DEFAULT_TICKS_PER_SLOT. */
#define GENESIS_TICKS_PER_SLOT 64

#define GENESIS_TICKS_PER_SLOT_MAX 1024

/* Ten times what a core does in the longest slot at one tick. */
#define GENESIS_HASHES_PER_TICK_MAX 3000000000ull

/* Blocks after its own in which a blockhash is good: Solana's number, which a
 * genesis without the field means; and the most, a minute of the shortest
 * slots. */
#define GENESIS_BLOCKHASH_BLOCKS 150
#define GENESIS_BLOCKHASH_BLOCKS_MAX 6000

#define GENESIS_SLOT_MS_MIN 10
#define GENESIS_SLOT_MS_MAX 60000
#define GENESIS_VALIDATORS_MAX 1024
#define GENESIS_ACCOUNTS_MAX 1000000
#define GENESIS_SIZE_MAX_BYTES (256u * 1024 * 1024)

/* Solana's DEFAULT_SLOTS_PER_EPOCH; no warm-up. */
#define GENESIS_SLOTS_PER_EPOCH 432000

struct genesis_validator {
    struct pubkey identity;
    uint64_t stake; /* in roe */
};

struct genesis_account {
    struct pubkey key;
    struct account account;
};

struct genesis {
    uint64_t creation_unix_ms;
    uint64_t slot_ms;
    uint64_t ticks_per_slot;
    uint64_t hashes_per_tick;
    uint64_t blockhash_blocks; /* 0: GENESIS_BLOCKHASH_BLOCKS */
    bool has_faucet;
    struct pubkey faucet;
    const struct genesis_validator *validators; /* at least one */
    size_t validator_count;
    const struct genesis_account *accounts; /* no key twice */
    size_t account_count;
    struct hash hash;
};

/* Parse and check; the result lies in the arena. ERR_INVALID, ERR_RANGE,
 * ERR_NOT_FOUND or ERR_LIMIT with the field's name; then *out must not be used.
 */
int genesis_parse(struct bytes json, struct arena *arena, struct genesis *out);

/* Parse a list of validators, the array that stands in a genesis, for a genesis
 * that is to be made of it. It lies in the arena. ERR_INVALID, ERR_RANGE or
 * ERR_NOT_FOUND, with the validator's number. */
int genesis_validators_parse(struct bytes json, struct arena *arena,
                             const struct genesis_validator **out,
                             size_t *count);

/* Read the file. Errors as genesis_parse() and file_read(). */
int genesis_load(const char *path, struct arena *arena, struct genesis *out);

/* Append the JSON text of a genesis, as one line. */
void genesis_write(const struct genesis *genesis, struct buffer *out);

/* Blocks after its own in which a blockhash is good. */
uint64_t genesis_blockhash_blocks(const struct genesis *genesis);

/* The number of blocks in which at least a minute passes, by the length of
 * slots; at least GENESIS_BLOCKHASH_BLOCKS. Clients count on a blockhash being
 * good for a minute. */
uint64_t genesis_minute_of_blocks(uint64_t slot_ms);

/* The slots of an epoch: whole windows. */
uint64_t genesis_slots_per_epoch(const struct genesis *genesis);

/* The validators of an epoch, in the order of the genesis, with stakes in roe.
 * They are the same in each, and the leaders are drawn anew. Free it. */
struct validator_set;
struct validator_set *genesis_validator_set(const struct genesis *genesis,
                                            uint64_t epoch);

/* Compute the hash of a genesis that was filled in by hand (a new network). */
void genesis_hash(const struct genesis *genesis, struct hash *out);

#endif
