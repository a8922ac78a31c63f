/*
 * Bodies of requests as they come, and lists of parameters.
 */
#include "net_test.h"

#include "base/lock.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/inbox.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define UPLOAD_BYTES (20u << 20)
#define UPLOAD_LIMIT (30u << 20)

enum manner { TAKE, PAUSE, HOLD, REFUSE };

/* Where uploads go. */
struct drain {
    struct http_server *server;
    enum manner manner;
    uint64_t bytes, sum;
    size_t piece_max;
    atomic_uint writes, ends;
    int status;
    sem_t paused; /* PAUSE: a write wants to be resumed */
    sem_t ended;
    struct lock lock; /* over exchange, between resuming and the end */
    struct http_exchange *exchange;
    pthread_t resumer;
    atomic_bool is_over;
};

static int on_write(void *user, struct http_exchange *exchange,
                    struct bytes piece)
{
    struct drain *drain = user;

    drain->writes++;
    drain->bytes += piece.size;
    for (size_t i = 0; i < piece.size; i++)
        drain->sum += piece.data[i];
    if (piece.size > drain->piece_max)
        drain->piece_max = piece.size;
    if (drain->manner == REFUSE && drain->bytes > 100000)
        return err_set(ERR_FULL, "the shelf is full");
    if (drain->manner == PAUSE || drain->manner == HOLD) {
        http_body_pause(exchange);
        lock_take(&drain->lock);
        drain->exchange = exchange;
        lock_give(&drain->lock);
        sem_post(&drain->paused);
    }
    return 0;
}

static void on_end(void *user, struct http_exchange *exchange, int status)
{
    struct drain *drain = user;

    lock_take(&drain->lock);
    drain->exchange = NULL;
    lock_give(&drain->lock);
    drain->ends++;
    drain->status = status;
    if (!status)
        http_answer_text(exchange, 200, "%llu",
                         (unsigned long long)drain->bytes);
    sem_post(&drain->ended);
}

static void *resume(void *user)
{
    struct drain *drain = user;

    while (!sem_wait(&drain->paused) && !drain->is_over) {
        lock_take(&drain->lock);
        if (drain->exchange)
            http_body_resume(drain->exchange);
        lock_give(&drain->lock);
    }
    return NULL;
}

static void begin(void *user, struct http_exchange *exchange)
{
    struct drain *drain = user;

    if (!strcmp(http_path(exchange), "/upload"))
        http_body_to(exchange, (struct http_sink){on_write, on_end, drain},
                     UPLOAD_LIMIT);
}

static void handle(void *user, struct http_exchange *exchange)
{
    struct bytes rest = http_query_begin(exchange);
    struct buffer list = {0};
    const char *name, *value;

    while (http_query_next(exchange, &rest, &name, &value))
        buffer_format(&list, "%s=%s;", name, value);
    buffer_format(&list, "%zu", http_body(exchange).size);
    http_answer_buffer(exchange, 200, NULL, &list);
}

static void open_drain(struct drain *drain, enum manner manner)
{
    const struct http_server_options options = {
        .handler = handle, .begin = begin, .user = drain};

    memset(drain, 0, sizeof(*drain));
    drain->manner = manner;
    sem_init(&drain->paused, 0, 0);
    sem_init(&drain->ended, 0, 0);
    lock_init(&drain->lock);
    assert_ok(http_server_start(&options, &drain->server));
    if (manner == PAUSE)
        pthread_create(&drain->resumer, NULL, resume, drain);
}

static void close_drain(struct drain *drain)
{
    http_server_stop(drain->server);
    drain->is_over = true;
    sem_post(&drain->paused);
    if (drain->manner == PAUSE)
        pthread_join(drain->resumer, NULL);
    lock_destroy(&drain->lock);
    sem_destroy(&drain->paused);
    sem_destroy(&drain->ended);
}

/* The status of HTTP; the body's text goes to out. */
static unsigned upload(struct drain *drain, const char *target, size_t size,
                       char out[200])
{
    struct buffer body = {0};
    struct http_response response;
    char *url = mem_format("http://127.0.0.1:%u%s",
                           http_server_port(drain->server), target);

    for (size_t i = 0; i < size; i += 4)
        buffer_u32le(&body, (uint32_t)(i * 2654435761u));
    const struct http_request request = {.url = url,
                                         .body = buffer_view(&body)};
    assert_ok(http_client_wait(&address_rule_any, &request, &response));
    snprintf(out, 200, "%s", buffer_string(&response.body));
    unsigned status = response.status;
    http_response_free(&response);
    buffer_free(&body);
    free(url);
    return status;
}

static void test_a_large_body_goes_by_in_small_pieces(void **state)
{
    struct drain drain;
    char text[200];

    open_drain(&drain, TAKE);
    assert_int_equal(upload(&drain, "/upload", UPLOAD_BYTES, text), 200);
    assert_string_equal(text, "20971520\n");
    assert_true(drain.piece_max <= 65536);
    assert_int_equal(drain.ends, 1);
    /* Others are gathered, up to the server's limit, as before. */
    assert_int_equal(upload(&drain, "/other", 60000, text), 200);
    assert_string_equal(text, "60000");
    assert_int_equal(upload(&drain, "/other", 70000, text), 413);
    assert_int_equal(drain.ends, 1);
    close_drain(&drain);
}

static void test_a_sink_that_pauses_loses_nothing(void **state)
{
    struct drain whole, paused;
    char text[200];

    open_drain(&whole, TAKE);
    open_drain(&paused, PAUSE);
    assert_int_equal(upload(&whole, "/upload", UPLOAD_BYTES / 4, text), 200);
    assert_int_equal(upload(&paused, "/upload", UPLOAD_BYTES / 4, text), 200);
    assert_int_equal(paused.bytes, UPLOAD_BYTES / 4);
    assert_int_equal(paused.sum, whole.sum);
    assert_int_equal(paused.ends, 1);
    close_drain(&whole);
    close_drain(&paused);
}

static void test_a_sink_may_refuse(void **state)
{
    struct drain drain;
    char text[200];

    open_drain(&drain, REFUSE);
    assert_int_equal(upload(&drain, "/upload", 1u << 20, text), 507);
    assert_string_equal(text, "the shelf is full\n");
    assert_int_equal(drain.ends, 1);
    assert_int_equal(drain.status, ERR_FULL);
    close_drain(&drain);
}

static void test_a_body_above_its_limit_is_refused_at_once(void **state)
{
    struct drain drain;
    struct buffer answer = {0};

    open_drain(&drain, TAKE);
    raw_ask(http_server_port(drain.server),
            "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 31457281\r\n"
            "\r\n",
            &answer);
    assert_non_null(strstr(buffer_string(&answer), " 413 "));
    assert_int_equal(drain.writes, 0);
    assert_int_equal(drain.ends, 1);
    assert_int_equal(drain.status, ERR_LIMIT);
    buffer_free(&answer);
    close_drain(&drain);
}

static void test_a_client_that_breaks_off_ends_its_body(void **state)
{
    static const char head[] =
        "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc";
    struct drain drain;

    open_drain(&drain, TAKE);
    int raw = raw_connect(http_server_port(drain.server));
    raw_send(raw, head, sizeof(head) - 1);
    /* Bytes and their end in one event would only be noticed by libmicrohttpd
     * when the connection has been idle for too long. */
    while (!drain.writes)
        usleep(1000);
    close(raw);
    assert_int_equal(sem_wait(&drain.ended), 0);
    assert_int_equal(drain.ends, 1);
    assert_int_equal(drain.status, ERR_NETWORK);
    close_drain(&drain);
    assert_int_equal(drain.ends, 1);
}

static void test_the_server_stops_while_a_body_pauses(void **state)
{
    static const char head[] =
        "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc";
    struct drain drain;

    open_drain(&drain, HOLD);
    int raw = raw_connect(http_server_port(drain.server));
    raw_send(raw, head, sizeof(head) - 1);
    assert_int_equal(sem_wait(&drain.paused), 0);
    close_drain(&drain);
    assert_int_equal(drain.ends, 1);
    assert_true(drain.status < 0);
    close(raw);
}

static void test_chunks_arrive_and_a_trailer_is_passed_over(void **state)
{
    struct drain drain;
    struct buffer answer = {0};

    open_drain(&drain, TAKE);
    raw_ask(http_server_port(drain.server),
            "POST /upload HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            "3\r\nabc\r\n5\r\ndefgh\r\n0\r\nX-Sum: 42\r\n\r\n",
            &answer);
    assert_non_null(strstr(buffer_string(&answer), "\r\n\r\n8\n"));
    buffer_free(&answer);
    close_drain(&drain);
}

static void test_parameters_are_a_list(void **state)
{
    struct drain drain;
    char text[200];

    open_drain(&drain, TAKE);
    assert_int_equal(
        upload(&drain, "/other?a=1&b=x%20y&a=2&&a=%ff&c&=v&a=3+4", 0, text),
        200);
    assert_string_equal(text, "a=1;b=x y;a=2;c=;=v;a=3 4;0");
    close_drain(&drain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_large_body_goes_by_in_small_pieces),
        cmocka_unit_test(test_a_sink_that_pauses_loses_nothing),
        cmocka_unit_test(test_a_sink_may_refuse),
        cmocka_unit_test(test_a_body_above_its_limit_is_refused_at_once),
        cmocka_unit_test(test_a_client_that_breaks_off_ends_its_body),
        cmocka_unit_test(test_the_server_stops_while_a_body_pauses),
        cmocka_unit_test(test_chunks_arrive_and_a_trailer_is_passed_over),
        cmocka_unit_test(test_parameters_are_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
