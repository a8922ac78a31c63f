#include "test.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>

static void test_context_goes_before_the_text(void **state)
{
    assert_int_equal(err_set(ERR_RANGE, "round %d is closed", 7), ERR_RANGE);
    assert_int_equal(err_add(ERR_RANGE, "task %s", "x"), ERR_RANGE);
    assert_string_equal(err_text(), "task x: round 7 is closed");
    /* The text may be its own argument. */
    err_set(ERR_IO, "again: %s", err_text());
    assert_string_equal(err_text(), "again: task x: round 7 is closed");
}

static void test_a_long_text_is_cut(void **state)
{
    char longer[2 * ERR_TEXT_SIZE];
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    err_set(ERR_INVALID, "%s", longer);
    assert_int_equal(strlen(err_text()), ERR_TEXT_SIZE - 1);
    err_clear();
    assert_string_equal(err_text(), "");
    err_add(ERR_BUSY, "store");
    assert_string_equal(err_text(), "store: busy");
}

static void test_errno_has_its_words(void **state)
{
    errno = ENOSPC;
    assert_int_equal(err_errno("writing %s", "x"), ERR_IO);
    assert_string_equal(err_text(), "writing x: No space left on device");
    assert_string_equal(err_name(ERR_FULL), "full");
    assert_string_equal(err_name(-999), "error");
}

static void test_a_reason_stays_with_its_error(void **state)
{
    err_set(ERR_NOT_FOUND, "block x is not there");
    assert_int_equal(err_give_reason(ERR_NOT_FOUND, ERR_REASON_BLOCK),
                     ERR_NOT_FOUND);
    err_add(ERR_NOT_FOUND, "file y");
    assert_int_equal(err_reason(), ERR_REASON_BLOCK);
    err_set(ERR_NOT_FOUND, "no such task");
    assert_int_equal(err_reason(), ERR_REASON_NONE);
    err_give_reason(ERR_NOT_FOUND, ERR_REASON_BLOCK);
    err_clear();
    assert_int_equal(err_reason(), ERR_REASON_NONE);
}

static void *set_in_thread(void *ignored)
{
    err_set(ERR_IO, "of the other thread");
    return NULL;
}

static void test_each_thread_has_its_own_text(void **state)
{
    pthread_t thread;
    err_set(ERR_IO, "mine");
    assert_int_equal(pthread_create(&thread, NULL, set_in_thread, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(err_text(), "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context_goes_before_the_text),
        cmocka_unit_test(test_a_long_text_is_cut),
        cmocka_unit_test(test_errno_has_its_words),
        cmocka_unit_test(test_a_reason_stays_with_its_error),
        cmocka_unit_test(test_each_thread_has_its_own_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
