/* Answers that the HTTP client hands out in pieces: what comes, what waits, and
 * how it ends. */
#include "net_test.h"

#include "base/memory.h"
#include "net/http_client.h"
#include "net/http_server.h"

#include <string.h>

#define BODY_BYTES 3000000
#define WINDOW_BYTES 65536
/* What one piece of libcurl's may have beyond the window. */
#define SLACK_BYTES 65536

static uint8_t pattern(uint64_t position)
{
    return (uint8_t)(position % 251);
}

static ssize_t read_pattern(void *user, uint64_t position, uint8_t *into,
                            size_t room)
{
    uint64_t left = BODY_BYTES - position;

    if (room > left)
        room = (size_t)left;
    for (size_t i = 0; i < room; i++)
        into[i] = pattern(position + i);
    return (ssize_t)room;
}

static void serve(void *user, struct http_exchange *exchange)
{
    struct http_source source = {.read = read_pattern};

    if (!strcmp(http_path(exchange), "/small"))
        http_answer_text(exchange, 200, "small");
    else
        http_answer_stream(exchange, 200, NULL, BODY_BYTES, source);
}

struct fixture {
    uv_loop_t loop;
    struct http_server *server;
    struct http_client *client;
    struct budget budget;
    struct http_call *call;
    unsigned arrivals;
    unsigned status; /* of the head */
    bool takes;      /* at once, in arrived */
    bool has_news;
    struct buffer taken;
    size_t waiting_most;
    bool is_done;
    int end;
    char error_name[32];
};

static void on_arrived(void *user, struct http_call *call,
                       const struct http_response *response)
{
    struct fixture *fixture = user;

    assert_ptr_equal(call, fixture->call);
    fixture->arrivals++;
    fixture->status = response->status;
    fixture->has_news = true;
    if (response->body.size > fixture->waiting_most)
        fixture->waiting_most = response->body.size;
    if (fixture->takes)
        http_call_take(call, &fixture->taken);
}

static void on_done(void *user, int status, struct http_response *response)
{
    struct fixture *fixture = user;

    fixture->is_done = true;
    fixture->end = status;
    snprintf(fixture->error_name, sizeof(fixture->error_name), "%s",
             http_call_error_name(fixture->call));
    if (!status) {
        fixture->status = response->status;
        buffer_bytes(&fixture->taken, buffer_view(&response->body));
    }
}

static int open_fixture(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    struct http_server_options options = {.handler = serve};

    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    assert_ok(http_server_start(&options, &fixture->server));
    fixture->client = http_client_new(&fixture->loop, &address_rule_any);
    fixture->budget =
        (struct budget){.name = "the test", .limit_bytes = 1u << 20};
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    http_client_close(fixture->client);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    assert_int_equal(fixture->budget.used_bytes, 0);
    http_server_stop(fixture->server);
    buffer_free(&fixture->taken);
    free(fixture);
    return 0;
}

static void begin(struct fixture *fixture, const char *path)
{
    char *url = mem_format("http://127.0.0.1:%u%s",
                           (unsigned)http_server_port(fixture->server), path);
    struct http_request request = {.url = url,
                                   .arrived = on_arrived,
                                   .window_bytes = WINDOW_BYTES,
                                   .budget = &fixture->budget};

    fixture->call =
        http_client_start(fixture->client, &request, on_done, fixture);
    free(url);
}

static void assert_whole(const struct fixture *fixture)
{
    assert_int_equal(fixture->end, 0);
    assert_int_equal(fixture->status, 200);
    assert_int_equal(fixture->taken.size, BODY_BYTES);
    for (size_t i = 0; i < BODY_BYTES; i++)
        if (fixture->taken.data[i] != pattern(i))
            fail_msg("byte %zu is another", i);
}

static void test_a_body_comes_in_pieces(void **state)
{
    struct fixture *fixture = *state;

    fixture->takes = true;
    begin(fixture, "/large");
    run_until(&fixture->loop, &fixture->is_done);
    assert_true(fixture->arrivals > 2);
    assert_whole(fixture);
}

static void test_what_is_not_taken_waits(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, "/large");
    while (!fixture->is_done) {
        /* Until nothing more comes by itself: a paused call is silent. */
        fixture->has_news = false;
        for (int turn = 0; turn < 3 && !fixture->is_done; turn++)
            uv_run(&fixture->loop, UV_RUN_NOWAIT);
        assert_true(fixture->budget.used_bytes <= WINDOW_BYTES + SLACK_BYTES);
        if (!fixture->has_news && !fixture->is_done)
            http_call_take(fixture->call, &fixture->taken);
    }
    assert_true(fixture->waiting_most <= WINDOW_BYTES + SLACK_BYTES);
    assert_whole(fixture);
}

/* One report is enough for it. */
static void test_a_small_answer_comes_whole_or_in_pieces(void **state)
{
    struct fixture *fixture = *state;

    fixture->takes = true;
    begin(fixture, "/small");
    run_until(&fixture->loop, &fixture->is_done);
    assert_int_equal(fixture->end, 0);
    assert_string_equal(buffer_string(&fixture->taken), "small\n");
    assert_true(fixture->arrivals <= 2);
}

static void test_an_aborted_call_ends_from_the_loop(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, "/large");
    run_until(&fixture->loop, &fixture->has_news);
    http_call_abort(fixture->call);
    assert_false(fixture->is_done);
    http_call_abort(fixture->call);
    run_until(&fixture->loop, &fixture->is_done);
    assert_int_equal(fixture->end, ERR_CANCELLED);
}

static void test_a_cancelled_call_is_silent(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, "/large");
    run_until(&fixture->loop, &fixture->has_news);
    http_call_cancel(fixture->call);
    for (int turn = 0; turn < 10; turn++)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_false(fixture->is_done);
}

/* A request's body of which no piece ever comes. */
struct silent_source {
    struct fixture *fixture;
    bool is_read, was_cancelled_in_time;
};

static void read_silent(void *user, byte_source_done *done, void *done_user)
{
    ((struct silent_source *)user)->is_read = true;
}

static void cancel_silent(void *user)
{
    struct silent_source *silent = user;

    silent->was_cancelled_in_time = !silent->fixture->is_done;
}

/* Whoever is told of the end may free the source. */
static void test_a_source_is_let_go_before_the_end_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct silent_source silent = {.fixture = fixture};
    const struct byte_source source = {
        .read = read_silent, .cancel = cancel_silent, .user = &silent};
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
             http_server_port(fixture->server));
    fixture->call = http_client_start(
        fixture->client,
        &(struct http_request){
            .url = url, .source = &source, .source_bytes = 100},
        on_done, fixture);
    run_until(&fixture->loop, &silent.is_read);
    http_call_abort(fixture->call);
    run_until(&fixture->loop, &fixture->is_done);
    assert_int_equal(fixture->end, ERR_CANCELLED);
    assert_true(silent.was_cancelled_in_time);
}

/* A request's body whose pieces are given by the test. */
struct given_source {
    bool is_read;
    byte_source_done *done;
    void *done_user;
};

static void read_given(void *user, byte_source_done *done, void *done_user)
{
    struct given_source *given = user;

    *given = (struct given_source){true, done, done_user};
}

static void cancel_given(void *user)
{
    fail_msg("what is announced has come");
}

/* What is behind the last byte that was announced is not asked for: an answer
 * that is to begin now would wait for it. */
static void test_a_body_is_sent_with_its_last_byte(void **state)
{
    static const uint8_t zeros[100];
    struct fixture *fixture = *state;
    struct given_source given = {0};
    const struct byte_source source = {
        .read = read_given, .cancel = cancel_given, .user = &given};
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u/large",
             http_server_port(fixture->server));
    fixture->call =
        http_client_start(fixture->client,
                          &(struct http_request){.url = url,
                                                 .source = &source,
                                                 .source_bytes = sizeof(zeros),
                                                 .window_bytes = WINDOW_BYTES,
                                                 .arrived = on_arrived},
                          on_done, fixture);
    for (size_t half = 0; half < 2; half++) {
        assert_true(http_call_is_sending(fixture->call));
        run_until(&fixture->loop, &given.is_read);
        given.is_read = false;
        given.done(given.done_user, 0, bytes_make(zeros, sizeof(zeros) / 2),
                   false);
    }
    run_until(&fixture->loop, &fixture->has_news);
    assert_false(http_call_is_sending(fixture->call));
    fixture->takes = true;
    http_call_take(fixture->call, &fixture->taken);
    run_until(&fixture->loop, &fixture->is_done);
    assert_false(given.is_read);
    assert_whole(fixture);
}

static void test_a_failure_has_nodes_name(void **state)
{
    struct fixture *fixture = *state;
    struct http_request request = {.url = "http://127.0.0.1:9/",
                                   .arrived = on_arrived};

    fixture->call =
        http_client_start(fixture->client, &request, on_done, fixture);
    run_until(&fixture->loop, &fixture->is_done);
    assert_int_equal(fixture->end, ERR_NETWORK);
    assert_string_equal(fixture->error_name, "ECONNREFUSED");
    assert_int_equal(fixture->arrivals, 0);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_body_comes_in_pieces),
        TEST(test_what_is_not_taken_waits),
        TEST(test_a_small_answer_comes_whole_or_in_pieces),
        TEST(test_an_aborted_call_ends_from_the_loop),
        TEST(test_a_cancelled_call_is_silent),
        TEST(test_a_source_is_let_go_before_the_end_is_told),
        TEST(test_a_body_is_sent_with_its_last_byte),
        TEST(test_a_failure_has_nodes_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
