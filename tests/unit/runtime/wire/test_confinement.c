/* What a node wants between a task and the machine. */
#include "runtime/wire/confinement.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct confinement whole = {
    .no_new_privileges = true,
    .seccomp = true,
    .landlock = true,
    .capabilities_dropped = true,
    .resource_limits = true,
};

static void test_landlock_is_insisted_on_unless_waived(void **state)
{
    struct confinement without = whole;
    without.landlock = false;
    assert_null(confinement_missing(&whole, CONFINEMENT_WHOLE));
    assert_non_null(
        strstr(confinement_missing(&without, CONFINEMENT_WHOLE), "Landlock"));
    assert_null(confinement_missing(&without, CONFINEMENT_WITHOUT_LANDLOCK));
    assert_null(confinement_missing(&without, CONFINEMENT_ANY));
}

static void test_every_layer_is_insisted_on(void **state)
{
    static const struct confinement none;
    for (int layer = 0; layer < 4; layer++) {
        struct confinement without = whole;
        bool *const layers[] = {&without.no_new_privileges, &without.seccomp,
                                &without.capabilities_dropped,
                                &without.resource_limits};
        *layers[layer] = false;
        assert_non_null(confinement_missing(&without, CONFINEMENT_WHOLE));
        assert_non_null(
            confinement_missing(&without, CONFINEMENT_WITHOUT_LANDLOCK));
    }
    assert_null(confinement_missing(&none, CONFINEMENT_ANY));
}

static void test_strict_and_programs_want_namespaces(void **state)
{
    struct confinement all = whole;
    assert_non_null(confinement_missing(&whole, CONFINEMENT_STRICT));
    assert_non_null(confinement_missing_for_program(&whole, CONFINEMENT_WHOLE));
    assert_null(confinement_missing_for_program(&whole, CONFINEMENT_ANY));
    all.own_user = all.own_root = all.own_network = all.own_ipc = true;
    assert_null(confinement_missing(&all, CONFINEMENT_STRICT));
    assert_non_null(
        strstr(confinement_missing_for_program(&all, CONFINEMENT_WHOLE),
               "PID namespace"));
    all.own_processes = true;
    assert_null(confinement_missing_for_program(&all, CONFINEMENT_STRICT));
}

static void test_names_come_back_and_unknown_ones_are_strict(void **state)
{
    for (int i = CONFINEMENT_WHOLE; i <= CONFINEMENT_STRICT; i++)
        assert_int_equal(
            confinement_named(confinement_name((enum confinement_wanted)i)), i);
    assert_int_equal(confinement_named("Any"), CONFINEMENT_STRICT);
    assert_int_equal(confinement_named(""), CONFINEMENT_STRICT);
}

static void test_a_report_is_read_as_it_was_written(void **state)
{
    struct confinement read, all = whole;
    struct buffer text = {0};
    struct json_object *object;
    struct json_writer writer = json_writer_make(&text);
    all.landlock_version = 7;
    all.own_network = true;
    confinement_write(&writer, &all);
    assert_int_equal(json_parse(buffer_view(&text), &object), 0);
    confinement_read(object, &read);
    assert_memory_equal(&read, &all, sizeof(all));
    json_object_put(object);
    buffer_free(&text);
}

static void test_what_a_report_does_not_say_does_not_hold(void **state)
{
    struct confinement read = whole;
    struct json_object *object;
    assert_int_equal(
        json_parse(bytes_text("{\"seccomp\":1,\"landlock_version\":-1}"),
                   &object),
        0);
    confinement_read(object, &read);
    assert_false(read.seccomp || read.landlock || read.resource_limits);
    assert_int_equal(read.landlock_version, 0);
    json_object_put(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_landlock_is_insisted_on_unless_waived),
        cmocka_unit_test(test_every_layer_is_insisted_on),
        cmocka_unit_test(test_strict_and_programs_want_namespaces),
        cmocka_unit_test(test_a_report_is_read_as_it_was_written),
        cmocka_unit_test(test_what_a_report_does_not_say_does_not_hold),
        cmocka_unit_test(test_names_come_back_and_unknown_ones_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
