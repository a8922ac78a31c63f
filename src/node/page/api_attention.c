/*
 * What needs the operator: GET attention, POST attention/ID, and the topic.
 */
#include "base/clock.h"
#include "base/error.h"
#include "node/page/api.h"
#include "node/page/attention.h"

#include <inttypes.h>
#include <stdio.h>

/* Rows that a page is told of by itself; it shows three and a number. */
#define ROWS_MAX 100

/* The topic is looked at no more often: the list is read from a book of some
 * hundred notifications. */
#define LOOK_MS 2000

/* Older ones are not listed. */
#define AGE_MS (90ull * 24 * 3600 * 1000)

/* Which rows are asked for. */
struct filter {
    const char *level, *task; /* NULL: all */
    uint64_t before;          /* number of a notification; 0: from the newest */
    uint64_t since_ms;        /* Unix */
};

/* All notifications; the caller releases them. */
static int read_notices(struct api *api, struct json_object **out)
{
    struct json_object *list;
    int status = api_ask_now(api, "/notifications", NULL, out);

    if (!status)
        status = json_get_array(*out, "notifications", &list);
    if (status) {
        json_object_put(*out);
        *out = NULL;
    }
    return status;
}

static struct json_object *list_in(struct json_object *notices)
{
    struct json_object *list = NULL;

    (void)json_get_array(notices, "notifications", &list);
    return list;
}

static int write_rows(struct api *api, const char *id, struct json_object **out)
{
    struct json_object *notices;
    int status = read_notices(api, &notices);

    if (status)
        return status;
    *out = attention_rows(list_in(notices),
                          api_world(api)->is_locked(api_world_user(api)),
                          ROWS_MAX);
    attention_add_sessions(api_sessions(api), *out);
    json_object_put(notices);
    return 0;
}

static bool has_text(struct json_object *row, const char *name,
                     const char *wanted)
{
    const char *text;

    if (!wanted)
        return true;
    bool has = !json_get_text(row, name, &text) && !strcmp(text, wanted);
    err_clear();
    return has;
}

/* NULL: it is none of those that are asked for. */
static struct json_object *row_of(struct json_object *notice,
                                  const struct filter *filter, char id[24])
{
    uint64_t number = 0, at_ms = 0;
    struct json_object *row = attention_row(notice, id);

    (void)json_get_u64(notice, "id", &number);
    (void)json_get_u64(row, "at", &at_ms);
    if (row && (!filter->before || number < filter->before) &&
        at_ms >= filter->since_ms && has_text(row, "level", filter->level) &&
        has_text(row, "task", filter->task)) {
        json_object_object_add(row, "id", json_object_new_string(id));
        return row;
    }
    json_object_put(row);
    return NULL;
}

/* The newest first, read ones too. *next: the id of the last, if others follow.
 */
static void write_items(struct json_object *list, const struct filter *filter,
                        size_t limit, struct json_writer *writer, char next[24])
{
    struct buffer text = {0};
    size_t count = 0;
    char id[24], last[24] = "";

    *next = 0;
    for (size_t i = json_object_array_length(list); i-- > 0 && !*next;) {
        struct json_object *row =
            row_of(json_object_array_get_idx(list, i), filter, id);

        if (row && count == limit) {
            snprintf(next, 24, "%s", last);
        } else if (row) {
            buffer_clear(&text);
            json_text(row, &text);
            json_write_raw(writer, buffer_view(&text));
            snprintf(last, sizeof(last), "%s", id);
            count++;
        }
        json_object_put(row);
    }
    buffer_free(&text);
}

/* ERR_INVALID. */
static int take_filter(struct api_request *request, size_t *limit,
                       struct filter *out)
{
    uint64_t now_ms = clock_unix_ms();
    const char *before;
    int status = api_list(request, limit, &before);

    *out = (struct filter){
        .level = api_query(request, "level"),
        .task = api_query(request, "task"),
        .since_ms = now_ms > AGE_MS ? now_ms - AGE_MS : 0,
    };
    if (!status && before && !attention_number(before, 'n', &out->before))
        status =
            err_set(ERR_INVALID, "before is the \"next\" of another answer");
    if (!status && out->level && strcmp(out->level, "red") != 0 &&
        strcmp(out->level, "amber") != 0 && strcmp(out->level, "info") != 0)
        status = err_set(ERR_INVALID, "level is red, amber or info");
    return status;
}

static void get_rows(struct api_request *request)
{
    struct json_object *notices = NULL;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    struct filter filter;
    size_t limit;
    char next[24];
    int status = take_filter(request, &limit, &filter);

    if (!status)
        status = read_notices(request->api, &notices);
    if (status) {
        api_answer_error(request, status);
        return;
    }
    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    write_items(list_in(notices), &filter, limit, &writer, next);
    json_close_array(&writer);
    if (*next)
        json_field_text(&writer, "next", next);
    else
        json_field_null(&writer, "next");
    json_close_object(&writer);
    json_object_put(notices);
    api_answer(request, &answer);
}

static void mark_notice(struct api_request *request, uint64_t number)
{
    struct json_object *body = json_object_new_object();

    json_object_object_add(body, "id", json_object_new_uint64(number));
    json_object_object_add(body, "alone", json_object_new_boolean(true));
    api_forward(request, "/notifications/read", body, NULL);
}

static void mark_session(struct api_request *request, uint64_t id)
{
    struct buffer nothing = {0};
    int status = sessions_know(api_sessions(request->api), id);

    if (!status)
        api_write_sessions(request->api, NULL, NULL);
    api_finish(request, status, &nothing);
}

/* What was read stays read. */
static bool wants_read(struct api_request *request)
{
    bool is_read = false;

    if (!json_get_bool(request->body, "read", &is_read) && is_read)
        return true;
    api_refuse(request, 400, "form", "read", "\"read\" is true");
    return false;
}

/* {"read":true} */
static void mark_read(struct api_request *request)
{
    const char *id = request->parts[0];
    uint64_t number;

    if (!wants_read(request))
        return;
    if (attention_number(id, 'n', &number))
        mark_notice(request, number);
    else if (attention_number(id, 's', &number))
        mark_session(request, number);
    else
        api_refuse(request, 404, "not_found", NULL, "there is no such row");
}

/* {"read":true, "up_to":id}: of notifications alone, for a browser is known one
 * by one. What came after the page was drawn stays unread. */
static void mark_all_read(struct api_request *request)
{
    struct json_object *body;
    const char *last = "";
    uint64_t number;

    if (!wants_read(request))
        return;
    (void)json_get_text(request->body, "up_to", &last);
    if (!attention_number(last, 'n', &number)) {
        api_refuse(request, 400, "form", "up_to",
                   "\"up_to\" is the id of the last notification");
        return;
    }
    body = json_object_new_object();
    json_object_object_add(body, "id", json_object_new_uint64(number));
    api_forward(request, "/notifications/read", body, NULL);
}

static const struct api_row rows[] = {
    {"GET", "attention", API_READ, get_rows},
    {"POST", "attention", API_ORDER, mark_all_read},
    {"POST", "attention/*", API_ORDER, mark_read},
};

static const struct live_kind topics[] = {
    {.name = "attention",
     .write = write_rows,
     .every_ms = LOOK_MS,
     .while_hidden = true},
};

const struct api_area api_area_attention = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .topics = topics,
    .topic_count = sizeof(topics) / sizeof(*topics),
};
