#include "settlement/chain/flush_queue.h"
#include "settlement/chain/flusher.h"

#include "base/check.h"
#include "base/clock.h"
#include "settlement/ledger/ledger_internal.h"
#include "settlement/ledger_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGE (40u << 20) /* two of them are more than may wait */

struct bench {
    struct ledger_fixture ledger;
    struct flusher *flusher;
    struct bank *tip;
    struct executed_block *newest; /* that made it */
    sem_t goes_on; /* the flusher's thread waits for it at each block */
    atomic_int final_count;
    struct executed_block *pushed;
    atomic_int pusher; /* the pushing thread's id in the system */
    atomic_bool is_pushed;
};

static void on_final(void *user, const struct executed_block *block)
{
    struct bench *bench = user;
    atomic_fetch_add(&bench->final_count, 1);
    CHECK(sem_wait(&bench->goes_on) == 0);
}

static void on_failed(void *user, int status)
{
    abort();
}

/* In a network of so many; let the flusher show that many blocks before it
 * waits. */
static void bench_open_among(struct bench *bench, size_t validators,
                             unsigned shown)
{
    const struct flusher_events events = {
        .final = on_final, .failed = on_failed, .user = bench};
    ledger_fixture_open_among(&bench->ledger, validators);
    CHECK(sem_init(&bench->goes_on, 0, shown) == 0);
    bench->tip = bank_retain(bench->ledger.tip);
    bench->flusher = flusher_start(bench->ledger.ledger, &events);
}

static void bench_open(struct bench *bench, unsigned shown)
{
    bench_open_among(bench, 1, shown);
}

/* The flusher has been stopped. */
static void bench_close(struct bench *bench)
{
    bank_release(bench->tip);
    executed_block_release(bench->newest);
    sem_destroy(&bench->goes_on);
    ledger_fixture_close(&bench->ledger);
}

/* An empty block, some slots after the one before. The ledger reads no more of
 * it than its header. */
static struct executed_block *seal_after(struct bench *bench, uint64_t slots,
                                         size_t size)
{
    struct ledger_view *view;
    struct executed_block *block = flusher_block(bench->flusher);
    const struct bank_info *before = bank_info(bench->tip);
    const struct bank_block at = {.slot = before->slot + slots,
                                  .unix_ms = before->unix_ms + 100,
                                  .leader = before->leader};
    CHECK(!ledger_view_open(bench->ledger.ledger, LEDGER_FINALIZED, &view));
    block->bank = bank_open_child(bench->tip, ledger_view_base(view), &at);
    bank_freeze(block->bank, &before->state_hash);
    bank_sum_up(block->bank);
    ledger_view_close(view);
    bank_release(bench->tip);
    bench->tip = bank_retain(block->bank);
    block->parent = bench->newest;
    bench->newest = executed_block_retain(block);
    block->executed_ms = clock_monotonic_ms();
    const struct block_header header = {.flags = BLOCK_IS_EMPTY,
                                        .slot = at.slot,
                                        .parent_slot = before->slot,
                                        .unix_ms = at.unix_ms};
    block_header_write(&header, &block->data);
    if (size > block->data.size)
        buffer_resize(&block->data, size);
    return block;
}

static struct executed_block *finish(struct bench *bench, size_t size)
{
    return seal_after(bench, 1, size);
}

static void *push(void *user)
{
    struct bench *bench = user;
    atomic_store(&bench->pusher, gettid());
    flusher_push(bench->flusher, bench->pushed);
    atomic_store(&bench->is_pushed, true);
    return NULL;
}

static void wait_for_final(struct bench *bench, int count)
{
    while (atomic_load(&bench->final_count) < count)
        usleep(1000);
}

/* Wait until the pushing thread sleeps, or has pushed. */
static void wait_for_pusher(struct bench *bench)
{
    char path[64], stat[256] = "", state = 0;
    while (state != 'S' && !atomic_load(&bench->is_pushed)) {
        snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
                 atomic_load(&bench->pusher));
        FILE *file = fopen(path, "r");
        if (file) {
            stat[fread(stat, 1, sizeof(stat) - 1, file)] = 0;
            fclose(file);
        }
        /* The format is "id (name) state", where the name may hold blanks. */
        const char *end = strrchr(stat, ')');
        state = end && end[1] ? end[2] : 0;
        usleep(1000);
    }
}

static void test_large_blocks_wait_before_the_queue(void **state)
{
    static struct bench bench;
    pthread_t thread;
    bench_open(&bench, 0);

    flusher_push(bench.flusher, finish(&bench, 1));
    wait_for_final(&bench, 1);
    flusher_push(bench.flusher, finish(&bench, LARGE));
    bench.pushed = finish(&bench, LARGE);
    assert_int_equal(pthread_create(&thread, NULL, push, &bench), 0);
    wait_for_pusher(&bench);
    assert_false(atomic_load(&bench.is_pushed));
    for (int i = 0; i < 3; i++)
        sem_post(&bench.goes_on);
    pthread_join(thread, NULL);
    wait_for_final(&bench, 3);
    flusher_stop(bench.flusher);

    bench_close(&bench);
}

/* Two large blocks are not brought to disk together: the first is on disk when
 * the second is shown. */
static void test_large_blocks_are_flushed_one_by_one(void **state)
{
    static struct bench bench;
    bench_open(&bench, 0);

    flusher_push(bench.flusher, finish(&bench, LARGE));
    wait_for_final(&bench, 1);
    uint64_t first = bank_info(bench.tip)->slot;
    flusher_push(bench.flusher, finish(&bench, LARGE));
    sem_post(&bench.goes_on);
    wait_for_final(&bench, 2);
    assert_int_equal(flusher_durable_slot(bench.flusher), first);
    sem_post(&bench.goes_on);
    flusher_stop(bench.flusher);
    assert_int_equal(bank_info(bench.tip)->slot, first + 1);

    bench_close(&bench);
}

/* A block gets the memory of a block that filled it. After a small block has
 * used the memory, it is given back. */
static void test_memory_is_used_again_and_given_back(void **state)
{
    static struct bench bench;
    bench_open(&bench, 100);

    /* No two of them fit into one flush, so each is on disk, and its memory
     * free, when the next is shown. */
    flusher_push(bench.flusher, finish(&bench, LARGE));
    flusher_push(bench.flusher, finish(&bench, LARGE));
    wait_for_final(&bench, 2);
    struct executed_block *small = finish(&bench, 1);
    assert_true(small->data.capacity >= LARGE);
    flusher_push(bench.flusher, small);
    wait_for_final(&bench, 3);
    flusher_push(bench.flusher, finish(&bench, LARGE));
    wait_for_final(&bench, 4);
    struct executed_block *next = flusher_block(bench.flusher);
    assert_int_equal(next->data.capacity, 0);
    executed_block_release(next);
    flusher_stop(bench.flusher);

    bench_close(&bench);
}

/* The tip on disk of views, and the tip that they show. */
static void assert_tip(struct bench *bench, uint64_t on_disk, uint64_t shown)
{
    struct ledger_view *view = ledger_fixture_view(&bench->ledger);
    struct ledger_tip tip;
    assert_int_equal(ledger_tip_read(view->rows, &tip), 0);
    assert_int_equal(tip.slot, on_disk);
    assert_int_equal(ledger_view_tip(view)->slot, shown);
    ledger_view_close(view);
}

/* After a crash the chain leaves out the slots that may have been published. If
 * the first block after them were shown before it is on disk, a second crash
 * would count from the same tip, and the slots would be published twice. */
static void test_first_block_after_a_gap_is_shown_from_the_disk(void **state)
{
    static struct bench bench;
    bench_open(&bench, 100);

    flusher_push(bench.flusher, finish(&bench, 1));
    wait_for_final(&bench, 1);
    assert_tip(&bench, 0, 1);
    flusher_push(bench.flusher, seal_after(&bench, 212, 1));
    wait_for_final(&bench, 2);
    assert_tip(&bench, 213, 213);
    flusher_push(bench.flusher, finish(&bench, 1));
    wait_for_final(&bench, 3);
    assert_tip(&bench, 213, 214);
    flusher_stop(bench.flusher);

    bench_close(&bench);
}

/* In a network of several others show the blocks; here they wait for each
 * other, and are on disk in the end. */
static void test_blocks_of_several_are_flushed_and_not_shown(void **state)
{
    static struct bench bench;
    bench_open_among(&bench, 3, 0);

    for (int i = 0; i < 5; i++) {
        struct executed_block *block = finish(&bench, 1);
        ledger_publish(bench.ledger.ledger, LEDGER_FINALIZED, block, NULL);
        flusher_push(bench.flusher, block);
    }
    assert_tip(&bench, 0, 5);
    flusher_stop(bench.flusher);
    assert_tip(&bench, 5, 5);
    assert_int_equal(atomic_load(&bench.final_count), 0);

    bench_close(&bench);
}

/* One that catches up has many empty blocks at once. They wait in the batch for
 * the next flush, and whoever pushes them does not wait for it. */
static void test_empty_blocks_of_several_make_room_without_a_flush(void **state)
{
    static struct bench bench;
    bench_open_among(&bench, 3, 0);

    for (int i = 0; i < 4 * FLUSH_QUEUE_MAX; i++) {
        struct executed_block *block = finish(&bench, 0);
        ledger_publish(bench.ledger.ledger, LEDGER_FINALIZED, block, NULL);
        flusher_push(bench.flusher, block);
    }
    assert_tip(&bench, 0, 4 * FLUSH_QUEUE_MAX);
    flusher_stop(bench.flusher);
    assert_tip(&bench, 4 * FLUSH_QUEUE_MAX, 4 * FLUSH_QUEUE_MAX);

    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_blocks_wait_before_the_queue),
        cmocka_unit_test(test_large_blocks_are_flushed_one_by_one),
        cmocka_unit_test(test_memory_is_used_again_and_given_back),
        cmocka_unit_test(test_first_block_after_a_gap_is_shown_from_the_disk),
        cmocka_unit_test(test_blocks_of_several_are_flushed_and_not_shown),
        cmocka_unit_test(
            test_empty_blocks_of_several_make_room_without_a_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
