/*
 * A node that is stopped in the middle of whatever it does: while it asks its
 * endpoint, for each kind of question and each of the first times; while it
 * calls its worker; while a request waits for the task's answer. It must come
 * to its end each time, and leave nothing behind.
 */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "net/http_client.h"
#include "node/node_internal.h"
#include "node_fixture.h"

/* Of the running test. The fixture's hooks are handed the fixture alone. */
static struct node *node;
static bool is_ended;
static unsigned orders;  /* stops after so many more events of a kind */
static const char *kind; /* the method of the endpoint, or the function */

static void on_ended(void *user)
{
    is_ended = true;
}

static void count_down(const char *name)
{
    if (!node || !kind || strcmp(name, kind) != 0 || orders-- != 1)
        return;
    node_stop(node, on_ended, NULL);
    node = NULL;
}

static void on_question(struct fixture *fixture, const char *method)
{
    count_down(method);
}

static const char *on_call(struct fixture *fixture, const char *function,
                           const char *args)
{
    count_down(function);
    if (!strcmp(function, "submission"))
        return "\"bafy\"";
    if (!strcmp(function, "audit"))
        return "false";
    if (!strcmp(function, "distribution"))
        return "{\"9tHF7JcKvsDdYKeFA3eXKMAz4mw3ofaBDrC1ArwYoUJB\":7}";
    return "null";
}

/* A node with one task to stake on and to run. */
static void begin(struct fixture *fixture)
{
    char *path = mem_format("%s/main.js", fixture->folder);
    const struct node_task_options task = {
        .task = fixture_task, .stake_roe = 200, .executable = path};

    is_ended = false;
    assert_ok(file_replace(path, bytes_text("main"), 0600));
    node = node_fixture_begin(fixture, &fixture->loop, "node", 1);
    assert_ok(node_start_task(node, &task, NULL, NULL));
    free(path);
}

/* Everything on the way to the first payouts is due at some time. */
static void work(struct fixture *fixture, unsigned turns)
{
    static const uint64_t slots[] = {200, 210, 241, 250, 260, 285, 300,
                                     310, 341, 350, 360, 385, 390, 399};
    size_t count = sizeof(slots) / sizeof(slots[0]);

    for (unsigned turn = 0; node && turn < turns; turn++) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        if (!node || turn < 20)
            continue;
        fixture->stake = 200; /* it has landed by now */
        sender_slot(node->parts.sender, slots[turn / 10 % count]);
        task_runner_slot(node->runners[0], slots[turn / 10 % count]);
    }
}

static void end(struct fixture *fixture)
{
    if (node)
        node_stop(node, on_ended, NULL);
    node = NULL;
    while (!is_ended)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void set_up(struct fixture *fixture)
{
    fixture->on_question = on_question;
    fixture->result = on_call;
    fixture->has_blockhash = true;
    fixture->account = fixture_rich_account;
    fixture->balance = 1000;
    fixture->submissions[1].is_accused = true;
    fixture->lists[0] =
        (struct entry){.key = fixture_peer(0), .slot = 301, .is_accused = true};
    fixture->list_count = 1;
}

/* false: it never came to that. */
static bool stop_at(const char *name, unsigned time)
{
    void *state = NULL;

    assert_int_equal(fixture_open(&state), 0);
    struct fixture *fixture = state;
    set_up(fixture);
    kind = name;
    orders = time;
    begin(fixture);
    work(fixture, 140);
    bool has_come = node == NULL;
    end(fixture);
    assert_int_equal(fixture_close(&state), 0);
    return has_come;
}

static void test_a_node_stops_in_the_middle_of_any_question(void **state)
{
    static const char *const methods[] = {
        "getBalance",
        "getTaskAccountInfo",
        "getAccountInfo",
        "getLatestBlockhash",
        "sendTransaction",
        "getSignatureStatuses",
        "getTaskSubmissionInfo",
        "getTaskDistributionInfo",
        "getTransaction",
    };

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        unsigned time = 1;

        while (time <= 2 && stop_at(methods[i], time))
            time++;
        if (time == 1)
            fail_msg("%s was never asked", methods[i]);
    }
}

static void test_a_node_stops_in_the_middle_of_any_call(void **state)
{
    static const char *const functions[] = {
        "setup", "routes", "task", "submission", "audit", "distribution"};

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (!stop_at(functions[i], 1))
            fail_msg("%s was never called", functions[i]);
}

/* Whatever it is at then. */
static void test_a_node_stops_after_any_turn_of_its_loop(void **state)
{
    kind = NULL;
    for (unsigned turns = 0; turns < 90; turns += 1 + turns / 2) {
        void *inner = NULL;
        struct fixture *fixture;

        assert_int_equal(fixture_open(&inner), 0);
        fixture = inner;
        set_up(fixture);
        begin(fixture);
        work(fixture, turns);
        end(fixture);
        assert_int_equal(fixture_close(&inner), 0);
    }
}

/* ---- with requests at its ports ---- */

static void on_response(void *user, int status, struct http_response *response)
{
    ++*(unsigned *)user;
}

static void forget(struct fixture *fixture)
{
    char *folder = mem_format("%s/node", fixture->folder);

    file_remove_tree(folder);
    free(folder);
    fixture->stake = 0;
}

/* NULL: a route of the task's. Some of them still waiting. */
static void test_a_node_stops_while_it_is_asked(void **state)
{
    static const char *const paths[] = {"/tasks", "/metrics", NULL};
    struct fixture *fixture = *state;
    struct http_client *client =
        http_client_new(&fixture->loop, &address_rule_loopback);

    kind = NULL;
    set_up(fixture);
    for (unsigned turns = 0; turns < 12; turns += 2) {
        unsigned answered = 0;

        begin(fixture);
        work(fixture, 25);
        for (size_t i = 0; i < 3; i++) {
            char *url =
                paths[i] ? mem_format("%s%s", node_public_url(node), paths[i])
                         : mem_format("%s/task/%s/route", node_public_url(node),
                                      PUBKEY_TEXT(&fixture_task));
            const struct http_request request = {.url = url};

            http_client_start(client, &request, on_response, &answered);
            free(url);
        }
        for (unsigned i = 0; i < turns; i++)
            uv_run(&fixture->loop, UV_RUN_NOWAIT);
        end(fixture);
        while (answered < 3)
            uv_run(&fixture->loop, UV_RUN_ONCE);
        forget(fixture);
    }
    http_client_close(client);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_node_stops_in_the_middle_of_any_question),
        cmocka_unit_test(test_a_node_stops_in_the_middle_of_any_call),
        cmocka_unit_test(test_a_node_stops_after_any_turn_of_its_loop),
        TEST(test_a_node_stops_while_it_is_asked),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
