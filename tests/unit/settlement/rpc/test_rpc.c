/*
 * The RPC without sockets, on a ledger whose blocks the test makes. Tests with
 * unmodified clients are in tests/system.
 */
#include "settlement/rpc/rpc.h"

#include "base/base64.h"
#include "base/error.h"
#include "settlement/format/well_known.h"
#include "settlement/rpc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include <cmocka.h>

static void test_body_that_is_no_request_gets_its_code(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_code(rpc_ask(test, ""), -32700);
    rpc_assert_code(rpc_ask(test, "{"), -32700);
    rpc_assert_code(rpc_ask(test, "5"), -32600);
    rpc_assert_code(rpc_ask(test, "[]"), -32600);
    rpc_assert_code(rpc_ask(test, "{\"id\":1,\"method\":\"getSlot\"}"), -32600);
    rpc_assert_code(
        rpc_ask(test, "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"x\"}"),
        -32600);
    rpc_assert_code(rpc_call(test, "getNothing", "[]"), -32601);
    rpc_assert_code(rpc_call(test, "getSlot", "{}"), -32602);
}

static void test_notification_gets_no_answer(void **state)
{
    struct rpc_fixture *test = *state;
    assert_null(rpc_ask(test, "{\"jsonrpc\":\"2.0\",\"method\":\"getSlot\"}"));
    assert_null(
        rpc_ask(test, "[{\"jsonrpc\":\"2.0\",\"method\":\"getSlot\"}]"));
}

static void test_failing_request_does_not_spoil_its_batch(void **state)
{
    struct rpc_fixture *test = *state;
    struct json_object *answer = rpc_ask(
        test, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"},"
              "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
              "\"getMultipleAccounts\",\"params\":[[\"11111111111111111111"
              "111111111111\",\"x\"]]},"
              "{\"jsonrpc\":\"2.0\",\"id\":\"3\",\"method\":\"getHealth\"}]");
    assert_int_equal(json_object_get_int(rpc_at(answer, "0.result")), 5);
    assert_int_equal(json_object_get_int(rpc_at(answer, "1.error.code")),
                     -32602);
    rpc_assert_json(json_object_get(answer), "2.result", "\"ok\"");
    json_object_put(answer);
}

/* Sixty memos, 300,000 units, in base64. */
static void add_dear_transaction(struct rpc_fixture *test, struct buffer *out)
{
    const struct keypair *signer = &test->ledger.chain.keys[0];
    struct instruction memos[60];
    for (size_t i = 0; i < 60; i++)
        memos[i] = (struct instruction){.program = MEMO_PROGRAM_ID,
                                        .data = bytes_text("m")};
    struct transaction transaction =
        fixture_make(&test->ledger.chain, &signer, 1, memos, 60,
                     &bank_info(test->ledger.tip)->blockhash);
    base64_encode(transaction.wire, out);
}

static void test_a_batch_simulates_only_so_much(void **state)
{
    struct rpc_fixture *test = *state;
    struct buffer body = {0}, wire = {0};
    char path[32];
    unsigned done = 0;
    add_dear_transaction(test, &wire);
    for (int i = 0; i < 150; i++)
        buffer_format(&body,
                      "%c{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":"
                      "\"simulateTransaction\",\"params\":[\"%s\","
                      "{\"encoding\":\"base64\"}]}",
                      i ? ',' : '[', i, buffer_string(&wire));
    buffer_u8(&body, ']');
    struct json_object *answer = rpc_ask(test, buffer_string(&body));
    for (int i = 0; i < 150; i++) {
        snprintf(path, sizeof(path), "%d.result.value.unitsConsumed", i);
        done += rpc_at(answer, path) != NULL;
    }
    /* 28 million units. */
    assert_int_equal(done, 94);
    assert_int_equal(json_object_get_int(rpc_at(answer, "149.error.code")),
                     -32603);
    json_object_put(answer);
    buffer_free(&body);
    buffer_free(&wire);
}

static void test_numbers_out_of_range_are_refused(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_code(rpc_call(test, "getBlock", "[-1]"), -32602);
    rpc_assert_code(rpc_call(test, "getBlock", "[1.5]"), -32602);
    rpc_assert_code(rpc_call(test, "getBlock", "[\"2\"]"), -32602);
    rpc_assert_code(rpc_call(test, "getBlock", "[18446744073709551615]"),
                    -32004);
}

static void test_account_comes_in_each_encoding(void **state)
{
    struct rpc_fixture *test = *state;
    const char *key = PUBKEY_TEXT(&rpc_fixture_target);
    rpc_assert_json(rpc_call(test, "getAccountInfo", "[\"%s\"]", key),
                    "result.value.data", "\"\"");
    rpc_assert_json(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"encoding\":\"base58\"}]", key),
                    "result.value.data", "[\"\",\"base58\"]");
    rpc_assert_json(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"encoding\":\"jsonParsed\"}]", key),
                    "result.value.data", "[\"\",\"base64\"]");
    rpc_assert_json(rpc_call(test, "getAccountInfo", "[\"%s\"]", key),
                    "result.value.lamports", "5000000");
    rpc_assert_code(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"encoding\":\"hex\"}]", key),
                    -32602);
    /* The clock has five numbers of 8 bytes. */
    struct json_object *answer = rpc_call(
        test, "getAccountInfo", "[\"%s\",{\"encoding\":\"base64+zstd\"}]",
        PUBKEY_TEXT(&CLOCK_SYSVAR_ID));
    struct buffer packed = {0};
    uint8_t data[64];
    assert_int_equal(base64_decode(bytes_text(json_object_get_string(
                                       rpc_at(answer, "result.value.data.0"))),
                                   &packed),
                     0);
    assert_int_equal(
        ZSTD_decompress(data, sizeof(data), packed.data, packed.size), 40);
    assert_int_equal(u64le_read(data), 5); /* the clock's slot */
    buffer_free(&packed);
    json_object_put(answer);
}

/* Make an account of this many bytes in the next block. Its rent is nearly all
 * that the fixture's keys have. */
static struct pubkey make_large_account(struct rpc_fixture *test,
                                        uint64_t space)
{
    const struct keypair *payer = &test->ledger.chain.keys[0];
    const struct keypair fresh = fixture_key(4711);
    const struct keypair *const signers[] = {payer, &fresh};
    struct buffer data = {0};
    system_create_account_data(rent_minimum_balance(space), space,
                               &SYSTEM_PROGRAM_ID, &data);
    const struct account_meta accounts[] = {
        {.key = payer->pubkey, .signer = true, .writable = true},
        {.key = fresh.pubkey, .signer = true, .writable = true}};
    const struct instruction create = {.program = SYSTEM_PROGRAM_ID,
                                       .accounts = accounts,
                                       .account_count = 2,
                                       .data = buffer_view(&data)};
    struct transaction transaction =
        fixture_make(&test->ledger.chain, signers, 2, &create, 1,
                     &bank_info(test->ledger.tip)->blockhash);
    ledger_fixture_block(&test->ledger, 6, &transaction, 1);
    buffer_free(&data);
    return fresh.pubkey;
}

/* After the data fails, nothing more of the account may be written. */
static void test_data_too_long_for_base58_is_an_error_everywhere(void **state)
{
    struct rpc_fixture *test = *state;
    struct pubkey key = make_large_account(test, 129);
    static const char *const encodings[] = {"binary", "base58"};
    rpc_assert_code(
        rpc_call(test, "getAccountInfo", "[\"%s\"]", PUBKEY_TEXT(&key)),
        -32600);
    for (int i = 0; i < 2; i++) {
        rpc_assert_code(rpc_call(test, "getAccountInfo",
                                 "[\"%s\",{\"encoding\":\"%s\"}]",
                                 PUBKEY_TEXT(&key), encodings[i]),
                        -32600);
        rpc_assert_code(rpc_call(test, "getMultipleAccounts",
                                 "[[\"%s\"],{\"encoding\":\"%s\"}]",
                                 PUBKEY_TEXT(&key), encodings[i]),
                        -32600);
        rpc_assert_code(rpc_call(test, "getProgramAccounts",
                                 "[\"11111111111111111111111111111111\","
                                 "{\"encoding\":\"%s\"}]",
                                 encodings[i]),
                        -32600);
    }
}

/* The same 1.2 million bytes a hundred times do not fit an answer. A batch of
 * such answers does not either, although each is within the limit. */
static void test_answer_has_a_limit(void **state)
{
    struct rpc_fixture *test = *state;
    struct pubkey key = make_large_account(test, 1200000);
    struct buffer keys = {0}, batch = {0};
    for (int i = 0; i < 100; i++)
        buffer_format(&keys, "%s\"%s\"", i ? "," : "", PUBKEY_TEXT(&key));
    buffer_format(&batch,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                  "\"getMultipleAccounts\",\"params\":[[%s]]}",
                  buffer_string(&keys));
    rpc_assert_code(rpc_ask(test, buffer_string(&batch)), -32603);

    buffer_clear(&batch);
    for (int i = 0; i < 150; i++)
        buffer_format(&batch,
                      "%s{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":"
                      "\"getAccountInfo\",\"params\":[\"%s\",{\"encoding\":"
                      "\"base64\"}]}",
                      i ? "," : "[", i, PUBKEY_TEXT(&key));
    buffer_text(&batch, "]");
    struct json_object *answer = rpc_ask(test, buffer_string(&batch));
    assert_int_equal(json_object_array_length(answer), 150);
    assert_non_null(rpc_at(answer, "0.result"));
    assert_null(rpc_at(answer, "149.result"));
    assert_int_equal(json_object_get_int(rpc_at(answer, "149.error.code")),
                     -32603);
    json_object_put(answer);
    buffer_free(&batch);
    buffer_free(&keys);
}

static void test_slice_cuts_the_data(void **state)
{
    struct rpc_fixture *test = *state;
    const char *clock = PUBKEY_TEXT(&CLOCK_SYSVAR_ID);
    rpc_assert_json(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"encoding\":\"base64\",\"dataSlice\":{"
                             "\"offset\":0,\"length\":3}}]",
                             clock),
                    "result.value.data", "[\"BQAA\",\"base64\"]");
    rpc_assert_json(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"encoding\":\"base64\",\"dataSlice\":{"
                             "\"offset\":99,\"length\":18446744073709551615}}]",
                             clock),
                    "result.value.data", "[\"\",\"base64\"]");
    rpc_assert_code(rpc_call(test, "getAccountInfo",
                             "[\"%s\",{\"dataSlice\":{\"offset\":0}}]", clock),
                    -32602);
}

static void assert_sysvar(struct rpc_fixture *test, const struct pubkey *key,
                          const char *path, const char *expected)
{
    struct json_object *answer =
        rpc_call(test, "getAccountInfo",
                 "[\"%s\",{\"encoding\":\"jsonParsed\"}]", PUBKEY_TEXT(key));
    rpc_assert_json(json_object_get(answer), "result.value.data.program",
                    "\"sysvar\"");
    rpc_assert_json(answer, path, expected);
}

static void test_sysvars_are_parsed(void **state)
{
    struct rpc_fixture *test = *state;
    const struct bank_info *tip = bank_info(test->ledger.tip);
    char clock[256], newest[256];
    snprintf(clock, sizeof(clock),
             "{\"info\":{\"slot\":5,\"epochStartTimestamp\":%llu,\"epoch\":0,"
             "\"leaderScheduleEpoch\":1,\"unixTimestamp\":%llu},"
             "\"type\":\"clock\"}",
             FIXTURE_UNIX_MS / 1000, (unsigned long long)tip->unix_ms / 1000);
    assert_sysvar(test, &CLOCK_SYSVAR_ID, "result.value.data.parsed", clock);
    assert_sysvar(test, &RENT_SYSVAR_ID, "result.value.data.parsed",
                  "{\"info\":{\"lamportsPerByteYear\":\"3480\","
                  "\"burnPercent\":50,\"exemptionThreshold\":2.0},"
                  "\"type\":\"rent\"}");
    assert_sysvar(test, &EPOCH_SCHEDULE_SYSVAR_ID, "result.value.data.parsed",
                  "{\"info\":{\"slotsPerEpoch\":432000,"
                  "\"leaderScheduleSlotOffset\":432000,\"warmup\":false,"
                  "\"firstNormalEpoch\":0,\"firstNormalSlot\":0},"
                  "\"type\":\"epochSchedule\"}");
    snprintf(newest, sizeof(newest),
             "{\"blockhash\":\"%s\",\"feeCalculator\":{"
             "\"lamportsPerSignature\":\"5000\"}}",
             HASH_TEXT(&tip->blockhash));
    assert_sysvar(test, &RECENT_BLOCKHASHES_SYSVAR_ID,
                  "result.value.data.parsed.info.0", newest);
    snprintf(newest, sizeof(newest), "{\"hash\":\"%s\",\"slot\":5}",
             HASH_TEXT(&tip->blockhash));
    assert_sysvar(test, &SLOT_HASHES_SYSVAR_ID,
                  "result.value.data.parsed.info.0", newest);
}

static void test_missing_account_is_null_and_worth_nothing(void **state)
{
    struct rpc_fixture *test = *state;
    const struct pubkey nobody = {{9, 9}};
    rpc_assert_json(
        rpc_call(test, "getAccountInfo", "[\"%s\"]", PUBKEY_TEXT(&nobody)),
        "result.value", "null");
    rpc_assert_json(
        rpc_call(test, "getBalance", "[\"%s\"]", PUBKEY_TEXT(&nobody)),
        "result.value", "0");
}

static void test_min_context_slot_is_held_against_the_snapshot(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_json(rpc_call(test, "getSlot", "[{\"minContextSlot\":5}]"),
                    "result", "5");
    struct json_object *answer =
        rpc_call(test, "getSlot", "[{\"minContextSlot\":6}]");
    rpc_assert_json(json_object_get(answer), "error.data.contextSlot", "5");
    rpc_assert_code(answer, -32016);
}

static void test_block_shows_its_transaction(void **state)
{
    struct rpc_fixture *test = *state;
    char signature[BASE58_SIGNATURE_SIZE], expected[128];
    base58_signature(transaction_id(&test->sent)->bytes, signature);
    snprintf(expected, sizeof(expected), "[\"%s\"]", signature);
    rpc_assert_json(rpc_call(test, "getBlock", "[2]"),
                    "result.transactions.0.transaction.signatures", expected);
    rpc_assert_json(rpc_call(test, "getBlock",
                             "[2,{\"transactionDetails\":\"signatures\"}]"),
                    "result.signatures", expected);
    rpc_assert_json(rpc_call(test, "getBlock", "[2]"),
                    "result.transactions.0.meta.fee", "5000");
    rpc_assert_json(rpc_call(test, "getBlock",
                             "[2,{\"transactionDetails\":\"none\","
                             "\"rewards\":false}]"),
                    "result.parentSlot", "1");
    rpc_assert_code(
        rpc_call(test, "getBlock", "[2,{\"transactionDetails\":\"some\"}]"),
        -32602);
    rpc_assert_code(
        rpc_call(test, "getBlock", "[2,{\"commitment\":\"processed\"}]"),
        -32602);
}

static void test_empty_skipped_and_future_slots_differ(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_json(rpc_call(test, "getBlock", "[1]"), "result.transactions",
                    "[]");
    rpc_assert_code(rpc_call(test, "getBlock", "[3]"), -32007);
    rpc_assert_code(rpc_call(test, "getBlock", "[6]"), -32004);
    rpc_assert_json(rpc_call(test, "getBlocks", "[1,9]"), "result", "[1,2,5]");
    rpc_assert_json(rpc_call(test, "getBlocks", "[1]"), "result", "[1,2,5]");
    rpc_assert_json(rpc_call(test, "getBlocksWithLimit", "[0,2]"), "result",
                    "[0,1]");
    rpc_assert_code(
        rpc_call(test, "getBlocks", "[0,600000000]") /* cut at the tip */, 0);
    rpc_assert_json(rpc_call(test, "getBlockHeight", "[]"), "result", "3");
}

/* The one transaction is in slot 2. */
static void assert_history_of_slots(struct rpc_fixture *test, unsigned from,
                                    unsigned to, bool has_it)
{
    struct json_object *answer =
        rpc_call(test, "getSignaturesForAddress",
                 "[\"%s\",{\"fromSlot\":%u,\"toSlot\":%u}]",
                 PUBKEY_TEXT(&rpc_fixture_target), from, to);
    if (has_it)
        rpc_assert_json(answer, "result.0.slot", "2");
    else
        rpc_assert_json(answer, "result", "[]");
}

static void test_status_and_history_name_the_transaction(void **state)
{
    struct rpc_fixture *test = *state;
    char signature[BASE58_SIGNATURE_SIZE];
    base58_signature(transaction_id(&test->sent)->bytes, signature);
    rpc_assert_json(
        rpc_call(test, "getSignatureStatuses", "[[\"%s\"]]", signature),
        "result.value",
        "[{\"confirmationStatus\":\"finalized\","
        "\"confirmations\":null,\"err\":null,\"slot\":2,"
        "\"status\":{\"Ok\":null}}]");
    rpc_assert_json(rpc_call(test, "getSignaturesForAddress", "[\"%s\"]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    "result.0.slot", "2");
    rpc_assert_json(rpc_call(test, "getSignaturesForAddress",
                             "[\"%s\",{\"before\":\"%s\"}]",
                             PUBKEY_TEXT(&rpc_fixture_target), signature),
                    "result", "[]");
    assert_history_of_slots(test, 2, 2, true);
    assert_history_of_slots(test, 0, 1, false);
    assert_history_of_slots(test, 3, 9, false);
    rpc_assert_code(rpc_call(test, "getSignaturesForAddress",
                             "[\"%s\",{\"fromSlot\":3,\"toSlot\":2}]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    -32602);
    rpc_assert_code(rpc_call(test, "getSignaturesForAddress",
                             "[\"%s\",{\"limit\":0}]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    -32602);
    rpc_assert_json(
        rpc_call(test, "getTransaction", "[\"%s\",\"base64\"]", signature),
        "result.transaction.1", "\"base64\"");
}

static void send(struct rpc_fixture *test,
                 const struct transaction *transaction, const char *options,
                 const char *path, const char *expected)
{
    struct buffer text = {0};
    base64_encode(transaction->wire, &text);
    rpc_assert_json(rpc_call(test, "sendTransaction",
                             "[\"%s\",{\"encoding\":\"base64\"%s}]",
                             buffer_string(&text), options),
                    path, expected);
    buffer_free(&text);
}

static void test_sent_transaction_waits_in_the_queue(void **state)
{
    struct rpc_fixture *test = *state;
    char expected[BASE58_SIGNATURE_SIZE + 2];
    struct transaction good =
        ledger_fixture_transfer(&test->ledger, 1, &rpc_fixture_target, 7000000);
    base58_signature(transaction_id(&good)->bytes, expected + 1);
    expected[0] = '"';
    strcat(expected, "\"");
    send(test, &good, "", "result", expected);
    assert_int_equal(mempool_count(test->mempool), 1);
    send(test, &good, "", "result", expected); /* nothing to report */
    assert_int_equal(mempool_count(test->mempool), 1);
}

static void test_preflight_refuses_what_would_fail(void **state)
{
    struct rpc_fixture *test = *state;
    struct transaction poor = ledger_fixture_transfer(
        &test->ledger, 1, &rpc_fixture_target, UINT64_MAX / 2);
    send(test, &poor, "", "error.code", "-32002");
    send(test, &poor, "", "error.data.err",
         "{\"InstructionError\":[0,{\"Custom\":1}]}");
    assert_int_equal(mempool_count(test->mempool), 0);
    send(test, &poor, ",\"skipPreflight\":true", "error", "null");
    assert_int_equal(mempool_count(test->mempool), 1);
    send(test, &test->sent, "", "error.data.err", "\"AlreadyProcessed\"");
}

static void test_wrong_signature_is_refused_with_its_code(void **state)
{
    struct rpc_fixture *test = *state;
    struct transaction forged =
        ledger_fixture_transfer(&test->ledger, 1, &rpc_fixture_target, 7000000);
    ((uint8_t *)forged.wire.data)[5] ^= 1;
    send(test, &forged, "", "error.code", "-32003");
    send(test, &forged, ",\"skipPreflight\":true", "error.code", "-32003");
    assert_int_equal(mempool_count(test->mempool), 0);
}

static void test_undecodable_transaction_is_refused(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_code(rpc_call(test, "sendTransaction", "[\"0OIl\"]"), -32602);
    rpc_assert_code(rpc_call(test, "sendTransaction",
                             "[\"AAAA\",{\"encoding\":\"base64\"}]"),
                    -32602);
    rpc_assert_code(rpc_call(test, "sendTransaction", "[\"%01700d\"]", 0),
                    -32602);
    rpc_assert_code(rpc_call(test, "sendTransaction", "[]"), -32602);
}

static void test_airdrop_needs_a_faucet(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_code(rpc_call(test, "requestAirdrop", "[\"%s\",1000000]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    -32600);
}

static void test_simulation_can_replace_the_blockhash(void **state)
{
    struct rpc_fixture *test = *state;
    struct buffer text = {0};
    base64_encode(test->sent.wire, &text);
    rpc_assert_json(rpc_call(test, "simulateTransaction",
                             "[\"%s\",{\"encoding\":\"base64\"}]",
                             buffer_string(&text)),
                    "result.value.err", "\"AlreadyProcessed\"");
    rpc_assert_json(rpc_call(test, "simulateTransaction",
                             "[\"%s\",{\"encoding\":\"base64\","
                             "\"replaceRecentBlockhash\":true}]",
                             buffer_string(&text)),
                    "result.value.err", "null");
    rpc_assert_code(
        rpc_call(test, "simulateTransaction",
                 "[\"%s\",{\"encoding\":\"base64\",\"sigVerify\":true,"
                 "\"replaceRecentBlockhash\":true}]",
                 buffer_string(&text)),
        -32602);
    buffer_free(&text);
}

static void test_program_accounts_are_those_of_the_owner(void **state)
{
    struct rpc_fixture *test = *state;
    struct json_object *answer =
        rpc_call(test, "getProgramAccounts",
                 "[\"%s\",{\"encoding\":\"base64\",\"withContext\":true,"
                 "\"filters\":[{\"dataSize\":0}]}]",
                 PUBKEY_TEXT(&SYSTEM_PROGRAM_ID));
    assert_int_equal(json_object_array_length(rpc_at(answer, "result.value")),
                     FIXTURE_ACCOUNTS + 2); /* and the leader and the target */
    json_object_put(answer);
    rpc_assert_json(rpc_call(test, "getProgramAccounts",
                             "[\"%s\",{\"filters\":[{\"dataSize\":1}]}]",
                             PUBKEY_TEXT(&SYSTEM_PROGRAM_ID)),
                    "result", "[]");
    rpc_assert_code(rpc_call(test, "getProgramAccounts",
                             "[\"%s\",{\"filters\":[{},{},{},{},{}]}]",
                             PUBKEY_TEXT(&SYSTEM_PROGRAM_ID)),
                    -32602);
}

static void test_missing_task_is_null_or_an_error(void **state)
{
    struct rpc_fixture *test = *state;
    const char *key = PUBKEY_TEXT(&rpc_fixture_target);
    rpc_assert_json(rpc_call(test, "getTaskAccountInfo", "[\"%s\"]", key),
                    "result.value", "null");
    rpc_assert_code(rpc_call(test, "getTaskSubmissionInfo", "[\"%s\"]", key),
                    -32602);
    rpc_assert_code(
        rpc_call(test, "getMyTaskStakeInfo", "[\"%s\",\"%s\"]", key, key),
        -32602);
}

/* Alone it has voted for all blocks. */
static void
test_the_only_validator_has_the_vote_account_of_the_genesis(void **state)
{
    struct rpc_fixture *test = *state;
    const struct keypair votes = fixture_key(31);
    struct json_object *answer = rpc_call(test, "getVoteAccounts", "[]");
    assert_string_equal(
        json_object_get_string(rpc_at(answer, "result.current.0.votePubkey")),
        PUBKEY_TEXT(&votes.pubkey));
    assert_string_equal(
        json_object_get_string(rpc_at(answer, "result.current.0.nodePubkey")),
        PUBKEY_TEXT(&test->ledger.chain.leader.pubkey));
    rpc_assert_json(answer, "result.current.0.commission", "7");
}

static void test_supply_and_counts_are_those_of_the_tip(void **state)
{
    struct rpc_fixture *test = *state;
    rpc_assert_json(rpc_call(test, "getTransactionCount", "[]"), "result", "1");
    char expected[32];
    snprintf(expected, sizeof(expected), "%llu",
             (unsigned long long)bank_info(test->ledger.tip)->capitalization);
    rpc_assert_json(rpc_call(test, "getSupply", "[]"), "result.value.total",
                    expected);
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rpc_fixture_setup,                   \
                                    rpc_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_body_that_is_no_request_gets_its_code),
        TEST(test_notification_gets_no_answer),
        TEST(test_failing_request_does_not_spoil_its_batch),
        TEST(test_a_batch_simulates_only_so_much),
        TEST(test_numbers_out_of_range_are_refused),
        TEST(test_account_comes_in_each_encoding),
        TEST(test_data_too_long_for_base58_is_an_error_everywhere),
        TEST(test_answer_has_a_limit),
        TEST(test_slice_cuts_the_data),
        TEST(test_sysvars_are_parsed),
        TEST(test_missing_account_is_null_and_worth_nothing),
        TEST(test_min_context_slot_is_held_against_the_snapshot),
        TEST(test_block_shows_its_transaction),
        TEST(test_empty_skipped_and_future_slots_differ),
        TEST(test_status_and_history_name_the_transaction),
        TEST(test_sent_transaction_waits_in_the_queue),
        TEST(test_preflight_refuses_what_would_fail),
        TEST(test_wrong_signature_is_refused_with_its_code),
        TEST(test_undecodable_transaction_is_refused),
        TEST(test_airdrop_needs_a_faucet),
        TEST(test_simulation_can_replace_the_blockhash),
        TEST(test_program_accounts_are_those_of_the_owner),
        TEST(test_missing_task_is_null_or_an_error),
        TEST(test_the_only_validator_has_the_vote_account_of_the_genesis),
        TEST(test_supply_and_counts_are_those_of_the_tip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
