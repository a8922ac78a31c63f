#include "net_test.h"

#include "base/memory.h"
#include "net/http_server.h"
#include "net/websocket.h"
#include "net/websocket_server.h"

#define MESSAGE_MAX (1u << 20)
#define QUEUE_MAX (4u << 20)

/* A server that answers each message with the same, and what happened. */
struct place {
    uv_loop_t loop;
    struct http_server *http;
    struct websocket_server *server;
    char *url;
    struct websocket *server_end; /* the newest */
    bool server_opened;
    bool server_closed;
    int server_rc;
    bool silent; /* no answers */
};

struct peer {
    struct websocket *websocket;
    bool opened;
    bool closed;
    int status;
    bool enough; /* as many bytes as wanted */
    size_t wanted;
    size_t messages;
    struct buffer received;
};

static void on_server_opened(void *user, struct websocket *websocket)
{
    struct place *place = user;
    place->server_end = websocket;
    place->server_opened = true;
}

static void on_server_message(void *user, struct websocket *websocket,
                              struct bytes message)
{
    struct place *place = user;
    if (bytes_equal(message, bytes_text("close")))
        websocket_close(websocket);
    else if (!place->silent)
        websocket_send(websocket, message);
}

static void on_server_closed(void *user, struct websocket *websocket,
                             int status)
{
    struct place *place = user;
    place->server_closed = true;
    place->server_rc = status;
}

static void route(void *user, struct http_exchange *exchange)
{
    struct place *place = user;
    if (strcmp(http_path(exchange), "/") != 0)
        http_answer_text(exchange, 404, "not here");
    else
        websocket_server_accept(place->server, exchange);
}

static struct place *place_new(struct websocket_limits limits)
{
    struct place *place = mem_zero(1, sizeof(*place));
    struct websocket_server_options options = {
        .limits = limits,
        .events = {on_server_opened, on_server_message, on_server_closed},
        .connections_max = 100,
        .user = place};
    struct http_server_options http = {.handler = route, .user = place};
    options.limits.message_max_bytes = MESSAGE_MAX;
    if (!options.limits.queue_max_bytes)
        options.limits.queue_max_bytes = QUEUE_MAX;
    uv_loop_init(&place->loop);
    place->server = websocket_server_new(&place->loop, &options);
    assert_ok(http_server_start(&http, &place->http));
    place->url = mem_format("ws://127.0.0.1:%u", http_server_port(place->http));
    return place;
}

static void place_free(struct place *place)
{
    http_server_stop(place->http);
    websocket_server_close(place->server);
    finish_loop(&place->loop);
    free(place->url);
    free(place);
}

static void on_opened(void *user, struct websocket *websocket)
{
    ((struct peer *)user)->opened = true;
}

static void on_message(void *user, struct websocket *websocket,
                       struct bytes message)
{
    struct peer *peer = user;
    buffer_bytes(&peer->received, message);
    peer->messages++;
    peer->enough = peer->received.size >= peer->wanted;
}

static void on_closed(void *user, struct websocket *websocket, int status)
{
    struct peer *peer = user;
    assert_false(peer->closed);
    peer->closed = true;
    peer->status = status;
}

static const struct websocket_events peer_events = {on_opened, on_message,
                                                    on_closed};

static void peer_connect(struct place *place, struct peer *peer)
{
    assert_ok(websocket_connect(&place->loop, place->url, NULL, &peer_events,
                                peer, &peer->websocket));
    assert_false(peer->opened);
}

static void peer_open(struct place *place, struct peer *peer)
{
    place->server_opened = place->server_closed = false;
    peer_connect(place, peer);
    run_until(&place->loop, &peer->opened);
    run_until(&place->loop, &place->server_opened);
}

static void peer_finish(struct place *place, struct peer *peer)
{
    if (!peer->closed)
        websocket_close(peer->websocket);
    run_until(&place->loop, &peer->closed);
    buffer_free(&peer->received);
}

/* A raw connection after the handshake, for frames made by hand. */
static int raw_open(struct place *place)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[1024] = {0};
    int raw = raw_connect(http_server_port(place->http));
    place->server_opened = place->server_closed = false;
    raw_send(raw, request, sizeof(request) - 1);
    run_until(&place->loop, &place->server_opened);
    assert_true(recv(raw, answer, sizeof(answer) - 1, 0) > 0);
    assert_non_null(strstr(answer, "HTTP/1.1 101"));
    assert_non_null(strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    return raw;
}

/* ---- tests ---- */

static void test_messages_come_back_in_order(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    struct peer peer = {0};
    struct buffer sent = {0};
    peer_open(place, &peer);
    for (int i = 0; i < 2000; i++) {
        char text[16];
        snprintf(text, sizeof(text), "message %d;", i);
        buffer_text(&sent, text);
        assert_ok(websocket_send(peer.websocket, bytes_text(text)));
    }
    peer.wanted = sent.size;
    run_until(&place->loop, &peer.enough);
    assert_int_equal(peer.messages, 2000);
    assert_true(bytes_equal(buffer_view(&peer.received), buffer_view(&sent)));
    peer_finish(place, &peer);
    assert_int_equal(peer.status, 0);
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, 0);
    buffer_free(&sent);
    place_free(place);
}

static void test_largest_message_passes_and_one_more_byte_does_not(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    struct peer peer = {0};
    struct buffer text = {0};
    peer_open(place, &peer);
    buffer_resize(&text, MESSAGE_MAX);
    memset(text.data, 'x', text.size);
    peer.wanted = MESSAGE_MAX;
    assert_ok(websocket_send(peer.websocket, buffer_view(&text)));
    run_until(&place->loop, &peer.enough);
    assert_int_equal(peer.messages, 1);
    buffer_u8(&text, 'x');
    assert_ok(websocket_send(peer.websocket, buffer_view(&text)));
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, ERR_LIMIT);
    run_until(&place->loop, &peer.closed);
    peer_finish(place, &peer);
    buffer_free(&text);
    place_free(place);
}

static void test_close_comes_after_what_was_sent(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    struct peer peer = {0};
    peer_open(place, &peer);
    for (int i = 0; i < 100; i++)
        assert_ok(websocket_send(place->server_end, bytes_text("last words")));
    websocket_close(place->server_end);
    assert_int_equal(websocket_send(place->server_end, bytes_text("more")),
                     ERR_CLOSED);
    run_until(&place->loop, &peer.closed);
    assert_int_equal(peer.status, 0);
    assert_int_equal(peer.messages, 100);
    peer_finish(place, &peer);
    place_free(place);
}

static void test_slow_reader_is_dropped(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    int raw = raw_open(place);
    char block[65536];
    int status = 0;
    size_t sent = 0;
    memset(block, 'x', sizeof(block));
    /* The other end does not read: the kernel's buffers fill, then the queue.
     */
    while (!status && sent < 64u << 20) {
        status =
            websocket_send(place->server_end, bytes_make(block, sizeof(block)));
        sent += sizeof(block);
        uv_run(&place->loop, UV_RUN_NOWAIT);
        if (!status)
            assert_true(websocket_queued_bytes(place->server_end) <= QUEUE_MAX);
    }
    assert_int_equal(status, ERR_FULL);
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, ERR_FULL);
    close(raw);
    place_free(place);
}

static void test_flood_of_small_messages_is_bounded(void **state)
{
    struct place *place =
        place_new((struct websocket_limits){.queue_max_bytes = 100000});
    int raw = raw_open(place);
    int status = 0;
    unsigned count = 0;
    while (!status && count++ < 100000)
        status = websocket_send(place->server_end, bytes_text(""));
    assert_int_equal(status, ERR_FULL);
    assert_true(count < 2000);
    close(raw);
    place_free(place);
}

static void test_silent_peer_is_pinged_then_dropped(void **state)
{
    struct place *place = place_new((struct websocket_limits){.ping_ms = 40});
    int raw = raw_open(place);
    uint8_t frame[2];
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, ERR_TIMEOUT);
    assert_int_equal(recv(raw, frame, 2, 0), 2);
    assert_int_equal(frame[0], 0x89); /* FIN and opcode 9 */
    assert_int_equal(frame[1], 0);
    assert_int_equal(recv(raw, frame, 2, 0), 0); /* one was enough */
    close(raw);
    place_free(place);
}

/* The pings are seen, and it is the answers that keep the peer: without them it
 * goes. */
static void test_answering_peer_stays_as_long_as_it_answers(void **state)
{
    static const uint8_t pong[] = {0x8a, 0x80, 1, 2, 3, 4}; /* masked, empty */
    struct place *place = place_new((struct websocket_limits){.ping_ms = 40});
    int raw = raw_open(place);
    uint64_t end = clock_monotonic_ms() + WAIT_MS_MAX;
    unsigned pings = 0;
    while (pings < 4 && clock_monotonic_ms() < end) {
        uint8_t frame[2];
        uv_run(&place->loop, UV_RUN_ONCE);
        assert_false(place->server_closed);
        if (recv(raw, frame, 2, MSG_DONTWAIT) != 2)
            continue;
        assert_int_equal(frame[0], 0x89); /* FIN and opcode 9 */
        raw_send(raw, pong, sizeof(pong));
        pings++;
    }
    /* Each silence has its ping: four came only because three were answered. */
    assert_int_equal(pings, 4);
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, ERR_TIMEOUT);
    close(raw);
    place_free(place);
}

/* A loop that stood still for longer than a peer may be silent has to read
 * before it judges. */
static void test_own_absence_is_not_taken_for_the_peers(void **state)
{
    struct place *place = place_new((struct websocket_limits){.ping_ms = 20});
    struct peer peer = {0};
    peer_open(place, &peer);
    for (int i = 0; i < 3; i++) {
        usleep(100 * 1000);
        uv_run(&place->loop, UV_RUN_ONCE);
    }
    assert_false(peer.closed);
    assert_false(place->server_closed);
    peer_finish(place, &peer);
    place_free(place);
}

static void test_frames_behind_the_request_are_not_lost(void **state)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        /* "close", masked with zeroes */
        "\x81\x85\x00\x00\x00\x00"
        "close";
    struct place *place = place_new((struct websocket_limits){0});
    int raw = raw_connect(http_server_port(place->http));
    raw_send(raw, request, sizeof(request) - 1);
    run_until(&place->loop, &place->server_opened);
    shutdown(raw, SHUT_WR); /* it closes at once and waits for an answer */
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, 0);
    close(raw);
    place_free(place);
}

static void assert_frame_is_refused(const void *frame, size_t size, int status)
{
    struct place *place = place_new((struct websocket_limits){0});
    int raw = raw_open(place);
    raw_send(raw, frame, size);
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, status);
    close(raw);
    place_free(place);
}

static void test_broken_frames_end_the_connection(void **state)
{
    /* not masked, as a client's must be */
    assert_frame_is_refused("\x81\x01x", 3, ERR_INVALID);
    /* an opcode that is not defined */
    assert_frame_is_refused("\x83\x80\0\0\0\0", 6, ERR_INVALID);
    /* text that is not UTF-8 */
    assert_frame_is_refused("\x81\x81\0\0\0\0\xff", 7, ERR_INVALID);
    /* reserved bits, of an extension that was not agreed on */
    assert_frame_is_refused("\xf1\x81\0\0\0\0x", 7, ERR_INVALID);
    /* a length of 2^62 */
    assert_frame_is_refused("\x81\xff\x40\0\0\0\0\0\0\0\0\0\0\0x", 15,
                            ERR_LIMIT);
}

static void test_peer_that_vanishes_is_noticed(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    int raw = raw_open(place);
    close(raw);
    run_until(&place->loop, &place->server_closed);
    assert_int_equal(place->server_rc, ERR_NETWORK);
    place_free(place);
}

/* The server closes when it has answered. */
#define HEAD "GET / HTTP/1.1\r\nHost: h\r\n"
#define ASK HEAD "Upgrade: websocket\r\nConnection: Upgrade, close\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void assert_handshake(struct place *place, const char *text,
                             const char *status)
{
    struct buffer answer = {0};
    raw_ask(http_server_port(place->http), text, &answer);
    assert_non_null(strstr(buffer_string(&answer), status));
    buffer_free(&answer);
}

static void test_what_is_no_handshake_is_refused(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    assert_handshake(place, HEAD "Connection: close\r\n\r\n", " 426 ");
    assert_handshake(place, ASK "Sec-WebSocket-Version: 8\r\n" KEY "\r\n",
                     " 426 ");
    assert_handshake(place, ASK "Sec-WebSocket-Version: 13\r\n\r\n", " 400 ");
    assert_handshake(place,
                     ASK "Sec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: short\r\n\r\n",
                     " 400 ");
    assert_false(place->server_opened);
    place_free(place);
}

static void assert_connect_fails(const char *url, int status)
{
    uv_loop_t loop;
    struct peer peer = {0};
    uv_loop_init(&loop);
    assert_ok(websocket_connect(&loop, url, NULL, &peer_events, &peer,
                                &peer.websocket));
    assert_false(peer.closed);
    run_until(&loop, &peer.closed);
    assert_int_equal(peer.status, status);
    assert_false(peer.opened);
    finish_loop(&loop);
}

static void test_failed_connection_is_reported(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    char *other = mem_format("%s/other", place->url);
    struct peer peer = {0};
    struct websocket *websocket;
    assert_connect_fails(other, ERR_REMOTE);
    free(other);
    char *url = mem_text(place->url);
    place_free(place);
    assert_connect_fails(url, ERR_NETWORK);
    free(url);
    assert_int_equal(websocket_connect(NULL, "wss://h/", NULL, &peer_events,
                                       &peer, &websocket),
                     ERR_UNSUPPORTED);
    assert_int_equal(
        websocket_connect(NULL, "h:1", NULL, &peer_events, &peer, &websocket),
        ERR_INVALID);
}

static void test_server_that_never_answers_times_out(void **state)
{
    uv_loop_t loop;
    struct peer peer = {0};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int mute = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(mute, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(mute, 1), 0);
    getsockname(mute, (struct sockaddr *)&address, &size);
    char *url = mem_format("ws://127.0.0.1:%u", ntohs(address.sin_port));
    struct websocket_limits limits = {.connect_ms = 50};
    uv_loop_init(&loop);
    assert_ok(websocket_connect(&loop, url, &limits, &peer_events, &peer,
                                &peer.websocket));
    run_until(&loop, &peer.closed);
    assert_int_equal(peer.status, ERR_TIMEOUT);
    finish_loop(&loop);
    close(mute);
    free(url);
}

static void test_close_before_the_connection_stands(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    struct peer peers[3] = {0};
    for (int turns = 0; turns < 3; turns++) {
        struct peer *peer = &peers[turns];
        peer_connect(place, peer);
        for (int i = 0; i < turns; i++)
            uv_run(&place->loop, UV_RUN_ONCE);
        websocket_close(peer->websocket);
        websocket_close(peer->websocket);
        run_until(&place->loop, &peer->closed);
        assert_int_equal(peer->status, 0);
    }
    place_free(place);
}

static void count_opened(void *user, struct websocket *websocket)
{
    ++*(unsigned *)user;
}

static void accept_any(void *user, struct http_exchange *exchange)
{
    websocket_server_accept(user, exchange);
}

/* A connection was taken over and is on its way to the loop when the server
 * closes. It is not reported, neither from inside the closing nor later. */
static void test_closing_opens_no_connection(void **state)
{
    unsigned opened = 0;
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct websocket_server *server = websocket_server_new(
        &loop, &(struct websocket_server_options){
                   .events = {.opened = count_opened}, .user = &opened});
    struct http_server *http;
    assert_ok(http_server_start(
        &(struct http_server_options){.handler = accept_any, .user = server},
        &http));
    int raw = raw_connect(http_server_port(http));
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    raw_send(raw, request, sizeof(request) - 1);
    char answer[512];
    /* The 101 is out; the loop has not run. */
    assert_true(recv(raw, answer, sizeof(answer), 0) > 0);
    http_server_stop(http);
    websocket_server_close(server);
    assert_int_equal(opened, 0);
    finish_loop(&loop);
    assert_int_equal(opened, 0);
    assert_int_equal(recv(raw, answer, sizeof(answer), 0), 0);
    close(raw);
}

/* Both ends close at any moment: each connection that was made ends once, and
 * no callback comes from inside. */
static void test_both_ends_close_at_any_time(void **state)
{
    for (int turns = 0; turns < 12; turns++) {
        struct place *place = place_new((struct websocket_limits){0});
        struct peer peers[4] = {0};
        for (int i = 0; i < 4; i++)
            peer_connect(place, &peers[i]);
        for (int i = 0; i < turns; i++) {
            uv_run(&place->loop, UV_RUN_NOWAIT);
            for (int j = 0; j < 4; j++)
                if (peers[j].opened && !peers[j].closed)
                    websocket_send(peers[j].websocket, bytes_text("hello"));
        }
        unsigned closed = 0;
        for (int i = 0; i < 4; i++)
            closed += peers[i].closed;
        assert_int_equal(closed, 0);
        websocket_close(peers[0].websocket);
        websocket_close(peers[1].websocket);
        assert_false(peers[0].closed || peers[1].closed);
        place_free(place);
        for (int i = 0; i < 4; i++) {
            assert_true(peers[i].closed);
            buffer_free(&peers[i].received);
        }
    }
}

static void test_connections_are_limited_and_freed(void **state)
{
    struct place *place = place_new((struct websocket_limits){0});
    struct peer peers[100] = {0}, extra = {0}, late = {0};
    for (int i = 0; i < 100; i++)
        peer_open(place, &peers[i]);
    peer_connect(place, &extra);
    run_until(&place->loop, &extra.closed);
    assert_int_equal(extra.status, ERR_REMOTE);
    peer_finish(place, &peers[50]);
    run_until(&place->loop, &place->server_closed);
    uv_run(&place->loop, UV_RUN_NOWAIT);
    peer_open(place, &late);
    /* All others hear that the server closes. */
    http_server_stop(place->http);
    websocket_server_close(place->server);
    finish_loop(&place->loop);
    assert_true(late.closed);
    assert_int_equal(late.status, 0);
    for (int i = 0; i < 100; i++)
        assert_true(peers[i].closed);
    free(place->url);
    free(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_come_back_in_order),
        cmocka_unit_test(
            test_largest_message_passes_and_one_more_byte_does_not),
        cmocka_unit_test(test_close_comes_after_what_was_sent),
        cmocka_unit_test(test_slow_reader_is_dropped),
        cmocka_unit_test(test_flood_of_small_messages_is_bounded),
        cmocka_unit_test(test_silent_peer_is_pinged_then_dropped),
        cmocka_unit_test(test_answering_peer_stays_as_long_as_it_answers),
        cmocka_unit_test(test_own_absence_is_not_taken_for_the_peers),
        cmocka_unit_test(test_frames_behind_the_request_are_not_lost),
        cmocka_unit_test(test_broken_frames_end_the_connection),
        cmocka_unit_test(test_peer_that_vanishes_is_noticed),
        cmocka_unit_test(test_what_is_no_handshake_is_refused),
        cmocka_unit_test(test_failed_connection_is_reported),
        cmocka_unit_test(test_server_that_never_answers_times_out),
        cmocka_unit_test(test_close_before_the_connection_stands),
        cmocka_unit_test(test_closing_opens_no_connection),
        cmocka_unit_test(test_both_ends_close_at_any_time),
        cmocka_unit_test(test_connections_are_limited_and_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
