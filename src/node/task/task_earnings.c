#include "node/task/task_earnings.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/money/journal_writer.h"
#include "node/task/task_said.h"

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
    const struct node_parts *parts; /* outlive the writer */
    struct pubkey task, key;
    struct journal_earning earning;
    bool has_earning;
    uint64_t stake;
    int64_t action; /* the journal's, that moved it; 0: none */
};

static void on_noted(void *user, int status)
{
    const struct noting *noting = user;

    if (status)
        log_error("journal", "%s", err_text());
    else
        task_said_entry(noting->parts, &noting->earning);
    free(user);
}

static struct noting *noting_new(const struct task_runner *runner)
{
    struct noting *noting = mem_zero(1, sizeof(*noting));

    noting->parts = runner->parts;
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
    struct noting *noting = user;

    return noting->action ? journal_earning_note_action(journal, noting->action,
                                                        &noting->earning)
                          : journal_earning_note(journal, &noting->earning);
}

static int write_stake(struct journal *journal, void *user)
{
    struct noting *noting = user;

    return journal_earning_note_stake(
        journal, &noting->task, &noting->key, noting->stake,
        noting->has_earning ? &noting->earning : NULL, noting->action);
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
    noting->earning.reason = amount < 0 ? "list" : NULL;
    noting->earning.amount = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    runner->book->is_slashed |= amount < 0;
    journal_writer_run(runner->parts->writer, write_earning, on_noted, noting);
}

void task_earnings_penalty(struct task_runner *runner, uint64_t round,
                           uint64_t amount, const struct hash *reference,
                           const char *reason)
{
    struct noting *noting = noting_new(runner);

    noting->earning.round = round;
    noting->earning.kind = JOURNAL_PENALTY;
    noting->earning.amount = amount;
    noting->earning.reference = *reference;
    noting->earning.reason = reason;
    journal_writer_run(runner->parts->writer, write_earning, on_noted, noting);
}

void task_earnings_missed(struct task_runner *runner, uint64_t round)
{
    struct noting *noting = noting_new(runner);

    noting->earning.round = round;
    noting->earning.kind = JOURNAL_MISSED;
    journal_writer_run(runner->parts->writer, write_earning, on_noted, noting);
}

/* ---- what the node's own orders moved ---- */

/* What a final action of the journal moved; nothing that belongs to a round. */
static struct noting *noting_of(const struct task_runner *runner,
                                const struct journal_entry *entry,
                                enum journal_earning_kind kind)
{
    struct noting *noting = noting_new(runner);

    noting->action = entry->id;
    noting->earning.kind = kind;
    noting->earning.round = JOURNAL_EARNING_NO_ROUND;
    noting->earning.slot = entry->slot;
    noting->earning.amount = entry->amount;
    journal_earning_sign(&noting->earning, &entry->signature);
    return noting;
}

/* A stake is as large as its transaction says. What has been noted meanwhile
 * changes nothing. */
static void note_stake(struct task_runner *runner)
{
    struct journal_entry entry;

    if (journal_find_unnoted(runner->parts->journal, &runner->task,
                             JOURNAL_STAKE, &entry) == 0 ||
        journal_find_unnoted(runner->parts->journal, &runner->task,
                             JOURNAL_STAKE_MORE, &entry) == 0)
        journal_writer_run(runner->parts->writer, write_earning, on_noted,
                           noting_of(runner, &entry, JOURNAL_STAKED));
}

void task_earnings_claimed(struct task_runner *runner,
                           const struct journal_entry *entry, uint64_t amount)
{
    struct noting *noting = noting_of(runner, entry, JOURNAL_CLAIMED);

    noting->earning.amount = amount;
    journal_writer_run(runner->parts->writer, write_earning, on_noted, noting);
}

/* ---- the stake ---- */

static void put_stake(struct task_runner *runner, uint64_t stake,
                      struct noting *noting)
{
    struct task_earnings *book = runner->book;

    noting->stake = stake;
    book->stake = stake;
    book->is_falling = book->is_slashed = false;
    journal_writer_run(runner->parts->writer, write_stake, on_noted, noting);
}

static void put_loss(struct task_runner *runner, uint64_t stake)
{
    struct noting *noting = noting_new(runner);

    noting->has_earning = true;
    noting->earning.kind = JOURNAL_LOSS;
    noting->earning.round = runner_rounds_round(runner->rounds);
    noting->earning.amount = runner->book->stake - stake;
    u64le_write(noting->earning.reference.bytes, noting->earning.slot);
    put_stake(runner, stake, noting);
}

/* Is the newest withdrawal one whose end is not known? */
static bool is_withdrawing(const struct task_runner *runner)
{
    struct journal *journal = runner->parts->journal;
    struct journal_name name = {.task = runner->task, .kind = JOURNAL_WITHDRAW};
    struct journal_entry entry;

    if (journal_next_number(journal, &runner->task, JOURNAL_WITHDRAW,
                            &name.round) ||
        !name.round)
        return false;
    name.round--;
    return journal_find(journal, &name, &entry) == 0 &&
           entry.state == JOURNAL_OPEN;
}

static bool has_withdrawn(const struct task_runner *runner,
                          struct journal_entry *out)
{
    return journal_find_unnoted(runner->parts->journal, &runner->task,
                                JOURNAL_WITHDRAW, out) == 0;
}

/* The stake is gone whole. A withdrawal whose end is not known is waited for.
 * What no order of this node took is withdrawn by its owner elsewhere, unless a
 * list has just taken it. */
static void put_end(struct task_runner *runner)
{
    struct journal_entry entry;
    struct noting *noting;

    if (is_withdrawing(runner))
        return;
    if (has_withdrawn(runner, &entry)) {
        noting = noting_of(runner, &entry, JOURNAL_UNSTAKED);
    } else if (runner->book->is_slashed) {
        put_loss(runner, 0);
        return;
    } else {
        noting = noting_new(runner);
        noting->earning.kind = JOURNAL_UNSTAKED;
        noting->earning.round = JOURNAL_EARNING_NO_ROUND;
        noting->earning.reason = "elsewhere";
        u64le_write(noting->earning.reference.bytes, noting->earning.slot);
    }
    noting->has_earning = true;
    noting->earning.amount = runner->book->stake;
    put_stake(runner, 0, noting);
}

/* Without an earlier figure nothing is known to have been lost. */
static bool load(struct task_runner *runner, uint64_t stake)
{
    struct task_earnings *book = runner->book;
    int status = journal_earning_stake(runner->parts->journal, &runner->task,
                                       &runner->own, &book->stake);

    book->is_loaded = status == 0 || status == ERR_NOT_FOUND;
    if (status == ERR_NOT_FOUND && stake)
        put_stake(runner, stake, noting_new(runner));
    return book->is_loaded;
}

/* What a withdrawal that is final took needs no second answer. */
static void look_at_fall(struct task_runner *runner, uint64_t stake)
{
    struct task_earnings *book = runner->book;
    struct journal_entry entry;

    if (!stake && has_withdrawn(runner, &entry)) {
        put_end(runner);
    } else if (!book->is_falling || book->fallen != stake) {
        book->is_falling = true;
        book->fallen = stake;
    } else if (stake) {
        put_loss(runner, stake);
    } else {
        put_end(runner);
    }
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
    note_stake(runner);
    if (stake < book->stake) {
        look_at_fall(runner, stake);
        return;
    }
    book->is_falling = false;
    if (stake > book->stake)
        put_stake(runner, stake, noting_new(runner));
}
