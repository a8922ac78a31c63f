/* Connections come through a door, also after there was no descriptor left. */
#include "net/door.h"

#include "net_test.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_descriptors_the_loop_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
