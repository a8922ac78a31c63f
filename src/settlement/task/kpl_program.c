/*
 * KPL's own part: the entry with its account lists, and coins as tokens.
 *
 * Every movement is a call of the token program, so that its checks (mints that
 * match, frozen accounts, signatures) hold here, too. This program never writes
 * a token account itself.
 *
 * A pot is safe because of its authority, an address derived from this program
 * and the pot: nobody has its key, and only this program can sign for it in a
 * call. So a pot's tokens leave only through the three places below that pass
 * the authority (claim, update, delete).
 *
 * A mint's freeze authority can freeze a pot, and then nothing can be claimed
 * until it is thawed. Wrapped lamports can be the token of a task, but can't be
 * burned, so such a task can't be deleted.
 *
 * The numbers in the functions are places in the account lists of
 * kpl_instruction.h.
 */
#include "settlement/task/kpl_program.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/kpl_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/system_call.h"
#include "settlement/programs/token_program.h"
#include "settlement/task/kpl_render.h"
#include "settlement/task/task_call.h"
#include "settlement/task/task_managers.h"

/* ---- Tokens ---- */

/* Call the token program with the index byte and amount (NULL: none). The last
 * account is the authority: derived, or a signer if derived is NULL. */
static enum instruction_error
call_token(struct task_call *call, enum token_instruction instruction,
           const uint64_t *amount, const struct invocation_account *accounts,
           size_t count, const struct pubkey *derived)
{
    struct buffer data = {0};
    buffer_u8(&data, (uint8_t)instruction);
    if (amount)
        buffer_u64le(&data, *amount);
    enum instruction_error error =
        invocation_call(call->invocation, &TOKEN_PROGRAM_ID, accounts, count,
                        buffer_view(&data), derived);
    buffer_free(&data);
    return error;
}

/* The token program refuses wrong accounts and logs the reason. */
static enum instruction_error transfer(struct task_call *call, size_t from,
                                       size_t to, size_t authority,
                                       uint64_t amount,
                                       const struct pubkey *derived)
{
    const struct invocation_account accounts[3] = {
        {.index = (uint8_t)from, .writable = true},
        {.index = (uint8_t)to, .writable = true},
        {.index = (uint8_t)authority, .signer = true},
    };
    return call_token(call, TOKEN_TRANSFER, &amount, accounts, 3, derived);
}

/* Deriving costs some hashes, less than reading a row. */
static struct pubkey pot_authority(const struct task_call *call)
{
    return kpl_instruction_pot_authority(&call->book.header.stake_pot_account,
                                         NULL);
}

/* Stake, FundTask: task, actor, its tokens, pot, token program. The token
 * program checks that the actor is the tokens' owner or delegate. */
static enum instruction_error pay_in(struct task_call *call, uint64_t amount)
{
    enum instruction_error error = task_call_require_signer(call, 1);
    if (!error)
        error = task_call_require_pot(call, 3);
    return error ? error : transfer(call, 2, 3, 1, amount, NULL);
}

/* ClaimReward: task, claimer, pot, beneficiary's tokens, authority, token
 * program. The call fails if the authority at place 4 is not the derived one,
 * which alone can sign. */
static enum instruction_error pay_out(struct task_call *call, uint64_t amount)
{
    struct pubkey authority = pot_authority(call);
    enum instruction_error error = task_call_require_pot(call, 2);
    return error ? error : transfer(call, 2, 3, 4, amount, &authority);
}

static const struct task_coins coins = {.pay_in = pay_in, .pay_out = pay_out};

/* ---- The pot ---- */

/* Places of the accounts of a new pot, in which CreateTask and UpdateTask
 * differ. */
struct pot_places {
    size_t payer;
    size_t pot;
    size_t authority;
    size_t mint;
};

/* The pot must sign because it becomes an account. K2's clients send seed and
 * authority; they are checked so that no client expects another authority. */
static enum instruction_error check_pot(struct task_call *call,
                                        const struct pot_places *places)
{
    const struct pubkey *pot = task_call_key(call, places->pot);
    struct hash seed = kpl_instruction_pot_seed(pot);
    struct pubkey authority = kpl_instruction_pot_authority(pot, NULL);
    enum instruction_error error = task_call_require_signer(call, places->pot);
    if (error)
        return error;
    if (!hash_equal(&seed, &call->stake_pot_seed) ||
        !pubkey_equal(&authority, task_call_key(call, places->authority)))
        return task_call_fail(call, TASK_ERROR_WRONG_STAKE_POT,
                              "seed and authority are not those of the stake "
                              "pot %s",
                              PUBKEY_TEXT(pot));
    return INSTRUCTION_OK;
}

/* Make an empty account of the token program's that the payer pays for: no
 * existing token account can become a pot. InitializeAccount3 needs no rent
 * sysvar. */
static enum instruction_error make_pot(struct task_call *call,
                                       const struct pot_places *places)
{
    const struct invocation_account accounts[2] = {
        {.index = (uint8_t)places->pot, .writable = true},
        {.index = (uint8_t)places->mint},
    };
    struct buffer data = {0};
    enum instruction_error error = check_pot(call, places);
    if (!error)
        error = system_call_create(call->invocation, places->payer, places->pot,
                                   TOKEN_ACCOUNT_SIZE, &TOKEN_PROGRAM_ID, NULL);
    if (error)
        return error;
    buffer_u8(&data, TOKEN_INITIALIZE_ACCOUNT_3);
    buffer_bytes(&data, pubkey_bytes(task_call_key(call, places->authority)));
    error = invocation_call(call->invocation, &TOKEN_PROGRAM_ID, accounts, 2,
                            buffer_view(&data), NULL);
    buffer_free(&data);
    return error;
}

/* Write the row of the task's token. Only K2's task state needs the bump. */
static void put_token(struct task_call *call, size_t task,
                      const struct pot_places *places)
{
    struct task_row row = {.kind = TASK_ROW_TOKEN};
    struct task_row_key key;
    struct buffer value = {0};
    row.token.mint = *task_call_key(call, places->mint);
    row.token.stake_pot_seed = call->stake_pot_seed;
    kpl_instruction_pot_authority(task_call_key(call, places->pot),
                                  &row.token.stake_pot_bump);
    task_rows_key(task_call_key(call, task), &row, &key);
    task_rows_encode(&row, &value);
    state_put(call->invocation->state, bytes_make(key.bytes, key.size),
              buffer_view(&value));
    buffer_free(&value);
}

/* ---- Instructions of its own ---- */

/* The bounty comes from the payer's tokens. The token's row makes the task a
 * KPL task. */
static enum instruction_error create(struct task_call *call)
{
    static const struct pot_places places = {
        .payer = 0, .pot = 3, .authority = 4, .mint = 5};
    /* Amounts are in base units of the mint; the rules are the same as for roe.
     */
    const struct task_terms *terms = &call->instruction.terms;
    enum instruction_error error = task_call_require_signer(call, 0);
    if (!error)
        error = task_admin_check_new_task(call, 2);
    if (!error)
        error = task_admin_check_terms(call, terms);
    if (!error)
        error = make_pot(call, &places);
    if (!error)
        error = transfer(call, 1, 3, 0, terms->total_bounty_amount, NULL);
    if (error)
        return error;
    put_token(call, 2, &places);
    return task_admin_found(call, 2, 3, task_call_key(call, 0),
                            (struct bytes){0});
}

/* The bounty moves from pot to pot, so both must have one token. The token
 * program would refuse it, too, with words about mints. */
static enum instruction_error check_mint(struct task_call *call, size_t place)
{
    struct task_row token = {.kind = TASK_ROW_TOKEN};
    CHECK(task_rows_get(call->book.state, &call->book.task, &token));
    if (pubkey_equal(&token.token.mint, task_call_key(call, place)))
        return INSTRUCTION_OK;
    invocation_log(call->invocation, "%s is not the task's token",
                   PUBKEY_TEXT(task_call_key(call, place)));
    return INSTRUCTION_INVALID_ARGUMENT;
}

/* As in the native program, but the pot is made and not adopted. */
static enum instruction_error update(struct task_call *call)
{
    static const struct pot_places places = {
        .payer = 0, .pot = 5, .authority = 6, .mint = 7};
    struct pubkey authority = pot_authority(call);
    enum instruction_error error = task_admin_check_update(call, 0);
    if (!error)
        error = task_call_require_pot(call, 2);
    if (!error)
        error = check_mint(call, 7);
    if (!error)
        error = task_admin_check_new_task(call, 4);
    if (!error)
        error = make_pot(call, &places);
    if (!error)
        error =
            transfer(call, 2, 5, 3, call->book.header.terms.total_bounty_amount,
                     &authority);
    if (!error)
        error = task_admin_retire(call, 4);
    if (error)
        return error;
    put_token(call, 4, &places);
    return task_admin_found(call, 4, 5, task_call_key(call, 0),
                            (struct bytes){0});
}

/* manager, manager list, task. K2's clients let the task's key sign, which is
 * not required here. */
static enum instruction_error whitelist(struct task_call *call)
{
    enum instruction_error error =
        task_admin_check_authority(call, 0, 1, false);
    if (error)
        return error;
    call->book.header.is_allowlisted = call->instruction.flag;
    return task_call_save(call);
}

/* Nothing is owed: the pot is closed, and its rent and the task's go to the
 * actor. All tokens of the pot were burned before. */
static enum instruction_error close_task(struct task_call *call,
                                         const struct pubkey *authority)
{
    struct invocation *invocation = call->invocation;
    const struct invocation_account accounts[3] = {
        {.index = 2, .writable = true},
        {.index = 1, .writable = true},
        {.index = 3, .signer = true},
    };
    /* The task's rent; TOKEN_CLOSE_ACCOUNT moves the pot's. */
    uint64_t lamports = invocation_account(invocation, 0)->lamports;
    enum instruction_error error =
        call_token(call, TOKEN_CLOSE_ACCOUNT, NULL, accounts, 3, authority);
    if (!error)
        error = invocation_move(invocation, 0, 1, lamports);
    if (!error)
        error = task_call_charge_rows(call);
    if (error)
        return error;
    task_book_delete(&call->book);
    return INSTRUCTION_OK;
}

/* task, actor, pot, authority, manager list, mint, token program. Tokens that
 * are not owed burn, like native coins. */
static enum instruction_error delete_task(struct task_call *call)
{
    struct task_header *header = &call->book.header;
    struct pubkey authority = pot_authority(call);
    struct token_record pot;
    const struct invocation_account accounts[3] = {
        {.index = 2, .writable = true},
        {.index = 5, .writable = true},
        {.index = 3, .signer = true},
    };
    enum instruction_error error = task_admin_check_authority(call, 1, 4, true);
    if (!error)
        error = task_call_require_pot(call, 2);
    if (error)
        return error;
    if (token_account_load(invocation_data(call->invocation, 2), &pot) !=
        TOKEN_LOADED)
        return INSTRUCTION_INVALID_ACCOUNT_DATA;
    uint64_t held = token_account_amount(&pot);
    uint64_t owed = task_book_owed(&call->book);
    CHECK(held >= owed); /* only this program takes tokens out of a pot */
    /* Gifts to the pot burn with the bounty. */
    uint64_t burned = held - owed;
    error = call_token(call, TOKEN_BURN, &burned, accounts, 3, &authority);
    if (error)
        return error;
    if (owed == 0)
        return close_task(call, &authority);
    header->terms.total_bounty_amount = 0;
    header->is_active = false;
    header->is_allowlisted = false;
    return task_call_save(call);
}

/* As in the native program, but init pays the list's rent here, for its largest
 * size, because KPL's clients don't. */
static enum instruction_error handle_managers(struct task_call *call)
{
    enum instruction_error error = task_managers_handle(call);
    if (error || call->instruction.operation != TASK_MANAGER_INIT)
        return error;
    return invocation_system_transfer(
        call->invocation, 1, 0,
        rent_minimum_balance(4 + 32 * TASK_MANAGERS_MAX));
}

/* ---- The entry ---- */

/* Columns as in task_program.c. The numbers of accounts include the programs
 * that are called, which must be in the list. */
static const struct task_handler handlers[] = {
    [TASK_CREATE] = {create, 10, false, false, 0},
    [TASK_SUBMIT] = {task_submission_execute, 2, true, true, 0},
    [TASK_AUDIT_SUBMISSIONS] = {task_audit_execute, 3, true, true, 0},
    [TASK_AUDIT_DISTRIBUTION] = {task_audit_execute, 3, true, true, 0},
    [TASK_PAYOUT] = {task_payout_execute, 3, true, true, 0},
    [TASK_WHITELIST] = {whitelist, 3, true, true, 2},
    [TASK_SET_ACTIVE] = {task_admin_set_active, 3, true, true, 0},
    [TASK_CLAIM_REWARD] = {task_stake_claim, 6, true, true, 0},
    [TASK_FUND] = {task_stake_fund, 5, true, true, 0},
    [TASK_STAKE] = {task_stake_execute, 5, true, true, 0},
    [TASK_WITHDRAW] = {task_stake_withdraw, 2, true, true, 0},
    [TASK_UPLOAD_DISTRIBUTION_LIST] = {task_distribution_upload, 2, true, false,
                                       0},
    [TASK_SUBMIT_DISTRIBUTION_LIST] = {task_distribution_submit, 3, true, true,
                                       0},
    [TASK_UPDATE] = {update, 12, true, true, 1},
    [TASK_DELETE] = {delete_task, 7, true, true, 0},
    [TASK_HANDLE_MANAGER_ACCOUNTS] = {handle_managers, 4, false, false, 0},
};

/* From here on the instruction has its native form. */
static enum instruction_error execute(struct invocation *invocation)
{
    struct kpl_instruction instruction;
    struct task_call call = {
        .invocation = invocation,
        .coins = &coins,
        .slot = invocation->environment->slot,
    };
    if (kpl_instruction_parse(invocation->data, invocation->arena,
                              &instruction)) {
        invocation_log(invocation, "%s", err_text());
        return INSTRUCTION_INVALID_INSTRUCTION_DATA;
    }
    call.instruction = instruction.task;
    call.stake_pot_seed = instruction.stake_pot_seed;
    size_t kind = call.instruction.kind;
    CHECK(kind < sizeof(handlers) / sizeof(*handlers));
    return task_call_dispatch(&call, &handlers[kind]);
}

static int render(const struct state *state, const struct pubkey *key,
                  const struct account *account, struct buffer *out)
{
    CHECK(account->rendered);
    return kpl_render(state, key, out);
}

const struct program kpl_program = {
    .id = &KPL_TASK_PROGRAM_ID,
    .text = "KPLTRVs6jA7QTthuJH2cEmyCEskFbSV2xpZw46cganN",
    .name = "kpl_task_program",
    .compute_units = 750, /* as the native task program */
    .execute = execute,
    .render = render,
};
