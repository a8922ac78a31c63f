/*
 * What the operator has, where it is, and what became of it.
 */
#include "base/error.h"
#include "base/memory.h"
#include "node/page/api.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- balances ---- */

static void copy_text(struct json_object *from, const char *name,
                      struct json_writer *writer)
{
    const char *text;

    if (json_get_text(from, name, &text))
        json_field_null(writer, name);
    else
        json_field_text(writer, name, text);
}

static uint64_t number_of(struct json_object *from, const char *name)
{
    uint64_t value = 0;

    if (json_get_u64(from, name, &value))
        err_clear();
    return value;
}

static void amount(struct json_writer *writer, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_field_text(writer, name, text);
}

/* What is not known yet is left out. */
static void copy_amount(struct json_object *from, const char *name,
                        struct json_writer *writer)
{
    uint64_t value;

    if (json_get_u64(from, name, &value))
        err_clear();
    else
        amount(writer, name, value);
}

/* Sums are of KOII: tokens stand by their tasks. */
struct sums {
    uint64_t staked, cooling, claimable, claiming;
};

/* A stake that can't work any more waits until the chain gives it back. */
static void write_task(struct json_object *task, bool is_stopped,
                       struct sums *sums, struct json_writer *writer)
{
    const char *token = NULL;
    uint64_t stake = number_of(task, "stake");
    uint64_t claimable = number_of(task, "claimable");
    uint64_t claiming = number_of(task, "claiming");

    if (json_get_text(task, "token", &token)) {
        err_clear();
        sums->staked += is_stopped ? 0 : stake;
        sums->cooling += is_stopped ? stake : 0;
        sums->claimable += claimable;
        sums->claiming += claiming;
    }
    json_open_object(writer);
    copy_text(task, "task", writer);
    copy_text(task, "name", writer);
    json_field_text(writer, "unit", token ? token : "KOII");
    amount(writer, "staked", is_stopped ? 0 : stake);
    amount(writer, "cooling", is_stopped ? stake : 0);
    amount(writer, "claimable", claimable);
    amount(writer, "claiming", claiming);
    json_close_object(writer);
}

static void write_tasks(struct json_object *status, const char *name,
                        struct sums *sums, struct json_writer *writer)
{
    struct json_object *list;

    if (json_get_array(status, name, &list))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        write_task(json_object_array_get_idx(list, i), *name == 's', sums,
                   writer);
}

static void write_money(struct api *api, struct buffer *out)
{
    struct json_object *status = api_status(api);
    struct json_writer writer = json_writer_make(out);
    struct sums sums = {0};

    json_open_object(&writer);
    copy_text(status, "main", &writer);
    copy_text(status, "staking", &writer);
    copy_text(status, "kpl_staking", &writer);
    amount(&writer, "wallet", number_of(status, "main_balance"));
    copy_amount(status, "staking_balance", &writer);
    copy_amount(status, "kpl_staking_balance", &writer);
    json_name(&writer, "tasks");
    json_open_array(&writer);
    write_tasks(status, "tasks", &sums, &writer);
    write_tasks(status, "stopped", &sums, &writer);
    json_close_array(&writer);
    amount(&writer, "staked", sums.staked);
    amount(&writer, "cooling", sums.cooling);
    amount(&writer, "claimable", sums.claimable);
    amount(&writer, "claiming", sums.claiming);
    json_close_object(&writer);
}

static void get_money(struct api_request *request)
{
    struct buffer answer = {0};

    write_money(request->api, &answer);
    api_answer(request, &answer);
}

/* Entries of the account book are told to those who watch it, too. */
static int write_topic(struct api *api, const char *id,
                       struct json_object **out)
{
    struct buffer text = {0};

    (void)id;
    write_money(api, &text);
    int status = json_parse(buffer_view(&text), out);
    buffer_free(&text);
    return status;
}

/* ---- the account book ---- */

/* The parameters of the query that the node's question knows. */
static struct json_object *parameters(struct api_request *request,
                                      const char *const *names)
{
    struct json_object *body = json_object_new_object();

    for (; *names; names++) {
        const char *value = api_query(request, *names);

        if (value)
            json_object_object_add(body, *names, json_object_new_string(value));
    }
    return body;
}

static const char *const entry_names[] = {"before", "limit", "kind", "task",
                                          NULL};
static const char *const day_names[] = {"from", "to", "task", NULL};

static void get_book(struct api_request *request)
{
    api_forward_question(request, "/book", parameters(request, entry_names),
                         NULL);
}

static void get_days(struct api_request *request)
{
    api_forward_question(request, "/book/days", parameters(request, day_names),
                         NULL);
}

static void on_csv_done(void *user, int status)
{
    api_answer_error(user, status);
}

static void on_csv(void *user, int status, struct buffer *answer)
{
    if (status)
        api_answer_error(user, status);
    else
        api_answer_text(user, "text/csv; charset=utf-8", answer);
    buffer_free(answer);
}

static void get_csv(struct api_request *request)
{
    struct api *api = request->api;
    struct json_object *body = parameters(request, entry_names);
    const struct api_question question = {.path = "/book/csv",
                                          .body = body,
                                          .done = on_csv_done,
                                          .answered = on_csv,
                                          .user = request};
    struct buffer answer = {0};
    bool is_later = false;
    int status =
        api_world(api)->ask(api_world_user(api), &question, &answer, &is_later);

    json_object_put(body);
    if (status || !is_later)
        on_csv(request, status, &answer);
}

static const struct api_row rows[] = {
    {"GET", "money", API_READ, get_money},
    {"GET", "money/days", API_READ, get_days},
    {"GET", "money/book", API_READ, get_book},
    {"GET", "money/book.csv", API_READ, get_csv},
};

static const struct live_kind topics[] = {
    {.name = "money", .write = write_topic},
};

const struct api_area api_area_money = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
};
