/*
 * Who means harm: strangers and known peers that flood, stall, send half of
 * things or nothing that belongs here. Each is cut off or slowed down, and two
 * honest hosts beside it go on: they are up, and what one sends arrives.
 */
#include "hosts.h"

#include "net/stream_tcp.h"
#include "peer/peer_state.h"
#include <netinet/in.h>

static const char *const lanes[] = {"/pond/peer/1/votes", "/pond/peer/1/bulk"};

/* Somebody with a connection of its own to a host. */
struct guest {
    struct secure_identity identity;
    struct stream *stream;
    bool is_opened;
    int status;
    /* What is still to be sent; sent at most step bytes at a time. */
    struct buffer out;
    size_t step;
    /* Over and over again. */
    bool is_endless;
    size_t at;
    /* What reading ended with. */
    int end;
    bool is_deaf;
};

/* Strangers come from here: 127.0.0.1 is the address of known peers. */
#define STRANGE "127.0.2.1"

static int connect_from(const char *from, uint16_t port)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    struct sockaddr_in other = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int guest = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(guest >= 0);
    assert_int_equal(inet_pton(AF_INET, from, &own.sin_addr), 1);
    assert_int_equal(bind(guest, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(connect(guest, (struct sockaddr *)&other, sizeof(other)),
                     0);
    return guest;
}

/* ---- a guest that speaks the protocol ---- */

static void guest_ready(void *user, int events)
{
    struct guest *guest = user;
    uint8_t bytes[5000];
    if (events & STREAM_READABLE) {
        ssize_t count = stream_read(guest->stream, bytes, sizeof(bytes));
        if (count < 0) {
            guest->end = (int)count;
            stream_watch(guest->stream, 0);
            return;
        }
    }
    if (events & STREAM_WRITABLE && guest->out.size) {
        struct bytes out = bytes_make(guest->out.data + guest->at,
                                      guest->out.size - guest->at);
        if (out.size > guest->step)
            out.size = guest->step;
        ssize_t count = stream_write(guest->stream, out);
        if (count <= 0)
            return;
        guest->at += (size_t)count;
        if (guest->at == guest->out.size) {
            guest->at = 0;
            if (!guest->is_endless)
                buffer_clear(&guest->out);
        }
    }
    stream_watch(guest->stream, (guest->is_deaf ? 0 : STREAM_READABLE) |
                                    (guest->out.size ? STREAM_WRITABLE : 0));
}

static void guest_opened(void *user, int status)
{
    struct guest *guest = user;
    guest->is_opened = true;
    guest->status = status;
    if (status)
        return;
    stream_on_ready(guest->stream, guest_ready, guest);
    stream_watch(guest->stream, STREAM_WRITABLE);
}

static void append_frame(struct buffer *out, uint8_t kind, struct bytes body)
{
    buffer_u32le(out, (uint32_t)(body.size + 1));
    buffer_u8(out, kind);
    buffer_bytes(out, body);
}

static void append_hello(struct buffer *out, const struct net *net)
{
    uint8_t body[34] = {1, 0};
    memcpy(body + 2, net->network.bytes, 32);
    append_frame(out, 1, bytes_make(body, sizeof(body)));
}

/* Connected to the host of that number; it says hello first. */
static void guest_make(struct guest *guest, struct net *net, size_t i,
                       enum peer_lane lane, const char *from,
                       const struct keypair *keypair)
{
    struct keypair own;
    *guest = (struct guest){.step = SIZE_MAX};
    keypair_generate(&own);
    secure_identity_make(keypair ? keypair : &own, &guest->identity);
    struct stream *tcp = stream_tcp_take(
        &net->loop, connect_from(from, peer_host_port(net->nodes[i].host)));
    const struct secure_options options = {
        .is_dialler = true,
        .identity = &guest->identity,
        .protocols = &lanes[lane],
        .count = 1,
        .time_limit_ms = WAIT_MS_MAX,
    };
    guest->stream =
        secure_stream_begin(&net->loop, tcp, &options, guest_opened, guest);
    append_hello(&guest->out, net);
}

static void guest_free(struct guest *guest)
{
    stream_close(guest->stream);
    buffer_free(&guest->out);
}

/* ---- honest hosts beside them ---- */

static void make_honest(struct net *net)
{
    make_net(net, 2);
    know_all(net);
    settle(net);
}

static size_t frames_of(const struct node *node, uint16_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++)
        count +=
            node->news[i].news == PEER_FRAME && node->news[i].index == index;
    return count;
}

/* What the second sends the first one arrives, and their connection has never
 * ended. */
static void check_honest(struct net *net)
{
    struct node *node = &net->nodes[0];
    size_t before = frames_of(node, 1);
    assert_ok(peer_host_send(net->nodes[1].host, 0, PEER_VOTES, 9,
                             bytes_text("a vote")));
    RUN_UNTIL(net, frames_of(node, 1) == before + 1);
    for (size_t i = 0; i < node->count; i++)
        assert_false(node->news[i].news == PEER_DOWN &&
                     node->news[i].index == 1 &&
                     node->news[i].lane == PEER_VOTES &&
                     node->news[i].status != ERR_EXISTS);
}

static const struct seen *stranger_news(const struct node *node,
                                        enum peer_news news)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->news[i].index == PEER_STRANGER && node->news[i].news == news)
            return &node->news[i];
    return NULL;
}

/* Wait for the stranger's end, which must be for that reason. */
static void expect_cut(struct net *net, int status, const char *words)
{
    RUN_UNTIL(net, stranger_news(&net->nodes[0], PEER_DOWN));
    const struct seen *seen = stranger_news(&net->nodes[0], PEER_DOWN);
    assert_int_equal(seen->status, status);
    assert_non_null(strstr(seen->text, words));
}

/* ---- frames ---- */

static void test_a_flood_of_frames_is_cut_off(void **state)
{
    struct net net;
    struct guest guest;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    for (size_t i = 0; i < 300; i++)
        append_frame(&guest.out, 9, bytes_text("x"));
    expect_cut(&net, ERR_LIMIT, "frames a second");
    check_honest(&net);
    assert_int_equal(counters_of(&net.nodes[0]).cut_flood, 1);
    guest_free(&guest);
    free_net(&net);
}

/* It may go on for ever, at its rate: the host reads no faster. */
static void test_a_flood_of_bytes_is_slowed_down(void **state)
{
    struct net net;
    struct guest guest;
    struct buffer body = {0};
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    RUN_UNTIL(&net, stranger_news(&net.nodes[0], PEER_UP));
    buffer_resize(&body, 60000);
    assert_int_equal(guest.out.size, 0);
    append_frame(&guest.out, 9, buffer_view(&body));
    guest.is_endless = true;
    buffer_free(&body);
    stream_watch(guest.stream, STREAM_WRITABLE);
    uint64_t began_ms = clock_monotonic_ms();
    /* More than what is saved up. */
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).bytes_in > (5u << 20) / 4);
    check_honest(&net);
    RUN_UNTIL(&net, clock_monotonic_ms() - began_ms > 300);
    uint64_t passed_ms = clock_monotonic_ms() - began_ms;
    /* A quarter of a MiB a second and 1 MiB at once; resting is by pieces, so
     * it may be twice that. */
    assert_true(counters_of(&net.nodes[0]).bytes_in <
                (1u << 20) + 2 * passed_ms * (256u << 10) / 1000 +
                    (256u << 10));
    check_honest(&net);
    guest_free(&guest);
    free_net(&net);
}

static void test_frames_beyond_the_limit_are_cut_off(void **state)
{
    static const struct {
        enum peer_lane lane;
        size_t limit;
    } cases[] = {{PEER_VOTES, PEER_FRAME_VOTES_MAX},
                 {PEER_BULK, PEER_FRAME_STRANGER_MAX}};
    for (size_t i = 0; i < 6; i++) {
        size_t size = cases[i / 3].limit - 1 + i % 3;
        struct buffer body = {0};
        struct net net;
        struct guest guest;
        make_honest(&net);
        guest_make(&guest, &net, 0, cases[i / 3].lane, STRANGE, NULL);
        buffer_resize(&body, size - 1);
        append_frame(&guest.out, 9, buffer_view(&body));
        if (i % 3 == 2) {
            expect_cut(&net, ERR_INVALID, "at most");
            assert_int_equal(counters_of(&net.nodes[0]).cut_wrong, 1);
        } else {
            RUN_UNTIL(&net, stranger_news(&net.nodes[0], PEER_FRAME));
            assert_int_equal(stranger_news(&net.nodes[0], PEER_FRAME)->size,
                             size - 1);
        }
        check_honest(&net);
        buffer_free(&body);
        guest_free(&guest);
        free_net(&net);
    }
}

static void test_frames_come_byte_by_byte(void **state)
{
    struct net net;
    struct guest guest;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    guest.step = 1;
    append_frame(&guest.out, 9, bytes_text("a body of some bytes"));
    append_frame(&guest.out, 10, bytes_text(""));
    RUN_UNTIL(&net, frames_of(&net.nodes[0], PEER_STRANGER) == 2);
    assert_int_equal(last_news(&net.nodes[0], PEER_FRAME)->kind, 10);
    check_honest(&net);
    guest_free(&guest);
    free_net(&net);
}

static struct peer_link *stranger_link(struct net *net)
{
    for (struct peer_link *at = net->nodes[0].host->links; at; at = at->next)
        if (at->index == PEER_STRANGER)
            return at;
    return NULL;
}

static void test_half_a_frame_is_waited_for_only_so_long(void **state)
{
    struct net net;
    struct guest guest;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    buffer_u32le(&guest.out, 60000);
    buffer_text(&guest.out, "half");
    RUN_UNTIL(&net, stranger_link(&net) && stranger_link(&net)->half_since_ms);
    check_honest(&net);
    assert_null(stranger_news(&net.nodes[0], PEER_DOWN));
    /* A minute passes. */
    stranger_link(&net)->half_since_ms -= 60000;
    peer_host_pardon(net.nodes[0].host);
    expect_cut(&net, ERR_INVALID, "half a frame");
    guest_free(&guest);
    free_net(&net);
}

static void test_a_second_hello_and_an_empty_frame_are_cut_off(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct net net;
        struct guest guest;
        make_honest(&net);
        guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
        if (i)
            buffer_u32le(&guest.out, 0);
        else
            append_hello(&guest.out, &net);
        expect_cut(&net, ERR_INVALID, i ? "without a kind" : "hello twice");
        check_honest(&net);
        guest_free(&guest);
        free_net(&net);
    }
}

/* ---- handshakes ---- */

static void test_who_does_not_say_hello_is_not_told_of(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"\x01\x00\x00\x00\x09", 5},         /* another frame */
        {"\x03\x00\x00\x00\x01\x01\x00", 7}, /* without a network */
        {"\x00\x00\x00\x00", 4},             /* empty */
        {"\xff\xff\xff\xff\x01", 5},         /* 4 GiB */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net net;
        struct guest guest;
        make_honest(&net);
        guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
        buffer_clear(&guest.out);
        buffer_append(&guest.out, cases[i].bytes, cases[i].size);
        RUN_UNTIL(&net, guest.end);
        assert_null(stranger_news(&net.nodes[0], PEER_UP));
        assert_int_equal(counters_of(&net.nodes[0]).strangers, 0);
        check_honest(&net);
        guest_free(&guest);
        free_net(&net);
    }
}

static void test_who_claims_a_known_peers_identity_is_refused(void **state)
{
    struct net net;
    struct guest guest;
    struct secure_identity stolen;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    stream_close(guest.stream);
    /* The payload is public to whoever was connected to once. */
    secure_identity_make(&net.nodes[1].keypair, &stolen);
    memcpy(guest.identity.payload, stolen.payload, sizeof(stolen.payload));
    struct stream *tcp = stream_tcp_take(
        &net.loop, connect_from(STRANGE, peer_host_port(net.nodes[0].host)));
    const struct secure_options options = {
        .is_dialler = true,
        .identity = &guest.identity,
        .protocols = lanes,
        .count = 1,
        .time_limit_ms = WAIT_MS_MAX,
    };
    guest.stream =
        secure_stream_begin(&net.loop, tcp, &options, guest_opened, &guest);
    RUN_UNTIL(&net, guest.is_opened);
    assert_true(guest.status < 0);
    RUN_UNTIL(&net, !counters_of(&net.nodes[0]).strangers);
    check_honest(&net);
    assert_true(peer_host_is_up(net.nodes[0].host, 1, PEER_VOTES));
    guest_free(&guest);
    free_net(&net);
}

static void test_other_protocols_are_refused(void **state)
{
    static const char *const texts[] = {
        ("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: something that goes "
         "on for a while, as they do\r\n\r\n"),
        "\x16\x03\x01\x02\x01",
        "\x13/multistream/1.0.0\n\x0b/tls/1.0.0\nand more",
    };
    struct net net;
    make_honest(&net);
    for (size_t i = 0; i < 3; i++) {
        char answer[100];
        uint64_t failed = counters_of(&net.nodes[0]).handshakes_failed;
        int guest = connect_from(STRANGE, peer_host_port(net.nodes[0].host));
        raw_send(guest, texts[i], strlen(texts[i]));
        shutdown(guest, SHUT_WR);
        RUN_UNTIL(&net, counters_of(&net.nodes[0]).handshakes_failed > failed);
        assert_true(recv(guest, answer, sizeof(answer), 0) > 0);
        close(guest);
    }
    check_honest(&net);
    free_net(&net);
}

/* They hold all the places that strangers have, and say nothing. */
static void test_silent_connections_keep_no_known_address_out(void **state)
{
    struct net net;
    int guests[200];
    make_net(&net, 2);
    /* From one block of addresses after the other: what one may is little. */
    for (size_t i = 0; i < 200; i++) {
        char from[20];
        snprintf(from, sizeof(from), "127.1.%zu.1", i / 4);
        guests[i] = connect_from(from, peer_host_port(net.nodes[0].host));
        RUN_UNTIL(&net, counters_of(&net.nodes[0]).accepted == i + 1);
    }
    struct peer_counters counters = counters_of(&net.nodes[0]);
    assert_true(counters.refused_limit > 0);
    assert_int_equal(counters.strangers + counters.refused_limit, 200);
    /* It has to come in: where it is dialled nobody listens. */
    assert_ok(know_at(&net, 0, 1, 1));
    know(&net, 1, 0);
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    check_honest(&net);
    /* Their time is over. */
    for (struct peer_link *at = net.nodes[0].host->links; at; at = at->next)
        if (at->index == PEER_STRANGER)
            assert_true(at->deadline_ms <= peer_now_ms(net.nodes[0].host) +
                                               PEER_HANDSHAKE_LIMIT_MS);
    for (size_t i = 0; i < 200; i++)
        close(guests[i]);
    RUN_UNTIL(&net, !counters_of(&net.nodes[0]).strangers);
    free_net(&net);
}

static void test_thousands_of_handshakes_disturb_nobody(void **state)
{
    struct net net;
    char part[] = "\x13/multistream/1.0.0\n\x07/noise\n\x00\x20"
                  "a key that is no key of anybody!";
    make_honest(&net);
    uint64_t before = counters_of(&net.nodes[0]).accepted;
    for (size_t i = 0; i < 3000; i++) {
        int guest = connect_from(STRANGE, peer_host_port(net.nodes[0].host));
        (void)!send(guest, part, sizeof(part) - 1, MSG_NOSIGNAL);
        close(guest);
        if (i % 10 == 0)
            uv_run(&net.loop, UV_RUN_NOWAIT);
        if (i % 500 == 0)
            check_honest(&net);
    }
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).accepted == before + 3000);
    check_honest(&net);
    struct peer_counters counters = counters_of(&net.nodes[0]);
    /* Two seconds' worth at once, and 50 in each that the test takes. */
    assert_true(counters.refused_limit > 1500);
    RUN_UNTIL(&net, !counters_of(&net.nodes[0]).strangers);
    free_net(&net);
}

static void test_a_banned_stranger_comes_in_no_more(void **state)
{
    struct net net;
    struct guest guest, other;
    char byte;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    guest_make(&other, &net, 0, PEER_VOTES, "127.0.2.77", NULL);
    RUN_UNTIL(&net, count_news(&net.nodes[0], PEER_UP) >= 3);
    peer_host_ban_link(net.nodes[0].host,
                       stranger_news(&net.nodes[0], PEER_UP)->link, 60000);
    /* With all of its block. */
    RUN_UNTIL(&net, guest.end && other.end);
    assert_int_equal(counters_of(&net.nodes[0]).strangers, 0);
    int again = connect_from(STRANGE, peer_host_port(net.nodes[0].host));
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).refused_banned == 1);
    assert_int_equal(recv(again, &byte, 1, 0), 0);
    close(again);
    check_honest(&net);
    guest_free(&guest);
    guest_free(&other);
    free_net(&net);
}

/* ---- slow ones ---- */

/* A known peer that never reads: what waits for it is bounded. */
static void test_a_peer_that_takes_nothing_is_cut_off(void **state)
{
    struct net net;
    struct guest guest;
    struct buffer body = {0};
    struct keypair keypair;
    make_honest(&net);
    keypair_generate(&keypair);
    assert_ok(peer_host_know(net.nodes[0].host, 7, &keypair.pubkey, NULL, 0));
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, &keypair);
    guest.is_deaf = true;
    RUN_UNTIL(&net, peer_host_is_up(net.nodes[0].host, 7, PEER_VOTES));
    buffer_resize(&body, 60000);
    int status = 0;
    for (size_t i = 0; i < 100 && !status; i++) {
        status = peer_host_send(net.nodes[0].host, 7, PEER_VOTES, 9,
                                buffer_view(&body));
        uv_run(&net.loop, UV_RUN_NOWAIT);
        assert_true(counters_of(&net.nodes[0]).queued_bytes <=
                    PEER_QUEUE_VOTES_MAX);
    }
    assert_int_equal(status, ERR_FULL);
    assert_false(peer_host_is_up(net.nodes[0].host, 7, PEER_VOTES));
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).cut_slow == 1);
    assert_int_equal(counters_of(&net.nodes[0]).queued_bytes, 0);
    check_honest(&net);
    buffer_free(&body);
    guest_free(&guest);
    free_net(&net);
}

/* Each within its own bound, and all together too much. */
static void test_of_many_slow_ones_the_slowest_goes(void **state)
{
    struct net net;
    struct guest guests[3];
    struct buffer body = {0};
    uint64_t links[3], most = 0;
    make_honest(&net);
    for (size_t i = 0; i < 3; i++) {
        guest_make(&guests[i], &net, 0, PEER_BULK, STRANGE, NULL);
        guests[i].is_deaf = true;
        RUN_UNTIL(&net, count_news(&net.nodes[0], PEER_UP) -
                                count_news(&net.nodes[0], PEER_DOWN) ==
                            i + 2);
        links[i] = last_news(&net.nodes[0], PEER_UP)->link;
    }
    buffer_resize(&body, 1000000);
    for (size_t i = 0; i < 3 * 14; i++) {
        /* The last one has a little more than the others. */
        (void)peer_host_answer(net.nodes[0].host, links[i % 3], 9,
                               bytes_make(body.data, body.size - 2 + i % 3));
        if (net.nodes[0].host->queued > most)
            most = net.nodes[0].host->queued;
    }
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).cut_slow);
    assert_int_equal(counters_of(&net.nodes[0]).cut_slow, 1);
    assert_true(most < 34u << 20);
    assert_int_equal(last_news(&net.nodes[0], PEER_DOWN)->status, ERR_FULL);
    check_honest(&net);
    buffer_free(&body);
    for (size_t i = 0; i < 3; i++)
        guest_free(&guests[i]);
    free_net(&net);
}

static void test_a_stranger_has_one_connection_a_lane(void **state)
{
    struct net net;
    struct guest guests[3];
    struct keypair keypair;
    make_honest(&net);
    keypair_generate(&keypair);
    for (size_t i = 0; i < 3; i++) {
        guest_make(&guests[i], &net, 0, PEER_VOTES, STRANGE, &keypair);
        RUN_UNTIL(&net, guests[i].is_opened && !guests[i].out.size);
        RUN_UNTIL(&net,
                  last_news(&net.nodes[0], PEER_UP)->index == PEER_STRANGER);
        if (i)
            RUN_UNTIL(&net, guests[i - 1].end);
    }
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).strangers == 1);
    assert_int_equal(guests[2].end, 0);
    check_order(&net.nodes[1]);
    check_honest(&net);
    for (size_t i = 0; i < 3; i++)
        guest_free(&guests[i]);
    free_net(&net);
}

static void test_a_queue_that_stands_still_is_cut_off(void **state)
{
    struct net net;
    struct guest guest;
    struct buffer body = {0};
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    guest.is_deaf = true;
    RUN_UNTIL(&net, stranger_news(&net.nodes[0], PEER_UP));
    uint64_t link = stranger_news(&net.nodes[0], PEER_UP)->link;
    buffer_resize(&body, 60000);
    for (size_t i = 0; i < 15; i++)
        assert_ok(
            peer_host_answer(net.nodes[0].host, link, 9, buffer_view(&body)));
    /* Until the kernel takes no more. */
    uint64_t waiting = 0;
    do {
        waiting = counters_of(&net.nodes[0]).queued_bytes;
        for (size_t i = 0; i < 20; i++)
            uv_run(&net.loop, UV_RUN_NOWAIT);
    } while (waiting != counters_of(&net.nodes[0]).queued_bytes);
    assert_true(waiting > 0);
    stranger_link(&net)->progress_ms -= 20000;
    peer_host_pardon(net.nodes[0].host);
    expect_cut(&net, ERR_FULL, "took nothing");
    check_honest(&net);
    buffer_free(&body);
    guest_free(&guest);
    free_net(&net);
}

static void test_a_silent_stranger_gives_its_place_to_others(void **state)
{
    struct net net;
    struct guest guest;
    make_honest(&net);
    guest_make(&guest, &net, 0, PEER_VOTES, STRANGE, NULL);
    RUN_UNTIL(&net, stranger_news(&net.nodes[0], PEER_UP));
    /* A minute without a frame, for all. */
    for (struct peer_link *at = net.nodes[0].host->links; at; at = at->next)
        at->active_ms -= 60000;
    peer_host_pardon(net.nodes[0].host);
    expect_cut(&net, ERR_TIMEOUT, "idle");
    assert_int_equal(counters_of(&net.nodes[0]).strangers, 0);
    check_honest(&net);
    guest_free(&guest);
    free_net(&net);
}

static void test_an_idle_bulk_lane_is_closed_and_opened_again(void **state)
{
    struct net net;
    make_honest(&net);
    for (size_t i = 1; i < 3; i++) {
        assert_ok(peer_host_send(net.nodes[0].host, 1, PEER_BULK, 9,
                                 bytes_text("x")));
        RUN_UNTIL(&net, frames_of(&net.nodes[1], 0) == i);
        RUN_UNTIL(&net, peer_host_is_up(net.nodes[0].host, 1, PEER_BULK));
        for (struct peer_link *at = net.nodes[0].host->links; at; at = at->next)
            if (at->lane == PEER_BULK)
                at->active_ms -= 60000;
        peer_host_pardon(net.nodes[0].host);
        RUN_UNTIL(&net, !peer_host_is_up(net.nodes[0].host, 1, PEER_BULK) &&
                            !peer_host_is_up(net.nodes[1].host, 0, PEER_BULK));
        assert_int_equal(last_news(&net.nodes[0], PEER_DOWN)->status,
                         ERR_TIMEOUT);
        assert_int_equal(last_news(&net.nodes[0], PEER_DOWN)->lane, PEER_BULK);
    }
    free_net(&net);
}

static int set_up(void **state)
{
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flood_of_frames_is_cut_off),
        cmocka_unit_test(test_a_flood_of_bytes_is_slowed_down),
        cmocka_unit_test(test_frames_beyond_the_limit_are_cut_off),
        cmocka_unit_test(test_frames_come_byte_by_byte),
        cmocka_unit_test(test_half_a_frame_is_waited_for_only_so_long),
        cmocka_unit_test(test_a_second_hello_and_an_empty_frame_are_cut_off),
        cmocka_unit_test(test_who_does_not_say_hello_is_not_told_of),
        cmocka_unit_test(test_who_claims_a_known_peers_identity_is_refused),
        cmocka_unit_test(test_other_protocols_are_refused),
        cmocka_unit_test(test_silent_connections_keep_no_known_address_out),
        cmocka_unit_test(test_thousands_of_handshakes_disturb_nobody),
        cmocka_unit_test(test_a_banned_stranger_comes_in_no_more),
        cmocka_unit_test(test_a_peer_that_takes_nothing_is_cut_off),
        cmocka_unit_test(test_of_many_slow_ones_the_slowest_goes),
        cmocka_unit_test(test_a_stranger_has_one_connection_a_lane),
        cmocka_unit_test(test_a_queue_that_stands_still_is_cut_off),
        cmocka_unit_test(test_a_silent_stranger_gives_its_place_to_others),
        cmocka_unit_test(test_an_idle_bulk_lane_is_closed_and_opened_again),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
