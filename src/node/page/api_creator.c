/*
 * What a creator does with tasks that are on chain: sees them, adds to their
 * bounty, switches them on and off.
 */
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the tasks ---- */

static void add_amount(struct json_object *object, const char *name,
                       uint64_t amount)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, amount);
    json_object_object_add(object, name, json_object_new_string(text));
}

static void add_cost(struct json_object *costs, const char *name,
                     enum journal_kind kind, bool is_kpl)
{
    const struct creator_cost cost = creator_order_cost(kind, is_kpl);
    struct json_object *object = json_object_new_object();

    add_amount(object, "fee", cost.fee);
    add_amount(object, "account", cost.account);
    json_object_object_add(costs, name, object);
}

/* What the orders below cost, so that it is said before. */
static void shape_task(struct json_object *task)
{
    struct json_object *costs = json_object_new_object();
    const char *token;
    bool is_kpl = !json_get_text(task, "token", &token);

    add_cost(costs, "fund", JOURNAL_FUND, is_kpl);
    add_cost(costs, "active", JOURNAL_ACTIVE, is_kpl);
    json_object_object_add(task, "costs", costs);
    err_clear();
}

static void shape_tasks(struct json_object *answer)
{
    struct json_object *items;

    if (json_get_array(answer, "items", &items))
        return;
    for (size_t i = 0; i < json_object_array_length(items); i++)
        shape_task(json_object_array_get_idx(items, i));
}

static void get_tasks(struct api_request *request)
{
    struct api *api = request->api;
    struct json_object *query = json_object_new_object();

    json_object_object_add(query, "creator",
                           json_object_new_string(PUBKEY_TEXT(
                               api_world(api)->wallet(api_world_user(api)))));
    api_forward_question(request, "/catalog", query, shape_tasks);
}

static void get_task(struct api_request *request)
{
    struct json_object *query = json_object_new_object();

    json_object_object_add(query, "task",
                           json_object_new_string(request->parts[0]));
    json_object_object_add(query, "rounds", json_object_new_string("1"));
    api_forward_question(request, "/catalog/task", query, shape_task);
}

/* ---- orders ---- */

static const char *job_of(enum journal_kind kind)
{
    return kind == JOURNAL_FUND ? "fund" : "active";
}

struct ordering {
    struct api_request *request;
    enum journal_kind kind;
};

static void answer_ordered(struct api_request *request, enum journal_kind kind,
                           int status, const char *field)
{
    if (status == ERR_STATE)
        api_refuse(request, 422, "refused", field, "%s", err_text());
    else if (status)
        api_answer_error(request, status);
    else
        api_answer_job(request, job_of(kind), request->key);
}

static void on_ordered(void *user, int status, const char *field)
{
    struct ordering *ordering = user;

    answer_ordered(ordering->request, ordering->kind, status, field);
    free(ordering);
}

/* One that was ordered before this life is not judged again: what it has done
 * already would count against it. */
static void order(struct api_request *request,
                  const struct creator_order *wanted)
{
    struct api *api = request->api;
    const struct api_world *world = api_world(api);
    struct api_creator_state state;
    struct ordering *ordering;
    int status = world->creator_state(api_world_user(api), request->key,
                                      wanted->kind, &state);

    if (!status && state.order.is_sent) {
        if (creator_order_is_same(&state.creator, wanted))
            api_answer_job(request, job_of(wanted->kind), request->key);
        else
            api_refuse(request, 409, "exists", NULL,
                       "that key is another order's");
        return;
    }
    err_clear();
    ordering = mem_zero(1, sizeof(*ordering));
    *ordering = (struct ordering){request, wanted->kind};
    status = world->order_as_creator(api_world_user(api), request->key, wanted,
                                     on_ordered, ordering);
    if (status)
        on_ordered(ordering, status, NULL);
}

static int take_task(struct api_request *request, struct pubkey *out)
{
    int status = pubkey_parse(bytes_text(request->parts[0]), out);

    if (status)
        api_refuse(request, 404, "not_found", NULL, "%s", err_text());
    return status;
}

static void fund(struct api_request *request)
{
    struct creator_order wanted = {.kind = JOURNAL_FUND};
    int status;

    if (take_task(request, &wanted.task))
        return;
    status = api_take_amount(request->body, "amount", &wanted.amount);
    if (status)
        api_refuse(request, 400, "form", "amount", "%s", err_text());
    else
        order(request, &wanted);
}

static void set_active(struct api_request *request)
{
    struct creator_order wanted = {.kind = JOURNAL_ACTIVE};

    if (take_task(request, &wanted.task))
        return;
    if (json_get_bool(request->body, "active", &wanted.is_active))
        api_refuse(request, 400, "form", "active",
                   "\"active\" is true or false");
    else
        order(request, &wanted);
}

/* ---- followed ---- */

static int look(struct api *api, enum journal_kind kind, const char *key,
                struct api_job *out)
{
    struct api_creator_state state;
    int status =
        api_world(api)->creator_state(api_world_user(api), key, kind, &state);

    if (status)
        return status;
    *out = (struct api_job){.state = state.order.state, .of = 2};
    out->step = !strcmp(state.order.state, "done") ? 2
                : state.order.is_sent              ? 1
                                                   : 0;
    snprintf(out->text, sizeof(out->text), "%s", state.order.text);
    return 0;
}

static int look_at_fund(struct api *api, const char *key, struct api_job *out)
{
    return look(api, JOURNAL_FUND, key, out);
}

static int look_at_active(struct api *api, const char *key, struct api_job *out)
{
    return look(api, JOURNAL_ACTIVE, key, out);
}

/* ---- all of it ---- */

static const struct api_row rows[] = {
    {"GET", "create/tasks", API_READ, get_tasks},
    {"GET", "create/tasks/*", API_READ, get_task},
    {"POST", "tasks/*/fund", API_COINS, fund},
    {"POST", "tasks/*/active", API_COINS, set_active},
};

static const struct api_job_kind jobs[] = {
    {"fund", look_at_fund, NULL},
    {"active", look_at_active, NULL},
};

const struct api_area api_area_creator = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .jobs = jobs,
    .job_count = sizeof(jobs) / sizeof(*jobs),
};
