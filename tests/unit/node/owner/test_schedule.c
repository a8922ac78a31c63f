#include "test.h"

#include "base/error.h"
#include "node/owner/schedule.h"

#include <stdio.h>

static struct schedule_session session(const char *days, const char *start,
                                       const char *stop)
{
    struct schedule_session made = {0};

    assert_ok(schedule_parse_days(days, &made.days));
    assert_ok(schedule_parse_time(start, &made.start));
    if (stop) {
        made.has_stop = true;
        assert_ok(schedule_parse_time(stop, &made.stop));
    }
    return made;
}

static int add(struct schedule *schedule, const char *days, const char *start,
               const char *stop)
{
    const struct schedule_session made = session(days, start, stop);

    return schedule_add(schedule, &made);
}

/* day: 0 is Sunday. */
static bool at(const struct schedule *schedule, int day, int hour, int minute)
{
    const struct tm local = {.tm_wday = day, .tm_hour = hour, .tm_min = minute};

    return schedule_allows(schedule, &local);
}

static void test_without_sessions_tasks_run_always(void **state)
{
    const struct schedule none = {0};

    assert_true(at(&none, 3, 4, 5));
}

static void test_a_session_is_on_from_its_start_to_its_stop(void **state)
{
    struct schedule schedule = {0};

    assert_ok(add(&schedule, "mon-fri", "09:00", "17:00"));
    assert_false(at(&schedule, 1, 8, 59));
    assert_true(at(&schedule, 1, 9, 0));
    assert_true(at(&schedule, 5, 16, 59));
    assert_false(at(&schedule, 5, 17, 0));
    assert_false(at(&schedule, 6, 12, 0));
}

/* Also over the end of the week. */
static void test_a_stop_before_the_start_is_of_the_next_day(void **state)
{
    struct schedule schedule = {0};

    assert_ok(add(&schedule, "sat", "22:00", "06:00"));
    assert_false(at(&schedule, 6, 21, 59));
    assert_true(at(&schedule, 6, 23, 0));
    assert_true(at(&schedule, 0, 5, 59));
    assert_false(at(&schedule, 0, 6, 0));
    assert_ok(add(&schedule, "wed", "20:00", NULL));
    assert_true(at(&schedule, 3, 23, 59));
    assert_false(at(&schedule, 4, 0, 0));
}

static void refuse(const struct schedule *schedule, const char *days,
                   const char *start, const char *stop, const char *name)
{
    struct schedule copy = *schedule;

    assert_int_equal(add(&copy, days, start, stop), ERR_INVALID);
    assert_non_null(strstr(err_text(), name));
    assert_int_equal(copy.count, schedule->count);
}

static void test_what_can_not_be_is_refused_by_koiis_names(void **state)
{
    struct schedule schedule = {0};
    const struct schedule_session none = {.has_stop = true, .stop = 5};

    assert_int_equal(schedule_add(&schedule, &none), ERR_INVALID);
    assert_non_null(strstr(err_text(), "SCHEDULE_NO_SELECTED_DAYS"));
    refuse(&schedule, "mon", "09:00", "09:00",
           "SCHEDULE_SAME_START_STOP_TIMES");
    assert_ok(add(&schedule, "mon-wed", "09:00", "17:00"));
    assert_ok(add(&schedule, "thu", "22:00", "02:00"));
    refuse(&schedule, "wed", "16:59", "18:00", "SCHEDULE_OVERLAP");
    refuse(&schedule, "sun", "12:00", "09:01", "SCHEDULE_OVERLAP");
    refuse(&schedule, "fri", "01:00", "03:00", "SCHEDULE_OVERLAP");
    refuse(&schedule, "daily", "00:00", NULL, "SCHEDULE_OVERLAP");
    assert_ok(add(&schedule, "wed", "17:00", "18:00"));
    assert_ok(add(&schedule, "fri", "02:00", "03:00"));
}

static void test_texts_that_mean_nothing_are_refused(void **state)
{
    static const char *const times[] = {"",         "9:00", "24:00",  "09:60",
                                        "09:00:60", "0900", "09:00 ", "-1:00"};
    static const char *const days[] = {"",     "monday", "mon,",       ",mon",
                                       "mon-", "Mon",    "mon-tue-wed"};
    uint32_t time;
    uint8_t day;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        assert_int_equal(schedule_parse_time(times[i], &time), ERR_INVALID);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
        assert_int_equal(schedule_parse_days(days[i], &day), ERR_INVALID);
    assert_ok(schedule_parse_days("fri-mon", &day));
    assert_int_equal(day, 1 << 5 | 1 << 6 | 1 | 1 << 1);
}

static void test_it_is_read_as_it_was_written(void **state)
{
    struct schedule schedule = {0}, read = {0};
    struct json_object *tree = NULL;
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    assert_ok(add(&schedule, "mon,wed", "09:00:01", "17:00"));
    assert_ok(add(&schedule, "sun", "10:00", NULL));
    schedule_write(&schedule, &writer);
    assert_ok(json_parse(buffer_view(&text), &tree));
    assert_ok(schedule_read(tree, &read));
    struct buffer again = {0};
    writer = json_writer_make(&again);
    schedule_write(&read, &writer);
    assert_string_equal(buffer_string(&again), buffer_string(&text));
    assert_non_null(strstr(buffer_string(&text),
                           "{\"id\":1,\"enabled\":true,"
                           "\"days\":[\"mon\",\"wed\"],\"start\":"
                           "\"09:00:01\",\"stop\":\"17:00:00\"}"));
    buffer_free(&again);
    json_object_put(tree);
    buffer_free(&text);
}

static void test_one_session_can_be_disabled_and_removed(void **state)
{
    struct schedule schedule = {0};

    assert_ok(add(&schedule, "mon", "09:00", "17:00"));
    assert_ok(add(&schedule, "tue", "09:00", "17:00"));
    assert_ok(add(&schedule, "wed", "09:00", "17:00"));
    assert_ok(schedule_enable(&schedule, 2, false));
    assert_true(at(&schedule, 1, 12, 0));
    assert_false(at(&schedule, 2, 12, 0));
    /* In its place another one may be, until it is enabled again. */
    assert_ok(add(&schedule, "tue", "16:00", "18:00"));
    assert_int_equal(schedule_enable(&schedule, 2, true), ERR_INVALID);
    assert_non_null(strstr(err_text(), "SCHEDULE_OVERLAP: session 4"));
    assert_int_equal(schedule.sessions[3].id, 4);
    assert_ok(schedule_remove(&schedule, 4));
    assert_ok(schedule_enable(&schedule, 2, true));
    assert_ok(schedule_enable(&schedule, 2, true));
    assert_true(at(&schedule, 2, 12, 0));

    assert_ok(schedule_remove(&schedule, 1));
    assert_false(at(&schedule, 1, 12, 0));
    assert_int_equal(schedule.sessions[0].id, 2);
    assert_int_equal(schedule_remove(&schedule, 1), ERR_NOT_FOUND);
    assert_int_equal(schedule_enable(&schedule, 1, true), ERR_NOT_FOUND);
    assert_int_equal(schedule_remove(&schedule, 1ull << 32 | 2), ERR_NOT_FOUND);
    /* With none that is enabled tasks run always. */
    assert_ok(schedule_enable(&schedule, 2, false));
    assert_ok(schedule_enable(&schedule, 3, false));
    assert_true(at(&schedule, 0, 3, 0));
}

static void test_sessions_of_before_had_no_number(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"[{\"days\":[\"mon\"],\"start\":\"09:00\",\"stop\":null},"
         "{\"days\":[\"tue\"],\"start\":\"09:00\",\"enabled\":false}]",
         0},
        {"[{\"id\":3,\"days\":[\"mon\"],\"start\":\"09:00\"},"
         "{\"id\":3,\"days\":[\"tue\"],\"start\":\"09:00\"}]",
         ERR_INVALID},
        {"[{\"id\":0,\"days\":[\"mon\"],\"start\":\"09:00\"}]", ERR_INVALID},
        {"[{\"id\":4294967295,\"days\":[\"mon\"],\"start\":\"09:00\"}]",
         ERR_INVALID},
        {"[{\"enabled\":1,\"days\":[\"mon\"],\"start\":\"09:00\"}]",
         ERR_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct schedule schedule = {0};
        struct json_object *tree = NULL;

        assert_ok(json_parse(bytes_text(cases[i].text), &tree));
        assert_int_equal(schedule_read(tree, &schedule), cases[i].status);
        assert_int_equal(schedule.count, cases[i].status ? 0 : 2);
        if (!cases[i].status)
            assert_true(schedule.sessions[1].id == 2 &&
                        schedule.sessions[1].is_disabled);
        json_object_put(tree);
    }
}

/* How many minutes of the local day tasks run. */
static unsigned minutes_of(const struct schedule *schedule, int month, int day)
{
    struct tm local = {
        .tm_year = 126, .tm_mon = month, .tm_mday = day, .tm_isdst = -1};
    time_t from = mktime(&local);
    unsigned minutes = 0;

    for (time_t now = from; now < from + 26 * 3600; now += 60) {
        localtime_r(&now, &local);
        if (local.tm_mday == day)
            minutes += schedule_allows(schedule, &local);
    }
    return minutes;
}

/* Berlin, 2026: forward on March 29 at 2:00, back on October 25 at 3:00. */
static void test_the_clock_on_the_wall_counts_when_it_is_changed(void **state)
{
    struct schedule schedule = {0};

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    assert_ok(add(&schedule, "daily", "01:00", "04:00"));
    assert_int_equal(minutes_of(&schedule, 2, 28), 180);
    assert_int_equal(minutes_of(&schedule, 2, 29), 120);
    assert_int_equal(minutes_of(&schedule, 9, 25), 240);
    schedule = (struct schedule){0};
    assert_ok(add(&schedule, "daily", "02:10", "02:50"));
    assert_int_equal(minutes_of(&schedule, 2, 29), 0);
    assert_int_equal(minutes_of(&schedule, 9, 25), 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_sessions_tasks_run_always),
        cmocka_unit_test(test_a_session_is_on_from_its_start_to_its_stop),
        cmocka_unit_test(test_a_stop_before_the_start_is_of_the_next_day),
        cmocka_unit_test(test_what_can_not_be_is_refused_by_koiis_names),
        cmocka_unit_test(test_texts_that_mean_nothing_are_refused),
        cmocka_unit_test(test_it_is_read_as_it_was_written),
        cmocka_unit_test(test_one_session_can_be_disabled_and_removed),
        cmocka_unit_test(test_sessions_of_before_had_no_number),
        cmocka_unit_test(test_the_clock_on_the_wall_counts_when_it_is_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
