#include "test.h"

#include "base/base58.h"
#include "base/check.h"
#include "base/json.h"
#include "base/map.h"
#include "base/random.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Run mistake in a process of its own; what that wrote to stderr is in said. */
static void assert_ends_process(void (*mistake)(void), const char *said)
{
    char text[1024] = {0};
    int report[2], status;
    assert_int_equal(pipe(report), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(report[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        mistake();
        _exit(0);
    }
    close(report[1]);
    waitpid(child, &status, 0);
    assert_true(read(report[0], text, sizeof(text) - 1) > 0);
    close(report[0]);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    if (!strstr(text, said))
        fail_msg("it said: %s", text);
}

static void fail_a_check(void)
{
    volatile int two = 2;
    CHECK(two > 1);
    CHECK(two > 3);
}

static void test_a_failed_check_names_its_place(void **state)
{
    assert_ends_process(fail_a_check, "test_check.c:");
    assert_ends_process(fail_a_check, "two > 3");
}

struct thing {
    unsigned magic;
};

static void use_a_stale_thing(void)
{
    struct thing thing = {1};
    CHECK_MAGIC(&thing, 1u);
    thing.magic = 0;
    CHECK_MAGIC(&thing, 1u);
}

static void use_no_thing(void)
{
    struct thing *volatile thing = NULL;
    CHECK_MAGIC(thing, 1u);
}

static void test_a_stale_pointer_is_caught(void **state)
{
    assert_ends_process(use_a_stale_thing, "magic");
    assert_ends_process(use_no_thing, "magic");
}

static void consume_too_much(void)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "abc");
    buffer_consume(&buffer, 4);
}

static void reserve_the_impossible(void)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "abc");
    buffer_reserve(&buffer, SIZE_MAX - 1);
}

static void close_what_is_not_open(void)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);
    json_open_array(&writer);
    json_close_object(&writer);
}

static void leave_a_value_without_a_name(void)
{
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);
    json_open_object(&writer);
    json_write_u64(&writer, 1);
}

static void put_nothing(void)
{
    map_put(map_new(), bytes_text("key"), NULL);
}

static void draw_from_nothing(void)
{
    struct random random = random_make(1);
    random_below(&random, 0);
}

static void encode_too_much(void)
{
    static uint8_t data[BASE58_LIMIT_BYTES + 1];
    struct buffer out = {0};
    base58_encode(bytes_make(data, sizeof(data)), &out);
}

static void test_misuse_of_the_floor_is_caught(void **state)
{
    assert_ends_process(consume_too_much, "buffer.c");
    assert_ends_process(reserve_the_impossible, "buffer.c");
    assert_ends_process(close_what_is_not_open, "json_writer.c");
    assert_ends_process(leave_a_value_without_a_name, "json_writer.c");
    assert_ends_process(put_nothing, "map.c");
    assert_ends_process(draw_from_nothing, "random.c");
    assert_ends_process(encode_too_much, "base58.c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_check_names_its_place),
        cmocka_unit_test(test_a_stale_pointer_is_caught),
        cmocka_unit_test(test_misuse_of_the_floor_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
