/*
 * What pond-worker says of other people's code inside it.
 */
#include "base/buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* What the worker prints to both of its outputs. Returns its exit code. */
static int run(const char *option, struct buffer *out)
{
    char piece[4096];
    size_t size;
    struct buffer command = {0};
    buffer_format(&command, "'%s' %s 2>&1", POND_WORKER, option);
    FILE *stream = popen(buffer_string(&command), "r");
    assert_non_null(stream);
    while ((size = fread(piece, 1, sizeof(piece), stream)) > 0)
        buffer_bytes(out, bytes_make((const uint8_t *)piece, size));
    buffer_free(&command);
    return WEXITSTATUS(pclose(stream));
}

static void expect(const char *option, int code, const char *text)
{
    struct buffer out = {0};
    assert_int_equal(run(option, &out), code);
    assert_non_null(strstr(buffer_string(&out), text));
    buffer_free(&out);
}

static void test_packages_and_their_licences_are_listed(void **state)
{
    expect("--version", 0, "pond-worker " POND_VERSION);
    expect("--version", 0, "readable-stream 4.");
    expect("--version", 0, "string_decoder 1.");
    expect("--version", 0, "punycode 2.");
    expect("--version", 0, "(MIT)");
    expect("--licenses", 0, "Permission is hereby granted");
    expect("--licenses", 0, "THE SOFTWARE IS PROVIDED \"AS IS\"");
}

static void test_other_options_are_refused(void **state)
{
    expect("--help", 2, "the node starts this program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packages_and_their_licences_are_listed),
        cmocka_unit_test(test_other_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
