/*
 * A node leaves a task: to get its stake back, or for the task's next version.
 * It is ended, or killed, and started again after any turn of its loop on the
 * way, and every coin must have moved once in the end.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "node/node_internal.h"
#include "node/node_owner_internal.h"
#include "node/node_tasks.h"
#include "node/owner/limit_book.h"
#include "node/owner/stopped_book.h"
#include "node/owner/variable_book.h"
#include "node_fixture.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAKE 200
#define REWARD 7

/* More turns than any way takes. */
#define TURNS_MAX 4000

static const struct pubkey next = {.bytes = {99, 1}};
static struct node *node;
static uv_loop_t *loop; /* the fixture's, or that of a life of its own */
static uint64_t slot;

static void begin(struct fixture *fixture)
{
    if (!loop)
        loop = &fixture->loop;
    node = node_fixture_begin(fixture, loop, "node", 0);
}

static void end(struct fixture *fixture)
{
    node_fixture_end(node, loop);
    node = NULL;
    loop = NULL;
}

/* A turn of the loop, a slot and a tick: the wall clock has no part. */
static void turn(struct fixture *fixture)
{
    uv_run(loop, UV_RUN_NOWAIT);
    slot++;
    sender_slot(node->parts.sender, slot);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_slot(node->runners[i], slot);
    node_leave_tick(node);
    usleep(200);
}

static int ordered;

static void on_order(void *user, int status)
{
    ordered = status ? status : 1;
}

static void wait_for_order(struct fixture *fixture)
{
    while (!ordered)
        turn(fixture);
}

static void on_part(void *user, int status)
{
    assert_ok(status);
}

/* A variable, limits and hours of its own. */
static void set_up_task(struct fixture *fixture)
{
    const struct task_limits limits = {.numbers = {[TASK_LIMIT_MEMORY] = 600}};
    struct json_object *sessions;

    assert_ok(json_parse(bytes_text("[{\"days\":[\"sun\",\"mon\",\"tue\","
                                    "\"wed\",\"thu\",\"fri\",\"sat\"],"
                                    "\"start\":\"00:00\",\"stop\":null}]"),
                         &sessions));
    ordered = 0;
    journal_writer_begin(node->parts.settings_writer);
    assert_ok(variable_book_pair(node->parts.variables, &fixture_task, "A", "a",
                                 on_part, NULL));
    assert_ok(limit_book_put(node->parts.limits, &fixture_task, &limits,
                             on_part, NULL));
    assert_ok(node_schedule_put(node, &fixture_task, sessions, on_part, NULL));
    journal_writer_end(node->parts.settings_writer, 0, on_order, NULL);
    wait_for_order(fixture);
    ordered = 0;
    json_object_put(sessions);
}

static void expect_settings(const struct pubkey *task, bool are_there)
{
    const struct task_limits limits = limit_book_of(node->parts.limits, task);
    struct buffer hours = {0};
    struct json_writer writer = json_writer_make(&hours);

    node_schedule_write(node, &writer);
    assert_int_equal(strstr(buffer_string(&hours), PUBKEY_TEXT(task)) != NULL,
                     are_there);
    buffer_free(&hours);
    assert_int_equal(limits.numbers[TASK_LIMIT_MEMORY], are_there ? 600 : 0);
    assert_int_equal(variable_book_has(node->parts.variables, task, "A"),
                     are_there);
}

static void open_task(struct fixture *fixture)
{
    const struct node_task_options options = {.task = fixture_task};
    struct task_runner_figures figures = {0};

    fixture->next = &next;
    fixture->stake = STAKE;
    fixture->balance = REWARD;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture->submission_count = 0;
    ordered = 0;
    begin(fixture);
    assert_ok(node_start_task(node, &options, NULL, NULL));
    assert_ok(variable_book_set(node->parts.variables, "a", bytes_text("1"),
                                on_order, NULL));
    while (!figures.stake || !ordered) {
        turn(fixture);
        task_runner_figures(node->runners[0], &figures);
    }
    set_up_task(fixture);
}

static bool is_upgraded(const struct fixture *fixture)
{
    return !node_leave_is_busy(node) && fixture->next_stake &&
           node_tasks_find(node, &next) &&
           !node_tasks_find(node, &fixture_task);
}

static void expect_upgraded(const struct fixture *fixture)
{
    assert_int_equal(fixture->next_stake, STAKE);
    assert_int_equal(fixture->claimed, STAKE + REWARD);
    assert_int_equal(fixture->stake, 0);
    assert_int_equal(fixture->balance, 0);
    assert_null(stopped_book_find(node->parts.stopped, &fixture_task));
    expect_settings(&next, true);
    expect_settings(&fixture_task, false);
}

/* Turns that it took; it is ended after ends of them, if that is not 0. */
static unsigned upgrade(struct fixture *fixture, unsigned ends)
{
    unsigned turns = 0;

    open_task(fixture);
    assert_ok(
        node_leave_upgrade(node, &fixture_task, 0, false, on_order, NULL));
    while (!ordered)
        turn(fixture);
    assert_int_equal(ordered, 1);
    while (!is_upgraded(fixture)) {
        if (turns++ >= TURNS_MAX) {
            struct buffer out = {0};
            node_status(node, &out);
            fail_msg("%s; stake %d balance %d claimed %d next %d",
                     buffer_string(&out), (int)fixture->stake,
                     (int)fixture->balance, (int)fixture->claimed,
                     (int)fixture->next_stake);
        }
        turn(fixture);
        if (ends && turns % ends == 0 && turns <= 8 * ends) {
            end(fixture);
            begin(fixture);
        }
    }
    expect_upgraded(fixture);
    end(fixture);
    return turns;
}

static void test_an_upgrade_moves_every_coin_once(void **state)
{
    upgrade(*state, 0);
}

static void test_an_upgrade_goes_on_after_an_end_at_any_turn(void **state)
{
    for (unsigned ends = 1; ends < 60; ends += 1 + ends / 6) {
        void *inner = NULL;

        assert_int_equal(fixture_open(&inner), 0);
        upgrade(inner, ends);
        assert_int_equal(fixture_close(&inner), 0);
    }
}

static void refuse(struct fixture *fixture, const struct pubkey *task,
                   uint64_t stake, int status, const char *why)
{
    ordered = 0;
    assert_ok(node_leave_upgrade(node, task, stake, false, on_order, NULL));
    while (!ordered)
        turn(fixture);
    assert_int_equal(ordered, status);
    assert_int_equal(fixture->stake, STAKE);
    assert_false(node_leave_is_busy(node));
}

static void test_what_can_not_follow_is_refused_before_anything(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    refuse(fixture, &fixture_task, 4, ERR_STATE, "below the minimum");
    fixture->is_inactive = true;
    refuse(fixture, &fixture_task, 0, ERR_NOT_FOUND, "not active");
    fixture->is_inactive = false;
    fixture->next = NULL;
    refuse(fixture, &fixture_task, 0, ERR_NOT_FOUND, "has not moved");
    fixture->next = &fixture_task; /* it has moved to itself */
    assert_int_equal(node_leave_upgrade(node, &next, 0, false, on_order, NULL),
                     ERR_NOT_FOUND);
    fixture->next = &next;
    end(fixture);
}

/* Whoever may move a task may move it to somebody else's code. */
static void test_another_creators_version_is_taken_only_if_told(void **state)
{
    static const struct pubkey stranger = {.bytes = {7}};
    struct fixture *fixture = *state;

    open_task(fixture);
    fixture->next_manager = &stranger;
    refuse(fixture, &fixture_task, 0, ERR_DENIED, "another creator");
    ordered = 0;
    assert_ok(node_leave_upgrade(node, &fixture_task, 0, true, on_order, NULL));
    while (!ordered)
        turn(fixture);
    assert_int_equal(ordered, 1);
    assert_true(node_leave_is_busy(node));
    fixture->next_manager = NULL;
    end(fixture);
}

static void test_a_stake_comes_back_and_the_task_stays_known(void **state)
{
    struct fixture *fixture = *state;
    unsigned turns = 0;

    open_task(fixture);
    assert_ok(node_leave_order(node, &fixture_task, on_order, NULL));
    while (!ordered)
        turn(fixture);
    assert_int_equal(node_leave_order(node, &fixture_task, on_order, NULL),
                     ERR_EXISTS);
    while (node_tasks_find(node, &fixture_task) || node_leave_is_busy(node)) {
        assert_true(turns++ < TURNS_MAX);
        turn(fixture);
    }
    assert_int_equal(fixture->claimed, STAKE + REWARD);
    assert_int_equal(fixture->next_stake, 0);
    assert_non_null(stopped_book_find(node->parts.stopped, &fixture_task));
    end(fixture);
}

static int archive(struct fixture *fixture)
{
    struct json_object *body = json_object_new_object();
    const struct order order = {.node = node, .body = body, .done = on_order};

    json_object_object_add(body, "task",
                           json_object_new_string(PUBKEY_TEXT(&fixture_task)));
    ordered = 0;
    assert_ok(node_owner_archive(&order));
    wait_for_order(fixture);
    json_object_put(body);
    return ordered;
}

/* One that is started again gets nothing that nobody meant for it. */
static void test_of_an_archived_task_nothing_is_left(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    assert_ok(node_stop_task(node, &fixture_task, NULL, NULL));
    while (node->runner_count)
        turn(fixture);
    assert_int_equal(archive(fixture), ERR_STATE); /* its coins */
    expect_settings(&fixture_task, true);
    fixture->stake = fixture->balance = 0;
    assert_int_equal(archive(fixture), 1);
    expect_settings(&fixture_task, false);
    end(fixture);
    begin(fixture);
    expect_settings(&fixture_task, false);
    assert_null(stopped_book_find(node->parts.stopped, &fixture_task));
    ordered = 0;
    assert_ok(variable_book_remove(node->parts.variables, "a", on_order, NULL));
    wait_for_order(fixture);
    end(fixture);
}

/* Settings are the folder's, and each account has stopped tasks of its own. */
static void test_what_another_account_may_use_stays(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    assert_ok(node_stop_task(node, &fixture_task, NULL, NULL));
    while (node->runner_count)
        turn(fixture);
    fixture->stake = fixture->balance = 0;
    node->has_other_accounts = true;
    assert_int_equal(archive(fixture), 1);
    expect_settings(&fixture_task, true);
    assert_null(stopped_book_find(node->parts.stopped, &fixture_task));
    end(fixture);
}

static void test_an_order_is_called_off(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    assert_int_equal(node_leave_cancel(node, &fixture_task, on_order, NULL),
                     ERR_NOT_FOUND);
    fixture->has_blockhash = false; /* nothing can be sent */
    assert_ok(node_leave_order(node, &fixture_task, on_order, NULL));
    while (!ordered)
        turn(fixture);
    for (unsigned i = 0; i < 20; i++)
        turn(fixture);
    ordered = 0;
    assert_ok(node_leave_cancel(node, &fixture_task, on_order, NULL));
    while (!ordered)
        turn(fixture);
    fixture->has_blockhash = true;
    for (unsigned i = 0; i < 50; i++)
        turn(fixture);
    assert_int_equal(fixture->stake, STAKE);
    assert_non_null(node_tasks_find(node, &fixture_task));
    end(fixture);
}

/* ---- killed on the way ---- */

static bool is_left(void)
{
    return !node_leave_is_busy(node) && !node->runner_count &&
           stopped_book_find(node->parts.stopped, &fixture_task);
}

static bool has_followed(void)
{
    struct task_runner *runner = node_tasks_find(node, &next);
    struct task_runner_figures figures = {0};

    if (runner)
        task_runner_figures(runner, &figures);
    return figures.stake && !node_leave_is_busy(node) &&
           !node_tasks_find(node, &fixture_task);
}

/* An order that is not there is given, as its operator would: the life before
 * ended before it was written down, and before it was answered. */
static void order(bool is_upgrade)
{
    struct task_runner_figures figures = {0};
    struct task_runner *runner = node_tasks_find(node, &fixture_task);

    if (!runner || node_leave_is_busy(node) || ordered)
        return;
    task_runner_figures(runner, &figures);
    if (!figures.stake)
        return;
    assert_ok(is_upgrade
                  ? node_leave_upgrade(node, &fixture_task, STAKE, false,
                                       on_order, NULL)
                  : node_leave_order(node, &fixture_task, on_order, NULL));
    ordered = ERR_BUSY;
}

/* A process of its own, beside the endpoint. It kills itself after so many
 * turns; 0: it goes on to the end. */
static void live(struct fixture *fixture, bool is_upgrade, unsigned kill_at)
{
    static uv_loop_t own;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (uv_loop_init(&own))
        _exit(2);
    loop = &own;
    ordered = 0;
    begin(fixture);
    for (unsigned turns = 1; turns < TURNS_MAX; turns++) {
        turn(fixture);
        order(is_upgrade);
        if (turns == kill_at)
            raise(SIGKILL);
        if (is_upgrade ? has_followed() : is_left()) {
            end(fixture);
            _exit(0);
        }
    }
    _exit(3);
}

/* How the life ended, as waitpid() has it. */
static int run_life(struct fixture *fixture, bool is_upgrade, unsigned kill_at)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (!pid)
        live(fixture, is_upgrade, kill_at);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        usleep(50);
    }
    return status;
}

/* Killed after that many turns of each of the first lives. Returns false if it
 * was over before. */
static bool kill_on_the_way(bool is_upgrade, unsigned kill_at, unsigned lives)
{
    bool was_killed = true;
    void *state = NULL;
    struct fixture *fixture;
    int status = 0;

    assert_int_equal(fixture_open(&state), 0);
    fixture = state;
    open_task(fixture);
    end(fixture);
    for (unsigned life = 0; life < lives && was_killed; life++) {
        status = run_life(fixture, is_upgrade, kill_at);
        was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    if (was_killed)
        status = run_life(fixture, is_upgrade, 0);
    if (status)
        fail_msg("killed after %u turns: %x", kill_at, (unsigned)status);
    assert_int_equal(fixture->claimed, STAKE + REWARD);
    assert_int_equal(fixture->stake, 0);
    assert_int_equal(fixture->balance, 0);
    assert_int_equal(fixture->next_stake, is_upgrade ? STAKE : 0);
    assert_int_equal(fixture_close(&state), 0);
    return was_killed;
}

/* Once at each step, as far as turns of the loop are steps; and again and again
 * after so few that it comes forward by a step a life. */
static void kill_everywhere(bool is_upgrade)
{
    unsigned at = 1, ways = 0;

    while (kill_on_the_way(is_upgrade, at, 1)) {
        at += 1 + at / 12;
        ways++;
    }
    assert_true(ways > 5);
    for (at = 12; at < 60; at += 12)
        kill_on_the_way(is_upgrade, at, 6);
}

static void test_an_upgrade_goes_on_after_a_kill_at_any_step(void **state)
{
    kill_everywhere(true);
}

static void test_a_task_is_left_after_a_kill_at_any_step(void **state)
{
    kill_everywhere(false);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_upgrade_moves_every_coin_once),
        cmocka_unit_test(test_an_upgrade_goes_on_after_an_end_at_any_turn),
        TEST(test_what_can_not_follow_is_refused_before_anything),
        TEST(test_another_creators_version_is_taken_only_if_told),
        TEST(test_a_stake_comes_back_and_the_task_stays_known),
        TEST(test_of_an_archived_task_nothing_is_left),
        TEST(test_what_another_account_may_use_stays),
        TEST(test_an_order_is_called_off),
        cmocka_unit_test(test_an_upgrade_goes_on_after_a_kill_at_any_step),
        cmocka_unit_test(test_a_task_is_left_after_a_kill_at_any_step),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
