/*
 * What the node itself is to do (owner/preference.h): GET, PATCH settings. A
 * PATCH is judged here first, so that the field at fault has a name; the node
 * judges it again.
 */
#include "base/error.h"
#include "node/owner/preference.h"
#include "node/page/api.h"

static void get_settings(struct api_request *request)
{
    api_forward_question(request, "/preferences", json_object_new_object(),
                         NULL);
}

/* As they are; the caller releases it. */
static int read_settings(struct api *api, struct json_object **out)
{
    struct json_object *nothing = json_object_new_object();
    const struct api_question question = {.path = "/preferences",
                                          .body = nothing};
    struct buffer answer = {0};
    bool is_later = false;
    int status =
        api_world(api)->ask(api_world_user(api), &question, &answer, &is_later);

    *out = NULL;
    if (!status)
        status = json_parse(buffer_view(&answer), out);
    buffer_free(&answer);
    json_object_put(nothing);
    return status;
}

/* If-Match: the version for which the change is meant, with or without the
 * quotes of an ETag. Without it any is. */
static bool is_meant_for(struct api_request *request,
                         struct json_object *settings)
{
    const char *match = http_header(request->exchange, "If-Match");
    const char *version;

    if (!match || !strcmp(match, "*") ||
        json_get_text(settings, "version", &version))
        return true;
    if (*match == '"')
        match++;
    size_t size = strlen(version);
    return !strncmp(match, version, size) &&
           (!match[size] || !strcmp(match + size, "\""));
}

static void patch_settings(struct api_request *request)
{
    struct json_object *settings;
    struct preferences scratch;
    const char *wrong = NULL;
    int status = read_settings(request->api, &settings);

    preferences_default(&scratch);
    if (status) {
        api_answer_error(request, status);
    } else if (!is_meant_for(request, settings)) {
        api_refuse(request, 412, "changed", NULL,
                   "the settings were changed meanwhile");
    } else if (preferences_change(settings, &scratch, NULL) ||
               preferences_change(request->body, &scratch, &wrong)) {
        api_refuse(request, 400, "form", wrong, "%s", err_text());
    } else {
        api_forward(request, "/preferences/change",
                    json_object_get(request->body), NULL);
    }
    json_object_put(settings);
}

static const struct api_row rows[] = {
    {"GET", "settings", API_READ, get_settings},
    {"PATCH", "settings", API_ORDER, patch_settings},
};

const struct api_area api_area_settings = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
