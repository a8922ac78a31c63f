/*
 * Bodies are gathered and parsed on the server's thread, because a large one
 * takes its time; the loop gets the arguments. What all bodies under way hold
 * together has a limit, because a task may open as many connections as it
 * likes.
 */
#include "node/node_inside.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/door.h"
#include "net/http_door.h"
#include "net/inbox.h"
#include "node/reach/koii_answer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Koii's limit for one body; and ours for all that are under way. */
#define BODY_MAX (50u << 20)
#define BODIES_MAX (128u << 20)

/* Values in one body: parsed, each takes some sixty bytes. */
#define VALUES_MAX 1000000

/* Other paths: as the node's port has it. */
#define OTHER_BODY_MAX (2u << 20)

/* Of all tasks; each has a limit of its own (koii_engine.c). */
#define CONNECTIONS_MAX 8192

/* A body that comes, and then a request on its way to the loop. */
struct call {
    struct inbox_item item;
    struct node_inside *inside;
    struct http_exchange *exchange;
    struct buffer body;
    struct json_object *request;
};

struct node_inside {
    struct node_inside_options options;
    struct http_server *server;
    struct http_door *door; /* on a port of its own choosing, or NULL */
    struct inbox *inbox;
    atomic_size_t bodies; /* bytes under way */
    void (*closed)(void *user);
};

/* ---- on the loop ---- */

/* Koii's words. Whether the task or its secret is wrong is not said. */
static void serve(struct call *call)
{
    struct json_object *args;
    const char *task, *secret;
    struct pubkey key;
    struct task_runner *runner = NULL;

    if (json_get_array(call->request, "args", &args) < 0) {
        koii_answer_message(call->exchange, 422, "No args provided");
        return;
    }
    if (json_get_text(call->request, "taskId", &task) < 0) {
        koii_answer_message(call->exchange, 422, "No taskId provided");
        return;
    }
    if (json_get_text(call->request, "secret", &secret) < 0) {
        koii_answer_message(call->exchange, 422, "No secret provided");
        return;
    }
    if (pubkey_parse(bytes_text(task), &key) == 0)
        runner = call->inside->options.find(call->inside->options.user, &key);
    if (!runner || !task_runner_knows(runner, secret))
        koii_answer_message(call->exchange, 401, "Invalid secret provided");
    else
        task_runner_wrapper(runner, args, call->exchange);
}

static void free_call(struct call *call)
{
    atomic_fetch_sub(&call->inside->bodies, call->body.size);
    json_object_put(call->request);
    buffer_free(&call->body);
    free(call);
}

static void take_call(void *user, struct inbox_item *item)
{
    struct call *call = INBOX_OF(item, struct call, item);

    serve(call);
    free_call(call);
}

/* ---- on the server's thread ---- */

static int take_piece(void *user, struct http_exchange *exchange,
                      struct bytes piece)
{
    struct call *call = user;
    struct node_inside *inside = call->inside;

    if (atomic_fetch_add(&inside->bodies, piece.size) + piece.size >
        BODIES_MAX) {
        atomic_fetch_sub(&inside->bodies, piece.size);
        return err_set(ERR_FULL,
                       "the requests of all tasks hold %u bytes, "
                       "which is the most there may be",
                       BODIES_MAX);
    }
    buffer_bytes(&call->body, piece);
    return 0;
}

static void end_body(void *user, struct http_exchange *exchange, int status)
{
    struct call *call = user;
    struct bytes body = buffer_view(&call->body);

    if (status) {
        free_call(call);
        return;
    }
    if (!http_method_is(exchange, "POST")) {
        koii_answer_message(exchange, 405, "only POST is answered here");
    } else if (json_check_values(body, VALUES_MAX)) {
        koii_answer_message(exchange, 413, err_text());
    } else if (json_parse(body, &call->request) < 0 ||
               !json_object_is_type(call->request, json_type_object)) {
        koii_answer_message(exchange, 400, "the body is no JSON object");
    } else {
        inbox_put(call->inside->inbox, &call->item);
        return;
    }
    free_call(call);
}

void node_inside_begin(struct node_inside *inside,
                       struct http_exchange *exchange)
{
    struct call *call;

    if (http_method_is(exchange, "OPTIONS"))
        return;
    call = mem_zero(1, sizeof(*call));
    call->inside = inside;
    call->exchange = exchange;
    http_body_to(
        exchange,
        (struct http_sink){.write = take_piece, .end = end_body, .user = call},
        BODY_MAX);
}

static void on_begin(void *user, struct http_exchange *exchange)
{
    struct node_inside *inside = user;

    if (!strcmp(http_path(exchange), NODE_INSIDE_WRAPPER))
        node_inside_begin(inside, exchange);
    else
        inside->options.others_begin(inside->options.others_user, exchange);
}

static void on_other(void *user, struct http_exchange *exchange)
{
    struct node_inside *inside = user;

    inside->options.others(inside->options.others_user, exchange);
}

/* ---- life ---- */

static void on_closed(void *user)
{
    struct node_inside *inside = user;
    void (*closed)(void *user) = inside->closed;
    void *of_owner = inside->options.user;

    free(inside);
    if (closed)
        closed(of_owner);
}

int node_inside_start(const struct node_inside_options *options,
                      struct node_inside **out)
{
    struct node_inside *inside = mem_zero(1, sizeof(*inside));
    const struct http_server_options server = {
        .connections_max = CONNECTIONS_MAX,
        .body_limit_bytes = OTHER_BODY_MAX,
        .begin = on_begin,
        .handler = on_other,
        .user = inside,
        .any_path = true,
    };

    inside->options = *options;
    inside->inbox = inbox_new(options->loop, take_call, inside);
    int status = http_server_start(&server, &inside->server);
    if (status) {
        inbox_close(inside->inbox, on_closed, inside);
        return status;
    }
    *out = inside;
    return 0;
}

struct http_server *node_inside_server(const struct node_inside *inside)
{
    return inside->server;
}

int node_inside_listen(struct node_inside *inside, uint16_t port)
{
    int listener;

    CHECK(!inside->door);
    int status = door_listen("127.0.0.1", &port, &listener);
    if (status)
        return status;
    inside->door = http_door_open(inside->options.loop, inside->server,
                                  listener, CONNECTIONS_MAX);
    return 0;
}

int node_inside_keep(const struct node_inside *inside)
{
    return inside->door ? http_door_keep(inside->door) : 0;
}

static void refuse_all(struct node_inside *inside, bool is_over)
{
    struct inbox_item *next;

    for (struct inbox_item *at = inbox_drain(inside->inbox); at; at = next) {
        struct call *call = INBOX_OF(at, struct call, item);

        next = at->next;
        if (!is_over)
            koii_answer_message(call->exchange, 503, "the node is stopping");
        free_call(call);
    }
}

/* In this order, as in node_face_stop(). */
void node_inside_stop(struct node_inside *inside, struct http_server *other,
                      void (*closed)(void *user))
{
    if (!inside) {
        http_server_stop(other);
        return;
    }
    refuse_all(inside, false);
    http_door_close(inside->door);
    http_server_stop(inside->server);
    http_server_stop(other);
    refuse_all(inside, true);
    inside->closed = closed;
    inbox_close(inside->inbox, on_closed, inside);
}
