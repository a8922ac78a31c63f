#include "settlement/format/block_header.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"

/* First byte of every encoding. The form leaves no room for extensions: a block
 * is signed, and a block that could be read in two ways would be worse than one
 * that can't be read. */
#define BLOCK_VERSION 3
#define BLOCK_FLAGS (BLOCK_IS_EMPTY | BLOCK_HAS_VRF)

size_t block_header_size(const struct block_header *header)
{
    return BLOCK_HEADER_SIZE +
           (header->flags & BLOCK_HAS_VRF ? BLOCK_VRF_SIZE : 0);
}

static void write_signed(const struct block_header *header, struct buffer *out)
{
    buffer_u8(out, BLOCK_VERSION);
    buffer_u8(out, header->flags);
    buffer_u64le(out, header->slot);
    buffer_u64le(out, header->parent_slot);
    buffer_append(out, header->parent_hash.bytes, 32);
    buffer_append(out, header->parent_state_hash.bytes, 32);
    buffer_append(out, header->leader.bytes, 32);
    buffer_u64le(out, header->unix_ms);
    buffer_append(out, header->set_hash.bytes, 32);
    buffer_append(out, header->next_set_hash.bytes, 32);
    buffer_u32le(out, header->body_size);
    buffer_append(out, header->body_root.bytes, 32);
    if (header->flags & BLOCK_HAS_VRF)
        buffer_append(out, header->vrf, sizeof(header->vrf));
}

void block_header_write(const struct block_header *header, struct buffer *out)
{
    write_signed(header, out);
    buffer_append(out, header->signature.bytes,
                  sizeof(header->signature.bytes));
}

static int read_fields(struct reader *reader, struct block_header *out)
{
    int status = reader_u64le(reader, &out->slot);
    status = status ? status : reader_u64le(reader, &out->parent_slot);
    status = status ? status : reader_copy(reader, out->parent_hash.bytes, 32);
    status =
        status ? status : reader_copy(reader, out->parent_state_hash.bytes, 32);
    status = status ? status : reader_copy(reader, out->leader.bytes, 32);
    status = status ? status : reader_u64le(reader, &out->unix_ms);
    status = status ? status : reader_copy(reader, out->set_hash.bytes, 32);
    status =
        status ? status : reader_copy(reader, out->next_set_hash.bytes, 32);
    status = status ? status : reader_u32le(reader, &out->body_size);
    status = status ? status : reader_copy(reader, out->body_root.bytes, 32);
    if (!status && out->flags & BLOCK_HAS_VRF)
        status = reader_copy(reader, out->vrf, sizeof(out->vrf));
    return status ? status
                  : reader_copy(reader, out->signature.bytes,
                                sizeof(out->signature.bytes));
}

/* A body that is not there has no root: otherwise one block would have many
 * forms. */
static int check_body(const struct block_header *header)
{
    static const struct hash zero;
    if (header->body_size > BLOCK_SIZE_MAX_BYTES)
        return err_set(ERR_LIMIT, "a block of %u bytes", header->body_size);
    if (!(header->flags & BLOCK_IS_EMPTY) == !header->body_size)
        return err_set(ERR_INVALID,
                       "an empty block with a body of %u bytes, "
                       "or a block without a body",
                       header->body_size);
    if (!header->body_size && !hash_equal(&header->body_root, &zero))
        return err_set(ERR_INVALID, "a block without a body has a root for it");
    return 0;
}

int block_header_read(struct reader *reader, struct block_header *out)
{
    uint8_t version;
    *out = (struct block_header){0};
    int status = reader_u8(reader, &version);
    if (!status && version != BLOCK_VERSION)
        return err_set(ERR_INVALID, "block version %u is not known", version);
    if (!status)
        status = reader_u8(reader, &out->flags);
    if (!status && out->flags & ~BLOCK_FLAGS)
        return err_set(ERR_INVALID, "block flags %u are not known", out->flags);
    if (!status)
        status = read_fields(reader, out);
    return status ? status : check_body(out);
}

void block_header_hash(const struct block_header *header, struct hash *out)
{
    struct buffer text = {0};
    write_signed(header, &text);
    hash_sha256(buffer_view(&text), out);
    buffer_free(&text);
}

/* The leader signs the hash and not the header: who has the hash alone can
 * check the signature. */
void block_header_sign(struct block_header *header,
                       const struct keypair *keypair, struct hash *hash)
{
    CHECK(pubkey_equal(&header->leader, &keypair->pubkey));
    block_header_hash(header, hash);
    key_sign(keypair, bytes_make(hash->bytes, 32), &header->signature);
}

bool block_header_is_signed(const struct block_header *header,
                            const struct hash *hash)
{
    return key_verify(&header->leader, bytes_make(hash->bytes, 32),
                      &header->signature);
}
