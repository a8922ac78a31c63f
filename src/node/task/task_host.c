/*
 * What a task asks of its node (runtime/host/host.h, "Requests"). Evidence
 * (task_storage.c) and fetch (task_fetch.c) have files of their own.
 *
 * A task reads the chain through the node and puts and gets evidence. It moves
 * no coins and sends nothing on chain: submissions, votes, lists and claims
 * are the node's own affair, done when the round clock says so.
 *
 * Requests come on the loop's thread, one after the other, at a rate and in a
 * number that the worker's host limits (runtime/host/host.h). Each is served
 * by one function of the world (node/reach/host_world.h): it answers at once
 * from memory, or starts a call and answers when that has ended. Everything in
 * params is a stranger's: each function takes what it needs by type, and
 * refuses the rest.
 *
 * An answer has to find out whether its worker still waits: it may have been
 * replaced meanwhile, and the number of a request means nothing to another
 * worker. So an ask remembers the life that it came from.
 */
#include "node/task/task_host.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/owner/notice_book.h"
#include "node/reach/host_world.h"
#include "node/task/host_ask.h"
#include "node/task/task_fetch.h"
#include "node/task/task_info.h"
#include "node/task/task_runner.h"
#include "node/task/task_socket.h"
#include "node/task/task_storage.h"
#include "settlement/format/task_distribution_list.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the task's state ---- */

/* The tree is the client's and is gone after this callback. */
static void on_state(void *user, int status, const struct client_task *task)
{
    struct host_ask *ask = user;

    if (host_ask_arrived(ask, status))
        host_ask_answer_tree(ask, task->state);
}

/* Absent flags are false, as in Koii's wrapper. */
static unsigned parts_in(struct json_object *options)
{
    static const struct {
        const char *name;
        unsigned part;
    } flags[] = {
        {"is_submission_required", CLIENT_TASK_SUBMISSIONS},
        {"is_distribution_required", CLIENT_TASK_DISTRIBUTIONS},
        {"is_available_balances_required", CLIENT_TASK_BALANCES},
        {"is_stake_list_required", CLIENT_TASK_STAKES},
    };
    unsigned parts = 0;
    bool is_wanted;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (json_object_is_type(options, json_type_object) &&
            json_get_bool(options, flags[i].name, &is_wanted) == 0 && is_wanted)
            parts |= flags[i].part;
    return parts;
}

/* Large states (submissions, distributions) are never kept, always asked. */
static void ask_state(struct host_ask *ask, const struct pubkey *task,
                      unsigned parts)
{
    struct task_runner *runner = ask->runner;
    bool is_own = pubkey_equal(task, &runner->task);

    /* What the node keeps anyway is at most a sixteenth of a round old. */
    if (is_own &&
        !(parts & (CLIENT_TASK_SUBMISSIONS | CLIENT_TASK_DISTRIBUTIONS))) {
        host_ask_answer_tree(ask, runner->view.state);
        return;
    }
    runner_depart(runner);
    client_task_state(runner->parts->client, task, parts, on_state, ask);
}

/* Of the task itself. */
static void serve_get_task_state(struct host_ask *ask,
                                 struct json_object *params,
                                 struct bytes payload)
{
    ask_state(ask, &ask->runner->task,
              parts_in(json_object_array_get_idx(params, 0)));
}

/* Of any task: a task may look at its neighbours. Asked of the chain each time:
 * this node keeps the state of its own tasks alone. */
static void serve_get_task_state_by_id(struct host_ask *ask,
                                       struct json_object *params,
                                       struct bytes payload)
{
    struct pubkey task;
    int status = host_ask_key(params, 0, &task);

    if (status)
        host_ask_refuse(ask, status);
    else
        ask_state(ask, &task, parts_in(json_object_array_get_idx(params, 1)));
}

/* What is asked about one round. */
static void ask_info(struct host_ask *ask, enum task_info info,
                     struct json_object *params)
{
    uint64_t round;
    int status = host_ask_round(params, 0, &round);

    if (status)
        host_ask_refuse(ask, status);
    else
        task_info_ask(ask, info, round);
}

/* Submissions and accusations of one round. */
static void serve_get_task_submission_info(struct host_ask *ask,
                                           struct json_object *params,
                                           struct bytes payload)
{
    ask_info(ask, TASK_INFO_SUBMISSIONS, params);
}

/* Lists, accusations and the payout's record of one round. */
static void serve_get_task_distribution_info(struct host_ask *ask,
                                             struct json_object *params,
                                             struct bytes payload)
{
    ask_info(ask, TASK_INFO_DISTRIBUTIONS, params);
}

/* ---- a distribution list ---- */

/* As JSON text of an object of amounts, which is what distribution() made of
 * it: Koii's readers parse a text. Amounts are whole roe; a JavaScript number
 * holds them exactly up to 2^53, nine million KOII. */
static void on_list_account(void *user, int status,
                            const struct client_account *account)
{
    struct host_ask *ask = user;
    struct task_list_entry *entries;
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);
    struct arena arena = {0};
    size_t count;

    if (!host_ask_arrived(ask, status))
        return;
    if (!account)
        status = err_set(ERR_NOT_FOUND, "the list's account is gone");
    if (!status)
        status = task_list_parse(account->data, &ask->runner->task, ask->round,
                                 &arena, &entries, &count);
    if (status) {
        host_ask_refuse(ask, status);
    } else {
        json_open_object(&writer);
        for (size_t i = 0; i < count; i++)
            json_field_i64(&writer, PUBKEY_TEXT(&entries[i].key),
                           entries[i].amount);
        json_close_object(&writer);
        host_ask_answer_text(ask, buffer_string(&json));
    }
    arena_free(&arena);
    buffer_free(&json);
}

/* Whose list it is decides which account it lies in. Koii's wrappers hand over
 * the account itself, which is the value of the submission. null for a key that
 * is neither: an answer and no error. */
static void on_lists(void *user, int status, const struct client_round *answer)
{
    struct host_ask *ask = user;
    struct task_runner *runner = ask->runner;

    if (!host_ask_arrived(ask, status))
        return;
    for (size_t i = 0; i < answer->entry_count; i++) {
        if (!pubkey_equal(&answer->entries[i].key, &ask->key) &&
            !pubkey_equal(&answer->entries[i].data_account, &ask->key))
            continue;
        runner_depart(runner);
        client_account_info(runner->parts->client,
                            &answer->entries[i].data_account, on_list_account,
                            ask);
        return;
    }
    host_ask_answer_null(ask);
}

/* Two steps: the round says which account, the account holds the list. An
 * account that holds another list by now is an error and not null: what was
 * sent can no longer be seen. */
static void serve_get_distribution_list(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    int status = host_ask_key(params, 0, &ask->key);

    if (!status)
        status = host_ask_round(params, 1, &ask->round);
    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    runner_depart(runner);
    client_task_distributions(runner->parts->client, &runner->task, ask->round,
                              on_lists, ask);
}

/* ---- time and place ---- */

/* 0 until the first slot is known. */
static void serve_get_round(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    host_ask_answer_number(ask, runner_rounds_round(ask->runner->rounds));
}

/* The newest that this runner has seen. */
static void serve_get_current_slot(struct host_ask *ask,
                                   struct json_object *params,
                                   struct bytes payload)
{
    host_ask_answer_number(ask, runner_rounds_slot(ask->runner->rounds));
}

/* Measured by this node. In ms; NODE_SLOT_MS_DEFAULT until some slots went
 * by. */
static void serve_get_average_slot_time(struct host_ask *ask,
                                        struct json_object *params,
                                        struct bytes payload)
{
    host_ask_answer_number(ask, ask->runner->parts->slot_ms);
}

/* For tasks that show it; they can't reach it unless the rule lets them. */
static void serve_get_rpc_url(struct host_ask *ask, struct json_object *params,
                              struct bytes payload)
{
    host_ask_answer_text(ask, client_url(ask->runner->parts->client));
}

/* The peers that have staked with an address, in the form of Koii's node
 * registry. */
static void serve_get_nodes(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    struct buffer json = {0};
    struct json_writer writer = json_writer_make(&json);

    task_runner_nodes(ask->runner, &writer);
    host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

/* ---- signatures and log ---- */

/* The role of a key of this node by its name; false for what is none. */
static bool role_of(const char *name, enum signer_role *out)
{
    *out = name && !strcmp(name, "main") ? SIGNER_MAIN : SIGNER_STAKING;
    return name && (!strcmp(name, "main") || !strcmp(name, "staking"));
}

static void serve_sign_data(struct host_ask *ask, struct json_object *params,
                            struct bytes payload)
{
    struct signer_key key = {0};

    if (!role_of(host_ask_text(params, 0), &key.role)) {
        host_ask_refuse(ask, err_set(ERR_INVALID,
                                     "only \"main\" and \"staking\" can sign"));
        return;
    }
    host_ask_sign(ask, &key, payload);
}

/* Into the task's own log, and to the operator, as Koii's node does. What is
 * neither error nor warn is for information. */
static void serve_logger(struct host_ask *ask, struct json_object *params,
                         struct bytes payload)
{
    const char *name = host_ask_text(params, 0),
               *text = host_ask_text(params, 1);
    enum log_level level = LOG_INFO;

    if (name && !strcmp(name, "error"))
        level = LOG_ERROR;
    else if (name && !strcmp(name, "warn"))
        level = LOG_WARN;
    if (text && ask->runner->log)
        task_log_line(ask->runner->log, level, text);
    if (text && *text && ask->runner->parts->notices)
        (void)notice_book_note(ask->runner->parts->notices, clock_unix_ms(),
                               ask->runner->task_text, text);
    host_ask_answer(ask, bytes_text("true"), (struct bytes){0});
}

/* ---- the world ---- */

/* These have files of their own. */
#define serve_fetch task_fetch_serve
#define serve_fetch_read task_fetch_read
#define serve_fetch_cancel task_fetch_cancel
#define serve_socket_open task_socket_open
#define serve_socket_read task_socket_read
#define serve_socket_send task_socket_send
#define serve_socket_close task_socket_close
#define serve_storage_put task_storage_put
#define serve_storage_get task_storage_get

/* One that has no function here does not compile. */
const struct host_world task_host_world = {
#define SERVE(member, ...) .member = serve_##member,
    HOST_CALLS(SERVE)
#undef SERVE
};

static void on_request(void *user, struct host *worker, uint64_t request_id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    struct task_runner *runner = user;
    struct host_ask *ask = host_ask_new(runner, request_id);
    const struct host_call_row *row;
    host_serve *serve;
    int status = 0;

    if (runner->state == RUNNER_STOPPING)
        status = err_set(ERR_CANCELLED, "the task is stopping");
    if (!status)
        status = host_world_find(&task_host_world, method, params, payload,
                                 &row, &serve);
    if (!status)
        status = runner_worker_take_questions(runner->worker, row->questions);
    if (status)
        host_ask_refuse(ask, status);
    else
        serve(ask, params, payload);
}

/* Of the calls that a task can give up, fetch() and the opening of a WebSocket
 * cost something. They find each other's numbers only by a hostile worker. */
static void on_cancelled(void *user, struct host *worker, uint64_t request_id)
{
    struct task_runner *runner = user;

    fetch_set_cancel(runner_worker_fetches(runner->worker), request_id);
    (void)socket_set_goodbye(runner_worker_sockets(runner->worker), request_id,
                             0, (struct bytes){0});
}

const struct host_events task_host_requests = {.request = on_request,
                                               .cancelled = on_cancelled};
