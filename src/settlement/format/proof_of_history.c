/*
 * Making and checking the chain of hashes. Making is sequential by design.
 * Checking is not: each entry begins from the hash of the one before, which is
 * known, and can be checked on its own.
 *
 * A leader runs the chain between transactions in small portions
 * (proof_of_history_run()), so that it sees what arrives. It decides what is
 * mixed in and when a tick is due; this module has no clock.
 *
 * Cost: a core makes some million hashes a second, more with SHA instructions.
 * Checking a slot takes as many hashes, spread over as many threads as there
 * are. An idle chain costs a hash a tick.
 */
#include "settlement/format/proof_of_history.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include <inttypes.h>
#include <stdlib.h>

/* next = SHA-256(previous || mixin). A mix hashes 64 bytes and a plain step 32,
 * so no plain step can pass for a mix. */
static void mix(struct hash *hash, const struct hash *mixin)
{
    const struct bytes pieces[2] = {bytes_make(hash->bytes, 32),
                                    bytes_make(mixin->bytes, 32)};
    struct hash next;
    hash_sha256_pieces(pieces, 2, &next);
    *hash = next;
}

struct proof_of_history proof_of_history_make(const struct hash *start,
                                              uint64_t hashes_per_tick)
{
    CHECK(hashes_per_tick != 1); /* genesis_parse() */
    return (struct proof_of_history){.hash = *start,
                                     .hashes_per_tick = hashes_per_tick};
}

/* Hashes left in the tick before its last one, which can't be a mix. Not for an
 * idle chain. */
static uint64_t left_before_tick(const struct proof_of_history *poh)
{
    CHECK(poh->hashes_in_tick < poh->hashes_per_tick);
    return poh->hashes_per_tick - 1 - poh->hashes_in_tick;
}

/* End an entry: the hashes since the one before, and the last of them. The
 * caller fills in the transactions. */
static void take_entry(struct proof_of_history *poh, struct entry *out)
{
    *out =
        (struct entry){.num_hashes = poh->hashes_in_entry, .hash = poh->hash};
    poh->hashes_in_entry = 0;
}

/* Count hashes for the tick and for the entry. In an idle chain the tick's
 * counter means nothing; proof_of_history_tick() resets it. */
static void count(struct proof_of_history *poh, uint64_t hashes)
{
    poh->hashes_in_tick += hashes;
    poh->hashes_in_entry += hashes;
}

uint64_t proof_of_history_run(struct proof_of_history *poh, uint64_t hashes)
{
    if (!poh->hashes_per_tick)
        return 0;
    uint64_t left = left_before_tick(poh);
    uint64_t run = hashes < left ? hashes : left;
    hash_chain(&poh->hash, run);
    count(poh, run);
    return run;
}

/* A mix counts as a hash of the tick, so that transactions don't make the chain
 * faster. Solana's Poh::record() also refuses a mix if only the tick's hash is
 * left. */
bool proof_of_history_record(struct proof_of_history *poh,
                             const struct hash *mixin, struct entry *out)
{
    if (poh->hashes_per_tick && !left_before_tick(poh))
        return false;
    mix(&poh->hash, mixin);
    count(poh, 1);
    take_entry(poh, out);
    return true;
}

/* An idle chain has one hash a tick. */
void proof_of_history_tick(struct proof_of_history *poh, struct entry *out)
{
    uint64_t left = poh->hashes_per_tick ? left_before_tick(poh) + 1 : 1;
    hash_chain(&poh->hash, left);
    count(poh, left);
    poh->hashes_in_tick = 0;
    take_entry(poh, out);
}

/* As in solana-merkle-tree: leaves and nodes begin with different bytes, so
 * that no node can pass for a leaf. */
static const uint8_t leaf_prefix = 0;
static const uint8_t node_prefix = 1;

/* The signatures of one transaction, in one piece; returns how many. This can't
 * fail because the bytes were parsed before. */
static size_t read_signatures(struct bytes wire, struct bytes *out)
{
    struct reader reader = reader_make(wire);
    uint16_t signatures;
    int status = compact_u16_read(&reader, &signatures);
    CHECK(!status);
    status = reader_take(&reader, signatures * 64u, out);
    CHECK(!status);
    return signatures;
}

/* One signature of 64 bytes. */
static void hash_leaf(const uint8_t *signature, struct hash *out)
{
    const struct bytes pieces[2] = {bytes_make(&leaf_prefix, 1),
                                    bytes_make(signature, 64)};
    hash_sha256_pieces(pieces, 2, out);
}

/* out may be left or right. */
static void hash_node(const struct hash *left, const struct hash *right,
                      struct hash *out)
{
    const struct bytes pieces[3] = {bytes_make(&node_prefix, 1),
                                    bytes_make(left->bytes, 32),
                                    bytes_make(right->bytes, 32)};
    struct hash node;
    hash_sha256_pieces(pieces, 3, &node);
    *out = node;
}

/* Level by level in one array: a parent takes the place of its left child. The
 * first walk over the transactions counts the leaves. */
void proof_of_history_mixin(const struct bytes *transactions, size_t count_all,
                            struct hash *out)
{
    struct bytes signatures;
    size_t leaves = 0;
    for (size_t i = 0; i < count_all; i++)
        leaves += read_signatures(transactions[i], &signatures);
    CHECK(leaves);
    struct hash *level = mem_zero(leaves, sizeof(*level));
    size_t at = 0;
    for (size_t i = 0; i < count_all; i++) {
        size_t n = read_signatures(transactions[i], &signatures);
        for (size_t k = 0; k < n; k++)
            hash_leaf(signatures.data + 64 * k, &level[at++]);
    }
    for (; leaves > 1; leaves = (leaves + 1) / 2)
        for (size_t i = 0; i < leaves; i += 2)
            hash_node(&level[i], &level[i + 1 < leaves ? i + 1 : i],
                      &level[i / 2]);
    *out = level[0];
    free(level);
}

/* The mix is the last of an entry's hashes, so one hash fewer is run before it.
 * Call entries_check_ticks() first: it bounds num_hashes, and so the work. */
static void expected_hash(const struct entry *entry,
                          const struct hash *previous, struct hash *out)
{
    *out = *previous;
    if (entry_is_tick(entry)) {
        hash_chain(out, entry->num_hashes);
        return;
    }
    struct hash mixin;
    if (entry->num_hashes > 1)
        hash_chain(out, entry->num_hashes - 1);
    proof_of_history_mixin(entry->transactions, entry->transaction_count,
                           &mixin);
    mix(out, &mixin);
}

bool entry_verify(const struct entry *entry, const struct hash *previous)
{
    struct hash expected;
    expected_hash(entry, previous, &expected);
    return hash_equal(&expected, &entry->hash);
}

/*
 * Rules: every entry has a hash, no entry runs over a tick's end, each tick
 * comes after exactly hashes_per_tick, there are as many ticks as a slot has,
 * and the last entry is a tick. In an idle chain each entry is one hash.
 *
 * The rules bound the work of checking, too: no entry can ask for more hashes
 * than a tick has.
 */
int entries_check_ticks(const struct entry *entries, size_t number,
                        uint64_t hashes_per_tick, uint64_t ticks_per_slot)
{
    uint64_t ticks = 0, hashes = 0;
    for (size_t i = 0; i < number; i++) {
        uint64_t most = hashes_per_tick ? hashes_per_tick - hashes : 1;
        if (!entries[i].num_hashes || entries[i].num_hashes > most)
            return err_set(ERR_INVALID,
                           "entry %zu has %" PRIu64
                           " hashes; the most there is %" PRIu64,
                           i, entries[i].num_hashes, most);
        hashes += entries[i].num_hashes;
        if (!entry_is_tick(&entries[i]))
            continue;
        if (hashes_per_tick && hashes != hashes_per_tick)
            return err_set(ERR_INVALID,
                           "the tick at entry %zu comes after %" PRIu64
                           " hashes",
                           i, hashes);
        hashes = 0;
        ticks++;
    }
    if (ticks != ticks_per_slot || !number ||
        !entry_is_tick(&entries[number - 1]))
        return err_set(ERR_INVALID, "%" PRIu64 " ticks in a slot of %" PRIu64,
                       ticks, ticks_per_slot);
    return 0;
}
