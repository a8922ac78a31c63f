/* Proofs that are missing, as the operator hears of them. */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/owner/notice_book.h"
#include "node/task/task_notices.h"

#include <stdio.h>
#include <stdlib.h>

static char folder[64];
static uv_loop_t loop;
static struct journal *journal;
static struct journal_writer *writer;
static struct notice_book *book;
static struct node_parts parts;
static struct task_runner *runner;

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-missed-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    char *path = mem_format("%s/journal.db", folder);

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_ok(journal_open(path, &journal));
    assert_ok(journal_writer_open(&loop, path, &writer));
    assert_ok(notice_book_open(journal, writer, false, &book));
    free(path);
    parts = (struct node_parts){.notices = book};
    runner = mem_zero(1, sizeof(*runner));
    runner->parts = &parts;
    snprintf(runner->task_text, sizeof(runner->task_text), "T");
    return 0;
}

static void on_closed(void *user)
{
}

static int teardown(void **state)
{
    free(runner);
    journal_writer_close(writer, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    notice_book_close(book);
    journal_close(journal);
    assert_int_equal(uv_loop_close(&loop), 0);
    file_remove_tree(folder);
    return 0;
}

/* "kind:n" of those that last, in the order in which they were told. */
static void assert_open(const char *expected)
{
    struct buffer json = {0}, shown = {0};
    struct json_writer out = json_writer_make(&json);
    struct json_object *tree, *list;

    notice_book_write(book, 0, &out);
    assert_ok(json_parse(buffer_view(&json), &tree));
    assert_ok(json_get_array(tree, "notifications", &list));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *notice = json_object_array_get_idx(list, i), *facts;
        const char *kind;
        uint64_t count;
        bool is_open;

        assert_ok(json_get_text(notice, "kind", &kind));
        assert_ok(json_get_object(notice, "facts", &facts));
        assert_ok(json_get_u64(facts, "n", &count));
        assert_ok(json_get_bool(notice, "open", &is_open));
        if (is_open)
            buffer_format(&shown, "%s:%d ", kind, (int)count);
    }
    assert_string_equal(buffer_string(&shown), expected);
    json_object_put(tree);
    buffer_free(&json);
    buffer_free(&shown);
}

static void test_a_missed_proof_is_told_until_the_next(void **state)
{
    task_notices_proof(runner, 5, true);
    assert_open("");
    task_notices_proof(runner, 6, false);
    assert_open("proof_missed:1 ");
    task_notices_proof(runner, 7, false);
    assert_open("proof_missed:1 ");
    task_notices_proof(runner, 8, true);
    assert_open("");
}

static void test_three_in_a_row_are_worse(void **state)
{
    for (uint64_t round = 1; round <= 5; round++)
        task_notices_proof(runner, round, false);
    assert_open("proofs_missed:3 ");
    task_notices_proof(runner, 6, true);
    assert_open("");
    task_notices_proof(runner, 7, false);
    assert_open("proof_missed:1 ");
}

/* A round is looked at again when its list could not be read at once. */
static void test_a_round_counts_once(void **state)
{
    for (int i = 0; i < 4; i++)
        task_notices_proof(runner, 3, false);
    assert_open("proof_missed:1 ");
    task_notices_proof(runner, 2, true);
    assert_open("proof_missed:1 ");
}

static void test_nothing_lasts_of_a_task_that_was_stopped(void **state)
{
    task_notices_proof(runner, 1, false);
    notice_book_raise(book, 1, NOTICE_TASK_FAILED, "T", "why", "{\"n\":2}");
    notice_book_raise(book, 1, NOTICE_TASK_FAILED, "U", "why", "{\"n\":3}");
    notice_book_raise(book, 1, NOTICE_BOUNTY_LOW, "T", "poor", "{\"n\":4}");
    task_notices_over(runner);
    assert_open("task_failed:3 bounty_low:4 ");
}

static void test_without_a_book_nothing_is_told(void **state)
{
    parts.notices = NULL;
    task_notices_proof(runner, 1, false);
    task_notices_over(runner);
    assert_open("");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_a_missed_proof_is_told_until_the_next),
        EACH(test_three_in_a_row_are_worse),
        EACH(test_a_round_counts_once),
        EACH(test_nothing_lasts_of_a_task_that_was_stopped),
        EACH(test_without_a_book_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
