/*
 * Transactions from the wire. A transaction that parses must be consistent. It
 * is executed in a small bank with a valid payer, blockhash and lookup table,
 * so that the native programs get the fuzzer's data: no lamport may appear or
 * vanish but for the fee.
 */
#include "base/check.h"
#include "settlement/bank/bank.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/format/well_known.h"
#include "settlement/state_lamports.h"
#include "settlement/table/program_table.h"
#include <stdlib.h>

#define PAYER_LAMPORTS 1000000000000ull

static const struct pubkey payer = {{7}};
static const struct pubkey table_key = {{6}};
static struct bank *root;

static void open_root(void)
{
    static struct genesis_validator validator = {.identity = {{9}}, .stake = 1};
    static struct genesis_account accounts[3];
    static uint8_t table[LOOKUP_TABLE_META_SIZE + 2 * sizeof(struct pubkey)];
    const struct lookup_table meta = {.deactivation_slot = UINT64_MAX};
    crypto_init();
    lookup_table_encode_meta(&meta, table);
    memset(table + LOOKUP_TABLE_META_SIZE, 8, sizeof(struct pubkey));
    accounts[0].key = payer;
    accounts[0].account.lamports = PAYER_LAMPORTS;
    accounts[1].key = (struct pubkey){{8}};
    accounts[1].account.lamports = PAYER_LAMPORTS;
    accounts[2].key = table_key;
    accounts[2].account =
        (struct account){.lamports = PAYER_LAMPORTS,
                         .owner = ADDRESS_LOOKUP_TABLE_PROGRAM_ID,
                         .space = sizeof(table),
                         .data = bytes_make(table, sizeof(table))};
    struct genesis genesis = {.slot_ms = 100,
                              .ticks_per_slot = 64,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = accounts,
                              .account_count = 3};
    genesis_hash(&genesis, &genesis.hash);
    root = bank_open_genesis(&genesis, &program_table);
}

static void check_form(const struct transaction *transaction)
{
    size_t keys = transaction->key_count + transaction->lookup_writable_count +
                  transaction->lookup_readonly_count;
    CHECK(transaction->required_signatures == transaction->signature_count);
    CHECK(transaction->signature_count >= 1);
    CHECK(transaction_is_signer(transaction, 0));
    CHECK(transaction_is_writable(transaction, 0));
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction->instructions[i];
        CHECK(instruction->program_index < transaction->key_count);
        for (size_t k = 0; k < instruction->accounts.size; k++)
            CHECK(instruction->accounts.data[k] < keys);
    }
}

static void execute(const struct transaction *transaction, struct arena *arena)
{
    const struct bank_info *info = bank_info(root);
    struct bank_block block = {.slot = 1, .leader = info->leader};
    struct bank *bank = bank_open_child(root, &STATE_BASE_EMPTY, &block);
    struct bank_result result;
    uint64_t before = state_lamports(bank_state(bank));
    bank_execute(bank, transaction, BANK_WANT_LOG | BANK_WANT_BALANCES, arena,
                 &result);
    CHECK(result.recorded || !result.fee);
    CHECK(state_lamports(bank_state(bank)) + result.fee == before);
    bank_freeze(bank, &info->blockhash);
    bank_sum_up(bank);
    CHECK(state_lamports(bank_state(bank)) == bank_info(bank)->capitalization);
    bank_release(bank);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct transaction transaction;
    if (!root)
        open_root();
    uint8_t *wire = arena_alloc(&arena, size + 1);
    if (size)
        memcpy(wire, data, size);
    if (!transaction_parse(bytes_make(wire, size), &arena, &transaction)) {
        check_form(&transaction);
        size_t key = (size_t)((const uint8_t *)transaction.keys - wire);
        size_t blockhash =
            (size_t)((const uint8_t *)transaction.recent_blockhash - wire);
        memcpy(wire + key, payer.bytes, 32);
        if (transaction.lookup_count)
            memcpy((uint8_t *)transaction.lookups[0].table->bytes,
                   table_key.bytes, sizeof(table_key));
        memcpy(wire + blockhash, bank_info(root)->blockhash.bytes, 32);
        execute(&transaction, &arena);
    }
    arena_free(&arena);
    return 0;
}
