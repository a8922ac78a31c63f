/*
 * Shell scripts stand in for the servers that a private network starts.
 */
#include "base/error.h"
#include "base/file.h"
#include "devnet/network_child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct world {
    uv_loop_t loop;
    char folder[32];
    struct network_child child;
};

static struct world world;

static int set_up(void **state)
{
    memset(&world, 0, sizeof(world));
    strcpy(world.folder, "/tmp/pond-child-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(uv_loop_init(&world.loop), 0);
    return 0;
}

static int tear_down(void **state)
{
    while (!network_child_is_gone(&world.child))
        uv_run(&world.loop, UV_RUN_ONCE);
    network_child_free(&world.child);
    assert_int_equal(uv_run(&world.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&world.loop), 0);
    return file_remove_tree(world.folder);
}

static void start(const char *script)
{
    const char *arguments[] = {"/bin/sh", "-c", script, NULL};

    assert_int_equal(network_child_start(&world.child, &world.loop, "child",
                                         world.folder, arguments),
                     0);
}

static void await_ready(void)
{
    while (!world.child.is_ready && !world.child.has_ended)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_true(world.child.is_ready);
}

static void await_end(void)
{
    while (!network_child_is_gone(&world.child))
        uv_run(&world.loop, UV_RUN_ONCE);
}

static void expect_said(const char *name, const char *value)
{
    char text[64];

    assert_int_equal(
        network_child_value(&world.child, name, text, sizeof(text)), 0);
    assert_string_equal(text, value);
}

static void test_the_ready_line_is_found_and_its_values_read(void **state)
{
    char text[64];

    start("echo some words; printf 'ready rpc=http://h:1 '; sleep 0.05; "
          "echo ws=ws://h:2; exec sleep 60");
    await_ready();
    expect_said("rpc", "http://h:1");
    expect_said("ws", "ws://h:2");
    assert_int_equal(network_child_value(&world.child, "w", text, sizeof(text)),
                     ERR_NOT_FOUND);
    assert_int_equal(network_child_value(&world.child, "rpc", text, 4),
                     ERR_LIMIT);
    network_child_stop(&world.child);
}

static void test_stopping_asks_with_sigterm(void **state)
{
    start(
        "trap 'exit 7' TERM; echo ready as=ever; while :; do sleep 0.02; done");
    await_ready();
    network_child_stop(&world.child);
    await_end();
    assert_int_equal(world.child.exit_status, 7);
    assert_int_equal(world.child.exit_signal, 0);
}

static void test_a_child_that_ends_is_reported_with_its_log(void **state)
{
    start("echo first >&2; echo the last word >&2; exit 3");
    await_end();
    assert_false(world.child.is_ready);
    assert_int_equal(network_child_failed(&world.child), ERR_CLOSED);
    assert_non_null(strstr(err_text(), "status 3"));
    assert_non_null(strstr(err_text(), "the last word"));
}

/* The log is that of every child of the name so far, and may be long. */
static void test_an_earlier_childs_log_is_not_shown(void **state)
{
    start("echo the port is taken >&2; head -c 9000000 /dev/zero >&2; "
          "echo >&2; exit 3");
    await_end();
    network_child_free(&world.child);
    start("echo the disk is full >&2; exit 3");
    await_end();
    assert_int_equal(network_child_failed(&world.child), ERR_CLOSED);
    assert_non_null(strstr(err_text(), "the disk is full"));
    assert_null(strstr(err_text(), "the port is taken"));
}

static void test_the_end_of_a_long_log_is_shown(void **state)
{
    start("yes 'a line' | head -c 9000000 >&2; echo the last word >&2; exit 3");
    await_end();
    assert_int_equal(network_child_failed(&world.child), ERR_CLOSED);
    assert_non_null(strstr(err_text(), "the last word"));
}

static void test_a_killed_child_is_reported_with_its_signal(void **state)
{
    start("kill -9 $$");
    await_end();
    assert_int_equal(network_child_failed(&world.child), ERR_CLOSED);
    assert_non_null(strstr(err_text(), "signal 9"));
}

static void test_a_child_knows_its_parent(void **state)
{
    char parent[24];

    start("echo ready parent=$POND_PARENT; exec sleep 60");
    await_ready();
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    expect_said("parent", parent);
    network_child_stop(&world.child);
}

static void test_output_without_an_end_is_not_kept(void **state)
{
    start("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo ready as=ever; "
          "exec sleep 60");
    await_ready();
    assert_true(world.child.line.size <= 2 * NETWORK_CHILD_LINE_MAX);
    network_child_stop(&world.child);
}

static void test_a_program_that_is_not_there_is_an_error(void **state)
{
    const char *arguments[] = {"/nowhere/pond", NULL};

    assert_int_equal(network_child_start(&world.child, &world.loop, "child",
                                         world.folder, arguments),
                     ERR_IO);
    assert_non_null(strstr(err_text(), "/nowhere/pond"));
}

#define CHILD_TEST(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHILD_TEST(test_the_ready_line_is_found_and_its_values_read),
        CHILD_TEST(test_stopping_asks_with_sigterm),
        CHILD_TEST(test_a_child_that_ends_is_reported_with_its_log),
        CHILD_TEST(test_an_earlier_childs_log_is_not_shown),
        CHILD_TEST(test_the_end_of_a_long_log_is_shown),
        CHILD_TEST(test_a_killed_child_is_reported_with_its_signal),
        CHILD_TEST(test_a_child_knows_its_parent),
        CHILD_TEST(test_output_without_an_end_is_not_kept),
        CHILD_TEST(test_a_program_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
