/*
 * What the owner of the machine allows all tasks together: GET, PATCH limits.
 * A PATCH is judged here first, so that the field at fault has a name; the node
 * judges it again.
 */
#include "base/error.h"
#include "node/owner/condition.h"
#include "node/page/api.h"

static void get_limits(struct api_request *request)
{
    api_forward_question(request, "/conditions", json_object_new_object(),
                         NULL);
}

static void patch_limits(struct api_request *request)
{
    struct conditions scratch = {0};
    const char *wrong = NULL;

    if (conditions_change(request->body, &scratch, &wrong))
        api_refuse(request, 400, "form", wrong, "%s", err_text());
    else
        api_forward(request, "/conditions/change",
                    json_object_get(request->body), NULL);
}

static void add_can(struct api *api, struct json_object *can)
{
    (void)api;
    json_object_array_add(can, json_object_new_string("conditions"));
}

static const struct api_row rows[] = {
    {"GET", "limits", API_READ, get_limits},
    {"PATCH", "limits", API_ORDER, patch_limits},
};

const struct api_area api_area_limits = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows), .can = add_can};
