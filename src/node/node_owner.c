#include "node/node_owner.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/node_owner_internal.h"
#include "node/owner/notice_book.h"
#include "node/owner/variable_book.h"

#include <stdlib.h>

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

    if ((status = node_owner_task_in(order->body, &task)) < 0 ||
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

    if ((status = node_owner_task_in(order->body, &task)) < 0 ||
        (status = json_get_text(order->body, "variable", &name)) < 0)
        return status;
    return variable_book_unpair(order->node->parts.variables, &task, name,
                                order->done, order->user);
}

/* ---- notifications ---- */

/* "id": those after it. A reader that follows asks again with the last. */
static int list_notices(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    const char *text;
    uint64_t after = 0;

    if (!json_get_text(order->body, "id", &text))
        after = strtoull(text, NULL, 10);
    notice_book_write(order->node->parts.notices, after, &writer);
    return 0;
}

/* Up to an id, or all of them. */
static int change_notices(const struct order *order,
                          void (*change)(struct notice_book *book,
                                         uint64_t last))
{
    uint64_t last = 0;
    int status = json_get_u64(order->body, "id", &last);

    if (status && status != ERR_NOT_FOUND)
        return status;
    change(order->node->parts.notices, last);
    return 0;
}

static int read_notices(const struct order *order)
{
    bool is_alone = false;
    uint64_t id;

    (void)json_get_bool(order->body, "alone", &is_alone);
    if (is_alone) {
        int status = json_get_u64(order->body, "id", &id);

        return status ? status
                      : notice_book_read_one(order->node->parts.notices, id);
    }
    return change_notices(order, notice_book_read);
}

static int clear_notices(const struct order *order)
{
    return change_notices(order, notice_book_clear);
}

/* ---- all of them ---- */

int node_owner_ask(void *user, const struct node_control_request *request,
                   struct buffer *answer, bool *is_later)
{
    static const struct {
        const char *path;
        int (*act)(const struct order *order);
        bool is_question, is_later;
    } table[] = {
        {"/notifications", list_notices, true, false},
        {"/notifications/read", read_notices, false, false},
        {"/notifications/clear", clear_notices, false, false},
        {"/restart", node_owner_restart, false, false},
        {"/settings", node_owner_list_choices, true, false},
        {"/settings/set", node_owner_set_choice, false, true},
        {"/webhook", node_owner_show_webhook, true, false},
        {"/webhook/test", node_owner_test_webhook, false, true},
        {"/reach", node_owner_show_reach, true, false},
        {"/reach/test", node_owner_test_reach, false, true},
        {"/storage", node_owner_show_storage, true, true},
        {"/gateways/test", node_owner_test_gateway, false, true},
        {"/variables", list_variables, true, false},
        {"/variables/set", set_variable, false, true},
        {"/variables/remove", remove_variable, false, true},
        {"/variables/pair", pair_variable, false, true},
        {"/variables/unpair", unpair_variable, false, true},
        {"/earnings", node_owner_ask_earnings, true, true},
        {"/book", node_owner_ask_book, true, true},
        {"/rounds", node_owner_list_rounds, true, true},
        {"/round", node_owner_show_round, true, true},
        {"/duties", node_owner_list_duties, true, false},
        {"/stops", node_owner_list_stops, true, false},
        {"/samples", node_owner_list_samples, true, false},
        {"/book/csv", node_owner_ask_book_csv, true, true},
        {"/book/days", node_owner_ask_book_days, true, true},
        {"/start-all", node_owner_start_all, false, true},
        {"/stop-all", node_owner_stop_all, false, true},
        {"/claim-all", node_owner_claim_all, false, false},
        {"/staking-key/empty", node_owner_empty_staking, false, true},
        {"/staking-key/empty", node_owner_show_emptying, true, false},
        {"/schedule", node_owner_list_schedule, true, false},
        {"/schedule/add", node_owner_add_session, false, true},
        {"/schedule/remove", node_owner_remove_session, false, true},
        {"/schedule/enable", node_owner_enable_session, false, true},
        {"/schedule/put", node_owner_put_schedule, false, true},
        {"/schedule/clear", node_owner_clear_schedule, false, true},
        {"/conditions", node_owner_list_conditions, true, false},
        {"/conditions/set", node_owner_set_condition, false, true},
        {"/conditions/change", node_owner_change_conditions, false, true},
        {"/limits", node_owner_list_limits, true, false},
        {"/limits/set", node_owner_set_limits, false, true},
        {"/preferences", node_owner_list_preferences, true, false},
        {"/preferences/change", node_owner_change_preferences, false, true},
        {"/leave", node_owner_leave, false, true},
        {"/leave/cancel", node_owner_cancel_leave, false, true},
        {"/upgrade", node_owner_upgrade, false, true},
        {"/archive", node_owner_archive, false, true},
        {"/catalog", node_owner_list_catalog, true, true},
        {"/catalog/task", node_owner_show_catalog, true, true},
        {"/catalog/metadata", node_owner_show_metadata, true, true},
        {"/catalog/source", node_owner_show_source, true, true},
        {"/keep", node_owner_keep, false, true},
        {"/evidence", node_owner_list_evidence, true, true},
        {"/evidence/show", node_owner_show_evidence, true, true},
    };
    const struct order order = {.node = user,
                                .body = request->body,
                                .answer = answer,
                                .done = request->done,
                                .answered = request->answered,
                                .user = request->user};

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
