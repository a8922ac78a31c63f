#include "test.h"

#include "base/cgroup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A group of this test's, as systemd would make one for a service. */
static char group[PATH_MAX];

static bool make_group(bool is_delegated)
{
    char folder[PATH_MAX];

    if (!cgroup_folder("", folder))
        return false;
    snprintf(group, sizeof(group), "%.*s/pond-test-%d", CGROUP_FOLDER_MAX,
             folder, getpid());
    if (mkdir(group, 0755))
        return false;
    return !is_delegated || cgroup_mark_delegated(group);
}

/* The kernel takes a moment to empty a group. */
static void remove_group(void)
{
    char own[PATH_MAX + 8];

    snprintf(own, sizeof(own), "%s/node", group);
    while (rmdir(own) && errno == EBUSY)
        usleep(1000);
    while (rmdir(group) && errno == EBUSY)
        usleep(1000);
}

/* A child that has joined the group, and then does what act says. */
static int in_group(int (*act)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (!child)
        _exit(cgroup_write(group, "cgroup.procs", "0") ? act() : 100);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int move(void)
{
    char own[PATH_MAX], expected[PATH_MAX + 8];

    if (!cgroup_make_room())
        return 1;
    snprintf(expected, sizeof(expected), "%s/node", group);
    if (!cgroup_folder("", own) || strcmp(own, expected) != 0)
        return 2;
    /* It is where it should be: there is nothing more to do. */
    return cgroup_make_room() ? 3 : 0;
}

static int stay(void)
{
    char own[PATH_MAX];

    if (cgroup_make_room())
        return 1;
    return cgroup_folder("", own) && !strcmp(own, group) ? 0 : 2;
}

static int stay_with_another(void)
{
    pid_t other = fork();

    if (!other)
        for (;;)
            pause();
    int result = stay();
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    return result;
}

#define GROUP_OR_SKIP(is_delegated)                                            \
    do {                                                                       \
        if (!make_group(is_delegated)) {                                       \
            rmdir(group);                                                      \
            print_message("# skipped: no cgroup of version 2 here\n");         \
            skip();                                                            \
        }                                                                      \
    } while (0)

static void test_a_process_alone_leaves_a_delegated_group(void **state)
{
    GROUP_OR_SKIP(true);
    assert_int_equal(in_group(move), 0);
    /* Its group is still there for the next one. */
    assert_int_equal(in_group(move), 0);
    remove_group();
}

static void test_a_group_that_was_not_given_is_left_as_it_is(void **state)
{
    GROUP_OR_SKIP(false);
    assert_false(cgroup_is_delegated(group));
    assert_int_equal(in_group(stay), 0);
    remove_group();
}

static void test_nobody_else_is_moved(void **state)
{
    GROUP_OR_SKIP(true);
    assert_true(cgroup_is_delegated(group));
    assert_int_equal(in_group(stay_with_another), 0);
    remove_group();
}

static void test_what_is_not_there_is_not_written(void **state)
{
    char folder[PATH_MAX];

    assert_false(cgroup_folder("no-such-controller", folder));
    assert_false(cgroup_write("/no/such/group", "cgroup.procs", "0"));
    assert_false(cgroup_is_delegated("/no/such/group"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_alone_leaves_a_delegated_group),
        cmocka_unit_test(test_a_group_that_was_not_given_is_left_as_it_is),
        cmocka_unit_test(test_nobody_else_is_moved),
        cmocka_unit_test(test_what_is_not_there_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
