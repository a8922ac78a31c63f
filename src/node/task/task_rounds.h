/*
 * What became of a task's rounds, for the journal (money/journal_round.h) and
 * for people.
 *
 * The brief of a round: {"round", "outcome", "proof":text or null,
 * "reward":text (negative: taken) or null, "losses":[{"kind":"list",
 * "accusation" or "own_list", "amount":text}], "payout":"none", "successful" or
 * "failed", "accused":bool, "at":ms (Unix), "evidence_until":ms}. Its detail:
 * {"accusers":[{"key","slot"}], "votes":[{"key","valid","slot"}] (on the
 * proof), "list":{"by":key, "mine":text or null, "sum":text} or null,
 * "verdicts":[{"key","valid","voted"}] (of this node, on others)}. Amounts are
 * decimal texts of base units. Outcomes: working, proving, waiting_for_payout,
 * accused, payout_failed, paid, slashed, penalty, no_proof, missed, given_up,
 * amount_not_read.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_TASK_TASK_ROUNDS_H
#define POND_NODE_TASK_TASK_ROUNDS_H

#include "node/task/round_end.h"
#include "node/task/runner.h"

/* This node's proof of a round is on chain. */
void task_rounds_proved(struct task_runner *runner, uint64_t round,
                        const char *proof);

/* Write down how a round ended, as far as that is known, in the account book,
 * too; tell its owner of a slash, and pin the evidence of it. is_paid: the
 * chain says that the round is. */
void task_rounds_ended(const struct round_end *end, bool is_paid);

/* The clock looks after a round no more that was never paid, if it has not
 * looked at its end. */
void task_rounds_given_up(struct task_runner *runner, uint64_t round);

/* The newest rounds as the memory has them, the newest first: an array of
 * briefs. */
void task_runner_rounds(const struct task_runner *runner,
                        struct json_writer *writer);

/* Duties of the rounds that the clock looks after: [{"kind", "round",
 * "from":slot, "until":slot, "state":"waiting", "open", "running", "done",
 * "failed", "missed" or "none", "slot":n or null, "failures":n,
 * "signature":text or null}] (task_duties.c). */
void task_runner_duties(const struct task_runner *runner,
                        struct json_writer *writer);

#endif
