/*
 * Leaves are independent of each other, so hashing them scales with the cores;
 * the tree above them depends on their order, so they come back in a ring in
 * the order in which they went in. The owner reads ahead by as many chunks as
 * the ring has free slots and no further: that bounds the memory, at 2 MiB a
 * thread for chunks of 1 MiB.
 *
 * A general queue of jobs would be more than is needed: there is one producer,
 * which is the consumer too, and one kind of work. A slot goes FREE, WAITING,
 * BUSY, DONE and back; the owner moves the first and last steps, a thread the
 * two between.
 */
#include "storage/files/leaf_pool.h"
#include "base/check.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/memory.h"
#include "storage/format/dag_pb.h"

#include <pthread.h>
#include <stdlib.h>

/* Chunks a thread: one being hashed and one waiting. */
#define SLOTS_PER_THREAD 2

enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_BUSY, SLOT_DONE };

struct slot {
    /* Changes under the mutex only. */
    enum slot_state state;
    /* A buffer of the profile's chunk size. The owner uses it while FREE, a
     * thread while BUSY. */
    uint8_t *chunk;
    size_t size;
    /* Valid in a DONE slot whose status is 0. */
    struct leaf leaf;
    int status;
    /* The text of a failure: texts are kept thread by thread (error.h). */
    char error[ERR_TEXT_SIZE];
};

/* A ring: `oldest` is taken next, the slot `count` places after it is filled
 * next. */
struct leaf_pool {
    struct store *store;
    const struct unixfs_profile *profile;
    /* Guards all below but the chunk of a busy slot. */
    struct lock mutex;
    /* work: a slot is WAITING, or stopping. done: a slot became DONE; only the
     * owner waits for it. */
    struct lock_change work, done;
    bool stopping;
    struct slot *slots;
    size_t slot_count, oldest, count;
    /* All run run(); none is special. */
    pthread_t *threads;
    unsigned thread_count;
};

/* The block of one chunk. Raw leaves are the chunk itself; others are a UnixFS
 * file in a dag-pb block, as CIDv0 demands. Runs on the pool's threads and on
 * the owner's. */
int leaf_make(struct store *store, const struct unixfs_profile *profile,
              struct bytes content, struct leaf *out)
{
    struct unixfs_node node = {.type = UNIXFS_FILE,
                               .data = content,
                               .has_data = content.size > 0,
                               .has_file_size = true,
                               .file_size = content.size};
    struct buffer message = {0}, block = {0};
    int status = 0;

    out->content_size = content.size;
    if (profile->raw_leaves) {
        out->block_size = content.size;
        cid_of(1, CID_RAW, content, &out->cid);
        return store ? store_put_hashed(store, &out->cid, content) : 0;
    }
    unixfs_encode(&node, NULL, 0, &message);
    dag_pb_write_data(&block, buffer_view(&message));
    out->block_size = block.size;
    cid_of(profile->cid_version, CID_DAG_PB, buffer_view(&block), &out->cid);
    if (store)
        status = store_put_hashed(store, &out->cid, buffer_view(&block));
    buffer_free(&message);
    buffer_free(&block);
    return status;
}

/* The oldest waiting slot, or NULL. The oldest is first, because it
 * is the one that the owner will wait for. Under the mutex. */
static struct slot *waiting_slot(struct leaf_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct slot *slot = &pool->slots[(pool->oldest + i) % pool->slot_count];

        if (slot->state == SLOT_WAITING)
            return slot;
    }
    return NULL;
}

/* A thread: takes the oldest waiting slot, works without the lock, hands it
 * back. Ends when the pool does, after the slot in hand. */
static void *run(void *user)
{
    struct leaf_pool *pool = user;
    struct slot *slot;

    lock_take(&pool->mutex);
    while (!pool->stopping) {
        slot = waiting_slot(pool);
        if (!slot) {
            lock_change_wait(&pool->work, &pool->mutex);
            continue;
        }
        slot->state = SLOT_BUSY;
        lock_give(&pool->mutex);
        slot->status =
            leaf_make(pool->store, pool->profile,
                      bytes_make(slot->chunk, slot->size), &slot->leaf);
        if (slot->status)
            /* Both are ERR_TEXT_SIZE. */
            strcpy(slot->error, err_text());
        lock_take(&pool->mutex);
        slot->state = SLOT_DONE;
        lock_change_wake_one(&pool->done);
    }
    lock_give(&pool->mutex);
    return NULL;
}

/* store and profile must outlive the pool; both are only read, and
 * store_put_hashed() may be called from any thread. */
struct leaf_pool *leaf_pool_new(struct store *store,
                                const struct unixfs_profile *profile,
                                unsigned threads)
{
    struct leaf_pool *pool = mem_zero(1, sizeof(*pool));

    CHECK(threads > 0);
    pool->store = store;
    pool->profile = profile;
    lock_init(&pool->mutex);
    lock_change_init(&pool->work);
    lock_change_init(&pool->done);
    pool->slot_count = (size_t)threads * SLOTS_PER_THREAD;
    pool->slots = mem_zero(pool->slot_count, sizeof(*pool->slots));
    for (size_t i = 0; i < pool->slot_count; i++)
        pool->slots[i].chunk = mem_alloc(profile->chunk_bytes);
    pool->threads = mem_zero(threads, sizeof(*pool->threads));
    for (unsigned i = 0; i < threads; i++) {
        /* Fails for want of memory or threads: as with memory, there is no
         * sensible way on. */
        CHECK(!pthread_create(&pool->threads[i], NULL, run, pool));
        pthread_setname_np(pool->threads[i], "leaves");
    }
    pool->thread_count = threads;
    return pool;
}

/* Chunks still waiting are dropped; a thread finishes what it has in hand. */
void leaf_pool_free(struct leaf_pool *pool)
{
    if (!pool)
        return;
    lock_take(&pool->mutex);
    pool->stopping = true;
    lock_change_wake_all(&pool->work);
    lock_give(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    for (size_t i = 0; i < pool->slot_count; i++)
        free(pool->slots[i].chunk);
    lock_change_destroy(&pool->work);
    lock_change_destroy(&pool->done);
    lock_destroy(&pool->mutex);
    free(pool->threads);
    free(pool->slots);
    free(pool);
}

/* Where the owner puts the next chunk. */
static struct slot *next_slot(struct leaf_pool *pool)
{
    return &pool->slots[(pool->oldest + pool->count) % pool->slot_count];
}

/* count and free slots change on the owner's thread only. */
uint8_t *leaf_pool_buffer(struct leaf_pool *pool)
{
    if (pool->count == pool->slot_count)
        return NULL;
    CHECK(next_slot(pool)->state == SLOT_FREE);
    return next_slot(pool)->chunk;
}

/* The chunk is a thread's from here on. */
void leaf_pool_submit(struct leaf_pool *pool, size_t size)
{
    CHECK(pool->count < pool->slot_count);
    CHECK(size <= pool->profile->chunk_bytes);
    lock_take(&pool->mutex);
    next_slot(pool)->size = size;
    next_slot(pool)->state = SLOT_WAITING;
    pool->count++;
    lock_change_wake_one(&pool->work);
    lock_give(&pool->mutex);
}

/* Waits for the oldest only: a younger leaf that is done stays in its slot. */
int leaf_pool_take(struct leaf_pool *pool, struct leaf *out)
{
    struct slot *slot = &pool->slots[pool->oldest];
    int status;

    if (!pool->count)
        return ERR_NOT_FOUND;
    lock_take(&pool->mutex);
    while (slot->state != SLOT_DONE)
        lock_change_wait(&pool->done, &pool->mutex);
    /* leaf_make() sets it before anything can fail. */
    CHECK(slot->leaf.content_size == slot->size);
    slot->state = SLOT_FREE;
    pool->oldest = (pool->oldest + 1) % pool->slot_count;
    pool->count--;
    lock_give(&pool->mutex);
    /* This needs no lock, because only the owner uses a FREE slot. */
    *out = slot->leaf;
    status = slot->status;
    return status ? err_set(status, "%s", slot->error) : 0;
}
