#include "node/task/koii_route.h"

#include "base/check.h"
#include "base/error.h"
#include "base/latin1.h"
#include "base/memory.h"
#include "net/http_flow.h"
#include "node/reach/fetch_form.h"
#include "node/task/koii_engine.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* A task that is silent for so long has gone away: longer than what any of the
 * intervals is in which servers of events say that they are there. */
#define SILENCE_MS (5 * 60 * 1000)

/* The limit for everything: an answer that goes on for a day began anew
 * somewhere. */
#define LIMIT_MS (24u * 3600 * 1000)

/* Of an answer's body, in the node's memory and not taken by the client yet;
 * libcurl's side holds as much again. */
#define WINDOW_BYTES (256u << 10)

/* As of a client that sends more the server itself refuses. */
#define HEADERS_MAX 200

/* Of an answer that begins while its request's body still comes. No client can
 * take it before the body has ended, and the task's server reads on meanwhile,
 * so it is held here. */
#define EARLY_MAX (64u << 20)

/* From the request until done: the parts of what is passed on are owned. */
struct route {
    struct task_runner *runner;
    task_runner_answer *done;
    void *user;
    char *url, *method;
    char *headers[HEADERS_MAX + 1];
    struct buffer body;
    bool has_body;
    struct http_call *call;
    struct http_flow *flow; /* once the answer's head has been passed on */
    bool is_coming;
    struct byte_source coming;
    uint64_t coming_bytes;
    struct buffer early; /* of the answer, while the body still comes */
};

static void free_route(struct route *route)
{
    for (char **at = route->headers; *at; at++)
        free(*at);
    buffer_free(&route->body);
    buffer_free(&route->early);
    free(route->method);
    free(route->url);
    free(route);
}

/* The runner may be gone after it. */
static void end(struct route *route)
{
    koii_engine_visit_over(route->runner);
    (void)runner_arrived(route->runner);
    free_route(route);
}

/* The request is answered in any case. */
static void refuse(struct route *route, int status)
{
    route->done(route->user, status, NULL, (struct bytes){0}, NULL);
    end(route);
}

static void answer(struct route *route, const struct http_response *response,
                   struct bytes body, struct http_flow *rest)
{
    struct buffer head = {0};

    fetch_form_answer(response, NULL, &head);
    route->done(route->user, 0, buffer_string(&head), body, rest);
    buffer_free(&head);
}

/* What has come goes to the client as far as that keeps up; what stays makes
 * the task wait. */
static void pass_body(struct route *route)
{
    struct buffer piece = {0};

    if (http_flow_is_gone(route->flow)) {
        http_call_abort(route->call);
        return;
    }
    if (!http_flow_room(route->flow))
        return;
    http_call_take(route->call, &piece);
    http_flow_write(route->flow, buffer_view(&piece));
    buffer_free(&piece);
}

static void on_changed(void *user)
{
    struct route *route = user;

    pass_body(route);
}

static void on_arrived(void *user, struct http_call *call,
                       const struct http_response *response)
{
    struct route *route = user;

    if (!route->flow && http_call_is_sending(call)) {
        http_call_take(call, &route->early);
        if (route->early.size > EARLY_MAX)
            http_call_abort(call);
        return;
    }
    if (!route->flow) {
        route->flow = http_flow_new(route->runner->parts->loop, WINDOW_BYTES,
                                    on_changed, route);
        answer(route, response, (struct bytes){0}, route->flow);
        http_flow_write(route->flow, buffer_view(&route->early));
        buffer_free(&route->early);
    }
    pass_body(route);
}

/* An answer that has come at once never was in pieces. */
static void on_done(void *user, int status, struct http_response *response)
{
    struct route *route = user;

    if (!route->flow && status) {
        if (route->early.size > EARLY_MAX)
            status = err_set(ERR_LIMIT,
                             "the task answered more than %u MiB "
                             "before it had its request",
                             EARLY_MAX >> 20);
        refuse(route, status);
        return;
    }
    if (!route->flow) {
        buffer_bytes(&route->early, buffer_view(&response->body));
        answer(route, response, buffer_view(&route->early), NULL);
    } else {
        if (!status)
            http_flow_write(route->flow, buffer_view(&response->body));
        http_flow_end(route->flow, status);
    }
    end(route);
}

static void on_socket(void *user, int descriptor)
{
    struct route *route = user;
    struct http_client *client = koii_engine_http(route->runner);

    if (descriptor < 0 || !client) {
        if (descriptor >= 0)
            close(descriptor);
        refuse(route, err_set(ERR_CLOSED, "the task is ending"));
        return;
    }
    const struct http_request request = {
        .url = route->url,
        .method = route->method,
        .headers = (const char *const *)route->headers,
        .body = {.data = route->has_body
                             ? (const uint8_t *)buffer_string(&route->body)
                             : NULL,
                 .size = route->body.size},
        .source = route->is_coming ? &route->coming : NULL,
        .source_bytes = route->coming_bytes,
        .limit_bytes = SIZE_MAX,
        .arrived = on_arrived,
        .window_bytes = WINDOW_BYTES,
        .silence_ms = SILENCE_MS,
        .budget = runner_worker_budget(route->runner->worker),
        .timeout_ms = LIMIT_MS,
        .has_socket = true,
        .socket = descriptor,
    };
    route->call = http_client_start(client, &request, on_done, route);
}

/* ---- what is passed on ---- */

/* The client's connection is not the task's. */
static bool is_of_connection(const char *name)
{
    static const char *const names[] = {
        "connection",        "keep-alive", "proxy-connection",
        "transfer-encoding", "upgrade",    "te",
        "trailer",           "expect",     "content-length"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcasecmp(name, names[i]))
            return true;
    return false;
}

/* Characters of the request's texts are bytes. */
static char *wire_text(struct json_object *value)
{
    struct buffer text = {0};
    char *copy = NULL;

    if (json_object_is_type(value, json_type_string) &&
        latin1_from_utf8(bytes_make(json_object_get_string(value),
                                    (size_t)json_object_get_string_len(value)),
                         &text) == 0)
        copy = mem_text(buffer_string(&text));
    buffer_free(&text);
    return copy;
}

static void take_headers(struct route *route, struct json_object *pairs)
{
    size_t count = 0;

    for (size_t i = 0;
         i < json_object_array_length(pairs) && count < HEADERS_MAX; i++) {
        struct json_object *pair = json_object_array_get_idx(pairs, i);
        char *name = wire_text(json_object_array_get_idx(pair, 0));
        char *value = wire_text(json_object_array_get_idx(pair, 1));

        if (name && value && !strcasecmp(name, "content-length"))
            route->coming_bytes = strtoull(value, NULL, 10);
        if (name && value && !is_of_connection(name))
            route->headers[count++] = mem_format("%s: %s", name, value);
        free(name);
        free(value);
    }
}

/* The JSON is this node's own (node/route_form.h). */
static int take_request(struct route *route, const char *request,
                        struct bytes body)
{
    struct json_object *tree = NULL, *headers;
    const char *method;
    char *target = NULL;
    int status = json_parse(bytes_text(request), &tree);

    if (!status)
        status = json_get_text(tree, "method", &method);
    if (!status)
        status = json_get_array(tree, "headers", &headers);
    if (!status) {
        target = wire_text(json_object_object_get(tree, "target"));
        route->method = mem_text(method);
        route->url =
            mem_format("http://127.0.0.1:%u%s", koii_engine_port(route->runner),
                       target ? target : "/");
        take_headers(route, headers);
        buffer_bytes(&route->body, body);
        route->has_body = !route->is_coming &&
                          (body.size || !strcmp(method, "POST") ||
                           !strcmp(method, "PUT") || !strcmp(method, "PATCH"));
        free(target);
    }
    json_object_put(tree);
    return status;
}

/* ---- the way there ---- */

/* A task without a network of its own is reached as everything on this machine.
 */
static void on_no_network(void *user)
{
    struct route *route = user;

    on_socket(route,
              socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int koii_route_start(struct task_runner *runner, const char *request,
                     struct bytes body, const struct byte_source *coming,
                     task_runner_answer *done, void *user)
{
    struct koii_process *process = runner_worker_node(runner->worker);
    struct route *route;
    int status = 0;

    if (!process || !runner_worker_is_ready(runner->worker))
        return err_set(ERR_STATE, "the task is not running");
    if ((status = koii_engine_visit(runner)) < 0)
        return status;
    route = mem_zero(1, sizeof(*route));
    *route = (struct route){.runner = runner,
                            .done = done,
                            .user = user,
                            .coming_bytes = HTTP_CLIENT_SIZE_UNKNOWN};
    if (coming) {
        route->is_coming = true;
        route->coming = *coming;
    }
    status = take_request(route, request, body);
    if (!status)
        status = koii_process_socket(process, on_socket, route);
    if (status == ERR_UNSUPPORTED) {
        runner_later(runner, on_no_network, route);
        status = 0;
    }
    if (status) {
        koii_engine_visit_over(runner);
        free_route(route);
        return status;
    }
    runner_depart(runner);
    return 0;
}
