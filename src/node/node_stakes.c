#include "node/node_stakes.h"

#include "base/error.h"
#include "node/node_tasks.h"
#include "node/node_transfers.h"
#include "node/task/task_more.h"

#include <inttypes.h>
#include <stdio.h>

/* What the journal has outlives what the task knows. */
int node_stakes_state(struct node *node, const struct pubkey *task,
                      const char *key, struct api_stake_state *out)
{
    struct task_runner *runner = node_tasks_find(node, task);
    struct journal_entry entry;
    struct journal_name name;
    const char *failure = NULL;

    *out = (struct api_stake_state){.state = "running"};
    task_more_name(task, key, &name);
    bool is_known = runner && !task_runner_staking_more(runner, key,
                                                        &out->amount, &failure);
    int status = journal_find(node->parts.journal, &name, &entry);
    if (status && status != ERR_NOT_FOUND)
        return status;
    if (status && !is_known)
        return err_set(ERR_NOT_FOUND, "no such stake was ordered");
    if (!status) {
        out->is_sent = true;
        out->amount = entry.amount;
    }
    if (!status && entry.state == JOURNAL_FINAL)
        out->state = "done";
    else if (status ? failure != NULL : entry.state == JOURNAL_FAILED)
        out->state = "failed";
    if (failure && !strcmp(out->state, "failed"))
        snprintf(out->text, sizeof(out->text), "%s", failure);
    return 0;
}

/* One that the chain refused is over, as one that is final: whoever wants to
 * try again orders another. */
int node_stakes_order(struct node *node, const struct pubkey *task,
                      const char *key, uint64_t amount, api_done *done,
                      void *user)
{
    struct task_runner *runner = node_tasks_find(node, task);

    if (node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    node_transfers_expect(node);
    return task_runner_stake_more(runner, key, amount, done, user);
}
