/*
 * An index is a hash table with chains. Entries are put in front, in the
 * block's order, so a chain has the newest transaction first, which is the
 * order in which transactions of an address are asked for.
 *
 * The hash is seeded with the block's own, which senders do not know before
 * the block is made, so that nobody can aim at collisions.
 *
 * Two threads may make the same index at once; the one that is late throws its
 * own away.
 */
#include "settlement/ledger/recent.h"

#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>
#include <xxhash.h>

#define NONE UINT32_MAX

struct recent_entry {
    uint32_t next;  /* in its chain, or NONE */
    uint32_t index; /* of the transaction */
    uint8_t number; /* of the address among its keys */
};

struct recent_index {
    uint32_t mask;
    uint32_t *heads; /* mask + 1; an entry, or NONE */
    struct recent_entry entries[];
};

void recent_index_free(struct recent_index *index)
{
    if (!index)
        return;
    free(index->heads);
    free(index);
}

static uint32_t place_of(const struct recent_index *index,
                         const struct executed_block *block, struct bytes key)
{
    uint64_t seed = u64le_read(block->hash.bytes);
    return (uint32_t)XXH3_64bits_withSeed(key.data, key.size, seed) &
           index->mask;
}

static struct recent_index *index_new(size_t count)
{
    struct recent_index *index =
        mem_zero(1, sizeof(*index) + count * sizeof(struct recent_entry));
    size_t places = 16;
    while (places < count)
        places *= 2;
    CHECK(places <= UINT32_MAX);
    index->mask = (uint32_t)(places - 1);
    index->heads = mem_zero(places, sizeof(*index->heads));
    memset(index->heads, 0xff, places * sizeof(*index->heads));
    return index;
}

static void index_add(struct recent_index *index,
                      const struct executed_block *block, struct bytes key,
                      uint32_t at, struct recent_entry entry)
{
    uint32_t *head = &index->heads[place_of(index, block, key)];
    entry.next = *head;
    index->entries[at] = entry;
    *head = at;
}

/* The index that is kept: this one, or that of a thread that was faster. */
static const struct recent_index *keep(_Atomic(struct recent_index *) *place,
                                       struct recent_index *index)
{
    struct recent_index *other = NULL;
    if (atomic_compare_exchange_strong(place, &other, index))
        return index;
    recent_index_free(index);
    return other;
}

/* ---- Signatures ---- */

/* They follow the count of one byte (transaction.h). */
static const uint8_t *signature_at(const struct executed_block *block,
                                   size_t index)
{
    const struct ledger_item *item = ledger_records_at(&block->records, index);
    return ledger_item_wire(item, buffer_view(&block->data)) + 1;
}

void recent_signature(const struct executed_block *block, uint32_t index,
                      struct signature *out)
{
    memcpy(out->bytes, signature_at(block, index), sizeof(out->bytes));
}

static const struct recent_index *signatures_of(struct executed_block *block)
{
    struct recent_index *index = atomic_load(&block->signatures);
    if (index)
        return index;
    size_t count = ledger_records_count(&block->records);
    index = index_new(count);
    for (uint32_t i = 0; i < count; i++)
        index_add(index, block, bytes_make(signature_at(block, i), 64), i,
                  (struct recent_entry){.index = i});
    return keep(&block->signatures, index);
}

bool recent_find(struct executed_block *block,
                 const struct signature *signature, uint32_t *index)
{
    if (!ledger_records_count(&block->records))
        return false;
    const struct recent_index *by = signatures_of(block);
    uint32_t at =
        by->heads[place_of(by, block, bytes_make(signature->bytes, 64))];
    while (at != NONE && memcmp(signature_at(block, by->entries[at].index),
                                signature->bytes, 64))
        at = by->entries[at].next;
    if (at != NONE)
        *index = by->entries[at].index;
    return at != NONE;
}

/* ---- Addresses ---- */

static const struct pubkey *key_at(const struct executed_block *block,
                                   size_t index, size_t number)
{
    return ledger_item_key(&block->records,
                           ledger_records_at(&block->records, index),
                           buffer_view(&block->data), number);
}

static const struct recent_index *addresses_of(struct executed_block *block)
{
    struct recent_index *index = atomic_load(&block->addresses);
    if (index)
        return index;
    size_t count = ledger_records_count(&block->records), namings = 0;
    for (size_t i = 0; i < count; i++)
        namings += ledger_records_at(&block->records, i)->key_count;
    index = index_new(namings);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t keys = ledger_records_at(&block->records, i)->key_count;
        for (uint8_t j = 0; j < keys; j++, at++)
            index_add(index, block, pubkey_bytes(key_at(block, i, j)), at,
                      (struct recent_entry){.index = i, .number = j});
    }
    return keep(&block->addresses, index);
}

bool recent_find_address(struct executed_block *block,
                         const struct pubkey *address, uint32_t before,
                         uint32_t *index)
{
    if (!ledger_records_count(&block->records))
        return false;
    const struct recent_index *by = addresses_of(block);
    uint32_t at = by->heads[place_of(by, block, pubkey_bytes(address))];
    for (; at != NONE; at = by->entries[at].next) {
        const struct recent_entry *entry = &by->entries[at];
        if (entry->index >= before ||
            !pubkey_equal(key_at(block, entry->index, entry->number), address))
            continue;
        *index = entry->index;
        return true;
    }
    return false;
}
