/*
 * A layer: rows in an arena, a hash table and a skip list over them.
 *
 * Why both: nearly all access is by key (accounts), where a balanced tree costs
 * a cache miss a level. But programs walk rows in order (a task's rounds), and
 * so does the flush, because LMDB takes sorted rows several times faster. The
 * nodes of a skip list never move, and it needs no rebalancing: a cursor stays
 * valid while rows are added.
 *
 * Why the list is made late: finding a row's place in it costs more than all
 * the rest of a put, most blocks execute without needing the order, and sorted
 * rows go into the list one after the other at little cost. So the list is
 * completed when it is needed, in a frozen layer by the first thread that needs
 * it.
 *
 * Why rows are never removed: a deletion must be remembered because the row may
 * stand in a layer or base below. A value that grows leaves its old bytes in
 * the arena: layers live for a block, so that memory comes back soon.
 *
 * Costs: a point read is one probe, a write is a probe and a copy, and a need
 * for the order sorts the rows that were put since the last one.
 *
 * Threads: one writes, until the layer is frozen; then any number read. A
 * frozen layer is handed to another thread through something that orders memory
 * (a lock, a queue), so frozen itself need not be atomic. Several threads
 * change only the count of references, and the list, under a lock that is only
 * taken while rows are missing from the list.
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

/* A larger table is freed when the layer is cleared because clearing a table
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
 * 5. Once the layer is frozen, only references and the list change, and the
 *    list only until listed is newest.
 */
struct state_layer {
    uint64_t magic;
    atomic_size_t references;
    struct arena arena;
    struct state_row **rows; /* slots of them, then the tags */
    uint8_t *tags;
    size_t slots; /* a power of two; 0: no table yet */
    size_t count;
    struct state_row *newest; /* NULL: no rows */
    struct lock lock;         /* held while the list grows */
    _Atomic(struct state_row *) listed;
    struct state_list list;
    bool frozen;
};

/* The process has one seed, so that a key is hashed once for a whole stack. The
 * seed also decides the levels of the skip list, so nobody outside can aim at
 * slow places in either. Nothing that is written or sent depends on it, so it
 * may differ from run to run. */
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

/* A layer without rows has no table and no arena: most blocks of an idle chain
 * stay that small. */
struct state_layer *state_layer_new(void)
{
    pthread_once(&layer_seed_once, layer_seed_draw);
    struct state_layer *layer = mem_zero(1, sizeof(*layer));
    layer->magic = LAYER_MAGIC;
    atomic_init(&layer->references, 1);
    lock_init(&layer->lock);
    return layer;
}

/* relaxed: the caller has a reference already, and got it in order. */
struct state_layer *state_layer_retain(struct state_layer *layer)
{
    CHECK_MAGIC(layer, LAYER_MAGIC);
    atomic_fetch_add_explicit(&layer->references, 1, memory_order_relaxed);
    return layer;
}

/* acq_rel: the thread that frees must see all that others did before they
 * released. */
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

/* The layer's memory, without what malloc adds, for limits on what waits for
 * the disk. */
size_t state_layer_used_bytes(const struct state_layer *layer)
{
    return layer->arena.used_bytes + layer->slots * SLOT_SIZE;
}

/* Called between transactions. It costs what the last transaction wrote, and
 * not what the largest one ever wrote (TABLE_SLOTS_KEPT). */
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

/* Bits of a hash on which its place does not depend; never 0. */
static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(0x80 | hash >> 57);
}

/* Linear probing over the tags, a byte each. Most probes miss because layers
 * are asked from the top down, and a block's table is larger than the
 * processor's caches, but its tags are not. A row is read about once for each
 * hit. */
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

/* The caller made room. */
static void table_place(struct state_layer *layer, struct state_row *row)
{
    size_t mask = layer->slots - 1;
    size_t at = row->hash & mask;
    while (layer->tags[at])
        at = (at + 1) & mask;
    layer->tags[at] = tag_of(row->hash);
    layer->rows[at] = row;
}

/* The new table is filled from the line of rows. The tags are zeroed by
 * memset() because calloc()'s pages would be mapped when they are first read,
 * and once more when they are written. */
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

/* The old value's memory is used again if it is large enough, as for the
 * balance of an account that a thousand transfers touch. memmove() because the
 * new value may be part of the old one. A row that is put after its deletion is
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

/* Put missing rows into the list. The first look needs no lock: a thread that
 * sees that no row is missing sees the whole list. const because nothing
 * changes for a reader. */
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
