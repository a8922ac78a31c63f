#include "node/task/koii_chain.h"

#include "base/base58.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/task/duty.h"
#include "node/task/koii_engine.h"
#include "node/task/task_list.h"
#include "node/task/task_pay.h"

#include <inttypes.h>
#include <stdlib.h>

/* What a list of so many submitters takes at most: an address and an amount
 * each, with room. The node pays the rent of what a task uploads. */
#define LIST_BASE_BYTES 4096
#define LIST_ENTRY_BYTES 128
/* Values of one that comes as a text (json_check_values()): of a task with a
 * hundred thousand stakers. */
#define LIST_VALUES_MAX 200000

static void answer_signature(struct host_ask *ask,
                             const struct journal_name *name)
{
    struct journal_entry entry;
    char text[BASE58_SIGNATURE_SIZE];

    if (journal_find(ask->runner->parts->journal, name, &entry) < 0) {
        host_ask_answer_null(ask);
        return;
    }
    base58_signature(entry.signature.bytes, text);
    host_ask_answer_text(ask, text);
}

/* The window of an action on a round, if it is open. */
static int find_window(struct task_runner *runner, enum round_action action,
                       uint64_t round, struct round_duty *out)
{
    uint64_t now = runner_rounds_round(runner->rounds);
    uint64_t slot = runner_rounds_slot(runner->rounds);
    uint64_t from, until;

    if (!runner->view.is_known ||
        !round_span(&runner->view.clock, action, round, now, &from, &until) ||
        slot < from || slot >= until)
        return err_set(ERR_STATE,
                       "there is no window for this now: %s of round %" PRIu64
                       " in slot %" PRIu64 ", which is of round %" PRIu64,
                       round_action_name(action), round, slot, now);
    *out = (struct round_duty){
        .action = action, .round = round, .until_slot = until};
    return koii_engine_take_action(runner);
}

/* ---- submissions and votes ---- */

static void on_sent(void *user, const struct sender_result *result)
{
    struct host_ask *ask = user;

    int status = result->status;

    if (result->custom == TASK_ERROR_DUPLICATE)
        status = 0;
    if (host_ask_arrived(ask, status ? err_set(status, "%s", result->text) : 0))
        host_ask_answer_null(ask);
}

/* status: that of composing the recipe, which is freed in any case. */
static void send_recipe(struct host_ask *ask, const struct journal_name *name,
                        uint64_t amount, struct recipe *recipe, int status)
{
    struct task_runner *runner = ask->runner;

    if (status)
        recipe_free(recipe);
    else
        status = sender_send(runner->parts->sender, name, amount, recipe,
                             on_sent, ask);
    if (status)
        host_ask_refuse(ask, status);
    else
        runner_depart(runner);
}

/* Trailing spaces are the padding of the chain's field. */
static int take_value(struct json_object *params, struct bytes *out)
{
    struct json_object *value = json_object_array_get_idx(params, 0);

    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "a submission is a text");
    *out =
        bytes_trim_right(bytes_make(json_object_get_string(value),
                                    (size_t)json_object_get_string_len(value)),
                         ' ');
    if (!out->size)
        return err_set(ERR_INVALID, "the submission is empty");
    return out->size <= TASK_SUBMISSION_SIZE
               ? 0
               : err_set(ERR_LIMIT, "a submission has at most %d bytes",
                         TASK_SUBMISSION_SIZE);
}

void koii_chain_submit(struct host_ask *ask, struct json_object *params,
                       struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct journal_name name = {.task = runner->task, .kind = JOURNAL_SUBMIT};
    struct round_duty window;
    struct recipe recipe;
    struct bytes value;
    int status = take_value(params, &value);

    if (!status)
        status = host_ask_round(params, 1, &name.round);
    if (!status)
        status = find_window(runner, ROUND_SUBMIT, name.round, &window);
    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    log_info("task", "%.8s submits for round %" PRIu64, runner->task_text,
             name.round);
    runner_recipe(runner, &recipe);
    status =
        recipe_submit(&recipe, &runner->task, &runner->own, name.round, value);
    send_recipe(ask, &name, 0, &recipe, status);
}

/* Older wrappers hand over the voter's key before the round, newer ones do
 * not. What the voter is the node knows. */
static int take_vote(struct host_ask *ask, struct json_object *params,
                     bool *is_valid, uint64_t *round)
{
    struct json_object *verdict = json_object_array_get_idx(params, 1);
    int status = host_ask_key(params, 0, &ask->key);

    if (!status && !json_object_is_type(verdict, json_type_boolean))
        status = err_set(ERR_INVALID, "a verdict is true or false");
    if (!status && pubkey_equal(&ask->key, &ask->runner->own))
        status = err_set(ERR_DENIED, "a node does not vote on its own work");
    *is_valid = json_object_get_boolean(verdict);
    if (status)
        return status;
    return json_object_array_length(params) > 3
               ? host_ask_round(params, 3, round)
               : host_ask_round(params, 2, round);
}

/* The journal keeps the verdict in the amount's place. */
static void serve_vote(struct host_ask *ask, struct json_object *params,
                       bool is_lists)
{
    struct task_runner *runner = ask->runner;
    struct journal_name name = {.task = runner->task,
                                .kind = is_lists ? JOURNAL_LIST_AUDIT
                                                 : JOURNAL_AUDIT};
    struct round_duty window;
    struct recipe recipe;
    bool is_valid;
    int status = take_vote(ask, params, &is_valid, &name.round);

    if (!status)
        status = find_window(runner, is_lists ? ROUND_LIST_VOTE : ROUND_VOTE,
                             name.round, &window);
    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    name.target = ask->key;
    if (is_lists)
        name.part =
            (uint32_t)(runner_rounds_round(runner->rounds) - name.round - 2);
    log_info("task", "%.8s votes %s %s of round %" PRIu64 " by %s",
             runner->task_text, is_valid ? "for" : "against",
             is_lists ? "the list" : "the submission", name.round,
             PUBKEY_TEXT(&name.target));
    runner_recipe(runner, &recipe);
    status = (is_lists ? recipe_audit_list
                       : recipe_audit)(&recipe, &runner->task, &runner->own,
                                       name.round, &name.target, is_valid);
    send_recipe(ask, &name, is_valid, &recipe, status);
}

void koii_chain_audit(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    serve_vote(ask, params, false);
}

void koii_chain_audit_list(struct host_ask *ask, struct json_object *params,
                           struct bytes payload)
{
    serve_vote(ask, params, true);
}

/* ---- lists ---- */

/* The ask is the duty's: answered here, it is no longer. */
static struct host_ask *take_ask(struct duty *duty)
{
    struct host_ask *ask = duty->ask;

    duty->ask = NULL;
    return ask;
}

/* err_text() is that of what failed. */
static void refuse(struct duty *duty, enum round_result result)
{
    host_ask_refuse(take_ask(duty),
                    result == ROUND_AGAIN
                        ? err_set(ERR_BUSY, "another one is under way")
                        : ERR_REMOTE);
}

static void uploaded(struct duty *duty, enum round_result result)
{
    if (result != ROUND_DONE) {
        refuse(duty, result);
        return;
    }
    host_ask_answer(take_ask(duty),
                    bytes_text(task_list_is_up(duty) ? "true" : "false"),
                    (struct bytes){0});
}

/* Koii's wrappers give the list as an object; a text of one is as good. */
static int take_list(struct host_ask *ask, struct json_object *params,
                     struct buffer *out)
{
    struct json_object *list = json_object_array_get_idx(params, 0), *stakes;
    size_t most = LIST_BASE_BYTES;
    struct json_object *parsed = NULL;
    int status = 0;

    if (json_object_is_type(list, json_type_string)) {
        struct bytes text =
            bytes_make(json_object_get_string(list),
                       (size_t)json_object_get_string_len(list));

        status = json_check_values(text, LIST_VALUES_MAX);
        if (!status)
            status = json_parse(text, &parsed);
        list = parsed;
    }
    if (!status && !json_object_is_type(list, json_type_object))
        status = err_set(ERR_INVALID, "a list is an object of amounts");
    if (!status)
        json_text(list, out);
    json_object_put(parsed);
    if (!status &&
        json_get_object(ask->runner->view.state, "stake_list", &stakes) == 0)
        most += LIST_ENTRY_BYTES * (size_t)json_object_object_length(stakes);
    if (!status && out->size > most)
        status = err_set(ERR_LIMIT,
                         "a list of %zu bytes is larger than one of all who "
                         "have staked (%zu)",
                         out->size, most);
    return status;
}

/* An errand's parts may end it at once, so the ask is not to be touched after
 * they have begun. */
void koii_chain_upload(struct host_ask *ask, struct json_object *params,
                       struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct round_duty window;
    struct buffer list = {0};
    int status = take_list(ask, params, &list);

    if (!status)
        status = host_ask_round(params, 1, &ask->round);
    if (!status)
        status = find_window(runner, ROUND_LIST, ask->round, &window);
    if (!status && !runner_rounds_may_list(runner->rounds,
                                           runner_rounds_round(runner->rounds),
                                           ask->round))
        status = err_set(ERR_BUSY, "another late list was sent in this round, "
                                   "and has to be paid first");
    if (status)
        host_ask_refuse(ask, status);
    else
        task_list_upload(duty_errand(ask, &window, uploaded),
                         buffer_string(&list));
    buffer_free(&list);
}

static void list_submitted(struct duty *duty, enum round_result result)
{
    const struct journal_name name = {.task = duty->runner->task,
                                      .round = duty->what.round,
                                      .kind = JOURNAL_LIST,
                                      .part = duty_attempt(duty)};

    if (result == ROUND_DONE)
        answer_signature(take_ask(duty), &name);
    else
        refuse(duty, result);
}

void koii_chain_submit_list(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    struct round_duty window;
    int status = host_ask_round(params, 0, &ask->round);

    if (!status)
        status = find_window(ask->runner, ROUND_LIST, ask->round, &window);
    if (status)
        host_ask_refuse(ask, status);
    else
        task_list_submit(duty_errand(ask, &window, list_submitted));
}

/* ---- payouts ---- */

/* Too early, paid by another node or paid by this one: the node's own duty goes
 * on until the round is closed. */
static void paid(struct duty *duty, enum round_result result)
{
    if (result == ROUND_FAILED)
        refuse(duty, result);
    else
        host_ask_answer_null(take_ask(duty));
}

void koii_chain_payout(struct host_ask *ask, struct json_object *params,
                       struct bytes payload)
{
    struct round_duty window;
    uint64_t now = runner_rounds_round(ask->runner->rounds);
    int status = host_ask_round(params, 0, &ask->round);

    if (!status)
        status = find_window(ask->runner, ROUND_PAYOUT, ask->round, &window);
    /* The wrapper's timer knows slots by their average: it may be early. */
    if (status == ERR_STATE && ask->round + 2 <= now)
        host_ask_answer_null(ask);
    else if (status)
        host_ask_refuse(ask, status);
    else
        task_pay_begin(duty_errand(ask, &window, paid));
}
