/*
 * Duties as people see them: what the clock's progress says, the slots that
 * each has, and the transaction that the journal has of it.
 */
#include "node/task/task_rounds.h"

#include "node/task/task_runner.h"

#include <string.h>

/* The newest transaction of each action of a round. */
struct sent {
    uint64_t round;
    struct {
        bool is_there, is_final;
        uint64_t slot;
        struct signature signature;
    } by[ROUND_ACTIONS];
};

/* An accusation and a vote are of one kind: the vote comes later. */
static int take_sent(void *user, const struct journal_entry *entry)
{
    static const enum round_action actions[] = {
        [JOURNAL_SUBMIT] = ROUND_SUBMIT,
        [JOURNAL_AUDIT] = ROUND_AUDIT,
        [JOURNAL_UPLOAD] = ROUND_LIST,
        [JOURNAL_LIST] = ROUND_LIST,
        [JOURNAL_PAYOUT] = ROUND_PAYOUT,
        [JOURNAL_LIST_AUDIT] = ROUND_LIST_AUDIT,
    };
    struct sent *sent = user;

    if (entry->name.kind >= JOURNAL_STAKE || entry->name.round != sent->round)
        return 0;
    enum round_action action = actions[entry->name.kind];

    sent->by[action].is_there = true;
    sent->by[action].is_final = entry->state == JOURNAL_FINAL;
    sent->by[action].slot = entry->slot;
    sent->by[action].signature = entry->signature;
    return 0;
}

/* Others may have nothing to do: nobody is accused, or it is another's turn. */
static bool is_owed(enum round_action action)
{
    return action == ROUND_TASK || action == ROUND_SUBMIT ||
           action == ROUND_AUDIT;
}

static const char *state_of(const struct round_step *step,
                            enum round_action action, uint64_t slot,
                            uint64_t from, uint64_t until)
{
    if (step && step->is_running)
        return "running";
    if (step && step->is_done)
        return "done";
    if (slot >= until)
        return is_owed(action) ? "missed" : "none";
    if (step && step->failures)
        return "failed";
    return slot < from ? "waiting" : "open";
}

static void write_duty(const struct task_runner *runner,
                       enum round_action action, uint64_t round, uint64_t now,
                       const struct sent *sent, struct json_writer *writer)
{
    const struct round_progress *progress =
        runner_rounds_progress(runner->rounds);
    size_t place = round % ROUND_KEPT;
    const struct round_step *step =
        progress->rounds[place].round_plus_one == round + 1
            ? &progress->rounds[place].steps[action]
            : NULL;
    char signature[BASE58_SIGNATURE_SIZE];
    uint64_t from, until;

    if (!round_span(&runner->view.clock, action, round, now, &from, &until))
        return;
    const char *state =
        state_of(step, action, runner_rounds_slot(runner->rounds), from, until);

    json_open_object(writer);
    json_field_text(writer, "kind", round_action_name(action));
    json_field_u64(writer, "round", round);
    json_field_u64(writer, "from", from);
    json_field_u64(writer, "until", until);
    json_field_text(writer, "state", state);
    if (sent->by[action].is_final)
        json_field_u64(writer, "slot", sent->by[action].slot);
    else if (step && step->is_done)
        json_field_u64(writer, "slot", step->done_at_slot);
    else
        json_field_null(writer, "slot");
    json_field_u64(writer, "failures", step ? step->failures : 0);
    if (sent->by[action].is_there) {
        base58_signature(sent->by[action].signature.bytes, signature);
        json_field_text(writer, "signature", signature);
    } else {
        json_field_null(writer, "signature");
    }
    json_close_object(writer);
}

/* Nothing is left to do in it. */
static bool is_paid(const struct task_runner *runner, uint64_t round)
{
    const struct round_progress *progress =
        runner_rounds_progress(runner->rounds);
    size_t place = round % ROUND_KEPT;

    return progress->rounds[place].round_plus_one != round + 1 ||
           progress->rounds[place].steps[ROUND_PAYOUT].is_done;
}

/* The newest round's first, as the clock begins them. */
void task_runner_duties(const struct task_runner *runner,
                        struct json_writer *writer)
{
    uint64_t now = runner_rounds_round(runner->rounds);
    struct round_moment at;

    json_open_array(writer);
    if (runner->state == RUNNER_RUNNING && runner->view.is_known &&
        !round_at(&runner->view.clock, runner_rounds_slot(runner->rounds),
                  &at)) {
        for (uint64_t age = 0; age < ROUND_KEPT && age <= now; age++) {
            struct sent sent = {.round = now - age};

            if (age > 2 && is_paid(runner, now - age))
                continue;
            (void)journal_each(runner->parts->journal, &runner->task, now - age,
                               take_sent, &sent);
            for (int action = 0; action < ROUND_ACTIONS; action++)
                write_duty(runner, (enum round_action)action, now - age, now,
                           &sent, writer);
        }
    }
    json_close_array(writer);
}
