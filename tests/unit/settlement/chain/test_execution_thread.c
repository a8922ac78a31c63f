/*
 * The execution's thread over a ledger of the test's own, led by a lone leader:
 * what it reports when it can't go on, and how full it makes blocks. The
 * validator's tests show that it makes blocks.
 */
#include "settlement/chain/lone_leader.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/compute_budget.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void on_final(void *user, const struct executed_block *block)
{
}

static void on_flush_failed(void *user, int status)
{
    abort();
}

static void on_failed(void *user, int status)
{
    atomic_store((atomic_int *)user, status);
}

static void put_tip(struct ledger *ledger, struct bytes value)
{
    struct rows_view *view;
    CHECK(!rows_write(ledger->rows, &view));
    CHECK(!rows_put(view, TABLE_META, bytes_text("tip"), value));
    CHECK(!rows_commit(view));
}

/* A validator that makes no more blocks must not look as if it did. */
static void test_failure_to_read_the_ledger_is_reported(void **state)
{
    struct ledger_fixture *fixture = *state;
    const struct flusher_events events = {.final = on_final,
                                          .failed = on_flush_failed};
    atomic_int status = 0;
    struct mempool *mempool = mempool_new(4);
    struct flusher *flusher = flusher_start(fixture->ledger, &events);
    const struct lone_leader_options options = {
        .execution = {.ledger = fixture->ledger,
                      .mempool = mempool,
                      .identity = &fixture->chain.leader},
        .flusher = flusher,
        .failed = on_failed,
        .user = &status};
    put_tip(fixture->ledger, bytes_text("none"));
    struct lone_leader *leader = lone_leader_start(&options);
    for (int i = 0; !atomic_load(&status) && i < 10000; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&status), ERR_CORRUPT);
    lone_leader_stop(leader);
    flusher_stop(flusher);
    mempool_free(mempool);
}

/* The flusher's reports. */
struct disk {
    atomic_int status;
    atomic_int finals; /* blocks */
};

static void on_final_counted(void *user, const struct executed_block *block)
{
    atomic_fetch_add(&((struct disk *)user)->finals, 1);
}

static void on_disk_failed(void *user, int status)
{
    atomic_store(&((struct disk *)user)->status, status);
}

/* The receiver of the failure may take long to stop the leader: for more
 * slots than there is room for banks in memory. */
static void test_no_blocks_are_made_for_a_disk_that_failed(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct disk disk = {0};
    const struct flusher_events events = {
        .final = on_final_counted, .failed = on_disk_failed, .user = &disk};
    const struct pubkey to = {{1, 2, 3}};
    struct rlimit limit, none;
    struct mempool *mempool = mempool_new(4);
    struct flusher *flusher = flusher_start(fixture->ledger, &events);
    const struct lone_leader_options options = {
        .execution = {.ledger = fixture->ledger,
                      .mempool = mempool,
                      .identity = &fixture->chain.leader},
        .flusher = flusher};
    struct transaction sent = ledger_fixture_transfer(fixture, 0, &to, 1000000);
    struct transaction late = ledger_fixture_transfer(fixture, 0, &to, 2000000);
    fixture->chain.genesis.slot_ms = 1;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(mempool_add(mempool, &sent, fixture->tip), 0);
    struct lone_leader *leader = lone_leader_start(&options);
    for (int i = 0; !atomic_load(&disk.status) && i < 10000; i++)
        usleep(1000);
    assert_int_not_equal(atomic_load(&disk.status), 0);
    int finals = atomic_load(&disk.finals);
    /* Time for 1,000 slots, if the leader still made them. */
    usleep(1000000);
    assert_int_equal(mempool_add(mempool, &late, fixture->tip), 0);
    usleep(10000);
    assert_int_equal(mempool_count(mempool), 1); /* no thread takes it */
    lone_leader_stop(leader);
    assert_true(flusher_has_failed(flusher));
    flusher_stop(flusher);
    assert_int_equal(atomic_load(&disk.finals), finals);
    assert_int_equal(ledger_fixture_balance(fixture, &to), 0);
    mempool_free(mempool);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Units and transactions of the blocks that became final. */
struct filled {
    uint64_t units_max, units;
    atomic_uint transactions;
};

static void on_filled(void *user, const struct executed_block *block)
{
    struct filled *filled = user;
    const struct bank_info *info = bank_info(block->bank);
    if (info->compute_units > filled->units_max)
        filled->units_max = info->compute_units;
    filled->units += info->compute_units;
    atomic_fetch_add(&filled->transactions,
                     (unsigned)ledger_records_count(&block->records));
}

/* Sixty memos, 300,000 units; number makes the transaction unique. */
static struct transaction dear_transaction(struct ledger_fixture *fixture,
                                           uint32_t number)
{
    const struct keypair *signer = &fixture->chain.keys[0];
    char text[12];
    snprintf(text, sizeof(text), "%u", number);
    struct instruction memos[60];
    for (size_t i = 0; i < 60; i++)
        memos[i] = (struct instruction){.program = MEMO_PROGRAM_ID,
                                        .data = bytes_text(i ? "m" : text)};
    return fixture_make(&fixture->chain, &signer, 1, memos, 60,
                        &bank_info(fixture->tip)->blockhash);
}

#define DEAR 600

/* More transactions wait than fit in the first slot, although its time would be
 * enough for all. */
static void test_blocks_are_filled_by_compute_units(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct filled filled = {0};
    const struct flusher_events events = {
        .final = on_filled, .failed = on_flush_failed, .user = &filled};
    struct mempool *mempool = mempool_new(DEAR);
    struct flusher *flusher = flusher_start(fixture->ledger, &events);
    const struct lone_leader_options options = {
        .execution = {.ledger = fixture->ledger,
                      .mempool = mempool,
                      .identity = &fixture->chain.leader},
        .flusher = flusher};
    fixture->chain.genesis.slot_ms = 1000;
    uint64_t most = compute_budget_block_units(1000);
    assert_true(DEAR * 300000ull > most);
    for (uint32_t i = 0; i < DEAR; i++) {
        struct transaction transaction = dear_transaction(fixture, i);
        assert_int_equal(mempool_add(mempool, &transaction, fixture->tip), 0);
    }
    struct lone_leader *leader = lone_leader_start(&options);
    for (int i = 0; atomic_load(&filled.transactions) < DEAR && i < 60000; i++)
        usleep(1000);
    lone_leader_stop(leader);
    flusher_stop(flusher);
    mempool_free(mempool);
    assert_int_equal(atomic_load(&filled.transactions), DEAR);
    assert_int_equal(filled.units, DEAR * 300000ull);
    assert_true(filled.units_max <= most);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_failure_to_read_the_ledger_is_reported, ledger_fixture_setup,
            ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_no_blocks_are_made_for_a_disk_that_failed,
            ledger_fixture_setup, ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(test_blocks_are_filled_by_compute_units,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
