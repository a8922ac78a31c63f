/*
 * The genesis file: what every node of a network must agree on before its
 * first block. JSON:
 *
 *   { "form": 2, "creation_unix_ms": 1760000000000, "slot_ms": 400,
 *     "ticks_per_slot": 64, "hashes_per_tick": 0,
 *     "blockhash_blocks": 150, "slots_per_epoch": 432000,
 *     "slots_per_leader": 4, "delta_ms": 250,
 *     "block_bytes": 8388608, "block_transactions": 131072,
 *     "minimum_stake": 1000000000, "inflation_percent": 0,
 *     "penalty_percent": 1, "penalty_factor": 3, "faucet": "<key>",
 *     "validators": [{"identity": "<key>", "stake": 1000000000,
 *                     "vote_account": "<key>", "voter": "<key>",
 *                     "withdrawer": "<key>", "commission": 0,
 *                     "addresses": ["192.0.2.1:8001"]}],
 *     "accounts": [{"key": "<key>", "lamports": 5, "owner": "<key>",
 *                   "executable": false, "data": "<base64>"}] }
 *
 * Required are creation_unix_ms, slot_ms, ticks_per_slot, hashes_per_tick,
 * validators with identity and stake, and accounts with key and lamports. What
 * is absent has the default of its constant below; a validator's keys are then
 * its identity. What each means stands at struct genesis.
 *
 * Form 1, without the field "form", has none of the fields that came with form
 * 2, and one validator. Such files keep their hash.
 *
 * The genesis hash is that of a canonical binary form, so that white space and
 * the order of fields don't matter. Addresses are not in it, because validators
 * move. The genesis hash is the first blockhash and the parent of the first
 * block. Thread: any.
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

/* The end of the year 9999: what follows from it still fits its field. */
#define GENESIS_CREATION_UNIX_MS_MAX UINT64_C(253402300799999)

#define GENESIS_SLOT_MS_MIN 10
#define GENESIS_SLOT_MS_MAX 60000

/* Solana's DEFAULT_SLOTS_PER_EPOCH, without a warm-up; its
 * MINIMUM_SLOTS_PER_EPOCH; and a hundred of the former. */
#define GENESIS_SLOTS_PER_EPOCH 432000
#define GENESIS_SLOTS_PER_EPOCH_MIN 32
#define GENESIS_SLOTS_PER_EPOCH_MAX 43200000

/* Agave's DELTA (votor/src/common.rs). */
#define GENESIS_DELTA_MS 250
#define GENESIS_DELTA_MS_MIN 1
#define GENESIS_DELTA_MS_MAX 10000

/* The default, and the most with several validators, as a block has to get to
 * all of them in a slot. With one validator both are BLOCK_SIZE_MAX_BYTES. */
#define GENESIS_BLOCK_BYTES (8u * 1024 * 1024)
#define GENESIS_BLOCK_BYTES_MIN (1024u * 1024)
#define GENESIS_BLOCK_TRANSACTIONS_MIN 1024

#define GENESIS_MINIMUM_STAKE 1000000000ull /* 1 KOII */
#define GENESIS_PENALTY_PERCENT 1
#define GENESIS_PENALTY_FACTOR 3

#define GENESIS_VALIDATORS_MAX 1024
#define GENESIS_ADDRESSES_MAX 4
#define GENESIS_ACCOUNTS_MAX 1000000
#define GENESIS_SIZE_MAX_BYTES (256u * 1024 * 1024)

struct validator_set;

/* The fields after the stake are of form 2. */
struct genesis_validator {
    struct pubkey identity;
    uint64_t stake;             /* in roe; at least the minimum stake */
    struct pubkey vote_account; /* where clients see its votes */
    struct pubkey voter;        /* signs its votes; may be the identity */
    struct pubkey withdrawer;   /* owns what the vote account earns */
    uint8_t commission;         /* percent of its delegators' rewards */
    /* Where others reach it, "host:port"; may be none. */
    const char *addresses[GENESIS_ADDRESSES_MAX];
    size_t address_count;
};

struct genesis_account {
    struct pubkey key;
    struct account account;
};

/* A zero in a field with an accessor below means its default. */
struct genesis {
    unsigned form; /* 2; 0 and 1: 1 */
    uint64_t creation_unix_ms;
    uint64_t slot_ms;
    uint64_t ticks_per_slot;
    /* 0: an idle proof of history, with one hash a tick and sleep between
     * ticks; so with several validators. */
    uint64_t hashes_per_tick;
    uint64_t blockhash_blocks;
    uint64_t slots_per_epoch; /* whole windows of a leader */
    uint64_t delta_ms;        /* the longest time that a message should take */
    /* Limits of a block. */
    uint64_t block_bytes;
    uint64_t block_transactions;
    uint64_t minimum_stake; /* of a validator */
    /* What a validator loses that contradicts itself: at least percent, and the
     * factor times the share of all stake that did. Kept for the time when
     * evidence is taken. */
    uint64_t penalty_percent;
    uint64_t penalty_factor;
    bool has_faucet; /* false on networks without requestAirdrop */
    struct pubkey faucet;
    const struct genesis_validator *validators; /* at least one */
    size_t validator_count;
    const struct genesis_account *accounts; /* no key twice */
    size_t account_count;
    struct hash hash;
};

/* Parse and check; the result lies in the arena. ERR_INVALID, ERR_RANGE,
 * ERR_NOT_FOUND, ERR_LIMIT or ERR_UNSUPPORTED with the field's name; then *out
 * must not be used. */
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

/* The slots of an epoch. */
uint64_t genesis_slots_per_epoch(const struct genesis *genesis);
uint64_t genesis_delta_ms(const struct genesis *genesis);

/* The most of a block. */
uint64_t genesis_block_bytes(const struct genesis *genesis);
uint64_t genesis_block_transactions(const struct genesis *genesis);

/* The validators as the set of an epoch, in the order of the genesis, with
 * stakes in roe. Free it. */
struct validator_set *genesis_validator_set(const struct genesis *genesis,
                                            uint64_t epoch);

/* Whether the validators can be a set: as validator_set_new(). */
int genesis_check_validators(const struct genesis *genesis);

/* Compute the hash of a genesis that was filled in by hand (a new network). */
void genesis_hash(const struct genesis *genesis, struct hash *out);

#endif
