/*
 * The node's side against a worker that says anything: bytes are fed to a
 * worker without a process.
 */
#include "base/error.h"
#include "base/memory.h"
#include "runtime/host/host_state.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct seen {
    unsigned ready;
    unsigned requests;
    unsigned lines;
    uint64_t last_request;
    char last_line[256];
    unsigned results;
    int status;
};

static void on_ready(void *user, struct host *worker,
                     const struct host_ready *ready)
{
    ((struct seen *)user)->ready++;
}

static void on_request(void *user, struct host *worker, uint64_t id,
                       const char *method, struct json_object *params,
                       struct bytes payload)
{
    struct seen *seen = user;
    seen->requests++;
    seen->last_request = id;
}

static void on_log(void *user, struct host *worker, enum log_level level,
                   const char *text)
{
    struct seen *seen = user;
    seen->lines++;
    snprintf(seen->last_line, sizeof(seen->last_line), "%s", text);
}

static void on_result(void *user, const struct host_result *result)
{
    struct seen *seen = user;
    seen->results++;
    seen->status = result->status;
}

static const struct host_events host = {
    .ready = on_ready,
    .request = on_request,
    .log = on_log,
};

static struct seen seen;
static struct memory *memory;

static struct host *make_worker(void)
{
    struct host_limits limits = {
        .open_requests = 2, .log_lines_per_s = 2, .messages_per_s = 50};
    memset(&seen, 0, sizeof(seen));
    memory = memory_new(4096);
    assert_int_equal(host_limits_fill(&limits, 0), 0);
    return host_new(&limits, memory, &host, &seen, 0);
}

static void free_worker(struct host *worker)
{
    while (worker->calls) {
        struct host_result result = {.status = ERR_CLOSED};
        host_end_call(worker, worker->calls, &result);
    }
    host_free(worker);
    memory_free(memory);
}

static void say_at(struct host *worker, const char *head, uint64_t now_ms)
{
    struct buffer stream = {0};
    message_write(&stream, bytes_text(head), bytes_make(NULL, 0));
    host_receive(worker, buffer_view(&stream), now_ms);
    buffer_free(&stream);
}

static void say(struct host *worker, const char *head)
{
    say_at(worker, head, 1);
}

static void test_broken_messages_end_the_worker(void **state)
{
    static const char *const broken[] = {
        "nonsense",
        "[]",
        "5",
        "{}",
        "{\"type\":5}",
        "{\"type\":\"unheard of\"}",
        "{\"type\":\"result\",\"id\":1,\"ok\":true}",
        "{\"type\":\"result\",\"id\":-1,\"ok\":true}",
        "{\"type\":\"request\",\"id\":1,\"method\":\"m\"}",
        "{\"type\":\"request\",\"id\":1,\"method\":5,\"params\":[]}",
        "{\"type\":\"request\",\"id\":1,\"method\":\"m\",\"params\":{}}",
        "{\"type\":\"log\",\"level\":\"info\"}",
        "{\"type\":\"hello\"}",
        "{\"type\":\"ready\",\"functions\":5}",
        "{\"type\":\"cancel\"}",
        "{\"type\":\"log\",\"level\":\"info\",\"text\":\"\xff\"}",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct host *worker = make_worker();
        say(worker, broken[i]);
        if (worker->phase != HOST_KILLED)
            fail_msg("it lived after %s", broken[i]);
        assert_int_equal(worker->reason_limit, HOST_LIMIT_PROTOCOL);
        say(worker, "{\"type\":\"ready\",\"functions\":[]}");
        assert_int_equal(seen.ready, 0);
        free_worker(worker);
    }
}

static void test_deep_json_is_refused(void **state)
{
    struct host *worker = make_worker();
    char text[4096];
    memset(text, '[', sizeof(text));
    text[sizeof(text) - 1] = 0;
    say(worker, text);
    assert_int_equal(worker->phase, HOST_KILLED);
    free_worker(worker);
}

/* Three bytes a value: well below the limit of a head. */
static void test_too_many_values_are_refused(void **state)
{
    struct host *worker = make_worker();
    struct buffer head = {0};
    buffer_text(&head, "{\"type\":\"log\",\"level\":\"info\",\"text\":\"a\","
                       "\"more\":[");
    for (int i = 0; i < MESSAGE_VALUES_TO_NODE_MAX / JSON_OBJECT_VALUES; i++)
        buffer_text(&head, "{},");
    buffer_text(&head, "{}]}");
    assert_true(head.size < MESSAGE_HEAD_TO_NODE_MAX);
    say(worker, buffer_string(&head));
    assert_int_equal(worker->phase, HOST_KILLED);
    assert_non_null(strstr(worker->reason, "values"));
    buffer_free(&head);
    free_worker(worker);
}

static void test_huge_head_is_refused_by_its_prefix(void **state)
{
    struct host *worker = make_worker();
    static const uint8_t prefix[] = {0, 0x50, 0, 0, 0, 0, 0, 0};
    host_receive(worker, bytes_make(prefix, sizeof(prefix)), 1);
    assert_int_equal(worker->phase, HOST_KILLED);
    assert_true(worker->reader.received.capacity < 4096);
    free_worker(worker);
}

static void test_ready_comes_once(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"ready\",\"functions\":[\"task\"]}");
    assert_int_equal(seen.ready, 1);
    say(worker, "{\"type\":\"ready\",\"functions\":[\"task\"]}");
    assert_int_equal(seen.ready, 1);
    assert_int_equal(worker->phase, HOST_KILLED);
    free_worker(worker);
}

static void test_a_call_has_one_result(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"ready\",\"functions\":[\"task\"]}");
    assert_int_equal(host_call(worker, "task", "[1]", 100, on_result, &seen),
                     0);
    say(worker, "{\"type\":\"result\",\"id\":1,\"ok\":true,\"result\":5}");
    assert_int_equal(seen.results, 1);
    assert_int_equal(seen.status, 0);
    say(worker, "{\"type\":\"result\",\"id\":1,\"ok\":true,\"result\":5}");
    assert_int_equal(seen.results, 1);
    assert_int_equal(worker->phase, HOST_KILLED);
    free_worker(worker);
}

static void test_open_requests_have_a_limit(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"request\",\"id\":1,\"method\":\"m\","
                "\"params\":[]}");
    host_answer(worker, 1, bytes_text("null"), bytes_make(NULL, 0));
    for (int id = 2; id <= 4; id++) {
        char text[128];
        snprintf(text, sizeof(text),
                 "{\"type\":\"request\",\"id\":%d,\"method\":\"m\","
                 "\"params\":[]}",
                 id);
        say(worker, text);
    }
    assert_int_equal(seen.requests, 3);
    assert_int_equal(worker->phase, HOST_KILLED);
    assert_non_null(strstr(worker->reason, "more open requests"));
    free_worker(worker);
}

static void test_request_number_used_twice_is_refused(void **state)
{
    struct host *worker = make_worker();
    const char *request = "{\"type\":\"request\",\"id\":1,\"method\":\"m\","
                          "\"params\":[]}";
    say(worker, request);
    say(worker, request);
    assert_int_equal(worker->phase, HOST_KILLED);
    free_worker(worker);
}

static void test_cancel_of_nothing_is_no_fault(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"cancel\",\"id\":9}");
    assert_int_equal(worker->phase, HOST_STARTING);
    free_worker(worker);
}

static void test_log_lines_are_cleaned_and_limited(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"log\",\"level\":\"info\","
                "\"text\":\"a\\u001b[2Jb\\r\\tc\\u0000d\"}");
    assert_int_equal(seen.lines, 1);
    assert_null(strchr(seen.last_line, '\x1b'));
    assert_non_null(strstr(seen.last_line, "a[2Jb\tc"));
    /* Many lines in one message count each. */
    say(worker, "{\"type\":\"log\",\"level\":\"info\",\"text\":"
                "\"1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12\\n13\\n14"
                "\\n15\\n16\\n17\\n18\\n19\\n20\\n21\\n22\\n23\\n24\\n25\"}");
    assert_int_equal(seen.lines, 20);
    say_at(worker, "{\"type\":\"log\",\"level\":\"info\",\"text\":\"later\"}",
           600);
    assert_int_equal(seen.lines, 22); /* with the note of what was dropped */
    assert_string_equal(seen.last_line, "later");
    assert_int_equal(worker->phase, HOST_STARTING);
    free_worker(worker);
}

static size_t held_bytes(const struct message_reader *reader)
{
    return reader->received.size - reader->taken;
}

static void test_message_flood_pauses_reading(void **state)
{
    struct host *worker = make_worker();
    struct buffer stream = {0};
    for (int i = 0; i < 200; i++)
        message_write(&stream, bytes_text("{\"type\":\"cancel\",\"id\":1}"),
                      bytes_make(NULL, 0));
    host_receive(worker, buffer_view(&stream), 1);
    assert_true(worker->paused);
    size_t held = held_bytes(&worker->reader);
    assert_true(held > 100 * 30);
    host_continue(worker, 1001);
    assert_true(held_bytes(&worker->reader) < held);
    assert_int_equal(worker->phase, HOST_STARTING);
    buffer_free(&stream);
    free_worker(worker);
}

static void test_store_requests_do_not_reach_the_host(void **state)
{
    struct host *worker = make_worker();
    struct bytes value;
    say(worker, "{\"type\":\"request\",\"id\":1,\"method\":\"storeSet\","
                "\"params\":[\"k\",{\"a\":1}]}");
    assert_int_equal(seen.requests, 0);
    assert_int_equal(worker->request_count, 0);
    assert_int_equal(memory_get(memory, 1, bytes_text("k"), &value), 0);
    assert_true(bytes_equal(value, bytes_text("{\"a\":1}")));
    say(worker, "{\"type\":\"request\",\"id\":2,\"method\":\"storeSet\","
                "\"params\":[]}");
    say(worker, "{\"type\":\"request\",\"id\":3,\"method\":\"storeGet\","
                "\"params\":[5]}");
    say(worker, "{\"type\":\"request\",\"id\":4,\"method\":\"storeKeys\","
                "\"params\":[\"\"]}");
    assert_int_equal(worker->phase, HOST_STARTING);
    free_worker(worker);
}

static void test_too_large_an_answer_becomes_a_refusal(void **state)
{
    struct host *worker = make_worker();
    say(worker, "{\"type\":\"request\",\"id\":1,\"method\":\"m\","
                "\"params\":[]}");
    size_t size = (size_t)MESSAGE_PAYLOAD_MAX + 1;
    uint8_t *large = mem_zero(1, size);
    host_answer(worker, 1, bytes_text("null"), bytes_make(large, size));
    assert_int_equal(worker->request_count, 0);
    free(large);
    free_worker(worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_messages_end_the_worker),
        cmocka_unit_test(test_deep_json_is_refused),
        cmocka_unit_test(test_too_many_values_are_refused),
        cmocka_unit_test(test_huge_head_is_refused_by_its_prefix),
        cmocka_unit_test(test_ready_comes_once),
        cmocka_unit_test(test_a_call_has_one_result),
        cmocka_unit_test(test_open_requests_have_a_limit),
        cmocka_unit_test(test_request_number_used_twice_is_refused),
        cmocka_unit_test(test_cancel_of_nothing_is_no_fault),
        cmocka_unit_test(test_log_lines_are_cleaned_and_limited),
        cmocka_unit_test(test_message_flood_pauses_reading),
        cmocka_unit_test(test_store_requests_do_not_reach_the_host),
        cmocka_unit_test(test_too_large_an_answer_becomes_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
