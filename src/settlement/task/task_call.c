/*
 * What the instructions have in common: opening the task, its rounds, checks of
 * accounts, writing the header back.
 *
 * As a rule an instruction checks everything before it writes. The bank drops a
 * failed one's writes, so this is not for safety but for the log, which names
 * the first fault in the order in which a person would ask: who signs, which
 * accounts, when, what.
 *
 * There are two kinds of errors. A breach of the task's rules is a Custom code
 * (enum task_error) with a log line. A wrong account (not signed, not writable,
 * another program's) is one of Solana's own errors, which wallets and explorers
 * can explain.
 *
 * Cost: opening reads and saving writes one row, the header; rows are walked
 * only to drop old ones, a few at a time.
 */
#include "settlement/task/task_call.h"
#include "base/check.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_error.h"
#include "settlement/task/task_text.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Rounds whose rows stay in addition to those that failed payouts may still
 * need. The lock on withdrawals looks three rounds back, and nodes choose who
 * makes the list by the submissions of the two rounds before. */
#define ROUNDS_KEPT 3

/* Rows of closed rounds that are dropped with each instruction. A submission
 * adds one row and may be followed by an audit, a vote and a list, so four at a
 * time keep pace. */
#define ROWS_DROPPED 4

/* The text is cut at 255 bytes; two keys and four numbers fit. */
enum instruction_error task_call_fail(struct task_call *call,
                                      enum task_error number,
                                      const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    invocation_log(call->invocation, "%s", text);
    return invocation_custom(call->invocation, number);
}

/* Three things make an account a task. This program owns it; but the program
 * also owns staking keys, pots and data accounts. It is rendered, which only
 * task_admin_found() makes it. It has a header, which a deleted task no longer
 * has.
 *
 * Rounds count from the slot of creation. Slots only grow, so no slot is before
 * it. A task that has moved opens, too: its stakes can still be withdrawn. */
static enum instruction_error open_task(struct task_call *call, size_t index,
                                        bool is_written)
{
    struct invocation *invocation = call->invocation;
    const struct loaded_account *account =
        invocation_account(invocation, index);
    CHECK(account);
    if (is_written && !invocation_is_writable(invocation, index)) {
        invocation_log(invocation, "the task's account is not writable");
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    if (!pubkey_equal(&account->owner, &invocation->program)) {
        invocation_log(invocation, "incorrect program id for instruction");
        return INSTRUCTION_INCORRECT_PROGRAM_ID;
    }
    /* Other accounts of this program are staking keys, pots and lists. */
    if (!account->rendered ||
        !task_book_open(&call->book, invocation->state, &account->key,
                        invocation->arena)) {
        invocation_log(invocation, TASK_NOT_FOUND_WORDS);
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    }
    const struct task_header *header = &call->book.header;
    CHECK(call->slot >= header->starting_slot);
    CHECK(header->terms.round_time > 0);
    uint64_t age = call->slot - header->starting_slot;
    call->round = age / header->terms.round_time;
    call->offset = age % header->terms.round_time;
    return INSTRUCTION_OK;
}

enum instruction_error task_call_dispatch(struct task_call *call,
                                          const struct task_handler *handler)
{
    CHECK(handler->execute && call->coins);
    invocation_log(call->invocation, "Instruction: %s",
                   task_instruction_name(call->instruction.kind));
    enum instruction_error error =
        invocation_require(call->invocation, handler->accounts);
    if (!error && handler->opens_task)
        error = open_task(call, handler->task_index, handler->writes_task);
    return error ? error : handler->execute(call);
}

struct pubkey task_call_manager_list(const struct task_call *call)
{
    return task_address_managers_of(&call->invocation->program);
}

/* Rows are dropped here, too, so that a task without submissions has few rows
 * by the time all keys have withdrawn and claimed: DeleteTask pays for the
 * rest. */
enum instruction_error task_call_save(struct task_call *call)
{
    task_book_drop(&call->book, task_call_first_open_round(call), ROWS_DROPPED);
    task_book_save(&call->book);
    return INSTRUCTION_OK;
}

enum instruction_error task_call_charge_rows(struct task_call *call)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < TASK_COUNTS; i++)
        rows += call->book.header.counts[i];
    return invocation_charge(call->invocation, rows * TASK_UNITS_ROW_WRITTEN);
}

/* A task that is full of closed rounds makes room by itself. A new row fails
 * only if there is nothing left to drop. */
enum instruction_error task_call_close(struct task_call *call)
{
    struct task_book *book = &call->book;
    enum instruction_error error = INSTRUCTION_OK;
    uint64_t end = task_call_first_open_round(call);
    CHECK(end <= call->round);
    /* Tasks are nearly always far from full: then the bound is enough. */
    if (task_text_size_max(&book->header) <= book->header.space)
        return task_call_save(call);
    uint64_t size = task_book_size(book);
    while (!error && size > book->header.space &&
           task_book_drop(book, end, ROWS_DROPPED) > 0) {
        error = invocation_charge(call->invocation,
                                  ROWS_DROPPED * TASK_UNITS_ROW_WRITTEN);
        size = task_book_size(book);
    }
    if (error)
        return error;
    if (size > book->header.space) {
        invocation_log(call->invocation,
                       "the task's state would be %" PRIu64
                       " bytes and has room for %" PRIu64,
                       size, book->header.space);
        return INSTRUCTION_ACCOUNT_DATA_TOO_SMALL;
    }
    return task_call_save(call);
}

enum instruction_error task_call_require_signer(struct task_call *call,
                                                size_t index)
{
    if (invocation_is_signer(call->invocation, index))
        return INSTRUCTION_OK;
    invocation_log(call->invocation, "%s must sign",
                   PUBKEY_TEXT(task_call_key(call, index)));
    return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
}

enum instruction_error task_call_require_pot(struct task_call *call,
                                             size_t index)
{
    if (pubkey_equal(task_call_key(call, index),
                     &call->book.header.stake_pot_account))
        return INSTRUCTION_OK;
    return task_call_fail(call, TASK_ERROR_WRONG_STAKE_POT,
                          "%s is not the task's stake pot",
                          PUBKEY_TEXT(task_call_key(call, index)));
}

/* Like K2's, the native program debits only accounts that it owns: clients make
 * such an account, fund it, and name it. A task's account is owned, too, but
 * its lamports are its rent and must not be staked. */
enum instruction_error task_call_require_own(struct task_call *call,
                                             size_t index)
{
    struct invocation *invocation = call->invocation;
    const struct loaded_account *account =
        invocation_account(invocation, index);
    enum instruction_error error = task_call_require_signer(call, index);
    if (error)
        return error;
    if (!pubkey_equal(&account->owner, &invocation->program)) {
        invocation_log(invocation, "%s is not owned by the task program",
                       PUBKEY_TEXT(&account->key));
        return INSTRUCTION_INVALID_ACCOUNT_OWNER;
    }
    if (account->rendered) {
        invocation_log(invocation, "%s is a task", PUBKEY_TEXT(&account->key));
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    }
    return INSTRUCTION_OK;
}

enum instruction_error task_call_require_stake(struct task_call *call,
                                               const struct pubkey *key)
{
    uint64_t minimum = call->book.header.terms.minimum_stake_amount;
    uint64_t stake = task_book_stake(&call->book, key);
    if (stake >= minimum)
        return INSTRUCTION_OK;
    return task_call_fail(call, TASK_ERROR_NOT_STAKED,
                          "%s has a stake of %" PRIu64 " and needs %" PRIu64,
                          PUBKEY_TEXT(key), stake, minimum);
}

/* A payout may fail allowed_failed_distributions times and be tried once more,
 * each time in a round of its own; ROUNDS_KEPT are for the first attempt.
 * Neither subtraction can wrap: the allowance is any number below 2^63. */
uint64_t task_call_first_open_round(const struct task_call *call)
{
    uint64_t failures = call->book.header.terms.allowed_failed_distributions;
    if (call->round < ROUNDS_KEPT || call->round - ROUNDS_KEPT < failures)
        return 0;
    return call->round - ROUNDS_KEPT - failures;
}

/* The age is checked first because a dropped round has no rows: the second
 * check would wrongly say that nothing was submitted. */
enum instruction_error task_call_require_open_round(struct task_call *call,
                                                    uint64_t round,
                                                    struct task_round *status)
{
    struct task_row row = {.kind = TASK_ROW_ROUND, .round = round};
    uint64_t failures = call->book.header.terms.allowed_failed_distributions;
    if (round < task_call_first_open_round(call))
        return task_call_fail(call, TASK_ERROR_ROUND_CLOSED,
                              "round %" PRIu64 " is too long ago", round);
    if (!task_rows_get(call->book.state, &call->book.task, &row))
        return task_call_fail(call, TASK_ERROR_NO_SUBMISSION,
                              "nothing was submitted for round %" PRIu64,
                              round);
    if (row.status.record == TASK_RECORD_SUCCESSFUL)
        return task_call_fail(call, TASK_ERROR_ROUND_CLOSED,
                              "round %" PRIu64 " is paid", round);
    if (row.status.attempts > failures)
        return task_call_fail(call, TASK_ERROR_ROUND_CLOSED,
                              "round %" PRIu64 " was given up", round);
    *status = row.status;
    return INSTRUCTION_OK;
}

/* If the pot fell below its rent the bank would fail the transaction without
 * naming it. If it fell to 0 lamports it would be deleted, and its address
 * could become another task's pot. */
enum instruction_error task_call_pay(struct task_call *call, size_t pot,
                                     size_t to, uint64_t lamports)
{
    uint64_t held = invocation_account(call->invocation, pot)->lamports;
    CHECK(pubkey_equal(task_call_key(call, pot),
                       &call->book.header.stake_pot_account));
    if (held < lamports || held - lamports < rent_minimum_balance(0)) {
        invocation_log(call->invocation,
                       "the stake pot holds %" PRIu64 " and must keep %" PRIu64
                       " for rent",
                       held, rent_minimum_balance(0));
        return INSTRUCTION_INSUFFICIENT_FUNDS;
    }
    return invocation_move(call->invocation, pot, to, lamports);
}
