/*
 * The library's parts, checked from inside: js/ holds modules of named checks
 * that run in a real worker. The expected values are the standards' and
 * Node's: all but fetch.js, koii.js and files.js run under Node as well, where
 * two checks of clone.js fail because Node leaves the standard.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Runs the module's checks; gives back the names of those that failed. */
static const char runner[] =
    "\n;require('@_koii/task-manager').initializeTaskManager({\n"
    "  async task() {\n"
    "    const failed = [];\n"
    "    for (const [name, check] of Object.entries(module.exports.checks))\n"
    "      try { await check(); }\n"
    "      catch (error) {\n"
    "        failed.push(`${name}: ${error.message}\\n${error.stack}`);\n"
    "      }\n"
    "    return { run: Object.keys(module.exports.checks).length, failed };\n"
    "  },\n"
    "});\n";

/* Append js/NAME. */
static void add_file(struct buffer *source, const char *name)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/js/%s", POND_TESTS, name);
    assert_int_equal(file_read(buffer_string(&path), 1u << 20, source), 0);
    buffer_free(&path);
}

/* Run the checks that source exports. */
static void run_checks(struct buffer source)
{
    struct bed bed;
    struct json_object *result, *failed;
    uint64_t run;
    buffer_text(&source, runner);
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &result), 0);
    assert_int_equal(json_get_u64(result, "run", &run), 0);
    assert_true(run >= 3);
    assert_int_equal(json_get_array(result, "failed", &failed), 0);
    for (size_t i = 0; i < json_object_array_length(failed); i++)
        print_error("%s\n", json_object_get_string(
                                json_object_array_get_idx(failed, i)));
    assert_int_equal(json_object_array_length(failed), 0);
    json_object_put(result);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
}

static void run_module(const char *name)
{
    struct buffer source = {0}, file = {0};
    buffer_format(&file, "%s.js", name);
    add_file(&source, buffer_string(&file));
    buffer_free(&file);
    run_checks(source);
}

/* Compare the names of Node's modules. */
static void run_names(struct bytes names)
{
    struct buffer source = {0};
    buffer_text(&source, "const names = `");
    buffer_bytes(&source, names);
    buffer_text(&source, "`.trim().split('\\n');\n");
    add_file(&source, "node_names_check.js");
    run_checks(source);
}

static void test_encodings(void **state)
{
    run_module("encoding");
}

static void test_urls(void **state)
{
    run_module("url");
}

static void test_web_platform(void **state)
{
    run_module("web");
}

static void test_fetch(void **state)
{
    run_module("fetch");
}

static void test_forms(void **state)
{
    run_module("forms");
}

static void test_streams(void **state)
{
    run_module("streams");
}

static void test_bodies(void **state)
{
    run_module("bodies");
}

static void test_zlib(void **state)
{
    run_module("zlib");
}

static void test_structured_clone(void **state)
{
    run_module("clone");
}

static void test_buffer(void **state)
{
    run_module("buffer");
}

static void test_crypto(void **state)
{
    run_module("crypto");
}

static void test_timers(void **state)
{
    run_module("timers");
}

static void test_node_modules(void **state)
{
    run_module("node");
}

static void test_loader(void **state)
{
    run_module("modules");
}

static void test_streams_of_node(void **state)
{
    run_module("node_streams");
}

static void test_stacks(void **state)
{
    run_module("stack");
}

/* The map says that line 2 of the bundle is line 10 of the author's file. */
static void test_stack_has_the_authors_lines(void **state)
{
    struct bed bed;
    bed_start(&bed,
              "require('@_koii/task-manager').initializeTaskManager({\n"
              "  task() { throw new Error('here'); },\n"
              "});\n"
              "//# sourceMappingURL=data:application/json;base64,"
              "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbIi4uL3NyYy90YXNrLnRzIl0sIm5hbWVz"
              "IjpbXSwibWFwcGluZ3MiOiI7QUFTQSJ9\n");
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    assert_int_not_equal(call.status, 0);
    assert_string_equal(call.text, "Error: here");
    assert_non_null(strstr(call.stack, "at task (src/task.ts:10:1)"));
    bed_result_free(&call);
    bed_close(&bed);
}

static void test_inspect(void **state)
{
    run_module("inspect");
}

/* Lines that Node 20 printed for the same program. */
static void test_modules_agree_with_node(void **state)
{
    static const char *const modules[] = {
        "agree_assert",     "agree_events", "agree_path",
        "agree_parse_args", "agree_v8",
    };
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
        run_module(modules[i]);
}

static void test_what_bundles_ask_for(void **state)
{
    run_module("bundles");
}

static void test_process(void **state)
{
    run_module("process");
}

static void test_names_of_node_20(void **state)
{
    struct buffer names = {0};
    add_file(&names, "node_names.txt");
    run_names(buffer_view(&names));
    buffer_free(&names);
}

/* The list in the tree is that of one Node. The one of this machine may be
 * newer. */
static void test_names_of_this_machines_node(void **state)
{
    struct buffer names = {0};
    FILE *node = popen("node --version 2>/dev/null | grep -q '^v20\\.' && "
                       "node " POND_TESTS "/js/node_names.js 2>/dev/null",
                       "r");
    char text[4096];
    size_t size;
    assert_non_null(node);
    while ((size = fread(text, 1, sizeof(text), node)))
        buffer_bytes(&names, bytes_make(text, size));
    if (pclose(node) || !names.size) {
        print_message("# no Node 20 on this machine\n");
        buffer_free(&names);
        skip();
    }
    run_names(buffer_view(&names));
    buffer_free(&names);
}

static void test_files_of_the_folder(void **state)
{
    run_module("files");
}

static void test_files_that_are_open(void **state)
{
    run_module("files_open");
}

static void test_http_over_fetch(void **state)
{
    run_module("http");
}

static void test_namespace_wrapper(void **state)
{
    run_module("koii");
    run_module("database");
    run_module("database_task");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_web_platform),
        cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_zlib),
        cmocka_unit_test(test_structured_clone),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_crypto),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_node_modules),
        cmocka_unit_test(test_loader),
        cmocka_unit_test(test_streams_of_node),
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_stack_has_the_authors_lines),
        cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_modules_agree_with_node),
        cmocka_unit_test(test_what_bundles_ask_for),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_names_of_node_20),
        cmocka_unit_test(test_names_of_this_machines_node),
        cmocka_unit_test(test_files_of_the_folder),
        cmocka_unit_test(test_files_that_are_open),
        cmocka_unit_test(test_http_over_fetch),
        cmocka_unit_test(test_namespace_wrapper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
