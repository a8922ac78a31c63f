/*
 * The answers about history that was dropped.
 */
#include "base/error.h"
#include "settlement/rpc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_errors_name_where_history_begins(void **state)
{
    struct rpc_fixture *test = *state;
    struct ledger_fixture *fixture = &test->ledger;
    const uint64_t last = 552; /* the newest 512 blocks stay in any case */
    ledger_keep(fixture->ledger, 20);
    for (uint64_t slot = 6; slot <= last; slot++) {
        bool is_odd = slot % 2 && slot < 60;
        struct transaction sent = {0};
        if (is_odd)
            sent = ledger_fixture_transfer(fixture, (int)(slot % 8),
                                           &rpc_fixture_target, 1000000 + slot);
        ledger_fixture_block(fixture, slot, &sent, is_odd);
    }
    rpc_assert_json(rpc_call(test, "getFirstAvailableBlock", "[]"), "result",
                    "41");
    rpc_assert_json(rpc_call(test, "minimumLedgerSlot", "[]"), "result", "41");
    rpc_assert_json(rpc_call(test, "getBlock", "[40]"), "error.code", "-32001");
    rpc_assert_json(rpc_call(test, "getBlock", "[40]"), "error.message",
                    "\"Block 40 cleaned up, does not exist on node. First "
                    "available block: 41\"");
    rpc_assert_json(rpc_call(test, "getBlock", "[41]"), "result.parentSlot",
                    "40");
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_errors_name_where_history_begins,
                                        rpc_fixture_setup,
                                        rpc_fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
