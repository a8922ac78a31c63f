/*
 * The form of records, and a block's records in memory.
 *
 * A record is encoded as soon as its transaction was executed because an
 * execution's results are kilobytes in an arena (balances, logs, inner
 * instructions), and a block has ten thousand of them. Until the flush only the
 * row is kept as it will stand on disk, some 200 bytes, and an item of 16 bytes
 * that says where its parts are.
 *
 * A record names the place of its transaction in the encoded block, and takes
 * signatures and static keys from there. So a record can only be read with its
 * block, and both are dropped together (ledger_prune.c). Keys from lookup
 * tables are kept because the tables may change.
 *
 * Writing CHECKs its limits because they follow from those of a transaction
 * (1,232 bytes, 64 instructions in all, 10,000 bytes of log). Reading trusts
 * nothing: the checksum finds what a disk changed, and each count and index is
 * checked all the same, so that readers need not.
 *
 * LEDGER_VERSION must change with the form.
 */
#include "settlement/ledger/ledger_record.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/block_transaction.h"
#include <xxhash.h>

/* XXH3-64, at the end. */
#define CHECKSUM_SIZE 8

/* Offset of the loaded keys in a record: after status, fee, units, place and
 * two counts. */
#define LOADED_KEYS_AT (7 + 8 + 8 + 4 + 1 + 1)

/* Each key has at most one token balance. */
static void encode_tokens(const struct token_balance *tokens, size_t count,
                          struct buffer *out)
{
    CHECK(count <= UINT8_MAX);
    buffer_u8(out, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        buffer_u8(out, tokens[i].index);
        buffer_u8(out, tokens[i].decimals);
        buffer_append(out, tokens[i].mint.bytes, 32);
        buffer_append(out, tokens[i].owner.bytes, 32);
        buffer_u64le(out, tokens[i].amount);
    }
}

/* In the order of execution; at most INSTRUCTION_TRACE_MAX. */
static void encode_inner(const struct bank_result *result, struct buffer *out)
{
    CHECK(result->inner_count <= UINT8_MAX);
    buffer_u8(out, (uint8_t)result->inner_count);
    for (size_t i = 0; i < result->inner_count; i++) {
        const struct inner_instruction *inner = &result->inner[i];
        struct bytes accounts = inner->instruction.accounts;
        struct bytes data = inner->instruction.data;
        CHECK(accounts.size <= UINT8_MAX && data.size <= UINT16_MAX);
        buffer_u8(out, inner->outer);
        buffer_u8(out, inner->stack_height);
        buffer_u8(out, inner->instruction.program_index);
        buffer_u8(out, (uint8_t)accounts.size);
        buffer_bytes(out, accounts);
        buffer_u16le(out, (uint16_t)data.size);
        buffer_bytes(out, data);
    }
}

/* The loaded keys stand at a fixed offset because ledger_item_key() reads them
 * without decoding the row. The caller has checked that place has 32 bits. */
static void encode(const struct transaction *transaction,
                   const struct bank_result *result, size_t place,
                   struct buffer *out)
{
    size_t begin = out->size;
    transaction_status_encode(result->status, out);
    buffer_u64le(out, result->fee);
    buffer_u64le(out, result->compute_units);
    buffer_u32le(out, (uint32_t)place);
    buffer_u8(out, (uint8_t)result->key_count);
    buffer_u8(out, (uint8_t)transaction->key_count);
    CHECK(out->size - begin == LOADED_KEYS_AT);
    for (size_t i = transaction->key_count; i < result->key_count; i++)
        buffer_append(out, result->keys[i].bytes, 32);
    for (size_t i = 0; i < result->key_count; i++)
        buffer_u64le(out, result->balances_before[i]);
    for (size_t i = 0; i < result->key_count; i++)
        buffer_u64le(out, result->balances_after[i]);
    encode_tokens(result->tokens_before, result->tokens_before_count, out);
    encode_tokens(result->tokens_after, result->tokens_after_count, out);
    buffer_u16le(out, (uint16_t)result->return_data.size);
    if (result->return_data.size) {
        buffer_append(out, result->return_program.bytes, 32);
        buffer_bytes(out, result->return_data);
    }
    encode_inner(result, out);
    buffer_u16le(out, (uint16_t)result->log_count);
    for (size_t i = 0; i < result->log_count; i++) {
        buffer_u16le(out, (uint16_t)result->log[i].size);
        buffer_bytes(out, result->log[i]);
    }
    buffer_u64le(out, XXH3_64bits(out->data + begin, out->size - begin));
}

/* ---- The records of a block ---- */

/* The item keeps where the static keys are, so that making the indexes need not
 * parse the transaction again. */
void ledger_records_add(struct ledger_records *records,
                        const struct transaction *transaction,
                        const struct bank_result *result, size_t place)
{
    CHECK(result->recorded && result->balances_after);
    CHECK(place <= UINT32_MAX && records->rows.size <= UINT32_MAX);
    CHECK(transaction->key_count <= result->key_count);
    CHECK(result->key_count < 256);
    CHECK(result->log_count <= LEDGER_RECORD_LOG_MAX);
    size_t begin = records->rows.size;
    encode(transaction, result, place, &records->rows);
    const struct ledger_item item = {
        .place = (uint32_t)place,
        .row_at = (uint32_t)begin,
        .row_size = (uint32_t)(records->rows.size - begin),
        .keys_at = (uint16_t)((const uint8_t *)transaction->keys -
                              transaction->wire.data),
        .static_count = (uint8_t)transaction->key_count,
        .key_count = (uint8_t)result->key_count};
    buffer_append(&records->items, &item, sizeof(item));
}

size_t ledger_records_count(const struct ledger_records *records)
{
    return records->items.size / sizeof(struct ledger_item);
}

/* The memory is kept because the next block of a busy chain needs as much. */
void ledger_records_clear(struct ledger_records *records)
{
    buffer_clear(&records->rows);
    buffer_clear(&records->items);
}

void ledger_records_free(struct ledger_records *records)
{
    buffer_free(&records->rows);
    buffer_free(&records->items);
    *records = (struct ledger_records){0};
}

const struct ledger_item *
ledger_records_at(const struct ledger_records *records, size_t index)
{
    CHECK(index < ledger_records_count(records));
    return (const struct ledger_item *)records->items.data + index;
}

/* The encoded bytes are those of the wire up to the end of the static keys,
 * also if the block leaves out a run (block_transaction.h). */
const uint8_t *ledger_item_wire(const struct ledger_item *item,
                                struct bytes data)
{
    return block_transaction_begin(data.data + item->place);
}

struct bytes ledger_item_row(const struct ledger_records *records,
                             const struct ledger_item *item)
{
    return bytes_make(records->rows.data + item->row_at, item->row_size);
}

/* Keys need no alignment. Static keys come first, from the block; those that
 * were looked up follow, from the record, in the order of an instruction's
 * indexes. */
const struct pubkey *ledger_item_key(const struct ledger_records *records,
                                     const struct ledger_item *item,
                                     struct bytes data, size_t number)
{
    CHECK(number < item->key_count);
    if (number < item->static_count)
        return (const struct pubkey *)(ledger_item_wire(item, data) +
                                       item->keys_at) +
               number;
    return (const struct pubkey *)(records->rows.data + item->row_at +
                                   LOADED_KEYS_AT) +
           (number - item->static_count);
}

/* ---- Decoding ---- */

/* One text for all fields; ledger_check() names the transaction. */
static int corrupt(void)
{
    return err_set(ERR_CORRUPT, "a transaction's record is not readable");
}

/* The static keys come from the transaction in the block, which is parsed for
 * them. Keys are copied into one array in the arena. */
static int decode_keys(struct reader *reader, struct bytes block,
                       struct arena *arena, struct ledger_record *out)
{
    uint32_t place;
    uint8_t key_count, static_count;
    struct transaction transaction;
    if (reader_u32le(reader, &place) || reader_u8(reader, &key_count) ||
        reader_u8(reader, &static_count) || static_count > key_count ||
        place > block.size)
        return corrupt();
    struct reader wire =
        reader_make(bytes_make(block.data + place, block.size - place));
    if (block_transaction_read(&wire, arena, &out->wire) ||
        transaction_parse(out->wire, arena, &transaction) ||
        transaction.key_count != static_count)
        return corrupt();
    struct pubkey *keys = arena_alloc(arena, key_count * sizeof(*keys));
    memcpy(keys, transaction.keys, static_count * sizeof(*keys));
    for (size_t i = static_count; i < key_count; i++) {
        if (reader_copy(reader, keys[i].bytes, 32))
            return corrupt();
    }
    out->result.keys = keys;
    out->result.key_count = key_count;
    return 0;
}

/* The count is at most 255, so memory can be taken before the values are read.
 */
static int decode_balances(struct reader *reader, size_t count,
                           struct arena *arena, const uint64_t **out)
{
    uint64_t *balances = arena_alloc(arena, count * sizeof(*balances));
    for (size_t i = 0; i < count; i++) {
        if (reader_u64le(reader, &balances[i]))
            return corrupt();
    }
    *out = balances;
    return 0;
}

/* Each key has at most one token balance, which bounds the count. */
static int decode_tokens(struct reader *reader, size_t key_count,
                         struct arena *arena, const struct token_balance **out,
                         size_t *count_out)
{
    uint8_t count;
    if (reader_u8(reader, &count) || count > key_count)
        return corrupt();
    struct token_balance *tokens = arena_zero(arena, count * sizeof(*tokens));
    for (size_t i = 0; i < count; i++) {
        if (reader_u8(reader, &tokens[i].index) ||
            reader_u8(reader, &tokens[i].decimals) ||
            reader_copy(reader, tokens[i].mint.bytes, 32) ||
            reader_copy(reader, tokens[i].owner.bytes, 32) ||
            reader_u64le(reader, &tokens[i].amount) ||
            tokens[i].index >= key_count)
            return corrupt();
    }
    *out = tokens;
    *count_out = count;
    return 0;
}

/* A size of 0 means no return data. */
static int decode_return(struct reader *reader, struct bank_result *out)
{
    uint16_t size;
    if (reader_u16le(reader, &size))
        return corrupt();
    if (size && (reader_copy(reader, out->return_program.bytes, 32) ||
                 reader_take(reader, size, &out->return_data)))
        return corrupt();
    return 0;
}

/* Indexes are checked here, so that readers need not. accounts and data point
 * into the record. */
static int decode_one_inner(struct reader *reader, size_t key_count,
                            struct inner_instruction *out)
{
    uint8_t account_count;
    uint16_t data_size;
    if (reader_u8(reader, &out->outer) ||
        reader_u8(reader, &out->stack_height) ||
        reader_u8(reader, &out->instruction.program_index) ||
        reader_u8(reader, &account_count) ||
        reader_take(reader, account_count, &out->instruction.accounts) ||
        reader_u16le(reader, &data_size) ||
        reader_take(reader, data_size, &out->instruction.data) ||
        out->instruction.program_index >= key_count)
        return corrupt();
    for (size_t i = 0; i < account_count; i++) {
        if (out->instruction.accounts.data[i] >= key_count)
            return corrupt();
    }
    return 0;
}

/* The count is one byte, so memory can be taken before the items are read. */
static int decode_inner(struct reader *reader, struct arena *arena,
                        struct bank_result *out)
{
    uint8_t count;
    int status = 0;
    if (reader_u8(reader, &count))
        return corrupt();
    struct inner_instruction *inner =
        arena_alloc(arena, count * sizeof(*inner));
    for (size_t i = 0; i < count && !status; i++)
        status = decode_one_inner(reader, out->key_count, &inner[i]);
    out->inner = inner;
    out->inner_count = count;
    return status;
}

/* The record must end with the log. The lines point into the record, and have
 * no NUL. */
static int decode_log(struct reader *reader, struct arena *arena,
                      struct bank_result *out)
{
    uint16_t count;
    if (reader_u16le(reader, &count) || count > LEDGER_RECORD_LOG_MAX)
        return corrupt();
    struct bytes *log = arena_alloc(arena, count * sizeof(*log));
    for (size_t i = 0; i < count; i++) {
        uint16_t size;
        if (reader_u16le(reader, &size) || reader_take(reader, size, &log[i]))
            return corrupt();
    }
    out->log = log;
    out->log_count = count;
    return reader_end(reader) ? corrupt() : 0;
}

/* The checksum comes first: a failure after it is not the disk's fault. */
int ledger_record_decode(struct bytes data, struct bytes block,
                         struct arena *arena, struct ledger_record *out)
{
    struct bank_result *result = &out->result;
    *out = (struct ledger_record){.result.recorded = true};
    if (data.size < CHECKSUM_SIZE)
        return corrupt();
    data.size -= CHECKSUM_SIZE;
    if (u64le_read(data.data + data.size) != XXH3_64bits(data.data, data.size))
        return corrupt();
    struct reader reader = reader_make(data);
    if (transaction_status_decode(&reader, &result->status) ||
        reader_u64le(&reader, &result->fee) ||
        reader_u64le(&reader, &result->compute_units))
        return corrupt();
    int status = decode_keys(&reader, block, arena, out);
    if (!status)
        status = decode_balances(&reader, result->key_count, arena,
                                 &result->balances_before);
    if (!status)
        status = decode_balances(&reader, result->key_count, arena,
                                 &result->balances_after);
    if (!status)
        status =
            decode_tokens(&reader, result->key_count, arena,
                          &result->tokens_before, &result->tokens_before_count);
    if (!status)
        status =
            decode_tokens(&reader, result->key_count, arena,
                          &result->tokens_after, &result->tokens_after_count);
    if (!status)
        status = decode_return(&reader, result);
    if (!status)
        status = decode_inner(&reader, arena, result);
    return status ? status : decode_log(&reader, arena, result);
}
