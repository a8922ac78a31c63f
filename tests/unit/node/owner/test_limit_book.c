#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/owner/limit_book.h"
#include "node/owner/setting_write.h"

#include <stdio.h>

static const struct pubkey task = {.bytes = {7}}, other = {.bytes = {8}};
static const struct task_limits some = {.numbers = {[TASK_LIMIT_MEMORY] = 600}};
static const struct task_limits none;

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct journal *journal;
    struct journal_writer *writer;
    struct limit_book *book;
    bool is_closed;
};

static int open_book(struct fixture *fixture)
{
    char path[96];

    fixture->is_closed = false;
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &fixture->journal));
    assert_ok(journal_writer_open(&fixture->loop, path, &fixture->writer));
    return limit_book_open(fixture->journal, fixture->writer, &fixture->book);
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
    limit_book_close(fixture->book);
    journal_close(fixture->journal);
}

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-limits-XXXXXX");
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

static void put(struct fixture *fixture, const struct pubkey *of,
                const struct task_limits *limits)
{
    is_done = false;
    assert_ok(limit_book_put(fixture->book, of, limits, on_done, NULL));
    assert_false(is_done);
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static uint64_t memory_of(struct fixture *fixture, const struct pubkey *of)
{
    return limit_book_of(fixture->book, of).numbers[TASK_LIMIT_MEMORY];
}

static void test_limits_are_there_after_a_restart(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, &task, &some);
    put(fixture, &other, &some);
    put(fixture, &other, &none);
    close_book(fixture);
    assert_ok(open_book(fixture));
    assert_int_equal(memory_of(fixture, &task), 600);
    assert_int_equal(memory_of(fixture, &other), 0);
    assert_int_equal(limit_book_of(NULL, &task).numbers[TASK_LIMIT_MEMORY], 0);
}

static void test_there_are_so_many_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey many = {.bytes = {1}};

    for (unsigned i = 0; i < LIMIT_BOOK_TASKS_MAX; i++) {
        many.bytes[1] = (uint8_t)i;
        put(fixture, &many, &some);
    }
    assert_int_equal(limit_book_put(fixture->book, &task, &some, on_done, NULL),
                     ERR_LIMIT);
    put(fixture, &task, &none);
    put(fixture, &many, &none);
    put(fixture, &task, &some);
    assert_int_equal(memory_of(fixture, &task), 600);
}

static void test_the_next_version_has_the_same(void **state)
{
    const struct task_limits own = {.numbers = {[TASK_LIMIT_MEMORY] = 700}};
    struct fixture *fixture = *state;

    limit_book_copy(fixture->book, &task, &other);
    assert_int_equal(memory_of(fixture, &other), 0);
    put(fixture, &task, &some);
    limit_book_copy(fixture->book, &task, &other);
    assert_int_equal(memory_of(fixture, &other), 600);
    put(fixture, &other, &own);
    limit_book_copy(fixture->book, &task, &other);
    assert_int_equal(memory_of(fixture, &other), 700);
}

/* What a row has that is no such object holds nothing. */
static void test_a_damaged_row_costs_itself_alone(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, &task, &some);
    is_done = false;
    setting_write(fixture->writer, JOURNAL_LIMITS, PUBKEY_TEXT(&other),
                  bytes_text("{\"memory\":\"much\"}"), on_done, NULL);
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    is_done = false;
    setting_write(fixture->writer, JOURNAL_LIMITS, "no key", bytes_text("{}"),
                  on_done, NULL);
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    close_book(fixture);
    assert_ok(open_book(fixture));
    assert_int_equal(memory_of(fixture, &task), 600);
    assert_int_equal(memory_of(fixture, &other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limits_are_there_after_a_restart,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_there_are_so_many_and_no_more,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_next_version_has_the_same,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_damaged_row_costs_itself_alone,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
