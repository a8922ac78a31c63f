/*
 * Instructions that change amounts: Transfer, Approve, MintTo, Burn, in their
 * plain and checked forms, and UnwrapLamports.
 *
 * Invariants, whatever the instruction:
 *
 * 1. the amounts of a mint's accounts add up to its supply: Transfer changes
 *    neither, MintTo and Burn change both alike;
 * 2. a wrapped account holds amount + reserve lamports at least: amounts of
 *    wrapped lamports move together with the lamports;
 * 3. a delegate's allowance falls by what it spends and ends at 0.
 *
 * The records are copies. All is checked and computed on them, and then written
 * in one go; an error before that leaves the accounts as they were.
 *
 * The comment above each function lists its accounts in the order of places;
 * [mint] is there in the checked form alone.
 */
#include "settlement/programs/token_internal.h"

#include "base/check.h"

/* Nothing goes in or out of a frozen account. */
static bool is_frozen(const struct token_record *account)
{
    return token_account_state(account) == TOKEN_ACCOUNT_FROZEN;
}

/* Check that the mint that a checked form names is the account's, and has the
 * decimals that the caller expects. This keeps a client from sending a thousand
 * times what it meant. */
static enum instruction_error check_named_mint(const struct token_call *call,
                                               size_t index,
                                               const struct token_record *of,
                                               uint8_t decimals)
{
    struct token_record mint;
    if (!pubkey_equal(&token_call_account(call, index)->key,
                      token_account_mint(of)))
        return token_fail(call, TOKEN_ERROR_MINT_MISMATCH);
    enum instruction_error error = token_read_mint(call, index, &mint);
    if (error)
        return error;
    if (token_mint_decimals(&mint) != decimals)
        return token_fail(call, TOKEN_ERROR_MINT_DECIMALS_MISMATCH);
    return INSTRUCTION_OK;
}

/* Check the authority over an amount of an account: the delegate, up to its
 * allowance (which falls if uses_allowance), or the owner. The delegate is
 * looked at first, so an owner that is also the delegate spends the allowance.
 */
static enum instruction_error check_spender(const struct token_call *call,
                                            struct token_record *account,
                                            uint64_t amount, size_t authority,
                                            bool uses_allowance)
{
    const struct pubkey *delegate =
        token_option_key(account, TOKEN_ACCOUNT_DELEGATE);
    CHECK(authority > 0); /* place 0 is the source */
    const struct pubkey *key = &token_call_account(call, authority)->key;
    if (!delegate || !pubkey_equal(delegate, key))
        return token_check_authority(call, token_account_owner(account),
                                     authority, authority + 1);
    enum instruction_error error =
        token_check_authority(call, key, authority, authority + 1);
    if (error)
        return error;
    uint64_t allowance = token_account_delegated_amount(account);
    if (allowance < amount)
        return token_fail(call, TOKEN_ERROR_INSUFFICIENT_FUNDS);
    if (!uses_allowance)
        return INSTRUCTION_OK;
    token_account_set_delegated_amount(account, allowance - amount);
    if (allowance == amount)
        token_set_option_key(account, TOKEN_ACCOUNT_DELEGATE, NULL);
    return INSTRUCTION_OK;
}

/* Move an amount between two different accounts. Solana's runtime compares
 * account by account after the program has run, lamports first, so the changes
 * are made in that order. The source's amount must be enough (CHECKed). */
static enum instruction_error
move_amount(const struct token_call *call, struct token_record *source,
            size_t to, struct token_record *destination, uint64_t amount)
{
    struct invocation *invocation = call->invocation;
    bool is_native = token_account_native(source, NULL);
    uint64_t sum;
    enum instruction_error error = INSTRUCTION_OK;
    CHECK(token_account_amount(source) >= amount);
    if (__builtin_add_overflow(token_account_amount(destination), amount, &sum))
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_account_set_amount(source, token_account_amount(source) - amount);
    token_account_set_amount(destination, sum);
    if (is_native)
        error = invocation_debit(invocation, call->first, amount);
    if (!error)
        error = token_write(call, 0, source);
    if (!error && is_native)
        error = invocation_credit(invocation, call->first + to, amount);
    if (!error)
        error = token_write(call, to, destination);
    return error;
}

/* Check the accounts before the authority. */
static enum instruction_error
check_transfer(const struct token_call *call, const struct token_record *source,
               const struct token_record *destination, uint64_t amount)
{
    if (is_frozen(source) || is_frozen(destination))
        return token_fail(call, TOKEN_ERROR_ACCOUNT_FROZEN);
    if (token_account_amount(source) < amount)
        return token_fail(call, TOKEN_ERROR_INSUFFICIENT_FUNDS);
    if (!pubkey_equal(token_account_mint(source),
                      token_account_mint(destination)))
        return token_fail(call, TOKEN_ERROR_MINT_MISMATCH);
    return INSTRUCTION_OK;
}

/* source, [mint], destination, authority, signers... A transfer to the same
 * account changes nothing, not even the delegate's allowance, but is checked
 * all the same. */
enum instruction_error token_transfer(struct token_call *call, uint64_t amount,
                                      const uint8_t *decimals)
{
    struct token_record source, destination;
    size_t to = decimals ? 2 : 1, authority = to + 1;
    enum instruction_error error = token_require(call, authority + 1);
    if (!error)
        error = token_read_account(call, 0, &source);
    if (!error)
        error = token_read_account(call, to, &destination);
    if (!error)
        error = check_transfer(call, &source, &destination, amount);
    if (!error && decimals)
        error = check_named_mint(call, 1, &source, *decimals);
    if (error)
        return error;
    bool to_itself = pubkey_equal(&token_call_account(call, 0)->key,
                                  &token_call_account(call, to)->key);
    error = check_spender(call, &source, amount, authority, !to_itself);
    if (error)
        return error;
    if (!to_itself && amount)
        return move_amount(call, &source, to, &destination, amount);
    /* The owners are checked here because nothing may be written. */
    error = token_check_owner(call, 0);
    if (!error)
        error = token_check_owner(call, to);
    if (!error && !to_itself)
        error = token_write(call, 0, &source);
    return error;
}

/* source, [mint], delegate, owner, signers... There is one delegate at a time:
 * a new one replaces the old one and its allowance. */
enum instruction_error token_approve(struct token_call *call, uint64_t amount,
                                     const uint8_t *decimals)
{
    struct token_record source;
    size_t delegate = decimals ? 2 : 1, owner = delegate + 1;
    enum instruction_error error = token_require(call, owner + 1);
    if (!error)
        error = token_read_account(call, 0, &source);
    if (error)
        return error;
    if (is_frozen(&source))
        return token_fail(call, TOKEN_ERROR_ACCOUNT_FROZEN);
    if (decimals)
        error = check_named_mint(call, 1, &source, *decimals);
    if (!error)
        error = token_check_authority(call, token_account_owner(&source), owner,
                                      owner + 1);
    if (error)
        return error;
    /* Any key can be a delegate, also one without an account. */
    token_set_option_key(&source, TOKEN_ACCOUNT_DELEGATE,
                         &token_call_account(call, delegate)->key);
    token_account_set_delegated_amount(&source, amount);
    return token_write(call, 0, &source);
}

/* Unlike check_named_mint(): the decimals are checked later, in Solana's order.
 */
static enum instruction_error
check_is_of_mint(const struct token_call *call,
                 const struct token_record *account, size_t mint_index)
{
    if (!pubkey_equal(&token_call_account(call, mint_index)->key,
                      token_account_mint(account)))
        return token_fail(call, TOKEN_ERROR_MINT_MISMATCH);
    return INSTRUCTION_OK;
}

/* Minting and burning refuse wrapped lamports, whose amount comes and goes with
 * lamports. */
static enum instruction_error check_usable(const struct token_call *call,
                                           const struct token_record *account)
{
    if (is_frozen(account))
        return token_fail(call, TOKEN_ERROR_ACCOUNT_FROZEN);
    if (token_account_native(account, NULL))
        return token_fail(call, TOKEN_ERROR_NATIVE_NOT_SUPPORTED);
    return INSTRUCTION_OK;
}

/* Write a mint and an account, the one at place 0 first. With amount 0 nothing
 * is written, so the owners are checked. */
static enum instruction_error write_supply(const struct token_call *call,
                                           uint64_t amount, size_t mint_index,
                                           const struct token_record *mint,
                                           const struct token_record *account)
{
    enum instruction_error error = INSTRUCTION_OK;
    CHECK(mint_index <= 1);
    if (!amount) {
        error = token_check_owner(call, 0);
        if (!error)
            error = token_check_owner(call, 1);
    }
    if (!error)
        error = token_write(call, 0, mint_index ? account : mint);
    if (!error)
        error = token_write(call, 1, mint_index ? mint : account);
    return error;
}

/* mint, destination, authority, signers... Without an authority the supply is
 * fixed for good. */
enum instruction_error token_mint_to(struct token_call *call, uint64_t amount,
                                     const uint8_t *decimals)
{
    struct token_record mint, destination;
    uint64_t supply, sum;
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = token_read_account(call, 1, &destination);
    if (!error)
        error = check_usable(call, &destination);
    if (!error)
        error = check_is_of_mint(call, &destination, 0);
    if (!error)
        error = token_read_mint(call, 0, &mint);
    if (error)
        return error;
    if (decimals && *decimals != token_mint_decimals(&mint))
        return token_fail(call, TOKEN_ERROR_MINT_DECIMALS_MISMATCH);
    const struct pubkey *authority =
        token_option_key(&mint, TOKEN_MINT_AUTHORITY);
    if (!authority)
        return token_fail(call, TOKEN_ERROR_FIXED_SUPPLY);
    error = token_check_authority(call, authority, 2, 3);
    if (error)
        return error;
    /* The supply bounds every account's amount, so the second sum can overflow
     * only with accounts that a genesis made up. */
    if (__builtin_add_overflow(token_mint_supply(&mint), amount, &supply) ||
        __builtin_add_overflow(token_account_amount(&destination), amount,
                               &sum))
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_mint_set_supply(&mint, supply);
    token_account_set_amount(&destination, sum);
    return write_supply(call, amount, 0, &mint, &destination);
}

/* source, mint, authority, signers... */
enum instruction_error token_burn(struct token_call *call, uint64_t amount,
                                  const uint8_t *decimals)
{
    struct token_record mint, source;
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = token_read_account(call, 0, &source);
    if (!error)
        error = token_read_mint(call, 1, &mint);
    if (!error)
        error = check_usable(call, &source);
    if (error)
        return error;
    if (token_account_amount(&source) < amount)
        return token_fail(call, TOKEN_ERROR_INSUFFICIENT_FUNDS);
    error = check_is_of_mint(call, &source, 1);
    if (error)
        return error;
    if (decimals && *decimals != token_mint_decimals(&mint))
        return token_fail(call, TOKEN_ERROR_MINT_DECIMALS_MISMATCH);
    if (!token_belongs_to_nobody(&source))
        error = check_spender(call, &source, amount, 2, true);
    if (error)
        return error;
    /* Amounts add up to the supply, except in a genesis that says otherwise. */
    if (token_mint_supply(&mint) < amount)
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_account_set_amount(&source, token_account_amount(&source) - amount);
    token_mint_set_supply(&mint, token_mint_supply(&mint) - amount);
    return write_supply(call, amount, 1, &mint, &source);
}

/* option<amount> with a tag of one byte; no amount means all. */
static bool read_unwrap_amount(struct bytes data, bool *has_amount,
                               uint64_t *amount)
{
    struct reader reader = reader_make(data);
    uint8_t tag;
    if (reader_u8(&reader, &tag) || tag > 1)
        return false;
    *has_amount = tag;
    return !tag || !reader_u64le(&reader, amount);
}

/* Move wrapped lamports out of the token account at place 0 to place 1, which
 * need not be a token account. */
static enum instruction_error unwrap(const struct token_call *call,
                                     struct token_record *source,
                                     uint64_t amount)
{
    struct invocation *invocation = call->invocation;
    bool to_itself = pubkey_equal(&token_call_account(call, 0)->key,
                                  &token_call_account(call, 1)->key);
    enum instruction_error error = INSTRUCTION_OK;
    CHECK(token_account_amount(source) >= amount);
    token_account_set_amount(source, token_account_amount(source) - amount);
    if (!to_itself)
        error = invocation_debit(invocation, call->first, amount);
    if (!error)
        error = token_write(call, 0, source);
    if (!error && !to_itself)
        error = invocation_credit(invocation, call->first + 1, amount);
    return error;
}

/* source, destination, authority, signers... Unlike with CloseAccount, the
 * account stays, with its reserve. */
enum instruction_error token_unwrap_lamports(struct token_call *call)
{
    struct token_record source;
    bool has_amount;
    uint64_t amount;
    if (!read_unwrap_amount(call->data, &has_amount, &amount))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    enum instruction_error error = token_require(call, 3);
    if (!error)
        error = token_read_account(call, 0, &source);
    if (error)
        return error;
    if (!token_account_native(&source, NULL))
        return token_fail(call, TOKEN_ERROR_NON_NATIVE_NOT_SUPPORTED);
    if (!has_amount)
        amount = token_account_amount(&source);
    if (token_account_amount(&source) < amount)
        return token_fail(call, TOKEN_ERROR_INSUFFICIENT_FUNDS);
    error = check_spender(call, &source, amount, 2, true);
    if (!error && !amount)
        error = token_check_owner(call, 0);
    if (error)
        return error;
    return unwrap(call, &source, amount);
}
