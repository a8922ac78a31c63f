/*
 * Mark and sweep, a segment at a time.
 *
 * What makes it safe beside writers: everything put or found since it began is
 * "touched" and stays; a block's place is compared under the store's mutex
 * right before it is moved or forgotten. What makes it safe against a crash:
 * copies and forgotten blocks go through the same sync as every put, and a file
 * is deleted only after a sync in which no row names it.
 *
 * There are no counts of references, because a wrong count, after a crash or a
 * bug, would lose data for ever. A mark is computed anew from the pins each
 * time, so a mistake does not stay. It costs a walk over all that is pinned
 * (nodes are read, leaves only looked up) and some 150 bytes of memory for each
 * live block.
 *
 * If a DAG has lost a block in its middle, its pin no longer shows what is
 * below that block. Then all that the pin's sketch may contain is kept.
 *
 * A collection that is cut short, by a crash, a limit or an error, leaves
 * nothing to clean up: moved blocks exist twice, and the older place is garbage
 * that the next collection finds by its segment's size.
 */
#include "storage/keep/collection.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "storage/keep/dag_sketch.h"
#include "storage/keep/dag_walk.h"
#include "storage/keep/pin.h"
#include "storage/store/store_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* What is left over at the time limit is the next round's; of several tasks one
 * collects, or the pool would have no thread left. Evidence ends in the order
 * it was put, so segments are wholly live or wholly dead but for the oldest:
 * copying what lives in that one costs little, and what has ended is gone
 * within the round. */
const struct collection_options collection_in_passing = {
    .time_limit_ms = 2000, .live_max_percent = 95, .only_one = true};

/* A segment, as far as its choice goes. */
struct candidate {
    uint32_t number;
    /* Bytes of data, by the index's rows; heads of sections not counted. */
    uint64_t live, dead;
};

/* One run, on the stack of collection_run(). */
struct collection {
    struct store *store;
    /* Multihashes that a pin reaches; only read once marking is done, so no
     * lock guards it. */
    struct map *live;
    /* The sketches of pins with holes. What may be in one of them stays. */
    struct buffer *sketches;
    size_t sketch_count;
    /* A pin with a hole has no sketch: everything may belong to it. */
    bool blind;
    /* In order of number while weighing, then the sparsest first. */
    struct candidate *candidates;
    size_t candidate_count;
    /* The segment in hand, held. */
    struct segment *victim;
    struct collection_result result;
};

/* ---- marking ---- */

/* By multihash, because blocks are kept by multihash: one codec
 * that is pinned keeps the bytes for all. */
static void mark_block(struct collection *collection,
                       const struct dag_block *block)
{
    struct multihash_key key;

    multihash_key(&block->cid->hash, &key);
    map_put(collection->live, bytes_make(key.data, key.size), collection);
}

/* What is remembered of a pin while DAGs are walked. */
struct root {
    struct cid cid;
    struct pin_owner owner;
};

/* pin_each() calls this. */
static int gather_root(void *user, const struct pin *pin)
{
    const struct root root = {pin->root, pin->owner};

    buffer_append(user, &root, sizeof(root));
    return 0;
}

/* Only the pin's sketch shows what is below a hole. A pin that was removed
 * meanwhile keeps nothing; a pin without a sketch may keep everything. */
static int take_sketch(struct collection *collection, const struct root *root)
{
    collection->sketches =
        mem_resize(collection->sketches, (collection->sketch_count + 1) *
                                             sizeof(*collection->sketches));
    struct buffer *sketch = &collection->sketches[collection->sketch_count++];
    *sketch = (struct buffer){0};
    int status =
        pin_sketch(collection->store, &root->cid, &root->owner, sketch);
    if (!status && !sketch->size) {
        collection->blind = true;
        log_warn("store",
                 "collection: the pin of %s was made by an early version and "
                 "does not show what else belongs to it, so nothing is "
                 "removed. Pin it again when it is whole, or unpin it",
                 CID_TEXT(&root->cid));
    }
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* A block that can't be read, or not be walked from. Its bytes stay, in case
 * the disk thinks better of it. Leaves have nothing below them. */
static bool mark_hole(struct collection *collection, const struct cid *cid)
{
    const struct dag_block block = {.cid = cid};

    mark_block(collection, &block);
    collection->result.holes++;
    return dag_walk_has_links(cid);
}

/* All that can be reached from one pin. */
static int mark_root(struct collection *collection, const struct root *root)
{
    struct dag_walker *walker = dag_walker_new(collection->store, &root->cid);
    uint64_t holes = collection->result.holes;
    bool uncertain = false;
    struct dag_block block;
    int status;

    while ((status = dag_walker_next(walker, &block))) {
        if (status > 0) {
            mark_block(collection, &block);
            continue;
        }
        if (collection->result.holes == holes)
            log_warn("store", "collection: a hole in the pin of %s: %s",
                     CID_TEXT(&root->cid), err_text());
        uncertain |= mark_hole(collection, dag_walker_at(walker));
    }
    dag_walker_free(walker);
    return uncertain ? take_sketch(collection, root) : 0;
}

/* Fill live. The roots are copied first, so that no read transaction stays open
 * while DAGs are walked: it would keep LMDB from reusing pages. */
static int mark(struct collection *collection)
{
    struct buffer roots = {0};
    struct root root;
    int status = pin_each(collection->store, gather_root, &roots);

    for (size_t at = 0; at < roots.size && !status; at += sizeof(root)) {
        memcpy(&root, roots.data + at, sizeof(root));
        status = mark_root(collection, &root);
    }
    buffer_free(&roots);
    return status;
}

/* ---- choosing segments ---- */

/* By halving; NULL for a segment that came after the list was made. */
static struct candidate *candidate_of(struct collection *collection,
                                      uint32_t number)
{
    size_t low = 0, high = collection->candidate_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (collection->candidates[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == collection->candidate_count ||
        collection->candidates[low].number != number)
        return NULL;
    return &collection->candidates[low];
}

/* Marked, touched since, or perhaps below a hole. */
static bool is_live(struct collection *collection, struct bytes key)
{
    bool live = map_get(collection->live, key) ||
                store_is_touched(collection->store, key);

    for (size_t i = 0; i < collection->sketch_count && !live; i++)
        live = dag_sketch_may_have(buffer_view(&collection->sketches[i]), key);
    return live;
}

/* store_index_each() calls this to add one block's share. Puts go on meanwhile.
 * A block that is touched after this is only weighed wrongly, because sweeping
 * checks again. */
static int weigh_block(void *user, struct bytes key, const struct place *place)
{
    struct collection *collection = user;
    struct candidate *candidate = candidate_of(collection, place->segment);
    bool live = is_live(collection, key);

    if (candidate && live)
        candidate->live += place->size;
    else if (candidate)
        candidate->dead += place->size;
    collection->result.blocks_kept += live;
    return 0;
}

/* Space in the file that no live block takes: dead blocks, and what earlier
 * collections that were cut short have left. */
static uint64_t garbage_of(struct store *store, const struct candidate *of)
{
    struct segment *segment = store_segment(store, of->number);

    return segment && segment->size > of->live ? segment->size - of->live : 0;
}

/* The least share of live bytes first: with a time limit, the most space comes
 * back for the fewest bytes copied. */
static int compare_sparseness(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    /* One more than all, so that an empty segment divides by no zero. */
    uint64_t left_all = left->live + left->dead + 1;
    uint64_t right_all = right->live + right->dead + 1;
    double left_share = (double)left->live / (double)left_all;
    double right_share = (double)right->live / (double)right_all;

    return left_share < right_share ? -1 : left_share > right_share;
}

/* Is there something to free, and little enough to copy for it? A segment whose
 * garbage is only the heads of its sections has no dead blocks and is left
 * alone. */
static bool is_worth_it(struct store *store, const struct candidate *candidate,
                        unsigned live_max_percent)
{
    uint64_t garbage = garbage_of(store, candidate);
    uint64_t all = garbage + candidate->live;

    /* An orphan has no rows at all. */
    if (!candidate->dead && candidate->live)
        return false;
    return !live_max_percent ||
           candidate->live * 100 < (uint64_t)live_max_percent * all;
}

/* List the segments as they are now, weigh them, keep those that pay. Under the
 * mutex only at both ends; the last segment may have been sealed in between,
 * and is then an ordinary candidate. */
static int choose(struct collection *collection, unsigned live_max_percent)
{
    struct store *store = collection->store;
    size_t kept = 0;

    lock_take(&store->mutex);
    collection->candidate_count = store->segment_count;
    collection->candidates =
        mem_zero(store->segment_count + 1, sizeof(*collection->candidates));
    for (size_t i = 0; i < store->segment_count; i++)
        collection->candidates[i].number = store->segments[i]->number;
    lock_give(&store->mutex);
    /* A sync has just brought the index up to date. */
    int status = store_index_each(store, weigh_block, collection);
    /* No segments: nothing was ever put. */
    if (status || !collection->candidate_count)
        return status;

    lock_take(&store->mutex);
    struct candidate *last =
        &collection->candidates[collection->candidate_count - 1];
    /* The open segment can be emptied, too, once another one is open. */
    if (store->segments[store->segment_count - 1]->number == last->number) {
        if (last->dead && is_worth_it(store, last, live_max_percent))
            status = store_roll(store);
        else
            collection->candidate_count--;
    }
    for (size_t i = 0; i < collection->candidate_count; i++) {
        struct candidate candidate = collection->candidates[i];

        if (is_worth_it(store, &candidate, live_max_percent))
            collection->candidates[kept++] = candidate;
    }
    collection->candidate_count = kept;
    lock_give(&store->mutex);
    qsort(collection->candidates, kept, sizeof(*collection->candidates),
          compare_sparseness);
    return status;
}

/* ---- sweeping ---- */

/* Move a section of the victim, forget it, or pass over a stale one. The mutex
 * is held from the look to the action, so that no thread can put or find the
 * block in between. */
static int sweep_section(void *user, const struct segment_section *section)
{
    struct collection *collection = user;
    struct store *store = collection->store;
    struct multihash_key hash;
    struct place place;
    int status = 0;

    multihash_key(&section->cid.hash, &hash);
    struct bytes key = bytes_make(hash.data, hash.size);
    lock_take(&store->mutex);
    if (!store_find(store, key, &place) ||
        place.segment != collection->victim->number ||
        place.offset != section->offset) {
        /* Its place is elsewhere. */
    } else if (is_live(collection, key)) {
        status = store_append(store, &section->cid, section->data);
        collection->result.bytes_copied += section->data.size;
    } else {
        store_forget(store, key);
        collection->result.blocks_freed++;
    }
    lock_give(&store->mutex);
    return status;
}

/* Take a segment off the list and off the disk. Under the mutex; readers that
 * hold it read on. Never the last one, which is appended to. */
static void drop_segment(struct store *store, struct segment *victim)
{
    size_t at = 0;

    while (store->segments[at] != victim)
        at++;
    CHECK(at + 1 < store->segment_count);
    store->segment_count--;
    memmove(store->segments + at, store->segments + at + 1,
            (store->segment_count - at) * sizeof(struct segment *));
    segment_release(victim);
    segment_delete(victim);
}

/* The walk of store_index_each() ends at the first row that names the victim.
 */
#define ROW_FOUND 1
static int names_victim(void *user, struct bytes key, const struct place *place)
{
    const struct segment *victim = user;

    return place->segment == victim->number ? ROW_FOUND : 0;
}

/* After a sync: what stands in the victim after the last whole section is
 * garbage if no row names the victim, such as the rest of a write that failed.
 * Otherwise a section does not read back, and the file stays, because a tool
 * may rescue what comes after it. */
static int check_end(struct collection *collection, uint64_t end)
{
    struct segment *victim = collection->victim;

    if (end == victim->size)
        return 0;
    int status = store_index_each(collection->store, names_victim, victim);
    return status == ROW_FOUND
               ? err_set(ERR_CORRUPT, "%s is damaged at byte %" PRIu64,
                         victim->path, end)
               : status;
}

/* Empty one segment and delete it. The order: all sections moved or forgotten
 * in the maps, then one sync that makes copies and rows durable, then the file.
 * ERR_CORRUPT leaves the file as it is; what was moved out of it by then is
 * moved. */
static int sweep_segment(struct collection *collection, uint32_t number)
{
    struct store *store = collection->store;
    uint64_t copied = collection->result.bytes_copied, end;

    lock_take(&store->mutex);
    struct segment *victim = store_segment(store, number);
    CHECK(victim && victim != store->segments[store->segment_count - 1]);
    segment_hold(victim);
    lock_give(&store->mutex);
    collection->victim = victim;

    int status = segment_scan(victim, 0, sweep_section, collection, &end);
    if (!status)
        status = store_sync(store);
    if (!status)
        status = check_end(collection, end);
    lock_take(&store->mutex);
    if (status) {
        segment_release(victim);
    } else {
        /* From here on what this segment alone has cost. */
        copied = collection->result.bytes_copied - copied;
        collection->result.bytes_freed +=
            victim->size > copied ? victim->size - copied : 0;
        collection->result.segments_freed++;
        drop_segment(store, victim);
    }
    lock_give(&store->mutex);
    return status;
}

/* The candidates in turn. The time limit is looked at between segments: one
 * takes as long as writing its live bytes and a sync. */
static int sweep(struct collection *collection,
                 const struct collection_options *options)
{
    uint64_t begun = clock_monotonic_ms();
    int status = 0;

    for (size_t i = 0; i < collection->candidate_count; i++) {
        int failed;

        if (options->time_limit_ms &&
            clock_monotonic_ms() - begun >= options->time_limit_ms)
            return status;
        failed = sweep_segment(collection, collection->candidates[i].number);
        if (failed == ERR_CORRUPT) {
            /* One damaged segment does not keep the others from shrinking. */
            log_error("store", "collection: %s", err_text());
            status = failed;
        } else if (failed) {
            return failed;
        }
    }
    collection->result.complete = true;
    return status;
}

/* The whole run: mark, sync, choose, sweep. Errors of the first three leave
 * everything as it was; an error of sweeping leaves the segments swept so far
 * freed. The second mutex is held all the while, the store's only for moments,
 * so puts and reads go on. */
int collection_run(struct store *store,
                   const struct collection_options *options,
                   struct collection_result *result)
{
    static const struct collection_options defaults;
    struct collection collection = {.store = store};

    CHECK_MAGIC(store, STORE_MAGIC);
    if (store->read_only)
        return err_set(ERR_DENIED, "the store %s is open for reading only",
                       store->path);
    if (!options)
        options = &defaults;
    if (options->only_one && store_is_collecting(store)) {
        if (result)
            *result = collection.result;
        return 0;
    }
    /* A second collection waits here, and then finds less to do. */
    lock_take(&store->collection_mutex);
    /* This comes before the mark, because a block put during the mark may not
     * be below a pin yet. */
    store_set_collecting(store, true);
    collection.live = map_new();
    int status = mark(&collection);
    if (!status && collection.blind)
        goto done;
    if (!status)
        /* Weighing reads the index, which must know of all puts until now. */
        status = store_sync(store);
    if (!status)
        status = choose(&collection, options->live_max_percent);
    if (!status)
        status = sweep(&collection, options);
done:
    store_set_collecting(store, false);
    lock_give(&store->collection_mutex);
    for (size_t i = 0; i < collection.sketch_count; i++)
        buffer_free(&collection.sketches[i]);
    free(collection.sketches);
    map_free(collection.live);
    free(collection.candidates);
    if (result)
        *result = collection.result;
    return status;
}

int collection_make_room(struct store *store)
{
    return collection_run(store, NULL, NULL);
}
