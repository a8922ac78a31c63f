/*
 * A task that loops, eats memory, floods or dies: its calls end with an error
 * that names the limit, and the node (this process) goes on.
 */
#include "base/base64.h"
#include "base/clock.h"
#include "base/error.h"
#include "bed.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TASK(body)                                                             \
    "require('@_koii/task-manager').initializeTaskManager({\n"                 \
    "  async task(round) {" body "},\n"                                        \
    "  async submission(round) { return 'alive'; },\n"                         \
    "});"

static void expect_limit(const struct bed_result *result, int status,
                         enum host_limit limit, const char *text)
{
    assert_int_equal(result->status, status);
    assert_int_equal(result->limit, limit);
    assert_non_null(strstr(result->text, text));
}

static void test_endless_loop_ends_at_the_time_limit(void **state)
{
    struct bed bed;
    bed_start(&bed, "function spin() {\n"
                    "  while (true);\n"
                    "}\n" TASK("spin();"));
    bed_run(&bed, &bed.ready);
    uint64_t began_ms = clock_monotonic_ms();
    struct bed_result result = bed_call(&bed, "task", "[1]", 200);
    uint64_t taken_ms = clock_monotonic_ms() - began_ms;
    expect_limit(&result, ERR_TIMEOUT, HOST_LIMIT_TIME,
                 "task() ran longer than its time limit of 200 ms");
    assert_true(taken_ms >= 200 && taken_ms < BED_CALL_MS);
    assert_non_null(strstr(result.stack, "    at spin (main.js:"));
    bed_result_free(&result);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_TIME);
    bed_close(&bed);
}

static void test_promise_that_never_settles_ends_at_the_limit(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("await new Promise(() => {});"));
    struct bed_result result = bed_call(&bed, "task", "[1]", 100);
    expect_limit(&result, ERR_TIMEOUT, HOST_LIMIT_TIME, "time limit of 100 ms");
    bed_result_free(&result);
    bed_wait_end(&bed);
    bed_close(&bed);
}

static void test_endless_microtasks_end_at_the_limit(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("for (;;) await null;"));
    struct bed_result result = bed_call(&bed, "task", "[1]", 100);
    expect_limit(&result, ERR_TIMEOUT, HOST_LIMIT_TIME, "time limit of 100 ms");
    bed_result_free(&result);
    bed_wait_end(&bed);
    bed_close(&bed);
}

static void test_loop_while_loading_ends_at_the_load_limit(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(&bed, "for (;;);");
    options.limits.load_ms = 200;
    bed_start_with(&bed, &options);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_TIME);
    assert_non_null(
        strstr(bed.end_text, "not loaded within its time limit of 200 ms"));
    assert_true(bed_log_has(&bed, "error the time limit passed here:"));
    bed_close(&bed);
}

/* The map says that line 5 of the bundle is line 7 of the author's file. */
static void test_the_place_of_a_loop_is_the_author_s(void **state)
{
    struct bed bed;
    struct buffer source = {0};
    bed_open(&bed);
    buffer_text(&source, TASK("spin();") "\nfunction spin() { for (;;); }\n"
                                         "//# sourceMappingURL="
                                         "data:application/json;base64,");
    base64_encode(bytes_text("{\"version\":3,\"sources\":[\"../src/spin.js\"],"
                             "\"names\":[],\"mappings\":\";;;;AAMA\"}"),
                  &source);
    struct host_options options = bed_options(&bed, buffer_string(&source));
    bed_start_with(&bed, &options);
    bed_run(&bed, &bed.ready);
    struct bed_result result = bed_call(&bed, "task", "[1]", 200);
    expect_limit(&result, ERR_TIMEOUT, HOST_LIMIT_TIME, "task() ran longer");
    assert_non_null(strstr(result.stack, "    at spin (src/spin.js:7:"));
    bed_result_free(&result);
    buffer_free(&source);
    bed_close(&bed);
}

/* source's task() runs into the memory limit. */
static void expect_memory_limit(const char *source)
{
    struct bed bed;
    char text[64];
    bed_open(&bed);
    struct host_options options = bed_options(&bed, source);
    bed_start_with(&bed, &options);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    snprintf(text, sizeof(text), "memory limit of %d MB", BED_MEMORY_MB);
    expect_limit(&result, ERR_LIMIT, HOST_LIMIT_MEMORY, text);
    bed_result_free(&result);
    assert_int_equal(bed.end_limit, HOST_LIMIT_MEMORY);
    bed_close(&bed);
}

static void test_growing_list_ends_at_the_memory_limit(void **state)
{
    expect_memory_limit(TASK(
        "const all = []; for (;;) all.push(new Array(1000).fill(round));"));
}

static void test_large_buffers_end_at_the_memory_limit(void **state)
{
    expect_memory_limit(TASK("const all = []; for (;;)"
                             " all.push(new Uint8Array(16 << 20).fill(1));"));
}

static void test_growing_text_ends_at_the_memory_limit(void **state)
{
    expect_memory_limit(TASK("let text = 'x'.repeat(1 << 20); const all = [];"
                             "for (let i = 0;; i++)"
                             " all.push((text + i).toUpperCase());"));
}

/* A task learns of its limit as it writes, and goes on. Removing makes room
 * again. */
static void test_a_full_folder_refuses_writes_and_takes_removals(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(
        &bed,
        "const fs = require('fs'); let failed = '', n = 0;\n"
        "require('@_koii/task-manager').initializeTaskManager({\n"
        "  task() {\n"
        "    const block = Buffer.alloc(1 << 20, 1);\n"
        "    try { for (; n < 64; n++) fs.writeFileSync('f' + n, block); }\n"
        "    catch (e) { failed = `${n} ${e.code} ${e.message}`; }\n"
        "    try { fs.appendFileSync('f0', block); failed += ' let'; }\n"
        "    catch (e) { failed += ' ' + e.code; }\n"
        "  },\n"
        "  submission() { return failed; },\n"
        "  async audit() {\n"
        "    for (let i = 0; i < n; i++) fs.unlinkSync('f' + i);\n"
        "    for (;;) {\n"
        "      try { fs.writeFileSync('again', 'x'); return true; }\n"
        "      catch (e) { if (e.code !== 'EDQUOT') throw e; }\n"
        "      await new Promise(done => setTimeout(done, 20));\n"
        "    }\n"
        "  } });");
    options.limits.disk_bytes = 8u << 20;
    bed_start_with(&bed, &options);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    /* Between half of the limit, as what is written may count twice until it is
     * counted, and all of it. */
    unsigned written = (unsigned)strtoul(result.json + 1, NULL, 10);
    if (written < 4 || written > 8 || !strstr(result.json, "EDQUOT") ||
        strstr(result.json, " let"))
        fail_msg("%s", result.json);
    bed_result_free(&result);
    result = bed_call(&bed, "audit", "[\"\", 1, \"\"]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    bed_close(&bed);
}

/* Files that were removed count as long as they are open. */
static void test_files_without_a_name_fill_the_folder(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(
        &bed, "const fs = require('fs');\n"
              "require('@_koii/task-manager').initializeTaskManager({\n"
              "  async submission() {\n"
              "    const block = Buffer.alloc(1 << 20, 1);\n"
              "    for (let i = 0; i < 30; i++) {\n"
              "      try {\n"
              "        const fd = fs.openSync('f', 'w');\n"
              "        fs.writeSync(fd, block);\n"
              "        fs.unlinkSync('f');\n"
              "      } catch (e) { return e.code; }\n"
              "      await new Promise(done => setTimeout(done, 100));\n"
              "    }\n"
              "    return 'let';\n"
              "  } });");
    options.limits.disk_bytes = 8u << 20;
    bed_start_with(&bed, &options);
    struct bed_result result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    assert_string_equal(result.json, "\"EDQUOT\"");
    bed_result_free(&result);
    bed_close(&bed);
}

/* A worker with a fifth of a processor rests between its bursts. */
static void test_a_share_of_the_processor_is_kept_to(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(
        &bed, "require('@_koii/task-manager').initializeTaskManager({\n"
              "  submission() {\n"
              "    const began = process.cpuUsage().user;\n"
              "    while (process.cpuUsage().user - began < 800000);\n"
              "    return 'done';\n"
              "  } });");
    options.limits.cpu_percent = 20;
    bed_start_with(&bed, &options);
    bed_run(&bed, &bed.ready);
    uint64_t began_ms = clock_monotonic_ms();
    struct bed_result result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    uint64_t taken_ms = clock_monotonic_ms() - began_ms;
    if (result.status)
        fail_msg("%s", result.text);
    /* 800 ms, less the burst of 500 ms and a look of 100 ms, at a fifth. */
    assert_true(taken_ms > 1000);
    bed_result_free(&result);
    bed_close(&bed);
}

/* As one that broke out of the engine would leave it. */
static void test_a_folder_far_above_its_limit_ends_the_worker(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(&bed, TASK(""));
    char *path = NULL;
    char block[65536] = {1};
    options.limits.disk_bytes = 65536;
    bed_start_with(&bed, &options);
    bed_run(&bed, &bed.ready);
    assert_true(asprintf(&path, "%s/large", bed.folder) > 0);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 4; i++)
        assert_int_equal(fwrite(block, sizeof(block), 1, file), 1);
    assert_int_equal(fclose(file), 0);
    free(path);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_DISK);
    assert_non_null(strstr(bed.end_text, "disk limit"));
    bed_close(&bed);
}

/* Many small functions: what takes most for a byte of text. */
static char *large_bundle(size_t size)
{
    struct buffer source = {0};
    for (unsigned i = 0; source.size < size; i++)
        buffer_format(&source,
                      "module.exports.a%u=(()=>{let a=%u;return "
                      "e=>e.map(t=>t+a)})();",
                      i, i);
    buffer_text(&source, TASK(""));
    buffer_u8(&source, 0);
    return (char *)source.data;
}

/* More than a bundle's text of 4 MB takes under any sanitiser. */
#define SANITIZED_MEMORY_BYTES (4ull << 30)

static void test_the_default_memory_limit_grows_with_the_bundle(void **state)
{
    struct bed bed;
    char *source = large_bundle(4u << 20);
    bed_open(&bed);
    struct host_options options = bed_options(&bed, source);
    /* Freed memory stays with the address sanitiser for a while, hundreds of MB
     * of it: what the worker takes there says nothing of the default. */
    options.limits.memory_bytes =
        BED_MEMORY_MB < 128 ? 0 : SANITIZED_MEMORY_BYTES;
    /* A sanitiser's build is slow to load it. */
    options.limits.load_ms = BED_CALL_MS;
    bed_start_with(&bed, &options);
    struct bed_result result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    if (result.status)
        fail_msg("%s", result.text);
    bed_result_free(&result);
    bed_close(&bed);
    assert_int_equal(host_memory_for(1000, 10), 1480);
    assert_int_equal(host_memory_for(1000, 64u << 20), 1000 + (1u << 30));
    free(source);
}

static void test_a_bundle_above_the_limit_is_named_with_the_remedy(void **state)
{
    struct bed bed;
    char *source = large_bundle(4u << 20);
    bed_open(&bed);
    struct host_options options = bed_options(&bed, source);
    options.limits.load_ms = BED_CALL_MS;
    options.limits.memory_bytes = 64u << 20;
    bed_start_with(&bed, &options);
    bed_wait_end(&bed);
    assert_int_equal(bed.end_limit, HOST_LIMIT_MEMORY);
    assert_non_null(strstr(bed.end_text, "memory limit of 64 MB while its "
                                         "main.js of 4.0 MB was loaded"));
    assert_non_null(strstr(bed.end_text, "--worker-memory"));
    free(source);
    bed_close(&bed);
}

static void test_garbage_does_not_count_as_memory(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options =
        bed_options(&bed, TASK("let n = 0; for (let i = 0; i < 300; i++)"
                               " n += new Array(100000).fill(i).length;"
                               "return n;"));
    bed_start_with(&bed, &options);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.json, "30000000");
    bed_result_free(&result);
    bed_close(&bed);
}

#if !defined(__SANITIZE_ADDRESS__) /* which holds on to what was freed */
static uint64_t resident_bytes(const struct bed *bed)
{
    struct host_statistics statistics;
    host_statistics(bed->worker, &statistics);
    return statistics.resident_bytes;
}

/* The code of the engine can be mapped again at the next call. */
static void test_an_idle_task_gives_back_what_it_does_not_need(void **state)
{
    struct bed bed;
    /* Long enough to be measured, and enough of it where others work, too. */
    bed_start(&bed, TASK("const end = Date.now() + 600;"
                         "for (let i = 0; i < 1000000 || Date.now() < end; i++)"
                         "  JSON.parse('[{}]');"
                         "return 1;"));
    for (int call = 0; call < 2; call++) {
        struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
        assert_string_equal(result.json, "1");
        bed_result_free(&result);
        uint64_t busy = resident_bytes(&bed);
        assert_true(busy > 0);
        uint64_t until_ns = clock_monotonic_ns() + 60000000000;
        while (resident_bytes(&bed) > busy * 3 / 4 &&
               clock_monotonic_ns() < until_ns)
            uv_run(&bed.loop, UV_RUN_ONCE);
        assert_true(resident_bytes(&bed) <= busy * 3 / 4);
    }
    bed_close(&bed);
}
#endif

static void test_recursion_without_end_is_an_error(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("const deep = () => deep() + 1; deep();"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, ERR_REMOTE);
    assert_non_null(strstr(result.text, "RangeError"));
    bed_result_free(&result);
    result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_other_calls_fail_when_the_worker_goes(void **state)
{
    struct bed bed;
    struct bed_result loop, waits;
    bed_start(&bed, "require('@_koii/task-manager').initializeTaskManager({\n"
                    "  async audit() { await new Promise(() => {}); },\n"
                    "  async task() { while (true); } });");
    bed_begin(&bed, "audit", "[\"\",1,\"k\"]", BED_CALL_MS, &waits);
    bed_begin(&bed, "task", "[1]", 100, &loop);
    bed_wait_end(&bed);
    assert_true(loop.done && waits.done);
    assert_int_equal(loop.status, ERR_TIMEOUT);
    assert_non_null(strstr(waits.text, "task() ran longer"));
    bed_result_free(&loop);
    bed_result_free(&waits);
    bed_close(&bed);
}

static void test_killed_worker_is_reported(void **state)
{
    struct bed bed;
    struct bed_result waits;
    bed_start(&bed, TASK("await new Promise(() => {});"));
    bed_run(&bed, &bed.ready);
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &waits);
    kill(host_pid(bed.worker), SIGKILL);
    bed_wait_end(&bed);
    assert_int_equal(waits.status, ERR_CLOSED);
    assert_non_null(strstr(waits.text, "signal 9"));
    bed_result_free(&waits);
    bed_close(&bed);
}

static void test_log_flood_is_cut_and_counted(void **state)
{
    struct bed bed;
    bed_start(&bed,
              TASK("for (let i = 0; i < 100000; i++) console.log('line', i);"
                   "await new Promise((done) => setTimeout(done, 200));"
                   "console.log('after');"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    assert_true(bed_log_has(&bed, "above the log rate"));
    assert_true(bed_log_has(&bed, "info line 0\n"));
    assert_true(bed.log.size < 64u << 10);
    bed_close(&bed);
}

static void test_open_requests_are_limited(void **state)
{
    struct bed bed;
    bed_start(&bed,
              TASK("const one = () => fetch('http://hold/').then(() => 'done',"
                   " (error) => error.message + ': ' + error.cause.message);"
                   "const all = Array.from({ length: 100 }, one);"
                   "const first = await Promise.race(all);"
                   "return first;"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_string_equal(result.json,
                        "\"fetch failed: limit of 64 open requests\"");
    bed_result_free(&result);
    assert_int_equal(bed.requests, 64);
    bed_close(&bed);
}

/* The worker says so itself, and lives on. */
static void test_a_result_of_too_many_values_fails_the_call(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("return Array.from({ length: round }, () => ({}));"));
    struct bed_result result = bed_call(&bed, "task", "[100000]", BED_CALL_MS);
    assert_int_equal(result.status, ERR_REMOTE);
    assert_non_null(strstr(result.text, "more than 200000 values"));
    bed_result_free(&result);
    result = bed_call(&bed, "task", "[3]", BED_CALL_MS);
    assert_string_equal(result.json, "[{},{},{}]");
    bed_result_free(&result);
    bed_close(&bed);
}

/* The node answers cancelled requests later; it counts them until then. */
static void test_cancelled_requests_are_not_open(void **state)
{
    struct bed bed;
    bed_start(&bed,
              TASK("const own = new AbortController(), cancelled = [];"
                   "const sent = async () => {"
                   "  for (let i = 0; i < 9; i++) await null; };"
                   "for (let i = 0; i < 200; i++) {"
                   "  const control = new AbortController();"
                   "  cancelled.push(fetch('http://hold/',"
                   "    { signal: control.signal }).catch((e) => e.name));"
                   "  await sent();"
                   "  control.abort(); }"
                   "const late = fetch('http://hold/',"
                   "  { signal: own.signal }).catch((e) => e.name);"
                   "const live = Array.from({ length: 60 }, (_, i) =>"
                   "  fetch('http://host/' + i).then((r) => r.status));"
                   "await sent();"
                   "own.abort();"
                   "const names = new Set(await Promise.all(cancelled));"
                   "const states = new Set(await Promise.all(live));"
                   "return [...names, await late, ...states].join();"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (result.text)
        print_error("%s\n%s\n", result.text, buffer_string(&bed.log));
    assert_int_equal(result.status, 0);
    assert_string_equal(result.json, "\"AbortError,AbortError,200\"");
    assert_in_range(bed.requests, 124, 125);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_an_aborted_fetch_asks_for_nothing(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("const control = new AbortController();"
                         "const asked = fetch('http://hold/',"
                         "  { signal: control.signal }).catch((e) => e.name);"
                         "control.abort();"
                         "return asked;"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_string_equal(result.json, "\"AbortError\"");
    bed_result_free(&result);
    assert_int_equal(bed.requests, 0);
    bed_close(&bed);
}

static void test_timers_are_limited(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK("for (;;) setTimeout(() => {}, 1e6);"));
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, ERR_REMOTE);
    assert_non_null(strstr(result.text, "limit of 10000 timers"));
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_stop_ends_a_worker_that_loops(void **state)
{
    struct bed bed;
    struct bed_result result;
    bed_start(&bed, TASK("while (true);"));
    bed_run(&bed, &bed.ready);
    bed_begin(&bed, "task", "[1]", 60000, &result);
    host_stop(bed.worker);
    bed_wait_end(&bed);
    assert_non_null(strstr(bed.end_text, "did not end when it was asked to"));
    assert_true(result.done);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_too_low_a_memory_limit_is_refused(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(&bed, "");
    struct host_events host = {0};
    options.limits.memory_bytes = 1u << 20;
    assert_int_equal(host_start(&bed.loop, &options, &host, &bed, &bed.worker),
                     ERR_RANGE);
    bed.ended = true;
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endless_loop_ends_at_the_time_limit),
        cmocka_unit_test(test_promise_that_never_settles_ends_at_the_limit),
        cmocka_unit_test(test_endless_microtasks_end_at_the_limit),
        cmocka_unit_test(test_the_place_of_a_loop_is_the_author_s),
        cmocka_unit_test(test_loop_while_loading_ends_at_the_load_limit),
        cmocka_unit_test(test_growing_list_ends_at_the_memory_limit),
        cmocka_unit_test(test_large_buffers_end_at_the_memory_limit),
        cmocka_unit_test(test_growing_text_ends_at_the_memory_limit),
        cmocka_unit_test(test_a_full_folder_refuses_writes_and_takes_removals),
        cmocka_unit_test(test_files_without_a_name_fill_the_folder),
        cmocka_unit_test(test_a_share_of_the_processor_is_kept_to),
        cmocka_unit_test(test_a_folder_far_above_its_limit_ends_the_worker),
        cmocka_unit_test(test_the_default_memory_limit_grows_with_the_bundle),
        cmocka_unit_test(
            test_a_bundle_above_the_limit_is_named_with_the_remedy),
        cmocka_unit_test(test_garbage_does_not_count_as_memory),
#if !defined(__SANITIZE_ADDRESS__)
        cmocka_unit_test(test_an_idle_task_gives_back_what_it_does_not_need),
#endif
        cmocka_unit_test(test_recursion_without_end_is_an_error),
        cmocka_unit_test(test_other_calls_fail_when_the_worker_goes),
        cmocka_unit_test(test_killed_worker_is_reported),
        cmocka_unit_test(test_log_flood_is_cut_and_counted),
        cmocka_unit_test(test_open_requests_are_limited),
        cmocka_unit_test(test_a_result_of_too_many_values_fails_the_call),
        cmocka_unit_test(test_cancelled_requests_are_not_open),
        cmocka_unit_test(test_an_aborted_fetch_asks_for_nothing),
        cmocka_unit_test(test_timers_are_limited),
        cmocka_unit_test(test_stop_ends_a_worker_that_loops),
        cmocka_unit_test(test_too_low_a_memory_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
