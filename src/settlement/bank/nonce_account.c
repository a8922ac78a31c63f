/*
 * Reading and writing a nonce account, and finding the one that a transaction
 * uses. programs/nonce_instruction.c has the instructions, and why they are
 * safe.
 */
#include "settlement/bank/nonce_account.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* An uninitialised account's data may be longer; what follows the header is
 * ignored. */
int nonce_decode(struct bytes data, struct nonce *out)
{
    struct reader reader = reader_make(data);
    uint32_t state;
    *out = (struct nonce){0};
    int status = reader_u32le(&reader, &out->version);
    if (!status)
        status = reader_u32le(&reader, &state);
    if (status)
        return status;
    if (out->version > NONCE_CURRENT || state > 1)
        return err_set(ERR_INVALID, "no nonce account's data");
    out->initialized = state;
    if (!out->initialized)
        return 0;
    status = reader_copy(&reader, out->authority.bytes, 32);
    if (!status)
        status = reader_copy(&reader, out->value.bytes, 32);
    return status ? status
                  : reader_u64le(&reader, &out->lamports_per_signature);
}

/* Fills all 80 bytes. store() writes only the header of an uninitialised nonce.
 */
void nonce_encode(const struct nonce *nonce, uint8_t out[NONCE_ACCOUNT_SIZE])
{
    u32le_write(out, nonce->version);
    u32le_write(out + 4, nonce->initialized);
    memcpy(out + 8, nonce->authority.bytes, 32);
    memcpy(out + 40, nonce->value.bytes, 32);
    u64le_write(out + 72, nonce->lamports_per_signature);
}

/* The domain keeps a nonce from ever being taken for a recent blockhash. */
void nonce_of_blockhash(const struct hash *blockhash, struct hash *out)
{
    const struct bytes pieces[2] = {bytes_text("DURABLE_NONCE"),
                                    bytes_make(blockhash->bytes, 32)};
    hash_sha256_pieces(pieces, 2, out);
}

/* Needs only the transaction's bytes because its accounts are not loaded yet.
 * An account from a lookup table does not count: which one it is depends on the
 * table's contents. */
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
    /* A key of the message itself, not of its lookups. */
    bool is_static = index < transaction->key_count;
    return is_static && transaction_is_writable(transaction, index) ? index
                                                                    : -1;
}
