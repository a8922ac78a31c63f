#include "fixture.h"

#include "base/clock.h"
#include "net/http_server.h"
#include "storage/files/unixfs_import.h"
#include "storage/format/dag_pb.h"
#include "storage/keep/dag_walk.h"
#include "storage/serve/gateway.h"
#include "storage/serve/remote.h"

#include <stdatomic.h>

/* A peer: a gateway that can misbehave on request. */
enum manner { HONEST, LIAR, EMPTY, ENDLESS, SLOW, FAILING, HALF };

struct peer {
    enum manner manner;
    struct http_server *server;
    char *url;
    atomic_uint requests;
};

static char *folder, *other_folder;
static struct store *store, *other;

static ssize_t read_endless(void *user, uint64_t position, uint8_t *into,
                            size_t room)
{
    memset(into, 'x', room);
    return (ssize_t)room;
}

/* A byte each 50 ms: alive, but of no use. */
static ssize_t read_slowly(void *user, uint64_t position, uint8_t *into,
                           size_t room)
{
    usleep(50000);
    *into = 'x';
    return position < 1000 ? 1 : 0;
}

static void handle(void *user, struct http_exchange *exchange)
{
    static const struct http_source endless = {.read = read_endless};
    static const struct http_source slow = {.read = read_slowly};
    struct peer *peer = user;
    unsigned number = peer->requests++;

    switch (peer->manner) {
    case HALF:
        if (number % 2)
            break;
        http_answer_text(exchange, 404, "not here\n");
        return;
    case LIAR:
        http_answer_text(exchange, 200, "not what you asked for");
        return;
    case EMPTY:
        http_answer_text(exchange, 404, "not here\n");
        return;
    case ENDLESS:
        http_answer_stream(exchange, 200, NULL, HTTP_SIZE_UNKNOWN, endless);
        return;
    case SLOW:
        http_answer_stream(exchange, 200, NULL, HTTP_SIZE_UNKNOWN, slow);
        return;
    case FAILING:
        http_answer_text(exchange, 500, "broken\n");
        return;
    case HONEST:
        break;
    }
    gateway_handle(store, exchange);
}

static struct peer *peer_new(enum manner manner)
{
    struct peer *peer = mem_zero(1, sizeof(*peer));
    struct http_server_options options = {
        .handler = handle, .user = peer, .threads = 2};

    peer->manner = manner;
    assert_ok(http_server_start(&options, &peer->server));
    peer->url =
        mem_format("http://127.0.0.1:%u", http_server_port(peer->server));
    return peer;
}

static void peer_free(struct peer *peer)
{
    http_server_stop(peer->server);
    free(peer->url);
    free(peer);
}

static int set_up(void **state)
{
    folder = fixture_folder();
    store = fixture_store(folder, 0);
    other_folder = fixture_folder();
    other = fixture_store(other_folder, 0);
    return 0;
}

static int tear_down(void **state)
{
    store_close(store);
    store_close(other);
    fixture_remove(folder);
    fixture_remove(other_folder);
    return 0;
}

/* 100 leaves under two levels of nodes. */
static struct cid make_dag(void)
{
    static const struct unixfs_profile profile = {
        .cid_version = 1,
        .raw_leaves = true,
        .chunk_bytes = 1000,
        .links_max = 10,
        .hamt_threshold_bytes = 262144,
        .size_estimate = UNIXFS_SIZE_BLOCK};
    struct unixfs_import_options options = {.profile = &profile, .threads = 1};
    struct buffer data = fixture_bytes(100000, 1);
    struct unixfs_entry entry;

    assert_ok(unixfs_import_bytes(store, &options, buffer_view(&data), &entry));
    buffer_free(&data);
    return entry.cid;
}

static int fetch(const struct cid *root, struct remote_options options,
                 struct peer **peers, size_t count,
                 struct remote_progress *progress)
{
    struct source_gateway sources[8];

    for (size_t i = 0; i < count; i++)
        sources[i] = (struct source_gateway){peers[i]->url, &address_rule_any};
    return remote_fetch_wait(other, root, sources, count, &options, NULL,
                             progress);
}

static void test_a_dag_is_fetched_whole(void **state)
{
    struct peer *peer = peer_new(HONEST);
    struct remote_progress progress;
    struct cid root = make_dag();

    assert_ok(fetch(&root, (struct remote_options){0}, &peer, 1, &progress));
    assert_int_equal(progress.blocks, 111);
    assert_int_equal(progress.blocks_wanted, 0);
    assert_ok(dag_walk(other, &root, NULL, NULL));
    /* What is here is not asked for again. */
    assert_ok(fetch(&root, (struct remote_options){0}, &peer, 1, &progress));
    assert_int_equal(progress.blocks, 0);
    assert_int_equal(progress.blocks_present, 111);
    assert_int_equal(peer->requests, 111);
    peer_free(peer);
}

static void test_bad_peers_do_not_keep_a_dag_from_coming(void **state)
{
    static const enum manner bad[] = {LIAR,    EMPTY, ENDLESS,
                                      FAILING, SLOW,  HALF};
    struct remote_options options = {.block_time_limit_ms = 1500};
    struct peer *peers[7];
    struct cid root = make_dag();

    for (size_t i = 0; i < 6; i++)
        peers[i] = peer_new(bad[i]);
    peers[6] = peer_new(HONEST);
    assert_ok(fetch(&root, options, peers, 7, NULL));
    assert_ok(dag_walk(other, &root, NULL, NULL));
    /* Those that misbehaved were given up soon. */
    for (size_t i = 0; i < 6; i++) {
        if (bad[i] != HALF && bad[i] != EMPTY)
            assert_true(peers[i]->requests <= REMOTE_STRIKES_MAX + 8);
    }
    for (size_t i = 0; i < 7; i++)
        peer_free(peers[i]);
}

static void fails_with(enum manner manner, int status, const char *text)
{
    /* A peer that fails otherwise must not be late as well, on a busy machine.
     */
    struct remote_options options = {.block_time_limit_ms =
                                         manner == SLOW ? 300 : 0};
    struct peer *peer = peer_new(manner);
    struct cid root = make_dag();
    int found = fetch(&root, options, &peer, 1, NULL);

    if (found != status || !strstr(err_text(), text))
        print_error("%d: %s\n", found, err_text());
    assert_int_equal(found, status);
    assert_non_null(strstr(err_text(), text));
    assert_non_null(strstr(err_text(), CID_TEXT(&root)));
    assert_false(store_has(other, &root, NULL));
    peer_free(peer);
}

static void test_each_way_of_failing_is_reported(void **state)
{
    fails_with(LIAR, ERR_CORRUPT, "hash");
    fails_with(EMPTY, ERR_NOT_FOUND, "does not have it");
    fails_with(ENDLESS, ERR_LIMIT, "127.0.0.1");
    fails_with(SLOW, ERR_TIMEOUT, "127.0.0.1");
    fails_with(FAILING, ERR_REMOTE, "500");
}

static void test_a_size_limit_ends_it(void **state)
{
    struct remote_options options = {.size_max_bytes = 50000};
    struct peer *peer = peer_new(HONEST);
    struct cid root = make_dag();

    assert_int_equal(fetch(&root, options, &peer, 1, NULL), ERR_LIMIT);
    assert_non_null(strstr(err_text(), "50000"));
    peer_free(peer);
}

static void test_a_time_limit_ends_it(void **state)
{
    struct remote_options options = {.time_limit_ms = 200};
    struct peer *peer = peer_new(SLOW);
    struct cid root = make_dag();
    uint64_t begun = clock_monotonic_ms();

    assert_int_equal(fetch(&root, options, &peer, 1, NULL), ERR_TIMEOUT);
    assert_true(clock_monotonic_ms() - begun < 5000);
    peer_free(peer);
}

static void test_a_chain_deeper_than_the_limit_ends_it(void **state)
{
    struct peer *peer = peer_new(HONEST);
    struct cid cid = fixture_put(store, 10, 1);

    for (int depth = 0; depth <= DAG_DEPTH_MAX; depth++) {
        struct buffer block = {0};

        dag_pb_write_link(&block, &cid, bytes_text(""), 1);
        cid_of(1, CID_DAG_PB, buffer_view(&block), &cid);
        assert_ok(store_put(store, &cid, buffer_view(&block)));
        buffer_free(&block);
    }
    assert_int_equal(fetch(&cid, (struct remote_options){0}, &peer, 1, NULL),
                     ERR_LIMIT);
    assert_non_null(strstr(err_text(), "256"));
    peer_free(peer);
}

static void test_a_full_store_ends_it(void **state)
{
    struct store_options limits = {.size_max_bytes = 20000,
                                   .free_floor_bytes = 1};
    struct peer *peer = peer_new(HONEST);
    struct cid root = make_dag();

    store_close(other);
    assert_ok(store_open(other_folder, &limits, &other));
    assert_int_equal(fetch(&root, (struct remote_options){0}, &peer, 1, NULL),
                     ERR_FULL);
    peer_free(peer);
}

static void test_sources_are_looked_at_first(void **state)
{
    static const struct source_gateway wrong[] = {
        {"ftp://x", &address_rule_any},
        {"nonsense", &address_rule_any},
        {"ws://x", &address_rule_any},
        {"", &address_rule_any},
        {"http://user@x", &address_rule_any},
        {"http://x/y?z=", &address_rule_any},
        {"http://x/y#z", &address_rule_any}};
    struct cid root = make_dag();
    struct source_gateway many[REMOTE_SOURCES_MAX + 1];
    struct remote_options options = {0};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(
            remote_fetch_wait(other, &root, &wrong[i], 1, &options, NULL, NULL),
            ERR_INVALID);
    for (size_t i = 0; i < REMOTE_SOURCES_MAX + 1; i++)
        many[i] =
            (struct source_gateway){"http://127.0.0.1:1", &address_rule_any};
    assert_int_equal(remote_fetch_wait(other, &root, many,
                                       REMOTE_SOURCES_MAX + 1, &options, NULL,
                                       NULL),
                     ERR_RANGE);
    assert_int_equal(
        remote_fetch_wait(other, &root, many, 1, &options, NULL, NULL),
        ERR_NETWORK);
}

/* What a stranger put on chain, with the rule of the operator; and an
 * operator's own gateway beside it, on this machine. */
static void test_each_source_is_held_to_its_own_rule(void **state)
{
    struct peer *peer = peer_new(HONEST);
    struct cid root = make_dag();
    const char *port = strrchr(peer->url, ':');
    char *urls[] = {mem_format("http://localhost%s", port),
                    mem_format("http://127.1%s", port),
                    mem_format("http://0x7f.1%s", port)};
    struct source_gateway sources[4];
    struct remote_options options = {0};
    struct remote_progress progress;

    for (size_t i = 0; i < 3; i++)
        sources[i] = (struct source_gateway){urls[i], &address_rule_public};
    assert_int_equal(
        remote_fetch_wait(other, &root, sources, 3, &options, NULL, &progress),
        ERR_DENIED);
    assert_int_equal(peer->requests, 0);
    sources[3] = (struct source_gateway){peer->url, &address_rule_any};
    assert_ok(
        remote_fetch_wait(other, &root, sources, 4, &options, NULL, &progress));
    assert_true(progress.blocks > 100);
    for (size_t i = 0; i < 3; i++)
        free(urls[i]);
    peer_free(peer);
}

struct cancelling {
    struct remote *remote;
    unsigned calls;
    int status;
};

static void cancel_at_10(void *user, const struct remote_progress *progress)
{
    struct cancelling *cancelling = user;

    if (progress->blocks == 10)
        remote_cancel(cancelling->remote);
}

static void note_done(void *user, int status,
                      const struct remote_progress *progress,
                      struct store_hold *hold)
{
    struct cancelling *cancelling = user;

    cancelling->calls++;
    cancelling->status = status;
    store_release(hold);
}

static void test_cancelling_ends_it_once(void **state)
{
    struct peer *peer = peer_new(HONEST);
    struct cid root = make_dag();
    struct cancelling cancelling = {0};
    const struct source_gateway gateway = {peer->url, &address_rule_any};
    struct remote_options options = {.source_count = 1,
                                     .progress = cancel_at_10};
    struct source **sources;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_ok(source_gateway_open(&loop, &gateway, 1, &sources));
    options.sources = sources;
    assert_ok(remote_fetch(&loop, other, &root, &options, note_done,
                           &cancelling, &cancelling.remote));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(cancelling.calls, 1);
    assert_int_equal(cancelling.status, ERR_CANCELLED);
    /* And before it has begun. */
    assert_ok(remote_fetch(&loop, other, &root, &options, note_done,
                           &cancelling, &cancelling.remote));
    remote_cancel(cancelling.remote);
    assert_int_equal(cancelling.calls, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(cancelling.calls, 2);
    source_gateway_close(sources, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    peer_free(peer);
}

/* ---- sources that are no gateways ---- */

/* A source in memory over the first store, or over nothing. */
enum kind { GOOD, LYING, DEAD, LATE };

struct own {
    struct source source;
    enum kind kind;
    uv_loop_t *loop;
    unsigned asked, cancelled, open;
};

struct asked {
    struct own *own;
    struct cid cid;
    source_answer *answer;
    void *user;
    uv_timer_t timer;
};

static void asked_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void asked_end(struct asked *asked)
{
    asked->own->open--;
    uv_close((uv_handle_t *)&asked->timer, asked_closed);
}

static void on_answer(uv_timer_t *timer)
{
    struct asked *asked = timer->data;
    struct buffer data = {0};
    int status = store_get(store, &asked->cid, &data);

    if (!status && asked->own->kind == LYING)
        data.data[0] ^= 1;
    asked->answer(asked->user, status, buffer_view(&data));
    buffer_free(&data);
    asked_end(asked);
}

static void *own_ask(struct source *source, const struct cid *cid,
                     uint32_t time_limit_ms, source_answer *answer, void *user)
{
    struct own *own = (struct own *)source;
    struct asked *asked = mem_zero(1, sizeof(*asked));

    own->asked++;
    own->open++;
    *asked =
        (struct asked){.own = own, .cid = *cid, .answer = answer, .user = user};
    assert_int_equal(uv_timer_init(own->loop, &asked->timer), 0);
    asked->timer.data = asked;
    if (own->kind != DEAD)
        uv_timer_start(&asked->timer, on_answer, own->kind == LATE ? 30 : 0, 0);
    return asked;
}

static void own_cancel(struct source *source, void *request)
{
    struct own *own = (struct own *)source;

    own->cancelled++;
    asked_end(request);
}

/* Fetch the DAG of make_dag() from sources of these kinds. */
static int fetch_own(struct own *owns, const enum kind *kinds, size_t count,
                     uint32_t block_time_limit_ms)
{
    struct cancelling cancelling = {0};
    struct source *sources[8];
    struct remote_options options = {.sources = sources,
                                     .source_count = count,
                                     .block_time_limit_ms =
                                         block_time_limit_ms};
    struct cid root = make_dag();
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < count; i++) {
        owns[i] = (struct own){
            .source = {.name = "own", .ask = own_ask, .cancel = own_cancel},
            .kind = kinds[i],
            .loop = &loop};
        sources[i] = &owns[i].source;
    }
    assert_ok(remote_fetch(&loop, other, &root, &options, note_done,
                           &cancelling, NULL));
    assert_int_equal(cancelling.calls, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(cancelling.calls, 1);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(owns[i].open, 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    if (!cancelling.status)
        assert_ok(dag_walk(other, &root, NULL, NULL));
    return cancelling.status;
}

static void test_any_kind_of_source_will_do(void **state)
{
    static const enum kind kinds[] = {GOOD};
    struct own own[1];

    assert_ok(fetch_own(own, kinds, 1, 0));
    assert_int_equal(own[0].asked, 111);
    assert_int_equal(own[0].cancelled, 0);
}

static void test_lying_slow_and_dead_sources_are_passed_over(void **state)
{
    static const enum kind kinds[] = {DEAD, LYING, LATE};
    struct own own[3];

    assert_ok(fetch_own(own, kinds, 3, 2000));
    /* A dead one costs its time limit, and is not asked for ever. */
    assert_in_range(own[0].cancelled, 1, REMOTE_STRIKES_MAX + 8);
    assert_int_equal(own[0].asked, own[0].cancelled);
    assert_in_range(own[1].asked, 1, REMOTE_STRIKES_MAX + 8);
    assert_int_equal(own[2].asked, 111);
}

static void test_dead_sources_alone_end_it(void **state)
{
    static const enum kind kinds[] = {DEAD, DEAD};
    struct own own[2];

    assert_int_equal(fetch_own(own, kinds, 2, 100), ERR_TIMEOUT);
    assert_int_equal(own[0].asked, 1);
    assert_int_equal(own[1].asked, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_dag_is_fetched_whole),
        TEST(test_bad_peers_do_not_keep_a_dag_from_coming),
        TEST(test_each_way_of_failing_is_reported),
        TEST(test_a_size_limit_ends_it),
        TEST(test_a_time_limit_ends_it),
        TEST(test_a_chain_deeper_than_the_limit_ends_it),
        TEST(test_a_full_store_ends_it),
        TEST(test_sources_are_looked_at_first),
        TEST(test_each_source_is_held_to_its_own_rule),
        TEST(test_cancelling_ends_it_once),
        TEST(test_any_kind_of_source_will_do),
        TEST(test_lying_slow_and_dead_sources_are_passed_over),
        TEST(test_dead_sources_alone_end_it),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
