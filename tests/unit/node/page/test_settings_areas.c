/*
 * The areas of limits, variables, hours, and of one task's settings: what they
 * ask of the control port, which is the test's, and what they refuse before.
 */
#include "../../net/net_test.h"

#include "base/file.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/page/api.h"

#define TASK "11111111111111111111111111111112"

extern const struct api_area api_area_limits, api_area_schedules,
    api_area_task_settings, api_area_tasks, api_area_variables;

static const struct api_area *const areas[] = {
    &api_area_limits, &api_area_schedules, &api_area_task_settings,
    &api_area_tasks,  &api_area_variables, NULL};

struct fixture {
    uv_loop_t loop;
    char *folder;
    struct api *api;
    struct http_server *server;
    uv_timer_t later;
    struct {
        api_done *done;
        void *user;
    } asked[8]; /* what is to be told later */
    size_t asked_count;
    int status;           /* what they are told */
    bool is_one, fails;   /* orders are one now; and can't be written down */
    struct buffer orders; /* "PATH BODY\n" each */
    const char *refused;  /* the path of the order that fails */
    bool is_closed;
};

static struct fixture *fixture;

/* ---- the test's node ---- */

static void on_later(uv_timer_t *timer)
{
    int status = fixture->status;
    size_t count = fixture->asked_count;

    fixture->asked_count = 0;
    fixture->status = 0;
    for (size_t i = 0; i < count; i++) {
        if (status)
            err_set(status, "not that one");
        fixture->asked[i].done(fixture->asked[i].user, status);
    }
}

static void tell_later(api_done *done, void *user)
{
    assert_true(fixture->asked_count < 8);
    fixture->asked[fixture->asked_count].done = done;
    fixture->asked[fixture->asked_count++].user = user;
    if (!fixture->is_one)
        assert_int_equal(uv_timer_start(&fixture->later, on_later, 0, 0), 0);
}

static int begin_settings(void *user)
{
    assert_false(fixture->is_one);
    fixture->is_one = true;
    buffer_text(&fixture->orders, "(\n");
    return 0;
}

static void end_settings(void *user, int status, api_done *done,
                         void *done_user)
{
    assert_true(fixture->is_one);
    fixture->is_one = false;
    fixture->status = fixture->fails ? ERR_FULL : status;
    buffer_text(&fixture->orders, status ? "refused)\n" : ")\n");
    tell_later(done, done_user);
}

static int answer_question(const char *path, struct buffer *answer)
{
    if (!strcmp(path, "/variables"))
        buffer_text(answer, "{\"variables\":[{\"label\":\"a/b\",\"used_by\":["
                            "]}]}");
    else if (!strcmp(path, "/schedule"))
        buffer_text(answer,
                    "{\"sessions\":[{\"task\":null,\"id\":1,\"enabled\":true,"
                    "\"days\":[\"mon\"],\"start\":\"08:00:00\",\"stop\":"
                    "\"10:00:00\"},{\"task\":null,\"id\":2,\"enabled\":true,"
                    "\"days\":[\"tue\"],\"start\":\"22:00:00\",\"stop\":"
                    "\"06:00:00\"},{\"task\":\"" TASK "\",\"id\":1,"
                    "\"enabled\":true,\"days\":[\"mon\"],\"start\":"
                    "\"08:00:00\",\"stop\":null}]}");
    else
        buffer_text(answer, "{\"rests\":null,\"conditions\":[]}");
    return 0;
}

static int ask_node(void *user, const struct api_question *question,
                    struct buffer *answer, bool *is_later)
{
    if (!question->is_order)
        return answer_question(question->path, answer);
    buffer_format(&fixture->orders, "%s ", question->path);
    json_text(question->body, &fixture->orders);
    buffer_text(&fixture->orders, "\n");
    if (fixture->refused && !strcmp(fixture->refused, question->path))
        return err_set(ERR_STATE, "not that one");
    tell_later(question->done, question->user);
    *is_later = true;
    return 0;
}

static bool is_sealed(void *user)
{
    return false;
}

static const struct api_world world = {.ask = ask_node,
                                       .begin_settings = begin_settings,
                                       .end_settings = end_settings,
                                       .is_sealed = is_sealed};
static const struct page_guard guard;

static void on_request(void *user, struct http_exchange *exchange)
{
    api_handle(fixture->api, exchange, true);
}

static int set_up(void **state)
{
    char folder[] = "/tmp/pond-areas-XXXXXX";

    crypto_init();
    fixture = mem_zero(1, sizeof(*fixture));
    assert_non_null(mkdtemp(folder));
    fixture->folder = mem_text(folder);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_int_equal(uv_timer_init(&fixture->loop, &fixture->later), 0);
    const struct api_options options = {.loop = &fixture->loop,
                                        .folder = folder,
                                        .build = "b",
                                        .guard = &guard,
                                        .areas = areas,
                                        .world = &world};
    fixture->api = api_new(&options);
    const struct http_server_options server = {.handler = on_request,
                                               .loop = &fixture->loop};
    assert_ok(http_server_start(&server, &fixture->server));
    return 0;
}

static void on_closed(void *user)
{
    fixture->is_closed = true;
}

static int tear_down(void **state)
{
    api_stop(fixture->api);
    http_server_stop(fixture->server);
    api_close(fixture->api, on_closed, NULL);
    uv_close((uv_handle_t *)&fixture->later, NULL);
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_true(fixture->is_closed);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    file_remove_tree(fixture->folder);
    buffer_free(&fixture->orders);
    free(fixture->folder);
    free(fixture);
    return 0;
}

/* The whole answer, while the loop runs. The caller frees it. */
static char *ask(const char *method, const char *path, const char *body)
{
    struct buffer text = {0}, got = {0};
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;
    int peer = raw_connect(http_server_port(fixture->server));

    buffer_clear(&fixture->orders);
    buffer_format(&text,
                  "%s /api/1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: "
                  "close\r\nIdempotency-Key: 11111111-2222-3333-4444-%012u\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  method, path, (unsigned)(clock_monotonic_ns() % 1000000000),
                  strlen(body), body);
    raw_send(peer, text.data, text.size);
    buffer_free(&text);
    for (;;) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        ssize_t count =
            recv(peer, buffer_reserve(&got, 4096), 4096, MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno == ECONNRESET))
            break;
        if (count > 0)
            got.size += (size_t)count;
        else
            usleep(500);
        assert_true(clock_monotonic_ms() < end);
    }
    close(peer);
    char *answer = mem_text(buffer_string(&got));
    buffer_free(&got);
    return answer;
}

/* The answer's status and a part of it; and all orders that the node had. */
static void check(const char *method, const char *path, const char *body,
                  const char *status, const char *part, const char *orders)
{
    char *answer = ask(method, path, body);
    char *begin = mem_format("HTTP/1.1 %s ", status);

    if (strncmp(answer, begin, strlen(begin)) != 0 || !strstr(answer, part))
        fail_msg("wanted %s with %s, got %s", status, part, answer);
    assert_string_equal(buffer_string(&fixture->orders), orders);
    free(begin);
    free(answer);
}

/* ---- tests ---- */

static void test_limits_are_changed_at_once_or_not_at_all(void **state)
{
    check("GET", "limits", "", "200", "\"conditions\":[]", "");
    check("PATCH", "limits", "{\"busy\":\"50\",\"cpu\":null}", "200", "{}",
          "/conditions/change {\"busy\":\"50\",\"cpu\":null}\n");
    check("PATCH", "limits", "{\"busy\":\"50\",\"cpu\":\"101\"}", "400",
          "\"field\":\"cpu\"", "");
    check("PATCH", "limits", "{\"busyness\":\"50\"}", "400",
          "\"field\":\"busyness\"", "");
    check("PATCH", "limits", "{\"busy\":50}", "400", "\"field\":\"busy\"", "");
}

static void test_values_of_variables_go_in_alone(void **state)
{
    check("GET", "variables", "", "200",
          "{\"items\":[{\"label\":\"a/b\",\"used_by\":[]}],\"next\":null}", "");
    check("PUT", "variables", "{\"label\":\"a/b\",\"value\":\"x\"}", "200",
          "{}", "/variables/set {\"label\":\"a/b\",\"value\":\"x\"}\n");
    check("PUT", "variables", "{\"label\":\"\",\"value\":\"x\"}", "400",
          "\"field\":\"label\"", "");
    check("PUT", "variables", "{\"label\":\"a\"}", "400", "\"field\":\"value\"",
          "");
    check("PUT", "variables", "{\"label\":\"a\",\"value\":\"\\u0000\"}", "400",
          "\"field\":\"value\"", "");
    check("DELETE", "variables", "{\"label\":\"a/b\"}", "200", "{}",
          "/variables/remove {\"label\":\"a/b\"}\n");
}

static void test_hours_have_ids_of_their_holder(void **state)
{
    check("GET", "schedules", "", "200", "\"id\":\"2\"", "");
    check("GET", "schedules", "", "200", "\"id\":\"" TASK "-1\"", "");
    check("GET", "schedules", "", "200", "\"offset_min\":", "");
    check("DELETE", "schedules/2", "", "200", "{}",
          "/schedule/remove {\"id\":2}\n");
    check("DELETE", "schedules/" TASK "-1", "", "200", "{}",
          "/schedule/remove {\"task\":\"" TASK "\",\"id\":1}\n");
    check("DELETE", "schedules/x-1", "", "404", "not_found", "");
    check("DELETE", "schedules/-1", "", "404", "not_found", "");
    check("DELETE", "schedules/1x", "", "404", "not_found", "");
    check("DELETE", "schedules/0", "", "404", "not_found", "");
}

static void test_hours_are_changed_beside_their_holders_others(void **state)
{
    check("PUT", "schedules/" TASK "-1",
          "{\"days\":[\"sun\"],\"start\":\"22:00\",\"stop\":\"06:00\"}", "200",
          "{}",
          "/schedule/put {\"task\":\"" TASK "\",\"sessions\":[{\"days\":["
          "\"sun\"],\"start\":\"22:00\",\"stop\":\"06:00\",\"id\":1}]}\n");
    check("PUT", "schedules/3", "{\"days\":[\"sun\"],\"start\":\"22:00\"}",
          "404", "not_found", "");
    check("PUT", "schedules/1",
          "{\"days\":[\"wed\"],\"start\":\"05:00\",\"stop\":\"07:00\"}", "400",
          "\"code\":\"overlap\"", "");
    check("POST", "schedules",
          "{\"days\":[\"mon\"],\"start\":\"09:00\",\"stop\":\"11:00\"}", "400",
          "\"code\":\"overlap\"", "");
    check("POST", "schedules", "{\"days\":[],\"start\":\"09:00\"}", "400",
          "\"field\":\"days\"", "");
    check("POST", "schedules",
          "{\"days\":[\"fri\"],\"start\":\"09:00\",\"stop\":\"09:00\"}", "400",
          "\"field\":\"stop\"", "");
    check("POST", "schedules",
          "{\"task\":\"x\",\"days\":[\"fri\"],\"start\":\"09:00\"}", "400",
          "\"field\":\"task\"", "");
}

static void test_a_tasks_parts_are_one_order(void **state)
{
    check("PATCH", "tasks/" TASK,
          "{\"limits\":{\"memory\":600},\"schedule\":null,\"pairs\":{\"KEY\":"
          "\"a/b\",\"OLD\":null}}",
          "200", "{}",
          "(\n/variables/pair {\"task\":\"" TASK "\",\"variable\":\"KEY\","
          "\"label\":\"a/b\"}\n"
          "/variables/unpair {\"task\":\"" TASK "\",\"variable\":\"OLD\"}\n"
          "/limits/set {\"task\":\"" TASK "\",\"memory\":600}\n"
          "/schedule/put {\"task\":\"" TASK "\",\"sessions\":[]}\n)\n");
    check("PATCH", "tasks/" TASK, "{\"limits\":null}", "200", "{}",
          "(\n/limits/set {\"task\":\"" TASK "\",\"cpu\":null,\"memory\":null,"
          "\"disk\":null}\n)\n");
    check("PATCH", "tasks/" TASK, "{\"network\":\"private\"}", "200", "{}",
          "(\n/limits/set {\"task\":\"" TASK
          "\",\"network\":\"private\"}\n)\n");
    check("PATCH", "tasks/" TASK, "{}", "200", "{}", "");
    check("POST", "tasks/" TASK "/start",
          "{\"stake\":\"5\",\"limits\":{\"cpu\":50}}", "200", "{}",
          "(\n/limits/set {\"task\":\"" TASK "\",\"cpu\":50}\n)\n"
          "/start {\"task\":\"" TASK "\",\"stake\":5}\n");
    check("POST", "tasks/" TASK "/start", "{\"stake\":\"5\"}", "200", "{}",
          "/start {\"task\":\"" TASK "\",\"stake\":5}\n");
}

static void test_nothing_is_ordered_where_a_part_is_wrong(void **state)
{
    check("PATCH", "tasks/" TASK,
          "{\"limits\":{\"memory\":1},\"pairs\":{\"KEY\":\"a/b\"}}", "400",
          "\"field\":\"memory\"", "");
    check("PATCH", "tasks/" TASK,
          "{\"limits\":{\"memory\":600},\"schedule\":[{}]}", "400",
          "\"code\":\"form\"", "");
    check("PATCH", "tasks/" TASK, "{\"pairs\":{\"KEY\":\"none\"}}", "400",
          "\"field\":\"KEY\"", "");
    check("PATCH", "tasks/" TASK, "{\"pairs\":{\"K Y\":\"a/b\"}}", "400",
          "\"field\":\"K Y\"", "");
    check("PATCH", "tasks/" TASK, "{\"pairs\":[]}", "400",
          "\"field\":\"pairs\"", "");
    check("PATCH", "tasks/" TASK, "{\"network\":\"all\",\"limits\":{}}", "400",
          "\"field\":\"network\"", "");
    check("PATCH", "tasks/" TASK, "{\"limits\":5}", "400",
          "\"field\":\"limits\"", "");
    check("PATCH", "tasks/x", "{}", "404", "not_found", "");
}

/* One that is refused ends it, by its name; what was asked before it is told
 * so, and nothing follows. */
static void test_a_refusal_ends_it(void **state)
{
    fixture->refused = "/limits/set";
    check("POST", "tasks/" TASK "/start",
          "{\"limits\":{\"cpu\":50},\"pairs\":{\"KEY\":\"a/b\"}}", "409",
          "\"field\":\"limits\"",
          "(\n/variables/pair {\"task\":\"" TASK "\",\"variable\":\"KEY\","
          "\"label\":\"a/b\"}\n"
          "/limits/set {\"task\":\"" TASK "\",\"cpu\":50}\nrefused)\n");
    fixture->refused = "/start";
    check("POST", "tasks/" TASK "/start", "{\"limits\":{\"cpu\":50}}", "409",
          "not that one",
          "(\n/limits/set {\"task\":\"" TASK "\",\"cpu\":50}\n)\n"
          "/start {\"task\":\"" TASK "\"}\n");
}

static void test_what_can_t_be_written_starts_nothing(void **state)
{
    fixture->fails = true;
    check("POST", "tasks/" TASK "/start", "{\"limits\":{\"cpu\":50}}", "500",
          "not that one",
          "(\n/limits/set {\"task\":\"" TASK "\",\"cpu\":50}\n)\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_limits_are_changed_at_once_or_not_at_all),
        TEST(test_values_of_variables_go_in_alone),
        TEST(test_hours_have_ids_of_their_holder),
        TEST(test_hours_are_changed_beside_their_holders_others),
        TEST(test_a_tasks_parts_are_one_order),
        TEST(test_nothing_is_ordered_where_a_part_is_wrong),
        TEST(test_a_refusal_ends_it),
        TEST(test_what_can_t_be_written_starts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
