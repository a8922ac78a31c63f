#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/owner/notice_book.h"
#include "node/owner/webhook.h"

#include <stdio.h>
#include <uv.h>

static char folder[64];
static uv_loop_t loop;
static struct journal *journal;
static struct journal_writer *writer;
static struct notice_book *book;

static void open_book(bool sends)
{
    char *path = mem_format("%s/journal.db", folder);

    assert_ok(journal_open(path, &journal));
    assert_ok(journal_writer_open(&loop, path, &writer));
    assert_ok(notice_book_open(journal, writer, sends, &book));
    free(path);
}

static void on_closed(void *user)
{
}

/* What was written is on the disk after it. */
static void close_book(void)
{
    journal_writer_close(writer, on_closed, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    notice_book_close(book);
    journal_close(journal);
}

static void reopen(void)
{
    close_book();
    open_book(true);
}

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-notices-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    assert_int_equal(uv_loop_init(&loop), 0);
    open_book(true);
    return 0;
}

static int teardown(void **state)
{
    close_book();
    assert_int_equal(uv_loop_close(&loop), 0);
    file_remove_tree(folder);
    return 0;
}

/* "kind:text kind:text …", those that a list shows; a star for unread ones. */
static void assert_shown(uint64_t after, const char *expected)
{
    struct buffer json = {0}, shown = {0};
    struct json_writer out = json_writer_make(&json);
    struct json_object *tree, *list;

    notice_book_write(book, after, &out);
    assert_ok(json_parse(buffer_view(&json), &tree));
    assert_ok(json_get_array(tree, "notifications", &list));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *notice = json_object_array_get_idx(list, i);
        const char *kind, *text;
        bool is_read;

        assert_ok(json_get_text(notice, "kind", &kind));
        assert_ok(json_get_text(notice, "text", &text));
        assert_ok(json_get_bool(notice, "read", &is_read));
        buffer_format(&shown, "%s%s%s:%s", i ? " " : "", is_read ? "" : "*",
                      kind, text);
    }
    assert_string_equal(buffer_string(&shown), expected);
    json_object_put(tree);
    buffer_free(&json);
    buffer_free(&shown);
}

static void test_facts_stay_with_their_text(void **state)
{
    struct buffer json = {0};
    struct json_writer out = json_writer_make(&json);

    notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 1", "one",
                     "{\"round\":1}");
    reopen();
    notice_book_write(book, 0, &out);
    assert_non_null(strstr(buffer_string(&json),
                           "\"text\":\"one\",\"facts\":{\"round\":1}"));
    buffer_free(&json);
}

static void test_a_trouble_is_told_once_until_it_has_ended(void **state)
{
    for (int i = 0; i < 3; i++)
        notice_book_raise(book, 1, NOTICE_DISK_LOW, "", "full", NULL);
    notice_book_raise(book, 1, NOTICE_TASK_FAILED, "a", "one", NULL);
    notice_book_raise(book, 1, NOTICE_TASK_FAILED, "b", "two", NULL);
    assert_shown(0, "*disk_low:full *task_failed:one *task_failed:two");
    reopen();
    notice_book_raise(book, 2, NOTICE_DISK_LOW, "", "full", NULL);
    assert_shown(0, "*disk_low:full *task_failed:one *task_failed:two");
    notice_book_end(book, NOTICE_DISK_LOW, "");
    notice_book_end(book, NOTICE_DISK_LOW, "");
    reopen();
    notice_book_raise(book, 3, NOTICE_DISK_LOW, "", "again", NULL);
    assert_shown(3, "*disk_low:again");
}

/* What is said of it is the newest, under the number that was read. */
static void test_a_trouble_that_changes_stays_the_same_one(void **state)
{
    notice_book_renew(book, 1, NOTICE_ACCUSED, "a", "round 1", "one", NULL);
    notice_book_read(book, 1);
    notice_book_renew(book, 2, NOTICE_ACCUSED, "a", "round 1", "two",
                      "{\"n\":2}");
    assert_shown(0, "accused:two");
    reopen();
    assert_string_equal(notice_book_renewed(book, NOTICE_ACCUSED, "a"),
                        "round 1");
    assert_null(notice_book_renewed(book, NOTICE_ACCUSED, "b"));
    assert_shown(0, "accused:two");
    notice_book_renew(book, 3, NOTICE_ACCUSED, "a", "round 2", "three", NULL);
    assert_shown(0, "accused:two *accused:three");
    /* There is one to end. */
    notice_book_end(book, NOTICE_ACCUSED, "a");
    assert_null(notice_book_renewed(book, NOTICE_ACCUSED, "a"));
    notice_book_renew(book, 4, NOTICE_ACCUSED, "a", "round 2", "four", NULL);
    assert_shown(2, "*accused:four");
}

static void test_an_event_is_told_once_for_what_it_is_about(void **state)
{
    for (int i = 0; i < 2; i++) {
        notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 1", "one", NULL);
        notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 2", "two", NULL);
        notice_book_tell(book, 1, NOTICE_SLASHED, "b", "round 1", "three",
                         NULL);
        reopen();
    }
    assert_shown(0, "*slashed:one *slashed:two *slashed:three");
}

static void test_what_is_cleared_does_not_come_back(void **state)
{
    notice_book_raise(book, 1, NOTICE_DISK_LOW, "", "full", NULL);
    notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 1", "one", NULL);
    notice_book_read(book, 1);
    assert_shown(0, "disk_low:full *slashed:one");
    notice_book_clear(book, 0);
    notice_book_raise(book, 2, NOTICE_DISK_LOW, "", "full", NULL);
    notice_book_tell(book, 2, NOTICE_SLASHED, "a", "round 1", "one", NULL);
    assert_shown(0, "");
    reopen();
    assert_shown(0, "");
    notice_book_end(book, NOTICE_DISK_LOW, "");
    notice_book_raise(book, 3, NOTICE_DISK_LOW, "", "again", NULL);
    assert_shown(0, "*disk_low:again");
}

static void test_a_remembered_value_is_shown_and_sent_to_nobody(void **state)
{
    assert_null(notice_book_last(book, NOTICE_EXECUTABLE_CHANGED, "a"));
    notice_book_remember(book, 1, NOTICE_EXECUTABLE_CHANGED, "a", "cid one");
    reopen();
    assert_string_equal(notice_book_last(book, NOTICE_EXECUTABLE_CHANGED, "a"),
                        "cid one");
    assert_shown(0, "");
    assert_null(notice_book_unsent(book));
}

static void test_notes_of_a_task_are_limited(void **state)
{
    uint64_t now = 10000000;
    int taken = 0;

    for (int i = 0; i < 20; i++)
        taken += notice_book_note(book, now + (uint64_t)i, "a", "hello");
    assert_int_equal(taken, NOTICE_NOTES_HOUR_MAX);
    assert_true(notice_book_note(book, now, "b", "hello"));
    assert_true(notice_book_note(book, now + 3600100, "a", "an hour later"));
}

static void test_the_book_is_bounded_and_so_is_a_text(void **state)
{
    char *longer = mem_zero(1, 2000);

    memset(longer, 'x', NOTICE_TEXT_MAX - 1);
    strcpy(longer + NOTICE_TEXT_MAX - 1, "\xc3\xa9 more");
    for (int i = 0; i < NOTICES_MAX + 20; i++) {
        char about[32];

        snprintf(about, sizeof(about), "round %d", i);
        notice_book_tell(book, 1, NOTICE_SLASHED, "a", about, longer, NULL);
    }
    reopen();
    struct buffer json = {0};
    struct json_writer out = json_writer_make(&json);
    struct json_object *tree, *list;
    const char *text;

    notice_book_write(book, 0, &out);
    assert_ok(json_parse(buffer_view(&json), &tree));
    assert_ok(json_get_array(tree, "notifications", &list));
    assert_int_equal(json_object_array_length(list), NOTICES_MAX);
    assert_ok(json_get_text(json_object_array_get_idx(list, 0), "text", &text));
    /* No half of the character at the limit. */
    assert_int_equal(strlen(text), NOTICE_TEXT_MAX - 1 + strlen("…"));
    json_object_put(tree);
    buffer_free(&json);
    free(longer);
}

static void test_what_was_not_sent_is_sent_after_a_restart(void **state)
{
    notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 1", "one", NULL);
    notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 2", "two", NULL);
    assert_string_equal(notice_book_unsent(book)->text, "one");
    notice_book_sent(book, notice_book_unsent(book)->id);
    reopen();
    assert_string_equal(notice_book_unsent(book)->text, "two");
    notice_book_sent(book, notice_book_unsent(book)->id);
    reopen();
    assert_null(notice_book_unsent(book));
    /* Without a webhook nothing gathers for one that comes later. */
    close_book();
    open_book(false);
    notice_book_tell(book, 1, NOTICE_SLASHED, "a", "round 3", "three", NULL);
    reopen();
    assert_null(notice_book_unsent(book));
}

/* Computed with Python's hmac for the key "0123456789abcdef". */
static void test_a_signature_is_that_of_standard_webhooks(void **state)
{
    struct buffer out = {0};

    webhook_sign(bytes_text("0123456789abcdef"), 7, 1700000000,
                 bytes_text("{\"a\":1}"), &out);
    assert_string_equal(buffer_string(&out),
                        "v1,wPHIRD8ifZGW8xXOUi3j4ILmV38UPLszqrT5j/D0yiA=");
    buffer_free(&out);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_facts_stay_with_their_text),
        EACH(test_a_trouble_is_told_once_until_it_has_ended),
        EACH(test_a_trouble_that_changes_stays_the_same_one),
        EACH(test_an_event_is_told_once_for_what_it_is_about),
        EACH(test_what_is_cleared_does_not_come_back),
        EACH(test_a_remembered_value_is_shown_and_sent_to_nobody),
        EACH(test_notes_of_a_task_are_limited),
        EACH(test_the_book_is_bounded_and_so_is_a_text),
        EACH(test_what_was_not_sent_is_sent_after_a_restart),
        cmocka_unit_test(test_a_signature_is_that_of_standard_webhooks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
