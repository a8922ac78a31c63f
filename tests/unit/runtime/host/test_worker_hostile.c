/*
 * Workers gone bad (fake_worker.c): whatever they send, the node's loop keeps
 * turning and the worker is ended or held back.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A timer of the node's that must not starve. */
struct heart {
    uv_timer_t timer;
    unsigned beats;
    bool enough;
};

static void beat(uv_timer_t *timer)
{
    struct heart *heart = timer->data;
    if (++heart->beats == 50)
        heart->enough = true;
}

/* load_ms: until when it is to be ready, which it never is; 0: the default. */
static void start_fake(struct bed *bed, const char *what, uint32_t load_ms)
{
    bed_open(bed);
    struct worker_options options = bed_options(bed, what);
    options.program = POND_FAKE_WORKER;
    options.limits.load_ms = load_ms;
    bed_start_with(bed, &options);
}

/* Fifty beats of 10 ms while the worker does its worst. */
static void expect_heart_to_beat(struct bed *bed)
{
    struct heart heart = {0};
    uint64_t began_ms = clock_monotonic_ms();
    uv_timer_init(&bed->loop, &heart.timer);
    heart.timer.data = &heart;
    uv_timer_start(&heart.timer, beat, 10, 10);
    bed_run(bed, &heart.enough);
    uv_close((uv_handle_t *)&heart.timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    /* Ten times as long as it should take, for a busy machine. */
    assert_true(clock_monotonic_ms() - began_ms < 5000);
}

static void test_log_flood_does_not_stop_the_node(void **state)
{
    struct bed bed;
    struct worker_statistics statistics;
    start_fake(&bed, "log", 1000);
    expect_heart_to_beat(&bed);
    if (!bed.ended) {
        worker_statistics(bed.worker, &statistics);
        assert_true(statistics.log_lines_dropped > 0);
    }
    assert_true(bed.log.size < 64u << 10);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, WORKER_LIMIT_TIME);
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
    struct worker_options options = bed_options(&bed, "ask");
    options.program = POND_FAKE_WORKER;
    bed_start_with(&bed, &options);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, WORKER_LIMIT_PROTOCOL);
    assert_non_null(strstr(bed.end_text, "does not read"));
    free(large);
    bed_close(&bed);
}

static void expect_protocol_end(const char *what)
{
    struct bed bed;
    struct bed_result result;
    start_fake(&bed, what, 0);
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &result);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, WORKER_LIMIT_PROTOCOL);
    assert_int_equal(result.status, ERR_LIMIT);
    assert_non_null(strstr(result.text, "broke the rules of its socket"));
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
    start_fake(&bed, "silence", 1000);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, WORKER_LIMIT_TIME);
    assert_non_null(strstr(bed.end_text, "not loaded within"));
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_flood_does_not_stop_the_node),
        cmocka_unit_test(test_unread_answers_are_bounded),
        cmocka_unit_test(test_garbage_ends_the_worker),
        cmocka_unit_test(test_made_up_result_ends_the_worker),
        cmocka_unit_test(test_silent_worker_ends_at_the_load_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
