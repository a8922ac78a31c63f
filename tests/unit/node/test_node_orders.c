/*
 * Orders that move coins by a key: more for a task's bounty, and the staking
 * key's coins back to the wallet. The node is killed at any turn of its loop on
 * the way, and the operator gives the order again where nobody knows of it: the
 * coins move once, and are in the account book once.
 */
#include "test.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "node/money/journal_earning.h"
#include "node/node_creator.h"
#include "node/node_internal.h"
#include "node/node_staking_empty.h"
#include "node/node_transfers.h"
#include "node_fixture.h"
#include "settlement/format/account.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "11111111-2222-4333-8444-555555555555"
#define FUNDED 5000000000
#define HELD 1000000000 /* by the staking key */

/* More turns than any way takes. */
#define TURNS_MAX 100000

/* How a life ends that is not killed. */
enum { WELL, NO_LOOP, TOO_LONG, REFUSED, FAILED, BOOKED_OTHERWISE };

/* An order, and what the book has of it. */
struct kind {
    enum journal_kind kind;
    enum journal_earning_kind booked;
    uint64_t amount;
    const char *account; /* of the staking key; a getAccountInfo result */
};

static struct node *node;
static uint64_t slot;
static const struct kind *kind;
static int ordered; /* ERR_BUSY: under way; 1: taken */

/* A turn of the loop, a slot and a tick: the wall clock has no part. */
static void turn(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_NOWAIT);
    sender_slot(node->parts.sender, ++slot);
    node_transfers_tick(node);
    usleep(200);
}

/* ---- the order ---- */

static void on_emptied(void *user, int status)
{
    ordered = status ? status : 1;
}

static void on_funded(void *user, int status, const char *field)
{
    on_emptied(user, status);
}

static int give_order(void)
{
    const struct creator_order fund = {
        .kind = JOURNAL_FUND, .task = fixture_task, .amount = FUNDED};

    ordered = ERR_BUSY;
    return kind->kind == JOURNAL_FUND
               ? node_creator_order(node, KEY, &fund, on_funded, NULL)
               : node_staking_empty(node, KEY, on_emptied, NULL);
}

/* "": nobody knows of it. */
static const char *state_of_order(void)
{
    struct api_creator_state fund;
    struct api_stake_state empty;
    bool is_fund = kind->kind == JOURNAL_FUND;
    int status =
        is_fund ? node_transfers_creator_state(node, KEY, kind->kind, &fund)
                : node_staking_empty_state(node, KEY, &empty);

    assert_true(!status || status == ERR_NOT_FOUND);
    return status ? "" : is_fund ? fund.order.state : empty.state;
}

static int count_entry(void *user, const struct journal_earning *earning,
                       uint64_t fee)
{
    assert_int_equal(earning->amount, kind->amount);
    assert_true(fee > 0);
    ++*(unsigned *)user;
    return 0;
}

static bool is_booked_once(void)
{
    const struct journal_earning_query query = {.kind = kind->booked,
                                                .limit = 10};
    unsigned count = 0;

    return !journal_earning_each(node->parts.journal, &query, count_entry,
                                 &count) &&
           count == 1;
}

/* ---- a life ---- */

/* A process of its own, beside the endpoint. It kills itself after so many
 * turns; 0: it goes on to the end. */
static _Noreturn void live(struct fixture *fixture, unsigned kill_at)
{
    static uv_loop_t own;
    const char *state = "";

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (uv_loop_init(&own))
        _exit(NO_LOOP);
    ordered = 0;
    node = node_fixture_begin(fixture, &own, "node", 0);
    for (unsigned turns = 1; strcmp(state, "done") != 0; turns++) {
        if (turns == TURNS_MAX)
            _exit(TOO_LONG);
        turn(&own);
        state = state_of_order();
        if (!*state && !ordered && give_order())
            _exit(REFUSED);
        if (ordered < 0 && ordered != ERR_BUSY)
            _exit(REFUSED);
        if (!strcmp(state, "failed"))
            _exit(FAILED);
        if (turns == kill_at)
            raise(SIGKILL);
    }
    if (!is_booked_once())
        _exit(BOOKED_OTHERWISE);
    node_fixture_end(node, &own);
    _exit(WELL);
}

/* How the life ended, as waitpid() has it. */
static int run_life(struct fixture *fixture, unsigned kill_at)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (!pid)
        live(fixture, kill_at);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        usleep(50);
    }
    return status;
}

/* ---- the endpoint ---- */

static struct buffer all_tasks; /* a getProgramAccounts result */

static const char *tell_of_tasks(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getProgramAccounts") != 0
               ? NULL
               : buffer_string(&all_tasks);
}

/* One task, on which the key has no stake. */
static void make_tasks(void)
{
    struct buffer base64 = {0};

    base64_encode(bytes_text("{\"is_active\":true,\"is_migrated\":false,"
                             "\"minimum_stake_amount\":5,\"stake_list\":{}}"),
                  &base64);
    buffer_format(&all_tasks,
                  "[{\"pubkey\":\"%s\",\"account\":{\"lamports\":1000000000,"
                  "\"owner\":\"Koiitask22222222222222222222222222222222222\","
                  "\"executable\":false,\"data\":[\"%s\",\"base64\"]}}]",
                  PUBKEY_TEXT(&fixture_task), buffer_string(&base64));
    buffer_free(&base64);
}

static struct fixture *open_fixture(void **state)
{
    struct fixture *fixture;
    char *folder;

    assert_int_equal(fixture_open(state), 0);
    fixture = *state;
    folder = mem_format("%s/node", fixture->folder);
    assert_ok(file_make_folder(folder, 0700));
    assert_ok(wallet_save(folder, NULL, &fixture->wallet));
    free(folder);
    fixture->has_blockhash = true;
    fixture->account = kind->account;
    fixture->lie = tell_of_tasks;
    /* So that it counts transactions, each once; the coins go through it. */
    fixture->next = &fixture_task;
    return fixture;
}

/* Killed after that many turns of each of the first lives, and then left to
 * finish. Returns false if it was over before. */
static bool kill_on_the_way(unsigned kill_at, unsigned lives)
{
    bool was_killed = true;
    void *state = NULL;
    struct fixture *fixture = open_fixture(&state);
    int status = 0;

    for (unsigned life = 0; life < lives && was_killed; life++) {
        status = run_life(fixture, kill_at);
        was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }
    if (was_killed)
        status = run_life(fixture, 0);
    if (status)
        fail_msg("killed after %u turns: %x", kill_at, (unsigned)status);
    assert_int_equal(fixture->seen_count, 1);
    if (kind->kind == JOURNAL_FUND)
        assert_true(fixture_sent(fixture, TASK_FUND) > 0);
    if (kind->account == fixture_rich_account)
        assert_int_equal(fixture->next_stake, kind->amount);
    assert_int_equal(fixture_close(&state), 0);
    return was_killed;
}

/* Once at each step, as far as turns of the loop are steps; and again and again
 * after so few that it comes forward by a step a life. */
static void kill_everywhere(const struct kind *which)
{
    unsigned at = 1, ways = 0;

    kind = which;
    while (kill_on_the_way(at, 1)) {
        at += 1 + at / 3;
        ways++;
    }
    assert_true(ways > 5);
    kill_on_the_way(1 + at / 3, 6);
}

static void test_a_bounty_grows_once_after_a_kill_at_any_step(void **state)
{
    static const struct kind fund = {JOURNAL_FUND, JOURNAL_FUNDED, FUNDED,
                                     fixture_no_account};

    kill_everywhere(&fund);
}

static void
test_a_plain_key_is_emptied_once_after_a_kill_at_any_step(void **state)
{
    static const struct kind empty = {
        JOURNAL_EMPTY, JOURNAL_CLAIMED, HELD,
        "{\"context\":{\"slot\":9},\"value\":{\"lamports\":1000000000,"
        "\"owner\":\"11111111111111111111111111111111\","
        "\"executable\":false,\"data\":[\"\",\"base64\"]}}"};

    kill_everywhere(&empty);
}

/* By a stake on a task, which is withdrawn and claimed with it. */
static void
test_a_staking_key_is_emptied_once_after_a_kill_at_any_step(void **state)
{
    const struct kind empty = {JOURNAL_EMPTY, JOURNAL_CLAIMED,
                               HELD - rent_minimum_balance(0),
                               fixture_rich_account};

    kill_everywhere(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bounty_grows_once_after_a_kill_at_any_step),
        cmocka_unit_test(
            test_a_plain_key_is_emptied_once_after_a_kill_at_any_step),
        cmocka_unit_test(
            test_a_staking_key_is_emptied_once_after_a_kill_at_any_step),
    };

    crypto_init();
    log_configure("quiet");
    make_tasks();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_free(&all_tasks);
    return failed;
}
