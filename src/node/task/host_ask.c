#include "node/task/host_ask.h"

#include "base/check.h"
#include "base/error.h"

#include <stdlib.h>

/* The worker that asked may have been replaced: then the answer is dropped. In
 * any case the ask is freed, so callers must not touch it afterwards. */
void host_ask_answer(struct host_ask *ask, struct bytes json,
                     struct bytes payload)
{
    struct task_runner *runner = ask->runner;

    CHECK(runner && json.size > 0);
    runner_worker_answer(runner->worker, ask->life, ask->request_id, json,
                         payload);
    free(ask);
}

/* As above. */
void host_ask_refuse(struct host_ask *ask, int code)
{
    struct task_runner *runner = ask->runner;

    CHECK(runner && code < 0);
    runner_worker_refuse(runner->worker, ask->life, ask->request_id, code,
                         err_text());
    free(ask);
}

/* Parameter number place as text; NULL if it is none. */
const char *host_ask_text(struct json_object *params, size_t place)
{
    struct json_object *value = json_object_array_get_idx(params, place);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}
