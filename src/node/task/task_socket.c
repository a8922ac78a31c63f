/*
 * The node connects, under the operator's rule as for fetch(), and an opening
 * counts as a fetch against the task's rate.
 */
#include "node/task/task_socket.h"

#include "base/error.h"

#include <stdlib.h>

static void on_answer(void *user, struct bytes json, struct bytes payload)
{
    struct host_ask *ask = user;

    if (host_ask_arrived(ask, 0))
        host_ask_answer(ask, json, payload);
}

void task_socket_open(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    int status = runner_worker_take_fetch(runner->worker);

    if (!status)
        status = socket_set_open(
            runner_worker_sockets(runner->worker), runner->parts->loop,
            runner->network, ask->request_id,
            json_object_array_get_idx(params, 0), on_answer, ask);
    if (status)
        host_ask_refuse(ask, status);
    else
        runner_depart(runner);
}

void task_socket_read(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct socket_set *set = runner_worker_sockets(runner->worker);
    uint64_t id = host_ask_number(params, 0);
    struct buffer json = {0}, message = {0};
    bool is_there;
    int status = socket_set_take(set, id, &is_there, &json, &message);

    if (status) {
        host_ask_refuse(ask, status);
    } else if (is_there) {
        host_ask_answer(ask, buffer_view(&json), buffer_view(&message));
    } else {
        socket_set_wait(set, id, on_answer, ask);
        runner_depart(runner);
    }
    buffer_free(&json);
    buffer_free(&message);
}

/* Nothing but success or a refusal. */
static void answer_status(struct host_ask *ask, int status)
{
    if (status)
        host_ask_refuse(ask, status);
    else
        host_ask_answer(ask, bytes_text("null"), (struct bytes){0});
}

void task_socket_send(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct socket_set *set = runner_worker_sockets(ask->runner->worker);
    bool is_binary =
        json_object_get_boolean(json_object_array_get_idx(params, 1));

    answer_status(ask, socket_set_send(set, host_ask_number(params, 0),
                                       is_binary, payload));
}

void task_socket_close(struct host_ask *ask, struct json_object *params,
                       struct bytes payload)
{
    struct socket_set *set = runner_worker_sockets(ask->runner->worker);
    const char *reason = host_ask_text(params, 2);

    answer_status(ask, socket_set_goodbye(set, host_ask_number(params, 0),
                                          host_ask_number(params, 1),
                                          bytes_text(reason ? reason : "")));
}
