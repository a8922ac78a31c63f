/*
 * A set has two forms. While its block executes, it is a table with open
 * addressing, at most half full: a probe costs one cache miss. Once frozen it
 * is an array of exactly the sorted keys, with a directory of where the keys
 * begin whose first bits are 0, 1, 2, …: a look-up reads the directory and the
 * few keys of one bucket, which lie side by side.
 *
 * Why the second form: a set lives for a minute, in which 20,000 transactions a
 * second make more than a million messages. They take 17 bytes each in this
 * form, and 60 in the table.
 *
 * Why messages and not signatures: the holder of a key can sign a message many
 * times, each time with another signature, and the transaction must still take
 * effect once.
 *
 * Why a set for each block and not one for all recent blocks: a fork has blocks
 * of its own, and its bank needs the union over its own ancestors. All
 * descendants share the sets. A look-up asks only the blocks that are younger
 * than the transaction's blockhash (check_age() in execute.c).
 *
 * The keys are hashes. Somebody who grinds keys that collide in a table or fall
 * into one bucket only slows down look-ups.
 */
#include "settlement/bank/message_set.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdatomic.h>
#include <stdlib.h>

#define MESSAGE_SET_MAGIC 0x6d65737361676573ull
/* Room for eight keys before the first growth: most blocks have few
 * transactions. */
#define SLOTS_MIN 16
/* Average keys of a bucket: two cache lines hold them. */
#define BUCKET_KEYS 8

/* The first bytes of a hash as numbers with the same order. In a table {0, 0}
 * is a free place; no key is {0, 0} (key_read()). */
struct message_key {
    uint64_t high, low;
};

/*
 * Invariants:
 *
 * 1. Each key that was added is there once, and nothing else is.
 * 2. Not frozen: slots is 0 or a power of two, count * 2 ≤ slots, so that every
 *    probe ends at a free place; starts is NULL.
 * 3. Frozen: keys has count places, in ascending order; the keys whose first
 *    bucket_bits bits are b stand from starts[b] to before starts[b + 1].
 * 4. Once the set is frozen only references change.
 */
struct message_set {
    uint64_t magic;
    atomic_size_t references;
    struct message_key *keys;
    uint32_t *starts;
    size_t count;
    size_t slots;
    unsigned bucket_bits;
    bool is_frozen;
};

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
    free(set->keys);
    free(set->starts);
    free(set);
}

static struct message_key key_read(const uint8_t *at)
{
    struct message_key key = {u64be_read(at), u64be_read(at + 8)};
    if (!key.high && !key.low)
        key.low = 1;
    return key;
}

static struct message_key key_of(const struct hash *hash)
{
    return key_read(hash->bytes);
}

static bool is_same(struct message_key a, struct message_key b)
{
    return a.high == b.high && a.low == b.low;
}

static bool is_less(struct message_key a, struct message_key b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

/* ---- A growing set ---- */

static bool is_free(struct message_key place)
{
    return !place.high && !place.low;
}

/* Where the key is, or the free place for it. There must be a table. */
static size_t find(const struct message_set *set, struct message_key key)
{
    size_t mask = set->slots - 1;
    size_t at = key.low & mask;
    while (!is_free(set->keys[at]) && !is_same(set->keys[at], key))
        at = (at + 1) & mask;
    return at;
}

static void grow(struct message_set *set)
{
    struct message_key *before = set->keys;
    size_t slots_before = set->slots;
    set->slots = slots_before ? slots_before * 2 : SLOTS_MIN;
    CHECK(set->slots < UINT32_MAX);
    set->keys = mem_zero(set->slots, sizeof(*set->keys));
    for (size_t i = 0; i < slots_before; i++)
        if (!is_free(before[i]))
            set->keys[find(set, before[i])] = before[i];
    free(before);
}

void message_set_add(struct message_set *set, const struct hash *hash)
{
    CHECK_MAGIC(set, MESSAGE_SET_MAGIC);
    CHECK(!set->is_frozen);
    struct message_key key = key_of(hash);
    if (set->count * 2 >= set->slots)
        grow(set);
    size_t at = find(set, key);
    CHECK(is_free(set->keys[at]));
    set->keys[at] = key;
    set->count++;
}

/* ---- A frozen set ---- */

static size_t bucket_of(const struct message_set *set, struct message_key key)
{
    return set->bucket_bits ? key.high >> (64 - set->bucket_bits) : 0;
}

/* Make the directory. keys may be in any order, with free places among them. */
static void make_starts(struct message_set *set, const struct message_key *keys,
                        size_t places)
{
    while ((size_t)BUCKET_KEYS << set->bucket_bits < set->count)
        set->bucket_bits++;
    size_t buckets = (size_t)1 << set->bucket_bits;
    set->starts = mem_zero(buckets + 1, sizeof(*set->starts));
    for (size_t i = 0; i < places; i++)
        if (!is_free(keys[i]))
            set->starts[bucket_of(set, keys[i]) + 1]++;
    for (size_t i = 0; i < buckets; i++)
        set->starts[i + 1] += set->starts[i];
}

/* Insert a key among the sorted keys that its bucket has so far. */
static void insert(struct message_set *set, uint32_t *filled,
                   struct message_key key)
{
    size_t bucket = bucket_of(set, key);
    size_t first = set->starts[bucket];
    size_t at = first + filled[bucket]++;
    for (; at > first && is_less(key, set->keys[at - 1]); at--)
        set->keys[at] = set->keys[at - 1];
    set->keys[at] = key;
}

/* Buckets are in order, and so are the keys in each bucket. */
void message_set_freeze(struct message_set *set)
{
    if (!set || set->is_frozen)
        return;
    CHECK_MAGIC(set, MESSAGE_SET_MAGIC);
    struct message_key *table = set->keys;
    make_starts(set, table, set->slots);
    size_t buckets = (size_t)1 << set->bucket_bits;
    uint32_t *filled = mem_zero(buckets, sizeof(*filled));
    set->keys = mem_zero(set->count ? set->count : 1, sizeof(*set->keys));
    for (size_t i = 0; i < set->slots; i++)
        if (!is_free(table[i]))
            insert(set, filled, table[i]);
    free(filled);
    free(table);
    set->slots = 0;
    set->is_frozen = true;
}

/* Any thread may call this on a frozen set: nothing is written. */
bool message_set_has(const struct message_set *set, const struct hash *hash)
{
    if (!set || !set->count)
        return false;
    struct message_key key = key_of(hash);
    if (!set->is_frozen)
        return is_same(set->keys[find(set, key)], key);
    size_t bucket = bucket_of(set, key);
    for (size_t i = set->starts[bucket]; i < set->starts[bucket + 1]; i++)
        if (is_same(set->keys[i], key))
            return true;
    return false;
}

size_t message_set_count(const struct message_set *set)
{
    return set ? set->count : 0;
}

bool message_set_equal(const struct message_set *a, const struct message_set *b)
{
    size_t count = message_set_count(a);
    CHECK((!a || a->is_frozen) && (!b || b->is_frozen));
    return count == message_set_count(b) &&
           (count == 0 || !memcmp(a->keys, b->keys, count * sizeof(*a->keys)));
}

void message_set_write(const struct message_set *set, struct buffer *out)
{
    CHECK(!set || set->is_frozen);
    for (size_t i = 0; i < message_set_count(set); i++) {
        uint8_t *at = buffer_reserve(out, MESSAGE_KEY_SIZE);
        u64be_write(at, set->keys[i].high);
        u64be_write(at + 8, set->keys[i].low);
        out->size += MESSAGE_KEY_SIZE;
    }
}

int message_set_read(struct bytes keys, struct message_set **out)
{
    size_t count = keys.size / MESSAGE_KEY_SIZE;
    if (keys.size % MESSAGE_KEY_SIZE || count >= UINT32_MAX)
        return err_set(ERR_CORRUPT, "a block's messages are not whole keys");
    struct message_set *set = message_set_new();
    set->count = count;
    set->keys = mem_zero(count ? count : 1, sizeof(*set->keys));
    for (size_t i = 0; i < count; i++) {
        set->keys[i] = key_read(keys.data + i * MESSAGE_KEY_SIZE);
        if (i > 0 && !is_less(set->keys[i - 1], set->keys[i])) {
            message_set_release(set);
            return err_set(ERR_CORRUPT,
                           "a block's messages are not in order, each once");
        }
    }
    make_starts(set, set->keys, count);
    set->is_frozen = true;
    *out = set;
    return 0;
}
