/* A group of programs, and what is left of it when its leader ends. */
#include "test.h"

#include "base/error.h"
#include "base/program_group.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct program_group group;
    int output; /* all of the group hold its other end */
};

static int start(struct fixture *fixture, const char *script,
                 const char *folder)
{
    const char *words[] = {"sh", "-c", script, NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", "WORD=said", NULL};
    int ends[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    assert_true(nothing >= 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const struct program_group_start start = {
        .file = "/bin/sh",
        .words = words,
        .environment = environment,
        .folder = folder,
        .streams = {nothing, ends[1], nothing},
    };
    int status = program_group_start(&start, &fixture->group);
    close(nothing);
    close(ends[1]);
    fixture->output = ends[0];
    return status;
}

/* All that the group says until nobody is left that could. */
static const char *listen_to(struct fixture *fixture)
{
    static char text[256];
    size_t size = 0;
    ssize_t got;

    while ((got = read(fixture->output, text + size, sizeof(text) - 1 - size)) >
           0)
        size += (size_t)got;
    assert_int_equal(got, 0);
    text[size] = 0;
    close(fixture->output);
    return text;
}

/* It stays as it is. */
static void wait_for_end(const struct fixture *fixture)
{
    siginfo_t how;

    assert_int_equal(
        waitid(P_PID, (id_t)fixture->group.leader, &how, WEXITED | WNOWAIT), 0);
}

static void test_a_group_goes_with_its_leader(void **state)
{
    struct fixture fixture = {0};
    int code = -1, number = -1;

    assert_ok(start(&fixture, "sleep 3600 & echo $WORD; exit 3", NULL));
    pid_t leader = fixture.group.leader;
    wait_for_end(&fixture);
    /* Its number is nobody else's yet. */
    assert_int_equal(kill(-leader, 0), 0);
    assert_true(program_group_end(&fixture.group, &code, &number));
    assert_int_equal(code, 3);
    assert_int_equal(number, 0);
    assert_string_equal(listen_to(&fixture), "said\n");
    /* It is waited for, and from now on nothing is sent to that number. */
    assert_int_equal(waitpid(leader, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(fixture.group.leader, 0);
    program_group_signal(&fixture.group, SIGKILL);
    assert_false(program_group_end(&fixture.group, &code, &number));
}

static void test_a_signal_reaches_all_of_a_group(void **state)
{
    struct fixture fixture = {0};
    int code = -1, number = -1;

    assert_ok(start(&fixture, "sleep 3600 & sleep 3600", NULL));
    assert_false(program_group_end(&fixture.group, &code, &number));
    program_group_signal(&fixture.group, SIGTERM);
    assert_string_equal(listen_to(&fixture), "");
    wait_for_end(&fixture);
    assert_true(program_group_end(&fixture.group, &code, &number));
    assert_int_equal(code, 0);
    assert_int_equal(number, SIGTERM);
}

/* What this process does with its signals is its own affair. */
static void test_signals_have_their_defaults(void **state)
{
    struct fixture fixture = {0};
    int code = -1, number = -1;

    signal(SIGTERM, SIG_IGN);
    assert_ok(start(&fixture, "kill -TERM $$; echo alive", "/"));
    signal(SIGTERM, SIG_DFL);
    assert_string_equal(listen_to(&fixture), "");
    wait_for_end(&fixture);
    assert_true(program_group_end(&fixture.group, &code, &number));
    assert_int_equal(number, SIGTERM);
}

static void test_what_can_t_be_started_is_said(void **state)
{
    struct fixture fixture = {0};
    int code, number;

    assert_int_equal(start(&fixture, "exit 0", "/nowhere/at/all"), ERR_IO);
    assert_non_null(strstr(err_text(), "can't start sh"));
    assert_false(program_group_end(&fixture.group, &code, &number));
    close(fixture.output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_goes_with_its_leader),
        cmocka_unit_test(test_a_signal_reaches_all_of_a_group),
        cmocka_unit_test(test_signals_have_their_defaults),
        cmocka_unit_test(test_what_can_t_be_started_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
