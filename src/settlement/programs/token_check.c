/*
 * What most instructions of the Token program ask before they change anything:
 * enough accounts, the right owner, an initialised record, a signature of the
 * authority. And the one way in which a record is written back.
 */
#include "settlement/programs/token_internal.h"

#include "base/check.h"
#include "settlement/format/well_known.h"

/* TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb. Token-2022 does not exist here,
 * but Solana's program takes its multisigs as authorities too, and an account
 * of that owner may stand in a genesis copied from there. */
static const struct pubkey TOKEN_2022_PROGRAM_ID = {
    {0x06, 0xdd, 0xf6, 0xe1, 0xee, 0x75, 0x8f, 0xde, 0x18, 0x42, 0x5d,
     0xbc, 0xe4, 0x6c, 0xcd, 0xda, 0xb6, 0x1a, 0xfc, 0x4d, 0x83, 0xb9,
     0x0d, 0x27, 0xfe, 0xbd, 0xf9, 0x28, 0xd8, 0xa1, 0x8b, 0xfc}};

/* Index: the error's number. The words are spl-token's Display of TokenError.
 */
const char *token_error_text(enum token_error error)
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

/* All errors of the program's own go through here, so each is logged in the
 * same words. */
enum instruction_error token_fail(const struct token_call *call,
                                  enum token_error error)
{
    invocation_log(call->invocation, "Error: %s", token_error_text(error));
    return invocation_custom(call->invocation, (uint32_t)error);
}

/* By the accounts of this instruction, not of the batch it may be part of. */
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

/* Empty for an account that is rendered: a task is no token account. */
static struct bytes data_of(const struct token_call *call, size_t index)
{
    CHECK(index < call->count);
    return invocation_data(call->invocation, call->first + index);
}

/* Not every instruction asks for it: a foreign account that was read as a
 * record is found out when it is written. Those that may end without a write
 * must ask. */
enum instruction_error token_check_owner(const struct token_call *call,
                                         size_t index)
{
    const struct loaded_account *account = token_call_account(call, index);
    return pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID)
               ? INSTRUCTION_OK
               : INSTRUCTION_INCORRECT_PROGRAM_ID;
}

/* What Solana's program answers to each of the three. */
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

/* Length and state are the only proof that it is an account;
 * that the Token program owns it shows when it is written. */
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

/* Each signer of the multisig counts once, whoever is named how often. Accounts
 * behind the authority that are no signers of it are passed over; one that is
 * and did not sign is an error even where enough others did. */
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
    /* By the multisig's own list, which may name a key twice: two places, which
     * two accounts of that key can fill. */
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

/* A multisig is told by its size and owner, before it is looked into. All else
 * signs by itself, also a program's derived address in a call. */
enum instruction_error token_check_authority(const struct token_call *call,
                                             const struct pubkey *expected,
                                             size_t authority, size_t signers)
{
    const struct loaded_account *account = token_call_account(call, authority);
    CHECK(signers > authority); /* whose signers stand behind it */
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

/* Records are compared before they are written: see the note at the top. */
enum instruction_error token_write(const struct token_call *call, size_t index,
                                   const struct token_record *record)
{
    struct bytes before = data_of(call, index);
    struct bytes after = bytes_make(record->bytes, before.size);
    CHECK(before.size <= sizeof(record->bytes));
    /* Solana compares what a program left behind with what it was given: to
     * write the same again is not a change, even where none is allowed. */
    if (bytes_equal(before, after))
        return INSTRUCTION_OK;
    return invocation_write(call->invocation, call->first + index, 0, after);
}
