/*
 * Tasks: their state, and the submissions and distribution lists of a round.
 *
 * The state comes from K2's own task methods with only the maps that are
 * wanted: whole, it grows with every node and round. KPL tasks have no such
 * methods: their account is read whole, and their state made the same JSON,
 * which client_task_read.c takes apart.
 *
 * What is borrowed from the JSON is valid inside the callback. Thread: the
 * loop's.
 */
#include "client/client_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "settlement/format/kpl_state.h"
#include "settlement/format/task_error.h"
#include "settlement/format/well_known.h"
#include <stdlib.h>

/* JSON-RPC 2.0, "Invalid params". */
#define REMOTE_INVALID_PARAMS (-32602)

/* What a call asks for. */
enum task_question { TASK_STATE, TASK_SUBMISSIONS, TASK_DISTRIBUTIONS };

/* A call that waits for a task or for a round of it; freed after its callback.
 */
struct task_call {
    struct client *client;
    union {
        client_task_callback *task;
        client_round_callback *round;
    } callback;
    void *user;
    struct pubkey task;
    enum task_question question;
    unsigned parts; /* TASK_STATE */
    uint64_t round; /* the others */
    /* Why it is taken for a KPL task's: what the native method answered. */
    int refusal;
    char *refusal_text;
};

/* What came in answer, before it is taken apart. */
struct task_answer {
    uint64_t slot;
    bool is_kpl;
    struct json_object *state; /* NULL on an error */
};

/* The JSON in value.data. *state belongs to the caller, and is NULL on an
 * error. */
static int read_data(struct json_object *result, uint64_t *slot,
                     struct json_object **state)
{
    struct json_object *value, *data;
    struct buffer text = {0};
    int status = client_context_value(result, slot, &value);
    if (!status && !value)
        return err_set(ERR_NOT_FOUND, "there is no such task");
    if (!status && !json_object_is_type(value, json_type_object))
        status = err_set(ERR_INVALID, "the endpoint gave no task data");
    if (!status)
        status = json_get_array(value, "data", &data);
    if (!status)
        status = client_base64_data(data, &text);
    if (!status)
        status = json_parse(buffer_view(&text), state);
    if (!status && !json_object_is_type(*state, json_type_object)) {
        json_object_put(*state);
        *state = NULL;
        status = err_set(ERR_INVALID, "the task's state is no JSON object");
    }
    buffer_free(&text);
    return status;
}

/* See TASK_NOT_FOUND_WORDS. An endpoint may put its own words around them. */
static int read_missing(int status)
{
    if (status == ERR_REMOTE && strstr(err_text(), TASK_NOT_FOUND_WORDS))
        return err_set(ERR_NOT_FOUND, "there is no such task");
    return status;
}

/* The state lives until the callback has run. */
static void finish_task(struct task_call *call, int status,
                        const struct task_answer *answer)
{
    struct client_task task = {
        .task = call->task, .slot = answer->slot, .is_kpl = answer->is_kpl};
    if (!status)
        status = client_task_read(answer->state, &task);
    call->callback.task(call->user, status, status ? NULL : &task);
}

/* Everything the callback gets lies in the arena or in the state. */
static void finish_round(struct task_call *call, int status,
                         const struct task_answer *answer)
{
    struct client_round round = {.round = call->round, .slot = answer->slot};
    struct arena arena = {0};
    if (!status)
        status = client_round_read(answer->state,
                                   call->question == TASK_DISTRIBUTIONS, &arena,
                                   &round);
    call->callback.round(call->user, status, status ? NULL : &round);
    arena_free(&arena);
}

/* ---- Questions ---- */

static void finish(struct task_call *call, int status,
                   struct task_answer *answer)
{
    if (call->question == TASK_STATE)
        finish_task(call, status, answer);
    else
        finish_round(call, status, answer);
    json_object_put(answer->state);
    free(call->refusal_text);
    free(call);
}

/* The maps that a question wants. */
static unsigned kpl_parts(const struct task_call *call)
{
    if (call->question == TASK_SUBMISSIONS)
        return KPL_STATE_SUBMISSIONS;
    if (call->question == TASK_DISTRIBUTIONS)
        return KPL_STATE_DISTRIBUTIONS;
    return (call->parts & CLIENT_TASK_SUBMISSIONS ? KPL_STATE_SUBMISSIONS : 0) |
           (call->parts & CLIENT_TASK_DISTRIBUTIONS ? KPL_STATE_DISTRIBUTIONS
                                                    : 0) |
           (call->parts & CLIENT_TASK_BALANCES ? KPL_STATE_BALANCES : 0) |
           (call->parts & CLIENT_TASK_STAKES ? KPL_STATE_STAKES : 0);
}

/* The state in an account's data. */
static int read_kpl_data(const struct task_call *call, struct bytes data,
                         struct json_object **state)
{
    struct buffer text = {0};
    const uint64_t *round = call->question == TASK_STATE ? NULL : &call->round;
    int status = kpl_state_json(data, kpl_parts(call), round, &text);
    if (!status)
        status = json_parse(buffer_view(&text), state);
    buffer_free(&text);
    return status;
}

/* An account of the KPL program that is no task (a staking key's) has no state
 * to read. Where there is no KPL task, what the native method said stands. That
 * a task is a KPL one never changes, so it is noted. */
static void on_kpl_account(void *user, int status, uint64_t slot,
                           const struct client_account *account)
{
    struct task_call *call = user;
    struct task_answer answer = {.slot = slot, .is_kpl = true};
    bool is_kpl = !status && account &&
                  pubkey_equal(&account->owner, &KPL_TASK_PROGRAM_ID);
    if (is_kpl)
        status = read_kpl_data(call, account->data, &answer.state);
    else if (call->refusal && status != ERR_CANCELLED)
        status = err_set(call->refusal, "%s", call->refusal_text);
    else if (!status)
        status = err_set(ERR_NOT_FOUND, "there is no such task");
    if (!status)
        (void)map_put(call->client->kpl_tasks, pubkey_bytes(&call->task),
                      call->client);
    finish(call, status, &answer);
}

/* Endpoints know native tasks alone: of others they say that there is no such
 * task, or that the account's data is wrong. Which program a task belongs to is
 * what its account says, as for Koii's tools. */
static bool may_be_kpl(const struct client *client, int status)
{
    return status == ERR_NOT_FOUND || status == ERR_INVALID ||
           (status == ERR_REMOTE &&
            client_remote_code(client) == REMOTE_INVALID_PARAMS);
}

static void on_native(void *user, int status, struct json_object *result)
{
    struct task_call *call = user;
    struct task_answer answer = {0};
    status = read_missing(status);
    if (!status)
        status = read_data(result, &answer.slot, &answer.state);
    if (!status || !may_be_kpl(call->client, status)) {
        finish(call, status, &answer);
        return;
    }
    call->refusal = status;
    call->refusal_text = mem_text(err_text());
    client_account_at(call->client, &call->task, on_kpl_account, call);
}

/* The native methods' options beside the encoding. */
static void write_options(const struct task_call *call,
                          struct json_writer *writer)
{
    static const struct {
        enum client_task_parts part;
        const char *name;
    } flags[] = {{CLIENT_TASK_SUBMISSIONS, "submission"},
                 {CLIENT_TASK_DISTRIBUTIONS, "distribution"},
                 {CLIENT_TASK_BALANCES, "balance"},
                 {CLIENT_TASK_STAKES, "stake"}};
    if (call->question != TASK_STATE) {
        json_field_u64(writer, "round", call->round);
        return;
    }
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        if (call->parts & flags[i].part)
            json_field_bool(writer, flags[i].name, true);
    }
}

static void ask(struct client *client, const struct task_call *question)
{
    CHECK_MAGIC(client, CLIENT_MAGIC);
    static const char *const methods[] = {
        [TASK_STATE] = "getTaskAccountInfo",
        [TASK_SUBMISSIONS] = "getTaskSubmissionInfo",
        [TASK_DISTRIBUTIONS] = "getTaskDistributionInfo"};
    struct task_call *call = mem_zero(1, sizeof(*call));
    struct client_params params;
    *call = *question;
    call->client = client;
    if (map_get(client->kpl_tasks, pubkey_bytes(&call->task))) {
        client_account_at(client, &call->task, on_kpl_account, call);
        return;
    }
    client_params_open(&params);
    client_params_key(&params, &call->task);
    json_open_object(&params.writer);
    json_field_text(&params.writer, "encoding", "base64");
    write_options(call, &params.writer);
    json_close_object(&params.writer);
    client_call_params(client, methods[call->question], &params, on_native,
                       call);
}

/* parts: which maps the state shall have; each may be large. */
void client_task_state(struct client *client, const struct pubkey *task,
                       unsigned parts, client_task_callback *callback,
                       void *user)
{
    ask(client, &(struct task_call){.callback.task = callback,
                                    .user = user,
                                    .task = *task,
                                    .question = TASK_STATE,
                                    .parts = parts});
}

/* The submissions of one round. Their values are texts, mostly CIDs. */
void client_task_submissions(struct client *client, const struct pubkey *task,
                             uint64_t round, client_round_callback *callback,
                             void *user)
{
    ask(client, &(struct task_call){.callback.round = callback,
                                    .user = user,
                                    .task = *task,
                                    .question = TASK_SUBMISSIONS,
                                    .round = round});
}

/* The distributions of one round. They name accounts that hold lists, and the
 * round has its record of payouts. */
void client_task_distributions(struct client *client, const struct pubkey *task,
                               uint64_t round, client_round_callback *callback,
                               void *user)
{
    ask(client, &(struct task_call){.callback.round = callback,
                                    .user = user,
                                    .task = *task,
                                    .question = TASK_DISTRIBUTIONS,
                                    .round = round});
}
