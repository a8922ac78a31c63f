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
#include "node/node_face.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include "net/url.h"
#include "node/node_face_page.h"
#include "node/node_inside.h"
#include "node/reach/koii_answer.h"
#include "node/route_form.h"
#include "settlement/format/well_known.h"
#include "storage/serve/gateway.h"
#include "storage/store/store.h"

#include <stdlib.h>
#include <string.h>

/* One may sit in a slow disk read while the other goes on. */
#define THREADS 2

/* A JSON head takes 16 MiB (runtime/wire/message.h), and text grows as it is
 * escaped. */
#define BODY_LIMIT_BYTES (2u << 20)

#define TASK_PREFIX "/task/"
/* Koii's first task has a path of its own. */
#define ATTENTION_PREFIX "/attention"
#define ATTENTION_TASK "Attention22222222222222222222222222222222222"

/* A request on its way through the loop. It holds the exchange and must answer
 * it once, whatever happens; then it is freed. */
struct question {
    struct inbox_item item; /* on its way to the loop */
    struct question *next;  /* in waiting */
    struct node_face *face;
    struct http_exchange *exchange;
    struct node_upload *upload; /* has its body; NULL: the exchange has it */
};

/*
 * Invariants:
 *
 *  1. A question is in the inbox, or in waiting, or in the hands of answer():
 *     so each exchange has one owner.
 *  2. waiting is touched on the loop's thread alone.
 */
struct node_face {
    struct store *store;
    const struct node_face_view *view;
    void *user;
    struct http_server *server;
    struct node_inside *inside;
    struct node_uploads *uploads;
    unsigned open;            /* what the loop has to let go of yet */
    struct inbox *inbox;      /* what has arrived */
    struct question *waiting; /* for a task's answer; loop's thread */
    void (*closed)(void *user);
};

static void question_free(struct question *question)
{
    node_upload_free(question->upload);
    free(question);
}

/* ---- answers of the loop ---- */

static void answer_failure(struct http_exchange *exchange, int status)
{
    koii_answer_message(exchange, status == ERR_BUSY ? 503 : 502, err_text());
}

/* May come much later, or with an error because the task is being stopped. A
 * stopping runner still calls this, so that no exchange is left over when the
 * server stops. */
static void on_task_answer(void *user, int status, const char *head,
                           struct bytes body)
{
    struct question *question = user;
    struct question **at = &question->face->waiting;

    CHECK(question->exchange);
    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    if (status)
        answer_failure(question->exchange, status);
    else if (route_form_answer(question->exchange, head, body))
        koii_answer_message(question->exchange, 502,
                            "the task gave no HTTP answer");
    question_free(question);
}

/* ---- the task's routes ---- */

/* "/attention", "/attention/..." and "/attention?...". */
static bool is_attention(const char *target)
{
    size_t size = strlen(ATTENTION_PREFIX);

    return !strncmp(target, ATTENTION_PREFIX, size) &&
           (!target[size] || target[size] == '/' || target[size] == '?');
}

/* "/task/<id>/path?query", still encoded: the id, and what follows it as the
 * target of a request to the task. An id has no characters to encode. */
static bool split_target(const char *target, struct pubkey *task, char **rest)
{
    const char *id = target + strlen(TASK_PREFIX);
    size_t size = strcspn(id, "/?");

    if (is_attention(target)) {
        id = target + strlen(ATTENTION_PREFIX);
        size = 0;
        (void)pubkey_parse(bytes_text(ATTENTION_TASK), task);
        *rest = id[0] == '/' ? mem_text(id) : mem_format("/%s", id);
        return true;
    }
    if (pubkey_parse(bytes_make(id, size), task) < 0)
        return false;
    *rest =
        id[size] == '/' ? mem_text(id + size) : mem_format("/%s", id + size);
    return true;
}

/* Koii's words. The id is cut to what could be one. */
static void answer_not_running(struct http_exchange *exchange)
{
    const char *id = is_attention(http_target(exchange))
                         ? ATTENTION_TASK
                         : http_target(exchange) + strlen(TASK_PREFIX);
    size_t size = strcspn(id, "/?");
    char *text =
        mem_format("Task %.*s not running", (int)(size < 64 ? size : 64), id);

    koii_answer_message(exchange, 422, text);
    free(text);
}

/* "/task/<id>/id" is answered without the task. */
static void answer_id(struct http_exchange *exchange, const struct pubkey *task)
{
    char *text = mem_format("{\"taskId\":\"%s\"}", PUBKEY_TEXT(task));

    http_answer_any_origin(exchange);
    http_answer(exchange, 200, "application/json", bytes_text(text));
    free(text);
}

/* To a running task's own routes. */
static void ask_task(struct question *question, struct task_runner *runner,
                     const char *target)
{
    struct node_face *face = question->face;
    struct http_exchange *exchange = question->exchange;
    struct bytes body = http_body(exchange);
    struct buffer request = {0};

    if (question->upload && !node_upload_body(question->upload, &body)) {
        koii_answer_message(exchange, 413, "the body is too large");
        question_free(question);
        return;
    }
    route_form_request(exchange, target, &request);
    int status = task_runner_route(runner, buffer_string(&request), body,
                                   on_task_answer, question);
    if (status) {
        answer_failure(exchange, status);
        question_free(question);
    } else {
        question->next = face->waiting;
        face->waiting = question;
    }
    buffer_free(&request);
}

/* Contents that are here were served before the loop was asked. */
static void answer_no_task(struct question *question, const char *target)
{
    if (question->upload) {
        node_upload_keep(question->upload, question->exchange);
        question->upload = NULL;
    } else if (target &&
               !strncmp(target, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX))) {
        koii_answer_message(question->exchange, 404,
                            "this node does not have it");
    } else {
        answer_not_running(question->exchange);
    }
    question_free(question);
}

/* Without a running task the answer is Koii's: 422. Uploads are for the store
 * of every node, but for a task that runs here: that has its own routes. */
static void answer_task(struct question *question)
{
    struct node_face *face = question->face;
    struct http_exchange *exchange = question->exchange;
    struct task_runner *runner = NULL;
    char *rest = NULL;
    struct pubkey task;

    CHECK(exchange && !question->next);
    if (split_target(http_target(exchange), &task, &rest))
        runner = face->view->find(face->user, &task);
    if (!rest) {
        answer_not_running(exchange);
        question_free(question);
    } else if (!runner || !task_runner_is_running(runner)) {
        answer_no_task(question, rest);
    } else if (!strncmp(rest, "/id", 3) && (!rest[3] || rest[3] == '?')) {
        answer_id(exchange, &task);
        question_free(question);
    } else {
        ask_task(question, runner, rest);
    }
    free(rest);
}

/* By the target as it was sent: what follows the prefix is the task's. */
static bool is_for_task(const struct http_exchange *exchange)
{
    return !strncmp(http_target(exchange), TASK_PREFIX, strlen(TASK_PREFIX)) ||
           is_attention(http_target(exchange));
}

static bool is_for_nodes(const struct http_exchange *exchange)
{
    return !strncmp(http_path(exchange), NODE_FACE_NODES,
                    strlen(NODE_FACE_NODES));
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

    if (is_for_task(question->exchange)) {
        answer_task(question);
        return;
    }
    if (!strcmp(http_path(question->exchange), "/tasks"))
        node_face_page_tasks(face->view, face->user, question->exchange);
    else if (is_for_nodes(question->exchange))
        node_face_page_nodes(face->view, face->user, question->exchange);
    else if (is_for_register(question->exchange))
        node_face_page_register(face->view, face->user, question->exchange);
    else
        node_face_page_metrics(face->view, face->user, question->exchange);
    question_free(question);
}

static void take_question(void *user, struct inbox_item *item)
{
    answer(INBOX_OF(item, struct question, item));
}

/* ---- the server's threads ---- */

/* On a thread of the server. */
static void pass_on(struct node_face *face, struct http_exchange *exchange,
                    struct node_upload *upload)
{
    struct question *question = mem_zero(1, sizeof(*question));

    CHECK(exchange);
    question->face = face;
    question->exchange = exchange;
    question->upload = upload;
    inbox_put(face->inbox, &question->item);
}

/* See above. */
static void on_upload(void *user, struct http_exchange *exchange,
                      struct node_upload *upload)
{
    pass_on(user, exchange, upload);
}

static void on_begin(void *user, struct http_exchange *exchange)
{
    struct node_face *face = user;

    node_uploads_begin(face->uploads, exchange);
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
    path = strchr(path + strlen(TASK_PREFIX), '/');
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

    if (is_preflight(exchange)) {
        http_answer_preflight(exchange, "GET, HEAD, PUT, PATCH, POST, DELETE");
    } else if (is_for_task(exchange)) {
        if (!is_decoded(exchange) || !serve_contents(face, exchange))
            pass_on(face, exchange, NULL);
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
               is_for_nodes(exchange) || is_for_register(exchange)) {
        pass_on(face, exchange, NULL);
    } else {
        http_answer_text(exchange, 404, "no such page");
    }
}

/* ---- life ---- */

/* Whichever of inbox and inside is the last user of the face. */
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

static void on_inside_closed(void *user)
{
    on_closed(user);
}

static void on_uploads_closed(void *user)
{
    on_closed(user);
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
        koii_answer_message(question->exchange, 503, "the node is stopping");
        question_free(question);
    }
    node_uploads_stop(face->uploads);
    node_inside_stop(face->inside, on_inside_closed);
    http_server_stop(face->server);
    /* What slipped in between is answered with 503 by the server itself. */
    for (struct inbox_item *at = inbox_drain(face->inbox); at; at = next) {
        next = at->next;
        question_free(INBOX_OF(at, struct question, item));
    }
    if (!node_uploads_close(face->uploads, on_uploads_closed, face))
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
        .body_limit_bytes = BODY_LIMIT_BYTES,
        .begin = on_begin,
        .handler = on_request,
        .user = face,
        .any_path = true,
    };

    face->store = options->store;
    face->view = options->view;
    face->user = options->user;
    const struct node_uploads_options uploads = {
        .loop = options->loop,
        .store = options->store,
        .folder = options->folder,
        .memory_bytes = BODY_LIMIT_BYTES,
        .whole = on_upload,
        .terms = upload_terms,
        .public_url = public_url,
        .user = face,
    };
    face->uploads = node_uploads_new(&uploads);
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
    int status = http_server_start(&server, &face->server);
    if (!status)
        status = node_inside_start(&inside, &face->inside);
    if (status) {
        stop_servers(face);
        inbox_close(face->inbox, on_closed, face);
        return status;
    }
    face->open++;
    *port = http_server_port(face->server);
    *out = face;
    return 0;
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
