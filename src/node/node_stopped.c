#include "node/node_stopped.h"

#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/owner/stopped_book.h"
#include "node/task/task_view.h"

#include <stdlib.h>

/* Between two questions. A stopped task's coins change by a slash of its last
 * rounds, or by what its owner does elsewhere. */
#define EVERY_MS 10000

struct node_stopped {
    struct node *node;
    struct pubkey task; /* asked about */
    bool is_asking;
    uint64_t asked_ms; /* monotonic; 0: not yet */
    size_t place;      /* of the book, which comes next */
};

struct node_stopped *node_stopped_new(void)
{
    return mem_zero(1, sizeof(struct node_stopped));
}

void node_stopped_free(struct node_stopped *stopped)
{
    free(stopped);
}

static void on_state(void *user, int status, const struct client_task *task)
{
    struct node_stopped *stopped = user;
    struct stopped_book *book = stopped->node->parts.stopped;
    const struct stopped_task *known;
    struct stopped_task coins = {0};
    struct task_view view = {0};

    stopped->is_asking = false;
    if (stopped->node->is_stopping)
        return;
    known = stopped_book_find(book, &stopped->task);
    if (!status && known && !task_view_take(&view, task)) {
        coins.stake = task_view_stake(&view, &known->staking);
        coins.claimable = task_view_balance(&view, &known->staking);
        coins.is_kpl = view.is_kpl;
        coins.token = view.token;
        stopped_book_note(book, &stopped->task, &coins);
        task_view_free(&view);
    }
    err_clear();
}

/* What is not known yet comes first. */
static const struct stopped_task *next(struct node_stopped *stopped,
                                       const struct stopped_book *book)
{
    const struct stopped_task *task;

    for (size_t i = 0; (task = stopped_book_at(book, i)); i++)
        if (!task->has_coins)
            return task;
    task = stopped_book_at(book, stopped->place++);
    if (task)
        return task;
    stopped->place = 1;
    return stopped_book_at(book, 0);
}

void node_stopped_look(struct node *node, uint64_t now_ms)
{
    struct node_stopped *stopped = node->stopped_coins;
    const struct stopped_task *task;

    if (stopped->is_asking || !node_is_connected(node) ||
        !stopped_book_at(node->parts.stopped, 0))
        return;
    task = next(stopped, node->parts.stopped);
    if (task->has_coins && now_ms - stopped->asked_ms < EVERY_MS)
        return;
    stopped->node = node;
    stopped->task = task->options.task;
    stopped->asked_ms = now_ms;
    stopped->is_asking = true;
    client_task_state(node->parts.client, &stopped->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_state,
                      stopped);
}
