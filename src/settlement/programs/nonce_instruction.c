/*
 * Durable nonces: how an account of the System program stands in for a recent
 * blockhash.
 *
 * A transaction that is signed today and sent next month names the nonce as its
 * blockhash, and advances the account with its first instruction. So it can be
 * processed once: the next nonce is another. The bank keeps the advance even if
 * the transaction fails, so a failed transaction can't be sent again and again
 * for its fee.
 *
 * Three rules make that safe:
 *
 * 1. a nonce is never equal to a recent blockhash: it is hashed under a domain
 *    of its own (nonce_of_blockhash());
 * 2. an account gives one nonce a block: while the newest one is its own it can
 *    neither be advanced nor emptied, or a block could process one transaction
 *    twice;
 * 3. only the authority advances, withdraws or appoints another.
 *
 * These instructions name two sysvars that Solana no longer reads. They are
 * still required in their places, with Solana's errors.
 */
#include "settlement/programs/nonce_instruction.h"
#include "base/check.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* Bytes of an uninitialised account: version and state. */
#define NONCE_HEADER_SIZE 8

/* Check that an account of the list is the sysvar with that id. */
static enum instruction_error check_sysvar(const struct invocation *invocation,
                                           size_t index,
                                           const struct pubkey *id)
{
    const struct loaded_account *account =
        invocation_account(invocation, index);
    if (!account)
        return INSTRUCTION_MISSING_ACCOUNT;
    return pubkey_equal(&account->key, id) ? INSTRUCTION_OK
                                           : INSTRUCTION_INVALID_ARGUMENT;
}

/* Read the nonce of account 0, which must be writable. The owner is not
 * checked: the write fails if the account is another program's. */
static enum instruction_error open_nonce(struct invocation *invocation,
                                         const char *what, struct nonce *out)
{
    CHECK(invocation->account_count >= 1); /* system_program.c asked */
    if (!invocation_is_writable(invocation, 0)) {
        invocation_log_line(
            invocation, "%s nonce account: Account %s must be writeable", what,
            PUBKEY_TEXT(&invocation_account(invocation, 0)->key));
        return INSTRUCTION_INVALID_ARGUMENT;
    }
    if (nonce_decode(invocation_data(invocation, 0), out))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    return INSTRUCTION_OK;
}

/* In Solana's words, which clients show. */
static enum instruction_error state_invalid(struct invocation *invocation,
                                            const char *what)
{
    invocation_log_line(invocation,
                        "%s nonce account: Account %s state is invalid", what,
                        PUBKEY_TEXT(&invocation_account(invocation, 0)->key));
    return INSTRUCTION_INVALID_ACCOUNT_DATA;
}

/* text holds one %s, which the key replaces. */
static enum instruction_error must_sign(struct invocation *invocation,
                                        const char *text,
                                        const struct pubkey *key)
{
    invocation_log_line(invocation, text, PUBKEY_TEXT(key));
    return INSTRUCTION_MISSING_REQUIRED_SIGNATURE;
}

/* The data must have room for the whole form. Only the header of an ended nonce
 * is written, as on Solana. */
static enum instruction_error store(struct invocation *invocation,
                                    const struct nonce *nonce)
{
    uint8_t data[NONCE_ACCOUNT_SIZE];
    CHECK(nonce->version <= NONCE_CURRENT);
    nonce_encode(nonce, data);
    size_t size = nonce->initialized ? sizeof(data) : NONCE_HEADER_SIZE;
    return invocation_write(invocation, 0, 0, bytes_make(data, size));
}

/* Take a new nonce from the newest blockhash, which nobody could know before
 * this block. */
static void renew(const struct invocation *invocation, struct nonce *nonce)
{
    nonce->version = NONCE_CURRENT;
    nonce->initialized = true;
    nonce_of_blockhash(&invocation->environment->blockhash, &nonce->value);
    nonce->lamports_per_signature =
        invocation->environment->lamports_per_signature;
}

/* Whether the account was renewed in this block. Another use would be the
 * second in one block. */
static bool is_newest(const struct invocation *invocation,
                      const struct nonce *nonce)
{
    struct hash newest;
    nonce_of_blockhash(&invocation->environment->blockhash, &newest);
    return hash_equal(&newest, &nonce->value);
}

static enum instruction_error not_expired(struct invocation *invocation,
                                          const char *what)
{
    invocation_log_line(
        invocation, "%s nonce account: nonce can only advance once per slot",
        what);
    return invocation_custom(invocation,
                             SYSTEM_ERROR_NONCE_BLOCKHASH_NOT_EXPIRED);
}

/* Accounts: nonce, recent blockhashes, authority. */
enum instruction_error nonce_advance(struct invocation *invocation)
{
    struct nonce nonce;
    enum instruction_error error =
        check_sysvar(invocation, 1, &RECENT_BLOCKHASHES_SYSVAR_ID);
    if (!error)
        error = open_nonce(invocation, "Advance", &nonce);
    if (error)
        return error;
    if (!nonce.initialized)
        return state_invalid(invocation, "Advance");
    if (!invocation_signed_by(invocation, &nonce.authority))
        return must_sign(invocation,
                         "Advance nonce account: Account %s must be a signer",
                         &nonce.authority);
    if (is_newest(invocation, &nonce))
        return not_expired(invocation, "Advance");
    renew(invocation, &nonce);
    return store(invocation, &nonce);
}

/* Log what there is and what is needed. */
static enum instruction_error insufficient(struct invocation *invocation,
                                           const char *what, uint64_t need)
{
    invocation_log_line(
        invocation, "%s nonce account: insufficient lamports %llu, need %llu",
        what, (unsigned long long)invocation_account(invocation, 0)->lamports,
        (unsigned long long)need);
    return INSTRUCTION_INSUFFICIENT_FUNDS;
}

/* An initialised account gives all its lamports, which ends it, or those above
 * its rent. */
static enum instruction_error check_withdrawal(struct invocation *invocation,
                                               struct nonce *nonce,
                                               uint64_t lamports)
{
    const struct loaded_account *account = invocation_account(invocation, 0);
    CHECK(nonce->initialized);
    if (lamports == account->lamports) {
        if (is_newest(invocation, nonce))
            return not_expired(invocation, "Withdraw");
        /* The data says "uninitialised" again: the account can be made a nonce
         * again, and without lamports it ceases to exist. */
        struct nonce ended = {.version = NONCE_CURRENT};
        return store(invocation, &ended);
    }
    uint64_t need;
    if (__builtin_add_overflow(lamports, rent_minimum_balance(account->space),
                               &need))
        return INSTRUCTION_INSUFFICIENT_FUNDS;
    return need > account->lamports ? insufficient(invocation, "Withdraw", need)
                                    : INSTRUCTION_OK;
}

/* Accounts: nonce, to, recent blockhashes, rent. The authority of an account
 * that was never initialised is its own key. The signature is checked last, as
 * on Solana. */
enum instruction_error nonce_withdraw(struct invocation *invocation,
                                      uint64_t lamports)
{
    struct nonce nonce;
    enum instruction_error error =
        check_sysvar(invocation, 2, &RECENT_BLOCKHASHES_SYSVAR_ID);
    if (!error)
        error = check_sysvar(invocation, 3, &RENT_SYSVAR_ID);
    if (!error)
        error = open_nonce(invocation, "Withdraw", &nonce);
    if (error)
        return error;
    const struct loaded_account *account = invocation_account(invocation, 0);
    const struct pubkey *signer =
        nonce.initialized ? &nonce.authority : &account->key;
    if (nonce.initialized)
        error = check_withdrawal(invocation, &nonce, lamports);
    else if (lamports > account->lamports)
        error = insufficient(invocation, "Withdraw", lamports);
    if (error)
        return error;
    if (!invocation_signed_by(invocation, signer))
        return must_sign(
            invocation, "Withdraw nonce account: Account %s must sign", signer);
    return invocation_move(invocation, 0, 1, lamports);
}

/* Accounts: nonce, recent blockhashes, rent. Nobody has to sign: the
 * instruction before, which made the account, was signed with its key. */
enum instruction_error nonce_initialize(struct invocation *invocation,
                                        const struct pubkey *authority)
{
    struct nonce nonce;
    enum instruction_error error =
        check_sysvar(invocation, 1, &RECENT_BLOCKHASHES_SYSVAR_ID);
    if (!error)
        error = check_sysvar(invocation, 2, &RENT_SYSVAR_ID);
    if (!error)
        error = open_nonce(invocation, "Initialize", &nonce);
    if (error)
        return error;
    if (nonce.initialized)
        return state_invalid(invocation, "Initialize");
    const struct loaded_account *account = invocation_account(invocation, 0);
    /* An uninitialised account may be longer than 80 bytes, and then pays more
     * rent. */
    uint64_t minimum = rent_minimum_balance(account->space);
    if (account->lamports < minimum)
        return insufficient(invocation, "Initialize", minimum);
    nonce.authority = *authority;
    renew(invocation, &nonce);
    return store(invocation, &nonce);
}

/* Accounts: nonce, authority. The nonce itself stays, so a transaction that was
 * signed with it stays valid. */
enum instruction_error nonce_authorize(struct invocation *invocation,
                                       const struct pubkey *authority)
{
    struct nonce nonce;
    enum instruction_error error = open_nonce(invocation, "Authorize", &nonce);
    if (error)
        return error;
    if (!nonce.initialized)
        return state_invalid(invocation, "Authorize");
    if (!invocation_signed_by(invocation, &nonce.authority))
        return must_sign(invocation,
                         "Authorize nonce account: Account %s must sign",
                         &nonce.authority);
    nonce.authority = *authority;
    return store(invocation, &nonce);
}

/* For accounts from before nonces had a domain, which only a genesis copied
 * from elsewhere can hold. Anybody may call it because the owner has no reason
 * to refuse. */
enum instruction_error nonce_upgrade(struct invocation *invocation)
{
    struct nonce nonce;
    if (!pubkey_equal(&invocation_account(invocation, 0)->owner,
                      &SYSTEM_PROGRAM_ID))
        return INSTRUCTION_INVALID_ACCOUNT_OWNER;
    if (!invocation_is_writable(invocation, 0))
        return INSTRUCTION_INVALID_ARGUMENT;
    if (nonce_decode(invocation_data(invocation, 0), &nonce))
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    if (nonce.version != NONCE_LEGACY || !nonce.initialized)
        return INSTRUCTION_INVALID_ARGUMENT;
    /* A legacy nonce is a plain blockhash: move it to the nonces' domain. */
    nonce.version = NONCE_CURRENT;
    nonce_of_blockhash(&nonce.value, &nonce.value);
    return store(invocation, &nonce);
}
