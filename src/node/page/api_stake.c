/*
 * More stake on a task that runs: an order that is one transaction at most, by
 * its Idempotency-Key, as a transfer is (api_transfers.c).
 */
#include "base/error.h"
#include "node/page/api.h"

#include <stdio.h>
#include <stdlib.h>

/* TASK-KEY: no key in base58 has a hyphen. */
#define ABOUT_SIZE (BASE58_KEY_SIZE + 1 + 64)

static void answer_job(struct api_request *request)
{
    char about[ABOUT_SIZE];

    snprintf(about, sizeof(about), "%s-%s", request->parts[0], request->key);
    api_answer_job(request, "stake", about);
}

/* What can't be is about the amount: nothing else was asked. */
static void on_ordered(void *user, int status)
{
    struct api_request *request = user;

    if (!status)
        answer_job(request);
    else if (status == ERR_STATE)
        api_refuse(request, 422, "refused", "amount", "%s", err_text());
    else
        api_answer_error(request, status);
}

/* One of that key is there already, of this life or one before. */
static void answer_again(struct api_request *request,
                         const struct api_stake_state *state, uint64_t amount)
{
    if (state->amount == amount)
        answer_job(request);
    else
        api_answer_error(request,
                         err_set(ERR_EXISTS, "that key is another order's"));
}

static void order(struct api_request *request)
{
    struct api *api = request->api;
    struct api_stake_state state;
    struct pubkey task;
    uint64_t amount = 0;

    if (pubkey_parse(bytes_text(request->parts[0]), &task)) {
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
        return;
    }
    if (api_take_amount(request->body, "amount", &amount) || !amount) {
        api_refuse(request, 400, "form", "amount",
                   "\"amount\" is a decimal text of base units, above 0");
        return;
    }
    if (!api_world(api)->stake_state(api_world_user(api), &task, request->key,
                                     &state) &&
        (state.is_sent || strcmp(state.state, "failed") != 0)) {
        answer_again(request, &state, amount);
        return;
    }
    err_clear();
    int status = api_world(api)->stake_more(
        api_world_user(api), &task, request->key, amount, on_ordered, request);
    if (status)
        on_ordered(request, status);
}

static int look_at_job(struct api *api, const char *about, struct api_job *out)
{
    const char *key = strchr(about, '-');
    struct api_stake_state state;
    struct pubkey task;

    if (!key || pubkey_parse(bytes_make(about, (size_t)(key - about)), &task))
        return err_set(ERR_NOT_FOUND, "there is no such job");
    int status = api_world(api)->stake_state(api_world_user(api), &task,
                                             key + 1, &state);
    if (status)
        return status;
    *out = (struct api_job){.state = state.state, .of = 2};
    out->step = !strcmp(state.state, "done") ? 2 : state.is_sent ? 1 : 0;
    snprintf(out->text, sizeof(out->text), "%s", state.text);
    return 0;
}

static const struct api_row rows[] = {
    {"POST", "tasks/*/stake", API_COINS, order},
};

static const struct api_job_kind jobs[] = {{"stake", look_at_job, NULL}};

const struct api_area api_area_stake = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
};
