/*
 * Transactions in Solana's wire format: signatures, then the message they
 * sign. Legacy messages and version 0 (with address lookup tables).
 *
 *   transaction = compact-u16 count, signature[64]...; message
 *   message     = [0x80 | version] required u8, readonly_signed u8,
 *                 readonly_unsigned u8; keys; recent blockhash[32];
 *                 instructions; [lookups, from version 0 on]
 *
 * Source: Solana's documentation, "Transactions"; solana-message 2.2. Pure; any
 * thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_TRANSACTION_H
#define POND_SETTLEMENT_FORMAT_TRANSACTION_H

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/key.h"

/* Solana's PACKET_DATA_SIZE: an IPv6 MTU of 1280 less its headers. */
#define TRANSACTION_SIZE_MAX 1232

/* A key's index is one byte. */
#define TRANSACTION_KEYS_MAX 256

/* Accounts that one transaction may lock; Solana's MAX_TX_ACCOUNT_LOCKS. */
#define TRANSACTION_LOCKS_MAX 64

#define TRANSACTION_LEGACY (-1)

struct transaction_instruction {
    uint8_t program_index;
    struct bytes accounts; /* one index a byte */
    struct bytes data;
};

struct transaction_lookup {
    const struct pubkey *table;
    struct bytes writable_indexes;
    struct bytes readonly_indexes;
};

/* A parsed transaction. It points into the wire bytes, and its two arrays lie
 * in the arena that it was parsed with. */
struct transaction {
    struct bytes wire;    /* all of it */
    struct bytes message; /* what is signed */
    int version;          /* TRANSACTION_LEGACY or 0 */
    const struct signature *signatures;
    size_t signature_count;
    uint8_t required_signatures;
    uint8_t readonly_signed;
    uint8_t readonly_unsigned;
    const struct pubkey *keys; /* static keys, fee payer first */
    size_t key_count;
    const struct hash *recent_blockhash;
    const struct transaction_instruction *instructions;
    size_t instruction_count;
    const struct transaction_lookup *lookups;
    size_t lookup_count;
    size_t lookup_writable_count; /* over all lookups */
    size_t lookup_readonly_count;
    bool is_verified; /* every signature was checked, and is good */
    const struct hash *message_hash; /* if it was computed already; borrowed */
};

/* Parse and sanitise (Solana's rules: counts and indexes in range, a writable
 * fee payer, no program as payer). wire must outlive the transaction. ERR_LIMIT
 * past TRANSACTION_SIZE_MAX, ERR_INVALID for what does not parse, ERR_RANGE for
 * what parses and does not sanitise, ERR_UNSUPPORTED for a version above 0. */
int transaction_parse(struct bytes wire, struct arena *arena,
                      struct transaction *out);

/* The message alone, as getFeeForMessage gets it: no signatures. */
int transaction_parse_message(struct bytes message, struct arena *arena,
                              struct transaction *out);

/* The signature that names the transaction: the fee payer's. */
static inline const struct signature *
transaction_id(const struct transaction *transaction)
{
    return &transaction->signatures[0];
}

/* Check every signature and set is_verified, which is also returned. This is
 * the costly part. */
bool transaction_verify(struct transaction *transaction);

/* The same for many transactions, each at a fraction of the cost
 * (signature_check.h). */
void transaction_verify_all(struct transaction *const *transactions,
                            size_t count);

/* The same hash means the same transaction, whatever nonces its signatures were
 * made with. The hash is BLAKE2b-256 of the message; if the message has a run
 * of one byte after its static keys (byte_run.h), then of a byte 0, the run's
 * place u16le, size u16le and byte, and the rest of the message. No message
 * begins with 0 because one without signatures does not sanitise. A caller may
 * set message_hash to the result to save later calls the work. */
void transaction_message_hash(const struct transaction *transaction,
                              struct hash *out);

/* The rights of the key with an index. Static keys come first, then the
 * looked-up ones, of which the writable ones come first and none signs. */
bool transaction_is_signer(const struct transaction *transaction, size_t index);
bool transaction_is_writable(const struct transaction *transaction,
                             size_t index);

/*
 * Building.
 */
struct account_meta {
    struct pubkey key;
    bool signer;
    bool writable;
};

struct instruction {
    struct pubkey program;
    const struct account_meta *accounts;
    size_t account_count;
    struct bytes data;
};

/* Append a legacy message: payer first, then writable signers, read-only
 * signers, writable and read-only keys, each in order of first mention.
 * ERR_LIMIT if there are too many keys or the transaction would pass 1,232
 * bytes. */
int transaction_build(const struct pubkey *payer,
                      const struct instruction *instructions, size_t count,
                      const struct hash *recent_blockhash,
                      struct buffer *message);

/* Build and sign; the payer is signers[0]. */
int transaction_make(const struct keypair *const *signers, size_t signer_count,
                     const struct instruction *instructions, size_t count,
                     const struct hash *recent_blockhash, struct buffer *wire);

/* The account at a place of an instruction; a key of zeroes if there is none,
 * or if it comes from a lookup table. */
const struct pubkey *
transaction_account(const struct transaction *transaction,
                    const struct transaction_instruction *instruction,
                    size_t index);

/* Compact-u16 ("shortvec"): 7 bits a byte, least first, at most 3 bytes, no
 * longer form than needed. */
int compact_u16_read(struct reader *reader, uint16_t *value);
void compact_u16_write(struct buffer *out, uint16_t value);

#endif
