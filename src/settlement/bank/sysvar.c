/*
 * Accounts that the bank makes up on demand. They are not in the state, so an
 * idle slot changes no row, and nobody can write to them.
 *
 * Each transaction that names one gets a new one in its arena: a clock is 40
 * bytes and the largest, slot hashes, some 20 KiB. Programs here read the
 * environment and no sysvar. Sysvars are for clients, and for instructions that
 * name one because Solana's do.
 *
 * As on Solana, a sysvar has the lamports that its rent requires, and a program
 * has 1. They are not part of the capitalization because nobody can ever move
 * them.
 */
#include "settlement/bank/sysvar.h"
#include "base/buffer.h"
#include "base/check.h"
#include "settlement/bank/bank_internal.h"
#include "settlement/format/well_known.h"

/* A field of the rent sysvar, kept for its layout. No rent is ever collected
 * here because every account must be exempt. */
#define RENT_BURN_PERCENT 50

/* Times are in seconds, as on Solana; the bank counts milliseconds.
 * unix_timestamp is signed there and never negative here. */
static void clock_data(const struct bank *bank, struct buffer *out)
{
    buffer_u64le(out, bank->info.slot);
    buffer_u64le(out, bank->epoch_start_ms / 1000);
    buffer_u64le(out, bank->info.epoch);
    buffer_u64le(out, bank->info.epoch + 1); /* leader schedule's epoch */
    buffer_u64le(out, bank->info.unix_ms / 1000);
}

/* The exemption threshold, in years, is a double. */
static void rent_data(const struct bank *bank, struct buffer *out)
{
    double years = RENT_EXEMPTION_YEARS;
    uint64_t bits;
    memcpy(&bits, &years, sizeof(bits));
    buffer_u64le(out, RENT_LAMPORTS_PER_BYTE_YEAR);
    buffer_u64le(out, bits);
    buffer_u8(out, RENT_BURN_PERCENT);
}

/* Every epoch has the same length, from the first on. */
static void epoch_schedule_data(const struct bank *bank, struct buffer *out)
{
    buffer_u64le(out, bank->info.slots_per_epoch);
    buffer_u64le(out, bank->info.slots_per_epoch); /* leaders' offset */
    buffer_u8(out, false);                         /* no warm-up */
    buffer_u64le(out, 0); /* first normal epoch and slot */
    buffer_u64le(out, 0);
}

/* Entries of the sysvar of recent blockhashes: Solana's MAX_ENTRIES. */
#define RECENT_BLOCKHASHES_MAX 150

/* Solana has deprecated this sysvar, but its nonce instructions still name it.
 * Newest first, each with the fee of a signature. */
static void recent_blockhashes_data(const struct bank *bank, struct buffer *out)
{
    size_t count = bank->recent_count < RECENT_BLOCKHASHES_MAX
                       ? bank->recent_count
                       : RECENT_BLOCKHASHES_MAX;
    buffer_u64le(out, count);
    for (size_t i = 0; i < count; i++) {
        buffer_append(out, bank->recent[i].blockhash.bytes, 32);
        buffer_u64le(out, BANK_LAMPORTS_PER_SIGNATURE);
    }
}

/* Slots with the blockhashes of their blocks, newest first. */
static void slot_hashes_data(const struct bank *bank, struct buffer *out)
{
    size_t count = bank->recent_count < SLOT_HASHES_MAX ? bank->recent_count
                                                        : SLOT_HASHES_MAX;
    buffer_u64le(out, count);
    for (size_t i = 0; i < count; i++) {
        buffer_u64le(out, bank->recent[i].slot);
        buffer_append(out, bank->recent[i].blockhash.bytes, 32);
    }
}

/* Each sysvar and what writes its data. */
static const struct sysvar {
    const struct pubkey *id;
    void (*data)(const struct bank *bank, struct buffer *out);
} sysvars[] = {
    {&CLOCK_SYSVAR_ID, clock_data},
    {&RENT_SYSVAR_ID, rent_data},
    {&EPOCH_SCHEDULE_SYSVAR_ID, epoch_schedule_data},
    {&RECENT_BLOCKHASHES_SYSVAR_ID, recent_blockhashes_data},
    {&SLOT_HASHES_SYSVAR_ID, slot_hashes_data},
};

#define SYSVAR_COUNT (sizeof(sysvars) / sizeof(sysvars[0]))

/* There are few, and most comparisons end at the first bytes: a loop is enough.
 */
static const struct sysvar *sysvar_find(const struct pubkey *key)
{
    for (size_t i = 0; i < SYSVAR_COUNT; i++)
        if (pubkey_equal(sysvars[i].id, key))
            return &sysvars[i];
    return NULL;
}

/* A program's data is its name, as that of Solana's builtins is. */
bool sysvar_account(const struct bank *bank, const struct pubkey *key,
                    struct arena *arena, struct account *out)
{
    const struct program *program = program_table_find(bank->programs, key);
    if (program) {
        *out = (struct account){.lamports = 1,
                                .owner = NATIVE_LOADER_ID,
                                .executable = true,
                                .space = strlen(program->name),
                                .data = bytes_text(program->name)};
        return true;
    }
    const struct sysvar *sysvar = sysvar_find(key);
    if (!sysvar)
        return false;
    struct buffer data = {0};
    sysvar->data(bank, &data);
    *out = (struct account){.lamports = rent_minimum_balance(data.size),
                            .owner = SYSVAR_OWNER_ID,
                            .space = data.size,
                            .data = arena_bytes(arena, buffer_view(&data))};
    buffer_free(&data);
    return true;
}

/* The instructions sysvar is reserved and has no account here because no
 * program reads its own transaction. */
bool sysvar_is_reserved(const struct program_table *programs,
                        const struct pubkey *key)
{
    return program_table_find(programs, key) || sysvar_find(key) ||
           pubkey_equal(key, &NATIVE_LOADER_ID) ||
           pubkey_equal(key, &SYSVAR_OWNER_ID) ||
           pubkey_equal(key, &INSTRUCTIONS_SYSVAR_ID);
}
