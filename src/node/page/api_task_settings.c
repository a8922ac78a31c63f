/*
 * What the operator has set for one task: PATCH tasks/ID, and the same with an
 * order to start it. Each part is an order of the control port; they are looked
 * at first, and then carried out as one.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/owner/task_limit.h"
#include "node/owner/variable_form.h"
#include "node/page/api_settings.h"

#include <stdlib.h>

/* Of one request. */
#define STEPS_MAX 128

/* path is static; the body's and the field's texts are owned. */
struct step {
    const char *path;
    struct json_object *body;
    char *field; /* what an error is about; or NULL */
};

struct settings {
    struct api_request *request;
    struct step steps[STEPS_MAX];
    size_t count;
    size_t refused;   /* the step; count: none */
    const char *last; /* the order that follows; NULL: none */
    struct json_object *last_body;
};

static void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        json_object_put(settings->steps[i].body);
        free(settings->steps[i].field);
    }
    json_object_put(settings->last_body);
    free(settings);
}

/* body is taken over. */
static void add_step(struct settings *settings, const char *path,
                     struct json_object *body, const char *field)
{
    CHECK(settings->count < STEPS_MAX);
    settings->steps[settings->count++] =
        (struct step){path, body, field ? mem_text(field) : NULL};
}

static struct json_object *about(const struct settings *settings)
{
    struct json_object *body = json_object_new_object();

    json_object_object_add(body, "task",
                           json_object_new_string(settings->request->parts[0]));
    return body;
}

/* ---- the parts; each returns whether it was refused, and answered ---- */

static bool add_limits(struct settings *settings)
{
    struct json_object *given, *body;
    struct task_limits scratch = {0};
    const char *wrong = "limits";

    if (!json_object_object_get_ex(settings->request->body, "limits", &given))
        return false;
    int status = 0;
    if (given && !json_object_is_type(given, json_type_object))
        status = err_set(ERR_INVALID, "\"limits\" must be an object");
    if (!status && given)
        status = task_limits_take(given, &scratch, &wrong);
    if (status) {
        api_refuse(settings->request, 400, "form", wrong, "%s", err_text());
        return true;
    }
    body = about(settings);
    for (enum task_limit i = 0; i < TASK_LIMITS; i++) {
        struct json_object *value = NULL;

        if (!given ||
            json_object_object_get_ex(given, task_limit_name(i), &value))
            json_object_object_add(body, task_limit_name(i),
                                   json_object_get(value));
    }
    add_step(settings, "/limits/set", body, "limits");
    return false;
}

static bool add_network(struct settings *settings)
{
    struct json_object *given, *body;
    struct task_limits scratch = {0};

    if (!json_object_object_get_ex(settings->request->body, TASK_LIMIT_NETWORK,
                                   &given))
        return false;
    if (task_limits_take(settings->request->body, &scratch, NULL)) {
        api_refuse(settings->request, 400, "form", TASK_LIMIT_NETWORK, "%s",
                   err_text());
        return true;
    }
    body = about(settings);
    json_object_object_add(body, TASK_LIMIT_NETWORK, json_object_get(given));
    add_step(settings, "/limits/set", body, TASK_LIMIT_NETWORK);
    return false;
}

static bool add_schedule(struct settings *settings)
{
    struct json_object *given, *body;

    if (!json_object_object_get_ex(settings->request->body, "schedule", &given))
        return false;
    if (given && api_schedule_is_refused(settings->request, given))
        return true;
    body = about(settings);
    json_object_object_add(body, "sessions",
                           given ? json_object_get(given)
                                 : json_object_new_array());
    add_step(settings, "/schedule/put", body, "schedule");
    return false;
}

static bool has_label(struct json_object *variables, const char *label)
{
    for (size_t i = 0; i < json_object_array_length(variables); i++) {
        const char *other;

        if (!json_get_text(json_object_array_get_idx(variables, i), "label",
                           &other) &&
            !strcmp(other, label))
            return true;
    }
    return false;
}

/* What can't be before anything is done. */
static int check_pair(struct json_object *variables, const char *name,
                      struct json_object *label)
{
    int status = variable_form_name(name);

    if (status || !label)
        return status;
    if (!json_object_is_type(label, json_type_string))
        return err_set(ERR_INVALID, "a label is a text");
    if (!has_label(variables, json_object_get_string(label)))
        return err_set(ERR_INVALID, "there is no variable %.80s",
                       json_object_get_string(label));
    return 0;
}

static bool add_pairs_of(struct settings *settings, struct json_object *pairs,
                         struct json_object *variables)
{
    json_object_object_foreach(pairs, name, label)
    {
        struct json_object *body;

        if (check_pair(variables, name, label)) {
            api_refuse(settings->request, 400, "form", name, "%s", err_text());
            return true;
        }
        body = about(settings);
        json_object_object_add(body, "variable", json_object_new_string(name));
        if (label)
            json_object_object_add(body, "label", json_object_get(label));
        add_step(settings, label ? "/variables/pair" : "/variables/unpair",
                 body, name);
    }
    return false;
}

/* Room is left for the other parts. */
static bool add_pairs(struct settings *settings)
{
    struct json_object *pairs, *answer = NULL, *variables = NULL;

    if (!json_object_object_get_ex(settings->request->body, "pairs", &pairs) ||
        !pairs)
        return false;
    if (!json_object_is_type(pairs, json_type_object) ||
        json_object_object_length(pairs) > STEPS_MAX - 8) {
        api_refuse(settings->request, 400, "form", "pairs",
                   "\"pairs\" must be an object of at most %d", STEPS_MAX - 8);
        return true;
    }
    int status =
        api_ask_now(settings->request->api, "/variables", NULL, &answer);
    if (!status)
        status = json_get_array(answer, "variables", &variables);
    bool is_refused = status || add_pairs_of(settings, pairs, variables);
    if (status)
        api_answer_error(settings->request, status);
    json_object_put(answer);
    return is_refused;
}

/* ---- all of them at once ---- */

/* What is said of all of them is enough. */
static void on_step_done(void *user, int status)
{
}

static void on_step_answered(void *user, int status, struct buffer *answer)
{
    buffer_free(answer);
}

static int take_step(struct api *api, const struct step *step)
{
    const struct api_question question = {.path = step->path,
                                          .is_order = true,
                                          .body = step->body,
                                          .done = on_step_done,
                                          .answered = on_step_answered};
    struct buffer answer = {0};
    bool is_later = false;
    int status =
        api_world(api)->ask(api_world_user(api), &question, &answer, &is_later);

    buffer_free(&answer);
    return status;
}

static void on_settled(void *user, int status)
{
    struct settings *settings = user;
    struct api_request *request = settings->request;
    struct buffer nothing = {0};

    if (status)
        api_answer_error_at(request, status,
                            settings->refused < settings->count
                                ? settings->steps[settings->refused].field
                                : NULL);
    else if (settings->last)
        api_forward(request, settings->last,
                    json_object_get(settings->last_body), NULL);
    else
        api_answer(request, &nothing);
    settings_free(settings);
}

static void settle(struct settings *settings)
{
    struct api *api = settings->request->api;
    const struct api_world *world = api_world(api);
    int status =
        settings->count ? world->begin_settings(api_world_user(api)) : 0;

    settings->refused = settings->count;
    if (status || !settings->count) {
        on_settled(settings, status);
        return;
    }
    for (size_t i = 0; !status && i < settings->count; i++) {
        status = take_step(api, &settings->steps[i]);
        if (status)
            settings->refused = i;
    }
    world->end_settings(api_world_user(api), status, on_settled, settings);
}

void api_task_settings(struct api_request *request, const char *last,
                       struct json_object *last_body)
{
    struct settings *settings = mem_zero(1, sizeof(*settings));
    struct pubkey task;

    settings->request = request;
    settings->last = last;
    settings->last_body = last_body;
    bool is_refused = pubkey_parse(bytes_text(request->parts[0]), &task) != 0;
    if (is_refused)
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
    is_refused = is_refused || add_pairs(settings) || add_limits(settings) ||
                 add_network(settings) || add_schedule(settings);
    if (is_refused)
        settings_free(settings);
    else
        settle(settings);
}

static void patch_task(struct api_request *request)
{
    api_task_settings(request, NULL, NULL);
}

static const struct api_row rows[] = {
    {"PATCH", "tasks/*", API_ORDER, patch_task},
};

const struct api_area api_area_task_settings = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};
