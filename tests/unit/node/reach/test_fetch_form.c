#include "base/error.h"
#include "base/memory.h"
#include "node/reach/fetch_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fetch_form form;
static struct json_object *what;

static int read_form(const char *json)
{
    fetch_form_free(&form);
    json_object_put(what);
    assert_int_equal(json_parse(bytes_text(json), &what), 0);
    return fetch_form_request(what, (struct bytes){0}, &form);
}

static int forget(void **state)
{
    fetch_form_free(&form);
    json_object_put(what);
    what = NULL;
    return 0;
}

static void test_a_plain_fetch_is_a_get_without_a_body(void **state)
{
    assert_int_equal(read_form("{\"url\":\"https://h/p\"}"), 0);
    assert_string_equal(form.request.url, "https://h/p");
    assert_string_equal(form.request.method, "GET");
    assert_null(form.request.body.data);
    assert_true(form.request.limit_bytes > 0);
    assert_true(form.request.timeout_ms > 0);
    assert_null(form.request.headers[0]);
}

static void test_headers_travel_in_order(void **state)
{
    assert_int_equal(read_form("{\"url\":\"http://h\",\"method\":\"POST\","
                               "\"headers\":[[\"A\",\"1\"],[\"b\",\"\"]]}"),
                     0);
    assert_string_equal(form.request.method, "POST");
    assert_string_equal(form.request.headers[0], "A: 1");
    assert_string_equal(form.request.headers[1], "b: ");
    assert_null(form.request.headers[2]);
}

static void test_an_empty_body_is_not_the_same_as_none(void **state)
{
    assert_int_equal(
        read_form("{\"url\":\"http://h\",\"method\":\"POST\",\"body\":true}"),
        0);
    assert_non_null(form.request.body.data);
    assert_int_equal(form.request.body.size, 0);
    assert_int_equal(
        read_form("{\"url\":\"http://h\",\"method\":\"POST\",\"body\":false}"),
        0);
    assert_null(form.request.body.data);
}

static void test_a_character_of_a_header_value_is_a_byte(void **state)
{
    assert_int_equal(
        read_form("{\"url\":\"http://h\",\"headers\":"
                  "[[\"a\",\"\\u00e9\\u00ff\\u0080\"],[\"b\",\"x\\ty\"]]}"),
        0);
    assert_string_equal(form.request.headers[0], "a: \xe9\xff\x80");
    assert_string_equal(form.request.headers[1], "b: x\ty");
}

static void test_methods_are_tokens_in_their_own_case(void **state)
{
    assert_int_equal(
        read_form("{\"url\":\"http://h\",\"method\":\"M-search\"}"), 0);
    assert_string_equal(form.request.method, "M-search");
}

static void test_a_task_can_not_say_where_a_message_ends(void **state)
{
    assert_int_equal(read_form("{\"url\":\"http://h\",\"headers\":"
                               "[[\"content-length\",\"0\"],"
                               "[\"connection\",\"close\"],[\"a\",\"1\"]]}"),
                     0);
    assert_string_equal(form.request.headers[0], "a: 1");
    assert_null(form.request.headers[1]);
}

static void test_what_a_task_must_not_ask_for_is_refused(void **state)
{
    static const char *const refused[] = {
        "[]",
        "{}",
        "{\"url\":\"file:///etc/passwd\"}",
        "{\"url\":\"http://h\",\"method\":\"CONNECT\"}",
        "{\"url\":\"http://h\",\"method\":\"\"}",
        "{\"url\":\"http://h\",\"method\":\"GET / HTTP/1.1\"}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\",\"1\\r\\nb: 2\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a b\",\"1\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"\",\"1\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\",1]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\",\"\\u2603\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\",\"\\u0100\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\",\"x\\u0000y\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"a\\u0000\",\"x\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"\\u00e9\",\"x\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"Content-Length\",\"7\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"content-length\",\"\"]]}",
        ("{\"url\":\"http://h\",\"headers\":"
         "[[\"transfer-encoding\",\"chunked\"]]}"),
        "{\"url\":\"http://h\",\"headers\":[[\"upgrade\",\"x\"]]}",
        "{\"url\":\"http://h\",\"headers\":[[\"connection\",\"x-a\"]]}",
        "{\"url\":\"http://h\",\"method\":\"trace\"}",
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        if (read_form(refused[i]) >= 0)
            fail_msg("%s was taken", refused[i]);
    }
}

static void test_too_many_headers_are_refused(void **state)
{
    struct buffer json = {0};

    buffer_text(&json, "{\"url\":\"http://h\",\"headers\":[[\"a\",\"1\"]");
    for (int i = 0; i < FETCH_FORM_HEADERS_MAX; i++)
        buffer_text(&json, ",[\"a\",\"1\"]");
    buffer_text(&json, "]}");
    assert_int_equal(read_form(buffer_string(&json)), ERR_LIMIT);
    buffer_free(&json);
}

static void assert_answer(const char *lines, const char *expected)
{
    struct http_response response = {.status = 200};
    struct buffer json = {0};

    buffer_text(&response.headers, lines);
    fetch_form_answer(&response, NULL, &json);
    assert_string_equal(buffer_string(&json), expected);
    buffer_free(&json);
    http_response_free(&response);
}

static void test_an_answer_has_lower_case_names_and_bare_values(void **state)
{
    assert_answer(
        "HTTP/1.1 200 OK\r\nContent-Type:  text/a \t\r\n"
        "X-Two: b\r\nX-Two: c:d\r\nX-None:\r\n\r\n",
        "{\"status\":200,\"statusText\":\"OK\","
        "\"headers\":[[\"content-type\",\"text/a\"],[\"x-two\",\"b\"],"
        "[\"x-two\",\"c:d\"],[\"x-none\",\"\"]]}");
}

static void test_a_byte_of_an_answer_is_a_character(void **state)
{
    assert_answer("HTTP/1.1 200 Tr\xe8s bien\r\n"
                  "a: \xe9\r\nb: \xc3\xa9\xff\r\n\r\n",
                  "{\"status\":200,\"statusText\":\"Tr\xc3\xa8s bien\","
                  "\"headers\":[[\"a\",\"\xc3\xa9\"],"
                  "[\"b\",\"\xc3\x83\xc2\xa9\xc3\xbf\"]]}");
}

static void test_lines_that_are_no_headers_are_left_out(void **state)
{
    assert_answer("HTTP/1.1 200 OK\r\nno colon\r\n: nameless\r\nX Y: z\r\n"
                  "\xe9: b\r\na: b\r\n\r\n",
                  "{\"status\":200,\"statusText\":\"OK\","
                  "\"headers\":[[\"a\",\"b\"]]}");
}

static void test_a_folded_header_is_one(void **state)
{
    assert_answer("HTTP/1.1 200 OK\r\na: b\r\n\tc: d\r\n  e \r\nf:\r\n g\r\n"
                  "no colon\r\n h\r\n\r\n",
                  "{\"status\":200,\"statusText\":\"OK\","
                  "\"headers\":[[\"a\",\"b c: d e\"],[\"f\",\"g\"]]}");
}

static void test_an_answer_need_not_have_words(void **state)
{
    static const char none[] =
        "{\"status\":200,\"statusText\":\"\",\"headers\":[]}";

    assert_answer("HTTP/2 200 \r\n\r\n", none);
    assert_answer("HTTP/2 200\r\n\r\n", none);
    assert_answer("", none);
}

#define FORM_TEST(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORM_TEST(test_a_plain_fetch_is_a_get_without_a_body),
        FORM_TEST(test_headers_travel_in_order),
        FORM_TEST(test_an_empty_body_is_not_the_same_as_none),
        FORM_TEST(test_a_character_of_a_header_value_is_a_byte),
        FORM_TEST(test_methods_are_tokens_in_their_own_case),
        FORM_TEST(test_a_task_can_not_say_where_a_message_ends),
        FORM_TEST(test_what_a_task_must_not_ask_for_is_refused),
        FORM_TEST(test_too_many_headers_are_refused),
        FORM_TEST(test_an_answer_has_lower_case_names_and_bare_values),
        FORM_TEST(test_a_byte_of_an_answer_is_a_character),
        FORM_TEST(test_lines_that_are_no_headers_are_left_out),
        FORM_TEST(test_a_folded_header_is_one),
        FORM_TEST(test_an_answer_need_not_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
