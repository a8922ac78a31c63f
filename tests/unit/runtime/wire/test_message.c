#include "base/error.h"
#include "runtime/wire/message.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_message(struct message_reader *reader, const char *head,
                           const char *payload)
{
    struct message message;
    bool more;
    assert_int_equal(message_reader_next(reader, &message, &more), 0);
    assert_true(more);
    assert_true(bytes_equal(message.head, bytes_text(head)));
    assert_true(bytes_equal(message.payload, bytes_text(payload)));
}

static void expect_no_message(struct message_reader *reader)
{
    struct message message;
    bool more = true;
    assert_int_equal(message_reader_next(reader, &message, &more), 0);
    assert_false(more);
}

static void test_messages_come_out_as_they_went_in(void **state)
{
    struct buffer stream = {0};
    struct message_reader reader = {0};
    message_write(&stream, bytes_text("{\"a\":1}"), bytes_text(""));
    message_write(&stream, bytes_text("{}"), bytes_text("payload"));
    message_reader_add(&reader, buffer_view(&stream));
    expect_message(&reader, "{\"a\":1}", "");
    expect_message(&reader, "{}", "payload");
    expect_no_message(&reader);
    assert_int_equal(reader.taken, reader.received.size);
    message_reader_free(&reader);
    buffer_free(&stream);
}

static void test_messages_may_come_byte_by_byte(void **state)
{
    struct buffer stream = {0};
    struct message_reader reader = {0};
    message_write(&stream, bytes_text("{}"), bytes_text("xyz"));
    for (size_t i = 0; i + 1 < stream.size; i++) {
        message_reader_add(&reader, bytes_make(stream.data + i, 1));
        expect_no_message(&reader);
    }
    message_reader_add(&reader, bytes_make(stream.data + stream.size - 1, 1));
    expect_message(&reader, "{}", "xyz");
    message_reader_free(&reader);
    buffer_free(&stream);
}

static void test_prefix_is_big_endian(void **state)
{
    struct buffer stream = {0};
    static const uint8_t expected[] = {0, 0, 0, 2, 0, 0, 1, 0, '{', '}'};
    message_write_prefix(&stream, bytes_text("{}"), 256);
    assert_int_equal(stream.size, sizeof(expected));
    assert_memory_equal(stream.data, expected, sizeof(expected));
    buffer_free(&stream);
}

static void expect_broken(size_t head_max, size_t payload_max,
                          const uint8_t prefix[MESSAGE_PREFIX_SIZE], int code)
{
    struct message_reader reader = {.head_max = head_max,
                                    .payload_max = payload_max};
    struct message message;
    bool more;
    message_reader_add(&reader, bytes_make(prefix, MESSAGE_PREFIX_SIZE));
    /* Refused before the rest is waited for. */
    assert_int_equal(message_reader_next(&reader, &message, &more), code);
    assert_false(more);
    message_reader_free(&reader);
}

static void test_sizes_beyond_the_limits_are_refused_at_once(void **state)
{
    expect_broken(0, 0, (uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0}, ERR_INVALID);
    expect_broken(0, 0, (uint8_t[]){0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
                  ERR_LIMIT);
    expect_broken(0, 0, (uint8_t[]){0, 0, 0, 2, 4, 0, 0, 1}, ERR_LIMIT);
    expect_broken(10, 0, (uint8_t[]){0, 0, 0, 11, 0, 0, 0, 0}, ERR_LIMIT);
    expect_broken(0, 5, (uint8_t[]){0, 0, 0, 1, 0, 0, 0, 6}, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_come_out_as_they_went_in),
        cmocka_unit_test(test_messages_may_come_byte_by_byte),
        cmocka_unit_test(test_prefix_is_big_endian),
        cmocka_unit_test(test_sizes_beyond_the_limits_are_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
