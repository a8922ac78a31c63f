#include "node/node_face_page.h"

#include "base/error.h"
#include "base/json.h"
#include "net/http_exchange.h"

#include <string.h>

/* A registration is a URL, some keys and a signature. */
#define REGISTRATION_MAX 4096

/* Running ones only: the others serve no routes. */
void node_face_page_tasks(const struct node_face_view *view, void *user,
                          struct http_exchange *exchange)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);
    const struct task_runner *runner;

    json_open_array(&writer);
    for (size_t i = 0; (runner = view->at(user, i)); i++) {
        if (!task_runner_is_running(runner))
            continue;
        json_open_object(&writer);
        json_field_text(&writer, "TaskName", task_runner_name(runner));
        json_field_text(&writer, "TaskID",
                        PUBKEY_TEXT(task_runner_task(runner)));
        json_close_object(&writer);
    }
    json_close_array(&writer);
    http_answer_any_origin(exchange);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

/* Nobody is known of a task that this node does not have. */
void node_face_page_nodes(const struct node_face_view *view, void *user,
                          struct http_exchange *exchange)
{
    const char *id = http_path(exchange) + strlen(NODE_FACE_NODES);
    struct task_runner *runner = NULL;
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);
    struct pubkey task;

    if (pubkey_parse(bytes_text(id), &task) == 0)
        runner = view->find(user, &task);
    if (runner) {
        task_runner_nodes(runner, &writer);
    } else {
        json_open_array(&writer);
        json_close_array(&writer);
    }
    http_answer_any_origin(exchange);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

/* Koii's answers. Nodes register with every task they know, so one that does
 * not run here is no mistake of theirs. */
void node_face_page_register(const struct node_face_view *view, void *user,
                             struct http_exchange *exchange)
{
    const char *id = http_path(exchange) + strlen(NODE_FACE_REGISTER);
    struct json_object *registration = NULL;
    struct task_runner *runner = NULL;
    struct pubkey task;
    bool is_taken = false;

    if (pubkey_parse(bytes_text(id), &task) == 0)
        runner = view->find(user, &task);
    if (runner && http_body(exchange).size <= REGISTRATION_MAX &&
        json_parse(http_body(exchange), &registration) == 0)
        is_taken = json_object_is_type(registration, json_type_object) &&
                   task_runner_register(runner, registration) == 0;
    json_object_put(registration);
    http_answer_any_origin(exchange);
    if (is_taken)
        http_answer(exchange, 200, NULL, (struct bytes){0});
    else
        http_answer(exchange, 409, "application/json",
                    bytes_text("{\"message\":\"Registration is duplicate, "
                               "outdated, or invalid\"}"));
}

/* For a scraper on the operator's own network. */
void node_face_page_metrics(const struct node_face_view *view, void *user,
                            struct http_exchange *exchange)
{
    struct buffer body = {0};

    view->metrics(user, &body);
    http_answer_buffer(exchange, 200, "text/plain; version=0.0.4", &body);
}
