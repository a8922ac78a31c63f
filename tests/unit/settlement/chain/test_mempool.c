#include "settlement/chain/mempool.h"

#include "base/clock.h"
#include "base/error.h"
#include "settlement/bank_fixture.h"
#include "settlement/format/block_transaction.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger/executed_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct test {
    struct fixture fixture;
    struct mempool *mempool;
};

static void open_test(struct test *test, size_t limit)
{
    fixture_open(&test->fixture);
    test->mempool = mempool_new(limit);
}

static void close_test(struct test *test)
{
    mempool_free(test->mempool);
    fixture_close(&test->fixture);
}

static struct transaction transfer(struct test *test, int from,
                                   uint64_t lamports)
{
    struct pubkey to = {{1, 2, 3}};
    return fixture_transfer(&test->fixture, &test->fixture.keys[from], &to,
                            lamports);
}

/* Two signatures cost twice the fee. */
static struct transaction dear(struct test *test, int from, uint64_t lamports)
{
    struct fixture *fixture = &test->fixture;
    const struct keypair *signers[] = {&fixture->keys[from],
                                       &fixture->keys[FIXTURE_ACCOUNTS - 1]};
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    const struct account_meta accounts[] = {
        {.key = signers[1]->pubkey, .signer = true, .writable = true},
        {.key = {{1, 2, 3}}, .writable = true}};
    const struct instruction instruction = {.program = SYSTEM_PROGRAM_ID,
                                            .accounts = accounts,
                                            .account_count = 2,
                                            .data = buffer_view(&data)};
    struct transaction transaction =
        fixture_make(fixture, signers, 2, &instruction, 1,
                     &bank_info(fixture->root)->blockhash);
    buffer_free(&data);
    return transaction;
}

static int add(struct test *test, struct transaction *transaction)
{
    return mempool_add(test->mempool, transaction, test->fixture.root);
}

static void assert_next(struct test *test, const struct transaction *expected)
{
    struct buffer wire;
    assert_true(mempool_take(test->mempool, &wire));
    assert_int_equal(wire.size, expected->wire.size);
    assert_memory_equal(wire.data, expected->wire.data, wire.size);
    buffer_free(&wire);
}

static void test_best_fee_comes_first_then_arrival(void **state)
{
    struct test test;
    open_test(&test, 16);
    struct transaction first = transfer(&test, 0, 1);
    struct transaction second = transfer(&test, 1, 2);
    struct transaction best = dear(&test, 2, 3);
    assert_int_equal(add(&test, &first), 0);
    assert_int_equal(add(&test, &second), 0);
    assert_int_equal(add(&test, &best), 0);
    assert_next(&test, &best);
    assert_next(&test, &first);
    assert_next(&test, &second);
    struct buffer wire;
    assert_false(mempool_take(test.mempool, &wire));
    close_test(&test);
}

static void test_duplicate_is_refused(void **state)
{
    struct test test;
    open_test(&test, 16);
    struct transaction once = transfer(&test, 0, 1);
    assert_int_equal(add(&test, &once), 0);
    assert_int_equal(add(&test, &once), ERR_EXISTS);
    assert_int_equal(mempool_count(test.mempool), 1);
    assert_next(&test, &once);
    assert_int_equal(add(&test, &once), 0); /* the bank decides the rest */
    close_test(&test);
}

static void test_wrong_signature_is_refused(void **state)
{
    struct test test;
    open_test(&test, 16);
    struct transaction forged = transfer(&test, 0, 1);
    ((uint8_t *)forged.wire.data)[10] ^= 1;
    assert_int_equal(add(&test, &forged), ERR_DENIED);
    assert_int_equal(mempool_count(test.mempool), 0);
    close_test(&test);
}

static void test_unknown_blockhash_is_refused(void **state)
{
    struct test test;
    open_test(&test, 16);
    struct fixture *fixture = &test.fixture;
    const struct keypair *signer = &fixture->keys[0];
    const struct hash unknown = fixture_hash(99);
    const struct account_meta account = {.key = signer->pubkey, .signer = true};
    const struct instruction instruction = {
        .program = MEMO_PROGRAM_ID, .accounts = &account, .account_count = 1};
    struct transaction old =
        fixture_make(fixture, &signer, 1, &instruction, 1, &unknown);
    assert_int_equal(add(&test, &old), ERR_STATE);
    close_test(&test);
}

static void test_full_queue_drops_the_worst_for_a_better_one(void **state)
{
    struct test test;
    open_test(&test, 2);
    struct transaction first = transfer(&test, 0, 1);
    struct transaction second = transfer(&test, 1, 2);
    struct transaction third = transfer(&test, 2, 3);
    struct transaction best = dear(&test, 3, 4);
    assert_int_equal(add(&test, &first), 0);
    assert_int_equal(add(&test, &second), 0);
    assert_int_equal(add(&test, &third), ERR_FULL);
    assert_int_equal(add(&test, &best), 0);
    assert_int_equal(mempool_count(test.mempool), 2);
    assert_next(&test, &best);
    assert_next(&test, &first);
    close_test(&test);
}

/* Random adds and takes, compared with a plain list. */
static void test_order_holds_under_many_changes(void **state)
{
    struct test test;
    struct transaction waiting[64];
    size_t count = 0;
    open_test(&test, 64);
    for (unsigned i = 0; i < 400; i++) {
        bool adds = count < 48 && (i % 3 != 0 || count == 0);
        if (adds) {
            struct transaction transaction =
                i % 5 == 0 ? dear(&test, i % 8, i + 1)
                           : transfer(&test, i % 8, i + 1);
            assert_int_equal(add(&test, &transaction), 0);
            waiting[count++] = transaction;
            continue;
        }
        size_t best = 0;
        for (size_t j = 1; j < count; j++) {
            if (waiting[j].signature_count > waiting[best].signature_count)
                best = j;
        }
        assert_next(&test, &waiting[best]);
        memmove(&waiting[best], &waiting[best + 1],
                (count - best - 1) * sizeof(*waiting));
        count--;
    }
    close_test(&test);
}

static void test_wait_ends_at_its_time_or_when_woken(void **state)
{
    struct test test;
    open_test(&test, 4);
    uint64_t begin = clock_monotonic_ns();
    mempool_wait(test.mempool, begin + 5000000);
    assert_true(clock_monotonic_ns() >= begin + 5000000);
    mempool_wake(test.mempool);
    mempool_wait(test.mempool, UINT64_MAX / 2);
    struct transaction one = transfer(&test, 0, 1);
    assert_int_equal(add(&test, &one), 0);
    mempool_wait(test.mempool, UINT64_MAX / 2);
    close_test(&test);
}

/* ---- One of several validators ---- */

/* Shares of this endpoint's clients, and of each of two peers. */
static void open_with_shares(struct test *test, size_t own, size_t peer)
{
    const size_t shares[] = {own, peer, peer};
    fixture_open(&test->fixture);
    test->mempool = mempool_new_of_several(shares, 3, 4);
}

static void open_one_of_several(struct test *test)
{
    open_with_shares(test, 2, 1);
}

/* An executed block with these transactions, on the genesis. */
static struct executed_block *
block_of(struct test *test, const struct transaction *sent, size_t count)
{
    struct executed_block *block = executed_block_new();
    const struct bank_block at = {.slot = 1,
                                  .unix_ms = FIXTURE_UNIX_MS,
                                  .leader = test->fixture.leader.pubkey};
    block->bank = bank_open_child(test->fixture.root, &STATE_BASE_EMPTY, &at);
    for (size_t i = 0; i < count; i++) {
        struct bank_result result;
        struct arena arena = {0};
        size_t place = block->data.size;
        bank_execute(block->bank, &sent[i], BANK_WANT_BALANCES | BANK_WANT_LOG,
                     &arena, &result);
        block_transaction_write(sent[i].wire, &block->data);
        ledger_records_add(&block->records, &sent[i], &result, place);
        arena_free(&arena);
    }
    const struct hash blockhash = fixture_hash(7);
    bank_freeze(block->bank, &blockhash);
    return block;
}

static void expect_kept(struct test *test,
                        const struct transaction *const *sent, size_t count)
{
    uint64_t after = 0;
    struct buffer wire = {0};
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&wire);
        assert_true(mempool_next_kept(test->mempool, &after, &wire));
        assert_true(bytes_equal(buffer_view(&wire), sent[i]->wire));
    }
    assert_false(mempool_next_kept(test->mempool, &after, &wire));
    buffer_free(&wire);
}

/* The block with it has not come here yet, but may be known to leaders. What
 * a peer sends, and what can pay, is not in its way. */
static void test_one_of_several_keeps_an_unknown_blockhash(void **state)
{
    struct test test;
    open_one_of_several(&test);
    const struct keypair *signer = &test.fixture.keys[0];
    const struct hash unknown = fixture_hash(99);
    const struct account_meta account = {.key = signer->pubkey, .signer = true};
    const struct instruction instruction = {
        .program = MEMO_PROGRAM_ID, .accounts = &account, .account_count = 1};
    struct transaction ahead =
        fixture_make(&test.fixture, &signer, 1, &instruction, 1, &unknown);
    struct transaction paying = transfer(&test, 1, 1);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, true, &ahead, test.fixture.root),
        ERR_STATE);
    assert_int_equal(add(&test, &ahead), 0);
    assert_int_equal(add(&test, &ahead), ERR_EXISTS);
    assert_int_equal(add(&test, &paying), 0);
    expect_kept(&test, (const struct transaction *[]){&ahead, &paying}, 2);
    assert_next(&test, &paying);
    assert_next(&test, &ahead);

    const struct hash other = fixture_hash(98);
    struct transaction forged =
        fixture_make(&test.fixture, &signer, 1, &instruction, 1, &other);
    ((uint8_t *)forged.wire.data)[10] ^= 1;
    assert_int_equal(add(&test, &forged), ERR_DENIED);
    close_test(&test);
}

/* What was taken is kept until a final block has it, and is offered again. */
static void test_own_transactions_are_kept_until_they_are_final(void **state)
{
    struct test test;
    open_with_shares(&test, 2, 0);
    struct transaction first = transfer(&test, 0, 1);
    struct transaction second = transfer(&test, 1, 2);
    struct transaction third = transfer(&test, 2, 3);
    assert_int_equal(add(&test, &first), 0);
    assert_int_equal(add(&test, &second), 0);
    /* It has no place among those that wait, and may be forwarded. */
    assert_int_equal(add(&test, &third), 0);
    assert_int_equal(mempool_count(test.mempool), 2);
    expect_kept(&test, (const struct transaction *[]){&first, &second, &third},
                3);
    assert_next(&test, &first);
    assert_int_equal(add(&test, &first), ERR_EXISTS);

    struct executed_block *block = block_of(&test, &first, 1);
    mempool_offer_kept(test.mempool);
    assert_int_equal(mempool_count(test.mempool), 2);
    mempool_settle(test.mempool, block);
    executed_block_release(block);
    expect_kept(&test, (const struct transaction *[]){&second, &third}, 2);
    mempool_offer_kept(test.mempool);
    assert_next(&test, &second);
    assert_next(&test, &third);
    close_test(&test);
}

/* A client that pays more is taken, and what left for it may be sent again: it
 * is forwarded after what stayed. */
static void test_the_lowest_fee_is_kept_no_longer(void **state)
{
    struct test test;
    open_one_of_several(&test);
    struct transaction sent[4], best = dear(&test, 4, 5);
    for (int i = 0; i < 4; i++) {
        sent[i] = transfer(&test, i, 1 + (uint64_t)i);
        assert_int_equal(add(&test, &sent[i]), 0);
    }
    struct transaction fifth = transfer(&test, 5, 5);
    ((uint8_t *)fifth.wire.data)[10] ^= 1;
    /* Its signature is not even looked at. */
    assert_int_equal(add(&test, &fifth), ERR_FULL);
    assert_int_equal(add(&test, &best), 0);
    expect_kept(
        &test,
        (const struct transaction *[]){&sent[0], &sent[1], &sent[2], &best}, 4);
    assert_int_equal(add(&test, &sent[3]), ERR_FULL);
    struct executed_block *block = block_of(&test, &sent[1], 1);
    mempool_settle(test.mempool, block);
    executed_block_release(block);
    assert_int_equal(add(&test, &sent[3]), 0);
    expect_kept(
        &test,
        (const struct transaction *[]){&sent[0], &sent[2], &best, &sent[3]}, 4);
    close_test(&test);
}

/* One that waits when a final block has it is not executed any more. */
static void test_what_is_final_does_not_wait(void **state)
{
    struct test test;
    open_one_of_several(&test);
    struct transaction sent[2] = {transfer(&test, 0, 1), transfer(&test, 1, 2)};
    struct transaction late = transfer(&test, 2, 3);
    assert_int_equal(add(&test, &sent[0]), 0);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, true, &sent[1], test.fixture.root),
        0);
    assert_int_equal(add(&test, &late), 0);
    struct executed_block *block = block_of(&test, sent, 2);
    mempool_settle(test.mempool, block);
    executed_block_release(block);
    assert_int_equal(mempool_count(test.mempool), 1);
    assert_next(&test, &late);
    close_test(&test);
}

/* Sent again, it would take a place here and with leaders until its blockhash
 * is old. */
static void test_what_is_final_is_not_taken_again(void **state)
{
    struct test test;
    open_one_of_several(&test);
    struct transaction sent = transfer(&test, 0, 1);
    struct transaction other = transfer(&test, 1, 2);
    struct executed_block *block = block_of(&test, &sent, 1);
    assert_int_equal(add(&test, &sent), 0);
    mempool_settle(test.mempool, block);
    executed_block_release(block);
    assert_int_equal(add(&test, &sent), ERR_STATE);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, true, &sent, test.fixture.root),
        ERR_STATE);
    assert_int_equal(add(&test, &other), 0);
    expect_kept(&test, (const struct transaction *[]){&other}, 1);
    close_test(&test);
}

/* Who sent it may have sent it to others before; each that says it took it must
 * not lose it. */
static void test_one_that_a_peer_brought_is_kept_for_a_client(void **state)
{
    struct test test;
    struct bytes none = {0};
    open_one_of_several(&test);
    struct transaction sent = transfer(&test, 0, 1);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, true, &sent, test.fixture.root), 0);
    expect_kept(&test, NULL, 0);
    struct transaction forged = sent;
    forged.is_verified = false;
    forged.message = none;
    assert_int_equal(add(&test, &forged), ERR_DENIED);
    assert_int_equal(add(&test, &sent), 0);
    assert_int_equal(mempool_count(test.mempool), 1);
    expect_kept(&test, (const struct transaction *[]){&sent}, 1);
    assert_int_equal(add(&test, &sent), ERR_EXISTS);
    assert_next(&test, &sent);
    mempool_offer_kept(test.mempool);
    assert_next(&test, &sent);
    close_test(&test);
}

/* Its signatures were checked when it came: those of the same bytes need not
 * be again. */
static void test_known_transactions_are_recognized(void **state)
{
    struct test test;
    open_one_of_several(&test);
    struct transaction sent[3] = {transfer(&test, 0, 1), transfer(&test, 1, 2),
                                  transfer(&test, 2, 3)};
    assert_int_equal(add(&test, &sent[0]), 0);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, true, &sent[1], test.fixture.root),
        0);
    assert_next(&test, &sent[0]); /* it is kept */
    /* The same first signature, under another text. */
    struct buffer other = {0};
    buffer_bytes(&other, sent[1].wire);
    other.data[other.size - 1] ^= 1;
    struct transaction forged = sent[1];
    forged.wire = buffer_view(&other);
    for (int i = 0; i < 3; i++)
        sent[i].is_verified = false;
    mempool_recognize(test.mempool, sent, 3);
    assert_true(sent[0].is_verified);
    assert_true(sent[1].is_verified);
    assert_false(sent[2].is_verified);
    forged.is_verified = false;
    mempool_recognize(test.mempool, &forged, 1);
    assert_false(forged.is_verified);
    buffer_free(&other);
    close_test(&test);
}

/* A peer may use what is free, and gives back what is another's share; what it
 * brought is not kept. */
static void test_a_peer_pushes_out_nothing_of_others(void **state)
{
    struct test test;
    open_one_of_several(&test);
    struct transaction own[2] = {transfer(&test, 0, 1), transfer(&test, 0, 2)};
    struct transaction other = transfer(&test, 1, 2);
    assert_int_equal(add(&test, &own[0]), 0);
    assert_int_equal(
        mempool_add_from(test.mempool, 2, true, &other, test.fixture.root), 0);
    for (int i = 0; i < 5; i++) {
        struct transaction flood = dear(&test, 2, 10 + (uint64_t)i);
        assert_int_equal(
            mempool_add_from(test.mempool, 1, true, &flood, test.fixture.root),
            i < 2 ? 0 : ERR_FULL);
    }
    /* Who can't pay comes last. */
    struct transaction poor = dear(&test, 3, 20);
    assert_int_equal(
        mempool_add_from(test.mempool, 1, false, &poor, test.fixture.root),
        ERR_FULL);
    assert_int_equal(mempool_count(test.mempool), 4);
    assert_int_equal(add(&test, &own[1]), 0);
    assert_int_equal(mempool_count(test.mempool), 4);
    expect_kept(&test, (const struct transaction *[]){&own[0], &own[1]}, 2);
    struct buffer wire = {0};
    size_t mine = 0;
    while (mempool_take(test.mempool, &wire)) {
        mine += bytes_equal(buffer_view(&wire), own[0].wire) ||
                bytes_equal(buffer_view(&wire), own[1].wire) ||
                bytes_equal(buffer_view(&wire), other.wire);
        buffer_free(&wire);
    }
    assert_int_equal(mine, 3);
    close_test(&test);
}

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_fee_comes_first_then_arrival),
        cmocka_unit_test(test_duplicate_is_refused),
        cmocka_unit_test(test_wrong_signature_is_refused),
        cmocka_unit_test(test_unknown_blockhash_is_refused),
        cmocka_unit_test(test_one_of_several_keeps_an_unknown_blockhash),
        cmocka_unit_test(test_full_queue_drops_the_worst_for_a_better_one),
        cmocka_unit_test(test_order_holds_under_many_changes),
        cmocka_unit_test(test_wait_ends_at_its_time_or_when_woken),
        cmocka_unit_test(test_own_transactions_are_kept_until_they_are_final),
        cmocka_unit_test(test_the_lowest_fee_is_kept_no_longer),
        cmocka_unit_test(test_what_is_final_does_not_wait),
        cmocka_unit_test(test_what_is_final_is_not_taken_again),
        cmocka_unit_test(test_one_that_a_peer_brought_is_kept_for_a_client),
        cmocka_unit_test(test_known_transactions_are_recognized),
        cmocka_unit_test(test_a_peer_pushes_out_nothing_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
