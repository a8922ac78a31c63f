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

static void test_a_plain_fetch_is_a_get_that_follows_redirects(void **state)
{
    assert_int_equal(read_form("{\"url\":\"https://h/p\"}"), 0);
    assert_string_equal(form.request.url, "https://h/p");
    assert_string_equal(form.request.method, "GET");
    assert_true(form.request.redirects_max > 0);
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

static void test_redirect_manual_and_error_do_not_follow(void **state)
{
    assert_int_equal(
        read_form("{\"url\":\"http://h\",\"redirect\":\"manual\"}"), 0);
    assert_int_equal(form.request.redirects_max, 0);
    assert_false(form.is_redirect_error);
    assert_int_equal(read_form("{\"url\":\"http://h\",\"redirect\":\"error\"}"),
                     0);
    assert_int_equal(form.request.redirects_max, 0);
    assert_true(form.is_redirect_error);
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

static void test_an_answer_has_lower_case_names_and_bare_values(void **state)
{
    struct http_response response = {.status = 200};
    struct buffer json = {0};

    response.url = mem_text("http://h/");
    buffer_text(&response.headers,
                "HTTP/1.1 200 OK\r\nContent-Type:  text/a\r\n"
                "X-Two: b\r\n\r\n");
    assert_int_equal(fetch_form_answer(&response, true, &json), 0);
    assert_string_equal(
        buffer_string(&json),
        "{\"status\":200,\"statusText\":\"\",\"url\":\"http://h/\","
        "\"headers\":[[\"content-type\",\"text/a\"],[\"x-two\",\"b\"]]}");

    response.status = 302;
    buffer_clear(&json);
    assert_int_equal(fetch_form_answer(&response, true, &json), ERR_DENIED);
    assert_int_equal(fetch_form_answer(&response, false, &json), 0);
    buffer_free(&json);
    http_response_free(&response);
}

#define FORM_TEST(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORM_TEST(test_a_plain_fetch_is_a_get_that_follows_redirects),
        FORM_TEST(test_headers_travel_in_order),
        FORM_TEST(test_redirect_manual_and_error_do_not_follow),
        FORM_TEST(test_what_a_task_must_not_ask_for_is_refused),
        FORM_TEST(test_too_many_headers_are_refused),
        FORM_TEST(test_an_answer_has_lower_case_names_and_bare_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
