#include "settlement/replay.h"

#include "base/error.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

static int setup(void **state)
{
    struct ledger_fixture *fixture = calloc(1, sizeof *fixture);
    ledger_fixture_open(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    ledger_fixture_close(*state);
    free(*state);
    return 0;
}

static int replay(struct ledger_fixture *fixture, bool check_signatures,
                  struct replay_report *report)
{
    const struct replay_options options = {.check_signatures = check_signatures,
                                           .threads = 2};
    return ledger_replay(fixture->ledger, &options, report);
}

/* Full blocks and runs of empty ones, restarts in between. */
static void make_history(struct ledger_fixture *fixture, uint64_t slots)
{
    for (uint64_t slot = 1; slot <= slots; slot++) {
        if (slot % 4 == 0) {
            struct transaction transactions[2] = {
                ledger_fixture_transfer(fixture, (int)(slot % 8), &target,
                                        1000000 + slot),
                ledger_fixture_transfer(fixture, (int)(slot % 8), &target,
                                        2000000 + slot)};
            ledger_fixture_block(fixture, slot, transactions, 2);
        } else {
            ledger_fixture_block(fixture, slot, NULL, 0);
        }
        if (slot % 7 == 0)
            ledger_fixture_reopen(fixture, slot % 2);
    }
}

static void test_history_leads_to_the_same_state_again(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 30);
    if (replay(fixture, true, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 30);
    assert_int_equal(report.blocks, 7);
    assert_int_equal(report.transactions, 14);
    assert_int_equal(report.empty_slots, 23);
}

static void test_new_ledger_replays_to_its_genesis(void **state)
{
    struct replay_report report;
    if (replay(*state, true, &report))
        fail_msg("%s", err_text());
    assert_int_equal(report.slot, 0);
    assert_int_equal(report.blocks, 0);
}

/* Banks don't look at signatures, so such a block can be made. */
static void test_wrong_signature_is_found_only_where_asked_for(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 5);
    struct transaction transaction =
        ledger_fixture_transfer(fixture, 0, &target, 7000000);
    ((uint8_t *)transaction.wire.data)[10] ^= 1;
    ledger_fixture_block(fixture, 6, &transaction, 1);
    assert_int_equal(replay(fixture, false, &report), 0);
    assert_int_equal(replay(fixture, true, &report), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "block 6"));
}

/* An account begins with one roe more than it had when the blocks were made.
 */
static void test_block_on_another_state_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct replay_report report;
    make_history(fixture, 5);
    struct transaction transaction =
        ledger_fixture_transfer(fixture, 0, &target, 7000000);
    struct genesis_account *accounts =
        (struct genesis_account *)fixture->chain.genesis.accounts;
    ledger_fixture_block(fixture, 6, &transaction, 1);
    accounts[0].account.lamports += 1;
    assert_int_equal(replay(fixture, true, &report), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "executes to state"));
    accounts[0].account.lamports -= 1;
    assert_int_equal(replay(fixture, true, &report), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_history_leads_to_the_same_state_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_new_ledger_replays_to_its_genesis,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_wrong_signature_is_found_only_where_asked_for, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_block_on_another_state_is_found,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
