/*
 * Shared by the token program's sources: an instruction under way, and the
 * checks that most instructions make.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_TOKEN_INTERNAL_H
#define POND_SETTLEMENT_PROGRAMS_TOKEN_INTERNAL_H

#include "settlement/bank/token_state.h"
#include "settlement/programs/token_program.h"

/* An instruction, alone or in a batch. Places count from the instruction's
 * first account; in a batch that is some account of the invocation: first +
 * count <= the invocation's account_count. */
struct token_call {
    struct invocation *invocation;
    size_t first; /* place among the invocation's accounts */
    size_t count;
    struct bytes data; /* after the first byte */
};

/* Log an error of the program's own in Solana's words, and return it. */
enum instruction_error token_fail(const struct token_call *call,
                                  enum token_error error);
/* INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS unless there are at least count accounts.
 */
enum instruction_error token_require(const struct token_call *call,
                                     size_t count);
/* The account at that place, which must be there (CHECKed): call
 * token_require() first. */
const struct loaded_account *token_call_account(const struct token_call *call,
                                                size_t index);

/* INSTRUCTION_INCORRECT_PROGRAM_ID unless the token program owns the account.
 */
enum instruction_error token_check_owner(const struct token_call *call,
                                         size_t index);

/* Load an account that must be initialised:
 * INSTRUCTION_INVALID_ACCOUNT_DATA, INSTRUCTION_UNINITIALIZED_ACCOUNT. */
enum instruction_error token_read_account(const struct token_call *call,
                                          size_t index,
                                          struct token_record *out);
enum instruction_error token_read_mint(const struct token_call *call,
                                       size_t index, struct token_record *out);

/* Check that the account at place authority is the expected one and signed. If
 * it is a multisig, enough of its signers must have signed, which stand from
 * place signers on. */
enum instruction_error token_check_authority(const struct token_call *call,
                                             const struct pubkey *expected,
                                             size_t authority, size_t signers);

/* Whether an account's owner is an address without a key. Anybody may burn the
 * tokens of such an account, and close it if the lamports go to the
 * incinerator, too. */
bool token_belongs_to_nobody(const struct token_record *account);

/* Write a record back if it differs from the account's data. */
enum instruction_error token_write(const struct token_call *call, size_t index,
                                   const struct token_record *record);

/* token_initialize.c; rent_account: the form that names the rent sysvar. owner:
 * NULL if an account of the list is the owner. */
enum instruction_error token_initialize_mint(struct token_call *call,
                                             bool rent_account);
enum instruction_error token_initialize_account(struct token_call *call,
                                                const struct pubkey *owner,
                                                bool rent_account);
enum instruction_error token_initialize_multisig(struct token_call *call,
                                                 bool rent_account);
enum instruction_error token_initialize_immutable_owner(struct token_call *c);
enum instruction_error token_sync_native(struct token_call *call);

/* token_transfer.c; decimals: NULL in the unchecked forms */
enum instruction_error token_transfer(struct token_call *call, uint64_t amount,
                                      const uint8_t *decimals);
enum instruction_error token_approve(struct token_call *call, uint64_t amount,
                                     const uint8_t *decimals);
enum instruction_error token_mint_to(struct token_call *call, uint64_t amount,
                                     const uint8_t *decimals);
enum instruction_error token_burn(struct token_call *call, uint64_t amount,
                                  const uint8_t *decimals);
enum instruction_error token_unwrap_lamports(struct token_call *call);

/* token_authority.c */
enum instruction_error token_revoke(struct token_call *call);
enum instruction_error token_set_authority(struct token_call *call);
enum instruction_error token_set_frozen(struct token_call *call, bool frozen);
enum instruction_error token_close_account(struct token_call *call);
enum instruction_error token_withdraw_excess_lamports(struct token_call *call);

/* token_amount.c; the answer is return data. */
enum instruction_error token_get_account_data_size(struct token_call *call);
enum instruction_error token_amount_to_ui_amount(struct token_call *call);
enum instruction_error token_ui_amount_to_amount(struct token_call *call);

#endif
