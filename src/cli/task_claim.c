/*
 * pond task claim: what tasks owe a node, to its wallet.
 *
 * A claim goes through the node where one runs the task with that account, so
 * that its journal has it, and straight to the chain where none does. The node
 * claims when the chain lets it: of one task it is asked and no more is known
 * here; with --all its status is read until it says what the claims brought.
 *
 * With --all a task that owes nothing is listed, too, and one that fails does
 * not end the others. The exit status is that of the last that failed.
 */
#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task_work.h"
#include "node/control_client.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A node looks at a task's state every few slots, and a claim takes some more.
 */
#define CLAIM_WAIT_MS 60000
#define CLAIM_LOOK_MS 200

struct claim_values {
    struct option_list accounts;
    bool all;
};

#define VALUE(member) offsetof(struct claim_values, member)

static const struct option claim_options[] = {
    {"all", 0, OPTION_FLAG, VALUE(all), NULL,
     "of every task that the node runs or has stopped", 0, 0},
    {"account", 0, OPTION_LIST, VALUE(accounts), "NAME",
     TASK_ACCOUNT_HELP "; may be given again", 0, 0},
    {0},
};

/* ---- one task ---- */

/* Signed with the account's keys here and now; a node that starts later sees
 * the balance gone. */
static int claim_from_chain(struct cli *cli, const char *account)
{
    struct task_work work;
    int status = task_work_begin(cli, account, &work);

    if (status)
        return status;
    output_text(&cli->output, "task", PUBKEY_TEXT(&work.task));
    output_text(&cli->output, "to", PUBKEY_TEXT(signer_main(work.signer)));
    status = task_work_claim(&work, NULL);
    task_work_close(&work);
    return status;
}

static int order_claim(const struct control_client *control,
                       const struct pubkey *task)
{
    struct buffer request = {0}, answer = {0};
    struct json_writer writer = json_writer_make(&request);

    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(task));
    json_close_object(&writer);
    int status =
        control_client_ask(control, "/claim", buffer_string(&request), &answer);
    buffer_free(&request);
    buffer_free(&answer);
    return status;
}

/* The task is parsed here, so that a mistyped one gets a hint. */
static int claim_through_node(struct cli *cli,
                              const struct control_client *control)
{
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = order_claim(control, &task);
    if (!status) {
        output_text(&cli->output, "task", PUBKEY_TEXT(&task));
        output_text(&cli->output, "claim", "asked of the node");
        output_record(&cli->output);
        output_print(&cli->output);
    }
    return status;
}

/* Does the node that runs here have this account's keys? */
static int is_of_node(struct cli *cli, const struct control_client *control,
                      const char *account, bool *out)
{
    struct pubkey main;

    *out = true;
    if (!account)
        return 0;
    int status = task_account_key(cli, account, &main);
    *out = !status && !strcmp(PUBKEY_TEXT(&main), control->main);
    return status;
}

/* Both ways end in the same transaction. If a node refuses, the other way is
 * tried; if it answers too late, it is not, because the node may be claiming.
 */
static int claim_one(struct cli *cli, const char *account)
{
    struct control_client control;
    char *folder = node_face_folder(cli);
    int status = control_client_read(folder, &control);
    bool is_nodes = false;

    free(folder);
    if (!status) {
        status = is_of_node(cli, &control, account, &is_nodes);
        if (status)
            return status;
    }
    if (is_nodes) {
        status = claim_through_node(cli, &control);
        if (status != ERR_NETWORK && status != ERR_REMOTE)
            return status;
    }
    /* No node runs here, or it does not run this task: the chain knows. */
    err_clear();
    return claim_from_chain(cli, account);
}

/* ---- all ---- */

/* A claim of --all. */
struct claim {
    struct pubkey task, staking;
    const char *token;       /* NULL: KOII. Borrowed from the status */
    bool is_asked;           /* of the node, which has not said yet */
    uint64_t claimed_before; /* as the node counts what its claims brought */
    uint64_t before, after, brought;
    int status;
    char error[ERR_TEXT_SIZE];
};

struct claim_all {
    struct cli *cli;
    const struct control_client *control;
    const char *account; /* NULL: the node's */
    struct session session;
    struct json_object *tree; /* the node's status */
    int status;               /* of the last that failed */
    size_t failed, count;
};

static void fail(struct claim *claim, int status)
{
    claim->status = status;
    claim->is_asked = false;
    snprintf(claim->error, sizeof(claim->error), "%s",
             *err_text() ? err_text() : err_name(status));
    err_clear();
}

/* Of the claim's token; 0, which is said, where the endpoint does not tell. */
static uint8_t decimals_of(struct claim_all *all, const struct claim *claim)
{
    struct pubkey mint;
    uint8_t decimals = 0;

    if (!claim->token)
        return 0;
    int status = pubkey_parse(bytes_text(claim->token), &mint);
    if (!status)
        status = cli_mint_decimals(&all->session, &mint, &decimals);
    if (status)
        cli_say(all->cli, "Amounts of %s are in its base units: %s.",
                claim->token, err_text());
    err_clear();
    return decimals;
}

/* In KOII or in tokens. */
static void put_amount(struct output *output, const struct claim *claim,
                       uint8_t decimals, const char *name, const char *name_roe,
                       uint64_t units)
{
    struct buffer text = {0};

    if (!claim->token) {
        output_roe(output, name_roe, units);
        return;
    }
    decimal_units(units, decimals, &text);
    output_text(output, name, buffer_string(&text));
    buffer_free(&text);
}

static void put_claim(struct claim_all *all, struct claim *claim)
{
    struct output *output = &all->cli->output;
    uint8_t decimals = decimals_of(all, claim);

    output_text(output, "task", PUBKEY_TEXT(&claim->task));
    output_text(output, "account", all->account ? all->account : "");
    put_amount(output, claim, decimals, "before", "before_roe", claim->before);
    put_amount(output, claim, decimals, "claimed", "claimed_roe",
               claim->brought);
    put_amount(output, claim, decimals, "after", "after_roe", claim->after);
    output_text(output, "state",
                claim->status    ? "failed"
                : claim->brought ? "claimed"
                                 : "nothing");
    output_text(output, "error", claim->error);
    output_record(output);
    all->count++;
    if (claim->status) {
        all->failed++;
        all->status = claim->status;
    }
}

static int read_claim(struct json_object *item, struct claim *out)
{
    int status =
        pubkey_parse(bytes_text(node_face_text(item, "task")), &out->task);

    if (!status)
        status = pubkey_parse(bytes_text(node_face_text(item, "staking")),
                              &out->staking);
    const char *token = node_face_text(item, "token");

    out->token = *token ? token : NULL;
    out->before = node_face_u64(item, "claimable");
    out->claimed_before = node_face_u64(item, "claimed");
    return status;
}

/* Of another account, or of a task that the node has stopped. The keys are
 * opened where there is something to claim: their passphrase may be asked for.
 */
static int claim_with_keys(struct claim_all *all, struct claim *claim)
{
    struct client_sent sent;
    struct task_coins coins;
    struct task_work work;
    int status = 0;

    if (!all->account) {
        status = task_coins_look(&all->session, &claim->task, &claim->staking,
                                 &coins);
        if (status || !coins.claimable)
            return status;
    }
    status = task_work_open(all->cli, all->account, &work);
    if (status)
        return status;
    status = task_work_look(&work, &claim->task);
    claim->before = claim->after = work.claimable;
    if (!status && work.claimable)
        status = task_work_claim(&work, &sent);
    if (!status && work.claimable) {
        claim->brought = work.claimable;
        status =
            task_coins_look(&work.session, &claim->task, &work.staking, &coins);
        claim->after = coins.claimable;
    }
    task_work_close(&work);
    return status;
}

static void claim_each_with_keys(struct claim_all *all,
                                 struct json_object *tasks)
{
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct claim claim = {0};
        int status = read_claim(json_object_array_get_idx(tasks, i), &claim);

        claim.before = 0;
        if (!status)
            status = claim_with_keys(all, &claim);
        if (status)
            fail(&claim, status);
        put_claim(all, &claim);
    }
}

/* What the node's status says of this claim now. */
static void look_at(struct claim *claim, struct json_object *tasks)
{
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *item = json_object_array_get_idx(tasks, i);
        uint64_t claimed = node_face_u64(item, "claimed");

        if (strcmp(node_face_text(item, "task"), PUBKEY_TEXT(&claim->task)) !=
            0)
            continue;
        claim->after = node_face_u64(item, "claimable");
        if (claimed > claim->claimed_before) {
            claim->brought = claimed - claim->claimed_before;
            claim->is_asked = false;
        }
        return;
    }
}

/* Until the node has said of all of them what they brought. */
static void await(struct claim_all *all, struct claim *claims, size_t count)
{
    for (unsigned waited_ms = 0;; waited_ms += CLAIM_LOOK_MS) {
        struct json_object *tree = NULL, *tasks = NULL;
        size_t asked = 0;
        int status =
            control_client_ask_json(all->control, "/status", NULL, &tree);

        if (!status)
            status = json_get_array(tree, "tasks", &tasks);
        if (!status && waited_ms >= CLAIM_WAIT_MS)
            status = err_set(ERR_TIMEOUT,
                             "the node has not claimed it within %d s; `pond "
                             "task logs` says why, and it goes on",
                             CLAIM_WAIT_MS / 1000);
        for (size_t i = 0; i < count; i++) {
            if (claims[i].is_asked && tasks)
                look_at(&claims[i], tasks);
            if (claims[i].is_asked && status)
                fail(&claims[i], status);
            asked += claims[i].is_asked;
        }
        json_object_put(tree);
        if (!asked)
            return;
        uv_sleep(CLAIM_LOOK_MS);
    }
}

static void claim_each_through_node(struct claim_all *all,
                                    struct json_object *tasks)
{
    size_t count = json_object_array_length(tasks);
    struct claim *claims = mem_zero(count + 1, sizeof(*claims));

    for (size_t i = 0; i < count; i++) {
        struct claim *claim = &claims[i];
        int status = read_claim(json_object_array_get_idx(tasks, i), claim);

        claim->is_asked = !status && claim->before;
        if (claim->is_asked)
            status = order_claim(all->control, &claim->task);
        if (status)
            fail(claim, status);
    }
    await(all, claims, count);
    for (size_t i = 0; i < count; i++)
        put_claim(all, &claims[i]);
    free(claims);
}

static int claim_account(struct claim_all *all)
{
    struct json_object *tasks, *stopped;
    bool is_nodes;
    int status = is_of_node(all->cli, all->control, all->account, &is_nodes);

    if (!status)
        status = json_get_array(all->tree, "tasks", &tasks);
    if (!status)
        status = json_get_array(all->tree, "stopped", &stopped);
    if (status)
        return status;
    if (is_nodes)
        claim_each_through_node(all, tasks);
    else
        claim_each_with_keys(all, tasks);
    claim_each_with_keys(all, stopped);
    return 0;
}

/* All names are looked up before coins move for the first. */
static int check_accounts(struct cli *cli, const struct option_list *accounts)
{
    struct pubkey main;
    int status = 0;

    for (size_t i = 0; i < accounts->count && !status; i++)
        status = task_account_key(cli, accounts->values[i], &main);
    return status;
}

static int claim_accounts(struct claim_all *all,
                          const struct option_list *accounts)
{
    int status = check_accounts(all->cli, accounts);

    output_list(&all->cli->output, "no tasks");
    for (size_t i = 0; i < accounts->count && !status; i++) {
        all->account = accounts->values[i];
        status = claim_account(all);
    }
    if (!accounts->count)
        status = claim_account(all);
    if (status)
        return status;
    output_print(&all->cli->output);
    if (all->failed)
        return err_set(all->status, "%zu of %zu claims failed", all->failed,
                       all->count);
    return 0;
}

static int claim_all(struct cli *cli, const struct claim_values *given)
{
    struct control_client control;
    struct claim_all all = {.cli = cli, .control = &control};
    int status = node_face_connect(cli, &control);

    if (!status)
        status = control_client_ask_json(&control, "/status", NULL, &all.tree);
    if (status)
        return status;
    status = session_open(cli, &all.session);
    if (!status) {
        status = claim_accounts(&all, &given->accounts);
        session_close(&all.session);
    }
    json_object_put(all.tree);
    return status;
}

static int run_claim(struct cli *cli, const void *values)
{
    const struct claim_values *given = values;
    int status = cli_task_or_all(cli, given->all);

    if (status)
        return status;
    if (given->all)
        return claim_all(cli, given);
    if (!given->accounts.count)
        return claim_one(cli, NULL);
    for (size_t i = 0; i < given->accounts.count && !status; i++)
        status = claim_one(cli, given->accounts.values[i]);
    return status;
}

const struct command command_task_claim = {
    .name = "task claim",
    .arguments = "[TASK]",
    .summary = "bring what a task owes the node to its wallet",
    .details = "With --all each task is listed with what it owed before, what "
               "was claimed and what is owed after; one that fails does not "
               "end the others, and the exit status says that one did.",
    .options = claim_options,
    .values_size = sizeof(struct claim_values),
    .arguments_min = 0,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SECRET,
    .run = run_claim,
};
