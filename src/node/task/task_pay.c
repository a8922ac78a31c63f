/*
 * Payouts, and what they brought.
 *
 * Anyone may send a round's Payout, and one is enough: its submitters take
 * turns (round_turn()), TURN_SLOTS apart, and each looks first whether it has
 * been sent.
 *
 * A payout is looked at by every node, staked or not, until the chain says that
 * the round is paid or the clock gives it up: that is how a node learns how a
 * round ended. So this duty mostly ends with AGAIN.
 *
 * What a round brought is read from a list on chain and remembered for the
 * status; nothing is decided by it. What can be claimed is the balance's to say
 * (task_money.c).
 */
#include "node/task/task_pay.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/task/task_notices.h"
#include "node/task/task_rounds.h"
#include "settlement/format/task_distribution_list.h"

#include <inttypes.h>
#include <stdlib.h>

/* Enough for the transaction of the one before to land. */
#define TURN_SLOTS 3

/* Between two looks at whether it is paid, or can be. */
#define LOOK_SLOTS 3

/* While others have their turns: whoever was faster is seen by then, and so is
 * what the round brought or took. */
#define TURN_LOOK_SLOTS 6

/* ---- what a round brought ---- */

static struct round_record *end_of(struct duty *duty)
{
    struct round_record *round = duty_record(duty);

    task_rounds_ended(duty->end, true);
    round->is_written = true;
    task_notices_accused(duty->runner);
    return round;
}

static void free_end(struct duty *duty)
{
    round_end_free(duty->end);
}

/* A list that can no longer be read (its account serves the next round) leaves
 * the reward unknown, never guessed. */
static void on_paid_list(void *user, int status,
                         const struct client_account *account)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    const struct pubkey *own = &runner->own;
    struct round_record *round;
    struct task_list_entry *entries;
    struct arena arena = {0};
    size_t count;

    if (!runner_arrived(runner)) {
        duty_free(duty);
        return;
    }
    if (!status && account &&
        task_list_parse(account->data, &runner->task, duty->what.round, &arena,
                        &entries, &count) == 0) {
        round_end_take_list(duty->end, entries, count);
        round = end_of(duty);
        round->has_reward = true;
        round->reward = 0;
        for (size_t i = 0; i < count; i++)
            if (pubkey_equal(&entries[i].key, own))
                round->reward = entries[i].amount;
        log_info("task", "%.8s round %" PRIu64 " is paid: %" PRId64 " %s",
                 runner->task_text, duty->what.round, round->reward,
                 runner->view.is_kpl ? "base units" : "roe");
    } else {
        end_of(duty);
    }
    arena_free(&arena);
    duty_end(duty, ROUND_DONE, 0);
}

/* Votes as they stand in the end, and the own proof. Where they can't be read
 * the list says most of it. */
static void on_proofs(void *user, int status, const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;

    if (!runner_arrived(runner)) {
        duty_free(duty);
        return;
    }
    if (!status)
        round_end_take_proofs(duty->end, answer);
    if (!duty->has_paid_list) {
        end_of(duty);
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    runner_depart(runner);
    client_account_info(runner->parts->client, &duty->paid_list, on_paid_list,
                        duty);
}

/* The round is closed: read what it brought from a list that was not voted down
 * (those agree, or an honest node would have accused one). The state is wanted
 * anew: stakes and balances have changed. */
static void take_paid(struct duty *duty, const struct client_round *answer)
{
    struct task_runner *runner = duty->runner;
    const struct client_entry *by = NULL;

    CHECK(answer->payout == CLIENT_PAYOUT_SUCCESSFUL);
    duty_record(duty)->payout = CLIENT_PAYOUT_SUCCESSFUL;
    runner_want_view(runner);
    for (size_t i = 0; i < answer->entry_count && !by; i++) {
        const struct client_entry *entry = &answer->entries[i];

        if (!entry->is_audited || round_end_tally(entry) >= 0)
            by = entry;
    }
    duty->end = round_end_new(runner, duty->what.round);
    duty->free_part = free_end;
    round_end_take_lists(duty->end, answer, by);
    duty->has_paid_list = by != NULL;
    if (by)
        duty->paid_list = by->data_account;
    runner_depart(runner);
    client_task_submissions(runner->parts->client, &runner->task,
                            duty->what.round, on_proofs, duty);
}

/* ---- sending ---- */

/* Somebody else was faster, or it is too early: the next look says more. */
static void on_payout(void *user, const struct sender_result *result)
{
    struct duty *duty = user;

    if (!runner_arrived(duty->runner)) {
        duty_free(duty);
        return;
    }
    if (result->status && result->custom != TASK_ERROR_ROUND_CLOSED &&
        result->custom != TASK_ERROR_VOTING_ONGOING &&
        result->custom != TASK_ERROR_DUPLICATE) {
        err_set(result->status, "%s", result->text);
        duty_fail(duty, "the payout was not taken");
        return;
    }
    /* The next look says how it ended. */
    duty_end(duty, ROUND_AGAIN, 1);
}

/* Named by the attempt: a failed payout of the round before is another action.
 * The data account that it names is the first list's. */
static int send_payout(struct duty *duty, const struct client_entry *entry)
{
    struct task_runner *runner = duty->runner;
    const struct journal_name name = {.task = runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_PAYOUT,
                                      .part = duty_attempt(duty)};
    struct recipe recipe;

    runner_recipe(runner, &recipe);
    int status = recipe_payout(&recipe, &runner->task, duty->what.round,
                               &entry->data_account);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    status =
        sender_send(runner->parts->sender, &name, 0, &recipe, on_payout, duty);
    if (!status)
        runner_depart(runner);
    return status;
}

/* Slots this node leaves to those before it. A node that did not submit comes
 * after all that did. Within the rest of the round, which is where a payout
 * belongs. */
static uint64_t turn_slots(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    const struct round_clock *clock = &runner->view.clock;
    const struct round_record *round = duty_record(duty);
    const struct pubkey *own = &runner->own;
    uint64_t rest =
        clock->round_time - clock->submission_window - clock->audit_window;
    struct pubkey *keys = mem_alloc((round->peer_count + 1) * sizeof(*keys));
    size_t turn = round->peer_count;
    bool has_part = false;

    CHECK(duty->begun_in >= duty->what.round + 2);
    for (size_t i = 0; i < round->peer_count; i++) {
        keys[i] = round->peers[i].key;
        has_part |= pubkey_equal(&keys[i], own);
    }
    if (has_part)
        turn = round_turn(&runner->task, duty->what.round, keys,
                          round->peer_count, own);
    free(keys);
    /* The last third of the rest is open to all. */
    return turn * TURN_SLOTS < rest * 2 / 3 ? turn * TURN_SLOTS : rest * 2 / 3;
}

/* From when on the lists can be paid (docs/settlement.md, "Payout"). Lists of
 * this round of the clock can be voted on until its audit window ends. */
static uint64_t payable_from(struct duty *duty,
                             const struct client_round *answer)
{
    const struct round_clock *clock = &duty->runner->view.clock;
    uint64_t first = round_first_slot(clock, duty->begun_in);

    for (size_t i = 0; i < answer->entry_count; i++)
        if (answer->entries[i].slot >= first)
            return first + clock->submission_window + clock->audit_window;
    return first;
}

/* Looked at again and again until the round is paid or given up. A payout that
 * failed needs newer lists first; those of this round of the clock show by
 * payable_from(). */
static void on_distributions(void *user, int status,
                             const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    uint64_t from, next_round;

    if (!runner_arrived(runner)) {
        duty_free(duty);
        return;
    }
    if (status) {
        duty_fail(duty, "can't read the lists");
        return;
    }
    duty_record(duty)->payout = answer->payout;
    if (answer->payout == CLIENT_PAYOUT_SUCCESSFUL) {
        take_paid(duty, answer);
        return;
    }
    from = payable_from(duty, answer);
    next_round = round_first_slot(&runner->view.clock, duty->begun_in + 1);
    if (!answer->entry_count ||
        (answer->payout == CLIENT_PAYOUT_FAILED &&
         from == round_first_slot(&runner->view.clock, duty->begun_in))) {
        /* No list yet, or none after the last attempt failed. */
        duty_end(duty, ROUND_AGAIN, LOOK_SLOTS);
        return;
    }
    from += turn_slots(duty);
    if (runner_rounds_slot(runner->rounds) < from) {
        uint64_t left = from - runner_rounds_slot(runner->rounds);

        duty_end(duty, ROUND_AGAIN,
                 left < TURN_LOOK_SLOTS ? left : TURN_LOOK_SLOTS);
        return;
    }
    /* Too late for this round of the clock: sent now it would land in the next,
     * where it is another attempt with another name. */
    if (runner_rounds_slot(runner->rounds) + 1 >= next_round)
        duty_end(duty, ROUND_AGAIN, LOOK_SLOTS);
    else if (send_payout(duty, &answer->entries[0]) < 0)
        duty_end(duty, ROUND_AGAIN, LOOK_SLOTS);
}

/* The turns are those of the round's submitters. */
static void on_submitters(void *user, int status,
                          const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;

    if (!runner_arrived(runner)) {
        duty_free(duty);
        return;
    }
    if (status) {
        duty_fail(duty, "can't read the submissions");
        return;
    }
    duty_note_peers(duty, answer);
    if (!answer->entry_count) {
        /* Nothing to pay. */
        duty->end = round_end_new(runner, duty->what.round);
        duty->free_part = free_end;
        end_of(duty);
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    runner_depart(runner);
    client_task_distributions(runner->parts->client, &runner->task,
                              duty->what.round, on_distributions, duty);
}

/* Their keys may be known from the list before; a restarted node asks. */
void task_pay_begin(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    const struct round_record *round = round_memory_find(
        runner_rounds_memory(runner->rounds), duty->what.round);

    CHECK(duty->what.action == ROUND_PAYOUT);
    runner_depart(runner);
    if (round && round->peer_count)
        client_task_distributions(runner->parts->client, &runner->task,
                                  duty->what.round, on_distributions, duty);
    else
        client_task_submissions(runner->parts->client, &runner->task,
                                duty->what.round, on_submitters, duty);
}
