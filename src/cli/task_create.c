/*
 * pond task create: from config-task.yml and a bundle to a task on chain.
 *
 * Things are checked in the order of what a mistake costs: the config; the
 * wallet; the bundle and the store; the new task's key file; and the chain at
 * the end.
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
        return status;
    signer_add_fresh(signer, &pot);
    return deployment_create_kpl(deployment, content, task, &pot, decimals,
                                 recipe);
}

static int send_creation(struct session *session,
                         const struct deployment *deployment,
                         const struct deployment_content *content,
                         const struct pubkey *task, struct signer *signer)
{
    struct recipe recipe;
    int status;

    recipe_init(&recipe, signer_main(signer));
    if (deployment->is_kpl)
        status =
            compose_kpl(session, deployment, content, task, signer, &recipe);
    else
        status = deployment_create(deployment, content, task, &recipe);
    if (!status)
        status = session_send_and_print(session, signer, &recipe);
    recipe_free(&recipe);
    return status;
}

/* Metadata and code are in the store before the chain names them: a node that
 * sees the task can fetch it at once. */
static int create(struct session *session, const struct deployment *deployment,
                  const struct deployment_content *content, const char *keyfile,
                  struct signer *signer, struct pubkey *task)
{
    CHECK(signer);
    struct output *output = &session->cli->output;
    bool is_there, is_same = false;
    int status = cli_deploy_key(session, keyfile, signer, task, &is_there);

    if (!status && is_there)
        status = cli_deploy_is_same(session, task, signer_main(signer),
                                    deployment, content, &is_same);
    if (!status && is_there && !is_same)
        status = cli_deploy_key_in_use(session, keyfile);
    if (status)
        return status;
    output_text(output, "task", PUBKEY_TEXT(task));
    output_text(output, "code", content->executable_cid);
    if (!is_there) {
        output_text(output, "metadata", content->metadata_cid);
        cli_deploy_describe(session->cli, deployment);
        return send_creation(session, deployment, content, task, signer);
    }
    output_record(output);
    output_print(output);
    cli_say(session->cli, "The task is on chain already, from an earlier "
                          "attempt: nothing was paid now.");
    return 0;
}

static int run(struct cli *cli, const void *values)
{
    static const struct deploy_way way = {
        .is_update = false, .keyfile = TASK_KEY_FILE, .put_on_chain = create};

    return cli_deploy_run(cli, values, &way);
}

const struct command command_task_create = {
    .name = "task create",
    .arguments = "[CONFIG]",
    .summary = "put a task on chain from its config-task.yml",
    .details = "Reads CONFIG (config-task.yml), puts the bundle it names and "
               "the metadata into a block store, and creates the task; the "
               "wallet pays the bounty and the rent, which is asked about on a "
               "terminal.",
    .options = create_options,
    .values_size = sizeof(struct deploy_values),
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run,
};
