#include "node/task/task_notices.h"

#include "base/clock.h"
#include "base/memory.h"
#include "node/owner/notice_book.h"

#include <inttypes.h>
#include <stdlib.h>

static void tell(struct task_runner *runner, enum notice_kind kind)
{
    uint64_t count = runner->missed_in_row;
    char *text =
        mem_format("%s sent no proof in %" PRIu64 " round%s, although it ran.",
                   runner->view.name, count, count == 1 ? "" : "s");
    char *facts = mem_format("{\"n\":%" PRIu64 "}", count);

    notice_book_raise(runner->parts->notices, clock_unix_ms(), kind,
                      runner->task_text, text, facts);
    free(facts);
    free(text);
}

void task_notices_proof(struct task_runner *runner, uint64_t round,
                        bool was_sent)
{
    struct notice_book *book = runner->parts->notices;

    if (!book || round < runner->missed_next)
        return;
    runner->missed_next = round + 1;
    runner->missed_in_row = was_sent ? 0 : runner->missed_in_row + 1;
    bool is_many = runner->missed_in_row >= TASK_NOTICES_MISSED_MANY;

    /* One of the two is enough. */
    if (was_sent || is_many)
        notice_book_end(book, NOTICE_PROOF_MISSED, runner->task_text);
    if (was_sent)
        notice_book_end(book, NOTICE_PROOFS_MISSED, runner->task_text);
    else
        tell(runner, is_many ? NOTICE_PROOFS_MISSED : NOTICE_PROOF_MISSED);
}

/* ---- accusations ---- */

/* Whether the clock still looks after how a round ends. */
static bool is_looked_after(const struct task_runner *runner, uint64_t round)
{
    return round + ROUND_KEPT - 1 > runner_rounds_round(runner->rounds);
}

static const struct round_record *newest_accused(struct task_runner *runner)
{
    const struct round_memory *memory = runner_rounds_memory(runner->rounds);
    const struct round_record *newest = NULL;

    for (size_t i = 0; i < ROUND_KEPT; i++) {
        const struct round_record *record = &memory->records[i];

        if (record->is_accused && !record->is_written &&
            is_looked_after(runner, record->round_plus_one - 1) &&
            (!newest || record->round_plus_one > newest->round_plus_one))
            newest = record;
    }
    return newest;
}

static void tell_accused(struct task_runner *runner, uint64_t round,
                         size_t votes, uint64_t slots_left)
{
    uint64_t now_ms = clock_unix_ms();
    char *about = mem_format("%" PRIu64, round);
    char *text = mem_format("%zu node%s that the proof of round %" PRIu64
                            " for %s is false. The nodes vote on it.",
                            votes, votes == 1 ? " says" : "s say", round,
                            runner->view.name);
    char *facts =
        mem_format("{\"round\":%" PRIu64 ",\"n\":%zu,\"until\":%" PRIu64 "}",
                   round, votes, now_ms + slots_left * runner->parts->slot_ms);

    notice_book_renew(runner->parts->notices, now_ms, NOTICE_ACCUSED,
                      runner->task_text, about, text, facts);
    free(facts);
    free(text);
    free(about);
}

/* A node that has begun anew does not know of a round before it has read it. */
static bool may_last(struct task_runner *runner, uint64_t round)
{
    const struct round_record *record =
        round_memory_find(runner_rounds_memory(runner->rounds), round);

    return is_looked_after(runner, round) &&
           (!record ||
            (!record->is_written && (record->is_accused || !record->peers)));
}

/* What was voted on before this node began, it has been told of: a round whose
 * end it has seen is read again after a restart. */
void task_notices_accused(struct task_runner *runner)
{
    const struct round_clock *clock = &runner->view.clock;
    uint64_t slot = runner_rounds_slot(runner->rounds), until = 0;
    struct notice_book *book = runner->parts->notices;
    const char *about;

    if (!book)
        return;
    const struct round_record *record = newest_accused(runner);

    /* Votes are taken in the round after it. */
    if (record)
        until = round_first_slot(clock, record->round_plus_one) +
                clock->submission_window + clock->audit_window;
    if (record && (slot < until || record->was_running))
        tell_accused(runner, record->round_plus_one - 1, record->votes_against,
                     slot < until ? until - slot : 0);
    else if ((about = notice_book_renewed(book, NOTICE_ACCUSED,
                                          runner->task_text)) &&
             !may_last(runner, strtoull(about, NULL, 10)))
        notice_book_end(book, NOTICE_ACCUSED, runner->task_text);
}

/* ---- the end ---- */

void task_notices_over(struct task_runner *runner)
{
    static const enum notice_kind kinds[] = {
        NOTICE_TASK_FAILED, NOTICE_PROOF_MISSED, NOTICE_PROOFS_MISSED,
        NOTICE_ACCUSED};
    struct notice_book *book = runner->parts->notices;

    for (size_t i = 0; book && i < sizeof(kinds) / sizeof(*kinds); i++)
        notice_book_end(book, kinds[i], runner->task_text);
}
