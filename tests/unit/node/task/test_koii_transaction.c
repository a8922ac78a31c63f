#include "test.h"

#include "base/error.h"
#include "node/money/recipe.h"
#include "node/task/koii_transaction.h"

static const struct pubkey main_key = {.bytes = {1, 1}};
static const struct pubkey task = {.bytes = {2, 2}};
static const struct pubkey own = {.bytes = {3, 3}};
static const struct pubkey pot = {.bytes = {4, 4}};
static const struct pubkey other = {.bytes = {5, 5}};
static const struct pubkey mint = {.bytes = {6, 6}};

/* What the check says of a recipe, which is freed. */
static int check(struct recipe *recipe)
{
    struct buffer message = {0};
    struct transaction transaction;
    struct arena arena = {0};

    assert_ok(recipe_message(recipe, &(struct hash){{0}}, &message));
    assert_ok(
        transaction_parse_message(buffer_view(&message), &arena, &transaction));
    int status = koii_transaction_check(&transaction, &main_key, &task,
                                        recipe->is_kpl ? &mint : NULL);
    arena_free(&arena);
    buffer_free(&message);
    recipe_free(recipe);
    return status;
}

static struct recipe begin(const struct pubkey *payer)
{
    struct recipe recipe;

    recipe_init(&recipe, payer);
    return recipe;
}

static void test_a_tasks_own_affairs_are_let_through(void **state)
{
    struct recipe recipe = begin(&main_key);

    assert_ok(recipe_submit(&recipe, &task, &own, 7, bytes_text("proof")));
    assert_ok(recipe_audit(&recipe, &task, &own, 7, &other, false));
    assert_ok(check(&recipe));
    recipe = begin(&main_key);
    assert_ok(recipe_audit_list(&recipe, &task, &own, 7, &other, true));
    assert_ok(recipe_payout(&recipe, &task, 7, &other));
    assert_ok(check(&recipe));
    recipe = begin(&main_key);
    assert_ok(recipe_upload(&recipe, &task, &other, 7, bytes_text("{}"), 0));
    assert_ok(recipe_submit_list(&recipe, &task, &own, &other, 7));
    assert_ok(check(&recipe));
    recipe = begin(&main_key);
    assert_ok(recipe_claim(&recipe, &task, &pot, &own, &main_key));
    assert_ok(check(&recipe));
}

static void test_money_and_strangers_affairs_are_not(void **state)
{
    struct recipe recipe = begin(&main_key);

    assert_ok(recipe_transfer(&recipe, &main_key, &other, 1));
    assert_int_equal(check(&recipe), ERR_DENIED);
    /* Not beside something that is, either. */
    recipe = begin(&main_key);
    assert_ok(recipe_submit(&recipe, &task, &own, 7, bytes_text("proof")));
    assert_ok(recipe_transfer(&recipe, &own, &other, 1));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_submit(&recipe, &other, &own, 7, bytes_text("proof")));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_submit(&recipe, &task, &main_key, 7, bytes_text("x")));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_claim(&recipe, &task, &pot, &own, &other));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_claim(&recipe, &task, &pot, &main_key, &other));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_withdraw(&recipe, &task, &own));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_stake(&recipe, &task, &pot, &own,
                           &(struct recipe_account){0}, 5, ""));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&main_key);
    assert_ok(recipe_set_active(&recipe, &task, &own, false));
    assert_int_equal(check(&recipe), ERR_DENIED);
    recipe = begin(&own);
    assert_ok(recipe_submit(&recipe, &task, &own, 7, bytes_text("proof")));
    assert_int_equal(check(&recipe), ERR_DENIED);
}

/* The claim alone, without the account that the recipe makes before it. */
static struct recipe token_claim(const struct pubkey *beneficiary)
{
    struct recipe recipe = begin(&main_key);

    recipe_use_token(&recipe, &mint);
    assert_ok(recipe_claim(&recipe, &task, &pot, &own, beneficiary));
    recipe.instructions[0] = recipe.instructions[1];
    recipe.instruction_count = 1;
    return recipe;
}

static void test_a_kpl_task_has_its_own_program_and_tokens(void **state)
{
    struct recipe recipe = begin(&main_key);

    recipe_use_token(&recipe, &mint);
    assert_ok(recipe_submit(&recipe, &task, &own, 7, bytes_text("proof")));
    assert_ok(recipe_audit(&recipe, &task, &own, 7, &other, false));
    assert_ok(recipe_payout(&recipe, &task, 7, &other));
    assert_ok(check(&recipe));
    recipe = token_claim(&main_key);
    assert_ok(check(&recipe));
    recipe = token_claim(&other);
    assert_int_equal(check(&recipe), ERR_DENIED);
    /* The native program's, for a KPL task. */
    recipe = begin(&main_key);
    assert_ok(recipe_submit(&recipe, &task, &own, 7, bytes_text("proof")));
    recipe.is_kpl = true;
    assert_int_equal(check(&recipe), ERR_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tasks_own_affairs_are_let_through),
        cmocka_unit_test(test_money_and_strangers_affairs_are_not),
        cmocka_unit_test(test_a_kpl_task_has_its_own_program_and_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
