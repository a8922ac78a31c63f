#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "node/owner/choice_book.h"

#include <uv.h>

static char folder[64];
static uv_loop_t loop;
static struct journal *journal;
static struct journal_writer *writer;
static struct choice_book *book;

static void open_book(void)
{
    char *path = mem_format("%s/journal.db", folder);

    assert_ok(journal_open(path, &journal));
    assert_ok(journal_writer_open(&loop, path, &writer));
    assert_ok(choice_book_open(journal, writer, &book));
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
    choice_book_close(book);
    journal_close(journal);
}

/* The node begins anew. */
static void reopen(void)
{
    close_book();
    open_book();
}

static int setup(void **state)
{
    strcpy(folder, "/tmp/pond-choices-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    assert_int_equal(uv_loop_init(&loop), 0);
    open_book();
    return 0;
}

static int teardown(void **state)
{
    close_book();
    assert_int_equal(uv_loop_close(&loop), 0);
    file_remove_tree(folder);
    return 0;
}

static int written;

static void on_written(void *user, int status)
{
    assert_ok(status);
    written++;
}

static void choose(enum choice choice, const char *value)
{
    assert_ok(choice_book_set(book, choice, value, on_written, NULL));
}

static void test_a_choice_holds_from_the_next_start_on(void **state)
{
    assert_string_equal(
        choice_book_settle(book, CHOICE_PUBLIC_URL, "http://a:1"),
        "http://a:1");
    assert_false(choice_book_waits(book));
    choose(CHOICE_PUBLIC_URL, "http://b:2");
    struct choice_view view = choice_book_look(book, CHOICE_PUBLIC_URL);
    assert_string_equal(view.value, "http://b:2");
    assert_string_equal(view.used, "http://a:1");
    assert_string_equal(view.given, "http://a:1");
    assert_true(view.is_chosen);
    assert_true(choice_book_waits(book));
    reopen();
    assert_string_equal(
        choice_book_settle(book, CHOICE_PUBLIC_URL, "http://a:1"),
        "http://b:2");
    assert_false(choice_book_waits(book));
}

static void
test_what_is_given_anew_counts_more_than_an_older_choice(void **state)
{
    choice_book_settle(book, CHOICE_PORT, "30017");
    choose(CHOICE_PORT, "40000");
    reopen();
    assert_string_equal(choice_book_settle(book, CHOICE_PORT, "30018"),
                        "30018");
    reopen();
    /* And it stays forgotten. */
    assert_string_equal(choice_book_settle(book, CHOICE_PORT, "30017"),
                        "30017");
}

static void test_nothing_given_is_the_same_as_nothing_given(void **state)
{
    assert_null(choice_book_settle(book, CHOICE_STORE_LIMIT, NULL));
    choose(CHOICE_STORE_LIMIT, "2048");
    reopen();
    assert_string_equal(choice_book_settle(book, CHOICE_STORE_LIMIT, NULL),
                        "2048");
    choose(CHOICE_STORE_LIMIT, NULL);
    assert_null(choice_book_look(book, CHOICE_STORE_LIMIT).value);
    reopen();
    assert_null(choice_book_settle(book, CHOICE_STORE_LIMIT, NULL));
}

/* An empty one is a choice, too: none, in place of what was given. */
static void test_none_is_a_choice(void **state)
{
    choice_book_settle(book, CHOICE_WEBHOOK, "https://hook.example/x");
    choose(CHOICE_WEBHOOK, "");
    assert_string_equal(choice_book_look(book, CHOICE_WEBHOOK).value, "");
    /* At once. */
    assert_false(choice_book_waits(book));
    reopen();
    assert_string_equal(
        choice_book_settle(book, CHOICE_WEBHOOK, "https://hook.example/x"), "");
}

static void assert_refused(enum choice choice, const char *value)
{
    int status = choice_book_set(book, choice, value, on_written, NULL);

    assert_true(status == ERR_INVALID || status == ERR_LIMIT);
    assert_null(choice_book_look(book, choice).value);
}

static void test_wrong_values_change_nothing(void **state)
{
    char many[CHOICE_SIZE_MAX + 2];

    memset(many, 'a', sizeof(many) - 1);
    many[sizeof(many) - 1] = 0;
    written = 0;
    assert_refused(CHOICE_NETWORK, "");
    assert_refused(CHOICE_NETWORK, many);
    assert_refused(CHOICE_PUBLIC_URL, "");
    assert_refused(CHOICE_PUBLIC_URL, "ftp://a");
    assert_refused(CHOICE_PUBLIC_URL, "http://a/?key=1");
    assert_refused(CHOICE_PUBLIC_URL,
                   "http://a.name.that.is.longer.than.a.stake.can.hold."
                   "example.org:30017/");
    assert_refused(CHOICE_PORT, "-1");
    assert_refused(CHOICE_PORT, "65536");
    assert_refused(CHOICE_PORT, "80x");
    assert_refused(CHOICE_PORT, "");
    assert_refused(CHOICE_STORE_LIMIT, "0");
    assert_refused(CHOICE_STORE_LIMIT, "99999999999999999999");
    assert_refused(CHOICE_GATEWAYS, "http://a ws://b");
    assert_refused(CHOICE_WEBHOOK, "hook.example");
    assert_refused(CHOICE_WEBHOOK, "https://user:pw@hook.example");
    assert_refused(CHOICE_QUIET, "slashed nothing");
    reopen();
    assert_int_equal(written, 0);
}

static void test_as_many_gateways_as_have_a_place(void **state)
{
    struct buffer urls = {0};

    for (int i = 0; i < CHOICE_GATEWAYS_MAX; i++)
        buffer_format(&urls, "%shttps://gate-%d.example", i ? " " : "", i);
    assert_ok(choice_check(CHOICE_GATEWAYS, buffer_string(&urls)));
    assert_ok(choice_check(CHOICE_GATEWAYS, ""));
    buffer_text(&urls, " https://one.more");
    assert_int_equal(choice_check(CHOICE_GATEWAYS, buffer_string(&urls)),
                     ERR_LIMIT);
    buffer_free(&urls);
}

static void test_every_setting_has_a_name(void **state)
{
    for (int i = 0; i < CHOICES; i++) {
        enum choice found;

        assert_ok(choice_parse(choice_name((enum choice)i), &found));
        assert_int_equal(found, i);
    }
    enum choice found;
    assert_int_equal(choice_parse("nothing", &found), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(), "store-limit"));
}

/* A row of a later version, or a broken one, keeps no node from starting. */
static void test_a_row_that_can_not_be_read_counts_as_none(void **state)
{
    assert_ok(journal_setting_put(journal, JOURNAL_CHOICE, "port",
                                  bytes_text("{\"value\":\"a\"}")));
    assert_ok(journal_setting_put(journal, JOURNAL_CHOICE, "later",
                                  bytes_text("{\"value\":\"a\"}")));
    assert_ok(journal_setting_put(journal, JOURNAL_CHOICE, "webhook",
                                  bytes_text("{\"value\":\"http://h\"}")));
    reopen();
    assert_null(choice_book_settle(book, CHOICE_PORT, NULL));
    assert_string_equal(choice_book_settle(book, CHOICE_WEBHOOK, NULL),
                        "http://h");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_choice_holds_from_the_next_start_on),
        TEST(test_what_is_given_anew_counts_more_than_an_older_choice),
        TEST(test_nothing_given_is_the_same_as_nothing_given),
        TEST(test_none_is_a_choice),
        TEST(test_wrong_values_change_nothing),
        TEST(test_as_many_gateways_as_have_a_place),
        TEST(test_every_setting_has_a_name),
        TEST(test_a_row_that_can_not_be_read_counts_as_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
