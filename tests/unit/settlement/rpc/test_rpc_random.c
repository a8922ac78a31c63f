/*
 * Every method of the RPC's tables with random parameters: wrong types and
 * counts, huge numbers, deep nesting, broken base58 and base64, and options
 * that exist with values that don't fit. The answer is always one result or
 * one error of Solana's form. `test_settlement_rpc_random SEED` repeats a run.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/random.h"
#include "settlement/chain/mempool.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CALLS 150 /* of each method */
#define DEPTH_MAX 5

static uint64_t seed;

struct test {
    struct ledger_fixture ledger;
    struct mempool *mempool;
    struct rpc *rpc;
    struct random random;
    char key[BASE58_KEY_SIZE];
    char signature[BASE58_SIGNATURE_SIZE];
};

static const struct pubkey target = {{1, 2, 3}};

/* An account whose data is too long for base58, the default encoding. */
static struct transaction make_account(struct test *test,
                                       const struct keypair *fresh)
{
    const struct keypair *payer = &test->ledger.chain.keys[0];
    const struct keypair *const signers[] = {payer, fresh};
    struct buffer data = {0};
    system_create_account_data(rent_minimum_balance(200), 200,
                               &SYSTEM_PROGRAM_ID, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = fresh->pubkey, .signer = true, .writable = true}};
    const struct instruction create = {.program = SYSTEM_PROGRAM_ID,
                                       .accounts = accounts,
                                       .account_count = 2,
                                       .data = buffer_view(&data)};
    struct transaction made =
        fixture_make(&test->ledger.chain, signers, 2, &create, 1,
                     &bank_info(test->ledger.tip)->blockhash);
    buffer_free(&data);
    return made;
}

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    test->mempool = mempool_new(64);
    test->random = random_make(seed);
    const struct rpc_options options = {.ledger = test->ledger.ledger,
                                        .mempool = test->mempool,
                                        .identity =
                                            test->ledger.chain.leader.pubkey,
                                        .faucet = &test->ledger.chain.keys[0]};
    test->rpc = rpc_new(&options);
    struct transaction sent =
        ledger_fixture_transfer(&test->ledger, 1, &target, 5000000);
    ledger_fixture_block(&test->ledger, 1, NULL, 0);
    ledger_fixture_block(&test->ledger, 2, &sent, 1);
    const struct keypair fresh = fixture_key(4711);
    struct transaction created = make_account(test, &fresh);
    ledger_fixture_block(&test->ledger, 5, &created, 1);
    base58_key(fresh.pubkey.bytes, test->key);
    base58_signature(transaction_id(&sent)->bytes, test->signature);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    rpc_free(test->rpc);
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    free(test);
    return 0;
}

/* ---- Random parameters, as JSON text ---- */

static uint64_t below(struct test *test, uint64_t bound)
{
    return random_below(&test->random, bound);
}

static void put(struct buffer *out, const char *text)
{
    buffer_bytes(out, bytes_text(text));
}

static void put_text(struct test *test, struct buffer *out)
{
    static const char *const texts[] = {
        "\"\"",
        "\"finalized\"",
        "\"processed\"",
        "\"base64\"",
        "\"base58\"",
        "\"base64+zstd\"",
        "\"jsonParsed\"",
        "\"full\"",
        "\"none\"",
        "\"all\"",
        "\"11111111111111111111111111111111\"",
        "\"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA\"",
        "\"0OIl\"",
        "\"AAAA\"",
        "\"A===\"",
        "\"\\u0000\\ud83d\\ude00\"",
        "\"-1\"",
        "\"18446744073709551616\"",
    };
    uint64_t choice = below(test, 24);
    if (choice < sizeof(texts) / sizeof(*texts)) {
        put(out, texts[choice]);
    } else if (choice < 21) {
        buffer_format(out, "\"%s\"", test->key);
    } else if (choice < 22) {
        buffer_format(out, "\"%s\"", test->signature);
    } else {
        /* A text of letters of base64 or of any bytes, short or long. */
        size_t size = below(test, 2) ? below(test, 3000) : below(test, 90);
        put(out, "\"");
        for (size_t i = 0; i < size; i++)
            buffer_format(out, "%c", "ABCDz19+/=-_ 1"[below(test, 14)]);
        put(out, "\"");
    }
}

static void put_number(struct test *test, struct buffer *out)
{
    static const char *const numbers[] = {
        "0",
        "1",
        "2",
        "-1",
        "-0",
        "0.5",
        "1e3",
        "1e400",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "340282366920938463463374607431768211456",
        "4294967296",
        "500001",
    };
    put(out, numbers[below(test, sizeof(numbers) / sizeof(*numbers))]);
}

static void put_value(struct test *test, struct buffer *out, unsigned depth);

static void put_object(struct test *test, struct buffer *out, unsigned depth)
{
    static const char *const names[] = {
        "encoding",
        "commitment",
        "dataSlice",
        "offset",
        "length",
        "filters",
        "memcmp",
        "bytes",
        "dataSize",
        "withContext",
        "limit",
        "before",
        "until",
        "minContextSlot",
        "maxSupportedTransactionVersion",
        "rewards",
        "transactionDetails",
        "mint",
        "programId",
        "accounts",
        "addresses",
        "sigVerify",
        "replaceRecentBlockhash",
        "skipPreflight",
        "preflightCommitment",
        "maxRetries",
        "searchTransactionHistory",
        "identity",
        "range",
        "firstSlot",
        "lastSlot",
        "epoch",
        "filter",
        "votePubkey",
        "keepUnstakedDelinquents",
        "x",
        "",
    };
    uint64_t count = below(test, 5);
    put(out, "{");
    for (uint64_t i = 0; i < count; i++) {
        buffer_format(out, "%s\"%s\":", i ? "," : "",
                      names[below(test, sizeof(names) / sizeof(*names))]);
        put_value(test, out, depth + 1);
    }
    put(out, "}");
}

static void put_array(struct test *test, struct buffer *out, unsigned depth)
{
    uint64_t count = below(test, 40) ? below(test, 4) : 300;
    put(out, "[");
    for (uint64_t i = 0; i < count; i++) {
        put(out, i ? "," : "");
        put_value(test, out, count > 4 ? DEPTH_MAX : depth + 1);
    }
    put(out, "]");
}

static void put_deep(struct test *test, struct buffer *out)
{
    uint64_t depth = 1 + below(test, 2000);
    for (uint64_t i = 0; i < depth; i++)
        put(out, "[");
    for (uint64_t i = 0; i < depth; i++)
        put(out, "]");
}

static void put_value(struct test *test, struct buffer *out, unsigned depth)
{
    uint64_t choice = below(test, depth < DEPTH_MAX ? 16 : 11);
    if (choice < 5)
        put_text(test, out);
    else if (choice < 8)
        put_number(test, out);
    else if (choice < 9)
        put(out, "null");
    else if (choice < 11)
        put(out, choice == 9 ? "true" : "false");
    else if (choice < 14)
        put_object(test, out, depth);
    else if (choice < 15 || below(test, 20))
        put_array(test, out, depth);
    else
        put_deep(test, out);
}

/* Half of the calls begin with what the method expects: a key, a slot, … */
static void put_parameters(struct test *test, struct buffer *out)
{
    uint64_t count = below(test, 5);
    put(out, "[");
    for (uint64_t i = 0; i < count; i++) {
        put(out, i ? "," : "");
        if (i == 0 && below(test, 4) == 0)
            buffer_format(out, "\"%s\"", test->key);
        else if (i == 0 && below(test, 4) == 0)
            buffer_format(out, "[\"%s\",\"%s\"]", test->key, test->signature);
        else if (i == 1 && below(test, 2))
            put_object(test, out, 1);
        else
            put_value(test, out, 0);
    }
    put(out, "]");
}

/* ---- Answers ---- */

static bool is_code(int64_t code)
{
    /* JSON-RPC's, and Solana's own (custom_error.rs). */
    return (code >= -32603 && code <= -32600) || code == -32700 ||
           (code >= -32016 && code <= -32001);
}

static void check_answer(struct test *test, struct bytes body,
                         const struct buffer *text)
{
    struct json_object *answer, *error, *result;
    const char *words, *shown = (const char *)body.data;
    int64_t code = 0, id = 0;
    if (json_parse(buffer_view(text), &answer))
        fail_msg("seed %" PRIu64 ": no JSON for %s", seed, shown);
    if (json_get_text(answer, "jsonrpc", &words) || strcmp(words, "2.0"))
        fail_msg("seed %" PRIu64 ": no version for %s", seed, shown);
    bool has_error = json_object_object_get_ex(answer, "error", &error);
    bool has_result = json_object_object_get_ex(answer, "result", &result);
    if (has_error == has_result)
        fail_msg("seed %" PRIu64 ": result and error for %s", seed, shown);
    if (has_error) {
        if (json_get_i64(error, "code", &code) || !is_code(code) ||
            json_get_text(error, "message", &words) || !*words)
            fail_msg("seed %" PRIu64 ": an error of another form for %s", seed,
                     shown);
        /* The error must be the request's, not the endpoint's. */
        if (code == RPC_INTERNAL_ERROR)
            fail_msg("seed %" PRIu64 ": \"%s\" for %s", seed, words, shown);
    }
    /* Broken JSON (such as 1e400) has no id to send back. */
    if (code != RPC_PARSE_ERROR && (json_get_i64(answer, "id", &id) || id != 7))
        fail_msg("seed %" PRIu64 ": no id for %s", seed, shown);
    json_object_put(answer);
}

static unsigned call_family(struct test *test, const struct rpc_method *methods)
{
    unsigned count = 0;
    for (; methods->name; methods++, count++) {
        for (unsigned i = 0; i < CALLS; i++) {
            struct buffer body = {0}, answer = {0};
            buffer_format(&body,
                          "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\","
                          "\"params\":",
                          methods->name);
            if (below(test, 20))
                put_parameters(test, &body);
            else
                put_value(test, &body, 0);
            put(&body, "}");
            buffer_string(&body);
            rpc_handle(test->rpc, buffer_view(&body), &answer);
            check_answer(test, buffer_view(&body), &answer);
            buffer_free(&body);
            buffer_free(&answer);
        }
    }
    return count;
}

static void test_any_parameters_get_a_result_or_an_error_in_form(void **state)
{
    struct test *test = *state;
    static const struct rpc_method *const families[] = {
        rpc_account_methods,     rpc_block_methods, rpc_cluster_methods,
        rpc_leader_methods,      rpc_pond_methods,  rpc_send_methods,
        rpc_simulate_methods,    rpc_stake_methods, rpc_task_methods,
        rpc_transaction_methods, rpc_token_methods, rpc_validator_methods,
    };
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
        count += call_family(test, families[i]);
    print_message("# seed %" PRIu64 ", %u methods, %u calls\n", seed, count,
                  count * CALLS);
    assert_true(count >= 55);
}

int main(int argument_count, char **arguments)
{
    crypto_init();
    seed =
        argument_count > 1 ? strtoull(arguments[1], NULL, 10) : random_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_any_parameters_get_a_result_or_an_error_in_form, setup,
            teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
