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
    free(question);
}

static void answer_failure(struct http_exchange *exchange, int status)
{
    koii_answer_message(exchange, status == ERR_BUSY ? 503 : 502, err_text());
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
    if (status)
        answer_failure(question->exchange, status);
    else if (route_form_answer(question->exchange, head, body, rest))
        koii_answer_message(question->exchange, 502,
                            "the task gave no HTTP answer");
    node_face_free_question(question);
}

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

/* Koii's words. The id is cut to what could be one. */
static void answer_not_running(struct http_exchange *exchange)
{
    const char *id =
        node_face_is_attention(http_target(exchange))
            ? NODE_FACE_ATTENTION_TASK
            : http_target(exchange) + strlen(NODE_FACE_TASK_PREFIX);
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
        node_face_free_question(question);
        return;
    }
    route_form_request(exchange, target, &request);
    int status = task_runner_route(runner, buffer_string(&request), body,
                                   on_task_answer, question);
    if (status) {
        answer_failure(exchange, status);
        node_face_free_question(question);
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
    node_face_free_question(question);
}

/* Without a running task the answer is Koii's: 422. Uploads are for the store
 * of every node, but for a task that runs here: that has its own routes. */
void node_face_answer_task(struct question *question)
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
        node_face_free_question(question);
    } else if (!runner || !task_runner_is_running(runner)) {
        answer_no_task(question, rest);
    } else if (!strncmp(rest, "/id", 3) && (!rest[3] || rest[3] == '?')) {
        answer_id(exchange, &task);
        node_face_free_question(question);
    } else {
        ask_task(question, runner, rest);
    }
    free(rest);
}
