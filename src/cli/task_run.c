/*
 * pond task start and stop: what a running node works on.
 *
 * These talk to the node (node_face.h), not to the chain. The node remembers
 * its orders and goes on with them after a restart; stopping a task ends its
 * worker and leaves its stake where it is.
 *
 * Status 3 where no node runs with the folder, 4 where it does not answer, 5
 * with its own words where it refuses. None of these commands needs a wallet,
 * and an endpoint only `start` and `upgrade` with a stake: the node has both.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task_purse.h"
#include "cli/task_work.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- start ---- */

/* What the options fill; 0 and NULL: left to the node. */
struct start_values {
    uint64_t stake_roe;
    const char *executable;
    struct option_list variables;
    const char *engine, *account;
    bool trust;
    bool all;
};

#define VALUE(member) offsetof(struct start_values, member)

static const struct option start_options[] = {
    {"stake", 0, OPTION_ROE, VALUE(stake_roe), "KOII",
     "stake so much first, if less is staked (nothing)", 0, 0},
    {"executable", 0, OPTION_TEXT, VALUE(executable), "FILE",
     "this main.js in place of the task's own (development)", 0, 0},
    {"variable", 0, OPTION_LIST, VALUE(variables), "NAME=VALUE",
     "a task variable; may be given again", 0, 0},
    {"engine", 0, OPTION_TEXT, VALUE(engine), "NAME",
     "what runs its code: auto, pond, node (what the node has)", 0, 0},
    {"account", 0, OPTION_TEXT, VALUE(account), "NAME",
     "only if the node runs with this account", 0, 0},
    {"trust-task", 0, OPTION_FLAG, VALUE(trust), NULL,
     "give it the secret of the node's staking key if it asks", 0, 0},
    {"all", 0, OPTION_FLAG, VALUE(all), NULL,
     "every task that was stopped and not archived, each as it ran before", 0,
     0},
    {0},
};

int cli_task_variables(const struct option_list *list, struct buffer *out)
{
    CHECK(list && out);
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    for (size_t i = 0; i < list->count; i++) {
        const char *equals = strchr(list->values[i], '=');

        if (!equals || equals == list->values[i])
            return err_set(ERR_INVALID, "--variable takes NAME=VALUE, not '%s'",
                           list->values[i]);
        json_name_bytes(
            &writer,
            bytes_make(list->values[i], (size_t)(equals - list->values[i])));
        json_write_text(&writer, equals + 1);
    }
    json_close_object(&writer);
    return 0;
}

/* What is not given is left out, so that the node's own defaults hold. The
 * names are those of POST /start in node/node.h. After an error out holds half
 * of an object, which is not sent. */
static int start_request(const struct pubkey *task,
                         const struct start_values *given, struct buffer *out)
{
    CHECK(task && out);
    struct json_writer writer = json_writer_make(out);
    struct buffer variables = {0};
    char path[PATH_MAX];

    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(task));
    if (given->stake_roe)
        json_field_u64(&writer, "stake", given->stake_roe);
    if (given->executable) {
        /* The node has another working folder. */
        if (!realpath(given->executable, path))
            return err_errno("%s", given->executable);
        json_field_text(&writer, "executable", path);
    }
    if (given->engine)
        json_field_text(&writer, "engine", given->engine);
    if (given->trust)
        json_field_bool(&writer, "trusted", true);
    int status = cli_task_variables(&given->variables, &variables);
    if (!status) {
        json_name(&writer, "variables");
        json_write_raw(&writer, buffer_view(&variables));
        json_close_object(&writer);
    }
    buffer_free(&variables);
    return status;
}

/* Have the node do something about a task. */
static int ask(struct cli *cli, const struct pubkey *task, const char *path,
               const char *body, const char *done)
{
    output_text(&cli->output, "task", PUBKEY_TEXT(task));
    return node_face_order(cli, path, body, "state", done);
}

/* The same of the task that the command line names, where the node need know
 * nothing else. 128 bytes: the request is 11 and an address of 44 at most. */
static int order(struct cli *cli, const char *path, const char *done)
{
    char request[128];
    struct pubkey task;
    int status = cli_task_key(cli, &task);

    if (status)
        return status;
    snprintf(request, sizeof(request), "{\"task\":\"%s\"}", PUBKEY_TEXT(&task));
    return ask(cli, &task, path, request, done);
}

int cli_task_or_all(const struct cli *cli, bool all)
{
    if (all == (cli->argument_count == 0))
        return 0;
    return err_set(ERR_INVALID,
                   all ? "--all takes no TASK" : "name a TASK, or give --all");
}

/* One record a task. A task that refused is an error in the end, when all have
 * been printed. */
static int print_many(struct cli *cli, struct json_object *tasks)
{
    size_t failed = 0, count = json_object_array_length(tasks);

    output_list(&cli->output, "no tasks");
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(tasks, i);
        const char *task, *state = "", *error = "";
        int status = json_get_text(item, "task", &task);

        if (status)
            return status;
        (void)json_get_text(item, "state", &state);
        failed += json_get_text(item, "error", &error) == 0;
        output_text(&cli->output, "task", task);
        output_text(&cli->output, "state", *error ? "refused" : state);
        output_text(&cli->output, "error", error);
        output_record(&cli->output);
    }
    output_print(&cli->output);
    err_clear();
    if (failed)
        return err_set(ERR_REMOTE, "%zu of %zu tasks refused", failed, count);
    return 0;
}

int cli_task_all(struct cli *cli, const char *path)
{
    struct json_object *tree = NULL, *tasks;
    int status = node_face_ask_json(cli, path, "{}", &tree);

    if (!status)
        status = json_get_array(tree, "tasks", &tasks);
    if (!status)
        status = print_many(cli, tasks);
    json_object_put(tree);
    return status;
}

/* A node has one account, chosen at its start: an order that means another one
 * must not stake that one's coins. */
static int check_account(struct cli *cli, const char *account)
{
    struct control_client control;
    struct pubkey main;
    int status = task_account_key(cli, account, &main);

    if (!status)
        status = node_face_connect(cli, &control);
    if (!status && strcmp(PUBKEY_TEXT(&main), control.main) != 0) {
        status =
            err_set(ERR_STATE,
                    "the node runs with another account than '%.80s'", account);
        cli_hint(cli, status,
                 "stop it, and start it with `pond node --account %.80s`",
                 account);
    }
    return status;
}

/* What single tasks run with is not said of all of them. */
static int check_start(const struct cli *cli, const struct start_values *given)
{
    int status = cli_task_or_all(cli, given->all);

    if (!status && given->all &&
        (given->stake_roe || given->executable || given->variables.count ||
         given->engine || given->trust))
        status = err_set(ERR_INVALID, "--all starts each task as it ran "
                                      "before: of the others it takes "
                                      "--account alone");
    return status;
}

/* The node has accepted it, and nothing more is known here; whether the task
 * runs stands in its log. */
static int run_start(struct cli *cli, const void *values)
{
    struct start_values given = *(const struct start_values *)values;
    struct buffer request = {0};
    struct pubkey task;
    int status = check_start(cli, &given);

    if (!status && given.account)
        status = check_account(cli, given.account);
    if (status)
        return status;
    if (given.all)
        return cli_task_all(cli, "/start-all");
    status = cli_task_key(cli, &task);

    if (!status && given.stake_roe)
        status = cli_stake_units(cli, &task, true, &given.stake_roe);
    if (!status)
        status = start_request(&task, &given, &request);
    if (!status)
        status = ask(cli, &task, "/start", buffer_string(&request), "starting");
    buffer_free(&request);
    return status;
}

const struct command command_task_start = {
    .name = "task start",
    .arguments = "[TASK]",
    .summary = "have the node run a task from now on",
    .details = "The node remembers it and goes on after a restart. How it "
               "does stands in `pond task logs`.",
    .options = start_options,
    .values_size = sizeof(struct start_values),
    .arguments_min = 0,
    .arguments_max = 1,
    .uses = COMMAND_NODE | COMMAND_RPC,
    .run = run_start,
};

/* ---- stop ---- */

struct stop_values {
    bool all;
};

static const struct option stop_options[] = {
    {"all", 0, OPTION_FLAG, offsetof(struct stop_values, all), NULL,
     "every task that runs", 0, 0},
    {0},
};

/* The worker ends; coins are another matter. */
static int run_stop(struct cli *cli, const void *values)
{
    const struct stop_values *given = values;
    int status = cli_task_or_all(cli, given->all);

    if (status)
        return status;
    return given->all ? cli_task_all(cli, "/stop-all")
                      : order(cli, "/stop", "stopped");
}

const struct command command_task_stop = {
    .name = "task stop",
    .arguments = "[TASK]",
    .summary = "have the node stop a task",
    .details = "What was staked stays on chain: `pond task unstake` gets it "
               "back. The node still lists it, and `pond task start --all` "
               "starts it again as it ran; `pond task archive` forgets it.",
    .options = stop_options,
    .values_size = sizeof(struct stop_values),
    .arguments_min = 0,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_stop,
};

/* ---- archive ---- */

static int run_archive(struct cli *cli, const void *values)
{
    return order(cli, "/archive", "archived");
}

const struct command command_task_archive = {
    .name = "task archive",
    .arguments = "TASK",
    .summary = "have the node forget a stopped task without coins on it",
    .details = "What was set for it alone goes, too: its limits, its hours, "
               "and which variables it gets.",
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_archive,
};

/* ---- leave ---- */

struct leave_values {
    bool cancel;
};

static const struct option leave_options[] = {
    {"cancel", 0, OPTION_FLAG, offsetof(struct leave_values, cancel), NULL,
     "call it off, as long as the stake has not been withdrawn", 0, 0},
    {0},
};

static int run_leave(struct cli *cli, const void *values)
{
    const struct leave_values *given = values;

    return given->cancel ? order(cli, "/leave/cancel", "goes on")
                         : order(cli, "/leave", "leaving");
}

const struct command command_task_leave = {
    .name = "task leave",
    .arguments = "TASK",
    .summary = "have the node take back its stake on a task, step by step",
    .details = "It does no new work for the task, waits until the chain lets "
               "the stake go (four rounds after its last proof), withdraws, "
               "claims, and stops the task. It goes on after a restart; the "
               "status shows the step.",
    .options = leave_options,
    .values_size = sizeof(struct leave_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE,
    .run = run_leave,
};

/* ---- upgrade ---- */

struct upgrade_values {
    uint64_t stake_roe;
    bool other_creator;
};

#define UPGRADE(member) offsetof(struct upgrade_values, member)

static const struct option upgrade_options[] = {
    {"stake", 0, OPTION_ROE, UPGRADE(stake_roe), "KOII",
     "stake so much on the new version (what is staked on the old one)", 0, 0},
    {"other-creator", 0, OPTION_FLAG, UPGRADE(other_creator), NULL,
     "also where the new version has another creator", 0, 0},
    {0},
};

static int run_upgrade(struct cli *cli, const void *values)
{
    const struct upgrade_values *given = values;
    struct buffer request = {0};
    struct json_writer writer = json_writer_make(&request);
    struct pubkey task;
    uint64_t stake;
    int status = cli_task_key(cli, &task);

    if (status)
        return status;
    stake = given->stake_roe;
    if (stake && (status = cli_stake_units(cli, &task, false, &stake)) < 0)
        return status;
    json_open_object(&writer);
    json_field_text(&writer, "task", PUBKEY_TEXT(&task));
    if (stake)
        json_field_u64(&writer, "stake", stake);
    json_field_bool(&writer, "other_creator", given->other_creator);
    json_close_object(&writer);
    status = ask(cli, &task, "/upgrade", buffer_string(&request), "upgrading");
    buffer_free(&request);
    return status;
}

const struct command command_task_upgrade = {
    .name = "task upgrade",
    .arguments = "TASK",
    .summary = "have the node go on with the newest version of a task",
    .details = "The node takes back its stake on the old version (see `pond "
               "task leave`), gives the new one the same variables, starts it "
               "as the old one ran with as much stake, and forgets the old "
               "one. `pond node --auto-upgrade` does so by itself.",
    .options = upgrade_options,
    .values_size = sizeof(struct upgrade_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_NODE | COMMAND_RPC,
    .run = run_upgrade,
};
