#include "test.h"

#include "base/error.h"
#include "base/json.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/kpl_state.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/kpl_render.h"
#include "settlement/task/task_check.h"
#include "settlement/task/task_managers.h"
#include "settlement/task/task_render.h"
#include "settlement/task_list_build.h"
#include "task_fixture.h"

#define SPACE 100000
#define STAKERS 3
#define MINTED 1000000 /* base units that payer and stakers have each */

/* Besides the fixture's: a mint, token accounts, accounts for lists. */
struct kpl {
    struct task_fixture f;
    struct pubkey mint;
    struct pubkey payer_tokens;
    struct pubkey tokens[STAKERS];
    struct pubkey lists[STAKERS];
};

/* ---- Accounts ---- */

static struct transaction_status call(struct task_fixture *f,
                                      const struct pubkey *program,
                                      const struct account_meta *accounts,
                                      size_t count, struct buffer *data)
{
    const struct instruction one = {*program, accounts, count,
                                    buffer_view(data)};
    struct transaction_status status = task_fixture_execute(f, &one, 1);
    buffer_free(data);
    return status;
}

static void make_account(struct task_fixture *f, const struct pubkey *key,
                         uint64_t space, const struct pubkey *owner)
{
    const struct account_meta accounts[2] = {{f->payer, true, true},
                                             {*key, true, true}};
    struct buffer data = {0};
    system_create_account_data(rent_minimum_balance(20000), space, owner,
                               &data);
    assert_done(call(f, &SYSTEM_PROGRAM_ID, accounts, 2, &data));
}

static void make_tokens(struct kpl *kpl, const struct pubkey *key,
                        const struct pubkey *owner)
{
    struct task_fixture *f = &kpl->f;
    const struct account_meta initialize[2] = {{*key, false, true},
                                               {kpl->mint, false, false}};
    const struct account_meta mint_to[3] = {
        {kpl->mint, false, true}, {*key, false, true}, {f->payer, true, false}};
    struct buffer data = {0};
    make_account(f, key, TOKEN_ACCOUNT_SIZE, &TOKEN_PROGRAM_ID);
    buffer_u8(&data, TOKEN_INITIALIZE_ACCOUNT_3);
    buffer_bytes(&data, pubkey_bytes(owner));
    assert_done(call(f, &TOKEN_PROGRAM_ID, initialize, 2, &data));
    buffer_u8(&data, TOKEN_MINT_TO);
    buffer_u64le(&data, MINTED);
    assert_done(call(f, &TOKEN_PROGRAM_ID, mint_to, 3, &data));
}

static uint64_t tokens_of(struct kpl *kpl, const struct pubkey *key)
{
    struct account account;
    struct token_record record;
    struct task_fixture *f = &kpl->f;
    if (bank_account(f->bank, bank_state(f->bank), key, &f->arena, &account) <
        0)
        return 0;
    assert_int_equal(token_account_load(account.data, &record), TOKEN_LOADED);
    return token_account_amount(&record);
}

/* ---- Instructions ---- */

static struct transaction_status run(struct kpl *kpl,
                                     const struct task_instruction *task,
                                     const struct kpl_parties *parties)
{
    struct kpl_instruction instruction = {.task = *task};
    struct kpl_parties whole = *parties;
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    struct buffer data = {0};
    whole.task.task = kpl->f.task;
    whole.task.stake_pot = kpl->f.pot;
    whole.mint = kpl->mint;
    assert_ok(kpl_instruction_build(&instruction, &data));
    size_t count =
        kpl_instruction_accounts(task->kind, task->operation, &whole, accounts);
    return call(&kpl->f, &KPL_TASK_PROGRAM_ID, accounts, count, &data);
}

/* The task's account, then CreateTask or UpdateTask with this pot. */
static struct transaction_status
found(struct kpl *kpl, enum task_instruction_kind kind,
      const struct pubkey *task, const struct pubkey *pot, struct hash seed)
{
    struct task_fixture *f = &kpl->f;
    struct kpl_instruction instruction = {
        .task = {.kind = kind, .terms = f->terms}, .stake_pot_seed = seed};
    struct kpl_parties parties = {
        .task = {.task = *task, .stake_pot = *pot, .actor = f->payer},
        .mint = kpl->mint,
        .actor_tokens = kpl->payer_tokens};
    if (kind == TASK_UPDATE) {
        instruction.task.terms.total_bounty_amount = 0;
        parties.task.task = f->task;
        parties.task.stake_pot = f->pot;
        parties.task.new_task = *task;
        parties.task.new_stake_pot = *pot;
    }
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {*task, true, true}};
    struct buffer data[2] = {{0}};
    system_create_account_data(task_instruction_create_lamports(SPACE), SPACE,
                               &KPL_TASK_PROGRAM_ID, &data[0]);
    assert_ok(kpl_instruction_build(&instruction, &data[1]));
    size_t count = kpl_instruction_accounts(kind, 0, &parties, accounts);
    const struct instruction list[2] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KPL_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
    };
    struct transaction_status status = task_fixture_execute(f, list, 2);
    buffer_free(&data[0]);
    buffer_free(&data[1]);
    return status;
}

static struct transaction_status create(struct kpl *kpl)
{
    return found(kpl, TASK_CREATE, &kpl->f.task, &kpl->f.pot,
                 kpl_instruction_pot_seed(&kpl->f.pot));
}

static struct transaction_status stake(struct kpl *kpl, size_t key,
                                       uint64_t amount)
{
    return run(kpl,
               &(struct task_instruction){.kind = TASK_STAKE, .amount = amount},
               &(struct kpl_parties){.task.actor = kpl->f.keys[key],
                                     .actor_tokens = kpl->tokens[key]});
}

static struct transaction_status submit(struct kpl *kpl, size_t key,
                                        uint64_t round)
{
    return run(kpl,
               &(struct task_instruction){.kind = TASK_SUBMIT,
                                          .value = bytes_text("bafyproof"),
                                          .round = round},
               &(struct kpl_parties){.task.actor = kpl->f.keys[key]});
}

static struct transaction_status claim(struct kpl *kpl, size_t key,
                                       const struct pubkey *to)
{
    return run(kpl, &(struct task_instruction){.kind = TASK_CLAIM_REWARD},
               &(struct kpl_parties){.task.actor = kpl->f.keys[key],
                                     .other_tokens = *to});
}

static struct transaction_status simple(struct kpl *kpl,
                                        enum task_instruction_kind kind,
                                        uint64_t round,
                                        const struct pubkey *actor)
{
    return run(kpl, &(struct task_instruction){.kind = kind, .round = round},
               &(struct kpl_parties){
                   .task = {.actor = *actor, .data_account = kpl->lists[0]}});
}

static void send_list(struct kpl *kpl, uint64_t round,
                      const struct task_list_entry *entries, size_t count)
{
    struct task_fixture *f = &kpl->f;
    struct buffer data = {0};
    task_list_build(&f->task, round, entries, count, &data);
    for (size_t i = 0; i < task_list_chunk_count(data.size); i++) {
        struct task_instruction chunk;
        task_list_chunk(buffer_view(&data), i, round, &chunk);
        assert_done(
            run(kpl, &chunk,
                &(struct kpl_parties){.task.data_account = kpl->lists[0]}));
    }
    buffer_free(&data);
    assert_done(simple(kpl, TASK_SUBMIT_DISTRIBUTION_LIST, round, &f->keys[0]));
}

/* Anybody who has seen the address can do this. */
static void send_lamports(struct task_fixture *f, const struct pubkey *to,
                          uint64_t lamports)
{
    const struct account_meta accounts[2] = {{f->payer, true, true},
                                             {*to, false, true}};
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    assert_done(call(f, &SYSTEM_PROGRAM_ID, accounts, 2, &data));
}

static int setup(void **state)
{
    struct kpl *kpl = test_calloc(1, sizeof(*kpl));
    struct task_fixture *f = &kpl->f;
    task_fixture_open(f);
    f->pot = task_fixture_key(30); /* an ordinary key, which signs */
    f->terms.total_bounty_amount = 1000;
    f->terms.bounty_amount_per_round = 100;
    f->terms.minimum_stake_amount = 50;
    kpl->mint = task_fixture_key(31);
    kpl->payer_tokens = task_fixture_key(32);
    make_account(f, &kpl->mint, TOKEN_MINT_SIZE, &TOKEN_PROGRAM_ID);
    const struct account_meta mint = {kpl->mint, false, true};
    struct buffer data = {0};
    buffer_u8(&data, TOKEN_INITIALIZE_MINT_2);
    buffer_u8(&data, 2);
    buffer_bytes(&data, pubkey_bytes(&f->payer));
    buffer_u8(&data, 0);
    assert_done(call(f, &TOKEN_PROGRAM_ID, &mint, 1, &data));
    make_tokens(kpl, &kpl->payer_tokens, &f->payer);
    for (size_t i = 0; i < STAKERS; i++) {
        kpl->tokens[i] = task_fixture_key(40 + i);
        kpl->lists[i] = task_fixture_key(50 + i);
        make_tokens(kpl, &kpl->tokens[i], &f->keys[i]);
        make_account(f, &kpl->lists[i], 100, &KPL_TASK_PROGRAM_ID);
    }
    *state = kpl;
    return 0;
}

static int teardown(void **state)
{
    struct kpl *kpl = *state;
    task_fixture_close(&kpl->f);
    test_free(kpl);
    return 0;
}

/* ---- Tests ---- */

static uint64_t lamports_of(struct kpl *kpl, const struct pubkey *key)
{
    struct account account = {0};
    struct task_fixture *f = &kpl->f;
    bank_account(f->bank, bank_state(f->bank), key, &f->arena, &account);
    return account.lamports;
}

/* Less than the rent, which the payer then tops up, and more. */
static void test_coins_sent_to_the_pot_beforehand_stop_nobody(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    uint64_t rent = rent_minimum_balance(TOKEN_ACCOUNT_SIZE);
    send_lamports(f, &f->pot, rent_minimum_balance(0));
    assert_done(create(kpl));
    assert_int_equal(lamports_of(kpl, &f->pot), rent);
    assert_int_equal(tokens_of(kpl, &f->pot), 1000);

    struct pubkey task = task_fixture_key(60), pot = task_fixture_key(61);
    send_lamports(f, &pot, rent + 1);
    assert_done(
        found(kpl, TASK_UPDATE, &task, &pot, kpl_instruction_pot_seed(&pot)));
    assert_int_equal(lamports_of(kpl, &pot), rent + 1);
    assert_int_equal(tokens_of(kpl, &pot), 1000);
    assert_ok(task_check(bank_state(f->bank), NULL));
}

static void test_an_account_in_use_becomes_no_pot(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    make_tokens(kpl, &f->pot, &f->payer);
    struct transaction_status status = create(kpl);
    assert_custom(status, SYSTEM_ERROR_ACCOUNT_ALREADY_IN_USE);
}

static void test_a_round_is_worked_and_paid_in_tokens(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    assert_done(create(kpl));
    assert_int_equal(tokens_of(kpl, &f->pot), 1000);
    assert_int_equal(tokens_of(kpl, &kpl->payer_tokens), MINTED - 1000);
    for (size_t i = 0; i < 2; i++)
        assert_done(stake(kpl, i, 60));
    assert_custom(stake(kpl, 2, 49), TASK_ERROR_NOT_STAKED);
    task_fixture_to(f, 1, 0);
    for (size_t i = 0; i < 2; i++)
        assert_done(submit(kpl, i, 0));
    task_fixture_to(f, 2, 0);
    const struct task_list_entry entries[2] = {{f->keys[0], 70},
                                               {f->keys[1], -20}};
    send_list(kpl, 0, entries, 2);
    task_fixture_to(f, 3, 0);
    assert_done(simple(kpl, TASK_PAYOUT, 0, &f->payer));
    assert_ok(task_check(bank_state(f->bank), NULL));
    assert_done(claim(kpl, 0, &kpl->tokens[0]));
    assert_int_equal(tokens_of(kpl, &kpl->tokens[0]), MINTED - 60 + 70);
    assert_custom(claim(kpl, 0, &kpl->tokens[0]), TASK_ERROR_NO_BALANCE);
    assert_custom(simple(kpl, TASK_WITHDRAW, 0, &f->keys[1]),
                  TASK_ERROR_LOCKED);
    task_fixture_to(f, 4, 0);
    assert_done(simple(kpl, TASK_WITHDRAW, 0, &f->keys[1]));
    assert_done(claim(kpl, 1, &kpl->tokens[1]));
    assert_int_equal(tokens_of(kpl, &kpl->tokens[1]), MINTED - 20);
    assert_int_equal(tokens_of(kpl, &f->pot), 1000 - 70 + 20 + 60);
    assert_ok(task_check(bank_state(f->bank), NULL));
}

static void test_a_task_without_a_bounty_a_round_pays_nothing(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    f->terms.bounty_amount_per_round = 0;
    assert_done(create(kpl));
    assert_done(stake(kpl, 0, 60));
    task_fixture_to(f, 1, 0);
    assert_done(submit(kpl, 0, 0));
    task_fixture_to(f, 2, 0);
    const struct task_list_entry entry = {f->keys[0], 0};
    send_list(kpl, 0, &entry, 1);
    task_fixture_to(f, 3, 0);
    assert_done(simple(kpl, TASK_PAYOUT, 0, &f->payer));
    assert_int_equal(task_fixture_round(f, 0).record, TASK_RECORD_SUCCESSFUL);
    assert_custom(claim(kpl, 0, &kpl->tokens[0]), TASK_ERROR_NO_BALANCE);
    assert_int_equal(tokens_of(kpl, &f->pot), 1000 + 60);
    assert_ok(task_check(bank_state(f->bank), NULL));
}

static void test_pot_needs_its_own_seed(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    struct pubkey other = task_fixture_key(33);
    assert_custom(found(kpl, TASK_CREATE, &f->task, &f->pot,
                        kpl_instruction_pot_seed(&other)),
                  TASK_ERROR_WRONG_STAKE_POT);
    assert_done(create(kpl));
}

static void test_others_tokens_cannot_be_staked(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    assert_done(create(kpl));
    const struct task_instruction in = {.kind = TASK_STAKE, .amount = 60};
    assert_custom(run(kpl, &in,
                      &(struct kpl_parties){.task.actor = f->keys[0],
                                            .actor_tokens = kpl->tokens[1]}),
                  TOKEN_ERROR_OWNER_MISMATCH);
    assert_custom(stake(kpl, 0, MINTED + 1), TOKEN_ERROR_INSUFFICIENT_FUNDS);
    assert_int_equal(task_fixture_header(f).total_stake, 0);
}

/* A token's supply may use all 64 bits, and so may what a task's nodes have
 * staked of it together, though no single stake passes 2^63 - 1. */
static void test_stakes_add_up_past_2_to_the_63(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    const uint64_t amount = INT64_MAX - (uint64_t)(STAKERS + 1) * MINTED;
    assert_done(create(kpl));
    for (size_t i = 0; i < 2; i++) {
        const struct account_meta mint_to[3] = {{kpl->mint, false, true},
                                                {kpl->tokens[i], false, true},
                                                {f->payer, true, false}};
        struct buffer data = {0};
        buffer_u8(&data, TOKEN_MINT_TO);
        buffer_u64le(&data, amount);
        assert_done(call(f, &TOKEN_PROGRAM_ID, mint_to, 3, &data));
        assert_done(stake(kpl, i, amount));
    }
    assert_true(task_fixture_header(f).total_stake == 2 * amount);
    assert_ok(task_check(bank_state(f->bank), NULL));
    assert_done(simple(kpl, TASK_WITHDRAW, 0, &f->keys[1]));
    assert_done(claim(kpl, 1, &kpl->tokens[1]));
    assert_true(tokens_of(kpl, &kpl->tokens[1]) == MINTED + amount);
}

static void test_funds_are_tokens(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    assert_done(create(kpl));
    assert_done(run(kpl,
                    &(struct task_instruction){.kind = TASK_FUND, .amount = 5},
                    &(struct kpl_parties){.task.actor = f->keys[0],
                                          .actor_tokens = kpl->tokens[0]}));
    assert_int_equal(task_fixture_header(f).terms.total_bounty_amount, 1005);
    assert_int_equal(tokens_of(kpl, &f->pot), 1005);
}

static void test_update_moves_the_tokens_to_the_new_pot(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    struct pubkey task = task_fixture_key(34);
    struct pubkey pot = task_fixture_key(35);
    assert_done(create(kpl));
    assert_done(stake(kpl, 0, 60));
    assert_done(
        found(kpl, TASK_UPDATE, &task, &pot, kpl_instruction_pot_seed(&pot)));
    assert_int_equal(tokens_of(kpl, &f->pot), 60);
    assert_int_equal(tokens_of(kpl, &pot), 1000);
    assert_true(task_fixture_header(f).is_migrated);
    assert_done(simple(kpl, TASK_WITHDRAW, 0, &f->keys[0]));
    assert_done(claim(kpl, 0, &kpl->tokens[0]));
    assert_int_equal(tokens_of(kpl, &kpl->tokens[0]), MINTED);
    f->task = task;
    assert_int_equal(task_fixture_header(f).terms.total_bounty_amount, 1000);
    assert_ok(task_check(bank_state(f->bank), NULL));
}

static struct transaction_status delete (struct kpl *kpl)
{
    return simple(kpl, TASK_DELETE, 0, &kpl->f.payer);
}

static void test_delete_burns_what_is_not_owed(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    assert_done(create(kpl));
    assert_done(stake(kpl, 0, 60));
    assert_done(delete (kpl));
    assert_int_equal(tokens_of(kpl, &f->pot), 60);
    assert_ok(task_check(bank_state(f->bank), NULL));
    assert_done(simple(kpl, TASK_WITHDRAW, 0, &f->keys[0]));
    assert_done(claim(kpl, 0, &kpl->tokens[0]));
    assert_done(delete (kpl));
    assert_int_equal(task_fixture_lamports(f, &f->pot), 0);
    assert_int_equal(task_fixture_lamports(f, &f->task), 0);
    assert_ok(task_check(bank_state(f->bank), NULL));
}

static void test_managers_allow_list_and_switch(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    struct pubkey list = kpl_instruction_manager_list();
    assert_done(create(kpl));
    const struct task_instruction init = {.kind = TASK_HANDLE_MANAGER_ACCOUNTS,
                                          .operation = TASK_MANAGER_INIT};
    const struct task_instruction on = {.kind = TASK_WHITELIST, .flag = true};
    const struct task_instruction off = {.kind = TASK_SET_ACTIVE};
    const struct kpl_parties payer = {.task.actor = f->payer};
    assert_custom(run(kpl, &on, &payer), TASK_ERROR_NOT_OWNER);
    assert_done(run(kpl, &init, &payer));
    assert_int_equal(task_fixture_lamports(f, &list),
                     rent_minimum_balance(4 + 32 * TASK_MANAGERS_MAX));
    assert_done(run(kpl, &on, &payer));
    assert_true(task_fixture_header(f).is_allowlisted);
    assert_done(run(kpl, &off, &payer));
    assert_false(task_fixture_header(f).is_active);
}

static void test_native_instructions_do_not_reach_kpl_tasks(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    assert_done(create(kpl));
    assert_refused(task_fixture_submit(f, 0, 0),
                   INSTRUCTION_INCORRECT_PROGRAM_ID);
    assert_false(task_render_exists(bank_state(f->bank), &f->task));
}

/* ---- The Borsh state ---- */

static struct bytes take_text(struct reader *reader)
{
    uint32_t size;
    struct bytes text;
    assert_ok(reader_u32le(reader, &size));
    assert_ok(reader_take(reader, size, &text));
    return text;
}

static uint64_t take_u64(struct reader *reader)
{
    uint64_t value;
    assert_ok(reader_u64le(reader, &value));
    return value;
}

static uint32_t take_count(struct reader *reader)
{
    uint32_t count;
    assert_ok(reader_u32le(reader, &count));
    return count;
}

static void pass_over(struct reader *reader, size_t size)
{
    struct bytes skipped;
    assert_ok(reader_take(reader, size, &skipped));
}

/* A map of rounds of maps of keys; the values are passed over by size or, for
 * audits (0), by their votes. Keys must ascend. Returns the entries. */
static size_t take_rounds(struct reader *reader, size_t value_size,
                          bool value_has_text)
{
    size_t entries = 0;
    struct bytes last_round = {0};
    for (uint32_t rounds = take_count(reader); rounds > 0; rounds--) {
        struct bytes round = take_text(reader);
        struct bytes last_key = {0};
        assert_true(bytes_compare(round, last_round) > 0);
        last_round = round;
        for (uint32_t keys = take_count(reader); keys > 0; keys--, entries++) {
            struct bytes key = take_text(reader);
            assert_true(bytes_compare(key, last_key) > 0);
            last_key = key;
            if (value_has_text)
                take_text(reader);
            pass_over(reader, value_size);
        }
    }
    return entries;
}

static size_t take_audits(struct reader *reader)
{
    size_t votes = 0;
    for (uint32_t rounds = take_count(reader); rounds > 0; rounds--) {
        take_text(reader);
        for (uint32_t keys = take_count(reader); keys > 0; keys--) {
            take_text(reader);
            pass_over(reader, 32 + 8);
            uint32_t count = take_count(reader);
            pass_over(reader, count * (size_t)(1 + 32 + 8));
            votes += count;
        }
    }
    return votes;
}

static size_t take_amounts(struct reader *reader, uint64_t *sum)
{
    uint32_t count = take_count(reader);
    for (uint32_t i = 0; i < count; i++) {
        take_text(reader);
        *sum += take_u64(reader);
    }
    return count;
}

/* A state with everything in it: stakes, submissions of rounds 8 to 10 (as
 * text "10" comes before "8"), an audit, a list, a payout. */
static void fill_state(struct kpl *kpl)
{
    struct task_fixture *f = &kpl->f;
    const struct task_list_entry entry = {f->keys[0], 70};
    assert_done(create(kpl));
    for (size_t i = 0; i < STAKERS; i++)
        assert_done(stake(kpl, i, 60));
    for (uint64_t round = 9; round <= 11; round++) {
        task_fixture_to(f, round, 0);
        for (size_t i = 0; i < STAKERS; i++)
            assert_done(submit(kpl, i, round - 1));
    }
    task_fixture_to(f, 11, 40);
    assert_done(run(
        kpl,
        &(struct task_instruction){.kind = TASK_AUDIT_SUBMISSIONS, .round = 10},
        &(struct kpl_parties){
            .task = {.actor = f->keys[1], .other = f->keys[0]}}));
    task_fixture_to(f, 12, 0);
    send_list(kpl, 10, &entry, 1);
    task_fixture_to(f, 13, 0);
    assert_done(simple(kpl, TASK_PAYOUT, 10, &f->payer));
}

static void test_account_data_is_k2s_borsh(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    struct account account;
    uint8_t flags[2];
    uint8_t bump;
    uint8_t expected_bump;
    uint64_t balances = 0;
    uint64_t stakes = 0;
    fill_state(kpl);
    assert_ok(bank_account(f->bank, bank_state(f->bank), &f->task, &f->arena,
                           &account));
    struct reader reader = reader_make(account.data);
    assert_ok(reader_copy(&reader, flags, 2));
    assert_int_equal(flags[0], 0);
    assert_int_equal(flags[1], 1);
    assert_true(bytes_equal(take_text(&reader), bytes_text("fixture")));
    take_text(&reader);
    pass_over(&reader, 32);
    assert_true(bytes_equal(take_text(&reader), bytes_text("bafyaudit")));
    pass_over(&reader, 32 + 32);
    assert_ok(reader_u8(&reader, &bump));
    kpl_instruction_pot_authority(&f->pot, &expected_bump);
    assert_int_equal(bump, expected_bump);
    assert_int_equal(take_rounds(&reader, 16, true), 9);
    assert_int_equal(take_audits(&reader), 1);
    assert_int_equal(take_u64(&reader), 1000 - 70);
    assert_int_equal(take_u64(&reader), 100);
    struct pubkey mint;
    assert_ok(reader_copy(&reader, &mint, 32));
    assert_true(pubkey_equal(&mint, &kpl->mint));
    assert_int_equal(take_u64(&reader), 180);
    assert_int_equal(take_u64(&reader), 50);
    assert_int_equal(take_amounts(&reader, &balances), 1);
    assert_int_equal(balances, 70);
    assert_int_equal(take_amounts(&reader, &stakes), STAKERS);
    assert_int_equal(stakes, 180);
    assert_int_equal(take_count(&reader), 0); /* ip addresses */
    assert_int_equal(take_u64(&reader), 100);
    pass_over(&reader, 8);
    assert_int_equal(take_u64(&reader), 40);
    assert_int_equal(take_u64(&reader), 40);
    take_text(&reader);
    assert_int_equal(take_rounds(&reader, 32 + 16, false), 1);
    assert_int_equal(take_audits(&reader), 0);
    assert_int_equal(take_count(&reader), 1); /* records */
    assert_true(bytes_equal(take_text(&reader), bytes_text("10")));
    pass_over(&reader, 1);
    assert_true(bytes_equal(take_text(&reader), bytes_text("bafymetadata")));
    take_text(&reader);
    pass_over(&reader, 1);
    take_text(&reader);
    assert_int_equal(take_u64(&reader), 2);
    assert_ok(reader_end(&reader));
}

static struct json_object *at(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(object, name, &value));
    return value;
}

static uint64_t number_at(struct json_object *object, const char *name)
{
    uint64_t value;
    assert_ok(json_get_u64(object, name, &value));
    return value;
}

static void assert_text(struct json_object *object, const char *name,
                        const char *expected)
{
    const char *text;
    assert_ok(json_get_text(object, name, &text));
    assert_string_equal(text, expected);
}

/* A key is an array of 32 numbers. */
static void assert_key(struct json_object *array, const struct pubkey *key)
{
    assert_int_equal(json_object_array_length(array), 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(
            json_object_get_int(json_object_array_get_idx(array, i)),
            key->bytes[i]);
}

static struct bytes account_data(struct kpl *kpl)
{
    struct task_fixture *f = &kpl->f;
    struct account account;
    assert_ok(bank_account(f->bank, bank_state(f->bank), &f->task, &f->arena,
                           &account));
    return account.data;
}

static void test_clients_read_the_state_in_the_native_form(void **state)
{
    struct kpl *kpl = *state;
    struct task_fixture *f = &kpl->f;
    struct pubkey_text name = pubkey_text(&f->keys[0]);
    const char *first = name.text;
    struct buffer text = {0};
    struct json_object *task, *of_first;
    fill_state(kpl);
    assert_ok(kpl_state_json(account_data(kpl), KPL_STATE_ALL, NULL, &text));
    assert_ok(json_parse_exact(buffer_view(&text), &task));
    assert_text(task, "task_name", "fixture");
    assert_text(task, "task_metadata", "bafymetadata");
    assert_int_equal(json_object_get_boolean(at(task, "is_active")), true);
    assert_key(at(task, "token_type"), &kpl->mint);
    assert_key(at(task, "stake_pot_account"), &f->pot);
    assert_int_equal(number_at(task, "total_bounty_amount"), 1000 - 70);
    assert_int_equal(number_at(task, "round_time"), 100);
    assert_int_equal(number_at(at(task, "available_balances"), first), 70);
    assert_int_equal(number_at(at(task, "stake_list"), first), 60);
    of_first = at(at(at(task, "submissions"), "8"), first);
    assert_text(of_first, "submission_value", "bafyproof");
    assert_int_equal(number_at(of_first, "round"), 8);
    of_first = at(at(at(task, "submissions_audit_trigger"), "10"), first);
    assert_key(at(of_first, "trigger_by"), &f->keys[1]);
    assert_int_equal(json_object_array_length(at(of_first, "votes")), 1);
    of_first = at(at(at(task, "distribution_rewards_submission"), "10"), first);
    assert_key(at(of_first, "submission_value"), &kpl->lists[0]);
    assert_text(at(task, "distributions_audit_record"), "10",
                "PayoutSuccessful");
    json_object_put(task);
    buffer_free(&text);
}

static void test_only_what_is_wanted_of_the_state_comes_out(void **state)
{
    struct kpl *kpl = *state;
    const uint64_t round = 9;
    struct buffer text = {0};
    struct json_object *task;
    fill_state(kpl);
    assert_ok(kpl_state_json(account_data(kpl), KPL_STATE_SUBMISSIONS, &round,
                             &text));
    assert_ok(json_parse_exact(buffer_view(&text), &task));
    assert_int_equal(json_object_object_length(at(task, "submissions")), 1);
    assert_int_equal(
        json_object_object_length(at(at(task, "submissions"), "9")), STAKERS);
    assert_null(json_object_object_get(task, "stake_list"));
    assert_null(json_object_object_get(task, "distributions_audit_record"));
    assert_int_equal(number_at(task, "allowed_failed_distributions"), 2);
    json_object_put(task);
    buffer_free(&text);
}

/* As Koii's decoder: neither a byte less nor one more. */
static void test_a_state_that_is_cut_or_padded_is_refused(void **state)
{
    struct kpl *kpl = *state;
    struct buffer text = {0}, padded = {0};
    fill_state(kpl);
    struct bytes data = account_data(kpl);
    for (size_t size = 0; size < data.size; size++) {
        assert_int_equal(kpl_state_json(bytes_make(data.data, size),
                                        KPL_STATE_ALL, NULL, &text),
                         ERR_INVALID);
        buffer_clear(&text);
    }
    buffer_bytes(&padded, data);
    buffer_u8(&padded, 0);
    assert_int_equal(
        kpl_state_json(buffer_view(&padded), KPL_STATE_ALL, NULL, &text),
        ERR_INVALID);
    buffer_free(&text);
    buffer_free(&padded);
}

/* The reference: "Empty state = exactly 264 bytes". */
static void test_empty_state_is_264_bytes(void **state)
{
    struct kpl *kpl = *state;
    struct state *child = state_open_child(bank_state(kpl->f.bank));
    struct pubkey task = task_fixture_key(70);
    struct task_book book;
    struct task_row token = {.kind = TASK_ROW_TOKEN};
    struct task_row_key key;
    struct buffer buffer = {0};
    task_book_new(&book, child, &task);
    book.header.terms.round_time = 1;
    task_book_save(&book);
    assert_int_equal(kpl_render(child, &task, &buffer), ERR_NOT_FOUND);
    task_rows_key(&task, &token, &key);
    task_rows_encode(&token, &buffer);
    state_put(child, bytes_make(key.bytes, key.size), buffer_view(&buffer));
    buffer_clear(&buffer);
    assert_ok(kpl_render(child, &task, &buffer));
    assert_int_equal(buffer.size, 264);
    buffer_free(&buffer);
    state_close(child);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_round_is_worked_and_paid_in_tokens),
        TEST(test_a_task_without_a_bounty_a_round_pays_nothing),
        TEST(test_coins_sent_to_the_pot_beforehand_stop_nobody),
        TEST(test_an_account_in_use_becomes_no_pot),
        TEST(test_pot_needs_its_own_seed),
        TEST(test_others_tokens_cannot_be_staked),
        TEST(test_stakes_add_up_past_2_to_the_63),
        TEST(test_funds_are_tokens),
        TEST(test_update_moves_the_tokens_to_the_new_pot),
        TEST(test_delete_burns_what_is_not_owed),
        TEST(test_managers_allow_list_and_switch),
        TEST(test_native_instructions_do_not_reach_kpl_tasks),
        TEST(test_account_data_is_k2s_borsh),
        TEST(test_clients_read_the_state_in_the_native_form),
        TEST(test_only_what_is_wanted_of_the_state_comes_out),
        TEST(test_a_state_that_is_cut_or_padded_is_refused),
        TEST(test_empty_state_is_264_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
