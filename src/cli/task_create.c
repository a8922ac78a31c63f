/*
 * pond task create: from config-task.yml and a bundle to a task on chain.
 *
 * In the order of what it would cost to be wrong: the config; the bundle and
 * the store; the new task's key file; the wallet; and the chain at the end.
 *
 * A creation that fails leaves what came before: from the upload on two pinned
 * folders in the store, and from then on the key file, too. A second attempt
 * finds the key file: it is never overwritten, so it has to be taken away or
 * another one named.
 *
 * What a user sees: the task's address, the CIDs of code and metadata, and the
 * signature, when the transaction is confirmed.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/store.h"
#include "crypto/keyfile.h"
#include "node/deployment_terms.h"

#include <stddef.h>
#include <stdlib.h>

/* Koii's name for the file that keeps a new task's key. */
#define TASK_KEY_FILE "taskStateInfoKeypair.json"

/* What the options fill; NULL: the user's own store, TASK_KEY_FILE here. */
struct create_values {
    const char *store;
    const char *keyfile;
};

#define VALUE(member) offsetof(struct create_values, member)

static const struct option create_options[] = {
    {"store", 0, OPTION_TEXT, VALUE(store), "STORE",
     "the block store that takes code and metadata, one that nodes can reach "
     "(the user's own, which `pond up` serves)",
     0, 0},
    {"task-keypair", 0, OPTION_TEXT, VALUE(keyfile), "FILE",
     "where to keep the new task's key (" TASK_KEY_FILE ")", 0, 0},
    {0},
};

/* Paths in the config are relative to it, not to where the command runs. The
 * caller frees it. */
static char *folder_of(const char *path)
{
    CHECK(path);
    const char *slash = strrchr(path, '/');

    return slash ? mem_format("%.*s", (int)(slash - path), path)
                 : mem_text(".");
}

/* The store is opened only for the upload: a network that serves it reads it
 * meanwhile. Upload and pins are on disk when it is closed. A store that is
 * missing is made, so what was not found can only be the bundle. */
static int upload(struct cli *cli, const struct deployment *deployment,
                  const char *folder, const char *store_path,
                  struct deployment_content *content)
{
    CHECK(deployment && content);
    struct store *store;
    int status = cli_store_open(cli, store_path, false, &store);

    if (status == 0) {
        status = deployment_upload(deployment, folder, clock_unix_ms(), store,
                                   content);
        store_close(store);
    }
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status, "build the task first: `npm run build` in %s",
                 folder);
    return status;
}

/* Metadata and code are in the store before the chain names them: a node that
 * sees the task can fetch it at once. */
static int create(struct cli *cli, const struct deployment *deployment,
                  const struct deployment_content *content,
                  const struct keypair *task)
{
    CHECK(task);
    struct session session;
    struct keypair wallet;
    struct recipe recipe;
    int status = session_wallet(cli, &wallet);

    if (status < 0)
        return status;
    status = session_open(cli, &session);
    if (status < 0)
        goto err;
    recipe_init(&recipe, &wallet);
    status = deployment_create(deployment, content, task, &recipe);
    if (status == 0) {
        output_text(&cli->output, "task", PUBKEY_TEXT(&task->pubkey));
        output_text(&cli->output, "code", content->executable_cid);
        output_text(&cli->output, "metadata", content->metadata_cid);
        status = session_send_and_print(&session, &recipe);
    }
    recipe_free(&recipe);
    session_close(&session);
err:
    keypair_wipe(&wallet);
    return status;
}

/* The key's file comes first: a task whose key is lost can't be proved to be
 * one's own. So it is there even if this process is killed while the
 * transaction is on its way. */
static int create_kept(struct cli *cli, const struct deployment *deployment,
                       const struct deployment_content *content,
                       const char *keyfile)
{
    struct keypair task;
    int status;

    keypair_generate(&task);
    status = keyfile_write(keyfile, &task, false);
    if (status == ERR_EXISTS)
        cli_hint(cli, status,
                 "it holds the key of another task: name another file with "
                 "--task-keypair");
    if (status == 0)
        status = create(cli, deployment, content, &task);
    keypair_wipe(&task);
    return status;
}

/* The config is checked as a whole before anything is uploaded or paid. */
static int run(struct cli *cli, const void *values)
{
    const struct create_values *given = values;
    const char *config =
        cli->argument_count ? cli->arguments[0] : "config-task.yml";
    struct deployment deployment;
    struct deployment_content content;
    char *folder = folder_of(config);
    int status = deployment_load(config, &deployment);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "`pond task new FOLDER` writes a task to start "
                 "from");
    if (status < 0)
        goto err;
    status = upload(cli, &deployment, folder, given->store, &content);
    if (status == 0)
        status = create_kept(cli, &deployment, &content,
                             given->keyfile ? given->keyfile : TASK_KEY_FILE);
    deployment_free(&deployment);
err:
    free(folder);
    return status;
}

const struct command command_task_create = {
    .name = "task create",
    .arguments = "[CONFIG]",
    .summary = "put a task on chain from its config-task.yml",
    .details = "Reads CONFIG (config-task.yml), puts the bundle it names and "
               "the metadata into a block store, and creates the task; the "
               "wallet pays the bounty and the rent.",
    .options = create_options,
    .values_size = sizeof(struct create_values),
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run,
};
