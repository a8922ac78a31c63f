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

/* Legacy nonces are plain blockhashes, from before they had a domain of their
 * own. */
enum nonce_version {
    NONCE_LEGACY,
    NONCE_CURRENT,
};

/* A nonce account's data, taken apart. Where initialized is false what
 * follows it is zeros. */
struct nonce {
    uint32_t version;
    bool initialized;
    struct pubkey authority;
    struct hash value;
    uint64_t lamports_per_signature;
};

/* From and to an account's data. ERR_INVALID for what is no nonce's data. */
int nonce_decode(struct bytes data, struct nonce *out);
void nonce_encode(const struct nonce *nonce, uint8_t out[NONCE_ACCOUNT_SIZE]);

/* The nonce that stands for a blockhash. */
void nonce_of_blockhash(const struct hash *blockhash, struct hash *out);

/* The index of the nonce account if the transaction is of that kind: its first
 * instruction is AdvanceNonceAccount on a writable account; -1 if not. */
int nonce_index(const struct transaction *transaction);

#endif
