/*
 * The entry of the Token program, and batches.
 *
 * The rules are Solana's, down to which of two errors comes first: a wallet, an
 * exchange or a test suite that was written for Solana must see the same here.
 * So do not reorder the checks in these files, and do not leave out a check
 * that another seems to make superfluous. tests/system/differential compares
 * both programs with random transactions.
 *
 * One difference matters. On Solana a program writes anywhere, and the runtime
 * compares accounts afterwards; here invocation_write() refuses at once.
 * Comments say where that would change the order of errors (writes without a
 * change, batches).
 *
 * Instructions are in files by what they change: records are made in
 * token_initialize.c, amounts change in token_transfer.c, authorities in
 * token_authority.c, nothing in token_amount.c. token_check.c has the checks
 * that all of them share. Records are read and written through token_state.h
 * alone.
 */
#include "settlement/programs/token_program.h"

#include "base/check.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

/* The units that Solana charges for a transfer; other instructions cost at most
 * a few hundred more. */
#define TOKEN_COMPUTE_UNITS 200

/* The amount that the data begins with, and the decimals of the checked forms.
 * More bytes are ignored, as on Solana. */
static bool read_amount(const struct token_call *call, bool is_checked,
                        uint64_t *amount, uint8_t *decimals)
{
    struct reader reader = reader_make(call->data);
    if (reader_u64le(&reader, amount))
        return false;
    return !is_checked || !reader_u8(&reader, decimals);
}

/* Transfer, Approve, MintTo, Burn have two forms: in the checked one the caller
 * says which decimals it expects. */
typedef enum instruction_error amount_function(struct token_call *call,
                                               uint64_t amount,
                                               const uint8_t *decimals);

static enum instruction_error
with_amount(struct token_call *call, amount_function *execute, bool is_checked)
{
    uint64_t amount;
    uint8_t decimals = 0;
    if (!read_amount(call, is_checked, &amount, &decimals))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    return execute(call, amount, is_checked ? &decimals : NULL);
}

/* InitializeAccount2 and 3 carry the owner's key; the first form names the
 * owner as an account. */
static enum instruction_error with_owner(struct token_call *call,
                                         bool rent_account)
{
    struct pubkey owner;
    if (call->data.size < sizeof(owner.bytes))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    memcpy(owner.bytes, call->data.data, sizeof(owner.bytes));
    return token_initialize_account(call, &owner, rent_account);
}

/* An unknown number fails like data that can't be read. */
static enum instruction_error dispatch(struct token_call *call,
                                       uint8_t instruction)
{
    switch (instruction) {
    case TOKEN_INITIALIZE_MINT:
        return token_initialize_mint(call, true);
    case TOKEN_INITIALIZE_MINT_2:
        return token_initialize_mint(call, false);
    case TOKEN_INITIALIZE_ACCOUNT:
        return token_initialize_account(call, NULL, true);
    case TOKEN_INITIALIZE_ACCOUNT_2:
        return with_owner(call, true);
    case TOKEN_INITIALIZE_ACCOUNT_3:
        return with_owner(call, false);
    case TOKEN_INITIALIZE_MULTISIG:
        return token_initialize_multisig(call, true);
    case TOKEN_INITIALIZE_MULTISIG_2:
        return token_initialize_multisig(call, false);
    case TOKEN_INITIALIZE_IMMUTABLE_OWNER:
        return token_initialize_immutable_owner(call);
    case TOKEN_TRANSFER:
    case TOKEN_TRANSFER_CHECKED:
        return with_amount(call, token_transfer,
                           instruction == TOKEN_TRANSFER_CHECKED);
    case TOKEN_APPROVE:
    case TOKEN_APPROVE_CHECKED:
        return with_amount(call, token_approve,
                           instruction == TOKEN_APPROVE_CHECKED);
    case TOKEN_MINT_TO:
    case TOKEN_MINT_TO_CHECKED:
        return with_amount(call, token_mint_to,
                           instruction == TOKEN_MINT_TO_CHECKED);
    case TOKEN_BURN:
    case TOKEN_BURN_CHECKED:
        return with_amount(call, token_burn, instruction == TOKEN_BURN_CHECKED);
    case TOKEN_REVOKE:
        return token_revoke(call);
    case TOKEN_SET_AUTHORITY:
        return token_set_authority(call);
    case TOKEN_CLOSE_ACCOUNT:
        return token_close_account(call);
    case TOKEN_FREEZE_ACCOUNT:
        return token_set_frozen(call, true);
    case TOKEN_THAW_ACCOUNT:
        return token_set_frozen(call, false);
    case TOKEN_SYNC_NATIVE:
        return token_sync_native(call);
    case TOKEN_GET_ACCOUNT_DATA_SIZE:
        return token_get_account_data_size(call);
    case TOKEN_AMOUNT_TO_UI_AMOUNT:
        return token_amount_to_ui_amount(call);
    case TOKEN_UI_AMOUNT_TO_AMOUNT:
        return token_ui_amount_to_amount(call);
    case TOKEN_WITHDRAW_EXCESS_LAMPORTS:
        return token_withdraw_excess_lamports(call);
    case TOKEN_UNWRAP_LAMPORTS:
        return token_unwrap_lamports(call);
    default:
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    }
}

/* One instruction, alone or of a batch. */
static enum instruction_error execute_one(struct token_call *call)
{
    uint8_t instruction;
    struct reader reader = reader_make(call->data);
    /* This error alone is not logged, as on Solana. */
    if (reader_u8(&reader, &instruction))
        return invocation_custom(call->invocation,
                                 TOKEN_ERROR_INVALID_INSTRUCTION);
    call->data = reader.left;
    return dispatch(call, instruction);
}

/* Places of the accounts that the token program must own before an instruction
 * of a batch runs. Solana's runtime compares accounts after the whole batch,
 * and a later instruction of it could hide a change to a foreign account.
 * Returns how many places there are. */
static size_t owned_places(uint8_t instruction, size_t places[2])
{
    places[0] = 0;
    places[1] = instruction == TOKEN_TRANSFER_CHECKED ? 2 : 1;
    switch (instruction) {
    case TOKEN_TRANSFER:
    case TOKEN_MINT_TO:
    case TOKEN_BURN:
    case TOKEN_MINT_TO_CHECKED:
    case TOKEN_BURN_CHECKED:
    case TOKEN_TRANSFER_CHECKED:
        return 2;
    case TOKEN_INITIALIZE_IMMUTABLE_OWNER:
    case TOKEN_WITHDRAW_EXCESS_LAMPORTS:
    case TOKEN_UNWRAP_LAMPORTS:
        return 1;
    default:
        return instruction >= TOKEN_APPROVE &&
               instruction <= TOKEN_APPROVE_CHECKED;
    }
}

/* Check the owners before an instruction of a batch runs. */
static enum instruction_error check_batched(const struct token_call *call)
{
    size_t places[2];
    CHECK(call->data.size > 0); /* execute_batch() refuses empty ones */
    size_t count = owned_places(call->data.data[0], places);
    enum instruction_error error =
        count ? token_require(call, places[count - 1] + 1) : INSTRUCTION_OK;
    for (size_t i = 0; i < count && !error; i++)
        error = token_check_owner(call, places[i]);
    return error;
}

/* A batch is a row of instructions: number of accounts u8, size of the data u8,
 * data. Each instruction takes the next accounts. A batch can't hold a batch:
 * dispatch() does not know 255. */
static enum instruction_error execute_batch(struct token_call *batch)
{
    struct reader reader = reader_make(batch->data);
    do {
        uint8_t accounts, size;
        struct bytes data;
        if (reader_u8(&reader, &accounts) || reader_u8(&reader, &size) ||
            size == 0 || reader_take(&reader, size, &data))
            return token_fail(batch, TOKEN_ERROR_INVALID_INSTRUCTION);
        if (token_require(batch, accounts))
            return INSTRUCTION_NOT_ENOUGH_ACCOUNT_KEYS;
        struct token_call call = *batch;
        call.count = accounts;
        call.data = data;
        enum instruction_error error = check_batched(&call);
        if (!error)
            error = execute_one(&call);
        if (error)
            return error;
        CHECK(accounts <= batch->count);
        batch->first += accounts;
        batch->count -= accounts;
    } while (reader.left.size);
    return INSTRUCTION_OK;
}

/* A read-only account before a batch. Data longer than the largest record can't
 * be the program's and can't change. */
struct before_batch {
    uint64_t lamports;
    struct bytes data; /* copied, if the program could change it at all */
};

static enum instruction_error
check_unchanged(const struct invocation *invocation, size_t index,
                const struct before_batch *before)
{
    const struct loaded_account *account =
        invocation_account(invocation, index);
    CHECK(!invocation_is_writable(invocation, index));
    if (account->lamports != before->lamports)
        return INSTRUCTION_READONLY_LAMPORT_CHANGE;
    if (before->data.size &&
        !bytes_equal(invocation_data(invocation, index), before->data))
        return INSTRUCTION_READONLY_DATA_MODIFIED;
    return INSTRUCTION_OK;
}

/* Solana's runtime compares accounts only after the whole batch, so the error
 * of a later instruction comes before that of a read-only account that an
 * earlier one changed. So all accounts may be changed here, and are compared at
 * the end; if a read-only one changed, the transaction fails and nothing of it
 * stays. That costs a copy of each read-only record. */
static enum instruction_error run_batch(struct token_call *batch)
{
    struct invocation *invocation = batch->invocation;
    const struct invocation_account *given = invocation->accounts;
    size_t count = invocation->account_count;
    struct invocation_account *open =
        arena_alloc(invocation->arena, count * sizeof(*open));
    struct before_batch *before =
        arena_zero(invocation->arena, count * sizeof(*before));
    for (size_t i = 0; i < count; i++) {
        const struct loaded_account *account =
            invocation_account(invocation, i);
        open[i] = given[i];
        /* Only the instruction's view; the transaction's own flags stay. */
        open[i].writable = true;
        before[i].lamports = account->lamports;
        if (!given[i].writable && account->space <= TOKEN_MULTISIG_SIZE)
            before[i].data =
                arena_bytes(invocation->arena, invocation_data(invocation, i));
    }
    invocation->accounts = open;
    enum instruction_error error = execute_batch(batch);
    invocation->accounts = given;
    for (size_t i = 0; i < count && !error; i++)
        if (!given[i].writable)
            error = check_unchanged(invocation, i, &before[i]);
    return error;
}

/* Like Solana's program, this one logs what failed and not what it does. */
static enum instruction_error token_execute(struct invocation *invocation)
{
    struct token_call call = {.invocation = invocation,
                              .count = invocation->account_count,
                              .data = invocation->data};
    enum instruction_error error;
    if (!call.data.size || call.data.data[0] != TOKEN_BATCH) {
        error = execute_one(&call);
    } else {
        call.data = bytes_make(call.data.data + 1, call.data.size - 1);
        error = run_batch(&call);
    }
    invocation_log_error(invocation, error);
    return error;
}

const struct program token_program = {
    .id = &TOKEN_PROGRAM_ID,
    .text = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    .name = "token_program",
    .compute_units = TOKEN_COMPUTE_UNITS,
    .is_virtual = true,
    .execute = token_execute};
