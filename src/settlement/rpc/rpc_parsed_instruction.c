/*
 * Instructions, parsed: which form of which table (rpc_program_forms.c) an
 * instruction has, and what no form can say.
 *
 * An instruction whose data or accounts fall short of its form is shown as
 * bytes. Data beyond its form is ignored. Nothing here decides whether an
 * instruction is valid: failed ones are shown, too.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_parsed.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/rpc/rpc_program_forms.h"

/* bincode's enum: a u32 before the fields. */
static int write_system(struct rpc_parsing *parsing)
{
    uint32_t index;
    int status = reader_u32le(&parsing->data, &index);
    return status ? status : rpc_form_write(parsing, rpc_system_forms, index);
}

static int write_token(struct rpc_parsing *parsing);

/* One instruction of a batch, with its part of the batch's accounts; at moves
 * past them. A batch within a batch does not parse. */
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
    return rpc_form_write(
        parsing, is_mint ? rpc_mint_authority_forms : rpc_token_forms, index);
}

/* Empty data is the program's oldest instruction, Create. Borsh reads no more
 * bytes than it needs. */
static int write_associated_token(struct rpc_parsing *parsing)
{
    uint8_t index = ASSOCIATED_TOKEN_CREATE; /* also if there is no data */
    int status =
        parsing->data.left.size ? reader_u8(&parsing->data, &index) : 0;
    if (!status)
        status = reader_end(&parsing->data);
    return status ? status
                  : rpc_form_write(parsing, rpc_associated_token_forms, index);
}

/* bincode's enum, as the System program's. ExtendLookupTable has a second form
 * with a payer. */
static int write_lookup_table(struct rpc_parsing *parsing)
{
    uint32_t index = 0;
    int status = reader_u32le(&parsing->data, &index);
    bool is_paid = index == LOOKUP_TABLE_EXTEND &&
                   parsing->instruction->accounts.size >= 4;
    return status ? status
                  : rpc_form_write(parsing,
                                   is_paid ? rpc_paid_extension_forms
                                           : rpc_lookup_table_forms,
                                   index);
}

/* The memo's text is the parsed form. A memo that is not UTF-8 failed and is
 * shown as bytes. */
static int write_memo(struct rpc_parsing *parsing)
{
    if (!bytes_is_utf8(parsing->data.left))
        return ERR_INVALID;
    json_write_bytes(parsing->out, parsing->data.left);
    return 0;
}

static const char *const operations[] = {[TASK_MANAGER_INIT] = "init",
                                         [TASK_MANAGER_INSERT] = "insert",
                                         [TASK_MANAGER_REMOVE] = "remove"};

static void write_base64(struct json_writer *out, struct bytes data)
{
    struct buffer text = {0};

    base64_encode(data, &text);
    json_write_bytes(out, buffer_view(&text));
    buffer_free(&text);
}

/* The most useful fields of a task's instruction, by its kind. Its data has the
 * others. */
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
    case TASK_UPLOAD_DISTRIBUTION_LIST:
        json_field_u64(out, "number", task->chunk.number);
        json_name(out, "chunk");
        write_base64(out, task->chunk.data);
        json_field_u64(out, "round", task->round);
        break;
    case TASK_HANDLE_MANAGER_ACCOUNTS:
        json_field_text(out, "operation", operations[task->operation]);
        break;
    case TASK_PAYOUT:
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
        json_field_u64(out, "totalBounty", task->terms.total_bounty_amount);
        json_field_u64(out, "bountyPerRound",
                       task->terms.bounty_amount_per_round);
        json_field_u64(out, "roundTime", task->terms.round_time);
        break;
    default:
        break;
    }
}

/* Accounts have no names here: they differ by instruction, and
 * task_instruction.h lists them. */
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
        rpc_write_key(out, rpc_form_key(parsing, i));
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
