/*
 * See cli/task_deploy.h.
 *
 * Things are done in the order of what a mistake costs: what is wrong on this
 * machine is found before the endpoint is asked, what is wrong on the chain
 * before anything is stored, and what is missing in the wallet before anything
 * is sent. Code and metadata are in the store and at the services before the
 * chain names them: a node that sees the task can fetch it at once.
 */
#include "cli/task_deploy.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Build, upload, create. */
#define DEPLOY_STEPS 3
/* What was confirmed is final half a minute later. */
#define LOOK_PAUSE_MS 500
#define LOOKS_AFTER_REFUSAL 60

/* A deployment under way. */
struct deploy {
    struct cli *cli;
    const struct deploy_values *given;
    const struct deploy_way *way;
    const char *config, *keyfile;
    char *folder; /* paths in the config are relative to it */
    struct deployment deployment;
    struct deployment_files files;
    struct task_bill bill;
    struct deploy_found found;
    struct task_services services;
};

/* ---- config, code ---- */

static int load(struct deploy *deploy)
{
    const struct deployment_reading reading = {
        .is_update = deploy->way->is_update,
        .is_inside = deploy->given->inside,
    };
    int status =
        deployment_load_as(deploy->config, &reading, &deploy->deployment);

    /* A file that the config names may be missing, too. */
    if (status == ERR_NOT_FOUND && !file_exists(deploy->config))
        cli_hint(deploy->cli, status,
                 "`pond task new FOLDER` writes a task to start from");
    return status;
}

/* The config with its bundle built. After an error it is empty. */
static int load_and_build(struct deploy *deploy)
{
    bool is_built = false;
    int status = load(deploy);

    if (status || deploy->given->no_build ||
        !deployment_is_stored(&deploy->deployment))
        return status;
    cli_step(deploy->cli, 1, DEPLOY_STEPS, "build");
    status = cli_deploy_build(deploy->cli, &deploy->deployment, deploy->folder,
                              deploy->config, deploy->given->inside, &is_built);
    if (status || is_built)
        deployment_free(&deploy->deployment);
    return status || !is_built ? status : load(deploy);
}

static int read_files(struct deploy *deploy)
{
    int status = deployment_files_read(&deploy->deployment, deploy->folder,
                                       &deploy->files);

    if (status == ERR_NOT_FOUND)
        cli_hint(deploy->cli, status,
                 "build the task first: `pond task build %s`", deploy->folder);
    return status;
}

/* ---- store ---- */

/* The store is opened only for the upload: a network that serves it reads it
 * meanwhile. Upload and pins are on disk when it is closed. */
static int store_files(struct deploy *deploy)
{
    struct store *store;

    if (!deployment_is_stored(&deploy->deployment))
        return 0;
    if (deploy->given->node_store)
        return cli_deploy_keep(deploy->cli, &deploy->files,
                               deploy->deployment.task_name);
    int status =
        cli_store_open(deploy->cli, deploy->given->store, false, &store);
    if (status)
        return status;
    status = deployment_files_store(&deploy->files,
                                    deploy->deployment.task_name, store);
    store_close(store);
    return status;
}

/* Koii's tool leaves it there for the author's own use. */
static int write_metadata(const struct deploy *deploy)
{
    if (strcmp(deploy->deployment.executable_network, "DEVELOPMENT") != 0)
        return 0;
    char *dist = mem_format("%s/dist", deploy->folder);
    char *path =
        mem_format("%s/%s.json", dist, PUBKEY_TEXT(&deploy->found.task));
    int status = file_make_folder(dist, 0755);

    if (!status)
        status = file_replace(path, buffer_view(&deploy->files.metadata), 0644);
    free(path);
    free(dist);
    return status;
}

/* ---- chain ---- */

/* What the chain says of it, and what it costs. */
static int look(struct deploy *deploy, struct session *session,
                const struct pubkey *payer)
{
    int status =
        cli_deploy_find_key(session, deploy->keyfile, payer, &deploy->found);

    if (!status)
        status = deploy->way->look(session, &deploy->deployment,
                                   &deploy->files.content, payer,
                                   deploy->keyfile, &deploy->found);
    if (!status && !deploy->found.is_done)
        status =
            task_bill_look(session, &deploy->deployment, payer, &deploy->bill);
    return status;
}

static void print_task(struct deploy *deploy)
{
    struct output *output = &deploy->cli->output;

    output_text(output, "task", PUBKEY_TEXT(&deploy->found.task));
    if (deploy->way->is_update)
        output_text(output, "old_task", PUBKEY_TEXT(&deploy->deployment.task));
    output_text(output, "code", deploy->files.content.executable_cid);
}

/* The oldest transaction that names the new task made it. Where the endpoint
 * does not say, it is left out. */
static void print_payment(struct deploy *deploy, struct session *session)
{
    struct output *output = &deploy->cli->output;
    struct json_object *list = NULL, *oldest = NULL;
    const char *signature;
    uint64_t slot;
    char *params = mem_format("[\"%s\",{\"commitment\":\"finalized\"}]",
                              PUBKEY_TEXT(&deploy->found.task));
    int status = client_call_wait(session->client, "getSignaturesForAddress",
                                  params, &list);

    free(params);
    if (!status && json_object_is_type(list, json_type_array) &&
        json_object_array_length(list))
        oldest =
            json_object_array_get_idx(list, json_object_array_length(list) - 1);
    if (oldest && !json_get_text(oldest, "signature", &signature) &&
        !json_get_u64(oldest, "slot", &slot)) {
        output_text(output, "paid_by", signature);
        output_u64(output, "paid_slot", slot);
        output_roe(output, "fee_roe", deploy->bill.cost.fee_roe);
        output_roe(output, "cost_roe", deploy->bill.cost.roe);
    }
    json_object_put(list);
    err_clear();
}

/* session: still open, or NULL. */
static void print_done(struct deploy *deploy, struct session *session)
{
    print_task(deploy);
    if (session)
        print_payment(deploy, session);
    output_record(&deploy->cli->output);
    output_print(&deploy->cli->output);
    cli_say(deploy->cli, "%s", deploy->way->done);
}

/* An earlier attempt with the same key may have been under way, and the chain
 * refuses the second one because of its account. Whether that is this task
 * shows once it is final. */
static int look_after_refusal(struct deploy *deploy, struct session *session,
                              const struct pubkey *payer, int refused)
{
    char text[ERR_TEXT_SIZE];

    snprintf(text, sizeof(text), "%s", err_text());
    for (unsigned i = 0; i < LOOKS_AFTER_REFUSAL; i++) {
        int status = look(deploy, session, payer);

        if (deploy->found.is_done)
            return 0;
        if (status)
            break;
        usleep(LOOK_PAUSE_MS * 1000);
    }
    return err_set(refused, "%s", text);
}

static int send_it(struct deploy *deploy, struct session *session,
                   struct signer *signer)
{
    bool had_key = deploy->found.has_key;
    int status =
        deploy->way->send(session, &deploy->deployment, &deploy->files.content,
                          &deploy->found, signer, deploy->given->final);

    if (status != ERR_REMOTE || !had_key ||
        look_after_refusal(deploy, session, signer_main(signer), status))
        return status;
    bool json = deploy->cli->output.json;
    output_drop(&deploy->cli->output);
    deploy->cli->output = (struct output){.json = json};
    *deploy->cli->hint = 0;
    print_done(deploy, session);
    return 0;
}

/* Everything has been checked: what remains costs something, or leaves
 * something behind. */
static int pay(struct deploy *deploy, struct session *session,
               struct signer *signer)
{
    struct output *output = &deploy->cli->output;
    bool is_new;
    int status =
        task_bill_check(deploy->cli, &deploy->deployment, &deploy->bill);

    if (!status)
        status = task_services_open(&deploy->services, session);
    if (!status)
        status = task_bill_ask(deploy->cli, &deploy->deployment, &deploy->bill,
                               deploy->given->yes);
    if (!status) {
        cli_step(deploy->cli, 2, DEPLOY_STEPS, "upload");
        status = store_files(deploy);
    }
    if (!status)
        status = task_services_upload(&deploy->services, &deploy->files);
    if (!status)
        status = signer_add_file(signer, deploy->keyfile, &is_new,
                                 &deploy->found.task);
    if (status)
        return status;
    print_task(deploy);
    output_text(output, "metadata", deploy->files.content.metadata_cid);
    task_services_print(&deploy->services, true);
    task_bill_print(output, &deploy->deployment, &deploy->bill);
    cli_step(deploy->cli, 3, DEPLOY_STEPS, "create");
    return send_it(deploy, session, signer);
}

static int run(struct deploy *deploy)
{
    struct session session;
    struct signer *signer;
    int status = session_wallet(deploy->cli, &signer);

    if (status)
        return status;
    status = session_open(deploy->cli, &session);
    if (!status) {
        status = look(deploy, &session, signer_main(signer));
        if (!status && deploy->found.is_done)
            print_done(deploy, &session);
        else if (!status)
            status = pay(deploy, &session, signer);
        session_close(&session);
    }
    if (!status)
        status = write_metadata(deploy);
    signer_end(signer);
    return status;
}

/* ---- dry run ---- */

static int look_without_wallet(struct deploy *deploy)
{
    struct session session;
    struct pubkey payer;
    int status = session_address(deploy->cli, &payer);

    if (!status)
        status = session_open(deploy->cli, &session);
    if (status)
        return status;
    status = look(deploy, &session, &payer);
    session_close(&session);
    return status;
}

/* What is known is shown, and then what is wrong is said. */
static int show(struct deploy *deploy)
{
    const struct deployment *deployment = &deploy->deployment;
    struct output *output = &deploy->cli->output;
    int status = look_without_wallet(deploy);

    if (!status && deploy->found.is_done) {
        print_done(deploy, NULL);
        return 0;
    }
    if (!status)
        status = task_bill_check(deploy->cli, deployment, &deploy->bill);
    if (deployment->is_update)
        output_text(output, "old_task", PUBKEY_TEXT(&deployment->task));
    output_text(output, "name", deployment->task_name);
    output_text(output, "network", deployment->executable_network);
    output_text(output, "bundle", deployment->audit_program);
    output_u64(output, "code_bytes", deploy->files.bundle.size);
    output_text(output, "code", deploy->files.content.executable_cid);
    output_text(output, "metadata", deploy->files.content.metadata_cid);
    output_json(output, "metadata_json", buffer_string(&deploy->files.metadata),
                buffer_view(&deploy->files.metadata));
    task_services_print(&deploy->services, false);
    task_bill_print(output, deployment, &deploy->bill);
    output_bool(output, "sent", false);
    output_record(output);
    output_print(output);
    return status;
}

int cli_deploy_run(struct cli *cli, const struct deploy_values *given,
                   const struct deploy_way *way)
{
    CHECK(given && way);
    struct deploy deploy = {
        .cli = cli,
        .given = given,
        .way = way,
        .config = cli->argument_count ? cli->arguments[0] : "config-task.yml",
        .keyfile = given->keyfile ? given->keyfile : way->keyfile,
    };
    deploy.folder = file_parent(deploy.config);
    int status = load_and_build(&deploy);

    if (status)
        goto err0;
    status = read_files(&deploy);
    if (status)
        goto err1;
    task_bill_make(&deploy.deployment, &deploy.bill);
    if (deployment_is_stored(&deploy.deployment))
        status = task_services_find(cli, &given->services, &deploy.services);
    if (!status)
        status = given->dry_run ? show(&deploy) : run(&deploy);
    task_services_close(&deploy.services);
    deployment_files_free(&deploy.files);
err1:
    deployment_free(&deploy.deployment);
err0:
    free(deploy.folder);
    return status;
}
