#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/money/journal_writer.h"

#include <stdio.h>

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct journal *journal; /* the loop's */
    struct journal_writer *writer;
    bool is_closed;
};

static int setup(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    char path[96];

    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-writer-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    snprintf(path, sizeof(path), "%s/journal.db", fixture->folder);
    assert_ok(journal_open(path, &fixture->journal));
    assert_ok(journal_writer_open(&fixture->loop, path, &fixture->writer));
    return 0;
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void close_writer(struct fixture *fixture)
{
    journal_writer_close(fixture->writer, on_closed, fixture);
    assert_false(fixture->is_closed);
    while (!fixture->is_closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    if (!fixture->is_closed)
        close_writer(fixture);
    journal_close(fixture->journal);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

static struct journal_entry entry_of(uint64_t round)
{
    return (struct journal_entry){
        .name = {.task = {.bytes = {7}},
                 .round = round,
                 .kind = JOURNAL_SUBMIT},
        .transaction_size = 200,
    };
}

static int write_entry(struct journal *journal, void *user)
{
    return journal_intend(journal, user);
}

static unsigned written;

static void on_written(void *user, int status)
{
    struct journal_entry *entry = user;

    assert_ok(status);
    /* In the order in which they were asked for. */
    assert_int_equal(entry->name.round, written);
    written++;
}

static void test_what_is_written_is_read_on_the_loop(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[20], found;

    written = 0;
    for (uint64_t i = 0; i < 20; i++) {
        entries[i] = entry_of(i);
        journal_writer_run(fixture->writer, write_entry, on_written,
                           &entries[i]);
    }
    assert_int_equal(written, 0);
    while (written < 20)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    for (uint64_t i = 0; i < 20; i++) {
        assert_ok(journal_find(fixture->journal, &entries[i].name, &found));
        assert_int_equal(found.id, entries[i].id);
    }
}

/* ---- a disk that is slow ---- */

static uv_sem_t disk;
static bool is_done;

static int write_slowly(struct journal *journal, void *user)
{
    uv_sem_wait(&disk);
    return 0;
}

static void on_slow(void *user, int status)
{
    is_done = true;
}

/* It would wait for itself. */
static void on_timer(uv_timer_t *timer)
{
    uv_sem_post(&disk);
    uv_close((uv_handle_t *)timer, NULL);
}

static void test_the_loop_turns_while_the_disk_is_slow(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = entry_of(1), found;
    uv_timer_t timer;

    is_done = false;
    assert_int_equal(uv_sem_init(&disk, 0), 0);
    uv_timer_init(&fixture->loop, &timer);
    journal_writer_run(fixture->writer, write_slowly, on_slow, NULL);
    /* And reads. */
    assert_int_equal(journal_find(fixture->journal, &entry.name, &found),
                     ERR_NOT_FOUND);
    uv_timer_start(&timer, on_timer, 1, 0);
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_sem_destroy(&disk);
}

/* ---- errors and the end ---- */

static int fail_to_write(struct journal *journal, void *user)
{
    return err_set(ERR_FULL, "the disk is full of %s", (const char *)user);
}

static void on_failed(void *user, int status)
{
    assert_int_equal(status, ERR_FULL);
    assert_string_equal(err_text(), "the disk is full of frogs");
    is_done = true;
}

static void test_an_error_comes_with_its_words(void **state)
{
    struct fixture *fixture = *state;

    is_done = false;
    journal_writer_run(fixture->writer, fail_to_write, on_failed, "frogs");
    while (!is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static struct journal_entry last;
static struct fixture *current;

static void ask_for_more(void *user, int status)
{
    last = entry_of(0);
    journal_writer_run(current->writer, write_entry, on_written, &last);
}

static void test_the_end_waits_for_all_writes(void **state)
{
    struct fixture *fixture = current = *state;
    struct journal_entry first = entry_of(5), found;

    written = 0;
    journal_writer_run(fixture->writer, write_entry, ask_for_more, &first);
    close_writer(fixture);
    assert_int_equal(written, 1);
    assert_ok(journal_find(fixture->journal, &first.name, &found));
    assert_ok(journal_find(fixture->journal, &last.name, &found));
}

/* ---- several that are one ---- */

static char told[64];   /* a letter for each done that came */
static int told_status; /* of the whole */

static void tell(char letter)
{
    size_t size = strlen(told);

    told[size] = letter;
    told[size + 1] = 0;
}

static void on_a(void *user, int status)
{
    tell('a');
}

static void on_b(void *user, int status)
{
    tell('b');
}

static void on_c(void *user, int status)
{
    tell('c');
}

static void on_whole(void *user, int status)
{
    tell('.');
    told_status = status;
    if (status)
        assert_string_equal(err_text(), "the disk is full of frogs");
}

static bool is_there(struct fixture *fixture, const struct journal_entry *entry)
{
    struct journal_entry found;
    int status = journal_find(fixture->journal, &entry->name, &found);

    assert_true(!status || status == ERR_NOT_FOUND);
    return !status;
}

/* Two writes around a third one, which fails or not; another before and behind
 * them. */
static void write_several(struct fixture *fixture,
                          struct journal_entry *entries, journal_write *middle,
                          int refusal)
{
    *told = 0;
    for (uint64_t i = 0; i < 5; i++)
        entries[i] = entry_of(i);
    journal_writer_run(fixture->writer, write_entry, on_a, &entries[0]);
    journal_writer_begin(fixture->writer);
    journal_writer_run(fixture->writer, write_entry, on_a, &entries[1]);
    journal_writer_run(fixture->writer, middle, on_b,
                       middle == write_entry ? (void *)&entries[2] : "frogs");
    journal_writer_run(fixture->writer, write_entry, on_c, &entries[3]);
    journal_writer_end(fixture->writer, refusal, on_whole, NULL);
    journal_writer_run(fixture->writer, write_entry, on_c, &entries[4]);
    assert_string_equal(told, "");
    while (!strchr(told, '.'))
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void test_several_writes_are_one(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[5];

    write_several(fixture, entries, write_entry, 0);
    assert_memory_equal(told, "aabc.", 5);
    assert_ok(told_status);
    close_writer(fixture);
    for (size_t i = 0; i < 5; i++)
        assert_true(is_there(fixture, &entries[i]));
}

/* Those that did not fail are told, too, and the last one first. */
static void test_of_several_all_fail_where_one_does(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[5];

    write_several(fixture, entries, fail_to_write, 0);
    assert_memory_equal(told, "acba.", 5);
    assert_int_equal(told_status, ERR_FULL);
    close_writer(fixture);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(is_there(fixture, &entries[i]), i == 0 || i == 4);
}

static void test_what_was_refused_is_not_written(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entries[5];
    int refusal = err_set(ERR_STATE, "the disk is full of frogs");

    write_several(fixture, entries, write_entry, refusal);
    assert_memory_equal(told, "acba.", 5);
    assert_int_equal(told_status, ERR_STATE);
    close_writer(fixture);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(is_there(fixture, &entries[i]), i == 0 || i == 4);
    assert_string_equal(told, "acba.c");
}

static void test_nothing_at_all_is_written_as_well(void **state)
{
    struct fixture *fixture = *state;

    *told = 0;
    journal_writer_begin(fixture->writer);
    journal_writer_end(fixture->writer, 0, on_whole, NULL);
    close_writer(fixture);
    assert_string_equal(told, ".");
    assert_ok(told_status);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_written_is_read_on_the_loop),
        TEST(test_the_loop_turns_while_the_disk_is_slow),
        TEST(test_an_error_comes_with_its_words),
        TEST(test_the_end_waits_for_all_writes),
        TEST(test_several_writes_are_one),
        TEST(test_of_several_all_fail_where_one_does),
        TEST(test_what_was_refused_is_not_written),
        TEST(test_nothing_at_all_is_written_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
