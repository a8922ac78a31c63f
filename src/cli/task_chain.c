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
#include "settlement/format/kpl_state.h"
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
    const char *creator; /* NULL: whoever */
};

static const struct option list_options[] = {
    {"all", 'a', OPTION_FLAG, offsetof(struct list_values, all), NULL,
     "inactive tasks, too", 0, 0},
    {"creator", 0, OPTION_TEXT, offsetof(struct list_values, creator), "KEY",
     "those that this wallet made: an address, or a key file", 0, 0},
    {0},
};

/* A question under way: on_accounts() fills the output and ends the wait. */
struct list {
    struct client_waiting waiting;
    struct output *output;
    bool all;
    bool is_of_creator;
    struct pubkey creator;
    bool is_kpl;
    size_t count;
};

/* Of a KPL task in base units of its token, whose decimals only the mint's
 * account says. */
static void print_amount(struct output *output, const char *roe_name,
                         const char *units_name, bool is_kpl, uint64_t amount)
{
    if (is_kpl)
        output_u64(output, units_name, amount);
    else
        output_roe(output, roe_name, amount);
}

/* The state in an account of either program. */
static int read_state(const struct list *list, struct bytes data,
                      struct json_object **out)
{
    struct buffer text = {0};

    if (!list->is_kpl)
        return json_parse(data, out);
    int status = kpl_state_json(data, 0, NULL, &text);
    if (!status)
        status = json_parse(buffer_view(&text), out);
    buffer_free(&text);
    return status;
}

/* A key: an array of 32 numbers. */
static struct pubkey key_of(struct json_object *state, const char *name)
{
    struct json_object *array;
    struct pubkey key = {{0}};

    if (json_get_array(state, name, &array) == 0)
        for (size_t i = 0; i < sizeof(key.bytes); i++)
            key.bytes[i] = (uint8_t)json_object_get_int(
                json_object_array_get_idx(array, i));
    return key;
}

static void print_token(struct output *output, struct json_object *state)
{
    struct pubkey mint = key_of(state, "token_type");

    output_text(output, "token", PUBKEY_TEXT(&mint));
}

static bool is_wanted(const struct list *list, struct json_object *state,
                      bool is_active)
{
    struct pubkey creator = key_of(state, "task_manager");

    return (is_active || list->all) &&
           (!list->is_of_creator || pubkey_equal(&creator, &list->creator));
}

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

    if (read_state(list, account->data, &state) < 0) {
        err_clear();
        return;
    }
    json_get_bool(state, "is_active", &is_active);
    if (is_wanted(list, state, is_active)) {
        json_get_text(state, "task_name", &name);
        json_get_u64(state, "total_bounty_amount", &bounty);
        json_get_u64(state, "bounty_amount_per_round", &per_round);
        json_get_u64(state, "minimum_stake_amount", &stake);
        output_text(output, "task", PUBKEY_TEXT(&account->key));
        output_text(output, "name", name);
        output_bool(output, "active", is_active);
        if (list->is_kpl)
            print_token(output, state);
        print_amount(output, "bounty_roe", "bounty_units", list->is_kpl,
                     bounty);
        print_amount(output, "per_round_roe", "per_round_units", list->is_kpl,
                     per_round);
        print_amount(output, "minimum_stake_roe", "minimum_stake_units",
                     list->is_kpl, stake);
        output_record(output);
        list->count++;
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
static int ask_list(struct session *session, struct list *list)
{
    static const struct client_filter native = {
        .bytes = {.data = (const uint8_t *)TASK_DATA_BEGINNING,
                  .size = sizeof(TASK_DATA_BEGINNING) - 1}};

    list->waiting = (struct client_waiting){0};
    client_program_accounts(session->client, recipe_program(list->is_kpl),
                            list->is_kpl ? NULL : &native, SIZE_MAX,
                            on_accounts, list);
    return session_status(session,
                          client_wait(session->client, &list->waiting));
}

/* KPL tasks, whose data begins in no way of its own, make a table of their own:
 * other accounts of the program are passed over as they come. */
static int run_list(struct cli *cli, const void *values)
{
    const struct list_values *given = values;
    struct list list = {.output = &cli->output, .all = given->all};
    struct session session;
    int status = 0;

    if (given->creator) {
        list.is_of_creator = true;
        status = session_key(given->creator, &list.creator);
    }
    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    output_list(&cli->output, "there are no tasks paid in KOII");
    status = ask_list(&session, &list);
    if (!status) {
        output_print(&cli->output);
        list.is_kpl = true;
        list.count = 0;
        output_list(&cli->output, "");
        status = ask_list(&session, &list);
    }
    if (!status && list.count) {
        if (!cli->output.json)
            printf("\n");
        output_print(&cli->output);
    }
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
static void show_nodes(struct output *output, bool is_kpl,
                       struct json_object *state)
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
        print_amount(output, "stake_roe", "stake_units", is_kpl, staked);
        print_amount(output, "claimable_roe", "claimable_units", is_kpl,
                     balance);
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
    if (task->is_kpl)
        output_text(output, "token", PUBKEY_TEXT(&task->token));
    print_amount(output, "bounty_roe", "bounty_units", task->is_kpl,
                 task->total_bounty_amount);
    print_amount(output, "per_round_roe", "per_round_units", task->is_kpl,
                 task->bounty_amount_per_round);
    print_amount(output, "total_stake_roe", "total_stake_units", task->is_kpl,
                 task->total_stake_amount);
    print_amount(output, "minimum_stake_roe", "minimum_stake_units",
                 task->is_kpl, task->minimum_stake_amount);
    output_u64(output, "round", task->round_time ? age / task->round_time : 0);
    output_u64(output, "round_time", task->round_time);
    output_u64(output, "submission_window", task->submission_window);
    output_u64(output, "audit_window", task->audit_window);
    if (task->is_migrated)
        output_text(output, "migrated_to", task->migrated_to);
    output_record(output);
    output_print(output);
    show_nodes(output, task->is_kpl, task->state);
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

/* Through a key made for this one transaction, because the program can only
 * take from accounts that it owns. The key signs once and is forgotten; the
 * rent of its account is the price of that. Tokens go straight from the wallet.
 */
static int fund(struct session *session, const struct pubkey *key,
                struct signer *signer, uint64_t billionths)
{
    CHECK(key && signer);
    struct output *output = &session->cli->output;
    struct cli_task task;
    struct pubkey funder;
    struct recipe recipe;
    uint64_t amount;
    int status = cli_task_look(session, key, &task);

    if (!status)
        status = cli_task_units(&task, billionths, &amount);
    if (status)
        return status;
    signer_add_fresh(signer, &funder);
    cli_task_recipe(&task, signer_main(signer), &recipe);
    status = recipe_fund(&recipe, key, &task.stake_pot, &funder, amount);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(key));
        cli_task_print_amount(output, &task, amount);
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
    .summary = "add KOII, or a KPL task's tokens, to a task's bounty",
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
    struct cli_task known;
    struct recipe recipe;
    int status = cli_task_look(session, task, &known);

    if (status)
        return status;
    cli_task_recipe(&known, signer_main(signer), &recipe);
    status = recipe_set_active(&recipe, task, signer_main(signer), is_active);
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
