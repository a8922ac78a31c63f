/*
 * Items on their way from threads to the loop.
 */
#include "net_test.h"

#include "base/memory.h"
#include "net/inbox.h"

#include <pthread.h>

#define THREADS 4
#define ITEMS 5000

struct letter {
    unsigned thread, number;
    struct inbox_item item;
};

struct fixture {
    uv_loop_t loop;
    struct inbox *inbox;
    unsigned next[THREADS]; /* number expected of each */
    unsigned count, close_at, drained;
    bool is_done, is_closed;
};

struct writer {
    struct fixture *fixture;
    unsigned thread;
    pthread_t handle;
};

static unsigned drain(struct fixture *fixture)
{
    unsigned count = 0;

    for (struct inbox_item *at = inbox_drain(fixture->inbox), *next; at;
         at = next) {
        struct letter *letter = INBOX_OF(at, struct letter, item);

        next = at->next;
        assert_int_equal(letter->number, fixture->next[letter->thread]++);
        free(letter);
        count++;
    }
    return count;
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void take(void *user, struct inbox_item *item)
{
    struct fixture *fixture = user;
    struct letter *letter = INBOX_OF(item, struct letter, item);

    assert_false(fixture->is_closed);
    assert_int_equal(letter->number, fixture->next[letter->thread]++);
    free(letter);
    fixture->count++;
    if (fixture->count == fixture->close_at) {
        fixture->drained = drain(fixture);
        inbox_close(fixture->inbox, on_closed, fixture);
    }
    fixture->is_done = fixture->count == THREADS * ITEMS;
}

static void put(struct fixture *fixture, unsigned thread, unsigned number)
{
    struct letter *letter = mem_zero(1, sizeof(*letter));

    letter->thread = thread;
    letter->number = number;
    inbox_put(fixture->inbox, &letter->item);
}

static void *write_letters(void *user)
{
    struct writer *writer = user;

    for (unsigned i = 0; i < ITEMS; i++)
        put(writer->fixture, writer->thread, i);
    return NULL;
}

static void set_up(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->inbox = inbox_new(&fixture->loop, take, fixture);
}

static void test_what_threads_put_in_comes_out_once_and_in_order(void **state)
{
    struct fixture fixture;
    struct writer writers[THREADS];

    set_up(&fixture);
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.fixture = &fixture, .thread = i};
        pthread_create(&writers[i].handle, NULL, write_letters, &writers[i]);
    }
    run_until(&fixture.loop, &fixture.is_done);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(writers[i].handle, NULL);
    inbox_close(fixture.inbox, on_closed, &fixture);
    assert_false(fixture.is_closed);
    finish_loop(&fixture.loop);
    assert_true(fixture.is_closed);
}

static void test_what_is_not_taken_can_be_drained(void **state)
{
    struct fixture fixture;

    set_up(&fixture);
    for (unsigned i = 0; i < 3; i++)
        put(&fixture, 0, i);
    assert_int_equal(drain(&fixture), 3);
    assert_int_equal(drain(&fixture), 0);
    put(&fixture, 0, 3);
    uv_run(&fixture.loop, UV_RUN_NOWAIT);
    assert_int_equal(fixture.count, 1);
    inbox_close(fixture.inbox, NULL, NULL);
    finish_loop(&fixture.loop);
}

/* Nothing is taken after that, and nothing is lost. */
static void test_closing_ends_the_turn_that_runs(void **state)
{
    struct fixture fixture;

    set_up(&fixture);
    fixture.close_at = 2;
    for (unsigned i = 0; i < 5; i++)
        put(&fixture, 0, i);
    while (fixture.count < 2)
        uv_run(&fixture.loop, UV_RUN_NOWAIT);
    finish_loop(&fixture.loop);
    assert_int_equal(fixture.count, 2);
    assert_int_equal(fixture.drained, 3);
    assert_true(fixture.is_closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_threads_put_in_comes_out_once_and_in_order),
        cmocka_unit_test(test_what_is_not_taken_can_be_drained),
        cmocka_unit_test(test_closing_ends_the_turn_that_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
