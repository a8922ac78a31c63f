/*
 * Reading transactions. Nothing is copied: a parsed transaction is pointers
 * into its wire bytes and two arrays in an arena. Reading (form) and sanitising
 * (meaning) are separate because clients get different errors.
 *
 * Everything comes from outside. So each count is checked against the bytes
 * that are left before memory is taken, and every index against what it points
 * into: after transaction_parse() nobody has to check an index of static keys
 * again.
 *
 * Not done here: signatures are counted but not checked (transaction_verify());
 * lookup tables are not read (their keys are numbers until the bank resolves
 * them); doubles among the keys are not looked for, because on Solana they are
 * an error of their own, which comes later.
 *
 * Cost: one pass over the bytes; verifying the signatures costs far more.
 */
#include "settlement/format/transaction.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/byte_run.h"

/* The top bit of a message's first byte says that a version follows in the
 * other seven; a legacy message has its number of signatures there, which is
 * less. */
#define MESSAGE_VERSION_BIT 0x80

/* Each number has one form: otherwise two encodings on the wire would have the
 * same signatures. Solana's ShortU16 refuses the same: a last byte of zero, a
 * fourth byte, and a sum above 65,535. */
int compact_u16_read(struct reader *reader, uint16_t *value)
{
    struct reader copy = *reader;
    uint32_t sum = 0;
    uint8_t byte = MESSAGE_VERSION_BIT;
    for (unsigned i = 0; byte & 0x80; i++) {
        int status = i < 3 ? reader_u8(&copy, &byte) : ERR_INVALID;
        if (status)
            return err_set(ERR_INVALID, "a compact-u16 that does not end");
        sum |= (uint32_t)(byte & 0x7f) << (7 * i);
        if (i && !byte)
            return err_set(ERR_INVALID, "a compact-u16 longer than needed");
    }
    if (sum > UINT16_MAX)
        return err_set(ERR_INVALID, "a compact-u16 above 65535");
    *value = (uint16_t)sum;
    *reader = copy;
    return 0;
}

/* The shortest form, the only one that compact_u16_read() takes. */
void compact_u16_write(struct buffer *out, uint16_t value)
{
    for (; value > 0x7f; value >>= 7)
        buffer_u8(out, (uint8_t)(value | 0x80));
    buffer_u8(out, (uint8_t)value);
}

/* A compact-u16 count and that many items of size bytes, which stay where they
 * are: the items are arrays of bytes without alignment, so they can be pointed
 * at. */
static int read_items(struct reader *reader, size_t size, const void **items,
                      size_t *count)
{
    uint16_t number;
    struct bytes bytes;
    int status = compact_u16_read(reader, &number);
    if (!status)
        status = reader_take(reader, number * size, &bytes);
    if (status)
        return status;
    *items = bytes.data;
    *count = number;
    return 0;
}

/* A length and bytes: an instruction's accounts or data, a lookup's indexes. */
static int read_bytes(struct reader *reader, struct bytes *out)
{
    const void *data = NULL;
    int status = read_items(reader, 1, &data, &out->size);
    out->data = data;
    return status;
}

/* Program, accounts, data. sanitise() checks the indexes. */
static int read_instruction(struct reader *reader,
                            struct transaction_instruction *out)
{
    int status = reader_u8(reader, &out->program_index);
    if (!status)
        status = read_bytes(reader, &out->accounts);
    return status ? status : read_bytes(reader, &out->data);
}

/* An array of instructions in the arena. It has room for one more, so that an
 * empty array is not NULL. */
static int read_instructions(struct reader *reader, struct arena *arena,
                             struct transaction *out)
{
    uint16_t count;
    int status = compact_u16_read(reader, &count);
    if (status)
        return status;
    /* Each takes three bytes at least: don't allocate what can't be there. */
    if (count > reader->left.size / 3)
        return err_set(ERR_INVALID, "%u instructions in %zu bytes", count,
                       reader->left.size);
    struct transaction_instruction *instructions =
        arena_alloc(arena, (count + 1u) * sizeof(*instructions));
    for (size_t i = 0; i < count && !status; i++)
        status = read_instruction(reader, &instructions[i]);
    out->instructions = instructions;
    out->instruction_count = count;
    return status;
}

/* Table, then its two lists of indexes into it: accounts to be written to, and
 * accounts to be read. */
static int read_lookup(struct reader *reader, struct transaction_lookup *out)
{
    struct bytes table;
    int status = reader_take(reader, 32, &table);
    if (!status)
        status = read_bytes(reader, &out->writable_indexes);
    if (!status)
        status = read_bytes(reader, &out->readonly_indexes);
    if (!status)
        out->table = (const struct pubkey *)table.data;
    return status;
}

/* Lookups come last, and only from version 0 on. The totals of indexes are kept
 * because every look at a key's rights needs them. A lookup takes 34 bytes at
 * least: a table and two empty lists. */
static int read_lookups(struct reader *reader, struct arena *arena,
                        struct transaction *out)
{
    uint16_t count;
    int status = compact_u16_read(reader, &count);
    if (status)
        return status;
    if (count > reader->left.size / 34)
        return err_set(ERR_INVALID, "%u lookup tables in %zu bytes", count,
                       reader->left.size);
    struct transaction_lookup *lookups =
        arena_alloc(arena, (count + 1u) * sizeof(*lookups));
    for (size_t i = 0; i < count && !status; i++) {
        status = read_lookup(reader, &lookups[i]);
        if (status)
            return status;
        out->lookup_writable_count += lookups[i].writable_indexes.size;
        out->lookup_readonly_count += lookups[i].readonly_indexes.size;
    }
    out->lookups = lookups;
    out->lookup_count = count;
    return 0;
}

/* The version, if there is one, and the three counts from which the rights of
 * all keys follow. A first byte below 128 is a legacy message's number of
 * signatures; a packet has no room for 128. */
static int read_header(struct reader *reader, struct transaction *out)
{
    uint8_t first;
    int status = reader_u8(reader, &first);
    out->version = TRANSACTION_LEGACY;
    if (!status && (first & MESSAGE_VERSION_BIT)) {
        out->version = first & ~MESSAGE_VERSION_BIT;
        if (out->version != 0)
            return err_set(ERR_UNSUPPORTED, "message version %d is not known",
                           out->version);
        status = reader_u8(reader, &first);
    }
    out->required_signatures = first;
    if (!status)
        status = reader_u8(reader, &out->readonly_signed);
    return status ? status : reader_u8(reader, &out->readonly_unsigned);
}

/* Bytes after the message are an error: they would be signed and mean nothing.
 */
static int read_message(struct bytes message, struct arena *arena,
                        struct transaction *out)
{
    struct reader reader = reader_make(message);
    const void *keys = NULL;
    struct bytes blockhash;
    int status = read_header(&reader, out);
    if (!status)
        status = read_items(&reader, 32, &keys, &out->key_count);
    if (!status)
        status = reader_take(&reader, 32, &blockhash);
    if (!status)
        status = read_instructions(&reader, arena, out);
    if (!status && out->version >= 0)
        status = read_lookups(&reader, arena, out);
    if (!status)
        status = reader_end(&reader);
    if (status)
        return status;
    out->message = message;
    out->keys = keys;
    out->recent_blockhash = (const struct hash *)blockhash.data;
    return 0;
}

/* Each index that an instruction names must be that of a key, static or looked
 * up. */
static int check_instructions(const struct transaction *transaction,
                              size_t total_keys)
{
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction->instructions[i];
        /* A program may not come from a lookup table, nor pay the fee. */
        if (!instruction->program_index ||
            instruction->program_index >= transaction->key_count)
            return err_set(ERR_RANGE, "instruction %zu calls key %u", i,
                           instruction->program_index);
        for (size_t k = 0; k < instruction->accounts.size; k++)
            if (instruction->accounts.data[k] >= total_keys)
                return err_set(ERR_RANGE, "instruction %zu names key %u of %zu",
                               i, instruction->accounts.data[k], total_keys);
    }
    return 0;
}

/* An empty lookup is refused, as on Solana: it would only cost. */
static int check_lookups(const struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->lookup_count; i++)
        if (!transaction->lookups[i].writable_indexes.size &&
            !transaction->lookups[i].readonly_indexes.size)
            return err_set(ERR_RANGE, "lookup %zu loads nothing", i);
    return 0;
}

/* Rules: solana-message, Sanitize of legacy.rs and v0: counts that fit
 * together, a fee payer that can be written to, at most 256 keys for one-byte
 * indexes. The counts come first because the other checks rely on them. */
static int sanitise(const struct transaction *transaction)
{
    size_t total = transaction->key_count + transaction->lookup_writable_count +
                   transaction->lookup_readonly_count;
    if (transaction->required_signatures + transaction->readonly_unsigned >
        transaction->key_count)
        return err_set(ERR_RANGE, "%u signers and %u read-only keys of %zu",
                       transaction->required_signatures,
                       transaction->readonly_unsigned, transaction->key_count);
    if (transaction->readonly_signed >= transaction->required_signatures)
        return err_set(ERR_RANGE, "no writable fee payer");
    if (total > TRANSACTION_KEYS_MAX)
        return err_set(ERR_RANGE, "%zu keys", total);
    int status = check_lookups(transaction);
    return status ? status : check_instructions(transaction, total);
}

/* There are no signatures to count here. */
int transaction_parse_message(struct bytes message, struct arena *arena,
                              struct transaction *out)
{
    *out = (struct transaction){0};
    if (message.size > TRANSACTION_SIZE_MAX)
        return err_set(ERR_LIMIT, "a message of %zu bytes; the most is %d",
                       message.size, TRANSACTION_SIZE_MAX);
    int status = read_message(message, arena, out);
    return status ? status : sanitise(out);
}

/* The number of signatures must be the one that the message requires;
 * transaction_verify() checks whether they are good. */
int transaction_parse(struct bytes wire, struct arena *arena,
                      struct transaction *out)
{
    *out = (struct transaction){.wire = wire};
    if (wire.size > TRANSACTION_SIZE_MAX)
        return err_set(ERR_LIMIT, "a transaction of %zu bytes; the most is %d",
                       wire.size, TRANSACTION_SIZE_MAX);
    struct reader reader = reader_make(wire);
    const void *signatures = NULL;
    int status = read_items(&reader, 64, &signatures, &out->signature_count);
    if (status)
        return status;
    out->signatures = signatures;
    status = read_message(reader.left, arena, out);
    if (status)
        return status;
    if (out->signature_count != out->required_signatures)
        return err_set(ERR_RANGE, "%zu signatures where %u are required",
                       out->signature_count, out->required_signatures);
    return sanitise(out);
}

/* The hash never leaves the machine, since clients know a transaction by its
 * signature. So it is one that costs the same for a padded message as for a
 * short one. */
void transaction_message_hash(const struct transaction *transaction,
                              struct hash *out)
{
    if (transaction->message_hash) {
        *out = *transaction->message_hash;
        return;
    }
    struct bytes message = transaction->message;
    const uint8_t *keys_end =
        (const uint8_t *)(transaction->keys + transaction->key_count);
    struct byte_run run =
        byte_run_longest(message, (size_t)(keys_end - message.data));
    if (!run.size) {
        hash_blake2b_256(message, out);
        return;
    }
    uint8_t rest[6 + TRANSACTION_SIZE_MAX];
    size_t behind = message.size - run.at - run.size;
    rest[0] = 0;
    u16le_write(rest + 1, (uint16_t)run.at);
    u16le_write(rest + 3, (uint16_t)run.size);
    rest[5] = run.byte;
    memcpy(rest + 6, message.data, run.at);
    memcpy(rest + 6 + run.at, message.data + run.at + run.size, behind);
    hash_blake2b_256(bytes_make(rest, 6 + run.at + behind), out);
}

/* Signers are the first keys of the message. A key from a lookup table never
 * signs because its place is past all static keys. */
bool transaction_is_signer(const struct transaction *transaction, size_t index)
{
    return index < transaction->required_signatures;
}

/* Signers come first, then others; in each part the read-only ones come last.
 * Keys that were looked up follow, the writable ones first. This is what the
 * message asks for; load_account() in execute.c takes the right away from
 * sysvars and programs. */
bool transaction_is_writable(const struct transaction *transaction,
                             size_t index)
{
    size_t keys = transaction->key_count;
    CHECK(transaction->required_signatures <= keys);
    if (index >= keys)
        return index < keys + transaction->lookup_writable_count;
    if (index < transaction->required_signatures)
        return index < (size_t)(transaction->required_signatures -
                                transaction->readonly_signed);
    return index < keys - transaction->readonly_unsigned;
}

const struct pubkey *
transaction_account(const struct transaction *transaction,
                    const struct transaction_instruction *instruction,
                    size_t index)
{
    static const struct pubkey none;

    if (index >= instruction->accounts.size ||
        instruction->accounts.data[index] >= transaction->key_count)
        return &none;
    return &transaction->keys[instruction->accounts.data[index]];
}
