/*
 * Bodies on their way to a task, between a real server and a real client: read
 * slowly, not at all, and broken off.
 */
#include "test.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include "node/route_body.h"

#define LARGE (40u << 20)
#define PIECE 100000

/* A client's request: its body is made as it is sent, byte by byte of its
 * place. */
struct visit {
    struct fixture *fixture;
    uint64_t size;
    uint64_t broken_at; /* 0: not at all */
    uint64_t given;
    uv_timer_t later;
    byte_source_done *done;
    void *done_user;
    struct buffer piece;
    bool is_answered;
    int status;
    unsigned code;
};

/* The node's side of it. */
struct taker {
    struct inbox_item item;
    struct fixture *fixture;
    struct http_exchange *exchange;
    struct route_body *body;
    struct byte_source source;
    uv_timer_t pause;
    uint64_t taken;
    size_t largest;
    bool is_over; /* all has been read */
    int status;
    bool is_finished;
    bool had_exchange;
};

struct fixture {
    uv_loop_t loop;
    struct route_bodies *bodies;
    struct inbox *inbox;
    struct http_server *server;
    struct http_client *client;
    struct taker *takers[ROUTE_BODY_COMING_MAX];
    unsigned count;
    unsigned read_pause_ms;
    bool is_stopped;
    bool is_closed;
};

/* ---- the server's side ---- */

static void on_arrived(void *user, struct http_exchange *exchange,
                       struct route_body *body)
{
    struct fixture *fixture = user;
    struct taker *taker = mem_zero(1, sizeof(*taker));

    taker->fixture = fixture;
    taker->exchange = exchange;
    taker->body = body;
    inbox_put(fixture->inbox, &taker->item);
}

static void take_arrived(void *user, struct inbox_item *item)
{
    struct fixture *fixture = user;
    struct taker *taker = INBOX_OF(item, struct taker, item);
    struct bytes whole;

    assert_true(fixture->count < ROUTE_BODY_COMING_MAX);
    fixture->takers[fixture->count++] = taker;
    uv_timer_init(&fixture->loop, &taker->pause);
    taker->pause.data = taker;
    if (!route_body_whole(taker->body, &whole)) {
        taker->source = route_body_source(taker->body);
        return;
    }
    http_answer_text(taker->exchange, 200, "%zu", whole.size);
    route_body_free(taker->body);
}

static void on_begin(void *user, struct http_exchange *exchange)
{
    route_bodies_begin(((struct fixture *)user)->bodies, exchange);
}

static void on_other(void *user, struct http_exchange *exchange)
{
    http_answer_text(exchange, 404, "no body");
}

/* ---- the task's side ---- */

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)(place * 31 + place / 251);
}

static void read_more(uv_timer_t *timer);

static void on_piece(void *user, int status, struct bytes piece, bool is_last)
{
    struct taker *taker = user;

    assert_false(taker->is_over);
    taker->status = status;
    for (size_t i = 0; i < piece.size; i++)
        if (piece.data[i] != byte_at(taker->taken + i))
            fail_msg("byte %zu is another", (size_t)taker->taken + i);
    taker->taken += piece.size;
    if (piece.size > taker->largest)
        taker->largest = piece.size;
    taker->is_over = status || is_last;
    if (!taker->is_over)
        uv_timer_start(&taker->pause, read_more, taker->fixture->read_pause_ms,
                       0);
}

static void read_more(uv_timer_t *timer)
{
    struct taker *taker = timer->data;

    taker->source.read(taker->source.user, on_piece, taker);
}

static void on_finished(void *user, struct http_exchange *exchange)
{
    struct taker *taker = user;

    taker->is_finished = true;
    taker->had_exchange = exchange != NULL;
    if (exchange && taker->fixture->is_stopped)
        http_answer_text(exchange, 503, "the end");
    else if (exchange)
        http_answer_text(exchange, 200, "%zu", (size_t)taker->taken);
}

/* ---- the client's side ---- */

static void give(uv_timer_t *timer)
{
    struct visit *visit = timer->data;
    uint64_t left = visit->size - visit->given;
    size_t size = left < PIECE ? (size_t)left : PIECE;

    if (visit->broken_at && visit->given >= visit->broken_at) {
        visit->done(visit->done_user, err_set(ERR_CANCELLED, "no more"),
                    (struct bytes){0}, true);
        return;
    }
    buffer_clear(&visit->piece);
    for (size_t i = 0; i < size; i++)
        buffer_u8(&visit->piece, byte_at(visit->given + i));
    visit->given += size;
    visit->done(visit->done_user, 0, buffer_view(&visit->piece),
                visit->given == visit->size);
}

static void on_wanted(void *user, byte_source_done *done, void *done_user)
{
    struct visit *visit = user;

    visit->done = done;
    visit->done_user = done_user;
    uv_timer_start(&visit->later, give, 0, 0);
}

static void on_cancelled(void *user)
{
    uv_timer_stop(&((struct visit *)user)->later);
}

static void on_answer(void *user, int status, struct http_response *response)
{
    struct visit *visit = user;

    visit->is_answered = true;
    visit->status = status;
    visit->code = response ? response->status : 0;
}

/* announced: by its length, or in chunks. */
static void begin_visit(struct fixture *fixture, struct visit *visit,
                        uint64_t size, bool announced)
{
    char url[64];
    const struct byte_source source = {
        .read = on_wanted, .cancel = on_cancelled, .user = visit};

    snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
             http_server_port(fixture->server));
    visit->fixture = fixture;
    visit->size = size;
    uv_timer_init(&fixture->loop, &visit->later);
    visit->later.data = visit;
    http_client_start(
        fixture->client,
        &(struct http_request){.url = url,
                               .source = &source,
                               .source_bytes =
                                   announced ? size : HTTP_CLIENT_SIZE_UNKNOWN,
                               .timeout_ms = 100000},
        on_answer, visit);
}

static void end_visit(struct visit *visit)
{
    uv_close((uv_handle_t *)&visit->later, NULL);
    uv_run(&visit->fixture->loop, UV_RUN_NOWAIT);
    buffer_free(&visit->piece);
}

#define RUN_UNTIL(fixture, condition)                                          \
    while (!(condition))                                                       \
    uv_run(&(fixture)->loop, UV_RUN_ONCE)

/* ---- life ---- */

static int open_fixture(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    const struct http_server_options server = {
        .begin = on_begin, .handler = on_other, .user = fixture, .threads = 2};

    *state = fixture;
    if (uv_loop_init(&fixture->loop))
        return -1;
    const struct route_bodies_options options = {
        .loop = &fixture->loop, .arrived = on_arrived, .user = fixture};
    fixture->bodies = route_bodies_new(&options);
    fixture->inbox = inbox_new(&fixture->loop, take_arrived, fixture);
    assert_ok(http_server_start(&server, &fixture->server));
    fixture->client = http_client_new(&fixture->loop, &address_rule_any);
    return 0;
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void stop(struct fixture *fixture)
{
    fixture->is_stopped = true;
    route_bodies_stop(fixture->bodies);
    http_server_stop(fixture->server);
    route_bodies_close(fixture->bodies, on_closed, fixture);
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    if (!fixture->is_stopped)
        stop(fixture);
    http_client_close(fixture->client);
    inbox_close(fixture->inbox, NULL, NULL);
    for (unsigned i = 0; i < fixture->count; i++)
        uv_close((uv_handle_t *)&fixture->takers[i]->pause, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < fixture->count; i++)
        free(fixture->takers[i]);
    assert_true(fixture->is_closed);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    free(fixture);
    return 0;
}

/* ---- tests ---- */

static void test_a_small_body_is_handed_over_whole(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t sizes[] = {0, 1, PIECE, ROUTE_BODY_WHOLE_MAX};

    for (int i = 0; i < 8; i++) {
        struct visit visit = {0};
        begin_visit(fixture, &visit, sizes[i / 2], i % 2);
        RUN_UNTIL(fixture, visit.is_answered);
        assert_int_equal(visit.code, 200);
        assert_false(fixture->takers[i]->source.read);
        end_visit(&visit);
    }
}

/* The reader is slower than the client: what waits for it stays small. */
static void read_slowly(struct fixture *fixture, bool announced)
{
    struct visit visit = {0};

    fixture->count = 0;
    fixture->read_pause_ms = 2;
    begin_visit(fixture, &visit, LARGE, announced);
    RUN_UNTIL(fixture, fixture->count);
    struct taker *taker = fixture->takers[0];
    assert_true(visit.given < LARGE);
    read_more(&taker->pause);
    RUN_UNTIL(fixture, taker->is_over);
    assert_int_equal(taker->status, 0);
    assert_int_equal(taker->taken, LARGE);
    assert_true(taker->largest <=
                ROUTE_BODY_WHOLE_MAX + ROUTE_BODY_WINDOW_BYTES);
    assert_false(visit.is_answered);
    route_body_finish(taker->body, on_finished, taker);
    assert_false(taker->is_finished);
    RUN_UNTIL(fixture, visit.is_answered);
    assert_true(taker->had_exchange);
    assert_int_equal(visit.code, 200);
    end_visit(&visit);
}

static void test_a_large_body_comes_as_it_is_read(void **state)
{
    struct fixture *fixture = *state;

    read_slowly(fixture, true);
    struct taker *first = fixture->takers[0];
    read_slowly(fixture, false);
    fixture->takers[fixture->count++] = first;
}

static void test_a_body_that_nobody_reads_holds_its_client(void **state)
{
    struct fixture *fixture = *state;
    struct visit visit = {0};

    begin_visit(fixture, &visit, LARGE, true);
    RUN_UNTIL(fixture, fixture->count);
    /* Until no piece more is wanted of the client. */
    for (int idle = 0; idle < 200; idle++) {
        uint64_t given = visit.given;
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        uv_sleep(1);
        if (visit.given != given)
            idle = 0;
    }
    assert_true(visit.given < LARGE);
    /* An answer without reading: the rest is dropped. */
    route_body_finish(fixture->takers[0]->body, on_finished,
                      fixture->takers[0]);
    RUN_UNTIL(fixture, visit.is_answered);
    assert_int_equal(visit.code, 200);
    assert_int_equal(visit.given, LARGE);
    end_visit(&visit);
}

static void test_a_client_that_breaks_off_is_an_error(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 16; i++) {
        struct visit visit = {.broken_at = 3 << 20};
        begin_visit(fixture, &visit, LARGE, i % 2);
        RUN_UNTIL(fixture, fixture->count > i);
        struct taker *taker = fixture->takers[i];
        read_more(&taker->pause);
        RUN_UNTIL(fixture, taker->is_over && visit.is_answered);
        assert_int_equal(taker->status, ERR_NETWORK);
        assert_int_equal(visit.status, ERR_CANCELLED);
        route_body_finish(taker->body, on_finished, taker);
        RUN_UNTIL(fixture, taker->is_finished);
        assert_false(taker->had_exchange);
        end_visit(&visit);
    }
}

static void test_no_more_come_at_a_time_than_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct visit visits[ROUTE_BODY_COMING_MAX + 1] = {0};

    for (int i = 0; i < ROUTE_BODY_COMING_MAX; i++)
        begin_visit(fixture, &visits[i], 4u << 20, true);
    RUN_UNTIL(fixture, fixture->count == ROUTE_BODY_COMING_MAX);
    struct visit *last = &visits[ROUTE_BODY_COMING_MAX];
    /* One client has no more connections to a host. */
    struct http_client *first = fixture->client;
    fixture->client = http_client_new(&fixture->loop, &address_rule_any);
    begin_visit(fixture, last, 3u << 20, true);
    RUN_UNTIL(fixture, last->is_answered);
    assert_int_equal(last->code, 503);
    http_client_close(fixture->client);
    fixture->client = first;
    for (int i = 0; i < ROUTE_BODY_COMING_MAX; i++)
        route_body_finish(fixture->takers[i]->body, on_finished,
                          fixture->takers[i]);
    for (int i = 0; i < ROUTE_BODY_COMING_MAX; i++) {
        RUN_UNTIL(fixture, visits[i].is_answered);
        assert_int_equal(visits[i].code, 200);
    }
    for (int i = 0; i <= ROUTE_BODY_COMING_MAX; i++)
        end_visit(&visits[i]);
}

static void test_a_server_that_stops_ends_what_comes(void **state)
{
    struct fixture *fixture = *state;
    struct visit visit = {0};

    begin_visit(fixture, &visit, LARGE, true);
    RUN_UNTIL(fixture, fixture->count);
    route_body_finish(fixture->takers[0]->body, on_finished,
                      fixture->takers[0]);
    stop(fixture);
    assert_true(fixture->takers[0]->is_finished);
    RUN_UNTIL(fixture, visit.is_answered);
    end_visit(&visit);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_small_body_is_handed_over_whole),
        TEST(test_a_large_body_comes_as_it_is_read),
        TEST(test_a_body_that_nobody_reads_holds_its_client),
        TEST(test_a_client_that_breaks_off_is_an_error),
        TEST(test_no_more_come_at_a_time_than_the_limit),
        TEST(test_a_server_that_stops_ends_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
