#include "node/task/task_verdict.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/format/task_distribution_list.h"

#include <inttypes.h>
#include <string.h>

/* Submissions and lists of a round have verdicts of their own. */
struct verdicts *task_verdicts_of(struct duty *duty)
{
    struct round_record *round = duty_record(duty);

    return duty->review->is_lists ? &round->lists : &round->submissions;
}

/* ---- verdicts on submissions ---- */

/* An unknown verdict is tried again with the next look, three times in all. The
 * last of a duty's verdicts begins the votes; so each callback must take its
 * verdict even where it failed. */
static void take_verdict(struct item *item, bool is_known, bool is_valid)
{
    struct duty *duty = item->duty;
    struct verdict *verdict = verdicts_on(task_verdicts_of(duty), &item->key);

    verdict->tries++;
    if (is_known) {
        verdict->state = is_valid ? VERDICT_VALID : VERDICT_INVALID;
    } else {
        verdict->state = VERDICT_NONE;
        if (verdict->tries < VERDICT_TRIES)
            duty->has_failed = true;
    }
    if (!duty->waiting)
        duty->review->decided(duty);
}

/* What isn't false counts as true, as in Koii's task manager. A task that
 * throws has said nothing: an error in it must not accuse everybody. */
static void on_audit(void *user, const struct host_result *result)
{
    struct item *item = user;
    struct duty *duty = item->duty;

    if (!duty_arrived(duty))
        return;
    if (result->status) {
        duty_complain_call(duty, "audit()", result);
    } else {
        log_debug("task", "%.8s audit of %s in round %" PRIu64 ": %s",
                  duty->runner->task_text, PUBKEY_TEXT(&item->key),
                  duty->what.round, result->json);
    }
    take_verdict(item, result->status == 0,
                 !result->status && strcmp(result->json, "false") != 0);
}

/* As Koii's task manager calls it: audit(submission, round, submitter). */
int task_verdict_audit(struct item *item)
{
    struct buffer args = {0};
    struct json_writer writer = json_writer_make(&args);
    int status;

    CHECK(item->value && !item->duty->review->is_lists);
    json_open_array(&writer);
    json_write_text(&writer, item->value);
    json_write_u64(&writer, item->duty->what.round);
    json_write_text(&writer, PUBKEY_TEXT(&item->key));
    json_close_array(&writer);
    status =
        duty_call(item->duty, "audit", buffer_string(&args), on_audit, item);
    buffer_free(&args);
    return status;
}

/* ---- verdicts on lists ---- */

/* Same number of entries, and each with the same amount (as Koii's task manager
 * compares). Entries of 0 count like others: a list that names more keys is
 * another list. */
static bool is_same_list(struct json_object *own,
                         const struct task_list_entry *entries, size_t count)
{
    int64_t amount;

    if (!json_object_is_type(own, json_type_object) ||
        (size_t)json_object_object_length(own) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (json_get_i64(own, PUBKEY_TEXT(&entries[i].key), &amount) < 0 ||
            amount != entries[i].amount)
            return false;
    return true;
}

/* An account that is gone, or holds another list by now, is as wrong as one
 * with other amounts: no key can be paid by it. One that can't be read just now
 * is not: that gives no verdict. Nor is there a verdict without a list of this
 * node's own: what can't be compared is neither accused nor defended. */
static void on_list_account(void *user, int status,
                            const struct client_account *account)
{
    struct item *item = user;
    struct duty *duty = item->duty;
    struct task_runner *runner = duty->runner;
    struct arena arena = {0};
    struct task_list_entry *entries;
    struct json_object *own = NULL;
    bool is_valid = false;
    size_t count;

    if (!duty_arrived(duty))
        return;
    if (status) {
        runner_complain(runner, "can't read a distribution list");
        take_verdict(item, false, false);
        return;
    }
    const struct round_record *round = duty_record(duty);
    if (!round->own_list) {
        take_verdict(item, false, false);
        return;
    }
    if (account &&
        task_list_parse(account->data, &runner->task, duty->what.round, &arena,
                        &entries, &count) == 0 &&
        json_parse(bytes_text(round->own_list), &own) == 0)
        is_valid = is_same_list(own, entries, count);
    json_object_put(own);
    arena_free(&arena);
    if (!is_valid)
        log_info("task", "%.8s the list of %s for round %" PRIu64 " is wrong",
                 runner->task_text, PUBKEY_TEXT(&item->key), duty->what.round);
    take_verdict(item, true, is_valid);
}

/* The list lies in an account of its sender. Never fails at once; the form
 * is that of task_verdict_audit(). */
int task_verdict_compare(struct item *item)
{
    CHECK(item->duty->review->is_lists);
    runner_depart(item->duty->runner);
    client_account_info(item->duty->runner->parts->client, &item->data_account,
                        on_list_account, item);
    return 0;
}
