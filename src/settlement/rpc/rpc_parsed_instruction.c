/*
 * Instructions, parsed. What each holds stands in tables: its name, the fields
 * of its data in order, the names of its accounts. Shapes:
 * solana-transaction-status, parse_system.rs, parse_token.rs,
 * parse_associated_token.rs, parse_address_lookup_table.rs.
 *
 * Tables and not code, since some fifty instructions differ in nothing but
 * names: a new one is a line, in the language of rpc_form.h.
 *
 * An instruction whose data or accounts fall short of its form is not parsed,
 * and shown as bytes; what it holds beyond its form is not looked at. Nothing
 * here decides whether an instruction is valid: failed ones are shown, too.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_parsed.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/rpc/rpc_form.h"

static const struct rpc_form system_forms[] = {
    {SYSTEM_CREATE_ACCOUNT, "createAccount", "lamports:n space:n owner:k",
     "source newAccount"},
    {SYSTEM_ASSIGN, "assign", "owner:k", "account"},
    {SYSTEM_TRANSFER, "transfer", "lamports:n", "source destination"},
    {SYSTEM_CREATE_ACCOUNT_WITH_SEED, "createAccountWithSeed",
     "base:k seed:s lamports:n space:n owner:k", "source newAccount"},
    {SYSTEM_ADVANCE_NONCE_ACCOUNT, "advanceNonce", "",
     "nonceAccount recentBlockhashesSysvar nonceAuthority"},
    {SYSTEM_WITHDRAW_NONCE_ACCOUNT, "withdrawFromNonce", "lamports:n",
     "nonceAccount destination recentBlockhashesSysvar rentSysvar "
     "nonceAuthority"},
    {SYSTEM_INITIALIZE_NONCE_ACCOUNT, "initializeNonce", "nonceAuthority:k",
     "nonceAccount recentBlockhashesSysvar rentSysvar"},
    {SYSTEM_AUTHORIZE_NONCE_ACCOUNT, "authorizeNonce", "newAuthorized:k",
     "nonceAccount nonceAuthority"},
    {SYSTEM_ALLOCATE, "allocate", "space:n", "account"},
    {SYSTEM_ALLOCATE_WITH_SEED, "allocateWithSeed",
     "base:k seed:s space:n owner:k", "account -"},
    {SYSTEM_ASSIGN_WITH_SEED, "assignWithSeed", "base:k seed:s owner:k",
     "account -"},
    {SYSTEM_TRANSFER_WITH_SEED, "transferWithSeed",
     "lamports:n sourceSeed:s sourceOwner:k", "source sourceBase destination"},
    {SYSTEM_UPGRADE_NONCE_ACCOUNT, "upgradeNonce", "", "nonceAccount"},
    {0, NULL, NULL, NULL},
};

static const struct rpc_form token_forms[] = {
    {TOKEN_INITIALIZE_MINT, "initializeMint",
     "decimals:b mintAuthority:k freezeAuthority:O", "mint rentSysvar"},
    {TOKEN_INITIALIZE_ACCOUNT, "initializeAccount", "",
     "account mint owner rentSysvar"},
    {TOKEN_INITIALIZE_MULTISIG, "initializeMultisig", "m:b",
     "multisig rentSysvar *"},
    {TOKEN_TRANSFER, "transfer", "amount:t", "source destination !authority"},
    {TOKEN_APPROVE, "approve", "amount:t", "source delegate !owner"},
    {TOKEN_REVOKE, "revoke", "", "source !owner"},
    {TOKEN_SET_AUTHORITY, "setAuthority", "authorityType:y newAuthority:o",
     "account !authority"},
    {TOKEN_MINT_TO, "mintTo", "amount:t", "mint account !mintAuthority"},
    {TOKEN_BURN, "burn", "amount:t", "account mint !authority"},
    {TOKEN_CLOSE_ACCOUNT, "closeAccount", "", "account destination !owner"},
    {TOKEN_FREEZE_ACCOUNT, "freezeAccount", "",
     "account mint !freezeAuthority"},
    {TOKEN_THAW_ACCOUNT, "thawAccount", "", "account mint !freezeAuthority"},
    {TOKEN_TRANSFER_CHECKED, "transferChecked", "tokenAmount:a",
     "source mint destination !authority"},
    {TOKEN_APPROVE_CHECKED, "approveChecked", "tokenAmount:a",
     "source mint delegate !owner"},
    {TOKEN_MINT_TO_CHECKED, "mintToChecked", "tokenAmount:a",
     "mint account !mintAuthority"},
    {TOKEN_BURN_CHECKED, "burnChecked", "tokenAmount:a",
     "account mint !authority"},
    {TOKEN_INITIALIZE_ACCOUNT_2, "initializeAccount2", "owner:k",
     "account mint rentSysvar"},
    {TOKEN_SYNC_NATIVE, "syncNative", "", "account"},
    {TOKEN_INITIALIZE_ACCOUNT_3, "initializeAccount3", "owner:k",
     "account mint"},
    {TOKEN_INITIALIZE_MULTISIG_2, "initializeMultisig2", "m:b", "multisig *"},
    {TOKEN_INITIALIZE_MINT_2, "initializeMint2",
     "decimals:b mintAuthority:k freezeAuthority:O", "mint"},
    {TOKEN_GET_ACCOUNT_DATA_SIZE, "getAccountDataSize", "", "mint"},
    {TOKEN_INITIALIZE_IMMUTABLE_OWNER, "initializeImmutableOwner", "",
     "account"},
    {TOKEN_AMOUNT_TO_UI_AMOUNT, "amountToUiAmount", "amount:t", "mint"},
    {TOKEN_UI_AMOUNT_TO_AMOUNT, "uiAmountToAmount", "uiAmount:u", "mint"},
    {TOKEN_UNWRAP_LAMPORTS, "unwrapLamports", "amount:T",
     "source destination !authority"},
    {TOKEN_WITHDRAW_EXCESS_LAMPORTS, "withdrawExcessLamports", "",
     "source destination !authority"},
    {0, NULL, NULL, NULL},
};

/* SetAuthority on a mint: the same, but for what Solana calls the account. */
static const struct rpc_form mint_authority_forms[] = {
    {TOKEN_SET_AUTHORITY, "setAuthority", "authorityType:y newAuthority:o",
     "mint !authority"},
    {0, NULL, NULL, NULL},
};

static const struct rpc_form associated_token_forms[] = {
    {ASSOCIATED_TOKEN_CREATE, "create", "",
     "source account wallet mint systemProgram tokenProgram"},
    {ASSOCIATED_TOKEN_CREATE_IDEMPOTENT, "createIdempotent", "",
     "source account wallet mint systemProgram tokenProgram"},
    {ASSOCIATED_TOKEN_RECOVER_NESTED, "recoverNested", "",
     "nestedSource nestedMint destination nestedOwner ownerMint wallet "
     "tokenProgram"},
    {0, NULL, NULL, NULL},
};

static const struct rpc_form lookup_table_forms[] = {
    {LOOKUP_TABLE_CREATE, "createLookupTable", "recentSlot:n bumpSeed:b",
     "lookupTableAccount lookupTableAuthority payerAccount systemProgram"},
    {LOOKUP_TABLE_FREEZE, "freezeLookupTable", "",
     "lookupTableAccount lookupTableAuthority"},
    {LOOKUP_TABLE_EXTEND, "extendLookupTable", "newAddresses:l",
     "lookupTableAccount lookupTableAuthority"},
    {LOOKUP_TABLE_DEACTIVATE, "deactivateLookupTable", "",
     "lookupTableAccount lookupTableAuthority"},
    {LOOKUP_TABLE_CLOSE, "closeLookupTable", "",
     "lookupTableAccount lookupTableAuthority recipient"},
    {0, NULL, NULL, NULL},
};

/* ExtendLookupTable that pays for its room. */
static const struct rpc_form paid_extension_forms[] = {
    {LOOKUP_TABLE_EXTEND, "extendLookupTable", "newAddresses:l",
     "lookupTableAccount lookupTableAuthority payerAccount systemProgram"},
    {0, NULL, NULL, NULL},
};

/* ---- Programs ---- */

/* bincode's enum: a u32 before the fields. */
static int write_system(struct rpc_parsing *parsing)
{
    uint32_t index;
    int status = reader_u32le(&parsing->data, &index);
    return status ? status : rpc_form_write(parsing, system_forms, index);
}

static int write_token(struct rpc_parsing *parsing);

/* One instruction of a batch, of its part of the batch's accounts; at moves on
 * past them. A batch within a batch is none. */
static int write_batched(struct rpc_parsing *batch, size_t *at)
{
    uint8_t account_count, data_size;
    struct bytes data;
    int status = reader_u8(&batch->data, &account_count);
    if (!status)
        status = reader_u8(&batch->data, &data_size);
    if (!status)
        status = reader_take(&batch->data, data_size, &data);
    if (status || account_count > batch->instruction->accounts.size - *at ||
        (data.size && data.data[0] == TOKEN_BATCH))
        return ERR_INVALID;
    const struct transaction_instruction instruction = {
        .program_index = batch->instruction->program_index,
        .accounts =
            bytes_make(batch->instruction->accounts.data + *at, account_count),
        .data = data};
    struct rpc_parsing one = {.out = batch->out,
                              .data = reader_make(data),
                              .instruction = &instruction,
                              .keys = batch->keys};
    *at += account_count;
    return write_token(&one);
}

/* {"info":{"instructions":[…]},"type":"batch"}: all of them parse, or none is
 * shown. */
static int write_batch(struct rpc_parsing *parsing)
{
    struct json_writer *out = parsing->out;
    size_t at = 0;
    int status = 0;
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    json_name(out, "instructions");
    json_open_array(out);
    while (!status && parsing->data.left.size)
        status = write_batched(parsing, &at);
    if (status)
        return status;
    json_close_array(out);
    json_close_object(out);
    json_field_text(out, "type", "batch");
    json_close_object(out);
    return 0;
}

/* One byte, as spl-token packs its instructions. */
static int write_token(struct rpc_parsing *parsing)
{
    uint8_t index;
    int status = reader_u8(&parsing->data, &index);
    if (status)
        return status;
    if (index == TOKEN_BATCH)
        return write_batch(parsing);
    /* Types 0 and 1 are a mint's (write_authority_type()). */
    const struct bytes left = parsing->data.left;
    bool is_mint =
        index == TOKEN_SET_AUTHORITY && left.size > 0 && left.data[0] <= 1;
    return rpc_form_write(parsing, is_mint ? mint_authority_forms : token_forms,
                          index);
}

/* No data at all is the program's oldest instruction, Create. Borsh takes no
 * more bytes than it needs. */
static int write_associated_token(struct rpc_parsing *parsing)
{
    uint8_t index = ASSOCIATED_TOKEN_CREATE; /* also what no data means */
    int status =
        parsing->data.left.size ? reader_u8(&parsing->data, &index) : 0;
    if (!status)
        status = reader_end(&parsing->data);
    return status ? status
                  : rpc_form_write(parsing, associated_token_forms, index);
}

/* bincode's enum, as the System program's. Who extends a table and names a
 * payer may have it paid for. */
static int write_lookup_table(struct rpc_parsing *parsing)
{
    uint32_t index = 0;
    int status = reader_u32le(&parsing->data, &index);
    bool is_paid = index == LOOKUP_TABLE_EXTEND &&
                   parsing->instruction->accounts.size >= 4;
    return status ? status
                  : rpc_form_write(parsing,
                                   is_paid ? paid_extension_forms
                                           : lookup_table_forms,
                                   index);
}

/* The memo alone is the parsed form. One that is not UTF-8 failed and is shown
 * as bytes. */
static int write_memo(struct rpc_parsing *parsing)
{
    if (!bytes_is_utf8(parsing->data.left))
        return ERR_INVALID;
    json_write_bytes(parsing->out, parsing->data.left);
    return 0;
}

/* What is worth reading of a task's instruction, by its kind; the rest is in
 * its data for who wants it. */
static void write_task_fields(struct json_writer *out,
                              const struct task_instruction *task)
{
    switch (task->kind) {
    case TASK_SUBMIT:
        json_name(out, "submission");
        json_write_bytes(out, task->value);
        json_field_u64(out, "round", task->round);
        break;
    case TASK_AUDIT_SUBMISSIONS:
    case TASK_AUDIT_DISTRIBUTION:
        json_field_bool(out, "isValid", task->flag);
        json_field_u64(out, "round", task->round);
        break;
    case TASK_PAYOUT:
    case TASK_UPLOAD_DISTRIBUTION_LIST:
    case TASK_SUBMIT_DISTRIBUTION_LIST:
        json_field_u64(out, "round", task->round);
        break;
    case TASK_WHITELIST:
    case TASK_SET_ACTIVE:
        json_field_bool(out, "flag", task->flag);
        break;
    case TASK_FUND:
    case TASK_STAKE:
        json_field_u64(out, "amount", task->amount);
        break;
    case TASK_CREATE:
    case TASK_UPDATE:
        json_name(out, "taskName");
        json_write_bytes(out, task->terms.task_name);
        json_name(out, "taskMetadata");
        json_write_bytes(out, task->terms.task_metadata);
        break;
    default:
        break;
    }
}

/* No names for accounts: they differ by instruction, and task_instruction.h has
 * them. */
static int write_task(struct rpc_parsing *parsing)
{
    struct task_instruction task;
    struct json_writer *out = parsing->out;
    int status = task_instruction_parse(parsing->data.left, &task);
    if (status)
        return status;
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    write_task_fields(out, &task);
    json_name(out, "accounts");
    json_open_array(out);
    for (size_t i = 0; i < parsing->instruction->accounts.size; i++)
        rpc_write_key(out, rpc_form_account(parsing, i));
    json_close_array(out);
    json_close_object(out);
    json_field_text(out, "type", task_instruction_name(task.kind));
    json_close_object(out);
    return 0;
}

static const struct {
    const struct pubkey *id;
    const char *name;
    int (*write)(struct rpc_parsing *parsing);
} programs[] = {
    {&SYSTEM_PROGRAM_ID, "system", write_system},
    {&TOKEN_PROGRAM_ID, "spl-token", write_token},
    {&ASSOCIATED_TOKEN_PROGRAM_ID, "spl-associated-token-account",
     write_associated_token},
    {&ADDRESS_LOOKUP_TABLE_PROGRAM_ID, "address-lookup-table",
     write_lookup_table},
    {&MEMO_PROGRAM_ID, "spl-memo", write_memo},
    {&MEMO_V1_PROGRAM_ID, "spl-memo", write_memo},
    {&KOII_TASK_PROGRAM_ID, "koii-task", write_task},
};

/* keys are those of the record, so that an instruction's indexes are all in
 * range. */
bool rpc_write_parsed_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    const struct pubkey *keys, unsigned stack_height)
{
    const struct pubkey *program = &keys[instruction->program_index];
    struct buffer text = {0};
    struct json_writer parsed = json_writer_make(&text);
    struct rpc_parsing parsing = {.out = &parsed,
                                  .data = reader_make(instruction->data),
                                  .instruction = instruction,
                                  .keys = keys};
    size_t i = 0, count = sizeof(programs) / sizeof(*programs);
    while (i < count && !pubkey_equal(programs[i].id, program))
        i++;
    bool is_parsed = i < count && !programs[i].write(&parsing);
    if (is_parsed) {
        json_open_object(out);
        json_name(out, "parsed");
        json_write_raw(out, buffer_view(&text));
        json_field_text(out, "program", programs[i].name);
        rpc_field_key(out, "programId", program);
        json_field_u64(out, "stackHeight", stack_height);
        json_close_object(out);
    }
    buffer_free(&text);
    return is_parsed;
}
