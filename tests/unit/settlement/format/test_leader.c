#include "test.h"

#include "consensus/validator_set.h"
#include "settlement/format/leader.h"
#include "settlement/key_fixture.h"

#define EPOCH 4096

static struct genesis_validator validators[3];
static struct genesis genesis = {.form = 2,
                                 .slot_ms = 400,
                                 .ticks_per_slot = 64,
                                 .slots_per_epoch = EPOCH,
                                 .validators = validators};

/* With so many of them; stakes 1, 2, 5. */
static struct leader_schedule *open_schedule(size_t count)
{
    static const uint64_t stakes[] = {1, 2, 5};
    for (size_t i = 0; i < 3; i++) {
        struct keypair key = fixture_key(i + 1);
        validators[i] = (struct genesis_validator){
            .identity = key.pubkey, .voter = key.pubkey, .stake = stakes[i]};
    }
    genesis.validator_count = count;
    genesis_hash(&genesis, &genesis.hash);
    return leader_schedule_new(&genesis);
}

static void test_one_validator_leads_every_slot(void **unused)
{
    struct leader_schedule *schedule = open_schedule(1);
    for (uint64_t slot = 0; slot < 3 * EPOCH; slot += 37)
        assert_ptr_equal(leader_at(schedule, slot), &validators[0]);
    leader_schedule_free(schedule);
}

static void test_leaders_have_windows_by_their_stake(void **unused)
{
    struct leader_schedule *schedule = open_schedule(3);
    uint64_t slots[3] = {0};
    for (uint64_t slot = 0; slot < 8 * EPOCH; slot++) {
        const struct genesis_validator *leader = leader_at(schedule, slot);
        slots[leader - validators]++;
        assert_ptr_equal(leader,
                         leader_at(schedule, slot - slot % WINDOW_SLOTS));
    }
    /* An eighth is EPOCH slots; a deviation is 4 % of that. */
    assert_in_range(slots[0], EPOCH * 8 / 10, EPOCH * 12 / 10);
    assert_in_range(slots[1], EPOCH * 17 / 10, EPOCH * 23 / 10);
    leader_schedule_free(schedule);
}

/* In whatever epoch. */
static void test_leaders_are_those_of_the_set(void **unused)
{
    struct leader_schedule *schedule = open_schedule(3);
    struct validator_set *set = genesis_validator_set(&genesis, 0);
    struct hash hash, own;
    validator_set_hash(set, &hash);
    leader_set_hash(schedule, 2 * EPOCH + 5, &own);
    assert_true(hash_equal(&hash, &own));
    for (uint64_t slot = 2 * EPOCH; slot < 3 * EPOCH; slot += 3)
        assert_int_equal(leader_at(schedule, slot) - validators,
                         validator_set_leader(set, window_of(slot)));
    validator_set_free(set);
    leader_schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_validator_leads_every_slot),
        cmocka_unit_test(test_leaders_have_windows_by_their_stake),
        cmocka_unit_test(test_leaders_are_those_of_the_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
