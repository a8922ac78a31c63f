/*
 * The hours in which tasks run (owner/schedule.h). A session's id is its number
 * among the node's, or TASK-NUMBER among those of a task.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "crypto/key.h"
#include "node/owner/schedule.h"
#include "node/page/api_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- the list ---- */

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text;

    return json_get_text(object, name, &text) ? "" : text;
}

/* Numbers of sessions become ids. */
static void name_session(struct json_object *session)
{
    const char *task = text_of(session, "task");
    char id[BASE58_KEY_SIZE + 24];
    uint64_t number = 0;

    (void)json_get_u64(session, "id", &number);
    snprintf(id, sizeof(id), "%s%s%" PRIu64, task, *task ? "-" : "", number);
    json_object_object_add(session, "id", json_object_new_string(id));
}

/* Whose clock the times are of: its name, and how far it is from UTC now. */
static void add_zone(struct json_object *answer)
{
    time_t now = (time_t)(clock_unix_ms() / 1000);
    struct tm local = {0};

    (void)localtime_r(&now, &local);
    json_object_object_add(
        answer, "zone",
        json_object_new_string(local.tm_zone ? local.tm_zone : "UTC"));
    json_object_object_add(answer, "offset_min",
                           json_object_new_int64(local.tm_gmtoff / 60));
}

static void as_list(struct json_object *answer)
{
    struct json_object *list;

    if (json_get_array(answer, "sessions", &list))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        name_session(json_object_array_get_idx(list, i));
    json_object_object_add(answer, "items", json_object_get(list));
    json_object_object_add(answer, "next", NULL);
    json_object_object_del(answer, "sessions");
    add_zone(answer);
    err_clear();
}

static void get_sessions(struct api_request *request)
{
    api_forward_question(request, "/schedule", json_object_new_object(),
                         as_list);
}

/* ---- which one ---- */

struct place {
    char task[BASE58_KEY_SIZE]; /* "": the node's */
    uint64_t number;
};

static int parse_id(const char *id, struct place *out)
{
    const char *digits = strchr(id, '-');
    size_t size = digits ? (size_t)(digits - id) : 0;
    struct pubkey task;

    *out = (struct place){0};
    digits = digits ? digits + 1 : id;
    if (*digits < '1' || *digits > '9' ||
        strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9 ||
        size >= sizeof(out->task))
        return err_set(ERR_NOT_FOUND, "there are no such hours");
    memcpy(out->task, id, size);
    out->number = strtoull(digits, NULL, 10);
    if (digits != id && pubkey_parse(bytes_text(out->task), &task))
        return err_set(ERR_NOT_FOUND, "there are no such hours");
    return 0;
}

static struct json_object *body_about(const struct place *place)
{
    struct json_object *body = json_object_new_object();

    if (*place->task)
        json_object_object_add(body, "task",
                               json_object_new_string(place->task));
    return body;
}

/* ---- orders ---- */

/* Koii's names for what is wrong (owner/schedule.h), and the field of a form
 * that each is about. */
bool api_schedule_is_refused(struct api_request *request,
                             struct json_object *sessions)
{
    static const struct {
        const char *name, *code, *field;
    } faults[] = {
        {"SCHEDULE_OVERLAP", "overlap", "start"},
        {"SCHEDULE_NO_SELECTED_DAYS", "form", "days"},
        {"SCHEDULE_SAME_START_STOP_TIMES", "form", "stop"},
    };
    const char *code = "form", *field = "start";
    struct schedule schedule;

    if (!schedule_read(sessions, &schedule))
        return false;
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        if (!strncmp(err_text(), faults[i].name, strlen(faults[i].name))) {
            code = faults[i].code;
            field = faults[i].field;
        }
    api_refuse(request, 400, code, field, "%s", err_text());
    return true;
}

/* The holder's sessions, with the one of that number replaced; 0: with one
 * more. ERR_NOT_FOUND. */
static int sessions_with(struct api *api, const struct place *place,
                         struct json_object *session, struct json_object **out)
{
    struct json_object *answer = NULL, *sessions = NULL;
    bool is_found = !place->number;
    int status = api_ask_now(api, "/schedule", NULL, &answer);

    if (!status)
        status = json_get_array(answer, "sessions", &sessions);
    *out = json_object_new_array();
    for (size_t i = 0; !status && i < json_object_array_length(sessions); i++) {
        struct json_object *one = json_object_array_get_idx(sessions, i);
        uint64_t number = 0;

        if (strcmp(text_of(one, "task"), place->task) != 0)
            continue;
        (void)json_get_u64(one, "id", &number);
        is_found |= number == place->number;
        json_object_array_add(
            *out, json_object_get(number == place->number ? session : one));
    }
    if (!status && !place->number)
        json_object_array_add(*out, json_object_get(session));
    json_object_put(answer);
    if (!status && !is_found)
        status = err_set(ERR_NOT_FOUND, "there are no such hours");
    if (status) {
        json_object_put(*out);
        *out = NULL;
    }
    return status;
}

/* All of the holder's are written anew: one that is changed may meet others
 * only as it is to be. */
static void put_session(struct api_request *request, const struct place *place)
{
    struct json_object *session = json_object_get(request->body), *list = NULL;
    int status;

    json_object_object_del(session, "id");
    if (place->number)
        json_object_object_add(session, "id",
                               json_object_new_uint64(place->number));
    status = sessions_with(request->api, place, session, &list);
    json_object_put(session);
    if (status) {
        api_answer_error(request, status);
    } else if (api_schedule_is_refused(request, list)) {
        json_object_put(list);
    } else {
        struct json_object *body = body_about(place);

        json_object_object_add(body, "sessions", list);
        api_forward(request, "/schedule/put", body, NULL);
    }
}

/* {"task":id}, or of the node without it. */
static void add_session(struct api_request *request)
{
    struct place place = {0};
    struct pubkey task;
    const char *text;
    int status = json_get_text(request->body, "task", &text);

    if (!status)
        status = pubkey_parse(bytes_text(text), &task);
    if (!status)
        snprintf(place.task, sizeof(place.task), "%s", text);
    if (status && status != ERR_NOT_FOUND)
        api_refuse(request, 400, "form", "task", "%s", err_text());
    else
        put_session(request, &place);
}

static void change_session(struct api_request *request)
{
    struct place place;

    if (parse_id(request->parts[0], &place))
        api_answer_error(request, ERR_NOT_FOUND);
    else
        put_session(request, &place);
}

static void remove_session(struct api_request *request)
{
    struct place place;

    if (parse_id(request->parts[0], &place)) {
        api_answer_error(request, ERR_NOT_FOUND);
        return;
    }
    struct json_object *body = body_about(&place);

    json_object_object_add(body, "id", json_object_new_uint64(place.number));
    api_forward(request, "/schedule/remove", body, NULL);
}

static void add_can(struct api *api, struct json_object *can)
{
    (void)api;
    json_object_array_add(can, json_object_new_string("schedules"));
}

static const struct api_row rows[] = {
    {"GET", "schedules", API_READ, get_sessions},
    {"POST", "schedules", API_ORDER, add_session},
    {"PUT", "schedules/*", API_ORDER, change_session},
    {"DELETE", "schedules/*", API_ORDER, remove_session},
};

const struct api_area api_area_schedules = {
    .rows = rows, .row_count = sizeof(rows) / sizeof(*rows), .can = add_can};
