/*
 * Orders to a node's control port: the path up to the first NUL, and the body
 * after it. An order that is carried out has what it promises, and none is
 * carried out after an error.
 */
#include "base/check.h"
#include "base/json.h"
#include "node/node_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned carried_out;

static int start(void *user, const struct node_task_options *task,
                 node_control_done *done, void *done_user)
{
    struct json_object *variables = NULL;

    carried_out++;
    if (task->variables) {
        CHECK(json_parse(bytes_text(task->variables), &variables) == 0);
        CHECK(json_object_is_type(variables, json_type_object));
        json_object_object_foreach(variables, name, value)
        {
            CHECK(*name && json_object_is_type(value, json_type_string));
        }
        json_object_put(variables);
    }
    return 0;
}

static int stop(void *user, const struct pubkey *task, node_control_done *done,
                void *done_user)
{
    carried_out++;
    return 0;
}

static int claim(void *user, const struct pubkey *task)
{
    carried_out++;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct node_control_orders orders = {
        .start = start, .stop = stop, .claim = claim, .reload = claim};
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    struct bytes body = {0};

    if (!end)
        return 0;
    body = bytes_make(end + 1, size - (size_t)(end + 1 - data));
    carried_out = 0;
    bool is_later;
    struct buffer answer = {0};
    int status = node_control_order(&orders, NULL, (const char *)data, body,
                                    &answer, NULL, NULL, NULL, &is_later);
    CHECK(!answer.size);
    CHECK(status <= 0 && carried_out == (status == 0));
    return 0;
}
