/*
 * An array of entries, and two tables of chains over their places in it, which
 * are made anew when the array grows or loses its front. Both are rare: a
 * segment has thousands of entries.
 */
#include "settlement/write_ahead/block_log_index.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <xxhash.h>

/* Nothing follows in the chain. */
#define NONE UINT32_MAX
#define COUNT_FIRST 1024

struct item {
    uint64_t slot;
    struct hash hash;
    struct block_log_place place;
    uint32_t size;
    uint32_t next_of_hash; /* older, in the same chain */
    uint32_t next_of_slot;
    uint32_t kind;
};

/* 1. Tables have as many chains as the array has room for: a power of two.
 * 2. Chains lead from the newest to the oldest. */
struct block_log_index {
    uint64_t salt;
    uint64_t first;
    size_t count;
    size_t room;
    struct item *items;
    uint32_t *of_hash;
    uint32_t *of_slot;
};

static uint32_t *chain_of_hash(const struct block_log_index *index,
                               const struct hash *hash)
{
    uint64_t sum =
        XXH3_64bits_withSeed(hash->bytes, sizeof(hash->bytes), index->salt);

    return &index->of_hash[sum & (index->room - 1)];
}

static uint32_t *chain_of_slot(const struct block_log_index *index,
                               uint64_t slot)
{
    uint64_t sum = XXH3_64bits_withSeed(&slot, sizeof(slot), index->salt);

    return &index->of_slot[sum & (index->room - 1)];
}

/* Put an item into its chains. All nullifications have the same hash, which
 * would be one long chain. */
static void link_item(struct block_log_index *index, uint32_t at)
{
    struct item *item = &index->items[at];
    uint32_t *chain = chain_of_slot(index, item->slot);

    item->next_of_slot = *chain;
    *chain = at;
    item->next_of_hash = NONE;
    if (item->kind == BLOCK_LOG_NULLIFICATION)
        return;
    chain = chain_of_hash(index, &item->hash);
    item->next_of_hash = *chain;
    *chain = at;
}

static void link_all(struct block_log_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        index->of_hash[i] = index->of_slot[i] = NONE;
    for (size_t i = 0; i < index->count; i++)
        link_item(index, (uint32_t)i);
}

static void set_room(struct block_log_index *index, size_t room)
{
    index->room = room;
    index->items = mem_resize(index->items, room * sizeof(*index->items));
    index->of_hash = mem_resize(index->of_hash, room * sizeof(uint32_t));
    index->of_slot = mem_resize(index->of_slot, room * sizeof(uint32_t));
    link_all(index);
}

struct block_log_index *block_log_index_new(uint64_t salt)
{
    struct block_log_index *index = mem_zero(1, sizeof(*index));

    index->salt = salt;
    set_room(index, COUNT_FIRST);
    return index;
}

void block_log_index_free(struct block_log_index *index)
{
    if (!index)
        return;
    free(index->items);
    free(index->of_hash);
    free(index->of_slot);
    free(index);
}

uint64_t block_log_index_first(const struct block_log_index *index)
{
    return index->first;
}

uint64_t block_log_index_end(const struct block_log_index *index)
{
    return index->first + index->count;
}

bool block_log_index_is_full(const struct block_log_index *index)
{
    return index->count == BLOCK_LOG_ENTRIES_MAX;
}

void block_log_index_add(struct block_log_index *index,
                         const struct block_log_entry *entry,
                         const struct block_log_place *place)
{
    CHECK(!block_log_index_is_full(index));
    if (index->count == index->room)
        set_room(index, index->room * 2);
    index->items[index->count] = (struct item){.slot = entry->slot,
                                               .hash = entry->hash,
                                               .place = *place,
                                               .size = entry->size,
                                               .kind = entry->kind};
    link_item(index, (uint32_t)index->count++);
}

void block_log_index_drop(struct block_log_index *index, size_t count)
{
    size_t room = index->room;

    CHECK(count <= index->count);
    index->first += count;
    index->count -= count;
    memmove(index->items, index->items + count,
            index->count * sizeof(*index->items));
    while (room > COUNT_FIRST && index->count < room / 4)
        room /= 2;
    set_room(index, room);
}

bool block_log_index_get(const struct block_log_index *index, uint64_t number,
                         struct block_log_entry *entry,
                         struct block_log_place *place)
{
    if (number < index->first || number >= block_log_index_end(index))
        return false;
    const struct item *item = &index->items[number - index->first];
    *entry = (struct block_log_entry){.kind = (enum block_log_kind)item->kind,
                                      .slot = item->slot,
                                      .hash = item->hash,
                                      .size = item->size};
    *place = item->place;
    return true;
}

bool block_log_index_find(const struct block_log_index *index,
                          enum block_log_kind kind, const struct hash *hash,
                          uint64_t *number)
{
    for (uint32_t at = *chain_of_hash(index, hash); at != NONE;
         at = index->items[at].next_of_hash) {
        const struct item *item = &index->items[at];
        if (item->kind == kind && hash_equal(&item->hash, hash)) {
            *number = index->first + at;
            return true;
        }
    }
    return false;
}

bool block_log_index_find_slot(const struct block_log_index *index,
                               uint64_t slot, uint64_t *number)
{
    uint64_t found = UINT64_MAX;

    for (uint32_t at = *chain_of_slot(index, slot); at != NONE;
         at = index->items[at].next_of_slot) {
        if (index->first + at < *number)
            break;
        if (index->items[at].slot == slot)
            found = index->first + at;
    }
    *number = found != UINT64_MAX ? found : *number;
    return found != UINT64_MAX;
}
