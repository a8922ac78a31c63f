/*
 * Only the two instructions that Pond's own clients and programs send have a
 * function here; the System program reads all of them.
 */
#include "settlement/format/system_instruction.h"

void system_transfer_data(uint64_t lamports, struct buffer *out)
{
    buffer_u32le(out, SYSTEM_TRANSFER);
    buffer_u64le(out, lamports);
}

void system_create_account_data(uint64_t lamports, uint64_t space,
                                const struct pubkey *owner, struct buffer *out)
{
    buffer_u32le(out, SYSTEM_CREATE_ACCOUNT);
    buffer_u64le(out, lamports);
    buffer_u64le(out, space);
    buffer_append(out, owner->bytes, 32);
}
