/*
 * What the endpoint answers at each commitment while one fork wins:
 *
 *   5 ─┬─ 6 ─ 7      pays in 6 and in 7
 *      └─ 8 ─ 9      pays in 8
 *
 * Slots 0, 1, 2 and 5 are the fixture's, and final. At stage 0 slot 7 is
 * executed and 6 is certified; at stage 1 slot 9 is executed and 8 certified;
 * at stage 2 slot 8 is final, and on disk.
 */
#include "test.h"

#include "base/base64.h"
#include "base/memory.h"
#include "settlement/rpc_fixture.h"

#include <stdio.h>

#define STAGES 3

static const char *const level_names[LEDGER_LEVELS] = {"processed", "confirmed",
                                                       "finalized"};

struct test {
    struct rpc_fixture *rpc;
    struct ledger *ledger;
    struct executed_block *blocks[10]; /* by slot */
    struct transaction paid[10];
};

static void execute(struct test *test, uint64_t slot, size_t count)
{
    struct ledger_fixture *ledger = &test->rpc->ledger;
    test->paid[slot] =
        ledger_fixture_transfer(ledger, 1, &rpc_fixture_target, slot * 1000000);
    test->blocks[slot] =
        ledger_fixture_execute(ledger, slot, &test->paid[slot], count);
}

static int setup(void **state)
{
    struct test *test = mem_zero(1, sizeof(*test));
    void *fixture;
    rpc_fixture_setup(&fixture);
    test->rpc = fixture;
    test->ledger = test->rpc->ledger.ledger;
    struct executed_block *root =
        executed_block_retain(test->rpc->ledger.newest);
    execute(test, 6, 1);
    execute(test, 7, 1);
    ledger_fixture_stand_on(&test->rpc->ledger, root);
    execute(test, 8, 1);
    execute(test, 9, 0);
    executed_block_release(root);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    void *fixture = test->rpc;
    for (size_t i = 0; i < 10; i++)
        executed_block_release(test->blocks[i]);
    rpc_fixture_teardown(&fixture);
    free(test);
    return 0;
}

static void publish(struct test *test, enum ledger_level level, uint64_t slot)
{
    assert_true(ledger_publish(test->ledger, level, test->blocks[slot], NULL));
}

static void enter_stage(struct test *test, int stage)
{
    switch (stage) {
    case 0:
        publish(test, LEDGER_PROCESSED, 7);
        publish(test, LEDGER_CONFIRMED, 6);
        break;
    case 1:
        publish(test, LEDGER_CONFIRMED, 8);
        publish(test, LEDGER_PROCESSED, 9);
        break;
    default:
        publish(test, LEDGER_FINALIZED, 8);
        ledger_fixture_flush(&test->rpc->ledger, test->blocks[8]);
        ledger_fixture_settle(&test->rpc->ledger, test->blocks[8]);
    }
}

static void fill_base64(struct bytes bytes, struct buffer *out)
{
    buffer_text(out, "\"");
    base64_encode(bytes, out);
    buffer_text(out, "\"");
}

/* params with the commitment in the place of COMMITMENT, blockhashes,
 * signatures and transactions of slots in those of HASH6, SIGNATURE6, WIRE6,
 * MESSAGE6 and so on. */
static void fill(const struct test *test, const char *params,
                 enum ledger_level level, struct buffer *out)
{
    char text[BASE58_SIGNATURE_SIZE];
    for (const char *at = params; *at;) {
        if (!strncmp(at, "COMMITMENT", 10)) {
            buffer_format(out, "\"commitment\":\"%s\"", level_names[level]);
            at += 10;
        } else if (!strncmp(at, "HASH", 4)) {
            const struct bank *bank = test->blocks[at[4] - '0']->bank;
            buffer_format(out, "\"%s\"",
                          HASH_TEXT(&bank_info(bank)->blockhash));
            at += 5;
        } else if (!strncmp(at, "SIGNATURE", 9)) {
            base58_signature(transaction_id(&test->paid[at[9] - '0'])->bytes,
                             text);
            buffer_format(out, "\"%s\"", text);
            at += 10;
        } else if (!strncmp(at, "WIRE", 4)) {
            fill_base64(test->paid[at[4] - '0'].wire, out);
            at += 5;
        } else if (!strncmp(at, "MESSAGE", 7)) {
            fill_base64(test->paid[at[7] - '0'].message, out);
            at += 8;
        } else if (!strncmp(at, "TARGET", 6)) {
            buffer_format(out, "\"%s\"", PUBKEY_TEXT(&rpc_fixture_target));
            at += 6;
        } else {
            buffer_append(out, at++, 1);
        }
    }
}

static void assert_answer(struct test *test, const char *method,
                          const char *params, enum ledger_level level,
                          const char *path, const char *expected)
{
    struct buffer filled = {0}, text = {0}, words = {0};
    fill(test, params, level, &filled);
    fill(test, expected, level, &words);
    struct json_object *answer =
        rpc_call(test->rpc, method, "%s", buffer_string(&filled));
    struct json_object *code = rpc_at(answer, "error.code");
    json_text(code ? code : rpc_at(answer, path), &text);
    if (strcmp(buffer_string(&text), buffer_string(&words)))
        fail_msg("%s %s at %s: %s and not %s", method, buffer_string(&filled),
                 level_names[level], buffer_string(&text),
                 buffer_string(&words));
    json_object_put(answer);
    buffer_free(&filled);
    buffer_free(&text);
    buffer_free(&words);
}

/* expected: by stage and level; a number below -32000 is an error's code. */
struct row {
    const char *method;
    const char *params;
    const char *path;
    const char *expected[STAGES][LEDGER_LEVELS];
};

#define SLOTS                                                                  \
    {                                                                          \
        {"7", "6", "5"}, {"9", "8", "5"}, {"9", "8", "8"},                     \
    }
#define HEIGHTS                                                                \
    {                                                                          \
        {"5", "4", "3"}, {"5", "4", "3"}, {"5", "4", "4"},                     \
    }
/* Lamports of the target. */
#define LAMPORTS                                                               \
    {                                                                          \
        {"18000000", "11000000", "5000000"},                                   \
            {"13000000", "13000000", "5000000"},                               \
            {"13000000", "13000000", "13000000"},                              \
    }
#define SAME(answer)                                                           \
    {                                                                          \
        answer, answer, answer                                                 \
    }

static const struct row rows[] = {
    {"getSlot", "[{COMMITMENT}]", "result", SLOTS},
    {"getBlockHeight", "[{COMMITMENT}]", "result", HEIGHTS},
    {"getEpochInfo", "[{COMMITMENT}]", "result.absoluteSlot", SLOTS},
    {"getTransactionCount",
     "[{COMMITMENT}]",
     "result",
     {{"3", "2", "1"}, {"2", "2", "1"}, {"2", "2", "2"}}},
    {"getSupply", "[{COMMITMENT}]", "result.context.slot", SLOTS},
    {"getLargestAccounts", "[{COMMITMENT}]", "result.context.slot", SLOTS},
    {"getStakeMinimumDelegation", "[{COMMITMENT}]", "result.context.slot",
     SLOTS},
    {"getBlockProduction", "[{COMMITMENT}]", "result.value.range.lastSlot",
     SLOTS},
    {"getBalance", "[TARGET,{COMMITMENT}]", "result.value", LAMPORTS},
    {"getAccountInfo", "[TARGET,{COMMITMENT}]", "result.value.lamports",
     LAMPORTS},
    {"getMultipleAccounts", "[[TARGET],{COMMITMENT}]",
     "result.value.0.lamports", LAMPORTS},
    {"getProgramAccounts",
     "[\"11111111111111111111111111111111\",{\"withContext\":true,COMMITMENT,"
     "\"dataSlice\":{\"offset\":0,\"length\":0}}]",
     "result.context.slot", SLOTS},
    {"getTokenAccountsByOwner",
     "[TARGET,{\"programId\":\"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA\"},"
     "{COMMITMENT}]",
     "result.context.slot", SLOTS},
    {"getLatestBlockhash",
     "[{COMMITMENT}]",
     "result.value.blockhash",
     {{"HASH7", "HASH6", NULL},
      {"HASH9", "HASH8", NULL},
      {"HASH9", "HASH8", "HASH8"}}},
    {"isBlockhashValid",
     "[HASH6,{COMMITMENT}]",
     "result.value",
     {{"true", "true", "false"}, SAME("false"), SAME("false")}},
    {"isBlockhashValid",
     "[HASH8,{COMMITMENT}]",
     "result.value",
     {SAME("false"), {"true", "true", "false"}, SAME("true")}},
    /* Its blockhash is that of slot 6. */
    {"getFeeForMessage",
     "[MESSAGE7,{COMMITMENT}]",
     "result.value",
     {{"5000", "5000", "null"}, SAME("null"), SAME("null")}},
    {"simulateTransaction",
     "[WIRE7,{\"encoding\":\"base64\",COMMITMENT}]",
     "result.value.err",
     {{"\"AlreadyProcessed\"", "null", "\"BlockhashNotFound\""},
      SAME("\"BlockhashNotFound\""),
      SAME("\"BlockhashNotFound\"")}},
    {"simulateTransaction",
     "[WIRE7,{\"encoding\":\"base64\",COMMITMENT,"
     "\"replaceRecentBlockhash\":true}]",
     "result.context.slot", SLOTS},
    {"getTokenAccountsByDelegate",
     "[TARGET,{\"programId\":\"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA\"},"
     "{COMMITMENT}]",
     "result.context.slot", SLOTS},
    {"getVoteAccounts",
     "[{COMMITMENT}]",
     "result.current.0.lastVote",
     {SAME("7"), SAME("9"), SAME("9")}},
    {"getSlotLeader",
     "[{COMMITMENT,\"minContextSlot\":7}]",
     "error",
     {{"null", "-32016", "-32016"}, {"null", "null", "-32016"}, SAME("null")}},
    {"getBlocks",
     "[5,9,{COMMITMENT}]",
     "result",
     {{"-32602", "[5,6]", "[5]"},
      {"-32602", "[5,8]", "[5]"},
      {"-32602", "[5,8]", "[5,8]"}}},
    {"getBlocksWithLimit",
     "[2,3,{COMMITMENT}]",
     "result",
     {{"-32602", "[2,5,6]", "[2,5]"},
      {"-32602", "[2,5,8]", "[2,5]"},
      {"-32602", "[2,5,8]", "[2,5,8]"}}},
    {"getBlock",
     "[6,{COMMITMENT}]",
     "result.blockhash",
     {{"-32602", "HASH6", "-32004"},
      {"-32602", "-32007", "-32004"},
      {"-32602", "-32007", "-32007"}}},
    {"getBlock",
     "[8,{COMMITMENT,\"transactionDetails\":\"signatures\"}]",
     "result.signatures",
     {{"-32602", "-32004", "-32004"},
      {"-32602", "[SIGNATURE8]", "-32004"},
      {"-32602", "[SIGNATURE8]", "[SIGNATURE8]"}}},
    {"getBlockTime",
     "[7]",
     "error",
     {SAME("null"), SAME("-32007"), SAME("-32007")}},
    {"getTransaction",
     "[SIGNATURE6,{COMMITMENT}]",
     "result.slot",
     {{"-32602", "6", "null"},
      {"-32602", "null", "null"},
      {"-32602", "null", "null"}}},
    {"getTransaction",
     "[SIGNATURE8,{COMMITMENT}]",
     "result.slot",
     {{"-32602", "null", "null"},
      {"-32602", "8", "null"},
      {"-32602", "8", "8"}}},
    {"getSignaturesForAddress",
     "[TARGET,{COMMITMENT,\"limit\":1}]",
     "result.0.signature",
     {{"-32602", "SIGNATURE6", NULL},
      {"-32602", "SIGNATURE8", NULL},
      {"-32602", "SIGNATURE8", "SIGNATURE8"}}},
    {"getSignaturesForAddress",
     "[TARGET,{COMMITMENT,\"limit\":1}]",
     "result.0.confirmationStatus",
     {{"-32602", "\"confirmed\"", "\"finalized\""},
      {"-32602", "\"confirmed\"", "\"finalized\""},
      {"-32602", "\"finalized\"", "\"finalized\""}}},
    {"getSignatureStatuses",
     "[[SIGNATURE7]]",
     "result.value.0.confirmationStatus",
     {SAME("\"processed\""), SAME("null"), SAME("null")}},
    {"getSignatureStatuses",
     "[[SIGNATURE6]]",
     "result.value.0.confirmationStatus",
     {SAME("\"confirmed\""), SAME("null"), SAME("null")}},
    {"getSignatureStatuses",
     "[[SIGNATURE6]]",
     "result.value.0.confirmations",
     {SAME("0"), SAME("null"), SAME("null")}},
    {"getSignatureStatuses",
     "[[SIGNATURE8]]",
     "result.value.0.confirmationStatus",
     {SAME("null"), SAME("\"confirmed\""), SAME("\"finalized\"")}},
    {"getSignatureStatuses",
     "[[SIGNATURE8],{\"searchTransactionHistory\":true}]",
     "result.value.0.confirmations",
     {SAME("null"), SAME("0"), SAME("null")}},
    {"getSignatureStatuses",
     "[[SIGNATURE8]]",
     "result.context.slot",
     {SAME("7"), SAME("9"), SAME("9")}},
    {"getBalance",
     "[TARGET,{COMMITMENT,\"minContextSlot\":7}]",
     "result.context.slot",
     {{"7", "-32016", "-32016"}, {"9", "8", "-32016"}, {"9", "8", "8"}}},
    {"getLatestBlockhash",
     "[{COMMITMENT,\"minContextSlot\":9}]",
     "result.context.slot",
     {SAME("-32016"), {"9", "-32016", "-32016"}, {"9", "-32016", "-32016"}}},
};

static void test_each_method_at_each_commitment(void **state)
{
    struct test *test = *state;
    for (int stage = 0; stage < STAGES; stage++) {
        enter_stage(test, stage);
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
            for (int level = 0; level < LEDGER_LEVELS; level++)
                if (rows[i].expected[stage][level])
                    assert_answer(test, rows[i].method, rows[i].params,
                                  (enum ledger_level)level, rows[i].path,
                                  rows[i].expected[stage][level]);
    }
}

static void test_without_a_commitment_final_blocks_are_shown(void **state)
{
    struct test *test = *state;
    enter_stage(test, 0);
    rpc_assert_json(rpc_call(test->rpc, "getSlot", "[]"), "result", "5");
    rpc_assert_json(rpc_call(test->rpc, "getSlot", "[{}]"), "result", "5");
    rpc_assert_json(
        rpc_call(test->rpc, "getSlot", "[{\"commitment\":\"recent\"}]"),
        "result", "7");
    rpc_assert_json(
        rpc_call(test->rpc, "getSlot", "[{\"commitment\":\"singleGossip\"}]"),
        "result", "6");
    rpc_assert_json(rpc_call(test->rpc, "getBalance",
                             "[\"%s\",{\"minContextSlot\":6}]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    "error.data.contextSlot", "5");
}

/* Certified blocks above its own, until it is final. */
static void test_confirmations_are_counted(void **state)
{
    struct test *test = *state;
    enter_stage(test, 1);
    publish(test, LEDGER_CONFIRMED, 9);
    assert_answer(test, "getSignatureStatuses", "[[SIGNATURE8]]", 0,
                  "result.value.0.confirmations", "1");
    struct executed_block *more[40];
    for (uint64_t i = 0; i < 40; i++)
        more[i] = ledger_fixture_execute(&test->rpc->ledger, 10 + i, NULL, 0);
    assert_true(ledger_publish(test->ledger, LEDGER_CONFIRMED, more[39], NULL));
    assert_answer(test, "getSignatureStatuses", "[[SIGNATURE8]]", 0,
                  "result.value.0.confirmations", "31");
    publish(test, LEDGER_FINALIZED, 8);
    assert_answer(test, "getSignatureStatuses", "[[SIGNATURE8]]", 0,
                  "result.value.0.confirmations", "null");
    for (uint64_t i = 0; i < 40; i++)
        executed_block_release(more[i]);
}

/* The answer to sendTransaction of a transfer with the blockhash of slot 9,
 * which is executed and not certified. */
static struct json_object *send_newest(struct test *test, const char *options,
                                       uint64_t lamports)
{
    struct transaction transaction = ledger_fixture_transfer(
        &test->rpc->ledger, 2, &rpc_fixture_target, lamports);
    struct buffer text = {0};
    base64_encode(transaction.wire, &text);
    struct json_object *answer = rpc_call(
        test->rpc, "sendTransaction", "[\"%s\",{\"encoding\":\"base64\"%s}]",
        buffer_string(&text), options);
    buffer_free(&text);
    return answer;
}

static void test_preflight_is_at_its_commitment(void **state)
{
    struct test *test = *state;
    enter_stage(test, 1);
    rpc_assert_code(send_newest(test, "", 1000001), -32002);
    rpc_assert_code(send_newest(test, ",\"commitment\":\"processed\"", 1000002),
                    -32002);
    rpc_assert_code(
        send_newest(test, ",\"preflightCommitment\":\"confirmed\"", 1000003),
        -32002);
    rpc_assert_json(
        send_newest(test, ",\"preflightCommitment\":\"processed\"", 1000004),
        "error", "null");
    rpc_assert_json(send_newest(test, ",\"skipPreflight\":true", 1000005),
                    "error", "null");
    rpc_assert_code(send_newest(test, ",\"minContextSlot\":6", 1000006),
                    -32016);
    assert_int_equal(mempool_count(test->rpc->mempool), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(test_each_method_at_each_commitment),
        TEST(test_without_a_commitment_final_blocks_are_shown),
        TEST(test_confirmations_are_counted),
        TEST(test_preflight_is_at_its_commitment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
