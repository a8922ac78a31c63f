/*
 * A worker whose clock is its own. No test here can pass by waiting: what a
 * task sleeps is longer than a test may take.
 */
#include "base/error.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BEGIN_MS 1760000000000ull
#define HOUR "3600000"

#define TASK                                                                   \
    "const sleep = (ms) => new Promise((done) => setTimeout(done, ms));"       \
    "const { namespaceWrapper } = require('@_koii/namespace-wrapper');"        \
    "require('@_koii/task-manager').initializeTaskManager("

static void start(struct bed *bed, const char *source, const uint64_t *seed)
{
    const struct host_clock clock = {.unix_ms = BEGIN_MS,
                                     .has_seed = seed != NULL,
                                     .seed = seed ? *seed : 0};
    bed_open(bed);
    struct host_options options = bed_options(bed, source);

    options.clock = &clock;
    bed_start_with(bed, &options);
}

static void expect(struct bed *bed, const char *json)
{
    struct bed_result result = bed_call(bed, "task", "[1]", BED_CALL_MS);

    if (result.status)
        fail_msg("%s\n%s\nlog: %s", result.text, result.stack,
                 buffer_string(&bed->log));
    assert_string_equal(result.json, json);
    bed_result_free(&result);
}

static void test_what_a_task_sleeps_is_skipped(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task() {"
               "  const began = [Date.now(), performance.now(),"
               "    process.hrtime.bigint(), process.uptime()];"
               "  await sleep(" HOUR "); await sleep(" HOUR ");"
               "  return [Date.now() - began[0],"
               "    Math.round(performance.now() - began[1]),"
               "    Number((process.hrtime.bigint() - began[2]) / 1000000n),"
               "    Math.round(process.uptime() - began[3]),"
               "    new Date().toISOString(), new Date(0).getTime()]; } });",
          NULL);
    expect(&bed, "[7200000,7200000,7200000,7200,"
                 "\"2025-10-09T10:53:20.000Z\",0]");
    bed_close(&bed);
}

static void test_timers_come_in_the_order_of_their_time(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task() { const seen = [];"
               "  const each = setInterval(() => seen.push('i'), 400000);"
               "  setTimeout(() => seen.push('b'), 1000000);"
               "  setTimeout(() => seen.push('a'), 500000);"
               "  setTimeout(() => seen.push('c'), 1000000);"
               "  const gone = setTimeout(() => seen.push('gone'), 600000);"
               "  setImmediate(() => { seen.push('now');"
               "    clearTimeout(gone); });"
               "  await sleep(1300000); clearInterval(each);"
               "  return seen.join(''); } });",
          NULL);
    expect(&bed, "\"nowiaibci\"");
    bed_close(&bed);
}

/* A timer that is cleared would move the clock if it counted. */
static void test_a_cleared_timer_moves_no_clock(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task() {"
               "  clearTimeout(setTimeout(() => {}, " HOUR "));"
               "  const began = Date.now(); await sleep(10);"
               "  return Date.now() - began; } });",
          NULL);
    expect(&bed, "10");
    bed_close(&bed);
}

static void test_a_loop_that_waits_for_a_time_ends(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ task() { const end = Date.now() + 50;"
               "  while (Date.now() < end); return Date.now() - end; } });",
          NULL);
    expect(&bed, "0");
    bed_close(&bed);
}

/* What the node answers by itself takes no time, and is waited for. */
static void test_requests_of_the_node_take_no_time(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task() { const began = Date.now(), seen = [];"
               "  setTimeout(() => seen.push('timer'), 5);"
               "  for (let i = 0; i < 20; i++)"
               "    await namespaceWrapper.getRound();"
               "  await namespaceWrapper.storeSet('a', 1); seen.push('asked');"
               "  const took = Date.now() - began; await sleep(10);"
               "  return [took, ...seen]; } });",
          NULL);
    expect(&bed, "[0,\"asked\",\"timer\"]");
    bed_close(&bed);
}

/* The timer of an hour would come at once if the clock were skipped. */
static void test_the_clock_is_the_machines_while_a_fetch_is_open(void **state)
{
    struct bed bed;
    struct bed_result result = {0};

    start(&bed,
          TASK "{ async task() { const began = Date.now();"
               "  const page = fetch('http://example.com/hold');"
               "  await sleep(40); console.log('short');"
               "  const first = await Promise.race([page.then(() => 'page'),"
               "    sleep(" HOUR ").then(() => 'timer')]);"
               "  return [first, Date.now() - began >= 40,"
               "    Date.now() - began < " HOUR "]; } });",
          NULL);
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &result);
    while (!bed_log_has(&bed, "short"))
        uv_run(&bed.loop, UV_RUN_ONCE);
    assert_false(result.done);
    host_answer(bed.worker, bed.held,
                bytes_text("{\"status\":200,\"statusText\":\"\","
                           "\"headers\":[],\"stream\":0}"),
                bytes_text("page"));
    bed_run(&bed, &result.done);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.json, "[\"page\",true,true]");
    bed_result_free(&result);
    bed_close(&bed);
}

static void
test_between_calls_the_clock_goes_when_the_node_says_so(void **state)
{
    struct bed bed;

    start(&bed,
          "let ticks = 0; setInterval(() => ticks++, 1000);" TASK
          "{ task() { return [ticks, Date.now() - 1760000000000]; } });",
          NULL);
    expect(&bed, "[0,0]");
    host_advance(bed.worker, 10500, 60000);
    expect(&bed, "[10,10500]");
    host_advance(bed.worker, 500, 60000); /* it does not go back */
    expect(&bed, "[10,10500]");
    /* More timers than are gone through: the rest come at that time. */
    host_advance(bed.worker, 1ull << 50, 60000);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.json, ",1125899906842624]"));
    bed_result_free(&result);
    bed_close(&bed);
}

/* No answer comes to the fetch. */
static void test_what_is_open_between_calls_holds_nothing_up(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ task() { fetch('http://example.com/hold').catch(() => {});"
               "  return Date.now() >= 1760000000000 + " HOUR "; } });",
          NULL);
    expect(&bed, "false");
    host_advance(bed.worker, 3600000, 60000);
    expect(&bed, "true");
    bed_close(&bed);
}

static void test_a_call_waits_no_longer_than_its_limit(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task(round) { for (;;) await sleep(1000); },"
               "  submission: () => 'still here' });",
          NULL);
    host_advance(bed.worker, 0, 90000);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, ERR_TIMEOUT);
    assert_int_equal(result.limit, HOST_LIMIT_TIME);
    assert_non_null(strstr(result.text, "task() waited longer than its time "
                                        "limit of 90000 ms"));
    bed_result_free(&result);
    result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_webassembly_is_waited_for(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ async task() { const code ="
               "    new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);"
               "  const began = Date.now();"
               "  await Promise.race([WebAssembly.instantiate(code),"
               "    sleep(" HOUR ")]);"
               "  return Date.now() - began; } });",
          NULL);
    expect(&bed, "0");
    bed_close(&bed);
}

/* The text of some numbers. */
static char *random_of(const uint64_t *seed)
{
    struct bed bed;

    start(&bed,
          TASK "{ task() { const all ="
               "    Array.from({ length: 4000 }, Math.random);"
               "  const mean = all.reduce((a, b) => a + b) / all.length;"
               "  if (all.some((x) => x < 0 || x >= 1) || mean < 0.45 ||"
               "    mean > 0.55 || new Set(all).size !== all.length)"
               "    throw new Error('not random');"
               "  return all.slice(0, 4); } });",
          seed);
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (result.status)
        fail_msg("%s", result.text);
    char *json = strdup(result.json);
    bed_result_free(&result);
    bed_close(&bed);
    return json;
}

static void test_a_seed_gives_the_same_random_numbers(void **state)
{
    const uint64_t seeds[] = {0, (1ull << 53) - 1};
    char *texts[] = {random_of(&seeds[0]), random_of(&seeds[0]),
                     random_of(&seeds[1]), random_of(NULL), random_of(NULL)};

    assert_string_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[0], texts[2]);
    assert_string_not_equal(texts[3], texts[4]);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
}

/* What tasks do with dates beside reading the clock. */
static void test_dates_are_dates(void **state)
{
    struct bed bed;

    start(&bed,
          TASK "{ task() { class Own extends Date { day() {"
               "    return this.getUTCDate(); } }"
               "  const date = new Date();"
               "  return [new Own().day(), date instanceof Date,"
               "    date.constructor === Date, typeof Date(), Date.length,"
               "    Date.name, Date.UTC(2020, 1), Date.parse('2020-01-01'),"
               "    new Date('2020-01-01').toJSON(),"
               "    structuredClone(date) instanceof Date,"
               "    require('util').inspect(new Date(5)),"
               "    Object.prototype.toString.call(date),"
               "    Object.keys(Date).length]; } });",
          NULL);
    expect(&bed, "[9,true,true,\"string\",7,\"Date\",1580515200000,"
                 "1577836800000,\"2020-01-01T00:00:00.000Z\",true,"
                 "\"1970-01-01T00:00:00.005Z\",\"[object Date]\",0]");
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_task_sleeps_is_skipped),
        cmocka_unit_test(test_timers_come_in_the_order_of_their_time),
        cmocka_unit_test(test_a_cleared_timer_moves_no_clock),
        cmocka_unit_test(test_a_loop_that_waits_for_a_time_ends),
        cmocka_unit_test(test_requests_of_the_node_take_no_time),
        cmocka_unit_test(test_the_clock_is_the_machines_while_a_fetch_is_open),
        cmocka_unit_test(test_what_is_open_between_calls_holds_nothing_up),
        cmocka_unit_test(
            test_between_calls_the_clock_goes_when_the_node_says_so),
        cmocka_unit_test(test_a_call_waits_no_longer_than_its_limit),
        cmocka_unit_test(test_webassembly_is_waited_for),
        cmocka_unit_test(test_a_seed_gives_the_same_random_numbers),
        cmocka_unit_test(test_dates_are_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
