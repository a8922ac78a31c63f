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
#include "base/heap.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>

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

/* Arrivals are unique, so no two entries are equal, and the order does not
 * depend on their places in the heaps. */
static bool is_better(const void *one, const void *other)
{
    const struct fee_entry *a = one, *b = other;
    return a->fee != b->fee ? a->fee > b->fee : a->arrival < b->arrival;
}

static bool is_worse(const void *one, const void *other)
{
    return is_better(other, one);
}

struct fee_queue *fee_queue_new(const size_t *shares, size_t count)
{
    CHECK(count > 0);
    struct fee_queue *queue = mem_zero(1, sizeof(*queue));
    size_t sum = 0;
    queue->sources = mem_zero(count, sizeof(*queue->sources));
    queue->source_count = count;
    for (size_t i = 0; i < count; i++)
        sum += shares[i];
    for (size_t i = 0; i < count; i++) {
        queue->sources[i].share = shares[i];
        queue->sources[i].worst = heap_make(
            sum, is_worse, offsetof(struct fee_entry, place[FEE_QUEUE_WORST]));
    }
    queue->best = heap_make(sum, is_better,
                            offsetof(struct fee_entry, place[FEE_QUEUE_BEST]));
    queue->by_signature = map_new();
    return queue;
}

void fee_queue_free(struct fee_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->best.count; i++)
        fee_entry_free(queue->best.items[i]);
    heap_free(&queue->best);
    for (size_t i = 0; i < queue->source_count; i++)
        heap_free(&queue->sources[i].worst);
    free(queue->sources);
    map_free(queue->by_signature);
    free(queue);
}

size_t fee_queue_count(const struct fee_queue *queue)
{
    return queue->best.count;
}

/* ---- Heaps ---- */

/* The key in by_signature points into the entry's bytes, so the entry leaves
 * the map before its bytes go. */
static struct bytes signature_key(const struct fee_entry *entry)
{
    /* At least one signature, and fewer than 128, so the count is one byte. */
    return bytes_make(entry->wire.data + 1, sizeof(struct signature));
}

static void insert(struct fee_queue *queue, struct fee_entry *entry)
{
    heap_add(&queue->best, entry);
    heap_add(&queue->sources[entry->source].worst, entry);
    map_put(queue->by_signature, signature_key(entry), entry);
}

static void take_out(struct fee_queue *queue, struct fee_entry *entry)
{
    heap_take_out(&queue->best, entry);
    heap_take_out(&queue->sources[entry->source].worst, entry);
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
        struct fee_entry *its = heap_top(&source->worst);
        if (!worst || is_better(worst, its))
            worst = its;
    }
    return worst;
}

/* Whose place one of that fee would take, if it comes after all that wait.
 * Full: a source with less than its share takes back a place that another one
 * has beyond its own, whatever is paid there. Others pay for a place. Among
 * equals the last to come is the worst, so a queue full of equal offers takes
 * no other equal offer. False: there is no place. *worst: NULL if one is free.
 */
static bool find_place(const struct fee_queue *queue, size_t from, uint64_t fee,
                       struct fee_entry **worst)
{
    const struct source *source = &queue->sources[from];
    bool has_right = source->worst.count < source->share;
    *worst = NULL;
    if (!heap_is_full(&queue->best))
        return true;
    *worst = worst_beyond(queue, has_right ? NULL : source);
    return *worst && (has_right || fee > (*worst)->fee);
}

bool fee_queue_has_room(const struct fee_queue *queue, size_t source,
                        uint64_t fee)
{
    struct fee_entry *worst;
    return find_place(queue, source, fee, &worst);
}

int fee_queue_add(struct fee_queue *queue, struct fee_entry *entry,
                  struct fee_entry **pushed_out)
{
    CHECK(entry->source < queue->source_count);
    *pushed_out = NULL;
    if (map_get(queue->by_signature, signature_key(entry)))
        return err_set(ERR_EXISTS, "the transaction waits already");
    if (!find_place(queue, entry->source, entry->fee, pushed_out)) {
        *pushed_out = NULL;
        return err_set(ERR_FULL, "%zu transactions wait, and all pay as much",
                       queue->best.count);
    }
    if (*pushed_out)
        take_out(queue, *pushed_out);
    entry->arrival = queue->arrivals++;
    insert(queue, entry);
    return 0;
}

struct fee_entry *fee_queue_take(struct fee_queue *queue)
{
    struct fee_entry *best = heap_top(&queue->best);
    if (best)
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
