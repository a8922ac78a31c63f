#include "node/node_claims.h"

#include "base/error.h"
#include "node/node_tasks.h"

int node_claims_order(struct node *node, const struct pubkey *task,
                      uint64_t *number)
{
    int status = node_claim(node, task);

    return status
               ? status
               : task_runner_claim_number(node_tasks_find(node, task), number);
}

/* A claim that failed keeps its number, and is sent again while it is wanted.
 */
int node_claims_state(struct node *node, const struct pubkey *task,
                      uint64_t number, const char **state)
{
    const struct task_runner *runner = node_tasks_find(node, task);
    const struct journal_name name = {
        .task = *task, .round = number, .kind = JOURNAL_CLAIM};
    struct journal_entry entry;
    uint64_t next;
    int status = journal_find(node->parts.journal, &name, &entry);
    bool is_wanted = runner && !task_runner_claim_number(runner, &next) &&
                     next >= number && task_runner_wants_claim(runner);

    if (status && status != ERR_NOT_FOUND)
        return status;
    if (!status && entry.state == JOURNAL_FINAL)
        *state = "done";
    else if (sender_is_sending(node->parts.sender, &name) ||
             (!status && entry.state == JOURNAL_OPEN))
        *state = "running";
    else if (is_wanted)
        *state = "waiting";
    else if (!status)
        *state = "failed";
    else
        return err_set(ERR_NOT_FOUND, "no such claim was ordered");
    return 0;
}
