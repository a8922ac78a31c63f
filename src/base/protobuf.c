/*
 * Written by hand because two small messages don't justify a generator, and
 * because dag-pb depends on the order of fields, which generators hide.
 */
#include "base/protobuf.h"
#include "base/error.h"

/* Ten times seven bits hold 64; the tenth byte can only add one bit. */
#define VARINT_SIZE_MAX 10

/* Longer forms of a number than needed are taken, as protobuf's own readers do;
 * multiformats' varints are stricter (reader_varint()). */
int protobuf_varint(struct reader *reader, uint64_t *value)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < VARINT_SIZE_MAX; i++) {
        uint8_t byte;
        int status = reader_u8(reader, &byte);

        if (status)
            return err_add(status, "protobuf varint");
        /* The tenth byte has one bit that still fits. */
        if (i == VARINT_SIZE_MAX - 1 && byte > 1)
            break;
        result |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            *value = result;
            return 0;
        }
    }
    return err_set(ERR_INVALID, "protobuf varint has more than 64 bits");
}

/* After an error the reader may be inside the field, so the message can not be
 * read on. */
int protobuf_next(struct reader *reader, struct protobuf_field *out)
{
    uint64_t key = 0, size = 0;
    uint32_t value32;

    /* Fields that the wire type doesn't have read as 0 and no bytes. */
    memset(out, 0, sizeof(*out));
    int status = protobuf_varint(reader, &key);
    if (status)
        return status;
    /* Protobuf's range of field numbers: 1 … 2^29-1. */
    if (key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
        return err_set(ERR_INVALID, "protobuf field number %llu",
                       (unsigned long long)(key >> 3));
    out->number = (uint32_t)(key >> 3);
    out->wire = (enum protobuf_wire)(key & 7);
    switch (key & 7) {
    case PROTOBUF_VARINT:
        return protobuf_varint(reader, &out->value);
    case PROTOBUF_FIXED64:
        return reader_u64le(reader, &out->value);
    case PROTOBUF_FIXED32:
        status = reader_u32le(reader, &value32);
        /* The number is never uninitialised, even after an error. */
        out->value = status ? 0 : value32;
        return status;
    case PROTOBUF_BYTES:
        status = protobuf_varint(reader, &size);
        if (status)
            return status;
        /* Compared in 64 bits, before it becomes a size_t. */
        if (size > reader->left.size)
            return err_set(ERR_INVALID,
                           "protobuf field %u of %llu bytes is cut off",
                           out->number, (unsigned long long)size);
        return reader_take(reader, (size_t)size, &out->bytes);
    }
    /* Groups (3, 4) are deprecated; neither format has them. */
    return err_set(ERR_INVALID, "protobuf wire type %u is not supported",
                   (unsigned)(key & 7));
}

/* buffer_varint() writes as many bytes as the value takes, protobuf's way. */
void protobuf_write_varint(struct buffer *out, uint32_t number, uint64_t value)
{
    buffer_varint(out, (uint64_t)number << 3 | PROTOBUF_VARINT);
    buffer_varint(out, value);
}

void protobuf_write_bytes(struct buffer *out, uint32_t number,
                          struct bytes value)
{
    buffer_varint(out, (uint64_t)number << 3 | PROTOBUF_BYTES);
    buffer_varint(out, value.size);
    buffer_bytes(out, value);
}

/* A length must be written before what it measures. */
size_t protobuf_varint_size(uint64_t value)
{
    size_t size = 1;

    /* Seven bits a byte, at least one. */
    while (value >>= 7)
        size++;
    return size;
}
