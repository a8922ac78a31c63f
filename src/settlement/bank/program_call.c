/*
 * Calls from program to program, and their return data.
 *
 * A call is an instruction like the transaction's own: it runs through
 * transaction_context_run(), and is logged, counted and charged alike. This
 * file adds the translation of accounts: the callee has at most the caller's
 * rights. Both work on the same copies, so the caller sees at once what the
 * callee changed.
 *
 * Accounts are named by their places in the caller's list, so only the
 * program's own key is searched for.
 */
#include "base/check.h"
#include "settlement/bank/transaction_context.h"

/* Places in an account list are bytes. */
#define CALL_ACCOUNTS_MAX 256

/* Check the callee's rights to an account against the caller's, and find its
 * place in the transaction. A call can add one right: the address derived from
 * the caller that it names may sign. */
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

/* The callee must be among the caller's accounts, as on Solana: a transaction
 * names all programs that it may reach. */
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

/* Accounts are checked before the program, as on Solana. */
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

/* The data is copied because the caller's buffer may go. */
void invocation_set_return_data(struct invocation *invocation,
                                struct bytes data)
{
    CHECK(data.size <= RETURN_DATA_SIZE_MAX);
    invocation->context->return_program = invocation->program;
    invocation->context->return_data = arena_bytes(invocation->arena, data);
}
