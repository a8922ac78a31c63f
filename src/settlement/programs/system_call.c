/*
 * The calls and their order are those of spl-associated-token-account, because
 * a transaction's record shows them as inner instructions.
 */
#include "settlement/programs/system_call.h"

#include "base/check.h"
#include "settlement/bank/transaction_context.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* The System program with data, which is freed. */
static enum instruction_error call(struct invocation *invocation,
                                   const struct invocation_account *accounts,
                                   size_t count, struct buffer *data,
                                   const struct pubkey *derived)
{
    enum instruction_error error =
        invocation_call(invocation, &SYSTEM_PROGRAM_ID, accounts, count,
                        buffer_view(data), derived);
    buffer_free(data);
    return error;
}

/* both: payer and account, as CreateAccount takes them. The account need not
 * sign to receive the transfer. */
static enum instruction_error
create_funded(struct invocation *invocation,
              const struct invocation_account both[2], uint64_t missing,
              uint64_t size, const struct pubkey *owner,
              const struct pubkey *derived)
{
    const struct invocation_account receiving[2] = {
        both[0], {.index = both[1].index, .writable = true}};
    struct buffer data = {0};
    enum instruction_error error = INSTRUCTION_OK;
    if (missing) {
        system_transfer_data(missing, &data);
        error = call(invocation, receiving, 2, &data, derived);
    }
    if (error)
        return error;
    buffer_u32le(&data, SYSTEM_ALLOCATE);
    buffer_u64le(&data, size);
    error = call(invocation, &both[1], 1, &data, derived);
    if (error)
        return error;
    buffer_u32le(&data, SYSTEM_ASSIGN);
    buffer_append(&data, owner->bytes, sizeof(owner->bytes));
    return call(invocation, &both[1], 1, &data, derived);
}

enum instruction_error system_call_create(struct invocation *invocation,
                                          size_t payer, size_t account,
                                          uint64_t size,
                                          const struct pubkey *owner,
                                          const struct pubkey *derived)
{
    const struct invocation_account both[2] = {
        {.index = (uint8_t)payer, .signer = true, .writable = true},
        {.index = (uint8_t)account, .signer = true, .writable = true}};
    uint64_t minimum = rent_minimum_balance(size);
    uint64_t lamports = invocation_account(invocation, account)->lamports;
    struct buffer data = {0};
    if (lamports)
        return create_funded(invocation, both,
                             lamports < minimum ? minimum - lamports : 0, size,
                             owner, derived);
    system_create_account_data(minimum, size, owner, &data);
    return call(invocation, both, 2, &data, derived);
}
