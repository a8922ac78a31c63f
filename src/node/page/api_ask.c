/*
 * What handlers ask the node.
 */
#include "node/page/api_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the status ---- */

struct json_object *api_status(struct api *api)
{
    uint64_t now = uv_now(api->options.loop);
    struct buffer text = {0};

    if (api->status && api->status_ms == now)
        return api->status;
    json_object_put(api->status);
    api->status = NULL;
    api->status_ms = now;
    api->options.world->status(api->options.user, &text);
    if (json_parse(buffer_view(&text), &api->status) || !api->status) {
        log_error("page", "the node's status: %s", err_text());
        api->status = json_object_new_object();
    }
    buffer_free(&text);
    return api->status;
}

void api_amount(struct json_object *object, const char *name)
{
    struct json_object *value;
    char text[32];
    uint64_t amount;
    int64_t change;

    if (!json_object_object_get_ex(object, name, &value))
        return;
    if (json_is_u64(value, &amount))
        snprintf(text, sizeof(text), "%" PRIu64, amount);
    else if (json_is_i64(value, &change))
        snprintf(text, sizeof(text), "%" PRId64, change);
    else
        return;
    json_object_object_add(object, name, json_object_new_string(text));
}

int api_take_amount(struct json_object *object, const char *name, uint64_t *out)
{
    const char *text;
    char *end;
    int status = json_get_text(object, name, &text);

    *out = 0;
    if (status == ERR_NOT_FOUND)
        return 0;
    if (status)
        return status;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return err_set(ERR_INVALID, "\"%s\" is a decimal text of base units",
                       name);
    return 0;
}

/* ---- routes of the control port ---- */

/* A question under way. */
struct asking {
    struct api_request *request;
    api_shape *shape;
};

static void finish(struct asking *asking, int status, struct buffer *answer)
{
    struct json_object *tree = NULL;

    if (!status && asking->shape && answer->size) {
        status = json_parse(buffer_view(answer), &tree);
        if (!status) {
            asking->shape(tree);
            buffer_clear(answer);
            json_text(tree, answer);
        }
        json_object_put(tree);
    }
    api_finish(asking->request, status, answer);
    free(asking);
}

static void on_done(void *user, int status)
{
    struct buffer nothing = {0};

    finish(user, status, &nothing);
}

static void on_answered(void *user, int status, struct buffer *answer)
{
    finish(user, status, answer);
}

static void ask(struct api_request *request, const char *path, bool is_order,
                struct json_object *body, api_shape *shape)
{
    struct api *api = request->api;
    struct asking *asking = mem_zero(1, sizeof(*asking));
    struct buffer answer = {0};
    bool is_later = false;

    *asking = (struct asking){.request = request, .shape = shape};
    const struct api_question question = {.path = path,
                                          .is_order = is_order,
                                          .body = body,
                                          .done = on_done,
                                          .answered = on_answered,
                                          .user = asking};
    int status = api->options.world->ask(api->options.user, &question, &answer,
                                         &is_later);
    json_object_put(body);
    if (status || !is_later)
        finish(asking, status, &answer);
}

void api_forward(struct api_request *request, const char *path,
                 struct json_object *body, api_shape *shape)
{
    ask(request, path, true, body, shape);
}

void api_forward_question(struct api_request *request, const char *path,
                          struct json_object *body, api_shape *shape)
{
    ask(request, path, false, body, shape);
}

int api_ask_now(struct api *api, const char *path, struct json_object *body,
                struct json_object **out)
{
    struct json_object *query = body ? body : json_object_new_object();
    const struct api_question question = {.path = path, .body = query};
    struct buffer answer = {0};
    bool is_later = false;
    int status = api->options.world->ask(api->options.user, &question, &answer,
                                         &is_later);

    CHECK(status || !is_later);
    *out = NULL;
    if (!status)
        status = json_parse(buffer_view(&answer), out);
    buffer_free(&answer);
    json_object_put(query);
    return status;
}
