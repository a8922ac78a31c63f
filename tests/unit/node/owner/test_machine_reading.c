#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/owner/machine_reading.h"

#include <stdio.h>
#include <unistd.h>

/* A machine of files, in a folder of its own. */
static char root[64];

static int set_up(void **state)
{
    snprintf(root, sizeof(root), "/tmp/pond-machine-%d", getpid());
    return file_make_folder(root, 0700);
}

static int tear_down(void **state)
{
    return file_remove_tree(root);
}

static void put(const char *name, const char *text)
{
    char *path = mem_format("%s/%s", root, name);
    char *command = mem_format("mkdir -p $(dirname %s)", path);
    FILE *file;

    assert_int_equal(system(command), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(command);
    free(path);
}

static struct machine_reading read_all(void)
{
    struct machine_reading reading;

    machine_read(root, root, &reading);
    return reading;
}

static void supply(const char *name, const char *type, const char *online,
                   const char *status, const char *capacity)
{
    const char *const files[][2] = {{"type", type},
                                    {"online", online},
                                    {"status", status},
                                    {"capacity", capacity}};

    for (size_t i = 0; i < 4; i++) {
        char *path =
            mem_format("sys/class/power_supply/%s/%s", name, files[i][0]);

        if (files[i][1])
            put(path, files[i][1]);
        free(path);
    }
}

static void test_an_empty_machine_is_not_known(void **state)
{
    struct machine_reading reading = read_all();

    assert_false(reading.has_battery || reading.is_on_battery ||
                 reading.knows_processors || reading.knows_traffic);
    assert_string_equal(reading.interface, "");
    assert_true(reading.knows_disk && reading.disk_free_bytes);
}

static void
test_a_laptop_is_on_battery_while_nothing_is_plugged_in(void **state)
{
    supply("AC", "Mains\n", "1\n", NULL, NULL);
    supply("BAT0", "Battery\n", NULL, "Charging\n", "40\n");
    struct machine_reading reading = read_all();
    assert_true(reading.has_battery);
    assert_false(reading.is_on_battery);
    assert_int_equal(reading.charge_percent, 40);

    put("sys/class/power_supply/AC/online", "0\n");
    put("sys/class/power_supply/BAT0/status", "Discharging\n");
    supply("BAT1", "Battery\n", NULL, "Unknown\n", "80\n");
    reading = read_all();
    assert_true(reading.is_on_battery);
    assert_int_equal(reading.charge_percent, 60);

    /* By a cable of another kind. */
    supply("ucsi", "USB\n", "1\n", NULL, NULL);
    assert_false(read_all().is_on_battery);
    put("sys/class/power_supply/ucsi/online", "0\n");
    assert_true(read_all().is_on_battery);
}

static void test_the_battery_of_a_mouse_is_not_the_machines(void **state)
{
    supply("hid", "Battery\n", NULL, "Discharging\n", "5\n");
    put("sys/class/power_supply/hid/scope", "Device\n");
    supply("slot", "Battery\n", NULL, "Discharging\n", "1\n");
    put("sys/class/power_supply/slot/present", "0\n");
    assert_false(read_all().has_battery);
}

static void test_a_battery_without_a_charge_counts_as_empty(void **state)
{
    supply("BAT0", "Battery\n", NULL, "Discharging\n", NULL);
    assert_true(read_all().is_on_battery);
    assert_int_equal(read_all().charge_percent, 0);
    put("sys/class/power_supply/BAT0/capacity", "many\n");
    assert_int_equal(read_all().charge_percent, 0);
}

#define ROUTES                                                                 \
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\t"  \
    "Window\tIRTT\n"                                                           \
    "wwan0\t00000000\t0100000A\t0003\t0\t0\t700\t00000000\t0\t0\t0\n"          \
    "lo9\t00000000\t00000000\t0200\t0\t0\t1\t00000000\t0\t0\t0\n"              \
    "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"           \
    "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"

static void test_traffic_is_that_of_the_default_route(void **state)
{
    put("proc/net/route", ROUTES);
    put("sys/class/net/eth0/statistics/rx_bytes", "5000\n");
    struct machine_reading reading = read_all();
    assert_string_equal(reading.interface, "eth0");
    assert_false(reading.knows_traffic);
    put("sys/class/net/eth0/statistics/tx_bytes", "70\n");
    reading = read_all();
    assert_true(reading.knows_traffic);
    assert_int_equal(reading.traffic_bytes, 5070);
}

static void test_a_default_route_may_be_of_ipv6_alone(void **state)
{
    static const char none[] = "00000000000000000000000000000000";
    char *table = mem_format(
        "%s 00 %s 00 %s ffffffff 00000001 00000000 00200200       lo\n"
        "%s 00 %s 00 fe800000000000000000000000000001 00000400 00000001 "
        "00000000 00450003    wlan0\n",
        none, none, none, none, none);

    put("proc/net/route", "Iface\tDestination\n");
    put("proc/net/ipv6_route", table);
    assert_string_equal(read_all().interface, "wlan0");
    free(table);
}

static void test_processors_are_counted_and_summed(void **state)
{
    static const char text[] = "cpu  100 20 30 5000 7 1 2 900 50 0\n"
                               "cpu0 50 10 15 2500 3 1 1 450 25 0\n"
                               "cpu1 50 10 15 2500 4 0 1 450 25 0\n"
                               "intr 5\ncpu2 1\n";
    struct machine_reading reading = {0};

    assert_true(machine_read_processors(bytes_text(text), 100, &reading));
    assert_int_equal(reading.processors, 2);
    assert_int_equal(reading.busy_ms, 1530);
    assert_int_equal(reading.all_ms, 51600);

    static const char *const bad[] = {"", "cpu\n", "cpu  1 2 3 4 5 6\ncpu0 1\n",
                                      "cpu  1 2 3 4 5 6 7 8\n",
                                      "cpu0 1 2 3 4 5 6 7\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(
            machine_read_processors(bytes_text(bad[i]), 100, &reading));
        assert_false(reading.knows_processors);
    }
}

static void test_this_machine_can_be_read(void **state)
{
    struct machine_reading reading;

    machine_read("", "/tmp", &reading);
    assert_true(reading.knows_processors && reading.processors);
    assert_in_range(reading.busy_ms, 1, reading.all_ms);
}

int main(void)
{
#define ON_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_FILES(test_an_empty_machine_is_not_known),
        ON_FILES(test_a_laptop_is_on_battery_while_nothing_is_plugged_in),
        ON_FILES(test_the_battery_of_a_mouse_is_not_the_machines),
        ON_FILES(test_a_battery_without_a_charge_counts_as_empty),
        ON_FILES(test_traffic_is_that_of_the_default_route),
        ON_FILES(test_a_default_route_may_be_of_ipv6_alone),
        cmocka_unit_test(test_processors_are_counted_and_summed),
        cmocka_unit_test(test_this_machine_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
