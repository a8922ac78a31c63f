#include "node/node_owner.h"

#include "base/check.h"
#include "base/error.h"
#include "node/node_internal.h"
#include "node/owner/variable_book.h"

/* What an order is carried out with. */
struct order {
    struct node *node;
    struct json_object *body;
    struct buffer *answer;
    node_control_done *done;
    void *user;
};

static int task_in(struct json_object *body, struct pubkey *out)
{
    const char *text;
    int status = json_get_text(body, "task", &text);

    return status < 0 ? status : pubkey_parse(bytes_text(text), out);
}

/* ---- variables ---- */

static int list_variables(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);

    json_open_object(&writer);
    json_name(&writer, "variables");
    variable_book_write(order->node->parts.variables, &writer);
    json_close_object(&writer);
    return 0;
}

/* A NUL in a value is the book's to refuse: the value's length counts. */
static int set_variable(const struct order *order)
{
    struct json_object *value = NULL;
    const char *label;
    int status = json_get_text(order->body, "label", &label);

    if (status)
        return status;
    if (!json_object_object_get_ex(order->body, "value", &value) ||
        !json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "\"value\" must be a text");
    return variable_book_set(
        order->node->parts.variables, label,
        bytes_make(json_object_get_string(value),
                   (size_t)json_object_get_string_len(value)),
        order->done, order->user);
}

static int remove_variable(const struct order *order)
{
    const char *label;
    int status = json_get_text(order->body, "label", &label);

    return status < 0 ? status
                      : variable_book_remove(order->node->parts.variables,
                                             label, order->done, order->user);
}

static int pair_variable(const struct order *order)
{
    const char *name, *label;
    struct pubkey task;
    int status;

    if ((status = task_in(order->body, &task)) < 0 ||
        (status = json_get_text(order->body, "variable", &name)) < 0 ||
        (status = json_get_text(order->body, "label", &label)) < 0)
        return status;
    return variable_book_pair(order->node->parts.variables, &task, name, label,
                              order->done, order->user);
}

static int unpair_variable(const struct order *order)
{
    const char *name;
    struct pubkey task;
    int status;

    if ((status = task_in(order->body, &task)) < 0 ||
        (status = json_get_text(order->body, "variable", &name)) < 0)
        return status;
    return variable_book_unpair(order->node->parts.variables, &task, name,
                                order->done, order->user);
}

/* ---- all of them ---- */

int node_owner_ask(void *user, const struct node_control_request *request,
                   struct buffer *answer, node_control_done *done,
                   void *done_user, bool *is_later)
{
    static const struct {
        const char *path;
        int (*act)(const struct order *order);
        bool is_question, is_later;
    } table[] = {
        {"/variables", list_variables, true, false},
        {"/variables/set", set_variable, false, true},
        {"/variables/remove", remove_variable, false, true},
        {"/variables/pair", pair_variable, false, true},
        {"/variables/unpair", unpair_variable, false, true},
    };
    const struct order order = {.node = user,
                                .body = request->body,
                                .answer = answer,
                                .done = done,
                                .user = done_user};

    CHECK_MAGIC(order.node, NODE_MAGIC);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(request->path, table[i].path) != 0 ||
            request->is_question != table[i].is_question)
            continue;
        int status = table[i].act(&order);
        *is_later = !status && table[i].is_later;
        return status;
    }
    return err_set(ERR_NOT_FOUND, "no such page");
}
