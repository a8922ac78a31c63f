/* Connections come through a door, also after there was no descriptor left. */
#include "net/door.h"

#include "base/error.h"
#include "net_test.h"
#include <fcntl.h>
#include <sys/resource.h>

struct visit {
    unsigned count;
    bool came;
};

static void on_arrived(void *user, int connection)
{
    struct visit *visit = user;
    visit->count++;
    visit->came = true;
    close(connection);
}

/* Every turn of the loop for a while. */
static unsigned count_turns(uv_loop_t *loop, unsigned ms)
{
    uint64_t end = clock_monotonic_ms() + ms;
    unsigned turns = 0;
    uv_timer_t tick;
    uv_timer_init(loop, &tick);
    uv_timer_start(&tick, stop_run, 10, 10);
    for (; clock_monotonic_ms() < end; turns++)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return turns;
}

static void test_without_descriptors_the_loop_rests(void **state)
{
    uv_loop_t loop;
    struct rlimit whole, none;
    struct visit visit = {0};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    uv_loop_init(&loop);
    struct door *door = door_open(&loop, listener, on_arrived, &visit);
    int peer = raw_connect(ntohs(address.sin_port));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &whole), 0);
    none = whole;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    /* A tick each 10 ms, and a try each 100 ms. */
    unsigned turns = count_turns(&loop, 300);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &whole), 0);
    assert_int_equal(visit.count, 0);
    assert_true(turns < 100);
    run_until(&loop, &visit.came);
    close(peer);
    door_close(door);
    door_close(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Who came before it listened. */
static void assert_accepts(int listener, int peer)
{
    int connection = accept(listener, NULL, NULL);

    assert_true(connection >= 0);
    close(connection);
    close(peer);
}

/* What a program does before it gives its place to another one, and that one at
 * its beginning. */
static void test_a_port_that_is_kept_is_nobody_elses(void **state)
{
    uint16_t port = 0, same;
    int listener, other;

    assert_ok(door_listen("127.0.0.1", &port, &listener));
    assert_ok(door_keep(listener));
    close(listener);
    same = port;
    assert_int_equal(door_listen("127.0.0.1", &same, &other), ERR_BUSY);
    /* Who comes meanwhile waits. */
    int peer = raw_connect(port);
    door_hand_on();
    assert_non_null(getenv("POND_DOORS"));
    door_inherit();
    assert_null(getenv("POND_DOORS"));
    assert_ok(door_listen("127.0.0.1", &same, &other));
    assert_int_equal(same, port);
    assert_accepts(other, peer);
    close(other);
    /* It is given once. */
    assert_ok(door_listen("127.0.0.1", &same, &other));
    close(other);
}

static void test_a_port_is_kept_for_who_listens_next(void **state)
{
    uint16_t port = 0, same;
    int listener, other;

    assert_ok(door_listen("127.0.0.1", &port, &listener));
    assert_ok(door_keep_here(listener));
    close(listener);
    same = port;
    int peer = raw_connect(port);
    assert_ok(door_listen("127.0.0.1", &same, &other));
    assert_accepts(other, peer);
    close(other);
    /* It is given once. */
    assert_ok(door_listen("127.0.0.1", &same, &other));
    close(other);
}

static void test_what_is_kept_and_not_wanted_is_let_go(void **state)
{
    uint16_t port = 0;
    int listener;

    assert_ok(door_listen("127.0.0.1", &port, &listener));
    char number[16];
    snprintf(number, sizeof(number), "%d", listener);
    setenv("POND_DOORS", number, 1);
    door_inherit();
    door_drop_kept();
    assert_ok(door_listen("127.0.0.1", &port, &listener));
    close(listener);
    /* Numbers that are no listeners are left alone. */
    setenv("POND_DOORS", "0,1,2,99999,-1,x", 1);
    door_inherit();
    door_drop_kept();
    assert_int_equal(fcntl(2, F_GETFD), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_descriptors_the_loop_rests),
        cmocka_unit_test(test_a_port_that_is_kept_is_nobody_elses),
        cmocka_unit_test(test_a_port_is_kept_for_who_listens_next),
        cmocka_unit_test(test_what_is_kept_and_not_wanted_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
