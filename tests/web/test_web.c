/*
 * The web's API in a real worker, held against cases in the manner of the Web
 * Platform Tests: one file of cases an area, counted assertion by assertion.
 * oracle.js runs the same files under Node, where there is one.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bed.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What all files hold together. Fewer means that a file was lost. */
#define ASSERTIONS_MIN 10000

#define FILE_SIZE_MAX (1u << 20)

static uint64_t assertions;

static void append_file(struct buffer *source, const char *name)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", POND_WEB, name);
    assert_int_equal(file_read(buffer_string(&path), FILE_SIZE_MAX, source), 0);
    buffer_free(&path);
}

/* The harness and the cases are modules of their own in one bundle. */
static void make_source(struct buffer *source, const char *name)
{
    buffer_text(source, "const run = (function (module) {\n");
    append_file(source, "harness.js");
    buffer_text(source, "\nreturn module.exports; })({});\n"
                        "const cases = (function (module) {\n");
    struct buffer file = {0};
    buffer_format(&file, "%s.js", name);
    append_file(source, buffer_string(&file));
    buffer_free(&file);
    buffer_text(source,
                "\nreturn module.exports; })({});\n"
                "require('@_koii/task-manager').initializeTaskManager({\n"
                "  task: () => run(cases),\n"
                "});\n");
}

static void print_failures(const char *name, struct json_object *failed)
{
    for (size_t i = 0; i < json_object_array_length(failed); i++) {
        struct json_object *pair = json_object_array_get_idx(failed, i);
        print_error("%s: %s: %s\n", name,
                    json_object_get_string(json_object_array_get_idx(pair, 0)),
                    json_object_get_string(json_object_array_get_idx(pair, 1)));
    }
}

static void test_cases(void **state)
{
    const char *name = *state;
    struct bed bed;
    struct buffer source = {0};
    struct json_object *result, *failed;
    uint64_t held;
    make_source(&source, name);
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s: %s\n%s", name, call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &result), 0);
    assert_int_equal(json_get_u64(result, "held", &held), 0);
    assert_int_equal(json_get_array(result, "failed", &failed), 0);
    print_failures(name, failed);
    assert_int_equal(json_object_array_length(failed), 0);
    /* check.py adds these lines up. */
    print_message("# %s: %" PRIu64 " assertions\n", name, held);
    assertions += held;
    json_object_put(result);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
}

static void test_console_writes_the_lines_that_node_writes(void **state)
{
    struct bed bed;
    struct buffer source = {0}, lines = {0};
    append_file(&source, "console/lines.js");
    append_file(&lines, "console/lines.txt");
    buffer_text(&source, "require('@_koii/task-manager')"
                         ".initializeTaskManager({ task: () => 1 });\n");
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_equal(call.status, 0);
    assert_string_equal(buffer_string(&bed.log), buffer_string(&lines));
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
    buffer_free(&lines);
}

static void test_no_file_of_cases_is_lost(void **state)
{
    print_message("# %" PRIu64 " in all\n", assertions);
    assert_true(assertions >= ASSERTIONS_MIN);
}

/* The name of a file is the name of its test. */
#define CASES(name)                                                            \
    {                                                                          \
        name, test_cases, NULL, NULL, (void *)(name)                           \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASES("abort"),
        CASES("base64"),
        CASES("clone"),
        CASES("crypto"),
        CASES("encoding_labels"),
        CASES("encoding_multi"),
        CASES("encoding_single"),
        CASES("events"),
        CASES("fetch_objects"),
        CASES("forms"),
        CASES("headers"),
        CASES("messages"),
        CASES("performance"),
        CASES("shown"),
        CASES("streams"),
        CASES("timers"),
        CASES("url_host"),
        CASES("url_parse"),
        CASES("url_pattern"),
        CASES("url_relative"),
        CASES("url_search_params"),
        CASES("url_setters"),
        CASES("wasm"),
        CASES("web_socket"),
        cmocka_unit_test(test_console_writes_the_lines_that_node_writes),
        cmocka_unit_test(test_no_file_of_cases_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
