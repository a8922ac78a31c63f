/* What a runner answers to its worker: signatures with the key asked for, and
 * distribution lists in Koii's form. */
#include "runner_fixture.h"
#include "test.h"

#include "base/base58.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

static void open_task(struct fixture *fixture)
{
    fixture->stake = 5;
    fixture_run(fixture);
    fixture_settle(fixture);
}

/* ---- signatures ---- */

static void check_signature(struct fixture *fixture, const char *params,
                            const struct keypair *keypair, const char *payload)
{
    struct json_object *answer;
    struct buffer joined = {0};
    struct signature signature;

    fixture_request(fixture, "signData", params, bytes_text(payload));
    fixture_settle(fixture);
    assert_int_equal(fixture->refused, 0);
    assert_ok(json_parse(buffer_view(&fixture->answer), &answer));
    assert_ok(
        base58_decode(bytes_text(json_object_get_string(answer)), &joined));
    assert_int_equal(joined.size, 64 + strlen(payload));
    memcpy(signature.bytes, joined.data, 64);
    assert_memory_equal(joined.data + 64, payload, strlen(payload));
    assert_true(key_verify(&keypair->pubkey, bytes_text(payload), &signature));
    json_object_put(answer);
    buffer_free(&joined);
}

static void test_data_is_signed_with_the_key_that_is_asked_for(void **state)
{
    struct fixture *fixture = *state;

    open_task(fixture);
    check_signature(fixture, "[\"main\"]", &fixture->wallet.main,
                    "{\"a\": 1.50}");
    check_signature(fixture, "[\"staking\"]", &fixture->wallet.staking,
                    "{\"a\": 1.50}");
}

static void test_other_keys_and_other_data_are_refused(void **state)
{
    static const char *const params[] = {"[]",  "[\"\"]", "[\"Main\"]",
                                         "[1]", "[null]", "[[\"main\"]]"};
    /* One signature, no read-only keys, one key, ... */
    static const char message[] = "\x01\x00\x01\x02";
    struct fixture *fixture = *state;

    open_task(fixture);
    for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++) {
        fixture_request(fixture, "signData", params[i], bytes_text("{}"));
        assert_int_equal(fixture->refused, ERR_INVALID);
    }
    fixture_request(fixture, "signData", "[\"main\"]",
                    bytes_make(message, sizeof(message) - 1));
    fixture_settle(fixture);
    assert_int_equal(fixture->refused, ERR_DENIED);
    fixture_request(fixture, "signData", "[\"main\"]", (struct bytes){0});
    fixture_settle(fixture);
    assert_int_equal(fixture->refused, ERR_DENIED);
}

/* ---- lists ---- */

static void ask_for_list(struct fixture *fixture, const struct pubkey *key)
{
    char *params = mem_format("[\"%s\",1]", PUBKEY_TEXT(key));

    fixture_request(fixture, "getDistributionList", params, (struct bytes){0});
    fixture_settle(fixture);
    assert_int_equal(fixture->refused, 0);
    free(params);
}

/* Koii's readers parse it, and ask by the submission's value, which is the
 * account that the list lies in. */
static void test_a_list_is_given_as_text_by_key_and_by_account(void **state)
{
    struct fixture *fixture = *state;
    struct pubkey keys[] = {fixture_peer(1), fixture_peer(2)};
    struct pubkey account = {.bytes = {77}}, stranger = {.bytes = {78}};
    char *expected = mem_format("\"{\\\"%s\\\":5,\\\"%s\\\":5}\"",
                                PUBKEY_TEXT(&keys[0]), PUBKEY_TEXT(&keys[1]));

    open_task(fixture);
    fixture->lists[0] = (struct entry){
        .key = fixture_peer(1), .account = &account, .slot = 301};
    fixture->list_count = 1;
    fixture_set_list(fixture, keys, 2, 5);
    ask_for_list(fixture, &keys[0]);
    assert_string_equal(buffer_string(&fixture->answer), expected);
    ask_for_list(fixture, &account);
    assert_string_equal(buffer_string(&fixture->answer), expected);
    ask_for_list(fixture, &stranger);
    assert_string_equal(buffer_string(&fixture->answer), "null");
    free(expected);
}

/* ---- the status ---- */

static const char *has_nothing_to_call(struct fixture *fixture,
                                       const char *function, const char *args)
{
    return strcmp(function, "setup") ? "null" : NULL;
}

static bool status_holds(struct fixture *fixture, const char *part)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    task_runner_status(fixture->runner, &writer);
    bool holds = strstr(buffer_string(&text), part) != NULL;
    buffer_free(&text);
    return holds;
}

/* It runs, because its routes may be all that it has. */
static void test_a_bundle_without_functions_is_named_in_the_status(void **state)
{
    struct fixture *fixture = *state;

    fixture->result = has_nothing_to_call;
    fixture->failure = ERR_STATE;
    open_task(fixture);
    assert_true(status_holds(fixture, "\"initialized\":false"));
    assert_true(status_holds(fixture, "\"state\":\"running\""));
    fixture->failure = ERR_NOT_FOUND;
    fixture_replace_worker(fixture);
    assert_true(status_holds(fixture, "\"initialized\":null"));
    while (fixture->runner->state != RUNNER_RUNNING)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_true(status_holds(fixture, "\"initialized\":true"));
}

/* ---- routes ---- */

struct visits {
    unsigned answered, busy;
};

static void on_answer(void *user, int status, const char *head,
                      struct bytes body, struct http_flow *rest)
{
    struct visits *visits = user;

    assert_int_not_equal(status, ERR_BUSY);
    visits->answered++;
}

static const char *empty_answer(struct fixture *fixture, const char *function,
                                const char *args)
{
    return "{\"status\":200,\"headers\":[]}";
}

/* Calls alone end within a turn of the loop; no socket has anything to say. */
static void turn(struct fixture *fixture)
{
    while (fixture->runner->pending)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
}

/* Requests that wait leave room for the calls of the rounds. */
static void test_strangers_requests_leave_room_for_duties(void **state)
{
    struct fixture *fixture = *state;
    struct visits visits = {0};

    open_task(fixture);
    fixture->result = empty_answer;
    for (int i = 0; i < RUNNER_WORKER_CALLS_MAX; i++)
        if (task_runner_route(fixture->runner, "{}", (struct bytes){0}, NULL,
                              on_answer, &visits) == ERR_BUSY)
            visits.busy++;
    /* Nobody was called from inside. */
    assert_int_equal(visits.answered, 0);
    assert_true(visits.busy >= 16);
    turn(fixture);
    assert_int_equal(visits.answered, RUNNER_WORKER_CALLS_MAX - visits.busy);
    assert_int_equal(task_runner_route(fixture->runner, "{}", (struct bytes){0},
                                       NULL, on_answer, &visits),
                     0);
    turn(fixture);
    assert_int_equal(visits.answered,
                     RUNNER_WORKER_CALLS_MAX - visits.busy + 1);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_data_is_signed_with_the_key_that_is_asked_for),
        TEST(test_other_keys_and_other_data_are_refused),
        TEST(test_a_list_is_given_as_text_by_key_and_by_account),
        TEST(test_a_bundle_without_functions_is_named_in_the_status),
        TEST(test_strangers_requests_leave_room_for_duties),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
