#include "settlement/chain/lone_leader.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include <stdlib.h>

/* The first event comes when the first slot was ordered, and so after thread
 * was set. */
struct lone_leader {
    struct lone_leader_options options;
    uint64_t slot_ns;
    struct execution_thread *thread;
};

static void lead_on(struct lone_leader *leader, uint64_t parent_slot,
                    const struct hash *parent, uint64_t due_ns)
{
    const struct execution_order order = {.kind = EXECUTION_LEAD,
                                          .slot = parent_slot + 1,
                                          .hash = *parent,
                                          .due_ns = due_ns};
    execution_thread_order(leader->thread, &order);
}

/* Each slot is due when the one before was due to end, so delays do not add up.
 */
static void on_event(void *user, const struct execution_event *event)
{
    struct lone_leader *leader = user;
    const struct execution_order order = {
        .kind = EXECUTION_FINALIZE, .slot = event->slot, .hash = event->hash};
    if (event->kind != EXECUTION_MADE)
        return;
    execution_thread_order(leader->thread, &order);
    lead_on(leader, event->slot, &event->hash,
            event->start_ns + leader->slot_ns);
}

static void on_failed(void *user, int status)
{
    struct lone_leader *leader = user;
    if (leader->options.failed)
        leader->options.failed(leader->options.user, status);
}

struct lone_leader *lone_leader_start(const struct lone_leader_options *options)
{
    struct lone_leader *leader = mem_zero(1, sizeof(*leader));
    struct ledger *ledger = options->execution.ledger;
    const struct execution_thread_options thread = {
        .execution = options->execution,
        .flusher = options->flusher,
        .events = {.happened = on_event, .failed = on_failed, .user = leader}};
    leader->options = *options;
    leader->slot_ns = ledger_genesis(ledger)->slot_ms * 1000000u;
    struct bank *tip = ledger_newest(ledger, LEDGER_FINALIZED);
    leader->thread = execution_thread_start(&thread);
    lead_on(leader, bank_info(tip)->slot, ledger_tip_hash(ledger),
            clock_monotonic_ns());
    bank_release(tip);
    return leader;
}

void lone_leader_stop(struct lone_leader *leader)
{
    if (!leader)
        return;
    execution_thread_stop(leader->thread);
    free(leader);
}
