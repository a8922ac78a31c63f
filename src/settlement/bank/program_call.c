/*
 * Calls from program to program, and what they answer.
 *
 * A call is an instruction like the transaction's own: it runs through
 * transaction_context_run(), is logged, counted and charged alike. What is
 * added here is the translation of accounts: the callee may do with an account
 * at most what its caller may. It works on the same copies, so what the callee
 * changed the caller sees at once.
 *
 * Accounts are named by their places in the caller's list, which is how
 * programs here know them; a key is never searched for but the program's own.
 */
#include "base/check.h"
#include "settlement/bank/transaction_context.h"

/* An account list's places are bytes. */
#define CALL_ACCOUNTS_MAX 256

/* One account of the callee, checked against what the caller may do with it,
 * and by its place in the transaction. Signing is the one thing a call can add:
 * for the one address derived from the caller that it names. */
static enum instruction_error translate(struct invocation *invocation,
                                        const struct invocation_account *wanted,
                                        const struct pubkey *derived,
                                        struct invocation_account *out)
{
    const struct invocation_account *own = &invocation->accounts[wanted->index];
    const struct loaded_account *account =
        invocation_account(invocation, wanted->index);
    CHECK(account);
    bool may_sign =
        own->signer || (derived && pubkey_equal(derived, &account->key));
    if ((wanted->writable && !own->writable) || (wanted->signer && !may_sign)) {
        invocation_log_line(invocation, "%s's %s privilege escalated",
                            PUBKEY_TEXT(&account->key),
                            wanted->writable && !own->writable ? "writable"
                                                               : "signer");
        return INSTRUCTION_PRIVILEGE_ESCALATION;
    }
    *out = (struct invocation_account){.index = own->index,
                                       .signer = wanted->signer,
                                       .writable = wanted->writable};
    return INSTRUCTION_OK;
}

/* The program called must be among the caller's accounts, as on Solana: a
 * transaction says beforehand which programs it may reach. */
static enum instruction_error find_program(struct invocation *invocation,
                                           const struct pubkey *program)
{
    for (size_t i = 0; i < invocation->account_count; i++) {
        const struct loaded_account *account =
            invocation_account(invocation, i);
        if (pubkey_equal(&account->key, program))
            return account->executable ? INSTRUCTION_OK
                                       : INSTRUCTION_ACCOUNT_NOT_EXECUTABLE;
    }
    invocation_log_line(invocation, "Unknown program %s", PUBKEY_TEXT(program));
    return INSTRUCTION_MISSING_ACCOUNT;
}

/* Accounts are looked at before the program is: that error comes first there.
 */
enum instruction_error
invocation_call(struct invocation *invocation, const struct pubkey *program,
                const struct invocation_account *accounts, size_t account_count,
                struct bytes data, const struct pubkey *derived)
{
    struct transaction_context *context = invocation->context;
    struct invocation_account *translated =
        arena_alloc(invocation->arena, account_count * sizeof(*translated));
    enum instruction_error error = INSTRUCTION_OK;
    CHECK(account_count <= CALL_ACCOUNTS_MAX);
    for (size_t i = 0; i < account_count && !error; i++)
        error = translate(invocation, &accounts[i], derived, &translated[i]);
    if (!error)
        error = find_program(invocation, program);
    if (!error)
        error =
            transaction_context_run(context, program, translated, account_count,
                                    data, (uint8_t)(invocation->depth + 1));
    context->is_broken_off = error != INSTRUCTION_OK;
    return error;
}

/* Copied, for the caller's buffer may go. */
void invocation_set_return_data(struct invocation *invocation,
                                struct bytes data)
{
    CHECK(data.size <= RETURN_DATA_SIZE_MAX);
    invocation->context->return_program = invocation->program;
    invocation->context->return_data = arena_bytes(invocation->arena, data);
}
