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
#include "settlement/chain/execution_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/bank/block_execute.h"
#include "settlement/chain/mempool.h"
#include <inttypes.h>
#include <stdlib.h>

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
    struct executed_block *block = execution_take_spare(execution);
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
    else if (verdict == VERDICT_OTHER)
        log_error("execution",
                  "the bytes of the block of slot %" PRIu64
                  " have changed in this machine's memory, which may be "
                  "failing: %s. They are taken again",
                  order->slot, err_text());
    else if (verdict != VERDICT_VALID)
        log_debug("execution", "a block is not taken: %s", err_text());
    err_clear();
    struct execution_event *event =
        node ? execution_say_node(execution, EXECUTION_EXECUTED, node)
             : execution_say(execution, EXECUTION_EXECUTED, order->slot);
    event->hash = order->hash;
    event->verdict = verdict;
    execution_show_tips(execution);
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
    execution_show_tips(execution);
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

static bool is_own(const struct execution *execution,
                   const struct executed_block *block)
{
    const struct keypair *identity = execution->options.identity;
    return identity &&
           pubkey_equal(&bank_info(block->bank)->leader, &identity->pubkey);
}

/* What became of one's own blocks says how full the next ones may be. */
static void learn(struct execution *execution, const struct block_node *final,
                  const struct block_node *dead)
{
    for (; dead; dead = dead->sibling)
        if (dead->block && is_own(execution, dead->block))
            block_fill_lost(&execution->fill, dead->slot);
    if (is_own(execution, final->block))
        block_fill_final(&execution->fill,
                         block_execute_cost(bank_info(final->block->bank),
                                            final->block->data.size));
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
        execution_give_up(execution);
    executor_wake(execution->executor, final);
    struct block_node *root =
        executor_advance(execution->executor, final, &dead);
    if (!root)
        return 0;
    learn(execution, root, dead);
    block_nodes_free(dead);
    *is_done = root == final;
    execution_say_node(execution, EXECUTION_FINAL, root);
    mempool_settle(execution->options.mempool, root->block);
    execution_show_tips(execution);
    return 0;
}

static int do_order(struct execution *execution,
                    const struct execution_seen *seen)
{
    struct execution_order *order = &execution->first->order;
    bool is_done = true;
    int status = execution_open_view(execution, seen);
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
    execution_close_view(execution);
    return status;
}

/* ---- Steps ---- */

/* Banks are given up when their states have been told. */
int execution_step(struct execution *execution,
                   const struct execution_seen *seen,
                   struct execution_step *out)
{
    struct block_node *node;
    *out = (struct execution_step){.act = EXECUTION_GO_ON};
    execution_forget_events(execution);
    if ((node = executor_sum(execution->executor))) {
        execution_say_node(execution, EXECUTION_STATE, node)->state =
            bank_info(node->block->bank)->state_hash;
        return 0;
    }
    if (execution->may_shed)
        executor_shed(execution->executor);
    execution->may_shed = false;
    if (execution->first)
        return do_order(execution, seen);
    return execution_lead(execution, seen, out);
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
    execution->fill = block_fill_make(block_execute_units_max(genesis));
    if (execution->is_alone && !ledger_was_clean(options->ledger))
        tell_skip(execution);
    return execution;
}

void execution_free(struct execution *execution)
{
    if (!execution)
        return;
    execution->event_at = execution->event_count;
    execution_forget_events(execution);
    while (execution->first)
        drop_order(execution);
    executor_give_up(execution->executor);
    execution_close_view(execution);
    executor_free(execution->executor);
    executed_block_release(execution->spare);
    free(execution);
}
