/*
 * libuv lets other threads call uv_async_send() only, and joins several calls
 * into one. So a list under a lock holds what came, and the wake-up says only
 * that something came. The lock is held for a few pointer moves.
 *
 * A turn hands out what had come when it began. What comes meanwhile has sent a
 * wake-up of its own, so threads that put without a pause do not keep the loop
 * from its other work.
 */
#include "net/inbox.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"

#include <stdlib.h>

#define INBOX_MAGIC 0x696e6278u /* "inbx" */

/* 1. arrived is touched under the lock alone; taken, is_closing and the rest on
 *    the loop's thread alone.
 * 2. Items in taken are older than those in arrived.
 * 3. The memory goes when the loop has let go of the handle. */
struct inbox {
    unsigned magic;
    uv_async_t wake;
    inbox_take *take;
    void *user;
    bool is_closing;
    void (*closed)(void *user);
    void *closed_user;
    /* The items of the turn that runs. */
    struct inbox_item *taken;

    struct lock lock;
    struct inbox_item *arrived;
    /* Where the next one goes. */
    struct inbox_item **arrived_end;
};

static struct inbox_item *take_arrived(struct inbox *inbox)
{
    lock_take(&inbox->lock);
    struct inbox_item *first = inbox->arrived;
    inbox->arrived = NULL;
    inbox->arrived_end = &inbox->arrived;
    lock_give(&inbox->lock);
    return first;
}

/* take may drain or close the inbox, so the inbox holds the rest of the turn.
 */
static void on_wake(uv_async_t *wake)
{
    struct inbox *inbox = wake->data;
    CHECK_MAGIC(inbox, INBOX_MAGIC);
    CHECK(!inbox->taken);
    inbox->taken = take_arrived(inbox);
    while (inbox->taken && !inbox->is_closing) {
        struct inbox_item *item = inbox->taken;
        inbox->taken = item->next;
        item->next = NULL;
        inbox->take(inbox->user, item);
    }
}

struct inbox *inbox_new(uv_loop_t *loop, inbox_take *take, void *user)
{
    struct inbox *inbox = mem_zero(1, sizeof(*inbox));
    CHECK(loop && take);
    inbox->magic = INBOX_MAGIC;
    inbox->take = take;
    inbox->user = user;
    lock_init(&inbox->lock);
    inbox->arrived_end = &inbox->arrived;
    CHECK(!uv_async_init(loop, &inbox->wake, on_wake));
    inbox->wake.data = inbox;
    return inbox;
}

void inbox_put(struct inbox *inbox, struct inbox_item *item)
{
    CHECK_MAGIC(inbox, INBOX_MAGIC);
    item->next = NULL;
    lock_take(&inbox->lock);
    *inbox->arrived_end = item;
    inbox->arrived_end = &item->next;
    /* Under the lock: once the item can be drained, the inbox may be closed. */
    CHECK(!uv_async_send(&inbox->wake));
    lock_give(&inbox->lock);
}

struct inbox_item *inbox_drain(struct inbox *inbox)
{
    CHECK_MAGIC(inbox, INBOX_MAGIC);
    struct inbox_item *first = inbox->taken, **end = &first;
    inbox->taken = NULL;
    while (*end)
        end = &(*end)->next;
    *end = take_arrived(inbox);
    return first;
}

static void on_closed(uv_handle_t *handle)
{
    struct inbox *inbox = handle->data;
    void (*closed)(void *user) = inbox->closed;
    void *user = inbox->closed_user;
    /* The last to put may not be out of its lock yet. */
    lock_take(&inbox->lock);
    lock_give(&inbox->lock);
    lock_destroy(&inbox->lock);
    inbox->magic = 0;
    free(inbox);
    if (closed)
        closed(user);
}

void inbox_close(struct inbox *inbox, void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(inbox, INBOX_MAGIC);
    CHECK(!inbox->is_closing);
    inbox->is_closing = true;
    inbox->closed = closed;
    inbox->closed_user = user;
    uv_close((uv_handle_t *)&inbox->wake, on_closed);
}
