/*
 * The producer's thread over a ledger of the test's own: what it tells when it
 * can't go on. That it makes blocks is shown by the validator's tests.
 */
#include "settlement/chain/producer.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/mempool.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void on_final(void *user, const struct sealed_block *block)
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

/* A validator that makes no blocks any more must not look as if it did. */
static void test_failure_to_read_the_ledger_is_told(void **state)
{
    struct ledger_fixture *fixture = *state;
    const struct flusher_events events = {.final = on_final,
                                          .failed = on_flush_failed};
    atomic_int status = 0;
    struct mempool *mempool = mempool_new(4);
    struct flusher *flusher = flusher_start(fixture->ledger, &events);
    const struct producer_options options = {.ledger = fixture->ledger,
                                             .mempool = mempool,
                                             .flusher = flusher,
                                             .identity = &fixture->chain.leader,
                                             .failed = on_failed,
                                             .user = &status};
    put_tip(fixture->ledger, bytes_text("none"));
    struct producer *producer = producer_start(&options);
    for (int i = 0; !atomic_load(&status) && i < 10000; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&status), ERR_CORRUPT);
    producer_stop(producer);
    flusher_stop(flusher);
    mempool_free(mempool);
}

static void on_flush_noted(void *user, int status)
{
    atomic_store((atomic_int *)user, status);
}

/* Whoever is told that the disk is full may take his time to stop the producer:
 * more slots than there is room for banks that are in memory only. */
static void test_no_blocks_are_made_for_a_disk_that_failed(void **state)
{
    struct ledger_fixture *fixture = *state;
    atomic_int status = 0;
    const struct flusher_events events = {
        .final = on_final, .failed = on_flush_noted, .user = &status};
    const struct pubkey to = {{1, 2, 3}};
    struct rlimit limit, none;
    struct mempool *mempool = mempool_new(4);
    struct flusher *flusher = flusher_start(fixture->ledger, &events);
    const struct producer_options options = {.ledger = fixture->ledger,
                                             .mempool = mempool,
                                             .flusher = flusher,
                                             .identity =
                                                 &fixture->chain.leader};
    struct transaction sent = ledger_fixture_transfer(fixture, 0, &to, 1000000);
    fixture->chain.genesis.slot_ms = 1;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(mempool_add(mempool, &sent, fixture->tip), 0);
    struct producer *producer = producer_start(&options);
    for (int i = 0; !atomic_load(&status) && i < 10000; i++)
        usleep(1000);
    assert_int_not_equal(atomic_load(&status), 0);
    usleep(1000000);
    producer_stop(producer);
    flusher_stop(flusher);
    mempool_free(mempool);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failure_to_read_the_ledger_is_told,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_no_blocks_are_made_for_a_disk_that_failed,
            ledger_fixture_setup, ledger_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
