/*
 * Duties as people see them: what the clock's progress says, the slots that
 * each has, and the transaction that the journal has of it.
 */
#include "node/task/task_rounds.h"

#include "node/task/round_duties.h"
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

/* A proof that is on chain was sent, also if by an earlier life of this node.
 */
static enum round_duty_state state_of(const struct task_runner *runner,
                                      const struct round_duty_view *duty)
{
    const struct round_record *record;

    if (duty->action != ROUND_SUBMIT || duty->state != ROUND_DUTY_NONE)
        return duty->state;
    record =
        round_memory_find(runner_rounds_memory(runner->rounds), duty->round);
    return record && record->submission[0] ? ROUND_DUTY_DONE
                                           : ROUND_DUTY_MISSED;
}

static void write_duty(const struct task_runner *runner,
                       const struct round_duty_view *duty,
                       const struct sent *sent, struct json_writer *writer)
{
    char signature[BASE58_SIGNATURE_SIZE];

    json_open_object(writer);
    json_field_text(writer, "kind", round_action_name(duty->action));
    json_field_u64(writer, "round", duty->round);
    json_field_u64(writer, "from", duty->from_slot);
    json_field_u64(writer, "until", duty->until_slot);
    json_field_text(writer, "state",
                    round_duty_state_name(state_of(runner, duty)));
    if (sent->by[duty->action].is_final)
        json_field_u64(writer, "slot", sent->by[duty->action].slot);
    else if (duty->state == ROUND_DUTY_DONE)
        json_field_u64(writer, "slot", duty->done_slot);
    else
        json_field_null(writer, "slot");
    json_field_u64(writer, "failures", duty->failures);
    if (sent->by[duty->action].is_there) {
        base58_signature(sent->by[duty->action].signature.bytes, signature);
        json_field_text(writer, "signature", signature);
    } else {
        json_field_null(writer, "signature");
    }
    json_close_object(writer);
}

/* The newest round's first, as the clock begins them. A task that does not work
 * has none. */
void task_runner_duties(const struct task_runner *runner,
                        struct json_writer *writer)
{
    struct round_duty_view duties[ROUND_DUTIES_MAX];
    struct sent sent = {.round = UINT64_MAX};
    size_t count = 0;

    if (runner->state == RUNNER_RUNNING && runner->view.is_known)
        count = round_duties(&runner->view.clock,
                             runner_rounds_progress(runner->rounds),
                             runner_rounds_slot(runner->rounds), duties);
    json_open_array(writer);
    for (size_t i = 0; i < count; i++) {
        if (sent.round != duties[i].round) {
            sent = (struct sent){.round = duties[i].round};
            (void)journal_each(runner->parts->journal, &runner->task,
                               sent.round, take_sent, &sent);
        }
        write_duty(runner, &duties[i], &sent, writer);
    }
    json_close_array(writer);
}
