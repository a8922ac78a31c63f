#include "node/task/task_earnings.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/money/journal_writer.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Invariant: stake is the last that is written down, or on its way there,
 * whenever is_loaded.
 */
struct task_earnings {
    bool is_loaded;
    uint64_t stake;
    bool is_falling; /* the last answer had a lower one: */
    uint64_t fallen;
    bool is_slashed; /* by a list since the stake last fell */
};

struct task_earnings *task_earnings_new(void)
{
    return mem_zero(1, sizeof(struct task_earnings));
}

void task_earnings_free(struct task_earnings *book)
{
    free(book);
}

/* ---- writing ---- */

/* Copied, because the runner may be gone by then. */
struct noting {
    struct pubkey task, key;
    struct journal_earning earning;
    bool has_earning;
    uint64_t stake;
};

static void on_noted(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
    free(user);
}

static struct noting *noting_new(const struct task_runner *runner)
{
    struct noting *noting = mem_zero(1, sizeof(*noting));

    noting->task = runner->task;
    noting->key = runner->own;
    noting->earning.task = runner->task;
    noting->earning.at_ms = clock_unix_ms();
    noting->earning.slot = runner_rounds_slot(runner->rounds);
    snprintf(noting->earning.unit, sizeof(noting->earning.unit), "%s",
             runner->view.is_kpl ? PUBKEY_TEXT(&runner->view.token) : "KOII");
    return noting;
}

static int write_earning(struct journal *journal, void *user)
{
    const struct noting *noting = user;

    return journal_earning_note(journal, &noting->earning);
}

static int write_stake(struct journal *journal, void *user)
{
    const struct noting *noting = user;

    return journal_earning_note_stake(
        journal, &noting->task, &noting->key, noting->stake,
        noting->has_earning ? &noting->earning : NULL);
}

/* ---- rounds ---- */

/* A round that gave nothing is noted, too: it was paid, and this node's part
 * was 0. */
void task_earnings_paid(struct task_runner *runner, uint64_t round,
                        int64_t amount)
{
    struct noting *noting = noting_new(runner);

    noting->earning.round = round;
    noting->earning.kind = amount < 0 ? JOURNAL_SLASH : JOURNAL_REWARD;
    noting->earning.amount = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    runner->book->is_slashed |= amount < 0;
    journal_writer_run(runner->parts->writer, write_earning, on_noted, noting);
}

/* ---- the stake ---- */

/* loss 0: it has grown, was withdrawn, or is seen for the first time. */
static void put_stake(struct task_runner *runner, uint64_t stake, uint64_t loss)
{
    struct noting *noting = noting_new(runner);
    struct task_earnings *book = runner->book;

    noting->stake = stake;
    noting->has_earning = loss > 0;
    noting->earning.kind = JOURNAL_LOSS;
    noting->earning.round = runner_rounds_round(runner->rounds);
    noting->earning.amount = loss;
    u64le_write(noting->earning.reference.bytes, noting->earning.slot);
    book->stake = stake;
    book->is_falling = book->is_slashed = false;
    journal_writer_run(runner->parts->writer, write_stake, on_noted, noting);
}

/* Without an earlier figure nothing is known to have been lost. */
static bool load(struct task_runner *runner, uint64_t stake)
{
    struct task_earnings *book = runner->book;
    int status = journal_earning_stake(runner->parts->journal, &runner->task,
                                       &runner->own, &book->stake);

    book->is_loaded = status == 0 || status == ERR_NOT_FOUND;
    if (status == ERR_NOT_FOUND && stake)
        put_stake(runner, stake, 0);
    return book->is_loaded;
}

void task_earnings_look(struct task_runner *runner)
{
    struct task_earnings *book = runner->book;
    uint64_t stake;

    if (!runner->has_own || !runner->view.is_known)
        return;
    stake = task_view_stake(&runner->view, &runner->own);
    if (!book->is_loaded && !load(runner, stake))
        return;
    if (stake >= book->stake) {
        book->is_falling = false;
        if (stake > book->stake)
            put_stake(runner, stake, 0);
        return;
    }
    if (!book->is_falling || book->fallen != stake) {
        book->is_falling = true;
        book->fallen = stake;
        return;
    }
    put_stake(runner, stake,
              stake || book->is_slashed ? book->stake - stake : 0);
}
