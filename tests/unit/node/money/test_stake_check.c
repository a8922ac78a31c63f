#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/money/stake_check.h"
#include "settlement/format/well_known.h"

#define KOII 1000000000ull

static const struct pubkey payer = {{7}};

static struct stake_order order(void)
{
    return (struct stake_order){.is_active = true,
                                .minimum = 5 * KOII,
                                .bounty = 100,
                                .bounty_per_round = 10,
                                .amount = 5 * KOII};
}

static const char *refused(const struct stake_order *order)
{
    enum task_reason reason = TASK_REASON_NONE;

    if (stake_check_task(order, &reason))
        assert_int_equal(stake_check_task(order, &reason), ERR_STATE);
    return reason ? task_reason_code(reason) : "";
}

static const char *unpaid(const struct stake_order *order, uint64_t roe,
                          const struct stake_purse *purse)
{
    struct stake_purse own = *purse;
    enum task_reason reason = TASK_REASON_NONE;

    own.roe = roe;
    (void)stake_check_purse(order, &own, &payer, &reason);
    return reason ? task_reason_code(reason) : "";
}

static void test_a_task_that_pays_nothing_gets_no_stake(void **state)
{
    struct stake_order it = order();

    assert_string_equal(refused(&it), "");
    it.bounty = 9;
    assert_string_equal(refused(&it), "bounty_empty");
    it.is_active = false;
    assert_string_equal(refused(&it), "inactive");
    it.is_migrated = true;
    assert_string_equal(refused(&it), "migrated");
}

static void test_all_of_the_stake_must_reach_the_minimum(void **state)
{
    struct stake_order it = order();

    it.amount = 4 * KOII;
    assert_string_equal(refused(&it), "stake_low");
    assert_non_null(strstr(err_text(), "5 KOII at least: stake 1 KOII more"));
    it.staked = 1 * KOII;
    assert_string_equal(refused(&it), "");
    it.staked = 9 * KOII;
    it.amount = 1;
    assert_string_equal(refused(&it), "");
    it = order();
    it.is_kpl = true;
    it.minimum = 700;
    it.amount = 650;
    assert_string_equal(refused(&it), "stake_low");
    assert_non_null(strstr(err_text(), "stake 50 base units of its token"));
}

/* Rent of an account of 1,000 bytes and 10,000, two signatures, rent of a
 * wallet (Solana's rent: (128 + bytes) × 6,960). */
#define MADE 7860880ull
#define FEES 10000ull
#define LEFT 890880ull

static void test_rent_and_fees_count_beside_the_stake(void **state)
{
    struct stake_order it = order();
    struct stake_purse purse = {.key = {.is_new = true}};
    uint64_t cost = 5 * KOII + MADE + FEES;

    assert_string_equal(unpaid(&it, cost + LEFT, &purse), "");
    assert_string_equal(unpaid(&it, cost, &purse), "");
    assert_string_equal(unpaid(&it, cost + LEFT - 1, &purse), "no_coins");
    assert_non_null(strstr(err_text(), "0.000000001 KOII are missing"));
    assert_string_equal(unpaid(&it, 1 * KOII, &purse), "no_coins");
    assert_non_null(strstr(err_text(), "4.00876176 KOII are missing: it takes "
                                       "5 for the stake, 0.00786088 for"));
    assert_non_null(strstr(err_text(), "which has 1"));
    /* What the key was sent is there already. */
    purse.key.lamports = 2 * KOII;
    assert_string_equal(unpaid(&it, cost - 2 * KOII, &purse), "");
    assert_string_equal(unpaid(&it, cost - 2 * KOII - 1, &purse), "no_coins");
    purse.key.lamports = 50 * KOII;
    assert_string_equal(unpaid(&it, FEES, &purse), "");
    /* Of a key that has staked it is its stakes'. */
    purse.key.is_new = false;
    assert_string_equal(unpaid(&it, 5 * KOII + FEES, &purse), "");
    assert_string_equal(unpaid(&it, 5 * KOII + FEES - 1, &purse), "no_coins");
}

static void test_tokens_are_staked_and_coins_pay_for_it(void **state)
{
    struct stake_order it = order();
    struct stake_purse purse = {.key_has_tokens = true, .tokens = 99};

    it.is_kpl = true;
    it.amount = 100;
    assert_string_equal(unpaid(&it, KOII, &purse), "no_tokens");
    assert_non_null(strstr(err_text(), ": 1 base units of its token are"));
    purse.tokens = 100;
    assert_string_equal(unpaid(&it, FEES, &purse), "");
    purse.key_has_tokens = false;
    assert_string_equal(unpaid(&it, FEES, &purse), "no_coins");
    assert_string_equal(unpaid(&it, FEES + 2039280, &purse), "");
}

static void test_no_amount_is_too_large_to_be_refused(void **state)
{
    struct stake_order it = order();
    struct stake_purse purse = {.key = {.is_new = true}};

    it.amount = UINT64_MAX;
    assert_string_equal(unpaid(&it, UINT64_MAX, &purse), "no_coins");
}

static void test_amounts_have_their_unit(void **state)
{
    char *coins = amount_words(1500000000, false);
    char *tokens = amount_words(1500000000, true);

    assert_string_equal(coins, "1.5 KOII");
    assert_string_equal(tokens, "1500000000 base units of its token");
    free(tokens);
    free(coins);
}

static int read_tokens(const struct pubkey *owner, const uint8_t *data,
                       size_t size, const struct pubkey *mint, uint64_t *out)
{
    const struct client_account account = {.owner = *owner,
                                           .data = bytes_make(data, size)};

    return recipe_tokens_read(&account, mint, out);
}

static void test_an_account_tells_its_tokens(void **state)
{
    const struct pubkey mint = {.bytes = {9}}, other = {.bytes = {8}};
    const struct pubkey *program = &TOKEN_PROGRAM_ID;
    uint8_t data[166] = {9, [64] = 0x15, [65] = 0xcd, [66] = 0x5b, [67] = 7};
    uint64_t tokens = 1;

    assert_ok(recipe_tokens_read(NULL, &mint, &tokens));
    assert_int_equal(tokens, 0);
    assert_ok(read_tokens(program, data, 165, &mint, &tokens));
    assert_int_equal(tokens, 123456789);
    memset(data + 64, 0xff, 8);
    assert_ok(read_tokens(program, data, 165, &mint, &tokens));
    assert_true(tokens == UINT64_MAX);
    assert_int_equal(read_tokens(program, data, 165, &other, &tokens),
                     ERR_INVALID);
    assert_int_equal(read_tokens(&other, data, 165, &mint, &tokens),
                     ERR_INVALID);
    for (size_t size = 0; size <= 166; size++)
        assert_int_equal(read_tokens(program, data, size, &mint, &tokens),
                         size == 165 ? 0 : ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_task_that_pays_nothing_gets_no_stake),
        cmocka_unit_test(test_all_of_the_stake_must_reach_the_minimum),
        cmocka_unit_test(test_rent_and_fees_count_beside_the_stake),
        cmocka_unit_test(test_tokens_are_staked_and_coins_pay_for_it),
        cmocka_unit_test(test_an_account_tells_its_tokens),
        cmocka_unit_test(test_no_amount_is_too_large_to_be_refused),
        cmocka_unit_test(test_amounts_have_their_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
