/*
 * Tasks in folders of this machine: looked at, put on chain, moved to other
 * terms. All of it is done by commands of this program (`task check`, `task
 * create`, `task update`), which take no file from outside of the task's
 * folder.
 *
 * A deployment signs with the wallet's key file in the command's own process;
 * the passphrase goes there through a pipe. The new task's key is in a file
 * that is named by the Idempotency-Key. So however often an order with one key
 * comes, also after a crash, it is about one task, and a command that finds it
 * on chain pays nothing.
 */
#include "node/page/api_deploy.h"

#include "base/error.h"
#include "base/memory.h"
#include "crypto/passphrase.h"
#include "node/page/api_repeat.h"
#include "node/page/command_jobs.h"

#include <stdlib.h>

/* A build takes a minute at most, an upload to public services some more. */
#define DEPLOY_MS (20u * 60 * 1000)
/* From here on the transaction may be on its way. */
#define STEP_SENT 3

/* ---- deployed ---- */

static bool read_deployed(struct json_object *result, struct api_deployed *out)
{
    const char *task, *signature;
    uint64_t cost;

    *out = (struct api_deployed){0};
    bool is_old = json_get_text(result, "signature", &signature) != 0;
    if (json_get_text(result, "task", &task) ||
        (is_old && json_get_text(result, "paid_by", &signature)) ||
        json_get_u64(result, is_old ? "paid_slot" : "slot", &out->slot) ||
        json_get_u64(result, "cost_roe", &cost) ||
        json_get_u64(result, "fee_roe", &out->fee_roe) || cost < out->fee_roe ||
        pubkey_parse(bytes_text(task), &out->task) ||
        signature_parse(bytes_text(signature), &out->signature)) {
        err_clear();
        return false;
    }
    out->amount_roe = cost - out->fee_roe;
    return true;
}

/* Also of one that was there already: the node may have ended over it. What is
 * booked twice stands there once. */
static void on_deployed(void *user, const struct command_job *job)
{
    struct api *api = user;
    struct api_deployed deployed;

    if (!job->status && job->result && read_deployed(job->result, &deployed))
        api_world(api)->note_deployed(api_world_user(api), &deployed);
}

/* False if it was answered. A wallet without a passphrase needs none. */
static bool take_passphrase(struct api_request *request, struct bytes *out)
{
    const struct api_world *world = api_world(request->api);
    struct json_object *value;

    *out = (struct bytes){0};
    if (!world->is_sealed(api_world_user(request->api)))
        return true;
    if (!json_object_object_get_ex(request->body, "passphrase", &value) ||
        !json_object_is_type(value, json_type_string) ||
        !json_object_get_string_len(value) ||
        json_object_get_string_len(value) > PASSPHRASE_SIZE_MAX) {
        api_refuse(request, 400, "form", "passphrase",
                   "the wallet's passphrase is needed");
        return false;
    }
    *out = bytes_make(json_object_get_string(value),
                      (size_t)json_object_get_string_len(value));
    return true;
}

static void start(struct api_request *request, const char *kind,
                  const char *attempt, const char *folder,
                  struct bytes passphrase)
{
    struct api *api = request->api;
    const struct api_deploy_place *place =
        api_world(api)->deploy_place(api_world_user(api));
    char *config = mem_format("%s/" API_DEPLOY_CONFIG, folder);
    char *name = api_repeat_name(attempt);
    char *key = mem_format("%s/%s.json", place->key_folder, name);
    const char *words[] = {"task",
                           !strcmp(kind, "deploy") ? "create" : "update",
                           config,
                           "--inside",
                           "--node-store",
                           "--final",
                           "--yes",
                           "--node-dir",
                           api_folder(api),
                           "--keypair",
                           place->wallet_file,
                           "--task-keypair",
                           key,
                           passphrase.size ? "--passphrase-file" : NULL,
                           "-",
                           NULL};
    const struct own_command_order order = {.words = words,
                                            .endpoint = place->endpoint,
                                            .input = passphrase,
                                            .output_max = API_DEPLOY_OUTPUT_MAX,
                                            .limit_ms = DEPLOY_MS};
    char *job = mem_text(attempt); /* the answer frees the body */
    int status = command_jobs_start(api_command_jobs(api), kind, job, &order,
                                    on_deployed, api);
    free(config);
    free(key);
    free(name);
    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, kind, job);
    free(job);
}

/* The key that the task has: of this order, or of an earlier one whose task it
 * is to finish. NULL if it was answered. */
static const char *take_attempt(struct api_request *request)
{
    const char *again;

    if (json_get_text(request->body, "again", &again)) {
        err_clear();
        return request->key;
    }
    if (api_repeat_is_key(again))
        return again;
    api_refuse(request, 400, "form", "again",
               "\"again\" is the key of an order that failed");
    return NULL;
}

/* One deployment at a time: two builds of one folder would meet. */
static void order(struct api_request *request, const char *kind)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    struct bytes passphrase;
    char *folder =
        api_deploy_place_of(request) ? api_deploy_folder(request) : NULL;
    const char *attempt = folder ? take_attempt(request) : NULL;

    if (attempt && take_passphrase(request, &passphrase)) {
        const struct command_job *job = command_jobs_find(jobs, kind, attempt);

        if ((!job || !job->command) &&
            (command_jobs_is_running(jobs, "deploy") ||
             command_jobs_is_running(jobs, "update")))
            api_refuse(request, 409, "busy", NULL,
                       "another task is being deployed");
        else
            start(request, kind, attempt, folder, passphrase);
    }
    free(folder);
}

static void deploy(struct api_request *request)
{
    order(request, "deploy");
}

static void update(struct api_request *request)
{
    order(request, "update");
}

/* ---- followed ---- */

static void answer_job(struct api_request *request, const char *kind)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    const struct command_job *job =
        command_jobs_find(jobs, kind, request->parts[0]);
    struct json_object *answer;
    struct buffer text = {0};
    struct api_job state;

    if (!job || command_jobs_look(jobs, kind, request->parts[0], &state)) {
        api_refuse(request, 404, "not_found", NULL, "there is no such job");
        return;
    }
    answer = json_object_new_object();
    json_object_object_add(answer, "state",
                           json_object_new_string(state.state));
    json_object_object_add(answer, "step",
                           json_object_new_int((int)state.step));
    json_object_object_add(answer, "of", json_object_new_int((int)state.of));
    if (job->result && !job->status) {
        api_deploy_move(job->result, "task", answer, "task");
        api_deploy_move(job->result, "old_task", answer, "old_task");
        api_deploy_move(job->result, "signature", answer, "signature");
        api_deploy_move_amount(job->result, "cost_roe", answer, "paid");
    }
    if (job->status) {
        json_object_object_add(answer, "error",
                               json_object_new_string(job->text));
        json_object_object_add(answer, "code",
                               json_object_new_string(err_name(job->status)));
        json_object_object_add(answer, "hint",
                               json_object_new_string(job->hint));
    }
    json_text(answer, &text);
    json_object_put(answer);
    api_answer(request, &text);
}

static void get_deploy(struct api_request *request)
{
    answer_job(request, "deploy");
}

static void get_update(struct api_request *request)
{
    answer_job(request, "update");
}

static int look_at_deploy(struct api *api, const char *key, struct api_job *out)
{
    return command_jobs_look(api_command_jobs(api), "deploy", key, out);
}

static int look_at_update(struct api *api, const char *key, struct api_job *out)
{
    return command_jobs_look(api_command_jobs(api), "update", key, out);
}

static void cancel(struct api_request *request, const char *kind,
                   const char *key)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    const struct command_job *job = command_jobs_find(jobs, kind, key);
    struct buffer nothing = {0};

    if (!job) {
        api_refuse(request, 404, "not_found", NULL, "there is no such job");
    } else if (!job->command || job->step >= STEP_SENT) {
        api_refuse(request, 409, "not_now", NULL,
                   "it was sent to the chain already");
    } else {
        command_jobs_cancel(jobs, kind, key);
        api_answer(request, &nothing);
    }
}

static void cancel_deploy(struct api_request *request, const char *key)
{
    cancel(request, "deploy", key);
}

static void cancel_update(struct api_request *request, const char *key)
{
    cancel(request, "update", key);
}

static void add_can(struct api *api, struct json_object *can)
{
    const struct api_world *world = api_world(api);

    if (world->deploy_place && world->deploy_place(api_world_user(api)))
        json_object_array_add(can, json_object_new_string("deploy"));
}

static const struct api_row rows[] = {
    {"GET", "create/folders", API_READ, api_deploy_list_folders},
    {"POST", "create/check", API_READ, api_deploy_check},
    {"POST", "create/deploy", API_PROOF, deploy},
    {"POST", "create/update", API_PROOF, update},
    {"GET", "create/deploy/*", API_READ, get_deploy},
    {"GET", "create/update/*", API_READ, get_update},
};

static const struct api_job_kind jobs[] = {
    {"deploy", look_at_deploy, cancel_deploy},
    {"update", look_at_update, cancel_update},
};

const struct api_area api_area_deploy = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
    .can = add_can,
};
