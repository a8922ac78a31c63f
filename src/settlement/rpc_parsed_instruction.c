/*
 * Instructions, parsed. What each holds stands in tables: its name, the fields
 * of its data in order, the names of its accounts. Shapes:
 * solana-transaction-status, parse_system.rs, parse_token.rs,
 * parse_associated_token.rs, parse_address_lookup_table.rs.
 *
 * Tables and not code, since some forty instructions differ in nothing but
 * names: a new one is a line. A little language in texts and not arrays of
 * structs, so that a line can be read beside Solana's source.
 *
 * An instruction whose data or accounts fall short of its form is not parsed,
 * and shown as bytes; what it holds beyond its form is not looked at. Nothing
 * here decides whether an instruction is valid: failed ones are shown, too.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc_parsed.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/associated_token_program.h"
#include "settlement/lookup_table.h"
#include "settlement/rpc_token.h"
#include "settlement/system_program.h"
#include "settlement/task_instruction.h"
#include "settlement/token_program.h"
#include <inttypes.h>

/*
 * fields: "name:kind" with spaces between. Kinds: n u64 as a number, t u64 as a
 * text, b u8, k key, o optional key (tag u8) that is null where it is absent, O
 * one that is left out then (both are Solana's), T such a u64 as a text, s text
 * with its length as u64, u text up to the end, l keys with their number as
 * u64, a token amount with its decimals u8, y authority type u8.
 *
 * accounts: names with spaces between; "-" is one that must be there and is not
 * shown. With "!" before the last one, accounts past it are the signers of a
 * multisig of that name. "*" stands for all that are left, one at least, as an
 * array "signers".
 */
struct form {
    uint32_t index;
    const char *type;
    const char *fields;
    const char *accounts;
};

static const struct form system_forms[] = {
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

static const struct form token_forms[] = {
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
static const struct form mint_authority_forms[] = {
    {TOKEN_SET_AUTHORITY, "setAuthority", "authorityType:y newAuthority:o",
     "mint !authority"},
    {0, NULL, NULL, NULL},
};

static const struct form associated_token_forms[] = {
    {ASSOCIATED_TOKEN_CREATE, "create", "",
     "source account wallet mint systemProgram tokenProgram"},
    {ASSOCIATED_TOKEN_CREATE_IDEMPOTENT, "createIdempotent", "",
     "source account wallet mint systemProgram tokenProgram"},
    {ASSOCIATED_TOKEN_RECOVER_NESTED, "recoverNested", "",
     "nestedSource nestedMint destination nestedOwner ownerMint wallet "
     "tokenProgram"},
    {0, NULL, NULL, NULL},
};

static const struct form lookup_table_forms[] = {
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
static const struct form paid_extension_forms[] = {
    {LOOKUP_TABLE_EXTEND, "extendLookupTable", "newAddresses:l",
     "lookupTableAccount lookupTableAuthority payerAccount systemProgram"},
    {0, NULL, NULL, NULL},
};

/* Where an instruction is read from and written to. data moves on with each
 * field; out is a buffer that is dropped if the instruction turns out not to
 * parse. */
struct parsing {
    struct json_writer *out;
    struct reader data;
    const struct transaction_instruction *instruction;
    const struct pubkey *keys;
};

/* ---- Fields ---- */

/* A u64, as a number where it is lamports or sizes, and as text where it is an
 * amount of tokens: Solana's choice, not ours. */
static int write_number(struct parsing *parsing, bool as_text)
{
    uint64_t value;
    int status = reader_u64le(&parsing->data, &value);
    if (status)
        return status;
    if (!as_text) {
        json_write_u64(parsing->out, value);
        return 0;
    }
    struct buffer text = {0};
    buffer_format(&text, "%" PRIu64, value);
    json_write_bytes(parsing->out, buffer_view(&text));
    buffer_free(&text);
    return 0;
}

/* A key, or null for an optional one that is absent. */
static int write_key(struct parsing *parsing, bool is_optional)
{
    struct pubkey key;
    uint8_t tag = 1;
    int status = is_optional ? reader_u8(&parsing->data, &tag) : 0;
    if (!status && tag > 1)
        status = ERR_INVALID;
    if (!status && tag == 0) {
        json_write_null(parsing->out);
        return 0;
    }
    if (!status)
        status = reader_copy(&parsing->data, key.bytes, sizeof key.bytes);
    if (!status)
        rpc_write_key(parsing->out, &key);
    return status;
}

/* A text with its length as u64 before it, as bincode has it. */
static int write_seed(struct parsing *parsing)
{
    uint64_t size;
    struct bytes seed;
    int status = reader_u64le(&parsing->data, &size);
    if (!status && size > parsing->data.left.size)
        status = ERR_INVALID;
    if (!status)
        status = reader_take(&parsing->data, (size_t)size, &seed);
    if (!status)
        json_write_bytes(parsing->out, seed);
    return status;
}

/* All that is left, which has to be UTF-8. */
static int write_rest(struct parsing *parsing)
{
    struct bytes rest = parsing->data.left;
    if (!bytes_is_utf8(rest))
        return ERR_INVALID;
    json_write_bytes(parsing->out, rest);
    return reader_take(&parsing->data, rest.size, &rest);
}

/* Keys, with their number before them as bincode has it. */
static int write_keys(struct parsing *parsing)
{
    uint64_t count;
    struct pubkey key;
    int status = reader_u64le(&parsing->data, &count);
    json_open_array(parsing->out);
    for (uint64_t i = 0; !status && i < count; i++) {
        status = reader_copy(&parsing->data, key.bytes, sizeof key.bytes);
        if (!status)
            rpc_write_key(parsing->out, &key);
    }
    if (!status)
        json_close_array(parsing->out);
    return status;
}

/* A u64 that follows a tag of 1; is_left_out() took those of 0. */
static int write_optional_number(struct parsing *parsing)
{
    uint8_t tag;
    int status = reader_u8(&parsing->data, &tag);
    if (!status && tag != 1)
        status = ERR_INVALID;
    return status ? status : write_number(parsing, true);
}

/* An amount and the decimals that the caller said it has. */
static int write_amount(struct parsing *parsing)
{
    uint64_t amount;
    uint8_t decimals;
    int status = reader_u64le(&parsing->data, &amount);
    if (!status)
        status = reader_u8(&parsing->data, &decimals);
    if (!status)
        rpc_write_token_amount(parsing->out, amount, decimals);
    return status;
}

/* What SetAuthority changes: spl-token's AuthorityType. */
static int write_authority_type(struct parsing *parsing)
{
    static const char *const names[] = {"mintTokens", "freezeAccount",
                                        "accountOwner", "closeAccount"};
    uint8_t type;
    int status = reader_u8(&parsing->data, &type);
    if (!status && type >= sizeof names / sizeof *names)
        status = ERR_INVALID;
    if (!status)
        json_write_text(parsing->out, names[type]);
    return status;
}

/* A u8 as a number. */
static int write_small(struct parsing *parsing)
{
    uint8_t value;
    int status = reader_u8(&parsing->data, &value);
    if (!status)
        json_write_u64(parsing->out, value);
    return status;
}

/* One field by its kind (struct form). */
static int write_field(struct parsing *parsing, char kind)
{
    switch (kind) {
    case 'n':
    case 't':
        return write_number(parsing, kind == 't');
    case 'k':
    case 'o':
    case 'O':
        return write_key(parsing, kind != 'k');
    case 'T':
        return write_optional_number(parsing);
    case 's':
        return write_seed(parsing);
    case 'u':
        return write_rest(parsing);
    case 'l':
        return write_keys(parsing);
    case 'a':
        return write_amount(parsing);
    case 'y':
        return write_authority_type(parsing);
    default:
        CHECK(kind == 'b');
        return write_small(parsing);
    }
}

/* The next word of a list; *rest moves on. Empty at its end. Words are borrowed
 * from the tables. */
static struct bytes next_word(const char **rest)
{
    while (**rest == ' ')
        ++*rest;
    size_t size = strcspn(*rest, " ");
    struct bytes word = bytes_make(*rest, size);
    *rest += size;
    return word;
}

/* Is the field that follows an optional one that is not there? It then has no
 * name in the output either. */
static bool is_left_out(const struct parsing *parsing, char kind)
{
    const struct bytes left = parsing->data.left;
    return (kind == 'O' || kind == 'T') && left.size > 0 && left.data[0] == 0;
}

/* Fields in the order of the data, "name:kind" each. */
static int write_fields(struct parsing *parsing, const char *fields)
{
    struct bytes word;
    int status = 0;
    while (!status && (word = next_word(&fields)).size > 0) {
        CHECK(word.size > 2);
        char kind = (char)word.data[word.size - 1];
        if (is_left_out(parsing, kind)) {
            uint8_t tag;
            status = reader_u8(&parsing->data, &tag);
            continue;
        }
        json_name_bytes(parsing->out, bytes_make(word.data, word.size - 2));
        status = write_field(parsing, kind);
    }
    return status;
}

/* ---- Accounts ---- */

/* The key an instruction names at index, which is less than their number. */
static const struct pubkey *account_at(const struct parsing *parsing,
                                       size_t index)
{
    CHECK(index < parsing->instruction->accounts.size);
    return &parsing->keys[parsing->instruction->accounts.data[index]];
}

/* All accounts from index on. */
static void write_signers(struct parsing *parsing, size_t index)
{
    json_name(parsing->out, "signers");
    json_open_array(parsing->out);
    for (; index < parsing->instruction->accounts.size; index++)
        rpc_write_key(parsing->out, account_at(parsing, index));
    json_close_array(parsing->out);
}

/* "!authority": the key alone, or, where more accounts follow, a multisig under
 * a name such as "multisigAuthority" and who signs for it: an instruction does
 * not say which of the two it means, and Solana's parser goes by the same. */
static void write_authority(struct parsing *parsing, struct bytes name,
                            size_t index)
{
    size_t count = parsing->instruction->accounts.size;
    struct buffer text = {0};
    bool is_multisig = index + 1 < count;
    if (is_multisig) {
        buffer_text(&text, "multisig");
        buffer_u8(&text, (uint8_t)(name.data[0] - 'a' + 'A'));
        buffer_append(&text, name.data + 1, name.size - 1);
    } else {
        buffer_bytes(&text, name);
    }
    rpc_field_key(parsing->out, buffer_string(&text),
                  account_at(parsing, index));
    buffer_free(&text);
    if (is_multisig)
        write_signers(parsing, index + 1);
}

/* Accounts that the form does not name are left out, as Solana does. */
static int write_accounts(struct parsing *parsing, const char *accounts)
{
    struct bytes word;
    for (size_t index = 0; (word = next_word(&accounts)).size > 0; index++) {
        if (index >= parsing->instruction->accounts.size)
            return ERR_INVALID;
        if (word.data[0] == '-')
            continue;
        if (word.data[0] == '*') {
            write_signers(parsing, index);
            break;
        }
        if (word.data[0] == '!') {
            write_authority(parsing, bytes_make(word.data + 1, word.size - 1),
                            index);
            break;
        }
        json_name_bytes(parsing->out, word);
        rpc_write_key(parsing->out, account_at(parsing, index));
    }
    return 0;
}

/* A walk: tables are short, and one instruction is shown at a time. */
static const struct form *find_form(const struct form *forms, uint32_t index)
{
    while (forms->type && forms->index != index)
        forms++;
    return forms->type ? forms : NULL;
}

/* {"info":{accounts, fields},"type":name}. On an error the output is half
 * written, and dropped by the caller. */
static int write_form(struct parsing *parsing, const struct form *forms,
                      uint32_t index)
{
    const struct form *form = find_form(forms, index);
    if (!form)
        return ERR_UNSUPPORTED;
    json_open_object(parsing->out);
    json_name(parsing->out, "info");
    json_open_object(parsing->out);
    int status = write_accounts(parsing, form->accounts);
    if (!status)
        status = write_fields(parsing, form->fields);
    if (status)
        return status;
    json_close_object(parsing->out);
    json_field_text(parsing->out, "type", form->type);
    json_close_object(parsing->out);
    return 0;
}

/* ---- Programs ---- */

/* bincode's enum: a u32 before the fields. */
static int write_system(struct parsing *parsing)
{
    uint32_t index;
    int status = reader_u32le(&parsing->data, &index);
    return status ? status : write_form(parsing, system_forms, index);
}

static int write_token(struct parsing *parsing);

/* One instruction of a batch, of its part of the batch's accounts; at moves on
 * past them. A batch within a batch is none. */
static int write_batched(struct parsing *batch, size_t *at)
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
    struct parsing one = {.out = batch->out,
                          .data = reader_make(data),
                          .instruction = &instruction,
                          .keys = batch->keys};
    *at += account_count;
    return write_token(&one);
}

/* {"info":{"instructions":[…]},"type":"batch"}: all of them parse, or none is
 * shown. */
static int write_batch(struct parsing *parsing)
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
static int write_token(struct parsing *parsing)
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
    return write_form(parsing, is_mint ? mint_authority_forms : token_forms,
                      index);
}

/* No data at all is the program's oldest instruction, Create. Borsh takes no
 * more bytes than it needs. */
static int write_associated_token(struct parsing *parsing)
{
    uint8_t index = ASSOCIATED_TOKEN_CREATE; /* also what no data means */
    int status =
        parsing->data.left.size ? reader_u8(&parsing->data, &index) : 0;
    if (!status)
        status = reader_end(&parsing->data);
    return status ? status : write_form(parsing, associated_token_forms, index);
}

/* bincode's enum, as the System program's. Who extends a table and names a
 * payer may have it paid for. */
static int write_lookup_table(struct parsing *parsing)
{
    uint32_t index = 0;
    int status = reader_u32le(&parsing->data, &index);
    bool is_paid = index == LOOKUP_TABLE_EXTEND &&
                   parsing->instruction->accounts.size >= 4;
    return status
               ? status
               : write_form(parsing,
                            is_paid ? paid_extension_forms : lookup_table_forms,
                            index);
}

/* The memo alone is the parsed form. One that is not UTF-8 failed and is shown
 * as bytes. */
static int write_memo(struct parsing *parsing)
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
static int write_task(struct parsing *parsing)
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
        rpc_write_key(out, account_at(parsing, i));
    json_close_array(out);
    json_close_object(out);
    json_field_text(out, "type", task_instruction_name(task.kind));
    json_close_object(out);
    return 0;
}

static const struct {
    const struct pubkey *id;
    const char *name;
    int (*write)(struct parsing *parsing);
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
    struct parsing parsing = {.out = &parsed,
                              .data = reader_make(instruction->data),
                              .instruction = instruction,
                              .keys = keys};
    size_t i = 0, count = sizeof programs / sizeof *programs;
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
