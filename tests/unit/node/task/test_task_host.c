/* What a runner makes of requests that no sound worker sends, and of an
 * endpoint that answers them with anything. */
#include "test.h"

#include "base/error.h"
#include "base/log.h"
#include "node/reach/host_world.h"
#include "runner_fixture.h"

static void expect(struct fixture *fixture, const char *method,
                   const char *params, int refused)
{
    unsigned answers = fixture->answers;

    fixture_request(fixture, method, params, (struct bytes){0});
    fixture_settle(fixture);
    if (fixture->answers != answers + 1 || fixture->refused != refused)
        fail_msg("%s%s: %u answers, %d %s", method, params,
                 fixture->answers - answers, fixture->refused,
                 buffer_string(&fixture->answer));
}

static void test_parameters_of_another_kind_are_refused(void **state)
{
    static const struct {
        const char *method, *params;
        int refused;
    } asks[] = {
        {"getTaskSubmissionInfo", "[]", ERR_INVALID},
        {"getTaskSubmissionInfo", "[-1]", ERR_INVALID},
        {"getTaskSubmissionInfo", "[\"1\"]", ERR_INVALID},
        {"getTaskSubmissionInfo", "[1.5]", ERR_INVALID},
        {"getTaskSubmissionInfo", "[1]", 0},
        {"getTaskDistributionInfo", "[null]", ERR_INVALID},
        {"getTaskDistributionInfo", "[1]", 0},
        {"getTaskStateById", "[]", ERR_INVALID},
        {"getTaskStateById", "[5]", ERR_INVALID},
        {"getTaskStateById", "[\"nonsense\"]", ERR_INVALID},
        {"getTaskState", "[5]", 0},
        {"getTaskState", "[{\"is_submission_required\":\"yes\"}]", 0},
        {"getDistributionList", "[\"nonsense\",1]", ERR_INVALID},
        {"getNodes", "[{\"a\":[]}]", 0},
        {"getRound", "[null,null]", 0},
        {"logger", "[5,{}]", 0},
        {"logger", "[\"error\",\"a\\u0000b\"]", 0},
        {"fetch", "[]", ERR_INVALID},
        {"fetch", "[\"http://127.0.0.1\"]", ERR_INVALID},
        {"storageGet", "[]", ERR_INVALID},
        {"storageGet", "[{},5]", ERR_INVALID},
        {"dance", "[]", ERR_UNSUPPORTED},
        {"claimReward", "[]", ERR_DENIED},
    };
    struct fixture *fixture = *state;

    fixture_run(fixture);
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        expect(fixture, asks[i].method, asks[i].params, asks[i].refused);
}

static const char *info;

static const char *lie_about_info(struct fixture *fixture, const char *method)
{
    return strcmp(method, "getTaskSubmissionInfo") != 0 ? NULL : info;
}

/* The worker is handed JSON or an error, whatever the endpoint calls JSON:
 * anything else would break the message. */
static void test_an_endpoint_s_nonsense_reaches_no_worker(void **state)
{
    static const char *const lies[] = {
        "",
        "null",
        "{}",
        "{\"value\":null}",
        "{\"value\":{\"data\":5}}",
        "{\"value\":{\"data\":[]}}",
        "{\"value\":{\"data\":[5,\"base64\"]}}",
        "{\"value\":{\"data\":[\"\",\"base64\"]}}",
        "{\"value\":{\"data\":[\"!\",\"base64\"]}}",
        "{\"value\":{\"data\":[\"e30\",\"base64\"]}}",
        /* {"a": and },"ok":false,{ */
        "{\"value\":{\"data\":[\"eyJhIjo=\",\"base64\"]}}",
        "{\"value\":{\"data\":[\"fSwib2siOmZhbHNlLHs=\",\"base64\"]}}",
    };
    struct fixture *fixture = *state;

    fixture_run(fixture);
    fixture->lie = lie_about_info;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        info = lies[i];
        fixture_request(fixture, "getTaskSubmissionInfo", "[1]",
                        (struct bytes){0});
        fixture_settle(fixture);
        if (!fixture->refused)
            fail_msg("%s: %s", lies[i], buffer_string(&fixture->answer));
    }
}

/* The worker that asked has ended, and another has taken its place. */
static void test_an_answer_reaches_no_other_worker(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture);
    unsigned answers = fixture->answers;
    fixture_request(fixture, "getTaskSubmissionInfo", "[1]", (struct bytes){0});
    fixture_replace_worker(fixture);
    fixture_settle(fixture);
    assert_int_equal(fixture->answers, answers);
}

static void test_too_many_questions_to_the_chain_are_refused(void **state)
{
    struct fixture *fixture = *state;
    int asked = 0;

    fixture_run(fixture);
    /* From memory it may ask at will. */
    for (int i = 0; i < 3000; i++) {
        fixture_request(fixture, "getRound", "[]", (struct bytes){0});
        assert_int_equal(fixture->refused, 0);
    }
    fixture->refused = 0;
    while (!fixture->refused && asked < 100000) {
        fixture_request(fixture, "getTaskState", "[]", (struct bytes){0});
        asked++;
    }
    assert_int_equal(fixture->refused, ERR_LIMIT);
    assert_true(asked >= 1000);
}

#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parameters_of_another_kind_are_refused),
        TEST(test_an_endpoint_s_nonsense_reaches_no_worker),
        TEST(test_an_answer_reaches_no_other_worker),
        TEST(test_too_many_questions_to_the_chain_are_refused),
    };

    crypto_init();
    log_configure("quiet");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
