#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal.h"

#include <sqlite3.h>
#include <unistd.h>

#include <stdio.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char path[80];
    struct journal *journal;
};

static int open_journal(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    strcpy(fixture->folder, "/tmp/pond-journal-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/journal.db",
             fixture->folder);
    *state = fixture;
    return journal_open(fixture->path, &fixture->journal);
}

static int close_journal(void **state)
{
    struct fixture *fixture = *state;

    journal_close(fixture->journal);
    file_remove_tree(fixture->folder);
    free(fixture);
    return 0;
}

static struct journal_entry entry_of(uint64_t round, enum journal_kind kind,
                                     uint8_t target)
{
    struct journal_entry entry = {
        .name = {.task = {.bytes = {7}},
                 .round = round,
                 .kind = kind,
                 .target = {.bytes = {target}}},
        .signature = {.bytes = {(uint8_t)(round + 1)}},
        .last_valid_height = 150 + round,
        .slot = 10 * round,
        .amount = 5,
        .transaction_size = 3,
        .transaction = {1, 2, 3},
    };

    return entry;
}

static void test_an_intent_comes_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(4, JOURNAL_AUDIT, 9), found;

    entry.name.part = 2;
    assert_ok(journal_intend(fixture->journal, &entry));
    journal_close(fixture->journal);
    assert_ok(journal_open(fixture->path, &fixture->journal));
    assert_ok(journal_find(fixture->journal, &entry.name, &found));
    assert_int_equal(found.id, entry.id);
    assert_int_equal(found.state, JOURNAL_OPEN);
    assert_int_equal(found.name.round, 4);
    assert_int_equal(found.name.kind, JOURNAL_AUDIT);
    assert_int_equal(found.name.part, 2);
    assert_true(pubkey_equal(&found.name.target, &entry.name.target));
    assert_int_equal(found.last_valid_height, 154);
    assert_int_equal(found.slot, 40);
    assert_int_equal(found.transaction_size, 3);
    assert_memory_equal(found.transaction, entry.transaction, 3);
    assert_memory_equal(&found.signature, &entry.signature, 64);
}

static void test_an_action_is_intended_once(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(1, JOURNAL_SUBMIT, 0);
    struct journal_entry again = entry_of(1, JOURNAL_SUBMIT, 0);
    struct journal_entry other = entry_of(1, JOURNAL_AUDIT, 1);

    assert_ok(journal_intend(fixture->journal, &entry));
    assert_int_equal(journal_intend(fixture->journal, &again), ERR_EXISTS);
    /* Not after it was closed either. */
    assert_ok(
        journal_settle(fixture->journal, entry.id, JOURNAL_FINAL, 9, NULL));
    assert_int_equal(journal_intend(fixture->journal, &again), ERR_EXISTS);
    /* Another target is another action. */
    assert_ok(journal_intend(fixture->journal, &other));
    other = entry_of(1, JOURNAL_AUDIT, 2);
    assert_ok(journal_intend(fixture->journal, &other));
}

static void test_what_is_final_stays_so(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(1, JOURNAL_SUBMIT, 0);

    assert_ok(journal_intend(fixture->journal, &entry));
    assert_ok(
        journal_settle(fixture->journal, entry.id, JOURNAL_FINAL, 9, NULL));
    assert_ok(
        journal_settle(fixture->journal, entry.id, JOURNAL_FINAL, 9, NULL));
    assert_int_equal(
        journal_settle(fixture->journal, entry.id, JOURNAL_FAILED, 9, NULL),
        ERR_STATE);
    assert_int_equal(journal_renew(fixture->journal, &entry), ERR_STATE);
}

static void test_what_was_refused_can_be_renewed(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(1, JOURNAL_SUBMIT, 0), found;

    assert_ok(journal_intend(fixture->journal, &entry));
    assert_ok(journal_settle(fixture->journal, entry.id, JOURNAL_FAILED, 9,
                             "refused"));
    entry.transaction[0] = 77;
    entry.last_valid_height = 900;
    entry.amount = 6;
    assert_ok(journal_renew(fixture->journal, &entry));
    assert_ok(journal_find(fixture->journal, &entry.name, &found));
    assert_int_equal(found.state, JOURNAL_OPEN);
    assert_int_equal(found.transaction[0], 77);
    assert_int_equal(found.last_valid_height, 900);
    assert_int_equal(found.amount, 6);
}

static int count(void *user, const struct journal_entry *entry)
{
    ++*(size_t *)user;
    return 0;
}

static void test_open_entries_are_found_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[3];
    size_t open = 0, all = 0;

    for (int i = 0; i < 3; i++) {
        entries[i] = entry_of((uint64_t)i, JOURNAL_SUBMIT, 0);
        assert_ok(journal_intend(fixture->journal, &entries[i]));
    }
    assert_ok(journal_settle(fixture->journal, entries[1].id, JOURNAL_FINAL, 1,
                             NULL));
    journal_close(fixture->journal);
    assert_ok(journal_open(fixture->path, &fixture->journal));
    assert_ok(journal_each_open(fixture->journal, count, &open));
    assert_int_equal(open, 2);
    assert_ok(
        journal_each(fixture->journal, &entries[0].name.task, 1, count, &all));
    assert_int_equal(all, 2);
}

static void test_numbers_and_sums_count_what_they_should(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry claim = entry_of(0, JOURNAL_CLAIM, 0), found;
    uint64_t number, sum;

    assert_ok(journal_next_number(fixture->journal, &claim.name.task,
                                  JOURNAL_CLAIM, &number));
    assert_int_equal(number, 0);
    for (uint64_t i = 0; i < 3; i++) {
        claim = entry_of(i, JOURNAL_CLAIM, 0);
        claim.amount = 100 + i;
        assert_ok(journal_intend(fixture->journal, &claim));
        if (i == 1)
            continue; /* one of them never landed */
        assert_ok(
            journal_settle(fixture->journal, claim.id, JOURNAL_FINAL, 1, NULL));
        assert_ok(journal_find_unnoted(fixture->journal, &claim.name.task,
                                       JOURNAL_CLAIM, &found));
        assert_int_equal(found.id, claim.id);
        /* It brought more than it was sent for. */
        assert_ok(journal_note_amount(fixture->journal, claim.id, 200 + i));
    }
    assert_int_equal(journal_note_amount(fixture->journal, 2, 5), ERR_STATE);
    assert_int_equal(journal_find_unnoted(fixture->journal, &claim.name.task,
                                          JOURNAL_CLAIM, &found),
                     ERR_NOT_FOUND);
    assert_ok(journal_next_number(fixture->journal, &claim.name.task,
                                  JOURNAL_CLAIM, &number));
    assert_int_equal(number, 3);
    assert_ok(
        journal_sum(fixture->journal, &claim.name.task, JOURNAL_CLAIM, &sum));
    assert_int_equal(sum, 402);
    /* The account book is never dropped. */
    assert_ok(journal_forget(fixture->journal, &claim.name.task, 1000));
    assert_ok(
        journal_sum(fixture->journal, &claim.name.task, JOURNAL_CLAIM, &sum));
    assert_int_equal(sum, 402);
}

static void test_old_rounds_are_dropped_but_not_open_entries(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[3], found;

    for (int i = 0; i < 3; i++) {
        entries[i] = entry_of((uint64_t)i, JOURNAL_SUBMIT, 0);
        assert_ok(journal_intend(fixture->journal, &entries[i]));
    }
    assert_ok(journal_settle(fixture->journal, entries[0].id, JOURNAL_FINAL, 1,
                             NULL));
    assert_ok(journal_settle(fixture->journal, entries[2].id, JOURNAL_FINAL, 1,
                             NULL));
    assert_ok(journal_forget(fixture->journal, &entries[0].name.task, 2));
    assert_int_equal(journal_find(fixture->journal, &entries[0].name, &found),
                     ERR_NOT_FOUND);
    assert_ok(journal_find(fixture->journal, &entries[1].name, &found));
    assert_ok(journal_find(fixture->journal, &entries[2].name, &found));
}

/* The newest numbers stay, what nobody has noted yet, and the sum. */
static void test_old_claims_become_a_sum(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sum, next, count = JOURNAL_COUNTED_KEPT + 10;
    struct journal_entry claim, found;

    for (uint64_t i = 0; i < count; i++) {
        claim = entry_of(i, JOURNAL_CLAIM, 0);
        assert_ok(journal_intend(fixture->journal, &claim));
        assert_ok(journal_settle(fixture->journal, claim.id,
                                 i == 4 ? JOURNAL_FAILED : JOURNAL_FINAL, 1,
                                 NULL));
        if (i != 4 && i != 5)
            assert_ok(journal_note_amount(fixture->journal, claim.id, i + 1));
    }
    const uint64_t all = count * (count + 1) / 2 - 5 - 6;
    for (int i = 0; i < 2; i++) {
        assert_ok(journal_forget(fixture->journal, &claim.name.task, 1000));
        assert_ok(journal_sum(fixture->journal, &claim.name.task, JOURNAL_CLAIM,
                              &sum));
        assert_int_equal(sum, all);
    }
    for (uint64_t i = 0; i < count; i++) {
        claim.name.round = i;
        assert_int_equal(journal_find(fixture->journal, &claim.name, &found),
                         i == 5 || i >= 10 ? 0 : ERR_NOT_FOUND);
    }
    assert_ok(journal_next_number(fixture->journal, &claim.name.task,
                                  JOURNAL_CLAIM, &next));
    assert_int_equal(next, count);
    claim.name.round = 5;
    assert_ok(journal_find(fixture->journal, &claim.name, &found));
    assert_ok(journal_note_amount(fixture->journal, found.id, 6));
    assert_ok(journal_forget(fixture->journal, &claim.name.task, 1000));
    assert_int_equal(journal_find(fixture->journal, &claim.name, &found),
                     ERR_NOT_FOUND);
    assert_ok(
        journal_sum(fixture->journal, &claim.name.task, JOURNAL_CLAIM, &sum));
    assert_int_equal(sum, all + 6);
}

static int check_task(void *user, const struct journal_task *task)
{
    size_t *seen = user;

    ++*seen;
    assert_int_equal(task->task.bytes[0], 3);
    assert_int_equal(task->stake_roe, 0);
    assert_string_equal(task->executable, "/a/main.js");
    assert_string_equal(task->variables, "{\"A\":\"b\"}");
    return 0;
}

static void test_tasks_are_remembered_until_removed(void **state)
{
    struct fixture *fixture = *state;
    struct journal_task task = {.task = {.bytes = {3}},
                                .stake_roe = 9,
                                .executable = "/a/main.js",
                                .variables = "{\"A\":\"b\"}"};
    size_t seen = 0;

    assert_ok(journal_task_put(fixture->journal, &task));
    task.stake_roe = 0; /* the newest word counts */
    assert_ok(journal_task_put(fixture->journal, &task));
    assert_ok(journal_each_task(fixture->journal, check_task, &seen));
    assert_int_equal(seen, 1);
    assert_ok(journal_task_remove(fixture->journal, &task.task));
    assert_ok(journal_each_task(fixture->journal, check_task, &seen));
    assert_int_equal(seen, 1);
}

static int take_stake(void *user, const struct journal_task *task)
{
    *(uint64_t *)user = task->stake_roe;
    return 0;
}

static void test_a_stake_that_is_placed_brings_no_task_back(void **state)
{
    struct fixture *fixture = *state;
    const struct journal_task task = {.task = {.bytes = {5}}, .stake_roe = 9};
    uint64_t stake = 7;

    assert_ok(journal_task_put(fixture->journal, &task));
    assert_ok(journal_task_staked(fixture->journal, &task.task));
    assert_ok(journal_each_task(fixture->journal, take_stake, &stake));
    assert_int_equal(stake, 0);
    assert_ok(journal_task_remove(fixture->journal, &task.task));
    assert_ok(journal_task_staked(fixture->journal, &task.task));
    stake = 7;
    assert_ok(journal_each_task(fixture->journal, take_stake, &stake));
    assert_int_equal(stake, 7);
}

static void test_another_file_is_not_taken_for_a_journal(void **state)
{
    struct fixture *fixture = *state;
    char path[96];
    struct journal *journal;

    snprintf(path, sizeof(path), "%s/other.db", fixture->folder);
    assert_ok(file_replace(path,
                           bytes_text("this is a text and no database, "
                                      "however long it may be; and it "
                                      "goes on for a while so that it "
                                      "fills a header of SQLite\n"),
                           0600));
    assert_int_equal(journal_open(path, &journal), ERR_CORRUPT);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, open_journal, close_journal)

/* ---- versions ---- */

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static int version_of(const char *path)
{
    sqlite3_stmt *statement;
    sqlite3 *database;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, "PRAGMA user_version", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return version;
}

/* As the first program left it: without what came later. */
static void
test_a_journal_of_an_older_version_is_brought_up_to_date(void **state)
{
    static const char path[] = "/tmp/pond-journal-old.db";
    struct journal_entry entry = {
        .name = {.task = {.bytes = {7}}, .round = 5, .kind = JOURNAL_SUBMIT},
        .transaction_size = 200,
    };
    struct journal *journal;
    uint64_t number = 0;

    unlink(path);
    assert_ok(journal_open(path, &journal));
    assert_ok(journal_intend(journal, &entry));
    journal_close(journal);
    run_sql(path, "DROP TABLE round; DROP TABLE stop; DROP TABLE earning; DROP "
                  "TABLE earning_all; DROP TABLE "
                  "earning_day; DROP TABLE "
                  "setting; DROP TABLE number; ALTER TABLE task "
                  "DROP COLUMN engine; "
                  "ALTER TABLE task DROP COLUMN is_trusted; "
                  "PRAGMA user_version = 1");
    assert_ok(journal_open(path, &journal));
    assert_ok(journal_find(journal, &entry.name, &entry));
    assert_int_equal(entry.state, JOURNAL_OPEN);
    assert_int_equal(journal_number_get(journal, "x", &number), ERR_NOT_FOUND);
    assert_ok(journal_number_put(journal, "x", 5));
    assert_ok(journal_number_put(journal, "x", 6));
    assert_ok(journal_number_get(journal, "x", &number));
    assert_int_equal(number, 6);
    journal_close(journal);
    assert_int_equal(version_of(path), 7);
    unlink(path);
}

/* Its version was written, and its tables were not. */
static void test_a_journal_that_was_never_finished_is_finished(void **state)
{
    static const char path[] = "/tmp/pond-journal-begun.db";
    struct journal *journal;

    unlink(path);
    run_sql(path, "PRAGMA user_version = 1");
    assert_ok(journal_open(path, &journal));
    journal_close(journal);
    unlink(path);
}

static void test_a_journal_of_a_newer_version_is_left_alone(void **state)
{
    static const char path[] = "/tmp/pond-journal-new.db";
    struct journal *journal;

    unlink(path);
    run_sql(path, "CREATE TABLE later (x); PRAGMA user_version = 99");
    assert_int_equal(journal_open(path, &journal), ERR_UNSUPPORTED);
    assert_non_null(strstr(err_text(), "newer"));
    assert_int_equal(version_of(path), 99);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_journal_of_an_older_version_is_brought_up_to_date),
        cmocka_unit_test(test_a_journal_that_was_never_finished_is_finished),
        cmocka_unit_test(test_a_journal_of_a_newer_version_is_left_alone),
        TEST(test_an_intent_comes_back_as_it_was_written),
        TEST(test_an_action_is_intended_once),
        TEST(test_what_is_final_stays_so),
        TEST(test_what_was_refused_can_be_renewed),
        TEST(test_open_entries_are_found_after_a_restart),
        TEST(test_numbers_and_sums_count_what_they_should),
        TEST(test_old_rounds_are_dropped_but_not_open_entries),
        TEST(test_old_claims_become_a_sum),
        TEST(test_tasks_are_remembered_until_removed),
        TEST(test_a_stake_that_is_placed_brings_no_task_back),
        TEST(test_another_file_is_not_taken_for_a_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
