/*
 * The form of tables, and looking addresses up in them. Addresses are looked up
 * when a transaction executes because a table may change, or go, in any block.
 *
 * A one-byte index means the same address at signing and at executing because:
 *
 * 1. addresses are appended and never changed or removed;
 * 2. addresses added in a slot can be used from the next slot on, so the order
 *    of transactions in a block does not matter;
 * 3. a table is closed only when no transaction that names it can still be
 *    good: SLOT_HASHES_MAX blocks after it was deactivated;
 * 4. a table's address follows from its slot of creation, which must be recent
 *    at creation; so when a table can be closed it can't be made again with
 *    other contents.
 */
#include "settlement/bank/lookup_table.h"
#include "base/check.h"
#include "settlement/format/well_known.h"

/* ProgramState's second variant, LookupTable. The first, 0, is Uninitialized.
 */
#define KIND_TABLE 1

/* A frozen table has zeros in place of an authority. The addresses follow the
 * metadata up to the data's end, and are not copied. */
enum instruction_error lookup_table_decode(struct bytes data,
                                           struct lookup_table *out)
{
    struct reader reader = reader_make(data);
    uint32_t kind;
    uint8_t option;
    *out = (struct lookup_table){0};
    if (reader_u32le(&reader, &kind) || kind > KIND_TABLE)
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    if (kind != KIND_TABLE)
        return INSTRUCTION_UNINITIALIZED_ACCOUNT;
    if (reader_u64le(&reader, &out->deactivation_slot) ||
        reader_u64le(&reader, &out->last_extended_slot) ||
        reader_u8(&reader, &out->start_index) || reader_u8(&reader, &option) ||
        option > 1 ||
        (option && reader_copy(&reader, out->authority.bytes, 32)))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    out->has_authority = option;
    if (data.size < LOOKUP_TABLE_META_SIZE ||
        (data.size - LOOKUP_TABLE_META_SIZE) % sizeof(struct pubkey))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    out->addresses =
        (const struct pubkey *)(data.data + LOOKUP_TABLE_META_SIZE);
    out->address_count =
        (data.size - LOOKUP_TABLE_META_SIZE) / sizeof(struct pubkey);
    return INSTRUCTION_OK;
}

/* The bytes after the last field are zeroed. */
void lookup_table_encode_meta(const struct lookup_table *table,
                              uint8_t out[LOOKUP_TABLE_META_SIZE])
{
    memset(out, 0, LOOKUP_TABLE_META_SIZE);
    u32le_write(out, KIND_TABLE);
    u64le_write(out + 4, table->deactivation_slot);
    u64le_write(out + 12, table->last_extended_slot);
    out[20] = table->start_index;
    out[21] = table->has_authority;
    if (table->has_authority)
        memcpy(out + 22, table->authority.bytes, 32);
}

/* In the slot of deactivation itself the slot's block is not among the recent
 * ones yet. */
uint64_t lookup_table_remaining(const struct lookup_table *table,
                                const struct environment *environment)
{
    CHECK(table->deactivation_slot != UINT64_MAX);
    if (table->deactivation_slot == environment->slot)
        return SLOT_HASHES_MAX + 1;
    CHECK(environment->recent_count <= SLOT_HASHES_MAX);
    int position =
        environment_slot_position(environment, table->deactivation_slot);
    return position < 0 ? 0 : SLOT_HASHES_MAX - (uint64_t)position;
}

/* How many addresses can be looked up: those added in this slot can't.
 * start_index is bounded because it is data. */
static size_t active_count(const struct lookup_table *table,
                           const struct environment *environment)
{
    size_t count = environment->slot > table->last_extended_slot
                       ? table->address_count
                       : table->start_index;
    return count < table->address_count ? count : table->address_count;
}

/* A deactivated table that is no longer usable looks as if it was gone: whether
 * it is closed yet must make no difference to a transaction. */
static enum transaction_error open_table(const struct account *account,
                                         const struct environment *environment,
                                         struct lookup_table *out)
{
    if (!account->lamports)
        return TRANSACTION_ADDRESS_LOOKUP_TABLE_NOT_FOUND;
    if (!pubkey_equal(&account->owner, &ADDRESS_LOOKUP_TABLE_PROGRAM_ID))
        return TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_OWNER;
    if (lookup_table_decode(account->data, out))
        return TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_DATA;
    if (out->deactivation_slot != UINT64_MAX &&
        !lookup_table_remaining(out, environment))
        return TRANSACTION_ADDRESS_LOOKUP_TABLE_NOT_FOUND;
    return TRANSACTION_OK;
}

/* Look up one list of indexes. out has room for it. */
static enum transaction_error take(const struct lookup_table *table,
                                   size_t count, struct bytes indexes,
                                   struct pubkey *out)
{
    for (size_t i = 0; i < indexes.size; i++) {
        if (indexes.data[i] >= count)
            return TRANSACTION_INVALID_ADDRESS_LOOKUP_TABLE_INDEX;
        out[i] = table->addresses[indexes.data[i]];
    }
    return TRANSACTION_OK;
}

/* The writable addresses of all tables come before the read-only ones:
 * instructions count them in that order. */
enum transaction_error
lookup_table_resolve(const struct transaction *transaction,
                     const struct account *accounts,
                     const struct environment *environment, struct pubkey *out)
{
    CHECK(transaction->lookup_count && transaction->version >= 0);
    struct pubkey *readonly = out + transaction->lookup_writable_count;
    for (size_t i = 0; i < transaction->lookup_count; i++) {
        const struct transaction_lookup *lookup = &transaction->lookups[i];
        struct lookup_table table;
        enum transaction_error error =
            open_table(&accounts[i], environment, &table);
        if (error)
            return error;
        size_t count = active_count(&table, environment);
        error = take(&table, count, lookup->writable_indexes, out);
        if (!error)
            error = take(&table, count, lookup->readonly_indexes, readonly);
        if (error)
            return error;
        out += lookup->writable_indexes.size;
        readonly += lookup->readonly_indexes.size;
    }
    return TRANSACTION_OK;
}
