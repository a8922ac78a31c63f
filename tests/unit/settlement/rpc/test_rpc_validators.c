/* What the endpoint shows of four validators, with stakes of 1, 2, 3, 4 KOII.
 */
#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/cluster/cluster_view.h"
#include "settlement/format/leader.h"
#include "settlement/rpc_fixture.h"

#include <stdio.h>

#define COUNT 4

struct test {
    struct rpc_fixture rpc;
    struct cluster_view *cluster;
    struct cluster_state state;
    struct executed_block *blocks[40]; /* by slot */
};

static const struct genesis_validator *validator(const struct test *test,
                                                 size_t index)
{
    return &test->rpc.ledger.chain.genesis.validators[index];
}

static int setup(void **state)
{
    struct test *test = mem_zero(1, sizeof(*test));
    struct cluster_validator validators[COUNT] = {0};
    ledger_fixture_open_among(&test->rpc.ledger, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        validators[i] = cluster_validator_of(validator(test, i));
        validators[i].vote.bytes[0] = (uint8_t)(i + 1);
    }
    test->cluster = cluster_view_new(validators, COUNT);
    test->state = (struct cluster_state){.has_self = true,
                                         .final_ms = clock_monotonic_ms()};
    cluster_view_set_state(test->cluster, &test->state);
    const struct rpc_options options = {.ledger = test->rpc.ledger.ledger,
                                        .identity =
                                            validator(test, 0)->identity,
                                        .address = "127.0.0.1:8899",
                                        .cluster = test->cluster};
    test->rpc.rpc = rpc_new(&options);
    *state = test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    for (size_t i = 0; i < 40; i++)
        executed_block_release(test->blocks[i]);
    rpc_free(test->rpc.rpc);
    ledger_fixture_close(&test->rpc.ledger);
    cluster_view_free(test->cluster);
    free(test);
    return 0;
}

static void publish(struct test *test, enum ledger_level level, uint64_t slot)
{
    assert_true(ledger_publish(test->rpc.ledger.ledger, level,
                               test->blocks[slot], NULL));
}

/* Empty blocks from slot 1 on, but for those left out. */
static void make_blocks(struct test *test, uint64_t last, const char *left_out)
{
    for (uint64_t slot = 1; slot <= last; slot++)
        if (!strchr(left_out, (char)('a' + slot)))
            test->blocks[slot] =
                ledger_fixture_execute(&test->rpc.ledger, slot, NULL, 0);
}

/* Valid until the next call. */
static const char *leader_text(struct test *test, uint64_t slot)
{
    static char text[64];
    struct leader_schedule *schedule = ledger_schedule(test->rpc.ledger.ledger);
    snprintf(text, sizeof(text), "%s",
             PUBKEY_TEXT(&leader_at(schedule, slot)->identity));
    return text;
}

/* ---- Leaders ---- */

static void test_the_schedule_names_each_slot_once(void **state)
{
    struct test *test = *state;
    uint64_t slots =
        genesis_slots_per_epoch(ledger_genesis(test->rpc.ledger.ledger));
    struct json_object *answer =
        rpc_call(&test->rpc, "getLeaderSchedule", "[]");
    uint64_t count = 0;
    json_object_object_foreach(rpc_at(answer, "result"), name, list)
    {
        for (size_t i = 0; i < json_object_array_length(list); i++, count++) {
            uint64_t slot =
                json_object_get_uint64(json_object_array_get_idx(list, i));
            if (i % 997 == 0)
                assert_string_equal(leader_text(test, slot), name);
        }
        /* A fifth of the stake and more: all of them lead. */
        assert_true(json_object_array_length(list) > slots / 20);
    }
    assert_int_equal(count, slots);
    assert_int_equal(json_object_object_length(rpc_at(answer, "result")),
                     COUNT);
    json_object_put(answer);
    answer = rpc_call(&test->rpc, "getLeaderSchedule",
                      "[null,{\"identity\":\"%s\"}]",
                      PUBKEY_TEXT(&validator(test, 2)->identity));
    assert_int_equal(json_object_object_length(rpc_at(answer, "result")), 1);
    json_object_put(answer);
    rpc_assert_json(rpc_call(&test->rpc, "getLeaderSchedule",
                             "[null,{\"identity\":\"%s\"}]",
                             PUBKEY_TEXT(&rpc_fixture_target)),
                    "result", "{}");
}

/* Its length is the genesis'. */
static void test_a_schedule_that_is_too_long_is_refused(void **state)
{
    struct test *test = *state;
    struct genesis genesis = *ledger_genesis(test->rpc.ledger.ledger);
    char folder[80];
    struct rpc_fixture other = {.rpc = NULL};
    struct ledger *ledger;
    genesis.slots_per_epoch = (8u << 20) + 4;
    genesis_hash(&genesis, &genesis.hash);
    snprintf(folder, sizeof(folder), "%s/other", test->rpc.ledger.folder);
    assert_int_equal(ledger_open(folder, &genesis, &ledger), 0);
    const struct rpc_options options = {
        .ledger = ledger, .identity = validator(test, 0)->identity};
    other.rpc = rpc_new(&options);
    rpc_assert_error(rpc_call(&other, "getLeaderSchedule", "[]"), -32603,
                     "The leader schedule of an epoch of 8388612 slots is too "
                     "large; ask for parts of it by getSlotLeaders");
    struct json_object *answer =
        rpc_call(&other, "getSlotLeaders", "[8388000,500]");
    assert_int_equal(json_object_array_length(rpc_at(answer, "result")), 500);
    json_object_put(answer);
    rpc_free(other.rpc);
    ledger_close(ledger);
}

static void test_leaders_of_slots_are_those_of_the_schedule(void **state)
{
    struct test *test = *state;
    char path[32];
    make_blocks(test, 9, "");
    publish(test, LEDGER_PROCESSED, 9);
    struct json_object *answer =
        rpc_call(&test->rpc, "getSlotLeaders", "[1000,50]");
    for (uint64_t i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "result.%d", (int)i);
        assert_string_equal(json_object_get_string(rpc_at(answer, path)),
                            leader_text(test, 1000 + i));
    }
    json_object_put(answer);
    answer = rpc_call(&test->rpc, "getSlotLeader",
                      "[{\"commitment\":\"processed\"}]");
    assert_string_equal(json_object_get_string(rpc_at(answer, "result")),
                        leader_text(test, 9));
    json_object_put(answer);
}

/* On disk up to 20, in memory after that. */
static void test_production_is_counted_by_leader(void **state)
{
    struct test *test = *state;
    struct ledger_fixture *ledger = &test->rpc.ledger;
    const char *left_out = "ghv"; /* 6, 7 and 21 */
    char expected[512] = "";
    make_blocks(test, 30, left_out);
    publish(test, LEDGER_FINALIZED, 20);
    for (uint64_t slot = 1; slot <= 20; slot++)
        if (test->blocks[slot])
            ledger_fixture_flush(ledger, test->blocks[slot]);
    ledger_fixture_settle(ledger, test->blocks[20]);
    publish(test, LEDGER_PROCESSED, 30);
    struct json_object *answer =
        rpc_call(&test->rpc, "getBlockProduction",
                 "[{\"commitment\":\"processed\","
                 "\"range\":{\"firstSlot\":3,\"lastSlot\":28}}]");
    for (size_t i = 0; i < COUNT; i++) {
        int slots = 0, blocks = 0;
        const char *identity = PUBKEY_TEXT(&validator(test, i)->identity);
        for (uint64_t slot = 3; slot <= 28; slot++) {
            if (strcmp(leader_text(test, slot), identity))
                continue;
            slots++;
            blocks += test->blocks[slot] != NULL;
        }
        struct json_object *found = NULL;
        json_object_object_get_ex(rpc_at(answer, "result.value.byIdentity"),
                                  identity, &found);
        snprintf(expected, sizeof(expected), "[%d,%d]", slots, blocks);
        if (slots)
            assert_string_equal(
                json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN),
                expected);
        else
            assert_null(found);
    }
    json_object_put(answer);
}

/* ---- Votes ---- */

static void vote(struct test *test, uint16_t index, enum cluster_signature what,
                 uint64_t slot)
{
    cluster_view_vote(test->cluster, index, what, slot,
                      &test->blocks[slot]->hash);
}

static void test_who_is_behind_is_delinquent(void **state)
{
    struct test *test = *state;
    make_blocks(test, 20, "");
    publish(test, LEDGER_CONFIRMED, 20);
    vote(test, 1, CLUSTER_NOTARIZED, 20);
    vote(test, 2, CLUSTER_NOTARIZED, 15);
    const char *params = "[{\"commitment\":\"confirmed\","
                         "\"delinquentSlotDistance\":%d}]";
    struct json_object *answer =
        rpc_call(&test->rpc, "getVoteAccounts", params, 5);
    assert_int_equal(json_object_array_length(rpc_at(answer, "result.current")),
                     2);
    assert_int_equal(
        json_object_array_length(rpc_at(answer, "result.delinquent")), 2);
    rpc_assert_json(answer, "result.current.0.lastVote", "20");
    answer = rpc_call(&test->rpc, "getVoteAccounts", params, 4);
    assert_int_equal(json_object_array_length(rpc_at(answer, "result.current")),
                     1);
    rpc_assert_json(answer, "result.current.0.activatedStake", "2000000000");
    answer =
        rpc_call(&test->rpc, "getVoteAccounts", "[{\"votePubkey\":\"%s\"}]",
                 PUBKEY_TEXT(&(struct pubkey){{3}}));
    assert_int_equal(json_object_array_length(rpc_at(answer, "result.current")),
                     1);
    assert_string_equal(
        json_object_get_string(rpc_at(answer, "result.current.0.nodePubkey")),
        PUBKEY_TEXT(&validator(test, 2)->identity));
    json_object_put(answer);
}

static void test_stake_behind_a_block_is_counted(void **state)
{
    struct test *test = *state;
    make_blocks(test, 8, "");
    publish(test, LEDGER_CONFIRMED, 7);
    vote(test, 1, CLUSTER_NOTARIZED, 7);
    vote(test, 3, CLUSTER_NOTARIZED, 7);
    vote(test, 3, CLUSTER_FINALIZED, 7);
    struct json_object *answer =
        rpc_call(&test->rpc, "getBlockCommitment", "[7]");
    assert_int_equal(
        json_object_get_uint64(rpc_at(answer, "result.commitment.0")),
        6000000000);
    assert_int_equal(
        json_object_get_uint64(rpc_at(answer, "result.commitment.31")),
        4000000000);
    rpc_assert_json(answer, "result.totalStake", "10000000000");
    /* Not on this chain, and without votes. */
    rpc_assert_json(rpc_call(&test->rpc, "getBlockCommitment", "[8]"),
                    "result.commitment", "null");
    rpc_assert_json(rpc_call(&test->rpc, "getBlockCommitment", "[6]"),
                    "result.commitment", "null");
}

/* Votes for another block of a slot are not this one's. */
static void test_signers_are_of_the_block_that_is_shown(void **state)
{
    struct test *test = *state;
    char expected[256];
    const struct hash other = {{9}};
    make_blocks(test, 7, "");
    publish(test, LEDGER_CONFIRMED, 6);
    publish(test, LEDGER_PROCESSED, 7);
    cluster_view_vote(test->cluster, 2, CLUSTER_NOTARIZED, 6, &other);
    rpc_assert_json(rpc_call(&test->rpc, "pondBlockSigners", "[6]"),
                    "result.notarized", "null");
    vote(test, 0, CLUSTER_NOTARIZED, 6);
    vote(test, 1, CLUSTER_NOTARIZED, 6);
    vote(test, 1, CLUSTER_FINALIZED, 6);
    snprintf(expected, sizeof(expected),
             "{\"stake\":3000000000,\"validators\":[\"%s\",\"%s\"]}",
             PUBKEY_TEXT(&validator(test, 0)->identity),
             PUBKEY_TEXT(&validator(test, 1)->identity));
    rpc_assert_json(rpc_call(&test->rpc, "pondBlockSigners", "[]"),
                    "result.notarized", expected);
    struct json_object *answer =
        rpc_call(&test->rpc, "pondBlockSigners", "[6]");
    assert_string_equal(
        json_object_get_string(rpc_at(answer, "result.commitment")),
        "confirmed");
    assert_string_equal(json_object_get_string(rpc_at(answer, "result.leader")),
                        leader_text(test, 6));
    rpc_assert_json(answer, "result.finalized.stake", "2000000000");
    rpc_assert_code(rpc_call(&test->rpc, "pondBlockSigners", "[8]"), -32004);
}

static void test_a_block_is_named_by_both_of_its_hashes(void **state)
{
    struct test *test = *state;
    make_blocks(test, 3, "");
    publish(test, LEDGER_PROCESSED, 3);
    for (uint64_t slot = 1; slot <= 3; slot++) {
        struct json_object *answer =
            rpc_call(&test->rpc, "pondBlockSigners", "[%d]", (int)slot);
        const char *hash =
            json_object_get_string(rpc_at(answer, "result.blockHash"));
        assert_string_equal(hash, HASH_TEXT(&test->blocks[slot]->hash));
        assert_string_not_equal(
            hash, json_object_get_string(rpc_at(answer, "result.blockhash")));
        json_object_put(answer);
    }
}

/* ---- Nodes ---- */

static void test_connected_nodes_are_listed(void **state)
{
    struct test *test = *state;
    struct cluster_validator told = {.identity = validator(test, 2)->identity,
                                     .stake = validator(test, 2)->stake,
                                     .is_connected = true,
                                     .address = "10.0.0.3:8800",
                                     .root_slot = 5};
    cluster_view_set_validator(test->cluster, 2, &told);
    struct json_object *answer = rpc_call(&test->rpc, "getClusterNodes", "[]");
    assert_int_equal(json_object_array_length(rpc_at(answer, "result")), 2);
    assert_string_equal(json_object_get_string(rpc_at(answer, "result.0.rpc")),
                        "127.0.0.1:8899");
    assert_null(json_object_get_string(rpc_at(answer, "result.1.rpc")));
    rpc_assert_json(answer, "result.1.gossip", "\"10.0.0.3:8800\"");
    answer = rpc_call(&test->rpc, "pondValidators", "[]");
    assert_int_equal(
        json_object_array_length(rpc_at(answer, "result.validators")), COUNT);
    assert_true(json_object_get_boolean(
        rpc_at(answer, "result.validators.2.connected")));
    assert_int_equal(
        json_object_get_int(rpc_at(answer, "result.validators.2.rootSlot")), 5);
    rpc_assert_json(answer, "result.validators.1.lastVote", "null");
    rpc_assert_json(rpc_call(&test->rpc, "pondValidators", "[]"),
                    "result.faucet", "null");
}

static void test_what_was_dropped_is_counted(void **state)
{
    struct test *test = *state;
    test->state.counters = (struct cluster_counters){
        .replica = {.frames_wrong = 1, .votes_flooded = 2, .blocks_fetched = 3},
        .cut_slow = 4,
        .transactions_forwarded = UINT64_MAX};
    cluster_view_set_state(test->cluster, &test->state);
    struct json_object *answer = rpc_call(&test->rpc, "pondValidators", "[]");
    static const struct {
        const char *path;
        uint64_t value;
    } expected[] = {{"result.counters.framesWrong", 1},
                    {"result.counters.votesFlooded", 2},
                    {"result.counters.blocksFetched", 3},
                    {"result.counters.cutSlow", 4},
                    {"result.counters.transactionsForwarded", UINT64_MAX},
                    {"result.counters.answersWrong", 0}};
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
        assert_int_equal(
            json_object_get_uint64(rpc_at(answer, expected[i].path)),
            expected[i].value);
    json_object_put(answer);
}

static void test_health_is_that_of_this_node(void **state)
{
    struct test *test = *state;
    make_blocks(test, 9, "");
    publish(test, LEDGER_CONFIRMED, 9);
    test->state.certified_slot = 9 + 128;
    cluster_view_set_state(test->cluster, &test->state);
    rpc_assert_json(rpc_call(&test->rpc, "getHealth", "[]"), "result",
                    "\"ok\"");
    assert_string_equal(rpc_health(test->rpc.rpc), "ok");
    test->state.certified_slot++;
    cluster_view_set_state(test->cluster, &test->state);
    assert_string_equal(rpc_health(test->rpc.rpc), "behind");
    struct json_object *answer = rpc_call(&test->rpc, "getHealth", "[]");
    rpc_assert_json(json_object_get(answer), "error.data",
                    "{\"numSlotsBehind\":129}");
    rpc_assert_error(answer, -32005, "Node is behind by 129 slots");
    test->state.certified_slot = 9;
    test->state.final_ms = clock_monotonic_ms() - 31000;
    cluster_view_set_state(test->cluster, &test->state);
    assert_string_equal(rpc_health(test->rpc.rpc), "unknown");
    rpc_assert_error(rpc_call(&test->rpc, "getHealth", "[]"), -32005,
                     "Node is unhealthy");
    test->state.final_ms = clock_monotonic_ms();
    snprintf(test->state.halt, sizeof(test->state.halt), "two states");
    cluster_view_set_state(test->cluster, &test->state);
    rpc_assert_json(rpc_call(&test->rpc, "getHealth", "[]"), "error.data",
                    "{\"numSlotsBehind\":null}");
    rpc_assert_json(rpc_call(&test->rpc, "pondValidators", "[]"),
                    "result.halted", "\"two states\"");
}

static void test_the_newest_slot_is_what_is_executed(void **state)
{
    struct test *test = *state;
    make_blocks(test, 3, "");
    publish(test, LEDGER_PROCESSED, 3);
    rpc_assert_json(rpc_call(&test->rpc, "getMaxRetransmitSlot", "[]"),
                    "result", "3");
    rpc_assert_json(rpc_call(&test->rpc, "getMaxShredInsertSlot", "[]"),
                    "result", "3");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(test_the_schedule_names_each_slot_once),
        TEST(test_a_schedule_that_is_too_long_is_refused),
        TEST(test_leaders_of_slots_are_those_of_the_schedule),
        TEST(test_a_block_is_named_by_both_of_its_hashes),
        TEST(test_production_is_counted_by_leader),
        TEST(test_who_is_behind_is_delinquent),
        TEST(test_stake_behind_a_block_is_counted),
        TEST(test_signers_are_of_the_block_that_is_shown),
        TEST(test_connected_nodes_are_listed),
        TEST(test_what_was_dropped_is_counted),
        TEST(test_health_is_that_of_this_node),
        TEST(test_the_newest_slot_is_what_is_executed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
