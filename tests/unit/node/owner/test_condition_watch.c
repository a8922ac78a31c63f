#include "test.h"

#include "base/error.h"
#include "node/owner/condition_watch.h"

#define DAY 20261130
#define MIB(n) ((uint64_t)(n) << 20)

/* A machine whose readings a test changes, looked at every five seconds. */
struct machine {
    struct conditions conditions;
    struct condition_watch watch;
    struct machine_reading reading;
    uint64_t own_ms, now_ms;
    uint32_t day;
};

static struct machine machine(const char *name, const char *text)
{
    struct machine made = {.now_ms = 1000000, .day = DAY};
    enum condition condition = CONDITION_BATTERY;

    assert_ok(condition_find(name, &condition));
    assert_ok(condition_set(&made.conditions, condition, text));
    return made;
}

/* The reason, or "" while tasks may run. */
static const char *look(struct machine *machine, unsigned seconds)
{
    enum condition condition = CONDITION_BATTERY;

    for (unsigned i = 0; i <= seconds; i += 5) {
        condition_watch_look(&machine->watch, &machine->conditions,
                             &machine->reading, machine->own_ms, machine->day,
                             machine->now_ms);
        machine->now_ms += 5000;
    }
    return condition_watch_rests(&machine->watch, &condition)
               ? task_reason_code(condition_reason(condition))
               : "";
}

static void test_nothing_set_lets_everything_run(void **state)
{
    struct machine it = {.reading = {.has_battery = true,
                                     .is_on_battery = true,
                                     .interface = "wwan0",
                                     .knows_disk = true}};

    assert_string_equal(look(&it, 60), "");
}

static void
test_on_battery_tasks_rest_until_it_is_plugged_in_again(void **state)
{
    struct machine it = machine("battery", "never");

    it.reading.has_battery = true;
    it.reading.charge_percent = 100;
    assert_string_equal(look(&it, 0), "");
    it.reading.is_on_battery = true;
    assert_string_equal(look(&it, 0), "battery");
    /* A plug that is loose starts nothing. */
    for (int i = 0; i < 5; i++) {
        it.reading.is_on_battery = false;
        assert_string_equal(look(&it, 5), "battery");
        it.reading.is_on_battery = true;
        assert_string_equal(look(&it, 0), "battery");
    }
    it.reading.is_on_battery = false;
    assert_string_equal(look(&it, 20), "");
}

static void test_a_charged_battery_may_be_used_down_to_the_charge(void **state)
{
    struct machine it = machine("battery", "50");

    it.reading = (struct machine_reading){
        .has_battery = true, .is_on_battery = true, .charge_percent = 50};
    assert_string_equal(look(&it, 0), "");
    it.reading.charge_percent = 49;
    assert_string_equal(look(&it, 0), "battery");
    /* One percent more is not worth a start. */
    it.reading.charge_percent = 54;
    assert_string_equal(look(&it, 60), "battery");
    it.reading.charge_percent = 55;
    assert_string_equal(look(&it, 20), "");
}

/* Of two processors, so many percent by others and by the node, for a while. */
static const char *work(struct machine *machine, unsigned others, unsigned own,
                        unsigned seconds)
{
    const char *reason = "";

    for (unsigned i = 0; i < seconds; i += 5) {
        machine->reading.knows_processors = true;
        machine->reading.all_ms += 10000;
        machine->reading.busy_ms += 100 * (others + own);
        machine->own_ms += 100 * own;
        reason = look(machine, 0);
    }
    return reason;
}

static void
test_tasks_rest_while_others_work_and_not_for_their_own(void **state)
{
    struct machine it = machine("busy", "20");

    assert_string_equal(work(&it, 5, 90, 300), "");
    /* A moment is none. */
    assert_string_equal(work(&it, 100, 0, 5), "");
    assert_string_equal(work(&it, 5, 90, 60), "");
    assert_string_equal(work(&it, 60, 30, 60), "busy");
    /* Who pauses for a minute has not gone. */
    assert_string_equal(work(&it, 0, 0, 90), "busy");
    assert_string_equal(work(&it, 60, 0, 30), "busy");
    assert_string_equal(work(&it, 5, 0, 300), "");
}

static void test_a_node_whose_tasks_end_does_not_count_them_as_others(void **s)
{
    struct machine it = machine("busy", "20");

    (void)work(&it, 0, 90, 60);
    /* The sum falls by what the tasks had used. */
    it.own_ms = 0;
    assert_string_equal(work(&it, 0, 0, 60), "");
    /* A counter of the machine's that falls says nothing either. */
    it.reading.busy_ms = it.reading.all_ms = 0;
    assert_string_equal(work(&it, 0, 10, 60), "");
}

static void test_a_metered_route_holds_tasks_up(void **state)
{
    struct machine it = machine("metered", "wwan*");

    assert_string_equal(look(&it, 10), "");
    strcpy(it.reading.interface, "wwan0");
    assert_string_equal(look(&it, 0), "metered");
    strcpy(it.reading.interface, "eth0");
    assert_string_equal(look(&it, 5), "metered");
    assert_string_equal(look(&it, 15), "");
}

static void test_traffic_is_used_up_until_the_next_day(void **state)
{
    struct machine it = machine("traffic-day", "10");

    strcpy(it.reading.interface, "eth0");
    it.reading.knows_traffic = true;
    it.reading.traffic_bytes = MIB(500);
    assert_string_equal(look(&it, 0), "");
    it.reading.traffic_bytes += MIB(10) - 1;
    assert_string_equal(look(&it, 0), "");
    it.reading.traffic_bytes += 1;
    assert_string_equal(look(&it, 600), "traffic");
    it.day = 20261201;
    assert_string_equal(look(&it, 0), "");
}

static void test_room_on_the_disk_is_kept_with_a_margin(void **state)
{
    struct machine it = machine("disk-free", "800");

    it.reading.knows_disk = true;
    it.reading.disk_free_bytes = MIB(800);
    assert_string_equal(look(&it, 0), "");
    it.reading.disk_free_bytes = MIB(800) - 1;
    assert_string_equal(look(&it, 0), "disk_full");
    it.reading.disk_free_bytes = MIB(899);
    assert_string_equal(look(&it, 60), "disk_full");
    it.reading.disk_free_bytes = MIB(900);
    assert_string_equal(look(&it, 20), "");
}

static void test_what_is_unset_is_over_at_once(void **state)
{
    struct machine it = machine("battery", "never");
    enum condition condition = CONDITION_BATTERY;

    it.reading.has_battery = it.reading.is_on_battery = true;
    it.reading.charge_percent = 70;
    assert_string_equal(look(&it, 0), "battery");
    assert_ok(condition_set(&it.conditions, CONDITION_BATTERY, "60"));
    condition_watch_change(&it.watch, &it.conditions, it.now_ms);
    assert_false(condition_watch_rests(&it.watch, &condition));
    /* And what is set holds at once, by the last reading. */
    assert_ok(condition_set(&it.conditions, CONDITION_BATTERY, "80"));
    condition_watch_change(&it.watch, &it.conditions, it.now_ms);
    assert_true(condition_watch_rests(&it.watch, &condition));
    assert_ok(condition_set(&it.conditions, CONDITION_BATTERY, "none"));
    condition_watch_change(&it.watch, &it.conditions, it.now_ms);
    assert_false(condition_watch_rests(&it.watch, &condition));
}

static void test_readings_are_told_in_words(void **state)
{
    struct machine it = machine("battery", "never");
    char text[CONDITION_READING_SIZE];

    assert_string_equal(
        condition_watch_reading(&it.watch, CONDITION_BATTERY, text), "unknown");
    (void)look(&it, 0);
    assert_string_equal(
        condition_watch_reading(&it.watch, CONDITION_BATTERY, text),
        "no battery");
    assert_string_equal(
        condition_watch_reading(&it.watch, CONDITION_METERED, text), "unknown");
    it.reading = (struct machine_reading){
        .has_battery = true, .is_on_battery = true, .charge_percent = 7};
    (void)look(&it, 0);
    assert_string_equal(
        condition_watch_reading(&it.watch, CONDITION_BATTERY, text),
        "on battery, 7 %");
    assert_string_equal(condition_watch_reading(&it.watch, CONDITION_CPU, text),
                        "");
}

static void expect_figures(const struct machine *it, enum condition condition,
                           const char *wanted)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);

    json_open_object(&writer);
    condition_watch_write(&it->watch, condition, &writer);
    json_close_object(&writer);
    assert_string_equal(buffer_string(&out), wanted);
    buffer_free(&out);
}

static void test_readings_are_told_as_figures(void **state)
{
    struct machine it = machine("battery", "never");

    (void)look(&it, 0);
    expect_figures(&it, CONDITION_BATTERY,
                   "{\"now\":null,\"on_battery\":false}");
    expect_figures(&it, CONDITION_BUSY, "{\"now\":null}");
    expect_figures(&it, CONDITION_METERED, "{\"now\":null}");
    expect_figures(&it, CONDITION_TRAFFIC_DAY, "{\"now\":null}");
    expect_figures(&it, CONDITION_DISK_FREE, "{\"now\":null}");
    expect_figures(&it, CONDITION_CPU, "{}");
    it.reading = (struct machine_reading){.has_battery = true,
                                          .is_on_battery = true,
                                          .charge_percent = 7,
                                          .interface = "eth0",
                                          .knows_traffic = true,
                                          .traffic_bytes = MIB(3),
                                          .knows_disk = true,
                                          .disk_free_bytes = MIB(800)};
    (void)look(&it, 0);
    it.reading.traffic_bytes = MIB(5);
    (void)look(&it, 0);
    expect_figures(&it, CONDITION_BATTERY, "{\"now\":7,\"on_battery\":true}");
    expect_figures(&it, CONDITION_METERED, "{\"now\":\"eth0\"}");
    expect_figures(&it, CONDITION_TRAFFIC_DAY, "{\"now\":2}");
    expect_figures(&it, CONDITION_DISK_FREE, "{\"now\":800}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_set_lets_everything_run),
        cmocka_unit_test(
            test_on_battery_tasks_rest_until_it_is_plugged_in_again),
        cmocka_unit_test(test_a_charged_battery_may_be_used_down_to_the_charge),
        cmocka_unit_test(
            test_tasks_rest_while_others_work_and_not_for_their_own),
        cmocka_unit_test(
            test_a_node_whose_tasks_end_does_not_count_them_as_others),
        cmocka_unit_test(test_a_metered_route_holds_tasks_up),
        cmocka_unit_test(test_traffic_is_used_up_until_the_next_day),
        cmocka_unit_test(test_room_on_the_disk_is_kept_with_a_margin),
        cmocka_unit_test(test_what_is_unset_is_over_at_once),
        cmocka_unit_test(test_readings_are_told_in_words),
        cmocka_unit_test(test_readings_are_told_as_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
