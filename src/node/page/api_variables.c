/*
 * The operator's variables (owner/variable_book.h). A label may have any
 * character, a slash too, so it stands in the body and not in the path. Values
 * come in and never go out; a body is wiped when it has been answered.
 */
#include "base/error.h"
#include "node/owner/variable_form.h"
#include "node/page/api.h"

/* In the form of all lists. */
static void as_list(struct json_object *answer)
{
    struct json_object *list;

    if (json_get_array(answer, "variables", &list)) {
        err_clear();
        return;
    }
    json_object_object_add(answer, "items", json_object_get(list));
    json_object_object_add(answer, "next", NULL);
    json_object_object_del(answer, "variables");
}

static void get_variables(struct api_request *request)
{
    api_forward_question(request, "/variables", json_object_new_object(),
                         as_list);
}

/* NULL, and it is answered. */
static const char *label_of(struct api_request *request)
{
    const char *label;
    int status = json_get_text(request->body, "label", &label);

    if (!status)
        status = variable_form_label(label);
    if (!status)
        return label;
    api_refuse(request, 400, "form", "label", "%s", err_text());
    return NULL;
}

static void put_variable(struct api_request *request)
{
    struct json_object *value = NULL;

    if (!label_of(request))
        return;
    json_object_object_get_ex(request->body, "value", &value);
    if (!json_object_is_type(value, json_type_string)) {
        api_refuse(request, 400, "form", "value", "\"value\" must be a text");
        return;
    }
    const struct bytes text =
        bytes_make(json_object_get_string(value),
                   (size_t)json_object_get_string_len(value));
    if (variable_form_value(text))
        api_refuse(request, 400, "form", "value", "%s", err_text());
    else
        api_forward(request, "/variables/set", json_object_get(request->body),
                    NULL);
}

static void remove_variable(struct api_request *request)
{
    if (label_of(request))
        api_forward(request, "/variables/remove",
                    json_object_get(request->body), NULL);
}

static void add_can(struct api *api, struct json_object *can)
{
    (void)api;
    json_object_array_add(can, json_object_new_string("variables"));
}

static const struct api_row rows[] = {
    {"GET", "variables", API_READ, get_variables},
    {"PUT", "variables", API_ORDER, put_variable},
    {"DELETE", "variables", API_ORDER, remove_variable},
};

const struct api_area api_area_variables = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows), .can = add_can};
