#include "task_tokens.h"
#include "base/check.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_program.h"

/* Numbers of keys that the fixture does not use. */
#define MINT 700
#define PAYER_TOKENS 701
#define KEYS 710
#define KEY_TOKENS 740

struct pubkey task_tokens_mint(void)
{
    return task_fixture_key(MINT);
}

struct pubkey task_tokens_key(size_t number)
{
    CHECK(number < TASK_FIXTURE_KEYS);
    return task_fixture_key(KEYS + number);
}

/* The payer's number for keys that are not listed here. */
static struct pubkey account_of(const struct pubkey *key)
{
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++) {
        struct pubkey own = task_tokens_key(i);
        if (pubkey_equal(&own, key))
            return task_fixture_key(KEY_TOKENS + i);
    }
    return task_fixture_key(PAYER_TOKENS);
}

/* ---- Making ---- */

static void must(struct task_fixture *f, const struct pubkey *program,
                 const struct account_meta *accounts, size_t count,
                 struct buffer *data)
{
    const struct instruction one = {*program, accounts, count,
                                    buffer_view(data)};
    struct transaction_status status = task_fixture_execute(f, &one, 1);
    CHECK(transaction_status_ok(status));
    buffer_free(data);
}

static void make_account(struct task_fixture *f, const struct pubkey *key,
                         uint64_t space, const struct pubkey *owner)
{
    const struct account_meta accounts[2] = {{f->payer, true, true},
                                             {*key, true, true}};
    struct buffer data = {0};
    system_create_account_data(TASK_FIXTURE_KEY_LAMPORTS, space, owner, &data);
    must(f, &SYSTEM_PROGRAM_ID, accounts, 2, &data);
}

static void make_tokens(struct task_fixture *f, const struct pubkey *owner)
{
    struct pubkey mint = task_tokens_mint(), key = account_of(owner);
    const struct account_meta initialize[2] = {{key, false, true},
                                               {mint, false, false}};
    const struct account_meta mint_to[3] = {
        {mint, false, true}, {key, false, true}, {f->payer, true, false}};
    struct buffer data = {0};
    make_account(f, &key, TOKEN_ACCOUNT_SIZE, &TOKEN_PROGRAM_ID);
    buffer_u8(&data, TOKEN_INITIALIZE_ACCOUNT_3);
    buffer_bytes(&data, pubkey_bytes(owner));
    must(f, &TOKEN_PROGRAM_ID, initialize, 2, &data);
    buffer_u8(&data, TOKEN_MINT_TO);
    buffer_u64le(&data, TASK_TOKENS_EACH);
    must(f, &TOKEN_PROGRAM_ID, mint_to, 3, &data);
}

void task_tokens_make(struct task_fixture *f)
{
    struct pubkey mint = task_tokens_mint();
    const struct account_meta account = {mint, false, true};
    const struct task_instruction managers = {
        .kind = TASK_HANDLE_MANAGER_ACCOUNTS, .operation = TASK_MANAGER_INIT};
    struct buffer data = {0};
    make_account(f, &mint, TOKEN_MINT_SIZE, &TOKEN_PROGRAM_ID);
    buffer_u8(&data, TOKEN_INITIALIZE_MINT_2);
    buffer_u8(&data, 2);
    buffer_bytes(&data, pubkey_bytes(&f->payer));
    buffer_u8(&data, 0);
    must(f, &TOKEN_PROGRAM_ID, &account, 1, &data);
    make_tokens(f, &f->payer);
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++) {
        struct pubkey key = task_tokens_key(i);
        make_account(f, &key, TASK_STAKING_KEY_SPACE, &KPL_TASK_PROGRAM_ID);
        make_tokens(f, &key);
    }
    struct transaction_status status = task_tokens_run(
        f, &managers, &(struct task_parties){.actor = f->payer});
    CHECK(transaction_status_ok(status));
}

/* ---- Instructions ---- */

static struct kpl_parties whole(const struct task_fixture *f,
                                const struct task_parties *parties)
{
    struct kpl_parties kpl = {.task = *parties,
                              .mint = task_tokens_mint(),
                              .actor_tokens = account_of(&parties->actor),
                              .other_tokens = account_of(&parties->other)};
    kpl.task.task = f->task;
    kpl.task.stake_pot = f->pot;
    return kpl;
}

struct transaction_status
task_tokens_run(struct task_fixture *f,
                const struct task_instruction *instruction,
                const struct task_parties *parties)
{
    const struct kpl_instruction kpl = {.task = *instruction};
    const struct kpl_parties all = whole(f, parties);
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    struct buffer data = {0};
    CHECK(kpl_instruction_build(&kpl, &data) == 0);
    size_t count = kpl_instruction_accounts(
        instruction->kind, instruction->operation, &all, accounts);
    const struct instruction one = {KPL_TASK_PROGRAM_ID, accounts, count,
                                    buffer_view(&data)};
    struct transaction_status status = task_fixture_execute(f, &one, 1);
    buffer_free(&data);
    return status;
}

struct transaction_status
task_tokens_found(struct task_fixture *f, enum task_instruction_kind kind,
                  const struct task_terms *terms, const struct pubkey *task,
                  const struct pubkey *pot, uint64_t space)
{
    const struct kpl_instruction kpl = {.task = {.kind = kind, .terms = *terms},
                                        .stake_pot_seed =
                                            kpl_instruction_pot_seed(pot)};
    struct kpl_parties parties = whole(
        f, &(struct task_parties){
               .actor = f->payer, .new_task = *task, .new_stake_pot = *pot});
    struct account_meta accounts[KPL_ACCOUNTS_MAX];
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {*task, true, true}};
    struct buffer data[2] = {{0}};
    if (kind == TASK_CREATE) {
        parties.task.task = *task;
        parties.task.stake_pot = *pot;
    }
    system_create_account_data(task_instruction_create_lamports(space), space,
                               &KPL_TASK_PROGRAM_ID, &data[0]);
    CHECK(kpl_instruction_build(&kpl, &data[1]) == 0);
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

/* ---- Looking ---- */

uint64_t task_tokens_held(struct task_fixture *f, const struct pubkey *account)
{
    struct arena arena = {0};
    struct account found;
    struct token_record record;
    uint64_t amount = 0;
    if (bank_account(f->bank, bank_state(f->bank), account, &arena, &found) ==
            0 &&
        token_account_load(found.data, &record) == TOKEN_LOADED)
        amount = token_account_amount(&record);
    arena_free(&arena);
    return amount;
}

uint64_t task_tokens_owned(struct task_fixture *f, const struct pubkey *key)
{
    struct pubkey account = account_of(key);
    return task_tokens_held(f, &account);
}

void task_tokens_count(struct task_fixture *f, uint64_t *supply, uint64_t *held)
{
    static const uint8_t prefix = ACCOUNT_ROW_PREFIX;
    struct pubkey mint = task_tokens_mint();
    struct token_record record;
    struct bytes key, row;
    struct state_cursor *cursor = state_cursor_open(
        bank_state(f->bank), bytes_make(&prefix, 1), (struct bytes){0});
    *supply = *held = 0;
    while (state_cursor_next(cursor, &key, &row)) {
        struct account account;
        CHECK(account_decode(row, &account) == 0);
        if (!pubkey_equal(&account.owner, &TOKEN_PROGRAM_ID))
            continue;
        if (!memcmp(key.data + 1, mint.bytes, 32)) {
            CHECK(token_mint_load(account.data, &record) == TOKEN_LOADED);
            *supply = token_mint_supply(&record);
        } else if (token_account_load(account.data, &record) == TOKEN_LOADED &&
                   pubkey_equal(token_account_mint(&record), &mint)) {
            *held += token_account_amount(&record);
        }
    }
    state_cursor_close(cursor);
}
