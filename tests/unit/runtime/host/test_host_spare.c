/*
 * Workers that were ready before their task was known.
 */
#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"
#include "bed.h"
#include "runtime/host/host_spare.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MANAGER "require('@_koii/task-manager').initializeTaskManager("

/* The folders of the bed are in /tmp. */
static struct host_spares *make_spare(struct bed *bed, uint64_t memory_bytes)
{
    const struct host_spares_options options = {.program = POND_WORKER,
                                                .folders = "/tmp",
                                                .memory_bytes = memory_bytes};
    struct host_spares *spares = host_spares_new(&bed->loop, &options);
    host_spares_fill(spares);
    return spares;
}

static void on_closed(void *user)
{
    *(bool *)user = true;
}

static void close_spares(struct bed *bed, struct host_spares *spares)
{
    bool is_closed = false;
    host_spares_close(spares, on_closed, &is_closed);
    bed_run(bed, &is_closed);
}

static void on_time(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void wait_ms(struct bed *bed, uint64_t time_ms)
{
    bool is_over = false;
    uv_timer_t timer;
    uv_timer_init(&bed->loop, &timer);
    timer.data = &is_over;
    uv_timer_start(&timer, on_time, time_ms, 0);
    bed_run(bed, &is_over);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
}

/* By what a worker says of its own sandbox. */
static bool has_namespaces(void)
{
    struct bed bed;
    bed_start(&bed, MANAGER "{});");
    bed_run(&bed, &bed.ready);
    bool has = bed.sandbox.own_root;
    bed_close(&bed);
    return has;
}

static struct host_options options_with(struct bed *bed, const char *source,
                                        struct host_spares *spares)
{
    struct host_options options = bed_options(bed, source);
    options.spares = spares;
    options.limits.memory_bytes = 0;
    return options;
}

static void expect(struct bed *bed, const char *function, const char *args,
                   const char *json)
{
    struct bed_result result = bed_call(bed, function, args, BED_CALL_MS);
    if (result.status)
        fail_msg("%s\n%s", result.text, result.stack);
    assert_string_equal(result.json, json);
    bed_result_free(&result);
}

/* Its own folder, nothing beside it, and all walls. */
static void test_a_spare_becomes_a_task_s_worker(void **state)
{
    static const char source[] =
        "const fs = require('fs');"
        "const { namespaceWrapper } = require('@_koii/namespace-wrapper');"
        "const refused = (path) => { try { return fs.readdirSync(path); }"
        "  catch (error) { return error.code; } };" MANAGER
        "{ async task(round) {"
        "    const folder = await namespaceWrapper.getBasePath();"
        "    fs.writeFileSync('a', 'text');"
        "    return [round, fs.readFileSync(folder + '/a', 'utf8'),"
        "      process.env.COLOUR, process.cwd() === folder,"
        "      await (await fetch('http://x/' + round)).text()]; },"
        "  submission() { throw new Error('thrown'); } });";
    struct bed bed;
    bed_open(&bed);
    struct host_spares *spares = make_spare(&bed, 0);
    wait_ms(&bed, 300);
    struct host_options options = options_with(&bed, source, spares);
    bed_start_with(&bed, &options);
    assert_false(host_spares_is_there(spares));
    expect(&bed, "task", "[3]",
           "[3,\"text\",\"blue\",true,\"GET http://x/3 \"]");
    assert_null(confinement_missing(&bed.sandbox, CONFINEMENT_STRICT));
    struct bed_result result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    assert_non_null(result.stack);
    assert_non_null(strstr(result.stack, "main.js:1"));
    bed_result_free(&result);
    /* The next one is made by itself. */
    wait_ms(&bed, 700);
    assert_true(host_spares_is_there(spares));
    close_spares(&bed, spares);
    bed_close(&bed);
}

/* A spare's library was made before its task was there. */
static void test_a_spare_s_events_count_from_the_task_s_begin(void **state)
{
    static const char source[] = MANAGER
        "{ task() {"
        "    const before = performance.now();"
        "    const { timeStamp } = new Event('x');"
        "    return before <= timeStamp && timeStamp <= performance.now();"
        "} });";
    struct bed bed;
    bed_open(&bed);
    struct host_spares *spares = make_spare(&bed, 0);
    wait_ms(&bed, 300);
    struct host_options options = options_with(&bed, source, spares);
    bed_start_with(&bed, &options);
    assert_false(host_spares_is_there(spares));
    expect(&bed, "task", "[1]", "true");
    close_spares(&bed, spares);
    bed_close(&bed);
}

/* Taken before it is done with its making. */
static void test_a_spare_may_be_taken_at_once(void **state)
{
    for (uint64_t after_ms = 0; after_ms < 60; after_ms += 6) {
        struct bed bed;
        bed_open(&bed);
        struct host_spares *spares = make_spare(&bed, 0);
        if (after_ms)
            wait_ms(&bed, after_ms);
        struct host_options options =
            options_with(&bed, MANAGER "{ task: (n) => n + 1 });", spares);
        bed_start_with(&bed, &options);
        assert_false(host_spares_is_there(spares));
        expect(&bed, "task", "[3]", "4");
        close_spares(&bed, spares);
        bed_close(&bed);
    }
}

/* What the engine knew from its beginning would be wrong for them. */
static void test_what_does_not_fit_starts_without_the_spare(void **state)
{
    static const struct {
        const char *folder;
        uint64_t memory_bytes;
    } others[] = {{"/tmp/pond-runtime-a/b", 0},
                  {NULL, 0},
                  {"", 100ull << 20},
                  {"", 400ull << 20}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct bed bed;
        bed_open(&bed);
        struct host_spares *spares = make_spare(&bed, 0);
        struct host_options options =
            options_with(&bed, MANAGER "{ task: (n) => n + 1 });", spares);
        if (!others[i].folder || *others[i].folder)
            options.folder = others[i].folder;
        options.limits.memory_bytes = others[i].memory_bytes;
        bed_start_with(&bed, &options);
        assert_true(host_spares_is_there(spares));
        expect(&bed, "task", "[3]", "4");
        close_spares(&bed, spares);
        bed_close(&bed);
    }
    file_remove_tree("/tmp/pond-runtime-a");
}

/* The task's own, and not what the spare was made with. */
static void test_limits_of_the_task_hold(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_spares *spares = make_spare(&bed, 100ull << 20);
    struct host_options options = options_with(
        &bed,
        MANAGER "{ submission() { try { require('fs').writeFileSync('a',"
                "    Buffer.alloc(8192)); } catch (error) {"
                "    return error.code; } return 'written'; },"
                "  task() { for (const all = [];;)"
                "    all.push(new Uint8Array(1 << 20).fill(1)); } });",
        spares);
    options.limits.memory_bytes = 120ull << 20;
    options.limits.file_bytes = 4096;
    bed_start_with(&bed, &options);
    assert_false(host_spares_is_there(spares));
    expect(&bed, "submission", "[1]", "\"EFBIG\"");
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_non_null(result.text);
    assert_non_null(strstr(result.text, "memory limit of 120 MB"));
    bed_result_free(&result);
    bed_wait_end(&bed);
    close_spares(&bed, spares);
    bed_close(&bed);
}

/* The one that this process has (proc(5)). */
static void kill_child(void)
{
    char *path = mem_format("/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    int child = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &child), 1);
    fclose(file);
    free(path);
    assert_int_equal(kill(child, SIGKILL), 0);
}

/* A spare that is killed is replaced, and a task takes no dead one. */
static void test_a_spare_that_ends_is_replaced(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_spares *spares = make_spare(&bed, 0);
    wait_ms(&bed, 100);
    kill_child();
    wait_ms(&bed, 100);
    assert_false(host_spares_is_there(spares));
    struct host_options options =
        options_with(&bed, MANAGER "{ task: (n) => n + 1 });", spares);
    bed_start_with(&bed, &options);
    expect(&bed, "task", "[3]", "4");
    wait_ms(&bed, 700);
    assert_true(host_spares_is_there(spares));
    close_spares(&bed, spares);
    bed_close(&bed);
}

/* It is no reason to start nothing. */
static void test_a_program_that_is_no_worker_gives_no_spare(void **state)
{
    struct bed bed;
    bed_open(&bed);
    const struct host_spares_options options = {.program = "/bin/false",
                                                .folders = "/tmp"};
    struct host_spares *spares = host_spares_new(&bed.loop, &options);
    host_spares_fill(spares);
    wait_ms(&bed, 2000);
    assert_false(host_spares_is_there(spares));
    host_spares_fill(spares);
    assert_false(host_spares_is_there(spares));
    struct host_options of_task =
        options_with(&bed, MANAGER "{ task: (n) => n + 1 });", spares);
    bed_start_with(&bed, &of_task);
    expect(&bed, "task", "[3]", "4");
    close_spares(&bed, spares);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_spare_becomes_a_task_s_worker),
        cmocka_unit_test(test_a_spare_s_events_count_from_the_task_s_begin),
        cmocka_unit_test(test_a_spare_may_be_taken_at_once),
        cmocka_unit_test(test_what_does_not_fit_starts_without_the_spare),
        cmocka_unit_test(test_limits_of_the_task_hold),
        cmocka_unit_test(test_a_spare_that_ends_is_replaced),
        cmocka_unit_test(test_a_program_that_is_no_worker_gives_no_spare),
    };
    if (!has_namespaces()) {
        printf("1..0 # SKIP this machine has no namespaces\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
