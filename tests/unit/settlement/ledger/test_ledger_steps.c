/*
 * Flushes of large blocks, which take several transactions: index rows ahead of
 * the block, state rows after it, and what a crash in between leaves.
 */
#include "settlement/ledger/ledger_internal.h"

#include "base/error.h"
#include "settlement/ledger/ledger_transfer.h"
#include "settlement/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

/* ---- Indexes that are ahead of the blocks ---- */

/* 12,000 index rows and 6,000 of the state: more than one transaction takes. */
#define LARGE 6000
#define LARGE_AMOUNT 1000000

static struct pubkey large_target(int i)
{
    return (struct pubkey){{9, (uint8_t)i, (uint8_t)(i >> 8)}};
}

/* sent: room for LARGE. */
static void make_large(struct ledger_fixture *fixture, struct transaction *sent)
{
    for (int i = 0; i < LARGE; i++) {
        struct pubkey to = large_target(i);
        sent[i] = ledger_fixture_transfer(fixture, i % 8, &to, LARGE_AMOUNT);
    }
}

static void test_large_block_is_indexed_in_steps(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    make_large(fixture, sent);
    ledger_fixture_block(fixture, 1, sent, LARGE);
    struct ledger_view *view = ledger_fixture_view(fixture);
    for (int i = 0; i < LARGE; i += 100) {
        struct ledger_place place;
        assert_int_equal(ledger_find(view, transaction_id(&sent[i]), &place),
                         0);
        assert_int_equal(place.slot, 1);
        assert_int_equal(place.index, i);
    }
    ledger_view_close(view);
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
}

/* One payer of eight: its transactions of the block, the newest first. */
static void test_history_goes_through_a_block_from_its_end(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    struct signature signature;
    struct ledger_place place;
    struct ledger_walk *walk;
    make_large(fixture, sent);
    ledger_fixture_block(fixture, 1, sent, LARGE);
    ledger_fixture_block(fixture, 2, NULL, 0);
    struct ledger_view *view = ledger_fixture_view(fixture);
    const struct ledger_place begins[] = {
        {UINT64_MAX, UINT32_MAX}, {2, 0}, {1, 803}, {1, 800}, {1, 0}, {0, 5}};
    const int newest[] = {LARGE - 8, LARGE - 8, 800, 792, -1, -1};
    for (size_t i = 0; i < sizeof(newest) / sizeof(newest[0]); i++) {
        assert_int_equal(ledger_walk_open(view, &fixture->chain.keys[0].pubkey,
                                          begins[i], &walk),
                         0);
        for (int at = newest[i]; at >= 0; at -= 8) {
            assert_int_equal(ledger_walk_next(walk, &place, &signature), 0);
            assert_int_equal(place.slot, 1);
            assert_int_equal(place.index, at);
            assert_memory_equal(signature.bytes,
                                transaction_id(&sent[at])->bytes, 64);
        }
        assert_int_equal(ledger_walk_next(walk, &place, &signature),
                         ERR_NOT_FOUND);
        ledger_walk_close(walk);
    }
    ledger_view_close(view);
}

/* Rows that are no list, or in a wrong order, are refused. */
/* Anybody can name addresses that begin alike, in the order that costs most:
 * the time of sorting a block's rows must not grow with the square of their
 * number. */
#define ALIKE 100000

static struct pubkey alike(uint32_t i)
{
    struct pubkey key = {{9, 9, 9, 9}};
    u32be_write(key.bytes + 28, i);
    return key;
}

static void test_addresses_that_begin_alike_are_sorted_soon(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct ledger_naming namings[ALIKE];
    struct ledger_view *view = ledger_fixture_view(fixture);
    uint64_t rows;
    for (uint32_t i = 0; i < ALIKE; i++)
        namings[i] = (struct ledger_naming){alike(ALIKE - i), i};
    clock_t begin = clock();
    /* The rows are not in the ledger, which shows after the sorting. */
    assert_int_equal(
        ledger_addresses_check(view->rows, 1, namings, ALIKE, &rows),
        ERR_CORRUPT);
    assert_true(clock() - begin < 3 * CLOCKS_PER_SEC);
    ledger_view_close(view);
}

static void test_addresses_that_begin_alike_are_distinguished(void **state)
{
    struct ledger_fixture *fixture = *state;
    enum { ADDRESSES = 40, EACH = 5 };
    struct transaction sent[ADDRESSES * EACH];
    for (uint32_t i = 0; i < ADDRESSES * EACH; i++) {
        struct pubkey to = alike(ADDRESSES - i % ADDRESSES);
        sent[i] = ledger_fixture_transfer(fixture, 0, &to, LARGE_AMOUNT + i);
    }
    ledger_fixture_block(fixture, 1, sent, ADDRESSES * EACH);
    struct ledger_view *view = ledger_fixture_view(fixture);
    for (int i = 0; i < ADDRESSES; i++) {
        struct pubkey to = alike((uint32_t)(ADDRESSES - i));
        struct ledger_walk *walk;
        struct ledger_place place;
        struct signature signature;
        assert_int_equal(
            ledger_walk_open(view, &to, (struct ledger_place){2, 0}, &walk), 0);
        for (int k = EACH - 1; k >= 0; k--) {
            assert_int_equal(ledger_walk_next(walk, &place, &signature), 0);
            assert_int_equal(place.index, k * ADDRESSES + i);
        }
        assert_int_equal(ledger_walk_next(walk, &place, &signature),
                         ERR_NOT_FOUND);
        ledger_walk_close(walk);
    }
    ledger_view_close(view);
}

static void test_broken_rows_of_addresses_are_refused(void **state)
{
    static const uint8_t cut_off[] = {1, 0x80}, twice[] = {5, 0},
                         past[] = {1, 0xff, 0xff, 0x7f};
    const struct bytes broken[] = {bytes_make(cut_off, sizeof(cut_off)),
                                   bytes_make(twice, sizeof(twice)),
                                   bytes_make(past, sizeof(past))};
    struct buffer indexes = {0};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        assert_int_equal(ledger_address_read(broken[i], &indexes), ERR_CORRUPT);
    buffer_free(&indexes);
}

/* Rows of a later slot, as an unfinished flush leaves them. */
static void write_rows_ahead(struct ledger_fixture *fixture,
                             const struct signature *signature, bool is_told)
{
    uint8_t signature_key[SIGNATURE_KEY_SIZE], address_key[ADDRESS_KEY_SIZE];
    const uint8_t index = 7;
    memcpy(signature_key, signature->bytes + 32, 8);
    u64be_write(signature_key + 8, 99);
    u32be_write(signature_key + 16, index);
    ledger_fixture_put_row(fixture, TABLE_SIGNATURES,
                           bytes_make(signature_key, sizeof(signature_key)),
                           (struct bytes){0});
    ledger_fixture_put_row(fixture, TABLE_ADDRESSES,
                           ledger_address_key(&target, 99, address_key),
                           bytes_make(&index, 1));
    if (is_told)
        ledger_fixture_put_row(fixture, TABLE_META, bytes_text("ahead"),
                               bytes_text("1"));
}

static void test_index_rows_without_a_block_mean_nothing(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent =
        ledger_fixture_transfer(fixture, 1, &target, 1000000);
    struct signature other = *transaction_id(&sent), found;
    const struct ledger_place end = {UINT64_MAX, UINT32_MAX};
    struct ledger_place place;
    struct ledger_walk *walk;
    ledger_fixture_block(fixture, 1, &sent, 1);
    other.bytes[40] ^= 1; /* the same part, another signature */
    ledger_fixture_end(fixture);
    write_rows_ahead(fixture, transaction_id(&sent), false);
    assert_int_equal(
        ledger_open(fixture->folder, &fixture->chain.genesis, &fixture->ledger),
        0);
    struct ledger_view *view = ledger_fixture_view(fixture);
    assert_int_equal(ledger_find(view, transaction_id(&sent), &place), 0);
    assert_int_equal(place.slot, 1);
    assert_int_equal(ledger_find(view, &other, &place), ERR_NOT_FOUND);
    assert_int_equal(ledger_walk_open(view, &target, end, &walk), 0);
    assert_int_equal(ledger_walk_next(walk, &place, &found), 0);
    assert_int_equal(place.slot, 1);
    assert_int_equal(ledger_walk_next(walk, &place, &found), ERR_NOT_FOUND);
    ledger_walk_close(walk);
    ledger_view_close(view);
}

static void test_what_an_unfinished_flush_left_is_swept_out(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction sent =
        ledger_fixture_transfer(fixture, 1, &target, 1000000);
    ledger_fixture_block(fixture, 1, &sent, 1);
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
    write_rows_ahead(fixture, transaction_id(&sent), false);
    assert_int_equal(ledger_fixture_check(fixture), ERR_CORRUPT);
    write_rows_ahead(fixture, transaction_id(&sent), true);
    assert_int_equal(ledger_fixture_check(fixture), 0);
}

/* ---- State rows that wait for their place ---- */

/* How many of the large block's accounts the table of the state has itself. */
static int count_in_base(struct ledger_fixture *fixture)
{
    struct ledger_view *view = ledger_fixture_view(fixture);
    const struct state_base *base = ledger_view_base(view);
    int count = 0;
    for (int i = 0; i < LARGE; i++) {
        uint8_t key[ACCOUNT_KEY_SIZE];
        struct pubkey to = large_target(i);
        struct bytes value;
        account_key(&to, key);
        count += base->get(base->user, bytes_make(key, sizeof(key)), &value);
    }
    ledger_view_close(view);
    return count;
}

static void assert_large_balances(struct ledger_fixture *fixture)
{
    for (int i = 0; i < LARGE; i += 50) {
        struct pubkey to = large_target(i);
        assert_int_equal(ledger_fixture_balance(fixture, &to), LARGE_AMOUNT);
    }
}

/* One of the transactions of ledger_settle(). */
static void settle_some(struct ledger_fixture *fixture)
{
    struct rows_view *view;
    bool is_settled;
    assert_int_equal(rows_write(fixture->ledger->rows, &view), 0);
    assert_int_equal(ledger_state_settle(view, &is_settled), 0);
    assert_false(is_settled);
    assert_int_equal(rows_commit(view), 0);
}

/* Views are right before, in the middle and after. */
static void test_large_block_is_settled_in_steps(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    make_large(fixture, sent);
    ledger_fixture_block_unsettled(fixture, 1, sent, LARGE);
    assert_int_equal(count_in_base(fixture), 0);
    assert_large_balances(fixture);
    settle_some(fixture);
    assert_in_range(count_in_base(fixture), 1000, LARGE - 1000);
    assert_large_balances(fixture);
    assert_int_equal(ledger_settle(fixture->ledger), 0);
    assert_int_equal(count_in_base(fixture), LARGE);
    assert_large_balances(fixture);
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
}

static void test_next_flush_settles_the_one_before(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    make_large(fixture, sent);
    ledger_fixture_block_unsettled(fixture, 1, sent, LARGE);
    struct transaction transaction =
        ledger_fixture_transfer(fixture, 0, &target, 5000000);
    ledger_fixture_block(fixture, 2, &transaction, 1);
    assert_int_equal(count_in_base(fixture), LARGE);
    assert_large_balances(fixture);
}

/* Killed after the flush, and again in the middle of settling. */
static void test_opening_settles_what_a_crash_left(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    for (int steps = 0; steps < 2; steps++) {
        make_large(fixture, sent);
        ledger_fixture_block_unsettled(fixture, 1, sent, LARGE);
        struct hash state_hash = bank_info(fixture->tip)->state_hash;
        for (int i = 0; i < steps; i++)
            settle_some(fixture);
        ledger_fixture_reopen(fixture, false);
        assert_int_equal(bank_info(fixture->tip)->slot, 1);
        assert_true(
            hash_equal(&bank_info(fixture->tip)->state_hash, &state_hash));
        assert_int_equal(count_in_base(fixture), LARGE);
        ledger_fixture_end(fixture);
        assert_int_equal(ledger_fixture_check(fixture), 0);
        ledger_fixture_close(fixture);
        ledger_fixture_open(fixture);
    }
}

/* A snapshot is of one slot, so it waits; the error says what to do. */
static void test_unsettled_ledger_is_not_exported(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    struct ledger_export *export;
    make_large(fixture, sent);
    ledger_fixture_block_unsettled(fixture, 1, sent, LARGE);
    assert_int_equal(ledger_export_open(fixture->ledger, &export), ERR_STATE);
    assert_non_null(strstr(err_text(), "--check"));
    ledger_fixture_end(fixture);
    assert_int_equal(ledger_fixture_check(fixture), 0);
    assert_int_equal(ledger_export_open_path(fixture->folder, &export), 0);
    assert_int_equal(ledger_export_info(export)->slot, 1);
    ledger_export_close(export);
}

/* Which bit does not matter: it is one of a value, a key or a size. */
static void test_changed_bit_in_what_waits_is_found(void **state)
{
    struct ledger_fixture *fixture = *state;
    static struct transaction sent[LARGE];
    for (int i = 0; i < 6; i++) {
        struct rows_view *view;
        struct bytes value;
        struct buffer changed = {0};
        const uint8_t chunk[4] = {0, 0, 0, 3};
        make_large(fixture, sent);
        ledger_fixture_block_unsettled(fixture, 1, sent, LARGE);
        assert_int_equal(rows_write(fixture->ledger->rows, &view), 0);
        assert_int_equal(rows_get(view, TABLE_PENDING,
                                  bytes_make(chunk, sizeof(chunk)), &value),
                         0);
        buffer_bytes(&changed, value);
        changed.data[changed.size * (size_t)i / 7 + (size_t)i] ^= 16;
        assert_int_equal(rows_put(view, TABLE_PENDING,
                                  bytes_make(chunk, sizeof(chunk)),
                                  buffer_view(&changed)),
                         0);
        assert_int_equal(rows_commit(view), 0);
        buffer_free(&changed);
        ledger_fixture_end(fixture);
        assert_int_equal(ledger_fixture_check(fixture), ERR_CORRUPT);
        ledger_fixture_close(fixture);
        ledger_fixture_open(fixture);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, ledger_fixture_setup,                \
                                    ledger_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_large_block_is_indexed_in_steps),
        TEST(test_history_goes_through_a_block_from_its_end),
        TEST(test_addresses_that_begin_alike_are_sorted_soon),
        TEST(test_addresses_that_begin_alike_are_distinguished),
        TEST(test_broken_rows_of_addresses_are_refused),
        TEST(test_index_rows_without_a_block_mean_nothing),
        TEST(test_what_an_unfinished_flush_left_is_swept_out),
        TEST(test_large_block_is_settled_in_steps),
        TEST(test_next_flush_settles_the_one_before),
        TEST(test_opening_settles_what_a_crash_left),
        TEST(test_changed_bit_in_what_waits_is_found),
        TEST(test_unsettled_ledger_is_not_exported),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
