/*
 * Slots of an endpoint that errs once, or lies for long.
 */
#include "test.h"

#include "node/slot_watch.h"

#define SLOT_MS 400

/* Both clocks; the wall clock's is a million seconds ahead. */
static uint64_t now_ms;

static enum slot_change look(struct slot_watch *watch, uint64_t final)
{
    return slot_watch_look(watch, final, SLOT_MS, now_ms,
                           now_ms + 1000000000ull);
}

/* Some seconds of a network that goes on by five slots each two seconds. */
static uint64_t look_on(struct slot_watch *watch, uint64_t final, uint64_t ms)
{
    for (uint64_t end = now_ms + ms; now_ms < end; now_ms += 2000) {
        final += 5;
        look(watch, final);
    }
    return final;
}

static void test_nothing_is_gone_by_before_two_looks_agree(void **state)
{
    struct slot_watch watch = {0};

    now_ms = 1000;
    assert_false(slot_watch_hear(&watch, 1000000000000, now_ms));
    assert_int_equal(look(&watch, 500), SLOT_SAME);
    assert_int_equal(watch.slot, 0);
    assert_int_equal(look(&watch, 500), SLOT_GREW);
    assert_int_equal(watch.slot, 500);
    assert_false(slot_watch_hear(&watch, 1000000000000, now_ms));
    assert_true(slot_watch_hear(&watch, 532, now_ms));
    assert_int_equal(watch.slot, 532);
}

static void test_one_wrong_look_moves_nothing(void **state)
{
    static const uint64_t lies[] = {0, 1, 1000000000000, UINT64_MAX};

    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        struct slot_watch watch = {0};
        uint64_t slot, sure;

        now_ms = 1000;
        slot = look_on(&watch, 500000, 20000);
        sure = watch.sure;
        assert_true(sure > 500000);
        assert_int_equal(look(&watch, lies[i]), SLOT_SAME);
        assert_int_equal(watch.slot, slot);
        slot = look_on(&watch, slot, 20000);
        assert_int_equal(watch.slot, slot);
        assert_int_equal(watch.sure, slot);
    }
}

static void test_a_first_look_that_is_wrong_is_forgotten(void **state)
{
    struct slot_watch watch = {0};

    now_ms = 1000;
    look(&watch, 1000000000000);
    assert_int_equal(watch.slot, 0);
    look_on(&watch, 500, 6000);
    assert_int_equal(watch.slot, 515);
}

static void test_a_slot_believed_wrongly_is_taken_back(void **state)
{
    struct slot_watch watch = {0};

    now_ms = 1000;
    look_on(&watch, 1000000000000, 4000);
    assert_int_equal(watch.slot, 1000000000010);
    assert_int_equal(watch.sure, 0);
    assert_int_equal(look(&watch, 500), SLOT_SAME);
    now_ms += 2000;
    assert_int_equal(look(&watch, 505), SLOT_CORRECTED);
    assert_int_equal(watch.slot, 505);
    look_on(&watch, 505, 20000);
    assert_true(watch.sure > 505 && watch.sure < 1000);
}

static void test_what_an_earlier_life_knew_makes_a_slot_sure_at_once(void **s)
{
    struct slot_watch watch = {.known = {1000, 1000000000ull}};

    now_ms = 400 * 10000; /* since */
    look(&watch, 11000);
    look(&watch, 11000);
    assert_int_equal(watch.sure, 11000);
}

/* Ten thousand times as fast as the network was seen to be. */
static void test_a_slot_that_the_time_does_not_allow_is_not_sure(void **state)
{
    struct slot_watch watch = {.known = {1000, 1000000000ull}};
    uint64_t slot;

    now_ms = 400 * 10000;
    slot = look_on(&watch, 100000000, 300000);
    assert_int_equal(watch.slot, slot);
    assert_int_equal(watch.sure, 0);
    /* Whoever says so for that long is believed: the wall clock was wrong. */
    slot = look_on(&watch, slot, SLOT_WATCH_DOUBT_MS);
    assert_int_equal(watch.sure, slot);
}

static void test_another_chain_is_believed_after_a_while(void **state)
{
    struct slot_watch watch = {.known = {100000000, 1000000000ull}};
    uint64_t slot;

    now_ms = 1000;
    slot = look_on(&watch, 5, 300000);
    assert_int_equal(watch.sure, 0);
    slot = look_on(&watch, slot, SLOT_WATCH_DOUBT_MS);
    assert_int_equal(watch.sure, slot);
}

/* A subscription in silence, and looks that go on. */
static void test_looks_lead_on_without_a_subscription(void **state)
{
    struct slot_watch watch = {0};
    uint64_t slot;

    now_ms = 1000;
    slot = look_on(&watch, 500, 60000);
    assert_int_equal(watch.slot, slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_gone_by_before_two_looks_agree),
        cmocka_unit_test(test_one_wrong_look_moves_nothing),
        cmocka_unit_test(test_a_first_look_that_is_wrong_is_forgotten),
        cmocka_unit_test(test_a_slot_believed_wrongly_is_taken_back),
        cmocka_unit_test(
            test_what_an_earlier_life_knew_makes_a_slot_sure_at_once),
        cmocka_unit_test(test_a_slot_that_the_time_does_not_allow_is_not_sure),
        cmocka_unit_test(test_another_chain_is_believed_after_a_while),
        cmocka_unit_test(test_looks_lead_on_without_a_subscription),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
