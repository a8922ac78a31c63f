/*
 * pond task update: a task moves to other terms and other code.
 *
 * The chain has no way to change a task: a new one is made, under a new id, the
 * bounty moves to its pot, and the old one says where it has gone. Nodes follow
 * with their stakes when their operators want it (docs/node.md, "Leaving a
 * task, and upgrades").
 *
 * The order is that of `pond task create`. An update that came through although
 * its answer was lost shows in the old task, which names the new one: a second
 * attempt finds that, and pays nothing.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/task.h"
#include "cli/task_deploy.h"

#include <stddef.h>
#include <stdlib.h>

/* The old task's key is in taskStateInfoKeypair.json. */
#define TASK_KEY_FILE "taskStateInfoKeypair-new.json"

static const struct option update_options[] = {DEPLOY_OPTIONS(TASK_KEY_FILE)};

/* The kind of a task is its program's, and its token the pot's: neither can
 * change with an update. */
int cli_deploy_check_old(struct session *session, const struct cli_task *old,
                         const struct deployment *deployment,
                         const struct pubkey *payer)
{
    if (!pubkey_equal(&old->manager, payer))
        return cli_hint(
            session->cli,
            err_set(ERR_DENIED, "You are not the owner of this task!"),
            "only the wallet that created the task may do this: "
            "name it with --keypair");
    if (old->is_kpl != deployment->is_kpl)
        return err_set(
            ERR_INVALID, "config: task_type is %s, and the task is a %s one",
            deployment->is_kpl ? "KPL" : "KOII", old->is_kpl ? "KPL" : "KOII");
    if (old->is_kpl && !pubkey_equal(&old->token, &deployment->token))
        return err_set(ERR_INVALID,
                       "config: token_type is not the task's token, %s",
                       PUBKEY_TEXT(&old->token));
    return 0;
}

static int update(struct session *session, const struct deployment *deployment,
                  const struct deployment_content *content,
                  const struct deploy_found *found, struct signer *signer,
                  bool final)
{
    const struct cli_task *old = &found->old;
    struct deployment_move move = {.task = old->task,
                                   .stake_pot = old->stake_pot,
                                   .new_task = found->task,
                                   .decimals = old->decimals};
    struct recipe recipe;

    if (old->is_kpl)
        signer_add_fresh(signer, &move.new_stake_pot);
    recipe_init(&recipe, signer_main(signer));
    int status = deployment_update(deployment, content, &move, &recipe);
    if (!status)
        status = session_send_and_print_at(session, signer, &recipe, final);
    recipe_free(&recipe);
    return status;
}

/* The old task names the one that it has moved to. */
static int look(struct session *session, const struct deployment *deployment,
                const struct deployment_content *content,
                const struct pubkey *payer, const char *keyfile,
                struct deploy_found *found)
{
    struct cli_task *old = &found->old;
    int status = cli_task_look(session, &deployment->task, old);

    if (!status)
        status = cli_deploy_check_old(session, old, deployment, payer);
    if (status)
        return status;
    found->is_done = found->has_key && old->is_migrated &&
                     pubkey_equal(&old->migrated_to, &found->task);
    if (found->is_taken && !found->is_done)
        return cli_deploy_key_in_use(session, keyfile);
    if (old->is_migrated && !found->is_done)
        return err_set(ERR_STATE, "the task has moved already, to %s",
                       PUBKEY_TEXT(&old->migrated_to));
    return 0;
}

static int run(struct cli *cli, const void *values)
{
    static const struct deploy_way way = {
        .is_update = true,
        .keyfile = TASK_KEY_FILE,
        .look = look,
        .send = update,
        .done = "The task has moved already, by an earlier attempt: nothing "
                "was paid now.",
    };

    return cli_deploy_run(cli, values, &way);
}

const struct command command_task_update = {
    .name = "task update",
    .arguments = "[CONFIG]",
    .summary = "move a task to other terms and code (its creator only)",
    .details =
        "Reads CONFIG (config-task.yml), whose task_id is the task that "
        "is updated and whose migrationDescription says why, and makes a "
        "new task to which the old one's bounty moves. The wallet pays "
        "the rent, which is asked about on a terminal.",
    .options = update_options,
    .values_size = sizeof(struct deploy_values),
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_NODE | COMMAND_SECRET,
    .run = run,
};
