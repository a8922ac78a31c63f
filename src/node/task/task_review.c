/*
 * Audits and votes, on submissions (of the round before) and on distribution
 * lists (of the round before that). Both go the same way:
 *
 *     read what stands on chain -> reach a verdict on what concerns this node
 *     -> send votes: an accusation where there is none yet, a vote where there
 * is one.
 *
 * Concerned are: in an audit a random sample of the submissions (every list)
 * and whatever is accused; in a vote whatever is accused. A verdict that can't
 * be reached is no vote.
 *
 * It is a sample, because checking all would cost every node a call into the
 * task for each of the others, and the network the square of it. One node that
 * meets a cheat is enough: it accuses; all others then look at the same
 * submission and answer. The sample is drawn at random and not by turns, so
 * that no node can know beforehand which others will look at its work.
 *
 * Audit and vote are two duties with one code, because an accusation is only
 * taken in the first half of the window, a vote in all of it, and votes have
 * something to do only after an accusation by another node. So the audit is
 * done once, and the vote comes back sixteen times a window. The verdicts are
 * the round's and not the duty's: what the audit has found, the vote need not
 * ask again.
 *
 * Memory: the items are the duty's, copied from the answer; callbacks point at
 * them. What a callback reads of the round it looks up anew each time, because
 * another duty may have read the round since.
 */
#include "node/task/task_review.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "node/task/list_make.h"
#include "node/task/task_verdict.h"

#include <inttypes.h>
#include <stdlib.h>

/* Looks at accusations per audit window; each costs one call to the chain. */
#define LOOKS 16

static void decide(struct duty *duty);
static void vote(struct duty *duty);

/* Items are pointed to by callbacks, so they live as long as the duty. */
static void free_review(struct duty *duty)
{
    struct review *review = duty->review;

    for (size_t i = 0; i < review->count; i++)
        free(review->items[i].value);
    free(review->items);
    free(review);
    duty->review = NULL;
}

/* Audits choose and accuse; votes answer. */
static bool is_audit(const struct duty *duty)
{
    return duty->what.action == ROUND_AUDIT ||
           duty->what.action == ROUND_LIST_AUDIT;
}

/* The end of a look: the audit is done once; votes are looked for until the
 * window closes. With a pause of at least one slot, for windows shorter than
 * sixteen. */
static void conclude(struct duty *duty)
{
    uint64_t pause = duty->runner->view.clock.audit_window / LOOKS;

    CHECK(!duty->waiting);
    if (duty->has_failed)
        duty_end(duty, ROUND_FAILED, 0);
    else if (is_audit(duty))
        duty_end(duty, ROUND_DONE, 0);
    else
        duty_end(duty, ROUND_AGAIN, pause ? pause : 1);
}

/* ---- which ones ---- */

/* A random sample of at most TASK_REVIEW_SAMPLE, drawn once a round; of lists
 * every one is looked at. The draw is not repeatable, and need not be: a
 * restarted node looks at five others. Each draw takes one of those that are
 * left, so that the draws end whatever the endpoint has sent. */
static void draw_sample(struct duty *duty)
{
    struct review *review = duty->review;
    struct verdicts *verdicts = task_verdicts_of(duty);
    struct random random = random_make(random_seed());
    size_t wanted = review->count, *left;

    CHECK(review->count > 0);
    if (review->is_lists) {
        for (size_t i = 0; i < review->count; i++)
            verdicts_on(verdicts, &review->items[i].key)->is_sampled = true;
        return;
    }
    if (verdicts->is_sampled)
        return;
    verdicts->is_sampled = true;
    if (wanted > TASK_REVIEW_SAMPLE)
        wanted = TASK_REVIEW_SAMPLE;
    left = mem_alloc(review->count * sizeof(*left));
    for (size_t i = 0; i < review->count; i++)
        left[i] = i;
    for (size_t i = 0; i < wanted; i++) {
        size_t place = i + random_below(&random, review->count - i);
        struct item *item = &review->items[left[place]];

        left[place] = left[i];
        verdicts_on(verdicts, &item->key)->is_sampled = true;
    }
    free(left);
}

/* A verdict that is on chain needs no second thought. Makes the verdict where
 * there is none, so a pointer to another one is not valid afterwards. */
static bool is_concerned(struct duty *duty, const struct item *item)
{
    const struct verdict *verdict =
        verdicts_on(task_verdicts_of(duty), &item->key);

    if (verdict->is_sent)
        return false;
    return item->is_audited || (is_audit(duty) && verdict->is_sampled);
}

/* Begin what verdicts are missing; go on to the votes when all are there. A
 * verdict that another duty has under way is left to it: this one goes on
 * without, and comes back or leaves it to the next look. Once the window has
 * passed no verdict is of use. */
static void decide(struct duty *duty)
{
    struct review *review = duty->review;

    CHECK(!duty->waiting);
    if (!duty_is_in_time(duty)) {
        conclude(duty);
        return;
    }
    /* Counted as a whole first, so that no callback finds nothing waiting
     * before all have begun. */
    duty->waiting++;
    for (size_t i = 0; i < review->count; i++) {
        struct item *item = &review->items[i];
        struct verdict *verdict;
        int status;

        if (!is_concerned(duty, item))
            continue;
        verdict = verdicts_on(task_verdicts_of(duty), &item->key);
        if (verdict->state != VERDICT_NONE || verdict->tries >= VERDICT_TRIES)
            continue;
        status = review->is_lists ? task_verdict_compare(item)
                                  : task_verdict_audit(item);
        if (status) {
            duty->has_failed = true; /* e.g. too many calls at once: later */
            continue;
        }
        verdict->state = VERDICT_RUNNING;
        duty->waiting++;
    }
    duty->waiting--;
    if (!duty->waiting)
        vote(duty);
}

/* ---- votes ---- */

/* A window that has closed is no failure of the vote: there is nothing to
 * repeat. A duplicate is this node's own vote, from whatever life. */
static void on_voted(void *user, const struct sender_result *result)
{
    struct item *item = user;
    struct duty *duty = item->duty;

    if (!duty_arrived(duty))
        return;
    struct verdict *verdict = verdicts_on(task_verdicts_of(duty), &item->key);
    if (!result->status || result->custom == TASK_ERROR_DUPLICATE) {
        verdict->is_sent = true;
    } else if (result->custom != TASK_ERROR_WINDOW_CLOSED &&
               result->custom != TASK_ERROR_WRONG_ROUND) {
        err_set(result->status, "%s", result->text);
        runner_complain(duty->runner, "a vote was not taken");
        duty->has_failed = true;
    }
    if (!duty->waiting)
        conclude(duty);
}

/* An accusation and a vote on the same submission are one action: a node
 * says one thing about it. */
static int send_vote(struct item *item, bool is_valid)
{
    struct duty *duty = item->duty;
    struct task_runner *runner = duty->runner;
    bool is_lists = duty->review->is_lists;
    const struct journal_name name = {
        .task = runner->task,
        .round = duty->what.round,
        .kind = is_lists ? JOURNAL_LIST_AUDIT : JOURNAL_AUDIT,
        .target = item->key,
        .part = is_lists ? duty_attempt(duty) : 0,
    };
    struct recipe recipe;

    CHECK(duty->review && duty_is_in_time(duty));
    runner_recipe(runner, &recipe);
    int status = (is_lists ? recipe_audit_list : recipe_audit)(
        &recipe, &runner->task, &runner->own, duty->what.round, &item->key,
        is_valid);
    if (status) {
        recipe_free(&recipe);
        return status;
    }
    /* The journal keeps the verdict in the amount's place. */
    status = sender_send(runner->parts->sender, &name, is_valid, &recipe,
                         on_voted, item);
    if (!status)
        runner_depart(runner);
    return status;
}

/* Counted as a whole first, as in decide(). The verdict may be older than this
 * duty; what counts is whether it has been sent. */
static void vote(struct duty *duty)
{
    struct review *review = duty->review;

    CHECK(!duty->waiting);
    duty->waiting++;
    for (size_t i = 0; i < review->count; i++) {
        struct item *item = &review->items[i];
        struct verdict *verdict =
            verdicts_on(task_verdicts_of(duty), &item->key);
        bool is_valid = verdict->state == VERDICT_VALID;

        if (verdict->is_sent ||
            (!is_valid && verdict->state != VERDICT_INVALID))
            continue;
        /* A vote for what is not accused is an error of the program. */
        if (!item->is_audited && (is_valid || !is_audit(duty)))
            continue;
        if (!duty_is_in_time(duty))
            continue;
        log_info("task", "%.8s %s %s of round %" PRIu64 " by %s",
                 duty->runner->task_text,
                 item->is_audited ? (is_valid ? "defends" : "votes against")
                                  : "accuses",
                 review->is_lists ? "the list" : "the submission",
                 duty->what.round, PUBKEY_TEXT(&item->key));
        if (send_vote(item, is_valid) == 0)
            duty->waiting++;
        else
            duty->has_failed = true;
    }
    duty->waiting--;
    if (!duty->waiting)
        conclude(duty);
}

/* ---- what stands on chain ---- */

/* Everybody's but this node's own: the program refuses votes on oneself. */
static void take_items(struct duty *duty, const struct client_round *answer)
{
    struct task_runner *runner = duty->runner;
    const struct pubkey *own = &runner->own;
    struct review *review = duty->review;
    uint64_t first = round_first_slot(&runner->view.clock, duty->begun_in);

    CHECK(!review->items && !review->count);
    review->items = mem_zero(answer->entry_count + 1, sizeof(*review->items));
    verdicts_make_room(task_verdicts_of(duty), answer);
    for (size_t i = 0; i < answer->entry_count; i++) {
        const struct client_entry *entry = &answer->entries[i];

        if (pubkey_equal(&entry->key, own))
            continue;
        /* Lists of an earlier round of the clock have had their audit. */
        if (review->is_lists && entry->slot < first)
            continue;
        review->items[review->count++] = (struct item){
            .duty = duty,
            .key = entry->key,
            .value = mem_text(entry->value),
            .data_account = entry->data_account,
            .is_audited = entry->is_audited,
        };
        if (duty_has_voted(duty, entry))
            verdicts_on(task_verdicts_of(duty), &entry->key)->is_sent = true;
    }
}

/* A verdict that was tried in vain often enough is not tried again. */
static bool is_given_up(const struct verdict *verdict)
{
    return verdict->state == VERDICT_NONE && verdict->tries >= VERDICT_TRIES;
}

/* Most looks in a peaceful window end here. */
static bool anything_to_decide(struct duty *duty)
{
    for (size_t i = 0; i < duty->review->count; i++) {
        const struct item *item = &duty->review->items[i];

        if (is_concerned(duty, item) &&
            !is_given_up(verdicts_on(task_verdicts_of(duty), &item->key)))
            return true;
    }
    return false;
}

/* From here on the way is the same for both kinds. Lists need one's own to
 * compare with, which is made first; decide() comes when it is there, or can't
 * be had. */
static void on_round(void *user, int status, const struct client_round *answer)
{
    struct duty *duty = user;

    if (!duty_arrived(duty))
        return;
    if (status) {
        duty_fail(duty, "can't read the round");
        return;
    }
    if (duty->review->is_lists)
        round_record_begin_lists(duty_record(duty), duty->begun_in);
    else
        duty_note_peers(duty, answer);
    take_items(duty, answer);
    if (is_audit(duty) && duty->review->count)
        draw_sample(duty);
    if (!anything_to_decide(duty))
        conclude(duty);
    else if (duty->review->is_lists)
        list_make(duty, decide);
    else
        decide(duty);
}

/* One call to the chain; everything else follows from what it says. */
void task_review_begin(struct duty *duty)
{
    struct task_runner *runner = duty->runner;
    struct client *client = runner->parts->client;

    CHECK(!duty->review && !duty->waiting);
    duty->review = mem_zero(1, sizeof(*duty->review));
    duty->free_part = free_review;
    duty->review->decided = vote;
    duty->review->is_lists = duty->what.action == ROUND_LIST_AUDIT ||
                             duty->what.action == ROUND_LIST_VOTE;
    duty->waiting++;
    runner_depart(runner);
    if (duty->review->is_lists)
        client_task_distributions(client, &runner->task, duty->what.round,
                                  on_round, duty);
    else
        client_task_submissions(client, &runner->task, duty->what.round,
                                on_round, duty);
}
