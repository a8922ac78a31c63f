/*
 * One's own blocks, at the pace that pace.h says. The slot that is led and the
 * one whose block is under way are two: the next may be ordered before.
 */
#include "settlement/chain/execution_internal.h"

#include "base/log.h"
#include "consensus/validator_set.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/slot_control.h"
#include <inttypes.h>

static void say_clock(enum pace_clock clock, uint64_t parent_ms,
                      uint64_t now_ms)
{
    if (clock == PACE_CLOCK_BEHIND)
        log_warn("execution",
                 "the newest block is %" PRIu64 " s ahead of this machine's "
                 "clock: block times go slower until it has caught up",
                 (parent_ms - now_ms) / 1000);
    else if (clock == PACE_CLOCK_RIGHT)
        log_info("execution", "block times are the clock's again");
}

/* On the first of one's own slots in a window: what was in a block of another
 * leader may be missing on this chain. */
static void offer_kept(struct execution *execution, uint64_t parent_slot)
{
    if (window_of(parent_slot) != window_of(execution->lead_slot))
        mempool_offer_kept(execution->options.mempool);
}

/* The parent may have died since the slot was ordered. */
static int begin(struct execution *execution, const struct execution_seen *seen)
{
    struct block_node *parent = block_tree_find(
        executor_tree(execution->executor), &execution->lead_parent);
    if (!parent || parent->state == BLOCK_INVALID) {
        pace_forget(&execution->pace);
        execution_say(execution, EXECUTION_UNLED, execution->lead_slot);
        return 0;
    }
    int status = execution_open_view(execution, seen);
    if (status)
        return status;
    executor_wake(execution->executor, parent);
    uint64_t parent_ms = bank_info(parent->block->bank)->unix_ms;
    struct pace_block block = pace_begin(&execution->pace, parent->slot,
                                         parent_ms, seen->now_ns, seen->now_ms);
    say_clock(block.clock, parent_ms, seen->now_ms);
    execution->making_slot = execution->lead_slot;
    offer_kept(execution, parent->slot);
    executor_begin(execution->executor, parent, block.slot, block.unix_ms,
                   execution->is_alone ? UINT64_MAX
                                       : block_fill_bound(&execution->fill),
                   execution_take_spare(execution));
    return 0;
}

/* Transactions are taken from the mempool one at a time, because a better one
 * may have come meanwhile. */
static void add_entry(struct execution *execution)
{
    struct executor *executor = execution->executor;
    size_t count = 0;
    struct buffer wire;
    executor_begin_entry(executor);
    for (; executor_wants(executor) &&
           mempool_take(execution->options.mempool, &wire);
         count++)
        executor_execute(executor, &wire);
    executor_end_entry(executor);
    pace_executed(&execution->pace, count);
}

static void seal(struct execution *execution, const struct execution_seen *seen)
{
    struct block_node *node = executor_seal(execution->executor);
    pace_sealed(&execution->pace);
    execution_close_view(execution);
    if (!node) {
        execution_say(execution, EXECUTION_UNLED, execution->making_slot);
        return;
    }
    node->block->executed_ms = seen->now_ns / 1000000;
    execution_say_node(execution, EXECUTION_MADE, node)->start_ns =
        execution->pace.start_ns;
    execution_show_tips(execution);
}

static struct pace_seen look(const struct execution *execution,
                             const struct execution_seen *seen)
{
    struct pace_seen out = {.now_ns = seen->now_ns,
                            .is_stopping = execution->is_stopping};
    if (executor_parent(execution->executor)) {
        out.ticks = executor_ticks(execution->executor);
        out.has_room = executor_has_room(execution->executor);
    } else if (execution->options.control) {
        struct slot_wish wish = slot_control_look(execution->options.control);
        out.is_paused = wish.is_paused;
        out.reach = wish.reach;
    }
    return out;
}

int execution_lead(struct execution *execution,
                   const struct execution_seen *seen,
                   struct execution_step *out)
{
    static const enum execution_act acts[] = {[PACE_WAIT] = EXECUTION_WAIT,
                                              [PACE_SLEEP] = EXECUTION_SLEEP,
                                              [PACE_REST] = EXECUTION_REST,
                                              [PACE_END] = EXECUTION_END};
    const struct pace_seen pace_seen = look(execution, seen);
    struct pace_step step = pace_next(&execution->pace, &pace_seen);
    switch (step.act) {
    case PACE_BEGIN:
        return begin(execution, seen);
    case PACE_TICK:
        executor_tick(execution->executor, step.ticks);
        break;
    case PACE_EXECUTE:
        add_entry(execution);
        break;
    case PACE_SEAL:
        seal(execution, seen);
        break;
    case PACE_WAIT:
    case PACE_SLEEP:
    case PACE_REST:
    case PACE_END:
        *out = (struct execution_step){acts[step.act], step.until_ns};
        break;
    }
    return 0;
}

void execution_give_up(struct execution *execution)
{
    executor_give_up(execution->executor);
    pace_sealed(&execution->pace);
    execution_say(execution, EXECUTION_UNLED, execution->making_slot);
}
