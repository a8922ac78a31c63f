/*
 * When tasks may run: sessions of a week, by the wall clock of the machine
 * (Koii's scheduler, reference 4.4). Pure: times are arguments.
 *
 * A session begins on its days at its start and ends at its stop: the same day,
 * the next one where the stop is before the start, or midnight where there is
 * none. Clock times are local: where the clock is put forward a session that
 * lies in the hour left out does not begin, and where it is put back an hour
 * counts twice, because what counts is the time that a clock on the wall shows
 * now. So a step of the clock, or a machine that slept, needs no care: each
 * look stands for itself.
 */
#ifndef POND_NODE_OWNER_SCHEDULE_H
#define POND_NODE_OWNER_SCHEDULE_H

#include "base/json.h"
#include <time.h>

#define SCHEDULE_SESSIONS_MAX 32

/* Seconds since midnight; days: bit 0 is Sunday, as tm_wday. id: from 1, by
 * which it is known in its schedule. */
struct schedule_session {
    uint32_t id;
    bool is_disabled; /* as if it was not there */
    uint8_t days;
    bool has_stop;
    uint32_t start, stop;
};

struct schedule {
    struct schedule_session sessions[SCHEDULE_SESSIONS_MAX];
    size_t count;
};

/* "HH:MM" or "HH:MM:SS". ERR_INVALID. */
int schedule_parse_time(const char *text, uint32_t *out);
/* "mon,tue" or "mon-fri", or "daily". ERR_INVALID. */
int schedule_parse_days(const char *text, uint8_t *out);

/* Add one; its id is the next one where it has none. ERR_INVALID with Koii's
 * names: SCHEDULE_NO_SELECTED_DAYS, SCHEDULE_SAME_START_STOP_TIMES,
 * SCHEDULE_OVERLAP (with another one, at any time of the week; a session that
 * is disabled overlaps with none). ERR_EXISTS: its id. ERR_LIMIT. After an
 * error it is what it was. */
int schedule_add(struct schedule *schedule,
                 const struct schedule_session *session);

/* ERR_NOT_FOUND; ERR_INVALID (SCHEDULE_OVERLAP) for one that is enabled. */
int schedule_remove(struct schedule *schedule, uint64_t id);
int schedule_enable(struct schedule *schedule, uint64_t id, bool is_enabled);

/* Whether tasks may run at that local time: in a session, or always where none
 * is enabled. */
bool schedule_allows(const struct schedule *schedule, const struct tm *local);

/* [{"id":n,"enabled":bool,"days":["mon"],"start":"HH:MM:SS","stop":"HH:MM:SS"
 * or null}]; and back, where id and enabled may be left out. ERR_INVALID for
 * what schedule_add() refuses or what is no such array. */
void schedule_write(const struct schedule *schedule,
                    struct json_writer *writer);
int schedule_read(struct json_object *array, struct schedule *out);

/* The fields of one of them, into an open object; and back. */
void schedule_write_session(const struct schedule_session *session,
                            struct json_writer *writer);
int schedule_read_session(struct json_object *object,
                          struct schedule_session *out);

#endif
