#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_MS 86400000u

static const struct pubkey task = {.bytes = {7}}, other = {.bytes = {8}};

struct fixture {
    char folder[64];
    struct journal *journal;
};

static void open_journal(struct fixture *fixture)
{
    char *path = mem_format("%s/journal.db", fixture->folder);

    assert_ok(journal_open(path, &fixture->journal));
    free(path);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-earning-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    open_journal(fixture);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    journal_close(fixture->journal);
    file_remove_tree(fixture->folder);
    free(fixture);
    return 0;
}

static struct journal_earning earning(const struct pubkey *of, uint64_t day,
                                      uint64_t round,
                                      enum journal_earning_kind kind,
                                      uint64_t amount)
{
    return (struct journal_earning){.task = *of,
                                    .round = round,
                                    .kind = kind,
                                    .at_ms = day * DAY_MS + 5,
                                    .unit = "KOII",
                                    .amount = amount};
}

static void note(struct fixture *fixture, const struct pubkey *of, uint64_t day,
                 uint64_t round, enum journal_earning_kind kind,
                 uint64_t amount)
{
    const struct journal_earning one = earning(of, day, round, kind, amount);

    assert_ok(journal_earning_note(fixture->journal, &one));
}

/* "day task kind count sum;" of each. */
static int show(void *user, const struct journal_earning_day *day)
{
    buffer_format(user, "%" PRIu64 " %u %d %" PRIu64 " %" PRIu64 ";", day->day,
                  day->task.bytes[0], (int)day->kind, day->count, day->sum);
    return 0;
}

static void expect(struct fixture *fixture, const struct pubkey *of,
                   uint64_t from, const char *wanted)
{
    struct buffer out = {0};

    assert_ok(journal_earning_each_day(fixture->journal, of, from, show, &out));
    assert_string_equal(buffer_string(&out), wanted);
    buffer_free(&out);
}

static void test_sums_are_by_day_task_and_kind(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, NULL, 0, "");
    note(fixture, &task, 100, 1, JOURNAL_REWARD, 10);
    note(fixture, &task, 100, 2, JOURNAL_REWARD, 20);
    note(fixture, &task, 100, 3, JOURNAL_SLASH, 7);
    note(fixture, &other, 100, 1, JOURNAL_REWARD, 5);
    note(fixture, &task, 101, 4, JOURNAL_REWARD, 0);
    expect(fixture, NULL, 0,
           "100 7 1 2 30;100 7 2 1 7;100 8 1 1 5;101 7 1 1 0;");
    expect(fixture, &task, 101, "101 7 1 1 0;");
    expect(fixture, &other, 0, "100 8 1 1 5;");
    expect(fixture, &other, 101, "");
}

/* After a crash a round is read, and a fee noted, a second time. */
static void test_what_is_noted_twice_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct journal_earning fee = earning(&task, 100, 1, JOURNAL_FEE, 5000);

    note(fixture, &task, 100, 1, JOURNAL_REWARD, 10);
    journal_close(fixture->journal);
    open_journal(fixture);
    note(fixture, &task, 101, 1, JOURNAL_REWARD, 10);
    fee.reference.bytes[0] = 1;
    assert_ok(journal_earning_note(fixture->journal, &fee));
    assert_ok(journal_earning_note(fixture->journal, &fee));
    fee.reference.bytes[0] = 2;
    assert_ok(journal_earning_note(fixture->journal, &fee));
    expect(fixture, NULL, 0, "100 7 1 1 10;100 7 4 2 10000;");
}

static int nothing(void *user, const struct journal_earning_day *day)
{
    return 0;
}

static void test_sums_are_exact_up_to_the_last_roe(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, &task, 100, 1, JOURNAL_REWARD, UINT64_MAX / 2);
    note(fixture, &task, 100, 2, JOURNAL_REWARD, UINT64_MAX / 2);
    note(fixture, &task, 100, 3, JOURNAL_REWARD, 1);
    expect(fixture, NULL, 0, "100 7 1 3 18446744073709551615;");
    note(fixture, &task, 101, 4, JOURNAL_REWARD, UINT64_MAX);
    expect(fixture, NULL, 101, "101 7 1 1 18446744073709551615;");
    note(fixture, &task, 101, 5, JOURNAL_REWARD, 1);
    assert_int_equal(
        journal_earning_each_day(fixture->journal, NULL, 101, nothing, NULL),
        ERR_RANGE);
}

static void test_folded_rounds_are_in_the_sums(void **state)
{
    struct fixture *fixture = *state;
    static const char sums[] = "100 7 1 2 18446744073709551615;"
                               "101 7 1 1 3;101 8 1 1 9;";

    note(fixture, &task, 100, 1, JOURNAL_REWARD, UINT64_MAX - 2);
    note(fixture, &task, 100, 2, JOURNAL_REWARD, 2);
    note(fixture, &task, 101, 3, JOURNAL_REWARD, 3);
    note(fixture, &other, 101, 1, JOURNAL_REWARD, 9);
    expect(fixture, NULL, 0, sums);
    for (uint64_t round = 0; round < 5; round++) {
        assert_ok(journal_earning_fold(fixture->journal, &task, round));
        expect(fixture, NULL, 0, sums);
    }
    note(fixture, &task, 101, 4, JOURNAL_REWARD, 4);
    expect(fixture, &task, 101, "101 7 1 2 7;");
}

/* It is noted again when its sending is taken up; that of a claim belongs to no
 * round, and is folded like the others. */
static void test_the_fee_of_an_open_action_stays_whole(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry claim = {.name = {.task = task, .kind = JOURNAL_CLAIM},
                                  .signature = {.bytes = {[0] = 1, [40] = 9}},
                                  .transaction_size = 1};
    struct journal_earning fee =
        earning(&task, 100, JOURNAL_EARNING_NO_ROUND, JOURNAL_FEE, 5000);

    fee.reference.bytes[0] = 1;
    assert_ok(journal_intend(fixture->journal, &claim));
    for (int i = 0; i < 2; i++) {
        assert_ok(journal_earning_note(fixture->journal, &fee));
        assert_ok(journal_earning_fold(fixture->journal, &task, 50));
        expect(fixture, NULL, 0, "100 7 4 1 5000;");
    }
    assert_ok(
        journal_settle(fixture->journal, claim.id, JOURNAL_FINAL, 1, NULL));
    assert_ok(journal_earning_fold(fixture->journal, &task, 50));
    expect(fixture, NULL, 0, "100 7 4 1 5000;");
    /* It was whole no more. */
    assert_ok(journal_earning_note(fixture->journal, &fee));
    expect(fixture, NULL, 0, "100 7 4 2 10000;");
}

static void test_a_stake_and_its_fall_are_written_together(void **state)
{
    struct fixture *fixture = *state;
    const struct journal_earning loss =
        earning(&task, 100, 9, JOURNAL_LOSS, 30);
    uint64_t stake = 0;

    assert_int_equal(
        journal_earning_stake(fixture->journal, &task, &other, &stake),
        ERR_NOT_FOUND);
    assert_ok(
        journal_earning_note_stake(fixture->journal, &task, &other, 100, NULL));
    assert_ok(
        journal_earning_note_stake(fixture->journal, &task, &other, 70, &loss));
    assert_ok(journal_earning_stake(fixture->journal, &task, &other, &stake));
    assert_int_equal(stake, 70);
    expect(fixture, NULL, 0, "100 7 3 1 30;");
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sums_are_by_day_task_and_kind),
        TEST(test_what_is_noted_twice_counts_once),
        TEST(test_sums_are_exact_up_to_the_last_roe),
        TEST(test_folded_rounds_are_in_the_sums),
        TEST(test_the_fee_of_an_open_action_stays_whole),
        TEST(test_a_stake_and_its_fall_are_written_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
