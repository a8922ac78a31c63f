/*
 * What the operator has set for one task: PATCH tasks/ID, and the same with an
 * order to start it. Each part is an order of the control port; they are looked
 * at first, and then carried out one after the other.
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

struct chain {
    struct api_request *request;
    struct step steps[STEPS_MAX];
    size_t count, at;
};

static void chain_free(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        json_object_put(chain->steps[i].body);
        free(chain->steps[i].field);
    }
    free(chain);
}

/* body is taken over. */
static void add_step(struct chain *chain, const char *path,
                     struct json_object *body, const char *field)
{
    CHECK(chain->count < STEPS_MAX);
    chain->steps[chain->count++] =
        (struct step){path, body, field ? mem_text(field) : NULL};
}

static struct json_object *about(const struct chain *chain)
{
    struct json_object *body = json_object_new_object();

    json_object_object_add(body, "task",
                           json_object_new_string(chain->request->parts[0]));
    return body;
}

/* ---- the parts; each returns whether it was refused, and answered ---- */

static bool add_limits(struct chain *chain)
{
    struct json_object *given, *body;
    struct task_limits scratch = {0};
    const char *wrong = "limits";

    if (!json_object_object_get_ex(chain->request->body, "limits", &given))
        return false;
    int status = 0;
    if (given && !json_object_is_type(given, json_type_object))
        status = err_set(ERR_INVALID, "\"limits\" must be an object");
    if (!status && given)
        status = task_limits_take(given, &scratch, &wrong);
    if (status) {
        api_refuse(chain->request, 400, "form", wrong, "%s", err_text());
        return true;
    }
    body = about(chain);
    for (enum task_limit i = 0; i < TASK_LIMITS; i++) {
        struct json_object *value = NULL;

        if (!given ||
            json_object_object_get_ex(given, task_limit_name(i), &value))
            json_object_object_add(body, task_limit_name(i),
                                   json_object_get(value));
    }
    add_step(chain, "/limits/set", body, "limits");
    return false;
}

static bool add_network(struct chain *chain)
{
    struct json_object *given, *body;
    struct task_limits scratch = {0};

    if (!json_object_object_get_ex(chain->request->body, TASK_LIMIT_NETWORK,
                                   &given))
        return false;
    if (task_limits_take(chain->request->body, &scratch, NULL)) {
        api_refuse(chain->request, 400, "form", TASK_LIMIT_NETWORK, "%s",
                   err_text());
        return true;
    }
    body = about(chain);
    json_object_object_add(body, TASK_LIMIT_NETWORK, json_object_get(given));
    add_step(chain, "/limits/set", body, TASK_LIMIT_NETWORK);
    return false;
}

static bool add_schedule(struct chain *chain)
{
    struct json_object *given, *body;

    if (!json_object_object_get_ex(chain->request->body, "schedule", &given))
        return false;
    if (given && api_schedule_is_refused(chain->request, given))
        return true;
    body = about(chain);
    json_object_object_add(body, "sessions",
                           given ? json_object_get(given)
                                 : json_object_new_array());
    add_step(chain, "/schedule/put", body, "schedule");
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

static bool add_pairs_of(struct chain *chain, struct json_object *pairs,
                         struct json_object *variables)
{
    json_object_object_foreach(pairs, name, label)
    {
        struct json_object *body;

        if (check_pair(variables, name, label)) {
            api_refuse(chain->request, 400, "form", name, "%s", err_text());
            return true;
        }
        body = about(chain);
        json_object_object_add(body, "variable", json_object_new_string(name));
        if (label)
            json_object_object_add(body, "label", json_object_get(label));
        add_step(chain, label ? "/variables/pair" : "/variables/unpair", body,
                 name);
    }
    return false;
}

/* Room is left for the other parts and the last order. */
static bool add_pairs(struct chain *chain)
{
    struct json_object *pairs, *answer = NULL, *variables = NULL;

    if (!json_object_object_get_ex(chain->request->body, "pairs", &pairs) ||
        !pairs)
        return false;
    if (!json_object_is_type(pairs, json_type_object) ||
        json_object_object_length(pairs) > STEPS_MAX - 8) {
        api_refuse(chain->request, 400, "form", "pairs",
                   "\"pairs\" must be an object of at most %d", STEPS_MAX - 8);
        return true;
    }
    int status = api_ask_now(chain->request->api, "/variables", NULL, &answer);
    if (!status)
        status = json_get_array(answer, "variables", &variables);
    bool is_refused = status || add_pairs_of(chain, pairs, variables);
    if (status)
        api_answer_error(chain->request, status);
    json_object_put(answer);
    return is_refused;
}

/* ---- one after the other ---- */

static void end(struct chain *chain, int status, struct buffer *answer)
{
    struct api_request *request = chain->request;

    if (status)
        api_answer_error_at(request, status, chain->steps[chain->at].field);
    else
        api_answer(request, answer);
    chain_free(chain);
}

static void go_on(struct chain *chain);

static void on_answered(void *user, int status, struct buffer *answer)
{
    struct chain *chain = user;

    if (status || chain->at + 1 == chain->count) {
        end(chain, status, answer);
        return;
    }
    buffer_free(answer);
    chain->at++;
    go_on(chain);
}

static void on_done(void *user, int status)
{
    struct buffer nothing = {0};

    on_answered(user, status, &nothing);
}

/* Most orders are answered later; those that are not are followed by the next
 * at once. */
static void go_on(struct chain *chain)
{
    struct api *api = chain->request->api;

    for (;;) {
        const struct step *step = &chain->steps[chain->at];
        const struct api_question question = {.path = step->path,
                                              .is_order = true,
                                              .body = step->body,
                                              .done = on_done,
                                              .answered = on_answered,
                                              .user = chain};
        struct buffer answer = {0};
        bool is_later = false;
        int status = api_world(api)->ask(api_world_user(api), &question,
                                         &answer, &is_later);

        if (!status && is_later)
            return;
        if (status || chain->at + 1 == chain->count) {
            end(chain, status, &answer);
            return;
        }
        buffer_free(&answer);
        chain->at++;
    }
}

void api_task_settings(struct api_request *request, const char *last,
                       struct json_object *last_body)
{
    struct chain *chain = mem_zero(1, sizeof(*chain));
    struct pubkey task;
    struct buffer nothing = {0};

    chain->request = request;
    bool is_refused = pubkey_parse(bytes_text(request->parts[0]), &task) != 0;
    if (is_refused)
        api_refuse(request, 404, "not_found", NULL, "that is no task's id");
    is_refused = is_refused || add_pairs(chain) || add_limits(chain) ||
                 add_network(chain) || add_schedule(chain);
    if (!is_refused && last)
        add_step(chain, last, json_object_get(last_body), NULL);
    json_object_put(last_body);
    if (is_refused) {
        chain_free(chain);
    } else if (!chain->count) {
        chain_free(chain);
        api_answer(request, &nothing);
    } else {
        go_on(chain);
    }
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
