/*
 * What tasks took of the machine in the last hour.
 */
#include "node/page/api.h"

static void get_metrics(struct api_request *request)
{
    static const char *const names[] = {"seconds", "task"};
    struct json_object *body = json_object_new_object();

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = api_query(request, names[i]);

        if (value)
            json_object_object_add(body, names[i],
                                   json_object_new_string(value));
    }
    api_forward_question(request, "/samples", body, NULL);
}

static const struct api_row rows[] = {
    {"GET", "metrics", API_READ, get_metrics},
};

const struct api_area api_area_metrics = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
