#include "node/owner/schedule.h"

#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400u
#define WEEK (7 * DAY)

static const char *const days[7] = {"sun", "mon", "tue", "wed",
                                    "thu", "fri", "sat"};

/* ---- texts ---- */

static int two_digits(const char *text, uint32_t below, uint32_t *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return ERR_INVALID;
    *out = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
    return *out < below ? 0 : ERR_INVALID;
}

int schedule_parse_time(const char *text, uint32_t *out)
{
    size_t size = strlen(text);
    uint32_t hours, minutes, seconds = 0;

    if ((size != 5 && size != 8) || text[2] != ':' ||
        two_digits(text, 24, &hours) < 0 ||
        two_digits(text + 3, 60, &minutes) < 0 ||
        (size == 8 &&
         (text[5] != ':' || two_digits(text + 6, 60, &seconds) < 0)))
        return err_set(ERR_INVALID, "\"%.20s\" is no time: HH:MM", text);
    *out = hours * 3600 + minutes * 60 + seconds;
    return 0;
}

static int day_of(const char *text, size_t size, unsigned *out)
{
    for (unsigned i = 0; size == 3 && i < 7; i++)
        if (!strncmp(text, days[i], 3)) {
            *out = i;
            return 0;
        }
    return err_set(ERR_INVALID,
                   "\"%.20s\": days are sun, mon, tue, wed, thu, fri, sat, "
                   "with commas or a - between them, or daily",
                   text);
}

/* "fri-mon" goes over the week's end. */
int schedule_parse_days(const char *text, uint8_t *out)
{
    unsigned first, last;

    *out = 0;
    if (!strcmp(text, "daily")) {
        *out = 0x7f;
        return 0;
    }
    for (;;) {
        size_t size = strcspn(text, ",-");
        int status = day_of(text, size, &first);

        if (status)
            return status;
        last = first;
        text += size;
        if (*text == '-') {
            size = strcspn(++text, ",-");
            if ((status = day_of(text, size, &last)) < 0)
                return status;
            text += size;
        }
        for (unsigned day = first;; day = (day + 1) % 7) {
            *out |= (uint8_t)(1u << day);
            if (day == last)
                break;
        }
        if (!*text)
            return 0;
        if (*text++ != ',')
            return day_of("", 0, &first);
    }
}

/* ---- rules ---- */

/* How long it lasts. One without a stop fills its day. */
static uint32_t length_of(const struct schedule_session *session)
{
    if (!session->has_stop)
        return DAY - session->start;
    return session->stop > session->start
               ? session->stop - session->start
               : session->stop + DAY - session->start;
}

/* Whether a session is on at that second of the week. */
static bool is_on(const struct schedule_session *session, uint32_t second)
{
    for (unsigned day = 0; day < 7; day++) {
        uint32_t begin = day * DAY + session->start;

        if ((session->days & (1u << day)) &&
            (second + WEEK - begin) % WEEK < length_of(session))
            return true;
    }
    return false;
}

/* Two spans meet where one begins within the other. */
static bool is_meeting(const struct schedule_session *a,
                       const struct schedule_session *b)
{
    for (unsigned day = 0; day < 7; day++)
        if (((a->days & (1u << day)) && is_on(b, day * DAY + a->start)) ||
            ((b->days & (1u << day)) && is_on(a, day * DAY + b->start)))
            return true;
    return false;
}

/* With those that are enabled. */
static int check_overlap(const struct schedule *schedule,
                         const struct schedule_session *session)
{
    for (size_t i = 0; !session->is_disabled && i < schedule->count; i++) {
        const struct schedule_session *other = &schedule->sessions[i];

        if (other->id != session->id && !other->is_disabled &&
            is_meeting(session, other))
            return err_set(ERR_INVALID,
                           "SCHEDULE_OVERLAP: session %" PRIu32
                           " is on at the same time",
                           other->id);
    }
    return 0;
}

static int check_times(const struct schedule_session *session)
{
    CHECK(session->start < DAY && session->stop < DAY);
    if (!(session->days & 0x7f))
        return err_set(ERR_INVALID,
                       "SCHEDULE_NO_SELECTED_DAYS: name a day at least");
    if (session->has_stop && session->start == session->stop)
        return err_set(ERR_INVALID, "SCHEDULE_SAME_START_STOP_TIMES: it would "
                                    "end as it begins");
    return 0;
}

/* NULL: there is none of that id. */
static struct schedule_session *find(struct schedule *schedule, uint64_t id)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->sessions[i].id == id)
            return &schedule->sessions[i];
    return NULL;
}

static int not_found(uint64_t id)
{
    return err_set(ERR_NOT_FOUND,
                   "there is no session %" PRIu64
                   ": `pond schedule list` has their numbers",
                   id);
}

int schedule_add(struct schedule *schedule,
                 const struct schedule_session *session)
{
    struct schedule_session added = *session;
    uint32_t last = 0;
    int status = check_times(session);

    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->sessions[i].id > last)
            last = schedule->sessions[i].id;
    if (!status && added.id && find(schedule, added.id))
        status =
            err_set(ERR_EXISTS, "there are two sessions %" PRIu32, added.id);
    if (!added.id)
        added.id = last + 1;
    if (!status)
        status = check_overlap(schedule, &added);
    if (status)
        return status;
    if (schedule->count == SCHEDULE_SESSIONS_MAX)
        return err_set(ERR_LIMIT, "there are at most %d sessions",
                       SCHEDULE_SESSIONS_MAX);
    schedule->sessions[schedule->count++] = added;
    return 0;
}

int schedule_remove(struct schedule *schedule, uint64_t id)
{
    struct schedule_session *session = find(schedule, id);

    if (!session)
        return not_found(id);
    size_t after =
        (size_t)(&schedule->sessions[schedule->count] - (session + 1));
    memmove(session, session + 1, after * sizeof(*session));
    schedule->count--;
    return 0;
}

int schedule_enable(struct schedule *schedule, uint64_t id, bool is_enabled)
{
    struct schedule_session *session = find(schedule, id);

    if (!session)
        return not_found(id);
    struct schedule_session changed = *session;

    changed.is_disabled = !is_enabled;
    int status = check_overlap(schedule, &changed);
    if (!status)
        *session = changed;
    return status;
}

bool schedule_allows(const struct schedule *schedule, const struct tm *local)
{
    /* A leap second is the one before it. */
    uint32_t seconds = local->tm_sec > 59 ? 59 : (uint32_t)local->tm_sec;
    uint32_t second = (uint32_t)local->tm_wday * DAY +
                      (uint32_t)local->tm_hour * 3600 +
                      (uint32_t)local->tm_min * 60 + seconds;

    bool is_any = false;

    for (size_t i = 0; i < schedule->count; i++) {
        if (schedule->sessions[i].is_disabled)
            continue;
        if (is_on(&schedule->sessions[i], second))
            return true;
        is_any = true;
    }
    return !is_any;
}

/* ---- JSON ---- */

static void write_time(struct json_writer *writer, const char *name,
                       uint32_t seconds)
{
    char text[16];

    snprintf(text, sizeof(text), "%02u:%02u:%02u", seconds / 3600 % 24,
             seconds / 60 % 60, seconds % 60);
    json_field_text(writer, name, text);
}

void schedule_write_session(const struct schedule_session *session,
                            struct json_writer *writer)
{
    json_field_u64(writer, "id", session->id);
    json_field_bool(writer, "enabled", !session->is_disabled);
    json_name(writer, "days");
    json_open_array(writer);
    for (unsigned day = 0; day < 7; day++)
        if (session->days & (1u << day))
            json_write_text(writer, days[day]);
    json_close_array(writer);
    write_time(writer, "start", session->start);
    if (session->has_stop)
        write_time(writer, "stop", session->stop);
    else
        json_field_null(writer, "stop");
}

void schedule_write(const struct schedule *schedule, struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < schedule->count; i++) {
        json_open_object(writer);
        schedule_write_session(&schedule->sessions[i], writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static int read_days(struct json_object *item, uint8_t *out)
{
    struct json_object *list;
    uint8_t day = 0;
    int status = json_get_array(item, "days", &list);

    for (size_t i = 0; !status && i < json_object_array_length(list); i++) {
        struct json_object *value = json_object_array_get_idx(list, i);

        if (!json_object_is_type(value, json_type_string))
            return err_set(ERR_INVALID, "days are texts");
        status = schedule_parse_days(json_object_get_string(value), &day);
        *out |= day;
    }
    return status;
}

/* Both may be left out. */
static int read_place(struct json_object *item, struct schedule_session *out)
{
    uint64_t id = 0;
    bool is_enabled = true;
    int status = json_get_u64(item, "id", &id);

    if (status && status != ERR_NOT_FOUND)
        return status;
    if (!status && (!id || id >= UINT32_MAX))
        return err_set(ERR_INVALID, "a session's id counts from 1");
    out->id = (uint32_t)id;
    status = json_get_bool(item, "enabled", &is_enabled);
    if (status && status != ERR_NOT_FOUND)
        return status;
    out->is_disabled = !is_enabled;
    return 0;
}

int schedule_read_session(struct json_object *object,
                          struct schedule_session *out)
{
    struct schedule_session session = {0};
    const char *text;
    int status;

    if (!json_object_is_type(object, json_type_object))
        return err_set(ERR_INVALID, "a session must be an object");
    if ((status = read_place(object, &session)) < 0 ||
        (status = read_days(object, &session.days)) < 0 ||
        (status = json_get_text(object, "start", &text)) < 0 ||
        (status = schedule_parse_time(text, &session.start)) < 0)
        return status;
    status = json_get_text(object, "stop", &text);
    session.has_stop = status != ERR_NOT_FOUND;
    if (session.has_stop && !status)
        status = schedule_parse_time(text, &session.stop);
    if (session.has_stop && status)
        return status;
    err_clear();
    *out = session;
    return 0;
}

int schedule_read(struct json_object *array, struct schedule *out)
{
    struct schedule schedule = {0};

    if (!json_object_is_type(array, json_type_array))
        return err_set(ERR_INVALID, "a schedule is an array of sessions");
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct schedule_session session;
        int status = schedule_read_session(json_object_array_get_idx(array, i),
                                           &session);

        if (!status)
            status = schedule_add(&schedule, &session);
        if (status)
            return status == ERR_LIMIT ? status : ERR_INVALID;
    }
    *out = schedule;
    return 0;
}
