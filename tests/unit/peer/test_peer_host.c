/*
 * Hosts on loopback: they find each other, keep one connection a lane, pass
 * frames, and are not disturbed by who means harm.
 */
#include "hosts.h"

#include "base/check.h"
#include "net/stream_tcp.h"
#include "peer/peer_state.h"
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- among friends ---- */

static const struct peer_link *link_between(const struct net *net, size_t i,
                                            size_t j)
{
    return peer_book_at(net->nodes[i].host->book, (uint16_t)j)
        ->lanes[PEER_VOTES]
        .link;
}

/* All dial all in the first turn, so each pair has two connections. */
static void test_all_connect_to_all_and_keep_one_connection(void **state)
{
    struct net net;
    make_net(&net, 5);
    know_all(&net);
    for (size_t i = 0; i < net.count; i++)
        assert_int_equal(net.nodes[i].count, 0);
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    /* What both dialled at once is settled when no handshake is left. */
    settle(&net);
    for (size_t i = 0; i < net.count; i++) {
        const struct node *node = &net.nodes[i];
        check_order(node);
        assert_int_equal(count_news(node, PEER_UP) -
                             count_news(node, PEER_DOWN),
                         net.count - 1);
        assert_int_equal(counters_of(node).known_up, net.count - 1);
        assert_int_equal(counters_of(node).strangers, 0);
        assert_int_equal(counters_of(node).dials, net.count - 1);
        /* Of two it is the one that the lesser key has made. */
        for (size_t j = 0; j < net.count; j++)
            if (j != i)
                assert_int_equal(link_between(&net, i, j)->is_dialled, i < j);
    }
    free_net(&net);
}

/* Each sends from the first moment on, while two connections of each pair
 * become one. */
static void test_what_is_queued_while_both_dial_is_not_lost(void **state)
{
    for (size_t round = 0; round < 10; round++) {
        struct net net;
        size_t queued = 0, arrived = 0;
        make_net(&net, 2);
        know_all(&net);
        for (size_t i = 0; i < 400; i++) {
            for (size_t j = 0; j < 2 && i < 200; j++)
                for (size_t lane = 0; lane < PEER_LANES; lane++)
                    queued += !peer_host_send(
                        net.nodes[j].host, (uint16_t)(1 - j),
                        (enum peer_lane)lane, 9, bytes_text("not to be lost"));
            uv_run(&net.loop, UV_RUN_NOWAIT);
        }
        RUN_UNTIL(&net,
                  (arrived = count_news(&net.nodes[0], PEER_FRAME) +
                             count_news(&net.nodes[1], PEER_FRAME)) >= queued);
        assert_int_equal(arrived, queued);
        /* The vote lane at least meets itself at both ends, be it after all
         * has gone by the first of its connections. */
        RUN_UNTIL(&net, counters_of(&net.nodes[0]).replaced &&
                            counters_of(&net.nodes[1]).replaced);
        for (size_t j = 0; j < 2; j++) {
            check_links(&net.nodes[j]);
            check_order(&net.nodes[j]);
            assert_int_equal(count_news(&net.nodes[j], PEER_UP), 2);
            assert_int_equal(count_news(&net.nodes[j], PEER_DOWN), 0);
        }
        free_net(&net);
    }
}

/* The connection that was not kept ends, too, and nobody is told. */
static void test_of_two_connections_one_ends_in_time(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).replaced == 1 &&
                        counters_of(&net.nodes[1]).replaced == 1);
    struct peer_host *host = net.nodes[0].host;
    size_t count = 0;
    for (struct peer_link *at = host->links; at; at = at->next, count++)
        if (at->stage == PEER_RETIRED) {
            assert_true(at->deadline_ms <= uv_now(&net.loop) + 15000);
            at->deadline_ms = 0;
        }
    assert_int_equal(count, 2);
    peer_host_pardon(host);
    RUN_UNTIL(&net, !host->links->next && !net.nodes[1].host->links->next);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(count_news(&net.nodes[i], PEER_DOWN), 0);
    assert_true(all_up(&net, PEER_VOTES));
    free_net(&net);
}

static void test_one_that_is_only_dialled_is_connected_as_well(void **state)
{
    struct net net;
    make_net(&net, 2);
    know(&net, 0, 1);
    assert_ok(know_at(&net, 1, 0, 0));
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    assert_int_equal(counters_of(&net.nodes[1]).dials, 0);
    free_net(&net);
}

static void test_frames_of_all_sizes_arrive_once_and_in_order(void **state)
{
    struct net net;
    struct buffer body = {0};
    struct random random = random_make(3);
    uint64_t sum = 0;
    make_net(&net, 2);
    know_all(&net);
    settle(&net);
    struct node *receiver = &net.nodes[1];
    for (size_t lane = 0; lane < PEER_LANES; lane++) {
        const size_t most = PEER_BODY_MAX((enum peer_lane)lane);
        const size_t sizes[] = {0, 1, 100, most - 1, most, 16384, 5};
        size_t before = count_news(receiver, PEER_FRAME);
        for (size_t i = 0; i < 7; i++) {
            buffer_clear(&body);
            while (body.size < sizes[i])
                buffer_u8(&body, (uint8_t)random_u64(&random));
            sum += sum_of(buffer_view(&body));
            assert_ok(peer_host_send(net.nodes[0].host, 1, (enum peer_lane)lane,
                                     (uint8_t)(i + 10), buffer_view(&body)));
        }
        RUN_UNTIL(&net, count_news(receiver, PEER_FRAME) == before + 7);
        for (size_t i = 0, at = 0; i < receiver->count; i++) {
            const struct seen *seen = &receiver->news[i];
            if (seen->news != PEER_FRAME || seen->lane != lane)
                continue;
            assert_int_equal(seen->kind, at + 10);
            assert_int_equal(seen->size, sizes[at++]);
        }
    }
    assert_true(receiver->sum == sum);
    check_order(receiver);
    buffer_free(&body);
    free_net(&net);
}

static void test_a_frame_for_all_reaches_all(void **state)
{
    struct net net;
    make_net(&net, 4);
    know_all(&net);
    settle(&net);
    for (size_t lane = 0; lane < PEER_LANES; lane++) {
        assert_int_equal(peer_host_send_all(net.nodes[0].host,
                                            (enum peer_lane)lane, 9,
                                            bytes_text("for all")),
                         3);
        /* Queued, and not sent before the loop turns. */
        for (size_t i = 1; i < 4; i++)
            assert_int_equal(count_news(&net.nodes[i], PEER_FRAME), lane);
        for (size_t i = 1; i < 4; i++)
            RUN_UNTIL(&net, count_news(&net.nodes[i], PEER_FRAME) == lane + 1);
    }
    free_net(&net);
}

static void test_an_answer_goes_by_the_same_connection(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    net.nodes[1].is_echoing = true;
    settle(&net);
    assert_ok(peer_host_send(net.nodes[0].host, 1, PEER_BULK, 7,
                             bytes_text("question")));
    RUN_UNTIL(&net, count_news(&net.nodes[0], PEER_FRAME) == 1);
    const struct seen *seen = last_news(&net.nodes[0], PEER_FRAME);
    assert_int_equal(seen->kind, 8);
    assert_int_equal(seen->lane, PEER_BULK);
    assert_int_equal(
        peer_host_answer(net.nodes[0].host, 999999, 8, bytes_text("x")),
        ERR_NOT_FOUND);
    free_net(&net);
}

static void test_what_can_not_be_sent_is_said(void **state)
{
    struct net net;
    make_net(&net, 3);
    struct peer_host *host = net.nodes[0].host;
    assert_int_equal(peer_host_send(host, 1, PEER_VOTES, 9, bytes_text("x")),
                     ERR_NOT_FOUND);
    assert_ok(know_at(&net, 0, 1, 0));
    for (size_t lane = 0; lane < PEER_LANES; lane++)
        assert_int_equal(
            peer_host_send(host, 1, (enum peer_lane)lane, 9, bytes_text("x")),
            ERR_STATE);
    assert_string_equal(peer_host_trouble(host, 1),
                        "where it listens is not known");
    assert_string_equal(peer_host_trouble(host, 2), "");
    assert_int_equal(peer_host_send_all(host, PEER_VOTES, 9, bytes_text("x")),
                     0);
    free_net(&net);
}

/* ---- ends ---- */

static void stop(struct net *net, size_t i)
{
    peer_host_free(net->nodes[i].host);
    net->nodes[i].host = NULL;
}

static void test_a_peer_that_was_away_is_found_again(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    settle(&net);
    uint16_t port = peer_host_port(net.nodes[1].host);
    stop(&net, 1);
    RUN_UNTIL(&net, !peer_host_is_up(net.nodes[0].host, 1, PEER_VOTES));
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).dials_failed > 1);
    assert_non_null(
        strstr(peer_host_trouble(net.nodes[0].host, 1), "Connection refused"));
    /* It listens where it did, and dials nobody. */
    struct node *node = &net.nodes[1];
    const struct peer_host_options options = {
        .loop = &net.loop,
        .identity = &node->keypair,
        .network = net.network,
        .address = "127.0.0.1",
        .port = port,
        .take = take,
        .user = node,
    };
    assert_ok(peer_host_new(&options, &node->host));
    assert_ok(know_at(&net, 1, 0, 0));
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    assert_string_equal(peer_host_trouble(net.nodes[0].host, 1), "");
    check_order(&net.nodes[0]);
    free_net(&net);
}

/* The second one has lost its connection to the first and dials again; the
 * first one has not noticed. Returns the number of the connection. */
static uint64_t lose_connection(struct net *net)
{
    struct peer_link *link =
        peer_book_at(net->nodes[0].host->book, 1)->lanes[PEER_VOTES].link;
    struct peer_lane_state *lost =
        &peer_book_at(net->nodes[1].host->book, 0)->lanes[PEER_VOTES];
    /* It is not two that dial each other at once any more. */
    link->up_ms -= 20000;
    lost->link->known = NULL;
    lost->link = NULL;
    peer_host_pardon(net->nodes[1].host);
    return link->number;
}

static void test_a_connection_long_after_the_first_takes_its_place(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    settle(&net);
    uint64_t before = lose_connection(&net);
    RUN_UNTIL(&net, link_between(&net, 0, 1) &&
                        link_between(&net, 0, 1)->number != before);
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    assert_false(link_between(&net, 0, 1)->is_dialled);
    assert_int_equal(last_news(&net.nodes[0], PEER_DOWN)->status, ERR_EXISTS);
    check_order(&net.nodes[0]);
    free_net(&net);
}

static void ban_if_replaced(struct node *node, const struct peer_event *event)
{
    if (event->news == PEER_DOWN && event->status == ERR_EXISTS)
        peer_host_ban(node->host, event->index);
}

/* The new connection ends while the old one's end is told. */
static void test_what_was_not_told_as_up_is_not_told_as_down(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    settle(&net);
    net.nodes[0].count = 0;
    net.nodes[0].act = ban_if_replaced;
    (void)lose_connection(&net);
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).refused_banned > 0);
    assert_int_equal(net.nodes[0].count, 1);
    assert_int_equal(net.nodes[0].news[0].status, ERR_EXISTS);
    free_net(&net);
}

static void test_a_port_that_is_taken_is_said(void **state)
{
    struct net net;
    struct peer_host *host;
    make_net(&net, 1);
    const struct peer_host_options options = {
        .loop = &net.loop,
        .identity = &net.nodes[0].keypair,
        .address = "127.0.0.1",
        .port = peer_host_port(net.nodes[0].host),
        .take = take,
    };
    assert_int_equal(peer_host_new(&options, &host), ERR_BUSY);
    free_net(&net);
}

static void test_a_forgotten_peer_is_let_go_and_not_dialled(void **state)
{
    struct net net;
    make_net(&net, 2);
    know_all(&net);
    settle(&net);
    peer_host_forget(net.nodes[0].host, 1);
    peer_host_forget(net.nodes[0].host, 1);
    RUN_UNTIL(&net,
              last_news(&net.nodes[0], PEER_DOWN) &&
                  last_news(&net.nodes[0], PEER_DOWN)->status == ERR_CANCELLED);
    /* The other one comes again, as a stranger. */
    RUN_UNTIL(&net, last_news(&net.nodes[0], PEER_UP)->index == PEER_STRANGER);
    know(&net, 0, 1);
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    free_net(&net);
}

static void test_a_banned_peer_stays_out_until_the_pardon(void **state)
{
    struct net net;
    make_net(&net, 3);
    know_all(&net);
    settle(&net);
    peer_host_ban(net.nodes[0].host, 1);
    assert_int_equal(
        peer_host_send(net.nodes[0].host, 1, PEER_VOTES, 9, bytes_text("x")),
        ERR_STATE);
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).refused_banned > 1);
    assert_false(peer_host_is_up(net.nodes[0].host, 1, PEER_VOTES));
    assert_true(peer_host_is_up(net.nodes[0].host, 2, PEER_VOTES));
    assert_int_equal(last_news(&net.nodes[0], PEER_DOWN)->status, ERR_DENIED);
    peer_host_pardon(net.nodes[0].host);
    RUN_UNTIL(&net, all_up(&net, PEER_VOTES));
    free_net(&net);
}

static void test_another_network_is_refused_by_its_name(void **state)
{
    struct net net;
    struct hash other;
    make_net(&net, 2);
    memset(&other, 6, sizeof(other));
    stop(&net, 1);
    make_node(&net, 1, true, &other);
    know(&net, 0, 1);
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).handshakes_failed > 1);
    assert_non_null(
        strstr(peer_host_trouble(net.nodes[0].host, 1), "another network"));
    assert_int_equal(net.nodes[0].count, 0);
    assert_int_equal(net.nodes[1].count, 0);
    free_net(&net);
}

/* At the address of a peer somebody else listens. */
static void test_another_at_a_peers_address_is_refused(void **state)
{
    struct net net;
    make_net(&net, 3);
    assert_ok(know_at(&net, 0, 1, peer_host_port(net.nodes[2].host)));
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).handshakes_failed > 1);
    assert_non_null(strstr(peer_host_trouble(net.nodes[0].host, 1),
                           PUBKEY_TEXT(&net.nodes[2].keypair.pubkey)));
    assert_int_equal(net.nodes[0].count, 0);
    free_net(&net);
}

/* ---- from inside what is told ---- */

static void ban_and_forget(struct node *node, const struct peer_event *event)
{
    peer_host_send_all(node->host, PEER_BULK, 9, bytes_text("to all"));
    peer_host_ban(node->host, event->index);
    if (event->news == PEER_DOWN)
        peer_host_pardon(node->host);
    if (event->news == PEER_FRAME)
        peer_host_forget(node->host, event->index);
}

static void send_and_ban_link(struct node *node, const struct peer_event *event)
{
    (void)peer_host_answer(node->host, event->link, 9, bytes_text("answer"));
    if (event->news == PEER_FRAME)
        peer_host_ban_link(node->host, event->link, 1);
    peer_host_send_all(node->host, PEER_VOTES, 9, bytes_text("to all"));
}

/* Whatever is done from there, nothing is told from inside of it, and each
 * connection goes up and down once. */
static void test_all_may_be_done_from_inside_of_news(void **state)
{
    struct net net;
    make_net(&net, 3);
    net.nodes[0].act = ban_and_forget;
    net.nodes[1].act = send_and_ban_link;
    know_all(&net);
    uint64_t end_ms = clock_monotonic_ms() + 500;
    RUN_UNTIL(&net, clock_monotonic_ms() > end_ms && net.nodes[0].count > 4 &&
                        net.nodes[1].count > 20 && net.nodes[2].count > 8);
    for (size_t i = 0; i < 3; i++)
        check_links(&net.nodes[i]);
    free_net(&net);
}

static void send_always(uv_timer_t *timer)
{
    peer_host_send_all(timer->data, PEER_VOTES, 9, bytes_text("x"));
}

/* Two peers in a process of their own, so that what they send comes in any
 * order: the second listens, the third dials the first one and sends. */
static void run_peers(const struct net *net, int out)
{
    static struct net own;
    uv_timer_t timer;
    uint16_t first = peer_host_port(net->nodes[0].host);
    uv_loop_init(&own.loop);
    own.network = net->network;
    own.count = 3;
    for (size_t i = 0; i < 3; i++)
        own.nodes[i].keypair = net->nodes[i].keypair;
    for (size_t i = 1; i < 3; i++) {
        own.nodes[i].is_quiet = true;
        make_node(&own, i, true, &own.network);
    }
    CHECK(!know_at(&own, 1, 0, 0) && !know_at(&own, 2, 0, first));
    uint16_t port = peer_host_port(own.nodes[1].host);
    CHECK(write(out, &port, sizeof(port)) == sizeof(port));
    uv_timer_init(&own.loop, &timer);
    timer.data = own.nodes[2].host;
    uv_timer_start(&timer, send_always, 3, 3);
    uv_run(&own.loop, UV_RUN_DEFAULT);
}

static void forget_second(struct node *node, const struct peer_event *event)
{
    if (event->news == PEER_FRAME)
        peer_host_forget(node->host, 1);
    node->count = 0;
}

/* Whatever of its handshake is ready in the very turn of the loop. */
static void
test_a_peer_may_be_forgotten_in_the_midst_of_its_handshake(void **state)
{
    struct net net;
    uint16_t port;
    int pipes[2];
    make_net(&net, 3);
    assert_ok(know_at(&net, 0, 2, 0));
    assert_int_equal(pipe(pipes), 0);
    pid_t peers = fork();
    if (!peers) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_peers(&net, pipes[1]);
        _exit(0);
    }
    assert_int_equal(read(pipes[0], &port, sizeof(port)), sizeof(port));
    RUN_UNTIL(&net, peer_host_is_up(net.nodes[0].host, 2, PEER_VOTES));
    net.nodes[0].act = forget_second;
    for (int i = 0; i < 400; i++) {
        assert_ok(know_at(&net, 0, 1, port));
        /* Long enough for several sockets to be ready at once. */
        usleep(500 + 100 * (i % 10));
        uv_run(&net.loop, UV_RUN_NOWAIT);
    }
    kill(peers, SIGKILL);
    waitpid(peers, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    free_net(&net);
}

static void test_a_host_may_be_freed_at_any_time(void **state)
{
    for (int turns = 0; turns < 30; turns++) {
        struct net net;
        make_net(&net, 3);
        know_all(&net);
        for (int i = 0; i < turns; i++) {
            uv_run(&net.loop, UV_RUN_NOWAIT);
            peer_host_send_all(net.nodes[0].host, PEER_BULK, 9,
                               bytes_text("x"));
        }
        size_t told = net.nodes[0].count;
        stop(&net, 0);
        for (int i = 0; i < 5; i++)
            uv_run(&net.loop, UV_RUN_NOWAIT);
        assert_int_equal(net.nodes[0].count, told);
        free_net(&net);
    }
}

/* ---- memory ---- */

/* As many as come in at once. */
#define CROWD 90

/* The guests' side, in a process of its own: they connect and stay. */

struct guest {
    struct secure_identity identity;
    struct stream *stream;
};

static struct hash crowd_network;

static void guest_opened(void *user, int status)
{
    struct guest *guest = user;
    uint8_t hello[39] = {35, 0, 0, 0, 1, 1, 0};
    memcpy(hello + 7, crowd_network.bytes, 32);
    CHECK(!status);
    CHECK(stream_write(guest->stream, bytes_make(hello, sizeof(hello))) ==
          sizeof(hello));
}

static void crowd_key(size_t i, struct keypair *out)
{
    uint8_t seed[32] = {1, (uint8_t)i, (uint8_t)(i >> 8)};
    keypair_from_seed(seed, out);
}

static void run_crowd(uint16_t port)
{
    static const char *const votes[] = {"/pond/peer/1/votes"};
    static struct guest guests[CROWD];
    uv_loop_t loop;
    uv_loop_init(&loop);
    for (size_t i = 0; i < CROWD; i++) {
        struct keypair keypair;
        crowd_key(i, &keypair);
        secure_identity_make(&keypair, &guests[i].identity);
        int socket = raw_connect(port);
        const struct secure_options options = {
            .is_dialler = true,
            .identity = &guests[i].identity,
            .protocols = votes,
            .count = 1,
            .time_limit_ms = WAIT_MS_MAX,
        };
        guests[i].stream =
            secure_stream_begin(&loop, stream_tcp_take(&loop, socket), &options,
                                guest_opened, &guests[i]);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    /* All are connected, and nothing is watched for any more. */
    pause();
}

static void test_many_peers_at_rest_take_little_memory(void **state)
{
    struct net net;
    make_net(&net, 1);
    crowd_network = net.network;
    for (size_t i = 0; i < CROWD; i++) {
        struct keypair keypair;
        crowd_key(i, &keypair);
        assert_ok(peer_host_know(net.nodes[0].host, (uint16_t)i,
                                 &keypair.pubkey, NULL, 0));
    }
    size_t before = mallinfo2().uordblks;
    pid_t crowd = fork();
    if (!crowd) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_crowd(peer_host_port(net.nodes[0].host));
        _exit(0);
    }
    RUN_UNTIL(&net, counters_of(&net.nodes[0]).known_up == CROWD);
    RUN_UNTIL(&net, !counters_of(&net.nodes[0]).queued_bytes);
    size_t grown = mallinfo2().uordblks - before;
    print_message("# %zu bytes a connection\n", grown / CROWD);
    /* What the header says. */
    assert_true(grown / CROWD < 4096);
    kill(crowd, SIGKILL);
    waitpid(crowd, NULL, 0);
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
        cmocka_unit_test(test_all_connect_to_all_and_keep_one_connection),
        cmocka_unit_test(test_what_is_queued_while_both_dial_is_not_lost),
        cmocka_unit_test(test_of_two_connections_one_ends_in_time),
        cmocka_unit_test(test_one_that_is_only_dialled_is_connected_as_well),
        cmocka_unit_test(test_frames_of_all_sizes_arrive_once_and_in_order),
        cmocka_unit_test(test_a_frame_for_all_reaches_all),
        cmocka_unit_test(test_an_answer_goes_by_the_same_connection),
        cmocka_unit_test(test_what_can_not_be_sent_is_said),
        cmocka_unit_test(test_a_peer_that_was_away_is_found_again),
        cmocka_unit_test(
            test_a_connection_long_after_the_first_takes_its_place),
        cmocka_unit_test(test_what_was_not_told_as_up_is_not_told_as_down),
        cmocka_unit_test(test_a_port_that_is_taken_is_said),
        cmocka_unit_test(test_a_forgotten_peer_is_let_go_and_not_dialled),
        cmocka_unit_test(test_a_banned_peer_stays_out_until_the_pardon),
        cmocka_unit_test(test_another_network_is_refused_by_its_name),
        cmocka_unit_test(test_another_at_a_peers_address_is_refused),
        cmocka_unit_test(test_all_may_be_done_from_inside_of_news),
        cmocka_unit_test(
            test_a_peer_may_be_forgotten_in_the_midst_of_its_handshake),
        cmocka_unit_test(test_a_host_may_be_freed_at_any_time),
        cmocka_unit_test(test_many_peers_at_rest_take_little_memory),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
