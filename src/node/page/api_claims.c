/*
 * Claims: one job for each. A claim takes whatever the task owes when it lands,
 * so the same order after a restart moves nothing twice.
 */
#include "base/error.h"
#include "node/page/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* TASK-NUMBER, the number as the node counts its claims. */
#define ABOUT_SIZE (BASE58_KEY_SIZE + 1 + 24)

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text;

    return json_get_text(object, name, &text) ? "" : text;
}

static int claim(struct api *api, const char *text, char about[ABOUT_SIZE])
{
    struct pubkey task;
    uint64_t number = 0;
    int status = pubkey_parse(bytes_text(text), &task);

    if (!status)
        status = api_world(api)->claim(api_world_user(api), &task, &number);
    if (!status)
        snprintf(about, ABOUT_SIZE, "%s-%" PRIu64, text, number);
    return status;
}

static void claim_one(struct api_request *request)
{
    char about[ABOUT_SIZE];
    int status = claim(request->api, request->parts[0], about);

    if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, "claim", about);
}

static void write_claim(struct api *api, const char *task,
                        struct json_writer *writer)
{
    char about[ABOUT_SIZE], job[ABOUT_SIZE + 8];
    int status = claim(api, task, about);

    json_open_object(writer);
    json_field_text(writer, "task", task);
    if (status) {
        json_field_text(writer, "error", err_text());
    } else {
        snprintf(job, sizeof(job), "claim-%s", about);
        json_field_text(writer, "job", job);
    }
    json_close_object(writer);
}

/* Which of them failed is said by name. */
static void claim_many(struct api_request *request)
{
    struct json_object *list = NULL;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    bool is_all = !strcmp(text_of(request->body, "tasks"), "all");
    int status = json_get_array(
        is_all ? api_status(request->api) : request->body, "tasks", &list);

    if (status) {
        api_refuse(request, 400, "form", "tasks",
                   "\"tasks\" is \"all\" or a list of ids");
        return;
    }
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *task = is_all ? text_of(one, "task")
                           : json_object_is_type(one, json_type_string)
                               ? json_object_get_string(one)
                               : "";

        write_claim(request->api, task, &writer);
    }
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    api_answer(request, &answer);
}

static int look_at_job(struct api *api, const char *about, struct api_job *out)
{
    const char *text = strchr(about, '-');
    struct pubkey task;
    char *end;

    if (!text ||
        pubkey_parse(bytes_make(about, (size_t)(text - about)), &task) ||
        text[1] < '0' || text[1] > '9')
        return err_set(ERR_NOT_FOUND, "there is no such job");
    uint64_t number = strtoull(text + 1, &end, 10);
    if (*end)
        return err_set(ERR_NOT_FOUND, "there is no such job");
    *out = (struct api_job){.of = 2};
    int status = api_world(api)->claim_state(api_world_user(api), &task, number,
                                             &out->state);
    if (!status)
        out->step = !strcmp(out->state, "done")      ? 2
                    : !strcmp(out->state, "running") ? 1
                                                     : 0;
    return status;
}

static const struct api_row rows[] = {
    {"POST", "tasks/*/claim", API_COINS, claim_one},
    {"POST", "claims", API_COINS, claim_many},
};

static const struct api_job_kind jobs[] = {{"claim", look_at_job, NULL}};

const struct api_area api_area_claims = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
};
