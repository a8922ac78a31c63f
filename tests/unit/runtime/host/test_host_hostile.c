/*
 * Hostile workers (fake_worker.c). They may send anything: the node's loop
 * keeps turning and the worker is ended.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Beats of the node's loop, 10 ms apart, that must come while a worker does its
 * worst; and how many lines of its log are to be dropped meanwhile. */
#define BEATS 50
#define BEAT_MS 10

/* A hundred times as long as they should take, because a machine may be busy.
 */
#define BEATS_LIMIT_MS (100 * BEATS * BEAT_MS)

struct heart {
    uv_timer_t timer;
    struct bed *bed;
    unsigned beats;
    uint64_t dropped_wanted;
    bool enough;
};

/* Statistics are the worker's, and go with it. */
static uint64_t dropped_lines(const struct bed *bed)
{
    struct host_statistics statistics;
    if (!bed->worker)
        return 0;
    host_statistics(bed->worker, &statistics);
    return statistics.log_lines_dropped;
}

static void beat(uv_timer_t *timer)
{
    struct heart *heart = timer->data;
    heart->enough = ++heart->beats >= BEATS &&
                    dropped_lines(heart->bed) >= heart->dropped_wanted;
}

static void start_fake(struct bed *bed, const char *what, uint32_t load_ms,
                       enum confinement_wanted confinement)
{
    bed_open(bed);
    struct host_options options = bed_options(bed, what);
    options.program = POND_FAKE_WORKER;
    /* The time limit for being ready, which it never is; 0: the default. */
    options.limits.load_ms = load_ms;
    options.confinement = confinement;
    bed_start_with(bed, &options);
}

/* Also after the worker was ended: a loop that it left turning in vain would
 * not beat either. */
static void expect_heart_to_beat(struct bed *bed, uint64_t dropped_wanted)
{
    struct heart heart = {.bed = bed, .dropped_wanted = dropped_wanted};
    uint64_t began_ms = clock_monotonic_ms();
    uv_timer_init(&bed->loop, &heart.timer);
    heart.timer.data = &heart;
    uv_timer_start(&heart.timer, beat, BEAT_MS, BEAT_MS);
    bed_run(bed, &heart.enough);
    uv_close((uv_handle_t *)&heart.timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    assert_true(heart.beats >= BEATS);
    assert_true(clock_monotonic_ms() - began_ms < BEATS_LIMIT_MS);
}

/* The load limit ends the worker. It is long enough for the lines to come. */
static void test_log_flood_does_not_stop_the_node(void **state)
{
    struct bed bed;
    start_fake(&bed, "log", 4000, CONFINEMENT_ANY);
    expect_heart_to_beat(&bed, 1000);
    assert_false(bed.ended);
    assert_true(dropped_lines(&bed) >= 1000);
    assert_true(bed_log_has(&bed, "info spam\n"));
    assert_true(bed.log.size < 64u << 10);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_TIME);
    assert_int_equal(bed.end_status, ERR_TIMEOUT);
    bed_close(&bed);
}

static void test_unread_answers_are_bounded(void **state)
{
    struct bed bed;
    size_t size = 900u << 10;
    char *large = mem_alloc(size);
    memset(large, '1', size);
    bed_open(&bed);
    assert_int_equal(memory_set(bed.memory, 0, bytes_text("large"),
                                bytes_make(large, size), NULL),
                     0);
    struct host_options options = bed_options(&bed, "ask");
    options.program = POND_FAKE_WORKER;
    bed_start_with(&bed, &options);
    expect_heart_to_beat(&bed, 0);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_PROTOCOL);
    assert_int_equal(bed.end_status, ERR_LIMIT);
    assert_non_null(strstr(bed.end_text, "does not read"));
    free(large);
    bed_close(&bed);
}

static void expect_protocol_end(const char *what)
{
    struct bed bed;
    struct bed_result result;
    start_fake(&bed, what, 0, CONFINEMENT_ANY);
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &result);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_PROTOCOL);
    assert_int_equal(bed.end_status, ERR_LIMIT);
    assert_true(result.done);
    assert_int_equal(result.status, ERR_LIMIT);
    assert_non_null(strstr(result.text, "broke the rules of its socket"));
    assert_false(bed.ready);
    expect_heart_to_beat(&bed, 0);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_garbage_ends_the_worker(void **state)
{
    expect_protocol_end("garbage");
}

static void test_made_up_result_ends_the_worker(void **state)
{
    expect_protocol_end("lie");
}

static void test_silent_worker_ends_at_the_load_limit(void **state)
{
    struct bed bed;
    start_fake(&bed, "silence", 1000, CONFINEMENT_ANY);
    expect_heart_to_beat(&bed, 0);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_TIME);
    assert_int_equal(bed.end_status, ERR_TIMEOUT);
    assert_non_null(strstr(bed.end_text, "not loaded within"));
    bed_close(&bed);
}

static void expect_unconfined_end(const char *what)
{
    struct bed bed;
    struct bed_result result;
    start_fake(&bed, what, 0, CONFINEMENT_WHOLE);
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &result);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_SANDBOX);
    assert_true(result.done);
    assert_int_equal(result.status, ERR_LIMIT);
    assert_non_null(strstr(result.text, "can't be confined"));
    assert_non_null(strstr(result.text, "Landlock"));
    assert_false(bed.ready);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_worker_without_landlock_ends_before_its_task(void **state)
{
    expect_unconfined_end("bare");
}

static void test_worker_that_reports_no_sandbox_ends(void **state)
{
    expect_unconfined_end("ready");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_flood_does_not_stop_the_node),
        cmocka_unit_test(test_unread_answers_are_bounded),
        cmocka_unit_test(test_garbage_ends_the_worker),
        cmocka_unit_test(test_made_up_result_ends_the_worker),
        cmocka_unit_test(test_silent_worker_ends_at_the_load_limit),
        cmocka_unit_test(test_worker_without_landlock_ends_before_its_task),
        cmocka_unit_test(test_worker_that_reports_no_sandbox_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
