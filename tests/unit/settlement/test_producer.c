/*
 * The producer's thread over a ledger of the test's own: what it tells when it
 * can't go on. That it makes blocks is shown by the validator's tests.
 */
#include "settlement/producer.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/flusher.h"
#include "settlement/ledger_fixture.h"
#include "settlement/ledger_internal.h"
#include "settlement/mempool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
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

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failure_to_read_the_ledger_is_told,
                                        ledger_fixture_setup,
                                        ledger_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
