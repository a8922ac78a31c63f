/*
 * pond task create: from config-task.yml and a bundle to a task on chain.
 *
 * A creation that fails leaves what came before: from the upload on two pinned
 * folders in the store, and from then on the key file, too. A second attempt
 * takes the key from that file. If that key has an account by now, and it is
 * this task, then the first attempt came through although its answer was lost:
 * nothing is paid again. If it is something else, another file has to be named.
 *
 * What a user sees: the task's address, the CIDs of code and metadata, what it
 * costs, and the signature, when the transaction is confirmed.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/task.h"
#include "cli/task_deploy.h"

#include <stddef.h>
#include <stdlib.h>

/* Koii's name for the file that keeps a new task's key. */
#define TASK_KEY_FILE "taskStateInfoKeypair.json"

static const struct option create_options[] = {DEPLOY_OPTIONS(TASK_KEY_FILE)};

/* Amounts are in the token's own units, so the mint is asked first. The pot's
 * key signs with the recipe. */
static int compose_kpl(struct session *session,
                       const struct deployment *deployment,
                       const struct deployment_content *content,
                       const struct pubkey *task, struct signer *signer,
                       struct recipe *recipe)
{
    CHECK(deployment->is_kpl && signer);
    struct pubkey pot;
    uint8_t decimals;
    int status = cli_mint_decimals(session, &deployment->token, &decimals);

    if (status)
        return err_add(status, "config: token_type");
    signer_add_fresh(signer, &pot);
    return deployment_create_kpl(deployment, content, task, &pot, decimals,
                                 recipe);
}

static int create(struct session *session, const struct deployment *deployment,
                  const struct deployment_content *content,
                  const struct deploy_found *found, struct signer *signer,
                  bool final)
{
    const struct pubkey *task = &found->task;
    struct recipe recipe;
    int status;

    recipe_init(&recipe, signer_main(signer));
    if (deployment->is_kpl)
        status =
            compose_kpl(session, deployment, content, task, signer, &recipe);
    else
        status = deployment_create(deployment, content, task, &recipe);
    if (!status)
        status = session_send_and_print_at(session, signer, &recipe, final);
    recipe_free(&recipe);
    return status;
}

/* From the question for a task to the comparison. */
struct same_wait {
    struct client_waiting waiting;
    const struct pubkey *manager;
    const char *name, *code;
    bool is_same;
};

static void on_task(void *user, int status, const struct client_task *task)
{
    struct same_wait *wait = user;

    if (!status)
        wait->is_same = pubkey_equal(&task->task_manager, wait->manager) &&
                        !strcmp(task->task_name, wait->name) &&
                        !strcmp(task->task_audit_program, wait->code);
    client_finish(&wait->waiting, status);
}

/* Whether the key's account is the task that an earlier attempt made: of this
 * creator, with this name and this code. */
static int look(struct session *session, const struct deployment *deployment,
                const struct deployment_content *content,
                const struct pubkey *payer, const char *keyfile,
                struct deploy_found *found)
{
    struct same_wait wait = {.manager = payer,
                             .name = deployment->task_name,
                             .code = content->executable_cid};

    if (!found->is_taken)
        return 0;
    client_task_state(session->client, &found->task, 0, on_task, &wait);
    int status = client_wait(session->client, &wait.waiting);
    found->is_done = !status && wait.is_same;
    /* An account that is no task is another one's. */
    if (status == ERR_NOT_FOUND || status == ERR_INVALID) {
        err_clear();
        status = 0;
    }
    if (status)
        return session_status(session, status);
    return found->is_done ? 0 : cli_deploy_key_in_use(session, keyfile);
}

static int run(struct cli *cli, const void *values)
{
    static const struct deploy_way way = {
        .is_update = false,
        .keyfile = TASK_KEY_FILE,
        .look = look,
        .send = create,
        .done = "The task is on chain already, from an earlier attempt: "
                "nothing was paid now.",
    };

    return cli_deploy_run(cli, values, &way);
}

const struct command command_task_create = {
    .name = "task create",
    .arguments = "[CONFIG]",
    .summary = "put a task on chain from its config-task.yml",
    .details = "Reads CONFIG (config-task.yml), builds the bundle it names if "
               "a source is newer, puts it and the metadata into a block "
               "store, and creates the task; the wallet pays the bounty and "
               "the rent, which is asked about on a terminal.",
    .options = create_options,
    .values_size = sizeof(struct deploy_values),
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_NODE | COMMAND_SECRET,
    .run = run,
};
