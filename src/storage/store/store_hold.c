/*
 * Holds: collections leave alone what was put or found while a hold is open, or
 * while a collection runs.
 *
 * Holds have a lock of their own, which is never held while a disk works, so a
 * loop may open and release holds. Blocks are also touched under the store's
 * mutex, so that a collection can't decide between a look and a touch.
 */
#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include "storage/store/store_state.h"

#include <stdlib.h>

/* Under the lock. When the last of holds and collections has ended, the list is
 * not needed; the next one starts empty. */
static void forget_touched(struct store *store)
{
    if (store->holds || store->collecting || !map_count(store->touched))
        return;
    map_free(store->touched);
    store->touched = map_new();
}

/* From here on what is put or found is touched; what was before is not
 * protected by this hold. */
struct store_hold *store_hold(struct store *store)
{
    struct store_hold *hold = mem_alloc(sizeof(*hold));

    CHECK_MAGIC(store, STORE_MAGIC);
    hold->store = store;
    lock_take(&store->hold_lock);
    store->holds++;
    lock_give(&store->hold_lock);
    return hold;
}

/* A hold that is never released makes touched grow, and keeps garbage for as
 * long: store_close() CHECKs for it. */
void store_release(struct store_hold *hold)
{
    struct store *store;

    if (!hold)
        return;
    store = hold->store;
    CHECK_MAGIC(store, STORE_MAGIC);
    lock_take(&store->hold_lock);
    CHECK(store->holds > 0);
    store->holds--;
    forget_touched(store);
    lock_give(&store->hold_lock);
    free(hold);
}

/* The value is any pointer that is not NULL: the map is a set. */
void store_touch(struct store *store, struct bytes key)
{
    lock_take(&store->hold_lock);
    if (store->holds || store->collecting)
        map_put(store->touched, key, store);
    lock_give(&store->hold_lock);
}

bool store_is_touched(struct store *store, struct bytes key)
{
    bool touched;

    lock_take(&store->hold_lock);
    touched = map_get(store->touched, key);
    lock_give(&store->hold_lock);
    return touched;
}

void store_set_collecting(struct store *store, bool collecting)
{
    lock_take(&store->hold_lock);
    CHECK(store->collecting != collecting);
    store->collecting = collecting;
    forget_touched(store);
    lock_give(&store->hold_lock);
}

bool store_is_collecting(struct store *store)
{
    bool collecting;

    lock_take(&store->hold_lock);
    collecting = store->collecting;
    lock_give(&store->hold_lock);
    return collecting;
}
