/*
 * A transaction takes effect once: the same bytes again in the same block, in
 * a later one, after its blockhash expired, after a restart; with a recent
 * blockhash and with a durable nonce.
 */
#include "base/error.h"
#include "settlement/account.h"
#include "settlement/ledger_fixture.h"
#include "settlement/mempool.h"
#include "settlement/nonce_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct pubkey target = {{1, 2, 3}};

static int setup(void **state)
{
    struct ledger_fixture *fixture = calloc(1, sizeof *fixture);
    ledger_fixture_open(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    ledger_fixture_close(*state);
    free(*state);
    return 0;
}

/* Its data, if it has any, lies in the fixture's arena. */
static struct account read_account(struct ledger_fixture *fixture,
                                   const struct pubkey *key)
{
    struct ledger_view *view;
    struct account account = {0};
    assert_int_equal(ledger_view_open(fixture->ledger, &view), 0);
    bank_account(ledger_view_bank(view), ledger_view_state(view), key,
                 &fixture->chain.arena, &account);
    account.data = arena_bytes(&fixture->chain.arena, account.data);
    ledger_view_close(view);
    return account;
}

static uint64_t balance(struct ledger_fixture *fixture)
{
    return read_account(fixture, &target).lamports;
}

/* How the next block takes a transaction the given number of times: the error
 * of the last one. Nothing is kept. */
static enum transaction_error take(struct ledger_fixture *fixture,
                                   const struct transaction *transaction,
                                   unsigned times)
{
    struct ledger_view *view;
    struct bank_result result = {0};
    assert_int_equal(ledger_view_open(fixture->ledger, &view), 0);
    const struct bank_info *tip = bank_info(fixture->tip);
    const struct bank_block at = {.slot = tip->slot + 1,
                                  .unix_ms = tip->unix_ms,
                                  .leader = fixture->chain.leader.pubkey};
    struct bank *bank =
        bank_open_child(fixture->tip, ledger_view_base(view), &at);
    for (unsigned i = 0; i < times; i++)
        bank_execute(bank, transaction, 0, &fixture->chain.arena, &result);
    bank_release(bank);
    ledger_view_close(view);
    return (enum transaction_error)result.status.error;
}

static void make_empty(struct ledger_fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ledger_fixture_block(fixture, bank_info(fixture->tip)->slot + 1, NULL,
                             0);
}

static void test_same_bytes_take_effect_once(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct transaction once =
        ledger_fixture_transfer(fixture, 0, &target, 5000000);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_OK);
    assert_int_equal(take(fixture, &once, 2), TRANSACTION_ALREADY_PROCESSED);
    ledger_fixture_block(fixture, 1, &once, 1);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_ALREADY_PROCESSED);
    for (unsigned i = 0; i < 3; i++) {
        make_empty(fixture, 40);
        ledger_fixture_reopen(fixture, i % 2);
        assert_int_equal(take(fixture, &once, 1),
                         TRANSACTION_ALREADY_PROCESSED);
    }
    make_empty(fixture, 40);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    ledger_fixture_reopen(fixture, false);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    assert_int_equal(balance(fixture), 5000000);
}

static void test_blockhash_is_good_for_150_blocks(void **state)
{
    struct ledger_fixture *fixture = *state;
    struct mempool *mempool = mempool_new(4);
    struct buffer wire;
    struct transaction late =
        ledger_fixture_transfer(fixture, 0, &target, 5000000);
    make_empty(fixture, 149);
    assert_int_equal(take(fixture, &late, 1), TRANSACTION_OK);
    assert_int_equal(mempool_add(mempool, &late, fixture->tip), 0);
    assert_true(mempool_take(mempool, &wire));
    buffer_free(&wire);
    make_empty(fixture, 2);
    assert_int_equal(take(fixture, &late, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    assert_int_equal(mempool_add(mempool, &late, fixture->tip), ERR_STATE);
    ledger_fixture_reopen(fixture, false);
    assert_int_equal(take(fixture, &late, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    mempool_free(mempool);
}

/* ---- Durable nonces ---- */

static struct nonce read_nonce(struct ledger_fixture *fixture,
                               const struct pubkey *key)
{
    struct nonce nonce;
    struct account account = read_account(fixture, key);
    assert_int_equal(nonce_decode(account.data, &nonce), 0);
    return nonce;
}

/* Account 2 pays for a nonce account of its own. */
static void open_nonce(struct ledger_fixture *fixture,
                       const struct keypair *nonce)
{
    const struct keypair *signers[] = {&fixture->chain.keys[2], nonce};
    struct buffer create = {0}, initialize = {0};
    buffer_u32le(&create, SYSTEM_CREATE_ACCOUNT);
    buffer_u64le(&create, 10000000);
    buffer_u64le(&create, NONCE_ACCOUNT_SIZE);
    buffer_append(&create, SYSTEM_PROGRAM_ID.bytes, 32);
    buffer_u32le(&initialize, SYSTEM_INITIALIZE_NONCE_ACCOUNT);
    buffer_append(&initialize, signers[0]->pubkey.bytes, 32);
    const struct account_meta create_accounts[] = {
        {signers[0]->pubkey, true, true}, {nonce->pubkey, true, true}};
    const struct account_meta initialize_accounts[] = {
        {nonce->pubkey, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {RENT_SYSVAR_ID, false, false}};
    const struct instruction instructions[] = {
        {SYSTEM_PROGRAM_ID, create_accounts, 2, buffer_view(&create)},
        {SYSTEM_PROGRAM_ID, initialize_accounts, 3, buffer_view(&initialize)}};
    struct transaction transaction =
        fixture_make(&fixture->chain, signers, 2, instructions, 2,
                     &bank_info(fixture->tip)->blockhash);
    ledger_fixture_block(fixture, bank_info(fixture->tip)->slot + 1,
                         &transaction, 1);
    buffer_free(&create);
    buffer_free(&initialize);
}

static struct transaction nonce_transfer(struct ledger_fixture *fixture,
                                         const struct pubkey *key,
                                         uint64_t lamports)
{
    const struct keypair *signer = &fixture->chain.keys[2];
    struct nonce nonce = read_nonce(fixture, key);
    struct buffer advance = {0}, transfer = {0};
    buffer_u32le(&advance, SYSTEM_ADVANCE_NONCE_ACCOUNT);
    system_transfer_data(lamports, &transfer);
    const struct account_meta advance_accounts[] = {
        {*key, false, true},
        {RECENT_BLOCKHASHES_SYSVAR_ID, false, false},
        {signer->pubkey, true, false}};
    const struct account_meta transfer_accounts[] = {
        {signer->pubkey, true, true}, {target, false, true}};
    const struct instruction instructions[] = {
        {SYSTEM_PROGRAM_ID, advance_accounts, 3, buffer_view(&advance)},
        {SYSTEM_PROGRAM_ID, transfer_accounts, 2, buffer_view(&transfer)}};
    struct transaction transaction = fixture_make(
        &fixture->chain, &signer, 1, instructions, 2, &nonce.value);
    buffer_free(&advance);
    buffer_free(&transfer);
    return transaction;
}

static void replay_nonce(struct ledger_fixture *fixture, uint64_t lamports,
                         bool succeeds)
{
    struct keypair nonce = fixture_key(60);
    open_nonce(fixture, &nonce);
    make_empty(fixture, 1);
    struct transaction once = nonce_transfer(fixture, &nonce.pubkey, lamports);
    /* No blockhash of these is recent any more; the nonce is still good. */
    make_empty(fixture, 200);
    /* A used nonce counts as a blockhash that is not recent, as on Solana. */
    assert_int_equal(take(fixture, &once, 2), TRANSACTION_BLOCKHASH_NOT_FOUND);
    ledger_fixture_block(fixture, bank_info(fixture->tip)->slot + 1, &once, 1);
    assert_int_equal(balance(fixture), succeeds ? lamports : 0);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    ledger_fixture_reopen(fixture, false);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    make_empty(fixture, 200);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    ledger_fixture_reopen(fixture, true);
    assert_int_equal(take(fixture, &once, 1), TRANSACTION_BLOCKHASH_NOT_FOUND);
    assert_int_equal(balance(fixture), succeeds ? lamports : 0);
}

static void test_nonce_is_used_up_by_a_transfer(void **state)
{
    replay_nonce(*state, 7000000, true);
}

static void test_nonce_is_used_up_by_a_failure(void **state)
{
    replay_nonce(*state, 500 * LAMPORTS_PER_KOII, false);
}

int main(void)
{
    crypto_init();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_same_bytes_take_effect_once),
        TEST(test_blockhash_is_good_for_150_blocks),
        TEST(test_nonce_is_used_up_by_a_transfer),
        TEST(test_nonce_is_used_up_by_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
