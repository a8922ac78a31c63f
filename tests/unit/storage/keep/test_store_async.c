#include "fixture.h"

#include "storage/keep/store_async.h"

/* What a callback was given. */
struct outcome {
    unsigned calls;
    int status;
    char error[ERR_TEXT_SIZE];
    struct buffer block;
    uint64_t pins_ended;
    bool collected;
};

static char *folder;
static struct store *store;
static uv_loop_t loop;

static int set_up(void **state)
{
    folder = fixture_folder();
    store = fixture_store(folder, 0);
    return uv_loop_init(&loop);
}

static int tear_down(void **state)
{
    assert_int_equal(uv_loop_close(&loop), 0);
    store_close(store);
    fixture_remove(folder);
    return 0;
}

static void note(void *user, int status)
{
    struct outcome *outcome = user;

    outcome->calls++;
    outcome->status = status;
    snprintf(outcome->error, sizeof(outcome->error), "%s",
             status ? err_text() : "");
}

static void note_block(void *user, int status, struct bytes block)
{
    struct outcome *outcome = user;

    note(outcome, status);
    buffer_bytes(&outcome->block, block);
}

static int is_of_root(void *user, const struct pin *pin)
{
    return cid_equal(&pin->root, user);
}

static void note_collected(void *user, int status, uint64_t pins_ended,
                           const struct collection_result *result)
{
    struct outcome *outcome = user;

    note(outcome, status);
    outcome->pins_ended = pins_ended;
    outcome->collected = result;
}

/* Nothing is called from inside the call, and everything once from the loop. */
static void run(struct outcome *outcome, unsigned calls)
{
    assert_int_equal(outcome->calls, calls - 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(outcome->calls, calls);
}

static void test_blocks_go_in_and_out_beside_a_loop(void **state)
{
    static const struct store_options read_only = {.read_only = true};
    struct outcome outcome = {0};
    struct store *reader;
    struct cid cid, missing;

    cid_of(1, CID_RAW, bytes_text("a block"), &cid);
    cid_of(1, CID_RAW, bytes_text("another"), &missing);
    store_async_put(&loop, store, &cid, bytes_text("a block"), note, &outcome);
    run(&outcome, 1);
    assert_int_equal(outcome.status, 0);
    /* Durable: another process sees it. */
    assert_ok(store_open(folder, &read_only, &reader));
    assert_true(store_has(reader, &cid, NULL));
    store_close(reader);

    store_async_get(&loop, store, &cid, note_block, &outcome);
    run(&outcome, 2);
    assert_true(
        bytes_equal(buffer_view(&outcome.block), bytes_text("a block")));
    store_async_put(&loop, store, &missing, bytes_text("lies"), note, &outcome);
    run(&outcome, 3);
    assert_int_equal(outcome.status, ERR_CORRUPT);
    /* The text crosses from the pool's thread. */
    err_clear();
    store_async_get(&loop, store, &missing, note_block, &outcome);
    run(&outcome, 4);
    assert_int_equal(outcome.status, ERR_NOT_FOUND);
    assert_non_null(strstr(outcome.error, CID_TEXT(&missing)));
    buffer_free(&outcome.block);
}

static void test_pins_end_and_are_collected_beside_a_loop(void **state)
{
    static const struct collection_options options = {.only_one = true};
    static const struct pubkey task = {{1}};
    struct pin_owner round = retention_round(&task, 4, 0);
    struct pin_owner code = retention_task(&task);
    struct cid first = fixture_put(store, 100, 1);
    struct cid second = fixture_put(store, 200, 2);
    struct outcome outcome = {0};

    store_async_pin(&loop, store, &first, &round, 250, note, &outcome);
    run(&outcome, 1);
    assert_int_equal(outcome.status, 0);
    store_async_pin(&loop, store, &second, &code, 250, note, &outcome);
    run(&outcome, 2);
    assert_int_equal(outcome.status, ERR_FULL);
    store_async_pin(&loop, store, &second, &code, UINT64_MAX, note, &outcome);
    run(&outcome, 3);
    assert_int_equal(outcome.status, 0);

    store_async_begin_round(&loop, store, &task, 7, &options, note_collected,
                            &outcome);
    run(&outcome, 4);
    assert_int_equal(outcome.pins_ended, 0);
    assert_false(outcome.collected);
    store_async_begin_round(&loop, store, &task, 8, &options, note_collected,
                            &outcome);
    run(&outcome, 5);
    assert_int_equal(outcome.pins_ended, 1);
    assert_true(outcome.collected);
    assert_false(store_has(store, &first, NULL));
    assert_true(store_has(store, &second, NULL));

    store_async_forget_task(&loop, store, &task, note, &outcome);
    run(&outcome, 6);
    assert_ok(pin_each(store, is_of_root, &second));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_blocks_go_in_and_out_beside_a_loop),
        TEST(test_pins_end_and_are_collected_beside_a_loop),
    };

    fixture_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
