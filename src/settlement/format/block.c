/*
 * The encoding of blocks. A leader writes a block in one pass, as its entries
 * come. Reading copies only the transactions that get a run put back in
 * (block_transaction.c), so parsing a block costs what its entries cost.
 *
 * Every count is checked against what is left of the input before memory is
 * taken: a block of a hundred bytes can't ask for gigabytes.
 *
 * Only the form is checked here. block_verify.h checks what can be said without
 * a state, and replay (ledger/replay.h) the rest: that a block follows its
 * parent, and that its parent's state is the one that it names.
 *
 * Pure; any thread.
 */
#include "settlement/format/block.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/block_transaction.h"
#include "settlement/format/chunk_tree.h"

/* The smallest entry in the encoding; it bounds the count of entries. */
#define ENTRY_SIZE_MIN (8 + 32 + 4)

_Static_assert(BLOCK_SIZE_MAX_BYTES <= CHUNKS_MAX * CHUNK_SIZE_BYTES,
               "a body has a chunk tree");

/* Room for the header, which is written at the end, and for the count. */
void block_begin(uint8_t flags, struct buffer *out)
{
    const struct block_header header = {.flags = flags};
    memset(buffer_reserve(out, block_header_size(&header)), 0,
           block_header_size(&header));
    out->size += block_header_size(&header);
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

/* Size and root of the body that begins at out->data + at. */
static void set_body(struct block_header *header, size_t at,
                     const struct buffer *out)
{
    struct bytes body = bytes_make(out->data + at, out->size - at);
    CHECK(body.size <= BLOCK_SIZE_MAX_BYTES);
    header->body_size = (uint32_t)body.size;
    chunk_tree_root(body, &header->body_root);
}

/* The body is complete, so size and root are known. */
void block_end(struct block_header *header, size_t entry_count,
               const struct keypair *keypair, size_t start, struct buffer *out,
               struct hash *hash)
{
    size_t head = block_header_size(header);
    CHECK(entry_count && entry_count <= BLOCK_ENTRIES_MAX);
    if (header->flags & BLOCK_IS_EMPTY)
        buffer_resize(out, start + head);
    else
        u32le_write(out->data + start + head, (uint32_t)entry_count);
    set_body(header, start + head, out);
    block_header_sign(header, keypair, hash);
    struct buffer bytes = {0};
    block_header_write(header, &bytes);
    memcpy(out->data + start, bytes.data, bytes.size);
    buffer_free(&bytes);
}

/* out may hold other bytes before the block. */
void block_encode(struct block *block, const struct keypair *keypair,
                  struct buffer *out, struct hash *hash)
{
    size_t start = out->size, head = block_header_size(&block->header);
    struct hash own;
    block_begin(block->header.flags, out);
    for (size_t i = 0; i < block->entry_count; i++)
        block_add(&block->entries[i], out, NULL);
    if (keypair) {
        block_end(&block->header, block->entry_count, keypair, start, out,
                  &own);
    } else {
        struct buffer bytes = {0};
        block_header_write(&block->header, &bytes);
        memcpy(out->data + start, bytes.data, bytes.size);
        buffer_free(&bytes);
        if (block->entry_count)
            u32le_write(out->data + start + head, (uint32_t)block->entry_count);
        else
            buffer_resize(out, start + head);
        block_header_hash(&block->header, &own);
    }
    if (hash)
        *hash = own;
}

/* Read a count and as many transactions, each of at most a packet's size,
 * without parsing them. begin: of the block. left: how many more the whole
 * block may have; the limit is on the sum over all entries. */
static int decode_transactions(struct reader *reader, const uint8_t *begin,
                               struct arena *arena, size_t *left,
                               struct entry *out)
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
    uint32_t *places = arena_alloc(arena, count * sizeof(*places));
    for (size_t i = 0; i < count && !status; i++) {
        places[i] = (uint32_t)(reader->left.data - begin);
        status = block_transaction_read(reader, arena, &transactions[i]);
    }
    out->transactions = transactions;
    out->places = places;
    out->transaction_count = count;
    return status;
}

/* A body ends with a tick, so it has at least one entry. entries_check_ticks()
 * checks where the ticks stand. The smallest entry's size bounds the array
 * before the arena gives memory for it. */
static int decode_entries(struct reader *reader, const uint8_t *begin,
                          struct arena *arena, struct block *out)
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
            status = decode_transactions(reader, begin, arena,
                                         &transactions_left, &entries[i]);
        if (status)
            return status;
    }
    out->entries = entries;
    out->entry_count = count;
    return 0;
}

/* Bytes after the body are an error because no hash would cover them. */
int block_decode(struct bytes data, struct arena *arena, struct block *out)
{
    struct reader reader = reader_make(data);
    *out = (struct block){0};
    if (data.size > BLOCK_SIZE_MAX_BYTES)
        return err_set(ERR_LIMIT, "a block of %zu bytes", data.size);
    int status = block_header_read(&reader, &out->header);
    if (!status && out->header.body_size != reader.left.size)
        status =
            err_set(ERR_INVALID, "a block has a body of %zu bytes, and not %u",
                    reader.left.size, out->header.body_size);
    if (!status && out->header.body_size)
        status = decode_entries(&reader, data.data, arena, out);
    return status ? status : reader_end(&reader);
}

struct bytes block_body(const struct block_header *header, struct bytes data)
{
    size_t head = block_header_size(header);
    CHECK(data.size == head + header->body_size);
    return bytes_make(data.data + head, header->body_size);
}

/* An idle proof of history has one hash a tick. */
void block_blockhash(const struct block *block,
                     const struct hash *parent_blockhash,
                     uint64_t ticks_per_slot, struct hash *out)
{
    if (block->entry_count) {
        *out = block->entries[block->entry_count - 1].hash;
        return;
    }
    *out = *parent_blockhash;
    hash_chain(out, ticks_per_slot);
}

void block_make_empty(struct block_header *header, uint64_t hashes_per_tick,
                      uint64_t ticks_per_slot, struct hash *blockhash)
{
    struct buffer body = {0};
    if (hashes_per_tick == 0) {
        header->flags |= BLOCK_IS_EMPTY;
        hash_chain(blockhash, ticks_per_slot);
        return;
    }
    struct proof_of_history poh =
        proof_of_history_make(blockhash, hashes_per_tick);
    buffer_u32le(&body, (uint32_t)ticks_per_slot);
    for (uint64_t i = 0; i < ticks_per_slot; i++) {
        struct entry entry = {0};
        proof_of_history_tick(&poh, &entry);
        block_add(&entry, &body, NULL);
    }
    set_body(header, 0, &body);
    *blockhash = poh.hash;
    buffer_free(&body);
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
