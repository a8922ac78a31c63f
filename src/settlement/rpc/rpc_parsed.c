/*
 * Account data, parsed. Shapes: solana-account-decoder.
 *
 * Data that does not parse is not an error: the caller shows the bytes. So a
 * parsed form is written to a buffer of its own and taken over when it is
 * whole. Token accounts, nonces, lookup tables, sysvars, and native tasks,
 * whose data is JSON, are parsed.
 *
 * Any HTTP thread, and the loop's for PubSub.
 */
#include "settlement/rpc/rpc_parsed.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/bank/lookup_table.h"
#include "settlement/bank/nonce_account.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc/rpc_token_form.h"
#include <inttypes.h>

/* Solana writes some numbers as text, because JavaScript would round them
 * beyond 2^53. */
static void field_number_text(struct json_writer *out, const char *name,
                              uint64_t value)
{
    struct buffer text = {0};
    buffer_format(&text, "%" PRIu64, value);
    json_name(out, name);
    json_write_bytes(out, buffer_view(&text));
    buffer_free(&text);
}

/* An initialised nonce. One that is not initialised has no parsed form here. */
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

/* Slots come as text, because the slot of a table that was never deactivated is
 * 2^64 - 1. A table that is not initialised has the form "uninitialized". */
static bool write_lookup_table(struct json_writer *out, struct bytes data)
{
    struct lookup_table table;
    enum instruction_error error = lookup_table_decode(data, &table);
    if (error == INSTRUCTION_UNINITIALIZED_ACCOUNT) {
        json_open_object(out);
        json_field_text(out, "type", "uninitialized");
        json_close_object(out);
        return true;
    }
    if (error != INSTRUCTION_OK)
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

/* ---- Sysvars ---- */

/* is_whole() has checked the size of the data. */
static uint64_t read_number(struct reader *data)
{
    uint64_t value;
    CHECK(reader_u64le(data, &value) == 0);
    return value;
}

static struct hash read_hash(struct reader *data)
{
    struct hash hash;
    CHECK(reader_copy(data, hash.bytes, sizeof(hash.bytes)) == 0);
    return hash;
}

static void write_clock(struct json_writer *out, struct reader *data)
{
    static const char *const names[] = {"slot", "epochStartTimestamp", "epoch",
                                        "leaderScheduleEpoch", "unixTimestamp"};
    json_open_object(out);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        json_field_u64(out, names[i], read_number(data));
    json_close_object(out);
}

static void write_rent(struct json_writer *out, struct reader *data)
{
    double years;
    uint8_t burned;
    json_open_object(out);
    field_number_text(out, "lamportsPerByteYear", read_number(data));
    uint64_t bits = read_number(data);
    memcpy(&years, &bits, sizeof(years));
    CHECK(reader_u8(data, &burned) == 0);
    json_field_u64(out, "burnPercent", burned);
    json_name(out, "exemptionThreshold");
    json_write_double(out, years);
    json_close_object(out);
}

static void write_epoch_schedule(struct json_writer *out, struct reader *data)
{
    uint8_t warmup;
    json_open_object(out);
    json_field_u64(out, "slotsPerEpoch", read_number(data));
    json_field_u64(out, "leaderScheduleSlotOffset", read_number(data));
    CHECK(reader_u8(data, &warmup) == 0);
    json_field_bool(out, "warmup", warmup);
    json_field_u64(out, "firstNormalEpoch", read_number(data));
    json_field_u64(out, "firstNormalSlot", read_number(data));
    json_close_object(out);
}

static void write_recent_blockhashes(struct json_writer *out,
                                     struct reader *data)
{
    json_open_array(out);
    for (uint64_t left = read_number(data); left > 0; left--) {
        struct hash blockhash = read_hash(data);
        json_open_object(out);
        rpc_field_hash(out, "blockhash", &blockhash);
        json_name(out, "feeCalculator");
        json_open_object(out);
        field_number_text(out, "lamportsPerSignature", read_number(data));
        json_close_object(out);
        json_close_object(out);
    }
    json_close_array(out);
}

static void write_slot_hashes(struct json_writer *out, struct reader *data)
{
    json_open_array(out);
    for (uint64_t left = read_number(data); left > 0; left--) {
        uint64_t slot = read_number(data);
        struct hash hash = read_hash(data);
        json_open_object(out);
        rpc_field_hash(out, "hash", &hash);
        json_field_u64(out, "slot", slot);
        json_close_object(out);
    }
    json_close_array(out);
}

/* Bytes of an element of the two lists: a hash and a number. */
#define SYSVAR_ELEMENT_SIZE (32 + 8)

/* Does the data hold all that the layout has? size 0: a list after its length.
 */
static bool is_whole(struct bytes data, size_t size)
{
    if (size)
        return data.size >= size;
    return data.size >= 8 &&
           u64le_read(data.data) <= (data.size - 8) / SYSVAR_ELEMENT_SIZE;
}

/* {"info":…,"type":name}. The instructions sysvar has no data to show. */
static bool write_sysvar(struct json_writer *out, const struct pubkey *key,
                         struct bytes data)
{
    static const struct {
        const struct pubkey *id;
        const char *name;
        size_t size; /* 0: a list */
        void (*write)(struct json_writer *out, struct reader *data);
    } sysvars[] = {
        {&CLOCK_SYSVAR_ID, "clock", 40, write_clock},
        {&RENT_SYSVAR_ID, "rent", 17, write_rent},
        {&EPOCH_SCHEDULE_SYSVAR_ID, "epochSchedule", 33, write_epoch_schedule},
        {&RECENT_BLOCKHASHES_SYSVAR_ID, "recentBlockhashes", 0,
         write_recent_blockhashes},
        {&SLOT_HASHES_SYSVAR_ID, "slotHashes", 0, write_slot_hashes},
    };
    for (size_t i = 0; i < sizeof(sysvars) / sizeof(*sysvars); i++) {
        if (!pubkey_equal(key, sysvars[i].id) ||
            !is_whole(data, sysvars[i].size))
            continue;
        struct reader reader = reader_make(data);
        json_open_object(out);
        json_name(out, "info");
        sysvars[i].write(out, &reader);
        json_field_text(out, "type", sysvars[i].name);
        json_close_object(out);
        return true;
    }
    return false;
}

/* ---- Tasks ---- */

/* A native task's data is JSON already; parsing only shows that it is whole. */
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

/* The program's name in Solana's clients. NULL: the data is not parsed, and the
 * caller drops what was written to out. */
static const char *write_parsed(struct rpc_request *request,
                                struct json_writer *out,
                                const struct pubkey *key,
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
    if (pubkey_equal(owner, &SYSVAR_OWNER_ID))
        return write_sysvar(out, key, account->data) ? "sysvar" : NULL;
    if (pubkey_equal(owner, &KOII_TASK_PROGRAM_ID))
        return write_task(out, account->data) ? "koii-task" : NULL;
    return NULL;
}

/* {"parsed":…,"program":…,"space":…}, as a whole or not at all. */
bool rpc_write_parsed_data(struct rpc_request *request, struct json_writer *out,
                           const struct pubkey *key,
                           const struct account *account)
{
    struct buffer text = {0};
    struct json_writer parsed = json_writer_make(&text);
    const char *program = write_parsed(request, &parsed, key, account);
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
