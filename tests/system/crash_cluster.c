/*
 * kill -9 of validators that agree, again and again, at random points.
 *
 * Four validators on loopback. Each cycle sends transfers (transfers.h) to all
 * endpoints, kills one, some or all at a random moment, goes on with those that
 * are left, and starts the killed ones again; some are killed once more while
 * they start. Then new blocks must become final everywhere, what any endpoint
 * called final must be at every endpoint exactly once, the chains must be the
 * same, and nobody may have accused another.
 *
 * Usage: crash_cluster [CYCLES [SEED]]
 */
#include "crash_server.h"
#include "crash_words.h"
#include "transfers.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/keyfile.h"
#include "settlement/format/account.h"
#include "settlement/validator/validator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT 4
#define CYCLES 200
#define SLOT_MS 50
#define DELTA_MS 50
#define PAYERS 4
#define KOII LAMPORTS_PER_KOII
#define IN_FLIGHT_MAX 48 /* transfers not answered yet */

/* One keeps little history: some is dropped all the time. */
#define KEEP_SLOTS 600

/* How long transfers are sent before the kill, and after it. */
#define BEFORE_MS_MAX 400
#define AFTER_MS_MAX 400

/* A server that starts is killed again in one of so many cases, within so many
 * milliseconds. */
#define KILLED_AT_START 6
#define START_MS_MAX 100

/* Until a new block is final at all endpoints after a restart. */
#define GOES_ON_MS 90000
#define LOOK_AGAIN_US 5000

/* Slots of which the chains are compared each time. */
#define COMPARED_SLOTS 200

#define FULL_CHECK_EVERY 20 /* cycles between verifications of everything */
#define SENT_AGAIN_EVERY 8  /* cycles between transfers that are sent twice */
#define LOG_MAX (64u << 20)

struct test {
    struct random random;  /* who is killed, and when */
    struct random targets; /* and endpoints, as many as time allows */
    uv_loop_t loop;
    char root[64];
    char *folders[COUNT];
    char *logs[COUNT];
    struct crash_server servers[COUNT];
    struct keypair payers[PAYERS];
    struct transfers transfers;
    size_t last; /* the first transfer of the cycle before */
    unsigned cycle, kills;
    uint64_t supply; /* at the beginning */
};

static uint64_t draw(struct test *test, uint64_t bound)
{
    return random_below(&test->random, bound);
}

/* ---- Servers ---- */

/* Each is told of those that run already; these are told of it by it. */
static void start(struct test *test, size_t index)
{
    uint16_t peers[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (test->servers[i].client)
            peers[count++] = test->servers[i].peer_port;
    crash_server_start(&test->servers[index], peers, count);
}

static void kill_one(struct test *test, size_t index)
{
    crash_server_kill(&test->servers[index]);
    test->kills++;
}

static void start_missing(struct test *test)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (test->servers[i].pid)
            continue;
        start(test, i);
        if (draw(test, KILLED_AT_START) == 0) {
            usleep((useconds_t)draw(test, START_MS_MAX * 1000));
            kill_one(test, i);
            start(test, i);
        }
        crash_server_wait(&test->servers[i]);
    }
}

/* Mostly one; sometimes two or three; sometimes all. */
static size_t draw_victims(struct test *test)
{
    static const uint8_t counts[] = {1, 1, 1, 1, 1, 2, 2, 3, 4, 4};
    return counts[draw(test, sizeof(counts))];
}

static void kill_some(struct test *test, size_t count)
{
    while (count > 0) {
        size_t index = draw(test, COUNT);
        if (!test->servers[index].pid)
            continue;
        kill_one(test, index);
        count--;
    }
}

/* ---- Load ---- */

/* An endpoint that runs; NULL: there is none. */
static struct client *draw_client(struct test *test)
{
    struct client *found[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (test->servers[i].client)
            found[count++] = test->servers[i].client;
    return count ? found[random_below(&test->targets, count)] : NULL;
}

static void load(struct test *test, uint64_t duration_ms)
{
    struct client_blockhash latest;
    struct client *client = draw_client(test);
    uint64_t end = clock_monotonic_ms() + duration_ms;
    if (!client)
        return;
    if (client_latest_blockhash_wait(client, &latest))
        transfers_die("blockhash");
    while (clock_monotonic_ms() < end) {
        while (test->transfers.in_flight < IN_FLIGHT_MAX)
            transfers_send(&test->transfers, draw_client(test),
                           &test->payers[test->transfers.count % PAYERS],
                           &latest);
        uv_run(&test->loop, UV_RUN_NOWAIT);
        usleep(500);
    }
}

/* The bytes of the cycle before, each to any endpoint: nothing may be executed
 * twice. */
static void send_again(struct test *test)
{
    for (size_t i = test->last; i < test->transfers.count; i++)
        transfers_send_again(&test->transfers, draw_client(test), i);
    while (test->transfers.in_flight > 0)
        uv_run(&test->loop, UV_RUN_ONCE);
}

/* ---- What must hold ---- */

static _Noreturn void fail(const struct test *test, size_t index,
                           const char *what)
{
    fprintf(stderr, "cycle %u, validator %zu: %s: %s\n", test->cycle, index,
            what, err_text());
    exit(1);
}

static uint64_t final_slot(struct test *test, size_t index)
{
    uint64_t slot = 0;
    if (client_slot_wait(test->servers[index].client, CLIENT_FINALIZED, &slot))
        fail(test, index, "getSlot");
    return slot;
}

/* Gives a slot up to which all are final everywhere. */
static uint64_t wait_for_new_blocks(struct test *test)
{
    uint64_t end = clock_monotonic_ms() + GOES_ON_MS;
    uint64_t before = 0, least = UINT64_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t slot = final_slot(test, i);
        before = slot > before ? slot : before;
    }
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t slot;
        while ((slot = final_slot(test, i)) <= before) {
            if (clock_monotonic_ms() > end)
                fail(test, i, "no new block becomes final");
            usleep(LOOK_AGAIN_US);
        }
        least = slot < least ? slot : least;
    }
    return least;
}

/* The chain's newest blocks up to a slot, as text. */
static void show_chain(struct test *test, size_t index, uint64_t last,
                       struct buffer *out)
{
    struct client *client = test->servers[index].client;
    struct buffer params = {0};
    struct json_object *slots, *block;
    uint64_t first = last > COMPARED_SLOTS ? last - COMPARED_SLOTS : 1;
    buffer_format(&params,
                  "[%" PRIu64 ",%" PRIu64 ",{\"commitment\":\"finalized\"}]",
                  first, last);
    if (client_call_wait(client, "getBlocks", buffer_string(&params), &slots))
        fail(test, index, "getBlocks");
    buffer_text(out, json_object_to_json_string(slots));
    size_t count = json_object_array_length(slots);
    if (count == 0)
        fail(test, index, "there are no blocks");
    uint64_t newest =
        json_object_get_uint64(json_object_array_get_idx(slots, count - 1));
    buffer_clear(&params);
    buffer_format(&params,
                  "[%" PRIu64 ",{\"commitment\":\"finalized\","
                  "\"transactionDetails\":\"none\",\"rewards\":false}]",
                  newest);
    if (client_call_wait(client, "getBlock", buffer_string(&params), &block))
        fail(test, index, "getBlock");
    /* A blockhash is of all blocks before it, too. */
    buffer_text(out, json_object_to_json_string(block));
    json_object_put(slots);
    json_object_put(block);
    buffer_free(&params);
}

static void check_chains(struct test *test, uint64_t last)
{
    struct buffer first = {0}, other = {0};
    show_chain(test, 0, last, &first);
    for (size_t i = 1; i < COUNT; i++) {
        buffer_clear(&other);
        show_chain(test, i, last, &other);
        if (!bytes_equal(buffer_view(&first), buffer_view(&other))) {
            fprintf(stderr, "cycle %u: validator 0 has %s\nvalidator %zu %s\n",
                    test->cycle, buffer_string(&first), i,
                    buffer_string(&other));
            exit(1);
        }
    }
    buffer_free(&first);
    buffer_free(&other);
}

static void check_transfers(struct test *test, size_t from)
{
    for (size_t i = 0; i < COUNT; i++)
        transfers_check(&test->transfers, test->servers[i].client,
                        test->folders[i], from);
}

static void check_supply(struct test *test)
{
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t supply = transfers_supply(test->servers[i].client);
        if (supply == test->supply)
            continue;
        fprintf(stderr,
                "cycle %u, validator %zu: the supply and what was burned are "
                "%" PRIu64 ", and began as %" PRIu64 "\n",
                test->cycle, i, supply, test->supply);
        exit(1);
    }
}

/* Nobody voted twice, signed wrongly or executed something else. */
static void check_logs(struct test *test)
{
    static const char *const accusations[] = {
        "signed two", "wrong signature", "breaks the protocol", "another state",
        "has voted is not known"};
    for (size_t i = 0; i < COUNT; i++) {
        struct buffer log = {0};
        if (file_read(test->logs[i], LOG_MAX, &log))
            fail(test, i, "its log");
        for (size_t j = 0; j < sizeof(accusations) / sizeof(*accusations); j++)
            if (strstr(buffer_string(&log), accusations[j])) {
                fprintf(stderr, "%s", buffer_string(&log));
                fail(test, i, accusations[j]);
            }
        buffer_free(&log);
    }
}

/* All are killed, and what they have on disk verifies. */
static void check_disks(struct test *test)
{
    for (size_t i = 0; i < COUNT; i++) {
        struct ledger_report report;
        if (test->servers[i].pid)
            kill_one(test, i);
        if (validator_check(test->folders[i], &report))
            fail(test, i, "its ledger does not verify");
        printf("# cycle %u, validator %zu: slot %" PRIu64 ", %" PRIu64
               " transactions, ledger verified\n",
               test->cycle, i, report.slot, report.transactions);
    }
    fflush(stdout);
}

/* ---- The test ---- */

static void make_folders(struct test *test)
{
    struct buffer text = {0};
    char *list = mem_format("%s/validators.json", test->root);
    char *genesis = mem_format("%s/v0/genesis.json", test->root);
    for (size_t i = 0; i < COUNT; i++) {
        struct keypair identity;
        test->folders[i] = mem_format("%s/v%zu", test->root, i);
        test->logs[i] = mem_format("%s/v%zu.log", test->root, i);
        char *path = mem_format("%s/identity.json", test->folders[i]);
        keypair_generate(&identity);
        if (file_make_folder(test->folders[i], 0700) ||
            keyfile_write(path, &identity, false))
            fail(test, i, "its folder");
        buffer_format(&text, "%s{\"identity\":\"%s\",\"stake\":%llu}",
                      i ? "," : "[", PUBKEY_TEXT(&identity.pubkey), KOII);
        free(path);
    }
    buffer_text(&text, "]");
    const struct validator_network network = {
        .slot_ms = SLOT_MS, .delta_ms = DELTA_MS, .validators = list};
    if (file_replace(list, buffer_view(&text), 0644) ||
        validator_create(test->folders[0], &network))
        transfers_die("genesis");
    for (size_t i = 1; i < COUNT; i++)
        if (validator_join(test->folders[i], genesis))
            fail(test, i, "its folder");
    buffer_free(&text);
    free(genesis);
    free(list);
}

static void prepare(struct test *test)
{
    struct client_sent sent;
    strcpy(test->root, "/tmp/pond-crash-XXXXXX");
    CHECK(mkdtemp(test->root));
    make_folders(test);
    for (size_t i = 0; i < COUNT; i++) {
        test->servers[i] =
            (struct crash_server){.loop = &test->loop,
                                  .folder = test->folders[i],
                                  .log = test->logs[i],
                                  .keep_slots = i == 0 ? KEEP_SLOTS : 0,
                                  .ready = -1};
        start(test, i);
        crash_server_wait(&test->servers[i]);
    }
    test->supply = transfers_supply(test->servers[0].client);
    for (int i = 0; i < PAYERS; i++) {
        keypair_generate(&test->payers[i]);
        if (client_airdrop_wait(test->servers[0].client,
                                &test->payers[i].pubkey, 100000 * KOII, &sent))
            transfers_die("airdrop");
    }
}

static void run_cycle(struct test *test)
{
    size_t last = test->transfers.count;
    load(test, draw(test, BEFORE_MS_MAX));
    kill_some(test, draw_victims(test));
    load(test, draw(test, AFTER_MS_MAX));
    if (test->cycle % FULL_CHECK_EVERY == 0)
        check_disks(test);
    start_missing(test);
    uint64_t slot = wait_for_new_blocks(test);
    bool is_full = test->cycle % FULL_CHECK_EVERY == 0;
    if (test->cycle % SENT_AGAIN_EVERY == 1)
        send_again(test);
    check_transfers(test, is_full ? 0 : test->last);
    check_chains(test, slot);
    if (is_full)
        check_supply(test);
    check_logs(test);
    test->last = last;
}

static void finish(struct test *test)
{
    uint64_t slot = wait_for_new_blocks(test);
    check_transfers(test, 0);
    check_chains(test, slot);
    check_supply(test);
    check_disks(test);
    check_logs(test);
    uv_run(&test->loop, UV_RUN_DEFAULT);
    file_remove_tree(test->root);
    for (size_t i = 0; i < COUNT; i++) {
        free(test->folders[i]);
        free(test->logs[i]);
    }
    transfers_free(&test->transfers);
    uv_loop_close(&test->loop);
}

int main(int argc, char **argv)
{
    struct test test = {0};
    crypto_init();
    crash_server_main(argc, argv);
    log_configure("error");
    const struct crash_words words = crash_words_read(argc, argv, CYCLES);
    test.random = random_make(words.seed);
    test.targets = random_make(words.seed + 1);
    test.transfers.random = &test.targets;
    CHECK(uv_loop_init(&test.loop) == 0);
    prepare(&test);
    for (test.cycle = 1; test.cycle <= words.cycles; test.cycle++)
        run_cycle(&test);
    finish(&test);
    printf("1..1\nok 1 - %u kills, %zu transfers sent, %" PRIu64
           " reported final, at every endpoint once\n",
           test.kills, test.transfers.count, test.transfers.final);
    return 0;
}
