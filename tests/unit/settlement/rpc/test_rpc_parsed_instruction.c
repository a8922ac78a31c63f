/*
 * The parsed forms of instructions, compared with those that Solana's nodes
 * show of the same bytes (most are from the tests of its parsers).
 */
#include "settlement/rpc/rpc_parsed.h"

#include "settlement/bank/lookup_table.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/token_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 8

static struct pubkey keys[KEYS + 1]; /* the last one is the program's */

/* The "parsed" of an instruction with the first accounts of keys; empty if the
 * instruction is not parsed. */
static void parse(const struct pubkey *program, struct bytes data,
                  uint8_t account_count, struct buffer *out)
{
    static const uint8_t indexes[KEYS] = {0, 1, 2, 3, 4, 5, 6, 7};
    const struct transaction_instruction instruction = {
        .program_index = KEYS,
        .accounts = bytes_make(indexes, account_count),
        .data = data};
    struct json_object *object;
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    keys[KEYS] = *program;
    if (rpc_write_parsed_instruction(&writer, &instruction, keys, 1)) {
        assert_int_equal(json_parse(buffer_view(&text), &object), 0);
        json_text(json_object_object_get(object, "parsed"), out);
        json_object_put(object);
    }
    buffer_free(&text);
}

/* In expected, "K3" stands for the text of keys[3]. */
static void assert_parsed(const struct pubkey *program, const void *data,
                          size_t size, uint8_t account_count,
                          const char *expected)
{
    struct buffer found = {0}, wanted = {0};
    for (const char *at = expected; *at; at++) {
        if (at[0] == 'K' && at[1] >= '0' && at[1] < '0' + KEYS)
            buffer_text(&wanted, PUBKEY_TEXT(&keys[*++at - '0']));
        else
            buffer_u8(&wanted, (uint8_t)*at);
    }
    parse(program, bytes_make(data, size), account_count, &found);
    assert_string_equal(buffer_string(&found), buffer_string(&wanted));
    buffer_free(&found);
    buffer_free(&wanted);
}

static void assert_unparsed(const struct pubkey *program, const void *data,
                            size_t size, uint8_t account_count)
{
    struct buffer found = {0};
    parse(program, bytes_make(data, size), account_count, &found);
    assert_string_equal(buffer_string(&found), "");
    buffer_free(&found);
}

static void test_lookup_table_instructions(void **state)
{
    const struct pubkey *program = &ADDRESS_LOOKUP_TABLE_PROGRAM_ID;
    static const uint8_t create[] = {0, 0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 254};
    assert_parsed(program, create, sizeof(create), 4,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\",\"payerAccount\":\"K2\","
                  "\"systemProgram\":\"K3\",\"recentSlot\":42,"
                  "\"bumpSeed\":254},\"type\":\"createLookupTable\"}");
    assert_unparsed(program, create, sizeof(create), 3);
    assert_unparsed(program, create, sizeof(create) - 1, 4);
    static const uint8_t freeze[] = {1, 0, 0, 0};
    assert_parsed(program, freeze, sizeof(freeze), 2,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\"},"
                  "\"type\":\"freezeLookupTable\"}");
    static const uint8_t deactivate[] = {3, 0, 0, 0};
    assert_parsed(program, deactivate, sizeof(deactivate), 2,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\"},"
                  "\"type\":\"deactivateLookupTable\"}");
    static const uint8_t close[] = {4, 0, 0, 0};
    assert_parsed(program, close, sizeof(close), 3,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\",\"recipient\":\"K2\"},"
                  "\"type\":\"closeLookupTable\"}");
    assert_unparsed(program, close, sizeof(close), 2);
    static const uint8_t unknown[] = {5, 0, 0, 0};
    assert_unparsed(program, unknown, sizeof(unknown), 4);
}

static void test_extension_shows_its_payer_if_it_has_one(void **state)
{
    const struct pubkey *program = &ADDRESS_LOOKUP_TABLE_PROGRAM_ID;
    uint8_t extend[4 + 8 + 2 * 32] = {2, 0, 0, 0, 2};
    memcpy(extend + 12, keys[5].bytes, 32);
    memcpy(extend + 44, keys[6].bytes, 32);
    assert_parsed(program, extend, sizeof(extend), 2,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\","
                  "\"newAddresses\":[\"K5\",\"K6\"]},"
                  "\"type\":\"extendLookupTable\"}");
    assert_parsed(program, extend, sizeof(extend), 4,
                  "{\"info\":{\"lookupTableAccount\":\"K0\","
                  "\"lookupTableAuthority\":\"K1\",\"payerAccount\":\"K2\","
                  "\"systemProgram\":\"K3\","
                  "\"newAddresses\":[\"K5\",\"K6\"]},"
                  "\"type\":\"extendLookupTable\"}");
    extend[4] = 3; /* more than the data holds */
    assert_unparsed(program, extend, sizeof(extend), 2);
}

static void test_token_amounts_are_parsed_both_ways(void **state)
{
    static const uint8_t to_text[] = {23, 0x2a, 0, 0, 0, 0, 0, 0, 0};
    assert_parsed(&TOKEN_PROGRAM_ID, to_text, sizeof(to_text), 1,
                  "{\"info\":{\"mint\":\"K0\",\"amount\":\"42\"},"
                  "\"type\":\"amountToUiAmount\"}");
    static const char from_text[] = "\x18"
                                    "0.42";
    assert_parsed(&TOKEN_PROGRAM_ID, from_text, 5, 1,
                  "{\"info\":{\"mint\":\"K0\",\"uiAmount\":\"0.42\"},"
                  "\"type\":\"uiAmountToAmount\"}");
    assert_unparsed(&TOKEN_PROGRAM_ID, "\x18\xff", 2, 1);
}

static void test_unwrapping_shows_an_amount_if_it_has_one(void **state)
{
    static const uint8_t some[] = {45, 1, 7, 0, 0, 0, 0, 0, 0, 0};
    assert_parsed(&TOKEN_PROGRAM_ID, some, sizeof(some), 3,
                  "{\"info\":{\"source\":\"K0\",\"destination\":\"K1\","
                  "\"authority\":\"K2\",\"amount\":\"7\"},"
                  "\"type\":\"unwrapLamports\"}");
    assert_parsed(&TOKEN_PROGRAM_ID, "\x2d\x00", 2, 3,
                  "{\"info\":{\"source\":\"K0\",\"destination\":\"K1\","
                  "\"authority\":\"K2\"},\"type\":\"unwrapLamports\"}");
    assert_unparsed(&TOKEN_PROGRAM_ID, "\x2d\x02", 2, 3);
}

static void test_batch_shows_each_of_its_instructions(void **state)
{
    static const uint8_t batch[] = {255, 1, 1, 17, /* SyncNative */
                                    3,   9, 3, 5,  0, 0, 0, 0, 0, 0, 0};
    assert_parsed(&TOKEN_PROGRAM_ID, batch, sizeof(batch), 4,
                  "{\"info\":{\"instructions\":["
                  "{\"info\":{\"account\":\"K0\"},\"type\":\"syncNative\"},"
                  "{\"info\":{\"source\":\"K1\",\"destination\":\"K2\","
                  "\"authority\":\"K3\",\"amount\":\"5\"},"
                  "\"type\":\"transfer\"}]},\"type\":\"batch\"}");
    assert_unparsed(&TOKEN_PROGRAM_ID, batch, sizeof(batch), 3);
    assert_unparsed(&TOKEN_PROGRAM_ID, batch, sizeof(batch) - 1, 4);
    static const uint8_t nested[] = {255, 0, 1, 255};
    assert_unparsed(&TOKEN_PROGRAM_ID, nested, sizeof(nested), 4);
}

/* A tag other than 0 and 1 means a broken instruction. */
static void test_option_has_a_tag_of_its_own(void **state)
{
    uint8_t data[35] = {6, 2, 1};
    memcpy(data + 3, keys[4].bytes, 32);
    assert_parsed(&TOKEN_PROGRAM_ID, data, sizeof(data), 2,
                  "{\"info\":{\"account\":\"K0\",\"authority\":\"K1\","
                  "\"authorityType\":\"accountOwner\",\"newAuthority\":\"K4\"},"
                  "\"type\":\"setAuthority\"}");
    data[2] = 2;
    assert_unparsed(&TOKEN_PROGRAM_ID, data, sizeof(data), 2);
}

/* The base account signs and has no name in the form. */
static void test_seeded_accounts_need_their_base(void **state)
{
    uint8_t assign[4 + 32 + 8 + 1 + 32] = {10, 0, 0, 0};
    memcpy(assign + 4, keys[1].bytes, 32);
    assign[36] = 1;
    assign[44] = 's';
    memcpy(assign + 45, keys[7].bytes, 32);
    assert_parsed(&SYSTEM_PROGRAM_ID, assign, sizeof(assign), 2,
                  "{\"info\":{\"account\":\"K0\",\"base\":\"K1\","
                  "\"seed\":\"s\",\"owner\":\"K7\"},"
                  "\"type\":\"assignWithSeed\"}");
    assert_unparsed(&SYSTEM_PROGRAM_ID, assign, sizeof(assign), 1);
}

static void test_associated_account_takes_no_more_bytes(void **state)
{
    static const char create[] =
        "{\"info\":{\"source\":\"K0\",\"account\":\"K1\",\"wallet\":\"K2\","
        "\"mint\":\"K3\",\"systemProgram\":\"K4\",\"tokenProgram\":\"K5\"},"
        "\"type\":\"create\"}";
    assert_parsed(&ASSOCIATED_TOKEN_PROGRAM_ID, "", 0, 6, create);
    assert_parsed(&ASSOCIATED_TOKEN_PROGRAM_ID, "", 1, 7, create);
    assert_unparsed(&ASSOCIATED_TOKEN_PROGRAM_ID, "\0\0", 2, 6);
    assert_unparsed(&ASSOCIATED_TOKEN_PROGRAM_ID, "", 1, 5);
}

static void test_task_shows_what_a_reader_needs(void **state)
{
    const struct pubkey *program = &KOII_TASK_PROGRAM_ID;
    uint8_t upload[521] = {11, 2, 0, 0xfc, 1, '{', '}'};
    upload[513] = 54;
    struct buffer found = {0};
    struct json_object *object, *info;
    parse(program, bytes_make(upload, sizeof(upload)), 2, &found);
    assert_int_equal(json_parse(buffer_view(&found), &object), 0);
    info = json_object_object_get(object, "info");
    assert_int_equal(
        json_object_get_int(json_object_object_get(info, "number")), 2);
    assert_int_equal(json_object_get_int(json_object_object_get(info, "round")),
                     54);
    /* "{}" and zeros. */
    const char *chunk =
        json_object_get_string(json_object_object_get(info, "chunk"));
    assert_int_equal(strlen(chunk), (TASK_CHUNK_DATA_SIZE + 2) / 3 * 4);
    assert_int_equal(strncmp(chunk, "e30AAAAA", 8), 0);
    json_object_put(object);
    buffer_free(&found);

    char insert[26] = "\x10"
                      "insert                  ";
    assert_parsed(program, insert, 25, 4,
                  "{\"info\":{\"operation\":\"insert\","
                  "\"accounts\":[\"K0\",\"K1\",\"K2\",\"K3\"]},"
                  "\"type\":\"HandleManagerAccounts\"}");
}

int main(void)
{
    for (int i = 0; i < KEYS; i++)
        memset(keys[i].bytes, i + 1, sizeof(keys[i].bytes));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_table_instructions),
        cmocka_unit_test(test_extension_shows_its_payer_if_it_has_one),
        cmocka_unit_test(test_token_amounts_are_parsed_both_ways),
        cmocka_unit_test(test_unwrapping_shows_an_amount_if_it_has_one),
        cmocka_unit_test(test_batch_shows_each_of_its_instructions),
        cmocka_unit_test(test_option_has_a_tag_of_its_own),
        cmocka_unit_test(test_seeded_accounts_need_their_base),
        cmocka_unit_test(test_associated_account_takes_no_more_bytes),
        cmocka_unit_test(test_task_shows_what_a_reader_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
