/*
 * What peers send costs signature checks only if it may be taken.
 */
#include "settlement/cluster/transaction_intake.h"

#include "base/error.h"
#include "settlement/chain/mempool.h"
#include "settlement/cluster/cluster_message.h"
#include "settlement/format/well_known.h"
#include "settlement/ledger_fixture.h"
#include "test.h"

#define PEER 1
#define OTHER 2
#define PLACES 8 /* of each source */
#define ALL_PLACES (3 * PLACES)

struct test {
    struct ledger_fixture ledger;
    struct mempool *mempool;
};

static const struct pubkey target = {{4, 5, 6}};

static int setup(void **state)
{
    const size_t places[] = {PLACES, PLACES, PLACES};
    struct test *test = calloc(1, sizeof(*test));
    ledger_fixture_open(&test->ledger);
    ledger_fixture_block(&test->ledger, 1, NULL, 0);
    test->mempool = mempool_new_of_several(places, 3, PLACES);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    mempool_free(test->mempool);
    ledger_fixture_close(&test->ledger);
    free(test);
    return 0;
}

static struct transaction_intake send(struct test *test, size_t source,
                                      const struct transaction *transactions,
                                      size_t count)
{
    struct transaction_intake out;
    struct buffer body = {0};
    for (size_t i = 0; i < count; i++)
        cluster_transaction_add(transactions[i].wire, &body);
    transaction_intake(test->mempool, source, test->ledger.ledger,
                       buffer_view(&body), &out);
    buffer_free(&body);
    return out;
}

static struct transaction transfer(struct test *test, int from,
                                   uint64_t lamports)
{
    return ledger_fixture_transfer(&test->ledger, from, &target, lamports);
}

/* Of one who has nothing, or on a blockhash that is not known. */
static struct transaction memo(struct test *test, uint64_t key,
                               const struct hash *blockhash)
{
    const struct keypair signer = fixture_key(key);
    const struct keypair *signers[] = {&signer};
    const struct account_meta account = {.key = signer.pubkey, .signer = true};
    const struct instruction instruction = {
        .program = MEMO_PROGRAM_ID, .accounts = &account, .account_count = 1};
    return fixture_make(&test->ledger.chain, signers, 1, &instruction, 1,
                        blockhash);
}

static void test_what_is_good_is_taken_once(void **state)
{
    struct test *test = *state;
    const struct transaction sent[] = {transfer(test, 0, 1),
                                       transfer(test, 1, 2)};
    struct transaction_intake out = send(test, PEER, sent, 2);
    assert_int_equal(out.taken, 2);
    assert_int_equal(out.checked, 2);
    assert_int_equal(out.unwanted + out.wrong, 0);
    out = send(test, OTHER, sent, 2);
    assert_int_equal(out.unwanted, 2);
    assert_int_equal(out.checked + out.taken, 0);
    assert_int_equal(mempool_count(test->mempool), 2);
}

static void test_a_wrong_signature_is_found_among_good_ones(void **state)
{
    struct test *test = *state;
    struct transaction sent[] = {transfer(test, 0, 1), transfer(test, 1, 2),
                                 transfer(test, 2, 3)};
    ((uint8_t *)sent[1].wire.data)[10] ^= 1;
    struct transaction_intake out = send(test, PEER, sent, 3);
    assert_int_equal(out.checked, 3);
    assert_int_equal(out.wrong, 1);
    assert_int_equal(out.taken, 2);
}

/* Junk of good form whose signatures hold costs none of their checks. */
static void test_what_no_block_may_have_is_not_checked(void **state)
{
    struct test *test = *state;
    const struct hash unknown = fixture_hash(99);
    struct transaction sent[CLUSTER_TRANSACTIONS_MAX];
    for (size_t i = 0; i < CLUSTER_TRANSACTIONS_MAX; i++)
        sent[i] = memo(test, 1000 + i, &unknown);
    struct transaction_intake out =
        send(test, PEER, sent, CLUSTER_TRANSACTIONS_MAX);
    assert_int_equal(out.unwanted, CLUSTER_TRANSACTIONS_MAX);
    assert_int_equal(out.checked, 0);

    struct buffer body = {0};
    cluster_transaction_add(bytes_text("no transaction"), &body);
    transaction_intake(test->mempool, PEER, test->ledger.ledger,
                       buffer_view(&body), &out);
    assert_int_equal(out.unwanted, 1);
    assert_int_equal(out.checked, 0);
    buffer_free(&body);
}

/* Payers that have nothing fill what places are free, and then cost nothing;
 * who pays drives them out. Others have their places. */
static void test_full_places_cost_no_checks(void **state)
{
    struct test *test = *state;
    const struct hash *blockhash = &bank_info(test->ledger.tip)->blockhash;
    struct transaction sent[ALL_PLACES];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ALL_PLACES; i++)
            sent[i] =
                memo(test, 2000 + (size_t)round * ALL_PLACES + i, blockhash);
        struct transaction_intake out = send(test, PEER, sent, ALL_PLACES);
        assert_int_equal(out.checked, round ? 0 : ALL_PLACES);
        assert_int_equal(out.unwanted, round ? ALL_PLACES : 0);
    }
    const struct transaction paying = transfer(test, 0, 1);
    const struct transaction beside = transfer(test, 1, 1);
    assert_int_equal(send(test, PEER, &paying, 1).taken, 1);
    assert_int_equal(send(test, OTHER, &beside, 1).taken, 1);
    assert_int_equal(mempool_count(test->mempool), ALL_PLACES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_good_is_taken_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_a_wrong_signature_is_found_among_good_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_no_block_may_have_is_not_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_places_cost_no_checks, setup,
                                        teardown),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
