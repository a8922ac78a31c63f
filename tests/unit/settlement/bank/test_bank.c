#include "test.h"

#include "bank_fixture.h"
#include "base/error.h"
#include "base/random.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/memo_program.h"
#include "settlement/table/program_table.h"
#include "state_lamports.h"

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof(*fixture));
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    test_free(*state);
    return 0;
}

static void assert_status(struct bank_result result, const char *json)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    transaction_status_json(&writer, result.status);
    assert_string_equal(buffer_string(&text), json);
    buffer_free(&text);
}

static void test_transfer_moves_lamports_and_pays_the_fee(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result, "null");
    assert_true(result.recorded);
    assert_int_equal(result.fee, 5000);
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey),
                     FIXTURE_LAMPORTS - 6000);
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS + 1000);
    assert_int_equal(result.balances_before[0], FIXTURE_LAMPORTS);
    assert_int_equal(result.balances_after[0], FIXTURE_LAMPORTS - 6000);
    assert_int_equal(result.compute_units, 150);
    assert_int_equal(result.log_count, 2);
    assert_true(bytes_equal(
        result.log[0],
        bytes_text("Program 11111111111111111111111111111111 invoke [1]")));
    assert_true(bytes_equal(
        result.log[1],
        bytes_text("Program 11111111111111111111111111111111 success")));
}

static void test_same_transaction_takes_effect_once(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    fixture_execute(f, &t);
    struct bank_result again = fixture_execute(f, &t);
    assert_status(again, "\"AlreadyProcessed\"");
    assert_false(again.recorded);
    for (int i = 0; i < GENESIS_BLOCKHASH_BLOCKS - 1; i++) {
        fixture_next(f);
        assert_status(fixture_execute(f, &t), "\"AlreadyProcessed\"");
    }
    fixture_next(f);
    assert_status(fixture_execute(f, &t), "\"BlockhashNotFound\"");
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS + 1000);
}

/* A network whose genesis sets how long blockhashes are good. */
static void open_with_blocks(struct fixture *f, uint64_t blocks)
{
    struct genesis genesis = f->genesis;
    genesis.blockhash_blocks = blocks;
    bank_release(f->bank);
    bank_release(f->root);
    f->root = bank_open_genesis(&genesis, &program_table);
    f->bank =
        bank_open_child(f->root, &STATE_BASE_EMPTY,
                        &(struct bank_block){.slot = 1,
                                             .unix_ms = FIXTURE_UNIX_MS + 100,
                                             .leader = f->leader.pubkey});
}

/* More blocks than sysvars and lookup tables count. */
static void test_blockhash_is_good_as_long_as_the_genesis_says(void **state)
{
    struct fixture *f = *state;
    open_with_blocks(f, 600);
    struct hash blockhash = bank_info(f->bank)->parent_blockhash;
    uint64_t last = 0;
    struct transaction first =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1);
    struct transaction late =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 2);
    assert_true(bank_is_blockhash_valid(f->bank, &blockhash, &last));
    assert_int_equal(last, 600);
    assert_status(fixture_execute(f, &first), "null");
    while (bank_info(f->bank)->block_height < last)
        fixture_next(f);
    assert_int_equal(bank_message_count(f->bank), 1);
    assert_status(fixture_execute(f, &first), "\"AlreadyProcessed\"");
    assert_status(fixture_execute(f, &late), "null");
    fixture_next(f);
    assert_false(bank_is_blockhash_valid(f->bank, &blockhash, NULL));
    assert_status(fixture_execute(f, &first), "\"BlockhashNotFound\"");
    assert_int_equal(bank_message_count(f->bank), 2);
}

static void test_blockhash_is_good_for_150_blocks(void **state)
{
    struct fixture *f = *state;
    struct hash blockhash = bank_info(f->bank)->parent_blockhash;
    uint64_t last = 0;
    struct transaction early =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1);
    struct transaction late =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 2);
    assert_true(bank_is_blockhash_valid(f->bank, &blockhash, &last));
    assert_int_equal(last, 150);
    while (bank_info(f->bank)->block_height < last)
        fixture_next(f);
    assert_status(fixture_execute(f, &early), "null");
    fixture_next(f);
    assert_false(bank_is_blockhash_valid(f->bank, &blockhash, NULL));
    assert_status(fixture_execute(f, &late), "\"BlockhashNotFound\"");
}

static void test_failed_transaction_pays_only_its_fee(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, FIXTURE_LAMPORTS);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result, "{\"InstructionError\":[0,{\"Custom\":1}]}");
    assert_true(result.recorded);
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey),
                     FIXTURE_LAMPORTS - 5000);
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey), FIXTURE_LAMPORTS);
    assert_true(bytes_equal(
        result.log[1], bytes_text("Transfer: insufficient lamports 9999995000, "
                                  "need 10000000000")));
    assert_true(bytes_equal(
        result.log[2],
        bytes_text("Program 11111111111111111111111111111111 failed: custom "
                   "program error: 0x1")));
}

static void test_later_instruction_fails_and_undoes_the_first(void **state)
{
    struct fixture *f = *state;
    struct buffer one = {0}, two = {0};
    const struct account_meta accounts[2] = {{f->keys[0].pubkey, true, true},
                                             {f->keys[1].pubkey, false, true}};
    system_transfer_data(1000, &one);
    system_transfer_data(FIXTURE_LAMPORTS, &two);
    struct instruction instructions[2] = {
        {SYSTEM_PROGRAM_ID, accounts, 2, buffer_view(&one)},
        {SYSTEM_PROGRAM_ID, accounts, 2, buffer_view(&two)}};
    const struct keypair *signer = &f->keys[0];
    struct transaction t = fixture_make(f, &signer, 1, instructions, 2,
                                        &bank_info(f->bank)->parent_blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[1,{\"Custom\":1}]}");
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey), FIXTURE_LAMPORTS);
    buffer_free(&one);
    buffer_free(&two);
}

static void test_payer_without_account_or_funds_is_refused(void **state)
{
    struct fixture *f = *state;
    struct keypair nobody = fixture_key(77), poor = fixture_key(78);
    struct transaction t =
        fixture_transfer(f, &nobody, &f->keys[1].pubkey, 1000);
    assert_status(fixture_execute(f, &t), "\"AccountNotFound\"");

    uint64_t minimum = rent_minimum_balance(0);
    t = fixture_transfer(f, &f->keys[0], &poor.pubkey, minimum);
    assert_status(fixture_execute(f, &t), "null");
    t = fixture_transfer(f, &poor, &f->keys[1].pubkey, 1);
    assert_status(fixture_execute(f, &t),
                  "{\"InsufficientFundsForRent\":{\"account_index\":0}}");

    /* An account can be emptied to the last lamport. */
    t = fixture_transfer(f, &poor, &f->keys[1].pubkey, minimum - 5000);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result,
                  "{\"InsufficientFundsForRent\":{\"account_index\":0}}");
    assert_false(result.recorded);
}

static void test_account_may_not_end_below_its_rent(void **state)
{
    struct fixture *f = *state;
    struct keypair fresh = fixture_key(79);
    struct transaction t = fixture_transfer(f, &f->keys[0], &fresh.pubkey,
                                            rent_minimum_balance(0) - 1);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result,
                  "{\"InsufficientFundsForRent\":{\"account_index\":1}}");
    assert_true(result.recorded);
    assert_int_equal(fixture_balance(f, &fresh.pubkey), 0);
    assert_int_equal(fixture_balance(f, &f->keys[0].pubkey),
                     FIXTURE_LAMPORTS - 5000);
}

static void test_emptied_account_is_gone(void **state)
{
    struct fixture *f = *state;
    struct transaction t = fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey,
                                            FIXTURE_LAMPORTS - 5000);
    assert_status(fixture_execute(f, &t), "null");
    struct account account;
    assert_int_equal(bank_account(f->bank, bank_state(f->bank),
                                  &f->keys[0].pubkey, &f->arena, &account),
                     ERR_NOT_FOUND);
}

static void test_fee_is_half_burned_and_half_the_leaders(void **state)
{
    struct fixture *f = *state;
    uint64_t before = bank_info(f->bank)->capitalization;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    fixture_execute(f, &t);
    fixture_next(f);
    assert_int_equal(fixture_balance(f, &f->leader.pubkey),
                     FIXTURE_LAMPORTS + 2500);
    assert_int_equal(bank_info(f->bank)->capitalization, before - 2500);
    assert_int_equal(state_lamports(bank_state(f->bank)), before - 2500);
}

/* Agave's Bank::run_incinerator(): what the account holds when the block ends
 * is no longer in existence. Within the block it adds up. */
static void test_what_is_sent_to_the_incinerator_is_burned(void **state)
{
    struct fixture *f = *state;
    for (int block = 0; block < 2; block++) {
        uint64_t before = bank_info(f->bank)->capitalization;
        for (uint64_t i = 1; i <= 2; i++) {
            struct transaction t =
                fixture_transfer(f, &f->keys[0], &INCINERATOR_ID, i);
            assert_status(fixture_execute(f, &t), "null");
            assert_int_equal(fixture_balance(f, &INCINERATOR_ID),
                             i == 1 ? 1 : 3);
        }
        fixture_next(f);
        assert_int_equal(fixture_balance(f, &INCINERATOR_ID), 0);
        assert_int_equal(bank_info(f->bank)->capitalization,
                         before - 2 * 2500 - 3);
        assert_int_equal(state_lamports(bank_state(f->bank)),
                         bank_info(f->bank)->capitalization);
    }
}

static void test_unknown_program_and_other_errors(void **state)
{
    struct fixture *f = *state;
    const struct keypair *signer = &f->keys[0];
    const struct hash *blockhash = &bank_info(f->bank)->parent_blockhash;
    struct instruction instruction = {.program = fixture_key(90).pubkey};
    struct transaction t =
        fixture_make(f, &signer, 1, &instruction, 1, blockhash);
    assert_status(fixture_execute(f, &t), "\"ProgramAccountNotFound\"");

    instruction.program = f->keys[3].pubkey;
    t = fixture_make(f, &signer, 1, &instruction, 1, blockhash);
    assert_status(fixture_execute(f, &t), "\"InvalidProgramForExecution\"");

    struct hash unknown = fixture_hash(4711);
    instruction.program = SYSTEM_PROGRAM_ID;
    t = fixture_make(f, &signer, 1, &instruction, 1, &unknown);
    assert_status(fixture_execute(f, &t), "\"BlockhashNotFound\"");

    t = fixture_make(f, &signer, 1, &instruction, 1, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[0,\"InvalidInstructionData\"]}");
}

static void test_key_named_twice_is_refused(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    uint8_t wire[TRANSACTION_SIZE_MAX];
    memcpy(wire, t.wire.data, t.wire.size);
    /* Keys come after one signature with its count, the header, and the count
     * of keys. */
    memcpy(wire + 65 + 4 + 32, wire + 65 + 4, 32);
    struct transaction twice;
    assert_int_equal(
        transaction_parse(bytes_make(wire, t.wire.size), &f->arena, &twice), 0);
    assert_status(fixture_execute(f, &twice), "\"AccountLoadedTwice\"");
}

static void test_forks_do_not_see_each_other(void **state)
{
    struct fixture *f = *state;
    struct bank_block block = {.slot = 2,
                               .unix_ms = FIXTURE_UNIX_MS + 200,
                               .leader = f->leader.pubkey};
    struct bank *other = bank_open_child(f->root, &STATE_BASE_EMPTY, &block);
    struct bank *mine = f->bank;
    struct transaction a =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    struct transaction b =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 2000);
    fixture_execute(f, &a);
    f->bank = other;
    assert_status(fixture_execute(f, &b), "null");
    assert_status(fixture_execute(f, &a), "null");
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS + 3000);
    f->bank = mine;
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS + 1000);
    assert_status(fixture_execute(f, &b), "null");
    struct hash end = fixture_hash(1);
    bank_freeze(other, &end);
    bank_sum_up(other);
    bank_freeze(mine, &end);
    bank_sum_up(mine);
    assert_false(hash_equal(&bank_info(other)->state_hash,
                            &bank_info(mine)->state_hash));
    bank_release(other);
}

/* The sum over all rows, computed anew. */
static void recompute_lattice(const struct state *state, struct lattice *out)
{
    struct bytes key, value;
    struct state_cursor *cursor =
        state_cursor_open(state, bytes_make(NULL, 0), bytes_make(NULL, 0));
    *out = (struct lattice){0};
    while (state_cursor_next(cursor, &key, &value))
        if (key.data[0] != BANK_ROW_PREFIX)
            lattice_add(out, key, value);
    state_cursor_close(cursor);
}

static void test_random_transfers_keep_every_invariant(void **state)
{
    struct fixture *f = *state;
    struct random random = random_make(20260101);
    uint64_t capitalization = bank_info(f->bank)->capitalization;
    struct keypair fresh[8];
    for (size_t i = 0; i < 8; i++)
        fresh[i] = fixture_key(500 + i);
    for (int round = 0; round < 30; round++) {
        uint64_t fees = 0;
        for (int i = 0; i < 40; i++) {
            size_t from = random_below(&random, FIXTURE_ACCOUNTS + 8);
            size_t to = random_below(&random, FIXTURE_ACCOUNTS + 8);
            const struct keypair *source =
                from < FIXTURE_ACCOUNTS ? &f->keys[from]
                                        : &fresh[from - FIXTURE_ACCOUNTS];
            const struct keypair *target = to < FIXTURE_ACCOUNTS
                                               ? &f->keys[to]
                                               : &fresh[to - FIXTURE_ACCOUNTS];
            uint64_t lamports =
                random_below(&random, i % 8 ? 3000000 : 20 * LAMPORTS_PER_KOII);
            struct transaction t =
                fixture_transfer(f, source, &target->pubkey, lamports);
            fees += fixture_execute(f, &t).fee;
            assert_int_equal(state_lamports(bank_state(f->bank)) + fees,
                             capitalization);
        }
        capitalization -= fees / 2;
        struct bank *done = bank_retain(f->bank);
        fixture_next(f);
        struct lattice lattice;
        struct state *rows = fixture_rows(done);
        recompute_lattice(rows, &lattice);
        assert_memory_equal(&lattice, &done->lattice, sizeof(lattice));
        state_close(rows);
        bank_release(done);
        assert_int_equal(bank_info(f->bank)->capitalization, capitalization);
        assert_int_equal(state_lamports(bank_state(f->bank)), capitalization);
    }
}

static void test_child_stands_on_base_after_flush(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    fixture_execute(f, &t);
    bank_set_durable(f->root);
    struct hash end = fixture_hash(1);
    bank_freeze(f->bank, &end);
    bank_sum_up(f->bank);
    bank_set_durable(f->bank);
    struct bank_block block = {.slot = 2,
                               .unix_ms = FIXTURE_UNIX_MS + 200,
                               .leader = f->leader.pubkey};
    /* The base is empty here, so the child must see nothing. */
    struct bank *child = bank_open_child(f->bank, &STATE_BASE_EMPTY, &block);
    struct account account;
    assert_int_equal(bank_account(child, bank_state(child), &f->keys[0].pubkey,
                                  &f->arena, &account),
                     ERR_NOT_FOUND);
    bank_release(child);
}

/* A base that reads a state: what LMDB holds after a flush. */
static void test_idle_banks_are_passed_over(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    struct bank *busy = bank_retain(f->bank);
    fixture_execute(f, &t);
    for (int i = 0; i < 5; i++)
        fixture_next(f);
    assert_ptr_equal(state_layer_at(bank_state(f->bank), 1), bank_layer(busy));
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey),
                     FIXTURE_LAMPORTS + 1000);
    assert_status(fixture_execute(f, &t), "\"AlreadyProcessed\"");
    bank_release(busy);
}

static void test_bank_goes_on_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    fixture_execute(f, &t);
    for (int i = 0; i < 5; i++)
        fixture_next(f);
    struct hash end = fixture_hash(1);
    bank_freeze(f->bank, &end);
    bank_sum_up(f->bank);

    struct state *rows = fixture_rows(f->bank);
    struct state_base base = fixture_base(rows);
    struct bank *restored;
    assert_int_equal(bank_open_base(&base, &program_table, &restored), 0);
    const struct bank_info *a = bank_info(f->bank);
    const struct bank_info *b = bank_info(restored);
    assert_int_equal(a->slot, b->slot);
    assert_int_equal(a->transaction_count, b->transaction_count);
    assert_int_equal(a->capitalization, b->capitalization);
    assert_true(hash_equal(&a->state_hash, &b->state_hash));

    /* Both go on alike, and neither takes the old transaction again. */
    struct bank_block block = {
        .slot = 9, .unix_ms = a->unix_ms + 100, .leader = f->leader.pubkey};
    struct bank *left = bank_open_child(f->bank, &STATE_BASE_EMPTY, &block);
    struct bank *right = bank_open_child(restored, &base, &block);
    struct bank *banks[2] = {left, right};
    struct bank_result result;
    struct bank *saved = f->bank;
    for (size_t i = 0; i < 2; i++) {
        bank_execute(banks[i], &t, 0, &f->arena, &result);
        assert_status(result, "\"AlreadyProcessed\"");
        f->bank = banks[i];
        struct transaction next =
            fixture_transfer(f, &f->keys[2], &f->keys[3].pubkey, 5);
        assert_status(fixture_execute(f, &next), "null");
        bank_freeze(banks[i], &end);
        bank_sum_up(banks[i]);
    }
    f->bank = saved;
    assert_true(hash_equal(&bank_info(left)->state_hash,
                           &bank_info(right)->state_hash));
    bank_release(left);
    bank_release(right);
    bank_release(restored);
    state_close(rows);
}

static void test_simulation_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    struct hash end = fixture_hash(1);
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &f->keys[1].pubkey, 1000);
    bank_freeze(f->bank, &end);
    bank_sum_up(f->bank);
    struct bank_result result;
    struct bank_after after;
    struct account account;
    bank_simulate(f->bank, &STATE_BASE_EMPTY, &t, false, &f->arena, &result,
                  &after);
    assert_status(result, "null");
    assert_int_equal(
        bank_after_account(&after, &f->keys[1].pubkey, &f->arena, &account), 0);
    assert_int_equal(account.lamports, FIXTURE_LAMPORTS + 1000);
    assert_int_equal(
        bank_after_account(&after, &f->keys[2].pubkey, &f->arena, &account),
        ERR_NOT_FOUND);
    bank_after_close(&after);
    assert_int_equal(fixture_balance(f, &f->keys[1].pubkey), FIXTURE_LAMPORTS);
    bank_simulate(f->bank, &STATE_BASE_EMPTY, &t, true, &f->arena, &result,
                  NULL);
    assert_status(result, "null");
}

static void test_sysvars_and_programs_are_accounts(void **state)
{
    struct fixture *f = *state;
    struct account account;
    assert_int_equal(bank_account(f->bank, bank_state(f->bank),
                                  &CLOCK_SYSVAR_ID, &f->arena, &account),
                     0);
    assert_int_equal(account.data.size, 40);
    assert_int_equal(u64le_read(account.data.data), 1);
    assert_int_equal(u64le_read(account.data.data + 32),
                     (FIXTURE_UNIX_MS + 100) / 1000);
    assert_int_equal(bank_account(f->bank, bank_state(f->bank), &RENT_SYSVAR_ID,
                                  &f->arena, &account),
                     0);
    assert_int_equal(account.data.size, 17);
    assert_int_equal(account.lamports, 1009200); /* as on Solana */
    assert_int_equal(bank_account(f->bank, bank_state(f->bank),
                                  &SYSTEM_PROGRAM_ID, &f->arena, &account),
                     0);
    assert_true(account.executable);
    struct transaction t =
        fixture_transfer(f, &f->keys[0], &CLOCK_SYSVAR_ID, 1000);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[0,\"ReadonlyLamportChange\"]}");
}

/* Fifty times the fee would be more than 64 bits hold. */
static void test_fees_of_most_of_all_coins_are_halved(void **state)
{
    struct fixture *f = *state;
    const struct keypair *payer = &f->keys[0];
    const uint64_t coins = 500000000ull * LAMPORTS_PER_KOII;
    struct genesis_account *accounts =
        arena_copy(&f->arena, f->genesis.accounts,
                   f->genesis.account_count * sizeof(*accounts));
    struct genesis genesis = f->genesis;
    for (size_t i = 0; i < genesis.account_count; i++)
        if (pubkey_equal(&accounts[i].key, &payer->pubkey))
            accounts[i].account.lamports = coins;
    genesis.accounts = accounts;
    bank_release(f->bank);
    bank_release(f->root);
    f->root = bank_open_genesis(&genesis, &program_table);
    f->bank =
        bank_open_child(f->root, &STATE_BASE_EMPTY,
                        &(struct bank_block){.slot = 1,
                                             .unix_ms = FIXTURE_UNIX_MS + 100,
                                             .leader = f->leader.pubkey});
    struct buffer limit = {0}, price = {0};
    buffer_u8(&limit, 2); /* SetComputeUnitLimit */
    buffer_u32le(&limit, 1000000);
    buffer_u8(&price, 3); /* SetComputeUnitPrice */
    buffer_u64le(&price, coins / 5 * 4);
    const struct instruction budget[2] = {
        {.program = COMPUTE_BUDGET_PROGRAM_ID, .data = buffer_view(&limit)},
        {.program = COMPUTE_BUDGET_PROGRAM_ID, .data = buffer_view(&price)}};
    struct transaction t = fixture_make(f, &payer, 1, budget, 2,
                                        &bank_info(f->bank)->parent_blockhash);
    uint64_t leader = fixture_balance(f, &f->leader.pubkey);
    uint64_t before = bank_info(f->bank)->capitalization;
    struct bank_result result = fixture_execute(f, &t);
    assert_true(result.recorded);
    assert_true(result.fee > UINT64_MAX / 50);
    fixture_next(f);
    assert_int_equal(bank_info(f->bank)->capitalization,
                     before - result.fee / 2);
    assert_int_equal(fixture_balance(f, &f->leader.pubkey),
                     leader + result.fee - result.fee / 2);
    buffer_free(&limit);
    buffer_free(&price);
}

static void test_priority_fee_goes_by_limit_and_price(void **state)
{
    struct fixture *f = *state;
    const struct account_meta accounts[2] = {{f->keys[0].pubkey, true, true},
                                             {f->keys[1].pubkey, false, true}};
    struct buffer transfer = {0};
    system_transfer_data(1000, &transfer);
    const uint8_t limit[5] = {2, 0xe8, 3};      /* 1000 units */
    const uint8_t price[9] = {3, 0xa1, 134, 1}; /* 100001 micro-lamports */
    struct instruction instructions[3] = {
        {.program = COMPUTE_BUDGET_PROGRAM_ID,
         .data = bytes_make(limit, sizeof(limit))},
        {.program = COMPUTE_BUDGET_PROGRAM_ID,
         .data = bytes_make(price, sizeof(price))},
        {SYSTEM_PROGRAM_ID, accounts, 2, buffer_view(&transfer)}};
    const struct keypair *signer = &f->keys[0];
    const struct hash *blockhash = &bank_info(f->bank)->parent_blockhash;
    struct transaction t =
        fixture_make(f, &signer, 1, instructions, 3, blockhash);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result, "null");
    assert_int_equal(result.fee, 5101); /* 100.001 rounded up */
    assert_int_equal(bank_fee(&t), 5101);

    const uint8_t small[5] = {2, 200};
    instructions[0].data = bytes_make(small, sizeof(small));
    t = fixture_make(f, &signer, 1, instructions, 3, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[1,\"ComputationalBudgetExceeded\"]}");

    instructions[1] = instructions[0];
    t = fixture_make(f, &signer, 1, instructions, 3, blockhash);
    assert_status(fixture_execute(f, &t), "{\"DuplicateInstruction\":1}");
    buffer_free(&transfer);
}

/* As on Solana, all are read before a heap's size is checked. */
static void test_a_wrong_heap_comes_after_what_can_not_be_read(void **state)
{
    struct fixture *f = *state;
    const uint8_t heap[5] = {1, 0xe8, 3}; /* 1000 bytes */
    const uint8_t none[1] = {9}, nothing_loaded[5] = {4};
    struct instruction instructions[2] = {
        {.program = COMPUTE_BUDGET_PROGRAM_ID,
         .data = bytes_make(heap, sizeof(heap))},
        {.program = COMPUTE_BUDGET_PROGRAM_ID,
         .data = bytes_make(none, sizeof(none))}};
    const struct keypair *signer = &f->keys[0];
    const struct hash *blockhash = &bank_info(f->bank)->parent_blockhash;
    struct transaction t =
        fixture_make(f, &signer, 1, instructions, 2, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[1,\"InvalidInstructionData\"]}");

    instructions[1].data = bytes_make(nothing_loaded, sizeof(nothing_loaded));
    t = fixture_make(f, &signer, 1, instructions, 2, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[0,\"InvalidInstructionData\"]}");

    t = fixture_make(f, &signer, 1, instructions + 1, 1, blockhash);
    assert_status(fixture_execute(f, &t),
                  "\"InvalidLoadedAccountsDataSizeLimit\"");
}

static void test_memo_is_logged_and_wants_signatures(void **state)
{
    struct fixture *f = *state;
    struct account_meta accounts[1] = {{f->keys[0].pubkey, true, true}};
    struct instruction memo = {MEMO_PROGRAM_ID, accounts, 1,
                               bytes_text("grüezi")};
    const struct keypair *signer = &f->keys[0];
    const struct hash *blockhash = &bank_info(f->bank)->parent_blockhash;
    struct transaction t = fixture_make(f, &signer, 1, &memo, 1, blockhash);
    struct bank_result result = fixture_execute(f, &t);
    assert_status(result, "null");
    static const char *const lines[] = {"Program log: Signed by:", NULL,
                                        "Program log: Memo (len 7)",
                                        "Program log: grüezi"};
    for (size_t i = 0; i < 4; i++)
        assert_true(!lines[i] ||
                    bytes_equal(result.log[1 + i], bytes_text(lines[i])));
    char text[700] = {0}; /* bytes like others, and longer than most lines */
    memo.data = bytes_make(text, sizeof(text));
    t = fixture_make(f, &signer, 1, &memo, 1, blockhash);
    result = fixture_execute(f, &t);
    assert_int_equal(result.log[4].size,
                     strlen("Program log: ") + sizeof(text));
    accounts[0] = (struct account_meta){f->keys[1].pubkey, false, false};
    t = fixture_make(f, &signer, 1, &memo, 1, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[0,\"MissingRequiredSignature\"]}");
    memo.account_count = 0;
    memo.data = bytes_text("\xff");
    t = fixture_make(f, &signer, 1, &memo, 1, blockhash);
    assert_status(fixture_execute(f, &t),
                  "{\"InstructionError\":[0,\"ProgramFailedToComplete\"]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transfer_moves_lamports_and_pays_the_fee),
        TEST(test_same_transaction_takes_effect_once),
        TEST(test_blockhash_is_good_for_150_blocks),
        TEST(test_blockhash_is_good_as_long_as_the_genesis_says),
        TEST(test_failed_transaction_pays_only_its_fee),
        TEST(test_later_instruction_fails_and_undoes_the_first),
        TEST(test_payer_without_account_or_funds_is_refused),
        TEST(test_account_may_not_end_below_its_rent),
        TEST(test_emptied_account_is_gone),
        TEST(test_fee_is_half_burned_and_half_the_leaders),
        TEST(test_what_is_sent_to_the_incinerator_is_burned),
        TEST(test_unknown_program_and_other_errors),
        TEST(test_key_named_twice_is_refused),
        TEST(test_forks_do_not_see_each_other),
        TEST(test_random_transfers_keep_every_invariant),
        TEST(test_child_stands_on_base_after_flush),
        TEST(test_idle_banks_are_passed_over),
        TEST(test_bank_goes_on_after_a_restart),
        TEST(test_simulation_leaves_no_trace),
        TEST(test_sysvars_and_programs_are_accounts),
        TEST(test_fees_of_most_of_all_coins_are_halved),
        TEST(test_priority_fee_goes_by_limit_and_price),
        TEST(test_a_wrong_heap_comes_after_what_can_not_be_read),
        TEST(test_memo_is_logged_and_wants_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
