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
#include "node/reach/fetch_form.h"

#include <stdlib.h>

/* An answer of any status is an answer; only no answer is an error. */
static void on_response(void *user, int status, struct http_response *response)
{
    struct host_ask *ask = user;
    struct buffer json = {0};

    if (!runner_arrived(ask->runner)) {
        free(ask);
        return;
    }
    if (status) {
        host_ask_refuse(ask, status);
        return;
    }
    fetch_form_answer(response, &json);
    host_ask_answer(ask, buffer_view(&json), buffer_view(&response->body));
    buffer_free(&json);
}

/* The request is copied. */
void task_fetch_serve(struct host_ask *ask, struct json_object *params,
                      struct bytes payload)
{
    struct task_runner *runner = ask->runner;
    struct fetch_form form = {0};
    int status = runner_worker_take_fetch(runner->worker);

    if (!status)
        status = fetch_form_request(json_object_array_get_idx(params, 0),
                                    payload, &form);
    if (status) {
        host_ask_refuse(ask, status);
    } else {
        form.request.budget = runner_worker_budget(runner->worker);
        http_client_start(runner->parts->task_http, &form.request, on_response,
                          ask);
        runner_depart(runner);
    }
    fetch_form_free(&form);
}
