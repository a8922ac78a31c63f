/*
 * Heaps over the same entries: the best of all on top of one, for taking; the
 * worst of each source on top of another, for making room. Each entry knows its
 * place in both of its heaps, so that taking it out of one takes it out of the
 * other in O(log n).
 *
 * Heaps and not one sorted tree: they are arrays without balancing, and only
 * the two ends are ever asked for.
 *
 * The order is by the fee offered, and by arrival among equals. It is not by
 * the fee per compute unit, as on Solana. The units that a transaction uses are
 * known only after it has run: nearly all take microseconds, a large payout
 * about 80 ms. The limit that a transaction states says little about that,
 * because Koii's clients state no limit. The executor bounds what a block's
 * transactions use together.
 *
 * An entry does not age. It leaves when it is taken or when better ones push it
 * out. If its blockhash is too old by then, the bank refuses it, which costs
 * little.
 */
#include "settlement/chain/fee_queue.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>

/* Of a source's array, when it is first used. */
#define SOURCE_ROOM_MIN 64

struct heap {
    struct fee_entry **entries; /* room places */
    size_t count, room;
};

struct source {
    struct heap worst;
    size_t share;
};

/* Invariants: each entry is in best and in the worst heap of its source, each
 * time at the place that it names; by_signature holds exactly these entries. */
struct fee_queue {
    uint64_t arrivals;
    struct heap best; /* its room is the queue's */
    struct source *sources;
    size_t source_count;
    struct map *by_signature; /* of the entries that wait */
};

struct fee_entry *fee_entry_new(size_t source, uint64_t fee,
                                struct buffer *wire)
{
    struct fee_entry *entry = mem_zero(1, sizeof(*entry));
    entry->source = source;
    entry->fee = fee;
    entry->wire = *wire;
    *wire = (struct buffer){0};
    return entry;
}

void fee_entry_free(struct fee_entry *entry)
{
    if (!entry)
        return;
    buffer_free(&entry->wire);
    free(entry);
}

struct fee_queue *fee_queue_new(const size_t *shares, size_t count)
{
    CHECK(count > 0);
    struct fee_queue *queue = mem_zero(1, sizeof(*queue));
    size_t sum = 0;
    queue->sources = mem_zero(count, sizeof(*queue->sources));
    queue->source_count = count;
    for (size_t i = 0; i < count; i++) {
        queue->sources[i].share = shares[i];
        sum += shares[i];
    }
    queue->best = (struct heap){
        .entries = mem_zero(sum, sizeof(struct fee_entry *)), .room = sum};
    queue->by_signature = map_new();
    return queue;
}

void fee_queue_free(struct fee_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->best.count; i++)
        fee_entry_free(queue->best.entries[i]);
    free(queue->best.entries);
    for (size_t i = 0; i < queue->source_count; i++)
        free(queue->sources[i].worst.entries);
    free(queue->sources);
    map_free(queue->by_signature);
    free(queue);
}

size_t fee_queue_count(const struct fee_queue *queue)
{
    return queue->best.count;
}

/* ---- Heaps ---- */

/* Arrivals are unique, so no two entries are equal, and the order does not
 * depend on their places in the heaps. */
static bool is_better(const struct fee_entry *a, const struct fee_entry *b)
{
    return a->fee != b->fee ? a->fee > b->fee : a->arrival < b->arrival;
}

/* True if a belongs above b. */
static bool is_above(enum fee_queue_heap heap, const struct fee_entry *a,
                     const struct fee_entry *b)
{
    return heap == FEE_QUEUE_BEST ? is_better(a, b) : is_better(b, a);
}

static struct heap *heap_of(struct fee_queue *queue, enum fee_queue_heap kind,
                            const struct fee_entry *entry)
{
    return kind == FEE_QUEUE_BEST ? &queue->best
                                  : &queue->sources[entry->source].worst;
}

/* The only place that moves an entry, so that places stay true. */
static void put_at(struct heap *heap, enum fee_queue_heap kind, size_t place,
                   struct fee_entry *entry)
{
    heap->entries[place] = entry;
    entry->place[kind] = place;
}

/* Move an entry towards the top, until its parent is above it. The hole moves,
 * and the entry is put once. */
static void rise(struct heap *heap, enum fee_queue_heap kind, size_t place)
{
    struct fee_entry *entry = heap->entries[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!is_above(kind, entry, heap->entries[parent]))
            break;
        put_at(heap, kind, place, heap->entries[parent]);
        place = parent;
    }
    put_at(heap, kind, place, entry);
}

/* Move an entry away from the top, below the better of its children. Uses
 * count, which is lowered before an entry is taken out. */
static void sink(struct heap *heap, enum fee_queue_heap kind, size_t place)
{
    struct fee_entry **entries = heap->entries;
    struct fee_entry *entry = entries[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            is_above(kind, entries[child + 1], entries[child]))
            child++;
        if (!is_above(kind, entries[child], entry))
            break;
        put_at(heap, kind, place, entries[child]);
        place = child;
    }
    put_at(heap, kind, place, entry);
}

/* The key in by_signature points into the entry's bytes, so the entry leaves
 * the map before its bytes go. */
static struct bytes signature_key(const struct fee_entry *entry)
{
    /* At least one signature, and fewer than 128, so the count is one byte. */
    return bytes_make(entry->wire.data + 1, sizeof(struct signature));
}

/* The arrays of the sources grow as they are used, because any of them may come
 * to have all places. */
static void make_room(struct heap *heap)
{
    if (heap->count < heap->room)
        return;
    heap->room = heap->room ? 2 * heap->room : SOURCE_ROOM_MIN;
    heap->entries =
        mem_resize(heap->entries, heap->room * sizeof(struct fee_entry *));
}

/* Put it at the end of both arrays and move it up from there. */
static void insert(struct fee_queue *queue, struct fee_entry *entry)
{
    CHECK(queue->best.count < queue->best.room);
    make_room(&queue->sources[entry->source].worst);
    for (int i = 0; i < FEE_QUEUE_HEAPS; i++) {
        enum fee_queue_heap kind = (enum fee_queue_heap)i;
        struct heap *heap = heap_of(queue, kind, entry);
        put_at(heap, kind, heap->count++, entry);
        rise(heap, kind, entry->place[kind]);
    }
    map_put(queue->by_signature, signature_key(entry), entry);
}

/* In each heap the last entry takes its place and moves down or up from there:
 * at most one of the two calls moves it. The map comes last, because its key is
 * in the entry. */
static void take_out(struct fee_queue *queue, struct fee_entry *entry)
{
    for (int i = 0; i < FEE_QUEUE_HEAPS; i++) {
        enum fee_queue_heap kind = (enum fee_queue_heap)i;
        struct heap *heap = heap_of(queue, kind, entry);
        size_t place = entry->place[kind];
        CHECK(place < heap->count && heap->entries[place] == entry);
        struct fee_entry *moved = heap->entries[--heap->count];
        if (moved == entry)
            continue;
        put_at(heap, kind, place, moved);
        sink(heap, kind, place);
        rise(heap, kind, moved->place[kind]);
    }
    map_remove(queue->by_signature, signature_key(entry));
}

/* ---- In and out ---- */

const struct fee_entry *fee_queue_find(const struct fee_queue *queue,
                                       const struct signature *id)
{
    return map_get(queue->by_signature,
                   bytes_make(id->bytes, sizeof(id->bytes)));
}

/* The worst of all entries that have no right to their places: those of sources
 * with more than their share, and of *also, if it is not NULL. */
static struct fee_entry *worst_beyond(const struct fee_queue *queue,
                                      const struct source *also)
{
    struct fee_entry *worst = NULL;
    for (size_t i = 0; i < queue->source_count; i++) {
        const struct source *source = &queue->sources[i];
        if (!source->worst.count ||
            (source != also && source->worst.count <= source->share))
            continue;
        if (!worst || is_better(worst, source->worst.entries[0]))
            worst = source->worst.entries[0];
    }
    return worst;
}

/* Full: a source with less than its share takes back a place that another one
 * has beyond its own, whatever is paid there. Others pay for a place. Among
 * equals the last to come is the worst, so a queue full of equal offers takes
 * no other equal offer. */
int fee_queue_add(struct fee_queue *queue, struct fee_entry *entry,
                  struct fee_entry **pushed_out)
{
    *pushed_out = NULL;
    CHECK(entry->source < queue->source_count);
    const struct source *source = &queue->sources[entry->source];
    if (map_get(queue->by_signature, signature_key(entry)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    entry->arrival = queue->arrivals++;
    if (queue->best.count == queue->best.room) {
        bool has_right = source->worst.count < source->share;
        struct fee_entry *worst =
            worst_beyond(queue, has_right ? NULL : source);
        if (!worst || (!has_right && !is_better(entry, worst)))
            return err_set(ERR_FULL,
                           "%zu transactions wait, and all pay as much",
                           queue->best.count);
        take_out(queue, worst);
        *pushed_out = worst;
    }
    insert(queue, entry);
    return 0;
}

struct fee_entry *fee_queue_take(struct fee_queue *queue)
{
    if (queue->best.count == 0)
        return NULL;
    struct fee_entry *best = queue->best.entries[0];
    take_out(queue, best);
    return best;
}

struct fee_entry *fee_queue_remove(struct fee_queue *queue,
                                   const struct signature *id)
{
    struct fee_entry *entry =
        map_get(queue->by_signature, bytes_make(id->bytes, sizeof(id->bytes)));
    if (entry)
        take_out(queue, entry);
    return entry;
}
