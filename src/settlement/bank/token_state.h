/*
 * The accounts of the SPL Token program: mints, token accounts, multisigs.
 *
 * Each has a fixed length. A struct token_record is a copy of an account's data
 * that the accessors below read and write in place. So bytes that an
 * instruction does not mean to change (the value of a cleared option, say) stay
 * as they are, as on Solana. Pure; any thread.
 *
 * Layouts: spl-token-interface, state.rs. Numbers are little-endian; an
 * option is a tag of four bytes (0 or 1) and the value.
 *
 *   mint           0 mint_authority option<key>, 36 supply u64, 44 decimals
 *                  u8, 45 is_initialized u8, 46 freeze_authority option<key>
 *   token account  0 mint, 32 owner, 64 amount u64, 72 delegate option<key>,
 *                  108 state u8, 109 is_native option<u64>, 121
 *                  delegated_amount u64, 129 close_authority option<key>
 *   multisig       0 m u8, 1 n u8, 2 is_initialized u8, 3 signers[11]
 */
#ifndef POND_SETTLEMENT_BANK_TOKEN_STATE_H
#define POND_SETTLEMENT_BANK_TOKEN_STATE_H

#include "crypto/key.h"

/* Decimals of TOKEN_NATIVE_MINT, whose account need not exist: lamports to a
 * coin. */
#define TOKEN_NATIVE_DECIMALS 9

/* Lengths of the three kinds, in bytes. The length tells the kind: the program
 * takes no account of another length. */
#define TOKEN_MINT_SIZE 82
#define TOKEN_ACCOUNT_SIZE 165
#define TOKEN_MULTISIG_SIZE 355
#define TOKEN_SIGNERS_MAX 11

/* A copy of an account's data, of the kind that it was loaded as. The accessors
 * of another kind read bytes without meaning. */
struct token_record {
    uint8_t bytes[TOKEN_MULTISIG_SIZE]; /* the largest of the three */
};

/* The account's state byte. */
enum token_account_state {
    TOKEN_ACCOUNT_UNINITIALIZED,
    TOKEN_ACCOUNT_INITIALIZED,
    TOKEN_ACCOUNT_FROZEN,
};

/* Result of token_*_load(). */
enum token_load {
    TOKEN_LOADED,        /* initialised */
    TOKEN_UNINITIALIZED, /* right in size, not initialised */
    TOKEN_MALFORMED,     /* another size, or an unknown flag */
};

/* Copy data of that kind to *out, unless it is malformed. */
enum token_load token_mint_load(struct bytes data, struct token_record *out);
enum token_load token_account_load(struct bytes data, struct token_record *out);
enum token_load token_multisig_load(struct bytes data,
                                    struct token_record *out);

/* An optional key at a field's offset: NULL if it is not set. */
const struct pubkey *token_option_key(const struct token_record *record,
                                      size_t offset);
/* NULL clears the tag; the key's bytes stay. */
void token_set_option_key(struct token_record *record, size_t offset,
                          const struct pubkey *key);

/* Mint. */
#define TOKEN_MINT_AUTHORITY 0
#define TOKEN_MINT_FREEZE_AUTHORITY 46
uint64_t token_mint_supply(const struct token_record *mint);
uint8_t token_mint_decimals(const struct token_record *mint);
void token_mint_set_supply(struct token_record *mint, uint64_t supply);
/* NULL: nobody may mint, or freeze. */
void token_mint_initialize(struct token_record *mint, uint8_t decimals,
                           const struct pubkey *authority,
                           const struct pubkey *freeze_authority);

/* Token account. */
#define TOKEN_ACCOUNT_DELEGATE 72
#define TOKEN_ACCOUNT_CLOSE_AUTHORITY 129
const struct pubkey *token_account_mint(const struct token_record *account);
const struct pubkey *token_account_owner(const struct token_record *account);
uint64_t token_account_amount(const struct token_record *account);
uint64_t token_account_delegated_amount(const struct token_record *account);
enum token_account_state
token_account_state(const struct token_record *account);

/* True for wrapped lamports; *reserve (may be NULL): the lamports that the
 * account keeps for rent. */
bool token_account_native(const struct token_record *account,
                          uint64_t *reserve);
void token_account_set_mint(struct token_record *account,
                            const struct pubkey *mint);
void token_account_set_owner(struct token_record *account,
                             const struct pubkey *owner);
void token_account_set_amount(struct token_record *account, uint64_t amount);
void token_account_set_delegated_amount(struct token_record *account,
                                        uint64_t amount);
void token_account_set_state(struct token_record *account,
                             enum token_account_state state);
void token_account_set_native(struct token_record *account, uint64_t reserve);

/* Multisig: of count signers, required must sign. */
uint8_t token_multisig_required(const struct token_record *multisig);
uint8_t token_multisig_count(const struct token_record *multisig);
const struct pubkey *token_multisig_signer(const struct token_record *multisig,
                                           size_t index);
void token_multisig_initialize(struct token_record *multisig, uint8_t required,
                               const struct pubkey *const *signers,
                               uint8_t count);

#endif
