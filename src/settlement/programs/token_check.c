/*
 * What most instructions of the Token program check before they change
 * anything: enough accounts, the right owner, an initialised record, a
 * signature of the authority. And the one function that writes a record back.
 */
#include "settlement/programs/token_internal.h"

#include "base/check.h"
#include "settlement/format/well_known.h"

/* TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb. Token-2022 does not exist here.
 * But Solana's Token program also takes Token-2022's multisigs as authorities,
 * and a genesis copied from Solana may hold one. */
static const struct pubkey TOKEN_2022_PROGRAM_ID = {
    {0x06, 0xdd, 0xf6, 0xe1, 0xee, 0x75, 0x8f, 0xde, 0x18, 0x42, 0x5d,
     0xbc, 0xe4, 0x6c, 0xcd, 0xda, 0xb6, 0x1a, 0xfc, 0x4d, 0x83, 0xb9,
     0x0d, 0x27, 0xfe, 0xbd, 0xf9, 0x28, 0xd8, 0xa1, 0x8b, 0xfc}};

/* The words are spl-token's Display of TokenError. */
static const char *error_text(enum token_error error)
{
    static const char *const texts[TOKEN_ERROR_COUNT] = {
        [TOKEN_ERROR_NOT_RENT_EXEMPT] =
            "Lamport balance below rent-exempt threshold",
        [TOKEN_ERROR_INSUFFICIENT_FUNDS] = "insufficient funds",
        [TOKEN_ERROR_INVALID_MINT] = "Invalid Mint",
        [TOKEN_ERROR_MINT_MISMATCH] = "Account not associated with this Mint",
        [TOKEN_ERROR_OWNER_MISMATCH] = "owner does not match",
        [TOKEN_ERROR_FIXED_SUPPLY] = "the total supply of this token is fixed",
        [TOKEN_ERROR_ALREADY_IN_USE] = "account or token already in use",
        [TOKEN_ERROR_INVALID_NUMBER_OF_PROVIDED_SIGNERS] =
            "Invalid number of provided signers",
        [TOKEN_ERROR_INVALID_NUMBER_OF_REQUIRED_SIGNERS] =
            "Invalid number of required signers",
        [TOKEN_ERROR_UNINITIALIZED_STATE] = "State is uninitialized",
        [TOKEN_ERROR_NATIVE_NOT_SUPPORTED] =
            "Instruction does not support native tokens",
        [TOKEN_ERROR_NON_NATIVE_HAS_BALANCE] =
            "Non-native account can only be closed if its balance is zero",
        [TOKEN_ERROR_INVALID_INSTRUCTION] = "Invalid instruction",
        [TOKEN_ERROR_INVALID_STATE] = "Invalid account state for operation",
        [TOKEN_ERROR_OVERFLOW] = "Operation overflowed",
        [TOKEN_ERROR_AUTHORITY_TYPE_NOT_SUPPORTED] =
            "Account does not support specified authority type",
        [TOKEN_ERROR_MINT_CANNOT_FREEZE] =
            "This token mint cannot freeze accounts",
        [TOKEN_ERROR_ACCOUNT_FROZEN] = "Account is frozen",
        [TOKEN_ERROR_MINT_DECIMALS_MISMATCH] =
            "decimals different from the Mint decimals",
        [TOKEN_ERROR_NON_NATIVE_NOT_SUPPORTED] =
            "Instruction does not support non-native tokens",
    };
    CHECK(error < TOKEN_ERROR_COUNT && texts[error]);
    return texts[error];
}

/* Every error of the program's own goes through here. */
enum instruction_error token_fail(const struct token_call *call,
                                  enum token_error error)
{
    invocation_log(call->invocation, "Error: %s", error_text(error));
    return invocation_custom(call->invocation, (uint32_t)error);
}

/* Counts the accounts of this instruction, not of the batch that it may be part
 * of. */
enum instruction_error token_require(const struct token_call *call,
                                     size_t count)
{
    return call->count < count ? INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS
                               : INSTRUCTION_OK;
}

const struct loaded_account *token_call_account(const struct token_call *call,
                                                size_t index)
{
    CHECK(index < call->count);
    return invocation_account(call->invocation, call->first + index);
}

/* A rendered account has no data here: a task is no token account. */
static struct bytes data_of(const struct token_call *call, size_t index)
{
    CHECK(index < call->count);
    return invocation_data(call->invocation, call->first + index);
}

/* Not every instruction checks this: writing to another program's account
 * fails. Instructions that may end without a write must check. */
enum instruction_error token_check_owner(const struct token_call *call,
                                         size_t index)
{
    const struct loaded_account *account = token_call_account(call, index);
    return pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID)
               ? INSTRUCTION_OK
               : INSTRUCTION_INCORRECT_PROGRAM_ID;
}

/* The errors of Solana's program. */
static enum instruction_error of_load(enum token_load load)
{
    switch (load) {
    case TOKEN_LOADED:
        return INSTRUCTION_OK;
    case TOKEN_UNINITIALIZED:
        return INSTRUCTION_UNINITIALIZED_ACCOUNT;
    default:
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    }
}

/* Only length and state are checked; writing to another program's account
 * fails. */
enum instruction_error token_read_account(const struct token_call *call,
                                          size_t index,
                                          struct token_record *out)
{
    return of_load(token_account_load(data_of(call, index), out));
}

enum instruction_error token_read_mint(const struct token_call *call,
                                       size_t index, struct token_record *out)
{
    return of_load(token_mint_load(data_of(call, index), out));
}

/* Each signer of the multisig counts once, however often it is named. Accounts
 * after the authority that are no signers of the multisig are ignored; a signer
 * that did not sign is an error even if enough others did. */
static enum instruction_error check_multisig(const struct token_call *call,
                                             struct bytes data, size_t signers)
{
    struct token_record multisig;
    enum instruction_error error =
        of_load(token_multisig_load(data, &multisig));
    if (error)
        return error;
    uint8_t count = token_multisig_count(&multisig);
    if (count > TOKEN_SIGNERS_MAX)
        return INSTRUCTION_PROGRAM_FAILED_TO_COMPLETE;
    /* By place in the multisig's list. The list may name a key twice; then two
     * accounts of that key can fill the two places. */
    bool matched[TOKEN_SIGNERS_MAX] = {false};
    uint8_t signed_by = 0;
    for (size_t i = signers; i < call->count; i++) {
        const struct loaded_account *account = token_call_account(call, i);
        for (uint8_t j = 0; j < count; j++) {
            if (matched[j] || !pubkey_equal(token_multisig_signer(&multisig, j),
                                            &account->key))
                continue;
            if (!invocation_is_signer(call->invocation, call->first + i))
                return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
            matched[j] = true;
            signed_by++;
        }
    }
    return signed_by < token_multisig_required(&multisig)
               ? INSTRUCTION_MISSING_REQUIRED_SIGNATURE
               : INSTRUCTION_OK;
}

/* Size and owner tell a multisig. Any other account must sign itself; a
 * program's derived address can do so in a call. */
enum instruction_error token_check_authority(const struct token_call *call,
                                             const struct pubkey *expected,
                                             size_t authority, size_t signers)
{
    const struct loaded_account *account = token_call_account(call, authority);
    CHECK(signers > authority); /* its signers stand after it */
    if (!pubkey_equal(expected, &account->key))
        return token_fail(call, TOKEN_ERROR_OWNER_MISMATCH);
    struct bytes data = data_of(call, authority);
    if (data.size == TOKEN_MULTISIG_SIZE &&
        (pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID) ||
         pubkey_equal(&account->owner, &TOKEN_2022_PROGRAM_ID)))
        return check_multisig(call, data, signers);
    return invocation_is_signer(call->invocation, call->first + authority)
               ? INSTRUCTION_OK
               : INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
}

bool token_belongs_to_nobody(const struct token_record *account)
{
    const struct pubkey *owner = token_account_owner(account);
    return pubkey_equal(owner, &SYSTEM_PROGRAM_ID) ||
           pubkey_equal(owner, &INCINERATOR_ID);
}

/* Writes nothing if the record has not changed. */
enum instruction_error token_write(const struct token_call *call, size_t index,
                                   const struct token_record *record)
{
    struct bytes before = data_of(call, index);
    struct bytes after = bytes_make(record->bytes, before.size);
    CHECK(before.size <= sizeof(record->bytes));
    /* Solana compares an account before and after the program: writing the same
     * again is no change, even if the account is read-only. */
    if (bytes_equal(before, after))
        return INSTRUCTION_OK;
    return invocation_write(call->invocation, call->first + index, 0, after);
}
