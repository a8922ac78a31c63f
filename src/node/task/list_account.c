/*
 * What the journal says of lists counts, and not only what is remembered: after
 * a restart nothing else knows what an account holds.
 */
#include "node/task/list_account.h"

bool list_account_is_late(const struct duty *duty)
{
    return runner_rounds_is_late(duty->begun_in, duty->what.round);
}

static struct pubkey *place_of(const struct duty *duty)
{
    struct task_runner *runner = duty->runner;

    return list_account_is_late(duty) ? &runner->late_list_account
                                      : &runner->list_account;
}

const struct pubkey *list_account_of(const struct duty *duty)
{
    return place_of(duty);
}

int list_account_ask(struct duty *duty)
{
    const struct task_runner *runner = duty->runner;
    struct signer *signer = runner->parts->signer;

    return list_account_is_late(duty)
               ? signer_late_list_account(signer, &runner->task, place_of(duty))
               : signer_list_account(signer, &runner->task, place_of(duty));
}

/* A chunk of this round of the clock: the attempt in its name says which that
 * was. One that failed has left no trace in the account. */
static int note_uploaded(void *user, const struct journal_entry *entry)
{
    struct duty *duty = user;
    struct runner_rounds *rounds = duty->runner->rounds;
    const struct journal_name *name = &entry->name;

    if (name->kind == JOURNAL_UPLOAD && entry->state != JOURNAL_FAILED &&
        name->round + 2 + (name->part >> 16) == duty->begun_in &&
        runner_rounds_may_list(rounds, duty->begun_in, name->round))
        runner_rounds_note_list(rounds, duty->begun_in, name->round);
    return 0;
}

int list_account_is_free(struct duty *duty, bool *out)
{
    struct task_runner *runner = duty->runner;
    uint64_t oldest =
        duty->begun_in > ROUND_KEPT ? duty->begun_in - ROUND_KEPT : 0;
    int status = 0;

    if (!runner_rounds_has_listed(runner->rounds, duty->begun_in,
                                  duty->what.round))
        status = journal_each(runner->parts->journal, &runner->task, oldest,
                              note_uploaded, duty);
    *out = runner_rounds_may_list(runner->rounds, duty->begun_in,
                                  duty->what.round);
    return status;
}

/* The rest of the window is enough for another list. */
bool list_account_is_early(const struct duty *duty)
{
    const struct task_runner *runner = duty->runner;
    const struct round_clock *clock = &runner->view.clock;

    return runner_rounds_slot(runner->rounds) <
           round_first_slot(clock, duty->begun_in) +
               clock->submission_window / 2;
}

/* What the journal knows of the account that this list is for. */
struct holding {
    const struct duty *duty;
    bool is_held;
    uint64_t round; /* whose list was sent in the round of the clock before */
};

static int look_for_list(void *user, const struct journal_entry *entry)
{
    struct holding *holding = user;
    const struct journal_name *name = &entry->name;
    uint64_t sent_in = name->round + 2 + name->part;

    if (name->kind == JOURNAL_LIST && entry->state != JOURNAL_FAILED &&
        sent_in + 1 == holding->duty->begun_in &&
        name->round != holding->duty->what.round &&
        (name->part > 0) == list_account_is_late(holding->duty)) {
        holding->is_held = true;
        holding->round = name->round;
    }
    return 0;
}

/* A payout that failed is of no more use, and one that nothing is known of yet
 * is looked at at the beginning of this round. */
int list_account_is_kept(struct duty *duty, bool *out)
{
    struct task_runner *runner = duty->runner;
    struct holding holding = {.duty = duty};
    uint64_t oldest =
        duty->begun_in > ROUND_KEPT ? duty->begun_in - ROUND_KEPT : 0;
    const struct round_record *record;

    *out = false;
    if (!list_account_is_early(duty))
        return 0;
    int status = journal_each(runner->parts->journal, &runner->task, oldest,
                              look_for_list, &holding);
    record =
        round_memory_find(runner_rounds_memory(runner->rounds), holding.round);
    *out = holding.is_held && (!record || record->payout == CLIENT_PAYOUT_NONE);
    return status;
}
