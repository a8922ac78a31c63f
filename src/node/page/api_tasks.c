/*
 * The tasks of this node, and the operator's orders about them. All of it is
 * what the control port has; amounts are made texts.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/page/api_settings.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what the status says ---- */

static struct json_object *list_of(struct json_object *status, const char *name)
{
    struct json_object *list;

    return json_get_array(status, name, &list) ? NULL : list;
}

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text;

    return json_get_text(object, name, &text) ? "" : text;
}

/* In one of the status' lists, by its id; NULL if it is not there. */
static struct json_object *find_in(struct json_object *list, const char *task)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);

        if (!strcmp(text_of(one, "task"), task))
            return one;
    }
    return NULL;
}

/* A copy for a page. Rounds are in the whole one alone. */
static struct json_object *copy_task(struct json_object *task, bool is_whole)
{
    static const char *const amounts[] = {"stake", "claimable", "claiming",
                                          "claimed"};
    struct json_object *copy = NULL, *rounds;

    if (json_object_deep_copy(task, &copy, NULL))
        return json_object_new_object();
    for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++)
        api_amount(copy, amounts[i]);
    rounds = list_of(copy, "rounds");
    for (size_t i = 0; rounds && i < json_object_array_length(rounds); i++)
        api_amount(json_object_array_get_idx(rounds, i), "reward");
    if (!is_whole)
        json_object_object_del(copy, "rounds");
    return copy;
}

/* The order to get its stake back, if there is one. */
static void add_leaving(struct json_object *status, struct json_object *copy)
{
    static const char *const fields[] = {"unlock_round", "unlock_in_ms"};
    struct json_object *leaving =
        find_in(list_of(status, "leaving"), text_of(copy, "task"));
    struct json_object *value;

    if (!leaving)
        return;
    json_object_object_add(copy, "leaving",
                           json_object_new_string(text_of(leaving, "step")));
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (json_object_object_get_ex(leaving, fields[i], &value))
            json_object_object_add(copy, fields[i], json_object_get(value));
}

static struct json_object *find_task(struct json_object *status,
                                     const char *task)
{
    struct json_object *found = find_in(list_of(status, "tasks"), task);

    return found ? found : find_in(list_of(status, "stopped"), task);
}

/* Its last stops, with their reasons; without them where they can't be read. */
static void add_stops(struct api *api, const char *id, struct json_object *copy)
{
    struct json_object *body = json_object_new_object(), *answer = NULL, *items;

    json_object_object_add(body, "task", json_object_new_string(id));
    if (!api_ask_now(api, "/stops", body, &answer) &&
        !json_get_array(answer, "items", &items))
        json_object_object_add(copy, "stops", json_object_get(items));
    json_object_put(answer);
    err_clear();
}

/* Of a stopped one, whose status has none. */
static void add_limits(struct api *api, const char *id,
                       struct json_object *copy)
{
    struct json_object *answer = NULL, *limits = NULL;

    if (json_object_object_get_ex(copy, "limits", NULL))
        return;
    if (!api_ask_now(api, "/limits", NULL, &answer) &&
        !json_get_array(answer, "limits", &limits) &&
        (limits = find_in(limits, id)))
        json_object_object_add(copy, "limits", json_object_get(limits));
    json_object_put(answer);
    err_clear();
}

static int write_task(struct api *api, const char *id, struct json_object **out)
{
    struct json_object *status = api_status(api);
    struct json_object *task = find_task(status, id);

    if (!task)
        return err_set(ERR_NOT_FOUND,
                       "task %.64s neither runs nor was stopped "
                       "here",
                       id);
    *out = copy_task(task, true);
    add_leaving(status, *out);
    add_stops(api, id, *out);
    add_limits(api, id, *out);
    return 0;
}

/* By id, so that a change of one is a change of one. */
static int write_tasks(struct api *api, const char *id,
                       struct json_object **out)
{
    static const char *const lists[] = {"stopped", "tasks"};
    struct json_object *status = api_status(api);

    *out = json_object_new_object();
    for (size_t l = 0; l < sizeof(lists) / sizeof(*lists); l++) {
        struct json_object *list = list_of(status, lists[l]);

        for (size_t i = 0; list && i < json_object_array_length(list); i++) {
            struct json_object *copy =
                copy_task(json_object_array_get_idx(list, i), false);

            add_leaving(status, copy);
            json_object_object_add(*out, text_of(copy, "task"), copy);
        }
    }
    return 0;
}

static void get_task(struct api_request *request)
{
    struct json_object *task = NULL;
    struct buffer answer = {0};
    int status = write_task(request->api, request->parts[0], &task);

    if (!status)
        json_text(task, &answer);
    json_object_put(task);
    api_finish(request, status, &answer);
}

/* All of them: a node has some tens. */
static void get_tasks(struct api_request *request)
{
    struct json_object *tasks;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    struct buffer text = {0};

    write_tasks(request->api, "", &tasks);
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    json_object_object_foreach(tasks, id, task)
    {
        (void)id;
        buffer_clear(&text);
        json_text(task, &text);
        json_write_raw(&writer, buffer_view(&text));
    }
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    buffer_free(&text);
    json_object_put(tasks);
    api_answer(request, &answer);
}

/* ---- orders ---- */

/* {"task":id}, or NULL and the request is answered. */
static struct json_object *about(struct api_request *request)
{
    struct json_object *body;
    struct pubkey task;

    if (pubkey_parse(bytes_text(request->parts[0]), &task)) {
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
        return NULL;
    }
    body = json_object_new_object();
    json_object_object_add(body, "task",
                           json_object_new_string(request->parts[0]));
    return body;
}

static void order(struct api_request *request, const char *path)
{
    struct json_object *body = about(request);

    if (body)
        api_forward(request, path, body, NULL);
}

/* Copies the stake into the order. False if that was answered. */
static bool add_stake(struct api_request *request, struct json_object *body)
{
    uint64_t stake;

    if (api_take_amount(request->body, "stake", &stake)) {
        api_refuse(request, 400, "form", "stake", "%s", err_text());
        json_object_put(body);
        return false;
    }
    if (stake)
        json_object_object_add(body, "stake", json_object_new_uint64(stake));
    return true;
}

static void start(struct api_request *request)
{
    struct json_object *variables;

    struct json_object *body = about(request);
    if (!body || !add_stake(request, body))
        return;
    if (json_object_object_get_ex(request->body, "variables", &variables))
        json_object_object_add(body, "variables", json_object_get(variables));
    api_task_settings(request, "/start", body);
}

static void stop(struct api_request *request)
{
    order(request, "/stop");
}

static void archive(struct api_request *request)
{
    order(request, "/archive");
}

static void cancel_unstake(struct api_request *request)
{
    order(request, "/leave/cancel");
}

static void stop_all(struct api_request *request)
{
    api_forward(request, "/stop-all", json_object_new_object(), NULL);
}

static void start_all(struct api_request *request)
{
    api_forward(request, "/start-all", json_object_new_object(), NULL);
}

/* ---- the stake back, and the next version: jobs ---- */

static void answer_job(struct api_request *request, const char *kind,
                       int status)
{
    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, kind, request->parts[0]);
}

static void on_unstaking(void *user, int status)
{
    answer_job(user, "unstake", status);
}

static void on_upgrading(void *user, int status)
{
    answer_job(user, "upgrade", status);
}

/* An order that is a job from then on, which done answers. */
static void ask_job(struct api_request *request, const char *path,
                    struct json_object *body, api_done *done)
{
    struct api *api = request->api;
    struct buffer nothing = {0};
    bool is_later = false;
    const struct api_question question = {.path = path,
                                          .is_order = true,
                                          .body = body,
                                          .done = done,
                                          .user = request};
    int status = api_world(api)->ask(api_world_user(api), &question, &nothing,
                                     &is_later);

    json_object_put(body);
    buffer_free(&nothing);
    if (status || !is_later)
        done(request, status);
}

static void unstake(struct api_request *request)
{
    struct json_object *body = about(request);

    if (body)
        ask_job(request, "/leave", body, on_unstaking);
}

static void upgrade(struct api_request *request)
{
    struct json_object *body = about(request), *other;

    if (!body || !add_stake(request, body))
        return;
    if (json_object_object_get_ex(request->body, "other_creator", &other))
        json_object_object_add(body, "other_creator", json_object_get(other));
    ask_job(request, "/upgrade", body, on_upgrading);
}

/* node_leave.h has the steps. A task that is left is run for it, and is among
 * the stopped ones or forgotten when that is done; so one that still runs was
 * called off. */
static int look_at_leaving(struct api *api, const char *task,
                           struct api_job *out)
{
    static const char *const steps[] = {"waiting", "withdrawing", "claiming",
                                        "starting"};
    struct json_object *status = api_status(api);
    struct json_object *leaving = find_in(list_of(status, "leaving"), task);

    if (!leaving && !find_task(status, task))
        return err_set(ERR_NOT_FOUND, "there is no such job");
    *out = (struct api_job){.of = 4};
    if (!leaving) {
        bool is_off = find_in(list_of(status, "tasks"), task);

        out->state = is_off ? "called_off" : "done";
        out->step = is_off ? 0 : out->of;
        return 0;
    }
    out->state = "running";
    for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        if (!strcmp(text_of(leaving, "step"), steps[i]))
            out->step = i + 1;
    uint64_t left_ms;

    if (json_get_u64(leaving, "unlock_in_ms", &left_ms) == 0) {
        out->state = "waiting";
        out->until_ms = clock_unix_ms() + left_ms;
    }
    err_clear();
    return 0;
}

/* The old version is forgotten at the end. */
static int look_at_upgrade(struct api *api, const char *task,
                           struct api_job *out)
{
    if (look_at_leaving(api, task, out))
        *out = (struct api_job){.state = "done", .step = 4, .of = 4};
    err_clear();
    return 0;
}

static void cancel_leaving(struct api_request *request, const char *task)
{
    struct json_object *body = json_object_new_object();

    json_object_object_add(body, "task", json_object_new_string(task));
    api_forward(request, "/leave/cancel", body, NULL);
}

/* ---- all of it ---- */

static const struct api_row rows[] = {
    {"GET", "tasks", API_READ, get_tasks},
    {"POST", "tasks/start-all", API_COINS, start_all},
    {"POST", "tasks/stop-all", API_ORDER, stop_all},
    {"GET", "tasks/*", API_READ, get_task},
    {"DELETE", "tasks/*", API_ORDER, archive},
    {"POST", "tasks/*/start", API_COINS, start},
    {"POST", "tasks/*/stop", API_ORDER, stop},
    {"POST", "tasks/*/unstake", API_COINS, unstake},
    {"DELETE", "tasks/*/unstake", API_ORDER, cancel_unstake},
    {"POST", "tasks/*/upgrade", API_COINS, upgrade},
};

static const struct live_kind topics[] = {
    {.name = "tasks", .write = write_tasks},
    {.name = "task/", .write = write_task},
};

static const struct api_job_kind jobs[] = {
    {"unstake", look_at_leaving, cancel_leaving},
    {"upgrade", look_at_upgrade, cancel_leaving},
};

const struct api_area api_area_tasks = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
};
