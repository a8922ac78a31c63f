/*
 * Dropping old history: what goes, what stays, that it goes in small steps,
 * and that the ledger verifies after each of them.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/error.h"
#include "settlement/ledger_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LARGE 700 /* transactions: more than two steps can drop */

static const struct pubkey target = {{1, 2, 3}};

static uint64_t first_slot(struct ledger_fixture *fixture)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    uint64_t slot;
    assert_int_equal(ledger_first_slot(view, &slot), 0);
    ledger_view_close(view);
    return slot;
}

static uint64_t row_count(struct ledger_fixture *fixture,
                          enum ledger_table table)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    uint64_t count;
    assert_int_equal(rows_count(view->rows, table, &count), 0);
    ledger_view_close(view);
    return count;
}

static void assert_verifies(struct ledger_fixture *fixture)
{
    struct ledger_report report;
    if (ledger_check(fixture->ledger, &report))
        fail_msg("%s", err_text());
}

/* The transactions that name the target, the newest first. */
static unsigned history(struct ledger_fixture *fixture, uint64_t *oldest)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct ledger_walk *walk;
    struct ledger_place place;
    struct signature signature;
    const struct ledger_place end = {UINT64_MAX, UINT32_MAX};
    unsigned count = 0;
    assert_int_equal(ledger_walk_open(view, &target, end, &walk), 0);
    for (; !ledger_walk_next(walk, &place, &signature); count++)
        *oldest = place.slot;
    ledger_walk_close(walk);
    ledger_view_close(view);
    return count;
}

static int find(struct ledger_fixture *fixture,
                const struct transaction *transaction)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    struct ledger_place place;
    int status = ledger_find(view, transaction_id(transaction), &place);
    ledger_view_close(view);
    return status;
}

/* Empty slots after the tip, up to the last. */
static void make_empty(struct ledger_fixture *fixture, uint64_t last)
{
    while (bank_info(fixture->tip)->slot < last)
        ledger_fixture_block(fixture, bank_info(fixture->tip)->slot + 1, NULL,
                             0);
}

/* Slots 1 … last, a transfer in each odd one; its transaction is kept in
 * sent[slot]. */
static void make_slots(struct ledger_fixture *fixture, uint64_t last,
                       struct transaction *sent)
{
    for (uint64_t slot = 1; slot <= last; slot++) {
        sent[slot] = ledger_fixture_transfer(fixture, (int)(slot % 8), &target,
                                             1000000 + slot);
        ledger_fixture_block(fixture, slot, &sent[slot], slot % 2);
    }
}

static void test_all_history_stays_without_a_limit(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[61];
    uint64_t oldest;
    make_slots(fixture, 60, sent);
    assert_int_equal(first_slot(fixture), 0);
    assert_int_equal(history(fixture, &oldest), 30);
    assert_int_equal(oldest, 1);
}

static void test_older_history_goes_and_newer_stays(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[61];
    uint64_t oldest;
    struct ledger_header header;
    ledger_keep(fixture->ledger, 20);
    make_slots(fixture, 60, sent);
    /* The newest 512 blocks stay in any case: those from slot 41 on. */
    assert_int_equal(first_slot(fixture), 0);
    make_empty(fixture, 552);
    assert_int_equal(first_slot(fixture), 41);
    for (uint64_t slot = 1; slot <= 60; slot += 2)
        assert_int_equal(find(fixture, &sent[slot]),
                         slot < 41 ? ERR_NOT_FOUND : 0);
    assert_int_equal(history(fixture, &oldest), 10);
    assert_int_equal(oldest, 41);
    assert_int_equal(row_count(fixture, TABLE_RECORDS), 10);
    assert_int_equal(row_count(fixture, TABLE_SIGNATURES), 10);
    assert_int_equal(row_count(fixture, TABLE_BLOCKS), 10);
    /* Those between the blocks, and slots 60 to 552. */
    assert_int_equal(row_count(fixture, TABLE_RUNS),
                     9 + (1 + 552 - 60 + LEDGER_RUN_SLOTS_MAX - 1) /
                             LEDGER_RUN_SLOTS_MAX);
    /* Payer, target and program of each. */
    assert_int_equal(row_count(fixture, TABLE_ADDRESSES), 30);
    struct ledger_view *view = ledger_fixture_view(fixture);
    assert_int_equal(ledger_header(view, 40, &header), ERR_NOT_FOUND);
    assert_int_equal(ledger_header(view, 41, &header), 0);
    ledger_view_close(view);
    assert_verifies(fixture);
}

static void test_chain_goes_on_after_a_restart(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[61];
    ledger_keep(fixture->ledger, 5);
    make_slots(fixture, 30, sent);
    make_empty(fixture, 26 + 511);
    ledger_fixture_reopen(fixture, false);
    assert_int_equal(first_slot(fixture), 26);
    assert_verifies(fixture);
    ledger_keep(fixture->ledger, 10);
    make_empty(fixture, 570);
    assert_verifies(fixture);
    assert_int_equal(row_count(fixture, TABLE_RECORDS), 0);
    assert_int_equal(row_count(fixture, TABLE_ADDRESSES), 0);
}

static void make_large(struct ledger_fixture *fixture, uint64_t slot)
{
    struct transaction *many = calloc(LARGE, sizeof(*many));
    for (int i = 0; i < LARGE; i++)
        many[i] = ledger_fixture_transfer(fixture, i % 8, &target,
                                          1000000 + (uint64_t)i);
    ledger_fixture_block(fixture, slot, many, LARGE);
    free(many);
}

static void test_large_block_goes_in_steps_that_each_verify(void **state)
{
    struct ledger_fixture *fixture = *state;
    uint64_t before = LARGE, oldest = 0, slot = 513;
    unsigned steps = 0;
    make_large(fixture, 1);
    make_empty(fixture, 512);
    ledger_keep(fixture->ledger, 1);
    while (before > 0) {
        ledger_fixture_block(fixture, slot++, NULL, 0);
        uint64_t now = row_count(fixture, TABLE_RECORDS);
        /* Readers don't see it any longer, … */
        assert_int_equal(first_slot(fixture), 2);
        assert_int_equal(history(fixture, &oldest), 0);
        /* … but not from the disk. */
        assert_true(before - now <= 256);
        assert_int_equal(row_count(fixture, TABLE_SIGNATURES), now);
        assert_verifies(fixture);
        ledger_fixture_reopen(fixture, steps % 2);
        ledger_keep(fixture->ledger, 1);
        assert_verifies(fixture);
        before = now;
        steps++;
        assert_true(steps < 10);
    }
    assert_true(steps >= 3);
    ledger_fixture_block(fixture, slot++, NULL, 0);
    assert_int_equal(row_count(fixture, TABLE_BLOCKS), 0);
    assert_int_equal(row_count(fixture, TABLE_ADDRESSES), 0);
    assert_verifies(fixture);
}

static void test_changed_beginning_of_history_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent[61];
    struct ledger_report report;
    struct rows_view *rows;
    struct bytes value;
    uint8_t changed[16];
    ledger_keep(fixture->ledger, 20);
    make_slots(fixture, 60, sent);
    make_empty(fixture, 552);
    for (unsigned bit = 0; bit < 128; bit += 33) {
        assert_int_equal(rows_write(fixture->ledger->rows, &rows), 0);
        assert_int_equal(
            rows_get(rows, TABLE_META, bytes_text("first"), &value), 0);
        assert_int_equal(value.size, sizeof(changed));
        memcpy(changed, value.data, sizeof(changed));
        changed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(rows_put(rows, TABLE_META, bytes_text("first"),
                                  bytes_make(changed, sizeof(changed))),
                         0);
        assert_int_equal(rows_commit(rows), 0);
        assert_int_equal(ledger_check(fixture->ledger, &report), ERR_CORRUPT);
        changed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(rows_write(fixture->ledger->rows, &rows), 0);
        assert_int_equal(rows_put(rows, TABLE_META, bytes_text("first"),
                                  bytes_make(changed, sizeof(changed))),
                         0);
        assert_int_equal(rows_commit(rows), 0);
    }
    assert_verifies(fixture);
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, ledger_fixture_setup,                \
                                    ledger_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_all_history_stays_without_a_limit),
        TEST(test_older_history_goes_and_newer_stays),
        TEST(test_chain_goes_on_after_a_restart),
        TEST(test_large_block_goes_in_steps_that_each_verify),
        TEST(test_changed_beginning_of_history_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
