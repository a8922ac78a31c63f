/*
 * Durable nonces: accounts of the System program that hold a blockhash which
 * a transaction can name instead of a recent one, if its first instruction
 * advances the account.
 *
 * Data, 80 bytes: version u32le (0 legacy, 1 current), state u32le (0
 * uninitialised, 1 initialised), authority[32], nonce[32], lamports per
 * signature u64le. A nonce is SHA-256("DURABLE_NONCE" || blockhash).
 * Source: solana-nonce (state.rs, versions.rs), Agave's system_instruction.rs.
 */
#ifndef POND_SETTLEMENT_BANK_NONCE_ACCOUNT_H
#define POND_SETTLEMENT_BANK_NONCE_ACCOUNT_H

#include "settlement/format/transaction.h"

/* The length that clients create the account with. */
#define NONCE_ACCOUNT_SIZE 80

/* Legacy nonces are plain blockhashes, from before nonces had a domain of their
 * own. */
enum nonce_version {
    NONCE_LEGACY,
    NONCE_CURRENT,
};

/* A decoded nonce account. If initialized is false the fields after it are
 * zeros. */
struct nonce {
    uint32_t version;
    bool initialized;
    struct pubkey authority;
    struct hash value;
    uint64_t lamports_per_signature;
};

/* Decode and encode an account's data. ERR_INVALID for data that is no nonce's.
 */
int nonce_decode(struct bytes data, struct nonce *out);
void nonce_encode(const struct nonce *nonce, uint8_t out[NONCE_ACCOUNT_SIZE]);

/* The nonce that stands for a blockhash. */
void nonce_of_blockhash(const struct hash *blockhash, struct hash *out);

/* The index of the transaction's nonce account, if its first instruction is
 * AdvanceNonceAccount on a writable static key; else -1. */
int nonce_index(const struct transaction *transaction);

#endif
