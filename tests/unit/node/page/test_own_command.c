/*
 * A command of this program beside a loop. The program is the test itself,
 * which plays a command when it is called "pond".
 */
#include "../../test.h"

#include "base/check.h"
#include "base/error.h"
#include "node/page/own_command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the command ---- */

static int play(const char *what, char **words)
{
    char secret[64] = "";

    if (!strcmp(what, "secret")) {
        size_t size = fread(secret, 1, sizeof(secret) - 1, stdin);
        bool is_told = !strcmp(words[0], "--json") &&
                       !strcmp(words[1], "--progress") && !words[2];
        printf("{\"size\":%zu,\"told\":%d,\"secret\":\"%s\",\"kept\":%d}", size,
               is_told, secret, getenv("POND_SECRET") == NULL);
        return 0;
    }
    if (!strcmp(what, "steps")) {
        fputs("esbuild speaks\n{\"doing\":\"build\",\"step\":1,\"of\":2}\n"
              "{\"doing\":\"send\",\"step\":2,\"of\":2}\n{\"doing\":\"end\"}\n",
              stderr);
        return 0;
    }
    if (!strcmp(what, "fail")) {
        puts("{\"so\":\"far\"}");
        fputs(
            "{\"error\":\"not found\",\"message\":\"no task\",\"hint\":\"make "
            "one\"}\n",
            stderr);
        return 3;
    }
    if (!strcmp(what, "flood"))
        for (;;)
            puts("0123456789012345678901234567890123456789");
    if (!strcmp(what, "deaf"))
        signal(SIGTERM, SIG_IGN);
    if (!strcmp(what, "last")) {
        signal(SIGTERM, SIG_IGN);
        fputs("{\"doing\":\"the last\"}\n", stderr);
        sleep(1);
        return 0;
    }
    if (!strcmp(what, "heir") && !fork())
        sleep(3600); /* holds the streams open */
    if (!strcmp(what, "heir"))
        return 0;
    if (!strcmp(what, "where"))
        return chdir("b") != 0;
    puts("started");
    fflush(stdout);
    fputs("{\"doing\":\"waiting\"}\n", stderr);
    for (;;)
        pause();
}

/* ---- the test ---- */

struct fixture {
    uv_loop_t loop;
    struct own_commands *commands;
    struct own_command *command;
    int status;
    char text[256], hint[256], output[256], doing[256];
    unsigned ended, steps;
    bool cancels, is_closed;
};

static void on_said(void *user, const struct own_command_progress *progress)
{
    struct fixture *fixture = user;
    size_t size = strlen(fixture->doing);

    snprintf(fixture->doing + size, sizeof(fixture->doing) - size, "%s%u/%u ",
             progress->doing, progress->step, progress->of);
    if (fixture->cancels)
        own_command_cancel(fixture->command);
}

static void on_ended(void *user, const struct own_command_end *end)
{
    struct fixture *fixture = user;

    fixture->ended++;
    fixture->status = end->status;
    snprintf(fixture->text, sizeof(fixture->text), "%s", err_text());
    snprintf(fixture->hint, sizeof(fixture->hint), "%s", end->hint);
    snprintf(fixture->output, sizeof(fixture->output), "%.*s",
             (int)end->output.size, (const char *)end->output.data);
}

static const struct own_command_events events = {on_said, on_ended};

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void open_commands(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->commands = own_commands_new(&fixture->loop);
}

static void close_commands(struct fixture *fixture)
{
    own_commands_close(fixture->commands, on_closed, fixture);
    assert_false(fixture->is_closed);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_true(fixture->is_closed);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
}

static int start(struct fixture *fixture, const char *what, const char *input,
                 uint64_t limit_ms)
{
    const char *words[] = {what, NULL};
    const struct own_command_order order = {.words = words,
                                            .input = bytes_text(input),
                                            .output_max = 200,
                                            .limit_ms = limit_ms};

    return own_command_start(fixture->commands, &order, &events, fixture,
                             &fixture->command);
}

static void run(struct fixture *fixture, const char *what, uint64_t limit_ms)
{
    open_commands(fixture);
    assert_int_equal(start(fixture, what, "", limit_ms), 0);
    assert_int_equal(fixture->ended, 0);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture->ended, 1);
    close_commands(fixture);
}

static void test_input_and_output(void **state)
{
    struct fixture fixture;

    setenv("POND_SECRET", "1", 1);
    open_commands(&fixture);
    assert_int_equal(start(&fixture, "secret", "word", 60000), 0);
    uv_run(&fixture.loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture.status, 0);
    assert_string_equal(
        fixture.output,
        "{\"size\":4,\"told\":1,\"secret\":\"word\",\"kept\":1}");
    close_commands(&fixture);
}

static void test_progress(void **state)
{
    struct fixture fixture;

    run(&fixture, "steps", 60000);
    assert_int_equal(fixture.status, 0);
    assert_string_equal(fixture.doing, "build1/2 send2/2 end0/0 ");
}

static void test_error_is_the_commands(void **state)
{
    struct fixture fixture;

    run(&fixture, "fail", 60000);
    assert_int_equal(fixture.status, ERR_NOT_FOUND);
    assert_string_equal(fixture.text, "no task");
    assert_string_equal(fixture.hint, "make one");
    assert_string_equal(fixture.output, "{\"so\":\"far\"}\n");
}

static void test_silent_failure(void **state)
{
    struct fixture fixture;

    run(&fixture, "where", 60000);
    assert_int_equal(fixture.status, ERR_CLOSED);
    assert_string_equal(fixture.text, "the command ended with status 1");
}

static void test_limits(void **state)
{
    struct fixture fixture;

    run(&fixture, "flood", 60000);
    assert_int_equal(fixture.status, ERR_LIMIT);
    assert_int_equal(strlen(fixture.output), 200);
    run(&fixture, "wait", 50);
    assert_int_equal(fixture.status, ERR_TIMEOUT);
    run(&fixture, "deaf", 300);
    assert_int_equal(fixture.status, ERR_TIMEOUT);
}

/* What a command leaves behind does not keep it. */
static void test_left_behind(void **state)
{
    struct fixture fixture;

    run(&fixture, "heir", 60000);
    assert_int_equal(fixture.status, 0);
}

static void test_called_off(void **state)
{
    struct fixture fixture;

    open_commands(&fixture);
    fixture.cancels = true;
    assert_int_equal(start(&fixture, "wait", "", 60000), 0);
    uv_run(&fixture.loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture.status, ERR_CANCELLED);
    /* What was done already is done. */
    assert_int_equal(start(&fixture, "last", "", 60000), 0);
    uv_run(&fixture.loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture.status, 0);
    close_commands(&fixture);
}

static void test_as_many_as_may_be(void **state)
{
    struct fixture fixture;

    open_commands(&fixture);
    for (size_t i = 0; i < OWN_COMMANDS_MAX; i++)
        assert_int_equal(start(&fixture, "wait", "", 60000), 0);
    assert_int_equal(start(&fixture, "wait", "", 60000), ERR_BUSY);
    close_commands(&fixture);
    assert_int_equal(fixture.ended, OWN_COMMANDS_MAX);
    assert_int_equal(fixture.status, ERR_CANCELLED);
}

static void test_in_a_folder(void **state)
{
    struct fixture fixture;
    const char *words[] = {"secret", NULL};
    struct own_command_order order = {
        .words = words, .folder = "/", .output_max = 200, .limit_ms = 60000};

    open_commands(&fixture);
    assert_int_equal(
        own_command_start(fixture.commands, &order, &events, &fixture, NULL),
        0);
    uv_run(&fixture.loop, UV_RUN_DEFAULT);
    assert_int_equal(fixture.status, 0);
    order.folder = "/nowhere/at/all";
    assert_int_equal(
        own_command_start(fixture.commands, &order, &events, &fixture, NULL),
        ERR_IO);
    close_commands(&fixture);
    assert_int_equal(fixture.ended, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_and_output),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_error_is_the_commands),
        cmocka_unit_test(test_silent_failure),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_left_behind),
        cmocka_unit_test(test_called_off),
        cmocka_unit_test(test_as_many_as_may_be),
        cmocka_unit_test(test_in_a_folder),
    };

    if (argc > 1 && !strcmp(argv[0], "pond"))
        return play(argv[1], argv + 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
