/*
 * A message is sent and not answered: how long the task takes, and whether it
 * does anything, it does not say. So a duty is done when its message is sent.
 * What is not on chain when the process ends is opened again, and the next
 * process gets the message anew; what the first one still had under way goes by
 * the same name in the journal, so nothing is sent twice.
 *
 * Koii's node sends one message for each window. A bundle that has found
 * nothing to accuse does not look again, and a false accusation after that
 * would find nobody to answer it. So the message for audits is sent again while
 * there is something on chain that this node has not voted on.
 */
#include "node/task/koii_duty.h"

#include "base/check.h"
#include "base/error.h"
#include "node/task/koii_engine.h"
#include "node/task/task_pay.h"

/* Rounds without a submission after which a task is started again: submissions
 * are of the round before, so four is "older than three". */
#define SILENT_ROUNDS 4

/* Looks at accusations in an audit window, and messages because of them. */
#define LOOKS 16
#define MESSAGES 4

/* Tell the task. After an error the duty has ended. */
static int tell(struct duty *duty, const char *function, const bool *failed)
{
    struct koii_process *process = runner_worker_node(duty->runner->worker);
    int status = process ? koii_process_trigger(process, function,
                                                duty->what.round, failed)
                         : err_set(ERR_STATE, "the task is not running");

    if (status)
        duty_fail(duty, "can't tell the task");
    return status;
}

static void tell_once(struct duty *duty, const char *function)
{
    if (tell(duty, function, NULL) == 0)
        duty_end(duty, ROUND_DONE, 0);
}

/* ---- submissions ---- */

static bool is_in_journal(struct task_runner *runner, uint64_t round,
                          enum journal_kind kind, uint32_t part)
{
    const struct journal_name name = {
        .task = runner->task, .round = round, .kind = kind, .part = part};
    struct journal_entry entry;

    return sender_is_sending(runner->parts->sender, &name) ||
           (journal_find(runner->parts->journal, &name, &entry) == 0 &&
            entry.state != JOURNAL_FAILED);
}

/* Koii's node ends a task whose last submission is older than three rounds, and
 * starts it again: it may be waiting for something that never comes. */
static bool is_silent(struct task_runner *runner, uint64_t round)
{
    if (koii_engine_rounds(runner) <= SILENT_ROUNDS)
        return false;
    for (uint64_t age = 1; age <= SILENT_ROUNDS && age <= round; age++)
        if (is_in_journal(runner, round - age, JOURNAL_SUBMIT, 0))
            return false;
    return true;
}

/* Once a round, before anything else of it. What the process still does until
 * it has ended counts. */
static void begin_task(struct duty *duty)
{
    struct task_runner *runner = duty->runner;

    if (!is_silent(runner, duty->what.round)) {
        tell_once(duty, "executeTask");
        return;
    }
    err_set(ERR_TIMEOUT, "no submission in %d rounds", SILENT_ROUNDS);
    runner_complain(runner, "the task is started again");
    runner_worker_stop(runner->worker);
    duty_end(duty, ROUND_FAILED, 0);
}

static void begin_submit(struct duty *duty)
{
    if (is_in_journal(duty->runner, duty->what.round, JOURNAL_SUBMIT, 0))
        duty_end(duty, ROUND_DONE, 0);
    else
        tell_once(duty, "submitPayload");
}

/* ---- what others have sent ---- */

/* Is somebody accused about whom this node has said nothing? */
static bool is_vote_missing(const struct duty *duty,
                            const struct client_round *answer)
{
    const struct pubkey *own = &duty->runner->own;

    for (size_t i = 0; i < answer->entry_count; i++) {
        const struct client_entry *entry = &answer->entries[i];

        if (entry->is_audited && !pubkey_equal(&entry->key, own) &&
            !duty_has_voted(duty, entry))
            return true;
    }
    return false;
}

/* A vote that is due is asked for now and then, and looked for more often. */
static void on_accusations(void *user, int status,
                           const struct client_round *answer)
{
    struct duty *duty = user;
    uint64_t window = duty->runner->view.clock.audit_window;
    bool is_lists = duty->what.action == ROUND_LIST_VOTE;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the round");
        return;
    }
    if (!is_lists)
        duty_note_peers(duty, answer);
    if (!is_vote_missing(duty, answer))
        duty_end(duty, ROUND_AGAIN, window / LOOKS + 1);
    else if (tell(duty, is_lists ? "distributionListAudit" : "auditPayload",
                  NULL) == 0)
        duty_end(duty, ROUND_AGAIN, window / MESSAGES + 1);
}

static void look(struct duty *duty,
                 void (*came)(void *user, int status,
                              const struct client_round *answer))
{
    struct task_runner *runner = duty->runner;
    bool is_lists = duty->what.action >= ROUND_LIST;

    duty->waiting++;
    runner_depart(runner);
    (is_lists ? client_task_distributions : client_task_submissions)(
        runner->parts->client, &runner->task, duty->what.round, came, duty);
}

/* ---- lists ---- */

/* A round that is paid needs no list; one whose list waits for its payout
 * neither; one whose payout failed needs another. */
static void on_lists(void *user, int status, const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    uint64_t first = round_first_slot(&runner->view.clock, duty->begun_in);
    bool is_own_there = false, has_failed;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the lists");
        return;
    }
    has_failed = answer->payout == CLIENT_PAYOUT_FAILED;
    for (size_t i = 0; i < answer->entry_count; i++)
        is_own_there |= answer->entries[i].slot >= first &&
                        pubkey_equal(&answer->entries[i].key, &runner->own);
    if (answer->payout == CLIENT_PAYOUT_SUCCESSFUL || is_own_there ||
        (answer->entry_count && !has_failed)) {
        duty_end(duty, ROUND_DONE, 0);
        return;
    }
    if (tell(duty, "generateAndSubmitDistributionList", &has_failed) == 0)
        duty_end(duty, ROUND_DONE, 0);
}

/* Lists of an earlier round of the clock have had their audit. */
static void on_lists_to_audit(void *user, int status,
                              const struct client_round *answer)
{
    struct duty *duty = user;
    struct task_runner *runner = duty->runner;
    uint64_t first = round_first_slot(&runner->view.clock, duty->begun_in);
    bool is_any_there = false;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the lists");
        return;
    }
    for (size_t i = 0; i < answer->entry_count; i++)
        is_any_there |= answer->entries[i].slot >= first &&
                        !pubkey_equal(&answer->entries[i].key, &runner->own);
    if (is_any_there)
        tell_once(duty, "distributionListAudit");
    else
        duty_end(duty, ROUND_DONE, 0);
}

/* ---- all of them ---- */

void koii_duty_begin(struct duty *duty)
{
    switch (duty->what.action) {
    case ROUND_TASK:
        begin_task(duty);
        return;
    case ROUND_SUBMIT:
        begin_submit(duty);
        return;
    case ROUND_AUDIT:
        tell_once(duty, "auditPayload");
        return;
    case ROUND_VOTE:
    case ROUND_LIST_VOTE:
        look(duty, on_accusations);
        return;
    case ROUND_LIST:
        look(duty, on_lists);
        return;
    case ROUND_LIST_AUDIT:
        look(duty, on_lists_to_audit);
        return;
    default:
        task_pay_begin(duty);
    }
}

void koii_duty_reopen(struct task_runner *runner)
{
    struct round_progress *progress = runner_rounds_progress(runner->rounds);
    uint64_t now = runner_rounds_round(runner->rounds);

    round_reopen(progress, ROUND_TASK, now);
    if (now >= 1) {
        round_reopen(progress, ROUND_SUBMIT, now - 1);
        round_reopen(progress, ROUND_AUDIT, now - 1);
    }
    for (uint64_t age = 2; age < ROUND_KEPT && age <= now; age++) {
        round_reopen(progress, ROUND_LIST, now - age);
        round_reopen(progress, ROUND_LIST_AUDIT, now - age);
    }
}
