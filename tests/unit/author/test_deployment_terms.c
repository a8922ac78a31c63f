#include "author/deployment_terms.h"
#include "base/error.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/well_known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct deployment deployment = {
    .task_name = "archive",
    .description = "short",
    .executable_network = "IPFS",
    .round_time = 70,
    .audit_window = 36,
    .submission_window = 24,
    .minimum_stake_roe = 2,
    .total_bounty_roe = 1000,
    .bounty_per_round_roe = 10,
    .allowed_failed_distributions = 3,
    .space_bytes = 100000,
};
static const struct deployment_content content = {.executable_cid = "bafycode",
                                                  .metadata_cid = "bafymeta"};

static struct bytes described(const char *text)
{
    struct task_terms terms;

    deployment.description = text;
    deployment_terms(&deployment, &content, &terms);
    return terms.task_description;
}

static void expect_described(const char *text, const char *expected)
{
    assert_true(bytes_equal(described(text), bytes_text(expected)));
}

static void test_the_terms_are_those_of_the_config(void **state)
{
    struct task_terms terms;

    deployment.description = "short";
    deployment_terms(&deployment, &content, &terms);
    assert_true(bytes_equal(terms.task_name, bytes_text("archive")));
    assert_true(bytes_equal(terms.task_description, bytes_text("short")));
    assert_true(bytes_equal(terms.task_audit_program, bytes_text("bafycode")));
    assert_true(bytes_equal(terms.task_metadata, bytes_text("bafymeta")));
    assert_int_equal(terms.total_bounty_amount, 1000);
    assert_int_equal(terms.bounty_amount_per_round, 10);
    assert_int_equal(terms.round_time, 70);
    assert_int_equal(terms.audit_window, 36);
    assert_int_equal(terms.submission_window, 24);
    assert_int_equal(terms.minimum_stake_amount, 2);
    assert_int_equal(terms.allowed_failed_distributions, 3);
}

static void test_a_long_description_is_cut_to_50_characters(void **state)
{
    expect_described(
        "0123456789012345678901234567890123456789012345678901234567890",
        "01234567890123456789012345678901234567890123456789");
}

static void test_a_character_is_never_cut_in_half(void **state)
{
    struct bytes cut = described("ääääääääääääääääääääääääääääääääääääääääää"
                                 "ääääääääääää");

    /* 64 bytes hold 32 of them. */
    assert_int_equal(cut.size, 64);
    assert_true(bytes_is_utf8(cut));

    cut = described("€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€");
    assert_int_equal(cut.size, 63);
    assert_true(bytes_is_utf8(cut));
    expect_described("", "");
}

static void test_a_creation_draws_a_pot_nobody_holds_the_key_of(void **state)
{
    struct keypair payer, task;
    struct recipe recipe;
    struct task_instruction instruction;

    crypto_init();
    keypair_generate(&payer);
    keypair_generate(&task);
    deployment.description = "short";
    recipe_init(&recipe, &payer.pubkey);
    assert_int_equal(
        deployment_create(&deployment, &content, &task.pubkey, &recipe), 0);
    /* Pay for the account, allocate and assign it, lay down the terms, fill
     * the pot. */
    assert_int_equal(recipe.instruction_count, 5);
    const struct instruction *create = &recipe.instructions[3];
    assert_int_equal(task_instruction_parse(create->data, &instruction), 0);
    assert_int_equal(instruction.kind, TASK_CREATE);
    assert_true(pubkey_equal(&create->accounts[1].key, &task.pubkey));
    assert_true(task_address_is_stake_pot(&create->accounts[2].key));
    recipe_free(&recipe);
}

static void test_tokens_are_counted_in_their_own_units(void **state)
{
    static const struct {
        uint8_t decimals;
        uint64_t bounty; /* given: 10.5 tokens */
        int status;
    } cases[] = {
        {9, 10500000000, 0}, {6, 10500000, 0},        {1, 105, 0},
        {0, 0, ERR_RANGE},   {12, 10500000000000, 0}, {19, 0, ERR_RANGE},
    };
    struct keypair payer, task, pot;
    struct deployment kpl = deployment;

    crypto_init();
    keypair_generate(&payer);
    keypair_generate(&task);
    keypair_generate(&pot);
    kpl.is_kpl = true;
    kpl.description = "short";
    kpl.total_bounty_roe = 10500000000;
    kpl.bounty_per_round_roe = 0;
    kpl.minimum_stake_roe = 1000000000;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct recipe recipe;
        struct arena arena = {0};
        struct kpl_instruction instruction;

        recipe_init(&recipe, &payer.pubkey);
        assert_int_equal(deployment_create_kpl(&kpl, &content, &task.pubkey,
                                               &pot.pubkey, cases[i].decimals,
                                               &recipe),
                         cases[i].status);
        if (!cases[i].status) {
            assert_int_equal(recipe.instruction_count, 4);
            assert_int_equal(kpl_instruction_parse(recipe.instructions[3].data,
                                                   &arena, &instruction),
                             0);
            assert_int_equal(instruction.task.terms.total_bounty_amount,
                             cases[i].bounty);
        } else {
            assert_non_null(strstr(err_text(), "total_bounty_amount"));
        }
        arena_free(&arena);
        recipe_free(&recipe);
    }
}

static void test_a_mint_tells_its_decimals(void **state)
{
    uint8_t data[82] = {[44] = 6, [45] = 1};
    uint8_t decimals;

    assert_int_equal(deployment_mint_decimals(&TOKEN_PROGRAM_ID,
                                              bytes_make(data, 82), &decimals),
                     0);
    assert_int_equal(decimals, 6);
    assert_int_equal(deployment_mint_decimals(&SYSTEM_PROGRAM_ID,
                                              bytes_make(data, 82), &decimals),
                     ERR_INVALID);
    assert_int_equal(deployment_mint_decimals(&TOKEN_PROGRAM_ID,
                                              bytes_make(data, 81), &decimals),
                     ERR_INVALID);
    data[45] = 0;
    assert_int_equal(deployment_mint_decimals(&TOKEN_PROGRAM_ID,
                                              bytes_make(data, 82), &decimals),
                     ERR_INVALID);
}

/* What the field on chain holds, whole characters. */
static void test_a_name_of_wide_characters_is_cut_to_its_field(void **state)
{
    struct task_terms terms;
    struct deployment wide = deployment;

    wide.task_name = "\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac";
    wide.description = "short";
    deployment_terms(&wide, &content, &terms);
    assert_int_equal(terms.task_name.size, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_are_counted_in_their_own_units),
        cmocka_unit_test(test_a_mint_tells_its_decimals),
        cmocka_unit_test(test_a_name_of_wide_characters_is_cut_to_its_field),
        cmocka_unit_test(test_the_terms_are_those_of_the_config),
        cmocka_unit_test(test_a_long_description_is_cut_to_50_characters),
        cmocka_unit_test(test_a_character_is_never_cut_in_half),
        cmocka_unit_test(test_a_creation_draws_a_pot_nobody_holds_the_key_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
