/*
 * See cli/task_deploy.h.
 *
 * What is paid is shown before it is paid, as Koii's tool does: on a terminal
 * with a question, elsewhere with the result. A script has said what it wants
 * by calling the command, and nobody could answer.
 */
#include "cli/task_deploy.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/store.h"
#include "cli/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The store is opened only for the upload: a network that serves it reads it
 * meanwhile. Upload and pins are on disk when it is closed. A store that is
 * missing is made, so what was not found can only be the bundle. */
static int put_content(struct cli *cli, const struct deployment *deployment,
                       const char *folder, const char *store_path,
                       struct deployment_content *content)
{
    CHECK(deployment && content);
    struct store *store;

    if (!deployment_is_stored(deployment)) {
        deployment_content(deployment, content);
        return 0;
    }
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

/* ---- config and cost ---- */

static int load(struct cli *cli, bool is_update, struct deployment *deployment,
                char **folder)
{
    const char *config =
        cli->argument_count ? cli->arguments[0] : "config-task.yml";

    /* Paths in the config are relative to it. */
    *folder = file_parent(config);
    int status = is_update ? deployment_load_update(config, deployment)
                           : deployment_load(config, deployment);
    /* A file that the config names may be missing, too. */
    if (status == ERR_NOT_FOUND && !file_exists(config))
        cli_hint(cli, status,
                 "`pond task new FOLDER` writes a task to start "
                 "from");
    return status;
}

void cli_deploy_describe(struct cli *cli, const struct deployment *deployment)
{
    struct output *output = &cli->output;
    struct deployment_cost cost;
    struct buffer bounty = {0};

    deployment_cost(deployment, &cost);
    output_roe(output, "rent_roe", cost.rent_roe);
    output_roe(output, "fee_roe", cost.fee_roe);
    if (deployment->is_kpl && !deployment->is_update) {
        options_roe_text(deployment->total_bounty_roe, &bounty);
        output_text(output, "bounty", buffer_string(&bounty));
        output_text(output, "token", PUBKEY_TEXT(&deployment->token));
    } else if (!deployment->is_update) {
        output_roe(output, "bounty_roe", deployment->total_bounty_roe);
    }
    output_roe(output, "cost_roe", cost.roe);
    buffer_free(&bounty);
}

static int show_all(struct cli *cli, const struct deployment *deployment,
                    const char *folder)
{
    struct output *output = &cli->output;
    struct buffer bundle = {0}, metadata = {0};
    char *path = deployment_bundle_path(deployment, folder);
    int status = 0;

    if (deployment_is_stored(deployment))
        status = file_read(path, DEPLOYMENT_BUNDLE_SIZE_MAX, &bundle);
    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status, "build the task first: `pond task build %s`",
                 folder);
    if (!status) {
        deployment_metadata(deployment, clock_unix_ms(), &metadata);
        if (deployment->is_update)
            output_text(output, "old_task", PUBKEY_TEXT(&deployment->task));
        output_text(output, "name", deployment->task_name);
        output_text(output, "network", deployment->executable_network);
        output_text(output, "code", deployment->audit_program);
        output_u64(output, "code_bytes", bundle.size);
        output_json(output, "metadata", buffer_string(&metadata),
                    buffer_view(&metadata));
        cli_deploy_describe(cli, deployment);
        output_bool(output, "sent", false);
        output_record(output);
        output_print(output);
    }
    buffer_free(&metadata);
    buffer_free(&bundle);
    free(path);
    return status;
}

static int ask_to_pay(struct cli *cli, const struct deployment *deployment,
                      bool yes)
{
    struct deployment_cost cost;
    struct buffer roe = {0}, tokens = {0};
    char answer[16];

    if (yes || cli->output.json || !isatty(STDIN_FILENO) ||
        !isatty(STDERR_FILENO))
        return 0;
    deployment_cost(deployment, &cost);
    options_roe_text(cost.roe, &roe);
    if (deployment->is_kpl && !deployment->is_update) {
        buffer_text(&tokens, " and ");
        options_roe_text(deployment->total_bounty_roe, &tokens);
        buffer_format(&tokens, " tokens of %s",
                      PUBKEY_TEXT(&deployment->token));
    }
    fprintf(stderr, "Your account will be charged %s KOII%s. Go on? [y/N] ",
            buffer_string(&roe), buffer_string(&tokens));
    buffer_free(&roe);
    buffer_free(&tokens);
    if (!fgets(answer, sizeof(answer), stdin) ||
        (answer[0] != 'y' && answer[0] != 'Y'))
        return err_set(ERR_CANCELLED, "nothing was sent");
    return 0;
}

static int write_metadata(const struct deployment *deployment,
                          const char *folder, const struct pubkey *task)
{
    struct buffer metadata = {0};

    if (strcmp(deployment->executable_network, "DEVELOPMENT") != 0)
        return 0;
    char *dist = mem_format("%s/dist", folder);
    char *path = mem_format("%s/%s.json", dist, PUBKEY_TEXT(task));
    deployment_metadata(deployment, clock_unix_ms(), &metadata);
    int status = file_make_folder(dist, 0755);
    if (!status)
        status = file_replace(path, buffer_view(&metadata), 0644);
    buffer_free(&metadata);
    free(path);
    free(dist);
    return status;
}

/* ---- the task's key ---- */

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

/* Has a key that is on disk an account? The payer's counts as one that has,
 * because a wallet that was never used has none. The answer is of what is
 * final: a creation that is still under way is not seen, and the chain refuses
 * the second one because of the first one's account. */
static int check_unused(struct session *session, const struct pubkey *key,
                        const struct pubkey *payer, bool *is_there)
{
    CHECK(key && payer);
    struct key_wait wait = {.is_taken = pubkey_equal(key, payer)};
    int status = 0;

    if (!wait.is_taken) {
        client_account_info(session->client, key, on_account, &wait);
        status = session_status(session,
                                client_wait(session->client, &wait.waiting));
    }
    *is_there = wait.is_taken;
    return status;
}

int cli_deploy_key_in_use(struct session *session, const char *keyfile)
{
    int status = err_set(ERR_EXISTS, "%s: the key in it is in use", keyfile);

    return cli_hint(session->cli, status,
                    "name another file with --task-keypair: this one holds the "
                    "key of another account");
}

/* Without its key nobody can prove that a task is theirs, so the file is there
 * even if this process is killed while the transaction is on its way. A file
 * that is there is never written to. */
int cli_deploy_key(struct session *session, const char *keyfile,
                   struct signer *signer, struct pubkey *out, bool *is_there)
{
    CHECK(keyfile && out && is_there);
    bool is_new;
    int status = signer_add_file(signer, keyfile, &is_new, out);

    *is_there = false;
    if (!status && is_new)
        return 0;
    if (status == ERR_INVALID || status == ERR_LIMIT)
        return cli_hint(session->cli, status,
                        "it holds no key: name another file with "
                        "--task-keypair");
    return status ? status
                  : check_unused(session, out, signer_main(signer), is_there);
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

int cli_deploy_is_same(struct session *session, const struct pubkey *task,
                       const struct pubkey *manager,
                       const struct deployment *deployment,
                       const struct deployment_content *content, bool *out)
{
    struct same_wait wait = {.manager = manager,
                             .name = deployment->task_name,
                             .code = content->executable_cid};

    client_task_state(session->client, task, 0, on_task, &wait);
    int status = client_wait(session->client, &wait.waiting);
    /* An account that is no task is another one's. */
    *out = !status && wait.is_same;
    if (status == ERR_NOT_FOUND || status == ERR_INVALID) {
        err_clear();
        return 0;
    }
    return session_status(session, status);
}

/* The wallet comes before all that leaves something behind. */
static int deploy(struct cli *cli, const struct deploy_values *given,
                  const struct deploy_way *way,
                  const struct deployment *deployment, const char *folder)
{
    const char *keyfile = given->keyfile ? given->keyfile : way->keyfile;
    struct deployment_content content;
    struct session session;
    struct signer *signer;
    struct pubkey task;
    int status = session_wallet(cli, &signer);

    if (status)
        return status;
    status = put_content(cli, deployment, folder, given->store, &content);
    if (!status)
        status = ask_to_pay(cli, deployment, given->yes);
    if (!status)
        status = session_open(cli, &session);
    if (!status) {
        status = way->put_on_chain(&session, deployment, &content, keyfile,
                                   signer, &task);
        session_close(&session);
    }
    if (!status)
        status = write_metadata(deployment, folder, &task);
    signer_end(signer);
    return status;
}

/* The config is checked as a whole before anything is uploaded or paid. */
int cli_deploy_run(struct cli *cli, const struct deploy_values *given,
                   const struct deploy_way *way)
{
    CHECK(given && way);
    struct deployment deployment;
    char *folder;
    int status = load(cli, way->is_update, &deployment, &folder);

    if (!status) {
        status = given->dry_run ? show_all(cli, &deployment, folder)
                                : deploy(cli, given, way, &deployment, folder);
        deployment_free(&deployment);
    }
    free(folder);
    return status;
}
