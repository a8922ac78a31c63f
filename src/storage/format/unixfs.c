/*
 * Unknown fields are passed over, since UnixFS has grown fields before (mode,
 * mtime) and old readers were expected to cope. Types are not: a block of a
 * type that is not known has no meaning here.
 *
 * Nothing is copied: a decoded node points into its block. The sizes of a
 * file's children, up to thousands, are counted here and walked later
 * (unixfs_next_block_size()), so decoding needs no memory.
 *
 * Encoding writes the fields in the order of their numbers, and only those that
 * say something, as Kubo and Helia do: the same file must get the same CID.
 */
#include "storage/format/unixfs.h"
#include "base/error.h"
#include "base/protobuf.h"

/* Field numbers of the messages Data and UnixTime
 * (specs.ipfs.tech/unixfs, section "Data"). */
enum {
    FIELD_TYPE = 1,
    FIELD_DATA = 2,
    FIELD_FILE_SIZE = 3,
    FIELD_BLOCK_SIZES = 4,
    FIELD_HASH_TYPE = 5,
    FIELD_FANOUT = 6,
    FIELD_MODE = 7,
    FIELD_MTIME = 8,
};
enum { TIME_SECONDS = 1, TIME_NANOSECONDS = 2 };

/* UnixTime: seconds may be negative (before 1970), nanoseconds not. */
static int decode_time(struct bytes message, struct unixfs_node *out)
{
    struct reader reader = reader_make(message);

    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);

        if (status)
            return status;
        if (field.number == TIME_SECONDS && field.wire == PROTOBUF_VARINT) {
            out->attributes.mtime_seconds = (int64_t)field.value;
            out->attributes.has_mtime = true;
        } else if (field.number == TIME_NANOSECONDS &&
                   field.wire == PROTOBUF_FIXED32) {
            if (field.value > 999999999)
                return err_set(ERR_INVALID, "UnixFS time with %llu nanoseconds",
                               (unsigned long long)field.value);
            out->attributes.mtime_nanoseconds = (uint32_t)field.value;
        }
    }
    return 0;
}

/* Packed block sizes are legal protobuf, though no known program writes them.
 * To count them they must be read, because the length of a number varies. */
static int count_packed(struct bytes packed, uint32_t *count)
{
    struct reader reader = reader_make(packed);

    while (reader.left.size) {
        uint64_t value;
        int status = protobuf_varint(&reader, &value);

        if (status)
            return status;
        ++*count;
    }
    return 0;
}

/* One field into out. Of a field that comes twice the last counts, as protobuf
 * has it. A wrong wire type is an error for the fields known here. */
static int decode_field(const struct protobuf_field *field,
                        struct unixfs_node *out)
{
    bool is_bytes = field->wire == PROTOBUF_BYTES;

    /* The one field that repeats, and the one with two wire forms. */
    if (field->number == FIELD_BLOCK_SIZES) {
        if (is_bytes)
            return count_packed(field->bytes, &out->block_size_count);
        out->block_size_count++;
        return field->wire == PROTOBUF_VARINT
                   ? 0
                   : err_set(ERR_INVALID, "UnixFS block size is not a number");
    }
    /* Data and mtime are bytes, all other known fields numbers. */
    if (field->number >= FIELD_TYPE && field->number <= FIELD_MTIME &&
        is_bytes !=
            (field->number == FIELD_DATA || field->number == FIELD_MTIME))
        return err_set(ERR_INVALID, "UnixFS field %u has the wrong type",
                       field->number);
    switch (field->number) {
    case FIELD_TYPE:
        /* The types are numbered without gaps. */
        if (field->value > UNIXFS_HAMT)
            return err_set(ERR_UNSUPPORTED, "UnixFS type %llu is not known",
                           (unsigned long long)field->value);
        out->type = (enum unixfs_type)field->value;
        return 0;
    case FIELD_DATA:
        out->data = field->bytes;
        out->has_data = true;
        return 0;
    case FIELD_FILE_SIZE:
        out->file_size = field->value;
        out->has_file_size = true;
        return 0;
    case FIELD_HASH_TYPE:
        out->hash_type = field->value;
        return 0;
    case FIELD_FANOUT:
        out->fanout = field->value;
        return 0;
    case FIELD_MODE:
        out->attributes.mode = (uint32_t)field->value;
        out->attributes.has_mode = true;
        return 0;
    case FIELD_MTIME:
        return decode_time(field->bytes, out);
    }
    return 0; /* what a later version adds is passed over */
}

/* Checks form only. That sizes and links fit each other is looked at where both
 * are known (unixfs_block.c). */
int unixfs_decode(struct bytes message, struct unixfs_node *out)
{
    struct reader reader = reader_make(message);
    bool has_type = false;

    *out = (struct unixfs_node){.message = message};
    while (reader.left.size) {
        struct protobuf_field field;
        int status = protobuf_next(&reader, &field);

        if (!status)
            status = decode_field(&field, out);
        if (status)
            return err_add(status, "UnixFS node");
        /* The one field that protobuf's schema requires. */
        has_type |= field.number == FIELD_TYPE;
    }
    return has_type ? 0 : err_set(ERR_INVALID, "UnixFS node without a type");
}

/* Walks the message again for the next field of that number. Wire types were
 * checked when it was decoded. */
int unixfs_next_block_size(struct unixfs_block_sizes *sizes, uint64_t *size)
{
    struct protobuf_field field;
    int status;

    /* The condition is true between packed runs, and always without them. */
    while (!sizes->packed.left.size) {
        if (!sizes->message.left.size)
            return ERR_NOT_FOUND;
        status = protobuf_next(&sizes->message, &field);
        if (status)
            return status;
        if (field.number != FIELD_BLOCK_SIZES)
            continue;
        if (field.wire == PROTOBUF_BYTES) {
            sizes->packed = reader_make(field.bytes);
            continue;
        }
        *size = field.value;
        return 0;
    }
    return protobuf_varint(&sizes->packed, size);
}

/* FIXED32 for the nanoseconds, as the specification has it. */
static void encode_time(const struct unixfs_node *node, struct buffer *out)
{
    struct buffer time = {0};

    /* A negative second becomes ten bytes, protobuf's int64. */
    protobuf_write_varint(&time, TIME_SECONDS,
                          (uint64_t)node->attributes.mtime_seconds);
    if (node->attributes.mtime_nanoseconds) {
        buffer_varint(&time, TIME_NANOSECONDS << 3 | PROTOBUF_FIXED32);
        buffer_u32le(&time, node->attributes.mtime_nanoseconds);
    }
    protobuf_write_bytes(out, FIELD_MTIME, buffer_view(&time));
    buffer_free(&time);
}

/* block_sizes come unpacked, as proto2 writes repeated numbers and every UnixFS
 * writer does. */
void unixfs_encode(const struct unixfs_node *node, const uint64_t *block_sizes,
                   size_t count, struct buffer *out)
{
    protobuf_write_varint(out, FIELD_TYPE, node->type);
    if (node->has_data)
        protobuf_write_bytes(out, FIELD_DATA, node->data);
    if (node->has_file_size)
        protobuf_write_varint(out, FIELD_FILE_SIZE, node->file_size);
    for (size_t i = 0; i < count; i++)
        protobuf_write_varint(out, FIELD_BLOCK_SIZES, block_sizes[i]);
    if (node->hash_type)
        protobuf_write_varint(out, FIELD_HASH_TYPE, node->hash_type);
    if (node->fanout)
        protobuf_write_varint(out, FIELD_FANOUT, node->fanout);
    if (node->attributes.has_mode)
        protobuf_write_varint(out, FIELD_MODE, node->attributes.mode);
    if (node->attributes.has_mtime)
        encode_time(node, out);
}
