/*
 * The operator's port: on 127.0.0.1 only, every request with the token of
 * control.json (node.h has the routes).
 *
 * The server hands requests to the loop's thread (http_server_options.loop), so
 * they may touch the node directly: they are few, and cost no more than a look
 * into the journal or at a log's tail.
 *
 * There is a token although only this machine can reach the port, because every
 * user of the machine and every page in a browser on it can, too. A user who
 * can read the file, which is the operator's alone (mode 0600), may give
 * orders. A page in a browser can't set the header without asking, and OPTIONS
 * is answered with 401.
 */
#include "node/node_control.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/reach/engine_name.h"
#include "node/task/task_log.h"
#include "page/page_assets.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

/* 256 bits, beyond guessing. */
#define TOKEN_BYTES 32
/* Some hundred lines; the whole file lies in the folder. */
#define LOG_TAIL_BYTES (64u << 10)

/* Variables of a task included. */
#define BODY_LIMIT_BYTES (1u << 20)
/* Values in it (json_check_values()); a task has some tens of variables. */
#define VALUES_MAX 20000

/* All owned but the first three. The token is wiped before it is freed. */
struct node_control {
    const char *folder; /* borrowed */
    const struct node_control_orders *orders;
    void *user;
    struct http_server *server;
    char *token; /* hexadecimal */
    char *url;
    char *path; /* of control.json */
};

/* The address is always this machine's own. */
const char *node_control_url_of(const struct node_control *control)
{
    return control->url;
}

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
static void answer_status(struct node_control *control,
                          struct http_exchange *exchange)
{
    struct buffer body = {0};

    control->orders->status(control->user, &body);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

/* As the node port has them, for an operator who closed that one. */
static void answer_metrics(struct node_control *control,
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
static void answer_log(struct node_control *control,
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

/* Compared in constant time: the token must not be found out byte by byte. Its
 * length is no secret. */
static bool is_authorized(const struct node_control *control,
                          const struct http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_header(exchange, "Authorization");

    CHECK(control->token && strlen(control->token) == 2 * TOKEN_BYTES);
    return header && !strncmp(header, scheme, sizeof(scheme) - 1) &&
           strlen(header + sizeof(scheme) - 1) == strlen(control->token) &&
           !sodium_memcmp(header + sizeof(scheme) - 1, control->token,
                          strlen(control->token));
}

/* The table is short and each entry a function: nothing to be clever about. */
int node_control_order(const struct node_control_orders *orders, void *user,
                       const char *path, struct bytes body,
                       struct buffer *answer, node_control_done *done,
                       node_control_answered *answered, void *done_user,
                       bool *is_later)
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
    struct json_object *tree = NULL;
    int status;

    *is_later = false;
    status = json_check_values(body, VALUES_MAX);
    if (status)
        return err_add(ERR_INVALID, "the body");
    status = json_parse_exact(body, &tree);
    if (!status && !json_object_is_type(tree, json_type_object))
        status = err_set(ERR_INVALID, "the body must be a JSON object");
    if (status) {
        json_object_put(tree);
        return status;
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(path, actions[i].path) != 0)
            continue;
        status = actions[i].act(orders, user, tree, done, done_user);
        *is_later = !status && actions[i].is_later;
        json_object_put(tree);
        return status;
    }
    const struct node_control_request request = {.path = path,
                                                 .body = tree,
                                                 .done = done,
                                                 .answered = answered,
                                                 .user = done_user};

    status = orders->other ? orders->other(user, &request, answer, is_later)
                           : err_set(ERR_NOT_FOUND, "no such action");
    json_object_put(tree);
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

static void order(struct node_control *control, struct http_exchange *exchange)
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
static void ask(struct node_control *control, struct http_exchange *exchange)
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

/* Runs on the loop's thread, so that it may touch the node at once. */
static void on_request(void *user, struct http_exchange *exchange)
{
    struct node_control *control = user;
    const char *path = http_path(exchange);

    /* The page itself holds no secret, and asks for what it shows. Of all else
     * the token is looked at before anything is, the path included. */
    if (page_answer(exchange, PAGE_OF_NODE))
        return;
    if (!is_authorized(control, exchange)) {
        http_answer_header(exchange, "WWW-Authenticate", "Bearer");
        http_answer_text(exchange, 401, "the token of control.json is wanted");
    } else if (http_method_is(exchange, "POST")) {
        order(control, exchange);
    } else if (!http_method_is(exchange, "GET")) {
        http_answer_text(exchange, 405, "GET or POST");
    } else if (!strcmp(path, "/status")) {
        answer_status(control, exchange);
    } else if (!strcmp(path, "/metrics")) {
        answer_metrics(control, exchange);
    } else if (!strcmp(path, "/log")) {
        answer_log(control, exchange);
    } else if (control->orders->other) {
        ask(control, exchange);
    } else {
        http_answer_text(exchange, 404, "no such page");
    }
}

/* Last of all, so that a reader of the file finds a node that answers. Replaced
 * as a whole, so that half of it is never read. */
static int write_file(const struct node_control *control,
                      const struct node_control_options *options)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    json_open_object(&writer);
    json_field_i64(&writer, "pid", getpid());
    json_field_text(&writer, "url", control->url);
    json_field_text(&writer, "token", control->token);
    json_field_text(&writer, "public_url", options->public_url);
    json_field_text(&writer, "main", PUBKEY_TEXT(&options->main));
    json_field_text(&writer, "staking", PUBKEY_TEXT(&options->staking));
    json_close_object(&writer);
    int status = file_replace(control->path, buffer_view(&text), 0600);
    buffer_wipe(&text); /* the token does not stay in memory */
    return status;
}

/* A new token for each start: an old control.json opens nothing. */
int node_control_start(const struct node_control_options *options,
                       struct node_control **out)
{
    struct node_control *control = mem_zero(1, sizeof(*control));
    const struct http_server_options server = {
        .port = options->port,
        .connections_max = 32,
        .body_limit_bytes = BODY_LIMIT_BYTES,
        .handler = on_request,
        .user = control,
        .loop = options->loop,
    };
    uint8_t secret[TOKEN_BYTES];
    struct buffer token = {0};

    CHECK(options->public_url && options->orders);
    control->folder = options->folder;
    control->orders = options->orders;
    control->user = options->user;
    randombytes_buf(secret, sizeof(secret));
    hex_encode(bytes_make(secret, sizeof(secret)), &token);
    control->token = mem_text(buffer_string(&token));
    buffer_wipe(&token);
    sodium_memzero(secret, sizeof(secret));
    control->path = mem_format("%s/control.json", options->folder);
    int status = http_server_start(&server, &control->server);
    if (!status) {
        control->url = mem_format("http://127.0.0.1:%u",
                                  http_server_port(control->server));
        status = write_file(control, options);
    }
    if (status) {
        node_control_stop(control);
        return status;
    }
    *out = control;
    return 0;
}

/* The file goes with the server: what it says would be wrong. Also called for
 * one that never got as far as listening. */
void node_control_stop(struct node_control *control)
{
    http_server_stop(control->server);
    (void)unlink(control->path);
    sodium_memzero(control->token, strlen(control->token));
    free(control->token);
    free(control->path);
    free(control->url);
    free(control);
}
