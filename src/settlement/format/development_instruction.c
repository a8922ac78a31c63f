#include "settlement/format/development_instruction.h"

void development_set_data(uint64_t lamports, const struct pubkey *owner,
                          uint64_t space, uint64_t serial, struct buffer *out)
{
    buffer_u8(out, DEVELOPMENT_SET_ACCOUNT);
    buffer_u64le(out, lamports);
    buffer_append(out, owner->bytes, sizeof(owner->bytes));
    buffer_u64le(out, space);
    buffer_u64le(out, serial);
}

void development_write_data(uint64_t offset, struct bytes bytes,
                            uint64_t serial, struct buffer *out)
{
    buffer_u8(out, DEVELOPMENT_WRITE_ACCOUNT);
    buffer_u64le(out, offset);
    buffer_u64le(out, serial);
    buffer_append(out, bytes.data, bytes.size);
}
