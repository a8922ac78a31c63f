/*
 * Instructions about who may do what: Revoke, SetAuthority, FreezeAccount,
 * ThawAccount, CloseAccount, WithdrawExcessLamports.
 *
 * Who may do what, as Solana has it:
 *
 *   mint authority     mints; its going is for good
 *   freeze authority   freezes and thaws any account of the mint; likewise
 *   owner              spends, approves, revokes, gives the account away
 *   delegate           spends up to its allowance; may give it up
 *   close authority    closes instead of the owner
 *
 * A frozen account can't be given away, or its freezing would be got around.
 */
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

#include "base/check.h"

/* account, authority, signers... The delegate may give up its own leave; the
 * owner may take it. The account is read before the second place is asked for,
 * as there. */
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
    /* Whose signature is asked for: the delegate's if it is he who is named,
     * else the owner's. */
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

/* The new owner must be one: an account can't be given to nobody. */
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
    /* The old owner's arrangements end with it. */
    token_account_set_owner(account, to);
    token_set_option_key(account, TOKEN_ACCOUNT_DELEGATE, NULL);
    token_account_set_delegated_amount(account, 0);
    /* Who could close a wrapped account could take its lamports; the old
     * owner's choice must not bind the new one. Of other accounts the close
     * authority stays. */
    if (token_account_native(account, NULL))
        token_set_option_key(account, TOKEN_ACCOUNT_CLOSE_AUTHORITY, NULL);
    return INSTRUCTION_OK;
}

/* The close authority where there is one: the owner may then not close. */
static const struct pubkey *closer_of(const struct token_record *account)
{
    const struct pubkey *closer =
        token_option_key(account, TOKEN_ACCOUNT_CLOSE_AUTHORITY);
    return closer ? closer : token_account_owner(account);
}

/* A mint's two authorities have no meaning here, and the other way round. */
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
    /* The present close authority decides about the next, the owner where there
     * is none. */
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

/* An authority over a mint that is given up never comes back: there is nobody
 * to set it. */
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
 * with a tag of one byte. Mints and accounts are told apart by their length, as
 * there. */
enum instruction_error token_set_authority(struct token_call *call)
{
    struct reader reader = reader_make(call->data);
    struct pubkey key;
    uint8_t which, tag;
    if (reader_u8(&reader, &which) < 0 || reader_u8(&reader, &tag) < 0 ||
        which > TOKEN_AUTHORITY_CLOSE_ACCOUNT || tag > 1 ||
        (tag && reader_copy(&reader, key.bytes, sizeof(key.bytes)) < 0))
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

/* account, mint, freeze authority, signers... Freezing what is frozen is an
 * error, not a success without effect. */
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

/* All lamports of place 0 to place 1, and its data gone: what is left is no
 * account any more. Its owner becomes System's, so that an account at this
 * address can be made again in the same transaction without finding the old
 * one's rules. */
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

/* account, destination, authority, signers... Tokens in it would be lost, so
 * there must be none; wrapped lamports go with the account's own. Of nobody's
 * accounts the lamports may only be burned. */
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
    const struct pubkey *owner = token_account_owner(&account);
    if (pubkey_equal(owner, &SYSTEM_PROGRAM_ID) ||
        pubkey_equal(owner, &INCINERATOR_ID)) {
        if (!pubkey_equal(destination, &INCINERATOR_ID))
            return INSTRUCTION_INVALID_ACCOUNT_DATA;
    } else {
        error = token_check_authority(call, closer_of(&account), 2, 3);
    }
    return error ? error : close(call);
}

/* Who may take lamports that lie in a mint beyond its rent: its authority, or
 * where there is none the mint's own key. */
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

/* The owner of an account, a multisig's own signers, a mint's authority.
 * Wrapped accounts have no excess: what is above the reserve is their amount.
 */
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

/* source, destination, authority, signers... What lies above the rent got there
 * by mistake or as a gift, and has no other way out. */
enum instruction_error token_withdraw_excess_lamports(struct token_call *call)
{
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = check_withdrawal(call);
    if (error)
        return error;
    const struct loaded_account *source = token_call_account(call, 0);
    /* What the source keeps: it lives on. */
    uint64_t reserve = rent_minimum_balance(source->space);
    if (source->lamports < reserve)
        return token_fail(call, TOKEN_ERROR_NOT_RENT_EXEMPT);
    if (source->lamports == reserve)
        return INSTRUCTION_OK;
    return invocation_move(call->invocation, call->first, call->first + 1,
                           source->lamports - reserve);
}
