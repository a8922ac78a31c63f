/*
 * Transfers: what is refused and warned of before, what the transaction is, and
 * how the journal knows it again.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/transfer.h"
#include "settlement/format/account.h"
#include "settlement/format/well_known.h"

#include <stdio.h>
#include <string.h>

#define KOII 1000000000ull

static struct pubkey key_of(uint8_t number)
{
    const uint8_t seed[32] = {number};
    struct keypair keypair;

    keypair_from_seed(seed, &keypair);
    return keypair.pubkey;
}

static struct transfer coins(uint64_t amount)
{
    return (struct transfer){
        .from = key_of(1), .to = key_of(2), .amount = amount};
}

/* A wallet of ten KOII; one that exists and was sent to before. */
static struct transfer_facts known(void)
{
    return (struct transfer_facts){.lamports = 10 * KOII,
                                   .to_exists = true,
                                   .to_lamports = KOII,
                                   .sent_before = 3};
}

static void expect_field(const struct transfer *transfer,
                         const struct transfer_facts *facts, const char *field,
                         const char *words)
{
    struct transfer_verdict verdict;

    assert_int_equal(transfer_judge(transfer, facts, &verdict), ERR_STATE);
    assert_string_equal(verdict.field, field);
    if (!strstr(err_text(), words))
        fail_msg("\"%s\" does not say \"%s\"", err_text(), words);
}

static void test_what_is_left_is_exact(void **state)
{
    struct transfer transfer = coins(3 * KOII);
    struct transfer_facts facts = known();
    struct transfer_verdict verdict;

    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.fee, 5000);
    assert_int_equal(verdict.left, 7 * KOII - 5000);
    assert_int_equal(verdict.warnings, 0);
    /* A hundred million KOII, which no double holds to the roe. */
    facts.lamports = 1000000000000000001ull + 5000 + 123456789;
    transfer.amount = 1000000000000000001ull;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.left, 123456789);
}

static void test_all_of_it_can_go_and_a_little_can_not_stay(void **state)
{
    struct transfer transfer = coins(10 * KOII - 5000);
    struct transfer_facts facts = known();
    struct transfer_verdict verdict;

    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.left, 0);
    assert_int_equal(verdict.warnings, TRANSFER_FEES_LOW);
    transfer.amount--;
    expect_field(&transfer, &facts, "amount", "send less, or all of it");
    transfer.amount = 10 * KOII - 5000 - rent_minimum_balance(0);
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    transfer.amount = 10 * KOII - 4999;
    expect_field(&transfer, &facts, "amount", "10 KOII");
    transfer.amount = UINT64_MAX;
    expect_field(&transfer, &facts, "amount", "the fee is 0.000005 KOII");
    transfer.amount = 0;
    expect_field(&transfer, &facts, "amount", "0");
}

static void test_a_new_account_needs_its_rent(void **state)
{
    struct transfer transfer = coins(rent_minimum_balance(0));
    struct transfer_facts facts = known();
    struct transfer_verdict verdict;

    facts.to_exists = false;
    facts.sent_before = 0;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_NEVER_SENT | TRANSFER_NEW);
    transfer.amount--;
    expect_field(&transfer, &facts, "amount", "a new one needs at least");
}

static void test_odd_goals_are_named(void **state)
{
    struct transfer transfer = coins(KOII);
    struct transfer_facts facts = known();
    struct transfer_verdict verdict;

    facts.to_owner = KOII_TASK_PROGRAM_ID;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_OWNED);
    facts.to_is_own_staking = true;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_OWN_STAKING);
    facts = known();
    transfer.to = recipe_tokens_of(&transfer.from, &transfer.to);
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_KEYLESS);
    transfer.to = INCINERATOR_ID;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_BURN);
    transfer.to = transfer.from;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.warnings, TRANSFER_SELF);
    facts.to_is_program = true;
    expect_field(&transfer, &facts, "to", "a program");
}

static void test_tokens_need_coins_for_fee_and_account(void **state)
{
    struct transfer transfer = coins(50);
    struct transfer_facts facts = known();
    struct transfer_verdict verdict;

    transfer.is_token = true;
    transfer.mint = key_of(3);
    expect_field(&transfer, &facts, "unit", "no such token");
    facts.is_mint = true;
    facts.tokens = 49;
    expect_field(&transfer, &facts, "amount", "49 base units");
    facts.tokens = 70;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.left, 20);
    assert_int_equal(verdict.rent, rent_minimum_balance(TOKEN_ACCOUNT_SIZE));
    assert_int_equal(verdict.warnings, TRANSFER_NEW);
    facts.lamports = 5000 + verdict.rent - 1;
    expect_field(&transfer, &facts, "amount", "an account for the token");
    facts.to_has_token = true;
    facts.lamports = 5000;
    assert_ok(transfer_judge(&transfer, &facts, &verdict));
    assert_int_equal(verdict.rent, 0);
    facts.to_owner = TOKEN_PROGRAM_ID;
    expect_field(&transfer, &facts, "to", "the wallet that it belongs to");
}

/* ---- the transaction and the journal ---- */

static void put_wire(const struct transfer *transfer,
                     struct journal_entry *entry)
{
    static const struct hash blockhash = {.bytes = {9}};
    struct buffer wire = {0};
    struct recipe recipe;

    transfer_compose(transfer, &recipe);
    assert_int_equal(recipe.signer_count, 1);
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 65);
    assert_ok(recipe_message(&recipe, &blockhash, &wire));
    assert_true(wire.size <= sizeof(entry->transaction));
    memcpy(entry->transaction, wire.data, wire.size);
    entry->transaction_size = wire.size;
    buffer_free(&wire);
    recipe_free(&recipe);
}

static void assert_same(const struct transfer *one,
                        const struct transfer *other)
{
    assert_true(pubkey_equal(&one->from, &other->from));
    assert_true(pubkey_equal(&one->to, &other->to));
    assert_true(pubkey_equal(&one->mint, &other->mint));
    assert_int_equal(one->amount, other->amount);
    assert_int_equal(one->is_token, other->is_token);
}

static void test_a_transaction_says_what_it_moves(void **state)
{
    struct transfer transfer = coins(1000000000000000001ull), found;
    struct journal_entry entry = {0};

    put_wire(&transfer, &entry);
    assert_ok(transfer_read(
        bytes_make(entry.transaction, entry.transaction_size), &found));
    assert_same(&transfer, &found);
    transfer.is_token = true;
    transfer.mint = key_of(3);
    put_wire(&transfer, &entry);
    assert_ok(transfer_read(
        bytes_make(entry.transaction, entry.transaction_size), &found));
    assert_same(&transfer, &found);
    for (size_t size = 0; size < entry.transaction_size; size++)
        assert_int_equal(
            transfer_read(bytes_make(entry.transaction, size), &found),
            ERR_CORRUPT);
}

static void test_another_transaction_is_no_transfer(void **state)
{
    static const struct hash blockhash = {.bytes = {9}};
    const struct pubkey payer = key_of(1), task = key_of(4);
    struct transfer found;
    struct buffer wire = {0};
    struct recipe recipe;

    recipe_init(&recipe, &payer);
    assert_ok(recipe_set_active(&recipe, &task, &payer, true));
    buffer_u8(&wire, 1);
    buffer_resize(&wire, 65);
    assert_ok(recipe_message(&recipe, &blockhash, &wire));
    assert_int_equal(transfer_read(buffer_view(&wire), &found), ERR_CORRUPT);
    buffer_free(&wire);
    recipe_free(&recipe);
}

static void test_a_key_is_one_name_in_any_case(void **state)
{
    struct journal_name one, other;

    transfer_name("0b7f1a52-36a4-4f0e-9d5a-8c2e71f0ab13", &one);
    transfer_name("0B7F1A52-36A4-4F0E-9D5A-8C2E71F0AB13", &other);
    assert_memory_equal(&one, &other, sizeof(one));
    assert_int_equal(one.kind, JOURNAL_TRANSFER);
    transfer_name("0b7f1a52-36a4-4f0e-9d5a-8c2e71f0ab14", &other);
    assert_false(pubkey_equal(&one.target, &other.target));
}

static void intend(struct journal *journal, const char *key,
                   const struct transfer *transfer, enum journal_state state)
{
    struct journal_entry entry = {.signature = {.bytes = {1}},
                                  .last_valid_height = 150,
                                  .amount = transfer->amount};

    put_wire(transfer, &entry);
    transfer_name(key, &entry.name);
    assert_ok(journal_intend(journal, &entry));
    assert_int_equal(journal_intend(journal, &entry), ERR_EXISTS);
    if (state != JOURNAL_OPEN)
        assert_ok(journal_settle(journal, entry.id, state, 7, NULL));
}

static void test_what_was_sent_before_is_what_is_final(void **state)
{
    char folder[] = "/tmp/pond-transfer-XXXXXX";
    struct transfer first = coins(5 * KOII), other = coins(KOII);
    const struct pubkey nobody = key_of(8);
    struct journal *journal;
    uint64_t count;

    assert_non_null(mkdtemp(folder));
    char *path = mem_format("%s/journal.db", folder);
    assert_ok(journal_open(path, &journal));
    other.to = key_of(7);
    intend(journal, "a", &first, JOURNAL_FINAL);
    intend(journal, "b", &first, JOURNAL_FINAL);
    intend(journal, "c", &first, JOURNAL_FAILED);
    intend(journal, "d", &first, JOURNAL_OPEN);
    intend(journal, "e", &other, JOURNAL_FINAL);
    assert_ok(transfer_count(journal, &first.to, &count));
    assert_int_equal(count, 2);
    assert_ok(transfer_count(journal, &other.to, &count));
    assert_int_equal(count, 1);
    assert_ok(transfer_count(journal, &nobody, &count));
    assert_int_equal(count, 0);
    journal_close(journal);
    free(path);
    file_remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_left_is_exact),
        cmocka_unit_test(test_all_of_it_can_go_and_a_little_can_not_stay),
        cmocka_unit_test(test_a_new_account_needs_its_rent),
        cmocka_unit_test(test_odd_goals_are_named),
        cmocka_unit_test(test_tokens_need_coins_for_fee_and_account),
        cmocka_unit_test(test_a_transaction_says_what_it_moves),
        cmocka_unit_test(test_another_transaction_is_no_transfer),
        cmocka_unit_test(test_a_key_is_one_name_in_any_case),
        cmocka_unit_test(test_what_was_sent_before_is_what_is_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
