/*
 * Instructions that make records: mints, accounts, multisigs; and SyncNative.
 *
 * An earlier instruction of the System program gives an account its length and
 * its owner; here it gets its first contents. In between anybody may initialise
 * it, so clients do both in one transaction. A byte in the account's data,
 * which begins as 0, says whether the account is in use.
 *
 * Each kind has an old form, which names the rent sysvar, and newer forms
 * without it (the numbers 2 and 3). All of them require that the account is
 * rent-exempt.
 */
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

#include "base/check.h"

/* Check that the account is the rent sysvar. Its contents are constants here.
 */
static enum instruction_error check_rent_account(const struct token_call *call,
                                                 size_t index)
{
    return pubkey_equal(&token_call_account(call, index)->key, &RENT_SYSVAR_ID)
               ? INSTRUCTION_OK
               : INSTRUCTION_INVALID_ARGUMENT;
}

/* Check that a record can be initialised: right in size, not in use, and
 * rent-exempt. */
static enum instruction_error check_fresh(const struct token_call *call,
                                          enum token_load load, size_t index)
{
    const struct loaded_account *account = token_call_account(call, index);
    if (load == TOKEN_MALFORMED)
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    if (load == TOKEN_LOADED)
        return token_fail(call, TOKEN_ERROR_ALREADY_IN_USE);
    if (account->lamports < rent_minimum_balance(account->space))
        return token_fail(call, TOKEN_ERROR_NOT_RENT_EXEMPT);
    return INSTRUCTION_OK;
}

/* decimals u8, mint authority, option<freeze authority> with a tag of one byte.
 */
struct mint_arguments {
    uint8_t decimals;
    struct pubkey authority;
    bool has_freeze_authority;
    struct pubkey freeze_authority;
};

/* False if the data is too short or has an unknown tag. */
static bool read_mint_arguments(struct bytes data, struct mint_arguments *out)
{
    struct reader reader = reader_make(data);
    uint8_t tag;
    if (reader_u8(&reader, &out->decimals) ||
        reader_copy(&reader, out->authority.bytes, 32) ||
        reader_u8(&reader, &tag) || tag > 1)
        return false;
    out->has_freeze_authority = tag;
    return !tag || !reader_copy(&reader, out->freeze_authority.bytes, 32);
}

/* mint, [rent]. Nobody has to sign. */
enum instruction_error token_initialize_mint(struct token_call *call,
                                             bool rent_account)
{
    struct mint_arguments arguments;
    struct token_record mint;
    if (!read_mint_arguments(call->data, &arguments))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    enum instruction_error error = token_require(call, 1 + rent_account);
    if (!error && rent_account)
        error = check_rent_account(call, 1);
    if (error)
        return error;
    enum token_load load =
        token_mint_load(invocation_data(call->invocation, call->first), &mint);
    error = check_fresh(call, load, 0);
    if (error)
        return error;
    token_mint_initialize(
        &mint, arguments.decimals, &arguments.authority,
        arguments.has_freeze_authority ? &arguments.freeze_authority : NULL);
    return token_write(call, 0, &mint);
}

/* Check the mint of a new account: it exists, and is this program's. This is
 * not called for the native mint, which need not exist. */
static enum instruction_error check_mint(const struct token_call *call,
                                         size_t index)
{
    struct token_record mint;
    enum instruction_error error = token_check_owner(call, index);
    if (error)
        return error;
    if (token_read_mint(call, index, &mint))
        return token_fail(call, TOKEN_ERROR_INVALID_MINT);
    return INSTRUCTION_OK;
}

/* account, mint, [owner], [rent]. Lamports beyond the reserve become the amount
 * of a wrapped account at once. */
enum instruction_error token_initialize_account(struct token_call *call,
                                                const struct pubkey *owner,
                                                bool rent_account)
{
    size_t places = owner ? 2 : 3; /* account, mint, [owner], [rent] */
    enum instruction_error error = token_require(call, places + rent_account);
    if (!error && rent_account)
        error = check_rent_account(call, places);
    if (error)
        return error;
    const struct loaded_account *account = token_call_account(call, 0);
    const struct pubkey *mint = &token_call_account(call, 1)->key;
    /* The mint's address alone decides. */
    bool is_native = pubkey_equal(mint, &TOKEN_NATIVE_MINT);
    struct token_record record;
    enum token_load load = token_account_load(
        invocation_data(call->invocation, call->first), &record);
    error = check_fresh(call, load, 0);
    if (!error && !is_native)
        error = check_mint(call, 1);
    if (error)
        return error;
    token_account_set_state(&record, TOKEN_ACCOUNT_INITIALIZED);
    token_account_set_mint(&record, mint);
    token_account_set_owner(&record,
                            owner ? owner : &token_call_account(call, 2)->key);
    if (is_native) {
        uint64_t reserve = rent_minimum_balance(account->space);
        CHECK(account->lamports >= reserve); /* check_fresh() */
        token_account_set_native(&record, reserve);
        token_account_set_amount(&record, account->lamports - reserve);
    }
    return token_write(call, 0, &record);
}

/* multisig, [rent], signers... The data is one byte: how many must sign. The
 * byte may be larger than the number of signers, as on Solana; then the
 * multisig can never sign. */
enum instruction_error token_initialize_multisig(struct token_call *call,
                                                 bool rent_account)
{
    const struct pubkey *signers[TOKEN_SIGNERS_MAX];
    struct token_record multisig;
    if (!call->data.size)
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    uint8_t required = call->data.data[0];
    /* Signers begin after the multisig and, in the old form, the rent sysvar.
     */
    size_t first = 1 + (size_t)rent_account;
    enum instruction_error error = token_require(call, first);
    if (!error && rent_account)
        error = check_rent_account(call, 1);
    if (error)
        return error;
    enum token_load load = token_multisig_load(
        invocation_data(call->invocation, call->first), &multisig);
    error = check_fresh(call, load, 0);
    if (error)
        return error;
    size_t count = call->count - first;
    /* Two numbers, two errors: signers given, signers required. */
    if (count < 1 || count > TOKEN_SIGNERS_MAX)
        return token_fail(call, TOKEN_ERROR_INVALID_NUMBER_OF_PROVIDED_SIGNERS);
    if (required < 1 || required > TOKEN_SIGNERS_MAX)
        return token_fail(call, TOKEN_ERROR_INVALID_NUMBER_OF_REQUIRED_SIGNERS);
    CHECK(count <= TOKEN_SIGNERS_MAX);
    for (size_t i = 0; i < count; i++)
        signers[i] = &token_call_account(call, first + i)->key;
    token_multisig_initialize(&multisig, required, signers, (uint8_t)count);
    return token_write(call, 0, &multisig);
}

/* Only checks, because owners of this program's accounts can change. The
 * instruction is for callers that also use Token-2022, such as the Associated
 * Token Account program. */
enum instruction_error token_initialize_immutable_owner(struct token_call *call)
{
    struct token_record record;
    enum instruction_error error = token_require(call, 1);
    if (error)
        return error;
    switch (token_account_load(invocation_data(call->invocation, call->first),
                               &record)) {
    case TOKEN_MALFORMED:
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    case TOKEN_LOADED:
        return token_fail(call, TOKEN_ERROR_ALREADY_IN_USE);
    default:
        return INSTRUCTION_OK;
    }
}

/* account, [rent]. Lamports that were transferred to a wrapped account become
 * part of its amount. Nobody has to sign. */
enum instruction_error token_sync_native(struct token_call *call)
{
    struct token_record record;
    enum instruction_error error = token_require(call, 1);
    if (!error)
        error = token_check_owner(call, 0);
    if (!error && call->count > 1)
        error = check_rent_account(call, 1);
    if (!error)
        error = token_read_account(call, 0, &record);
    if (error)
        return error;
    if (!token_account_native(&record, NULL))
        return token_fail(call, TOKEN_ERROR_NON_NATIVE_NOT_SUPPORTED);
    const struct loaded_account *account = token_call_account(call, 0);
    uint64_t reserve = rent_minimum_balance(account->space);
    if (account->lamports < reserve)
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_account_set_native(&record, reserve);
    token_account_set_amount(&record, account->lamports - reserve);
    return token_write(call, 0, &record);
}
