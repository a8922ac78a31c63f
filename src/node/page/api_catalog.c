/*
 * Tasks of the network that could be run here, and what is kept for those that
 * run: questions of the control port (node/node_catalog.h,
 * node/node_evidence.h).
 */
#include "crypto/key.h"
#include "node/page/api.h"

static struct json_object *text_body(const char *name, const char *value)
{
    struct json_object *body = json_object_new_object();

    json_object_object_add(body, name, json_object_new_string(value));
    return body;
}

/* About the task of the path; what is no id is not there. */
static void ask(struct api_request *request, const char *path)
{
    struct pubkey task;

    if (pubkey_parse(bytes_text(request->parts[0]), &task))
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
    else
        api_forward_question(request, path,
                             text_body("task", request->parts[0]), NULL);
}

static void get_catalog(struct api_request *request)
{
    api_forward_question(request, "/catalog", json_object_new_object(), NULL);
}

static void get_task(struct api_request *request)
{
    ask(request, "/catalog/task");
}

static void get_metadata(struct api_request *request)
{
    ask(request, "/catalog/metadata");
}

static void get_source(struct api_request *request)
{
    ask(request, "/catalog/source");
}

static void get_evidence(struct api_request *request)
{
    ask(request, "/evidence");
}

static void get_content(struct api_request *request)
{
    const char *path = api_query(request, "path");
    struct json_object *body = text_body("cid", request->parts[0]);

    if (path)
        json_object_object_add(body, "path", json_object_new_string(path));
    api_forward_question(request, "/evidence/show", body, NULL);
}

static void add_can(struct api *api, struct json_object *can)
{
    (void)api;
    json_object_array_add(can, json_object_new_string("catalog"));
    json_object_array_add(can, json_object_new_string("evidence"));
}

static const struct api_row rows[] = {
    {"GET", "catalog", API_READ, get_catalog},
    {"GET", "catalog/*", API_READ, get_task},
    {"GET", "catalog/*/metadata", API_READ, get_metadata},
    {"GET", "catalog/*/source", API_READ, get_source},
    {"GET", "tasks/*/evidence", API_READ, get_evidence},
    {"GET", "evidence/*", API_READ, get_content},
};

const struct api_area api_area_catalog = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .can = add_can,
};
