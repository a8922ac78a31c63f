#include "consensus/certificate.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

static size_t bitmap_size(size_t count)
{
    return (count + 7) / 8;
}

void certificate_encode(const struct certificate *certificate,
                        const struct validator_set *set, struct buffer *out)
{
    size_t count = validator_set_count(set);

    buffer_u8(out, (uint8_t)certificate->kind);
    buffer_u64le(out, validator_set_epoch(set));
    buffer_u64le(out, certificate->slot);
    if (certificate->kind != VOTE_NULLIFY)
        buffer_append(out, certificate->block.bytes, 32);
    if (certificate->kind == VOTE_FINALIZE)
        buffer_append(out, certificate->state.bytes, 32);
    buffer_u16le(out, (uint16_t)count);
    size_t bitmap = out->size;
    buffer_resize(out, out->size + bitmap_size(count));
    for (size_t i = 0; i < certificate->count; i++) {
        uint16_t index = certificate->votes[i].validator;
        CHECK(index < count);
        CHECK(!i || certificate->votes[i - 1].validator < index);
        out->data[bitmap + index / 8] |= (uint8_t)(1u << index % 8);
    }
    if (certificate->kind == VOTE_NULLIFY)
        for (size_t i = 0; i < certificate->count; i++)
            buffer_u8(out, (uint8_t)window_place(certificate->votes[i].slot));
    for (size_t i = 0; i < certificate->count; i++)
        buffer_append(out, certificate->votes[i].signature.bytes,
                      sizeof(struct signature));
}

static int read_head(struct reader *reader, const struct validator_set *set,
                     struct certificate *out)
{
    uint8_t kind = 0;
    uint16_t count = 0;
    uint64_t epoch = 0;
    int status = reader_u8(reader, &kind);

    if (!status)
        status = reader_u64le(reader, &epoch);
    if (!status)
        status = reader_u64le(reader, &out->slot);
    if (!status && (kind < VOTE_NOTARIZE || kind > VOTE_FINALIZE))
        status = err_set(ERR_INVALID, "there is none of kind %u", kind);
    if (!status && epoch != validator_set_epoch(set))
        status =
            err_set(ERR_INVALID, "it is of epoch %" PRIu64 ", not of %" PRIu64,
                    epoch, validator_set_epoch(set));
    if (!status && kind != VOTE_NULLIFY)
        status = reader_copy(reader, out->block.bytes, 32);
    if (!status && kind == VOTE_FINALIZE)
        status = reader_copy(reader, out->state.bytes, 32);
    if (!status)
        status = reader_u16le(reader, &count);
    if (!status && count != validator_set_count(set))
        status = err_set(ERR_INVALID, "it is of %u validators, not of %zu",
                         count, validator_set_count(set));
    out->kind = (enum vote_kind)kind;
    return status;
}

static void add_vote(struct certificate *out, uint16_t index)
{
    struct vote *vote = &out->votes[out->count++];

    vote->kind = out->kind;
    vote->validator = index;
    vote->slot = out->slot;
    if (out->kind == VOTE_NOTARIZE)
        vote->value = out->block;
    else if (out->kind == VOTE_FINALIZE)
        vote->value = vote_outcome(&out->block, &out->state);
}

/* Each index once, because a bit is there once; bits past the last validator
 * are refused, or there would be two forms of one certificate. */
static int read_bitmap(struct reader *reader, const struct validator_set *set,
                       struct certificate *out)
{
    size_t count = validator_set_count(set);
    struct bytes bitmap;
    uint64_t stake = 0;
    int status = reader_take(reader, bitmap_size(count), &bitmap);

    if (status)
        return status;
    out->votes = mem_zero(count, sizeof(*out->votes));
    for (size_t i = 0; i < bitmap.size * 8; i++) {
        if (!(bitmap.data[i / 8] >> i % 8 & 1))
            continue;
        if (i >= count)
            return err_set(ERR_INVALID, "a vote of validator %zu of %zu", i,
                           count);
        stake += validator_set_at(set, (uint16_t)i)->stake;
        add_vote(out, (uint16_t)i);
    }
    return validator_set_is_quorum(set, stake)
               ? 0
               : err_set(ERR_INVALID, "its votes are no quorum");
}

static int read_places(struct reader *reader, struct certificate *out)
{
    int status = 0;

    for (size_t i = 0; !status && i < out->count; i++) {
        uint8_t place = 0;
        status = reader_u8(reader, &place);
        if (!status && place > window_place(out->slot))
            status = err_set(ERR_INVALID, "a vote of a slot after its own");
        if (!status)
            out->votes[i].slot = out->slot - window_place(out->slot) + place;
    }
    return status;
}

int certificate_decode(struct bytes bytes, const struct validator_set *set,
                       struct certificate *out)
{
    struct reader reader = reader_make(bytes);

    *out = (struct certificate){0};
    int status = read_head(&reader, set, out);
    if (!status)
        status = read_bitmap(&reader, set, out);
    if (!status && out->kind == VOTE_NULLIFY)
        status = read_places(&reader, out);
    for (size_t i = 0; !status && i < out->count; i++)
        status = reader_copy(&reader, out->votes[i].signature.bytes,
                             sizeof(struct signature));
    if (!status)
        status = reader_end(&reader);
    if (status) {
        certificate_free(out);
        return err_add(status, "certificate");
    }
    return 0;
}

void certificate_free(struct certificate *certificate)
{
    free(certificate->votes);
    *certificate = (struct certificate){0};
}
