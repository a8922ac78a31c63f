/*
 * The protobuf wire format, as far as dag-pb, UnixFS and libp2p use it
 * (protobuf.dev/programming-guides/encoding): fields one after the other.
 */
#ifndef POND_BASE_PROTOBUF_H
#define POND_BASE_PROTOBUF_H

#include "base/buffer.h"

enum protobuf_wire {
    PROTOBUF_VARINT = 0,
    PROTOBUF_FIXED64 = 1,
    PROTOBUF_BYTES = 2,
    PROTOBUF_FIXED32 = 5,
};

struct protobuf_field {
    uint32_t number;
    enum protobuf_wire wire;
    /* The value of a varint or a fixed number. */
    uint64_t value;
    /* The value of PROTOBUF_BYTES, inside the reader's memory. */
    struct bytes bytes;
};

/* A varint of up to ten bytes and 64 bits, as protobuf has it (reader_varint()
 * reads multiformats' stricter one). ERR_INVALID. */
int protobuf_varint(struct reader *reader, uint64_t *value);

/* The next field. ERR_INVALID; the caller asks reader->left.size for the
 * end. */
int protobuf_next(struct reader *reader, struct protobuf_field *out);

/* Append a field. */
void protobuf_write_varint(struct buffer *out, uint32_t number, uint64_t value);
void protobuf_write_bytes(struct buffer *out, uint32_t number,
                          struct bytes value);

/* How many bytes a varint of this value takes. */
size_t protobuf_varint_size(uint64_t value);

#endif
