/* What a task gives as an HTTP answer, and what becomes of it. The server's
 * handler takes the body that it is sent for the task's words. */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "node/route_form.h"

#include <stdlib.h>

static void answer(void *user, struct http_exchange *exchange)
{
    struct buffer head = {0};

    buffer_bytes(&head, http_body(exchange));
    if (route_form_answer(exchange, buffer_string(&head),
                          bytes_make("b\0\xff", 3), NULL))
        http_answer_text(exchange, 502, "%s", err_text());
    buffer_free(&head);
}

static void ask(const char *head, struct http_response *response)
{
    const struct http_server_options options = {.handler = answer};
    struct http_server *server;

    assert_ok(http_server_start(&options, &server));
    char *url =
        mem_format("http://127.0.0.1:%u/", (unsigned)http_server_port(server));
    const struct http_request request = {
        .url = url, .method = "POST", .body = bytes_text(head)};
    *response = (struct http_response){0};
    assert_ok(http_client_wait(&address_rule_any, &request, response));
    free(url);
    http_server_stop(server);
}

static void test_what_is_no_answer_is_said_to_be_none(void **state)
{
    static const char *const heads[] = {
        "null",
        "5",
        "[]",
        "{}",
        "{",
        "{\"status\":200}",
        "{\"status\":200,\"headers\":{}}",
        "{\"status\":\"200\",\"headers\":[]}",
        "{\"status\":199,\"headers\":[]}",
        "{\"status\":1000,\"headers\":[]}",
        "{\"status\":-1,\"headers\":[]}",
        "{\"status\":18446744073709551616,\"headers\":[]}",
    };

    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct http_response response;

        ask(heads[i], &response);
        assert_int_equal(response.status, 502);
        http_response_free(&response);
    }
}

static void test_headers_that_would_break_the_answer_are_left_out(void **state)
{
    struct http_response response;

    ask("{\"status\":201,\"headers\":[[\"X-A\",\"\xc3\xa9\"],5,[],[\"X-B\"],"
        "[\"X-C\",5],[\"X-D\",\"\xe2\x98\x83\"],[\"X-E\",\"a\\r\\nX-F: b\"],"
        "[\"X-G\\u0000\",\"g\"],[\"X-H\",\"a\\u0000b\"],[\"X I\",\"i\"],"
        "[\"Content-Length\",\"1\"],[\"Transfer-Encoding\",\"chunked\"],"
        "[\"Connection\",\"close\"],[\"X-J\",\"\"],[5,\"k\"],[\"X-L\",\"l\"]]}",
        &response);
    assert_int_equal(response.status, 201);
    assert_true(
        bytes_equal(buffer_view(&response.body), bytes_make("b\0\xff", 3)));
    assert_true(bytes_equal(http_response_header(&response, "X-A"),
                            bytes_text("\xe9")));
    assert_true(
        bytes_equal(http_response_header(&response, "X-L"), bytes_text("l")));
    assert_non_null(http_response_header(&response, "X-J").data);
    for (const char *name = "BCDEFGH"; *name; name++) {
        const char header[] = {'X', '-', *name, '\0'};

        assert_null(http_response_header(&response, header).data);
    }
    assert_true(bytes_equal(http_response_header(&response, "Content-Length"),
                            bytes_text("3")));
    assert_true(bytes_equal(
        http_response_header(&response, "Access-Control-Allow-Origin"),
        bytes_text("*")));
    http_response_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_answer_is_said_to_be_none),
        cmocka_unit_test(test_headers_that_would_break_the_answer_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
