/* Limits on who connects, by addresses. */
#include "test.h"

#include "base/error.h"
#include "peer/peer_gate.h"
#include "peer/peer_host.h"
#include <arpa/inet.h>
#include <stdio.h>

static peer_block block_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return peer_block_of((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return peer_block_of((struct sockaddr *)&v6);
}

/* The i-th of many blocks. */
static peer_block some_block(unsigned i)
{
    char text[32];
    snprintf(text, sizeof(text), "10.%u.%u.1", i / 256, i % 256);
    return block_of(text);
}

static void test_addresses_of_one_block_count_together(void **state)
{
    static const char *const same[][2] = {
        {"192.0.2.1", "192.0.2.254"},
        {"192.0.2.1", "::ffff:192.0.2.7"},
        {"2001:db8:1:200::1", "2001:db8:1:2ff:ffff::"},
    };
    static const char *const other[][2] = {
        {"192.0.2.1", "192.0.3.1"},
        {"2001:db8:1:200::1", "2001:db8:1:300::1"},
        {"127.0.0.1", "::1"},
        {"0.0.0.0", "::"},
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_true(block_of(same[i][0]) == block_of(same[i][1]));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        assert_true(block_of(other[i][0]) != block_of(other[i][1]));
}

static void test_a_block_has_few_places_and_all_have_128(void **state)
{
    struct peer_gate *gate = peer_gate_new(0, false);
    for (unsigned i = 0; i < PEER_STRANGERS_MAX; i++) {
        peer_block block = some_block(i / PEER_STRANGERS_BLOCK_MAX);
        assert_ok(peer_gate_enter(gate, 0, block));
        if (i % PEER_STRANGERS_BLOCK_MAX == PEER_STRANGERS_BLOCK_MAX - 1)
            assert_int_equal(peer_gate_enter(gate, 0, block), ERR_LIMIT);
    }
    assert_int_equal(peer_gate_enter(gate, 0, block_of("192.0.2.1")),
                     ERR_LIMIT);
    peer_gate_leave(gate, some_block(3));
    assert_int_equal(peer_gate_count(gate), PEER_STRANGERS_MAX - 1);
    assert_ok(peer_gate_enter(gate, 0, block_of("192.0.2.1")));
    peer_gate_free(gate);
}

static void test_a_block_that_floods_takes_nothing_from_others(void **state)
{
    struct peer_gate *gate = peer_gate_new(0, false);
    unsigned passed = 0;
    for (unsigned i = 0; i < 10000; i++)
        passed += !peer_gate_knock(gate, i / 10, some_block(1), false);
    /* One second, and what is saved up for two. */
    assert_in_range(passed, 10, 15);
    assert_ok(peer_gate_knock(gate, 1000, some_block(2), false));
    peer_gate_free(gate);
}

static void
test_many_blocks_that_flood_take_nothing_from_the_known(void **state)
{
    struct peer_gate *gate = peer_gate_new(0, false);
    unsigned passed = 0;
    for (unsigned i = 0; i < 10000; i++)
        passed += !peer_gate_knock(gate, i / 10, some_block(i), false);
    assert_in_range(passed, 100, 150);
    assert_int_equal(peer_gate_knock(gate, 999, block_of("192.0.2.1"), false),
                     ERR_LIMIT);
    for (unsigned i = 0; i < 100; i++)
        assert_ok(peer_gate_knock(gate, 999, block_of("192.0.2.1"), true));
    assert_int_equal(peer_gate_knock(gate, 999, block_of("192.0.2.1"), true),
                     ERR_LIMIT);
    /* It passes. */
    assert_ok(peer_gate_knock(gate, 2000, block_of("192.0.2.1"), false));
    peer_gate_free(gate);
}

static void test_loopback_is_free_only_if_that_is_wanted(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "127.9.9.9", "::1"};
    for (size_t i = 0; i < 3; i++)
        for (int is_free = 0; is_free < 2; is_free++) {
            struct peer_gate *gate = peer_gate_new(0, is_free);
            peer_block block = block_of(addresses[i]);
            unsigned entered = 0, knocked = 0;
            for (unsigned j = 0; j < 100; j++) {
                entered += !peer_gate_enter(gate, 0, block);
                knocked += !peer_gate_knock(gate, 0, block, false);
            }
            assert_int_equal(entered, is_free ? 100 : 4);
            assert_int_equal(knocked, is_free ? 100 : 10);
            peer_gate_free(gate);
        }
}

static void test_a_banned_block_stays_out_for_its_time(void **state)
{
    struct peer_gate *gate = peer_gate_new(0, true);
    peer_gate_ban(gate, 0, some_block(1), 5000);
    assert_int_equal(peer_gate_knock(gate, 4999, some_block(1), false),
                     ERR_DENIED);
    assert_non_null(strstr(err_text(), "for 1 s"));
    assert_int_equal(peer_gate_enter(gate, 4999, some_block(1)), ERR_DENIED);
    assert_ok(peer_gate_knock(gate, 4999, some_block(2), false));
    /* An address of a known peer is not its neighbours' to lose. */
    assert_ok(peer_gate_knock(gate, 4999, some_block(1), true));
    assert_ok(peer_gate_knock(gate, 5000, some_block(1), false));
    peer_gate_free(gate);
}

static void test_of_too_many_bans_the_first_to_end_goes(void **state)
{
    struct peer_gate *gate = peer_gate_new(0, true);
    for (unsigned i = 0; i < 300; i++)
        peer_gate_ban(gate, 0, some_block(i), 1000 + i);
    /* The same once more takes no place. */
    for (unsigned i = 0; i < 1000; i++)
        peer_gate_ban(gate, 0, some_block(299), 5000);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(peer_gate_enter(gate, 0, some_block(i)),
                         i < 44 ? 0 : ERR_DENIED);
    peer_gate_free(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_of_one_block_count_together),
        cmocka_unit_test(test_a_block_has_few_places_and_all_have_128),
        cmocka_unit_test(test_a_block_that_floods_takes_nothing_from_others),
        cmocka_unit_test(
            test_many_blocks_that_flood_take_nothing_from_the_known),
        cmocka_unit_test(test_loopback_is_free_only_if_that_is_wanted),
        cmocka_unit_test(test_a_banned_block_stays_out_for_its_time),
        cmocka_unit_test(test_of_too_many_bans_the_first_to_end_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
