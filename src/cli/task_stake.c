/*
 * pond task stake, unstake and claim: a node's coins on a task.
 *
 * They sign with the two keys in the node's folder; the node itself need not
 * run. A claim goes through the node where one runs the task, so that its
 * journal has it, and straight to the chain where none does.
 *
 * A stake is locked while its rounds are still open: the program refuses to
 * give it back until three rounds have gone by without a submission. The hint
 * says so, because the program's own error does not say how long that is.
 *
 * What a user sees: the signature of a transaction that is confirmed, or, where
 * a node claims, that it was asked. Status 3 where the folder has no keys or
 * the chain no such task, 5 where the program refuses.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task.h"
#include "node/control_client.h"
#include "node/money/signer.h"
#include "node/reach/peer_url.h"
#include "settlement/format/task_error.h"

#include <stddef.h>
#include <stdlib.h>

/* What one of these commands works with. It is open from an open_work() that
 * has returned 0 to close_work(); after an error nothing of it is open. */
struct stake_work {
    struct session session;
    struct signer *signer;
    struct pubkey task;
    struct cli_task known;
    struct pubkey staking; /* the key that this node has in the task */
};

/* A question about the task's maps under way. */
struct key_search {
    struct client_waiting waiting;
    const struct pubkey *key;
    bool is_known;
};

static bool has_amount(struct json_object *state, const char *map,
                       const struct pubkey *key)
{
    struct json_object *amounts, *amount;
    uint64_t roe;

    return json_get_object(state, map, &amounts) == 0 &&
           json_object_object_get_ex(amounts, PUBKEY_TEXT(key), &amount) &&
           json_is_u64(amount, &roe) && roe > 0;
}

static void on_maps(void *user, int status, const struct client_task *task)
{
    struct key_search *search = user;

    if (!status)
        search->is_known =
            has_amount(task->state, "stake_list", search->key) ||
            has_amount(task->state, "available_balances", search->key);
    client_finish(&search->waiting, status);
}

/* A task of the engine node may have a staking key for itself
 * (node/task/task_key.h): it is that one where the chain knows it. */
static int find_key(struct stake_work *work)
{
    struct key_search search = {.key = &work->staking};

    /* Keys in this process are known at once. */
    CHECK(!signer_task_key(work->signer, &work->task, &work->staking));
    client_task_state(work->session.client, &work->task,
                      CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES, on_maps,
                      &search);
    int status = session_status(
        &work->session, client_wait(work->session.client, &search.waiting));
    if (status || search.is_known)
        return status;
    if (work->known.is_kpl)
        CHECK(!signer_staking_kpl(work->signer, &work->staking));
    else
        work->staking = *signer_staking(work->signer);
    return 0;
}

/* Keys come first: without them there is nothing to do, and no connection is
 * opened. */
static int open_work(struct cli *cli, struct stake_work *work)
{
    CHECK(cli && work);
    char *folder = node_face_folder(cli);
    int status = cli_task_key(cli, &work->task);

    if (!status) {
        status =
            signer_load(NULL, folder, NULL, &cli->passphrase, &work->signer);
        if (status == ERR_NOT_FOUND)
            cli_hint(cli, status,
                     "a node's folder holds its two keys; `pond node` makes "
                     "them, --node-dir names another folder");
    }
    free(folder);
    if (status)
        return status;
    status = session_open(cli, &work->session);
    if (status)
        goto err1;
    status = cli_task_look(&work->session, &work->task, &work->known);
    if (!status)
        status = find_key(work);
    if (status)
        goto err2;
    return 0;
err2:
    session_close(&work->session);
err1:
    signer_end(work->signer);
    return status;
}

/* The keys go last. */
static void close_work(struct stake_work *work)
{
    CHECK(work);
    session_close(&work->session);
    signer_end(work->signer);
}

/* ---- stake ---- */

/* NULL: that of the node that runs, or none. */
struct stake_values {
    const char *address;
};

static const struct option stake_options[] = {
    {"address", 0, OPTION_TEXT, offsetof(struct stake_values, address), "URL",
     "where peers reach this node (that of the node that runs)", 0, 0},
    {0},
};

/* A question under way: on_account() ends the wait. */
struct key_check {
    struct client_waiting waiting;
    bool is_kpl;
    struct recipe_account key;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct key_check *check = user;

    if (!status)
        status = recipe_account_read(account, check->is_kpl, &check->key);
    client_finish(&check->waiting, status);
}

/* What the chain says about the staking key. */
static int look_at_key(struct stake_work *work, struct recipe_account *out)
{
    struct key_check check = {.is_kpl = work->known.is_kpl};

    client_account_info(work->session.client, &work->staking, on_account,
                        &check);
    int status = session_status(
        &work->session, client_wait(work->session.client, &check.waiting));
    *out = check.key;
    return status;
}

/* Funding and staking go into one transaction, so that no stake is left half-
 * way. The main wallet pays for both: the staking key needs no coins of its own
 * before. */
static int stake(struct stake_work *work, uint64_t billionths,
                 const char *address)
{
    CHECK(address);
    struct output *output = &work->session.cli->output;
    struct recipe recipe;
    struct recipe_account key;
    uint64_t amount;
    int status = cli_task_units(&work->known, billionths, &amount);

    if (!status)
        status = look_at_key(work, &key);

    if (status)
        return status;
    cli_task_recipe(&work->known, signer_main(work->signer), &recipe);
    status = recipe_stake(&recipe, &work->task, &work->known.stake_pot,
                          &work->staking, &key, amount, address);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(&work->task));
        output_text(output, "staking_key", PUBKEY_TEXT(&work->staking));
        cli_task_print_amount(output, &work->known, amount);
        status = session_send_and_print(&work->session, work->signer, &recipe);
    }
    recipe_free(&recipe);
    return status;
}

/* The address that peers fetch evidence from stands beside the stake on chain.
 * Without --address it is the one that the node's control.json names. */
static int run_stake(struct cli *cli, const void *values)
{
    const struct stake_values *given = values;
    char *folder = node_face_folder(cli);
    struct control_client control = {0};
    struct stake_work work;
    uint64_t roe;
    int status = options_roe(cli->arguments[1], &roe);

    /* Nothing refuses it later: the chain takes any text, and peers pass over
     * what they can't use. */
    if (!status && given->address)
        status = peer_url_check(given->address);
    /* A node that does not run has no address yet; it stakes again with one
     * when it does. */
    if (!status && control_client_read(folder, &control) < 0)
        err_clear();
    free(folder);
    if (!status)
        status = open_work(cli, &work);
    if (status)
        return status;
    status =
        stake(&work, roe, given->address ? given->address : control.public_url);
    close_work(&work);
    return status;
}

const struct command command_task_stake = {
    .name = "task stake",
    .arguments = "TASK AMOUNT",
    .summary =
        "stake KOII, or a KPL task's tokens, with the node's staking key",
    .options = stake_options,
    .values_size = sizeof(struct stake_values),
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SECRET,
    .run = run_stake,
};

/* ---- unstake ---- */

/* Coins do not move yet: a stake becomes a claimable balance first, and always
 * all of it. */
static int run_unstake(struct cli *cli, const void *values)
{
    struct stake_work work;
    struct recipe recipe;
    int status = open_work(cli, &work);

    if (status)
        return status;
    cli_task_recipe(&work.known, signer_main(work.signer), &recipe);
    status = recipe_withdraw(&recipe, &work.task, &work.staking);
    if (!status) {
        output_text(&cli->output, "task", PUBKEY_TEXT(&work.task));
        status = session_send_and_print(&work.session, work.signer, &recipe);
    }
    if (!status)
        cli_say(cli, "The stake is claimable now: `pond task claim` brings it "
                     "to the wallet.");
    else if (work.session.program_error == TASK_ERROR_LOCKED)
        cli_hint(cli, status,
                 "a stake is locked until three rounds have gone by without a "
                 "submission: `pond task stop`, wait, and try again");
    recipe_free(&recipe);
    close_work(&work);
    return status;
}

const struct command command_task_unstake = {
    .name = "task unstake",
    .arguments = "TASK",
    .summary = "make the node's stake on a task claimable",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SECRET,
    .run = run_unstake,
};

/* ---- claim ---- */

/* Signed with the node's keys here and now; a node that starts later sees the
 * balance gone. The coins go to the main wallet. */
static int claim_from_chain(struct cli *cli)
{
    struct stake_work work;
    struct recipe recipe;
    int status = open_work(cli, &work);

    if (status)
        return status;
    cli_task_recipe(&work.known, signer_main(work.signer), &recipe);
    status = recipe_claim(&recipe, &work.task, &work.known.stake_pot,
                          &work.staking, signer_main(work.signer));
    if (!status) {
        output_text(&cli->output, "task", PUBKEY_TEXT(&work.task));
        output_text(&cli->output, "to", PUBKEY_TEXT(signer_main(work.signer)));
        status = session_send_and_print(&work.session, work.signer, &recipe);
    }
    recipe_free(&recipe);
    close_work(&work);
    return status;
}

/* The node answers at once and claims when the chain lets it. So there is no
 * signature to be printed: the claim shows in the node's status. The task is
 * parsed here, so that a mistyped one gets a hint. */
static int claim_through_node(struct cli *cli,
                              const struct control_client *control)
{
    CHECK(control);
    struct buffer request = {0}, answer = {0};
    struct json_writer writer = json_writer_make(&request);
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (status)
        return status;
    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(&task));
    json_close_object(&writer);
    status =
        control_client_ask(control, "/claim", buffer_string(&request), &answer);
    if (!status) {
        output_text(&cli->output, "task", PUBKEY_TEXT(&task));
        output_text(&cli->output, "claim", "asked of the node");
        output_record(&cli->output);
        output_print(&cli->output);
    }
    buffer_free(&request);
    buffer_free(&answer);
    return status;
}

struct claim_values {
    bool all;
};

static const struct option claim_options[] = {
    {"all", 0, OPTION_FLAG, offsetof(struct claim_values, all), NULL,
     "of every task that the node runs", 0, 0},
    {0},
};

/* Both ways end in the same transaction. If a node refuses, the other way is
 * tried; if it answers too late, it is not, because the node may be claiming.
 */
static int run_claim(struct cli *cli, const void *values)
{
    const struct claim_values *given = values;
    struct control_client control;
    int status = cli_task_or_all(cli, given->all);

    if (status)
        return status;
    if (given->all)
        return cli_task_all(cli, "/claim-all");
    char *folder = node_face_folder(cli);
    status = control_client_read(folder, &control);
    free(folder);
    if (!status) {
        status = claim_through_node(cli, &control);
        if (status != ERR_NETWORK && status != ERR_REMOTE)
            return status;
    }
    /* No node runs here, or it does not run this task: the chain knows. */
    err_clear();
    return claim_from_chain(cli);
}

const struct command command_task_claim = {
    .name = "task claim",
    .arguments = "[TASK]",
    .summary = "bring what a task owes the node to its wallet",
    .options = claim_options,
    .values_size = sizeof(struct claim_values),
    .arguments_min = 0,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SECRET,
    .run = run_claim,
};
