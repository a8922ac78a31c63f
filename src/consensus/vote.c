#include "consensus/vote.h"

#include "base/error.h"
#include "crypto/hash.h"

struct vote_tag vote_tag_of(const struct hash *network)
{
    const struct bytes pieces[] = {bytes_text("pond vote 1"),
                                   bytes_make(network->bytes, 32)};
    struct hash hash;
    struct vote_tag tag;

    hash_sha256_pieces(pieces, 2, &hash);
    memcpy(tag.bytes, hash.bytes, sizeof(tag.bytes));
    return tag;
}

struct hash vote_outcome(const struct hash *block, const struct hash *state)
{
    const struct bytes pieces[] = {bytes_text("pond outcome 1"),
                                   bytes_make(block->bytes, 32),
                                   bytes_make(state->bytes, 32)};
    struct hash hash;

    hash_sha256_pieces(pieces, 3, &hash);
    return hash;
}

void vote_encode(const struct vote *vote, struct buffer *out)
{
    buffer_u8(out, (uint8_t)vote->kind);
    buffer_u16le(out, vote->validator);
    buffer_u64le(out, vote->slot);
    if (vote->kind != VOTE_NULLIFY)
        buffer_append(out, vote->value.bytes, sizeof(vote->value));
    buffer_append(out, vote->signature.bytes, sizeof(vote->signature));
}

int vote_decode(struct reader *reader, struct vote *out)
{
    uint8_t kind;
    int status = reader_u8(reader, &kind);

    if (!status && (kind < VOTE_NOTARIZE || kind > VOTE_FINALIZE))
        return err_set(ERR_INVALID, "there is no vote of kind %u", kind);
    *out = (struct vote){0};
    if (!status) {
        out->kind = (enum vote_kind)kind;
        status = reader_u16le(reader, &out->validator);
    }
    if (!status)
        status = reader_u64le(reader, &out->slot);
    if (!status && kind != VOTE_NULLIFY)
        status = reader_copy(reader, out->value.bytes, sizeof(out->value));
    if (!status)
        status =
            reader_copy(reader, out->signature.bytes, sizeof(out->signature));
    return status ? err_add(status, "vote") : 0;
}

size_t vote_message(const struct vote_tag *tag, uint64_t epoch,
                    const struct vote *vote, uint8_t out[VOTE_MESSAGE_SIZE_MAX])
{
    size_t size = sizeof(tag->bytes);

    memcpy(out, tag->bytes, size);
    out[size++] = (uint8_t)vote->kind;
    u64le_write(out + size, epoch);
    size += sizeof(epoch);
    u64le_write(out + size, vote->slot);
    size += sizeof(vote->slot);
    if (vote->kind != VOTE_NULLIFY) {
        memcpy(out + size, vote->value.bytes, sizeof(vote->value));
        size += sizeof(vote->value);
    }
    return size;
}
