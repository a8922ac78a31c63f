#include "node/owner/condition_watch.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>

#define MIB_SHIFT 20

/* How slowly the mean of what others take follows: a look this long after the
 * last one moves it half of the way. */
#define MEAN_MS 30000.0

/* A battery that is being charged slowly must not start tasks at each percent.
 */
#define CHARGE_MARGIN 5

/* How long a reading has to say so before tasks rest, and the contrary before
 * they go on. Nothing is waited for where resting late costs money or room. A
 * program that works hard does so for longer than it takes to start; and who
 * pauses for a minute has not gone. */
static const struct {
    enum task_reason reason;
    const char *words;
    uint32_t rest_after_ms, resume_after_ms;
} table[CONDITIONS_TO_REST] = {
    [CONDITION_BATTERY] = {TASK_REASON_BATTERY, "the machine is on battery", 0,
                           15000},
    [CONDITION_BUSY] = {TASK_REASON_BUSY, "other programs use the machine",
                        10000, 120000},
    [CONDITION_METERED] = {TASK_REASON_METERED, "the network is a metered one",
                           0, 15000},
    [CONDITION_TRAFFIC_DAY] = {TASK_REASON_TRAFFIC,
                               "the traffic of today is used up", 0, 0},
    [CONDITION_TRAFFIC_MONTH] = {TASK_REASON_TRAFFIC,
                                 "the traffic of this month is used up", 0, 0},
    [CONDITION_DISK_FREE] = {TASK_REASON_DISK_FULL,
                             "less room is free on the disk than its owner "
                             "wants to keep",
                             0, 15000},
};

enum task_reason condition_reason(enum condition condition)
{
    CHECK(condition < CONDITIONS_TO_REST);
    return table[condition].reason;
}

const char *condition_words(enum condition condition)
{
    CHECK(condition < CONDITIONS_TO_REST);
    return table[condition].words;
}

/* ---- what a reading says ---- */

/* is_on: tasks rest for it now, and go on by a margin only. */
static bool says_battery(const struct machine_reading *reading,
                         uint64_t least_percent, bool is_on)
{
    return reading->is_on_battery &&
           reading->charge_percent <
               least_percent + (is_on ? CHARGE_MARGIN : 0);
}

static bool says_disk(const struct machine_reading *reading, uint64_t least_mib,
                      bool is_on)
{
    uint64_t least = least_mib << MIB_SHIFT;

    return reading->knows_disk &&
           reading->disk_free_bytes < least + (is_on ? least / 8 : 0);
}

static bool says(const struct condition_watch *watch,
                 const struct conditions *conditions, enum condition condition)
{
    const struct machine_reading *reading = &watch->reading;
    uint64_t number = conditions->numbers[condition];
    bool is_on = watch->holds[condition].is_on;

    if (!number)
        return false;
    switch (condition) {
    case CONDITION_BATTERY:
        return says_battery(reading, number, is_on);
    case CONDITION_BUSY:
        return watch->knows_others && watch->others_percent > (double)number;
    case CONDITION_METERED:
        return reading->interface[0] &&
               condition_is_metered(conditions, reading->interface);
    case CONDITION_TRAFFIC_DAY:
        return watch->traffic.day_bytes >= number << MIB_SHIFT;
    case CONDITION_TRAFFIC_MONTH:
        return watch->traffic.month_bytes >= number << MIB_SHIFT;
    case CONDITION_DISK_FREE:
        return says_disk(reading, number, is_on);
    default:
        return false;
    }
}

static void judge(struct condition_watch *watch,
                  const struct conditions *conditions, enum condition condition,
                  uint64_t now_ms)
{
    bool is_wanted = says(watch, conditions, condition);
    bool is_on = watch->holds[condition].is_on;
    uint64_t wait_ms = is_on ? table[condition].resume_after_ms
                             : table[condition].rest_after_ms;

    if (is_wanted == is_on) {
        watch->holds[condition].is_changing = false;
        return;
    }
    if (!watch->holds[condition].is_changing) {
        watch->holds[condition].is_changing = true;
        watch->holds[condition].since_ms = now_ms;
    }
    if (now_ms - watch->holds[condition].since_ms >= wait_ms) {
        watch->holds[condition].is_on = is_wanted;
        watch->holds[condition].is_changing = false;
    }
}

/* ---- what others take ---- */

/* Between two readings; a machine that slept has a long way between them, which
 * the mean is made of then. */
static void look_at_processors(struct condition_watch *watch,
                               const struct machine_reading *reading,
                               uint64_t own_ms, uint64_t now_ms)
{
    const struct machine_reading *last = &watch->reading;

    if (!reading->knows_processors) {
        watch->knows_others = false;
        return;
    }
    if (!watch->has_reading || !last->knows_processors ||
        reading->all_ms <= last->all_ms || reading->busy_ms < last->busy_ms)
        return;
    double all = (double)(reading->all_ms - last->all_ms);
    double busy = (double)(reading->busy_ms - last->busy_ms);
    double own = own_ms > watch->own_ms ? (double)(own_ms - watch->own_ms) : 0;
    double passed = (double)(now_ms - watch->look_ms);
    double others = busy > own ? 100 * (busy - own) / all : 0;
    double weight = watch->knows_others ? passed / (passed + MEAN_MS) : 1;

    watch->others_percent += (others - watch->others_percent) * weight;
    watch->knows_others = true;
}

void condition_watch_look(struct condition_watch *watch,
                          const struct conditions *conditions,
                          const struct machine_reading *reading,
                          uint64_t own_ms, uint32_t day, uint64_t now_ms)
{
    look_at_processors(watch, reading, own_ms, now_ms);
    traffic_book_look(&watch->traffic, day,
                      reading->knows_traffic ? reading->interface : "",
                      reading->traffic_bytes);
    watch->reading = *reading;
    watch->has_reading = true;
    watch->own_ms = own_ms;
    watch->look_ms = now_ms;
    for (enum condition i = 0; i < CONDITIONS_TO_REST; i++)
        judge(watch, conditions, i, now_ms);
}

void condition_watch_change(struct condition_watch *watch,
                            const struct conditions *conditions,
                            uint64_t now_ms)
{
    for (enum condition i = 0; i < CONDITIONS_TO_REST; i++) {
        /* What was held by another setting says nothing about this one. */
        if (!says(watch, conditions, i))
            watch->holds[i].is_on = false;
        judge(watch, conditions, i, now_ms);
    }
}

bool condition_watch_rests(const struct condition_watch *watch,
                           enum condition *out)
{
    for (enum condition i = 0; i < CONDITIONS_TO_REST; i++)
        if (watch->holds[i].is_on) {
            *out = i;
            return true;
        }
    return false;
}

/* ---- for people ---- */

static bool describe(const struct condition_watch *watch,
                     enum condition condition, char out[CONDITION_READING_SIZE])
{
    const struct machine_reading *reading = &watch->reading;
    const size_t size = CONDITION_READING_SIZE;

    switch (condition) {
    case CONDITION_BATTERY:
        if (!reading->has_battery)
            snprintf(out, size, "no battery");
        else
            snprintf(out, size, "%s, %" PRIu32 " %%",
                     reading->is_on_battery ? "on battery" : "plugged in",
                     reading->charge_percent);
        return true;
    case CONDITION_BUSY:
        snprintf(out, size, "%.0f %%", watch->others_percent);
        return watch->knows_others;
    case CONDITION_METERED:
        snprintf(out, size, "%s", reading->interface);
        return reading->interface[0];
    case CONDITION_TRAFFIC_DAY:
        snprintf(out, size, "%" PRIu64 " MiB",
                 watch->traffic.day_bytes >> MIB_SHIFT);
        return watch->traffic.interface[0];
    case CONDITION_TRAFFIC_MONTH:
        snprintf(out, size, "%" PRIu64 " MiB",
                 watch->traffic.month_bytes >> MIB_SHIFT);
        return watch->traffic.interface[0];
    case CONDITION_DISK_FREE:
        snprintf(out, size, "%" PRIu64 " MiB",
                 reading->disk_free_bytes >> MIB_SHIFT);
        return reading->knows_disk;
    default:
        return false;
    }
}

const char *condition_watch_reading(const struct condition_watch *watch,
                                    enum condition condition,
                                    char out[CONDITION_READING_SIZE])
{
    if (condition >= CONDITIONS_TO_REST)
        return "";
    if (!watch->has_reading || !describe(watch, condition, out))
        return "unknown";
    return out;
}

/* ---- for programs ---- */

static void write_number(struct json_writer *writer, bool is_known,
                         uint64_t number)
{
    if (is_known)
        json_field_u64(writer, "now", number);
    else
        json_field_null(writer, "now");
}

void condition_watch_write(const struct condition_watch *watch,
                           enum condition condition, struct json_writer *writer)
{
    const struct machine_reading *reading = &watch->reading;
    const struct traffic_book *traffic = &watch->traffic;

    switch (condition) {
    case CONDITION_BATTERY:
        write_number(writer, reading->has_battery, reading->charge_percent);
        json_field_bool(writer, "on_battery", reading->is_on_battery);
        break;
    case CONDITION_BUSY:
        write_number(writer, watch->knows_others,
                     (uint64_t)(watch->others_percent + 0.5));
        break;
    case CONDITION_METERED:
        if (reading->interface[0])
            json_field_text(writer, "now", reading->interface);
        else
            json_field_null(writer, "now");
        break;
    case CONDITION_TRAFFIC_DAY:
        write_number(writer, traffic->interface[0],
                     traffic->day_bytes >> MIB_SHIFT);
        break;
    case CONDITION_TRAFFIC_MONTH:
        write_number(writer, traffic->interface[0],
                     traffic->month_bytes >> MIB_SHIFT);
        break;
    case CONDITION_DISK_FREE:
        write_number(writer, reading->knows_disk,
                     reading->disk_free_bytes >> MIB_SHIFT);
        break;
    default:
        break;
    }
}
