/*
 * Whether this machine and this node can run tasks: GET doctor, POST doctor,
 * and the topic.
 */
#include "node/page/api.h"
#include "node/page/doctor.h"

static int write_doctor(struct api *api, const char *id,
                        struct json_object **out)
{
    *out = doctor_write(api_doctor(api));
    return 0;
}

static void get_doctor(struct api_request *request)
{
    struct json_object *tree = doctor_write(api_doctor(request->api));
    struct buffer answer = {0};

    json_text(tree, &answer);
    json_object_put(tree);
    api_answer(request, &answer);
}

static void start_doctor(struct api_request *request)
{
    struct buffer nothing = {0};

    api_finish(request, doctor_start(api_doctor(request->api)), &nothing);
}

static const struct api_row rows[] = {
    {"GET", "doctor", API_READ, get_doctor},
    {"POST", "doctor", API_ORDER, start_doctor},
};

static const struct live_kind topics[] = {
    {.name = "doctor", .write = write_doctor},
};

const struct api_area api_area_doctor = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
};
