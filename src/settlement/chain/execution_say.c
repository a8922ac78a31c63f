/*
 * Events hold their blocks: what a step does after it has said something may
 * give up the block.
 */
#include "settlement/chain/execution_internal.h"

#include "base/check.h"

/* ---- Events ---- */

struct execution_event *execution_say(struct execution *execution,
                                      enum execution_kind kind, uint64_t slot)
{
    CHECK(execution->event_count < EXECUTION_EVENTS_MAX);
    struct execution_event *event =
        &execution->events[execution->event_count++];
    *event = (struct execution_event){.kind = kind, .slot = slot};
    return event;
}

struct execution_event *execution_say_node(struct execution *execution,
                                           enum execution_kind kind,
                                           const struct block_node *node)
{
    struct execution_event *event = execution_say(execution, kind, node->slot);
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

void execution_forget_events(struct execution *execution)
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
        execution_say_node(execution, EXECUTION_SHOWN, node)->news = news;
}

/* The surest first, because the tips stand on one another. */
void execution_show_tips(struct execution *execution)
{
    const struct block_tree *tree = executor_tree(execution->executor);
    show(execution, LEDGER_FINALIZED, block_tree_root(tree));
    show(execution, LEDGER_CONFIRMED, block_tree_certified(tree));
    show(execution, LEDGER_PROCESSED, block_tree_tip(tree));
}

/* ---- The view ---- */

/* The view must be opened after durable_slot was read (executor.h). */
int execution_open_view(struct execution *execution,
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

void execution_close_view(struct execution *execution)
{
    if (!execution->view || executor_parent(execution->executor))
        return;
    executor_close(execution->executor);
    ledger_view_close(execution->view);
    execution->view = NULL;
}

struct executed_block *execution_take_spare(struct execution *execution)
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
