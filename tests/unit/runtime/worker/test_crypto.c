/*
 * Cryptography in a real worker: node:crypto gives what Node gives
 * (tests/vectors/node_crypto.json), and what OpenSSL holds is given back.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "bed.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FILE_SIZE_MAX (1u << 20)

static void append_file(struct buffer *out, const char *folder,
                        const char *name)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, name);
    assert_int_equal(file_read(buffer_string(&path), FILE_SIZE_MAX, out), 0);
    buffer_free(&path);
}

/* The outcomes that the worker gives; json_object_put() them. */
static struct json_object *take_outcomes(void)
{
    struct bed bed;
    struct buffer source = {0};
    struct json_object *outcomes;
    append_file(&source, POND_TESTS "/js", "crypto_cases.js");
    buffer_text(&source,
                "\n;require('@_koii/task-manager').initializeTaskManager({\n"
                "  task: () => exports.outcomes(),\n"
                "});\n");
    bed_start(&bed, buffer_string(&source));
    struct bed_result call = bed_call(&bed, "task", "[1]", BED_CALL_MS);
    if (call.status)
        fail_msg("%s\n%s", call.text, call.stack);
    assert_int_equal(json_parse(bytes_text(call.json), &outcomes), 0);
    bed_result_free(&call);
    bed_close(&bed);
    buffer_free(&source);
    return outcomes;
}

static void test_outcomes_are_those_of_node(void **state)
{
    struct buffer text = {0};
    struct json_object *expected, *outcomes = take_outcomes();
    unsigned wrong = 0;
    append_file(&text, POND_VECTORS, "node_crypto.json");
    assert_int_equal(json_parse(buffer_view(&text), &expected), 0);
    assert_true(json_object_object_length(expected) >= 500);
    json_object_object_foreach(expected, name, value)
    {
        struct json_object *given = NULL;
        json_object_object_get_ex(outcomes, name, &given);
        if (given && json_object_equal(given, value))
            continue;
        wrong++;
        print_error("%s\n  Node: %s\n  here: %s\n", name,
                    json_object_to_json_string(value),
                    given ? json_object_to_json_string(given) : "nothing");
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(json_object_object_length(outcomes),
                     json_object_object_length(expected));
    json_object_put(expected);
    json_object_put(outcomes);
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes_are_those_of_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
