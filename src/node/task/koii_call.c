#include "node/task/koii_call.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/task/host_ask.h"
#include "node/task/koii_chain.h"
#include "node/task/koii_engine.h"
#include "node/task/koii_file.h"
#include "node/task/koii_money.h"
#include "node/task/koii_transaction.h"
#include "node/task/task_host.h"
#include "node/task/task_key.h"
#include "settlement/format/well_known.h"

#include <stdlib.h>

/* More than any wrapper's call has. */
#define PARAMS_MAX 8

/* ---- keys ---- */

static void serve_get_submitter_account(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    const char *type = host_ask_text(params, 0);
    struct signer_key key;
    int status = task_key_for_task(runner, &key);

    if (!status && type && strcmp(type, "KOII") != 0)
        status = err_set(ERR_UNSUPPORTED,
                         "there is no staking key for %.8s "
                         "tasks here yet",
                         type);
    if (status)
        host_ask_refuse(ask, status);
    else
        host_ask_give(ask, &key);
}

static void serve_get_main_account(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    host_ask_answer_text(ask,
                         PUBKEY_TEXT(signer_main(ask->runner->parts->signer)));
}

/* ---- signatures ---- */

/* What JSON.stringify() of the body gives; by the main key, as in Koii. */
static void serve_sign_data(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    const struct signer_key key = {.role = SIGNER_MAIN};
    struct buffer text = {0};

    json_text(json_object_array_get_idx(params, 0), &text);
    host_ask_sign(ask, &key, buffer_view(&text));
    buffer_free(&text);
}

/* {data: the text} or {error: why}: no failure of the call. */
static void answer_verified(struct host_ask *ask, const char *name,
                            struct bytes text)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_open_object(&writer);
    json_name(&writer, name);
    json_write_bytes(&writer, text);
    json_close_object(&writer);
    host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

static void serve_verify_signed_data(struct host_ask *ask,
                                     struct json_object *params,
                                     struct bytes payload)
{
    const char *signed_text = host_ask_text(params, 0);
    const char *key_text = host_ask_text(params, 1);
    struct buffer data = {0};
    struct pubkey key;

    if (signed_text && key_text &&
        pubkey_parse(bytes_text(key_text), &key) == 0 &&
        payload_signing_open(bytes_text(signed_text), &key, &data) == 0)
        answer_verified(ask, "data", buffer_view(&data));
    else
        answer_verified(ask, "error", bytes_text("Invalid signature"));
    buffer_free(&data);
}

/* Koii's node has dropped these wallets, too; old wrappers still have the
 * calls. */
static void serve_foreign_wallet(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    host_ask_refuse(ask, err_set(ERR_UNSUPPORTED,
                                 "signArweave and signEth are not offered: "
                                 "this node has no wallets of other chains"));
}

/* ---- the task's state ---- */

/* Wrappers of the first generation give no options and expect everything; the
 * later ones always give some. */
static void serve_get_task_state(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    static const char all[] = "[{\"is_submission_required\":true,"
                              "\"is_distribution_required\":true,"
                              "\"is_available_balances_required\":true,"
                              "\"is_stake_list_required\":true}]";
    struct json_object *everything = NULL;

    if (json_object_is_type(json_object_array_get_idx(params, 0),
                            json_type_object)) {
        task_host_world.get_task_state(ask, params, payload);
        return;
    }
    CHECK(json_parse(bytes_text(all), &everything) == 0);
    task_host_world.get_task_state(ask, everything, payload);
    json_object_put(everything);
}

/* ---- place, version, setup ---- */

static void serve_get_task_node_version(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    host_ask_answer_text(ask, KOII_NODE_VERSION);
}

static void answer_path(struct host_ask *ask, const char *below)
{
    char *folder = koii_engine_folder(ask->runner);
    char *path = mem_format("%s%s", folder, below);

    host_ask_answer_text(ask, path);
    free(path);
    free(folder);
}

static void serve_get_task_db_path(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    answer_path(ask, "/KOIIDB");
}

static void serve_get_base_path(struct host_ask *ask,
                                struct json_object *params,
                                struct bytes payload)
{
    answer_path(ask, "");
}

static void serve_get_rpc_url(struct host_ask *ask, struct json_object *params,
                              struct bytes payload)
{
    host_ask_answer_text(ask, koii_engine_rpc_url(ask->runner));
}

/* The node has done all there is to do before the process was started. */
static void serve_default_task_setup(struct host_ask *ask,
                                     struct json_object *params,
                                     struct bytes payload)
{
    host_ask_answer_null(ask);
}

/* ---- all tasks of the program ---- */

static void on_program_accounts(void *user, int status,
                                struct json_object *result)
{
    struct host_ask *ask = user;

    if (host_ask_arrived(ask, status))
        host_ask_answer_tree(ask, result);
}

/* Their addresses and owners; the data of all of them would be the whole
 * chain's. */
static void serve_get_program_accounts(struct host_ask *ask,
                                       struct json_object *params,
                                       struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    char *text = mem_format("[\"%s\",{\"encoding\":\"base64\",\"dataSlice\":"
                            "{\"offset\":0,\"length\":0}}]",
                            PUBKEY_TEXT(&KOII_TASK_PROGRAM_ID));

    runner_depart(runner);
    client_call(runner->parts->client, "getProgramAccounts", text,
                on_program_accounts, ask);
    free(text);
}

/* ---- the table ---- */

static const struct {
    const char *method;
    host_serve *serve;
    unsigned questions; /* to the chain */
} calls[] = {
    {"getSubmitterAccount", serve_get_submitter_account, 0},
    /* Koii's node answers both with the same key. */
    {"getDistributionAccount", serve_get_submitter_account, 0},
    {"getMainAccountPubkey", serve_get_main_account, 0},
    {"signData", serve_sign_data, 0},
    {"verifySignedData", serve_verify_signed_data, 0},
    {"getTaskState", serve_get_task_state, 1},
    {"getTaskNodeVersion", serve_get_task_node_version, 0},
    {"getTaskLevelDBPath", serve_get_task_db_path, 0},
    {"getTaskDBPath", serve_get_task_db_path, 0},
    {"getBasePath", serve_get_base_path, 0},
    {"getRpcUrl", serve_get_rpc_url, 0},
    {"defaultTaskSetup", serve_default_task_setup, 0},
    {"getProgramAccounts", serve_get_program_accounts, 10},
    {"fs", koii_file_serve, 0},
    {"fsStaking", koii_file_serve, 0},
    {"fsReadStream", koii_file_serve_read_stream, 0},
    {"fsWriteStream", koii_file_serve_write_stream, 0},
    {"signArweave", serve_foreign_wallet, 0},
    {"signEth", serve_foreign_wallet, 0},
    {"checkSubmissionAndUpdateRound", koii_chain_submit, 1},
    {"auditSubmission", koii_chain_audit, 1},
    {"distributionListAuditSubmission", koii_chain_audit_list, 1},
    {"uploadDistributionList", koii_chain_upload, 1},
    {"distributionListSubmissionOnChain", koii_chain_submit_list, 1},
    {"payloadTrigger", koii_chain_payout, 1},
    {"claimReward", koii_money_claim, 1},
    {"stakeOnChain", koii_money_stake, 1},
    {"sendTransaction", koii_money_send, 1},
    {"sendAndConfirmTransactionWrapper", koii_transaction_serve, 1},
};

/* What Pond's own library asks with bytes beside the JSON, which this way does
 * not have. */
static bool has_payload(const char *method)
{
    return !strcmp(method, "fetch") || !strcmp(method, "storagePut") ||
           !strcmp(method, "storageGet");
}

static int find(const char *method, struct json_object *params,
                host_serve **serve, unsigned *questions)
{
    const struct host_call_row *row;

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (!strcmp(method, calls[i].method)) {
            *serve = calls[i].serve;
            *questions = calls[i].questions;
            return 0;
        }
    if (has_payload(method))
        return err_set(ERR_UNSUPPORTED, "%s is not offered here", method);
    int status = host_world_find(&task_host_world, method, params,
                                 (struct bytes){0}, &row, serve);
    if (!status)
        *questions = row->questions;
    return status;
}

/* The array after the name, at most one more than may be. */
static struct json_object *params_of(struct json_object *args)
{
    struct json_object *params = json_object_new_array();

    for (size_t i = 1;
         i < json_object_array_length(args) && i <= PARAMS_MAX + 1; i++)
        json_object_array_add(
            params, json_object_get(json_object_array_get_idx(args, i)));
    return params;
}

void koii_call_serve(struct task_runner *runner, uint64_t request_id,
                     struct json_object *args)
{
    struct host_ask *ask = host_ask_new(runner, request_id);
    const char *method = host_ask_text(args, 0);
    struct json_object *params = params_of(args);
    host_serve *serve = NULL;
    unsigned questions = 0;
    int status = 0;

    if (!method)
        status = err_set(ERR_INVALID, "No args provided");
    else if (json_object_array_length(params) > PARAMS_MAX)
        status = err_set(ERR_LIMIT, "%.60s has too many arguments", method);
    if (!status)
        status = find(method, params, &serve, &questions);
    if (!status)
        status = runner_worker_take_questions(runner->worker, questions);
    if (status)
        host_ask_refuse(ask, status);
    else
        serve(ask, params, (struct bytes){0});
    json_object_put(params);
}
