/*
 * The door of the Token program, and batches.
 *
 * The rules are Solana's, down to which of two errors comes first: a wallet, an
 * exchange or a test suite that was written against its runtime must see the
 * same here. So the order of checks in these files is not a choice of style,
 * and what looks like a check that could be moved up (or left out, since
 * another makes it superfluous) is where it is because Solana's is.
 * tests/system/differential holds both against each other with random
 * transactions.
 *
 * One difference of the machinery shows through. On Solana a program writes
 * where it likes, and the runtime compares accounts afterwards; here
 * invocation_write() refuses at the moment of the write. Where the two would
 * give errors in another order (writes of nothing, batches) the code says so.
 *
 * Split in files by what an instruction changes: token_initialize.c makes
 * records, token_transfer.c amounts, token_authority.c who may do what,
 * token_amount.c nothing; token_check.c is what all of them ask first. Records
 * are read and written through token_state.h alone.
 */
#include "settlement/programs/token_program.h"

#include "base/check.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/token_internal.h"

/* What Solana charges for a transfer of this program; the dearer instructions
 * are within a few hundred units of it. */
#define TOKEN_COMPUTE_UNITS 200

/* The amount in front of the data, and the decimals of the checked forms. What
 * stands behind is passed over, as Solana's program does. */
static bool read_amount(const struct token_call *call, bool is_checked,
                        uint64_t *amount, uint8_t *decimals)
{
    struct reader reader = reader_make(call->data);
    if (reader_u64le(&reader, amount) < 0)
        return false;
    return !is_checked || reader_u8(&reader, decimals) == 0;
}

/* Transfer, Approve, MintTo, Burn: a form with the decimals, in which the
 * caller says what he takes them to be, and one without. */
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

/* The owner that InitializeAccount2 and 3 carry; the first form names it as an
 * account. */
static enum instruction_error with_owner(struct token_call *call,
                                         bool rent_account)
{
    struct pubkey owner;
    if (call->data.size < sizeof(owner.bytes))
        return token_fail(call, TOKEN_ERROR_INVALID_INSTRUCTION);
    memcpy(owner.bytes, call->data.data, sizeof(owner.bytes));
    return token_initialize_account(call, &owner, rent_account);
}

/* A number that has no instruction fails as one that can't be read. */
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

/* One instruction: the whole of it, or a batch's part. */
static enum instruction_error execute_one(struct token_call *call)
{
    uint8_t instruction;
    struct reader reader = reader_make(call->data);
    /* The one error that is not logged. */
    if (reader_u8(&reader, &instruction) < 0)
        return invocation_custom(call->invocation,
                                 TOKEN_ERROR_INVALID_INSTRUCTION);
    call->data = reader.left;
    return dispatch(call, instruction);
}

/* Places of the accounts that must be the token program's before an instruction
 * of a batch runs: outside a batch a wrong one would be found out when the
 * runtime compares accounts after the instruction, and inside one a later
 * instruction could hide it. Returns how many places there are. */
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

/* Asked before the instruction runs, when its first byte is known to be there.
 */
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

/* Instructions one behind the other: number of accounts u8, size of the data
 * u8, data. Accounts are given out in order, each instruction taking the next
 * ones. No batch stands in a batch: 255 is no instruction of dispatch(). */
static enum instruction_error execute_batch(struct token_call *batch)
{
    struct reader reader = reader_make(batch->data);
    do {
        /* So an instruction in a batch has at most 255 bytes and as many
         * accounts. */
        uint8_t accounts, size;
        struct bytes data;
        if (reader_u8(&reader, &accounts) < 0 ||
            reader_u8(&reader, &size) < 0 || size == 0 ||
            reader_take(&reader, size, &data) < 0)
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

/* What a read-only account was before a batch. Data of more bytes than the
 * largest record can't be the program's and can't change. */
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

/* On Solana the runtime compares accounts only after the whole batch, so the
 * error of a later instruction comes before that of a read-only account that an
 * earlier one changed. Let them all be changed, then, and look at the end; if
 * one was, the transaction fails and nothing of it stays. It costs a copy of
 * each read-only record. */
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
        /* The transaction's own flags stay: this is the instruction's view
         * alone. */
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

/* A batch is told by its first byte; empty data is an error of execute_one().
 * Solana's program of today logs what failed and not what it does. */
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
