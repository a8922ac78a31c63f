/*
 * One step is an order, a sum, or what the pace of one's own block says; in
 * that order, so that a block's state is known before anything stands on it,
 * and orders are not late behind one's own block.
 *
 * A view of the disk is opened when there is something to execute, and closed
 * when no block of one's own is under way, so LMDB's pages are pinned for a
 * slot at most. Blocks of others that come meanwhile are executed over the same
 * view: all banks stand on what is final, and so does the disk.
 *
 * With one validator nothing is shown here: a block with transactions must be
 * on the disk first, which the flusher knows.
 */
#include "settlement/chain/execution.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "consensus/validator_set.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/pace.h"
#include "settlement/chain/slot_control.h"
#include <inttypes.h>
#include <stdlib.h>

/* The events of one step: what it is about, the tips, and that the block under
 * way was given up. */
#define EVENTS_MAX (2 + LEDGER_LEVELS)

struct waiting_order {
    struct execution_order order;
    struct waiting_order *next;
};

struct execution {
    struct execution_options options;
    bool is_alone; /* the network's only validator */
    bool is_stopping;
    struct executor *executor;
    struct pace pace;
    uint64_t lead_slot;      /* that the pace was ordered to lead */
    uint64_t making_slot;    /* that the block under way was ordered for */
    struct hash lead_parent; /* and its parent */
    struct hash shown[LEDGER_LEVELS];
    bool may_shed;            /* an order may have made the tree too large */
    struct ledger_view *view; /* while the executor is open; or NULL */
    struct executed_block *spare;
    struct waiting_order *first, **last;
    struct execution_event events[EVENTS_MAX];
    size_t event_count, event_at;
};

/* ---- Events ---- */

static struct execution_event *say(struct execution *execution,
                                   enum execution_kind kind, uint64_t slot)
{
    CHECK(execution->event_count < EVENTS_MAX);
    struct execution_event *event =
        &execution->events[execution->event_count++];
    *event = (struct execution_event){.kind = kind, .slot = slot};
    return event;
}

static struct execution_event *say_node(struct execution *execution,
                                        enum execution_kind kind,
                                        const struct block_node *node)
{
    struct execution_event *event = say(execution, kind, node->slot);
    event->hash = node->hash;
    if (node->block)
        event->block = executed_block_retain(node->block);
    return event;
}

bool execution_next(struct execution *execution, struct execution_event *out)
{
    if (execution->event_at == execution->event_count)
        return false;
    *out = execution->events[execution->event_at++];
    return true;
}

static void forget_events(struct execution *execution)
{
    CHECK(execution->event_at == execution->event_count);
    for (size_t i = 0; i < execution->event_count; i++) {
        executed_block_release(execution->events[i].block);
        ledger_branch_release(execution->events[i].news.branch);
    }
    execution->event_count = execution->event_at = 0;
}

/* ---- Showing ---- */

static void show(struct execution *execution, enum ledger_level level,
                 const struct block_node *node)
{
    struct hash *shown = &execution->shown[level];
    struct ledger_news news;
    if (execution->is_alone || hash_equal(shown, &node->hash))
        return;
    *shown = node->hash;
    if (ledger_publish(execution->options.ledger, level, node->block, &news))
        say_node(execution, EXECUTION_SHOWN, node)->news = news;
}

/* The surest first, because the tips stand on one another. */
static void show_tips(struct execution *execution)
{
    const struct block_tree *tree = executor_tree(execution->executor);
    show(execution, LEDGER_FINALIZED, block_tree_root(tree));
    show(execution, LEDGER_CONFIRMED, block_tree_certified(tree));
    show(execution, LEDGER_PROCESSED, block_tree_tip(tree));
}

/* ---- The view ---- */

/* The view must be opened after durable_slot was read (executor.h). */
static int open_view(struct execution *execution,
                     const struct execution_seen *seen)
{
    if (execution->view)
        return 0;
    executor_set_durable(execution->executor, seen->durable_slot);
    int status = ledger_view_open(execution->options.ledger, LEDGER_FINALIZED,
                                  &execution->view);
    if (!status)
        executor_open(execution->executor, ledger_view_base(execution->view));
    return status;
}

static void close_view(struct execution *execution)
{
    if (!execution->view || executor_parent(execution->executor))
        return;
    executor_close(execution->executor);
    ledger_view_close(execution->view);
    execution->view = NULL;
}

static struct executed_block *take_spare(struct execution *execution)
{
    struct executed_block *block = execution->spare;
    execution->spare = NULL;
    return block ? block : executed_block_new();
}

bool execution_wants_spare(const struct execution *execution)
{
    return !execution->spare;
}

void execution_lend(struct execution *execution, struct executed_block *block)
{
    CHECK(!execution->spare);
    execution->spare = block;
}

/* ---- Orders ---- */

void execution_order(struct execution *execution,
                     const struct execution_order *order)
{
    if (order->kind == EXECUTION_STOP) {
        execution->is_stopping = true;
        return;
    }
    if (order->kind == EXECUTION_LEAD) {
        execution->lead_slot = order->slot;
        execution->lead_parent = order->hash;
        pace_lead(&execution->pace, order->slot, order->due_ns);
        return;
    }
    struct waiting_order *waiting = mem_zero(1, sizeof(*waiting));
    waiting->order = *order;
    *execution->last = waiting;
    execution->last = &waiting->next;
}

static void drop_order(struct execution *execution)
{
    struct waiting_order *done = execution->first;
    execution->first = done->next;
    if (!execution->first)
        execution->last = &execution->first;
    buffer_free(&done->order.data);
    free(done);
}

/* The memory of the spare block is the executor's own, and the data came from
 * outside: it takes the place of the spare's. */
static void execute(struct execution *execution, struct execution_order *order,
                    const struct execution_seen *seen)
{
    struct executed_block *block = take_spare(execution);
    struct block_node *node;
    buffer_free(&block->data);
    block->data = order->data;
    order->data = (struct buffer){0};
    block->executed_ms = seen->now_ns / 1000000;
    enum block_verdict verdict =
        executor_check(execution->executor, &order->hash, block, &node);
    if (verdict == VERDICT_INVALID)
        log_warn("execution", "a leader made a block that is not valid: %s",
                 err_text());
    else if (verdict != VERDICT_VALID)
        log_debug("execution", "a block is not taken: %s", err_text());
    err_clear();
    struct execution_event *event =
        node ? say_node(execution, EXECUTION_EXECUTED, node)
             : say(execution, EXECUTION_EXECUTED, order->slot);
    event->hash = order->hash;
    event->verdict = verdict;
    show_tips(execution);
}

/* One that is not executed any more is executed again. One that is invalid here
 * is no block for this validator, whatever a quorum says; if it becomes final,
 * the validator ends. */
static void certify(struct execution *execution,
                    const struct execution_order *order)
{
    struct block_tree *tree = executor_tree(execution->executor);
    struct block_node *node = block_tree_find(tree, &order->hash);
    if (!node || node->state == BLOCK_INVALID)
        return;
    executor_wake(execution->executor, node);
    block_tree_certify(tree, node);
    show_tips(execution);
}

/* The fork on which the block under way stands has lost. */
static void give_up(struct execution *execution)
{
    executor_give_up(execution->executor);
    pace_sealed(&execution->pace);
    say(execution, EXECUTION_UNLED, execution->making_slot);
}

static int find_final(const struct execution *execution,
                      const struct execution_order *order,
                      struct block_node **out)
{
    struct block_tree *tree = executor_tree(execution->executor);
    *out = NULL;
    if (order->slot < block_tree_root(tree)->slot)
        return 0;
    *out = block_tree_find(tree, &order->hash);
    if (*out && (*out)->state != BLOCK_INVALID)
        return 0;
    return err_set(ERR_STATE,
                   *out ? "the network made the block of slot %" PRIu64
                          " final, and it is not valid here"
                        : "the block of slot %" PRIu64
                          " is final, and was not executed here",
                   order->slot);
}

/* A block a step, and then the order is done. */
static int finalize(struct execution *execution,
                    const struct execution_order *order, bool *is_done)
{
    struct block_node *final, *dead = NULL;
    int status = find_final(execution, order, &final);
    *is_done = true;
    if (status || !final)
        return status;
    const struct block_node *parent = executor_parent(execution->executor);
    if (parent && !block_tree_descends(parent, final))
        give_up(execution);
    executor_wake(execution->executor, final);
    struct block_node *root =
        executor_advance(execution->executor, final, &dead);
    if (!root)
        return 0;
    block_nodes_free(dead);
    *is_done = root == final;
    say_node(execution, EXECUTION_FINAL, root);
    mempool_settle(execution->options.mempool, root->block);
    show_tips(execution);
    return 0;
}

static int do_order(struct execution *execution,
                    const struct execution_seen *seen)
{
    struct execution_order *order = &execution->first->order;
    bool is_done = true;
    int status = open_view(execution, seen);
    if (status)
        return status;
    if (order->kind == EXECUTION_EXECUTE)
        execute(execution, order, seen);
    else if (order->kind == EXECUTION_CERTIFY)
        certify(execution, order);
    else
        status = finalize(execution, order, &is_done);
    execution->may_shed = true;
    if (is_done)
        drop_order(execution);
    close_view(execution);
    return status;
}

/* ---- One's own blocks ---- */

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
        say(execution, EXECUTION_UNLED, execution->lead_slot);
        return 0;
    }
    int status = open_view(execution, seen);
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
                   take_spare(execution));
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
    close_view(execution);
    if (!node) {
        say(execution, EXECUTION_UNLED, execution->making_slot);
        return;
    }
    node->block->executed_ms = seen->now_ns / 1000000;
    say_node(execution, EXECUTION_MADE, node)->start_ns =
        execution->pace.start_ns;
    show_tips(execution);
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

static int lead(struct execution *execution, const struct execution_seen *seen,
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

/* ---- Steps ---- */

/* Banks are given up when their states have been told. */
int execution_step(struct execution *execution,
                   const struct execution_seen *seen,
                   struct execution_step *out)
{
    struct block_node *node;
    *out = (struct execution_step){.act = EXECUTION_GO_ON};
    forget_events(execution);
    if ((node = executor_sum(execution->executor))) {
        say_node(execution, EXECUTION_STATE, node)->state =
            bank_info(node->block->bank)->state_hash;
        return 0;
    }
    if (execution->may_shed)
        executor_shed(execution->executor);
    execution->may_shed = false;
    if (execution->first)
        return do_order(execution, seen);
    return lead(execution, seen, out);
}

/* ---- Begin and end ---- */

static void recognize(void *user, struct transaction *transactions,
                      size_t count)
{
    mempool_recognize(user, transactions, count);
}

static void tell_skip(struct execution *execution)
{
    uint64_t skip = pace_skip(&execution->pace);
    log_warn("execution",
             "the last run did not end in order; going on %" PRIu64
             " slots later",
             skip);
}

/* The whole tip is on disk: the ledger settled it when it was opened. In a
 * network of several a validator shows nothing that its vote file and others'
 * don't know, so no slots are left out after a crash. */
struct execution *execution_new(const struct execution_options *options)
{
    struct execution *execution = mem_zero(1, sizeof(*execution));
    struct bank *newest = ledger_newest(options->ledger, LEDGER_FINALIZED);
    const struct genesis *genesis = ledger_genesis(options->ledger);
    execution->options = *options;
    execution->is_alone = genesis->validator_count == 1;
    const struct hash *tip = ledger_tip_hash(options->ledger);
    for (int level = 0; level < LEDGER_LEVELS; level++)
        execution->shown[level] = *tip;
    execution->executor = executor_new(genesis, options->identity, newest, tip);
    bank_release(newest);
    executor_ask(execution->executor, recognize, options->mempool);
    execution->last = &execution->first;
    execution->pace = pace_make(genesis);
    if (execution->is_alone && !ledger_was_clean(options->ledger))
        tell_skip(execution);
    return execution;
}

void execution_free(struct execution *execution)
{
    if (!execution)
        return;
    execution->event_at = execution->event_count;
    forget_events(execution);
    while (execution->first)
        drop_order(execution);
    executor_give_up(execution->executor);
    close_view(execution);
    executor_free(execution->executor);
    executed_block_release(execution->spare);
    free(execution);
}
