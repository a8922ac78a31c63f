#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#include <regex.h>
#include <time.h>
#include <unistd.h>

/* Everything that say writes to stderr, one read a write. */
static size_t heard(void (*say)(void), char *text, size_t size)
{
    int report[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(report), 0);
    dup2(report[1], STDERR_FILENO);
    say();
    dup2(before, STDERR_FILENO);
    close(before);
    close(report[1]);
    ssize_t count = read(report[0], text, size - 1);
    close(report[0]);
    assert_true(count >= 0);
    text[count] = '\0';
    return (size_t)count;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0))
        fail_msg("\"%s\" is not like %s", text, pattern);
    regfree(&regex);
}

static void say_one_of_each(void)
{
    log_error("part", "number %d", 1);
    log_warn("part", "number %d", 2);
    log_info("part", "number %d", 3);
    log_debug("part", "number %d", 4);
}

#define STAMP "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}\\.[0-9]{3}Z "

static void test_line_has_time_level_and_part(void **state)
{
    char text[4096];
    assert_ok(log_configure("debug"));
    heard(say_one_of_each, text, sizeof(text));
    assert_matches(text,
                   "^" STAMP "error part: number 1\n" STAMP
                   "warn  part: number 2\n" STAMP "info  part: number 3\n" STAMP
                   "debug part: number 4\n$");
}

static void test_level_leaves_out_what_is_below(void **state)
{
    char text[4096];
    assert_ok(log_configure("warn"));
    heard(say_one_of_each, text, sizeof(text));
    assert_matches(text,
                   "^" STAMP "error .*\n" STAMP "warn  part: number 2\n$");
    assert_ok(log_configure("quiet"));
    assert_int_equal(heard(say_one_of_each, text, sizeof(text)), 0);
    assert_int_equal(log_configure("loud"), ERR_INVALID);
}

static void say_much(void)
{
    char long_text[5000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    log_info("part", "%s", long_text);
}

static void test_long_line_is_cut_and_still_a_line(void **state)
{
    char text[8192];
    assert_ok(log_configure("info"));
    size_t size = heard(say_much, text, sizeof(text));
    assert_true(size > 1000 && size <= 2048);
    assert_int_equal(text[size - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + size - 1);
}

static void test_clocks_go_on(void **state)
{
    uint64_t before_ns = clock_monotonic_ns(), unix_ms = clock_unix_ms();
    uint64_t before_ms = clock_monotonic_ms();
    struct timespec pause = {.tv_nsec = 5000000};
    nanosleep(&pause, NULL);
    assert_true(clock_monotonic_ns() - before_ns >= 5000000);
    assert_true(clock_monotonic_ms() - before_ms >= 4);
    /* time()'s clock may be some milliseconds late. */
    assert_true(unix_ms / 1000 <= (uint64_t)time(NULL) + 1);
    assert_true(unix_ms / 1000 + 60 >= (uint64_t)time(NULL));
}

static void test_a_moment_has_one_text(void **state)
{
    char text[CLOCK_TEXT_SIZE];

    assert_string_equal(clock_text(0, text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(clock_text(1709210096007, text),
                        "2024-02-29T12:34:56.007Z");
    assert_string_equal(clock_text(UINT64_MAX, text),
                        "9999-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_moment_has_one_text),
        cmocka_unit_test(test_line_has_time_level_and_part),
        cmocka_unit_test(test_level_leaves_out_what_is_below),
        cmocka_unit_test(test_long_line_is_cut_and_still_a_line),
        cmocka_unit_test(test_clocks_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
