#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/owner/variable_book.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct pubkey task = {.bytes = {7}}, other = {.bytes = {8}};

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct journal *journal;
    struct journal_writer *writer;
    struct variable_book *book;
    bool is_closed;
};

static int open_book(struct fixture *fixture)
{
    char path[96];

    fixture->is_closed = false;
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &fixture->journal));
    assert_ok(journal_writer_open(&fixture->loop, path, &fixture->writer));
    return variable_book_open(fixture->folder, fixture->journal,
                              fixture->writer, &fixture->book);
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void close_book(struct fixture *fixture)
{
    journal_writer_close(fixture->writer, on_closed, fixture);
    while (!fixture->is_closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    variable_book_close(fixture->book);
    fixture->book = NULL;
    journal_close(fixture->journal);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-variables-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    return open_book(fixture);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    close_book(fixture);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

static bool is_done;

static void on_done(void *user, int status)
{
    assert_ok(status);
    is_done = true;
}

/* What was ordered is carried out. */
static void wait_for(struct fixture *fixture, int status)
{
    assert_ok(status);
    is_done = false;
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* What has been ordered since journal_writer_begin(), too. */
static void end_write(struct fixture *fixture)
{
    journal_writer_end(fixture->writer, 0, on_done, NULL);
    wait_for(fixture, 0);
}

static void set(struct fixture *fixture, const char *label, const char *value)
{
    wait_for(fixture, variable_book_set(fixture->book, label, bytes_text(value),
                                        on_done, NULL));
}

static void pair(struct fixture *fixture, const struct pubkey *of,
                 const char *name, const char *label)
{
    wait_for(fixture,
             variable_book_pair(fixture->book, of, name, label, on_done, NULL));
}

static void expect(struct fixture *fixture, const struct pubkey *of,
                   const char *given, const char *wanted)
{
    struct buffer out = {0};

    assert_ok(variable_book_resolve(fixture->book, of, given, &out));
    assert_string_equal(buffer_string(&out), wanted);
    buffer_free(&out);
}

static void test_a_task_gets_what_it_is_paired_with(void **state)
{
    struct fixture *fixture = *state;

    set(fixture, "my password", "s3cret \"é\"\n");
    set(fixture, "another", "");
    expect(fixture, &task, NULL, "{}");
    assert_false(variable_book_has(fixture->book, &task, "PASSWORD"));
    pair(fixture, &task, "PASSWORD", "my password");
    pair(fixture, &task, "EMPTY", "another");
    assert_true(variable_book_has(fixture->book, &task, "PASSWORD"));
    assert_false(variable_book_has(fixture->book, &other, "PASSWORD"));
    expect(fixture, &other, NULL, "{}");
    expect(fixture, &task, NULL,
           "{\"EMPTY\":\"\",\"PASSWORD\":\"s3cret \\\"é\\\"\\n\"}");
    /* What was given with the order counts first. */
    expect(fixture, &task, "{\"PASSWORD\":\"x\",\"B\":\"y\"}",
           "{\"PASSWORD\":\"x\",\"B\":\"y\",\"EMPTY\":\"\"}");
}

static void test_all_of_it_is_there_after_a_restart(void **state)
{
    struct fixture *fixture = *state;

    set(fixture, "a", "1");
    set(fixture, "a", "2");
    set(fixture, "gone", "3");
    pair(fixture, &task, "A", "a");
    pair(fixture, &task, "B", "a");
    wait_for(fixture,
             variable_book_unpair(fixture->book, &task, "B", on_done, NULL));
    wait_for(fixture,
             variable_book_remove(fixture->book, "gone", on_done, NULL));
    close_book(fixture);
    assert_ok(open_book(fixture));
    expect(fixture, &task, NULL, "{\"A\":\"2\"}");
    struct buffer out = {0};
    struct json_writer writer = json_writer_make(&out);
    variable_book_write(fixture->book, &writer);
    char *wanted = mem_format("[{\"label\":\"a\",\"used_by\":[{\"task\":\"%s\","
                              "\"variable\":\"A\"}]}]",
                              PUBKEY_TEXT(&task));
    assert_string_equal(buffer_string(&out), wanted);
    free(wanted);
    buffer_free(&out);
}

/* Neither the journal nor what SQLite keeps beside it. */
static void test_values_are_not_on_the_disk_in_clear(void **state)
{
    static const char *const files[] = {"journal.db", "journal.db-wal"};
    static const char secret[] = "correct horse battery staple";
    struct fixture *fixture = *state;
    struct buffer data = {0};
    struct stat stat_of;

    set(fixture, "label", secret);
    char *path = mem_format("%s/variables.key", fixture->folder);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_int_equal(stat_of.st_size, 32);
    free(path);
    for (size_t i = 0; i < 2; i++) {
        path = mem_format("%s/%s", fixture->folder, files[i]);
        if (file_read(path, 1 << 24, &data) < 0)
            err_clear();
        free(path);
    }
    assert_true(data.size > 0);
    assert_non_null(memmem(data.data, data.size, "label", 5));
    assert_null(memmem(data.data, data.size, secret, 8));
    buffer_free(&data);
}

/* As in a folder that was put together from two backups. */
static void test_another_key_opens_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out = {0};

    set(fixture, "a", "1");
    pair(fixture, &task, "A", "a");
    close_book(fixture);
    char *path = mem_format("%s/variables.key", fixture->folder);
    assert_ok(file_remove_tree(path));
    assert_ok(open_book(fixture));
    assert_int_equal(variable_book_resolve(fixture->book, &task, NULL, &out),
                     ERR_CORRUPT);
    assert_non_null(strstr(err_text(), "the variable a"));
    buffer_free(&out);
    /* Setting it again is the remedy. */
    set(fixture, "a", "2");
    expect(fixture, &task, NULL, "{\"A\":\"2\"}");

    close_book(fixture);
    assert_ok(file_replace(path, bytes_text("short"), 0600));
    assert_int_equal(open_book(fixture), ERR_CORRUPT);
    close_book(fixture);
    assert_ok(file_replace(path, bytes_text("01234567890123456789012345678901"),
                           0644));
    assert_int_equal(open_book(fixture), ERR_DENIED);
    free(path);
}

static void test_a_sealed_value_belongs_to_its_label(void **state)
{
    struct fixture *fixture = *state;
    struct buffer out = {0};

    set(fixture, "a", "1");
    set(fixture, "b", "2");
    pair(fixture, &task, "A", "a");
    close_book(fixture);
    char *path = mem_format("%s/journal.db", fixture->folder);
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(database,
                     "UPDATE setting SET value = (SELECT value FROM setting "
                     "WHERE kind = 1 AND name = 'b') WHERE kind = 1",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(database);
    free(path);
    assert_ok(open_book(fixture));
    assert_int_equal(variable_book_resolve(fixture->book, &task, NULL, &out),
                     ERR_CORRUPT);
    buffer_free(&out);
}

static void test_what_can_not_be_is_refused(void **state)
{
    static const char *const names[] = {"",    "1A", "A-B", "A=B",
                                        "A B", "Ä",  "A/B"};
    static const char *const labels[] = {"", "a\nb", "\xff", "a\x7f"};
    struct fixture *fixture = *state;
    struct variable_book *book = fixture->book;
    char longest[VARIABLE_LABEL_SIZE_MAX + 2];
    uint8_t *large = mem_alloc(VARIABLE_VALUE_SIZE_MAX + 1);

    set(fixture, "a", "1");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(
            variable_book_pair(book, &task, names[i], "a", on_done, NULL),
            ERR_INVALID);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        assert_int_equal(
            variable_book_set(book, labels[i], bytes_text("x"), on_done, NULL),
            ERR_INVALID);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    assert_int_equal(
        variable_book_set(book, longest, bytes_text("x"), on_done, NULL),
        ERR_INVALID);
    assert_int_equal(
        variable_book_set(book, "b", bytes_make("a\0b", 3), on_done, NULL),
        ERR_INVALID);
    assert_int_equal(
        variable_book_set(book, "b", bytes_make("\xc3", 1), on_done, NULL),
        ERR_INVALID);
    memset(large, 'x', VARIABLE_VALUE_SIZE_MAX + 1);
    assert_int_equal(
        variable_book_set(book, "b",
                          bytes_make(large, VARIABLE_VALUE_SIZE_MAX + 1),
                          on_done, NULL),
        ERR_LIMIT);
    free(large);
    assert_int_equal(
        variable_book_pair(book, &task, "A", "nobody", on_done, NULL),
        ERR_NOT_FOUND);
    assert_int_equal(variable_book_unpair(book, &task, "A", on_done, NULL),
                     ERR_NOT_FOUND);
    assert_int_equal(variable_book_remove(book, "nobody", on_done, NULL),
                     ERR_NOT_FOUND);
    pair(fixture, &task, "A", "a");
    assert_int_equal(variable_book_remove(book, "a", on_done, NULL), ERR_STATE);
    assert_non_null(strstr(err_text(), "/A"));
}

static void test_the_next_version_gets_the_same(void **state)
{
    struct fixture *fixture = *state;

    set(fixture, "a", "1");
    set(fixture, "b", "2");
    pair(fixture, &task, "A", "a");
    pair(fixture, &task, "B", "b");
    pair(fixture, &other, "B", "a");
    journal_writer_begin(fixture->writer);
    variable_book_copy_pairs(fixture->book, &task, &other);
    end_write(fixture);
    expect(fixture, &other, NULL, "{\"A\":\"1\",\"B\":\"1\"}");
    expect(fixture, &task, NULL, "{\"A\":\"1\",\"B\":\"2\"}");
    /* Nothing to copy is as good. */
    journal_writer_begin(fixture->writer);
    variable_book_copy_pairs(fixture->book, &task, &other);
    end_write(fixture);
}

static void test_a_task_is_unpaired_from_all(void **state)
{
    struct fixture *fixture = *state;

    set(fixture, "a", "1");
    pair(fixture, &task, "A", "a");
    pair(fixture, &task, "B", "a");
    pair(fixture, &other, "A", "a");
    journal_writer_begin(fixture->writer);
    variable_book_unpair_all(fixture->book, &task);
    end_write(fixture);
    expect(fixture, &task, NULL, "{}");
    expect(fixture, &other, NULL, "{\"A\":\"1\"}");
}

static void test_the_last_pairing_can_be_changed(void **state)
{
    struct fixture *fixture = *state;
    char name[16];

    set(fixture, "a", "1");
    set(fixture, "b", "2");
    for (int i = 1; i < PAIRINGS_OF_NODE_MAX; i++) {
        snprintf(name, sizeof(name), "N%d", i);
        assert_ok(
            variable_book_pair(fixture->book, &other, name, "a", NULL, NULL));
    }
    pair(fixture, &task, "A", "a");
    assert_int_equal(
        variable_book_pair(fixture->book, &task, "B", "a", on_done, NULL),
        ERR_LIMIT);
    pair(fixture, &task, "A", "b");
    expect(fixture, &task, NULL, "{\"A\":\"2\"}");
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_task_gets_what_it_is_paired_with),
        TEST(test_all_of_it_is_there_after_a_restart),
        TEST(test_values_are_not_on_the_disk_in_clear),
        TEST(test_another_key_opens_nothing),
        TEST(test_a_sealed_value_belongs_to_its_label),
        TEST(test_what_can_not_be_is_refused),
        TEST(test_the_next_version_gets_the_same),
        TEST(test_a_task_is_unpaired_from_all),
        TEST(test_the_last_pairing_can_be_changed),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
