/*
 * Instructions that change amounts: Transfer, Approve, MintTo, Burn, in their
 * plain and checked forms, and UnwrapLamports.
 *
 * Invariants, whatever the instruction:
 *
 * 1. the amounts of a mint's accounts add up to its supply: Transfer changes
 *    neither, MintTo and Burn change both by the same;
 * 2. a wrapped account holds amount + reserve lamports at least: amounts of
 *    wrapped lamports move together with the lamports;
 * 3. a delegate's allowance falls by what it spends and ends at 0.
 *
 * The records are copies. All is checked and computed on them, and then written
 * in one go; an error on the way leaves the accounts as they were.
 *
 * Account lists stand above each function, in the order of places; [mint] is
 * there in the checked form alone.
 */
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

#include "base/check.h"

/* By the mint's freeze authority: nothing goes in or out until it is thawed. */
static bool is_frozen(const struct token_record *account)
{
    return token_account_state(account) == TOKEN_ACCOUNT_FROZEN;
}

/* The mint that a checked form names: the account's, with the decimals that the
 * caller believes it has. It is what keeps a client from sending a thousand
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

/* The authority over an amount of an account: its delegate, as far as it was
 * given leave (which is used up if uses_allowance), or its owner. Whoever signs
 * is looked for among the delegate first, so an owner who is his own delegate
 * spends his allowance. */
static enum instruction_error check_spender(const struct token_call *call,
                                            struct token_record *account,
                                            uint64_t amount, size_t authority,
                                            bool uses_allowance)
{
    const struct pubkey *delegate =
        token_option_key(account, TOKEN_ACCOUNT_DELEGATE);
    CHECK(authority > 0); /* place 0 is what is spent from */
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

/* Move an amount between two different accounts; both records are as yet
 * without it. What Solana's runtime compares after the program has run, it
 * compares account by account, lamports first: so it is done in that order. The
 * source's amount was checked to be enough. */
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

/* What the accounts themselves must be like before anybody's leave counts. */
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

/* source, [mint], destination, authority, signers... To the same account it
 * changes nothing, the delegate's allowance included, but is checked all the
 * same. */
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
    /* Nothing is written that would show whose accounts these are. */
    error = token_check_owner(call, 0);
    if (!error)
        error = token_check_owner(call, to);
    if (!error && !to_itself)
        error = token_write(call, 0, &source);
    return error;
}

/* source, [mint], delegate, owner, signers... One delegate at a time: a new one
 * takes the old one's place, whatever that had left. */
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
    /* Any key will do, whether or not it exists. */
    token_set_option_key(&source, TOKEN_ACCOUNT_DELEGATE,
                         &token_call_account(call, delegate)->key);
    token_account_set_delegated_amount(&source, amount);
    return token_write(call, 0, &source);
}

/* Not the checks of check_named_mint(): the decimals come later here, in
 * Solana's order. */
static enum instruction_error
check_is_of_mint(const struct token_call *call,
                 const struct token_record *account, size_t mint_index)
{
    if (!pubkey_equal(&token_call_account(call, mint_index)->key,
                      token_account_mint(account)))
        return token_fail(call, TOKEN_ERROR_MINT_MISMATCH);
    return INSTRUCTION_OK;
}

/* Minting and burning work on what can change its supply: wrapped lamports
 * can't, theirs come and go with lamports. */
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
 * shows whose they are, so that is asked for. */
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
    /* The supply bounds every account's amount, so the second can overflow only
     * if accounts were made up elsewhere. */
    if (__builtin_add_overflow(token_mint_supply(&mint), amount, &supply) ||
        __builtin_add_overflow(token_account_amount(&destination), amount,
                               &sum))
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_mint_set_supply(&mint, supply);
    token_account_set_amount(&destination, sum);
    return write_supply(call, amount, 0, &mint, &destination);
}

/* Owners that have no key. Tokens that were sent there anybody may burn, and
 * their accounts anybody may close, if the lamports go to the incinerator too.
 */
static bool belongs_to_nobody(const struct token_record *account)
{
    const struct pubkey *owner = token_account_owner(account);
    return pubkey_equal(owner, &SYSTEM_PROGRAM_ID) ||
           pubkey_equal(owner, &INCINERATOR_ID);
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
    /* What was sent to nobody, anybody may burn. */
    if (!belongs_to_nobody(&source))
        error = check_spender(call, &source, amount, 2, true);
    if (error)
        return error;
    /* Can't be where amounts add up to the supply; a genesis may hold anything.
     */
    if (token_mint_supply(&mint) < amount)
        return token_fail(call, TOKEN_ERROR_OVERFLOW);
    token_account_set_amount(&source, token_account_amount(&source) - amount);
    token_mint_set_supply(&mint, token_mint_supply(&mint) - amount);
    return write_supply(call, amount, 1, &mint, &source);
}

/* option<amount> with a tag of one byte; without it: everything. */
static bool read_unwrap_amount(struct bytes data, bool *has_amount,
                               uint64_t *amount)
{
    struct reader reader = reader_make(data);
    uint8_t tag;
    if (reader_u8(&reader, &tag) < 0 || tag > 1)
        return false;
    *has_amount = tag;
    return !tag || reader_u64le(&reader, amount) == 0;
}

/* Wrapped lamports, out of the token account at place 0 to any account at place
 * 1, which need not be a token account. */
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

/* source, destination, authority, signers... Spares what CloseAccount would
 * end: the account stays, with its reserve. */
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
