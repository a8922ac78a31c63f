/*
 * The port that is open to peers and tasks (node.h has the routes).
 *
 * Requests arrive on the HTTP server's threads. Blocks and fixed answers are
 * served there; what needs the node's state is put into an inbox, and the loop
 * takes it from there and answers.
 *
 * Not all is done on the loop, as the control port does it, because peers ask
 * for blocks at any rate they like, and reading a block may wait for the disk.
 * That must not hold up a round. There is an inbox and no lock on the node,
 * because with a lock every part of the node would have to know that it may be
 * read while it changes.
 *
 * Everybody who reaches the port may ask. So nothing changes the node's state
 * but the registration of a peer, a body is limited, a task's own answers are
 * cut to what HTTP allows.
 *
 * Koii's forms are kept where its tasks and pages know them: /, /id, /tasks,
 * the 422 for a task that does not run, {"message": text}.
 */
#include "node/node_face_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/url.h"
#include "node/node_face_page.h"
#include "node/node_inside.h"
#include "node/node_reach.h"
#include "node/reach/koii_answer.h"
#include "node/task/koii_engine.h"
#include "settlement/format/well_known.h"
#include "storage/serve/gateway.h"
#include "storage/store/store.h"

#include <stdlib.h>
#include <string.h>

/* One may sit in a slow disk read while the other goes on. */
#define THREADS 2

/* ---- answers of the loop ---- */

/* By the target as it was sent: what follows the prefix is the task's. */
static bool is_for_task(const struct http_exchange *exchange)
{
    return !strncmp(http_target(exchange), NODE_FACE_TASK_PREFIX,
                    strlen(NODE_FACE_TASK_PREFIX)) ||
           node_face_is_attention(http_target(exchange));
}

static bool is_for_nodes(const struct http_exchange *exchange)
{
    return !strncmp(http_path(exchange), NODE_FACE_NODES,
                    strlen(NODE_FACE_NODES));
}

static bool is_for_reach(const struct node_face *face,
                         const struct http_exchange *exchange)
{
    const char *path = http_path(exchange);
    size_t size = strlen(NODE_REACH_PATH);

    return face->view->reach && !strncmp(path, NODE_REACH_PATH, size) &&
           (!path[size] || path[size] == '/');
}

static bool is_for_register(const struct http_exchange *exchange)
{
    return !strncmp(http_path(exchange), NODE_FACE_REGISTER,
                    strlen(NODE_FACE_REGISTER)) &&
           http_method_is(exchange, "POST");
}

/* On the loop's thread, where the runners are. By the path alone; methods are
 * the task's affair. */
static void answer(struct question *question)
{
    struct node_face *face = question->face;

    if (question->target) {
        node_face_answer_task(question);
        return;
    }
    if (!strcmp(http_path(question->exchange), "/tasks"))
        node_face_page_tasks(face->view, face->user, question->exchange);
    else if (is_for_nodes(question->exchange))
        node_face_page_nodes(face->view, face->user, question->exchange);
    else if (is_for_register(question->exchange))
        node_face_page_register(face->view, face->user, question->exchange);
    else if (is_for_reach(face, question->exchange))
        face->view->reach(face->user, question->exchange);
    else
        node_face_page_metrics(face->view, face->user, question->exchange);
    node_face_free_question(question);
}

static void take_question(void *user, struct inbox_item *item)
{
    answer(INBOX_OF(item, struct question, item));
}

/* ---- the server's threads ---- */

/* On a thread of the server. */
static void pass_on(struct node_face *face, struct http_exchange *exchange,
                    struct node_upload *upload, struct route_body *body)
{
    struct question *question = mem_zero(1, sizeof(*question));

    CHECK(exchange);
    question->face = face;
    question->exchange = exchange;
    question->upload = upload;
    question->body = body;
    if (is_for_task(exchange))
        node_face_read_request(question);
    inbox_put(face->inbox, &question->item);
}

/* See above. */
static void on_upload(void *user, struct http_exchange *exchange,
                      struct node_upload *upload)
{
    pass_on(user, exchange, upload, NULL);
}

static void on_body(void *user, struct http_exchange *exchange,
                    struct route_body *body)
{
    pass_on(user, exchange, NULL, body);
}

/* Such a request's path may be the node's own, and a body of it means
 * nothing. */
static bool is_reading(const struct http_exchange *exchange)
{
    return http_method_is(exchange, "GET") ||
           http_method_is(exchange, "HEAD") ||
           http_method_is(exchange, "OPTIONS");
}

/* Of a task that has this machine's network, as Koii's own have. */
static bool is_for_wrapper(const struct node_face *face,
                           struct http_exchange *exchange)
{
    const char *address = http_client_address(exchange);

    return face->has_bare_tasks &&
           !strcmp(http_path(exchange), NODE_INSIDE_WRAPPER) &&
           (!strncmp(address, "127.", 4) || !strcmp(address, "::1") ||
            !strncmp(address, "::ffff:127.", 11));
}

static void on_begin(void *user, struct http_exchange *exchange)
{
    struct node_face *face = user;

    if (is_for_wrapper(face, exchange)) {
        node_inside_begin(face->inside, exchange);
        return;
    }
    if (!node_uploads_begin(face->uploads, exchange) && is_for_task(exchange) &&
        !is_reading(exchange))
        route_bodies_begin(face->bodies, exchange);
}

/* A browser's question before a request of another origin (Fetch standard).
 * Koii's wrapper answers it before the task's routes are looked at. */
static bool is_preflight(const struct http_exchange *exchange)
{
    return http_method_is(exchange, "OPTIONS") &&
           http_header(exchange, "Access-Control-Request-Method");
}

/* A path that could not be decoded is handed over as it was sent. */
static bool is_decoded(const struct http_exchange *exchange)
{
    struct bytes path, query;
    struct buffer decoded = {0};

    url_split(bytes_text(http_target(exchange)), &path, &query);
    int status = url_decode(path, false, &decoded);
    buffer_free(&decoded);
    return status == 0;
}

/* GET /task/<id>/ipfs/<cid>/...: what is here is served, whatever the task: a
 * CID names the same bytes everywhere. */
static bool serve_contents(struct node_face *face,
                           struct http_exchange *exchange)
{
    const char *path = http_path(exchange);
    struct cid root;

    if (!http_method_is(exchange, "GET") && !http_method_is(exchange, "HEAD"))
        return false;
    path = strchr(path + strlen(NODE_FACE_TASK_PREFIX), '/');
    if (!path || strncmp(path, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX)) != 0)
        return false;
    const char *text = path + strlen(GATEWAY_PREFIX);
    if (cid_parse(bytes_make(text, strcspn(text, "/")), &root) < 0 ||
        !store_has(face->store, &root, NULL))
        return false;
    gateway_handle_at(face->store, exchange, path);
    return true;
}

/* On a thread of the server. Blocks are served right here: they are what peers
 * ask for most, and need nothing but the store. / and /id need nothing at all.
 */
static void on_request(void *user, struct http_exchange *exchange)
{
    struct node_face *face = user;
    const char *path = http_path(exchange);

    if (face->view->note)
        face->view->note(face->user, exchange);
    if (is_preflight(exchange)) {
        http_answer_preflight(exchange, "GET, HEAD, PUT, PATCH, POST, DELETE");
    } else if (is_for_task(exchange)) {
        if (!is_decoded(exchange) || !serve_contents(face, exchange))
            pass_on(face, exchange, NULL, NULL);
    } else if (!is_decoded(exchange)) {
        http_answer_text(exchange, 400, "the target can't be decoded");
    } else if (http_method_is(exchange, "OPTIONS")) {
        http_answer_preflight(exchange, "GET, HEAD");
    } else if (!strncmp(path, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX))) {
        gateway_handle(face->store, exchange);
    } else if (!strcmp(path, "/")) {
        http_answer_any_origin(exchange);
        http_answer(exchange, 200, "application/json",
                    bytes_text("{\"status\":\"OK\","
                               "\"message\":\"Node is running\"}"));
    } else if (!strcmp(path, "/id")) {
        http_answer_any_origin(exchange);
        http_answer(exchange, 200, "text/html; charset=utf-8",
                    bytes_text(PUBKEY_TEXT(&KOII_TASK_PROGRAM_ID)));
    } else if (!strcmp(path, "/tasks") || !strcmp(path, "/metrics") ||
               is_for_nodes(exchange) || is_for_register(exchange) ||
               is_for_reach(face, exchange)) {
        pass_on(face, exchange, NULL, NULL);
    } else {
        http_answer_text(exchange, 404, "no such page");
    }
}

/* ---- life ---- */

/* Whichever of inbox, inside and uploads is the last user of the face. */
static void on_closed(void *user)
{
    struct node_face *face = user;

    if (--face->open)
        return;
    void (*closed)(void *user) = face->closed;
    void *of_face = face->user;

    free(face);
    if (closed)
        closed(of_face);
}

static bool upload_terms(void *user, const struct pubkey *key,
                         struct node_upload_terms *out)
{
    struct node_face *face = user;

    return face->view->terms(face->user, key, out);
}

static const char *public_url(void *user)
{
    struct node_face *face = user;

    return face->view->public_url(face->user);
}

static struct task_runner *find_runner(void *user, const struct pubkey *task)
{
    struct node_face *face = user;

    return face->view->find(face->user, task);
}

/* Whatever of them runs. Who holds an exchange of theirs answers it first. */
static void stop_servers(struct node_face *face)
{
    struct inbox_item *next;

    for (struct inbox_item *at = inbox_drain(face->inbox); at; at = next) {
        struct question *question = INBOX_OF(at, struct question, item);

        next = at->next;
        node_face_answer_message(question, 503, "the node is stopping");
    }
    node_uploads_stop(face->uploads);
    route_bodies_stop(face->bodies);
    node_inside_stop(face->inside, face->server, on_closed);
    /* What slipped in between is answered with 503 by the server itself. */
    for (struct inbox_item *at = inbox_drain(face->inbox); at; at = next) {
        next = at->next;
        node_face_drop(INBOX_OF(at, struct question, item));
    }
    route_bodies_close(face->bodies, on_closed, face);
    face->open++;
    if (!node_uploads_close(face->uploads, on_closed, face))
        face->open++;
}

/* The wake-up is opened before the server, whose first request may need it. */
int node_face_start(const struct node_face_options *options,
                    struct node_face **out, uint16_t *port)
{
    struct node_face *face = mem_zero(1, sizeof(*face));
    const struct http_server_options server = {
        .address = options->address,
        .port = options->port,
        .threads = THREADS,
        .body_limit_bytes = ROUTE_BODY_WHOLE_MAX,
        .begin = on_begin,
        .handler = on_request,
        .user = face,
        .any_path = true,
    };

    face->store = options->store;
    face->view = options->view;
    face->user = options->user;
    face->has_bare_tasks = options->has_bare_tasks;
    const struct node_uploads_options uploads = {
        .loop = options->loop,
        .store = options->store,
        .folder = options->folder,
        .memory_bytes = ROUTE_BODY_WHOLE_MAX,
        .whole = on_upload,
        .terms = upload_terms,
        .public_url = public_url,
        .user = face,
    };
    face->uploads = node_uploads_new(&uploads);
    const struct route_bodies_options bodies = {
        .loop = options->loop, .arrived = on_body, .user = face};
    face->bodies = route_bodies_new(&bodies);
    face->inbox = inbox_new(options->loop, take_question, face);
    face->open = 1;
    const struct node_inside_options inside = {
        .loop = options->loop,
        .find = find_runner,
        .others = on_request,
        .others_begin = on_begin,
        .others_user = face,
        .user = face,
    };
    /* First, because requests to the other one lead there. */
    int status = node_inside_start(&inside, &face->inside);
    if (!status)
        face->open++;
    if (!status)
        status = http_server_start(&server, &face->server);
    if (status) {
        stop_servers(face);
        inbox_close(face->inbox, on_closed, face);
        return status;
    }
    *port = http_server_port(face->server);
    if (face->has_bare_tasks && *port != KOII_NODE_PORT &&
        node_inside_listen(face->inside, KOII_NODE_PORT))
        log_warn("node",
                 "%s: tasks without a network of their own may not "
                 "reach this node",
                 err_text());
    *out = face;
    return 0;
}

int node_face_keep(const struct node_face *face)
{
    int status = http_server_keep(face->server);

    return status ? status : node_inside_keep(face->inside);
}

struct http_server *node_face_inside(const struct node_face *face)
{
    return node_inside_server(face->inside);
}

/* In this order, or a thread might put a question into a face that is going. */
void node_face_stop(struct node_face *face, void (*closed)(void *user))
{
    /* The runners are gone, and with them all exchanges that waited for
     * tasks; the server must not stop while another thread holds one. */
    CHECK(!face->waiting);
    face->closed = closed;
    stop_servers(face);
    inbox_close(face->inbox, on_closed, face);
}
