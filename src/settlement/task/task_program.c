/*
 * The entry of the native program. The table has a line for each instruction,
 * so that what all of them need (enough accounts, a task that exists and is
 * writable) is checked in one place.
 *
 * Columns: the function; how many accounts it reads (clients send more, such as
 * sysvars); whether it works on an existing task; whether that task's account
 * must be writable; the task's place in the account list.
 */
#include "settlement/task/task_program.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/well_known.h"
#include "settlement/task/task_call.h"
#include "settlement/task/task_render.h"

/* task_instruction.h has the account lists. CreateTask has no task yet, and the
 * manager list belongs to no task. An upload writes only the data account. */
static const struct task_handler handlers[] = {
    [TASK_CREATE] = {task_admin_create, 4, false, false, 0},
    [TASK_SUBMIT] = {task_submission_execute, 2, true, true, 0},
    [TASK_AUDIT_SUBMISSIONS] = {task_audit_execute, 3, true, true, 0},
    [TASK_AUDIT_DISTRIBUTION] = {task_audit_execute, 3, true, true, 0},
    [TASK_PAYOUT] = {task_payout_execute, 3, true, true, 0},
    [TASK_WHITELIST] = {task_admin_whitelist, 3, true, true, 0},
    [TASK_SET_ACTIVE] = {task_admin_set_active, 3, true, true, 0},
    [TASK_CLAIM_REWARD] = {task_stake_claim, 4, true, true, 0},
    [TASK_FUND] = {task_stake_fund, 3, true, true, 0},
    [TASK_STAKE] = {task_stake_execute, 3, true, true, 0},
    [TASK_WITHDRAW] = {task_stake_withdraw, 2, true, true, 0},
    [TASK_UPLOAD_DISTRIBUTION_LIST] = {task_distribution_upload, 2, true, false,
                                       0},
    [TASK_SUBMIT_DISTRIBUTION_LIST] = {task_distribution_submit, 3, true, true,
                                       0},
    [TASK_UPDATE] = {task_admin_update, 6, true, true, 1},
    [TASK_DELETE] = {task_admin_delete, 5, true, true, 0},
    [TASK_HANDLE_MANAGER_ACCOUNTS] = {task_managers_handle, 2, false, false, 0},
};

/* The parser's words go to the log because they name the wrong field. */
static enum instruction_error execute(struct invocation *invocation)
{
    struct task_call call = {
        .invocation = invocation,
        .coins = &task_stake_coins,
        .slot = invocation->environment->slot,
    };
    if (task_instruction_parse(invocation->data, &call.instruction)) {
        invocation_log(invocation, "%s", err_text());
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
    size_t kind = call.instruction.kind;
    CHECK(kind < sizeof(handlers) / sizeof(*handlers));
    return task_call_dispatch(&call, &handlers[kind]);
}

/* Only tasks' accounts are rendered: keys, pots and lists have data of their
 * own. */
static int render(const struct state *state, const struct pubkey *key,
                  const struct account *account, struct buffer *out)
{
    CHECK(account->rendered);
    return task_render(state, key, TASK_RENDER_ALL, out);
}

/* Compute units are those of Solana's stake program, because K2's figure is not
 * public. */
const struct program task_program = {
    .id = &KOII_TASK_PROGRAM_ID,
    .text = "Koiitask22222222222222222222222222222222222",
    .name = "koii_task_program",
    .compute_units = 750,
    .execute = execute,
    .render = render,
};
