/*
 * The routes of the operator's port (node.h), which `pond` asks by the token.
 */
#include "node/node_control_routes.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/reach/engine_name.h"
#include "node/task/task_log.h"

#include <stdlib.h>

/* Some hundred lines; the whole file lies in the folder. */
#define LOG_TAIL_BYTES (64u << 10)
/* Values in a body (json_check_values()); a task has some tens of variables. */
#define VALUES_MAX 20000

/* {"error":text} with the status that belongs to the code. 400 for what was
 * asked wrongly, 404 for what isn't here, 409 for what can't be now, 500 for
 * the node's own trouble. */
static void answer_error(struct http_exchange *exchange, int code)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);
    unsigned status = 500;

    if (code == ERR_INVALID || code == ERR_RANGE)
        status = 400;
    else if (code == ERR_NOT_FOUND)
        status = 404;
    else if (code == ERR_EXISTS || code == ERR_STATE || code == ERR_LIMIT)
        status = 409;
    json_open_object(&writer);
    json_field_text(&writer, "error", err_text());
    json_close_object(&writer);
    http_answer_buffer(exchange, status, "application/json", &body);
}

/* Actions answer {}; how they go on stands in the status. 0 says that the order
 * was taken, no more. */
static void answer_result(struct http_exchange *exchange, int status)
{
    if (status)
        answer_error(exchange, status);
    else
        http_answer(exchange, 200, "application/json", bytes_text("{}"));
}

/* The same with what was answered, if anything was. answer is left empty. */
static void answer_json(struct http_exchange *exchange, int status,
                        struct buffer *answer)
{
    if (status || !answer->size)
        answer_result(exchange, status);
    else
        http_answer_buffer(exchange, 200, "application/json", answer);
}

/* Built anew for each request: it is small, and never stale. */
static void answer_status(const struct node_control_routes *control,
                          struct http_exchange *exchange)
{
    struct buffer body = {0};

    control->orders->status(control->user, &body);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

/* As the node port has them, for an operator who closed that one. */
static void answer_metrics(const struct node_control_routes *control,
                           struct http_exchange *exchange)
{
    struct buffer body = {0};

    control->orders->metrics(control->user, &body);
    http_answer_buffer(exchange, 200, "text/plain; version=0.0.4", &body);
}

/* The one field all actions have. */
static int task_in(struct json_object *body, struct pubkey *out)
{
    const char *text;
    int status = json_get_text(body, "task", &text);

    return status < 0 ? status : pubkey_parse(bytes_text(text), out);
}

/* Variables go to the task as texts and as nothing else. */
static int check_variables(struct json_object *variables)
{
    json_object_object_foreach(variables, name, value)
    {
        if (!*name || !json_object_is_type(value, json_type_string))
            return err_set(ERR_INVALID, "variables must be an object of texts");
    }
    return 0;
}

/* Both may be absent. */
static int take_engine(struct json_object *body,
                       struct node_task_options *options)
{
    const char *name;
    int status = json_get_text(body, "engine", &name);

    if (!status)
        status = engine_name_parse(name, &options->engine);
    if (status && status != ERR_NOT_FOUND)
        return status;
    status = json_get_bool(body, "trusted", &options->is_trusted);
    return status == ERR_NOT_FOUND ? 0 : status;
}

/* All fields but the task's id may be absent. A task that is there is refused
 * by the node, so the same request twice does no harm. */
static int do_start(const struct node_control_orders *orders, void *user,
                    struct json_object *body, node_control_done *done,
                    void *done_user)
{
    struct node_task_options options = {0};
    struct json_object *variables;
    struct buffer text = {0};
    int status = task_in(body, &options.task);

    if (status)
        return status;
    status = json_get_u64(body, "stake", &options.stake_roe);
    if (status && status != ERR_NOT_FOUND)
        return status;
    status = json_get_text(body, "executable", &options.executable);
    if (status && status != ERR_NOT_FOUND)
        return status;
    status = take_engine(body, &options);
    if (status)
        return status;
    status = json_get_object(body, "variables", &variables);
    if (!status && (status = check_variables(variables)) == 0) {
        json_text(variables, &text);
        options.variables = buffer_string(&text);
    }
    if (!status || status == ERR_NOT_FOUND)
        status = orders->start(user, &options, done, done_user);
    buffer_free(&text);
    return status;
}

/* The stake stays: withdrawing it is a decision of its own. */
static int do_stop(const struct node_control_orders *orders, void *user,
                   struct json_object *body, node_control_done *done,
                   void *done_user)
{
    struct pubkey task;
    int status = task_in(body, &task);

    return status < 0 ? status : orders->stop(user, &task, done, done_user);
}

/* Whatever the threshold for automatic claims is. */
static int do_claim(const struct node_control_orders *orders, void *user,
                    struct json_object *body, node_control_done *done,
                    void *done_user)
{
    struct pubkey task;
    int status = task_in(body, &task);

    return status < 0 ? status : orders->claim(user, &task);
}

/* For an author whose local file has changed. */
static int do_reload(const struct node_control_orders *orders, void *user,
                     struct json_object *body, node_control_done *done,
                     void *done_user)
{
    struct pubkey task;
    int status = task_in(body, &task);

    return status < 0 ? status : orders->reload(user, &task);
}

/* The tail alone: a log may be 5 MiB, and its end is what is asked for. The
 * task need not run: a log outlives it. */
static void answer_log(const struct node_control_routes *control,
                       struct http_exchange *exchange)
{
    const char *text = http_query(exchange, "task");
    struct buffer body = {0};
    struct pubkey task;
    char *folder;
    int status = pubkey_parse(bytes_text(text ? text : ""), &task);

    if (!status) {
        folder =
            mem_format("%s/namespace/%s", control->folder, PUBKEY_TEXT(&task));
        status = task_log_tail(folder, LOG_TAIL_BYTES, &body);
        free(folder);
    }
    if (status)
        answer_error(exchange, status);
    else
        http_answer_buffer(exchange, 200, "text/plain; charset=utf-8", &body);
    buffer_free(&body);
}

/* The table is short and each entry a function: nothing to be clever about. */
int node_control_ask(const struct node_control_orders *orders, void *user,
                     const struct node_control_request *request,
                     struct buffer *answer, bool *is_later)
{
    static const struct {
        const char *path;
        int (*act)(const struct node_control_orders *orders, void *user,
                   struct json_object *body, node_control_done *done,
                   void *done_user);
        bool is_later;
    } actions[] = {{"/start", do_start, true},
                   {"/stop", do_stop, true},
                   {"/claim", do_claim, false},
                   {"/reload", do_reload, false}};

    *is_later = false;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (request->is_question || strcmp(request->path, actions[i].path) != 0)
            continue;
        int status = actions[i].act(orders, user, request->body, request->done,
                                    request->user);
        *is_later = !status && actions[i].is_later;
        return status;
    }
    return orders->other ? orders->other(user, request, answer, is_later)
                         : err_set(ERR_NOT_FOUND, "no such action");
}

int node_control_order(const struct node_control_orders *orders, void *user,
                       const char *path, struct bytes body,
                       struct buffer *answer, node_control_done *done,
                       node_control_answered *answered, void *done_user,
                       bool *is_later)
{
    struct node_control_request request = {
        .path = path, .done = done, .answered = answered, .user = done_user};
    int status;

    *is_later = false;
    if (json_check_values(body, VALUES_MAX))
        return err_add(ERR_INVALID, "the body");
    status = json_parse_exact(body, &request.body);
    if (!status && !json_object_is_type(request.body, json_type_object))
        status = err_set(ERR_INVALID, "the body must be a JSON object");
    if (!status)
        status = node_control_ask(orders, user, &request, answer, is_later);
    json_object_put(request.body);
    return status;
}

static void on_ordered(void *user, int status)
{
    answer_result(user, status);
}

static void on_answered(void *user, int status, struct buffer *answer)
{
    answer_json(user, status, answer);
    buffer_free(answer);
}

static void order(const struct node_control_routes *control,
                  struct http_exchange *exchange)
{
    struct buffer answer = {0};
    bool is_later;
    int status =
        node_control_order(control->orders, control->user, http_path(exchange),
                           http_body(exchange), &answer, on_ordered,
                           on_answered, exchange, &is_later);

    if (!is_later)
        answer_json(exchange, status, &answer);
    buffer_free(&answer);
}

/* What a question may be narrowed down by. */
static void ask(const struct node_control_routes *control,
                struct http_exchange *exchange)
{
    static const char *const fields[] = {"task", "days", "format", "id"};
    struct node_control_request request = {.path = http_path(exchange),
                                           .is_question = true,
                                           .body = json_object_new_object(),
                                           .done = on_ordered,
                                           .answered = on_answered,
                                           .user = exchange};
    struct buffer answer = {0};
    bool is_later = false;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = http_query(exchange, fields[i]);

        if (value)
            json_object_object_add(request.body, fields[i],
                                   json_object_new_string(value));
    }
    int status =
        control->orders->other(control->user, &request, &answer, &is_later);
    json_object_put(request.body);
    if (!is_later)
        answer_json(exchange, status, &answer);
    buffer_free(&answer);
}

void node_control_route(const struct node_control_routes *control,
                        struct http_exchange *exchange)
{
    const char *path = http_path(exchange);

    if (http_method_is(exchange, "POST"))
        order(control, exchange);
    else if (!http_method_is(exchange, "GET"))
        http_answer_text(exchange, 405, "GET or POST");
    else if (!strcmp(path, "/status"))
        answer_status(control, exchange);
    else if (!strcmp(path, "/metrics"))
        answer_metrics(control, exchange);
    else if (!strcmp(path, "/log"))
        answer_log(control, exchange);
    else if (control->orders->other)
        ask(control, exchange);
    else
        http_answer_text(exchange, 404, "no such page");
}
