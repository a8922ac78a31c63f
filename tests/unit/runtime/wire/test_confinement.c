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

static void test_landlock_is_insisted_on_unless_told_otherwise(void **state)
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

static void test_names_come_back_and_unknown_ones_are_strict(void **state)
{
    for (int i = CONFINEMENT_WHOLE; i <= CONFINEMENT_ANY; i++)
        assert_int_equal(
            confinement_named(confinement_name((enum confinement_wanted)i)), i);
    assert_int_equal(confinement_named("Any"), CONFINEMENT_WHOLE);
    assert_int_equal(confinement_named(""), CONFINEMENT_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_landlock_is_insisted_on_unless_told_otherwise),
        cmocka_unit_test(test_every_layer_is_insisted_on),
        cmocka_unit_test(test_names_come_back_and_unknown_ones_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
