#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/rows.h"

#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST, SECOND };
static const struct rows_options options = {
    .tables = (const char *const[]){"first", "second", NULL}};
static char folder[] = "/tmp/pond-rows-XXXXXX";

static struct rows *opened(void)
{
    struct rows *rows;
    assert_ok(rows_open(folder, &options, &rows));
    return rows;
}

static void test_an_aborted_write_leaves_nothing(void **state)
{
    struct rows *rows = opened();
    struct rows_view *view;
    struct bytes value;
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_put(view, FIRST, bytes_text("k"), bytes_text("v")));
    rows_abort(view);
    assert_ok(rows_read(rows, &view));
    assert_int_equal(rows_get(view, FIRST, bytes_text("k"), &value),
                     ERR_NOT_FOUND);
    rows_abort(view);
    rows_close(rows);
}

/* A row larger than a page, and one in place of an older row. */
static void test_a_reserved_row_is_what_was_filled_in(void **state)
{
    static uint8_t parts[2][10000];
    struct rows *rows = opened();
    struct rows_view *view;
    struct bytes value;
    uint8_t *place;
    memset(parts[0], 'a', sizeof(parts[0]));
    memset(parts[1], 'b', sizeof(parts[1]));
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_put(view, FIRST, bytes_text("k"), bytes_text("v")));
    assert_ok(
        rows_reserve(view, FIRST, bytes_text("k"), sizeof(parts), &place));
    memcpy(place, parts[0], sizeof(parts[0]));
    memcpy(place + sizeof(parts[0]), parts[1], sizeof(parts[1]));
    assert_ok(rows_commit(view));
    assert_ok(rows_read(rows, &view));
    assert_ok(rows_get(view, FIRST, bytes_text("k"), &value));
    assert_true(bytes_equal(value, bytes_make(parts, sizeof(parts))));
    rows_abort(view);
    rows_close(rows);
}

static void test_a_reader_sees_the_state_of_its_beginning(void **state)
{
    struct rows *rows = opened();
    struct rows_view *reader, *writer;
    struct bytes value;
    assert_ok(rows_read(rows, &reader));
    assert_ok(rows_write(rows, &writer));
    assert_ok(rows_put(writer, SECOND, bytes_text("k"), bytes_text("v")));
    assert_ok(rows_commit(writer));
    assert_int_equal(rows_get(reader, SECOND, bytes_text("k"), &value),
                     ERR_NOT_FOUND);
    rows_abort(reader);
    assert_ok(rows_read(rows, &reader));
    assert_ok(rows_get(reader, SECOND, bytes_text("k"), &value));
    assert_true(bytes_equal(value, bytes_text("v")));
    assert_int_equal(rows_get(reader, FIRST, bytes_text("k"), &value),
                     ERR_NOT_FOUND);
    rows_abort(reader);
    rows_close(rows);
}

static void test_a_writer_puts_in_any_order_and_appends_at_the_end(void **state)
{
    static const uint8_t keys[] = {30, 10, 20, 20};
    struct rows *rows = opened();
    struct rows_view *view;
    struct rows_writer *writer;
    const uint8_t last = 40, low = 35;
    struct bytes value;
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_writer_open(view, FIRST, &writer));
    for (size_t i = 0; i < sizeof(keys); i++)
        assert_ok(rows_writer_put(writer, bytes_make(&keys[i], 1),
                                  bytes_make(keys, i)));
    assert_ok(
        rows_writer_append(writer, bytes_make(&last, 1), bytes_make(NULL, 0)));
    assert_true(rows_writer_append(writer, bytes_make(&low, 1),
                                   bytes_make(NULL, 0)) < 0);
    rows_writer_close(writer);
    assert_ok(rows_get(view, FIRST, bytes_make(&keys[3], 1), &value));
    assert_int_equal(value.size, 3);
    assert_ok(rows_get(view, FIRST, bytes_make(&last, 1), &value));
    assert_int_equal(value.size, 0);
    assert_int_equal(rows_get(view, FIRST, bytes_make(&low, 1), &value),
                     ERR_NOT_FOUND);
    rows_abort(view);
    rows_close(rows);
}

static void check_walk(struct rows *rows, bool down, int start,
                       const char *expected)
{
    struct rows_view *view;
    struct rows_cursor *cursor;
    struct bytes key, value;
    uint8_t byte = (uint8_t)start;
    struct bytes from = bytes_make(&byte, start < 0 ? 0 : 1);
    struct buffer seen = {0};
    assert_ok(rows_read(rows, &view));
    assert_ok((down ? rows_cursor_open_down : rows_cursor_open)(view, FIRST,
                                                                from, &cursor));
    while (rows_cursor_next(cursor, &key, &value) == 0)
        buffer_format(&seen, "%u ", key.data[0]);
    assert_int_equal(rows_cursor_next(cursor, &key, &value), ERR_NOT_FOUND);
    assert_string_equal(buffer_string(&seen), expected);
    rows_cursor_close(cursor);
    rows_abort(view);
    buffer_free(&seen);
}

static void test_walks_go_up_and_down_from_any_key(void **state)
{
    struct rows *rows = opened();
    check_walk(rows, false, -1, "");
    check_walk(rows, true, -1, "");
    struct rows_view *view;
    assert_ok(rows_write(rows, &view));
    for (uint8_t key = 1; key < 10; key += 2)
        assert_ok(rows_put(view, FIRST, bytes_make(&key, 1), bytes_text("x")));
    assert_ok(rows_commit(view));
    check_walk(rows, false, -1, "1 3 5 7 9 ");
    check_walk(rows, false, 5, "5 7 9 ");
    check_walk(rows, false, 6, "7 9 ");
    check_walk(rows, false, 10, "");
    check_walk(rows, true, -1, "9 7 5 3 1 ");
    check_walk(rows, true, 5, "5 3 1 ");
    check_walk(rows, true, 6, "5 3 1 ");
    check_walk(rows, true, 200, "9 7 5 3 1 ");
    check_walk(rows, true, 0, "");
    rows_close(rows);
}

static void test_rows_are_there_after_opening_again(void **state)
{
    struct rows *rows = opened();
    struct rows_view *view;
    struct bytes value;
    uint64_t count;
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_put(view, FIRST, bytes_text("a"), bytes_text("1")));
    assert_ok(rows_put(view, FIRST, bytes_text("a"), bytes_text("2")));
    assert_ok(rows_put(view, FIRST, bytes_text("b"), bytes_text("")));
    assert_ok(rows_put(view, FIRST, bytes_text("c"), bytes_text("3")));
    assert_ok(rows_delete(view, FIRST, bytes_text("c")));
    assert_int_equal(rows_delete(view, FIRST, bytes_text("c")), ERR_NOT_FOUND);
    assert_ok(rows_commit(view));
    rows_close(rows);
    rows = opened();
    assert_ok(rows_read(rows, &view));
    assert_ok(rows_count(view, FIRST, &count));
    assert_int_equal(count, 2);
    assert_ok(rows_count(view, SECOND, &count));
    assert_int_equal(count, 0);
    assert_ok(rows_get(view, FIRST, bytes_text("a"), &value));
    assert_true(bytes_equal(value, bytes_text("2")));
    assert_ok(rows_get(view, FIRST, bytes_text("b"), &value));
    assert_int_equal(value.size, 0);
    rows_abort(view);
    rows_close(rows);
}

static void test_keys_outside_the_limits_are_not_found(void **state)
{
    static const uint8_t key[ROWS_KEY_SIZE_MAX + 1];
    struct rows *rows = opened();
    struct rows_view *view;
    struct bytes value, longest = bytes_make(key, ROWS_KEY_SIZE_MAX);
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_put(view, FIRST, longest, bytes_text("x")));
    assert_ok(rows_get(view, FIRST, longest, &value));
    assert_int_equal(
        rows_get(view, FIRST, bytes_make(key, sizeof(key)), &value),
        ERR_NOT_FOUND);
    assert_int_equal(rows_get(view, FIRST, bytes_make(NULL, 0), &value),
                     ERR_NOT_FOUND);
    assert_ok(rows_commit(view));
    rows_close(rows);
}

static void test_full_environment_keeps_what_it_has(void **state)
{
    struct rows_options small = options;
    static const uint8_t block[65536];
    struct rows *rows;
    struct rows_view *view;
    struct bytes value;
    int status = 0;
    small.size_max_bytes = 1u << 20;
    assert_ok(rows_open(folder, &small, &rows));
    assert_ok(rows_write(rows, &view));
    assert_ok(rows_put(view, FIRST, bytes_text("kept"), bytes_text("x")));
    assert_ok(rows_commit(view));
    assert_ok(rows_write(rows, &view));
    for (uint8_t i = 0; i < 100 && !status; i++)
        status = rows_put(view, FIRST, bytes_make(&i, 1),
                          bytes_make(block, sizeof(block)));
    assert_int_equal(status, ERR_FULL);
    rows_abort(view);
    assert_ok(rows_read(rows, &view));
    assert_ok(rows_get(view, FIRST, bytes_text("kept"), &value));
    rows_abort(view);
    rows_close(rows);
}

static void test_foreign_file_is_not_opened(void **state)
{
    char *path = mem_format("%s/data.mdb", folder);
    struct buffer garbage = {0};
    struct rows *rows;
    buffer_resize(&garbage, 16384);
    memset(garbage.data, 'x', garbage.size);
    assert_ok(file_replace(path, buffer_view(&garbage), 0600));
    assert_int_equal(rows_open(folder, &options, &rows), ERR_CORRUPT);
    assert_non_null(strstr(err_text(), folder));
    buffer_free(&garbage);
    free(path);
}

static void test_read_only_makes_nothing(void **state)
{
    struct rows_options reading = options;
    struct rows *rows;
    struct rows_view *view;
    reading.read_only = true;
    char *absent = mem_format("%s/absent", folder);
    assert_int_equal(rows_open(absent, &reading, &rows), ERR_NOT_FOUND);
    assert_false(file_exists(absent));
    free(absent);
    rows_close(opened());
    assert_ok(rows_open(folder, &reading, &rows));
    assert_true(rows_write(rows, &view) < 0);
    assert_ok(rows_read(rows, &view));
    rows_abort(view);
    rows_close(rows);
}

/* In the child: two equal rows a transaction. Each number is sent through the
 * pipe once it is committed. */
static void write_for_ever(int report)
{
    struct rows *rows;
    struct rows_view *view;
    if (rows_open(folder, &options, &rows) < 0)
        _exit(1);
    for (uint64_t number = 1;; number++) {
        struct bytes value = bytes_make(&number, sizeof(number));
        if (rows_write(rows, &view) < 0 ||
            rows_put(view, FIRST, bytes_text("number"), value) < 0 ||
            rows_put(view, SECOND, bytes_text("number"), value) < 0 ||
            rows_commit(view) < 0 ||
            write(report, &number, sizeof(number)) != sizeof(number))
            _exit(1);
    }
}

static uint64_t stored(struct rows *rows, int table)
{
    struct rows_view *view;
    struct bytes value;
    uint64_t number = 0;
    assert_ok(rows_read(rows, &view));
    if (rows_get(view, table, bytes_text("number"), &value) == 0)
        number = u64le_read(value.data);
    rows_abort(view);
    return number;
}

static void test_a_killed_writer_loses_nothing_it_reported(void **state)
{
    struct random random = random_make(random_seed());
    for (int i = 0; i < 20; i++) {
        int report[2];
        assert_int_equal(pipe(report), 0);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(report[1]);
        close(report[1]);
        usleep((useconds_t)random_below(&random, 20000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        uint64_t number, reported = 0;
        while (read(report[0], &number, sizeof(number)) == sizeof(number))
            reported = number;
        close(report[0]);
        struct rows *rows = opened();
        uint64_t first = stored(rows, FIRST);
        assert_true(first >= reported);
        assert_true(first == stored(rows, SECOND));
        rows_close(rows);
        /* The next writer counts from 1 again. */
        assert_ok(file_remove_tree(folder));
    }
}

static int fresh_folder(void **state)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    return file_remove_tree(folder);
}

/* 400 rows, and nothing else. */
static void put_all(const char *path)
{
    struct rows *rows;
    struct rows_view *view;
    uint8_t key[2], value[3000];
    memset(value, 7, sizeof(value));
    assert_ok(rows_open(path, &options, &rows));
    assert_ok(rows_write(rows, &view));
    for (unsigned i = 0; i < 400; i++) {
        key[0] = (uint8_t)(i / 256);
        key[1] = (uint8_t)i;
        assert_ok(rows_put(view, FIRST, bytes_make(key, 2),
                           bytes_make(value, sizeof(value))));
    }
    assert_ok(rows_commit(view));
    rows_close(rows);
}

/* What a process of its own does, whose exit status it is. */
typedef int (*apart)(const char *path);

static int try_to_open(const char *path)
{
    struct rows *rows;
    int status = rows_open(path, &options, &rows);
    if (status == 0)
        return 0;
    dprintf(STDERR_FILENO, "%s", err_text());
    return status == ERR_CORRUPT ? 2 : 3;
}

static int read_all(const char *path)
{
    struct rows *rows;
    struct rows_view *view;
    struct bytes value;
    uint8_t key[2];
    if (rows_open(path, &options, &rows) < 0 || rows_read(rows, &view) < 0)
        return 3;
    for (unsigned i = 0; i < 400; i++) {
        key[0] = (uint8_t)(i / 256);
        key[1] = (uint8_t)i;
        if (rows_get(view, FIRST, bytes_make(key, 2), &value) ||
            value.data[value.size - 1] != 7)
            return 4;
    }
    return 0;
}

static int read_what_goes(const char *path)
{
    char file[64];
    struct rows *rows;
    struct rows_view *view;
    struct bytes value;
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    if (rows_open(path, &options, &rows) < 0 || rows_read(rows, &view) < 0 ||
        truncate(file, 0))
        return 3;
    rows_get(view, FIRST, bytes_make("\0\1", 2), &value);
    return 4;
}

/* What it said goes to text. Its exit status, or -1 if a signal ended it. */
static int run_apart(apart attempt, const char *path, char *text, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        _exit(attempt(path));
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, size - 1);
    text[got > 0 ? got : 0] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Opening it fails, by an error or where it reads what is gone; and so does
 * reading where it is cut off later. The first of the tests, because cmocka
 * takes SIGBUS back from a handler that was set before. */
static void test_a_file_that_was_cut_off_ends_with_a_clear_message(void **state)
{
    char path[] = "/tmp/pond-rows-cut-XXXXXX", file[64], text[1024];
    struct stat before;
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    put_all(path);
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(run_apart(try_to_open, path, text, sizeof(text)), 0);
    for (off_t part = 0; part < 8; part++) {
        /* By a byte; at a page, and in the middle of one. */
        off_t left = part ? before.st_size * (8 - part) / 8 - (part % 2) * 100
                          : before.st_size - 1;
        assert_int_equal(truncate(file, left), 0);
        int status = run_apart(try_to_open, path, text, sizeof(text));
        assert_true(status == 1 || status == 2);
        assert_non_null(strstr(text, file));
        assert_non_null(strstr(text, "can't be read"));
    }
    assert_ok(file_remove_tree(path));
    put_all(path);
    assert_int_equal(run_apart(read_all, path, text, sizeof(text)), 0);
    assert_int_equal(run_apart(read_what_goes, path, text, sizeof(text)), 1);
    assert_non_null(strstr(text, file));
    assert_non_null(strstr(text, "can't be read"));
    file_remove_tree(path);
}

/* Up to the last page that was ever used. */
static uint64_t used_bytes(const char *path)
{
    MDB_env *env;
    MDB_envinfo info;
    MDB_stat stat;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_RDONLY, 0600), 0);
    mdb_env_info(env, &info);
    mdb_env_stat(env, &stat);
    mdb_env_close(env);
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

/* LMDB leaves pages unwritten that one transaction took and gave back, so that
 * a whole file may end before its last page. */
static void test_a_file_without_its_last_free_pages_is_whole(void **state)
{
    static uint8_t value[400000];
    const uint8_t keys[] = {1, 2};
    char file[64], text[1024];
    struct rows_view *view;
    struct stat about;
    put_all(folder);
    struct rows *rows = opened();
    /* Free pages to begin with: only then are given back ones unwritten. They
     * can be used again from the next transaction but one. */
    for (int i = 0; i < 3; i++) {
        assert_ok(rows_write(rows, &view));
        if (i == 1)
            assert_ok(rows_delete(view, SECOND, bytes_make(keys, 1)));
        else
            assert_ok(rows_put(view, SECOND, bytes_make(keys, 1),
                               bytes_make(value, i ? 1 : sizeof(value))));
        assert_ok(rows_commit(view));
    }
    assert_ok(rows_write(rows, &view));
    for (int i = 0; i < 2; i++)
        assert_ok(rows_put(view, SECOND, bytes_make(&keys[i], 1),
                           bytes_make(value, sizeof(value))));
    for (int i = 0; i < 2; i++)
        assert_ok(rows_delete(view, SECOND, bytes_make(&keys[i], 1)));
    assert_ok(rows_commit(view));
    snprintf(file, sizeof(file), "%s/data.mdb", folder);
    assert_int_equal(stat(file, &about), 0);
    rows_close(rows);
    assert_true((uint64_t)about.st_size < used_bytes(folder));
    assert_int_equal(run_apart(read_all, folder, text, sizeof(text)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_file_that_was_cut_off_ends_with_a_clear_message),
        cmocka_unit_test_setup_teardown(
            test_a_file_without_its_last_free_pages_is_whole, fresh_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(test_an_aborted_write_leaves_nothing,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            test_a_reserved_row_is_what_was_filled_in, fresh_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(
            test_a_reader_sees_the_state_of_its_beginning, fresh_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(
            test_a_writer_puts_in_any_order_and_appends_at_the_end,
            fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_walks_go_up_and_down_from_any_key,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_rows_are_there_after_opening_again,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            test_keys_outside_the_limits_are_not_found, fresh_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(test_full_environment_keeps_what_it_has,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_foreign_file_is_not_opened,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_read_only_makes_nothing,
                                        fresh_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            test_a_killed_writer_loses_nothing_it_reported, fresh_folder,
            drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
