#include "fixture.h"

#include "base/clock.h"
#include "storage/keep/collection.h"
#include "storage/keep/pin.h"

static const struct pubkey task_a = {{1}}, task_b = {{2}};

static void test_evidence_is_kept_until_round_r_plus_3_has_ended(void **state)
{
    struct pin_owner owner = retention_round(&task_a, 7, 0);

    assert_int_equal(retention_last_round(&owner), 10);
    for (uint64_t round = 0; round <= 10; round++)
        assert_false(retention_has_ended(&owner, &task_a, round));
    assert_true(retention_has_ended(&owner, &task_a, 11));
    assert_true(retention_has_ended(&owner, &task_a, UINT64_MAX));
}

static void test_a_task_can_ask_for_more_rounds_not_for_fewer(void **state)
{
    struct pin_owner owner = retention_round(&task_a, 7, 5);

    assert_int_equal(retention_last_round(&owner), 12);
    owner.rounds = 1;
    assert_int_equal(retention_last_round(&owner), 10);
    owner.rounds = UINT32_MAX;
    assert_int_equal(retention_last_round(&owner), 7 + RETENTION_ROUNDS_MAX);
    owner.round = UINT64_MAX - 1;
    assert_int_equal(retention_last_round(&owner), UINT64_MAX);
}

static void test_other_owners_do_not_end_with_a_round(void **state)
{
    struct pin_owner user = retention_user();
    struct pin_owner task = retention_task(&task_a);
    struct pin_owner other = retention_round(&task_b, 1, 0);

    assert_false(retention_has_ended(&user, &task_a, UINT64_MAX));
    assert_false(retention_has_ended(&task, &task_a, UINT64_MAX));
    assert_false(retention_has_ended(&other, &task_a, UINT64_MAX));
}

static int count_pin(void *user, const struct pin *pin)
{
    ++*(unsigned *)user;
    return 0;
}

static unsigned count_pins(struct store *store)
{
    unsigned count = 0;

    assert_ok(pin_each(store, count_pin, &count));
    return count;
}

static void test_pins_end_with_the_rounds_and_survive_a_restart(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cid = fixture_put(store, 100, 1);
    struct pin_owner owner;
    uint64_t ended;

    for (uint64_t round = 0; round < 10; round++) {
        owner = retention_round(&task_a, round, 0);
        assert_ok(pin_add(store, &cid, &owner, "evidence"));
        owner = retention_round(&task_b, round, 0);
        assert_ok(pin_add(store, &cid, &owner, NULL));
    }
    store_close(store);
    store = fixture_store(folder, 0);
    assert_int_equal(count_pins(store), 20);
    /* A node that was away for some rounds catches up in one step. */
    assert_ok(pin_round_began(store, &task_a, 8, 0, &ended));
    assert_int_equal(ended, 5);
    assert_ok(pin_round_began(store, &task_a, 8, 0, &ended));
    assert_int_equal(ended, 0);
    assert_int_equal(count_pins(store), 15);
    owner = retention_task(&task_b);
    assert_ok(pin_add(store, &cid, &owner, "code"));
    assert_ok(pin_task_forgotten(store, &task_b, &ended));
    assert_int_equal(ended, 11);
    assert_int_equal(count_pins(store), 5);
    store_close(store);
    fixture_remove(folder);
}

/* However long rounds are, and whatever they do. */
static void test_pins_of_days_end_with_their_days(void **state)
{
    const uint64_t day_ms = 24ull * 3600 * 1000;
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cid = fixture_put(store, 100, 1);
    struct pin_owner owner = retention_days(&task_a, 7, 30);
    uint64_t now_ms = clock_unix_ms(), ended, bytes;

    assert_int_equal(retention_until_ms(&owner, 5), 5 + 30 * day_ms);
    assert_int_equal(retention_until_ms(&owner, UINT64_MAX - 1), UINT64_MAX);
    assert_ok(pin_add(store, &cid, &owner, "evidence"));
    owner = retention_round(&task_a, 7, 0);
    assert_int_equal(retention_until_ms(&owner, 5), UINT64_MAX);
    assert_ok(pin_add(store, &cid, &owner, "evidence"));
    assert_ok(pin_task_bytes(store, &task_a, &bytes));
    assert_ok(pin_round_began(store, &task_a, 100000, now_ms, &ended));
    assert_int_equal(ended, 1);
    assert_ok(pin_round_began(store, &task_b, 1, now_ms + 31 * day_ms, &ended));
    assert_int_equal(ended, 0);
    assert_ok(pin_round_began(store, &task_a, 8, now_ms + 31 * day_ms, &ended));
    assert_int_equal(ended, 1);
    assert_int_equal(count_pins(store), 0);
    store_close(store);
    fixture_remove(folder);
}

static int check_pin(void *user, const struct pin *pin)
{
    const struct cid *cid = user;

    assert_true(cid_equal(&pin->root, cid));
    assert_int_equal(pin->owner.kind, PIN_ROUND);
    assert_true(pubkey_equal(&pin->owner.task, &task_a));
    assert_int_equal(pin->owner.round, 0x1122334455);
    assert_int_equal(pin->owner.rounds, 6);
    assert_string_equal(pin->name, "evidence");
    assert_true(pin->unix_ms > 1600000000000);
    return 0;
}

static void test_a_pin_reads_back_as_it_was_written(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct cid cid = fixture_put(store, 100, 1);
    struct pin_owner owner = retention_round(&task_a, 0x1122334455, 6);

    assert_ok(pin_add(store, &cid, &owner, "first name"));
    assert_ok(pin_add(store, &cid, &owner, "evidence"));
    assert_int_equal(count_pins(store), 1);
    assert_ok(pin_each(store, check_pin, &cid));
    assert_ok(pin_remove(store, &cid, &owner));
    assert_int_equal(pin_remove(store, &cid, &owner), ERR_NOT_FOUND);
    store_close(store);
    fixture_remove(folder);
}

static void test_a_dag_with_a_hole_is_not_pinned(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct pin_owner owner = retention_user();
    struct cid missing;

    cid_of(1, CID_RAW, bytes_text("nowhere"), &missing);
    assert_int_equal(pin_add(store, &missing, &owner, NULL), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), CID_TEXT(&missing)));
    assert_int_equal(count_pins(store), 0);
    store_close(store);
    fixture_remove(folder);
}

static void test_a_name_too_long_is_refused(void **state)
{
    char *folder = fixture_folder();
    struct store *store = fixture_store(folder, 0);
    struct pin_owner owner = retention_user();
    struct cid cid = fixture_put(store, 10, 1);
    char name[PIN_NAME_MAX + 2];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    assert_int_equal(pin_add(store, &cid, &owner, name), ERR_LIMIT);
    assert_ok(pin_add(store, &cid, &owner, name + 1));
    store_close(store);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_is_kept_until_round_r_plus_3_has_ended),
        cmocka_unit_test(test_a_task_can_ask_for_more_rounds_not_for_fewer),
        cmocka_unit_test(test_other_owners_do_not_end_with_a_round),
        cmocka_unit_test(test_pins_end_with_the_rounds_and_survive_a_restart),
        cmocka_unit_test(test_pins_of_days_end_with_their_days),
        cmocka_unit_test(test_a_pin_reads_back_as_it_was_written),
        cmocka_unit_test(test_a_dag_with_a_hole_is_not_pinned),
        cmocka_unit_test(test_a_name_too_long_is_refused),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
