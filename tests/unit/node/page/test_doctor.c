/* Lines of `pond doctor` as the page gets them. */
#include "../../test.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/page/doctor.h"

#include <stdlib.h>

static void check(const char *output, size_t count, const char *expected)
{
    struct json_object *items = json_object_new_array(), *wanted = NULL;

    assert_int_equal(doctor_read(bytes_text(output), items), count);
    assert_ok(json_parse(bytes_text(expected), &wanted));
    if (!json_object_equal(items, wanted))
        fail_msg("%s", json_object_to_json_string(items));
    json_object_put(items);
    json_object_put(wanted);
}

static void test_a_check_is_a_line(void **state)
{
    check("{\"check\":\"a\",\"verdict\":\"good\",\"text\":\"b\"}\n"
          "{\"check\":\"c\",\"verdict\":\"bad\",\"text\":\"d\",\"fix\":\"e\"}",
          2,
          "[{\"id\":\"a\",\"level\":\"good\",\"text\":\"b\"},"
          "{\"id\":\"c\",\"level\":\"bad\",\"text\":\"d\",\"fix\":\"e\"}]");
}

static void test_what_is_no_check_is_left_out(void **state)
{
    check("", 0, "[]");
    check("\n\n{}\n[]\nnull\n\"x\"\nwords\n{\"check\":\"a\"}\n", 0, "[]");
    check("{\"check\":\"a\",\"verdict\":\"fine\",\"text\":\"b\"}\n"
          "{\"check\":1,\"verdict\":\"good\",\"text\":\"b\"}\n"
          "{\"check\":\"a\",\"verdict\":\"warning\",\"text\":\"b\",\"fix\":7}\n"
          "{\"check\":\"a\",\"verdict\":\"good\",\"te",
          1, "[{\"id\":\"a\",\"level\":\"warning\",\"text\":\"b\"}]");
}

static void test_there_are_no_more_than_can_be_read(void **state)
{
    struct buffer output = {0};
    struct json_object *items = json_object_new_array();

    for (int i = 0; i < 5000; i++)
        buffer_text(&output, "{\"check\":\"a\",\"verdict\":\"good\",\"text\":"
                             "\"b\"}\n");
    assert_int_equal(doctor_read(buffer_view(&output), items), 100);
    buffer_free(&output);
    json_object_put(items);
}

static void test_a_doctor_that_was_never_asked_says_so(void **state)
{
    struct doctor *doctor = doctor_new(NULL, NULL, NULL);
    struct json_object *shown = doctor_write(doctor);

    assert_string_equal(
        json_object_to_json_string_ext(shown, JSON_C_TO_STRING_PLAIN),
        "{\"state\":\"none\"}");
    json_object_put(shown);
    doctor_free(doctor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_check_is_a_line),
        cmocka_unit_test(test_what_is_no_check_is_left_out),
        cmocka_unit_test(test_there_are_no_more_than_can_be_read),
        cmocka_unit_test(test_a_doctor_that_was_never_asked_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
