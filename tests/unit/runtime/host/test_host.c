#include "base/error.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A task as Koii's template has it. */
static const char six_functions[] =
    "const { initializeTaskManager } = require('@_koii/task-manager');\n"
    "const { namespaceWrapper } = require('@_koii/namespace-wrapper');\n"
    "async function setup() { console.log('set up', { a: [1, 'x'] }); }\n"
    "async function task(round) {\n"
    "  const page = await fetch('http://example.com/' + round);\n"
    "  const cid = await namespaceWrapper.storage.put(await page.text());\n"
    "  await namespaceWrapper.storeSet('cid' + round, cid);\n"
    "}\n"
    "async function submission(round) {\n"
    "  return namespaceWrapper.storeGet('cid' + round);\n"
    "}\n"
    "async function audit(submission, round, submitter) {\n"
    "  if (submission === 'undefined') return;\n"
    "  return submission.startsWith('cid-of-') && submitter === 'Key1';\n"
    "}\n"
    "function distribution(submitters, bounty, round) {\n"
    "  const list = {};\n"
    "  for (const { publicKey } of submitters)\n"
    "    list[publicKey] = Math.floor(bounty / submitters.length);\n"
    "  return list;\n"
    "}\n"
    "initializeTaskManager({ setup, task, submission, audit, distribution });";

static void expect(struct bed *bed, const char *function, const char *args,
                   const char *json)
{
    struct bed_result result = bed_call(bed, function, args, BED_CALL_MS);
    if (result.status)
        fail_msg("%s: %s\n%s\nlog: %s", function, result.text, result.stack,
                 buffer_string(&bed->log));
    assert_string_equal(result.json, json);
    bed_result_free(&result);
}

static void test_six_functions_of_a_task_run(void **state)
{
    struct bed bed;
    bed_start(&bed, six_functions);
    expect(&bed, "setup", "[]", "null");
    expect(&bed, "task", "[3]", "null");
    expect(&bed, "submission", "[3]", "\"cid-of-25-bytes\"");
    expect(&bed, "submission", "[4]", "null");
    expect(&bed, "audit", "[\"cid-of-25-bytes\",3,\"Key1\"]", "true");
    expect(&bed, "audit", "[\"other\",3,\"Key1\"]", "false");
    expect(&bed, "audit", "[\"undefined\",3,\"Key1\"]", "true");
    expect(&bed, "distribution",
           "[[{\"publicKey\":\"Key1\",\"votes\":0,\"stake\":5},"
           "{\"publicKey\":\"Key2\",\"votes\":0,\"stake\":5}],101,3]",
           "{\"Key1\":50,\"Key2\":50}");
    assert_true(bed_log_has(&bed, "info set up { a: [ 1, 'x' ] }"));
    assert_int_equal(bed.requests, 2);
    bed_close(&bed);
    assert_int_equal(bed.end_status, 0);
}

#define TASK_MANAGER "require('@_koii/task-manager').initializeTaskManager("

static void expect_failure(struct bed *bed, const char *function,
                           const char *args, int status, const char *text)
{
    struct bed_result result = bed_call(bed, function, args, BED_CALL_MS);
    assert_int_equal(result.status, status);
    if (!strstr(result.text, text))
        fail_msg("\"%s\" is not in: %s", text, result.text);
    bed_result_free(&result);
}

static void test_thrown_error_comes_with_its_place(void **state)
{
    struct bed bed;
    bed_start(&bed, "function deep() {\n"
                    "  throw new RangeError('too far',\n"
                    "    { cause: new Error('why') });\n"
                    "}\n" TASK_MANAGER "{ task() { deep(); } });");
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, ERR_REMOTE);
    assert_string_equal(result.text, "RangeError: too far; cause: why");
    assert_non_null(strstr(result.stack, "at deep (main.js:2:"));
    assert_null(strstr(result.stack, "pond:"));
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_rejections_and_odd_throws_are_errors(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK_MANAGER
              "{ async task(how) {\n"
              "  if (how === 1) return Promise.reject(new Error('late'));\n"
              "  if (how === 2) throw 'only text';\n"
              "  if (how === 3) throw { code: 5 };\n"
              "  if (how === 4) throw null;\n"
              "  if (how === 5) { const a = {}; a.a = a; return a; }\n"
              "  if (how === 6) return 5n;\n"
              "  throw { get stack() { throw 1; } };\n"
              "} });");
    expect_failure(&bed, "task", "[1]", ERR_REMOTE, "Error: late");
    expect_failure(&bed, "task", "[2]", ERR_REMOTE, "only text");
    expect_failure(&bed, "task", "[3]", ERR_REMOTE, "{ code: 5 }");
    expect_failure(&bed, "task", "[4]", ERR_REMOTE, "null");
    expect_failure(&bed, "task", "[5]", ERR_REMOTE, "TypeError");
    expect_failure(&bed, "task", "[6]", ERR_REMOTE, "TypeError");
    expect_failure(&bed, "task", "[7]", ERR_REMOTE, "can not be shown");
    bed_close(&bed);
}

static void test_unhandled_rejection_is_in_the_log(void **state)
{
    struct bed bed;
    bed_start(&bed, "async function lost() { throw new Error('nobody saw'); "
                    "}\n" TASK_MANAGER "{ async task() { lost(); } });");
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    bed_close(&bed);
    assert_int_equal(bed.end_status, 0);
}

static void test_throw_in_a_timer_is_in_the_log(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK_MANAGER
              "{ async task() {\n"
              "  Promise.reject(new Error('nobody saw'));\n"
              "  setTimeout(() => { throw new Error('in timer'); }, 1);\n"
              "  await new Promise((done) => setTimeout(done, 30)); } });");
    struct bed_result result = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    assert_true(bed_log_has(
        &bed, "error unhandled rejection during task() of round 1: Error: "
              "nobody saw"));
    assert_true(bed_log_has(
        &bed, "error uncaught during task() of round 1: Error: in timer"));
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_bundle_that_fails_to_load_says_why(void **state)
{
    struct bed bed;
    bed_start(&bed, "const a = 1;\nconst b = a.c.d;\n");
    bed_wait_end(&bed);
    assert_non_null(strstr(bed.end_text, "main.js could not be loaded: "
                                         "TypeError"));
    assert_non_null(strstr(bed.end_text, "main.js:2"));
    bed_close(&bed);
    bed_start(&bed, "const const = 1;");
    bed_wait_end(&bed);
    assert_non_null(strstr(bed.end_text, "SyntaxError"));
    bed_close(&bed);
    bed_start(&bed, "require('left-pad');");
    bed_wait_end(&bed);
    assert_non_null(strstr(bed.end_text, "Cannot find module 'left-pad'"));
    bed_close(&bed);
}

static void test_missing_functions_are_named(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK_MANAGER
              "{}); require('@_koii/task-manager').taskRunner.audit = null;");
    expect_failure(&bed, "audit", "[\"\",1,\"k\"]", ERR_NOT_FOUND,
                   "the task has no function audit()");
    expect_failure(&bed, "hack", "[]", ERR_NOT_FOUND,
                   "there is no function hack()");
    bed_close(&bed);
}

static void test_task_manager_may_come_late_but_must_come(void **state)
{
    struct bed bed;
    bed_start(&bed, "setTimeout(() => " TASK_MANAGER
                    "{ task() { return 1; } }), 50);");
    expect(&bed, "task", "[1]", "1");
    bed_close(&bed);
    bed_start(&bed, "require('@_koii/task-manager'); exports.task = () => 1;");
    expect_failure(&bed, "task", "[1]", ERR_STATE,
                   "main.js did not call initializeTaskManager()");
    bed_close(&bed);
}

/* So that a node starts it anew in the engine that it was made for. */
static void test_a_bundle_with_koiis_modules_in_it_wants_node(void **state)
{
    struct bed bed;
    bed_open(&bed);
    struct host_options options = bed_options(&bed, "");
    options.source =
        bytes_text("const carried = { initializeTaskManager() {} };"
                   "carried.initializeTaskManager({ task() {} });"
                   "process.on('message', () => {});");
    bed_start_with(&bed, &options);
    expect_failure(&bed, "setup", "[]", ERR_UNSUPPORTED,
                   "takes none of Koii's modules from this engine");
    bed_close(&bed);
}

/* As Koii's task manager: it names what is missing. */
static void test_task_manager_takes_all_six_functions(void **state)
{
    struct bed bed;
    bed_start(
        &bed,
        "try { " TASK_MANAGER "{ audit: null, routes: 7 }); }"
        "catch (error) { console.log(error.name, error.message); }" TASK_MANAGER
        "{ submission: () => 'x' });");
    expect(&bed, "submission", "[1]", "\"x\"");
    assert_true(bed_log_has(
        &bed, "TypeError initializeTaskManager() takes the functions setup, "
              "task, submission, audit, distribution, routes: audit, routes "
              "are missing"));
    bed_close(&bed);
}

/* Tasks for Koii's first task managers have five functions. */
static void test_task_manager_takes_a_task_without_routes(void **state)
{
    struct bed bed;
    bed_start(&bed, "const none = () => 'x';"
                    "require('@_koii/task-manager').initializeTaskManager({"
                    "  setup: none, task: none, submission: none, audit: none,"
                    "  distribution: none });");
    expect(&bed, "routes", "[]", "[]");
    expect(&bed, "submission", "[1]", "\"x\"");
    bed_close(&bed);
}

static void test_submission_is_checked(void **state)
{
    struct bed bed;
    bed_start(&bed,
              TASK_MANAGER "{ submission: (n) => n === 1 ? 'x'.repeat(512)\n"
                           "  : n === 2 ? '\\u20ac'.repeat(171) : 5 });");
    struct bed_result result = bed_call(&bed, "submission", "[1]", BED_CALL_MS);
    assert_int_equal(result.status, 0);
    bed_result_free(&result);
    expect_failure(&bed, "submission", "[2]", ERR_RANGE,
                   "513 bytes, above the limit of 512 bytes");
    /* Koii's task manager submits nothing then. */
    expect(&bed, "submission", "[3]", "null");
    assert_true(bed_log_has(&bed, "nothing is submitted"));
    bed_close(&bed);
}

static void test_unsafe_distribution_list_becomes_zeros(void **state)
{
    static const char args[] =
        "[[{\"publicKey\":\"a\"},{\"publicKey\":\"b\"}],100,%d]";
    static const char zeros[] = "{\"a\":0,\"b\":0}";
    struct bed bed;
    struct buffer text = {0};
    bed_start(&bed, TASK_MANAGER
              "{ distribution: (list, bounty, round) => [\n"
              "  { a: 60, b: 40 }, { a: 60, b: 41 }, { a: 60 },\n"
              "  { a: 0.5, b: 1 }, { a: -70, b: 100 }, 'text'][round] });");
    const char *expected[] = {"{\"a\":60,\"b\":40}", zeros, zeros, zeros,
                              "{\"a\":-70,\"b\":100}"};
    for (int round = 0; round < 5; round++) {
        buffer_clear(&text);
        buffer_format(&text, args, round);
        expect(&bed, "distribution", buffer_string(&text), expected[round]);
    }
    assert_true(bed_log_has(&bed, "total of 101 is above the bounty of 100"));
    assert_true(bed_log_has(&bed, "b is missing"));
    buffer_clear(&text);
    buffer_format(&text, args, 5);
    expect_failure(&bed, "distribution", buffer_string(&text), ERR_RANGE,
                   "no object");
    buffer_free(&text);
    bed_close(&bed);
}

/* As in Koii's task manager, undefined and null are a yes; other values count
 * as true or false. */
static void test_a_verdict_counts_by_its_truth(void **state)
{
    static const struct {
        const char *value;
        const char *verdict;
    } cases[] = {{"undefined", "true"}, {"null", "true"},    {"true", "true"},
                 {"'yes'", "true"},     {"1", "true"},       {"{}", "true"},
                 {"[]", "true"},        {"'false'", "true"}, {"false", "false"},
                 {"0", "false"},        {"''", "false"},     {"NaN", "false"}};
    struct buffer source = {0};
    struct bed bed;
    buffer_text(&source, TASK_MANAGER "{ audit: async (text, round) => [");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        buffer_format(&source, "%s, ", cases[i].value);
    buffer_text(&source, "][round] });");
    bed_start(&bed, buffer_string(&source));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char args[32];
        snprintf(args, sizeof(args), "[\"x\",%zu,\"k\"]", i);
        expect(&bed, "audit", args, cases[i].verdict);
    }
    bed_close(&bed);
    buffer_free(&source);
}

/* What they answer is in worker/test_routes.c. */
static void test_routes_are_listed(void **state)
{
    struct bed bed;
    bed_start(
        &bed,
        "const { app } = require('@_koii/namespace-wrapper');\n" TASK_MANAGER
        "{ routes() {\n"
        "  app.use((req, res, next) => next());\n"
        "  app.get('/value/:id', (req, res) => res.json(1));\n"
        "  app.post(['/a', '/b'], (req, res, next) => next(), () => {});\n"
        "  app.all(/x/, () => {});\n"
        "} });");
    expect(&bed, "routes", "[]",
           "[\"GET /value/:id\",\"POST /a, /b\",\"ALL /x/\"]");
    bed_close(&bed);
}

static void test_fetch_goes_through_the_node(void **state)
{
    struct bed bed;
    bed_start(
        &bed, TASK_MANAGER
        "{ async task() {\n"
        "  const answer = await fetch(new URL('/?status=404', 'http://a'), {\n"
        "    method: 'post', body: 'sent', headers: { 'X-A': 'b' } });\n"
        "  const bad = await fetch('http://unreachable/')\n"
        "    .catch((error) => error);\n"
        "  return [answer.status, answer.ok, answer.headers\n"
        "    .get('x-twice'), await answer.text(), bad.name,\n"
        "    `${bad.message}: ${bad.cause.message}`];\n"
        "} });");
    expect(&bed, "task", "[1]",
           "[404,false,\"a, b\",\"POST http://a/?status=404 sent\","
           "\"TypeError\",\"fetch failed: no route to that host\"]");
    bed_close(&bed);
}

static void test_aborted_fetch_is_cancelled(void **state)
{
    struct bed bed;
    bed_start(&bed, TASK_MANAGER "{ async task() {\n"
                                 "  try { await fetch('http://hold/',\n"
                                 "    { signal: AbortSignal.timeout(20) }); }\n"
                                 "  catch (error) { return error.name; }\n"
                                 "} });");
    expect(&bed, "task", "[1]", "\"TimeoutError\"");
    expect(&bed, "task", "[1]", "\"TimeoutError\"");
    bed_close(&bed);
    assert_int_equal(bed.cancelled, 2);
}

static void test_megabytes_go_both_ways(void **state)
{
    struct bed bed;
    bed_start(&bed,
              "const { storage } = "
              "require('@_koii/namespace-wrapper');\n" TASK_MANAGER
              "{ async task() {\n"
              "  const bytes = new Uint8Array(4 << 20);\n"
              "  for (let i = 0; i < bytes.length; i += 4096) bytes[i] = i;\n"
              "  const all = await Promise.all([1, 2, 3].map(\n"
              "    () => storage.put(bytes)));\n"
              "  const page = await fetch('http://a/',\n"
              "    { method: 'POST', body: bytes });\n"
              "  const back = (await page.bytes()).subarray(15);\n"
              "  return [...new Set(all), back.length,\n"
              "    back.every((each, i) => each === bytes[i])];\n"
              "} });");
    expect(&bed, "task", "[1]", "[\"cid-of-4194304-bytes\",4194304,true]");
    bed_close(&bed);
}

static void test_calls_run_side_by_side(void **state)
{
    struct bed bed;
    struct bed_result first, second;
    bed_start(&bed, TASK_MANAGER
              "{ task: () => new Promise((done) => { globalThis.go = done; }),"
              "  submission: () => { globalThis.go(1); return 'x'; } });");
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &first);
    bed_begin(&bed, "submission", "[1]", BED_CALL_MS, &second);
    bed_run(&bed, &first.done);
    bed_run(&bed, &second.done);
    assert_string_equal(first.json, "1");
    bed_result_free(&first);
    bed_result_free(&second);
    bed_close(&bed);
}

static void test_memory_outlives_the_worker(void **state)
{
    static const char source[] =
        "const { namespaceWrapper } = "
        "require('@_koii/namespace-wrapper');\n" TASK_MANAGER "{\n"
        "  task: (n) => namespaceWrapper.storeSet('n', n),\n"
        "  submission: () => namespaceWrapper.storeGet('n').then(String) });";
    struct bed bed;
    bed_start(&bed, source);
    expect(&bed, "task", "[42]", "null");
    host_kill(bed.worker, "replaced");
    bed_wait_end(&bed);
    assert_string_equal(bed.end_text, "replaced");
    bed.ended = false;
    struct host_options options = bed_options(&bed, source);
    bed_start_with(&bed, &options);
    expect(&bed, "submission", "[1]", "\"42\"");
    bed_close(&bed);
}

static void test_task_can_end_itself(void **state)
{
    struct bed bed;
    struct bed_result result;
    bed_start(&bed, TASK_MANAGER "{ task(code) { process.exit(code); } });");
    bed_begin(&bed, "task", "[1]", BED_CALL_MS, &result);
    bed_wait_end(&bed);
    assert_int_equal(result.status, ERR_CLOSED);
    assert_non_null(strstr(bed.end_text, "exit code 1"));
    bed_result_free(&result);
    bed_close(&bed);
}

static void test_sandbox_is_reported(void **state)
{
    struct bed bed;
    bed_start(&bed, "");
    bed_run(&bed, &bed.ready);
    assert_true(bed.sandbox.no_new_privileges);
    assert_true(bed.sandbox.seccomp);
    assert_true(bed.sandbox.capabilities_dropped);
    assert_true(bed.sandbox.resource_limits);
    assert_int_equal(bed.sandbox.landlock, bed.sandbox.landlock_version > 0);
    bed_close(&bed);
}

static void test_start_without_a_program_is_an_error(void **state)
{
    struct bed bed;
    struct host_events host = {0};
    bed_open(&bed);
    struct host_options options = bed_options(&bed, "");
    options.program = "/nonexistent/pond-worker";
    assert_int_equal(host_start(&bed.loop, &options, &host, &bed, &bed.worker),
                     ERR_NOT_FOUND);
    options.program = POND_WORKER;
    options.variables = "[1]";
    assert_int_equal(host_start(&bed.loop, &options, &host, &bed, &bed.worker),
                     ERR_INVALID);
    bed.ended = true;
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_six_functions_of_a_task_run),
        cmocka_unit_test(test_thrown_error_comes_with_its_place),
        cmocka_unit_test(test_rejections_and_odd_throws_are_errors),
        cmocka_unit_test(test_unhandled_rejection_is_in_the_log),
        cmocka_unit_test(test_throw_in_a_timer_is_in_the_log),
        cmocka_unit_test(test_bundle_that_fails_to_load_says_why),
        cmocka_unit_test(test_missing_functions_are_named),
        cmocka_unit_test(test_task_manager_may_come_late_but_must_come),
        cmocka_unit_test(test_a_bundle_with_koiis_modules_in_it_wants_node),
        cmocka_unit_test(test_task_manager_takes_all_six_functions),
        cmocka_unit_test(test_task_manager_takes_a_task_without_routes),
        cmocka_unit_test(test_submission_is_checked),
        cmocka_unit_test(test_unsafe_distribution_list_becomes_zeros),
        cmocka_unit_test(test_a_verdict_counts_by_its_truth),
        cmocka_unit_test(test_routes_are_listed),
        cmocka_unit_test(test_fetch_goes_through_the_node),
        cmocka_unit_test(test_aborted_fetch_is_cancelled),
        cmocka_unit_test(test_megabytes_go_both_ways),
        cmocka_unit_test(test_calls_run_side_by_side),
        cmocka_unit_test(test_memory_outlives_the_worker),
        cmocka_unit_test(test_task_can_end_itself),
        cmocka_unit_test(test_sandbox_is_reported),
        cmocka_unit_test(test_start_without_a_program_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
