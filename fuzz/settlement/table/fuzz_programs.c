/*
 * Histories of instructions of every program, on a bank with accounts for them:
 * wallets, staking keys, a mint and token accounts, room for a task of either
 * kind. The bytes say which instruction comes next, on which accounts.
 * Instructions of the task programs are built as clients build them, so that
 * short inputs get far into the programs. The fuzzer makes the data of the
 * others.
 *
 * No transaction may make or lose a lamport but for the fee. After each block
 * the tasks' totals must be those of their rows, and tasks must render.
 */
#include "base/check.h"
#include "settlement/bank/bank.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/task_address.h"
#include "settlement/format/task_distribution_list.h"
#include "settlement/format/transaction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/state_lamports.h"
#include "settlement/table/program_table.h"
#include "settlement/task/task_check.h"
#include "settlement/task/task_header.h"
#include "settlement/task/task_managers.h"
#include "settlement/task_list_build.h"
#include <stdlib.h>

#define LAMPORTS 1000000000000ull
#define TOKENS 1000000000ull
#define ACTORS 6
#define TASK_SPACE 20000
#define INSTRUCTIONS_MAX 3
#define TRANSACTIONS_MAX 64

/* Keys by place. The keys of an actor: wallet, staking key of either program,
 * token account. */
enum place {
    WALLET,
    STAKING = WALLET + ACTORS,
    KPL_STAKING = STAKING + ACTORS,
    WALLET_TOKENS = KPL_STAKING + ACTORS,
    STAKING_TOKENS = WALLET_TOKENS + ACTORS,
    TASK = STAKING_TOKENS + ACTORS,
    POT,
    KPL_TASK,
    KPL_POT,
    KPL_AUTHORITY,
    MANAGERS,
    KPL_MANAGERS,
    BURN,
    MINT,
    NATIVE_MINT,
    NONCE,
    ASSOCIATED,
    FRESH, /* no account is there */
    SYSVARS,
    PROGRAMS = SYSVARS + 5,
    PLACES = PROGRAMS + 9,
};

static struct pubkey keys[PLACES];
static struct bank *root;

/* ---- The beginning ---- */

static struct pubkey key_of(uint8_t first, uint8_t second)
{
    struct pubkey key = {{first, second}};
    return key;
}

static void make_keys(void)
{
    const struct pubkey sysvars[] = {
        CLOCK_SYSVAR_ID, RENT_SYSVAR_ID, RECENT_BLOCKHASHES_SYSVAR_ID,
        SLOT_HASHES_SYSVAR_ID, INSTRUCTIONS_SYSVAR_ID};
    for (uint8_t i = 0; i < TASK; i++)
        keys[i] = key_of(1, (uint8_t)(i + 1));
    keys[TASK] = key_of(2, 1);
    CHECK(!pubkey_parse(
        bytes_text("stakepotaccount1111111111111111111111111111"), &keys[POT]));
    keys[KPL_TASK] = key_of(2, 2);
    keys[KPL_POT] = key_of(2, 3);
    keys[KPL_AUTHORITY] = kpl_instruction_pot_authority(&keys[KPL_POT], NULL);
    keys[MANAGERS] = task_address_manager_list();
    keys[KPL_MANAGERS] = kpl_instruction_manager_list();
    keys[BURN] = task_address_burn;
    keys[MINT] = key_of(2, 4);
    keys[NATIVE_MINT] = TOKEN_NATIVE_MINT;
    keys[NONCE] = key_of(2, 5);
    associated_token_address(&keys[WALLET + 1], &TOKEN_PROGRAM_ID, &keys[MINT],
                             &keys[ASSOCIATED]);
    keys[FRESH] = key_of(2, 6);
    memcpy(&keys[SYSVARS], sysvars, sizeof(sysvars));
    for (size_t i = 0; i < PLACES - PROGRAMS; i++)
        keys[PROGRAMS + i] = *program_table.programs[i]->id;
}

/* In static memory: the bank lives as long as the process. */
static void put(struct genesis_account *out, enum place place,
                const struct pubkey *owner, const void *data, size_t size)
{
    out->key = keys[place];
    out->account = (struct account){.lamports = LAMPORTS,
                                    .owner = *owner,
                                    .space = size,
                                    .data = bytes_make(data, size)};
}

static size_t put_tokens(struct genesis_account *out, enum place place,
                         const struct pubkey *owner,
                         struct token_record *record)
{
    memset(record, 0, sizeof(*record));
    token_account_set_mint(record, &keys[MINT]);
    token_account_set_owner(record, owner);
    token_account_set_amount(record, TOKENS);
    token_account_set_state(record, TOKEN_ACCOUNT_INITIALIZED);
    put(out, place, &TOKEN_PROGRAM_ID, record->bytes, TOKEN_ACCOUNT_SIZE);
    return 1;
}

static size_t put_accounts(struct genesis_account *out)
{
    static const uint8_t zeros[TASK_SPACE];
    static struct token_record tokens[2 * ACTORS], mint, native;
    static uint8_t nonce[NONCE_ACCOUNT_SIZE];
    static struct buffer managers;
    size_t count = 0;
    for (size_t i = 0; i < ACTORS; i++) {
        put(&out[count++], WALLET + i, &SYSTEM_PROGRAM_ID, zeros, 0);
        put(&out[count++], STAKING + i, &KOII_TASK_PROGRAM_ID, zeros, 100);
        put(&out[count++], KPL_STAKING + i, &KPL_TASK_PROGRAM_ID, zeros, 100);
        count += put_tokens(&out[count], WALLET_TOKENS + i, &keys[WALLET + i],
                            &tokens[i]);
        count += put_tokens(&out[count], STAKING_TOKENS + i,
                            &keys[KPL_STAKING + i], &tokens[ACTORS + i]);
    }
    put(&out[count++], TASK, &KOII_TASK_PROGRAM_ID, zeros, TASK_SPACE);
    put(&out[count++], KPL_TASK, &KPL_TASK_PROGRAM_ID, zeros, TASK_SPACE);
    token_mint_initialize(&mint, 2, &keys[WALLET], NULL);
    token_mint_set_supply(&mint, 2 * ACTORS * TOKENS);
    put(&out[count++], MINT, &TOKEN_PROGRAM_ID, mint.bytes, TOKEN_MINT_SIZE);
    token_mint_initialize(&native, TOKEN_NATIVE_DECIMALS, NULL, NULL);
    put(&out[count++], NATIVE_MINT, &TOKEN_PROGRAM_ID, native.bytes,
        TOKEN_MINT_SIZE);
    put(&out[count++], NONCE, &SYSTEM_PROGRAM_ID, nonce, sizeof(nonce));
    task_managers_build(&keys[WALLET], 1, &managers);
    put(&out[count++], MANAGERS, &KOII_TASK_PROGRAM_ID, managers.data,
        managers.size);
    put(&out[count++], KPL_MANAGERS, &KPL_TASK_PROGRAM_ID, managers.data,
        managers.size);
    return count;
}

static void open_root(void)
{
    static struct genesis_validator validator = {.identity = {{9}}, .stake = 1};
    static struct genesis_account accounts[PLACES];
    crypto_init();
    make_keys();
    struct genesis genesis = {.slot_ms = 100,
                              .ticks_per_slot = 64,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = accounts,
                              .account_count = put_accounts(accounts)};
    genesis_hash(&genesis, &genesis.hash);
    root = bank_open_genesis(&genesis, &program_table);
}

/* ---- Input ---- */

static uint8_t byte(struct reader *reader)
{
    uint8_t value = 0;
    if (reader->left.size)
        CHECK(!reader_u8(reader, &value));
    return value;
}

static size_t actor(struct reader *reader)
{
    return byte(reader) % ACTORS;
}

static struct bytes take(struct reader *reader, size_t most)
{
    struct bytes bytes;
    size_t size = byte(reader);
    size = size > most ? most : size;
    size = size > reader->left.size ? reader->left.size : size;
    CHECK(!reader_take(reader, size, &bytes));
    return bytes;
}

/* Small amounts, and some close to the limits. */
static uint64_t amount(struct reader *reader)
{
    uint8_t value = byte(reader);
    if (value < 0xf0)
        return (uint64_t)value * value * 1000;
    return value == 0xff ? INT64_MAX : LAMPORTS >> (value & 7);
}

/* ---- Instructions ---- */

struct built {
    struct instruction instructions[INSTRUCTIONS_MAX];
    size_t count;
    struct account_meta accounts[INSTRUCTIONS_MAX][32];
    struct buffer data[INSTRUCTIONS_MAX];
};

static void add_raw(struct built *built, struct reader *reader)
{
    size_t at = built->count++;
    struct account_meta *accounts = built->accounts[at];
    size_t count = byte(reader) % 16;
    struct pubkey program = keys[PROGRAMS + byte(reader) % 9];
    for (size_t i = 0; i < count; i++) {
        uint8_t place = byte(reader), flags = byte(reader);
        accounts[i] = (struct account_meta){.key = keys[place % PLACES],
                                            .signer = flags & 1,
                                            .writable = flags & 2};
    }
    buffer_bytes(&built->data[at], take(reader, 200));
    /* The fuzzer can't guess keys in the data, so they are put where the input
     * says. */
    for (size_t i = byte(reader) % 4; i > 0; i--) {
        size_t offset = byte(reader);
        uint8_t place = byte(reader);
        if (offset + 32 <= built->data[at].size)
            memcpy(built->data[at].data + offset, keys[place % PLACES].bytes,
                   32);
    }
    built->instructions[at] = (struct instruction){
        program, accounts, count, buffer_view(&built->data[at])};
}

static struct task_terms draw_terms(struct reader *reader)
{
    struct task_terms terms = {
        .task_name = bytes_text("fuzz"),
        .task_executable_network = bytes_text("IPFS"),
        .total_bounty_amount = amount(reader),
        .bounty_amount_per_round = amount(reader),
        .submission_window = 1 + byte(reader) % 3,
        .audit_window = 1 + byte(reader) % 3,
        .minimum_stake_amount = amount(reader),
        .allowed_failed_distributions = byte(reader) % 3,
    };
    terms.round_time =
        terms.submission_window + terms.audit_window + byte(reader) % 2;
    return terms;
}

/* The input also chooses the list: one of the known forms, or any bytes. */
static struct bytes draw_chunk(struct bank *bank, struct reader *reader,
                               const struct pubkey *task, uint64_t round,
                               size_t staking, struct arena *arena)
{
    struct task_list_entry entries[ACTORS];
    struct buffer list = {0};
    uint8_t form = byte(reader);
    if (form % 3 == 0)
        return take(reader, TASK_CHUNK_DATA_SIZE);
    size_t count = byte(reader) % ACTORS;
    for (size_t i = 0; i < count; i++)
        entries[i] =
            (struct task_list_entry){keys[staking + actor(reader)],
                                     (int64_t)(amount(reader) & INT64_MAX) *
                                         (byte(reader) & 1 ? -1 : 1)};
    task_list_build(task, round, entries, count, &list);
    struct bytes whole = buffer_view(&list);
    if (whole.size > TASK_CHUNK_DATA_SIZE)
        whole.size = TASK_CHUNK_DATA_SIZE;
    struct bytes chunk = arena_bytes(arena, whole);
    if (form % 3 == 1) {
        struct buffer text = {0};
        if (!task_list_text(buffer_view(&list), task, round, &text))
            chunk = arena_bytes(
                arena, bytes_make(text.data, text.size > TASK_CHUNK_DATA_SIZE
                                                 ? TASK_CHUNK_DATA_SIZE
                                                 : text.size));
        buffer_free(&text);
    }
    buffer_free(&list);
    return chunk;
}

/* The round that is due, and sometimes another one. */
static uint64_t draw_round(struct bank *bank, struct reader *reader,
                           const struct pubkey *task, uint64_t back)
{
    struct task_header header;
    uint64_t round = 0;
    if (task_header_get(bank_state(bank), task, &header))
        round = (bank_info(bank)->slot - header.starting_slot) /
                header.terms.round_time;
    back += byte(reader) % 8 == 7 ? 1 : 0;
    return round >= back ? round - back : 0;
}

static void fill(struct task_instruction *out, struct bank *bank,
                 struct reader *reader, const struct pubkey *task,
                 size_t staking, struct arena *arena)
{
    switch (out->kind) {
    case TASK_CREATE:
    case TASK_UPDATE:
        out->terms = draw_terms(reader);
        break;
    case TASK_SUBMIT:
        out->round = draw_round(bank, reader, task, 1);
        out->value = take(reader, 64);
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        out->round = draw_round(bank, reader, task,
                                out->kind == TASK_AUDIT_SUBMISSIONS ? 1 : 2);
        out->flag = byte(reader) & 1;
        break;
    case TASK_PAYOUT:
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        out->round = draw_round(bank, reader, task, 2);
        break;
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        out->round = draw_round(bank, reader, task, 2);
        out->chunk.number = byte(reader) % 16 == 15 ? byte(reader) : 0;
        out->chunk.data =
            draw_chunk(bank, reader, task, out->round, staking, arena);
        break;
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        out->flag = byte(reader) & 1;
        break;
    case TASK_FUND:
    case TASK_STAKE:
        out->amount = amount(reader);
        break;
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        out->operation = (enum task_manager_operation)(byte(reader) % 3);
        break;
    default:
        break;
    }
}

static const enum task_instruction_kind kinds[] = {
    TASK_CREATE,
    TASK_SUBMIT,
    TASK_AUDIT_SUBMISSIONS,
    TASK_AUDIT_DISTRIBUTION,
    TASK_PAYOUT,
    TASK_WHITELIST,
    TASK_SET_ACTIVE,
    TASK_CLAIM_REWARD,
    TASK_FUND,
    TASK_STAKE,
    TASK_WITHDRAW,
    TASK_UPLOAD_DISTRIBUTION_LIST,
    TASK_SUBMIT_DISTRIBUTION_LIST,
    TASK_UPDATE,
    TASK_DELETE,
    TASK_HANDLE_MANAGER_ACCOUNTS,
};

/* The actor is a wallet for these, and a staking key for all others. */
static bool is_wallets(enum task_instruction_kind kind)
{
    return kind == TASK_CREATE || kind == TASK_UPDATE || kind == TASK_DELETE ||
           kind == TASK_WHITELIST || kind == TASK_SET_ACTIVE ||
           kind == TASK_HANDLE_MANAGER_ACCOUNTS;
}

static void add_task(struct built *built, struct bank *bank,
                     struct reader *reader, bool is_kpl, struct arena *arena)
{
    size_t at = built->count++;
    size_t staking = is_kpl ? KPL_STAKING : STAKING;
    size_t who = actor(reader), other = actor(reader);
    struct kpl_instruction kpl = {
        .task.kind = kinds[byte(reader) % (sizeof(kinds) / sizeof(*kinds))],
        .stake_pot_seed = kpl_instruction_pot_seed(&keys[KPL_POT])};
    bool by_wallet = is_wallets(kpl.task.kind);
    struct kpl_parties parties = {
        .task = {.task = keys[is_kpl ? KPL_TASK : TASK],
                 .stake_pot = keys[is_kpl ? KPL_POT : POT],
                 .actor = keys[(by_wallet ? WALLET : staking) + who],
                 .other = keys[staking + other],
                 .data_account = keys[staking + who],
                 .second_actor = keys[WALLET + other],
                 .new_task = keys[FRESH],
                 .new_stake_pot = keys[FRESH]},
        .mint = keys[MINT],
        .actor_tokens =
            keys[(by_wallet ? WALLET_TOKENS : STAKING_TOKENS) + who],
        .other_tokens = keys[STAKING_TOKENS + other]};
    fill(&kpl.task, bank, reader, &parties.task.task, staking, arena);
    int status = is_kpl ? kpl_instruction_build(&kpl, &built->data[at])
                        : task_instruction_build(&kpl.task, &built->data[at]);
    if (status) {
        built->count--;
        buffer_clear(&built->data[at]);
        return;
    }
    size_t count =
        is_kpl ? kpl_instruction_accounts(kpl.task.kind, kpl.task.operation,
                                          &parties, built->accounts[at])
               : task_instruction_accounts(kpl.task.kind, kpl.task.operation,
                                           &parties.task, built->accounts[at]);
    built->instructions[at] = (struct instruction){
        is_kpl ? KPL_TASK_PROGRAM_ID : KOII_TASK_PROGRAM_ID,
        built->accounts[at], count, buffer_view(&built->data[at])};
}

/* ---- Executing ---- */

static void execute(struct bank *bank, const struct built *built,
                    struct arena *arena)
{
    struct buffer message = {0}, wire = {0};
    struct transaction transaction;
    struct bank_result result;
    if (!transaction_build(&keys[WALLET], built->instructions, built->count,
                           &bank_info(bank)->parent_blockhash, &message)) {
        compact_u16_write(&wire, message.data[0]);
        buffer_resize(&wire, wire.size + 64 * (size_t)message.data[0]);
        buffer_bytes(&wire, buffer_view(&message));
        if (!transaction_parse(arena_bytes(arena, buffer_view(&wire)), arena,
                               &transaction)) {
            bank_execute(bank, &transaction, BANK_WANT_LOG | BANK_WANT_BALANCES,
                         arena, &result);
            CHECK(result.recorded || !result.fee);
            CHECK(state_lamports(bank_state(bank)) + bank_info(bank)->fees ==
                  bank_info(bank)->capitalization);
        }
    }
    buffer_free(&message);
    buffer_free(&wire);
}

static struct bank *next_block(struct bank *bank, uint64_t slots,
                               struct arena *arena)
{
    const struct bank_info *info = bank_info(bank);
    const struct bank_block at = {.slot = info->slot + slots,
                                  .leader = info->leader};
    struct hash blockhash = {{0}};
    struct account account;
    CHECK(!task_check(bank_state(bank), NULL));
    bank_account(bank, bank_state(bank), &keys[TASK], arena, &account);
    bank_account(bank, bank_state(bank), &keys[KPL_TASK], arena, &account);
    memcpy(blockhash.bytes, &info->slot, sizeof(info->slot));
    bank_freeze(bank, &blockhash);
    bank_sum_up(bank);
    CHECK(state_lamports(bank_state(bank)) == bank_info(bank)->capitalization);
    struct bank *child = bank_open_child(bank, &STATE_BASE_EMPTY, &at);
    bank_release(bank);
    return child;
}

/* The low bits of a transaction's first byte say how many instructions it has.
 * Each instruction begins with a byte that names its program. */
static void run(struct bank *bank, struct reader *reader, struct arena *arena)
{
    struct built built = {.count = 0};
    size_t count = 1 + byte(reader) % INSTRUCTIONS_MAX;
    while (built.count < count && reader->left.size) {
        uint8_t whose = byte(reader) % 3;
        if (whose == 0)
            add_raw(&built, reader);
        else
            add_task(&built, bank, reader, whose == 2, arena);
    }
    if (built.count)
        execute(bank, &built, arena);
    for (size_t i = 0; i < INSTRUCTIONS_MAX; i++)
        buffer_free(&built.data[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct reader reader = reader_make(bytes_make(data, size));
    if (!root)
        open_root();
    const struct bank_block first = {.slot = 1,
                                     .leader = bank_info(root)->leader};
    struct bank *bank = bank_open_child(root, &STATE_BASE_EMPTY, &first);
    for (int i = 0; i < TRANSACTIONS_MAX && reader.left.size; i++) {
        uint8_t slots = byte(&reader) % 8;
        if (slots)
            bank = next_block(bank, slots, &arena);
        run(bank, &reader, &arena);
    }
    bank = next_block(bank, 1, &arena);
    bank_release(bank);
    arena_free(&arena);
    return 0;
}
