/*
 * Who is notified of what, and when, while one fork wins:
 *
 *   5 ─┬─ 6 ─ 7      pays in 6
 *      └─ 8 ─ 9      pays in 8
 */
#include "test.h"

#include "base/error.h"
#include "base/memory.h"
#include "settlement/pubsub_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct place {
    struct pubsub_fixture *client;
    struct pubsub *pubsub;
    struct executed_block *blocks[10];
    struct transaction paid[10];
};

static void execute(struct place *place, uint64_t slot, size_t count)
{
    struct ledger_fixture *ledger = &place->client->rpc->ledger;
    place->paid[slot] =
        ledger_fixture_transfer(ledger, 1, &rpc_fixture_target, slot * 1000000);
    place->blocks[slot] =
        ledger_fixture_execute(ledger, slot, &place->paid[slot], count);
}

static void make_forks(struct place *place)
{
    struct executed_block *root =
        executed_block_retain(place->client->rpc->ledger.newest);
    execute(place, 6, 1);
    execute(place, 7, 0);
    ledger_fixture_stand_on(&place->client->rpc->ledger, root);
    execute(place, 8, 1);
    execute(place, 9, 0);
    executed_block_release(root);
}

static int setup(void **state)
{
    struct place *place = mem_zero(1, sizeof(*place));
    void *client;
    pubsub_fixture_setup(&client);
    place->client = client;
    place->pubsub = place->client->pubsub;
    make_forks(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    void *client = place->client;
    for (size_t i = 0; i < 10; i++)
        executed_block_release(place->blocks[i]);
    free(place);
    return pubsub_fixture_teardown(&client);
}

static void publish(struct place *place, enum ledger_level level, uint64_t slot)
{
    struct ledger_news news;
    assert_true(ledger_publish(place->client->rpc->ledger.ledger, level,
                               place->blocks[slot], &news));
    pubsub_published(place->pubsub, &news);
    ledger_branch_release(news.branch);
}

static void subscribe_each(struct place *place, const char *method,
                           const char *first, const char *options)
{
    static const char *const names[] = {"processed", "confirmed", "finalized"};
    for (int level = 0; level < LEDGER_LEVELS; level++) {
        char params[256];
        snprintf(params, sizeof(params), "[%s,{\"commitment\":\"%s\"%s}]",
                 first, names[level], options);
        pubsub_subscribe(place->client, method, params);
    }
}

/* The target has 5 million at first. */
#define ACCOUNT(slot, lamports)                                                \
    "{\"context\":{\"slot\":" slot "},\"value\":{\"data\":[\"\",\"base64\"],"  \
    "\"executable\":false,\"lamports\":" lamports                              \
    ",\"owner\":\"11111111111111111111111111111111\","                         \
    "\"rentEpoch\":18446744073709551615,\"space\":0}}; "

static void test_accounts_follow_the_winning_fork(void **state)
{
    struct place *place = *state;
    char key[64];
    snprintf(key, sizeof(key), "\"%s\"", PUBKEY_TEXT(&rpc_fixture_target));
    subscribe_each(place, "accountSubscribe", key, ",\"encoding\":\"base64\"");
    publish(place, LEDGER_PROCESSED, 7);
    pubsub_assert_seen(place->client, "1:" ACCOUNT("6", "11000000"));
    publish(place, LEDGER_CONFIRMED, 6);
    pubsub_assert_seen(place->client, "2:" ACCOUNT("6", "11000000"));
    /* Both are told what the account is now, because 6 has lost, and then that
     * 8 has changed it. */
    publish(place, LEDGER_CONFIRMED, 8);
    pubsub_assert_seen(place->client, "1:" ACCOUNT("8", "13000000") /**/
                       "1:" ACCOUNT("8", "13000000")                /**/
                       "2:" ACCOUNT("8", "13000000")                /**/
                       "2:" ACCOUNT("8", "13000000"));
    publish(place, LEDGER_FINALIZED, 8);
    pubsub_assert_seen(place->client, "3:" ACCOUNT("8", "13000000"));
}

#define SIGNATURE(slot)                                                        \
    "{\"context\":{\"slot\":" slot "},\"value\":{\"err\":null}}; "

static void test_signatures_end_at_their_level(void **state)
{
    struct place *place = *state;
    for (int slot = 6; slot <= 8; slot += 2) {
        char text[BASE58_SIGNATURE_SIZE], key[BASE58_SIGNATURE_SIZE + 2];
        base58_signature(transaction_id(&place->paid[slot])->bytes, text);
        snprintf(key, sizeof(key), "\"%s\"", text);
        subscribe_each(place, "signatureSubscribe", key,
                       ",\"enableReceivedNotification\":true");
    }
    pubsub_call(place->client, "signatureUnsubscribe", "[2]");
    publish(place, LEDGER_PROCESSED, 6);
    const char *received =
        "1:{\"context\":{\"slot\":6},\"value\":\"receivedSignature\"}; "
        "1:" SIGNATURE("6");
    pubsub_call(place->client, "getVersion", "[]");
    assert_non_null(strstr(buffer_string(&place->client->seen), received));
    assert_non_null(strstr(buffer_string(&place->client->seen),
                           "3:{\"context\":{\"slot\":6},"
                           "\"value\":\"receivedSignature\"}; "));
    buffer_clear(&place->client->seen);
    publish(place, LEDGER_FINALIZED, 8);
    pubsub_call(place->client, "getVersion", "[]");
    assert_non_null(
        strstr(buffer_string(&place->client->seen), "4:" SIGNATURE("8")));
    assert_non_null(
        strstr(buffer_string(&place->client->seen), "5:" SIGNATURE("8")));
    assert_non_null(
        strstr(buffer_string(&place->client->seen), "6:" SIGNATURE("8")));
    /* Of 3 nothing more is known: its transaction has lost. */
    assert_null(strstr(buffer_string(&place->client->seen), "3:"));
    buffer_clear(&place->client->seen);
}

/* Which of three levels it has reached already. */
static void test_a_late_subscriber_is_told_at_once(void **state)
{
    struct place *place = *state;
    char text[BASE58_SIGNATURE_SIZE], key[BASE58_SIGNATURE_SIZE + 2];
    publish(place, LEDGER_CONFIRMED, 6);
    base58_signature(transaction_id(&place->paid[6])->bytes, text);
    snprintf(key, sizeof(key), "\"%s\"", text);
    subscribe_each(place, "signatureSubscribe", key, "");
    pubsub_assert_seen(place->client, "1:" SIGNATURE("6") "2:" SIGNATURE("6"));
}

/* Where in what was seen a subscription was told of a slot; NULL: nowhere. */
static const char *told(struct place *place, int subscription, int slot)
{
    char text[64];
    snprintf(text, sizeof(text), "%d:{\"context\":{\"slot\":%d}", subscription,
             slot);
    return strstr(buffer_string(&place->client->seen), text);
}

static void test_logs_and_blocks_come_at_their_level(void **state)
{
    struct place *place = *state;
    subscribe_each(place, "logsSubscribe", "\"all\"", "");
    pubsub_subscribe(place->client, "blockSubscribe",
                     "[\"all\",{\"commitment\":\"confirmed\","
                     "\"transactionDetails\":\"none\"}]");
    publish(place, LEDGER_PROCESSED, 7);
    pubsub_call(place->client, "getVersion", "[]");
    assert_non_null(told(place, 1, 6));
    assert_null(told(place, 2, 6));
    assert_null(told(place, 4, 6));
    buffer_clear(&place->client->seen);
    publish(place, LEDGER_CONFIRMED, 7);
    pubsub_call(place->client, "getVersion", "[]");
    assert_null(told(place, 1, 6));
    assert_non_null(told(place, 2, 6));
    assert_null(told(place, 3, 6));
    assert_non_null(told(place, 4, 6));
    assert_true(told(place, 4, 6) < told(place, 4, 7));
    buffer_clear(&place->client->seen);
}

static void test_slots_and_roots(void **state)
{
    struct place *place = *state;
    pubsub_subscribe(place->client, "slotSubscribe", "[]");
    pubsub_subscribe(place->client, "rootSubscribe", "[]");
    publish(place, LEDGER_PROCESSED, 7);
    pubsub_assert_seen(place->client,
                       "1:{\"parent\":5,\"root\":5,\"slot\":6}; "
                       "1:{\"parent\":6,\"root\":5,\"slot\":7}; ");
    publish(place, LEDGER_CONFIRMED, 7);
    pubsub_assert_seen(place->client, "");
    publish(place, LEDGER_FINALIZED, 6);
    pubsub_assert_seen(place->client, "2:6; ");
    publish(place, LEDGER_FINALIZED, 7);
    pubsub_assert_seen(place->client, "2:7; ");
}

/* The kinds of updates in what was seen, with their slots. */
static void assert_updates(struct place *place, const char *expected)
{
    struct buffer kinds = {0};
    pubsub_call(place->client, "getVersion", "[]");
    const char *at = buffer_string(&place->client->seen);
    while ((at = strstr(at, "\"slot\":"))) {
        int slot = atoi(at + 7), length = 0;
        at = strstr(at, "\"type\":\"") + 8;
        while (at[length] != '"')
            length++;
        buffer_format(&kinds, "%d %.*s; ", slot, length, at);
    }
    assert_string_equal(buffer_string(&kinds), expected);
    buffer_free(&kinds);
    buffer_clear(&place->client->seen);
}

static void test_each_stage_of_a_slot_is_told_once(void **state)
{
    struct place *place = *state;
    pubsub_subscribe(place->client, "slotsUpdatesSubscribe", "[]");
    pubsub_tell_stage(place->pubsub, PUBSUB_FIRST_SHRED, 6, 0, 1, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_FIRST_SHRED, 6, 0, 2, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_COMPLETED, 6, 0, 3, NULL);
    pubsub_tell_stage(place->pubsub, PUBSUB_CREATED, 6, 5, 4, NULL);
    assert_updates(place, "6 firstShredReceived; 6 completed; 6 createdBank; ");
    publish(place, LEDGER_PROCESSED, 7);
    assert_updates(place, "6 frozen; 7 createdBank; 7 completed; 7 frozen; ");
    publish(place, LEDGER_CONFIRMED, 6);
    assert_updates(place, "6 optimisticConfirmation; ");
    publish(place, LEDGER_FINALIZED, 6);
    assert_updates(place, "6 root; ");
    pubsub_tell_stage(place->pubsub, PUBSUB_DEAD, 8, 0, 9, "wrong signature");
    pubsub_assert_seen(place->client,
                       "1:{\"err\":\"wrong signature\",\"slot\":8,"
                       "\"timestamp\":9,\"type\":\"dead\"}; ");
}

static void test_votes_are_told(void **state)
{
    struct place *place = *state;
    const struct pubkey vote = {{7}};
    const struct hash hash = {{8}};
    const struct signature signature = {{9}};
    char expected[512], text[BASE58_SIGNATURE_SIZE];
    pubsub_subscribe(place->client, "voteSubscribe", "[]");
    pubsub_tell_vote(place->pubsub, &vote, 12, &hash, &signature);
    base58_signature(signature.bytes, text);
    snprintf(expected, sizeof(expected),
             "1:{\"hash\":\"%s\",\"signature\":\"%s\",\"slots\":[12],"
             "\"timestamp\":null,\"votePubkey\":\"%s\"}; ",
             HASH_TEXT(&hash), text, PUBKEY_TEXT(&vote));
    pubsub_assert_seen(place->client, expected);
}

/* ---- From other threads ---- */

#define VOTES 500

static void *vote_on(void *user)
{
    struct place *place = user;
    const struct pubkey vote = {{7}};
    const struct hash hash = {{8}};
    const struct signature signature = {{9}};
    for (uint64_t slot = 1; slot <= VOTES; slot++) {
        pubsub_tell_vote(place->pubsub, &vote, slot, &hash, &signature);
        pubsub_tell_stage(place->pubsub, PUBSUB_DEAD, slot, 0, 0, "unwanted");
    }
    return NULL;
}

static void test_what_a_thread_tells_comes_in_its_order(void **state)
{
    struct place *place = *state;
    pthread_t thread;
    uint64_t slot = 0;
    pubsub_subscribe(place->client, "voteSubscribe", "[]");
    assert_int_equal(pthread_create(&thread, NULL, vote_on, place), 0);
    while (place->client->notifications < VOTES)
        pubsub_wait(place->client);
    assert_int_equal(pthread_join(thread, NULL), 0);
    const char *at = buffer_string(&place->client->seen);
    while ((at = strstr(at, "\"slots\":["))) {
        at += 9;
        assert_int_equal(strtoull(at, NULL, 10), ++slot);
    }
    assert_int_equal(slot, VOTES);
    assert_int_equal(place->client->notifications, VOTES);
}

/* What is still on its way when PubSub ends goes with it. */
static void test_what_was_not_told_is_dropped(void **state)
{
    struct place *place = *state;
    struct ledger_news news;
    pubsub_subscribe(place->client, "voteSubscribe", "[]");
    vote_on(place);
    assert_true(ledger_publish(place->client->rpc->ledger.ledger,
                               LEDGER_PROCESSED, place->blocks[7], &news));
    pubsub_published(place->pubsub, &news);
    ledger_branch_release(news.branch);
    assert_int_equal(place->client->notifications, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accounts_follow_the_winning_fork),
        TEST(test_signatures_end_at_their_level),
        TEST(test_a_late_subscriber_is_told_at_once),
        TEST(test_logs_and_blocks_come_at_their_level),
        TEST(test_slots_and_roots),
        TEST(test_each_stage_of_a_slot_is_told_once),
        TEST(test_votes_are_told),
        TEST(test_what_a_thread_tells_comes_in_its_order),
        TEST(test_what_was_not_told_is_dropped),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
