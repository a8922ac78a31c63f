/*
 * Requests below /task/<id>: the task's own routes where it runs here. Below
 * the id of another task the node is Koii's storage (node_upload.h).
 */
#include "node/node_face_state.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/reach/koii_answer.h"
#include "node/route_form.h"
#include "storage/serve/gateway.h"

#include <stdlib.h>
#include <string.h>

void node_face_free_question(struct question *question)
{
    node_upload_free(question->upload);
    route_body_free(question->body);
    free(question->target);
    buffer_free(&question->request);
    free(question->early.head);
    free(question->early.reason);
    buffer_free(&question->early.body);
    free(question);
}

/* ---- answers, now or when the body has ended ---- */

static void answer_task(struct http_exchange *exchange, int status,
                        const char *head, struct bytes body,
                        struct http_flow *rest)
{
    if (status)
        koii_answer_message(exchange, status == ERR_BUSY ? 503 : 502,
                            err_text());
    else if (route_form_answer(exchange, head, body, rest))
        koii_answer_message(exchange, 502, "the task gave no HTTP answer");
}

static bool is_coming(const struct question *question)
{
    struct bytes body;

    return question->body && !route_body_whole(question->body, &body);
}

/* Without an exchange its client is gone, or was refused. */
static void on_body_over(void *user, struct http_exchange *exchange)
{
    struct question *question = user;
    struct early_answer *early = &question->early;

    if (early->status)
        err_set(early->status, "%s", early->reason);
    if (exchange)
        answer_task(exchange, early->status, early->head,
                    buffer_view(&early->body), early->rest);
    else if (early->rest)
        http_flow_drop(early->rest);
    if (early->rest)
        http_flow_let_go(early->rest);
    node_face_free_question(question);
}

/* The body is freed with its end. */
static void answer_after_body(struct question *question, int status,
                              const char *head, struct bytes answer,
                              struct http_flow *rest)
{
    struct route_body *body = question->body;

    question->early.status = status;
    if (status)
        question->early.reason = mem_text(err_text());
    else
        question->early.head = mem_text(head);
    buffer_bytes(&question->early.body, answer);
    question->early.rest = rest;
    if (rest)
        http_flow_keep(rest);
    question->body = NULL;
    route_body_finish(body, on_body_over, question);
}

static void give_answer(struct question *question, int status, const char *head,
                        struct bytes answer, struct http_flow *rest)
{
    if (is_coming(question)) {
        answer_after_body(question, status, head, answer, rest);
        return;
    }
    answer_task(question->exchange, status, head, answer, rest);
    node_face_free_question(question);
}

/* One that waits for its body is an answer of the task's form. */
void node_face_answer_message(struct question *question, unsigned code,
                              const char *message)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    char *head = mem_format("{\"status\":%u,\"headers\":"
                            "[[\"Content-Type\",\"application/json\"]]}",
                            code);

    if (is_coming(question)) {
        json_open_object(&writer);
        json_field_text(&writer, "message", message);
        json_close_object(&writer);
        answer_after_body(question, 0, head, buffer_view(&text), NULL);
    } else {
        koii_answer_message(question->exchange, code, message);
        node_face_free_question(question);
    }
    buffer_free(&text);
    free(head);
}

void node_face_drop(struct question *question)
{
    if (is_coming(question))
        answer_after_body(question, 0, "{}", (struct bytes){0}, NULL);
    else
        node_face_free_question(question);
}

/* May come much later, or with an error because the task is being stopped. A
 * stopping runner still calls this, so that no exchange is left over when the
 * server stops. */
static void on_task_answer(void *user, int status, const char *head,
                           struct bytes body, struct http_flow *rest)
{
    struct question *question = user;
    struct question **at = &question->face->waiting;

    CHECK(question->exchange);
    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    give_answer(question, status, head, body, rest);
}

/* ---- the request ---- */

/* "/attention", "/attention/..." and "/attention?...". */
bool node_face_is_attention(const char *target)
{
    size_t size = strlen(NODE_FACE_ATTENTION_PREFIX);

    return !strncmp(target, NODE_FACE_ATTENTION_PREFIX, size) &&
           (!target[size] || target[size] == '/' || target[size] == '?');
}

/* "/task/<id>/path?query", still encoded: the id, and what follows it as the
 * target of a request to the task. An id has no characters to encode. */
static bool split_target(const char *target, struct pubkey *task, char **rest)
{
    const char *id = target + strlen(NODE_FACE_TASK_PREFIX);
    size_t size = strcspn(id, "/?");

    if (node_face_is_attention(target)) {
        id = target + strlen(NODE_FACE_ATTENTION_PREFIX);
        (void)pubkey_parse(bytes_text(NODE_FACE_ATTENTION_TASK), task);
        *rest = id[0] == '/' ? mem_text(id) : mem_format("/%s", id);
        return true;
    }
    if (pubkey_parse(bytes_make(id, size), task) < 0)
        return false;
    *rest =
        id[size] == '/' ? mem_text(id + size) : mem_format("/%s", id + size);
    return true;
}

void node_face_read_request(struct question *question)
{
    struct pubkey task;
    char *rest = NULL;

    question->target = mem_text(http_target(question->exchange));
    if (split_target(question->target, &task, &rest))
        route_form_request(question->exchange, rest, is_coming(question),
                           &question->request);
    free(rest);
}

/* Koii's words. The id is cut to what could be one. */
static void answer_not_running(struct question *question)
{
    const char *target = question->target;
    const char *id = node_face_is_attention(target)
                         ? NODE_FACE_ATTENTION_TASK
                         : target + strlen(NODE_FACE_TASK_PREFIX);
    size_t size = strcspn(id, "/?");
    char *text =
        mem_format("Task %.*s not running", (int)(size < 64 ? size : 64), id);

    node_face_answer_message(question, 422, text);
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
static void ask_task(struct question *question, struct task_runner *runner)
{
    struct node_face *face = question->face;
    struct byte_source coming = {0};
    struct bytes body = {0};

    if (question->upload && !node_upload_body(question->upload, &body)) {
        node_face_answer_message(question, 413, "the body is too large");
        return;
    }
    if (is_coming(question))
        coming = route_body_source(question->body);
    else if (question->body)
        (void)route_body_whole(question->body, &body);
    else if (!question->upload)
        body = http_body(question->exchange);
    int status = task_runner_route(runner, buffer_string(&question->request),
                                   body, coming.read ? &coming : NULL,
                                   on_task_answer, question);
    if (status) {
        give_answer(question, status, NULL, (struct bytes){0}, NULL);
    } else {
        question->next = face->waiting;
        face->waiting = question;
    }
}

/* Contents that are here were served before the loop was asked. */
static void answer_no_task(struct question *question, const char *target)
{
    if (question->upload) {
        node_upload_keep(question->upload, question->exchange);
        question->upload = NULL;
        node_face_free_question(question);
    } else if (!strncmp(target, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX))) {
        node_face_answer_message(question, 404, "this node does not have it");
    } else {
        answer_not_running(question);
    }
}

/* Without a running task the answer is Koii's: 422. Uploads are for the store
 * of every node, but for a task that runs here: that has its own routes. */
void node_face_answer_task(struct question *question)
{
    struct node_face *face = question->face;
    struct task_runner *runner = NULL;
    char *rest = NULL;
    struct pubkey task;

    CHECK(question->target && !question->next);
    if (split_target(question->target, &task, &rest))
        runner = face->view->find(face->user, &task);
    if (!rest) {
        answer_not_running(question);
    } else if (!runner || !task_runner_is_running(runner)) {
        answer_no_task(question, rest);
    } else if (!strncmp(rest, "/id", 3) && (!rest[3] || rest[3] == '?') &&
               !is_coming(question)) {
        answer_id(question->exchange, &task);
        node_face_free_question(question);
    } else {
        ask_task(question, runner);
    }
    free(rest);
}
