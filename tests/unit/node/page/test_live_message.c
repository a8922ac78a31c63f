/* What a page may say. */
#include "../../test.h"

#include "base/error.h"
#include "node/page/live_message.h"

static struct live_message read_ok(const char *text)
{
    struct live_message message;

    assert_ok(live_message_read(bytes_text(text), &message));
    return message;
}

static void test_the_four_messages_are_read(void **state)
{
    struct live_message message =
        read_ok("{\"type\":\"hello\",\"key\":\"abc\",\"build\":\"3f9a2c\"}");

    assert_int_equal(message.type, LIVE_HELLO);
    assert_string_equal(message.key, "abc");
    message = read_ok("{\"type\":\"watch\",\"topic\":\"task/X\",\"more\":1}");
    assert_int_equal(message.type, LIVE_WATCH);
    assert_string_equal(message.topic, "task/X");
    message = read_ok("{\"type\":\"unwatch\",\"topic\":\"tasks\"}");
    assert_int_equal(message.type, LIVE_UNWATCH);
    message = read_ok("{\"type\":\"quiet\",\"on\":true}");
    assert_int_equal(message.type, LIVE_QUIET);
    assert_true(message.is_on);
}

static void test_what_is_none_of_them_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "\"hello\"",
        "{\"type\":1}",
        "{\"type\":\"shout\"}",
        "{\"type\":\"hello\"}",
        "{\"type\":\"hello\",\"key\":5}",
        "{\"type\":\"hello\",\"key\":\"\"}",
        "{\"type\":\"quiet\",\"on\":1}",
        "{\"type\":\"watch\",\"topic\":null}",
        "{\"type\":\"watch\",\"topic\":\"tasks\",\"topic\":\"node\"}",
        "{\"type\":\"watch\",\"topic\":\"tasks\"} {}",
        ("{\"type\":\"hello\",\"key\":\"01234567890123456789012345678901234567"
         "890123456789012345678901234\"}"),
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    struct live_message message;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (live_message_read(bytes_text(texts[i]), &message) != ERR_INVALID)
            fail_msg("%s was taken", texts[i]);
    char *long_text = calloc(1, LIVE_MESSAGE_MAX + 2);
    memset(long_text, ' ', LIVE_MESSAGE_MAX + 1);
    memcpy(long_text, "{\"type\":\"quiet\",\"on\":true}", 26);
    assert_int_equal(live_message_read(bytes_text(long_text), &message),
                     ERR_INVALID);
    free(long_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_four_messages_are_read),
        cmocka_unit_test(test_what_is_none_of_them_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
