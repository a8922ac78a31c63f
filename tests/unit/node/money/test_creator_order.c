/*
 * Orders of a task's creator: what is refused before, what they cost, what
 * their transactions are, and how the journal knows them again.
 */
#include "test.h"

#include "base/error.h"
#include "node/money/creator_order.h"
#include "node/money/transfer.h"
#include "settlement/format/account.h"
#include "settlement/format/task_error.h"

#include <string.h>

#define KOII 1000000000ull

static struct pubkey key_of(uint8_t number)
{
    const uint8_t seed[32] = {number};
    struct keypair keypair;

    keypair_from_seed(seed, &keypair);
    return keypair.pubkey;
}

static struct creator_order funding(uint64_t amount)
{
    return (struct creator_order){
        .kind = JOURNAL_FUND, .task = key_of(4), .amount = amount};
}

static struct creator_order switching(bool is_active)
{
    return (struct creator_order){
        .kind = JOURNAL_ACTIVE, .task = key_of(4), .is_active = is_active};
}

static struct creator_facts known(void)
{
    return (struct creator_facts){
        .is_active = true, .stake_pot = key_of(5), .lamports = 10 * KOII};
}

static void expect(const struct creator_order *order,
                   const struct creator_facts *facts, const char *field,
                   const char *words)
{
    struct creator_cost cost;

    assert_int_equal(creator_order_judge(order, facts, &cost), ERR_STATE);
    if (field)
        assert_string_equal(cost.field, field);
    else
        assert_null(cost.field);
    if (!strstr(err_text(), words))
        fail_msg("\"%s\" does not say \"%s\"", err_text(), words);
}

static void test_a_bounty_costs_what_is_added_and_an_account(void **state)
{
    struct creator_order order = funding(3 * KOII);
    struct creator_facts facts = known();
    struct creator_cost cost;

    assert_ok(creator_order_judge(&order, &facts, &cost));
    assert_int_equal(cost.fee, 2 * TRANSFER_FEE_ROE);
    assert_int_equal(cost.account, task_instruction_fund_lamports());
    assert_int_equal(cost.left, 7 * KOII - cost.fee - cost.account);
    /* All of it can go, and a roe more can't. */
    order.amount = 10 * KOII - cost.fee - cost.account;
    assert_ok(creator_order_judge(&order, &facts, &cost));
    assert_int_equal(cost.left, 0);
    order.amount++;
    expect(&order, &facts, "amount", "there are 10 KOII");
    order.amount -= 2;
    expect(&order, &facts, "amount", "would be left in the wallet");
    order.amount = UINT64_MAX;
    expect(&order, &facts, "amount", "not so many");
    order.amount = 0;
    expect(&order, &facts, "amount", "the amount is 0");
}

static void test_tokens_go_straight_from_the_wallet(void **state)
{
    struct creator_order order = funding(50);
    struct creator_facts facts = known();
    struct creator_cost cost;

    facts.is_kpl = true;
    facts.token = key_of(6);
    facts.tokens = 70;
    assert_ok(creator_order_judge(&order, &facts, &cost));
    assert_int_equal(cost.fee, TRANSFER_FEE_ROE);
    assert_int_equal(cost.account, 0);
    assert_int_equal(cost.left, 20);
    order.amount = 71;
    expect(&order, &facts, "amount", "70 base units");
    order.amount = 70;
    facts.lamports = cost.fee - 1;
    expect(&order, &facts, "amount", "with the fee");
}

static void test_a_switch_is_turned_once(void **state)
{
    struct creator_order off = switching(false), on = switching(true);
    struct creator_facts facts = known();
    struct creator_cost cost;

    assert_ok(creator_order_judge(&off, &facts, &cost));
    assert_int_equal(cost.fee, TRANSFER_FEE_ROE);
    assert_int_equal(cost.left, 10 * KOII - TRANSFER_FEE_ROE);
    expect(&on, &facts, "active", "switched on already");
    facts.is_active = false;
    assert_ok(creator_order_judge(&on, &facts, &cost));
    expect(&off, &facts, "active", "switched off already");
    facts.lamports = 4999;
    expect(&on, &facts, NULL, "with the fee");
}

static void test_nothing_is_done_with_a_task_that_moved(void **state)
{
    struct creator_order orders[] = {funding(KOII), switching(true)};
    struct creator_facts facts = known();

    facts.is_migrated = true;
    facts.is_active = false;
    for (size_t i = 0; i < 2; i++)
        expect(&orders[i], &facts, NULL, "has moved");
}

static void test_a_refusal_is_a_sentence(void **state)
{
    assert_non_null(
        strstr(creator_order_refusal(JOURNAL_ACTIVE, TASK_ERROR_NOT_OWNER),
               "only the wallet"));
    assert_non_null(creator_order_refusal(JOURNAL_ACTIVE, TASK_ERROR_MIGRATED));
    assert_null(creator_order_refusal(JOURNAL_ACTIVE, 0));
    /* The System program has a 2, too. */
    assert_null(creator_order_refusal(JOURNAL_FUND, TASK_ERROR_NOT_OWNER));
    assert_null(creator_order_refusal(JOURNAL_TRANSFER, TASK_ERROR_NOT_OWNER));
}

/* ---- the transaction and the journal ---- */

static void put_wire(const struct creator_order *order,
                     const struct creator_facts *facts, size_t signers,
                     struct buffer *wire)
{
    static const struct hash blockhash = {.bytes = {9}};
    const struct pubkey wallet = key_of(1), funder = key_of(2);
    struct recipe recipe;

    assert_ok(creator_order_compose(order, facts, &wallet, &funder, &recipe));
    assert_int_equal(recipe.signer_count, signers);
    assert_true(pubkey_equal(&recipe.signers[0], &wallet));
    buffer_u8(wire, (uint8_t)signers);
    buffer_resize(wire, 1 + 64 * signers);
    assert_ok(recipe_message(&recipe, &blockhash, wire));
    recipe_free(&recipe);
}

static void expect_read(const struct creator_order *order,
                        const struct creator_facts *facts, size_t signers)
{
    struct creator_order found;
    struct buffer wire = {0};
    struct pubkey mint;

    put_wire(order, facts, signers, &wire);
    assert_ok(creator_order_read(buffer_view(&wire), &found, &mint));
    assert_true(creator_order_is_same(order, &found));
    if (order->kind == JOURNAL_FUND)
        assert_true(pubkey_equal(&mint, &facts->token));
    for (size_t size = 0; size < wire.size; size++)
        assert_int_equal(
            creator_order_read(bytes_make(wire.data, size), &found, NULL),
            ERR_CORRUPT);
    buffer_free(&wire);
}

static void test_a_transaction_says_what_was_ordered(void **state)
{
    const struct creator_order fund = funding(1000000000000000001ull);
    const struct creator_order orders[] = {switching(true), switching(false)};
    struct creator_facts facts = known();

    expect_read(&fund, &facts, 2);
    expect_read(&orders[0], &facts, 1);
    expect_read(&orders[1], &facts, 1);
    facts.is_kpl = true;
    facts.token = key_of(6);
    expect_read(&fund, &facts, 1);
    expect_read(&orders[0], &facts, 1);
}

static void test_another_transaction_is_no_order(void **state)
{
    static const struct hash blockhash = {.bytes = {9}};
    const struct transfer transfer = {
        .from = key_of(1), .to = key_of(2), .amount = KOII};
    struct creator_order found;
    struct buffer wire = {0};
    struct recipe recipe;

    transfer_compose(&transfer, &recipe);
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 65);
    assert_ok(recipe_message(&recipe, &blockhash, &wire));
    assert_int_equal(creator_order_read(buffer_view(&wire), &found, NULL),
                     ERR_CORRUPT);
    buffer_free(&wire);
    recipe_free(&recipe);
}

static void test_orders_that_differ_are_not_the_same(void **state)
{
    const struct creator_order one = funding(1);
    struct creator_order other = one;

    assert_true(creator_order_is_same(&one, &other));
    other.amount = 2;
    assert_false(creator_order_is_same(&one, &other));
    other = one;
    other.task = key_of(7);
    assert_false(creator_order_is_same(&one, &other));
    other = switching(true);
    assert_false(creator_order_is_same(&one, &other));
}

static void test_a_key_has_a_name_for_each_kind(void **state)
{
    static const char key[] = "0b7f1a52-36a4-4f0e-9d5a-8c2e71f0ab13";
    struct journal_name fund, active, again, transfer;

    creator_order_name(key, JOURNAL_FUND, &fund);
    creator_order_name(key, JOURNAL_ACTIVE, &active);
    creator_order_name("0B7F1A52-36A4-4F0E-9D5A-8C2E71F0AB13", JOURNAL_FUND,
                       &again);
    transfer_name(key, &transfer);
    assert_memory_equal(&fund, &again, sizeof(fund));
    assert_int_equal(fund.kind, JOURNAL_FUND);
    assert_int_equal(active.kind, JOURNAL_ACTIVE);
    assert_int_equal(transfer.kind, JOURNAL_TRANSFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bounty_costs_what_is_added_and_an_account),
        cmocka_unit_test(test_tokens_go_straight_from_the_wallet),
        cmocka_unit_test(test_a_switch_is_turned_once),
        cmocka_unit_test(test_nothing_is_done_with_a_task_that_moved),
        cmocka_unit_test(test_a_refusal_is_a_sentence),
        cmocka_unit_test(test_a_transaction_says_what_was_ordered),
        cmocka_unit_test(test_another_transaction_is_no_order),
        cmocka_unit_test(test_orders_that_differ_are_not_the_same),
        cmocka_unit_test(test_a_key_has_a_name_for_each_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
