/*
 * Orders that take their time, as a page follows them: GET jobs/KIND-ABOUT, and
 * the topic job/KIND-ABOUT. The areas say how it is with each kind.
 */
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"

#include <stdlib.h>

static const struct api_job_kind *find_kind(const struct api *api,
                                            const char *id, const char **about)
{
    for (const struct api_area *const *area = api_areas_of(api); *area; area++)
        for (size_t i = 0; i < (*area)->job_count; i++) {
            const struct api_job_kind *kind = &(*area)->jobs[i];
            size_t size = strlen(kind->kind);

            if (strncmp(id, kind->kind, size) != 0 || id[size] != '-')
                continue;
            *about = id + size + 1;
            return kind;
        }
    return NULL;
}

static int look(struct api *api, const char *id, struct json_object **out)
{
    struct api_job job = {0};
    const char *about;
    const struct api_job_kind *kind = find_kind(api, id, &about);
    int status = kind ? kind->look(api, about, &job)
                      : err_set(ERR_NOT_FOUND, "there is no such job");

    if (status)
        return status;
    *out = json_object_new_object();
    json_object_object_add(*out, "id", json_object_new_string(id));
    json_object_object_add(*out, "state", json_object_new_string(job.state));
    if (job.of) {
        json_object_object_add(*out, "step",
                               json_object_new_int((int)job.step));
        json_object_object_add(*out, "of", json_object_new_int((int)job.of));
    }
    if (*job.text)
        json_object_object_add(*out, "text", json_object_new_string(job.text));
    if (job.until_ms)
        json_object_object_add(*out, "until",
                               json_object_new_uint64(job.until_ms));
    return 0;
}

static void get_job(struct api_request *request)
{
    struct json_object *job = NULL;
    struct buffer answer = {0};
    int status = look(request->api, request->parts[0], &job);

    if (!status)
        json_text(job, &answer);
    json_object_put(job);
    api_finish(request, status, &answer);
}

static void cancel_job(struct api_request *request)
{
    const char *about;
    const struct api_job_kind *kind =
        find_kind(request->api, request->parts[0], &about);

    if (!kind)
        api_refuse(request, 404, "not_found", NULL, "there is no such job");
    else if (!kind->cancel)
        api_refuse(request, 409, "not_now", NULL, "it can't be called off");
    else
        kind->cancel(request, about);
}

static const struct api_row rows[] = {
    {"GET", "jobs/*", API_READ, get_job},
    {"DELETE", "jobs/*", API_ORDER, cancel_job},
};

static const struct live_kind topics[] = {{.name = "job/", .write = look}};

const struct api_area api_area_jobs = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
};
