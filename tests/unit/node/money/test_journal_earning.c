#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/money/journal_internal.h"
#include "node/money/journal_round.h"
#include "node/money/journal_stop.h"

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
    struct journal_earning one = earning(of, day, round, kind, amount);

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

    assert_ok(journal_earning_each_day(fixture->journal, of, from, INT64_MAX,
                                       show, &out));
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
    assert_int_equal(journal_earning_each_day(fixture->journal, NULL, 101,
                                              INT64_MAX, nothing, NULL),
                     ERR_RANGE);
}

/* ---- entries ---- */

/* "kind round amount fee;" of each. */
static int list(void *user, const struct journal_earning *earning, uint64_t fee)
{
    buffer_format(user, "%s %" PRId64 " %" PRIu64 " %" PRIu64 ";",
                  journal_earning_name(earning->kind),
                  earning->round == JOURNAL_EARNING_NO_ROUND
                      ? -1
                      : (int64_t)earning->round,
                  earning->amount, fee);
    return 0;
}

static void expect_entries(struct fixture *fixture,
                           const struct journal_earning_query *query,
                           const char *wanted)
{
    struct buffer out = {0};

    assert_ok(journal_earning_each(fixture->journal, query, list, &out));
    assert_string_equal(buffer_string(&out), wanted);
    buffer_free(&out);
}

static const struct journal_earning_query all = {.limit = 100};

static void test_dropped_rounds_stay_in_the_sums(void **state)
{
    struct fixture *fixture = *state;
    static const char sums[] = "100 7 1 2 18446744073709551615;"
                               "101 7 1 1 3;101 8 1 1 9;";

    note(fixture, &task, 100, 1, JOURNAL_REWARD, UINT64_MAX - 2);
    note(fixture, &task, 100, 2, JOURNAL_REWARD, 2);
    note(fixture, &task, 101, 3, JOURNAL_REWARD, 3);
    note(fixture, &other, 101, 1, JOURNAL_REWARD, 9);
    expect(fixture, NULL, 0, sums);
    for (uint64_t round = 0; round < 4; round++) {
        assert_ok(journal_earning_drop(fixture->journal, &task, round));
        expect(fixture, NULL, 0, sums);
    }
    expect_entries(fixture, &all, "reward 1 9 0;reward 3 3 0;");
    note(fixture, &task, 101, 4, JOURNAL_REWARD, 4);
    expect(fixture, &task, 101, "101 7 1 2 7;");
}

/* Otherwise the book of a task that is claimed by hand each minute would grow
 * without an end. */
static void test_of_entries_of_no_round_the_newest_stay(void **state)
{
    struct fixture *fixture = *state;
    struct journal_earning claim =
        earning(&task, 100, JOURNAL_EARNING_NO_ROUND, JOURNAL_CLAIMED, 1);
    struct buffer out = {0};

    assert_int_equal(sqlite3_exec(fixture->journal->database,
                                  "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    for (uint32_t i = 0; i < JOURNAL_EARNING_ROUNDS_KEPT + 3; i++) {
        u64le_write(claim.reference.bytes, i + 1);
        assert_ok(journal_earning_note(fixture->journal, &claim));
    }
    assert_ok(journal_earning_drop(fixture->journal, &task, 0));
    const struct journal_earning_query query = {.limit = UINT32_MAX};
    assert_ok(journal_earning_each(fixture->journal, &query, list, &out));
    assert_int_equal(out.size, JOURNAL_EARNING_ROUNDS_KEPT *
                                   (sizeof("claim -1 1 0;") - 1));
    expect(fixture, NULL, 0, "100 7 8 10003 10003;");
    buffer_free(&out);
}

/* It is noted again when its sending is taken up. */
static void test_the_fee_of_an_open_action_stays(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry vote = {
        .name = {.task = task, .round = 3, .kind = JOURNAL_AUDIT},
        .signature = {.bytes = {[0] = 1, [40] = 9}},
        .transaction_size = 1};
    struct journal_earning fee = earning(&task, 100, 3, JOURNAL_FEE, 5000);

    journal_earning_sign(&fee, &vote.signature);
    assert_ok(journal_intend(fixture->journal, &vote));
    for (int i = 0; i < 2; i++) {
        assert_ok(journal_earning_note(fixture->journal, &fee));
        assert_ok(journal_earning_drop(fixture->journal, &task, 50));
        expect_entries(fixture, &all, "fee 3 5000 0;");
        expect(fixture, NULL, 0, "100 7 4 1 5000;");
    }
    assert_ok(
        journal_settle(fixture->journal, vote.id, JOURNAL_FINAL, 1, NULL));
    assert_ok(journal_earning_drop(fixture->journal, &task, 50));
    expect_entries(fixture, &all, "");
    expect(fixture, NULL, 0, "100 7 4 1 5000;");
}

/* ---- losses ---- */

static void fall(struct fixture *fixture, uint64_t stake, uint64_t amount,
                 uint64_t round)
{
    struct journal_earning loss =
        earning(&task, 100, round, JOURNAL_LOSS, amount);

    u64le_write(loss.reference.bytes, round);
    assert_ok(journal_earning_note_stake(fixture->journal, &task, &other, stake,
                                         amount ? &loss : NULL, 0));
}

static void penalty(struct fixture *fixture, uint64_t round, uint64_t amount,
                    uint8_t which)
{
    struct journal_earning one =
        earning(&task, 100, round, JOURNAL_PENALTY, amount);

    one.reference.bytes[0] = which;
    assert_ok(journal_earning_note(fixture->journal, &one));
}

static void test_a_stake_and_its_fall_are_written_together(void **state)
{
    struct fixture *fixture = *state;
    uint64_t stake = 0;

    assert_int_equal(
        journal_earning_stake(fixture->journal, &task, &other, &stake),
        ERR_NOT_FOUND);
    fall(fixture, 100, 0, 0);
    fall(fixture, 70, 30, 9);
    assert_ok(journal_earning_stake(fixture->journal, &task, &other, &stake));
    assert_int_equal(stake, 70);
    expect(fixture, NULL, 0, "100 7 3 1 30;");
}

/* The list first, then the stake, or the other way round. */
static void test_a_loss_that_is_seen_twice_counts_once(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, &task, 100, 5, JOURNAL_SLASH, 30);
    fall(fixture, 70, 30, 7);
    expect(fixture, NULL, 0, "100 7 2 1 30;");
    fall(fixture, 50, 20, 9);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 3 1 20;");
    note(fixture, &task, 100, 8, JOURNAL_SLASH, 20);
    expect(fixture, NULL, 0, "100 7 2 2 50;");
    expect_entries(fixture, &all, "loss 8 20 0;loss 5 30 0;");
}

/* A list and two penalties of one payout are one fall. What is left of a fall
 * stays a loss that nobody has explained, and one before a round is not that
 * round's. */
static void test_what_explains_a_fall_only_in_part(void **state)
{
    struct fixture *fixture = *state;

    fall(fixture, 93, 7, 3);
    note(fixture, &task, 100, 5, JOURNAL_SLASH, 30);
    fall(fixture, 48, 45, 7);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 3 2 22;");
    penalty(fixture, 5, 10, 1);
    penalty(fixture, 5, 10, 1);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 3 2 12;100 7 5 1 10;");
    penalty(fixture, 5, 10, 2);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 3 1 7;100 7 5 2 20;");
    /* Of the second one 5 have not shown yet. */
    fall(fixture, 40, 8, 9);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 3 2 10;100 7 5 2 20;");
}

/* ---- what orders move ---- */

static void test_what_a_claim_moved_has_its_fee_beside_it(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry claim = {.name = {.task = task, .kind = JOURNAL_CLAIM},
                                  .signature = {.bytes = {[0] = 1, [40] = 9}},
                                  .amount = 90,
                                  .transaction_size = 1};
    struct journal_earning fee =
        earning(&task, 100, JOURNAL_EARNING_NO_ROUND, JOURNAL_FEE, 5000);
    struct journal_earning moved =
        earning(&task, 100, JOURNAL_EARNING_NO_ROUND, JOURNAL_CLAIMED, 95);
    uint64_t sum = 0;

    journal_earning_sign(&fee, &claim.signature);
    journal_earning_sign(&moved, &claim.signature);
    assert_ok(journal_intend(fixture->journal, &claim));
    assert_ok(journal_earning_note(fixture->journal, &fee));
    expect_entries(fixture, &all, "fee -1 5000 0;");
    /* It is not final: nothing is written. */
    assert_int_equal(
        journal_earning_note_action(fixture->journal, claim.id, &moved),
        ERR_STATE);
    expect_entries(fixture, &all, "fee -1 5000 0;");
    expect(fixture, NULL, 0, "100 7 4 1 5000;");
    assert_ok(
        journal_settle(fixture->journal, claim.id, JOURNAL_FINAL, 1, NULL));
    for (int i = 0; i < 2; i++)
        assert_ok(
            journal_earning_note_action(fixture->journal, claim.id, &moved));
    expect_entries(fixture, &all, "claim -1 95 5000;");
    expect(fixture, NULL, 0, "100 7 4 1 5000;100 7 8 1 95;");
    assert_ok(journal_sum(fixture->journal, &task, JOURNAL_CLAIM, &sum));
    assert_int_equal(sum, 95);
}

/* A slash that had not shown is no part of what comes back. */
static void test_a_withdrawal_is_what_was_left(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = {
        .name = {.task = task, .kind = JOURNAL_WITHDRAW},
        .signature = {.bytes = {3}},
        .transaction_size = 1};
    struct journal_earning moved =
        earning(&task, 100, JOURNAL_EARNING_NO_ROUND, JOURNAL_UNSTAKED, 100);

    fall(fixture, 100, 0, 0);
    note(fixture, &task, 100, 5, JOURNAL_SLASH, 30);
    assert_ok(journal_intend(fixture->journal, &entry));
    assert_ok(
        journal_settle(fixture->journal, entry.id, JOURNAL_FINAL, 1, NULL));
    journal_earning_sign(&moved, &entry.signature);
    assert_ok(journal_earning_note_stake(fixture->journal, &task, &other, 0,
                                         &moved, entry.id));
    assert_int_equal(moved.amount, 70);
    expect(fixture, NULL, 0, "100 7 2 1 30;100 7 7 1 70;");
    assert_int_equal(
        journal_find_unnoted(fixture->journal, &task, JOURNAL_WITHDRAW, &entry),
        ERR_NOT_FOUND);
}

/* ---- lists ---- */

static void test_entries_by_task_kind_and_page(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, &task, 100, 1, JOURNAL_REWARD, 10);
    note(fixture, &other, 100, 1, JOURNAL_REWARD, 11);
    note(fixture, &task, 100, 2, JOURNAL_SLASH, 12);
    note(fixture, &task, 100, 3, JOURNAL_REWARD, 0);
    note(fixture, &task, 100, 4, JOURNAL_MISSED, 0);
    fall(fixture, 50, 20, 9);
    struct journal_earning_query query = {.limit = 2};
    expect_entries(fixture, &query, "loss 9 8 0;loss 2 12 0;");
    query.before = 3;
    expect_entries(fixture, &query, "reward 1 11 0;reward 1 10 0;");
    query = (struct journal_earning_query){.limit = 9, .task = &task};
    expect_entries(fixture, &query, "loss 9 8 0;loss 2 12 0;reward 1 10 0;");
    query.kind = journal_earning_kind("reward");
    expect_entries(fixture, &query, "reward 1 10 0;");
    query = (struct journal_earning_query){
        .limit = 9, .kind = journal_earning_kind("loss")};
    expect_entries(fixture, &query, "loss 9 8 0;loss 2 12 0;");
    assert_int_equal(journal_earning_kind("rewards"), 0);
    assert_int_equal(journal_earning_kind("unknown"), 0);
}

/* ---- older files ---- */

/* As version 5 had it: a slash is among the losses, too. */
static void test_a_book_of_an_earlier_version(void **state)
{
    struct fixture *fixture = *state;
    char *path = mem_format("%s/journal.db", fixture->folder);
    sqlite3 *database;

    journal_close(fixture->journal);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            database,
            "DROP TABLE round; DROP TABLE stop; DROP TABLE earning; DROP TABLE "
            "earning_all;"
            "DELETE FROM earning_day;"
            "CREATE TABLE earning ("
            "  day INTEGER NOT NULL, at INTEGER NOT NULL,"
            "  slot INTEGER NOT NULL, task BLOB NOT NULL,"
            "  round INTEGER NOT NULL, kind INTEGER NOT NULL,"
            "  unit TEXT NOT NULL, amount INTEGER NOT NULL,"
            "  reference BLOB NOT NULL, UNIQUE (task, round, kind, reference));"
            "INSERT INTO earning VALUES"
            "  (100, 8640000007, 1, x'07' || zeroblob(31), 9, 1, 'KOII', 10,"
            "   zeroblob(32)),"
            "  (100, 8640000008, 1, x'07' || zeroblob(31), 10, 2, 'KOII', 30,"
            "   zeroblob(32)),"
            "  (100, 8640000009, 1, x'07' || zeroblob(31), 11, 3, 'KOII', 30,"
            "   x'01' || zeroblob(31));"
            "INSERT INTO earning_day VALUES"
            "  (99, x'07' || zeroblob(31), 'KOII', 1, 5, 1, 50),"
            "  (99, x'07' || zeroblob(31), 'KOII', 2, 1, 0, 4),"
            "  (99, x'07' || zeroblob(31), 'KOII', 3, 1, 0, 4);"
            "PRAGMA user_version = 5;",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    free(path);
    open_journal(fixture);
    /* The key's bytes are written as text by ||, and stay what they are. */
    expect(fixture, NULL, 0,
           "99 7 1 6 4294967346;99 7 3 1 4;100 7 1 2 10;100 7 3 1 30;");
    expect_entries(fixture, &all, "loss 11 30 0;reward 9 10 0;");
}

/* ---- rounds and stops ---- */

static int show_round(void *user, const struct journal_round *round)
{
    buffer_format(user, "%" PRIu64 " %d %s %s;", round->round,
                  (int)round->level, round->brief, round->detail);
    return 0;
}

static void put_round(struct fixture *fixture, uint64_t number,
                      enum journal_round_level level, const char *brief)
{
    const struct journal_round round = {.task = task,
                                        .round = number,
                                        .level = level,
                                        .brief = brief,
                                        .detail = "d"};

    assert_ok(journal_round_put(fixture->journal, &round));
}

static void test_a_round_that_is_known_better_stays(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out = {0};

    put_round(fixture, 5, JOURNAL_ROUND_OPEN, "sent");
    put_round(fixture, 5, JOURNAL_ROUND_WHOLE, "paid");
    put_round(fixture, 5, JOURNAL_ROUND_OVER, "not read");
    put_round(fixture, 5, JOURNAL_ROUND_WHOLE, "again");
    put_round(fixture, 6, JOURNAL_ROUND_OPEN, "sent");
    put_round(fixture, 7, JOURNAL_ROUND_OPEN, "sent");
    assert_ok(
        journal_round_each(fixture->journal, &task, 7, 9, show_round, &out));
    assert_string_equal(buffer_string(&out), "6 0 sent ;5 2 paid ;");
    buffer_clear(&out);
    assert_ok(journal_round_drop(fixture->journal, &task, 6));
    assert_int_equal(
        journal_round_find(fixture->journal, &task, 5, show_round, &out),
        ERR_NOT_FOUND);
    assert_ok(journal_round_find(fixture->journal, &task, 6, show_round, &out));
    assert_string_equal(buffer_string(&out), "6 0 sent d;");
    buffer_free(&out);
}

static int count_stop(void *user, const struct journal_stop *stop)
{
    uint64_t *last = user;

    assert_int_equal(stop->slot, --*last);
    assert_string_equal(stop->reason, "crashed");
    return 0;
}

static void test_the_last_stops_of_each_task_stay(void **state)
{
    struct fixture *fixture = *state;
    struct journal_stop stop = {.task = other, .reason = "crashed", .text = ""};
    uint64_t last = JOURNAL_STOPS_MAX + 7;

    assert_ok(journal_stop_put(fixture->journal, &stop));
    stop.task = task;
    for (; stop.slot < last; stop.slot++)
        assert_ok(journal_stop_put(fixture->journal, &stop));
    assert_ok(journal_stop_each(fixture->journal, &task, count_stop, &last));
    assert_int_equal(last, 7);
    last = 1;
    assert_ok(journal_stop_each(fixture->journal, &other, count_stop, &last));
    assert_int_equal(last, 0);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sums_are_by_day_task_and_kind),
        TEST(test_what_is_noted_twice_counts_once),
        TEST(test_sums_are_exact_up_to_the_last_roe),
        TEST(test_dropped_rounds_stay_in_the_sums),
        TEST(test_of_entries_of_no_round_the_newest_stay),
        TEST(test_the_fee_of_an_open_action_stays),
        TEST(test_a_stake_and_its_fall_are_written_together),
        TEST(test_a_loss_that_is_seen_twice_counts_once),
        TEST(test_what_explains_a_fall_only_in_part),
        TEST(test_what_a_claim_moved_has_its_fee_beside_it),
        TEST(test_a_withdrawal_is_what_was_left),
        TEST(test_entries_by_task_kind_and_page),
        TEST(test_a_book_of_an_earlier_version),
        TEST(test_a_round_that_is_known_better_stays),
        TEST(test_the_last_stops_of_each_task_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
