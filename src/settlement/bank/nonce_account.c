/*
 * Reading and writing a nonce account, and finding the one that a transaction
 * stands on. What the System program does with them, and why that is safe, is
 * in programs/nonce_instruction.c.
 */
#include "settlement/bank/nonce_account.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* An uninitialised account's data may be of any length; what follows its header
 * does not count. */
int nonce_decode(struct bytes data, struct nonce *out)
{
    struct reader reader = reader_make(data);
    uint32_t state;
    *out = (struct nonce){0};
    int r = reader_u32le(&reader, &out->version);
    if (!r)
        r = reader_u32le(&reader, &state);
    if (r)
        return r;
    if (out->version > NONCE_CURRENT || state > 1)
        return err_set(ERR_INVALID, "no nonce account's data");
    out->initialized = state;
    if (!out->initialized)
        return 0;
    r = reader_copy(&reader, out->authority.bytes, 32);
    if (!r)
        r = reader_copy(&reader, out->value.bytes, 32);
    return r ? r : reader_u64le(&reader, &out->lamports_per_signature);
}

/* All 80 bytes: those of an uninitialised nonce are not all written (store()).
 */
void nonce_encode(const struct nonce *nonce, uint8_t out[NONCE_ACCOUNT_SIZE])
{
    u32le_write(out, nonce->version);
    u32le_write(out + 4, nonce->initialized);
    memcpy(out + 8, nonce->authority.bytes, 32);
    memcpy(out + 40, nonce->value.bytes, 32);
    u64le_write(out + 72, nonce->lamports_per_signature);
}

/* A domain of its own, so that no nonce is ever taken for a recent blockhash.
 */
void nonce_of_blockhash(const struct hash *blockhash, struct hash *out)
{
    const struct bytes pieces[2] = {bytes_text("DURABLE_NONCE"),
                                    bytes_make(blockhash->bytes, 32)};
    hash_sha256_pieces(pieces, 2, out);
}

/* Asked before a transaction's accounts are loaded, so from its bytes alone. An
 * account from a lookup table does not count: which one it is would depend on a
 * table's contents at the time. */
int nonce_index(const struct transaction *transaction)
{
    if (!transaction->instruction_count)
        return -1;
    const struct transaction_instruction *first = &transaction->instructions[0];
    uint8_t kind[4];
    CHECK(first->program_index < transaction->key_count);
    u32le_write(kind, SYSTEM_ADVANCE_NONCE_ACCOUNT);
    if (!pubkey_equal(&transaction->keys[first->program_index],
                      &SYSTEM_PROGRAM_ID) ||
        !bytes_begin_with(first->data, bytes_make(kind, sizeof(kind))) ||
        !first->accounts.size)
        return -1;
    uint8_t index = first->accounts.data[0];
    /* Keys of the message itself, not of its lookups. */
    bool is_static = index < transaction->key_count;
    return is_static && transaction_is_writable(transaction, index) ? index
                                                                    : -1;
}
