/*
 * Coins of the staking key back to the main wallet: an order that is one
 * transaction at most, by its Idempotency-Key, as a transfer is.
 */
#include "base/error.h"
#include "node/page/api.h"

#include <string.h>

static void on_emptied(void *user, int status)
{
    struct api_request *request = user;

    if (!status)
        api_answer_job(request, "empty", request->key);
    else if (status == ERR_STATE)
        api_refuse(request, 422, "refused", NULL, "%s", err_text());
    else
        api_answer_error(request, status);
}

/* One that was ordered before is not judged again. */
static void empty(struct api_request *request)
{
    struct api *api = request->api;
    struct api_stake_state state;
    int status =
        api_world(api)->empty_state(api_world_user(api), request->key, &state);

    if (!status) {
        on_emptied(request, 0);
        return;
    }
    err_clear();
    status = api_world(api)->empty_staking(api_world_user(api), request->key,
                                           on_emptied, request);
    if (status)
        on_emptied(request, status);
}

static int look_at_job(struct api *api, const char *key, struct api_job *out)
{
    struct api_stake_state state;
    int status = api_world(api)->empty_state(api_world_user(api), key, &state);

    if (!status)
        *out = (struct api_job){.state = state.state,
                                .of = 2,
                                .step = !strcmp(state.state, "done") ? 2 : 1};
    return status;
}

static const struct api_row rows[] = {
    {"POST", "staking-key/empty", API_PROOF, empty},
};

static const struct api_job_kind jobs[] = {{"empty", look_at_job, NULL}};

const struct api_area api_area_staking_key = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
};
