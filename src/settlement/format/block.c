/*
 * The encoding of blocks. The producer writes a block in one pass, as its
 * entries come. Reading copies only the transactions that get a run put back in
 * (block_transaction.c), so parsing a block costs what its entries cost.
 *
 * Every count is checked against what is left of the input before memory is
 * taken: a block of a hundred bytes can't ask for gigabytes.
 *
 * Only the form is checked here. Replay (ledger/replay.h) checks the rest: that
 * a block follows its parent, that its leader had the slot, that its proof of
 * history and its transactions' signatures are good, and that executing it
 * gives its state hash.
 *
 * Pure; any thread.
 */
#include "settlement/format/block.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/block_transaction.h"

/* First byte of every encoding. The form leaves no room for extensions: a block
 * is signed, and a block that could be read in two ways would be worse than one
 * that can't be read. */
#define BLOCK_VERSION 2
#define SIGNATURE_SIZE sizeof(struct signature)

/* The smallest entry in the encoding; it bounds the count of entries. */
#define ENTRY_SIZE_MIN (8 + 32 + 4)

/* Offset of the entry count: after version, two slots, parent, leader and time.
 */
#define ENTRY_COUNT_AT (1 + 8 + 8 + 32 + 32 + 8)

void block_begin(const struct block *block, struct buffer *out)
{
    buffer_u8(out, BLOCK_VERSION);
    buffer_u64le(out, block->slot);
    buffer_u64le(out, block->parent_slot);
    buffer_append(out, block->parent_hash.bytes, 32);
    buffer_append(out, block->leader.bytes, 32);
    buffer_u64le(out, block->unix_ms);
    buffer_u32le(out, 0);
}

/* One entry as block.h lays it out. */
void block_add(const struct entry *entry, struct buffer *out, size_t *places)
{
    buffer_u64le(out, entry->num_hashes);
    buffer_append(out, entry->hash.bytes, 32);
    buffer_u32le(out, (uint32_t)entry->transaction_count);
    for (size_t i = 0; i < entry->transaction_count; i++) {
        if (places)
            places[i] = out->size;
        block_transaction_write(entry->transactions[i], out);
    }
}

/* Without a keypair the block's own signature is copied. So a block that was
 * decoded gets the same bytes again. */
void block_end(const struct block *block, const struct keypair *keypair,
               size_t start, struct buffer *out, struct hash *hash)
{
    CHECK(block->entry_count && block->entry_count <= BLOCK_ENTRIES_MAX);
    u32le_write(out->data + start + ENTRY_COUNT_AT,
                (uint32_t)block->entry_count);
    buffer_append(out, block->state_hash.bytes, 32);

    struct hash own;
    struct signature signature = block->signature;
    hash_sha256(bytes_make(out->data + start, out->size - start), &own);
    if (keypair)
        key_sign(keypair, bytes_make(own.bytes, 32), &signature);
    buffer_append(out, signature.bytes, sizeof(signature.bytes));
    if (hash)
        *hash = own;
}

/* out may hold other bytes before the block. */
void block_encode(const struct block *block, const struct keypair *keypair,
                  struct buffer *out, struct hash *hash)
{
    size_t start = out->size;
    block_begin(block, out);
    for (size_t i = 0; i < block->entry_count; i++)
        block_add(&block->entries[i], out, NULL);
    block_end(block, keypair, start, out, hash);
}

/* Read a count and as many transactions, each of at most a packet's size,
 * without parsing them. left: how many more the whole block may have; the limit
 * is on the sum over all entries. */
static int decode_transactions(struct reader *reader, struct arena *arena,
                               size_t *left, struct entry *out)
{
    uint32_t count;
    int status = reader_u32le(reader, &count);
    if (status)
        return status;
    if (count > *left || count > reader->left.size / BLOCK_TRANSACTION_SIZE_MIN)
        return err_set(ERR_LIMIT, "%u transactions in one entry", count);
    *left -= count;
    struct bytes *transactions =
        arena_alloc(arena, count * sizeof(*transactions));
    for (size_t i = 0; i < count && !status; i++)
        status = block_transaction_read(reader, arena, &transactions[i]);
    out->transactions = transactions;
    out->transaction_count = count;
    return status;
}

/* A block ends with a tick, so it has at least one entry. entries_check_ticks()
 * checks where the ticks stand. The smallest entry's size bounds the array
 * before the arena gives memory for it. */
static int decode_entries(struct reader *reader, struct arena *arena,
                          struct block *out)
{
    uint32_t count;
    size_t transactions_left = BLOCK_TRANSACTIONS_MAX;
    int status = reader_u32le(reader, &count);
    if (status)
        return status;
    if (!count)
        return err_set(ERR_INVALID, "a block without entries");
    if (count > BLOCK_ENTRIES_MAX || count > reader->left.size / ENTRY_SIZE_MIN)
        return err_set(ERR_LIMIT, "%u entries in a block", count);
    struct entry *entries = arena_zero(arena, count * sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        status = reader_u64le(reader, &entries[i].num_hashes);
        if (!status)
            status = reader_copy(reader, entries[i].hash.bytes, 32);
        if (!status)
            status = decode_transactions(reader, arena, &transactions_left,
                                         &entries[i]);
        if (status)
            return status;
    }
    out->entries = entries;
    out->entry_count = count;
    return 0;
}

/* Bytes after the signature are an error because the hash would not cover them.
 */
int block_decode(struct bytes data, struct arena *arena, struct block *out)
{
    struct reader reader = reader_make(data);
    uint8_t version;
    *out = (struct block){0};
    if (data.size > BLOCK_SIZE_MAX_BYTES)
        return err_set(ERR_LIMIT, "a block of %zu bytes", data.size);
    int status = reader_u8(&reader, &version);
    if (!status && version != BLOCK_VERSION)
        status = err_set(ERR_INVALID, "block version %u is not known", version);
    status = status ? status : reader_u64le(&reader, &out->slot);
    status = status ? status : reader_u64le(&reader, &out->parent_slot);
    status = status ? status : reader_copy(&reader, out->parent_hash.bytes, 32);
    status = status ? status : reader_copy(&reader, out->leader.bytes, 32);
    status = status ? status : reader_u64le(&reader, &out->unix_ms);
    status = status ? status : decode_entries(&reader, arena, out);
    status = status ? status : reader_copy(&reader, out->state_hash.bytes, 32);
    status = status
                 ? status
                 : reader_copy(&reader, out->signature.bytes, SIGNATURE_SIZE);
    return status ? status : reader_end(&reader);
}

/* The hash is over the encoded bytes, so nobody has to encode a block again to
 * know it. */
void block_hash(struct bytes data, struct hash *out)
{
    CHECK(data.size > SIGNATURE_SIZE);
    hash_sha256(bytes_make(data.data, data.size - SIGNATURE_SIZE), out);
}

/* The leader signs the hash and not the block: a relay can check a signature
 * from the hash alone. */
bool block_verify_signature(struct bytes data, const struct pubkey *leader)
{
    struct hash hash;
    struct signature signature;
    if (data.size <= SIGNATURE_SIZE)
        return false;
    block_hash(data, &hash);
    memcpy(signature.bytes, data.data + data.size - SIGNATURE_SIZE,
           SIGNATURE_SIZE);
    return key_verify(leader, bytes_make(hash.bytes, 32), &signature);
}

const struct hash *block_blockhash(const struct block *block)
{
    CHECK(block->entry_count);
    return &block->entries[block->entry_count - 1].hash;
}

size_t block_transaction_count(const struct block *block)
{
    size_t count = 0;
    for (size_t i = 0; i < block->entry_count; i++)
        count += block->entries[i].transaction_count;
    return count;
}

int entry_parse_transactions(const struct entry *entry, struct arena *arena,
                             struct transaction **out)
{
    size_t count = entry->transaction_count;
    struct transaction *transactions =
        arena_alloc(arena, count * sizeof(*transactions));
    for (size_t i = 0; i < count; i++) {
        int status =
            transaction_parse(entry->transactions[i], arena, &transactions[i]);
        if (status)
            return status;
    }
    *out = transactions;
    return 0;
}
