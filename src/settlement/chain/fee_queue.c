/*
 * Two heaps over the same entries: the best on top of one, for taking; the
 * worst on top of the other, for making room. Each entry knows its place in
 * both, so that taking it out of one takes it out of the other in O(log n).
 *
 * Heaps and not one sorted tree: they are arrays that are made once, without
 * allocations or balancing, and only the two ends are ever asked for.
 *
 * The order is by the fee offered, and by arrival among equals. It is not by
 * the fee per compute unit, as on Solana. The units that a transaction uses are
 * known only after it has run: nearly all take microseconds, a large payout
 * about 80 ms. The limit that a transaction states says little about that,
 * because Koii's clients state no limit. The producer bounds what a block's
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

/* Invariants: both heaps hold the same count entries, each at the place that it
 * names; by_signature holds exactly these entries. */
struct fee_queue {
    size_t limit;
    size_t count;
    uint64_t arrivals;
    struct fee_entry **heaps[FEE_QUEUE_HEAPS]; /* limit places each */
    struct map *by_signature;                  /* of the entries that wait */
};

struct fee_entry *fee_entry_new(uint64_t fee, struct buffer *wire)
{
    struct fee_entry *entry = mem_zero(1, sizeof(*entry));
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

struct fee_queue *fee_queue_new(size_t limit)
{
    CHECK(limit > 0);
    struct fee_queue *queue = mem_zero(1, sizeof(*queue));
    queue->limit = limit;
    for (int heap = 0; heap < FEE_QUEUE_HEAPS; heap++)
        queue->heaps[heap] = mem_zero(limit, sizeof(*queue->heaps[heap]));
    queue->by_signature = map_new();
    return queue;
}

void fee_queue_free(struct fee_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->count; i++)
        fee_entry_free(queue->heaps[FEE_QUEUE_BEST][i]);
    for (int heap = 0; heap < FEE_QUEUE_HEAPS; heap++)
        free(queue->heaps[heap]);
    map_free(queue->by_signature);
    free(queue);
}

size_t fee_queue_count(const struct fee_queue *queue)
{
    return queue->count;
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

/* The only place that moves an entry, so that places stay true. */
static void put_at(struct fee_queue *queue, enum fee_queue_heap heap,
                   size_t place, struct fee_entry *entry)
{
    queue->heaps[heap][place] = entry;
    entry->place[heap] = place;
}

/* Move an entry towards the top, until its parent is above it. The hole moves,
 * and the entry is put once. */
static void rise(struct fee_queue *queue, enum fee_queue_heap heap,
                 size_t place)
{
    struct fee_entry **entries = queue->heaps[heap];
    struct fee_entry *entry = entries[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!is_above(heap, entry, entries[parent]))
            break;
        put_at(queue, heap, place, entries[parent]);
        place = parent;
    }
    put_at(queue, heap, place, entry);
}

/* Move an entry away from the top, below the better of its children. Uses
 * count, which is lowered before an entry is taken out. */
static void sink(struct fee_queue *queue, enum fee_queue_heap heap,
                 size_t place)
{
    struct fee_entry **entries = queue->heaps[heap];
    struct fee_entry *entry = entries[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count &&
            is_above(heap, entries[child + 1], entries[child]))
            child++;
        if (!is_above(heap, entries[child], entry))
            break;
        put_at(queue, heap, place, entries[child]);
        place = child;
    }
    put_at(queue, heap, place, entry);
}

/* The key in by_signature points into the entry's bytes, so the entry leaves
 * the map before its bytes go. */
static struct bytes signature_key(const struct fee_entry *entry)
{
    /* At least one signature, and fewer than 128, so the count is one byte. */
    return bytes_make(entry->wire.data + 1, sizeof(struct signature));
}

/* Put it at the end of both arrays and move it up from there. */
static void insert(struct fee_queue *queue, struct fee_entry *entry)
{
    CHECK(queue->count < queue->limit);
    size_t place = queue->count++;
    for (int heap = 0; heap < FEE_QUEUE_HEAPS; heap++) {
        put_at(queue, (enum fee_queue_heap)heap, place, entry);
        rise(queue, (enum fee_queue_heap)heap, place);
    }
    map_put(queue->by_signature, signature_key(entry), entry);
}

/* In each heap the last entry takes its place and moves down or up from there:
 * at most one of the two calls moves it. The map comes last, because its key is
 * in the entry. */
static void take_out(struct fee_queue *queue, struct fee_entry *entry)
{
    CHECK(queue->count > 0);
    size_t last = --queue->count;
    for (int heap = 0; heap < FEE_QUEUE_HEAPS; heap++) {
        size_t place = entry->place[heap];
        struct fee_entry *moved = queue->heaps[heap][last];
        CHECK(queue->heaps[heap][place] == entry);
        if (moved == entry)
            continue;
        put_at(queue, (enum fee_queue_heap)heap, place, moved);
        sink(queue, (enum fee_queue_heap)heap, place);
        rise(queue, (enum fee_queue_heap)heap, moved->place[heap]);
    }
    map_remove(queue->by_signature, signature_key(entry));
}

/* ---- In and out ---- */

bool fee_queue_has(const struct fee_queue *queue, const struct signature *id)
{
    return map_get(queue->by_signature,
                   bytes_make(id->bytes, sizeof(id->bytes))) != NULL;
}

/* The worst entry leaves to make room. Among equals the last to come is the
 * worst, so a queue full of equal offers takes no other equal offer. */
int fee_queue_add(struct fee_queue *queue, struct fee_entry *entry,
                  struct fee_entry **pushed_out)
{
    *pushed_out = NULL;
    if (map_get(queue->by_signature, signature_key(entry)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    entry->arrival = queue->arrivals++;
    if (queue->count == queue->limit) {
        struct fee_entry *worst = queue->heaps[FEE_QUEUE_WORST][0];
        if (!is_better(entry, worst))
            return err_set(ERR_FULL,
                           "%zu transactions wait, and all pay as much",
                           queue->count);
        take_out(queue, worst);
        *pushed_out = worst;
    }
    insert(queue, entry);
    return 0;
}

struct fee_entry *fee_queue_take(struct fee_queue *queue)
{
    if (queue->count == 0)
        return NULL;
    struct fee_entry *best = queue->heaps[FEE_QUEUE_BEST][0];
    take_out(queue, best);
    return best;
}
