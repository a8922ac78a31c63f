/*
 * A list of tasks, in no order, and one piece of work at a time: to read which
 * tasks have pins, to end the pins of one round, or to forget a task. A task
 * leaves the list when it runs again, which makes its pins the runner's affair,
 * or when nothing of it is pinned.
 *
 * Nothing of it is written down: the store has the pins, the journal the
 * stopped tasks.
 */
#include "node/node_pins.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/owner/stopped_book.h"
#include "storage/keep/store_async.h"

#include <stdlib.h>

struct resting {
    struct pubkey task;
    uint64_t ended_round; /* whose beginning has ended pins, once has_ended */
    bool has_ended;
};

/*
 * Invariants:
 *
 *  1. items[0 .. count) are of different tasks.
 *  2. While is_busy the store's work is about at, or, where !is_read, about
 *     found, which the loop does not touch then.
 */
struct node_pins {
    struct node *node;
    struct resting *items;
    size_t count, room;
    bool is_busy, is_read;
    struct pubkey at;
    struct buffer found; /* keys of tasks that have pins */
};

struct node_pins *node_pins_new(struct node *node)
{
    struct node_pins *pins = mem_zero(1, sizeof(*pins));

    pins->node = node;
    return pins;
}

void node_pins_free(struct node_pins *pins)
{
    if (!pins)
        return;
    CHECK(!pins->is_busy);
    buffer_free(&pins->found);
    free(pins->items);
    free(pins);
}

bool node_pins_is_busy(const struct node_pins *pins)
{
    return pins->is_busy;
}

static struct resting *find(struct node_pins *pins, const struct pubkey *task)
{
    for (size_t i = 0; i < pins->count; i++)
        if (pubkey_equal(&pins->items[i].task, task))
            return &pins->items[i];
    return NULL;
}

bool node_pins_is_about(const struct node_pins *pins, const struct pubkey *task)
{
    return pins->is_busy && pins->is_read && pubkey_equal(&pins->at, task);
}

void node_pins_add(struct node_pins *pins, const struct pubkey *task)
{
    if (find(pins, task))
        return;
    if (pins->count == pins->room) {
        pins->room = pins->room ? 2 * pins->room : 16;
        pins->items =
            mem_resize(pins->items, pins->room * sizeof(*pins->items));
    }
    pins->items[pins->count++] = (struct resting){.task = *task};
}

static void take_out(struct node_pins *pins, const struct pubkey *task)
{
    struct resting *item = find(pins, task);

    if (item)
        *item = pins->items[--pins->count];
}

/* ---- work ---- */

static void end_work(struct node_pins *pins)
{
    CHECK(pins->is_busy);
    pins->is_busy = false;
    if (pins->node->is_stopping)
        pins->node->work_over(pins->node);
}

static bool is_found(struct bytes found, const struct pubkey *task)
{
    for (size_t i = 0; i + 32 <= found.size; i += 32)
        if (!memcmp(found.data + i, task->bytes, 32))
            return true;
    return false;
}

static int note_owner(void *user, const struct pin *pin)
{
    struct node_pins *pins = user;

    if (pin->owner.kind != PIN_USER &&
        !is_found(buffer_view(&pins->found), &pin->owner.task))
        buffer_bytes(&pins->found, pubkey_bytes(&pin->owner.task));
    return 0;
}

static int read_owners(void *user)
{
    struct node_pins *pins = user;

    return pin_each(pins->node->parts.store, note_owner, pins);
}

/* What this account knows nothing of may be another account's. */
static bool is_own(const struct node *node, const struct pubkey *task)
{
    return !node->has_other_accounts ||
           stopped_book_find(node->parts.stopped, task);
}

static void on_owners(void *user, int status)
{
    struct node_pins *pins = user;

    if (status)
        log_warn("store", "which tasks have pins is not known: %s", err_text());
    for (size_t i = 0; i + 32 <= pins->found.size; i += 32) {
        struct pubkey task;

        memcpy(task.bytes, pins->found.data + i, 32);
        if (is_own(pins->node, &task))
            node_pins_add(pins, &task);
    }
    buffer_free(&pins->found);
    pins->is_read = true;
    end_work(pins);
}

/* What could not be ended is tried again with the next round, and what could
 * not be forgotten with the next tick. */
static void on_ended(void *user, int status, uint64_t pins_ended,
                     const struct collection_result *result)
{
    if (status)
        log_warn("store", "%s", err_text());
    end_work(user);
}

static void on_forgotten(void *user, int status)
{
    struct node_pins *pins = user;

    if (status)
        log_warn("store", "%s", err_text());
    else
        take_out(pins, &pins->at);
    end_work(pins);
}

static void end_round(struct node_pins *pins, struct resting *item,
                      uint64_t round)
{
    const struct node_parts *parts = &pins->node->parts;

    item->has_ended = true;
    item->ended_round = round;
    pins->at = item->task;
    pins->is_busy = true;
    store_async_begin_round(parts->loop, parts->store, &pins->at, round,
                            &collection_in_passing, on_ended, pins);
}

static void forget(struct node_pins *pins, const struct resting *item)
{
    const struct node_parts *parts = &pins->node->parts;

    pins->at = item->task;
    pins->is_busy = true;
    store_async_forget_task(parts->loop, parts->store, &pins->at, on_forgotten,
                            pins);
}

/* What can't be undone rests on a sure slot. */
static void look_at(struct node_pins *pins, struct resting *item)
{
    const struct node_parts *parts = &pins->node->parts;
    const struct stopped_task *task =
        stopped_book_find(parts->stopped, &item->task);
    uint64_t round = 0;

    if (task && !parts->sure_slot)
        return;
    if (!task ||
        !stopped_task_is_owed(task, parts->sure_slot, clock_unix_ms(), &round))
        forget(pins, item);
    else if (!item->has_ended || item->ended_round != round)
        end_round(pins, item, round);
}

static const struct task_runner *find_runner(const struct node *node,
                                             const struct pubkey *task)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (pubkey_equal(task_runner_task(node->runners[i]), task))
            return node->runners[i];
    return NULL;
}

void node_pins_look(struct node_pins *pins)
{
    if (pins->is_busy)
        return;
    if (!pins->is_read) {
        pins->is_busy = true;
        store_async_run(pins->node->parts.loop, read_owners, on_owners, pins);
        return;
    }
    for (size_t i = 0; i < pins->count && !pins->is_busy;) {
        struct resting *item = &pins->items[i];
        const struct task_runner *runner = find_runner(pins->node, &item->task);

        if (runner && !task_runner_is_stopping(runner)) {
            *item = pins->items[--pins->count];
            continue;
        }
        /* One that is being stopped may still add a pin. */
        if (!runner)
            look_at(pins, item);
        i++;
    }
}
