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
#include "node/page/api.h"

#include "base/error.h"
#include "base/memory.h"
#include "crypto/passphrase.h"
#include "node/page/command_jobs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIG "config-task.yml"

/* A check reads a few files and asks the chain two questions. */
#define CHECK_MS 30000
/* A build takes a minute at most, an upload to public services some more. */
#define DEPLOY_MS (20u * 60 * 1000)
#define OUTPUT_MAX (1u << 20)
/* From here on the transaction may be on its way. */
#define STEP_SENT 3

static const struct api_deploy_place *place_of(struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    const struct api_deploy_place *place =
        world->deploy_place ? world->deploy_place(api_world_user(request->api))
                            : NULL;

    if (!place)
        api_refuse(request, 501, "missing", NULL,
                   "this node can't deploy tasks");
    return place;
}

/* The path of the folder, without slashes at its end; the caller frees it. "~"
 * is this user's home. NULL if it was answered. */
static char *take_folder(struct api_request *request)
{
    const char *text, *home = getenv("HOME");

    if (json_get_text(request->body, "folder", &text) ||
        strlen(text) >= PATH_MAX - sizeof("/" CONFIG) ||
        strpbrk(text, "\n\r")) {
        api_refuse(request, 400, "form", "folder",
                   "\"folder\" is the path of a task's folder");
        return NULL;
    }
    bool is_home = home && *text == '~' && (text[1] == '/' || !text[1]);
    if (*text != '/' && !is_home) {
        api_refuse(request, 400, "form", "folder",
                   "a folder's path begins with / or ~/");
        return NULL;
    }
    char *folder =
        is_home ? mem_format("%s%s", home, text + 1) : mem_text(text);
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        folder[--size] = 0;
    return folder;
}

/* ---- looked at ---- */

struct checking {
    struct api_request *request;
    char *folder;
};

static void move(struct json_object *from, const char *name,
                 struct json_object *to, const char *as)
{
    struct json_object *value;

    if (json_object_object_get_ex(from, name, &value))
        json_object_object_add(to, as, json_object_get(value));
}

static void move_amount(struct json_object *from, const char *name,
                        struct json_object *to, const char *as)
{
    move(from, name, to, as);
    api_amount(to, as);
}

static struct json_object *terms_of(struct json_object *said)
{
    static const char *const names[] = {
        "name",         "description",
        "network",      "token",
        "round_time",   "submission_window",
        "audit_window", "allowed_failed_distributions",
        "space_bytes",  "requires",
        "bundle",       "build",
        NULL,
    };
    struct json_object *terms = json_object_new_object();

    for (const char *const *name = names; *name; name++)
        move(said, *name, terms, *name);
    move_amount(said, "minimum_stake", terms, "minimum_stake");
    move_amount(said, "bounty_per_round", terms, "bounty_per_round");
    move_amount(said, "bounty", terms, "bounty");
    return terms;
}

/* What is paid for a task in KOII is burned with it, or paid to others: none of
 * it comes back. A bounty in tokens is not part of the sum. */
static struct json_object *cost_of(struct json_object *said)
{
    struct json_object *cost = json_object_new_object();

    move_amount(said, "rent_roe", cost, "rent");
    if (!json_object_object_get_ex(said, "token", NULL))
        move_amount(said, "bounty", cost, "bounty");
    move_amount(said, "pot_roe", cost, "pot");
    move_amount(said, "fee_roe", cost, "fees");
    move_amount(said, "cost_roe", cost, "sum");
    move_amount(said, "cost_roe", cost, "never_back");
    return cost;
}

static struct json_object *old_of(struct json_object *said)
{
    struct json_object *old = json_object_new_object();

    move(said, "old_task", old, "task");
    move(said, "old_name", old, "name");
    move(said, "nodes", old, "nodes");
    move_amount(said, "staked", old, "staked");
    move_amount(said, "bounty_left", old, "bounty");
    return old;
}

/* What the chain was asked for in vain is said beside what is known. */
static void answer_check(struct checking *checking, struct json_object *said,
                         int status, const char *trouble)
{
    struct json_object *answer = json_object_new_object(), *problems;
    struct buffer text = {0};
    bool is_wrong = json_get_array(said, "problems", &problems) ||
                    json_object_array_length(problems);

    json_object_object_add(answer, "folder",
                           json_object_new_string(checking->folder));
    move(said, "problems", answer, "problems");
    if (!is_wrong) {
        json_object_object_add(answer, "terms", terms_of(said));
        json_object_object_add(answer, "cost", cost_of(said));
        move_amount(said, "balance_roe", answer, "balance");
        move(said, "tokens_suffice", answer, "tokens_suffice");
        if (json_object_object_get_ex(said, "old_task", NULL))
            json_object_object_add(answer, "update", old_of(said));
        if (status)
            json_object_object_add(answer, "unknown",
                                   json_object_new_string(trouble));
    }
    json_text(answer, &text);
    json_object_put(answer);
    api_answer(checking->request, &text);
}

static void refuse_check(struct checking *checking, int status)
{
    if (status == ERR_NOT_FOUND || status == ERR_DENIED)
        api_refuse(checking->request, 422, "refused", "folder", "%s",
                   err_text());
    else if (status == ERR_TIMEOUT)
        api_refuse(checking->request, 504, "settlement", NULL, "%s",
                   err_text());
    else
        api_answer_error(checking->request, status);
}

static void on_checked(void *user, const struct own_command_end *end)
{
    struct checking *checking = user;
    struct api *api = checking->request->api;
    struct json_object *said = NULL;
    char trouble[ERR_TEXT_SIZE];

    snprintf(trouble, sizeof(trouble), "%s", err_text());
    if (end->output.size && !json_parse_exact(end->output, &said) &&
        json_object_is_type(said, json_type_object)) {
        api_world(api)->note_folder(api_world_user(api), checking->folder);
        answer_check(checking, said, end->status, trouble);
    } else {
        int status = end->status ? end->status : ERR_CORRUPT;

        err_set(status, "%s", trouble);
        refuse_check(checking, status);
    }
    json_object_put(said);
    free(checking->folder);
    free(checking);
}

static void check(struct api_request *request)
{
    static const struct own_command_events events = {NULL, on_checked};
    const struct api_deploy_place *place = place_of(request);
    bool is_update = false;
    char *folder = place ? take_folder(request) : NULL;

    if (!folder)
        return;
    (void)json_get_bool(request->body, "update", &is_update);
    char *config = mem_format("%s/" CONFIG, folder);
    const char *words[] = {"task",
                           "check",
                           config,
                           "--inside",
                           "--keypair",
                           place->wallet_file,
                           is_update ? "--update" : NULL,
                           NULL};
    const struct own_command_order order = {.words = words,
                                            .endpoint = place->endpoint,
                                            .output_max = OUTPUT_MAX,
                                            .limit_ms = CHECK_MS};
    struct checking *checking = mem_zero(1, sizeof(*checking));
    *checking = (struct checking){request, folder};
    int status = own_command_start(api_commands(request->api), &order, &events,
                                   checking, NULL);
    free(config);
    if (!status)
        return;
    api_answer_error(request, status);
    free(folder);
    free(checking);
}

static void get_folders(struct api_request *request)
{
    const struct api_world *world = api_world(request->api);
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    if (!place_of(request))
        return;
    json_open_object(&writer);
    json_name(&writer, "items");
    world->write_folders(api_world_user(request->api), &writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    api_answer(request, &answer);
}

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
                  const char *folder, struct bytes passphrase)
{
    struct api *api = request->api;
    const struct api_deploy_place *place =
        api_world(api)->deploy_place(api_world_user(api));
    char *config = mem_format("%s/" CONFIG, folder);
    char *key = mem_format("%s/%s.json", place->key_folder, request->key);
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
                                            .output_max = OUTPUT_MAX,
                                            .limit_ms = DEPLOY_MS};
    int status = command_jobs_start(api_command_jobs(api), kind, request->key,
                                    &order, on_deployed, api);
    free(config);
    free(key);
    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, kind, request->key);
}

/* One deployment at a time: two builds of one folder would meet. */
static void order(struct api_request *request, const char *kind)
{
    struct command_jobs *jobs = api_command_jobs(request->api);
    const struct command_job *job = command_jobs_find(jobs, kind, request->key);
    struct bytes passphrase;
    char *folder = place_of(request) ? take_folder(request) : NULL;

    if (!folder)
        return;
    if (take_passphrase(request, &passphrase)) {
        if ((!job || !job->command) &&
            (command_jobs_is_running(jobs, "deploy") ||
             command_jobs_is_running(jobs, "update")))
            api_refuse(request, 409, "busy", NULL,
                       "another task is being deployed");
        else
            start(request, kind, folder, passphrase);
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
        move(job->result, "task", answer, "task");
        move(job->result, "old_task", answer, "old_task");
        move(job->result, "signature", answer, "signature");
        move_amount(job->result, "cost_roe", answer, "paid");
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
    {"GET", "create/folders", API_READ, get_folders},
    {"POST", "create/check", API_READ, check},
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
