/*
 * What a node keeps of a task that was stopped: evidence until its rounds are
 * over, across a restart; and nothing of a task that it knows no more.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "node/node_internal.h"
#include "node/node_pins.h"
#include "node/owner/stopped_book.h"
#include "node_fixture.h"
#include "storage/keep/pin.h"

/* Of fixture_task, whose rounds have 100 slots from slot 0 on. */
#define LAST_PROOF 5

static struct node *node;

/* The folder's name is no pattern, whatever it looks like. */
static void begin(struct fixture *fixture)
{
    node = node_fixture_begin(fixture, &fixture->loop, "[node]", 0);
}

static void end(struct fixture *fixture)
{
    node_fixture_end(node, &fixture->loop);
    node = NULL;
}

static void pin(const struct pubkey *task, uint64_t round)
{
    const struct pin_owner owner =
        retention_round(task, round, RETENTION_ROUNDS_MIN);
    const struct bytes data = bytes_make(&round, sizeof(round));
    struct cid cid;

    cid_of(1, CID_RAW, data, &cid);
    assert_ok(store_put(node->parts.store, &cid, data));
    assert_ok(pin_add(node->parts.store, &cid, &owner, NULL));
}

static void pin_code(const struct pubkey *task)
{
    const struct pin_owner owner = retention_task(task);
    const struct bytes data = bytes_text("code");
    struct cid cid;

    cid_of(1, CID_RAW, data, &cid);
    assert_ok(store_put(node->parts.store, &cid, data));
    assert_ok(pin_add(node->parts.store, &cid, &owner, NULL));
}

static int count(void *user, const struct pin *pin)
{
    ++*(unsigned *)user;
    return 0;
}

static unsigned pins(void)
{
    unsigned found = 0;

    assert_ok(pin_each(node->parts.store, count, &found));
    return found;
}

/* So many looks that everything that can end at this slot has ended. */
static void look(struct fixture *fixture, uint64_t slot)
{
    node->parts.sure_slot = slot;
    for (unsigned i = 0; i < 4; i++) {
        node_pins_look(node->pins);
        while (node_pins_is_busy(node->pins))
            uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

/* Its state has come, and it has sent a proof. */
static void run_task(struct fixture *fixture)
{
    const struct node_task_options options = {.task = fixture_task};
    struct journal_entry proof = {.name = {.task = fixture_task,
                                           .round = LAST_PROOF,
                                           .kind = JOURNAL_SUBMIT},
                                  .transaction_size = 1};
    struct stopped_task known = {0};

    fixture->stake = 200;
    begin(fixture);
    assert_ok(node_start_task(node, &options, NULL, NULL));
    while (!known.round_time) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        task_runner_describe(node->runners[0], &known);
    }
    assert_ok(journal_intend(node->parts.journal, &proof));
    assert_ok(journal_settle(node->parts.journal, proof.id, JOURNAL_FINAL, 610,
                             NULL));
    pin(&fixture_task, 3);
    pin(&fixture_task, LAST_PROOF);
    pin_code(&fixture_task);
}

static void stop_task(struct fixture *fixture)
{
    assert_ok(node_stop_task(node, &fixture_task, NULL, NULL));
    while (node->runner_count) {
        node_pins_look(node->pins);
        uv_run(&fixture->loop, UV_RUN_ONCE);
    }
}

static void
test_the_evidence_of_a_stopped_task_stays_until_it_is_paid(void **state)
{
    struct fixture *fixture = *state;

    run_task(fixture);
    look(fixture, 2000);
    assert_int_equal(pins(), 3); /* it runs: they are its runner's */
    stop_task(fixture);
    look(fixture, 650);
    assert_int_equal(pins(), 3);
    look(fixture, 699);
    assert_int_equal(pins(), 3);
    look(fixture, 700); /* round 3 was to be kept until the end of 6 */
    assert_int_equal(pins(), 2);
    look(fixture, 899);
    assert_int_equal(pins(), 2);
    look(fixture, 900);
    assert_int_equal(pins(), 0);
    end(fixture);
}

static void test_it_stays_across_a_restart(void **state)
{
    struct fixture *fixture = *state;

    run_task(fixture);
    stop_task(fixture);
    end(fixture);
    begin(fixture);
    look(fixture, 0); /* nothing is sure yet */
    assert_int_equal(pins(), 3);
    look(fixture, 899);
    assert_int_equal(pins(), 2);
    end(fixture);
    begin(fixture);
    look(fixture, 900);
    assert_int_equal(pins(), 0);
    end(fixture);
}

static void test_a_task_that_runs_again_keeps_its_pins(void **state)
{
    const struct node_task_options options = {.task = fixture_task};
    struct fixture *fixture = *state;

    run_task(fixture);
    stop_task(fixture);
    look(fixture, 650);
    assert_ok(node_start_task(node, &options, NULL, NULL));
    look(fixture, 2000);
    assert_int_equal(pins(), 3);
    end(fixture);
}

/* As `pond task archive` does it; and what a crash has left of one that nobody
 * remembers. */
static void test_nothing_is_kept_of_a_task_that_is_forgotten(void **state)
{
    const struct pubkey unknown = {.bytes = {77}};
    struct fixture *fixture = *state;

    run_task(fixture);
    stop_task(fixture);
    stopped_book_remove(node->parts.stopped, &fixture_task);
    look(fixture, 650);
    assert_int_equal(pins(), 0);
    pin(&unknown, 5);
    end(fixture);
    begin(fixture);
    look(fixture, 0);
    assert_int_equal(pins(), 0);
    end(fixture);
}

static void test_what_may_be_another_accounts_is_left_alone(void **state)
{
    const struct pubkey unknown = {.bytes = {77}};
    struct fixture *fixture = *state;

    run_task(fixture);
    stop_task(fixture);
    pin(&unknown, 5);
    char *path = mem_format("%s/[node]/journal-%s.db", fixture->folder,
                            PUBKEY_TEXT(&unknown));
    assert_ok(file_replace(path, bytes_text(""), 0600));
    free(path);
    end(fixture);
    begin(fixture);
    look(fixture, 900);
    assert_int_equal(pins(), 1);
    end(fixture);
}

/* The store must outlive what is under way. */
static void test_a_node_stops_while_pins_end(void **state)
{
    struct fixture *fixture = *state;

    run_task(fixture);
    stop_task(fixture);
    look(fixture, 650);
    node->parts.sure_slot = 900;
    node_pins_look(node->pins);
    assert_true(node_pins_is_about(node->pins, &fixture_task));
    const struct node_task_options options = {.task = fixture_task};
    assert_int_equal(node_start_task(node, &options, NULL, NULL), ERR_BUSY);
    end(fixture);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_evidence_of_a_stopped_task_stays_until_it_is_paid),
        TEST(test_it_stays_across_a_restart),
        TEST(test_a_task_that_runs_again_keeps_its_pins),
        TEST(test_nothing_is_kept_of_a_task_that_is_forgotten),
        TEST(test_what_may_be_another_accounts_is_left_alone),
        TEST(test_a_node_stops_while_pins_end),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
