/*
 * Parameters that are missing, too many, or of another type have the errors of
 * Solana's RPC in its words: clients show them, and some match on them. What
 * Solana accepts has to be accepted here, too.
 */
#include "settlement/rpc/rpc.h"

#include "settlement/rpc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY "11111111111111111111111111111112"

static void refused(struct rpc_fixture *test, const char *method,
                    const char *params, const char *words)
{
    rpc_assert_error(rpc_call(test, method, "%s", params), -32602, words);
}

static void test_commitment_among_options_may_be_any_word(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_json(rpc_call(test, "getSlot", "[{\"commitment\":\"soon\"}]"),
                    "result", "5");
    rpc_assert_json(rpc_call(test, "getSlot", "[{\"commitment\":1}]"), "result",
                    "5");
    rpc_assert_json(rpc_call(test, "getBlock", "[1,{\"commitment\":\"soon\"}]"),
                    "result.blockHeight", "1");
}

static void test_commitment_by_itself_must_be_known(void **state)
{
    struct rpc_fixture *test = *state;
    static const char unknown[] =
        "Invalid params: unknown variant `soon`, expected one of `processed`, "
        "`confirmed`, `finalized`.";
    refused(test, "getMinimumBalanceForRentExemption",
            "[0,{\"commitment\":\"soon\"}]", unknown);
    refused(test, "getInflationGovernor", "[{\"commitment\":\"soon\"}]",
            unknown);
    refused(test, "getTokenSupply", "[\"" KEY "\",{\"commitment\":\"soon\"}]",
            unknown);
    refused(test, "getTokenSupply", "[\"" KEY "\",{}]",
            "Invalid params: missing field `commitment`.");
    rpc_assert_json(rpc_call(test, "getMinimumBalanceForRentExemption",
                             "[0,{\"commitment\":\"recent\"}]"),
                    "result", "890880");
}

static void test_encodings_are_those_of_what_is_shown(void **state)
{
    struct rpc_fixture *test = *state;
    refused(test, "getAccountInfo", "[\"" KEY "\",{\"encoding\":\"json\"}]",
            "Invalid params: unknown variant `json`, expected one of `binary`, "
            "`base58`, `base64`, `jsonParsed`, `base64+zstd`.");
    refused(test, "sendTransaction", "[\"\",{\"encoding\":\"base64+zstd\"}]",
            "Invalid params: unknown variant `base64+zstd`, expected one of "
            "`binary`, `base64`, `base58`, `json`, `jsonParsed`.");
    rpc_assert_code(
        rpc_call(test, "getBlock", "[1,{\"encoding\":\"base64+zstd\"}]"),
        -32602);
    /* Methods that show neither do not look at it. */
    rpc_assert_json(rpc_call(test, "getSlot", "[{\"encoding\":\"hex\"}]"),
                    "result", "5");
}

static void test_least_slot_is_looked_at_where_it_is_an_option(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_code(
        rpc_call(test, "getBalance", "[\"" KEY "\",{\"minContextSlot\":6}]"),
        -32016);
    rpc_assert_json(rpc_call(test, "getBlock", "[1,{\"minContextSlot\":6}]"),
                    "result.blockHeight", "1");
}

/* Each kind of method has its own words (rpc_parameters_check()). */
static void test_number_of_parameters_is_checked(void **state)
{
    struct rpc_fixture *test = *state;
    refused(test, "getAccountInfo", "[]",
            "`params` should have at least 1 argument(s)");
    refused(test, "getAccountInfo", "[\"" KEY "\",null,1]",
            "Invalid parameters: Expected from 1 to 2 parameters.");
    refused(test, "getBlockTime", "[]",
            "Invalid params: invalid length 0, expected a tuple of size 1.");
    refused(test, "getBlockTime", "null",
            "Invalid params: invalid type: null, expected a tuple of size 1.");
    refused(test, "getSlotLeaders", "[0,1,2]",
            "Invalid params: invalid length 3, expected fewer elements in "
            "array.");
    refused(test, "getHealth", "[1]",
            "Invalid parameters: No parameters were expected");
    refused(test, "getSlot", "{}", "`params` should be an array");
    rpc_assert_json(rpc_call(test, "getSlot", "null"), "result", "5");
    rpc_assert_json(rpc_call(test, "getSlot", "[null]"), "result", "5");
}

static void test_wrong_types_have_serdes_words(void **state)
{
    struct rpc_fixture *test = *state;
    static const char *const cases[][3] = {
        {"getBlockTime", "[\"1\"]", "type: string \"1\", expected u64"},
        {"getBlockTime", "[null]", "type: null, expected u64"},
        {"getBlockTime", "[-1]", "value: integer `-1`, expected u64"},
        {"getBlockTime", "[1.5]", "type: floating point `1.5`, expected u64"},
        {"getBlockTime", "[true]", "type: boolean `true`, expected u64"},
        {"getBlockTime", "[[]]", "type: sequence, expected u64"},
        {"getAccountInfo", "[5]", "type: integer `5`, expected a string"},
        {"getAccountInfo", "[null]", "type: null, expected a string"},
        {"getMultipleAccounts", "[{}]", "type: map, expected a sequence"},
        {"getMultipleAccounts", "[[7]]",
         "type: integer `7`, expected a string"},
        {"sendTransaction", "[\"\",{\"encoding\":1}]",
         "type: integer `1`, expected string or map"},
        {"getSignatureStatuses", "[[],{\"searchTransactionHistory\":1}]",
         "type: integer `1`, expected a boolean"},
        {"getTokenAccountsByOwner", "[\"" KEY "\",5]",
         "type: integer `5`, expected string or map"},
        {"getTokenAccountsByOwner", "[\"" KEY "\",{}]",
         "value: map, expected map with a single key"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char words[128];
        snprintf(words, sizeof(words), "Invalid params: invalid %s.",
                 cases[i][2]);
        refused(test, cases[i][0], cases[i][1], words);
    }
    refused(test, "getSignatureStatuses", "[[],{}]",
            "Invalid params: missing field `searchTransactionHistory`.");
    refused(test, "getTokenAccountsByOwner", "[\"" KEY "\",{\"x\":1}]",
            "Invalid params: unknown variant `x`, expected `mint` or "
            "`programId`.");
}

static void test_values_out_of_range_have_solanas_words(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_error(
        rpc_call(test, "getMinimumBalanceForRentExemption", "[10485761]"),
        -32600, "Invalid request");
    rpc_assert_json(
        rpc_call(test, "getMinimumBalanceForRentExemption", "[10485760]"),
        "result", "72981780480");
    refused(test, "isBlockhashValid", "[\"0\"]", "Invalid");
    refused(test, "isBlockhashValid", "[\"abc\"]", "WrongSize");
    refused(test, "getBlockProduction",
            "[{\"range\":{\"firstSlot\":5,\"lastSlot\":1}}]",
            "lastSlot, 1, cannot be less than firstSlot, 5");
    refused(test, "getBlockProduction",
            "[{\"range\":{\"firstSlot\":0,\"lastSlot\":9}}]",
            "lastSlot, 9, is too large; max 5");
    refused(test, "getBlockProduction", "[{\"range\":5}]",
            "Invalid params: invalid type: integer `5`, expected struct "
            "RpcBlockProductionConfigRange.");
    refused(test, "getLargestAccounts", "[{\"filter\":5}]",
            "Invalid params: invalid type: integer `5`, expected string or "
            "map.");
}

/* Rewards are known from the first block of the next epoch on. */
static void test_rewards_of_an_epoch_wait_for_its_end(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_error(rpc_call(test, "getInflationReward", "[[\"" KEY "\"]]"),
                     -32004, "Block not available for slot 432000");
    rpc_assert_error(rpc_call(test, "getInflationReward",
                              "[[],{\"epoch\":18446744073709551615}]"),
                     -32004,
                     "Block not available for slot 18446744073709551615");
    refused(test, "getInflationReward", "[[\"x\"]]",
            "Invalid param: WrongSize");
    ledger_fixture_block(&test->ledger, 432000, NULL, 0);
    rpc_assert_json(rpc_call(test, "getInflationReward", "[[\"" KEY "\"]]"),
                    "result", "[null]");
    rpc_assert_code(
        rpc_call(test, "getInflationReward", "[[\"" KEY "\"],{\"epoch\":1}]"),
        -32004);
}

static void test_blocks_without_an_end_reach_as_far_as_a_range(void **state)
{
    struct rpc_fixture *test = *state;
    ledger_fixture_block(&test->ledger, 500005, NULL, 0);
    ledger_fixture_block(&test->ledger, 500006, NULL, 0);
    rpc_assert_json(rpc_call(test, "getBlocks", "[5]"), "result", "[5,500005]");
    rpc_assert_json(rpc_call(test, "getBlocks", "[5,null,{}]"), "result",
                    "[5,500005]");
    refused(test, "getBlocks", "[5,600000]",
            "Slot range too large; max 500000");
}

/* If a parameter may have several forms, the error does not say what is wrong
 * with it. */
static void test_parameters_of_several_forms_fit_one_of_them(void **state)
{
    struct rpc_fixture *test = *state;
    static const char block[] =
        "Invalid params: data did not match any variant of untagged enum "
        "RpcEncodingConfigWrapper.";
    static const char *const options[] = {
        "5",
        "\"base64+zstd\"",
        "{\"encoding\":\"base64+zstd\"}",
        "{\"transactionDetails\":\"some\"}",
        "{\"transactionDetails\":1}",
        "{\"rewards\":1}",
        "{\"maxSupportedTransactionVersion\":256}",
        "{\"maxSupportedTransactionVersion\":-1}",
    };
    char text[256];
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        snprintf(text, sizeof(text), "[1,%s]", options[i]);
        refused(test, "getBlock", text, block);
    }
    refused(test, "getBlocks", "[1,\"2\"]",
            "Invalid params: data did not match any variant of untagged enum "
            "RpcBlocksConfigWrapper.");
    refused(test, "getLeaderSchedule", "[\"2\"]",
            "Invalid params: data did not match any variant of untagged enum "
            "RpcLeaderScheduleConfigWrapper.");
    rpc_assert_json(rpc_call(test, "getBlock", "[1,\"base64\"]"),
                    "result.blockHeight", "1");
    rpc_assert_json(rpc_call(test, "getBlock",
                             "[1,{\"maxSupportedTransactionVersion\":"
                             "255}]"),
                    "result.blockHeight", "1");
    refused(test, "getBlock", "[1,{\"commitment\":\"processed\"}]",
            "Method does not support commitment below `confirmed`");
}

static void test_filters_are_refused_for_what_is_wrong(void **state)
{
    struct rpc_fixture *test = *state;
    static const char *const cases[][2] = {
        {"5", "Invalid params: invalid type: integer `5`, expected string or "
              "map."},
        {"{\"x\":1}", "Invalid params: unknown variant `x`, expected one of "
                      "`dataSize`, `memcmp`, `tokenAccountState`."},
        {"\"x\"", "Invalid params: unknown variant `x`, expected one of "
                  "`dataSize`, `memcmp`, `tokenAccountState`."},
        /* Two in one: neither may be left out silently. */
        {"{\"dataSize\":1,\"memcmp\":{\"offset\":0,\"bytes\":\"1\"}}",
         "Invalid params: invalid value: map, expected map with a single key."},
        {"{\"dataSize\":\"1\"}", "Invalid params: invalid type: string \"1\", "
                                 "expected u64."},
        {"{\"memcmp\":{\"bytes\":\"1\"}}",
         "Invalid params: missing field `offset`."},
        {"{\"memcmp\":{\"offset\":0}}",
         "Invalid params: missing field `bytes`."},
        {"{\"memcmp\":{\"offset\":0,\"bytes\":[256]}}",
         "Invalid params: data did not match any variant of untagged enum "
         "DataType."},
        {"{\"memcmp\":{\"offset\":0,\"bytes\":\"10\"}}",
         "Invalid param: Base58DecodeError(InvalidCharacter { character: '0', "
         "index: 1 })"},
        {"{\"memcmp\":{\"offset\":0,\"bytes\":\"A!AA\",\"encoding\":\"base64\"}"
         "}",
         "Invalid param: Base64DecodeError(InvalidByte(1, 33))"},
    };
    char text[512];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        snprintf(text, sizeof(text), "[\"" KEY "\",{\"filters\":[%s]}]",
                 cases[i][0]);
        refused(test, "getProgramAccounts", text, cases[i][1]);
    }
    /* 128 digits "1" are 128 bytes; 129 are too many. */
    char ones[130];
    memset(ones, '1', sizeof(ones));
    snprintf(text, sizeof(text),
             "[\"" KEY "\",{\"filters\":[{\"memcmp\":{\"offset\":0,\"bytes\":"
             "\"%.129s\"}}]}]",
             ones);
    refused(test, "getProgramAccounts", text, "Invalid param: DataTooLarge");
    snprintf(text, sizeof(text),
             "[\"" KEY "\",{\"filters\":[{\"memcmp\":{\"offset\":0,\"bytes\":"
             "\"%.128s\"}}]}]",
             ones);
    rpc_assert_json(rpc_call(test, "getProgramAccounts", "%s", text), "result",
                    "[]");
}

#define PACKET "solana_transaction::versioned::VersionedTransaction"

static void test_transactions_are_limited_by_their_encoding(void **state)
{
    struct rpc_fixture *test = *state;
    char text[1800];
    snprintf(text, sizeof(text), "[\"%0*d\"]", 1684, 0);
    refused(test, "sendTransaction", text,
            "base58 encoded " PACKET " too large: 1684 bytes (max: "
            "encoded/raw 1683/1232)");
    snprintf(text, sizeof(text), "[\"%0*d\",{\"encoding\":\"base64\"}]", 1648,
             0);
    refused(test, "simulateTransaction", text,
            "base64 encoded " PACKET " too large: 1648 bytes (max: "
            "encoded/raw 1644/1232)");
    snprintf(text, sizeof(text), "[\"%0*d\",{\"encoding\":\"base64\"}]", 1644,
             0);
    refused(test, "sendTransaction", text,
            "decoded " PACKET " too large: 1233 bytes (max: 1232 bytes)");
    snprintf(text, sizeof(text), "[\"%0*d\"]", 1648, 0);
    refused(test, "getFeeForMessage", text,
            "base64 encoded solana_message::versions::VersionedMessage too "
            "large: 1648 bytes (max: encoded/raw 1644/1232)");
    refused(test, "sendTransaction", "[\"\",{\"encoding\":\"json\"}]",
            "unsupported encoding: json. Supported encodings: base58, base64");
    refused(test, "sendTransaction",
            "[\"\",{\"preflightCommitment\":\"soon\"}]",
            "Invalid params: unknown variant `soon`, expected one of "
            "`processed`, `confirmed`, `finalized`.");
}

static void test_request_has_a_version_and_no_strange_members(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_error(rpc_ask(test, "{\"id\":1,\"method\":\"getSlot\"}"), -32600,
                     "Unsupported JSON-RPC protocol version");
    static const char *const bodies[] = {
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"x\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"params\":5}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct json_object *answer = rpc_ask(test, bodies[i]);
        assert_int_equal(json_object_get_int(rpc_at(answer, "id")), 1);
        rpc_assert_error(answer, -32600, "Invalid request");
    }
}

static void test_words_are_those_known_and_no_others(void **state)
{
    struct rpc_fixture *test = *state;
    static const struct {
        const char *method;
        const char *params;
        const char *words;
    } cases[] = {
        {"getProgramAccounts",
         "[\"" KEY "\",{\"filters\":[{\"memcmp\":{\"offset\":0,\"bytes\":"
         "\"11\",\"encoding\":\"hex\"}}]}]",
         "Invalid params: unknown variant `hex`, expected one of `base58`, "
         "`base64`, `bytes`."},
        {"getProgramAccounts",
         "[\"" KEY "\",{\"filters\":[{\"memcmp\":{\"offset\":0,\"bytes\":"
         "[1],\"encoding\":\"Base58\"}}]}]",
         "Invalid params: unknown variant `Base58`, expected one of `base58`, "
         "`base64`, `bytes`."},
        {"getProgramAccounts",
         "[\"" KEY "\",{\"filters\":[{\"memcmp\":{\"offset\":0,\"bytes\":"
         "\"11\",\"encoding\":64}}]}]",
         "Invalid params: invalid type: integer `64`, expected string or map."},
        {"getProgramAccounts", "[\"" KEY "\",{\"filters\":[\"memcmp\"]}]",
         "Invalid params: invalid type: unit variant, expected newtype "
         "variant."},
        {"getProgramAccounts",
         "[\"" KEY "\",{\"filters\":[{\"dataSize\":null}]}]",
         "Invalid params: invalid type: null, expected u64."},
        {"getLargestAccounts", "[{\"filter\":\"all\"}]",
         "Invalid params: unknown variant `all`, expected `circulating` or "
         "`nonCirculating`."},
        {"getTokenAccountsByOwner", "[\"" KEY "\",{\"mint\":5}]",
         "Invalid params: invalid type: integer `5`, expected a string."},
        {"getAccountInfo", "[\"" KEY "\",{\"encoding\":\"base64\\u0000x\"}]",
         "Invalid params: a text has a NUL in it."},
        {"getSlot", "[{\"minContextSlot\":[\"\\u0000\"]}]",
         "Invalid params: a text has a NUL in it."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refused(test, cases[i].method, cases[i].params, cases[i].words);
    rpc_assert_json(
        rpc_call(test, "getProgramAccounts",
                 "[\"" KEY "\",{\"filters\":[\"tokenAccountState\","
                 "{\"tokenAccountState\":null},{\"memcmp\":{\"offset\":0,"
                 "\"bytes\":[1],\"encoding\":\"bytes\"}}]}]"),
        "result", "[]");
}

static void test_numbers_past_64_bits_are_no_numbers(void **state)
{
    struct rpc_fixture *test = *state;
    static const char words[] = "Invalid params: invalid type: floating point "
                                "`18446744073709551616.0`, expected u64.";
    refused(test, "getBlock", "[18446744073709551616]", words);
    refused(test, "getMinimumBalanceForRentExemption", "[18446744073709551616]",
            words);
    refused(test, "getSlot", "[{\"minContextSlot\":18446744073709551616}]",
            words);
    refused(test, "getProgramAccounts",
            "[\"" KEY "\",{\"filters\":[{\"dataSize\":"
            "18446744073709551616}]}]",
            words);
    refused(test, "getAccountInfo",
            "[\"" KEY "\",{\"encoding\":\"base64\",\"dataSlice\":{\"offset\":"
            "0,\"length\":18446744073709551616}}]",
            words);
}

static void test_ids_come_back_as_they_were_or_not_at_all(void **state)
{
    struct rpc_fixture *test = *state;
    static const char *const same[] = {"18446744073709551615",
                                       "-9223372036854775808",
                                       "1.5",
                                       "0",
                                       "\"100000000000000000000\"",
                                       "null"};
    static const char *const others[] = {"18446744073709551616",
                                         "100000000000000000000",
                                         "-9223372036854775809", "1e300"};
    char body[200];
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        snprintf(body, sizeof(body),
                 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"getSlot\"}",
                 same[i]);
        rpc_assert_json(rpc_ask(test, body), "id", same[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        snprintf(body, sizeof(body),
                 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"getSlot\"}",
                 others[i]);
        rpc_assert_json(rpc_ask(test, body), "error.code", "-32600");
        rpc_assert_json(rpc_ask(test, body), "id", "null");
    }
}

/* json-c would answer with U+FFFD, and take the last of two. */
static void test_calls_that_can_be_read_in_two_ways_are_not_read(void **state)
{
    struct rpc_fixture *test = *state;
    static const char *const calls[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud800\",\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"getSlot\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\","
        "\"method\":\"getHealth\"}",
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"params\":"
        "[{\"commitment\":\"final\",\"commitment\":\"processed\"}]}]"};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rpc_assert_json(rpc_ask(test, calls[i]), "id", "null");
        rpc_assert_error(rpc_ask(test, calls[i]), -32700, "Parse error");
    }
    rpc_assert_json(rpc_ask(test, "{\"jsonrpc\":\"2.0\",\"id\":"
                                  "\"\\ud83d\\ude00\",\"method\":"
                                  "\"getSlot\"}"),
                    "id", "\"\U0001f600\"");
}

/* Below the limit on bytes. */
static void test_a_call_of_too_many_values_is_not_read(void **state)
{
    struct rpc_fixture *test = *state;
    struct buffer call = {0};
    buffer_text(&call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                       "\"getSlot\",\"params\":[{},[{}");
    for (int i = 0; i < RPC_VALUES_MAX / JSON_OBJECT_VALUES; i++)
        buffer_text(&call, ",{}");
    buffer_text(&call, "]]}");
    assert_true(call.size < RPC_BODY_MAX);
    rpc_assert_error(rpc_ask(test, buffer_string(&call)), -32700,
                     "Parse error");
    buffer_free(&call);
}

static void test_text_behind_a_call_is_a_parse_error(void **state)
{
    struct rpc_fixture *test = *state;
    static const char call[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}";
    static const char *const behind[] = {"\0more", "more", "\0", "{}", ","};
    static const size_t sizes[] = {5, 4, 1, 2, 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buffer body = {0}, answer = {0};
        buffer_append(&body, call, sizeof(call) - 1);
        buffer_append(&body, behind[i], sizes[i]);
        rpc_handle(test->rpc, buffer_view(&body), &answer);
        assert_non_null(strstr(buffer_string(&answer), "-32700"));
        buffer_free(&body);
        buffer_free(&answer);
    }
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rpc_fixture_setup,                   \
                                    rpc_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_commitment_among_options_may_be_any_word),
        TEST(test_commitment_by_itself_must_be_known),
        TEST(test_encodings_are_those_of_what_is_shown),
        TEST(test_least_slot_is_looked_at_where_it_is_an_option),
        TEST(test_number_of_parameters_is_checked),
        TEST(test_wrong_types_have_serdes_words),
        TEST(test_values_out_of_range_have_solanas_words),
        TEST(test_rewards_of_an_epoch_wait_for_its_end),
        TEST(test_blocks_without_an_end_reach_as_far_as_a_range),
        TEST(test_parameters_of_several_forms_fit_one_of_them),
        TEST(test_filters_are_refused_for_what_is_wrong),
        TEST(test_transactions_are_limited_by_their_encoding),
        TEST(test_request_has_a_version_and_no_strange_members),
        TEST(test_words_are_those_known_and_no_others),
        TEST(test_numbers_past_64_bits_are_no_numbers),
        TEST(test_ids_come_back_as_they_were_or_not_at_all),
        TEST(test_a_call_of_too_many_values_is_not_read),
        TEST(test_calls_that_can_be_read_in_two_ways_are_not_read),
        TEST(test_text_behind_a_call_is_a_parse_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
