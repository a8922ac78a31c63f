/* Orders that come twice. */
#include "../../test.h"

#include "node/page/api_repeat.h"

#include <stdio.h>

#define NOW 1800000000000ull

static const struct hash one = {.bytes = {1}}, two = {.bytes = {2}};

static const char key[] = "123e4567-e89b-12d3-a456-426614174000";

static void test_a_key_is_a_uuid(void **state)
{
    assert_true(api_repeat_is_key(key));
    assert_true(api_repeat_is_key("123E4567-E89B-12D3-A456-426614174000"));
    assert_false(api_repeat_is_key(""));
    assert_false(api_repeat_is_key("123e4567-e89b-12d3-a456-42661417400"));
    assert_false(api_repeat_is_key("123e4567-e89b-12d3-a456-4266141740000"));
    assert_false(api_repeat_is_key("123e4567ee89b-12d3-a456-426614174000"));
    assert_false(api_repeat_is_key("123e4567-e89b-12d3-a456-42661417400g"));

    char *name = api_repeat_name("123E4567-E89B-12D3-A456-426614174000");
    assert_string_equal(name, "123e4567-e89b-12d3-a456-426614174000");
    free(name);
}

static void test_the_same_order_waits_and_gets_the_answer(void **state)
{
    struct api_repeats *repeats = api_repeats_new();
    struct api_repeat_entry *first, *second;

    assert_int_equal(api_repeats_find(repeats, 1, key, &one, NOW, &first),
                     API_REPEAT_NEW);
    assert_int_equal(api_repeats_find(repeats, 1, key, &one, NOW, &second),
                     API_REPEAT_WAIT);
    assert_ptr_equal(first, second);
    first->is_done = true;
    buffer_text(&first->answer, "{}");
    assert_int_equal(api_repeats_find(repeats, 1, key, &one,
                                      NOW + API_REPEAT_MS - 1, &second),
                     API_REPEAT_DONE);
    assert_int_equal(api_repeats_find(repeats, 1, key, &two, NOW + 5, &second),
                     API_REPEAT_OTHER);
    /* Another session's key is another key. */
    assert_int_equal(api_repeats_find(repeats, 2, key, &one, NOW + 5, &second),
                     API_REPEAT_NEW);
    api_repeats_drop(second);
    assert_int_equal(
        api_repeats_find(repeats, 1, key, &one, NOW + API_REPEAT_MS, &second),
        API_REPEAT_NEW);
    api_repeats_free(repeats);
}

static void test_one_under_way_does_not_give_way(void **state)
{
    struct api_repeats *repeats = api_repeats_new();
    struct api_repeat_entry *first, *entry;
    char other[API_REPEAT_KEY_SIZE + 1];

    assert_int_equal(api_repeats_find(repeats, 1, key, &one, NOW, &first),
                     API_REPEAT_NEW);
    for (unsigned i = 0; i < 2 * API_REPEATS_MAX; i++) {
        snprintf(other, sizeof(other), "00000000-0000-0000-0000-%012u", i);
        assert_int_equal(
            api_repeats_find(repeats, 1, other, &one, NOW + 1 + i, &entry),
            API_REPEAT_NEW);
        entry->is_done = true;
    }
    assert_int_equal(api_repeats_find(repeats, 1, key, &one, NOW, &entry),
                     API_REPEAT_WAIT);
    assert_int_equal(api_repeats_find(repeats, 1, other, &one, NOW, &entry),
                     API_REPEAT_DONE);
    assert_int_equal(api_repeats_find(repeats, 1,
                                      "00000000-0000-0000-0000-000000000000",
                                      &one, NOW, &entry),
                     API_REPEAT_NEW);
    api_repeats_free(repeats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_a_uuid),
        cmocka_unit_test(test_the_same_order_waits_and_gets_the_answer),
        cmocka_unit_test(test_one_under_way_does_not_give_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
