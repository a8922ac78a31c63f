#include "task_fixture.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/memo_program.h"
#include "settlement/table/program_table.h"
#include "settlement/task/task_managers.h"
#include "settlement/task_list_build.h"
#include <inttypes.h>
#include <stdio.h>

struct task_terms task_fixture_terms(void)
{
    return (struct task_terms){
        .task_name = bytes_text("fixture"),
        .task_description = bytes_text("what the tests work on"),
        .task_audit_program = bytes_text("bafyaudit"),
        .task_executable_network = bytes_text("IPFS"),
        .total_bounty_amount = 100 * LAMPORTS_PER_KOII,
        .bounty_amount_per_round = 10 * LAMPORTS_PER_KOII,
        .round_time = 100,
        .audit_window = 40,
        .submission_window = 40,
        .minimum_stake_amount = TASK_FIXTURE_STAKE,
        .task_metadata = bytes_text("bafymetadata"),
        .allowed_failed_distributions = 2,
    };
}

struct pubkey task_fixture_key(uint64_t number)
{
    struct hash hash;
    struct pubkey key;
    hash_sha256(bytes_make(&number, sizeof(number)), &hash);
    memcpy(key.bytes, hash.bytes, 32);
    return key;
}

struct pubkey task_fixture_pot(uint64_t number)
{
    static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    char text[44] = "stakepotaccount1111111111111111111111111111";
    struct pubkey pot;
    for (size_t at = 42; number; at--, number /= 33) {
        CHECK(at > 15);
        text[at] = alphabet[number % 33];
    }
    CHECK(pubkey_parse(bytes_text(text), &pot) == 0);
    return pot;
}

/* ---- The bank ---- */

static void make_genesis(struct task_fixture *f, struct genesis *genesis)
{
    static const uint8_t empty[TASK_STAKING_KEY_SPACE];
    size_t count = TASK_FIXTURE_KEYS + 1;
    struct genesis_account *accounts =
        arena_zero(&f->genesis_arena, count * sizeof(*accounts));
    struct genesis_validator *validator =
        arena_zero(&f->genesis_arena, sizeof(*validator));
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++) {
        accounts[i].key = f->keys[i];
        accounts[i].account.lamports = TASK_FIXTURE_KEY_LAMPORTS;
        accounts[i].account.owner = KOII_TASK_PROGRAM_ID;
        accounts[i].account.data = bytes_make(empty, sizeof(empty));
        accounts[i].account.space = sizeof(empty);
    }
    accounts[count - 1].key = f->payer;
    accounts[count - 1].account.lamports = TASK_FIXTURE_PAYER_LAMPORTS;
    *validator = (struct genesis_validator){f->leader, LAMPORTS_PER_KOII};
    *genesis = (struct genesis){
        .creation_unix_ms = 1760000000000ull,
        .slot_ms = 100,
        .ticks_per_slot = 64,
        .validators = validator,
        .validator_count = 1,
        .accounts = accounts,
        .account_count = count,
    };
    genesis_hash(genesis, &genesis->hash);
}

static struct bank *open_child(struct task_fixture *f, struct bank *parent,
                               uint64_t slot)
{
    const struct bank_info *info = bank_info(parent);
    struct bank_block block = {
        .slot = slot,
        .unix_ms = info->unix_ms + 100 * (slot - info->slot),
        .leader = f->leader,
    };
    return bank_open_child(parent, &STATE_BASE_EMPTY, &block);
}

void task_fixture_open(struct task_fixture *f)
{
    struct genesis genesis;
    crypto_init();
    memset(f, 0, sizeof(*f));
    f->payer = task_fixture_key(1);
    f->leader = task_fixture_key(2);
    f->task = task_fixture_key(3);
    f->pot = task_fixture_pot(1);
    f->terms = task_fixture_terms();
    for (size_t i = 0; i < TASK_FIXTURE_KEYS; i++)
        f->keys[i] = task_fixture_key(100 + i);
    make_genesis(f, &genesis);
    struct bank *root = bank_open_genesis(&genesis, &program_table);
    f->bank = open_child(f, root, 1);
    bank_release(root);
}

void task_fixture_close(struct task_fixture *f)
{
    bank_release(f->parent);
    bank_release(f->bank);
    arena_free(&f->arena);
    arena_free(&f->genesis_arena);
}

void task_fixture_fork(const struct task_fixture *root, struct bank *parent,
                       struct task_fixture *f)
{
    *f = *root;
    f->arena = (struct arena){0};
    f->genesis_arena = (struct arena){0};
    f->parent = bank_retain(parent);
    f->bank = open_child(f, parent, bank_info(parent)->slot + 1);
    f->fees = 0;
}

void task_fixture_again(const struct task_fixture *from, struct task_fixture *f)
{
    CHECK(from->parent);
    *f = *from;
    f->arena = (struct arena){0};
    f->genesis_arena = (struct arena){0};
    f->parent = bank_retain(from->parent);
    f->bank = open_child(f, f->parent, bank_info(from->bank)->slot);
    f->fees = 0;
}

void task_fixture_to_slot(struct task_fixture *f, uint64_t slot)
{
    struct pubkey key = task_fixture_key(1000000 + slot);
    struct hash blockhash;
    memcpy(blockhash.bytes, key.bytes, 32);
    bank_freeze(f->bank, &blockhash);
    bank_sum_up(f->bank);
    struct bank *child = open_child(f, f->bank, slot);
    bank_release(f->parent);
    f->parent = f->bank;
    f->bank = child;
    f->fees = 0;
}

void task_fixture_to(struct task_fixture *f, uint64_t round, uint64_t offset)
{
    struct task_header header = task_fixture_header(f);
    uint64_t slot =
        header.starting_slot + round * header.terms.round_time + offset;
    if (slot != bank_info(f->bank)->slot)
        task_fixture_to_slot(f, slot);
}

/* ---- Transactions ---- */

static void keep_log(struct task_fixture *f, const struct bank_result *result)
{
    size_t at = 0;
    f->log[0] = 0;
    for (size_t i = 0; i < result->log_count; i++) {
        int size = snprintf(f->log + at, sizeof(f->log) - at, "%.*s\n",
                            (int)result->log[i].size,
                            (const char *)result->log[i].data);
        at += (size_t)size;
        if (at >= sizeof(f->log))
            break;
    }
}

void task_fixture_build(struct task_fixture *f, const struct instruction *list,
                        size_t count, struct buffer *wire)
{
    struct instruction instructions[8];
    struct buffer message = {0};
    char memo[24];
    CHECK(count < 8);
    memcpy(instructions, list, count * sizeof(*list));
    /* A memo makes it differ from others with the same instructions. */
    snprintf(memo, sizeof(memo), "%" PRIu64, f->transactions++);
    instructions[count] = (struct instruction){.program = MEMO_PROGRAM_ID,
                                               .data = bytes_text(memo)};
    CHECK(transaction_build(&f->payer, instructions, count + 1,
                            &bank_info(f->bank)->parent_blockhash,
                            &message) == 0);
    compact_u16_write(wire, message.data[0]);
    buffer_resize(wire, wire->size + 64 * (size_t)message.data[0]);
    buffer_bytes(wire, buffer_view(&message));
    buffer_free(&message);
}

struct transaction_status task_fixture_execute(struct task_fixture *f,
                                               const struct instruction *list,
                                               size_t count)
{
    struct buffer wire = {0};
    struct transaction transaction;
    struct bank_result result;
    task_fixture_build(f, list, count, &wire);
    arena_reset(&f->arena);
    CHECK(transaction_parse(buffer_view(&wire), &f->arena, &transaction) == 0);
    bank_execute(f->bank, &transaction, BANK_WANT_LOG, &f->arena, &result);
    keep_log(f, &result);
    f->units = result.compute_units;
    if (result.recorded)
        f->fees += 5000 * (uint64_t)wire.data[0];
    buffer_free(&wire);
    return result.status;
}

static bool is_unset(const struct pubkey *key)
{
    static const struct pubkey zero;
    return pubkey_equal(key, &zero);
}

struct transaction_status
task_fixture_run(struct task_fixture *f,
                 const struct task_instruction *instruction,
                 const struct task_parties *parties)
{
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    struct task_parties whole = *parties;
    struct buffer data = {0};
    if (is_unset(&whole.task))
        whole.task = f->task;
    if (is_unset(&whole.stake_pot))
        whole.stake_pot = f->pot;
    CHECK(task_instruction_build(instruction, &data) == 0);
    size_t count = task_instruction_accounts(
        instruction->kind, instruction->operation, &whole, accounts);
    struct instruction one = {
        .program = KOII_TASK_PROGRAM_ID,
        .accounts = accounts,
        .account_count = count,
        .data = buffer_view(&data),
    };
    struct transaction_status status = task_fixture_execute(f, &one, 1);
    buffer_free(&data);
    return status;
}

struct transaction_status task_fixture_create(struct task_fixture *f,
                                              const struct task_terms *terms,
                                              const struct pubkey *task,
                                              const struct pubkey *pot,
                                              uint64_t space)
{
    const struct task_instruction create = {.kind = TASK_CREATE,
                                            .terms = *terms};
    const struct task_parties parties = {
        .task = *task, .stake_pot = *pot, .actor = f->payer};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    const struct account_meta new_account[2] = {{f->payer, true, true},
                                                {*task, true, true}};
    const struct account_meta to_pot[2] = {{f->payer, true, true},
                                           {*pot, false, true}};
    struct buffer data[3] = {{0}};
    CHECK(task_instruction_build(&create, &data[1]) == 0);
    system_create_account_data(task_instruction_create_lamports(space), space,
                               &KOII_TASK_PROGRAM_ID, &data[0]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    size_t count =
        task_instruction_accounts(TASK_CREATE, 0, &parties, accounts);
    const struct instruction list[3] = {
        {SYSTEM_PROGRAM_ID, new_account, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])},
    };
    struct transaction_status status = task_fixture_execute(f, list, 3);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
    return status;
}

struct transaction_status task_fixture_init_managers(struct task_fixture *f)
{
    const struct task_instruction init = {.kind = TASK_HANDLE_MANAGER_ACCOUNTS,
                                          .operation = TASK_MANAGER_INIT};
    const struct task_parties parties = {.actor = f->payer};
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    const struct account_meta to_list[2] = {
        {f->payer, true, true}, {task_address_manager_list(), false, true}};
    struct buffer data[2] = {{0}};
    size_t count = task_instruction_accounts(init.kind, init.operation,
                                             &parties, accounts);
    CHECK(task_instruction_build(&init, &data[0]) == 0);
    system_transfer_data(rent_minimum_balance(4 + 32 * TASK_MANAGERS_MAX),
                         &data[1]);
    const struct instruction list[2] = {
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[0])},
        {SYSTEM_PROGRAM_ID, to_list, 2, buffer_view(&data[1])},
    };
    struct transaction_status status = task_fixture_execute(f, list, 2);
    buffer_free(&data[0]);
    buffer_free(&data[1]);
    return status;
}

struct transaction_status task_fixture_stake(struct task_fixture *f, size_t key,
                                             uint64_t amount)
{
    return task_fixture_run(
        f,
        &(struct task_instruction){.kind = TASK_STAKE,
                                   .amount = amount,
                                   .ip_address = bytes_text("http://n:1")},
        &(struct task_parties){.actor = f->keys[key]});
}

struct transaction_status task_fixture_submit(struct task_fixture *f,
                                              size_t key, uint64_t round)
{
    return task_fixture_run(
        f,
        &(struct task_instruction){.kind = TASK_SUBMIT,
                                   .value = bytes_text("bafyproof"),
                                   .round = round},
        &(struct task_parties){.actor = f->keys[key]});
}

static struct transaction_status audit(struct task_fixture *f,
                                       enum task_instruction_kind kind,
                                       size_t voter, size_t candidate,
                                       uint64_t round, bool is_valid)
{
    return task_fixture_run(
        f,
        &(struct task_instruction){
            .kind = kind, .round = round, .flag = is_valid},
        &(struct task_parties){.actor = f->keys[voter],
                               .other = f->keys[candidate]});
}

struct transaction_status task_fixture_audit(struct task_fixture *f,
                                             size_t voter, size_t candidate,
                                             uint64_t round, bool is_valid)
{
    return audit(f, TASK_AUDIT_SUBMISSIONS, voter, candidate, round, is_valid);
}

struct transaction_status task_fixture_audit_list(struct task_fixture *f,
                                                  size_t voter,
                                                  size_t candidate,
                                                  uint64_t round, bool is_valid)
{
    return audit(f, TASK_AUDIT_DISTRIBUTION, voter, candidate, round, is_valid);
}

struct transaction_status task_fixture_upload(struct task_fixture *f,
                                              size_t key, uint64_t round,
                                              struct bytes data)
{
    struct transaction_status status = {0};
    const struct task_parties parties = {.data_account = f->keys[key]};
    size_t chunks = task_list_chunk_count(data.size);
    for (size_t i = 0; i < chunks && transaction_status_ok(status); i++) {
        struct task_instruction instruction;
        task_list_chunk(data, i, round, &instruction);
        status = task_fixture_run(f, &instruction, &parties);
    }
    return status;
}

struct transaction_status task_fixture_submit_list(struct task_fixture *f,
                                                   size_t key, uint64_t round)
{
    return task_fixture_run(
        f,
        &(struct task_instruction){.kind = TASK_SUBMIT_DISTRIBUTION_LIST,
                                   .round = round},
        &(struct task_parties){.actor = f->keys[key],
                               .data_account = f->keys[key]});
}

struct transaction_status task_fixture_list(struct task_fixture *f, size_t key,
                                            uint64_t round,
                                            const int64_t *amounts,
                                            size_t count)
{
    struct task_list_entry entries[TASK_FIXTURE_KEYS];
    struct buffer data = {0};
    size_t used = 0;
    CHECK(count <= TASK_FIXTURE_KEYS);
    for (size_t i = 0; i < count; i++) {
        if (amounts[i])
            entries[used++] = (struct task_list_entry){f->keys[i], amounts[i]};
    }
    task_list_build(&f->task, round, entries, used, &data);
    struct transaction_status status =
        task_fixture_upload(f, key, round, buffer_view(&data));
    buffer_free(&data);
    return transaction_status_ok(status)
               ? task_fixture_submit_list(f, key, round)
               : status;
}

struct transaction_status task_fixture_payout(struct task_fixture *f,
                                              uint64_t round)
{
    return task_fixture_run(
        f, &(struct task_instruction){.kind = TASK_PAYOUT, .round = round},
        &(struct task_parties){.data_account = f->keys[0]});
}

struct transaction_status task_fixture_withdraw(struct task_fixture *f,
                                                size_t key)
{
    return task_fixture_run(f,
                            &(struct task_instruction){.kind = TASK_WITHDRAW},
                            &(struct task_parties){.actor = f->keys[key]});
}

struct transaction_status task_fixture_claim(struct task_fixture *f, size_t key,
                                             const struct pubkey *beneficiary)
{
    return task_fixture_run(
        f, &(struct task_instruction){.kind = TASK_CLAIM_REWARD},
        &(struct task_parties){.actor = f->keys[key], .other = *beneficiary});
}

/* ---- Looking ---- */

struct task_header task_fixture_header(struct task_fixture *f)
{
    struct task_header header;
    CHECK(task_header_get(bank_state(f->bank), &f->task, &header));
    return header;
}

static struct task_row find(struct task_fixture *f, enum task_row_kind kind,
                            uint64_t round, const struct pubkey *key)
{
    struct task_row row = {.kind = kind, .round = round};
    if (key)
        row.key = *key;
    task_rows_get(bank_state(f->bank), &f->task, &row);
    return row;
}

uint64_t task_fixture_staked(struct task_fixture *f, size_t key)
{
    return find(f, TASK_ROW_STAKE, 0, &f->keys[key]).stake.amount;
}

uint64_t task_fixture_claimable(struct task_fixture *f, size_t key)
{
    return find(f, TASK_ROW_BALANCE, 0, &f->keys[key]).stake.amount;
}

struct task_round task_fixture_round(struct task_fixture *f, uint64_t round)
{
    return find(f, TASK_ROW_ROUND, round, NULL).status;
}

uint64_t task_fixture_lamports(struct task_fixture *f, const struct pubkey *key)
{
    struct account account;
    uint8_t row_key[ACCOUNT_KEY_SIZE];
    struct bytes row;
    account_key(key, row_key);
    if (!state_get(bank_state(f->bank), bytes_make(row_key, sizeof(row_key)),
                   &row))
        return 0;
    CHECK(account_decode(row, &account) == 0);
    return account.lamports;
}

enum instruction_error task_fixture_error(struct transaction_status status)
{
    if (transaction_status_ok(status))
        return INSTRUCTION_OK;
    return status.error == TRANSACTION_INSTRUCTION_ERROR
               ? (enum instruction_error)status.instruction
               : INSTRUCTION_ERROR_COUNT;
}
