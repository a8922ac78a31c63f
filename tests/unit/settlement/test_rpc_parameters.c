/*
 * What Solana's RPC says of parameters that are missing, too many, or of
 * another type, in its words: clients show them, and some match on them. What
 * it lets pass has to pass here as well.
 */
#include "settlement/rpc.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
