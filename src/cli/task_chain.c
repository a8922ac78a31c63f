/*
 * pond task list, show, fund, activate and deactivate: tasks as they stand on
 * chain, and what their creator does with them.
 *
 * A task is found by the program that owns its account and by how its data
 * begins, as Koii's node finds them. Its state is JSON text in the account, so
 * nothing here has to know how the endpoint keeps it.
 *
 * Coins move in recipes (node/money/recipe.h), the same ones that a node uses,
 * so what works here works there.
 *
 * What a user sees: `list` and `show` print what the chain says, the others the
 * signature of a transaction that is confirmed. Status 3 for a task that is not
 * there, 5 for what the program refuses. Texts and numbers of a task are its
 * creator's, so they may be anything.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/task.h"
#include "settlement/format/task_error.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* The data of every native task begins so (settlement/task/task_render.h), and
 * that of no other account of the program. At most 128 bytes, which is what a
 * filter takes. */
#define TASK_DATA_BEGINNING "{\"is_allowlisted\""

/* A task's key file (taskStateInfoKeypair.json) will do as well as its address.
 */
int cli_task_key(struct cli *cli, struct pubkey *out)
{
    CHECK(out && cli->argument_count > 0);
    int status = session_key(cli->arguments[0], out);

    /* A file that is there and holds no key has an error that says so. */
    if (status && !file_exists(cli->arguments[0]))
        cli_hint(cli, status, "`pond task list` names the tasks there are");
    return status;
}

/* ---- list ---- */

/* all: inactive tasks, too. */
struct list_values {
    bool all;
};

static const struct option list_options[] = {
    {"all", 'a', OPTION_FLAG, offsetof(struct list_values, all), NULL,
     "inactive tasks, too", 0, 0},
    {0},
};

/* A question under way: on_accounts() fills the output and ends the wait. */
struct list {
    struct client_waiting waiting;
    struct output *output;
    bool all;
};

/* An account of the program that is no task, or not one of this version, is
 * passed over. A field that is missing is empty or 0, because one odd task must
 * not hide the others. */
static void list_task(struct list *list, const struct client_account *account)
{
    CHECK(list->output);
    struct output *output = list->output;
    struct json_object *state = NULL;
    const char *name = "";
    uint64_t bounty = 0, per_round = 0, stake = 0;
    bool is_active = false;

    if (json_parse(account->data, &state) < 0)
        return;
    json_get_bool(state, "is_active", &is_active);
    if (is_active || list->all) {
        json_get_text(state, "task_name", &name);
        json_get_u64(state, "total_bounty_amount", &bounty);
        json_get_u64(state, "bounty_amount_per_round", &per_round);
        json_get_u64(state, "minimum_stake_amount", &stake);
        output_text(output, "task", PUBKEY_TEXT(&account->key));
        output_text(output, "name", name);
        output_bool(output, "active", is_active);
        output_roe(output, "bounty_roe", bounty);
        output_roe(output, "per_round_roe", per_round);
        output_roe(output, "minimum_stake_roe", stake);
        output_record(output);
    }
    json_object_put(state);
}

/* Accounts come all at once; what is printed of each is copied. They are lent
 * for the call. */
static void on_accounts(void *user, int status,
                        const struct client_account *accounts, size_t count)
{
    struct list *list = user;

    for (size_t i = 0; !status && i < count; i++)
        list_task(list, &accounts[i]);
    client_finish(&list->waiting, status);
}

/* The filter runs at the endpoint, so accounts that are no tasks (staking keys,
 * funders) never travel. All of each task's data comes, however: its fields
 * stand in JSON, which can't be cut. */
static int run_list(struct cli *cli, const void *values)
{
    const struct list_values *given = values;
    struct list list = {.output = &cli->output, .all = given->all};
    struct client_filter filter = {.bytes = bytes_text(TASK_DATA_BEGINNING)};
    struct session session;
    int status = session_open(cli, &session);

    if (status)
        return status;
    output_list(&cli->output, "there are no tasks");
    client_program_accounts(session.client, &KOII_TASK_PROGRAM_ID, &filter,
                            SIZE_MAX, on_accounts, &list);
    status =
        session_status(&session, client_wait(session.client, &list.waiting));
    if (!status)
        output_print(&cli->output);
    session_close(&session);
    return status;
}

const struct command command_task_list = {
    .name = "task list",
    .arguments = "",
    .summary = "list the tasks there are",
    .options = list_options,
    .values_size = sizeof(struct list_values),
    .uses = COMMAND_RPC,
    .run = run_list,
};

/* ---- show ---- */

/* A question under way: on_task() prints and ends the wait. */
struct show {
    struct client_waiting waiting;
    struct output *output;
};

/* Stakes and balances of one key stand together, although the state keeps them
 * in three maps. The list follows the stakes. A key with a balance that no
 * longer has a stake is not in it; --json has everything. */
static void show_nodes(struct output *output, struct json_object *state)
{
    CHECK(state);
    struct json_object *stakes, *balances = NULL, *addresses = NULL;

    if (json_get_object(state, "stake_list", &stakes) < 0)
        return;
    json_get_object(state, "available_balances", &balances);
    json_get_object(state, "ip_address_list", &addresses);
    output_list(output, "no node has staked on it");
    json_object_object_foreach(stakes, key, stake)
    {
        uint64_t balance = 0, staked = 0;
        const char *address = "";

        if (balances)
            json_get_u64(balances, key, &balance);
        if (addresses)
            json_get_text(addresses, key, &address);
        output_text(output, "node", key);
        (void)json_is_u64(stake, &staked);
        output_roe(output, "stake_roe", staked);
        output_roe(output, "claimable_roe", balance);
        output_text(output, "address", address);
        output_record(output);
    }
    printf("\n");
    output_print(output);
}

/* Ages and rounds count in slots from the task's first; the wall clock has no
 * part in it. The slot is that of the answer, not of now. */
static void show_task(struct output *output, const struct client_task *task)
{
    CHECK(task);
    uint64_t age = task->slot - task->starting_slot;

    output_text(output, "task", PUBKEY_TEXT(&task->task));
    output_text(output, "name", task->task_name);
    output_text(output, "description", task->task_description);
    output_bool(output, "active", task->is_active);
    output_bool(output, "allowlisted", task->is_allowlisted);
    output_text(output, "manager", PUBKEY_TEXT(&task->task_manager));
    output_text(output, "code", task->task_audit_program);
    output_text(output, "metadata", task->task_metadata);
    output_text(output, "stake_pot", PUBKEY_TEXT(&task->stake_pot_account));
    output_roe(output, "bounty_roe", task->total_bounty_amount);
    output_roe(output, "per_round_roe", task->bounty_amount_per_round);
    output_roe(output, "total_stake_roe", task->total_stake_amount);
    output_roe(output, "minimum_stake_roe", task->minimum_stake_amount);
    output_u64(output, "round", task->round_time ? age / task->round_time : 0);
    output_u64(output, "round_time", task->round_time);
    output_u64(output, "submission_window", task->submission_window);
    output_u64(output, "audit_window", task->audit_window);
    if (task->is_migrated)
        output_text(output, "migrated_to", task->migrated_to);
    output_record(output);
    output_print(output);
    show_nodes(output, task->state);
}

/* With --json the state is printed as the chain gave it, maps and all. Printed
 * here and not later, because the state is lent for the call. */
static void on_task(void *user, int status, const struct client_task *task)
{
    struct show *show = user;

    if (!status && show->output->json) {
        struct buffer text = {0};

        json_text(task->state, &text);
        printf("%s\n", buffer_string(&text));
        buffer_free(&text);
    } else if (!status) {
        show_task(show->output, task);
    }
    client_finish(&show->waiting, status);
}

/* Submissions and lists can be large, so they are asked for only where they are
 * printed. */
static int run_show(struct cli *cli, const void *values)
{
    struct show show = {.output = &cli->output};
    struct session session;
    struct pubkey task;
    unsigned parts = CLIENT_TASK_STAKES | CLIENT_TASK_BALANCES;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    if (cli->output.json)
        parts |= CLIENT_TASK_SUBMISSIONS | CLIENT_TASK_DISTRIBUTIONS;
    client_task_state(session.client, &task, parts, on_task, &show);
    status =
        session_status(&session, client_wait(session.client, &show.waiting));
    session_close(&session);
    return status;
}

const struct command command_task_show = {
    .name = "task show",
    .arguments = "TASK",
    .summary = "print a task's terms, and who has staked on it",
    .details = "With --json it is the task's whole state as its account "
               "holds it.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC,
    .run = run_show,
};

/* ---- fund, activate, deactivate ---- */

/* A question under way, and what of its answer is kept. */
struct pot {
    struct client_waiting waiting;
    struct pubkey pot;
    struct pubkey manager;
};

/* Only two keys of the answer are wanted, which outlive it as copies. */
static void on_pot(void *user, int status, const struct client_task *task)
{
    struct pot *pot = user;

    if (!status) {
        pot->pot = task->stake_pot_account;
        pot->manager = task->task_manager;
    }
    client_finish(&pot->waiting, status);
}

/* Every instruction about coins names the task's pot, which the user need not
 * know. The state is asked for without its maps (parts 0), which can be large.
 */
int cli_task_pot(struct session *session, const struct pubkey *task,
                 struct pubkey *stake_pot, struct pubkey *manager)
{
    CHECK(task && stake_pot);
    struct pot pot = {0};
    int status;

    client_task_state(session->client, task, 0, on_pot, &pot);
    status =
        session_status(session, client_wait(session->client, &pot.waiting));
    if (!status)
        *stake_pot = pot.pot;
    if (!status && manager)
        *manager = pot.manager;
    return status;
}

/* Through a key made for this one transaction, because the program can only
 * take from accounts that it owns. The key signs once and is forgotten; the
 * rent of its account is the price of that. */
static int fund(struct session *session, const struct pubkey *task,
                struct signer *signer, uint64_t roe)
{
    CHECK(task && signer);
    struct output *output = &session->cli->output;
    struct pubkey funder;
    struct pubkey stake_pot;
    struct recipe recipe;
    int status = cli_task_pot(session, task, &stake_pot, NULL);

    if (status)
        return status;
    signer_add_fresh(signer, &funder);
    recipe_init(&recipe, signer_main(signer));
    status = recipe_fund(&recipe, task, &stake_pot, &funder, roe);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(task));
        output_roe(output, "amount_roe", roe);
        status = session_send_and_print(session, signer, &recipe);
    }
    recipe_free(&recipe);
    return status;
}

/* Amount and task are read before the wallet is opened. */
static int run_fund(struct cli *cli, const void *values)
{
    struct session session;
    struct signer *signer;
    struct pubkey task;
    uint64_t roe;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = options_roe(cli->arguments[1], &roe);
    if (!status)
        status = session_wallet(cli, &signer);
    if (status)
        return status;
    status = session_open(cli, &session);
    if (!status) {
        status = fund(&session, &task, signer, roe);
        session_close(&session);
    }
    signer_end(signer);
    return status;
}

const struct command command_task_fund = {
    .name = "task fund",
    .arguments = "TASK AMOUNT",
    .summary = "add KOII to a task's bounty",
    .arguments_min = 2,
    .arguments_max = 2,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run_fund,
};

/* Any wallet can send it; the program refuses all but the task's creator and
 * the managers. So ERR_REMOTE most likely means that it was another wallet, and
 * the hint says so. */
static int set_active(struct session *session, const struct pubkey *task,
                      struct signer *signer, bool is_active)
{
    struct output *output = &session->cli->output;
    struct recipe recipe;

    recipe_init(&recipe, signer_main(signer));
    int status =
        recipe_set_active(&recipe, task, signer_main(signer), is_active);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(task));
        output_bool(output, "active", is_active);
        status = session_send_and_print(session, signer, &recipe);
    }
    if (session->program_error == TASK_ERROR_NOT_OWNER)
        cli_hint(session->cli, status,
                 "only the wallet that created the task may do this: name it "
                 "with --keypair");
    recipe_free(&recipe);
    return status;
}

/* Two commands share this: a flag on one command would be easy to forget. */
static int run_set_active(struct cli *cli, bool is_active)
{
    struct session session;
    struct signer *signer;
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (!status)
        status = session_wallet(cli, &signer);
    if (status)
        return status;
    status = session_open(cli, &session);
    if (!status) {
        status = set_active(&session, &task, signer, is_active);
        session_close(&session);
    }
    signer_end(signer);
    return status;
}

/* A task that was deactivated can be activated again, stakes and all. The
 * program refuses it for a task that has moved to another id. */
static int run_activate(struct cli *cli, const void *values)
{
    return run_set_active(cli, true);
}

/* Stakes stay where they are. An inactive task takes no submissions; audits,
 * lists and payouts of what was submitted go on. */
static int run_deactivate(struct cli *cli, const void *values)
{
    return run_set_active(cli, false);
}

const struct command command_task_activate = {
    .name = "task activate",
    .arguments = "TASK",
    .summary = "let nodes work on a task (its creator only)",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run_activate,
};

const struct command command_task_deactivate = {
    .name = "task deactivate",
    .arguments = "TASK",
    .summary = "take a task out of work (its creator only)",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY | COMMAND_SECRET,
    .run = run_deactivate,
};
