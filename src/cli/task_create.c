/*
 * pond task create: from config-task.yml and a bundle to a task on chain.
 *
 * Things are checked in the order of what a mistake costs: the config; the
 * wallet; the bundle and the store; the new task's key file; and the chain at
 * the end.
 *
 * A creation that fails leaves what came before: from the upload on two pinned
 * folders in the store, and from then on the key file, too. A second attempt
 * takes the key from that file, unless it has an account on chain by now: then
 * the file is another task's, and another one has to be named.
 *
 * What a user sees: the task's address, the CIDs of code and metadata, and the
 * signature, when the transaction is confirmed.
 */
#include "author/deployment_terms.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/store.h"
#include "cli/task.h"

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

    if (!status) {
        status = deployment_upload(deployment, folder, clock_unix_ms(), store,
                                   content);
        store_close(store);
    }
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status, "build the task first: `pond task build %s`",
                 folder);
    return status;
}

/* From the question whether a key has an account to its answer. */
struct key_wait {
    struct client_waiting waiting;
    bool is_taken;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct key_wait *wait = user;

    wait->is_taken = !status && account;
    client_finish(&wait->waiting, status);
}

/* May a key that is on disk already become this task's? Only one that has no
 * account: with an account, a task's or a wallet's, it is in use. The payer is
 * refused by name, because a wallet that was never used has none. The answer is
 * of what is final: a creation that is still under way is not seen, and the
 * chain refuses the second one because of the first one's account. */
static int check_unused(struct session *session, const char *keyfile,
                        const struct pubkey *key, const struct pubkey *payer)
{
    CHECK(key && payer);
    struct key_wait wait = {.is_taken = pubkey_equal(key, payer)};
    int status = 0;

    if (!wait.is_taken) {
        client_account_info(session->client, key, on_account, &wait);
        status = session_status(session,
                                client_wait(session->client, &wait.waiting));
    }
    if (!status && wait.is_taken)
        status = err_set(ERR_EXISTS, "%s: the key in it is in use", keyfile);
    return status;
}

/* The key that an earlier attempt left, or a fresh one, whose file is written
 * before anything is sent: without its key nobody can prove that a task is
 * theirs. So the file is there even if this process is killed while the
 * transaction is on its way. A file that is there is never written to. */
static int task_key(struct session *session, const char *keyfile,
                    struct signer *signer, struct pubkey *out)
{
    CHECK(keyfile && out);
    bool is_new;
    int status = signer_add_file(signer, keyfile, &is_new, out);

    if (!status && is_new)
        return 0;
    if (status == ERR_INVALID || status == ERR_LIMIT)
        return cli_hint(session->cli, status,
                        "it holds no key: name another file with "
                        "--task-keypair");
    if (!status)
        status = check_unused(session, keyfile, out, signer_main(signer));
    if (status == ERR_EXISTS)
        cli_hint(session->cli, status,
                 "name another file with --task-keypair: this one holds the "
                 "key of another account");
    return status;
}

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

/* Metadata and code are in the store before the chain names them: a node that
 * sees the task can fetch it at once. */
static int create(struct session *session, const struct deployment *deployment,
                  const struct deployment_content *content, const char *keyfile,
                  struct signer *signer)
{
    CHECK(signer);
    struct output *output = &session->cli->output;
    struct pubkey task;
    struct recipe recipe;
    int status = task_key(session, keyfile, signer, &task);

    if (status)
        return status;
    recipe_init(&recipe, signer_main(signer));
    if (deployment->is_kpl)
        status =
            compose_kpl(session, deployment, content, &task, signer, &recipe);
    else
        status = deployment_create(deployment, content, &task, &recipe);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(&task));
        output_text(output, "code", content->executable_cid);
        output_text(output, "metadata", content->metadata_cid);
        status = session_send_and_print(session, signer, &recipe);
    }
    recipe_free(&recipe);
    return status;
}

/* The wallet comes before all that leaves something behind. */
static int deploy(struct cli *cli, const struct create_values *given,
                  const struct deployment *deployment, const char *folder)
{
    CHECK(given && folder);
    const char *keyfile = given->keyfile ? given->keyfile : TASK_KEY_FILE;
    struct deployment_content content;
    struct session session;
    struct signer *signer;
    int status = session_wallet(cli, &signer);

    if (status)
        return status;
    status = upload(cli, deployment, folder, given->store, &content);
    if (!status)
        status = session_open(cli, &session);
    if (!status) {
        status = create(&session, deployment, &content, keyfile, signer);
        session_close(&session);
    }
    signer_end(signer);
    return status;
}

/* The config is checked as a whole before anything is uploaded or paid. */
static int run(struct cli *cli, const void *values)
{
    const char *config =
        cli->argument_count ? cli->arguments[0] : "config-task.yml";
    struct deployment deployment;
    char *folder = folder_of(config);
    int status = deployment_load(config, &deployment);

    /* A file that the config names may be missing, too. */
    if (status == ERR_NOT_FOUND && !file_exists(config))
        cli_hint(cli, status,
                 "`pond task new FOLDER` writes a task to start "
                 "from");
    if (!status) {
        status = deploy(cli, values, &deployment, folder);
        deployment_free(&deployment);
    }
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
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run,
};
