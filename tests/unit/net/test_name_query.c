/* Records of names: what resolvers answer, and every way not to answer. */
#include "name_server.h"
#include "net_test.h"

#include "base/memory.h"
#include "net/name_query.h"

struct fixture {
    uv_loop_t loop;
    struct name_server server;
    bool is_done;
    int status;
    struct buffer json;
};

static void on_done(void *user, int status, struct bytes json)
{
    struct fixture *fixture = user;

    fixture->is_done = true;
    fixture->status = status;
    buffer_clear(&fixture->json);
    buffer_bytes(&fixture->json, json);
}

static int ask(struct fixture *fixture, enum name_records records,
               const char *name)
{
    fixture->is_done = false;
    name_query_start(&fixture->loop, records, name, &fixture->server.address,
                     on_done, fixture);
    assert_false(fixture->is_done);
    run_until(&fixture->loop, &fixture->is_done);
    return fixture->status;
}

static int set_up(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));

    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    name_server_start(&fixture->server);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    name_server_stop(&fixture->server);
    finish_loop(&fixture->loop);
    buffer_free(&fixture->json);
    free(fixture);
    return 0;
}

/* As Node's dns module gives them; the alias on the way is left out. */
static void test_records_come_in_nodes_form(void **state)
{
    struct fixture *fixture = *state;

    assert_ok(ask(fixture, NAME_SRV, "_mongodb._tcp.db.example"));
    assert_string_equal(
        buffer_string(&fixture->json),
        "[{\"name\":\"first.example\",\"port\":27017,\"priority\":1,"
        "\"weight\":2},{\"name\":\"other.example\",\"port\":27018,"
        "\"priority\":3,\"weight\":4}]");
    assert_ok(ask(fixture, NAME_TXT, "texts.example"));
    assert_string_equal(buffer_string(&fixture->json),
                        "[[\"a=\xc3\xa9\",\"b=cd\"],[\"replicaSet\"]]");
}

static void test_what_is_not_there_is_said(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ask(fixture, NAME_SRV, "nothing.example"), ERR_NOT_FOUND);
    /* There are texts of this name, and no services. */
    assert_int_equal(ask(fixture, NAME_SRV, "texts.example"), ERR_NOT_FOUND);
    assert_int_equal(ask(fixture, NAME_TXT, "broken.example"), ERR_INVALID);
}

/* Whatever the thread is doing then; the loop is free to end at once. */
static void test_a_query_is_cancelled_at_any_time(void **state)
{
    static const char *const names[] = {"texts.example", "silent.example"};
    struct fixture *fixture = *state;

    for (int i = 0; i < 8; i++) {
        struct name_query *query =
            name_query_start(&fixture->loop, NAME_TXT, names[i % 2],
                             &fixture->server.address, on_done, fixture);
        for (int turn = 0; turn < i && !fixture->is_done; turn++)
            usleep(100);
        name_query_cancel(query);
    }
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_false(fixture->is_done);
    assert_ok(ask(fixture, NAME_TXT, "texts.example"));
}

struct slot {
    struct name_query *query; /* NULL: answered */
    int *refused;
};

static void on_refused(void *user, int status, struct bytes json)
{
    struct slot *slot = user;

    assert_int_equal(status, ERR_BUSY);
    slot->query = NULL;
    ++*slot->refused;
}

/* Threads have a limit, and those above it are told at once. */
static void test_too_many_queries_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct slot slots[40];
    int refused = 0;

    for (size_t i = 0; i < 40; i++) {
        slots[i].refused = &refused;
        slots[i].query =
            name_query_start(&fixture->loop, NAME_TXT, "silent.example",
                             &fixture->server.address, on_refused, &slots[i]);
    }
    while (refused < 40 - 16)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < 40; i++)
        if (slots[i].query)
            name_query_cancel(slots[i].query);
}

static void test_nonsense_is_no_answer(void **state)
{
    struct buffer json = {0};
    uint8_t message[600] = {0, 1, 0x80, 0x80, 0, 1, 0, 200};

    assert_int_equal(name_answer_read(NAME_TXT, (struct bytes){0}, &json),
                     ERR_INVALID);
    assert_int_equal(
        name_answer_read(NAME_TXT, bytes_make(message, sizeof(message)), &json),
        ERR_INVALID);
    buffer_free(&json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_records_come_in_nodes_form),
        TEST(test_what_is_not_there_is_said),
        TEST(test_a_query_is_cancelled_at_any_time),
        TEST(test_too_many_queries_are_refused),
        cmocka_unit_test(test_nonsense_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
