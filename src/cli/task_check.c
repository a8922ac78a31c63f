/*
 * pond task check: what is wrong with a task's config, where, and what it would
 * cost, before anything is built or sent.
 *
 * Nothing is written and no program is run. What the chain knows is left out
 * where there is no wallet or no endpoint, and the status says so; mistakes of
 * the config are said first.
 */
#include "author/deployment_check.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/task_deploy.h"
#include "settlement/format/account.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct check_values {
    bool update, inside;
};

#define VALUE(member) offsetof(struct check_values, member)

static const struct option check_options[] = {
    {"update", 0, OPTION_FLAG, VALUE(update), NULL,
     "by the rules of `pond task update`", 0, 0},
    {"inside", 0, OPTION_FLAG, VALUE(inside), NULL,
     "take no file from outside of the task's folder", 0, 0},
    {0},
};

struct check {
    struct cli *cli;
    const struct check_values *given;
    const char *config;
    char *folder;
    struct deployment deployment; /* empty if there are problems in it */
    struct deployment_problems problems;
    struct task_bill bill;
    struct cli_task old; /* of an update, where the chain was asked */
    bool has_old;
};

/* ---- what is wrong ---- */

static void write_problem(const struct deployment_problem *problem,
                          struct json_writer *writer)
{
    json_open_object(writer);
    if (problem->line)
        json_field_u64(writer, "line", problem->line);
    else
        json_field_null(writer, "line");
    if (*problem->field)
        json_field_text(writer, "field", problem->field);
    else
        json_field_null(writer, "field");
    json_name(writer, "text");
    json_write_bytes(writer, bytes_text(problem->text));
    json_name(writer, "source");
    json_write_bytes(writer, bytes_text(problem->source));
    json_close_object(writer);
}

static void print_problems(struct check *check)
{
    struct buffer text = {0}, json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_open_array(&writer);
    for (size_t i = 0; i < check->problems.count; i++) {
        const struct deployment_problem *problem = &check->problems.list[i];

        write_problem(problem, &writer);
        if (i)
            buffer_text(&text, "; ");
        if (problem->line && *problem->field)
            buffer_format(&text, "line %u: ", problem->line);
        buffer_text(&text, problem->text);
    }
    json_close_array(&writer);
    output_json(&check->cli->output, "problems",
                text.size ? buffer_string(&text) : "none", buffer_view(&json));
    buffer_free(&text);
    buffer_free(&json);
}

/* ---- the terms ---- */

static void print_requirements(const struct deployment *deployment,
                               struct output *output)
{
    struct buffer text = {0}, json = {0};
    struct json_writer writer = json_writer_make(&json);

    json_open_array(&writer);
    for (size_t i = 0; i < deployment->requirement_count; i++) {
        const struct deployment_requirement *one = &deployment->requirements[i];

        json_open_object(&writer);
        json_field_text(&writer, "type", one->type);
        json_name(&writer, "value");
        json_write_bytes(&writer, bytes_text(one->value ? one->value : ""));
        json_close_object(&writer);
        buffer_format(&text, "%s%s%s%s", i ? ", " : "", one->type,
                      one->value ? " " : "", one->value ? one->value : "");
    }
    json_close_array(&writer);
    output_json(output, "requires",
                text.size ? buffer_string(&text) : "nothing",
                buffer_view(&json));
    buffer_free(&text);
    buffer_free(&json);
}

/* What the chain refuses is a mistake of the config's, too. */
static int note_refusal(struct check *check, int status, const char *field)
{
    struct deployment_problems *problems = &check->problems;

    if ((status != ERR_INVALID && status != ERR_DENIED && status != ERR_STATE &&
         status != ERR_RANGE && status != ERR_NOT_FOUND) ||
        problems->count == DEPLOYMENT_PROBLEMS_MAX)
        return status;
    struct buffer text = {0};
    struct deployment_problem *problem = &problems->list[problems->count++];
    *problem = (struct deployment_problem){0};
    snprintf(problem->field, sizeof(problem->field), "%s", field);
    snprintf(problem->text, sizeof(problem->text), "%s", err_text());
    if (!file_read(check->config, DEPLOYMENT_CONFIG_SIZE_MAX, &text))
        deployment_problem_place(problem, buffer_view(&text));
    buffer_free(&text);
    err_clear();
    *check->cli->hint = 0;
    return 0;
}

/* Whether a bundle is there, and whether `task create` would make it anew. */
static int print_bundle(struct check *check)
{
    const struct deployment *deployment = &check->deployment;
    const char *slash = strrchr(check->config, '/');
    struct bundle_options options = {.folder = check->folder,
                                     .output = deployment->audit_program,
                                     .config =
                                         slash ? slash + 1 : check->config};
    bool is_due = false;
    char *newer = NULL;
    int status = 0;

    output_text(&check->cli->output, "bundle", deployment->audit_program);
    if (!deployment_is_stored(deployment))
        return 0;
    if (options.output[0] != '/')
        status = bundle_is_due(&options, &is_due, &newer);
    free(newer);
    if (status)
        return status;
    char *path = deployment_bundle_path(deployment, check->folder);
    bool is_there = file_exists(path);
    free(path);
    output_text(&check->cli->output, "build",
                is_due     ? "due"
                : is_there ? "done"
                           : "missing");
    if (is_due || is_there)
        return 0;
    return note_refusal(check,
                        err_set(ERR_NOT_FOUND,
                                "there is no %s, and nothing to build it from",
                                deployment->audit_program),
                        "task_audit_program");
}

/* The parts of the sum, and what the wallet has. Terms are billionths of KOII
 * or of a token; a bounty in tokens is no part of the sum. */
static void print_cost(struct check *check)
{
    const struct deployment *deployment = &check->deployment;
    const struct task_bill *bill = &check->bill;
    struct output *output = &check->cli->output;

    if (!deployment->is_update)
        output_units(output, "bounty", deployment->total_bounty_roe,
                     KOII_DECIMALS);
    output_roe(output, "rent_roe", bill->cost.rent_roe - bill->cost.pot_roe);
    output_roe(output, "pot_roe", bill->cost.pot_roe);
    output_roe(output, "fee_roe", bill->cost.fee_roe);
    output_roe(output, "cost_roe", bill->cost.roe);
    if (!bill->is_known)
        return;
    output_roe(output, "balance_roe", bill->balance_roe);
    output_roe_signed(output, "balance_after_roe",
                      (int64_t)(bill->balance_roe - bill->cost.roe));
    if (deployment->is_kpl && !deployment->is_update) {
        output_bool(output, "tokens_suffice", bill->tokens >= bill->bounty);
        output_units(output, "token_balance", bill->tokens, bill->decimals);
    }
}

static int print_terms(struct check *check)
{
    const struct deployment *deployment = &check->deployment;
    struct output *output = &check->cli->output;

    output_text(output, "name", deployment->task_name);
    output_text(output, "description", deployment->description);
    output_text(output, "network", deployment->executable_network);
    output_u64(output, "round_time", deployment->round_time);
    output_u64(output, "submission_window", deployment->submission_window);
    output_u64(output, "audit_window", deployment->audit_window);
    if (deployment->is_kpl)
        output_text(output, "token", PUBKEY_TEXT(&deployment->token));
    output_units(output, "minimum_stake", deployment->minimum_stake_roe,
                 KOII_DECIMALS);
    output_units(output, "bounty_per_round", deployment->bounty_per_round_roe,
                 KOII_DECIMALS);
    output_u64(output, "allowed_failed_distributions",
               deployment->allowed_failed_distributions);
    output_u64(output, "space_bytes", deployment->space_bytes);
    print_requirements(deployment, output);
    int status = print_bundle(check);
    if (status)
        return status;
    print_cost(check);
    if (!deployment->is_update)
        return 0;
    output_text(output, "old_task", PUBKEY_TEXT(&deployment->task));
    if (check->has_old) {
        output_text(output, "old_name", check->old.name);
        output_u64(output, "nodes", check->old.staker_count);
        output_u64(output, "decimals", check->old.decimals);
        output_units(output, "staked", check->old.staked, check->old.decimals);
        output_units(output, "bounty_left", check->old.bounty,
                     check->old.decimals);
    }
    return 0;
}

/* ---- the chain ---- */

static int look_at_old(struct check *check, struct session *session,
                       const struct pubkey *payer)
{
    struct cli_task *old = &check->old;
    int status = cli_task_look_whole(session, &check->deployment.task, old);

    check->has_old = !status;
    if (!status)
        status = cli_deploy_check_old(session, old, &check->deployment, payer);
    if (!status && old->is_migrated)
        status = err_set(ERR_STATE, "the task has moved already, to %s",
                         PUBKEY_TEXT(&old->migrated_to));
    else if (!status && !old->is_active)
        status = err_set(ERR_STATE, "the task is switched off: a task that is "
                                    "updated must be active");
    return status ? note_refusal(check, status, "task_id") : 0;
}

static int look(struct check *check)
{
    struct session session;
    struct pubkey payer;
    int status = session_address(check->cli, &payer);

    if (!status)
        status = session_open(check->cli, &session);
    if (status)
        return status;
    status = task_bill_look(&session, &check->deployment, &payer, &check->bill);
    if (status)
        status = note_refusal(check, status,
                              status == ERR_RANGE ? "total_bounty_amount"
                                                  : "token_type");
    if (!status && check->deployment.is_update)
        status = look_at_old(check, &session, &payer);
    session_close(&session);
    return status;
}

/* ---- the command ---- */

static int load(struct check *check)
{
    const struct deployment_reading reading = {
        .is_update = check->given->update,
        .is_inside = check->given->inside,
        .problems = &check->problems,
    };
    int status =
        deployment_load_as(check->config, &reading, &check->deployment);

    if (check->problems.count) {
        err_clear();
        return 0;
    }
    return status == ERR_NOT_FOUND
               ? cli_hint(check->cli, status,
                          "`pond task new FOLDER` writes a task to start from")
               : status;
}

/* What the chain could not be asked is said after what is known. */
static int show(struct check *check)
{
    char text[ERR_TEXT_SIZE];
    int status = 0, asked = 0;

    if (!check->problems.count) {
        task_bill_make(&check->deployment, &check->bill);
        asked = look(check);
        snprintf(text, sizeof(text), "%s", err_text());
        status = print_terms(check);
    }
    if (status)
        return status;
    print_problems(check);
    output_record(&check->cli->output);
    output_print(&check->cli->output);
    if (check->problems.count)
        return err_set(ERR_INVALID, "%s has %zu mistake%s", check->config,
                       check->problems.count,
                       check->problems.count == 1 ? "" : "s");
    return asked ? err_set(asked, "%s", text) : 0;
}

static int run(struct cli *cli, const void *values)
{
    struct check check = {
        .cli = cli,
        .given = values,
        .config = cli->argument_count ? cli->arguments[0] : "config-task.yml",
    };

    check.folder = file_parent(check.config);
    int status = load(&check);
    if (!status)
        status = show(&check);
    deployment_free(&check.deployment);
    free(check.folder);
    return status;
}

const struct command command_task_check = {
    .name = "task check",
    .arguments = "[CONFIG]",
    .summary = "check a task's config-task.yml and say what it would cost",
    .details = "Reads CONFIG (config-task.yml), names what is wrong with it "
               "with its lines, and shows the terms, the cost and what the "
               "wallet has. Nothing is built, written or sent.",
    .options = check_options,
    .values_size = sizeof(struct check_values),
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run,
};
