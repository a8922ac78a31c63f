/*
 * The endpoint is asked for the final slot at once when the first slot comes,
 * and with every tick from then on. Without two answers that fit each other the
 * node stands still: nothing is lost by waiting.
 *
 * A slot that turns out wrong is taken back everywhere: in the subscription,
 * which would pass over all true ones, and in the runners.
 */
#include "node/node_slots.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Slots over which the average slot time is measured: some hundred seconds of
 * Solana's, long enough that single late slots don't show. */
#define MEASURED_SLOTS 256

/* A slot that is sure is written down so often. */
#define WRITE_MS 60000

/* In the journal: the slot that was sure, and when, by the wall clock. */
static const char slot_name[] = "slot";
static const char slot_time_name[] = "slot_unix_ms";

/* Over a sliding stretch, not from the start: a validator may change its pace.
 * A gap of more than the stretch begins anew, too; the last figure stays until
 * eight slots say better. */
static void measure(struct node *node, uint64_t slot, uint64_t now_ms)
{
    uint64_t slots = slot - node->measured_slot;

    if (!node->measured_slot || slots > MEASURED_SLOTS) {
        node->measured_slot = slot;
        node->measured_ms = now_ms;
        return;
    }
    /* A few slots say little. */
    if (slots >= 8 && now_ms > node->measured_ms) {
        uint64_t slot_ms = (now_ms - node->measured_ms) / slots;

        node->parts.slot_ms = slot_ms ? (uint32_t)slot_ms : 1;
    }
}

/* The parts' slot is set before any of them is called, so that all of them read
 * the same. */
static void go_on(struct node *node)
{
    uint64_t slot = node->watch.slot;

    node->parts.slot = slot;
    node->slot_seen_ms = clock_monotonic_ms();
    measure(node, slot, node->slot_seen_ms);
    sender_slot(node->parts.sender, slot);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_slot(node->runners[i], slot);
}

static void take_back(struct node *node)
{
    log_warn("node",
             "the endpoint said slot %" PRIu64 " and now says %" PRIu64
             ": going on from there",
             node->parts.slot, node->watch.slot);
    node->measured_slot = 0;
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_take_back(node->runners[i], node->watch.slot);
    go_on(node);
}

static int write_mark(struct journal *journal, void *user)
{
    const struct slot_mark *mark = user;
    int status = journal_number_put(journal, slot_time_name, mark->ms);

    return status < 0 ? status
                      : journal_number_put(journal, slot_name, mark->slot);
}

/* A write that failed is made up for by the next one. */
static void on_mark_written(void *user, int status)
{
    if (status < 0)
        log_warn("journal", "%s", err_text());
    free(user);
}

static void write_sure(struct node *node, uint64_t now_ms)
{
    struct slot_mark *mark;

    if (node->watch.sure == node->parts.sure_slot)
        return;
    node->parts.sure_slot = node->watch.sure;
    if (node->slot_written_ms && now_ms - node->slot_written_ms < WRITE_MS)
        return;
    node->slot_written_ms = now_ms;
    mark = mem_alloc(sizeof(*mark));
    *mark = (struct slot_mark){node->watch.sure, clock_unix_ms()};
    journal_writer_run(node->parts.settings_writer, write_mark, on_mark_written,
                       mark);
}

/* The newest slot of the subscription is the endpoint's word alone. */
static void lead_subscription(struct node *node)
{
    uint64_t final = node->watch.agreed.slot;
    uint64_t apart = node->heard_slot > final ? node->heard_slot - final
                                              : final - node->heard_slot;

    if (!final || apart <= SLOT_WATCH_SPREAD)
        return;
    node->heard_slot = final;
    client_slots_continue(node->slots, final);
}

static void on_final(void *user, int status, uint64_t slot)
{
    struct node *node = user;
    uint64_t now_ms = clock_monotonic_ms();
    bool is_first = !node->watch.look.slot;
    enum slot_change change;

    CHECK(node->is_looking);
    node->is_looking = false;
    if (node->is_stopping || status < 0)
        return;
    change = slot_watch_look(&node->watch, slot, node->parts.slot_ms, now_ms,
                             clock_unix_ms());
    write_sure(node, now_ms);
    lead_subscription(node);
    if (change == SLOT_GREW)
        go_on(node);
    else if (change == SLOT_CORRECTED)
        take_back(node);
    if (is_first)
        node_slots_look(node);
}

void node_slots_look(struct node *node)
{
    if (node->is_looking || !node->heard_slot)
        return;
    node->is_looking = true;
    client_slot(node->parts.client, CLIENT_FINALIZED, on_final, node);
}

/* The one clock of the node: everything that happens by itself happens here. */
static void on_slot(void *user, uint64_t slot)
{
    struct node *node = user;
    bool is_first = !node->heard_slot;

    CHECK_MAGIC(node, NODE_MAGIC);
    node->heard_slot = slot;
    if (is_first)
        node_slots_look(node);
    if (slot_watch_hear(&node->watch, slot, clock_monotonic_ms()))
        go_on(node);
}

/* Without both numbers nothing is known. */
void node_slots_begin(struct node *node)
{
    struct slot_mark known;

    if (journal_number_get(node->parts.settings, slot_name, &known.slot) == 0 &&
        journal_number_get(node->parts.settings, slot_time_name, &known.ms) ==
            0)
        node->watch.known = known;
    node->slots = client_subscribe_slots(node->parts.client, on_slot, node);
}
