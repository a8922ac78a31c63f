#include "test.h"

#include "base/error.h"
#include "node/owner/traffic_book.h"

static void test_only_what_a_counter_grows_by_counts(void **state)
{
    struct traffic_book book = {0};

    traffic_book_look(&book, 20261130, "eth0", 1000000);
    assert_int_equal(book.day_bytes, 0);
    traffic_book_look(&book, 20261130, "eth0", 1000700);
    traffic_book_look(&book, 20261130, "eth0", 1000900);
    assert_int_equal(book.day_bytes, 900);
    assert_int_equal(book.month_bytes, 900);
}

static void test_a_counter_that_fell_has_begun_anew(void **state)
{
    struct traffic_book book = {0};

    traffic_book_look(&book, 20261130, "eth0", 5000);
    traffic_book_look(&book, 20261130, "eth0", 300);
    assert_int_equal(book.day_bytes, 300);
}

static void test_another_interface_begins_with_its_next_look(void **state)
{
    struct traffic_book book = {0};

    traffic_book_look(&book, 20261130, "eth0", 100);
    traffic_book_look(&book, 20261130, "eth0", 150);
    traffic_book_look(&book, 20261130, "wwan0", 9000000);
    assert_int_equal(book.day_bytes, 50);
    traffic_book_look(&book, 20261130, "", 0);
    traffic_book_look(&book, 20261130, "wwan0", 9000025);
    assert_int_equal(book.day_bytes, 75);
}

static void test_days_and_months_begin_at_nothing(void **state)
{
    struct traffic_book book = {0};

    traffic_book_look(&book, 20261129, "eth0", 0);
    traffic_book_look(&book, 20261129, "eth0", 40);
    /* What went by around midnight is of neither day. */
    traffic_book_look(&book, 20261130, "eth0", 50);
    assert_int_equal(book.day_bytes, 0);
    assert_int_equal(book.month_bytes, 50);
    traffic_book_look(&book, 20261130, "eth0", 60);
    assert_int_equal(book.day_bytes, 10);
    traffic_book_look(&book, 20261201, "eth0", 70);
    assert_int_equal(book.day_bytes, 0);
    assert_int_equal(book.month_bytes, 0);
    /* Of another year. */
    traffic_book_look(&book, 20261201, "eth0", 75);
    traffic_book_look(&book, 20271201, "eth0", 80);
    assert_int_equal(book.month_bytes, 0);
}

static void test_json_goes_there_and_back(void **state)
{
    struct traffic_book book = {0}, again = {0};
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    struct json_object *tree = NULL;

    traffic_book_look(&book, 20261130, "eth0", 1);
    traffic_book_look(&book, 20261130, "eth0", 12);
    traffic_book_write(&book, &writer);
    assert_ok(json_parse(buffer_view(&text), &tree));
    assert_ok(traffic_book_read(tree, &again));
    /* A node that was away has missed nothing of the same day. */
    traffic_book_look(&again, 20261130, "eth0", 20);
    assert_int_equal(again.day_bytes, 19);
    json_object_put(tree);
    buffer_free(&text);

    static const char *const bad[] = {
        "7", "{}",
        "{\"day\":1,\"day_bytes\":1,\"month_bytes\":1,\"counter\":1,"
        "\"interface\":\"a name of no interface\"}",
        "{\"day\":5000000000,\"day_bytes\":1,\"month_bytes\":1,\"counter\":1,"
        "\"interface\":\"eth0\"}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_ok(json_parse(bytes_text(bad[i]), &tree));
        assert_int_equal(traffic_book_read(tree, &book), ERR_INVALID);
        assert_int_equal(book.day_bytes, 11);
        json_object_put(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_a_counter_grows_by_counts),
        cmocka_unit_test(test_a_counter_that_fell_has_begun_anew),
        cmocka_unit_test(test_another_interface_begins_with_its_next_look),
        cmocka_unit_test(test_days_and_months_begin_at_nothing),
        cmocka_unit_test(test_json_goes_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
