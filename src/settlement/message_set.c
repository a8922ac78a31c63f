/*
 * Open addressing over indexes into an array: the array keeps the order for the
 * row on disk, and the table stays small. Nothing is ever removed: a set goes
 * as a whole when its block is old.
 */
#include "settlement/message_set.h"
#include "base/check.h"
#include "base/memory.h"
#include <stdatomic.h>
#include <stdlib.h>

#define MESSAGE_SET_MAGIC 0x6d65737361676573ull
#define SLOTS_MIN 16

struct message_set {
    uint64_t magic;
    atomic_size_t references;
    struct hash *hashes; /* as added; room for half of slots */
    uint32_t *table;     /* index + 1 into hashes; 0: free */
    size_t count;
    size_t slots; /* a power of two, at most half full */
};

/* No memory for hashes yet. */
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

/* Where the hash is, or the free slot where it belongs. The keys are hashes
 * already; who grinds them to collide slows down a probe, no more. */
static size_t find(const struct message_set *set, const struct hash *hash)
{
    size_t mask = set->slots - 1;
    size_t at = u64le_read(hash->bytes) & mask;
    while (set->table[at] &&
           !hash_equal(&set->hashes[set->table[at] - 1], hash))
        at = (at + 1) & mask;
    return at;
}

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

/* Hashes are moved as a whole: the array grows with the table. */
static void grow(struct message_set *set)
{
    size_t slots = set->slots ? set->slots * 2 : SLOTS_MIN;
    CHECK(slots < UINT32_MAX);
    set->hashes = mem_resize(set->hashes, slots / 2 * sizeof(*set->hashes));
    free(set->table);
    set->table = mem_zero(slots, sizeof(*set->table));
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
