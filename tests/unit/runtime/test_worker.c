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
    struct bed_result result = bed_call(bed, function, args, 2000);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_six_functions_of_a_task_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
