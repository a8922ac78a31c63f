/*
 * A task's rounds and duties.
 */
#include "base/error.h"
#include "crypto/key.h"
#include "node/page/api.h"

/* {"task":id} and what else of the query is named; NULL: it is answered. */
static struct json_object *about(struct api_request *request)
{
    static const char *const names[] = {"before", "limit"};
    struct json_object *body;
    struct pubkey task;

    if (pubkey_parse(bytes_text(request->parts[0]), &task)) {
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
        return NULL;
    }
    body = json_object_new_object();
    json_object_object_add(body, "task",
                           json_object_new_string(request->parts[0]));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = api_query(request, names[i]);

        if (value)
            json_object_object_add(body, names[i],
                                   json_object_new_string(value));
    }
    return body;
}

static void get_rounds(struct api_request *request)
{
    struct json_object *body = about(request);

    if (body)
        api_forward_question(request, "/rounds", body, NULL);
}

static void get_round(struct api_request *request)
{
    struct json_object *body = about(request);

    if (!body)
        return;
    json_object_object_add(body, "round",
                           json_object_new_string(request->parts[1]));
    api_forward_question(request, "/round", body, NULL);
}

static void get_duties(struct api_request *request)
{
    struct json_object *body = about(request);

    if (body)
        api_forward_question(request, "/duties", body, NULL);
}

static const struct api_row rows[] = {
    {"GET", "tasks/*/rounds", API_READ, get_rounds},
    {"GET", "tasks/*/rounds/*", API_READ, get_round},
    {"GET", "tasks/*/duties", API_READ, get_duties},
};

const struct api_area api_area_rounds = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
