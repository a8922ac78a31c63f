/*
 * The library of Node in a real worker, held against Node 20 itself: the same
 * files of cases run in both, and each gives lines of text. Without a Node 20
 * there is nothing to hold against, and the tests are skipped.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FILE_SIZE_MAX (1u << 20)

/* More would not be read. */
#define DIFFERENCES_SHOWN 20

/* What a program prints to its standard output. Returns its exit status. */
static int output_of(const char *command, struct buffer *out)
{
    char piece[4096];
    size_t size;
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    while ((size = fread(piece, 1, sizeof(piece), stream)) > 0)
        buffer_bytes(out, bytes_make((const uint8_t *)piece, size));
    return pclose(stream);
}

static bool has_oracle(void)
{
    struct buffer version = {0};
    bool is_right = !output_of("node --version 2>/dev/null", &version) &&
                    !strncmp(buffer_string(&version), "v20.", 4);
    buffer_free(&version);
    return is_right;
}

static void append_file(struct buffer *source, const char *name)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s.js", POND_NODE_CASES, name);
    assert_int_equal(file_read(buffer_string(&path), FILE_SIZE_MAX, source), 0);
    buffer_free(&path);
}

/* The lines that a worker gives. */
static struct json_object *lines_of_worker(const char *name)
{
    struct bed bed;
    struct buffer source = {0};
    struct json_object *lines;
    buffer_text(&source, "const { make } = (function (module) {\n");
    append_file(&source, "cases");
    buffer_text(&source, "\nreturn module.exports; })({});\n"
                         "const cases = (function (module) {\n");
    append_file(&source, name);
    buffer_text(&source,
                "\nreturn module.exports; })({});\n"
                "require('@_koii/task-manager').initializeTaskManager({\n"
                "  async task() {\n"
                "    const { lines, run } = make();\n"
                "    await cases(run);\n"
                "    return lines;\n"
                "  },\n"
                "});\n");
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &lines), 0);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
    return lines;
}

static struct json_object *lines_of_node(const char *name)
{
    struct buffer command = {0}, text = {0};
    struct json_object *lines;
    /* Cases write files, and a worker's folder is fresh as well. */
    buffer_format(&command,
                  "folder=$(mktemp -d) && cd \"$folder\" && "
                  "node '%s/oracle.cjs' %s && rm -r \"$folder\"",
                  POND_NODE_CASES, name);
    assert_int_equal(output_of(buffer_string(&command), &text), 0);
    assert_int_equal(json_parse(buffer_view(&text), &lines), 0);
    buffer_free(&command);
    buffer_free(&text);
    return lines;
}

static const char *line_at(struct json_object *lines, size_t at)
{
    return at < json_object_array_length(lines)
               ? json_object_get_string(json_object_array_get_idx(lines, at))
               : "nothing";
}

static void hold(const char *name, size_t lines_min)
{
    if (!has_oracle()) {
        print_message("SKIP %s: there is no Node 20\n", name);
        skip();
    }
    struct json_object *own = lines_of_worker(name);
    struct json_object *right = lines_of_node(name);
    size_t count = json_object_array_length(right), different = 0;
    assert_true(count >= lines_min);
    assert_int_equal(json_object_array_length(own), count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(line_at(own, i), line_at(right, i)) != 0 &&
            different++ < DIFFERENCES_SHOWN)
            print_error("Node: %s\nPond: %s\n", line_at(right, i),
                        line_at(own, i));
    assert_int_equal(different, 0);
    json_object_put(own);
    json_object_put(right);
}

static void test_buffer_is_nodes(void **state)
{
    hold("buffer", 15000);
}

static void test_files_are_nodes(void **state)
{
    hold("fs", 300);
}

static void test_queries_are_nodes(void **state)
{
    hold("querystring", 400);
}

static void test_json_s_errors_are_nodes(void **state)
{
    hold("json", 2000);
}

static void test_sundry_calls_are_nodes(void **state)
{
    hold("sundry", 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_is_nodes),
        cmocka_unit_test(test_files_are_nodes),
        cmocka_unit_test(test_queries_are_nodes),
        cmocka_unit_test(test_json_s_errors_are_nodes),
        cmocka_unit_test(test_sundry_calls_are_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
