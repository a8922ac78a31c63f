/*
 * Recipes as a list of instructions, and as a bank carries them out: at
 * addresses that are empty, and at some that strangers sent coins to.
 */
#include "test.h"

#include "bank_fixture.h"
#include "base/error.h"
#include "node/money/recipe.h"
#include "node/money/signer_keys.h"
#include "settlement/format/account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/task_list_build.h"

#include <stdio.h>

static const char address[] = "http://127.0.0.1:30017";

/* The account's creation comes first, and with it a second signer. */
static void test_a_group_that_fails_leaves_nothing(void **state)
{
    const struct keypair payer = fixture_key(1), staking = fixture_key(2);
    const struct pubkey task = {.bytes = {7}}, pot = {.bytes = {8}};
    const struct recipe_account key = {.is_new = true};
    char text[66];
    struct recipe recipe;

    memset(text, 'a', sizeof(text));
    text[65] = 0; /* one more than a stake holds */
    recipe_init(&recipe, &payer.pubkey);
    assert_true(
        recipe_stake(&recipe, &task, &pot, &staking.pubkey, &key, 5, text) < 0);
    assert_int_equal(recipe.instruction_count, 0);
    assert_int_equal(recipe.signer_count, 1);
    text[64] = 0;
    assert_ok(
        recipe_stake(&recipe, &task, &pot, &staking.pubkey, &key, 5, text));
    assert_int_equal(recipe.instruction_count, 4);
    assert_int_equal(recipe.signer_count, 2);
    recipe_free(&recipe);
}

static void test_an_amount_beyond_all_coins_is_refused(void **state)
{
    const struct keypair payer = fixture_key(1), staking = fixture_key(2);
    const struct pubkey task = {.bytes = {7}}, pot = {.bytes = {8}};
    const struct recipe_account key = {.is_new = true};
    struct recipe recipe;

    recipe_init(&recipe, &payer.pubkey);
    assert_int_equal(recipe_stake(&recipe, &task, &pot, &staking.pubkey, &key,
                                  UINT64_MAX, address),
                     ERR_RANGE);
    assert_int_equal(
        recipe_fund(&recipe, &task, &pot, &staking.pubkey, UINT64_MAX - 1),
        ERR_RANGE);
    assert_int_equal(recipe.instruction_count, 0);
    recipe_free(&recipe);
}

static void test_what_an_account_says_about_a_staking_key(void **state)
{
    struct client_account account = {.lamports = 77};
    struct recipe_account key;

    assert_ok(recipe_account_read(NULL, false, &key));
    assert_true(key.is_new);
    assert_int_equal(key.lamports, 0);
    /* Sent coins, and nothing else: the System program's. */
    assert_ok(recipe_account_read(&account, false, &key));
    assert_true(key.is_new);
    assert_int_equal(key.lamports, 77);
    account.owner = KOII_TASK_PROGRAM_ID;
    assert_ok(recipe_account_read(&account, false, &key));
    assert_false(key.is_new);
    account.owner.bytes[0] ^= 1;
    assert_int_equal(recipe_account_read(&account, false, &key), ERR_STATE);
}

/* ---- carried out ---- */

/* The node's keys are those of fixture_key(0) and fixture_key(102). */
static void open_keys(struct signer_keys *keys)
{
    struct wallet wallet = {.main = fixture_key(0),
                            .staking = fixture_key(102)};

    signer_keys_init(keys, &wallet);
    for (uint8_t number = 100; number < 105; number++) {
        struct keypair once = fixture_key(number);

        signer_keys_add(keys, &once);
    }
}

/* As the node would: by the roles of whatever the message asks for. */
static void sign(const struct signer_keys *keys, const struct pubkey *pubkey,
                 struct bytes message, struct buffer *wire)
{
    const struct pubkey tasks[] = {fixture_key(100).pubkey,
                                   fixture_key(101).pubkey};
    const struct signer_key roles[] = {{.role = SIGNER_MAIN},
                                       {.role = SIGNER_STAKING},
                                       {.role = SIGNER_LIST, .of = tasks[0]},
                                       {.role = SIGNER_LIST, .of = tasks[1]},
                                       {.role = SIGNER_ONCE, .of = *pubkey}};
    struct signature signature;
    struct pubkey found;
    size_t i = 0;

    while (signer_keys_public(keys, &roles[i], &found) ||
           !pubkey_equal(&found, pubkey))
        assert_true(++i < sizeof(roles) / sizeof(roles[0]));
    assert_ok(signer_keys_sign(keys, &roles[i], SIGNER_TRANSACTION, message,
                               &signature));
    buffer_append(wire, signature.bytes, sizeof(signature.bytes));
}

/* Executes the recipe in the fixture's bank; false if it was refused. */
static bool carry_out(struct fixture *f, struct recipe *recipe)
{
    struct hash blockhash = bank_info(f->bank)->parent_blockhash;
    struct buffer message = {0}, wire = {0};
    struct transaction transaction;
    struct signer_keys keys;

    open_keys(&keys);
    assert_ok(recipe_message(recipe, &blockhash, &message));
    buffer_u8(&wire, (uint8_t)recipe->signer_count);
    assert_ok(transaction_parse_message(buffer_view(&message), &f->arena,
                                        &transaction));
    assert_int_equal(transaction.required_signatures, recipe->signer_count);
    for (size_t i = 0; i < recipe->signer_count; i++)
        sign(&keys, &transaction.keys[i], buffer_view(&message), &wire);
    buffer_bytes(&wire, buffer_view(&message));
    assert_ok(transaction_parse(arena_bytes(&f->arena, buffer_view(&wire)),
                                &f->arena, &transaction));
    buffer_free(&wire);
    buffer_free(&message);
    signer_keys_wipe(&keys);
    recipe_free(recipe);
    return transaction_status_ok(fixture_execute(f, &transaction).status);
}

static void send_coins(struct fixture *f, const struct pubkey *to,
                       uint64_t lamports)
{
    struct transaction transaction =
        fixture_transfer(f, &f->keys[1], to, lamports);

    if (lamports)
        assert_true(
            transaction_status_ok(fixture_execute(f, &transaction).status));
}

static struct account account_of(struct fixture *f, const struct pubkey *key)
{
    struct account account;

    assert_ok(
        bank_account(f->bank, bank_state(f->bank), key, &f->arena, &account));
    return account;
}

/* As the endpoint would tell it. */
static struct recipe_account look_at(struct fixture *f,
                                     const struct pubkey *pubkey)
{
    bool is_there = fixture_balance(f, pubkey) > 0;
    struct client_account answer = {0};
    struct recipe_account key;

    if (is_there) {
        struct account account = account_of(f, pubkey);

        answer.owner = account.owner;
        answer.lamports = account.lamports;
    }
    assert_ok(recipe_account_read(is_there ? &answer : NULL, false, &key));
    return key;
}

static struct task_terms terms(void)
{
    return (struct task_terms){
        .task_name = bytes_text("test"),
        .task_description = bytes_text("test"),
        .task_audit_program = bytes_text("main"),
        .task_executable_network = bytes_text("DEVELOPMENT"),
        .total_bounty_amount = 1000000,
        .bounty_amount_per_round = 1000,
        .round_time = 100,
        .audit_window = 40,
        .submission_window = 40,
        .minimum_stake_amount = 1000,
        .allowed_failed_distributions = 2,
    };
}

/* Below the rent of any account is left out: a bank refuses such a transfer to
 * an address that holds nothing. */
static const uint64_t sent[] = {0, 900000, LAMPORTS_PER_KOII};

/* The whole life of a task, at addresses that all were sent coins before. */
static void work_with_coins(uint64_t coins)
{
    const struct keypair task = fixture_key(100), funder = fixture_key(101),
                         staking = fixture_key(102);
    struct pubkey pot;
    struct task_terms of_task = terms();
    struct fixture fixture, *f = &fixture;
    struct recipe recipe;

    fixture_open(f);
    task_address_stake_pot_generate(&pot);
    send_coins(f, &task.pubkey, coins);
    send_coins(f, &funder.pubkey, coins);
    send_coins(f, &staking.pubkey, coins);

    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_create_task(&recipe, &task.pubkey, &pot, &of_task, 20000));
    assert_true(carry_out(f, &recipe));

    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_fund(&recipe, &task.pubkey, &pot, &funder.pubkey, 5000));
    assert_true(carry_out(f, &recipe));

    struct recipe_account key = look_at(f, &staking.pubkey);
    assert_true(key.is_new);
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_stake(&recipe, &task.pubkey, &pot, &staking.pubkey, &key,
                           2000, address));
    assert_true(carry_out(f, &recipe));
    struct account account = account_of(f, &staking.pubkey);
    assert_true(pubkey_equal(&account.owner, &KOII_TASK_PROGRAM_ID));
    assert_int_equal(account.space, TASK_STAKING_KEY_SPACE);
    assert_true(account.lamports >= rent_minimum_balance(account.space));

    /* Once more: it has an account now. */
    key = look_at(f, &staking.pubkey);
    assert_false(key.is_new);
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_stake(&recipe, &task.pubkey, &pot, &staking.pubkey, &key,
                           2001, address));
    assert_true(carry_out(f, &recipe));
    assert_int_equal(account_of(f, &staking.pubkey).lamports, account.lamports);
    fixture_close(f);
}

static void test_coins_sent_before_stop_nothing(void **state)
{
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
        work_with_coins(sent[i]);
}

/* Two tasks on one node, whose lists take turns in being uploaded. Both must be
 * there when both are complete. */
static void test_two_tasks_keep_their_lists_apart(void **state)
{
    const struct keypair tasks[] = {fixture_key(100), fixture_key(101)};
    const struct pubkey staking = fixture_key(102).pubkey;
    struct signer_keys node_keys;
    struct task_terms of_task = terms();
    struct buffer lists[2] = {{0}, {0}};
    struct pubkey keys[2];
    struct fixture fixture, *f = &fixture;
    struct recipe_account account;
    struct recipe recipe;
    struct pubkey pot;

    fixture_open(f);
    open_keys(&node_keys);
    for (size_t i = 0; i < 2; i++) {
        const struct signer_key role = {.role = SIGNER_LIST,
                                        .of = tasks[i].pubkey};
        struct task_list_entry entry = {.key = {.bytes = {(uint8_t)i}},
                                        .amount = 5};

        task_address_stake_pot_generate(&pot);
        recipe_init(&recipe, &f->keys[0].pubkey);
        assert_ok(recipe_create_task(&recipe, &tasks[i].pubkey, &pot, &of_task,
                                     20000));
        assert_true(carry_out(f, &recipe));
        account = look_at(f, &staking);
        recipe_init(&recipe, &f->keys[0].pubkey);
        assert_ok(recipe_stake(&recipe, &tasks[i].pubkey, &pot, &staking,
                               &account, 2000, address));
        assert_true(carry_out(f, &recipe));
        assert_ok(signer_keys_public(&node_keys, &role, &keys[i]));
        task_list_build(&tasks[i].pubkey, 0, &entry, 1, &lists[i]);
    }
    while (bank_info(f->bank)->slot < 105)
        fixture_next(f);
    for (size_t i = 0; i < 2; i++) {
        recipe_init(&recipe, &f->keys[0].pubkey);
        assert_ok(recipe_submit(&recipe, &tasks[i].pubkey, &staking, 0,
                                bytes_text("bafy")));
        assert_true(carry_out(f, &recipe));
    }
    /* The first is new, and holds a stranger's coins. */
    send_coins(f, &keys[0], sent[1]);
    for (int times = 0; times < 2; times++)
        for (size_t i = 0; i < 2; i++) {
            account = look_at(f, &keys[i]);
            assert_int_equal(account.is_new, times == 0);
            recipe_init(&recipe, &f->keys[0].pubkey);
            recipe_list_account(&recipe, &keys[i], &account,
                                rent_minimum_balance(TASK_CHUNK_DATA_SIZE));
            assert_ok(recipe_upload(&recipe, &tasks[i].pubkey, &keys[i], 0,
                                    buffer_view(&lists[i]), 0));
            assert_true(carry_out(f, &recipe));
        }
    for (size_t i = 0; i < 2; i++) {
        struct account held = account_of(f, &keys[i]);

        assert_int_equal(held.space, TASK_CHUNK_DATA_SIZE);
        assert_memory_equal(held.data.data, lists[i].data, lists[i].size);
        buffer_free(&lists[i]);
    }
    signer_keys_wipe(&node_keys);
    fixture_close(f);
}

/* A key that has staked gives nothing away but by a stake: on another task. */
static void test_coins_leave_a_staking_key_by_another_task(void **state)
{
    const struct keypair tasks[] = {fixture_key(100), fixture_key(101)};
    const struct pubkey staking = fixture_key(102).pubkey;
    const struct pubkey wallet = fixture_key(103).pubkey;
    const uint64_t amount = 5000000;
    struct task_terms of_task = terms();
    struct fixture fixture, *f = &fixture;
    struct recipe recipe;
    struct pubkey pots[2];

    fixture_open(f);
    for (size_t i = 0; i < 2; i++) {
        task_address_stake_pot_generate(&pots[i]);
        recipe_init(&recipe, &f->keys[0].pubkey);
        assert_ok(recipe_create_task(&recipe, &tasks[i].pubkey, &pots[i],
                                     &of_task, 20000));
        assert_true(carry_out(f, &recipe));
    }
    struct recipe_account key = look_at(f, &staking);
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_stake(&recipe, &tasks[0].pubkey, &pots[0], &staking, &key,
                           2000, address));
    assert_true(carry_out(f, &recipe));
    uint64_t before = account_of(f, &staking).lamports;
    send_coins(f, &staking, amount);
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_transfer(&recipe, &staking, &wallet, amount));
    assert_false(carry_out(f, &recipe));
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_empty(&recipe, &tasks[1].pubkey, &pots[1], &staking,
                           &wallet, amount));
    assert_true(carry_out(f, &recipe));
    assert_int_equal(account_of(f, &staking).lamports, before);
    assert_int_equal(account_of(f, &wallet).lamports, amount);
    fixture_close(f);
}

/* Between the look at the account and the transaction's landing. */
static void test_coins_sent_meanwhile_stop_nothing(void **state)
{
    const struct keypair task = fixture_key(100), staking = fixture_key(102);
    const struct recipe_account key = {.is_new = true};
    struct pubkey pot;
    struct task_terms of_task = terms();
    struct fixture fixture, *f = &fixture;
    struct recipe recipe;

    fixture_open(f);
    task_address_stake_pot_generate(&pot);
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_create_task(&recipe, &task.pubkey, &pot, &of_task, 20000));
    assert_true(carry_out(f, &recipe));
    recipe_init(&recipe, &f->keys[0].pubkey);
    assert_ok(recipe_stake(&recipe, &task.pubkey, &pot, &staking.pubkey, &key,
                           2000, address));
    send_coins(f, &staking.pubkey, 900000);
    assert_true(carry_out(f, &recipe));
    fixture_close(f);
}

/* ---- paid in tokens ---- */

#define MINTED 5000000

/* A mint of the payer's, and the payer's associated account with tokens. */
static void make_tokens(struct fixture *f, const struct keypair *mint)
{
    const struct keypair *signers[] = {&f->keys[0], mint};
    const struct pubkey *payer = &f->keys[0].pubkey;
    struct buffer create = {0}, initialise = {0}, mint_to = {0};
    struct pubkey tokens;

    associated_token_address(payer, &TOKEN_PROGRAM_ID, &mint->pubkey, &tokens);
    system_create_account_data(rent_minimum_balance(82), 82, &TOKEN_PROGRAM_ID,
                               &create);
    buffer_u8(&initialise, TOKEN_INITIALIZE_MINT_2);
    buffer_u8(&initialise, 6);
    buffer_bytes(&initialise, pubkey_bytes(payer));
    buffer_u8(&initialise, 0);
    buffer_u8(&mint_to, TOKEN_MINT_TO);
    buffer_u64le(&mint_to, MINTED);
    const struct account_meta new_account[] = {{*payer, true, true},
                                               {mint->pubkey, true, true}};
    const struct account_meta of_mint[] = {{mint->pubkey, false, true}};
    const struct account_meta associated[] = {{*payer, true, true},
                                              {tokens, false, true},
                                              {*payer, false, false},
                                              {mint->pubkey, false, false},
                                              {SYSTEM_PROGRAM_ID, false, false},
                                              {TOKEN_PROGRAM_ID, false, false}};
    const struct account_meta minting[] = {{mint->pubkey, false, true},
                                           {tokens, false, true},
                                           {*payer, true, false}};
    static const uint8_t idempotent = 1;
    const struct instruction list[] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&create)},
        {TOKEN_PROGRAM_ID, of_mint, 1, buffer_view(&initialise)},
        {ASSOCIATED_TOKEN_PROGRAM_ID, associated, 6,
         bytes_make(&idempotent, 1)},
        {TOKEN_PROGRAM_ID, minting, 3, buffer_view(&mint_to)},
    };
    struct hash blockhash = bank_info(f->bank)->parent_blockhash;
    struct transaction transaction =
        fixture_make(f, signers, 2, list, 4, &blockhash);

    assert_true(transaction_status_ok(fixture_execute(f, &transaction).status));
    buffer_free(&create);
    buffer_free(&initialise);
    buffer_free(&mint_to);
}

static void test_a_task_paid_in_tokens_is_created(void **state)
{
    const struct keypair task = fixture_key(100), pot = fixture_key(101),
                         mint = fixture_key(102);
    struct task_terms of_task = terms();
    struct fixture fixture, *f = &fixture;
    struct recipe recipe;
    struct buffer wire = {0};

    fixture_open(f);
    make_tokens(f, &mint);
    /* Coins at the task's address are no hindrance here either. */
    send_coins(f, &task.pubkey, LAMPORTS_PER_KOII);
    recipe_init(&recipe, &f->keys[0].pubkey);
    recipe_use_token(&recipe, &mint.pubkey);
    assert_ok(recipe_create_task(&recipe, &task.pubkey, &pot.pubkey, &of_task,
                                 20000));
    assert_ok(recipe_message(&recipe, &(struct hash){{0}}, &wire));
    buffer_free(&wire);
    assert_true(carry_out(f, &recipe));
    struct account account = account_of(f, &task.pubkey);
    assert_true(pubkey_equal(&account.owner, &KPL_TASK_PROGRAM_ID));
    account = account_of(f, &pot.pubkey);
    assert_true(pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID));
    /* The amount stands at 64 in a token account. */
    assert_int_equal(u64le_read(account.data.data + 64),
                     of_task.total_bounty_amount);
    fixture_close(f);
}

/* Base units in a wallet's associated account, or in the account itself. */
static uint64_t tokens_in(struct fixture *f, const struct pubkey *tokens)
{
    return u64le_read(account_of(f, tokens).data.data + 64);
}

/* The whole life of a node's stake: its key gets an account of the KPL program
 * and one for the token, and what it claims is the main wallet's. */
static void test_a_node_stakes_and_claims_tokens(void **state)
{
    const struct keypair task = fixture_key(100), pot = fixture_key(101),
                         mint = fixture_key(102), staking = fixture_key(103);
    struct task_terms of_task = terms();
    struct fixture fixture, *f = &fixture;
    struct recipe recipe;

    fixture_open(f);
    const struct pubkey *main = &f->keys[0].pubkey;
    struct pubkey of_main = recipe_tokens_of(main, &mint.pubkey);
    struct pubkey of_staking = recipe_tokens_of(&staking.pubkey, &mint.pubkey);

    recipe_init(&recipe, main);
    recipe_token_mint(&recipe, &mint.pubkey, 6);
    recipe_token_account(&recipe, main, &mint.pubkey);
    recipe_token_mint_to(&recipe, &mint.pubkey, main, MINTED);
    assert_true(carry_out(f, &recipe));
    assert_int_equal(tokens_in(f, &of_main), MINTED);
    recipe_init(&recipe, main);
    recipe_use_token(&recipe, &mint.pubkey);
    assert_ok(recipe_create_task(&recipe, &task.pubkey, &pot.pubkey, &of_task,
                                 20000));
    assert_true(carry_out(f, &recipe));

    recipe_init(&recipe, main);
    recipe_use_token(&recipe, &mint.pubkey);
    assert_ok(recipe_fund(&recipe, &task.pubkey, &pot.pubkey, NULL, 500));
    assert_true(carry_out(f, &recipe));
    assert_int_equal(tokens_in(f, &pot.pubkey),
                     of_task.total_bounty_amount + 500);

    /* Twice: the second time the accounts are there. */
    for (int i = 0; i < 2; i++) {
        struct recipe_account key = {.is_new = i == 0};
        struct buffer wire = {0};

        recipe_init(&recipe, main);
        recipe_use_token(&recipe, &mint.pubkey);
        assert_ok(recipe_stake(&recipe, &task.pubkey, &pot.pubkey,
                               &staking.pubkey, &key, 2000, address));
        assert_ok(recipe_message(&recipe, &(struct hash){{0}}, &wire));
        buffer_free(&wire);
        assert_true(carry_out(f, &recipe));
    }
    struct account account = account_of(f, &staking.pubkey);
    assert_true(pubkey_equal(&account.owner, &KPL_TASK_PROGRAM_ID));
    assert_int_equal(tokens_in(f, &of_staking), 0);
    assert_int_equal(tokens_in(f, &pot.pubkey),
                     of_task.total_bounty_amount + 500 + 4000);

    recipe_init(&recipe, main);
    recipe_use_token(&recipe, &mint.pubkey);
    assert_ok(recipe_withdraw(&recipe, &task.pubkey, &staking.pubkey));
    assert_ok(recipe_claim(&recipe, &task.pubkey, &pot.pubkey, &staking.pubkey,
                           main));
    assert_true(carry_out(f, &recipe));
    assert_int_equal(tokens_in(f, &of_main),
                     MINTED - of_task.total_bounty_amount - 500);
    fixture_close(f);
}

/* Both programs: the bounty moves to the new pot, the old task names the new.
 */
static void test_a_task_moves_to_another_id(void **state)
{
    for (int is_kpl = 0; is_kpl < 2; is_kpl++) {
        const struct keypair task = fixture_key(100), pot = fixture_key(101),
                             mint = fixture_key(102),
                             new_task = fixture_key(103),
                             new_pot = fixture_key(104);
        struct pubkey of_old = pot.pubkey, of_new = new_pot.pubkey;
        struct task_terms of_task = terms();
        struct fixture fixture, *f = &fixture;
        struct recipe recipe;

        fixture_open(f);
        if (is_kpl) {
            make_tokens(f, &mint);
        } else {
            task_address_stake_pot_generate(&of_old);
            task_address_stake_pot_generate(&of_new);
        }
        recipe_init(&recipe, &f->keys[0].pubkey);
        recipe_use_token(&recipe, is_kpl ? &mint.pubkey : NULL);
        assert_ok(recipe_create_task(&recipe, &task.pubkey, &of_old, &of_task,
                                     20000));
        assert_true(carry_out(f, &recipe));
        of_task.task_name = bytes_text("second");
        recipe_init(&recipe, &f->keys[0].pubkey);
        recipe_use_token(&recipe, is_kpl ? &mint.pubkey : NULL);
        assert_ok(recipe_update_task(&recipe, &task.pubkey, &of_old,
                                     &new_task.pubkey, &of_new, &of_task,
                                     20000));
        assert_true(carry_out(f, &recipe));
        struct account account = account_of(f, &new_task.pubkey);
        assert_true(pubkey_equal(&account.owner, is_kpl
                                                     ? &KPL_TASK_PROGRAM_ID
                                                     : &KOII_TASK_PROGRAM_ID));
        if (is_kpl)
            assert_int_equal(tokens_in(f, &of_new),
                             of_task.total_bounty_amount);
        else
            assert_true(account_of(f, &of_new).lamports >=
                        of_task.total_bounty_amount);
        fixture_close(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_that_fails_leaves_nothing),
        cmocka_unit_test(test_an_amount_beyond_all_coins_is_refused),
        cmocka_unit_test(test_what_an_account_says_about_a_staking_key),
        cmocka_unit_test(test_coins_sent_before_stop_nothing),
        cmocka_unit_test(test_two_tasks_keep_their_lists_apart),
        cmocka_unit_test(test_coins_leave_a_staking_key_by_another_task),
        cmocka_unit_test(test_coins_sent_meanwhile_stop_nothing),
        cmocka_unit_test(test_a_task_paid_in_tokens_is_created),
        cmocka_unit_test(test_a_node_stakes_and_claims_tokens),
        cmocka_unit_test(test_a_task_moves_to_another_id),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
