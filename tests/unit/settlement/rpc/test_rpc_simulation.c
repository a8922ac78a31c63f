/*
 * What simulateTransaction shows of the accounts that a transaction leaves: all
 * of them are shown as after the transaction, also if the form of one depends
 * on another.
 */
#include "base/base64.h"
#include "settlement/bank/token_state.h"
#include "settlement/format/account.h"
#include "settlement/format/system_instruction.h"
#include "settlement/format/task_instruction.h"
#include "settlement/format/well_known.h"
#include "settlement/programs/associated_token_program.h"
#include "settlement/programs/token_program.h"
#include "settlement/rpc_fixture.h"
#include "settlement/task_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DECIMALS 6
#define AMOUNT 2500000

/* Simulate instructions that the signers sign. accounts: the value of
 * "accounts". */
static struct json_object *simulate(struct rpc_fixture *test,
                                    const struct keypair *const *signers,
                                    size_t signer_count,
                                    const struct instruction *list,
                                    size_t count, const char *addresses)
{
    struct fixture *chain = &test->ledger.chain;
    const struct hash blockhash = bank_info(test->ledger.tip)->blockhash;
    struct transaction transaction =
        fixture_make(chain, signers, signer_count, list, count, &blockhash);
    struct buffer text = {0}, body = {0};
    base64_encode(transaction.wire, &text);
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                  "\"simulateTransaction\",\"params\":[\"%s\",{\"encoding\":"
                  "\"base64\",\"accounts\":{\"encoding\":\"jsonParsed\","
                  "\"addresses\":%s}}]}",
                  buffer_string(&text), addresses);
    struct json_object *answer = rpc_ask(test, buffer_string(&body));
    buffer_free(&text);
    buffer_free(&body);
    return answer;
}

static void test_tokens_of_a_mint_made_with_them_are_parsed(void **state)
{
    struct rpc_fixture *test = *state;
    const struct keypair *payer = &test->ledger.chain.keys[0];
    const struct keypair mint = fixture_key(77);
    const struct keypair *const signers[2] = {payer, &mint};
    struct pubkey tokens;
    struct buffer create = {0}, initialize = {0}, issue = {0};
    associated_token_address(&payer->pubkey, &TOKEN_PROGRAM_ID, &mint.pubkey,
                             &tokens);
    system_create_account_data(rent_minimum_balance(TOKEN_MINT_SIZE),
                               TOKEN_MINT_SIZE, &TOKEN_PROGRAM_ID, &create);
    buffer_u8(&initialize, TOKEN_INITIALIZE_MINT_2);
    buffer_u8(&initialize, DECIMALS);
    buffer_append(&initialize, payer->pubkey.bytes, 32);
    buffer_u8(&initialize, 0);
    buffer_u8(&issue, TOKEN_MINT_TO);
    buffer_u64le(&issue, AMOUNT);
    const struct account_meta made[2] = {{payer->pubkey, true, true},
                                         {mint.pubkey, true, true}};
    const struct account_meta one[1] = {{mint.pubkey, false, true}};
    const struct account_meta own[6] = {
        {payer->pubkey, true, true},       {tokens, false, true},
        {payer->pubkey, false, false},     {mint.pubkey, false, false},
        {SYSTEM_PROGRAM_ID, false, false}, {TOKEN_PROGRAM_ID, false, false}};
    const struct account_meta to[3] = {{mint.pubkey, false, true},
                                       {tokens, false, true},
                                       {payer->pubkey, true, false}};
    const struct instruction list[4] = {
        {SYSTEM_PROGRAM_ID, made, 2, buffer_view(&create)},
        {TOKEN_PROGRAM_ID, one, 1, buffer_view(&initialize)},
        {ASSOCIATED_TOKEN_PROGRAM_ID, own, 6, (struct bytes){0}},
        {TOKEN_PROGRAM_ID, to, 3, buffer_view(&issue)}};
    struct buffer addresses = {0};
    buffer_format(&addresses, "[\"%s\",\"%s\"]", PUBKEY_TEXT(&tokens),
                  PUBKEY_TEXT(&mint.pubkey));
    struct json_object *answer =
        simulate(test, signers, 2, list, 4, buffer_string(&addresses));
    rpc_assert_json(json_object_get(answer), "result.value.err", "null");
    rpc_assert_json(
        json_object_get(answer),
        "result.value.accounts.0.data.parsed.info.tokenAmount.decimals", "6");
    rpc_assert_json(
        json_object_get(answer),
        "result.value.accounts.0.data.parsed.info.tokenAmount.uiAmountString",
        "\"2.5\"");
    rpc_assert_json(answer, "result.value.accounts.1.data.parsed.info.supply",
                    "\"2500000\"");
    /* The simulation leaves nothing behind. */
    rpc_assert_json(
        rpc_call(test, "getAccountInfo", "[\"%s\"]", PUBKEY_TEXT(&mint.pubkey)),
        "result.value", "null");
    buffer_free(&create);
    buffer_free(&initialize);
    buffer_free(&issue);
    buffer_free(&addresses);
}

static void test_task_is_shown_as_the_transaction_left_it(void **state)
{
    struct rpc_fixture *test = *state;
    const struct keypair *payer = &test->ledger.chain.keys[0];
    const struct keypair task = fixture_key(78);
    const struct keypair *const signers[2] = {payer, &task};
    struct task_instruction instruction = {.kind = TASK_CREATE,
                                           .terms = task_fixture_terms()};
    instruction.terms.total_bounty_amount = LAMPORTS_PER_KOII;
    instruction.terms.bounty_amount_per_round = LAMPORTS_PER_KOII;
    const struct pubkey pot = task_fixture_pot(1);
    const struct task_parties parties = {
        .task = task.pubkey, .stake_pot = pot, .actor = payer->pubkey};
    const uint64_t space = 20000;
    struct account_meta accounts[TASK_ACCOUNTS_MAX];
    const struct account_meta made[2] = {{payer->pubkey, true, true},
                                         {task.pubkey, true, true}};
    const struct account_meta to_pot[2] = {{payer->pubkey, true, true},
                                           {pot, false, true}};
    struct buffer data[3] = {{0}};
    assert_int_equal(task_instruction_build(&instruction, &data[1]), 0);
    system_create_account_data(task_instruction_create_lamports(space), space,
                               &KOII_TASK_PROGRAM_ID, &data[0]);
    system_transfer_data(TASK_STAKE_POT_LAMPORTS, &data[2]);
    size_t count =
        task_instruction_accounts(TASK_CREATE, 0, &parties, accounts);
    const struct instruction list[3] = {
        {SYSTEM_PROGRAM_ID, made, 2, buffer_view(&data[0])},
        {KOII_TASK_PROGRAM_ID, accounts, count, buffer_view(&data[1])},
        {SYSTEM_PROGRAM_ID, to_pot, 2, buffer_view(&data[2])}};
    struct buffer addresses = {0};
    buffer_format(&addresses, "[\"%s\"]", PUBKEY_TEXT(&task.pubkey));
    struct json_object *answer =
        simulate(test, signers, 2, list, 3, buffer_string(&addresses));
    rpc_assert_json(json_object_get(answer), "result.value.err", "null");
    struct json_object *shown = rpc_at(answer, "result.value.accounts.0.data");
    assert_non_null(shown);
    struct buffer text = {0};
    json_text(shown, &text);
    assert_true(text.size > 200); /* the task's text, in some form */
    json_object_put(answer);
    buffer_free(&text);
    buffer_free(&addresses);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&data[i]);
}

int main(void)
{
    crypto_init();
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rpc_fixture_setup,                   \
                                    rpc_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_tokens_of_a_mint_made_with_them_are_parsed),
        TEST(test_task_is_shown_as_the_transaction_left_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
