#include "test.h"

#include "base/error.h"
#include "node/money/recipe.h"

static struct keypair key_of(uint8_t number)
{
    const uint8_t seed[32] = {number};
    struct keypair keypair;

    keypair_from_seed(seed, &keypair);
    return keypair;
}

/* The account's creation comes first, and with it a second signer. */
static void test_a_group_that_fails_leaves_nothing(void **state)
{
    const struct keypair payer = key_of(1), staking = key_of(2);
    const struct pubkey task = {.bytes = {7}}, pot = {.bytes = {8}};
    char address[66];
    struct recipe recipe;

    memset(address, 'a', sizeof(address));
    address[65] = 0; /* one more than a stake holds */
    recipe_init(&recipe, &payer);
    assert_true(recipe_stake(&recipe, &task, &pot, &staking, true, 5, address) <
                0);
    assert_int_equal(recipe.instruction_count, 0);
    assert_int_equal(recipe.signer_count, 1);
    address[64] = 0;
    assert_ok(recipe_stake(&recipe, &task, &pot, &staking, true, 5, address));
    assert_int_equal(recipe.instruction_count, 2);
    assert_int_equal(recipe.signer_count, 2);
    recipe_free(&recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_that_fails_leaves_nothing),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
