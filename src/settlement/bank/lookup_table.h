/*
 * Address lookup tables: accounts that hold up to 256 addresses, which a
 * transaction of version 0 can name by a one-byte index.
 *
 * Data: 56 bytes of metadata, then the addresses. Metadata (bincode): kind
 * u32le = 1, deactivation slot u64le (2^64-1: active), last extended slot
 * u64le, start index u8 (of the addresses added in that slot), authority: u8
 * and key[32] if it is 1, else the table is frozen; zeros.
 *
 * Source: solana-program/address-lookup-table (state.rs, processor.rs).
 */
#ifndef POND_SETTLEMENT_BANK_LOOKUP_TABLE_H
#define POND_SETTLEMENT_BANK_LOOKUP_TABLE_H

#include "settlement/bank/program.h"

/* Bytes before the first address, and the most addresses that one byte can
 * name; both as on Solana. */
#define LOOKUP_TABLE_META_SIZE 56
#define LOOKUP_TABLE_ADDRESSES_MAX 256

/* The u32le that instruction data begins with. */
enum lookup_table_instruction {
    LOOKUP_TABLE_CREATE,
    LOOKUP_TABLE_FREEZE,
    LOOKUP_TABLE_EXTEND,
    LOOKUP_TABLE_DEACTIVATE,
    LOOKUP_TABLE_CLOSE,
};

/* A decoded table. */
struct lookup_table {
    uint64_t deactivation_slot; /* UINT64_MAX: active */
    uint64_t last_extended_slot;
    /* Place of the first address that was added in last_extended_slot. */
    uint8_t start_index;
    bool has_authority;
    /* The key that may extend, freeze, deactivate and close the table; zeros if
     * there is none. */
    struct pubkey authority;
    const struct pubkey *addresses; /* inside the account's data */
    size_t address_count;
};

/* Decode an account's data; *out borrows from it.
 * INSTRUCTION_UNINITIALIZED_ACCOUNT, INSTRUCTION_INVALID_ACCOUNT_DATA. */
enum instruction_error lookup_table_decode(struct bytes data,
                                           struct lookup_table *out);
void lookup_table_encode_meta(const struct lookup_table *table,
                              uint8_t out[LOOKUP_TABLE_META_SIZE]);

/* For how many more blocks a deactivated table (CHECKed) stays usable; 0 if it
 * is not usable. */
uint64_t lookup_table_remaining(const struct lookup_table *table,
                                const struct environment *environment);

/* Write the addresses that a transaction's lookups name, writable ones of all
 * tables first, to out, which has room for them. accounts: the tables'
 * accounts, in the order of the lookups. */
enum transaction_error
lookup_table_resolve(const struct transaction *transaction,
                     const struct account *accounts,
                     const struct environment *environment, struct pubkey *out);

#endif
