/*
 * The rows of a bank itself, so that a validator goes on after a restart where
 * it was: the header, and the recent blocks with the messages that they
 * processed.
 *
 * They are rows of the state and not a file beside it, so that the same write
 * transaction puts them and the accounts on disk. The recent blocks are in the
 * state hash like any row: who forged them in a snapshot could have a
 * transaction taken twice. The header is not, because it holds the lattice.
 *
 * The fees and compute units of a block are not kept: nobody needs them once
 * the bank is frozen and durable.
 *
 * A block writes the header (about 2 KiB, nearly all of it the lattice) and a
 * row with 16 bytes a transaction, and ends two rows.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/bank_internal.h"
#include <inttypes.h>
#include <xxhash.h>

/*
 * `z` `b`: the header: version u8, then the fields of bank_info in the order
 * below, the lattice, and a checksum (XXH3) of all that. The state hash covers
 * most fields; the checksum covers those that follow from blocks that may be
 * gone, such as the leader or the beginning of the epoch. `r` slot u64be: a
 * recent block: blockhash[32], then the messages it processed (message_set.h)
 * while they matter. One row a block, so that the flush touches a few rows
 * however many transactions there were. `g`: of the genesis, as u64: in how
 * many blocks a blockhash is good, slots of an epoch.
 */
#define HEADER_VERSION 4
/* A version, seven and two numbers of 8 bytes, five keys and hashes, the
 * lattice. */
#define SUMMED_SIZE (1 + 7 * 8 + 5 * 32 + 2 * 8 + LATTICE_SIZE_BYTES)
#define HEADER_SIZE (SUMMED_SIZE + 8)

static const uint8_t header_key[2] = {BANK_ROW_PREFIX, 'b'};
static const uint8_t genesis_key[1] = {GENESIS_ROW_PREFIX};
#define GENESIS_ROW_SIZE 16

#define RECENT_KEY_SIZE 9
/* The slot is big-endian, so that the rows are in the order of slots. */
static void recent_key(uint64_t slot, uint8_t out[RECENT_KEY_SIZE])
{
    out[0] = RECENT_ROW_PREFIX;
    u64be_write(out + 1, slot);
}

/* Its size is fixed, so LMDB overwrites it in place. */
struct bytes bank_header_row(const struct bank *bank, struct buffer *value)
{
    const struct bank_info *info = &bank->info;
    struct buffer row = {0};
    CHECK(bank_is_summed(bank));
    buffer_u8(&row, HEADER_VERSION);
    buffer_u64le(&row, info->slot);
    buffer_u64le(&row, info->parent_slot);
    buffer_u64le(&row, info->block_height);
    buffer_u64le(&row, info->epoch);
    buffer_u64le(&row, info->unix_ms);
    buffer_u64le(&row, bank->epoch_start_ms);
    buffer_u64le(&row, info->transaction_count);
    buffer_append(&row, info->leader.bytes, 32);
    buffer_append(&row, info->parent_blockhash.bytes, 32);
    buffer_append(&row, info->parent_state_hash.bytes, 32);
    buffer_append(&row, info->blockhash.bytes, 32);
    buffer_append(&row, info->state_hash.bytes, 32);
    buffer_u64le(&row, info->signature_count);
    buffer_u64le(&row, info->capitalization);
    lattice_write(&bank->lattice, buffer_reserve(&row, LATTICE_SIZE_BYTES));
    row.size += LATTICE_SIZE_BYTES;
    CHECK(row.size == SUMMED_SIZE);
    buffer_u64le(&row, XXH3_64bits(row.data, SUMMED_SIZE));
    buffer_bytes(value, buffer_view(&row));
    buffer_free(&row);
    return bytes_make(header_key, sizeof(header_key));
}

static void write_recent(struct bank *bank)
{
    uint8_t key[RECENT_KEY_SIZE];
    struct buffer row = {0};
    buffer_append(&row, bank->info.blockhash.bytes, 32);
    message_set_write(bank->messages, &row);
    recent_key(bank->info.slot, key);
    state_put(bank->state, bytes_make(key, sizeof(key)), buffer_view(&row));
    buffer_free(&row);
}

/* Written with the genesis. */
static void write_genesis(struct bank *bank)
{
    uint8_t value[GENESIS_ROW_SIZE];
    u64le_write(value, bank->info.blockhash_blocks);
    u64le_write(value + 8, bank->info.slots_per_epoch);
    state_put(bank->state, bytes_make(genesis_key, sizeof(genesis_key)),
              bytes_make(value, sizeof(value)));
}

/* Read before the recent blocks because their room follows from it. */
static int read_genesis(struct bank *bank)
{
    struct bytes row;
    uint64_t blocks = 0, slots = 0;
    if (state_get(bank->state, bytes_make(genesis_key, sizeof(genesis_key)),
                  &row) &&
        row.size == GENESIS_ROW_SIZE) {
        blocks = u64le_read(row.data);
        slots = u64le_read(row.data + 8);
    }
    if (blocks < GENESIS_BLOCKHASH_BLOCKS ||
        blocks > GENESIS_BLOCKHASH_BLOCKS_MAX || !slots)
        return err_set(ERR_CORRUPT,
                       "the row of what the genesis says is broken");
    bank_set_blockhash_blocks(bank, blocks);
    bank->info.slots_per_epoch = slots;
    return 0;
}

/* Called before this block is among the recent ones, so the blocks that end now
 * are still one place further up. A block's messages go when its blockhash is
 * no longer good. The blockhash itself stays as long as the sysvar of slot
 * hashes shows it. */
void bank_rows_write(struct bank *bank)
{
    uint8_t key[RECENT_KEY_SIZE];
    write_recent(bank);
    if (bank->info.slot == 0)
        write_genesis(bank);
    if (bank->recent_count >= bank->info.blockhash_blocks) {
        const struct recent_block *old =
            &bank->recent[bank->info.blockhash_blocks - 1];
        recent_key(old->slot, key);
        /* An empty block's row would stay as it is, and cost a page. */
        if (old->messages && message_set_count(old->messages) > 0)
            state_put(bank->state, bytes_make(key, sizeof(key)),
                      bytes_make(old->blockhash.bytes, 32));
    }
    if (bank->recent_count == bank->recent_max) {
        recent_key(bank->recent[bank->recent_max - 1].slot, key);
        state_delete(bank->state, bytes_make(key, sizeof(key)));
    }
}

/* The blocks are those of the parent, with their messages while those mattered
 * to it. */
bool bank_recent_before(const struct bank *bank, struct bytes key,
                        struct arena *arena, struct bytes *value)
{
    uint64_t slot = u64be_read(key.data + 1);
    struct buffer row = {0};
    size_t i = 0;
    while (i < bank->recent_count && bank->recent[i].slot != slot)
        i++;
    if (i == bank->recent_count)
        return false;
    buffer_append(&row, bank->recent[i].blockhash.bytes, 32);
    message_set_write(bank->recent[i].messages, &row);
    *value = arena_bytes(arena, buffer_view(&row));
    buffer_free(&row);
    return true;
}

bool bank_needs_row(struct bytes key)
{
    CHECK(key.size > 0);
    return key.data[0] == BANK_ROW_PREFIX || key.data[0] == RECENT_ROW_PREFIX ||
           key.data[0] == GENESIS_ROW_PREFIX;
}

/* Only this program's own version is taken. The size is checked before, so the
 * fields can't fail. */
static int read_header(struct bank *bank)
{
    struct bytes row;
    if (!state_get(bank->state, bytes_make(header_key, sizeof(header_key)),
                   &row))
        return err_set(ERR_NOT_FOUND, "the state holds no bank");
    if (row.size != HEADER_SIZE || row.data[0] != HEADER_VERSION)
        return err_set(ERR_CORRUPT,
                       "the bank's header has %zu bytes, and not %zu of "
                       "version %d",
                       row.size, (size_t)HEADER_SIZE, HEADER_VERSION);
    if (u64le_read(row.data + SUMMED_SIZE) !=
        XXH3_64bits(row.data, SUMMED_SIZE))
        return err_set(ERR_CORRUPT,
                       "the bank's header does not match its checksum");
    struct reader reader =
        reader_make(bytes_make(row.data + 1, SUMMED_SIZE - 1));
    struct bank_info *info = &bank->info;
    struct bytes lattice;
    int status = reader_u64le(&reader, &info->slot);
    status = status ? status : reader_u64le(&reader, &info->parent_slot);
    status = status ? status : reader_u64le(&reader, &info->block_height);
    status = status ? status : reader_u64le(&reader, &info->epoch);
    status = status ? status : reader_u64le(&reader, &info->unix_ms);
    status = status ? status : reader_u64le(&reader, &bank->epoch_start_ms);
    status = status ? status : reader_u64le(&reader, &info->transaction_count);
    status = status ? status : reader_copy(&reader, info->leader.bytes, 32);
    status = status ? status
                    : reader_copy(&reader, info->parent_blockhash.bytes, 32);
    status = status ? status
                    : reader_copy(&reader, info->parent_state_hash.bytes, 32);
    status = status ? status : reader_copy(&reader, info->blockhash.bytes, 32);
    status = status ? status : reader_copy(&reader, info->state_hash.bytes, 32);
    status = status ? status : reader_u64le(&reader, &info->signature_count);
    status = status ? status : reader_u64le(&reader, &info->capitalization);
    status =
        status ? status : reader_take(&reader, LATTICE_SIZE_BYTES, &lattice);
    CHECK(!status); /* the size was right */
    lattice_read(&bank->lattice, lattice.data);
    return 0;
}

static int read_recent_row(struct bytes key, struct bytes row,
                           struct recent_block *out)
{
    if (key.size != RECENT_KEY_SIZE || row.size < 32)
        return err_set(ERR_CORRUPT, "a recent block's row is broken");
    *out = (struct recent_block){.slot = u64be_read(key.data + 1)};
    memcpy(out->blockhash.bytes, row.data, 32);
    if (row.size == 32)
        return 0;
    int status = message_set_read(bytes_make(row.data + 32, row.size - 32),
                                  &out->messages);
    return status ? err_add(status, "slot %" PRIu64, out->slot) : 0;
}

/* The rows come oldest first; recent is newest first. Only blocks with a good
 * blockhash may have messages, and the newest block must be the one that the
 * header names. On an error the bank owns the sets that were read. */
static int read_recent(struct bank *bank)
{
    const uint8_t prefix[1] = {RECENT_ROW_PREFIX};
    struct bytes key, row;
    int status = 0;
    struct state_cursor *cursor = state_cursor_open(
        bank->state, bytes_make(prefix, sizeof(prefix)), bytes_make(NULL, 0));
    while (!status && state_cursor_next(cursor, &key, &row)) {
        if (bank->recent_count == bank->recent_max)
            status = err_set(ERR_CORRUPT, "more recent blocks than are kept");
        else
            status =
                read_recent_row(key, row, &bank->recent[bank->recent_count]);
        if (!status)
            bank->recent_count++;
    }
    state_cursor_close(cursor);
    for (size_t i = 0, k = bank->recent_count; i + 1 < k; i++) {
        struct recent_block swap = bank->recent[i];
        bank->recent[i] = bank->recent[--k];
        bank->recent[k] = swap;
    }
    for (size_t i = bank->info.blockhash_blocks; i < bank->recent_count; i++)
        if (!status && bank->recent[i].messages)
            status = err_set(ERR_CORRUPT, "slot %" PRIu64 " still has messages",
                             bank->recent[i].slot);
    if (!status &&
        (!bank->recent_count ||
         !hash_equal(&bank->recent[0].blockhash, &bank->info.blockhash)))
        status =
            err_set(ERR_CORRUPT, "the newest block is not among the recent");
    return status;
}

int bank_rows_read(struct bank *bank)
{
    int status = read_header(bank);
    if (!status)
        status = read_genesis(bank);
    return status ? status : read_recent(bank);
}
