/*
 * CreateTask, UpdateTask, Whitelist, SetActive, DeleteTask.
 *
 * A pot's address begins with "stakepotaccount", so nobody has its key, and the
 * program adopts the account when the task is created. From then on only the
 * program debits it, and no second task can have it because only accounts that
 * don't exist can be adopted.
 *
 * A task's account keeps no data. Its creator paid rent for its length at
 * creation, which limits the text that is rendered from the rows.
 *
 * Terms are checked once and never change: UpdateTask makes another task and
 * moves the bounty there. So the rules can't change for a node that has staked.
 *
 * A task ends in one of three ways: inactive (no new submissions; all else goes
 * on), moved (inactive for ever; stakes can be withdrawn), deleted (coins that
 * are not owed burn; the rows go once nothing is owed).
 */
#include "base/check.h"
#include "settlement/format/task_address.h"
#include "settlement/task/task_call.h"
#include "settlement/task/task_managers.h"
#include <inttypes.h>

/* ---- Create and update ---- */

/* The code divides by round_time, so it may not be 0. The windows must fit into
 * a round, or the audits of two rounds would overlap. A bounty per round above
 * the total could never be paid. A bounty per round of 0 is allowed because
 * Koii's create-task-cli accepts it: rounds of such a task are paid by lists
 * without positive values. Minimum stake, texts and allowed failures are free.
 */
enum instruction_error task_admin_check_terms(struct task_call *call,
                                              const struct task_terms *terms)
{
    if (!terms->round_time || !terms->submission_window || !terms->audit_window)
        return task_call_fail(call, TASK_ERROR_WRONG_TERMS,
                              "round_time, submission_window and audit_window "
                              "must be at least 1 slot");
    /* Numbers of an instruction are below 2^63: the sum does not overflow. */
    if (terms->audit_window + terms->submission_window > terms->round_time)
        return task_call_fail(call, TASK_ERROR_WRONG_TERMS,
                              "Round time cannot be less than audit_window + "
                              "submission_window");
    if (!terms->total_bounty_amount)
        return task_call_fail(call, TASK_ERROR_WRONG_TERMS,
                              "the total bounty must be above 0");
    if (terms->bounty_amount_per_round > terms->total_bounty_amount)
        return task_call_fail(call, TASK_ERROR_WRONG_TERMS,
                              "bounty_amount_per_round must be at most the "
                              "total bounty of %" PRIu64,
                              terms->total_bounty_amount);
    return INSTRUCTION_OK;
}

/* A new account's data is zeros. Each byte equals the one before it, and the
 * first is 0. */
static bool is_zero(struct bytes data)
{
    return !data.size || (data.data[0] == 0 &&
                          !memcmp(data.data, data.data + 1, data.size - 1));
}

/* The account must sign: otherwise anybody could turn somebody else's funded
 * account of this program into a task. No list may ever have been uploaded to
 * it because its row `l` would lie among the new task's rows. */
enum instruction_error task_admin_check_new_task(struct task_call *call,
                                                 size_t index)
{
    enum instruction_error error = task_call_require_own(call, index);
    if (error)
        return error;
    if (!invocation_is_writable(call->invocation, index))
        return INSTRUCTION_INVALID_ARGUMENT;
    struct task_row upload = {.kind = TASK_ROW_UPLOAD,
                              .key = *task_call_key(call, index)};
    if (is_zero(invocation_data(call->invocation, index)) &&
        !task_rows_has(call->invocation->state, NULL, &upload))
        return INSTRUCTION_OK;
    invocation_log(call->invocation, "%s holds something else already",
                   PUBKEY_TEXT(task_call_key(call, index)));
    return INSTRUCTION_ACCOUNT_ALREADY_INITIALIZED;
}

/* Adopting fails if the account exists, with lamports or as another task's pot.
 * So clients fund the pot after CreateTask (the transfer of 0.001 KOII is the
 * third instruction). */
static enum instruction_error take_pot(struct task_call *call, size_t index)
{
    const struct pubkey *pot = task_call_key(call, index);
    if (!task_address_is_stake_pot(pot))
        return task_call_fail(call, TASK_ERROR_WRONG_STAKE_POT,
                              "%s does not begin with stakepotaccount",
                              PUBKEY_TEXT(pot));
    return invocation_adopt(call->invocation, index);
}

/* Round 0 begins with the slot of creation. task_call_close() checks that the
 * empty text fits the space. */
enum instruction_error task_admin_found(struct task_call *call, size_t task,
                                        size_t pot, const struct pubkey *owner,
                                        struct bytes koii_vars)
{
    const struct task_terms *terms = &call->instruction.terms;
    /* The account's creator paid rent for its length. */
    uint64_t space = invocation_account(call->invocation, task)->space;
    CHECK(terms->round_time > 0);
    enum instruction_error error =
        invocation_set_rendered(call->invocation, task);
    if (error)
        return error;
    task_book_new(&call->book, call->invocation->state,
                  task_call_key(call, task));
    call->book.header = (struct task_header){
        .is_active = true,
        .task_manager = *owner,
        .stake_pot_account = *task_call_key(call, pot),
        .terms = *terms,
        .koii_vars = koii_vars,
        .starting_slot = call->slot,
        .space = space,
    };
    /* The new task is the open one from here on. */
    call->round = 0;
    call->offset = 0;
    return task_call_close(call);
}

/* Coins move last, through the System program, because only System can debit
 * the payer's account. */
enum instruction_error task_admin_create(struct task_call *call)
{
    struct invocation *invocation = call->invocation;
    const struct task_terms *terms = &call->instruction.terms;
    enum instruction_error error = task_call_require_signer(call, 0);
    if (!error)
        error = task_admin_check_new_task(call, 1);
    if (!error)
        error = task_admin_check_terms(call, terms);
    if (!error)
        error = take_pot(call, 2);
    if (!error)
        error = invocation_system_transfer(invocation, 0, 2,
                                           terms->total_bounty_amount);
    if (error)
        return error;
    /* The optional fifth account holds variables for all tasks. */
    struct pubkey_text vars = {{0}};
    if (invocation->account_count > 4)
        vars = pubkey_text(task_call_key(call, 4));
    return task_admin_found(
        call, 1, 2, task_call_key(call, 0),
        arena_bytes(invocation->arena, bytes_text(vars.text)));
}

/* The old task keeps its id, its pot and what it owes. */
enum instruction_error task_admin_retire(struct task_call *call,
                                         size_t new_task)
{
    struct task_header *header = &call->book.header;
    header->terms.total_bounty_amount = 0;
    header->is_active = false;
    header->is_migrated = true;
    header->migrated_to =
        arena_bytes(call->invocation->arena,
                    bytes_text(PUBKEY_TEXT(task_call_key(call, new_task))));
    return task_call_save(call);
}

/* Only the owner may update a task: a manager could take the bounty. The terms
 * are checked against the rest of the bounty. */
enum instruction_error task_admin_check_update(struct task_call *call,
                                               size_t actor)
{
    struct task_terms *terms = &call->instruction.terms;
    const struct task_header *header = &call->book.header;
    enum instruction_error error = task_call_require_signer(call, actor);
    if (error)
        return error;
    if (!pubkey_equal(&header->task_manager, task_call_key(call, actor)))
        return task_call_fail(call, TASK_ERROR_NOT_OWNER,
                              "You are not the owner of this task!");
    if (!header->is_active)
        return task_call_fail(call, TASK_ERROR_NOT_ACTIVE,
                              "the task is not active");
    /* UpdateTask carries no total: the rest of the old bounty moves. */
    CHECK(terms->total_bounty_amount == 0);
    terms->total_bounty_amount = header->terms.total_bounty_amount;
    return task_admin_check_terms(call, terms);
}

/* The new task replaces the old one in call->book. So the old one is retired
 * and saved first, and its koii_vars, which the new one needs, are taken out
 * before. */
enum instruction_error task_admin_update(struct task_call *call)
{
    enum instruction_error error = task_admin_check_update(call, 0);
    if (!error)
        error = task_call_require_pot(call, 2);
    if (!error)
        error = task_admin_check_new_task(call, 4);
    if (!error)
        error = take_pot(call, 5);
    if (!error)
        error = task_call_pay(call, 2, 5,
                              call->book.header.terms.total_bounty_amount);
    if (error)
        return error;
    struct bytes koii_vars = call->book.header.koii_vars;
    error = task_admin_retire(call, 4);
    return error ? error
                 : task_admin_found(call, 4, 5, task_call_key(call, 0),
                                    koii_vars);
}

/* ---- Switches ---- */

/* The account must be at the list's address and this program's: otherwise
 * anybody could bring a list. The owner is checked because somebody may have
 * sent lamports to the address, and then System owns the account. */
static bool is_manager(struct task_call *call, const struct pubkey *key,
                       size_t list)
{
    const struct loaded_account *account =
        invocation_account(call->invocation, list);
    struct pubkey address = task_call_manager_list(call);
    return pubkey_equal(&account->key, &address) &&
           pubkey_equal(&account->owner, &call->invocation->program) &&
           task_managers_contain(invocation_data(call->invocation, list), key);
}

enum instruction_error task_admin_check_authority(struct task_call *call,
                                                  size_t actor, size_t list,
                                                  bool owner_may)
{
    const struct pubkey *key = task_call_key(call, actor);
    enum instruction_error error = task_call_require_signer(call, actor);
    if (error)
        return error;
    if ((owner_may && pubkey_equal(key, &call->book.header.task_manager)) ||
        is_manager(call, key, list))
        return INSTRUCTION_OK;
    return task_call_fail(call, TASK_ERROR_NOT_OWNER, "%s is no manager%s",
                          PUBKEY_TEXT(key),
                          owner_may ? " and not the owner of this task" : "");
}

/* Only a manager may: the owner's word for the owner's own task says nothing.
 */
enum instruction_error task_admin_whitelist(struct task_call *call)
{
    enum instruction_error error =
        task_admin_check_authority(call, 1, 2, false);
    if (error)
        return error;
    call->book.header.is_allowlisted = call->instruction.flag;
    return task_call_save(call);
}

/* The owner or a manager may. An inactive task takes no submissions; audits,
 * lists, payouts and withdrawals go on. */
enum instruction_error task_admin_set_active(struct task_call *call)
{
    enum instruction_error error = task_admin_check_authority(call, 1, 2, true);
    if (error)
        return error;
    if (call->book.header.is_migrated)
        return task_call_fail(call, TASK_ERROR_MIGRATED,
                              "the task has moved to another id");
    call->book.header.is_active = call->instruction.flag;
    return task_call_save(call);
}

/* ---- Delete ---- */

/* Nothing is owed, so the task's account and pot go, too. The bank drops their
 * rows because they have no lamports at the transaction's end. */
static enum instruction_error close_task(struct task_call *call)
{
    CHECK(call->book.header.total_stake == 0);
    CHECK(call->book.header.total_balance == 0);
    struct invocation *invocation = call->invocation;
    uint64_t task_lamports = invocation_account(invocation, 0)->lamports;
    uint64_t pot_lamports = invocation_account(invocation, 2)->lamports;
    enum instruction_error error =
        invocation_move(invocation, 2, 3, pot_lamports);
    if (!error)
        error = invocation_move(invocation, 0, 3, task_lamports);
    if (!error)
        error = task_call_charge_rows(call);
    if (error)
        return error;
    task_book_delete(&call->book);
    return INSTRUCTION_OK;
}

/* What is owed stays in the pot, to be withdrawn and claimed; the rest burns,
 * as on K2: it goes to an address whose key nobody has. A task that still owes
 * something remains, inactive and without a bounty, and can be deleted again
 * when the last key has claimed. */
enum instruction_error task_admin_delete(struct task_call *call)
{
    struct task_header *header = &call->book.header;
    enum instruction_error error = task_admin_check_authority(call, 1, 4, true);
    if (!error)
        error = task_call_require_pot(call, 2);
    if (error)
        return error;
    if (!pubkey_equal(task_call_key(call, 3), &task_address_burn)) {
        invocation_log(call->invocation, "%s is not the burn address",
                       PUBKEY_TEXT(task_call_key(call, 3)));
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    uint64_t owed = task_book_owed(&call->book);
    if (owed == 0)
        return close_task(call);
    uint64_t held = invocation_account(call->invocation, 2)->lamports;
    /* Rent stays, too, until the last key has claimed. */
    uint64_t kept = owed + rent_minimum_balance(0);
    /* An amount that is too small to open the burn address stays, too (if the
     * bounty has moved, say): the bank would refuse the transaction. */
    uint64_t burned = invocation_account(call->invocation, 3)->lamports;
    if (held > kept && held - kept + burned >= rent_minimum_balance(0))
        error = invocation_move(call->invocation, 2, 3, held - kept);
    if (error)
        return error;
    header->terms.total_bounty_amount = 0;
    header->is_active = false;
    header->is_allowlisted = false;
    return task_call_save(call);
}
