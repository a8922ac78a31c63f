#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal_internal.h"
#include "node/node_book.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_MS 86400000u

struct fixture {
    char folder[64];
    struct journal *journal;
};

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    char *path;

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-book-XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    path = mem_format("%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &fixture->journal));
    free(path);
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

static void note(struct fixture *fixture, uint8_t of, uint64_t day,
                 uint64_t round, enum journal_earning_kind kind,
                 uint64_t amount, const char *unit)
{
    struct journal_earning one = {.task = {.bytes = {of}},
                                  .round = round,
                                  .kind = kind,
                                  .at_ms = day * DAY_MS + 5,
                                  .slot = 77,
                                  .amount = amount};

    snprintf(one.unit, sizeof(one.unit), "%s", unit);
    assert_ok(journal_earning_note(fixture->journal, &one));
}

/* Numbers that a double can't hold come whole. */
static void test_entries_are_pages_of_texts(void **state)
{
    struct fixture *fixture = *state;
    struct journal_earning claim = {.task = {.bytes = {1}},
                                    .round = JOURNAL_EARNING_NO_ROUND,
                                    .kind = JOURNAL_CLAIMED,
                                    .at_ms = 3,
                                    .unit = "KOII",
                                    .amount = UINT64_MAX,
                                    .reason = "elsewhere"};
    const struct signature signature = {.bytes = {5}};
    struct journal_earning_query query = {.limit = 1};
    struct buffer out = {0};
    char text[BASE58_SIGNATURE_SIZE];

    note(fixture, 0, 0, 4, JOURNAL_REWARD, 1000000000000000001, "KOII");
    journal_earning_sign(&claim, &signature);
    assert_ok(journal_earning_note(fixture->journal, &claim));
    assert_ok(node_book_entries(fixture->journal, &query, &out));
    base58_signature(signature.bytes, text);
    char *wanted = mem_format(
        "{\"items\":[{\"id\":2,\"at\":3,\"slot\":0,\"kind\":\"claim\","
        "\"task\":\"%s\",\"round\":null,\"unit\":\"KOII\",\"amount\":"
        "\"18446744073709551615\",\"fee\":\"0\",\"signature\":\"%s\","
        "\"reason\":\"elsewhere\"}],\"next\":\"2\"}",
        PUBKEY_TEXT(&claim.task), text);
    assert_string_equal(buffer_string(&out), wanted);
    free(wanted);
    buffer_clear(&out);
    query.before = 2;
    query.limit = 2;
    assert_ok(node_book_entries(fixture->journal, &query, &out));
    assert_string_equal(
        buffer_string(&out),
        "{\"items\":[{\"id\":1,\"at\":5,\"slot\":77,\"kind\":\"reward\","
        "\"task\":null,\"round\":4,\"unit\":\"KOII\",\"amount\":"
        "\"1000000000000000001\",\"fee\":\"0\",\"signature\":null,"
        "\"reason\":null}],\"next\":null}");
    buffer_clear(&out);
    query = (struct journal_earning_query){.limit = 9};
    assert_ok(node_book_csv(fixture->journal, &query, &out));
    assert_non_null(strstr(buffer_string(&out),
                           "\r\n1,1970-01-01T00:00:00.005Z,77,reward,,4,KOII,"
                           "1000000000000000001,0,,\r\n"));
    buffer_free(&out);
}

static void test_days_add_up_all_tasks(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey one = {.bytes = {1}};
    struct buffer out = {0};

    note(fixture, 1, 1, 1, JOURNAL_REWARD, 10, "KOII");
    note(fixture, 1, 1, 2, JOURNAL_SLASH, 3, "KOII");
    note(fixture, 1, 1, 3, JOURNAL_MISSED, 0, "KOII");
    note(fixture, 2, 1, 1, JOURNAL_REWARD, 5, "KOII");
    note(fixture, 2, 1, 1, JOURNAL_PENALTY, 1, "KOII");
    note(fixture, 2, 1, 1, JOURNAL_FEE, 5000, "KOII");
    note(fixture, 2, 1, 1, JOURNAL_STAKED, 900, "KOII");
    note(fixture, 3, 1, 1, JOURNAL_REWARD, 7, "Token");
    note(fixture, 1, 2, 4, JOURNAL_REWARD, 20, "KOII");
    assert_ok(node_book_days(fixture->journal, NULL, 0, 1, &out));
    assert_string_equal(
        buffer_string(&out),
        "{\"items\":[{\"day\":\"1970-01-02\",\"unit\":\"KOII\","
        "\"rewards\":\"15\",\"losses\":\"4\",\"fees\":\"5000\","
        "\"paid\":3,\"missed\":1},{\"day\":\"1970-01-02\",\"unit\":"
        "\"Token\",\"rewards\":\"7\",\"losses\":\"0\",\"fees\":\"0\","
        "\"paid\":1,\"missed\":0}],\"next\":null}");
    buffer_clear(&out);
    assert_ok(node_book_days(fixture->journal, &one, 2, 9, &out));
    assert_string_equal(buffer_string(&out),
                        "{\"items\":[{\"day\":\"1970-01-03\",\"unit\":\"KOII\","
                        "\"rewards\":\"20\",\"losses\":\"0\",\"fees\":\"0\","
                        "\"paid\":1,\"missed\":0}],\"next\":null}");
    buffer_free(&out);
}

/* ---- the time it takes ---- */

static void add_row(struct fixture *fixture, uint8_t of, uint64_t day, int kind)
{
    static const enum statement sums[] = {STATEMENT_EARNING_ADD,
                                          STATEMENT_EARNING_ADD_ALL};
    const struct pubkey key = {.bytes = {of}};

    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *statement = journal_take(fixture->journal, sums[i]);

        journal_bind_number(statement, 1, day);
        if (!i)
            journal_bind_bytes(statement, 2, key.bytes, 32);
        journal_bind_text(statement, 3, "KOII");
        journal_bind_number(statement, 4, (uint64_t)kind);
        journal_bind_number(statement, 5, 24);
        journal_bind_number(statement, 6, 0);
        journal_bind_number(statement, 7, 100);
        assert_ok(journal_finish(fixture->journal, statement));
    }
}

/* Microseconds, the best of five. */
static uint64_t read_time(struct fixture *fixture, const struct pubkey *task,
                          struct buffer *out)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < 5; i++) {
        buffer_clear(out);
        uint64_t began = clock_monotonic_ns();
        assert_ok(node_book_days(fixture->journal, task, 0, 364, out));
        uint64_t took = (clock_monotonic_ns() - began) / 1000;
        best = took < best ? took : best;
    }
    print_message("# a year in %" PRIu64 " us\n", best);
    return best;
}

/* A year of fifty tasks. The query is what a chart of all of them asks. The
 * limit is that of the page on a machine of its own, five times: tests run
 * beside builds. */
static void test_a_year_of_fifty_tasks_is_summed_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct pubkey one = {.bytes = {1}};
    struct buffer out = {0};

    assert_ok(journal_begin(fixture->journal));
    for (uint8_t of = 1; of <= 50; of++)
        for (uint64_t day = 0; day < 365; day++)
            for (int kind = JOURNAL_REWARD; kind <= JOURNAL_FEE; kind++)
                add_row(fixture, of, day, kind);
    assert_ok(journal_end(fixture->journal, 0));
    assert_true(read_time(fixture, NULL, &out) < 100000);
    assert_non_null(strstr(buffer_string(&out),
                           "{\"day\":\"1970-12-31\",\"unit\":\"KOII\","
                           "\"rewards\":\"5000\",\"losses\":\"10000\","
                           "\"fees\":\"5000\",\"paid\":2400,"
                           "\"missed\":0}"));
    assert_true(read_time(fixture, &one, &out) < 100000);
    assert_non_null(strstr(buffer_string(&out), "\"rewards\":\"100\","));
    buffer_free(&out);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries_are_pages_of_texts),
        TEST(test_days_add_up_all_tasks),
        TEST(test_a_year_of_fifty_tasks_is_summed_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
