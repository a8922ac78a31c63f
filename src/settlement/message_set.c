/*
 * Open addressing over indexes into an array: the array keeps the order for the
 * row on disk, and the table stays small. Nothing is ever removed: a set goes
 * as a whole when its block is old.
 *
 * Why messages and not signatures: who holds a signing key can sign a message
 * as many times as it likes, each with a signature of its own, and the
 * transaction must take effect once for all that.
 *
 * Why a set for each block and not one for the last 150: a fork has blocks of
 * its own, and what its bank asks for is the union over its own ancestors. Sets
 * are shared by all descendants. A look-up asks only the blocks that are
 * younger than the transaction's blockhash (check_age() in execute.c).
 *
 * Memory: 40 to 80 bytes a message; a block's limit on
 * transactions bounds it. Threads as the header says.
 */
#include "settlement/message_set.h"
#include "base/check.h"
#include "base/memory.h"
#include <stdatomic.h>
#include <stdlib.h>

#define MESSAGE_SET_MAGIC 0x6d65737361676573ull
/* Most blocks have few transactions: room for eight before the first growth. */
#define SLOTS_MIN 16

/*
 * Invariants:
 *
 * 1. Each of the first count hashes is in the table once, and nothing else is.
 * 2. count * 2 ≤ slots, so that every probe ends at a free place.
 * 3. Nothing but references changes once a second thread has the set.
 */
struct message_set {
    uint64_t magic;
    atomic_size_t references;
    struct hash *hashes; /* as added; room for half of slots */
    uint32_t *table;     /* index + 1 into hashes; 0: free */
    size_t count;
    size_t slots; /* a power of two, at most half full */
};

/* No memory for hashes yet: an empty block never has any. */
struct message_set *message_set_new(void)
{
    struct message_set *set = mem_zero(1, sizeof(*set));
    set->magic = MESSAGE_SET_MAGIC;
    atomic_init(&set->references, 1);
    return set;
}

struct message_set *message_set_retain(struct message_set *set)
{
    CHECK_MAGIC(set, MESSAGE_SET_MAGIC);
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void message_set_release(struct message_set *set)
{
    if (!set)
        return;
    CHECK_MAGIC(set, MESSAGE_SET_MAGIC);
    if (atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) !=
        1)
        return;
    set->magic = 0;
    free(set->hashes);
    free(set->table);
    free(set);
}

/* Where the hash is, or the free slot where it belongs; there must be a table.
 * The keys are hashes already; who grinds them to collide slows down a probe,
 * no more. */
static size_t find(const struct message_set *set, const struct hash *hash)
{
    size_t mask = set->slots - 1;
    size_t at = u64le_read(hash->bytes) & mask;
    while (set->table[at] &&
           !hash_equal(&set->hashes[set->table[at] - 1], hash))
        at = (at + 1) & mask;
    return at;
}

/* By any thread once the set is shared: nothing is written, not even a counter.
 */
bool message_set_has(const struct message_set *set, const struct hash *hash)
{
    return set && set->count && set->table[find(set, hash)];
}

size_t message_set_count(const struct message_set *set)
{
    return set ? set->count : 0;
}

const struct hash *message_set_at(const struct message_set *set, size_t index)
{
    CHECK(set && index < set->count);
    return &set->hashes[index];
}

/* Hashes are moved as a whole: the array grows with the table, and has room for
 * half of it. Places are found anew, in the order they were added. */
static void grow(struct message_set *set)
{
    size_t slots = set->slots ? set->slots * 2 : SLOTS_MIN;
    CHECK(slots < UINT32_MAX);
    set->hashes = mem_resize(set->hashes, slots / 2 * sizeof(*set->hashes));
    free(set->table);
    /* Written to at once: see table_grow() in state_layer.c. */
    set->table = mem_alloc(slots * sizeof(*set->table));
    memset(set->table, 0, slots * sizeof(*set->table));
    set->slots = slots;
    for (size_t i = 0; i < set->count; i++)
        set->table[find(set, &set->hashes[i])] = (uint32_t)i + 1;
}

void message_set_add(struct message_set *set, const struct hash *hash)
{
    CHECK_MAGIC(set, MESSAGE_SET_MAGIC);
    if (set->count * 2 >= set->slots)
        grow(set);
    size_t at = find(set, hash);
    CHECK(!set->table[at]);
    set->hashes[set->count++] = *hash;
    set->table[at] = (uint32_t)set->count;
}
