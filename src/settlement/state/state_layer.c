/*
 * A layer: rows in an arena, a hash table and a skip list over them.
 *
 * Why both: nearly all access is by key (accounts), where a balanced tree costs
 * a cache miss a level; but programs walk rows in order (a task's rounds), and
 * so does the flush, for LMDB takes sorted rows several times faster. A skip
 * list is the ordered structure whose nodes never move and which needs no
 * rebalancing: a cursor stays valid while rows are added.
 *
 * Why the list lags behind: to find a row's place in it costs more than all the
 * rest of a put, nobody asks for the order while most blocks execute, and rows
 * that were sorted first are put into the list one behind the other. So it is
 * made when it is asked for, for a frozen layer by whoever comes first.
 *
 * Why rows are never removed: a deletion must be remembered, for the row may
 * stand in a layer or base below. A value that grows leaves its old bytes in
 * the arena: layers live for a block, so that memory comes back soon.
 *
 * Costs: a point read is one probe; a write, a probe and a copy; the first
 * question for the order, sorting the rows that were put since the last.
 *
 * Threads: one writes, until the layer is frozen; then any number read. Whoever
 * hands a frozen layer to another thread does so through something that orders
 * memory (a lock, a queue), so that frozen itself needs not be atomic. What
 * several threads change is the count of references, and the list, under a
 * lock that is only taken while rows are missing from it.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/random.h"
#include "settlement/state/state_list.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define LAYER_MAGIC 0x7374617465000001ull

/* Slots of a new hash table; doubled at three quarters. */
#define TABLE_SLOTS_MIN 64

/* A table above this is given back when the layer is cleared, for clearing it
 * costs its size: one large transaction must not slow down all that follow. */
#define TABLE_SLOTS_KEPT 1024

/* A pointer to a row and its tag. */
#define SLOT_SIZE (sizeof(struct state_row *) + 1)

/*
 * Invariants:
 *
 * 1. Each row is in the table once, and in the line of older rows that begins
 *    with newest.
 * 2. The rows from listed on along that line are in the list's lowest level,
 *    once, in the order of their keys; those before it are not in the list.
 * 3. At most three quarters of the table are taken, so that every probe ends
 *    at a free slot; without a table count is 0.
 *    tags[i] is tag_of() the hash of the row in slot i, or 0 where it is free
 *    and rows[i] means nothing.
 * 4. Rows, keys and values lie in the arena, and go with it all at once.
 * 5. Once frozen, nothing but references and the list changes, and the list
 *    only until listed is newest.
 */
struct state_layer {
    uint64_t magic;
    atomic_size_t references;
    struct arena arena;
    struct state_row **rows; /* slots of them, the tags behind them */
    uint8_t *tags;
    size_t slots; /* a power of two; 0: no table yet */
    size_t count;
    struct state_row *newest; /* NULL: no rows */
    struct lock lock;         /* of the list, while it grows */
    _Atomic(struct state_row *) listed;
    struct state_list list;
    bool frozen;
};

/* One seed a process, so that a key is hashed once for a whole stack. It also
 * draws the levels of the skip list: nobody outside can aim at either. It has
 * no part in anything that is written or sent, so it may differ from run to
 * run. */
static uint64_t layer_seed;
static pthread_once_t layer_seed_once = PTHREAD_ONCE_INIT;

static void layer_seed_draw(void)
{
    layer_seed = random_seed();
}

uint64_t state_key_hash(struct bytes key)
{
    return XXH3_64bits_withSeed(key.data, key.size, layer_seed);
}

/* A layer without rows takes no table and no arena yet: most blocks of an idle
 * chain stay that small. */
struct state_layer *state_layer_new(void)
{
    pthread_once(&layer_seed_once, layer_seed_draw);
    struct state_layer *layer = mem_zero(1, sizeof(*layer));
    layer->magic = LAYER_MAGIC;
    atomic_init(&layer->references, 1);
    lock_init(&layer->lock);
    return layer;
}

/* relaxed: who can retain has a reference already, and learned of it in order.
 */
struct state_layer *state_layer_retain(struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    atomic_fetch_add_explicit(&layer->references, 1, memory_order_relaxed);
    return layer;
}

/* acq_rel: who frees must see all that others did before they let go. */
void state_layer_release(struct state_layer *layer)
{
    if (!layer)
        return;
    CHECK_MAGIC(layer, LAYER_MAGIC);
    if (atomic_fetch_sub_explicit(&layer->references, 1,
                                  memory_order_acq_rel) != 1)
        return;
    layer->magic = 0;
    lock_destroy(&layer->lock);
    arena_free(&layer->arena);
    free(layer->rows);
    free(layer);
}

/* Not undone by anything: a layer that was shared once may be so for ever. */
void state_layer_freeze(struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    layer->frozen = true;
}

bool state_layer_is_frozen(const struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    return layer->frozen;
}

size_t state_layer_count(const struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    return layer->count;
}

/* What the layer holds of memory, for limits on what waits for the disk.
 * Without what malloc adds. */
size_t state_layer_used_bytes(const struct state_layer *layer)
{
    return layer->arena.used_bytes + layer->slots * SLOT_SIZE;
}

/* Between transactions, in the layer each of them writes to: so it costs what
 * the transaction wrote and not what the largest one ever did
 * (TABLE_SLOTS_KEPT). */
void state_layer_clear(struct state_layer *layer)
{
    CHECK(!state_layer_is_frozen(layer));
    if (!layer->count)
        return;
    arena_reset(&layer->arena);
    if (layer->slots > TABLE_SLOTS_KEPT) {
        free(layer->rows);
        layer->rows = NULL;
        layer->tags = NULL;
        layer->slots = 0;
    } else {
        memset(layer->tags, 0, layer->slots);
    }
    layer->list = (struct state_list){0};
    layer->newest = NULL;
    atomic_store_explicit(&layer->listed, NULL, memory_order_relaxed);
    layer->count = 0;
}

/* Bits of a hash that its place does not depend on; never 0. */
static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(0x80 | hash >> 57);
}

/* Linear probing over the tags, a byte each. Most probes miss, for layers are
 * asked from the top down, and a block's table is larger than the processor's
 * caches: its tags are not. A row is looked at about once for each that is
 * there. */
const struct state_row *state_layer_find(const struct state_layer *layer,
                                         struct bytes key, uint64_t hash)
{
    if (!layer->count)
        return NULL;
    size_t mask = layer->slots - 1;
    uint8_t tag = tag_of(hash);
    for (size_t at = hash & mask; layer->tags[at]; at = (at + 1) & mask)
        if (layer->tags[at] == tag && layer->rows[at]->hash == hash &&
            bytes_equal(state_row_key(layer->rows[at]), key))
            return layer->rows[at];
    return NULL;
}

/* There is room: the caller saw to it. */
static void table_place(struct state_layer *layer, struct state_row *row)
{
    size_t mask = layer->slots - 1;
    size_t at = row->hash & mask;
    while (layer->tags[at])
        at = (at + 1) & mask;
    layer->tags[at] = tag_of(row->hash);
    layer->rows[at] = row;
}

/* From the line of rows: the old table need not be walked, and neither has room
 * for what it lacks. The tags are written to at once, for all of them will be:
 * calloc()'s pages would be mapped when they are first read, and once more when
 * they are written. */
static void table_grow(struct state_layer *layer)
{
    free(layer->rows);
    layer->slots = layer->slots ? layer->slots * 2 : TABLE_SLOTS_MIN;
    layer->rows = mem_alloc(layer->slots * SLOT_SIZE);
    layer->tags = (uint8_t *)(layer->rows + layer->slots);
    memset(layer->tags, 0, layer->slots);
    for (struct state_row *row = layer->newest; row; row = row->older)
        table_place(layer, row);
}

/* Row, pointers and key in one piece: one cache line in most cases. */
static struct state_row *row_new(struct state_layer *layer, struct bytes key,
                                 uint64_t hash)
{
    uint8_t levels = state_list_levels(hash);
    struct state_row *row = arena_alloc(
        &layer->arena,
        sizeof(*row) + levels * sizeof(struct state_row *) + key.size);
    *row = (struct state_row){.hash = hash,
                              .order = state_list_order(key),
                              .older = layer->newest,
                              .key_size = (uint8_t)key.size,
                              .level_count = levels};
    memcpy(&row->next[levels], key.data, key.size);
    return row;
}

/* The key must not be there yet. */
static struct state_row *row_insert(struct state_layer *layer, struct bytes key,
                                    uint64_t hash)
{
    if (layer->count * 4 >= layer->slots * 3)
        table_grow(layer);
    struct state_row *row = row_new(layer, key, hash);
    table_place(layer, row);
    layer->newest = row;
    layer->count++;
    return row;
}

/* The old value's memory is used again where it is large enough, as for the
 * balance of an account that a thousand transfers touch. memmove(), for the new
 * value may be part of the old one. A row that comes back after its deletion is
 * the same row. */
void state_layer_put(struct state_layer *layer,
                     const struct state_change *change, uint64_t hash)
{
    struct bytes key = change->key, value = change->value;
    CHECK_MAGIC(layer, LAYER_MAGIC);
    CHECK(!layer->frozen);
    CHECK(key.size >= 1 && key.size <= STATE_KEY_SIZE_MAX);
    CHECK(value.size <= UINT32_MAX);
    struct state_row *row =
        (struct state_row *)state_layer_find(layer, key, hash);
    if (!row) {
        row = row_insert(layer, key, hash);
        row->is_new = change->is_new;
    }
    row->deleted = change->deleted;
    if (value.size > row->value_capacity) {
        row->value = arena_copy(&layer->arena, value.data, value.size);
        row->value_capacity = (uint32_t)value.size;
    } else if (value.size) {
        memmove((uint8_t *)row->value, value.data, value.size);
    }
    row->value_size = (uint32_t)value.size;
}

/* Put what is missing into the list. The first look needs no lock: whoever sees
 * that nothing is missing sees the list as it was made. const, for to a reader
 * nothing changes. */
static const struct state_list *complete_list(const struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    struct state_layer *own = (struct state_layer *)layer;
    if (atomic_load_explicit(&own->listed, memory_order_acquire) ==
        layer->newest)
        return &layer->list;
    lock_take(&own->lock);
    struct state_row *listed =
        atomic_load_explicit(&own->listed, memory_order_relaxed);
    if (listed != layer->newest) {
        state_list_add(&own->list, layer->newest, listed);
        atomic_store_explicit(&own->listed, layer->newest,
                              memory_order_release);
    }
    lock_give(&own->lock);
    return &layer->list;
}

const struct state_row *state_layer_seek(const struct state_layer *layer,
                                         struct bytes start, bool beyond)
{
    return state_list_seek(complete_list(layer), start, beyond);
}

static struct state_change row_change(const struct state_row *row)
{
    return (struct state_change){.key = state_row_key(row),
                                 .value =
                                     bytes_make(row->value, row->value_size),
                                 .hash = row->hash,
                                 .deleted = row->deleted,
                                 .is_new = row->is_new};
}

bool state_layer_next(const struct state_layer *layer, const void **position,
                      struct state_change *change)
{
    const struct state_list *list = complete_list(layer);
    const struct state_row *row = *position;
    row = row ? row->next[0] : list->first[0];
    if (!row)
        return false;
    *position = row;
    *change = row_change(row);
    return true;
}

bool state_layer_next_put(const struct state_layer *layer,
                          const void **position, struct state_change *change)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    const struct state_row *row = *position;
    row = row ? row->older : layer->newest;
    if (!row)
        return false;
    *position = row;
    *change = row_change(row);
    return true;
}
