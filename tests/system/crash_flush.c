/*
 * kill -9 of a process that flushes large blocks, which take several write
 * transactions each, at random points. After each kill the next open must find
 * a ledger that verifies, with the state of one of the blocks.
 *
 * Usage: crash_flush [CYCLES [SEED]]
 */
#include "crash_words.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger_fixture.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CYCLES 24
#define BLOCKS 4
#define LARGE 4000 /* transactions in a block: 8,000 index rows */

struct test {
    struct ledger_fixture ledger;
    struct transaction sent[BLOCKS][LARGE];
    struct hash state_hashes[BLOCKS + 1]; /* after each slot */
    unsigned longest_ms;                  /* that all blocks took */
    unsigned in_the_middle;
};

static void die(const char *what, int cycle)
{
    printf("not ok 1 - cycle %d: %s: %s\n1..1\n", cycle, what, err_text());
    exit(1);
}

/* Each to an account of its own; all name the first blockhash. */
static void make_transfers(struct test *test)
{
    for (int block = 0; block < BLOCKS; block++) {
        for (int i = 0; i < LARGE; i++) {
            struct pubkey to = {{0}};
            uint64_t number = (uint64_t)(block * LARGE + i + 1);
            u64le_write(to.bytes, number * 0x9e3779b97f4a7c15u);
            test->sent[block][i] =
                ledger_fixture_transfer(&test->ledger, i % 8, &to, 1000000);
        }
    }
}

static void flush_from(struct test *test, uint64_t slot)
{
    for (; slot <= BLOCKS; slot++)
        ledger_fixture_block(&test->ledger, slot, test->sent[slot - 1], LARGE);
}

static void begin_anew(struct test *test)
{
    ledger_fixture_end(&test->ledger);
    CHECK(!file_remove_tree(test->ledger.folder));
    ledger_fixture_reopen(&test->ledger, false);
}

/* One run without a kill, to know the states. */
static void run_undisturbed(struct test *test)
{
    test->state_hashes[0] = bank_info(test->ledger.tip)->state_hash;
    uint64_t start_ms = clock_monotonic_ms();
    for (uint64_t slot = 1; slot <= BLOCKS; slot++) {
        ledger_fixture_block(&test->ledger, slot, test->sent[slot - 1], LARGE);
        test->state_hashes[slot] = bank_info(test->ledger.tip)->state_hash;
    }
    test->longest_ms = (unsigned)(clock_monotonic_ms() - start_ms);
    begin_anew(test);
}

/* A child goes on from a slot and is killed after so many milliseconds. */
static void run_and_kill(struct test *test, uint64_t slot, unsigned after_ms)
{
    int ready[2];
    char byte = 1;
    CHECK(pipe(ready) == 0);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ledger_fixture_reopen(&test->ledger, false);
        CHECK(write(ready[1], &byte, 1) == 1);
        flush_from(test, slot);
        _exit(0);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    usleep(after_ms * 1000);
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

/* Did it end between the transactions of one flush? */
static bool is_in_the_middle(struct test *test)
{
    const struct rows_options options = {.tables = ledger_tables};
    struct rows *rows;
    struct rows_view *view;
    struct ledger_tip tip;
    struct bytes value;
    CHECK(!rows_open(test->ledger.folder, &options, &rows));
    CHECK(!rows_read(rows, &view));
    CHECK(!ledger_tip_read(view, &tip));
    bool is_ahead = !rows_get(view, TABLE_META, bytes_text("ahead"), &value);
    rows_abort(view);
    rows_close(rows);
    return is_ahead || tip.settled_slot != tip.slot;
}

static void run_cycle(struct test *test, struct random *random, int cycle)
{
    uint64_t slot = bank_info(test->ledger.tip)->slot;
    unsigned after_ms = (unsigned)random_below(random, test->longest_ms + 1);
    ledger_fixture_end(&test->ledger);
    run_and_kill(test, slot + 1, after_ms);
    test->in_the_middle += is_in_the_middle(test);
    if (ledger_fixture_check(&test->ledger))
        die("the ledger does not verify", cycle);
    ledger_fixture_reopen(&test->ledger, false);
    const struct bank_info *info = bank_info(test->ledger.tip);
    if (info->slot < slot || info->slot > BLOCKS ||
        !hash_equal(&info->state_hash, &test->state_hashes[info->slot]))
        die("the state is that of no block", cycle);
    if (info->slot == BLOCKS)
        begin_anew(test);
}

int main(int argc, char **argv)
{
    static struct test test;
    struct crash_words words = crash_words_read(argc, argv, CYCLES);
    struct random random = random_make(words.seed);
    crypto_init();
    CHECK(!log_configure("error"));
    ledger_fixture_open(&test.ledger);
    make_transfers(&test);
    run_undisturbed(&test);
    for (int cycle = 0; cycle < (int)words.cycles; cycle++)
        run_cycle(&test, &random, cycle);
    ledger_fixture_close(&test.ledger);
    printf("ok 1 - %u kills, %u of them in the middle of a flush\n1..1\n",
           words.cycles, test.in_the_middle);
    return 0;
}
