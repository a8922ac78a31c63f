/* fetch() of a task, by the node: what it brings, and where it ends. */
#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "runner_fixture.h"

static void fetch(struct fixture *fixture, const char *params)
{
    unsigned answers = fixture->answers;

    fixture_request(fixture, "fetch", params, (struct bytes){0});
    fixture_settle(fixture);
    assert_int_equal(fixture->answers, answers + 1);
}

static char *params_for(const char *url)
{
    return mem_format(
        "[{\"url\":\"%s\",\"method\":\"GET\",\"headers\":[],\"body\":false}]",
        url);
}

static char *url_of(struct fixture *fixture)
{
    return mem_format("http://127.0.0.1:%u/page",
                      (unsigned)http_server_port(fixture->server));
}

/* An answer of any status is an answer; the body travels beside it. */
static void test_a_page_comes_with_its_status_and_its_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *answer;
    char *url = url_of(fixture), *params = params_for(url);
    uint64_t status;

    fixture_run(fixture);
    fetch(fixture, params);
    assert_int_equal(fixture->refused, 0);
    assert_ok(json_parse(buffer_view(&fixture->answer), &answer));
    assert_ok(json_get_u64(answer, "status", &status));
    assert_int_equal(status, 404);
    assert_non_null(strstr(buffer_string(&fixture->payload), "not here"));
    json_object_put(answer);
    free(params);
    free(url);
}

static void test_what_is_no_request_is_refused(void **state)
{
    static const char *const params[] = {
        "[null]",
        "[5]",
        "[{}]",
        "[{\"url\":5}]",
        "[{\"url\":\"\"}]",
        "[{\"url\":\"file:///etc/passwd\",\"method\":\"GET\"}]",
        "[{\"url\":\"http://127.0.0.1\",\"method\":\"G T\"}]",
        ("[{\"url\":\"http://127.0.0.1\",\"method\":\"GET\","
         "\"headers\":[[\"a\",\"b\\r\\nc: d\"]]}]"),
    };
    struct fixture *fixture = *state;

    fixture_run(fixture);
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        fetch(fixture, params[i]);
        if (!fixture->refused)
            fail_msg("%s: %s", params[i], buffer_string(&fixture->answer));
    }
}

/* The operator's rule. */
static void test_an_address_that_is_forbidden_is_not_reached(void **state)
{
    struct fixture *fixture = *state;
    char *url = url_of(fixture), *params = params_for(url);

    fixture_run(fixture);
    http_client_close(fixture->parts.task_http);
    fixture->parts.task_http =
        http_client_new(&fixture->loop, &address_rule_public);
    fetch(fixture, params);
    assert_int_equal(fixture->refused, 0);
    assert_non_null(strstr(buffer_string(&fixture->answer), "EACCES"));
    assert_int_equal(fixture->gateways_asked, 0);
    free(params);
    free(url);
}

/* A worker that has no such body reads nothing, and may give up anything. */
static void test_a_body_that_is_not_there_is_not_read(void **state)
{
    static const char *const params[] = {"[1]", "[null]", "[-1]", "[]"};
    struct fixture *fixture = *state;

    fixture_run(fixture);
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        fixture_request(fixture, "fetchRead", params[i], (struct bytes){0});
        assert_int_equal(fixture->refused, ERR_NOT_FOUND);
        fixture_request(fixture, "fetchCancel", params[i], (struct bytes){0});
        assert_string_equal(buffer_string(&fixture->answer), "null");
    }
}

/* The same rule for WebSockets, whose end says so. */
static void test_a_socket_is_held_to_the_rule(void **state)
{
    struct fixture *fixture = *state;
    char *params = mem_format("[{\"url\":\"ws://127.0.0.1:%u/\"}]",
                              (unsigned)http_server_port(fixture->server));

    fixture->options.network = &address_rule_public;
    fixture_run(fixture);
    fixture_request(fixture, "webSocketOpen", params, (struct bytes){0});
    fixture_settle(fixture);
    assert_non_null(strstr(buffer_string(&fixture->answer),
                           "\"kind\":\"close\",\"code\":1006"));
    assert_int_equal(fixture->gateways_asked, 0);
    free(params);
}

static void test_a_socket_that_is_not_there_is_not_used(void **state)
{
    static const char *const methods[] = {"webSocketRead", "webSocketSend"};
    struct fixture *fixture = *state;

    fixture_run(fixture);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        fixture_request(fixture, methods[i], "[1]", (struct bytes){0});
        assert_int_equal(fixture->refused, ERR_NOT_FOUND);
    }
    fixture_request(fixture, "webSocketClose", "[1,1005,\"\"]",
                    (struct bytes){0});
    assert_int_equal(fixture->refused, ERR_INVALID);
    fixture_request(fixture, "webSocketOpen", "[{\"url\":\"http://a/\"}]",
                    (struct bytes){0});
    assert_int_equal(fixture->refused, ERR_UNSUPPORTED);
}

/* 500 at once, 50 a second. */
static void test_a_task_that_floods_is_held(void **state)
{
    struct fixture *fixture = *state;
    int asked = 0;

    fixture_run(fixture);
    do {
        fixture_request(fixture, "fetch", "[{\"url\":5}]", (struct bytes){0});
        asked++;
    } while (fixture->refused == ERR_INVALID && asked < 100000);
    assert_int_equal(fixture->refused, ERR_LIMIT);
    assert_true(asked > 500);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_page_comes_with_its_status_and_its_bytes),
        TEST(test_what_is_no_request_is_refused),
        TEST(test_an_address_that_is_forbidden_is_not_reached),
        TEST(test_a_body_that_is_not_there_is_not_read),
        TEST(test_a_socket_is_held_to_the_rule),
        TEST(test_a_socket_that_is_not_there_is_not_used),
        TEST(test_a_task_that_floods_is_held),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
