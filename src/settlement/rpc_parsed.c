/*
 * Account data, parsed. Shapes: solana-account-decoder.
 *
 * Data that does not parse is no error: the caller shows the bytes. So a parsed
 * form is written to a buffer of its own and taken over when it is whole. What
 * is parsed: token accounts, nonces, lookup tables, and native tasks, whose
 * data is JSON for everyone to read.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc_parsed.h"

#include "base/error.h"
#include "settlement/lookup_table.h"
#include "settlement/nonce_account.h"
#include "settlement/rpc_token.h"
#include <inttypes.h>

/* Numbers beyond 2^53 come as text where Solana writes them so: JavaScript
 * would round them. */
static void field_number_text(struct json_writer *out, const char *name,
                              uint64_t value)
{
    struct buffer text = {0};
    buffer_format(&text, "%" PRIu64, value);
    json_name(out, name);
    json_write_bytes(out, buffer_view(&text));
    buffer_free(&text);
}

/* A nonce that holds a value; one that is not initialised has no parsed form
 * here. */
static bool write_nonce(struct json_writer *out, struct bytes data)
{
    struct nonce nonce;
    if (data.size != NONCE_ACCOUNT_SIZE || nonce_decode(data, &nonce) ||
        !nonce.initialized)
        return false;
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    rpc_field_key(out, "authority", &nonce.authority);
    rpc_field_hash(out, "blockhash", &nonce.value);
    json_name(out, "feeCalculator");
    json_open_object(out);
    field_number_text(out, "lamportsPerSignature",
                      nonce.lamports_per_signature);
    json_close_object(out);
    json_close_object(out);
    json_field_text(out, "type", "initialized");
    json_close_object(out);
    return true;
}

/* Slots come as text, for one that was never deactivated is 2^64 - 1. */
static bool write_lookup_table(struct json_writer *out, struct bytes data)
{
    struct lookup_table table;
    if (lookup_table_decode(data, &table) != INSTRUCTION_OK)
        return false;
    json_open_object(out);
    json_name(out, "info");
    json_open_object(out);
    json_name(out, "addresses");
    json_open_array(out);
    for (size_t i = 0; i < table.address_count; i++)
        rpc_write_key(out, &table.addresses[i]);
    json_close_array(out);
    if (table.has_authority)
        rpc_field_key(out, "authority", &table.authority);
    field_number_text(out, "deactivationSlot", table.deactivation_slot);
    field_number_text(out, "lastExtendedSlot", table.last_extended_slot);
    json_field_u64(out, "lastExtendedSlotStartIndex", table.start_index);
    json_close_object(out);
    json_field_text(out, "type", "lookupTable");
    json_close_object(out);
    return true;
}

/* A native task's data is JSON already; it is parsed only to know that it is
 * whole. */
static bool write_task(struct json_writer *out, struct bytes data)
{
    struct json_object *task = NULL;
    if (!data.size || data.data[0] != '{' || json_parse(data, &task))
        return false;
    json_object_put(task);
    json_open_object(out);
    json_name(out, "info");
    json_write_raw(out, data);
    json_field_text(out, "type", "task");
    json_close_object(out);
    return true;
}

/* The program's name in Solana's clients; NULL: not parsed, and what was
 * written to out so far is to be dropped. */
static const char *write_parsed(struct rpc_request *request,
                                struct json_writer *out,
                                const struct account *account)
{
    const struct pubkey *owner = &account->owner;
    if (pubkey_equal(owner, &TOKEN_PROGRAM_ID))
        return rpc_write_token_data(request, out, account->data) ? "spl-token"
                                                                 : NULL;
    if (pubkey_equal(owner, &SYSTEM_PROGRAM_ID))
        return write_nonce(out, account->data) ? "nonce" : NULL;
    if (pubkey_equal(owner, &ADDRESS_LOOKUP_TABLE_PROGRAM_ID))
        return write_lookup_table(out, account->data) ? "address-lookup-table"
                                                      : NULL;
    if (pubkey_equal(owner, &KOII_TASK_PROGRAM_ID))
        return write_task(out, account->data) ? "koii-task" : NULL;
    return NULL;
}

/* {"parsed":…,"program":…,"space":…}, as a whole or not at all. */
bool rpc_write_parsed_data(struct rpc_request *request, struct json_writer *out,
                           const struct account *account)
{
    struct buffer text = {0};
    struct json_writer parsed = json_writer_make(&text);
    const char *program = write_parsed(request, &parsed, account);
    if (program) {
        json_open_object(out);
        json_name(out, "parsed");
        json_write_raw(out, buffer_view(&text));
        json_field_text(out, "program", program);
        json_field_u64(out, "space", account->space);
        json_close_object(out);
    }
    buffer_free(&text);
    return program != NULL;
}
