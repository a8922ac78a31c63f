#include "test.h"

#include "base/error.h"
#include "node/owner/preference.h"

#define KOII 1000000000ull

static int change(const char *json, struct preferences *preferences,
                  const char **wrong)
{
    struct json_object *object = NULL;

    assert_ok(json_parse(bytes_text(json), &object));
    int status = preferences_change(object, preferences, wrong);

    json_object_put(object);
    return status;
}

static void test_what_is_named_is_changed_and_null_is_the_default(void **state)
{
    struct preferences it;

    preferences_default(&it);
    assert_ok(change("{\"name\":\"Zuhause \xC3\xA4\",\"claim_from\":"
                     "\"5000000000\",\"auto_upgrade\":true,\"idle_minutes\":"
                     "30,\"idle_then\":\"lock\",\"other\":[]}",
                     &it, NULL));
    assert_string_equal(it.name, "Zuhause \xC3\xA4");
    assert_int_equal(it.claim_from_roe, 5 * KOII);
    assert_true(it.auto_upgrade);
    assert_int_equal(it.idle_minutes, 30);
    assert_true(it.idle_locks);
    assert_int_equal(it.balance_low_roe, PREFERENCE_LOW_DEFAULT);
    assert_ok(change("{\"balance_low\":\"9\",\"balance_critical\":\"9\"}", &it,
                     NULL));
    assert_ok(change("{\"name\":null,\"claim_from\":null,\"auto_upgrade\":null,"
                     "\"balance_low\":null,\"balance_critical\":null,"
                     "\"idle_minutes\":null,\"idle_then\":null}",
                     &it, NULL));
    struct preferences fresh;

    preferences_default(&fresh);
    assert_memory_equal(&it.claim_from_roe, &fresh.claim_from_roe,
                        sizeof(it.claim_from_roe));
    assert_string_equal(it.name, "");
    assert_false(it.auto_upgrade);
    assert_int_equal(it.balance_critical_roe, PREFERENCE_CRITICAL_DEFAULT);
    assert_false(it.idle_locks);
}

static void test_a_wrong_one_is_named_and_changes_nothing(void **state)
{
    static const struct {
        const char *json, *wrong;
    } cases[] = {
        {"{\"auto_upgrade\":true,\"claim_from\":5}", "claim_from"},
        {"{\"claim_from\":\"-5\"}", "claim_from"},
        {"{\"claim_from\":\"5x\"}", "claim_from"},
        {"{\"claim_from\":\"\"}", "claim_from"},
        {"{\"claim_from\":\"10000000000000000000\"}", "claim_from"},
        {"{\"auto_upgrade\":1}", "auto_upgrade"},
        {"{\"name\":7}", "name"},
        {"{\"name\":\"a\\u0000b\"}", "name"},
        {"{\"name\":\"a\\nb\"}", "name"},
        {"{\"name\":\"0123456789012345678901234567890123456789"
         "0123456789012345678901234\"}",
         "name"},
        {"{\"idle_minutes\":1441}", "idle_minutes"},
        {"{\"idle_minutes\":\"5\"}", "idle_minutes"},
        {"{\"idle_then\":\"explode\"}", "idle_then"},
        /* The default of the other is 0.2. */
        {"{\"balance_critical\":\"200000001\"}", "balance_critical"},
        {"{\"balance_low\":\"5\"}", "balance_critical"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *wrong = NULL;
        struct preferences it;

        preferences_default(&it);
        assert_int_equal(change(cases[i].json, &it, &wrong), ERR_INVALID);
        assert_string_equal(wrong, cases[i].wrong);
        assert_false(it.auto_upgrade);
        assert_string_equal(it.name, "");
        assert_int_equal(it.balance_low_roe, PREFERENCE_LOW_DEFAULT);
    }
}

static void test_what_is_kept_is_read_again(void **state)
{
    const struct preference_options options = {.claim_from_roe = 3,
                                               .auto_upgrade = true};
    struct preferences it, again;
    struct preference_options options_again;
    char before[PREFERENCE_VERSION_SIZE], after[PREFERENCE_VERSION_SIZE];
    struct buffer text = {0};

    preferences_default(&it);
    preferences_version(&it, before);
    assert_ok(change("{\"name\":\"x\",\"balance_low\":\"18\","
                     "\"balance_critical\":\"17\"}",
                     &it, NULL));
    preferences_version(&it, after);
    assert_string_not_equal(before, after);
    preferences_keep(&it, &options, &text);
    assert_ok(preferences_read(buffer_view(&text), &again, &options_again));
    preferences_version(&again, before);
    assert_string_equal(before, after);
    assert_int_equal(options_again.claim_from_roe, 3);
    assert_true(options_again.auto_upgrade);
    assert_int_equal(options_again.balance_low_roe, 0);
    assert_int_equal(preferences_read(bytes_text("{\"name\":\"y\"}"), &again,
                                      &options_again),
                     ERR_NOT_FOUND);
    assert_string_equal(again.name, "x");
    buffer_free(&text);
}

/* One start after the other: what the options say, and what the operator sets
 * in between. */
static void test_the_newer_word_counts(void **state)
{
    struct preference_options none = {0}, one = {.claim_from_roe = KOII},
                              two = {.claim_from_roe = 2 * KOII};
    struct preferences it;

    preferences_default(&it);
    preferences_start(&it, &none, &one);
    assert_int_equal(it.claim_from_roe, KOII);
    assert_int_equal(it.balance_low_roe, PREFERENCE_LOW_DEFAULT);
    /* The same option again does not take back what was set. */
    assert_ok(change("{\"claim_from\":\"7\"}", &it, NULL));
    preferences_start(&it, &one, &one);
    assert_int_equal(it.claim_from_roe, 7);
    /* Another one is newer. */
    preferences_start(&it, &one, &two);
    assert_int_equal(it.claim_from_roe, 2 * KOII);
    /* One that is left out takes with it what it had set, */
    preferences_start(&it, &two, &none);
    assert_int_equal(it.claim_from_roe, 0);
    /* and not what was set after it. */
    preferences_start(&it, &none, &two);
    assert_ok(change("{\"claim_from\":\"7\"}", &it, NULL));
    preferences_start(&it, &two, &none);
    assert_int_equal(it.claim_from_roe, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_named_is_changed_and_null_is_the_default),
        cmocka_unit_test(test_a_wrong_one_is_named_and_changes_nothing),
        cmocka_unit_test(test_what_is_kept_is_read_again),
        cmocka_unit_test(test_the_newer_word_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
