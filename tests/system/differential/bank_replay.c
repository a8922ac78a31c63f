/*
 * A bank on a pipe, for differential.mjs: executes what differential.mjs sends
 * and writes the results.
 *
 * In: frames of kind u8, size u32le, payload.
 *   G  key[32] lamports u64le ...   genesis accounts; once, first
 *   B  hash[32]                     end the block with that blockhash, begin
 *                                   the next one
 *   T  a transaction in wire format
 * Out, for each frame: size u32le, JSON. For T
 *   {"err":…, "recorded":bool, "fee":n, "logs":[…],
 *    "returned":null or [program, data in base64],
 *    "inner":[[outer, stack height, program, [accounts], data in base64]],
 *    "accounts":[null or [lamports, owner, executable, data in base64]]}
 * with the static keys in their order, then those looked up; "err" is "Parse"
 * where it did not parse, SignatureFailure as a bank's caller finds it.
 */
#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "settlement/bank/bank.h"
#include "settlement/table/program_table.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAME_SIZE_MAX (1024 * 1024)

struct replay {
    struct bank *parent;
    struct bank *bank;
};

static bool read_exactly(void *where, size_t size)
{
    return fread(where, 1, size, stdin) == size;
}

static void begin_block(struct replay *replay)
{
    const struct bank_info *info = bank_info(replay->parent);
    const struct bank_block block = {.slot = info->slot + 1,
                                     .unix_ms = info->unix_ms + 400,
                                     .leader = info->leader};
    replay->bank = bank_open_child(replay->parent, &STATE_BASE_EMPTY, &block);
}

static void open_genesis(struct replay *replay, struct bytes payload)
{
    struct reader reader = reader_make(payload);
    size_t count = payload.size / 40;
    struct genesis_account *accounts = mem_zero(count, sizeof(*accounts));
    for (size_t i = 0; i < count; i++) {
        CHECK(reader_copy(&reader, accounts[i].key.bytes, 32) == 0);
        CHECK(reader_u64le(&reader, &accounts[i].account.lamports) == 0);
    }
    const struct genesis_validator validator = {.identity = {{1}}, .stake = 1};
    struct genesis genesis = {.creation_unix_ms = 1760000000000,
                              .slot_ms = 400,
                              .ticks_per_slot = GENESIS_TICKS_PER_SLOT,
                              .validators = &validator,
                              .validator_count = 1,
                              .accounts = accounts,
                              .account_count = count};
    genesis_hash(&genesis, &genesis.hash);
    replay->parent = bank_open_genesis(&genesis, &program_table);
    begin_block(replay);
    free(accounts);
}

static void next_block(struct replay *replay, struct bytes payload)
{
    struct hash blockhash;
    CHECK(payload.size == sizeof(blockhash.bytes));
    memcpy(blockhash.bytes, payload.data, sizeof(blockhash.bytes));
    bank_freeze(replay->bank, &blockhash);
    bank_sum_up(replay->bank);
    bank_release(replay->parent);
    replay->parent = replay->bank;
    begin_block(replay);
}

static void write_account(struct json_writer *writer, struct bank *bank,
                          const struct pubkey *key, struct arena *arena)
{
    struct account account;
    struct buffer data = {0};
    if (bank_account(bank, bank_state(bank), key, arena, &account) < 0) {
        json_write_null(writer);
        return;
    }
    base64_encode(account.data, &data);
    json_open_array(writer);
    json_write_u64(writer, account.lamports);
    json_write_text(writer, PUBKEY_TEXT(&account.owner));
    json_write_bool(writer, account.executable);
    json_write_bytes(writer, buffer_view(&data));
    json_close_array(writer);
    buffer_free(&data);
}

static void write_returned(struct json_writer *writer,
                           const struct bank_result *result)
{
    struct buffer data = {0};
    if (!result->return_data.size) {
        json_write_null(writer);
        return;
    }
    base64_encode(result->return_data, &data);
    json_open_array(writer);
    json_write_text(writer, PUBKEY_TEXT(&result->return_program));
    json_write_bytes(writer, buffer_view(&data));
    json_close_array(writer);
    buffer_free(&data);
}

static void write_inner(struct json_writer *writer,
                        const struct bank_result *result)
{
    json_open_array(writer);
    for (size_t i = 0; i < result->inner_count; i++) {
        const struct inner_instruction *inner = &result->inner[i];
        struct buffer data = {0};
        base64_encode(inner->instruction.data, &data);
        json_open_array(writer);
        json_write_u64(writer, inner->outer);
        json_write_u64(writer, inner->stack_height);
        json_write_u64(writer, inner->instruction.program_index);
        json_open_array(writer);
        for (size_t k = 0; k < inner->instruction.accounts.size; k++)
            json_write_u64(writer, inner->instruction.accounts.data[k]);
        json_close_array(writer);
        json_write_bytes(writer, buffer_view(&data));
        json_close_array(writer);
        buffer_free(&data);
    }
    json_close_array(writer);
}

static void write_result(struct json_writer *writer, struct bank *bank,
                         const struct bank_result *result, struct arena *arena)
{
    json_open_object(writer);
    json_name(writer, "err");
    transaction_status_json(writer, result->status);
    json_field_bool(writer, "recorded", result->recorded);
    json_field_u64(writer, "fee", result->fee);
    json_name(writer, "logs");
    json_open_array(writer);
    for (size_t i = 0; i < result->log_count; i++)
        json_write_bytes(writer, result->log[i]);
    json_close_array(writer);
    json_name(writer, "returned");
    write_returned(writer, result);
    json_name(writer, "inner");
    write_inner(writer, result);
    json_name(writer, "accounts");
    json_open_array(writer);
    for (size_t i = 0; i < result->key_count; i++)
        write_account(writer, bank, &result->keys[i], arena);
    json_close_array(writer);
    json_close_object(writer);
}

static void execute(struct replay *replay, struct bytes payload,
                    struct buffer *out)
{
    struct arena arena = {0};
    struct json_writer writer = json_writer_make(out);
    struct transaction transaction;
    struct bank_result result = {0};
    int status = transaction_parse(payload, &arena, &transaction);
    if (status < 0) {
        json_open_object(&writer);
        json_field_text(&writer, "err",
                        status == ERR_RANGE ? "SanitizeFailure" : "Parse");
        json_field_text(&writer, "text", err_text());
        json_close_object(&writer);
    } else {
        result.keys = transaction.keys;
        result.key_count = transaction.key_count;
        if (transaction_verify(&transaction))
            bank_execute(replay->bank, &transaction, BANK_WANT_LOG, &arena,
                         &result);
        else
            result.status =
                transaction_status_of(TRANSACTION_SIGNATURE_FAILURE);
        write_result(&writer, replay->bank, &result, &arena);
    }
    arena_free(&arena);
}

static void answer(struct buffer *text)
{
    uint8_t size[4];
    u32le_write(size, (uint32_t)text->size);
    CHECK(fwrite(size, 1, sizeof(size), stdout) == sizeof(size));
    CHECK(fwrite(text->data, 1, text->size, stdout) == text->size);
    CHECK(fflush(stdout) == 0);
}

int main(void)
{
    struct replay replay = {0};
    struct buffer payload = {0}, text = {0};
    uint8_t head[5];
    crypto_init();
    while (read_exactly(head, sizeof(head))) {
        uint32_t size = u32le_read(head + 1);
        CHECK(size <= FRAME_SIZE_MAX);
        buffer_clear(&text);
        buffer_clear(&payload);
        buffer_resize(&payload, size);
        CHECK(read_exactly(payload.data, size));
        CHECK(head[0] == 'G' || replay.bank);
        if (head[0] == 'T') {
            execute(&replay, buffer_view(&payload), &text);
        } else {
            if (head[0] == 'G')
                open_genesis(&replay, buffer_view(&payload));
            else
                next_block(&replay, buffer_view(&payload));
            buffer_text(&text, "null");
        }
        answer(&text);
    }
    bank_release(replay.bank);
    bank_release(replay.parent);
    buffer_free(&payload);
    buffer_free(&text);
    return 0;
}
