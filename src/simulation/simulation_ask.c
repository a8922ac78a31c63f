#include "simulation/simulation_ask.h"

#include "base/check.h"
#include "base/error.h"
#include <stdlib.h>

/* Evidence and pages take their time, so the worker may be gone: then nothing
 * is answered. */
void simulation_answer(struct host_ask *ask, struct bytes json,
                       struct bytes payload)
{
    CHECK(json.size > 0);
    if (ask->simulation->worker)
        host_answer(ask->simulation->worker, ask->request_id, json, payload);
    free(ask);
}

/* The task sees the same kinds of errors that a node gives. */
void simulation_refuse(struct host_ask *ask, int code)
{
    CHECK(code < 0 && ask->simulation);
    if (ask->simulation->worker)
        host_refuse(ask->simulation->worker, ask->request_id, code, err_text());
    free(ask);
}

const char *simulation_text(struct json_object *params, size_t place)
{
    struct json_object *value = json_object_array_get_idx(params, place);

    return value ? json_object_get_string(value) : "";
}
