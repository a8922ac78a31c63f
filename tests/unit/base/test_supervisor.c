#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static char folder[] = "/tmp/pond-supervisor-XXXXXX";

/* A supervisor's end: what NOTIFY_SOCKET names. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(name);
    int end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, name, size);
    if (*name == '@')
        address.sun_path[0] = 0;
    assert_true(end >= 0);
    assert_int_equal(
        bind(end, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    return end;
}

static void assert_hears(int end, const char *expected)
{
    char text[256];
    ssize_t size = recv(end, text, sizeof(text) - 1, 0);

    assert_true(size > 0);
    text[size] = 0;
    assert_string_equal(text, expected);
}

static void test_messages_reach_a_socket_in_the_file_system(void **state)
{
    char *name = mem_format("%s/notify", folder);
    int end = listen_at(name);
    struct supervisor supervisor;

    assert_ok(supervisor_open(&supervisor));
    assert_ok(supervisor_say(&supervisor, "READY=1\nSTATUS=serves"));
    assert_hears(end, "READY=1\nSTATUS=serves");
    assert_ok(supervisor_say(&supervisor, "STOPPING=1"));
    assert_hears(end, "STOPPING=1");
    supervisor_close(&supervisor);
    supervisor_close(&supervisor);
    close(end);
    unlink(name);
    free(name);
}

static void test_messages_reach_an_abstract_socket(void **state)
{
    char *name = mem_format("@pond-test-%d", (int)getpid());
    int end = listen_at(name);
    struct supervisor supervisor;

    assert_ok(supervisor_open(&supervisor));
    assert_ok(supervisor_say(&supervisor, "READY=1"));
    assert_hears(end, "READY=1");
    supervisor_close(&supervisor);
    close(end);
    free(name);
}

static void test_programs_started_later_do_not_inherit_it(void **state)
{
    char *name = mem_format("@pond-test-%d", (int)getpid());
    int end = listen_at(name);
    struct supervisor supervisor;

    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_ok(supervisor_open(&supervisor));
    assert_int_equal(supervisor.watchdog_ms, 3000);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    supervisor_close(&supervisor);
    close(end);
    free(name);
}

static void test_a_watchdog_of_another_process_is_none(void **state)
{
    char *name = mem_format("@pond-test-%d", (int)getpid());
    int end = listen_at(name);
    struct supervisor supervisor;

    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    assert_ok(supervisor_open(&supervisor));
    assert_int_equal(supervisor.watchdog_ms, 0);
    supervisor_close(&supervisor);

    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_ok(supervisor_open(&supervisor));
    assert_int_equal(supervisor.watchdog_ms, 0);
    supervisor_close(&supervisor);
    close(end);
    free(name);
}

static void test_who_takes_its_place_finds_the_same_supervisor(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        char *name = mem_format(i ? "@%s/handed" : "%s/notify", folder);
        char own[24];
        int end = listen_at(name);
        struct supervisor supervisor;

        snprintf(own, sizeof(own), "%d", (int)getpid());
        setenv("WATCHDOG_USEC", "3000000", 1);
        setenv("WATCHDOG_PID", own, 1);
        assert_ok(supervisor_open(&supervisor));
        assert_null(getenv("NOTIFY_SOCKET"));
        supervisor_hand_on(&supervisor);
        supervisor_close(&supervisor);
        assert_string_equal(getenv("NOTIFY_SOCKET"), name);
        assert_ok(supervisor_open(&supervisor));
        assert_int_equal(supervisor.watchdog_ms, 3000);
        assert_ok(supervisor_say(&supervisor, "READY=1"));
        assert_hears(end, "READY=1");
        supervisor_close(&supervisor);
        supervisor_hand_on(&supervisor);
        assert_null(getenv("NOTIFY_SOCKET"));
        close(end);
        unlink(name);
        free(name);
    }
}

static void test_nobody_listens_without_the_variable(void **state)
{
    struct supervisor supervisor;

    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_ok(supervisor_open(&supervisor));
    assert_int_equal(supervisor.watchdog_ms, 0);
    assert_ok(supervisor_say(&supervisor, "READY=1"));
    supervisor_close(&supervisor);
}

static void test_an_address_of_another_kind_is_refused(void **state)
{
    static const char *const names[] = {"vsock:2:1234", "relative", "@", "/"};
    struct supervisor supervisor;
    char *longer = mem_format("/%0200d", 1);

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        assert_int_equal(supervisor_open(&supervisor), ERR_INVALID);
    }
    setenv("NOTIFY_SOCKET", longer, 1);
    assert_int_equal(supervisor_open(&supervisor), ERR_INVALID);
    free(longer);
}

static void test_a_full_queue_and_a_supervisor_that_is_gone(void **state)
{
    char *name = mem_format("@pond-test-%d", (int)getpid());
    int end = listen_at(name);
    struct supervisor supervisor;
    int status = 0;

    assert_ok(supervisor_open(&supervisor));
    for (int i = 0; !status && i < 100000; i++)
        status = supervisor_say(&supervisor, "WATCHDOG=1");
    assert_int_equal(status, ERR_BUSY);
    close(end);
    assert_int_equal(supervisor_say(&supervisor, "WATCHDOG=1"), ERR_IO);
    supervisor_close(&supervisor);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_reach_a_socket_in_the_file_system),
        cmocka_unit_test(test_messages_reach_an_abstract_socket),
        cmocka_unit_test(test_programs_started_later_do_not_inherit_it),
        cmocka_unit_test(test_a_watchdog_of_another_process_is_none),
        cmocka_unit_test(test_who_takes_its_place_finds_the_same_supervisor),
        cmocka_unit_test(test_nobody_listens_without_the_variable),
        cmocka_unit_test(test_an_address_of_another_kind_is_refused),
        cmocka_unit_test(test_a_full_queue_and_a_supervisor_that_is_gone),
    };

    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
