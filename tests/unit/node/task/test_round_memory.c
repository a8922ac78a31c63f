#include "test.h"

#include "base/clock.h"
#include "base/memory.h"
#include "node/task/round_memory.h"

#include <stdlib.h>

static struct pubkey key_of(uint32_t number)
{
    struct pubkey key = {0};

    key.bytes[0] = (uint8_t)(number >> 16);
    key.bytes[1] = (uint8_t)(number >> 8);
    key.bytes[2] = (uint8_t)number;
    return key;
}

static const struct pubkey own = {.bytes = {255}};

/* A callback for a round that was left long ago. */
static void test_a_late_word_of_an_old_round_evicts_no_newer_one(void **state)
{
    static struct round_memory memory;
    struct round_record *newer = round_memory_get(&memory, ROUND_KEPT + 1);

    newer->own_list = mem_text("{}");
    newer->has_reward = true;
    round_memory_get(&memory, 1)->reward = 5;
    assert_null(round_memory_find(&memory, 1));
    assert_ptr_equal(round_memory_get(&memory, ROUND_KEPT + 1), newer);
    assert_true(newer->has_reward && newer->own_list);
    /* What it has said is there for itself as long as nothing else is late. */
    assert_int_equal(round_memory_get(&memory, 1)->reward, 5);
    assert_int_equal(round_memory_get(&memory, 2)->reward, 0);
    assert_int_equal(round_memory_get(&memory, 0)->reward, 0);
    round_memory_clear(&memory);
    assert_null(round_memory_find(&memory, ROUND_KEPT + 1));
}

static void test_a_newer_round_takes_an_older_one_s_place(void **state)
{
    static struct round_memory memory;

    round_memory_get(&memory, 1)->has_reward = true;
    assert_false(round_memory_get(&memory, ROUND_KEPT + 1)->has_reward);
    assert_null(round_memory_find(&memory, 1));
    round_memory_clear(&memory);
}

static void test_lists_are_of_one_round_of_the_clock(void **state)
{
    static struct round_memory memory;
    struct round_record *record = round_memory_get(&memory, 3);

    round_record_begin_lists(record, 5);
    record->own_list = mem_text("{}");
    verdicts_on(&record->lists, &own)->state = VERDICT_VALID;
    round_record_begin_lists(record, 5);
    assert_non_null(record->own_list);
    round_record_begin_lists(record, 6);
    assert_null(record->own_list);
    assert_int_equal(record->lists.count, 0);
    round_memory_clear(&memory);
}

static void test_verdicts_stay_when_others_come(void **state)
{
    struct verdicts verdicts = {0};
    struct client_entry entries[100] = {0};
    const struct client_round round = {.entries = entries, .entry_count = 100};
    struct pubkey between = key_of(7);

    for (uint32_t i = 0; i < 100; i++)
        entries[i].key = key_of(2 * i);
    verdicts_on(&verdicts, &between)->tries = 3;
    verdicts_on(&verdicts, &entries[90].key)->tries = 4;
    verdicts_make_room(&verdicts, &round);
    assert_int_equal(verdicts.count, 101);
    assert_int_equal(verdicts_on(&verdicts, &between)->tries, 3);
    assert_int_equal(verdicts_on(&verdicts, &entries[90].key)->tries, 4);
    for (size_t i = 0; i < 100; i++)
        assert_true(pubkey_equal(&verdicts_on(&verdicts, &entries[i].key)->key,
                                 &entries[i].key));
    /* Once more, and some that are alike. */
    entries[50].key = entries[49].key;
    verdicts_make_room(&verdicts, &round);
    assert_int_equal(verdicts.count, 101);
    for (size_t i = 1; i < verdicts.count; i++)
        assert_true(memcmp(verdicts.items[i - 1].key.bytes,
                           verdicts.items[i].key.bytes, 32) < 0);
    free(verdicts.items);
}

/* As many as a node keeps in mind. Walked from the front for each it was a
 * matter of minutes, and the loop stood still. */
static void test_many_submissions_cost_no_square(void **state)
{
    struct client_entry *entries = mem_zero(ROUND_PEERS_MAX, sizeof(*entries));
    const struct client_round round = {.entries = entries,
                                       .entry_count = ROUND_PEERS_MAX};
    struct verdicts verdicts = {0};

    for (uint32_t i = 0; i < ROUND_PEERS_MAX; i++)
        entries[i].key = key_of(i);
    uint64_t began_ms = clock_monotonic_ms();
    verdicts_make_room(&verdicts, &round);
    for (int looks = 0; looks < 3; looks++)
        for (uint32_t i = 0; i < ROUND_PEERS_MAX; i++)
            verdicts_on(&verdicts, &entries[i].key)->tries++;
    assert_true(clock_monotonic_ms() - began_ms < 5000);
    assert_int_equal(verdicts.count, ROUND_PEERS_MAX);
    free(verdicts.items);
    free(entries);
}

static void test_peers_are_replaced_as_a_whole(void **state)
{
    static struct round_memory memory;
    const struct client_vote votes[] = {
        {.is_valid = false}, {.is_valid = true}, {.is_valid = false}};
    struct client_entry entries[2] = {{.key = key_of(1), .value = "a"},
                                      {.key = own,
                                       .value = "b",
                                       .is_audited = true,
                                       .votes = votes,
                                       .vote_count = 3}};
    struct client_round round = {
        .round = 4, .entries = entries, .entry_count = 2};

    round_memory_note_peers(&memory, &round, &own);
    const struct round_record *record = round_memory_find(&memory, 4);
    assert_int_equal(record->peer_count, 2);
    assert_int_equal(record->peers[0].votes, 1);
    assert_int_equal(record->peers[1].votes, -1);
    assert_string_equal(record->submission, "b");
    assert_true(record->is_accused);
    assert_int_equal(record->votes_against, 2);
    round.entry_count = 0;
    round_memory_note_peers(&memory, &round, &own);
    assert_int_equal(round_memory_find(&memory, 4)->peer_count, 0);
    round_memory_clear(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_late_word_of_an_old_round_evicts_no_newer_one),
        cmocka_unit_test(test_a_newer_round_takes_an_older_one_s_place),
        cmocka_unit_test(test_lists_are_of_one_round_of_the_clock),
        cmocka_unit_test(test_verdicts_stay_when_others_come),
        cmocka_unit_test(test_many_submissions_cost_no_square),
        cmocka_unit_test(test_peers_are_replaced_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
