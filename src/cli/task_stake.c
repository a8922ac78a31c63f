/*
 * pond task stake and unstake: a node's coins on a task.
 *
 * They sign with the two keys of an account in the node's folder; the node
 * itself need not run.
 *
 * A stake is locked while its rounds are still open: the program refuses to
 * give it back until three rounds have gone by without a submission. The hint
 * says so, because the program's own error does not say how long that is.
 *
 * What a user sees: the signature of a transaction that is confirmed. Status 3
 * where the folder has no keys or the chain no such task, 5 where the program
 * refuses.
 */
#include "base/check.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/node_face.h"
#include "cli/task_purse.h"
#include "cli/task_work.h"
#include "node/control_client.h"
#include "node/reach/peer_url.h"
#include "settlement/format/task_error.h"

#include <stddef.h>
#include <stdlib.h>

/* ---- stake ---- */

/* NULL: that of the node that runs, or none. */
struct stake_values {
    const char *address, *account;
};

#define VALUE(member) offsetof(struct stake_values, member)

static const struct option stake_options[] = {
    {"account", 0, OPTION_TEXT, VALUE(account), "NAME", TASK_ACCOUNT_HELP, 0,
     0},
    {"address", 0, OPTION_TEXT, VALUE(address), "URL",
     "where peers reach this node (that of the node that runs)", 0, 0},
    {0},
};

/* Funding and staking go into one transaction, so that no stake is left half-
 * way. The main wallet pays for both: the staking key needs no coins of its own
 * before. */
static int place(struct task_work *work, uint64_t billionths,
                 const char *address)
{
    CHECK(address);
    struct output *output = &work->session.cli->output;
    struct cli_stake stake = {.task = &work->known,
                              .payer = *signer_main(work->signer),
                              .key = work->staking,
                              .staked = work->staked};
    struct stake_purse purse = {0};
    struct recipe recipe;
    int status = cli_task_units(&work->known, billionths, &stake.amount);

    if (!status)
        status = cli_stake_check(&work->session, &stake, &purse);
    if (status)
        return status;
    cli_task_recipe(&work->known, signer_main(work->signer), &recipe);
    status = recipe_stake(&recipe, &work->task, &work->known.stake_pot,
                          &work->staking, &purse.key, stake.amount, address);
    if (!status) {
        output_text(output, "task", PUBKEY_TEXT(&work->task));
        output_text(output, "staking_key", PUBKEY_TEXT(&work->staking));
        cli_task_print_amount(output, &work->known, stake.amount);
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
    struct task_work work;
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
        status = task_work_begin(cli, given->account, &work);
    if (status)
        return status;
    status =
        place(&work, roe, given->address ? given->address : control.public_url);
    task_work_close(&work);
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

struct unstake_values {
    const char *account;
};

static const struct option unstake_options[] = {
    {"account", 0, OPTION_TEXT, offsetof(struct unstake_values, account),
     "NAME", TASK_ACCOUNT_HELP, 0, 0},
    {0},
};

/* Coins do not move yet: a stake becomes a claimable balance first, and always
 * all of it. */
static int run_unstake(struct cli *cli, const void *values)
{
    const struct unstake_values *given = values;
    struct task_work work;
    struct recipe recipe;
    int status = task_work_begin(cli, given->account, &work);

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
    task_work_close(&work);
    return status;
}

const struct command command_task_unstake = {
    .name = "task unstake",
    .arguments = "TASK",
    .summary = "make the node's stake on a task claimable",
    .options = unstake_options,
    .values_size = sizeof(struct unstake_values),
    .arguments_min = 1,
    .arguments_max = 1,
    .uses = COMMAND_RPC | COMMAND_NODE | COMMAND_SECRET,
    .run = run_unstake,
};
