/*
 * The dispatch of the API: classes, keys, proofs, rates, and an end while
 * orders are under way. The areas and the node are the test's.
 */
#include "../../net/net_test.h"

#include "base/file.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/page/api.h"
#include "node/page/sessions.h"

#include <poll.h>

#define KEY_A "11111111-2222-3333-4444-555555555555"
#define KEY_B "11111111-2222-3333-4444-666666666666"

extern const struct api_area api_area_access;
extern const struct api_area api_area_report;

struct fixture {
    uv_loop_t loop;
    char *folder;
    struct api *api;
    struct http_server *server;
    bool is_bearer, is_sealed, is_closed;
    char instance[SESSION_INSTANCE_SIZE];
    struct session_halves halves;
    struct api_request *held[8]; /* of handlers that answer later */
    size_t held_count, calls;
    api_done *tried;
    void *tried_user;
    char passphrase[64];
};

static struct fixture *fixture;

/* ---- the test's areas ---- */

static void answer_at_once(struct api_request *request)
{
    struct buffer answer = {0};

    fixture->calls++;
    json_text(request->body, &answer);
    api_answer(request, &answer);
}

static void hold(struct api_request *request)
{
    fixture->calls++;
    assert_true(fixture->held_count < 8);
    fixture->held[fixture->held_count++] = request;
}

/* The oldest that is held. */
static void release(const char *json)
{
    struct buffer answer = {0};

    assert_true(fixture->held_count > 0);
    struct api_request *request = fixture->held[0];
    fixture->held_count--;
    memmove(fixture->held, fixture->held + 1,
            fixture->held_count * sizeof(fixture->held[0]));
    buffer_text(&answer, json);
    api_answer(request, &answer);
}

static void show_parts(struct api_request *request)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    for (size_t i = 0; i < API_PARTS_MAX && request->parts[i]; i++)
        json_field_text(&writer, i ? "second" : "first", request->parts[i]);
    json_close_object(&writer);
    api_answer(request, &answer);
}

static void show_list(struct api_request *request)
{
    const char *before;
    size_t limit;

    if (api_list(request, &limit, &before))
        api_answer_error(request, ERR_INVALID);
    else
        api_refuse(request, 409, "shown", before, "%zu", limit);
}

static void fail_by_number(struct api_request *request)
{
    int status = -atoi(request->parts[0]);

    api_answer_error(request, err_set(status, "\"quoted\" \xff text"));
}

static const struct api_row rows[] = {
    {"GET", "open", API_OPEN, answer_at_once},
    {"GET", "read", API_READ, answer_at_once},
    {"POST", "read", API_READ, answer_at_once},
    {"POST", "order", API_ORDER, answer_at_once},
    {"POST", "late", API_ORDER, hold},
    {"POST", "coins", API_COINS, hold},
    {"POST", "proof", API_PROOF, hold},
    {"POST", "token", API_BEARER, answer_at_once},
    {"GET", "parts/first", API_READ, answer_at_once},
    {"GET", "parts/*", API_READ, show_parts},
    {"GET", "parts/*/and/*", API_READ, show_parts},
    {"GET", "list", API_READ, show_list},
    {"GET", "fail/*", API_READ, fail_by_number},
};

static const struct api_area area = {.rows = rows,
                                     .row_count = sizeof(rows) / sizeof(*rows)};
static const struct api_area *const areas[] = {&area, &api_area_access,
                                               &api_area_report, NULL};

/* ---- the test's node ---- */

static bool is_sealed(void *user)
{
    return fixture->is_sealed;
}

static int prove(void *user, struct bytes passphrase, api_done *done,
                 void *done_user)
{
    assert_null(fixture->tried);
    fixture->tried = done;
    fixture->tried_user = done_user;
    snprintf(fixture->passphrase, sizeof(fixture->passphrase), "%.*s",
             (int)passphrase.size, (const char *)passphrase.data);
    return 0;
}

static void read_clock(void *user, struct api_clock *out)
{
}

static void write_status(void *user, struct buffer *out)
{
    buffer_text(out, "{}");
}

static void write_values(void *user, struct buffer *out)
{
}

static const struct api_world world = {.is_sealed = is_sealed,
                                       .prove = prove,
                                       .clock = read_clock,
                                       .status = write_status,
                                       .values = write_values};
static const struct page_guard guard;

static void on_request(void *user, struct http_exchange *exchange)
{
    api_handle(fixture->api, exchange, fixture->is_bearer);
}

static void connect_browser(void)
{
    struct sessions *sessions = api_sessions(fixture->api);
    uint8_t random[3 * SESSION_SECRET_BYTES] = {1, 2, 3};
    char code[SESSION_SECRET_SIZE];
    uint64_t expires, id, ended, wait;

    sessions_link(sessions, random, clock_unix_ms(), code, &expires);
    assert_ok(sessions_open(sessions, code, "", random, clock_unix_ms(),
                            &fixture->halves, &id, &ended, &wait));
    memcpy(fixture->instance, sessions_instance(sessions),
           SESSION_INSTANCE_SIZE);
}

static int set_up(void **state)
{
    char folder[] = "/tmp/pond-api-XXXXXX";

    crypto_init();
    fixture = mem_zero(1, sizeof(*fixture));
    assert_non_null(mkdtemp(folder));
    fixture->folder = mem_text(folder);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
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
    connect_browser();
    return 0;
}

static void on_closed(void *user)
{
    fixture->is_closed = true;
}

static void stop(void)
{
    api_stop(fixture->api);
    http_server_stop(fixture->server);
    api_close(fixture->api, on_closed, NULL);
    fixture->server = NULL;
}

static int tear_down(void **state)
{
    if (fixture->server)
        stop();
    assert_int_equal(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
    assert_true(fixture->is_closed);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    file_remove_tree(fixture->folder);
    free(fixture->folder);
    free(fixture);
    return 0;
}

/* ---- asking ---- */

/* Ends with a blank line's end; headers end their lines. */
static int send_request(const char *method, const char *path,
                        const char *headers, const char *body)
{
    struct buffer text = {0};
    int peer = raw_connect(http_server_port(fixture->server));

    buffer_format(&text,
                  "%s /api/1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: "
                  "close\r\nContent-Length: %zu\r\n%s\r\n%s",
                  method, path, strlen(body), headers, body);
    raw_send(peer, text.data, text.size);
    buffer_free(&text);
    return peer;
}

/* The whole answer, while the loop runs. The caller frees it. */
static char *receive(int peer)
{
    struct buffer got = {0};
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;

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
    char *text = mem_text(buffer_string(&got));
    buffer_free(&got);
    return text;
}

static void run_until_held(size_t count)
{
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;

    while (fixture->held_count < count) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        usleep(500);
        assert_true(clock_monotonic_ms() < end);
    }
}

static void check(char *answer, const char *status, const char *part)
{
    char *begin = mem_format("HTTP/1.1 %s ", status);

    if (strncmp(answer, begin, strlen(begin)) != 0 || !strstr(answer, part))
        fail_msg("wanted %s with %s, got %s", status, part, answer);
    free(begin);
    free(answer);
}

/* With both halves; more: further header lines. */
static int begin(const char *method, const char *path, const char *more,
                 const char *body)
{
    char *headers = mem_format("Cookie: pond-%s=%s\r\nX-Pond-Key: %s\r\n%s",
                               fixture->instance, fixture->halves.cookie,
                               fixture->halves.key, more);
    int peer = send_request(method, path, headers, body);

    free(headers);
    return peer;
}

static char *ask(const char *method, const char *path, const char *more,
                 const char *body)
{
    return receive(begin(method, path, more, body));
}

#define WITH(key) "Idempotency-Key: " key "\r\n"

/* ---- tests ---- */

static void test_classes_ask_for_what_they_are(void **state)
{
    check(receive(send_request("GET", "open", "", "")), "200", "{}");
    check(receive(send_request("GET", "read", "", "")), "401", "\"session\"");
    check(receive(send_request("GET", "nothing", "", "")), "401", "session");
    check(ask("GET", "read", "", ""), "200", "{}");
    check(ask("HEAD", "read", "", ""), "200", "no-store");
    check(ask("POST", "token", "", "{}"), "403", "\"denied\"");
    check(ask("GET", "nothing", "", ""), "404", "\"not_found\"");
    check(ask("PATCH", "order", "", "{}"), "405", "\"method\"");
    fixture->is_bearer = true;
    check(receive(send_request("POST", "token", "", "{\"a\":1}")), "200",
          "{\"a\":1}");
    check(receive(send_request("GET", "read", "", "")), "200", "{}");
}

static void test_a_word_counts_before_any_part(void **state)
{
    check(ask("GET", "parts/first", "", ""), "200", "{}");
    check(ask("GET", "parts/x%2Fy", "", ""), "404", "not_found");
    check(ask("GET", "parts/x", "", ""), "200", "{\"first\":\"x\"}");
    check(ask("GET", "parts/x/and/y", "", ""), "200",
          "{\"first\":\"x\",\"second\":\"y\"}");
    check(ask("GET", "parts/", "", ""), "404", "not_found");
    check(ask("GET", "parts/x/", "", ""), "404", "not_found");
    check(ask("GET", "parts//and/y", "", ""), "404", "not_found");
}

static void test_a_body_is_an_object(void **state)
{
    check(ask("POST", "order", "", ""), "200", "{}");
    check(ask("POST", "order", "", "[1]"), "400", "\"form\"");
    check(ask("POST", "order", "", "{"), "400", "\"form\"");
    check(ask("POST", "read", "", "[1]"), "200", "[1]");
    check(ask("POST", "read", "", "5"), "400", "\"form\"");
}

static void test_lists_have_a_limit(void **state)
{
    check(ask("GET", "list", "", ""), "409", "\"50\"");
    check(ask("GET", "list?limit=200&before=abc", "", ""), "409",
          "\"message\":\"200\",\"field\":\"abc\"");
    check(ask("GET", "list?limit=201", "", ""), "400", "form");
    check(ask("GET", "list?limit=-1", "", ""), "400", "form");
    check(ask("GET", "list?limit=1x", "", ""), "400", "form");
}

static void test_each_error_has_its_status(void **state)
{
    static const struct {
        const char *path, *status, *code;
    } errors[] = {
        {"fail/1", "400", "form"},     {"fail/3", "404", "not_found"},
        {"fail/4", "409", "exists"},   {"fail/9", "403", "denied"},
        {"fail/11", "409", "busy"},    {"fail/13", "504", "settlement"},
        {"fail/14", "422", "refused"}, {"fail/15", "501", "missing"},
        {"fail/16", "409", "not_now"}, {"fail/17", "503", "stopping"},
        {"fail/8", "500", "fault"},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        check(ask("GET", errors[i].path, "", ""), errors[i].status,
              errors[i].code);
    check(ask("GET", "fail/3", "", ""), "404",
          "\"\\\"quoted\\\" \xef\xbf\xbd text\"");
}

static void test_coins_move_once_for_a_key(void **state)
{
    check(ask("POST", "coins", "", "{}"), "400", "Idempotency-Key");
    check(ask("POST", "coins", WITH("x"), "{}"), "400", "Idempotency-Key");
    assert_int_equal(fixture->calls, 0);
    int first = begin("POST", "coins", WITH(KEY_A), "{\"to\":1}");
    run_until_held(1);
    int second = begin("POST", "coins", WITH(KEY_A), "{\"to\":1}");
    check(ask("POST", "coins", WITH(KEY_A), "{\"to\":2}"), "409", "exists");
    check(ask("POST", "coins", WITH(KEY_B), "{\"to\":1}"), "409", "busy");
    assert_int_equal(fixture->calls, 1);
    release("{\"sent\":1}");
    check(receive(first), "200", "{\"sent\":1}");
    check(receive(second), "200", "{\"sent\":1}");
    check(ask("POST", "coins", WITH(KEY_A), "{\"to\":1}"), "200",
          "{\"sent\":1}");
    assert_int_equal(fixture->calls, 1);
    /* What was refused as busy was not done, and may be sent again. */
    first = begin("POST", "coins", WITH(KEY_B), "{\"to\":1}");
    run_until_held(1);
    release("{\"sent\":2}");
    check(receive(first), "200", "{\"sent\":2}");
}

/* The proof of a passphrase, made by the way that a page goes. */
static void make_proof(char proof[SESSION_SECRET_SIZE])
{
    int peer = begin("POST", "proofs", "", "{\"passphrase\":\"horse\"}");

    while (!fixture->tried)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_string_equal(fixture->passphrase, "horse");
    api_done *done = fixture->tried;
    fixture->tried = NULL;
    done(fixture->tried_user, 0);
    char *answer = receive(peer);
    char *text = strstr(answer, "\"proof\":\"");
    assert_non_null(text);
    memcpy(proof, text + 9, SESSION_SECRET_SIZE - 1);
    proof[SESSION_SECRET_SIZE - 1] = 0;
    free(answer);
}

static void test_a_proof_is_asked_for_and_used_up(void **state)
{
    char proof[SESSION_SECRET_SIZE];

    /* A wallet without a passphrase has nothing to ask for. */
    int peer = begin("POST", "proof", WITH(KEY_A), "{}");
    run_until_held(1);
    release("{}");
    check(receive(peer), "200", "{}");
    fixture->is_sealed = true;
    check(ask("POST", "proof", WITH(KEY_B), "{}"), "403", "\"proof\"");
    make_proof(proof);
    char *both = mem_format(WITH(KEY_B) "X-Pond-Proof: %s\r\n", proof);
    peer = begin("POST", "proof", both, "{}");
    run_until_held(1);
    release("{\"done\":1}");
    check(receive(peer), "200", "{\"done\":1}");
    /* The same order again is answered, though its proof is used up. */
    check(ask("POST", "proof", both, "{}"), "200", "{\"done\":1}");
    free(both);
    both = mem_format("Idempotency-Key: 99999999-2222-3333-4444-555555555555"
                      "\r\nX-Pond-Proof: %s\r\n",
                      proof);
    check(ask("POST", "proof", both, "{}"), "403", "\"proof\"");
    free(both);
    assert_int_equal(fixture->calls, 2);
}

static void test_one_passphrase_is_tried_at_a_time(void **state)
{
    fixture->is_sealed = true;
    int peer = begin("POST", "proofs", "", "{\"passphrase\":\"a\"}");

    while (!fixture->tried)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    check(ask("POST", "proofs", "", "{\"passphrase\":\"b\"}"), "409", "busy");
    api_done *done = fixture->tried;
    fixture->tried = NULL;
    done(fixture->tried_user, err_set(ERR_DENIED, "no"));
    check(receive(peer), "403", "\"field\":\"passphrase\"");
}

/* ---- a report ---- */

/* Threads of libuv's pool, which have to be kept from work. */
#define POOL_THREADS 4
static uv_sem_t pool_go_on;

static void keep_thread(uv_work_t *work)
{
    uv_sem_wait(&pool_go_on);
}

static void test_one_report_is_made_at_a_time(void **state)
{
    static uv_work_t works[POOL_THREADS];

    assert_int_equal(uv_sem_init(&pool_go_on, 0), 0);
    for (size_t i = 0; i < POOL_THREADS; i++)
        assert_int_equal(
            uv_queue_work(&fixture->loop, &works[i], keep_thread, NULL), 0);
    int first = begin("GET", "bundle", "", "");
    int second = begin("POST", "bundle", "", "{}");
    /* Either may have come first; the other is refused while that one waits. */
    struct pollfd answered[2] = {{.fd = first, .events = POLLIN},
                                 {.fd = second, .events = POLLIN}};
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;
    while (poll(answered, 2, 1) <= 0) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        assert_true(clock_monotonic_ms() < end);
    }
    bool is_second = answered[1].revents != 0;
    check(receive(is_second ? second : first), "409", "\"busy\"");
    for (size_t i = 0; i < POOL_THREADS; i++)
        uv_sem_post(&pool_go_on);
    check(receive(is_second ? first : second), "200",
          is_second ? "about.json" : "application/gzip");
    check(ask("POST", "bundle", "", "{}"), "200", "application/gzip");
    uv_sem_destroy(&pool_go_on);
}

/* An answer that comes when the port is closed goes nowhere, and the API waits
 * for it. */
static void test_an_end_answers_what_is_under_way(void **state)
{
    int late = begin("POST", "late", "", "{}");
    run_until_held(1);
    int coins = begin("POST", "coins", WITH(KEY_A), "{}");
    run_until_held(2);
    int waiting = begin("POST", "coins", WITH(KEY_A), "{}");
    check(ask("GET", "read", "", ""), "200", "{}"); /* it has come by now */
    stop();
    check(receive(late), "503", "\"stopping\"");
    check(receive(coins), "503", "\"stopping\"");
    check(receive(waiting), "503", "\"stopping\"");
    for (int i = 0; i < 20; i++)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_false(fixture->is_closed);
    release("{}");
    release("{}");
}

int main(void)
{
    setenv("UV_THREADPOOL_SIZE", "4", 1);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_classes_ask_for_what_they_are),
        TEST(test_a_word_counts_before_any_part),
        TEST(test_a_body_is_an_object),
        TEST(test_lists_have_a_limit),
        TEST(test_each_error_has_its_status),
        TEST(test_coins_move_once_for_a_key),
        TEST(test_a_proof_is_asked_for_and_used_up),
        TEST(test_one_passphrase_is_tried_at_a_time),
        TEST(test_one_report_is_made_at_a_time),
        TEST(test_an_end_answers_what_is_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
