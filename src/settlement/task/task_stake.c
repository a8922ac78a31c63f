/*
 * Coins of a task: Stake, Withdraw, ClaimReward, FundTask.
 *
 * Coins come in from accounts that the program owns (K2's native program can
 * debit no others, so clients make such accounts) and go out to any account. A
 * withdrawal moves no coins: it turns a stake into a claimable balance. K2's
 * clients expect that, and empty a staking key with a withdrawal and a claim in
 * one transaction.
 *
 * Invariants, re-checked by task_check():
 *
 * 1. the pot holds at least bounty + stakes + balances;
 * 2. a stake falls only by its owner's Withdraw, by a list's negative value, or
 *    by a penalty (both in task_payout.c);
 * 3. an amount of 0 has no row.
 *
 * The functions here serve both programs; pay_in() and pay_out() are the native
 * program's (struct task_coins).
 */
#include "base/check.h"
#include "settlement/task/task_call.h"
#include <inttypes.h>

/* A key's work is open to audit and payout for so many rounds before the
 * present one: what was submitted for round r is listed in r + 2 and, if the
 * first payout succeeds, paid then or in r + 3. Until then the stake stays, so
 * that it can be taken from. */
#define LOCK_ROUNDS 3

/* Rounds that are searched for lists and accusations that no payout has judged.
 * The creator can allow any number of failures, and so of open rounds; a payout
 * that nobody asked for in so many rounds will not come. */
#define JUDGED_ROUNDS 16

/* An account that was emptied is deleted when the transaction ends, so its row
 * `l` goes, too: a new account at that address must not seem to hold a list. */
static void forget_if_empty(struct task_call *call, size_t index)
{
    const struct loaded_account *account =
        invocation_account(call->invocation, index);
    if (account->lamports > 0)
        return;
    struct task_row row = {.kind = TASK_ROW_UPLOAD, .key = account->key};
    struct task_row_key key;
    task_rows_key(&call->book.task, &row, &key);
    struct bytes view = bytes_make(key.bytes, key.size);
    if (state_has(call->book.state, view))
        state_delete(call->book.state, view);
}

/* From the account of the actor (index 1) to the pot (index 2). */
static enum instruction_error pay_in(struct task_call *call, uint64_t amount)
{
    enum instruction_error error = task_call_require_own(call, 1);
    if (!error)
        error = task_call_require_pot(call, 2);
    if (error)
        return error;
    /* invocation_move() has the same error without the amounts. */
    uint64_t held = invocation_account(call->invocation, 1)->lamports;
    if (held < amount) {
        invocation_log(call->invocation,
                       "%s holds %" PRIu64 " and needs %" PRIu64,
                       PUBKEY_TEXT(task_call_key(call, 1)), held, amount);
        return INSTRUCTION_INSUFFICIENT_FUNDS;
    }
    error = invocation_move(call->invocation, 1, 2, amount);
    if (!error)
        forget_if_empty(call, 1);
    return error;
}

/* The claimer chooses the account. The pot must be the task's because the
 * program could debit any pot. */
static enum instruction_error pay_out(struct task_call *call, uint64_t amount)
{
    enum instruction_error error = task_call_require_pot(call, 2);
    return error ? error : task_call_pay(call, 2, 3, amount);
}

const struct task_coins task_stake_coins = {
    .pay_in = pay_in,
    .pay_out = pay_out,
};

/* Staking again raises a stake. The sum must reach the minimum, so that the
 * difference is enough after a penalty. If it does not, the instruction fails
 * and the coins have not moved. */
enum instruction_error task_stake_execute(struct task_call *call)
{
    const struct task_header *header = &call->book.header;
    uint64_t amount = call->instruction.amount;
    struct task_row row = {.kind = TASK_ROW_STAKE,
                           .key = *task_call_key(call, 1)};
    uint64_t minimum = header->terms.minimum_stake_amount;
    uint64_t before = task_book_stake(&call->book, &row.key);
    if (__builtin_add_overflow(before, amount, &row.stake.amount))
        return INSTRUCTION_ARITHMETIC_OVERFLOW;
    enum instruction_error error = call->coins->pay_in(call, amount);
    if (error)
        return error;
    /* An amount of 0 is allowed if there is a stake: it changes the address. */
    if (row.stake.amount < minimum || row.stake.amount == 0)
        return task_call_fail(call, TASK_ERROR_NOT_STAKED,
                              "the stake would be %" PRIu64
                              ", less than the minimum of %" PRIu64,
                              row.stake.amount, minimum);
    /* The newest address counts: a node that has moved stakes 0. */
    row.stake.ip_address = call->instruction.ip_address;
    task_book_put(&call->book, &row);
    return task_call_close(call);
}

/* Anybody may fund any task at any time, also an inactive one. A task that has
 * moved no longer pays, so coins sent to it would be lost. */
enum instruction_error task_stake_fund(struct task_call *call)
{
    struct task_terms *terms = &call->book.header.terms;
    uint64_t amount = call->instruction.amount;
    if (call->book.header.is_migrated)
        return task_call_fail(call, TASK_ERROR_MIGRATED,
                              "the task has moved to another id");
    enum instruction_error error = call->coins->pay_in(call, amount);
    if (error)
        return error;
    /* Pots cover all bounties, so the sum can't overflow. */
    CHECK(terms->total_bounty_amount <= UINT64_MAX - amount);
    terms->total_bounty_amount += amount;
    return task_call_save(call);
}

/* At most four look-ups by key. */
static bool has_recent_submission(struct task_call *call,
                                  const struct pubkey *key)
{
    struct task_row row = {.kind = TASK_ROW_SUBMISSION, .key = *key};
    row.round = call->round > LOCK_ROUNDS ? call->round - LOCK_ROUNDS : 0;
    CHECK(call->round - row.round <= LOCK_ROUNDS);
    for (; row.round <= call->round; row.round++) {
        if (task_rows_has(call->book.state, &call->book.task, &row))
            return true;
    }
    return false;
}

/* Whether a payout has judged what was raised or sent in that slot for a round,
 * or none will. The first attempt judges audits of submissions; lists and their
 * audits are judged by the attempt that tries them. */
static bool is_judged(struct task_call *call, enum task_row_kind kind,
                      uint64_t round, uint64_t slot)
{
    const struct task_header *header = &call->book.header;
    struct task_row row = {.kind = TASK_ROW_ROUND, .round = round};
    if (!task_rows_get(call->book.state, &call->book.task, &row) ||
        row.status.record == TASK_RECORD_SUCCESSFUL ||
        row.status.attempts > header->terms.allowed_failed_distributions)
        return true;
    if (row.status.tried_round == TASK_ROUND_NEVER)
        return false;
    CHECK(slot >= header->starting_slot);
    return kind == TASK_ROW_SUBMISSION_AUDIT ||
           (slot - header->starting_slot) / header->terms.round_time <=
               row.status.tried_round;
}

/* Whether the key has raised an audit of this kind for the round that is not
 * judged. All audits of the round are walked because they are rare and stand
 * under the accused's keys. *error is set if there are too few units. */
static bool has_accused(struct task_call *call, enum task_row_kind kind,
                        uint64_t round, const struct pubkey *key,
                        enum instruction_error *error)
{
    bool found = false;
    struct task_row row;
    struct task_rows_walk walk = task_rows_walk_open(
        call->book.state, &call->book.task, kind, &round, NULL);
    while (!found && !*error && task_rows_walk_next(&walk, &row)) {
        *error = invocation_charge(call->invocation, TASK_UNITS_ROW_WALKED);
        found = pubkey_equal(&row.audit.trigger_by, key) &&
                !is_judged(call, kind, round, row.audit.slot);
    }
    task_rows_walk_close(&walk);
    return found;
}

/* Whether the key may still be penalised, for an accusation or a list. */
static bool awaits_judgement(struct task_call *call, const struct pubkey *key,
                             enum instruction_error *error)
{
    bool found = false;
    uint64_t round = task_call_first_open_round(call);
    if (call->round > JUDGED_ROUNDS && round < call->round - JUDGED_ROUNDS)
        round = call->round - JUDGED_ROUNDS;
    for (; !found && !*error && round <= call->round; round++) {
        struct task_row list = {
            .kind = TASK_ROW_LIST, .round = round, .key = *key};
        *error = invocation_charge(call->invocation, 4 * TASK_UNITS_ROW_FOUND);
        found = task_rows_get(call->book.state, &call->book.task, &list) &&
                !is_judged(call, TASK_ROW_LIST, round, list.list.slot);
        if (!found)
            found = has_accused(call, TASK_ROW_SUBMISSION_AUDIT, round, key,
                                error) ||
                    has_accused(call, TASK_ROW_LIST_AUDIT, round, key, error);
    }
    return found;
}

/* The whole stake is withdrawn, also from tasks that are inactive or have
 * moved. The key may have no recent submission (LOCK_ROUNDS), and no list or
 * accusation that is not judged. A key that only voted can leave at once
 * because votes are not penalised. */
enum instruction_error task_stake_withdraw(struct task_call *call)
{
    enum instruction_error error = task_call_require_signer(call, 1);
    if (error)
        return error;
    const struct pubkey *key = task_call_key(call, 1);
    uint64_t stake = task_book_stake(&call->book, key);
    if (stake == 0)
        return task_call_fail(call, TASK_ERROR_NO_STAKE,
                              "You must stake before withdraw");
    if (has_recent_submission(call, key))
        return task_call_fail(call, TASK_ERROR_LOCKED,
                              "a key with a recent submission cannot withdraw");
    if (awaits_judgement(call, key, &error))
        return task_call_fail(call, TASK_ERROR_LOCKED,
                              "a key whose accusation or list no payout has "
                              "judged cannot withdraw");
    if (error)
        return error;
    CHECK(stake <= call->book.header.total_stake);
    task_book_set_stake(&call->book, key, 0);
    task_book_set_balance(&call->book, key,
                          task_book_balance(&call->book, key) + stake);
    return task_call_save(call);
}

/* The whole balance is claimed. It is set to 0 after the coins have moved: in
 * between only the token program runs, which can't call back. */
enum instruction_error task_stake_claim(struct task_call *call)
{
    enum instruction_error error = task_call_require_signer(call, 1);
    if (error)
        return error;
    const struct pubkey *key = task_call_key(call, 1);
    uint64_t balance = task_book_balance(&call->book, key);
    if (balance == 0)
        return task_call_fail(call, TASK_ERROR_NO_BALANCE,
                              "The provided claimer account doesn't have any "
                              "balance on task state");
    error = call->coins->pay_out(call, balance);
    if (error)
        return error;
    CHECK(balance <= call->book.header.total_balance);
    task_book_set_balance(&call->book, key, 0);
    return task_call_save(call);
}
