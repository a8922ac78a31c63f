/*
 * Instructions about authorities: Revoke, SetAuthority, FreezeAccount,
 * ThawAccount, CloseAccount, WithdrawExcessLamports.
 *
 * The rights, as on Solana:
 *
 *   mint authority     mints; given up for good
 *   freeze authority   freezes and thaws its accounts; given up for good
 *   owner              spends, approves, revokes, gives the account away
 *   delegate           spends up to its allowance; may give it up
 *   close authority    closes instead of the owner
 *
 * A frozen account can't be given away: that would get around the freezing.
 */
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

#include "base/check.h"

/* account, authority, signers... The delegate may give up its allowance, and
 * the owner may take it. The account is read before the second place is
 * required, as on Solana. */
enum instruction_error token_revoke(struct token_call *call)
{
    struct token_record account;
    enum instruction_error error = token_require(call, 1);
    if (!error)
        error = token_read_account(call, 0, &account);
    if (!error)
        error = token_require(call, 2);
    if (error)
        return error;
    if (token_account_state(&account) == TOKEN_ACCOUNT_FROZEN)
        return token_fail(call, TOKEN_ERROR_ACCOUNT_FROZEN);
    /* The delegate must sign if the delegate is named, else the owner. */
    const struct pubkey *key = &token_call_account(call, 1)->key;
    const struct pubkey *delegate =
        token_option_key(&account, TOKEN_ACCOUNT_DELEGATE);
    if (!delegate || !pubkey_equal(delegate, key))
        key = token_account_owner(&account);
    error = token_check_authority(call, key, 1, 2);
    if (error)
        return error;
    token_set_option_key(&account, TOKEN_ACCOUNT_DELEGATE, NULL);
    token_account_set_delegated_amount(&account, 0);
    return token_write(call, 0, &account);
}

/* There must be a new owner. */
static enum instruction_error set_owner(const struct token_call *call,
                                        struct token_record *account,
                                        const struct pubkey *to)
{
    enum instruction_error error =
        token_check_authority(call, token_account_owner(account), 1, 2);
    if (error)
        return error;
    if (!to)
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    /* The old owner's delegate goes. */
    token_account_set_owner(account, to);
    token_set_option_key(account, TOKEN_ACCOUNT_DELEGATE, NULL);
    token_account_set_delegated_amount(account, 0);
    /* The close authority of a wrapped account could take its lamports, so the
     * old owner's choice must not bind the new one. Other accounts keep their
     * close authority. */
    if (token_account_native(account, NULL))
        token_set_option_key(account, TOKEN_ACCOUNT_CLOSE_AUTHORITY, NULL);
    return INSTRUCTION_OK;
}

/* The close authority, or else the owner. If there is a close authority the
 * owner may not close. */
static const struct pubkey *closer_of(const struct token_record *account)
{
    const struct pubkey *closer =
        token_option_key(account, TOKEN_ACCOUNT_CLOSE_AUTHORITY);
    return closer ? closer : token_account_owner(account);
}

/* The account has neither of a mint's two authorities. */
static enum instruction_error set_of_account(const struct token_call *call,
                                             enum token_authority which,
                                             const struct pubkey *to)
{
    struct token_record account;
    enum instruction_error error = token_read_account(call, 0, &account);
    if (error)
        return error;
    if (token_account_state(&account) == TOKEN_ACCOUNT_FROZEN)
        return token_fail(call, TOKEN_ERROR_ACCOUNT_FROZEN);
    switch (which) {
    case TOKEN_AUTHORITY_ACCOUNT_OWNER:
        error = set_owner(call, &account, to);
        break;
    /* The present close authority decides about the next; if there is none, the
     * owner does. */
    case TOKEN_AUTHORITY_CLOSE_ACCOUNT:
        error = token_check_authority(call, closer_of(&account), 1, 2);
        if (!error)
            token_set_option_key(&account, TOKEN_ACCOUNT_CLOSE_AUTHORITY, to);
        break;
    default:
        return token_fail(call, TOKEN_ERROR_AUTHORITY_TYPE_NOT_SUPPORTED);
    }
    return error ? error : token_write(call, 0, &account);
}

/* An authority over a mint that was given up never comes back because nobody
 * may set it. */
static enum instruction_error set_of_mint(const struct token_call *call,
                                          enum token_authority which,
                                          const struct pubkey *to)
{
    struct token_record mint;
    size_t offset = TOKEN_MINT_AUTHORITY;
    CHECK(which <= TOKEN_AUTHORITY_CLOSE_ACCOUNT);
    enum token_error none = TOKEN_ERROR_FIXED_SUPPLY;
    enum instruction_error error = token_read_mint(call, 0, &mint);
    if (error)
        return error;
    if (which == TOKEN_AUTHORITY_FREEZE_ACCOUNT) {
        offset = TOKEN_MINT_FREEZE_AUTHORITY;
        none = TOKEN_ERROR_MINT_CANNOT_FREEZE;
    } else if (which != TOKEN_AUTHORITY_MINT_TOKENS) {
        return token_fail(call, TOKEN_ERROR_AUTHORITY_TYPE_NOT_SUPPORTED);
    }
    const struct pubkey *authority = token_option_key(&mint, offset);
    if (!authority)
        return token_fail(call, none);
    error = token_check_authority(call, authority, 1, 2);
    if (error)
        return error;
    token_set_option_key(&mint, offset, to);
    return token_write(call, 0, &mint);
}

/* account or mint, authority, signers... Data: which authority u8, option<key>
 * with a tag of one byte. The length tells mints from accounts, as on Solana.
 */
enum instruction_error token_set_authority(struct token_call *call)
{
    struct reader reader = reader_make(call->data);
    struct pubkey key;
    uint8_t which, tag;
    if (reader_u8(&reader, &which) || reader_u8(&reader, &tag) ||
        which > TOKEN_AUTHORITY_CLOSE_ACCOUNT || tag > 1 ||
        (tag && reader_copy(&reader, key.bytes, sizeof(key.bytes))))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    enum instruction_error error = token_require(call, 2);
    if (error)
        return error;
    switch (invocation_data(call->invocation, call->first).size) {
    case TOKEN_ACCOUNT_SIZE:
        return set_of_account(call, which, tag ? &key : NULL);
    case TOKEN_MINT_SIZE:
        return set_of_mint(call, which, tag ? &key : NULL);
    default:
        return INSTRUCTION_INVALID_ARGUMENT;
    }
}

/* account, mint, freeze authority, signers... Freezing a frozen account is an
 * error. */
enum instruction_error token_set_frozen(struct token_call *call, bool frozen)
{
    struct token_record account, mint;
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = token_read_account(call, 0, &account);
    if (error)
        return error;
    if (frozen == (token_account_state(&account) == TOKEN_ACCOUNT_FROZEN))
        return token_fail(call, TOKEN_ERROR_INVALID_STATE);
    if (token_account_native(&account, NULL))
        return token_fail(call, TOKEN_ERROR_NATIVE_NOT_SUPPORTED);
    if (!pubkey_equal(&token_call_account(call, 1)->key,
                      token_account_mint(&account)))
        return token_fail(call, TOKEN_ERROR_MINT_MISMATCH);
    error = token_read_mint(call, 1, &mint);
    if (error)
        return error;
    const struct pubkey *authority =
        token_option_key(&mint, TOKEN_MINT_FREEZE_AUTHORITY);
    if (!authority)
        return token_fail(call, TOKEN_ERROR_MINT_CANNOT_FREEZE);
    error = token_check_authority(call, authority, 2, 3);
    if (error)
        return error;
    token_account_set_state(&account, frozen ? TOKEN_ACCOUNT_FROZEN
                                             : TOKEN_ACCOUNT_INITIALIZED);
    return token_write(call, 0, &account);
}

/* Move all lamports of place 0 to place 1 and drop its data: the account ceases
 * to exist. The owner becomes the System program, so that an account can be
 * made anew at this address in the same transaction. */
static enum instruction_error close(const struct token_call *call)
{
    struct invocation *invocation = call->invocation;
    size_t from = call->first;
    CHECK(call->count >= 2);
    uint64_t lamports = token_call_account(call, 0)->lamports;
    enum instruction_error error = invocation_debit(invocation, from, lamports);
    if (!error)
        error = invocation_resize(invocation, from, 0);
    if (!error)
        error = invocation_set_owner(invocation, from, &SYSTEM_PROGRAM_ID);
    if (!error)
        error = invocation_credit(invocation, from + 1, lamports);
    return error;
}

/* account, destination, authority, signers... The account must be empty because
 * its tokens would be lost; wrapped lamports go with the account's own. The
 * lamports of an account that belongs to nobody may only be burned. */
enum instruction_error token_close_account(struct token_call *call)
{
    struct token_record account;
    enum instruction_error error = token_require(call, 3);
    if (error)
        return error;
    const struct pubkey *destination = &token_call_account(call, 1)->key;
    if (pubkey_equal(&token_call_account(call, 0)->key, destination))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    error = token_read_account(call, 0, &account);
    if (error)
        return error;
    if (!token_account_native(&account, NULL) &&
        token_account_amount(&account) != 0)
        return token_fail(call, TOKEN_ERROR_NON_NATIVE_HAS_BALANCE);
    if (token_belongs_to_nobody(&account)) {
        if (!pubkey_equal(destination, &INCINERATOR_ID))
            return INSTRUCTION_INVALID_ACCOUNT_DATA;
    } else {
        error = token_check_authority(call, closer_of(&account), 2, 3);
    }
    return error ? error : close(call);
}

/* The mint authority may take the lamports of a mint beyond its rent; without a
 * mint authority the mint's own key may. */
static enum instruction_error
check_mint_withdrawal(const struct token_call *call)
{
    struct token_record mint;
    enum instruction_error error = token_read_mint(call, 0, &mint);
    if (error)
        return error;
    const struct pubkey *authority =
        token_option_key(&mint, TOKEN_MINT_AUTHORITY);
    if (authority)
        return token_check_authority(call, authority, 2, 3);
    if (!pubkey_equal(&token_call_account(call, 0)->key,
                      &token_call_account(call, 2)->key))
        return token_fail(call, TOKEN_ERROR_AUTHORITY_TYPE_NOT_SUPPORTED);
    return invocation_is_signer(call->invocation, call->first + 2)
               ? INSTRUCTION_OK
               : INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
}

/* An account's owner, a multisig's own signers or a mint's authority may
 * withdraw. Wrapped accounts have no excess: the lamports above the reserve are
 * their amount. */
static enum instruction_error check_withdrawal(const struct token_call *call)
{
    struct token_record account;
    enum instruction_error error;
    switch (invocation_data(call->invocation, call->first).size) {
    case TOKEN_ACCOUNT_SIZE:
        error = token_read_account(call, 0, &account);
        if (error)
            return error;
        if (token_account_native(&account, NULL))
            return token_fail(call, TOKEN_ERROR_NATIVE_NOT_SUPPORTED);
        return token_check_authority(call, token_account_owner(&account), 2, 3);
    case TOKEN_MINT_SIZE:
        return check_mint_withdrawal(call);
    case TOKEN_MULTISIG_SIZE:
        return token_check_authority(call, &token_call_account(call, 0)->key, 2,
                                     3);
    default:
        return token_fail(call, TOKEN_ERROR_INVALID_STATE);
    }
}

/* source, destination, authority, signers... Lamports above the rent came by
 * mistake or as a gift, and have no other way out. */
enum instruction_error token_withdraw_excess_lamports(struct token_call *call)
{
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = check_withdrawal(call);
    if (error)
        return error;
    const struct loaded_account *source = token_call_account(call, 0);
    /* The source keeps its rent. */
    uint64_t reserve = rent_minimum_balance(source->space);
    if (source->lamports < reserve)
        return token_fail(call, TOKEN_ERROR_NOT_RENT_EXEMPT);
    if (source->lamports == reserve)
        return INSTRUCTION_OK;
    return invocation_move(call->invocation, call->first, call->first + 1,
                           source->lamports - reserve);
}
