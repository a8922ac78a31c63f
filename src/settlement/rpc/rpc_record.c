/*
 * Transactions as JSON: the message as it was sent, and its results as "meta"
 * (rpc_meta.c).
 * Shapes: solana-transaction-status-client-types.
 *
 * The message is parsed from the record's wire bytes each time it is shown.
 * Keeping it parsed would cost every block, and few clients ask; parsing is one
 * pass. The record has the keys from lookup tables, because the tables may have
 * changed or gone since.
 *
 * "json" names accounts by index, as the wire does; "jsonParsed" spells keys
 * out and parses the instructions of programs it knows; all other encodings
 * give the wire bytes.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_transaction.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/sysvar.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/rpc_instruction.h"
#include "settlement/rpc/rpc_token_form.h"
#include "settlement/table/program_table.h"

/* In the order of their keys; the first is the transaction's id.
 */
static void write_signatures(struct json_writer *out,
                             const struct transaction *transaction)
{
    json_name(out, "signatures");
    json_open_array(out);
    for (size_t i = 0; i < transaction->signature_count; i++) {
        char text[BASE58_SIGNATURE_SIZE];
        base58_signature(transaction->signatures[i].bytes, text);
        json_write_text(out, text);
    }
    json_close_array(out);
}

/* Only version 0 has the field, which may be empty. */
static void write_lookups(struct json_writer *out,
                          const struct transaction *transaction)
{
    if (transaction->version == TRANSACTION_LEGACY)
        return;
    json_name(out, "addressTableLookups");
    json_open_array(out);
    for (size_t i = 0; i < transaction->lookup_count; i++) {
        const struct transaction_lookup *lookup = &transaction->lookups[i];
        json_open_object(out);
        rpc_field_key(out, "accountKey", lookup->table);
        json_name(out, "readonlyIndexes");
        rpc_write_indexes(out, lookup->readonly_indexes);
        json_name(out, "writableIndexes");
        rpc_write_indexes(out, lookup->writable_indexes);
        json_close_object(out);
    }
    json_close_array(out);
}

/* ---- Encoding "json" ---- */

/* Keys, header and instructions as on the wire. */
static void write_raw_message(struct json_writer *out,
                              const struct transaction *transaction)
{
    json_name(out, "accountKeys");
    json_open_array(out);
    for (size_t i = 0; i < transaction->key_count; i++)
        rpc_write_key(out, &transaction->keys[i]);
    json_close_array(out);
    json_name(out, "header");
    json_open_object(out);
    json_field_u64(out, "numReadonlySignedAccounts",
                   transaction->readonly_signed);
    json_field_u64(out, "numReadonlyUnsignedAccounts",
                   transaction->readonly_unsigned);
    json_field_u64(out, "numRequiredSignatures",
                   transaction->required_signatures);
    json_close_object(out);
    json_name(out, "instructions");
    json_open_array(out);
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        rpc_write_compiled_instruction(out, &transaction->instructions[i],
                                       RPC_STACK_HEIGHT);
    }
    json_close_array(out);
}

/* ---- Encoding "jsonParsed" ---- */

/* A key with its rights, which the message's header and lookups imply. Some
 * keys are never writable, whatever the message says. index may be that of a
 * key from a lookup table. */
static void write_parsed_key(struct json_writer *out,
                             const struct transaction *transaction,
                             const struct pubkey *keys, size_t index)
{
    bool is_static = index < transaction->key_count;
    bool is_writable = transaction_is_writable(transaction, index) &&
                       !sysvar_is_reserved(&program_table, &keys[index]);
    json_open_object(out);
    rpc_field_key(out, "pubkey", &keys[index]);
    json_field_bool(out, "signer",
                    is_static && transaction_is_signer(transaction, index));
    json_field_text(out, "source", is_static ? "transaction" : "lookupTable");
    json_field_bool(out, "writable", is_writable);
    json_close_object(out);
}

/* keys are the record's, which include those from lookup tables. */
static void write_parsed_message(struct json_writer *out,
                                 const struct transaction *transaction,
                                 const struct bank_result *result)
{
    json_name(out, "accountKeys");
    json_open_array(out);
    for (size_t i = 0; i < result->key_count; i++)
        write_parsed_key(out, transaction, result->keys, i);
    json_close_array(out);
    json_name(out, "instructions");
    json_open_array(out);
    for (size_t i = 0; i < transaction->instruction_count; i++) {
        rpc_write_decoded_instruction(out, &transaction->instructions[i],
                                      result->keys, RPC_STACK_HEIGHT);
    }
    json_close_array(out);
}

/* transactionDetails "accounts": keys and signatures without instructions, for
 * clients that follow balances through whole blocks. */
static void write_accounts_only(struct json_writer *out,
                                const struct transaction *transaction,
                                const struct bank_result *result)
{
    json_open_object(out);
    json_name(out, "accountKeys");
    json_open_array(out);
    for (size_t i = 0; i < result->key_count; i++)
        write_parsed_key(out, transaction, result->keys, i);
    json_close_array(out);
    write_signatures(out, transaction);
    json_close_object(out);
}

/* Write {"message":…,"signatures":…}. */
static void write_message(struct json_writer *out,
                          const struct transaction *transaction,
                          const struct bank_result *result,
                          enum rpc_encoding encoding)
{
    json_open_object(out);
    json_name(out, "message");
    json_open_object(out);
    if (encoding == RPC_ENCODING_JSON_PARSED)
        write_parsed_message(out, transaction, result);
    else
        write_raw_message(out, transaction);
    write_lookups(out, transaction);
    rpc_field_hash(out, "recentBlockhash", transaction->recent_blockhash);
    json_close_object(out);
    write_signatures(out, transaction);
    json_close_object(out);
}

/* The wire bytes. They are at most 1,232, so base58 is always allowed here. */
static void write_wire(struct json_writer *out, struct bytes wire,
                       enum rpc_encoding encoding)
{
    if (encoding == RPC_ENCODING_BINARY) {
        rpc_write_base58(out, wire);
        return;
    }
    json_open_array(out);
    if (encoding == RPC_ENCODING_BASE58) {
        rpc_write_base58(out, wire);
        json_write_text(out, "base58");
    } else {
        struct buffer text = {0};
        base64_encode(wire, &text);
        json_write_bytes(out, buffer_view(&text));
        json_write_text(out, "base64");
        buffer_free(&text);
    }
    json_close_array(out);
}

/* ---- A record ---- */

/* A transaction of a version that the client did not say it reads is an error
 * and not left out, because half a block would be worse than none. A record
 * that does not parse means that the disk is damaged. */
int rpc_write_record(struct rpc_request *request, struct json_writer *out,
                     const struct ledger_record *record,
                     const struct rpc_transaction_options *options)
{
    struct transaction transaction;
    int status = transaction_parse(record->wire, &request->arena, &transaction);
    if (status)
        return rpc_fail_status(request, ERR_CORRUPT);
    if (transaction.version != TRANSACTION_LEGACY && !options->has_version)
        return rpc_fail(request, RPC_UNSUPPORTED_TRANSACTION_VERSION,
                        "Transaction version (%d) is not supported by the "
                        "requesting client. Please try the request again with "
                        "the following configuration parameter: "
                        "\"maxSupportedTransactionVersion\": %d",
                        transaction.version, transaction.version);
    bool is_full = options->details != RPC_DETAILS_ACCOUNTS;
    CHECK(record->result.key_count >= transaction.key_count);
    json_name(out, "meta");
    rpc_write_meta(out, &transaction, &record->result, options);
    json_name(out, "transaction");
    if (!is_full)
        write_accounts_only(out, &transaction, &record->result);
    else if (options->encoding == RPC_ENCODING_JSON ||
             options->encoding == RPC_ENCODING_JSON_PARSED)
        write_message(out, &transaction, &record->result, options->encoding);
    else
        write_wire(out, record->wire, options->encoding);
    if (options->has_version) {
        json_name(out, "version");
        if (transaction.version == TRANSACTION_LEGACY)
            json_write_text(out, "legacy");
        else
            json_write_i64(out, transaction.version);
    }
    return 0;
}

/* "[size] text", several with "; " between, as Solana joins them. The bytes of
 * a memo that is not UTF-8 are not shown; its transaction failed. */
void rpc_write_memo(struct json_writer *out, const struct ledger_record *record,
                    struct arena *arena)
{
    struct transaction transaction;
    struct buffer text = {0};
    if (transaction_parse(record->wire, arena, &transaction)) {
        json_write_null(out);
        return;
    }
    for (size_t i = 0; i < transaction.instruction_count; i++) {
        const struct transaction_instruction *instruction =
            &transaction.instructions[i];
        const struct pubkey *program =
            &record->result.keys[instruction->program_index];
        if (!pubkey_equal(program, &MEMO_PROGRAM_ID) &&
            !pubkey_equal(program, &MEMO_V1_PROGRAM_ID))
            continue;
        if (text.size)
            buffer_text(&text, "; ");
        buffer_format(&text, "[%zu] ", instruction->data.size);
        if (bytes_is_utf8(instruction->data))
            buffer_bytes(&text, instruction->data);
        else
            buffer_text(&text, "(unparsable)");
    }
    if (text.size)
        json_write_bytes(out, buffer_view(&text));
    else
        json_write_null(out);
    buffer_free(&text);
}

int rpc_transaction_options(struct rpc_request *request,
                            const struct rpc_config *config,
                            struct rpc_transaction_options *out)
{
    uint64_t version;
    struct json_object *details = NULL;
    *out = (struct rpc_transaction_options){
        .encoding = config->has_encoding ? config->encoding : RPC_ENCODING_JSON,
        .details = RPC_DETAILS_FULL};
    int status =
        rpc_config_u64(request, config, "maxSupportedTransactionVersion",
                       &out->has_version, &version);
    if (!status && out->has_version && version > UINT8_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid value: integer `%llu`, "
                        "expected u8.",
                        (unsigned long long)version);
    if (!status)
        status = rpc_config_bool(request, config, "rewards", true,
                                 &out->show_rewards);
    if (status || !config->object ||
        !json_object_object_get_ex(config->object, "transactionDetails",
                                   &details) ||
        !details)
        return status;
    static const struct rpc_word words[] = {
        {"full", RPC_DETAILS_FULL},
        {"signatures", RPC_DETAILS_SIGNATURES},
        {"none", RPC_DETAILS_NONE},
        {"accounts", RPC_DETAILS_ACCOUNTS},
        {NULL, 0}};
    int value;
    status = rpc_read_word(request, details, words, &value);
    if (!status)
        out->details = (enum rpc_details)value;
    return status;
}

/* As on Solana, the error does not say which of the two forms is wrong. A
 * commitment of "processed" has an error of its own. */
int rpc_transaction_parameter(struct rpc_request *request, size_t index,
                              struct rpc_transaction_options *out)
{
    struct rpc_config config = {.object = NULL};
    struct json_object *value = rpc_parameter(request, index);
    int status;
    if (json_object_is_type(value, json_type_string)) {
        status = rpc_transaction_encoding(request, &config, value);
    } else {
        status = rpc_config_open(request, index, &config);
        if (!status)
            status = rpc_config_transaction(request, &config);
    }
    if (!status)
        status = rpc_transaction_options(request, &config, out);
    return status ? rpc_wrong_form(request, "RpcEncodingConfigWrapper")
                  : rpc_require_confirmed(request);
}
