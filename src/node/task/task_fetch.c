/*
 * fetch() of a task, carried out by the node: http and https, under the
 * network rule of the operator, with limits of size, time and rate.
 *
 * The rate is the runner's and not the worker's: a task that is restarted does
 * not get a full bucket with each start. How many run at a time, the worker's
 * limit of open requests says; what they hold in memory, the task's budget. A
 * redirect that the worker follows is a request like any other.
 */
#include "node/task/task_fetch.h"

#include "base/error.h"

#include <stdlib.h>

/* An answer of any status is an answer; only no answer is an error. */
static void on_answer(void *user, int status, struct bytes json,
                      struct bytes payload)
{
    struct host_ask *ask = user;

    if (host_ask_arrived(ask, status))
        host_ask_answer(ask, json, payload);
}

/* The request is copied. */
void task_fetch_serve(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    int status = runner_worker_take_fetch(runner->worker);

    if (!status)
        status = fetch_set_begin(
            runner_worker_fetches(runner->worker), runner_http(runner),
            ask->request_id, json_object_array_get_idx(params, 0), payload,
            runner_worker_budget(runner->worker), on_answer, ask);
    if (status)
        host_ask_refuse(ask, status);
    else
        runner_depart(runner);
}

void task_fetch_read(struct host_ask *ask, struct json_object *params,
                     struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct fetch_set *set = runner_worker_fetches(runner->worker);
    struct buffer json = {0}, piece = {0};
    bool is_there;
    int status = fetch_set_take(set, host_ask_number(params, 0), &is_there,
                                &json, &piece);

    if (status) {
        host_ask_refuse(ask, status);
    } else if (is_there) {
        host_ask_answer(ask, buffer_view(&json), buffer_view(&piece));
    } else {
        fetch_set_wait(set, host_ask_number(params, 0), on_answer, ask);
        runner_depart(runner);
    }
    buffer_free(&json);
    buffer_free(&piece);
}

void task_fetch_cancel(struct host_ask *ask, struct json_object *params,
                       struct bytes payload)
{
    fetch_set_cancel(runner_worker_fetches(ask->runner->worker),
                     host_ask_number(params, 0));
    host_ask_answer(ask, bytes_text("null"), (struct bytes){0});
}
