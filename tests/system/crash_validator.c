/*
 * kill -9 of a validator under load, again and again, at random points.
 *
 * Each cycle starts the validator as a process of its own on the same folder,
 * checks what was reported final in the cycles before, sends the last cycle's
 * transactions once more, loads it with new transfers (transfers.h), and kills
 * it.
 *
 * Usage: crash_validator [CYCLES [SEED]]
 */
#include "crash_server.h"
#include "crash_words.h"
#include "transfers.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "settlement/format/account.h"
#include "settlement/validator/validator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CYCLES 80
#define SLOT_MS 20
#define KEEP_SLOTS 600   /* a few cycles: history is dropped all the time */
#define IN_FLIGHT_MAX 48 /* transfers not answered yet */
#define LOAD_MS_MIN 20
#define LOAD_MS_MAX 250
#define FULL_CHECK_EVERY 20 /* cycles between verifications of everything */
#define PAYERS 4
#define KOII LAMPORTS_PER_KOII

struct test {
    struct random random;  /* when it is killed */
    struct random targets; /* of transfers, as many as time allows */
    char folder[64];
    uv_loop_t loop;
    struct crash_server server;
    struct keypair payers[PAYERS];
    unsigned cycle;
    struct transfers transfers;
    uint64_t supply; /* at the beginning */
};

static void start(struct test *test)
{
    crash_server_start(&test->server, NULL, 0);
    crash_server_wait(&test->server);
}

static void kill_it(struct test *test)
{
    crash_server_kill(&test->server);
    uv_run(&test->loop, UV_RUN_DEFAULT);
    test->transfers.failed = 0; /* those that the kill cancelled */
}

/* ---- Load ---- */

static void load(struct test *test)
{
    struct client_blockhash latest;
    uint64_t end = clock_monotonic_ms() + LOAD_MS_MIN +
                   random_below(&test->random, LOAD_MS_MAX - LOAD_MS_MIN);
    if (client_latest_blockhash_wait(test->server.client, &latest))
        transfers_die("blockhash");
    while (clock_monotonic_ms() < end) {
        while (test->transfers.in_flight < IN_FLIGHT_MAX)
            transfers_send(&test->transfers, test->server.client,
                           &test->payers[test->transfers.count % PAYERS],
                           &latest);
        uv_run(&test->loop, UV_RUN_NOWAIT);
        if (test->transfers.failed)
            transfers_die("a transfer failed");
        usleep(500);
    }
}

/* ---- What must hold ---- */

static void check_transfers(struct test *test, size_t from)
{
    transfers_check(&test->transfers, test->server.client, "it", from);
}

static void check_supply(struct test *test)
{
    uint64_t supply = transfers_supply(test->server.client);
    if (supply == test->supply)
        return;
    fprintf(stderr,
            "the supply and what was burned are %" PRIu64
            ", and began as %" PRIu64 "\n",
            supply, test->supply);
    exit(1);
}

/* Send the same bytes again: no transaction may be executed twice. */
static void send_again(struct test *test, size_t from)
{
    for (size_t i = from; i < test->transfers.count; i++)
        transfers_send_again(&test->transfers, test->server.client, i);
    while (test->transfers.in_flight > 0)
        uv_run(&test->loop, UV_RUN_ONCE);
    check_transfers(test, from);
}

static void check_everything(struct test *test)
{
    struct ledger_report report;
    if (validator_check(test->folder, &report))
        transfers_die("the ledger does not verify");
    printf("# cycle %u: slot %" PRIu64 ", %" PRIu64
           " transactions, ledger verified\n",
           test->cycle, report.slot, report.transactions);
}

/* ---- The test ---- */

static void prepare(struct test *test)
{
    const struct validator_network network = {.slot_ms = SLOT_MS};
    struct client_sent sent;
    strcpy(test->folder, "/tmp/pond-crash-XXXXXX");
    CHECK(mkdtemp(test->folder));
    if (validator_create(test->folder, &network))
        transfers_die("genesis");
    test->server = (struct crash_server){.loop = &test->loop,
                                         .folder = test->folder,
                                         .keep_slots = KEEP_SLOTS,
                                         .ready = -1};
    start(test);
    test->supply = transfers_supply(test->server.client);
    for (int i = 0; i < PAYERS; i++) {
        keypair_generate(&test->payers[i]);
        if (client_airdrop_wait(test->server.client, &test->payers[i].pubkey,
                                100000 * KOII, &sent))
            transfers_die("airdrop");
    }
    kill_it(test);
}

static void run_cycle(struct test *test, size_t *last)
{
    start(test);
    check_transfers(test, 0);
    check_supply(test);
    /* Only now and then: after a lost transfer it takes until the blockhash
     * has expired. */
    if (test->cycle % 8 == 1)
        send_again(test, *last);
    *last = test->transfers.count;
    load(test);
    kill_it(test);
    if (test->cycle % FULL_CHECK_EVERY == 0)
        check_everything(test);
}

static void finish(struct test *test)
{
    start(test);
    check_transfers(test, 0);
    check_supply(test);
    kill_it(test);
    check_everything(test);
    file_remove_tree(test->folder);
    transfers_free(&test->transfers);
    uv_loop_close(&test->loop);
}

int main(int argc, char **argv)
{
    struct test test = {0};
    size_t last = 0;
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
        run_cycle(&test, &last);
    finish(&test);
    printf("1..1\nok 1 - %u kills, %zu transfers sent, %" PRIu64
           " reported final, all there once\n",
           words.cycles, test.transfers.count, test.transfers.final);
    return 0;
}
