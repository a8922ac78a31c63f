/*
 * The runtime of programs. All rules about accounts are enforced here, at the
 * moment of change, so a program can't forget one and the bank need not compare
 * every account before and after each instruction. Only one sum is checked at
 * the end of an instruction, which is kept as a running difference.
 *
 * Invariants:
 *
 * 1. context->lamport_change is the sum of the accounts' lamports now less the
 *    sum when they were loaded; it is 0 between the transaction's own
 *    instructions.
 * 2. context->data_growth is the same for the lengths of data.
 * 3. An account that differs from what was loaded has changed set; the bank
 *    ignores the others.
 * 4. Data is written in place only if data_is_own: else it belongs to the state
 *    or to another transaction.
 *
 * Solana checks after an instruction, and reports the first forbidden change in
 * the order of accounts; here the first in time is reported. Programs in which
 * clients could see the difference are written so that they don't
 * (token_program.c).
 *
 * Errors may leave things half changed because the whole transaction is
 * dropped, copies and rows.
 */
#include "settlement/bank/program.h"
#include "base/check.h"
#include "settlement/bank/program_log.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"

/* By place in the instruction's list. The list may name an account twice; both
 * are the same copy. */
static struct loaded_account *account_at(const struct invocation *invocation,
                                         size_t index)
{
    CHECK(index < invocation->account_count);
    size_t at = invocation->accounts[index].index;
    CHECK(at < invocation->context->account_count);
    return &invocation->context->accounts[at];
}

const struct loaded_account *
invocation_account(const struct invocation *invocation, size_t index)
{
    if (index >= invocation->account_count)
        return NULL;
    return account_at(invocation, index);
}

bool invocation_is_signer(const struct invocation *invocation, size_t index)
{
    return index < invocation->account_count &&
           invocation->accounts[index].signer;
}

bool invocation_is_writable(const struct invocation *invocation, size_t index)
{
    return index < invocation->account_count &&
           invocation->accounts[index].writable;
}

enum instruction_error invocation_require(const struct invocation *invocation,
                                          size_t count)
{
    return invocation->account_count < count
               ? INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS
               : INSTRUCTION_OK;
}

/* Any place will do: a program that needs a key's consent ignores at which
 * place it was given. */
bool invocation_signed_by(const struct invocation *invocation,
                          const struct pubkey *key)
{
    for (size_t i = 0; i < invocation->account_count; i++)
        if (invocation->accounts[i].signer &&
            pubkey_equal(&account_at(invocation, i)->key, key))
            return true;
    return false;
}

struct bytes invocation_data(const struct invocation *invocation, size_t index)
{
    const struct loaded_account *account = account_at(invocation, index);
    return bytes_make(account->data, account->rendered ? 0 : account->space);
}

/* The owner may take lamports and change data; nobody else may. Anybody may
 * give. */
static bool is_own(const struct invocation *invocation,
                   const struct loaded_account *account)
{
    return pubkey_equal(&account->owner, &invocation->program);
}

/* The refusals here and below have the order of solana-transaction-context
 * (BorrowedInstructionAccount) because clients see the first. Executable
 * accounts are no longer refused (SIMD-0162); programs here are never writable
 * (sysvar_is_reserved()). */
static enum instruction_error set_lamports(struct invocation *invocation,
                                           size_t index, uint64_t lamports)
{
    struct loaded_account *account = account_at(invocation, index);
    if (lamports < account->lamports && !is_own(invocation, account))
        return INSTRUCTION_EXTERNAL_ACCOUNT_LAMPORT_SPEND;
    if (!invocation->accounts[index].writable)
        return INSTRUCTION_READONLY_LAMPORT_CHANGE;
    if (lamports == account->lamports)
        return INSTRUCTION_OK;
    invocation->context->lamport_change +=
        (__int128)lamports - account->lamports;
    account->lamports = lamports;
    account->changed = true;
    return INSTRUCTION_OK;
}

/* Any writable account can be credited. */
enum instruction_error invocation_credit(struct invocation *invocation,
                                         size_t index, uint64_t lamports)
{
    uint64_t sum;
    if (__builtin_add_overflow(account_at(invocation, index)->lamports,
                               lamports, &sum))
        return INSTRUCTION_ARITHMETIC_OVERFLOW;
    return set_lamports(invocation, index, sum);
}

/* The balance is checked before the owner, as in a program that computes first
 * and then writes. */
enum instruction_error invocation_debit(struct invocation *invocation,
                                        size_t index, uint64_t lamports)
{
    uint64_t balance = account_at(invocation, index)->lamports;
    if (lamports > balance)
        return INSTRUCTION_INSUFFICIENT_FUNDS;
    return set_lamports(invocation, index, balance - lamports);
}

enum instruction_error invocation_move(struct invocation *invocation,
                                       size_t from, size_t to,
                                       uint64_t lamports)
{
    enum instruction_error error = invocation_debit(invocation, from, lamports);
    return error ? error : invocation_credit(invocation, to, lamports);
}

/* Only an empty account can change its owner, so that the new owner can't trust
 * what the old one wrote. */
static bool is_zero(const struct loaded_account *account)
{
    for (uint64_t i = 0; i < account->space; i++)
        if (account->data[i])
            return false;
    return true;
}

/* Solana has one error for all these reasons. Setting the present owner again
 * is accepted, but only from a program that may set another. */
enum instruction_error invocation_set_owner(struct invocation *invocation,
                                            size_t index,
                                            const struct pubkey *owner)
{
    struct loaded_account *account = account_at(invocation, index);
    if (!is_own(invocation, account) || !invocation->accounts[index].writable ||
        account->rendered || !is_zero(account))
        return INSTRUCTION_MODIFIED_PROGRAM_ID;
    if (pubkey_equal(&account->owner, owner))
        return INSTRUCTION_OK;
    account->owner = *owner;
    account->changed = true;
    return INSTRUCTION_OK;
}

enum instruction_error invocation_take_over(struct invocation *invocation,
                                            size_t index,
                                            const struct pubkey *owner)
{
    struct loaded_account *account = account_at(invocation, index);
    if (!invocation->accounts[index].writable)
        return INSTRUCTION_READONLY_DATA_MODIFIED;
    account->owner = *owner;
    account->changed = true;
    return INSTRUCTION_OK;
}

/* The refusals are in Solana's order. */
static enum instruction_error
may_change_data(const struct invocation *invocation, size_t index)
{
    const struct loaded_account *account = account_at(invocation, index);
    if (!invocation->accounts[index].writable)
        return INSTRUCTION_READONLY_DATA_MODIFIED;
    if (!is_own(invocation, account))
        return INSTRUCTION_EXTERNAL_ACCOUNT_DATA_MODIFIED;
    return INSTRUCTION_OK;
}

/* Give the account data of its own, space bytes long, with zeros after the old
 * data. Each growth copies all of it. */
static void own_data(struct invocation *invocation,
                     struct loaded_account *account, uint64_t space)
{
    uint8_t *data = arena_alloc(invocation->arena, space);
    uint64_t kept = space < account->space ? space : account->space;
    if (kept)
        memcpy(data, account->data, kept);
    if (space > kept)
        memset(data + kept, 0, space - kept);
    account->data = data;
    account->data_is_own = true;
}

/* Growth counts over the whole transaction, and cutting lowers the count, so a
 * transaction can add at most 20 MiB to the state. */
enum instruction_error invocation_resize(struct invocation *invocation,
                                         size_t index, uint64_t space)
{
    struct loaded_account *account = account_at(invocation, index);
    struct transaction_context *context = invocation->context;
    /* Another program's account may be "resized" to the length that it has. */
    if (space != account->space && !is_own(invocation, account))
        return INSTRUCTION_ACCOUNT_DATA_SIZE_CHANGED;
    if (space > ACCOUNT_DATA_SIZE_MAX)
        return INSTRUCTION_INVALID_REALLOC;
    /* Lengths are below 2^24, so the signed difference is exact. */
    int64_t growth = (int64_t)space - (int64_t)account->space;
    if (context->data_growth + growth > ACCOUNTS_DATA_GROWTH_MAX)
        return INSTRUCTION_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED;
    enum instruction_error error = may_change_data(invocation, index);
    if (error || !growth)
        return error;
    context->data_growth += growth;
    if (!account->rendered && growth > 0)
        own_data(invocation, account, space);
    account->space = space;
    account->changed = true;
    return INSTRUCTION_OK;
}

/* The first write to borrowed data copies it; later ones are in place.
 * memmove() because a program may write what it read from the same account. */
enum instruction_error invocation_write(struct invocation *invocation,
                                        size_t index, size_t offset,
                                        struct bytes bytes)
{
    struct loaded_account *account = account_at(invocation, index);
    enum instruction_error error = may_change_data(invocation, index);
    if (error)
        return error;
    /* A rendered account has a length and no bytes. */
    uint64_t room = account->rendered ? 0 : account->space;
    if (offset > room || bytes.size > room - offset)
        return INSTRUCTION_ACCOUNT_DATA_TOO_SMALL;
    if (!bytes.size)
        return INSTRUCTION_OK;
    if (!account->data_is_own)
        own_data(invocation, account, account->space);
    memmove(account->data + offset, bytes.data, bytes.size);
    account->changed = true;
    return INSTRUCTION_OK;
}

/* A rendered account stays rendered until it is deleted. */
enum instruction_error invocation_set_rendered(struct invocation *invocation,
                                               size_t index)
{
    struct loaded_account *account = account_at(invocation, index);
    enum instruction_error error = may_change_data(invocation, index);
    if (error || account->rendered)
        return error;
    account->rendered = true;
    account->data = NULL;
    account->data_is_own = false;
    account->changed = true;
    return INSTRUCTION_OK;
}

/* The account need not be this program's nor sign: nobody can sign for it. */
enum instruction_error invocation_adopt(struct invocation *invocation,
                                        size_t index)
{
    struct loaded_account *account = account_at(invocation, index);
    if (account->lamports || account->space ||
        !pubkey_equal(&account->owner, &SYSTEM_PROGRAM_ID))
        return INSTRUCTION_INVALID_ACCOUNT_OWNER;
    if (!invocation->accounts[index].writable)
        return INSTRUCTION_READONLY_DATA_MODIFIED;
    account->owner = invocation->program;
    account->changed = true;
    return INSTRUCTION_OK;
}

/* The System program runs, so that rules and log lines are those of any
 * transfer. */
enum instruction_error invocation_system_transfer(struct invocation *invocation,
                                                  size_t from, size_t to,
                                                  uint64_t lamports)
{
    CHECK(from < invocation->account_count && to < invocation->account_count);
    struct invocation_account accounts[2] = {invocation->accounts[from],
                                             invocation->accounts[to]};
    struct buffer data = {0};
    system_transfer_data(lamports, &data);
    enum instruction_error error = transaction_context_run(
        invocation->context, &SYSTEM_PROGRAM_ID, accounts, 2,
        buffer_view(&data), invocation->depth + 1);
    buffer_free(&data);
    return error;
}

enum instruction_error invocation_custom(struct invocation *invocation,
                                         uint32_t number)
{
    invocation->context->custom = number;
    return INSTRUCTION_CUSTOM;
}

/* Newest first, so the slots that are asked for most are found first; at most
 * SLOT_HASHES_MAX comparisons. */
int environment_slot_position(const struct environment *environment,
                              uint64_t slot)
{
    for (size_t i = 0; i < environment->recent_count; i++)
        if (environment->recent[i].slot == slot)
            return (int)i;
    return -1;
}

enum instruction_error invocation_charge(struct invocation *invocation,
                                         uint64_t units)
{
    struct transaction_context *context = invocation->context;
    /* compute_used never passes compute_limit, so the difference can't wrap. */
    if (units > context->compute_limit - context->compute_used) {
        context->compute_used = context->compute_limit;
        return INSTRUCTION_COMPUTATIONAL_BUDGET_EXCEEDED;
    }
    context->compute_used += units;
    CHECK(context->compute_used <= context->compute_limit);
    return INSTRUCTION_OK;
}

/* The cost is taken before the work. A transaction that has too few units left
 * uses them up, as on Solana. The sum of lamports is compared after a success,
 * too: a program that makes coins is a bug, and then its transaction fails and
 * not the ledger's sum. */
static enum instruction_error execute(struct invocation *invocation,
                                      const struct program *program)
{
    struct transaction_context *context = invocation->context;
    if (!program)
        return INSTRUCTION_UNSUPPORTED_PROGRAM_ID;
    uint64_t used_before = context->compute_used;
    context->return_data = (struct bytes){0};
    __int128 before = context->lamport_change;
    enum instruction_error error =
        invocation_charge(invocation, program->compute_units);
    if (!error)
        error = program->execute(invocation);
    program_log_run(invocation, program, used_before);
    if (!error && context->lamport_change != before)
        error = INSTRUCTION_UNBALANCED_INSTRUCTION;
    return error;
}

/* The place of a key among the transaction's; account_count if it is none of
 * them. */
static size_t key_index(const struct transaction_context *context,
                        const struct pubkey *key)
{
    size_t i = 0;
    while (i < context->account_count &&
           !pubkey_equal(&context->accounts[i].key, key))
        i++;
    return i;
}

/* Lists and data are copied because the caller's buffers may go. A program here
 * may move lamports through System without System being a key of the
 * transaction: such a call has no form as an inner instruction, and only the
 * log shows it. */
static void record_call(struct transaction_context *context,
                        const struct pubkey *program,
                        const struct invocation_account *accounts,
                        size_t account_count, struct bytes data, uint8_t depth)
{
    size_t program_index = key_index(context, program);
    if (program_index == context->account_count)
        return;
    if (!context->inner)
        context->inner = arena_alloc(
            context->arena, INSTRUCTION_TRACE_MAX * sizeof(*context->inner));
    CHECK(context->inner_count < INSTRUCTION_TRACE_MAX);
    uint8_t *indexes = arena_alloc(context->arena, account_count);
    for (size_t i = 0; i < account_count; i++)
        indexes[i] = (uint8_t)accounts[i].index;
    context->inner[context->inner_count++] = (struct inner_instruction){
        .outer = context->outer,
        .stack_height = depth,
        .instruction = {.program_index = (uint8_t)program_index,
                        .accounts = bytes_make(indexes, account_count),
                        .data = arena_bytes(context->arena, data)}};
}

/* The trace and the depth count the transaction's own instructions and calls
 * between programs alike. The length of the trace is checked before the depth,
 * as on Solana. */
enum instruction_error
transaction_context_run(struct transaction_context *context,
                        const struct pubkey *program,
                        const struct invocation_account *accounts,
                        size_t account_count, struct bytes data, uint8_t depth)
{
    if (context->instructions_run >= INSTRUCTION_TRACE_MAX)
        return INSTRUCTION_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED;
    if (depth > INSTRUCTION_DEPTH_MAX)
        return INSTRUCTION_CALL_DEPTH;
    CHECK(depth >= 1 && account_count <= TRANSACTION_KEYS_MAX);
    context->instructions_run++;
    if (depth > 1 && context->log)
        record_call(context, program, accounts, account_count, data, depth);
    /* Each instruction gets a fresh view of the context, so its rights don't
     * depend on those of another one. */
    struct invocation invocation = {.environment = context->environment,
                                    .state = context->state,
                                    .arena = context->arena,
                                    .program = *program,
                                    .data = data,
                                    .depth = depth,
                                    .context = context,
                                    .accounts = accounts,
                                    .account_count = account_count};
    const struct program *found =
        program_table_find(context->programs, program);
    struct pubkey_text other;
    if (!found)
        other = pubkey_text(program);
    const char *text = found ? found->text : other.text;
    char invoke[] = " invoke [1]";
    invoke[sizeof(" invoke [") - 1] = (char)('0' + depth);
    program_log_line(&invocation, text, invoke);
    enum instruction_error error = execute(&invocation, found);
    program_log_result(&invocation, text, error);
    return error;
}
