#include "net_test.h"

#include "base/memory.h"
#include "net/door.h"
#include "net/http_client.h"
#include "net/http_door.h"
#include "net/http_server.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define BODY_LIMIT (1u << 20)
#define STREAM_BYTES 3000000

/* What the tests' server does, by path. */
static struct http_exchange *held; /* of /hold */
static bool holding;
static pthread_t later_thread;

static void *answer_later(void *exchange)
{
    http_answer_text(exchange, 200, "later");
    return NULL;
}

#define WRITTEN                                                                \
    "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nwritten"

static void *end_written(void *exchange)
{
    http_answer_written(exchange);
    return NULL;
}

/* In another process's place. */
static void write_elsewhere(struct http_exchange *exchange, bool later)
{
    int socket;

    if (http_connection(exchange, &socket) ||
        send(socket, WRITTEN, sizeof(WRITTEN) - 1, MSG_NOSIGNAL) < 0)
        abort();
    close(socket);
    if (later)
        pthread_create(&later_thread, NULL, end_written, exchange);
    else
        end_written(exchange);
}

static ssize_t read_pattern(void *user, uint64_t position, uint8_t *into,
                            size_t room)
{
    if (position == STREAM_BYTES)
        return 0;
    if (room > STREAM_BYTES - position)
        room = STREAM_BYTES - position;
    for (size_t i = 0; i < room; i++)
        into[i] = (uint8_t)((position + i) % 251);
    return (ssize_t)room;
}

static ssize_t read_broken(void *user, uint64_t position, uint8_t *into,
                           size_t room)
{
    if (position)
        return err_set(ERR_IO, "the disk is gone");
    *into = 'x';
    return 1;
}

static void count_release(void *user)
{
    atomic_fetch_add((atomic_int *)user, 1);
}

static atomic_int released; /* on the server's threads */

static void answer_by_path(void *user, struct http_exchange *exchange)
{
    const char *path = http_path(exchange);
    struct http_source source = {read_pattern, count_release, &released};
    if (!strcmp(path, "/echo")) {
        http_answer_header(exchange, "X-Method", http_method(exchange));
        http_answer(exchange, 200, "application/octet-stream",
                    http_body(exchange));
    } else if (!strcmp(path, "/query")) {
        const char *name = http_query(exchange, "name");
        http_answer_text(exchange, 200, "%s", name ? name : "(none)");
    } else if (!strcmp(path, "/header")) {
        const char *value = http_header(exchange, "x-thing");
        http_answer_text(exchange, 200, "%s", value ? value : "(none)");
    } else if (!strcmp(path, "/framing")) {
        const char *size = http_header(exchange, "content-length");
        const char *type = http_header(exchange, "content-type");
        http_answer_text(exchange, 200, "%s %s", size ? size : "(none)",
                         type ? type : "(none)");
    } else if (!strcmp(path, "/reflect")) {
        http_answer_header(exchange, "X-Name", http_query(exchange, "name"));
        http_answer_header(exchange, "content-length", "100");
        http_answer_header(exchange, "Transfer-Encoding", "gzip");
        http_answer_header(exchange, "X Y", "name with a space");
        http_answer_header(exchange, "", "no name");
        http_answer_text(exchange, 200, "done");
    } else if (!strcmp(path, "/later")) {
        pthread_create(&later_thread, NULL, answer_later, exchange);
    } else if (!strcmp(path, "/written")) {
        write_elsewhere(exchange, false);
    } else if (!strcmp(path, "/written-later")) {
        write_elsewhere(exchange, true);
    } else if (!strcmp(path, "/hold")) {
        held = exchange;
        holding = true;
    } else if (!strcmp(path, "/stream")) {
        http_answer_stream(exchange, 200, "x/y", STREAM_BYTES, source);
    } else if (!strcmp(path, "/chunks")) {
        http_answer_stream(exchange, 200, "x/y", HTTP_SIZE_UNKNOWN, source);
    } else if (!strcmp(path, "/broken")) {
        source.read = read_broken;
        http_answer_stream(exchange, 200, "x/y", 100, source);
    } else if (!strcmp(path, "/redirect")) {
        http_answer_header(exchange, "Location", "/query?name=there");
        http_answer_text(exchange, 302, "elsewhere");
    } else if (!strcmp(path, "/all")) {
        size_t count;
        struct buffer text = {0};
        const struct http_header *headers = http_headers(exchange, &count);
        for (size_t i = 0; i < count; i++)
            buffer_format(&text, "%s=%s|", headers[i].name, headers[i].value);
        buffer_format(&text, "%s", http_client_address(exchange));
        http_answer_buffer(exchange, 200, NULL, &text);
    } else if (!strcmp(path, "/empty")) {
        http_answer_header(exchange, "X-Empty", "");
        http_answer_header(exchange, "X-Twice", "a");
        http_answer_header(exchange, "X-Twice", "b\xe9");
        http_answer_text(exchange, 200, "x");
    } else if (http_method_is(exchange, "OPTIONS")) {
        http_answer_preflight(exchange, "GET, POST");
    } else {
        http_answer_text(exchange, 404, "no %s", path);
    }
}

static struct http_server *start(struct http_server_options options)
{
    struct http_server *server;
    options.handler = answer_by_path;
    options.body_limit_bytes = BODY_LIMIT;
    assert_ok(http_server_start(&options, &server));
    assert_true(http_server_port(server) > 0);
    return server;
}

static struct http_server *start_threads(unsigned threads)
{
    return start((struct http_server_options){.threads = threads});
}

static char *url_of(struct http_server *server, const char *target)
{
    return mem_format("http://127.0.0.1:%u%s", http_server_port(server),
                      target);
}

/* Ask and wait. */
static int ask(struct http_server *server, const char *target,
               struct http_request request, struct http_response *response)
{
    char *url = url_of(server, target);
    request.url = url;
    memset(response, 0, sizeof(*response));
    int status = http_client_wait(&address_rule_any, &request, response);
    free(url);
    return status;
}

static void assert_answer(struct http_server *server, const char *target,
                          struct http_request request, unsigned status,
                          const char *body)
{
    struct http_response response;
    assert_ok(ask(server, target, request, &response));
    assert_int_equal(response.status, status);
    assert_string_equal(buffer_string(&response.body), body);
    http_response_free(&response);
}

/* The server closes when it has answered. */
#define LAST "Host: h\r\nConnection: close\r\n\r\n"

static void assert_status(uint16_t port, const char *text, const char *status)
{
    struct buffer answer = {0};
    raw_ask(port, text, &answer);
    if (!strstr(buffer_string(&answer), status))
        fail_msg("%s is answered %s", text, buffer_string(&answer));
    buffer_free(&answer);
}

/* ---- requests and answers ---- */

static void test_body_comes_back(void **state)
{
    struct http_server *server = start_threads(2);
    struct buffer body = {0};
    struct http_response response;
    for (size_t size = 0; size <= BODY_LIMIT; size = size * 7 + 1) {
        buffer_resize(&body, size);
        for (size_t i = 0; i < size; i++)
            body.data[i] = (uint8_t)(i * 31 >> 3);
        struct bytes sent = bytes_make(buffer_string(&body), size);
        assert_ok(ask(server, "/echo", (struct http_request){.body = sent},
                      &response));
        assert_int_equal(response.status, 200);
        assert_true(bytes_equal(buffer_view(&response.body), sent));
        struct bytes type = http_response_header(&response, "content-TYPE");
        assert_true(bytes_equal(type, bytes_text("application/octet-stream")));
        assert_true(bytes_equal(http_response_header(&response, "X-Method"),
                                bytes_text("POST")));
        assert_null(http_response_header(&response, "X-Meth").data);
        http_response_free(&response);
    }
    buffer_free(&body);
    http_server_stop(server);
}

static void test_target_is_decoded(void **state)
{
    struct http_server *server = start_threads(1);
    struct http_request get = {0};
    assert_answer(server, "/%71uery?name=a+b%26c", get, 200, "a b&c\n");
    assert_answer(server, "/query?x=y", get, 200, "(none)\n");
    assert_answer(server, "/query?name=%zz", get, 200, "(none)\n");
    assert_answer(server, "/no%2Fthing", get, 404, "no /no/thing\n");
    assert_answer(server, "/no%00thing", get, 400,
                  "the target can't be decoded\n");
    assert_answer(server, "/no%ff", get, 400, "the target can't be decoded\n");
    http_server_stop(server);
}

static void test_headers_go_both_ways(void **state)
{
    struct http_server *server = start_threads(1);
    const char *const headers[] = {"X-Thing: some value", NULL};
    struct http_request request = {.headers = headers};
    assert_answer(server, "/header", request, 200, "some value\n");
    const char *const broken[] = {"X-Thing: a\r\nX-Other: b", NULL};
    struct http_response response;
    request.headers = broken;
    assert_int_equal(ask(server, "/header", request, &response), ERR_INVALID);
    http_server_stop(server);
}

static void test_all_headers_are_seen_as_they_came(void **state)
{
    struct http_server *server = start_threads(1);
    struct buffer answer = {0};
    raw_ask(http_server_port(server),
            "GET /all HTTP/1.1\r\nX-b: 2\r\nA: \xe9\r\nx-B: 1\r\nE:\r\n" LAST,
            &answer);
    assert_non_null(strstr(buffer_string(&answer),
                           "X-b=2|A=\xe9|x-B=1|E=|Host=h|Connection=close|"
                           "127.0.0.1"));
    buffer_clear(&answer);
    raw_ask(http_server_port(server), "GET /empty HTTP/1.1\r\n" LAST, &answer);
    const char *empty = strstr(buffer_string(&answer), "X-Empty:");
    assert_non_null(empty);
    assert_int_equal(empty[8 + strspn(empty + 8, " ")], '\r');
    assert_non_null(strstr(buffer_string(&answer), "X-Twice: a\r\n"));
    assert_non_null(strstr(buffer_string(&answer), "X-Twice: b\xe9\r\n"));
    buffer_free(&answer);
    http_server_stop(server);
}

static void test_a_path_that_can_not_be_decoded_may_be_handed_over(void **state)
{
    struct http_server *server =
        start((struct http_server_options){.any_path = true});
    struct http_request get = {0};
    assert_answer(server, "/no%00thing", get, 404, "no /no%00thing\n");
    assert_answer(server, "/no%ff?x", get, 404, "no /no%ff\n");
    assert_answer(server, "/%71uery?name=x", get, 200, "x\n");
    http_server_stop(server);
}

static void test_methods_are_seen(void **state)
{
    struct http_server *server = start_threads(1);
    struct http_response response;
    assert_ok(ask(server, "/echo", (struct http_request){.method = "DELETE"},
                  &response));
    assert_true(bytes_equal(http_response_header(&response, "x-method"),
                            bytes_text("DELETE")));
    http_response_free(&response);
    assert_ok(ask(server, "/query", (struct http_request){.method = "HEAD"},
                  &response));
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body.size, 0);
    http_response_free(&response);
    assert_ok(ask(server, "/any", (struct http_request){.method = "OPTIONS"},
                  &response));
    assert_int_equal(response.status, 204);
    assert_true(bytes_equal(
        http_response_header(&response, "access-control-allow-origin"),
        bytes_text("*")));
    http_response_free(&response);
    http_server_stop(server);
}

static void test_body_above_the_limit_is_refused(void **state)
{
    struct http_server *server = start_threads(1);
    struct buffer body = {0};
    buffer_resize(&body, BODY_LIMIT + 1);
    assert_answer(server, "/echo",
                  (struct http_request){.body = buffer_view(&body)}, 413,
                  "the body is too large\n");
    /* Without a length the server finds out late. */
    const char *const chunked[] = {"Transfer-Encoding: chunked", NULL};
    assert_answer(
        server, "/echo",
        (struct http_request){.body = buffer_view(&body), .headers = chunked},
        413, "the body is too large\n");
    /* It does not read on for ever. */
    struct http_response response;
    buffer_resize(&body, 16u << 20);
    assert_int_equal(ask(server, "/echo",
                         (struct http_request){.body = buffer_view(&body),
                                               .headers = chunked},
                         &response),
                     ERR_NETWORK);
    assert_status(http_server_port(server),
                  "POST /echo HTTP/1.1\r\nContent-Length: 99999999999\r\n" LAST,
                  " 413 ");
    assert_answer(server, "/query?name=well", (struct http_request){0}, 200,
                  "well\n");
    buffer_free(&body);
    http_server_stop(server);
}

static void test_streams_come_whole(void **state)
{
    static const char *const targets[] = {"/stream", "/chunks"};
    struct http_server *server = start_threads(1);
    released = 0;
    for (int i = 0; i < 2; i++) {
        struct http_response response;
        assert_ok(ask(server, targets[i], (struct http_request){0}, &response));
        assert_int_equal(response.body.size, STREAM_BYTES);
        for (size_t at = 0; at < STREAM_BYTES; at++)
            assert_int_equal(response.body.data[at], at % 251);
        http_response_free(&response);
    }
    http_server_stop(server);
    assert_int_equal(released, 2);
}

static void test_stream_that_breaks_is_no_answer(void **state)
{
    struct http_server *server = start_threads(1);
    struct http_response response;
    released = 0;
    assert_int_equal(
        ask(server, "/broken", (struct http_request){0}, &response),
        ERR_NETWORK);
    http_server_stop(server);
    assert_int_equal(released, 1);
}

static void test_other_thread_answers_later(void **state)
{
    struct http_server *server = start_threads(1);
    for (int i = 0; i < 50; i++) {
        assert_answer(server, "/later", (struct http_request){0}, 200,
                      "later\n");
        pthread_join(later_thread, NULL);
    }
    http_server_stop(server);
}

/* ---- by hand ---- */

/* Send the text and close the connection without reading an answer. */
static void send_and_leave(uint16_t port, const char *text)
{
    int peer = raw_connect(port);
    raw_send(peer, text, strlen(text));
    close(peer);
}

/* And the server serves on. */
static void test_an_answer_may_be_written_by_others(void **state)
{
    struct http_server *server = start_threads(2);
    static const char *const paths[] = {"/written", "/written-later"};

    for (int i = 0; i < 40; i++) {
        struct buffer answer = {0};
        char text[128];
        snprintf(text, sizeof(text),
                 "POST %s HTTP/1.1\r\nHost: a\r\n"
                 "Content-Length: 2\r\n\r\nhi",
                 paths[i % 2]);
        raw_ask(http_server_port(server), text, &answer);
        assert_string_equal(buffer_string(&answer), WRITTEN);
        buffer_free(&answer);
        if (i % 2)
            pthread_join(later_thread, NULL);
    }
    http_server_stop(server);
}

static void test_targets_of_all_forms_are_understood(void **state)
{
    struct http_server *server = start_threads(1);
    uint16_t port = http_server_port(server);
    assert_status(port, "GET /query?name=x HTTP/1.1\r\n" LAST, " 200 OK");
    assert_status(port, "GET http://h/query?name=absolute HTTP/1.1\r\n" LAST,
                  "absolute");
    assert_status(port, "OPTIONS * HTTP/1.1\r\n" LAST, " 204 ");
    assert_status(port, "GET nothing HTTP/1.1\r\n" LAST, " 400 ");
    http_server_stop(server);
}

static void test_headers_from_outside_are_tamed(void **state)
{
    struct http_server *server = start_threads(1);
    uint16_t port = http_server_port(server);
    struct buffer answer = {0};
    static const char *const values[] = {"",        " ",    "\t",     "a\tb",
                                         "a\r\n b", "a\rb", "a\x01z", "a, b"};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char *text = mem_format("OPTIONS /x HTTP/1.1\r\n"
                                "Access-Control-Request-Headers: %s\r\n" LAST,
                                values[i]);
        buffer_clear(&answer);
        raw_ask(port, text, &answer);
        if (!strstr(buffer_string(&answer), " 204 ") &&
            !strstr(buffer_string(&answer), " 400 "))
            fail_msg("case %zu: %s", i, buffer_string(&answer));
        free(text);
    }
    raw_ask(port,
            "GET /reflect?name=a%0d%0aX-Other:%20b%0d%0a%0d%0abody "
            "HTTP/1.1\r\n" LAST,
            &answer);
    assert_non_null(
        strstr(buffer_string(&answer), "X-Name: a  X-Other: b    body\r\n"));
    assert_non_null(strstr(buffer_string(&answer), "Content-Length: 5\r\n"));
    assert_null(strstr(buffer_string(&answer), "gzip"));
    assert_null(strstr(buffer_string(&answer), "X Y"));
    buffer_free(&answer);
    http_server_stop(server);
}

static void test_broken_requests_do_no_harm(void **state)
{
    struct http_server *server = start_threads(1);
    uint16_t port = http_server_port(server);
    struct buffer text = {0};
    assert_status(port, "GET /query HTTP/1.1\r\n\r\n", " 400 ");
    assert_status(port,
                  "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
                  " 400 ");
    send_and_leave(port, "\x16\x03\x01\x02");
    send_and_leave(port, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                         "Transfer-Encoding: chunked\r\n\r\nzz\r\n");
    send_and_leave(port, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                         "Content-Length: 10\r\n\r\nshort");
    send_and_leave(port, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    buffer_text(&text, "GET /");
    for (int i = 0; i < 9000; i++)
        buffer_u8(&text, 'a');
    buffer_text(&text, " HTTP/1.1\r\n" LAST);
    assert_status(port, buffer_string(&text), " 414 ");
    buffer_clear(&text);
    buffer_text(&text, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 9000; i++)
        buffer_text(&text, "A: aaaaaaa\r\n");
    send_and_leave(port, buffer_string(&text));
    assert_status(port, "GET /query?name=y HTTP/1.1\r\n" LAST, "y\n");
    pthread_join(later_thread, NULL);
    buffer_free(&text);
    http_server_stop(server);
}

static void test_requests_on_one_connection_are_apart(void **state)
{
    struct http_server *server = start_threads(1);
    struct buffer answer = {0};
    raw_ask(http_server_port(server),
            "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
            "GET /query?name=second HTTP/1.1\r\nHost: h\r\n\r\n"
            "POST /echo HTTP/1.1\r\nContent-Length: 1\r\n" LAST "3",
            &answer);
    const char *first = strstr(buffer_string(&answer), "\r\n\r\nfirstHTTP");
    assert_non_null(first);
    const char *second = strstr(first, "\r\n\r\nsecond\n");
    assert_non_null(second);
    const char *third = strstr(second + 12, "\r\n\r\n3");
    assert_non_null(third);
    assert_string_equal(third, "\r\n\r\n3");
    buffer_free(&answer);
    http_server_stop(server);
}

/* ---- ports ---- */

static void test_taken_port_is_busy(void **state)
{
    struct http_server *server = start_threads(1), *second;
    struct http_server_options options = {.handler = answer_by_path,
                                          .port = http_server_port(server)};
    assert_int_equal(http_server_start(&options, &second), ERR_BUSY);
    http_server_stop(server);
    assert_ok(http_server_start(&options, &second));
    http_server_stop(second);
    options.address = "no address";
    assert_int_equal(http_server_start(&options, &second), ERR_INVALID);
}

/* ---- on a loop ---- */

struct outcome {
    bool done;
    int status;
    unsigned http_status;
    char text[64];
};

static void take_outcome(void *user, int status, struct http_response *response)
{
    struct outcome *outcome = user;
    assert_false(outcome->done);
    outcome->done = true;
    outcome->status = status;
    if (!response)
        return;
    outcome->http_status = response->status;
    snprintf(outcome->text, sizeof(outcome->text), "%s",
             buffer_string(&response->body));
}

static void test_loop_serves_and_asks(void **state)
{
    uv_loop_t loop;
    struct outcome outcomes[100] = {0};
    uv_loop_init(&loop);
    struct http_server *server =
        start((struct http_server_options){.loop = &loop, .threads = 2});
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    for (int i = 0; i < 100; i++) {
        char *target = mem_format("/query?name=%d", i);
        char *url = url_of(server, target);
        http_client_start(client, &(struct http_request){.url = url},
                          take_outcome, &outcomes[i]);
        free(url);
        free(target);
    }
    for (int i = 0; i < 100; i++) {
        char expected[8];
        run_until(&loop, &outcomes[i].done);
        snprintf(expected, sizeof(expected), "%d\n", i);
        assert_int_equal(outcomes[i].status, 0);
        assert_string_equal(outcomes[i].text, expected);
    }
    http_client_close(client);
    http_server_stop(server);
    finish_loop(&loop);
}

static void test_a_redirect_is_an_answer_like_others(void **state)
{
    struct http_server *server = start_threads(1);
    assert_answer(server, "/redirect", (struct http_request){0}, 302,
                  "elsewhere\n");
    http_server_stop(server);
}

/* What libcurl sends of itself is not what was asked for: "Name:" would be left
 * out, a body would be called a form, an empty one not be announced. */
static void test_a_request_is_sent_as_it_was_given(void **state)
{
    struct http_server *server = start_threads(1);
    static const char *const empty[] = {"X-Thing: ", NULL};
    static const char *const bytes[] = {"X-Thing: a\tb", NULL};
    struct http_request request = {.headers = empty};
    assert_answer(server, "/header", request, 200, "\n");
    request.headers = bytes;
    assert_answer(server, "/header", request, 200, "a\tb\n");
    request = (struct http_request){.body = bytes_text(""), .method = "PUT"};
    assert_answer(server, "/framing", request, 200, "0 (none)\n");
    request.body = bytes_text("xyz");
    assert_answer(server, "/framing", request, 200, "3 (none)\n");
    request = (struct http_request){.method = "POST"};
    assert_answer(server, "/framing", request, 200, "(none) (none)\n");
    http_server_stop(server);
}

static void test_answer_above_the_limit_is_an_error(void **state)
{
    struct http_server *server = start_threads(1);
    struct http_response response;
    struct http_request request = {.limit_bytes = STREAM_BYTES - 1};
    assert_int_equal(ask(server, "/chunks", request, &response), ERR_LIMIT);
    request.limit_bytes = STREAM_BYTES;
    assert_ok(ask(server, "/chunks", request, &response));
    http_response_free(&response);
    http_server_stop(server);
}

static void test_bodies_share_a_budget(void **state)
{
    struct http_server *server = start_threads(1);
    struct budget budget = {.name = "these", .limit_bytes = STREAM_BYTES - 1};
    struct http_request request = {.budget = &budget};
    struct http_response response;

    assert_int_equal(ask(server, "/chunks", request, &response), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "these"));
    assert_int_equal(budget.used_bytes, 0);
    budget.limit_bytes = STREAM_BYTES;
    assert_ok(ask(server, "/chunks", request, &response));
    assert_int_equal(budget.used_bytes, 0);
    http_response_free(&response);
    /* What others hold is not to be had; a request's body counts, too. */
    assert_ok(budget_take(&budget, STREAM_BYTES - 10));
    request.body = bytes_text("eleven bytes");
    assert_int_equal(ask(server, "/echo", request, &response), ERR_LIMIT);
    assert_int_equal(budget.used_bytes, STREAM_BYTES - 10);
    http_server_stop(server);
}

static void test_failures_are_distinguished(void **state)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server =
        start((struct http_server_options){.loop = &loop});
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    struct outcome slow = {0}, refused = {0}, unknown = {0}, closed = {0};
    char *url = url_of(server, "/hold");
    http_client_start(client,
                      &(struct http_request){.url = url, .timeout_ms = 50},
                      take_outcome, &slow);
    assert_false(slow.done);
    run_until(&loop, &slow.done);
    assert_int_equal(slow.status, ERR_TIMEOUT);
    run_until(&loop, &holding);
    http_answer_text(held, 200, "to nobody");
    holding = false;

    http_client_start(client, &(struct http_request){.url = "gopher://h/"},
                      take_outcome, &unknown);
    assert_false(unknown.done);
    run_until(&loop, &unknown.done);
    assert_int_equal(unknown.status, ERR_INVALID);

    http_client_start(client, &(struct http_request){.url = url}, take_outcome,
                      &closed);
    run_until(&loop, &holding);
    holding = false;
    http_client_close(client);
    assert_false(closed.done);
    run_until(&loop, &closed.done);
    assert_int_equal(closed.status, ERR_CANCELLED);
    http_server_stop(server); /* with an unanswered exchange */

    client = http_client_new(&loop, &address_rule_any);
    http_client_start(client, &(struct http_request){.url = url}, take_outcome,
                      &refused);
    run_until(&loop, &refused.done);
    assert_int_equal(refused.status, ERR_NETWORK);
    http_client_close(client);
    finish_loop(&loop);
    free(url);
}

/* libcurl wants no time-out when nothing is under way, and a late one when
 * something is: neither may swallow what has to be reported at once. */
static void test_a_call_that_could_not_start_is_reported(void **state)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server =
        start((struct http_server_options){.loop = &loop});
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    struct outcome held_back = {0}, unknown = {0}, other = {0};
    char *url = url_of(server, "/hold");
    struct http_call *call = http_client_start(
        client, &(struct http_request){.url = url}, take_outcome, &held_back);
    run_until(&loop, &holding);
    holding = false;
    http_client_start(
        client,
        &(struct http_request){
            .url = url, .headers = (const char *const[]){"no header", NULL}},
        take_outcome, &unknown);
    http_call_cancel(call);
    assert_false(unknown.done);
    run_until(&loop, &unknown.done);
    assert_int_equal(unknown.status, ERR_INVALID);
    http_client_start(
        client,
        &(struct http_request){
            .url = url, .headers = (const char *const[]){"no header", NULL}},
        take_outcome, &other);
    http_client_close(client);
    assert_false(other.done);
    run_until(&loop, &other.done);
    assert_int_equal(other.status, ERR_CANCELLED);
    http_answer_text(held, 200, "to nobody");
    http_server_stop(server);
    finish_loop(&loop);
    free(url);
}

/* The calls of a client that is closed at some moment. */
struct closing {
    struct http_client *client;
    bool is_inside;
    bool closes; /* the first that is done closes the client */
    unsigned done;
};

static void count_done(void *user, int status, struct http_response *response)
{
    struct closing *closing = user;
    assert_false(closing->is_inside);
    closing->done++;
    if (!closing->closes)
        return;
    closing->closes = false;
    closing->is_inside = true;
    http_client_close(closing->client);
    closing->is_inside = false;
}

static void test_a_client_closes_at_any_time(void **state)
{
    struct http_server *server = start_threads(2);
    char *urls[] = {
        url_of(server, "/query?name=x"), url_of(server, "/chunks"),
        url_of(server, "/redirect"),     mem_text("gopher://h/"),
        mem_text("http://127.0.0.1:1/"), mem_text("http://localhost:1/")};
    size_t count = sizeof(urls) / sizeof(urls[0]);
    for (int turns = -1; turns < 15; turns++) {
        uv_loop_t loop;
        uv_loop_init(&loop);
        struct closing closing = {.client =
                                      http_client_new(&loop, &address_rule_any),
                                  .closes = turns < 0};
        for (size_t i = 0; i < 3 * count; i++)
            http_client_start(closing.client,
                              &(struct http_request){.url = urls[i % count]},
                              count_done, &closing);
        for (int i = 0; i < turns; i++)
            uv_run(&loop, UV_RUN_NOWAIT);
        if (turns >= 0) {
            closing.is_inside = true;
            http_client_close(closing.client);
            closing.is_inside = false;
        }
        finish_loop(&loop);
        assert_int_equal(closing.done, 3 * count);
    }
    for (size_t i = 0; i < count; i++)
        free(urls[i]);
    http_server_stop(server);
}

/* A server made of one text: it reads what comes first, sends the text and
 * breaks off. */
struct text_server {
    int listener;
    const char *text;
    size_t size;
};

static void *serve_text(void *user)
{
    struct text_server *server = user;
    char request[4096];
    int peer = accept(server->listener, NULL, NULL);
    if (recv(peer, request, sizeof(request), 0) > 0)
        send(peer, server->text, server->size, MSG_NOSIGNAL);
    shutdown(peer, SHUT_WR);
    while (recv(peer, request, sizeof(request), 0) > 0)
        continue;
    close(peer);
    return NULL;
}

static int ask_text_server(const char *text, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_size = sizeof(address);
    struct text_server server = {socket(AF_INET, SOCK_STREAM, 0), text, size};
    struct http_response response = {0};
    pthread_t thread;
    assert_int_equal(
        bind(server.listener, (struct sockaddr *)&address, address_size), 0);
    assert_int_equal(listen(server.listener, 1), 0);
    getsockname(server.listener, (struct sockaddr *)&address, &address_size);
    pthread_create(&thread, NULL, serve_text, &server);
    char *url = mem_format("http://127.0.0.1:%u/", ntohs(address.sin_port));
    const struct http_request request = {.url = url, .limit_bytes = 1000};
    int status = http_client_wait(&address_rule_any, &request, &response);
    http_response_free(&response);
    pthread_join(thread, NULL);
    close(server.listener);
    free(url);
    return status;
}

static void test_nonsense_is_no_answer(void **state)
{
    static const char *const texts[] = {
        "",
        "hello\r\n\r\n",
        "<html>no HTTP</html>",
        "HTTP/1.1 999 what\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 000 what\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 short\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "ffffffffffffffffff\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
        "Content-Length: 3\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int status = ask_text_server(texts[i], strlen(texts[i]));
        if (status != ERR_NETWORK && status != ERR_LIMIT &&
            status != ERR_INVALID)
            fail_msg("%zu: %d for %s", i, status, texts[i]);
    }
    assert_ok(ask_text_server("HTTP/1.1 200 OK\r\n\r\nabc", 22));
}

static void test_cancelled_call_is_silent(void **state)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server =
        start((struct http_server_options){.loop = &loop});
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    struct outcome cancelled = {0}, other = {0};
    char *url = url_of(server, "/hold");
    struct http_call *call = http_client_start(
        client, &(struct http_request){.url = url}, take_outcome, &cancelled);
    run_until(&loop, &holding);
    holding = false;
    http_call_cancel(call);
    http_answer_text(held, 200, "to nobody");
    free(url);
    url = url_of(server, "/query?name=other");
    http_client_start(client, &(struct http_request){.url = url}, take_outcome,
                      &other);
    run_until(&loop, &other.done);
    assert_int_equal(other.http_status, 200);
    assert_false(cancelled.done);
    http_client_close(client);
    http_server_stop(server);
    finish_loop(&loop);
    free(url);
}

static void test_unanswered_exchange_gets_503_at_stop(void **state)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server =
        start((struct http_server_options){.loop = &loop});
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    struct outcome outcome = {0};
    char *url = url_of(server, "/hold");
    http_client_start(client, &(struct http_request){.url = url}, take_outcome,
                      &outcome);
    run_until(&loop, &holding);
    holding = false;
    http_server_stop(server);
    run_until(&loop, &outcome.done);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(outcome.http_status, 503);
    http_client_close(client);
    finish_loop(&loop);
    free(url);
}

/* The client brings its socket, another listener accepts it, and the server
 * serves what that has accepted. */
static void test_sockets_of_others_are_used(void **state)
{
    uv_loop_t loop;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct outcome outcome = {0}, twice = {0};

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    uv_loop_init(&loop);
    struct http_server *server = start_threads(1);
    struct http_client *client = http_client_new(&loop, &address_rule_any);
    char *url = mem_format("http://127.0.0.1:%u/query?name=adopted",
                           ntohs(address.sin_port));
    struct http_guests *guests = http_guests_new(1);
    int spare = socket(AF_INET, SOCK_STREAM, 0);
    int own = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    http_client_start(
        client,
        &(struct http_request){.url = url, .has_socket = true, .socket = own},
        take_outcome, &outcome);
    /* Until the client has connected nobody waits here. */
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    int connection = accept(listener, NULL, NULL);
    assert_true(connection >= 0);
    fcntl(connection, F_SETFL, O_NONBLOCK);
    assert_ok(http_server_adopt(server, connection, guests));
    /* There is room for one of them. */
    assert_int_equal(connect(spare, (struct sockaddr *)&address, size), 0);
    int second = accept(listener, NULL, NULL);
    assert_int_equal(http_server_adopt(server, second, guests), ERR_LIMIT);
    run_until(&loop, &outcome.done);
    assert_int_equal(outcome.http_status, 200);
    /* A second request must not go over the first one's connection: nobody
     * accepts it, so it fails when its socket can't connect. */
    close(spare);
    http_guests_release(guests);
    int closed = socket(AF_UNIX, SOCK_STREAM, 0);
    http_client_start(client,
                      &(struct http_request){
                          .url = url, .has_socket = true, .socket = closed},
                      take_outcome, &twice);
    run_until(&loop, &twice.done);
    assert_int_equal(twice.status, ERR_NETWORK);
    http_client_close(client);
    http_server_stop(server);
    finish_loop(&loop);
    close(listener);
    free(url);
}

/* Connections that come meanwhile wait for it. */
static void test_the_listener_of_a_door_is_kept(void **state)
{
    uv_loop_t loop;
    uint16_t port = 0;
    int listener;

    uv_loop_init(&loop);
    assert_ok(door_listen("127.0.0.1", &port, &listener));
    struct http_server *server = start_threads(1);
    struct http_door *door = http_door_open(&loop, server, listener, 4);
    assert_ok(http_door_keep(door));
    http_door_close(door);
    http_server_stop(server);
    finish_loop(&loop);
    close(raw_connect(port));
    /* It is nobody else's. */
    assert_int_equal(door_listen("127.0.0.1", &port, &listener), ERR_BUSY);
}

/* Whatever the number of its threads: the listener goes on. */
static void test_a_port_that_is_kept_waits_for_the_next_server(void **state)
{
    static const char question[] = "GET /query?name=kept HTTP/1.1\r\nHost: "
                                   "a\r\nConnection: close\r\n\r\n";
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct http_server *server = start_threads(threads);
        uint16_t port = http_server_port(server);
        struct buffer got = {0};
        ssize_t count;
        assert_ok(http_server_keep_here(server));
        http_server_stop(server);
        int peer = raw_connect(port);
        raw_send(peer, question, strlen(question));
        server = start(
            (struct http_server_options){.port = port, .threads = threads});
        while ((count = recv(peer, buffer_reserve(&got, 4096), 4096, 0)) > 0)
            got.size += (size_t)count;
        assert_int_equal(count, 0);
        assert_non_null(strstr(buffer_string(&got), "200 OK"));
        buffer_free(&got);
        close(peer);
        http_server_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_listener_of_a_door_is_kept),
        cmocka_unit_test(test_a_port_that_is_kept_waits_for_the_next_server),
        cmocka_unit_test(test_sockets_of_others_are_used),
        cmocka_unit_test(test_body_comes_back),
        cmocka_unit_test(test_target_is_decoded),
        cmocka_unit_test(test_headers_go_both_ways),
        cmocka_unit_test(test_all_headers_are_seen_as_they_came),
        cmocka_unit_test(
            test_a_path_that_can_not_be_decoded_may_be_handed_over),
        cmocka_unit_test(test_methods_are_seen),
        cmocka_unit_test(test_body_above_the_limit_is_refused),
        cmocka_unit_test(test_streams_come_whole),
        cmocka_unit_test(test_stream_that_breaks_is_no_answer),
        cmocka_unit_test(test_other_thread_answers_later),
        cmocka_unit_test(test_an_answer_may_be_written_by_others),
        cmocka_unit_test(test_targets_of_all_forms_are_understood),
        cmocka_unit_test(test_headers_from_outside_are_tamed),
        cmocka_unit_test(test_broken_requests_do_no_harm),
        cmocka_unit_test(test_requests_on_one_connection_are_apart),
        cmocka_unit_test(test_taken_port_is_busy),
        cmocka_unit_test(test_loop_serves_and_asks),
        cmocka_unit_test(test_a_redirect_is_an_answer_like_others),
        cmocka_unit_test(test_a_request_is_sent_as_it_was_given),
        cmocka_unit_test(test_answer_above_the_limit_is_an_error),
        cmocka_unit_test(test_bodies_share_a_budget),
        cmocka_unit_test(test_failures_are_distinguished),
        cmocka_unit_test(test_a_call_that_could_not_start_is_reported),
        cmocka_unit_test(test_a_client_closes_at_any_time),
        cmocka_unit_test(test_nonsense_is_no_answer),
        cmocka_unit_test(test_cancelled_call_is_silent),
        cmocka_unit_test(test_unanswered_exchange_gets_503_at_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
