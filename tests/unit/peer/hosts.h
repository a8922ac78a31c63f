/*
 * Hosts of one loop on loopback, and what each of them was told.
 */
#ifndef POND_TESTS_PEER_HOSTS_H
#define POND_TESTS_PEER_HOSTS_H

#include "../net/net_test.h"

#include "base/random.h"
#include "crypto/key.h"
#include "peer/peer_host.h"
#include <stdio.h>

#define HOSTS_MAX 8
#define NEWS_MAX 4096

struct seen {
    enum peer_news news;
    uint64_t link;
    uint16_t index;
    enum peer_lane lane;
    uint8_t kind;
    size_t size;
    int status;
    char text[120];
};

struct node {
    struct peer_host *host;
    struct keypair keypair;
    struct seen *news;
    size_t count;
    /* Sum over the bodies of all frames, to compare. */
    uint64_t sum;
    bool is_echoing;
    /* Remembers nothing. */
    bool is_quiet;
    /* Called last of all; may do what it likes. */
    void (*act)(struct node *node, const struct peer_event *event);
};

struct net {
    uv_loop_t loop;
    struct node nodes[HOSTS_MAX];
    size_t count;
    struct hash network;
};

static inline uint64_t sum_of(struct bytes body)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < body.size; i++)
        sum = sum * 31 + body.data[i] + 1;
    return sum;
}

static inline void take(void *user, const struct peer_event *event)
{
    struct node *node = user;
    if (node->is_quiet)
        return;
    assert_true(node->count < NEWS_MAX);
    struct seen *seen = &node->news[node->count++];
    *seen = (struct seen){
        .news = event->news,
        .link = event->link,
        .index = event->index,
        .lane = event->lane,
        .kind = event->kind,
        .size = event->body.size,
        .status = event->status,
    };
    if (event->news == PEER_DOWN)
        snprintf(seen->text, sizeof(seen->text), "%s", err_text());
    if (event->news == PEER_FRAME)
        node->sum += sum_of(event->body);
    if (node->is_echoing && event->kind == 7)
        assert_ok(peer_host_answer(node->host, event->link, 8, event->body));
    if (node->act)
        node->act(node, event);
}

static inline void make_node(struct net *net, size_t i, bool is_free,
                             const struct hash *network)
{
    struct node *node = &net->nodes[i];
    const struct peer_host_options options = {
        .loop = &net->loop,
        .identity = &node->keypair,
        .network = *network,
        .address = "127.0.0.1",
        .is_loopback_free = is_free,
        .take = take,
        .user = node,
    };
    assert_ok(peer_host_new(&options, &node->host));
}

/* Keys rise with the index, so that it is known whose connection is kept. */
static inline void make_keys(struct net *net)
{
    for (size_t i = 0; i < net->count; i++)
        do
            keypair_generate(&net->nodes[i].keypair);
        while (i && memcmp(net->nodes[i].keypair.pubkey.bytes,
                           net->nodes[i - 1].keypair.pubkey.bytes, 32) < 0);
}

static inline void make_net(struct net *net, size_t count)
{
    memset(net, 0, sizeof(*net));
    uv_loop_init(&net->loop);
    net->count = count;
    memset(&net->network, 5, sizeof(net->network));
    make_keys(net);
    for (size_t i = 0; i < count; i++) {
        net->nodes[i].news = calloc(NEWS_MAX, sizeof(struct seen));
        make_node(net, i, true, &net->network);
    }
}

static inline void free_net(struct net *net)
{
    for (size_t i = 0; i < net->count; i++) {
        peer_host_free(net->nodes[i].host);
        free(net->nodes[i].news);
    }
    finish_loop(&net->loop);
}

static inline int know_at(struct net *net, size_t who, size_t whom,
                          uint16_t port)
{
    char address[40];
    const char *addresses[] = {address};
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    return peer_host_know(net->nodes[who].host, (uint16_t)whom,
                          &net->nodes[whom].keypair.pubkey, addresses,
                          port ? 1 : 0);
}

static inline void know(struct net *net, size_t who, size_t whom)
{
    assert_ok(know_at(net, who, whom, peer_host_port(net->nodes[whom].host)));
}

static inline void know_all(struct net *net)
{
    for (size_t i = 0; i < net->count; i++)
        for (size_t j = 0; j < net->count; j++)
            know(net, i, j);
}

/* Until the condition holds. */
#define RUN_UNTIL(net, condition)                                              \
    do {                                                                       \
        uint64_t run_end = clock_monotonic_ms() + WAIT_MS_MAX;                 \
        uv_timer_t run_tick;                                                   \
        uv_timer_init(&(net)->loop, &run_tick);                                \
        uv_timer_start(&run_tick, stop_run, 5, 5);                             \
        while (!(condition) && clock_monotonic_ms() < run_end)                 \
            uv_run(&(net)->loop, UV_RUN_ONCE);                                 \
        uv_close((uv_handle_t *)&run_tick, NULL);                              \
        uv_run(&(net)->loop, UV_RUN_NOWAIT);                                   \
        assert_true(condition);                                                \
    } while (0)

static inline bool all_up(const struct net *net, enum peer_lane lane)
{
    for (size_t i = 0; i < net->count; i++)
        for (size_t j = 0; j < net->count; j++)
            if (i != j &&
                !peer_host_is_up(net->nodes[i].host, (uint16_t)j, lane))
                return false;
    return true;
}

static inline size_t count_news(const struct node *node, enum peer_news news)
{
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++)
        count += node->news[i].news == news;
    return count;
}

/* The last of its kind, or NULL. */
static inline const struct seen *last_news(const struct node *node,
                                           enum peer_news news)
{
    for (size_t i = node->count; i-- > 0;)
        if (node->news[i].news == news)
            return &node->news[i];
    return NULL;
}

static inline struct peer_counters counters_of(const struct node *node)
{
    struct peer_counters counters;
    peer_host_counters(node->host, &counters);
    return counters;
}

/* Each link is told of as up first, and as down last. */
static inline void check_links(const struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        size_t ups = 0, downs = 0;
        for (size_t j = 0; j < i; j++)
            if (node->news[j].link == node->news[i].link) {
                ups += node->news[j].news == PEER_UP;
                downs += node->news[j].news == PEER_DOWN;
            }
        assert_int_equal(ups, node->news[i].news == PEER_UP ? 0 : 1);
        assert_int_equal(downs, 0);
    }
}

static inline bool is_settled(const struct net *net)
{
    for (size_t i = 0; i < net->count; i++)
        if (counters_of(&net->nodes[i]).handshakes)
            return false;
    return all_up(net, PEER_VOTES);
}

/* All are connected to all, and of pairs that dialled each other at once one
 * connection is left. */
static inline void settle(struct net *net)
{
    RUN_UNTIL(net, is_settled(net));
}

/* No two connections of one peer and lane are up at one time, and each goes
 * down once. */
static inline void check_order(const struct node *node)
{
    uint64_t up[HOSTS_MAX][PEER_LANES] = {{0}};
    for (size_t i = 0; i < node->count; i++) {
        const struct seen *seen = &node->news[i];
        uint64_t *link = &up[seen->index][seen->lane];
        if (seen->news == PEER_UP) {
            assert_int_equal(*link, 0);
            *link = seen->link;
            continue;
        }
        assert_int_equal(*link, seen->link);
        if (seen->news == PEER_DOWN)
            *link = 0;
    }
}

#endif
