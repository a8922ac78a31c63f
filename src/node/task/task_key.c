#include "node/task/task_key.h"

#include "base/error.h"
#include "base/log.h"

/* Something of this key's stands in the task's state. */
static bool is_known(const struct task_runner *runner, const struct pubkey *key)
{
    return task_view_stake(&runner->view, key) ||
           task_view_balance(&runner->view, key);
}

/* The node's staking key for tasks of this one's program. ERR_BUSY as
 * task_key_choose(). */
static int find_shared(const struct task_runner *runner, struct pubkey *out)
{
    struct signer *signer = runner->parts->signer;

    if (runner->view.is_kpl)
        return signer_staking_kpl(signer, out);
    *out = *signer_staking(signer);
    return 0;
}

int task_key_choose(struct task_runner *runner)
{
    struct pubkey shared, of_task;

    if (runner->has_own)
        return 0;
    int status = find_shared(runner, &shared);
    if (!status)
        status =
            signer_task_key(runner->parts->signer, &runner->task, &of_task);
    if (status)
        return status;
    bool is_apart = is_known(runner, &of_task);
    if (!is_apart && !is_known(runner, &shared))
        is_apart = runner->engine == NODE_ENGINE_NODE && !runner->is_trusted;
    runner->own = is_apart ? of_task : shared;
    return 0;
}

int task_key_settle(struct task_runner *runner)
{
    struct pubkey shared;

    if (runner->has_own)
        return 0;
    int status = find_shared(runner, &shared);
    if (!status)
        status = task_key_choose(runner);
    if (status)
        return status;
    runner->has_own = true;
    runner_rounds_set_key(runner->rounds, &runner->own);
    if (!pubkey_equal(&runner->own, &shared))
        log_info("task", "%.8s has the staking key %s for itself",
                 runner->task_text, PUBKEY_TEXT(&runner->own));
    return 0;
}

int task_key_for_task(const struct task_runner *runner, struct signer_key *out)
{
    struct pubkey shared;
    int status = find_shared(runner, &shared);

    if (status)
        return status;
    *out = (struct signer_key){.role = SIGNER_TASK, .of = runner->task};
    if (!pubkey_equal(&runner->own, &shared))
        return 0;
    *out = (struct signer_key){.role = runner->view.is_kpl ? SIGNER_STAKING_KPL
                                                           : SIGNER_STAKING};
    return runner->is_trusted
               ? 0
               : err_set(ERR_DENIED,
                         "the task asks for the secret of the node's staking "
                         "key, with which it is staked: start it with "
                         "--trust-task; or unstake it and start it again on "
                         "the engine node, where it gets a key for itself");
}
