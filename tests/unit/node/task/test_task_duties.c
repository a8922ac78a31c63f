/* Duties as the operator sees them: the clock's, with the transactions that the
 * journal has of them. */
#include "test.h"

#include "base/error.h"
#include "node/task/task_rounds.h"
#include "runner_fixture.h"

/* The duty of a kind and round, or NULL; the caller releases *all. */
static struct json_object *duty_of(const struct fixture *fixture,
                                   const char *kind, uint64_t round,
                                   struct json_object **all)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    task_runner_duties(fixture->runner, &writer);
    assert_ok(json_parse(buffer_view(&text), all));
    buffer_free(&text);
    for (size_t i = 0; i < json_object_array_length(*all); i++) {
        struct json_object *duty = json_object_array_get_idx(*all, i);
        const char *name;
        uint64_t number;

        assert_ok(json_get_text(duty, "kind", &name));
        assert_ok(json_get_u64(duty, "round", &number));
        if (number == round && !strcmp(name, kind))
            return duty;
    }
    return NULL;
}

static void assert_field(struct json_object *duty, const char *name,
                         const char *expected)
{
    struct json_object *value = NULL;

    assert_non_null(duty);
    assert_true(json_object_object_get_ex(duty, name, &value));
    assert_string_equal(value ? json_object_get_string(value) : "null",
                        expected);
}

static void test_a_task_that_does_not_run_has_none(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *all;

    fixture_start(fixture, 0);
    fixture_settle(fixture);
    assert_null(duty_of(fixture, "submit", 2, &all));
    assert_int_equal(json_object_array_length(all), 0);
    json_object_put(all);
}

static void test_a_duty_has_its_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct journal_entry entry = {
        .name = {.task = fixture_task, .round = 2, .kind = JOURNAL_SUBMIT},
        .signature = {.bytes = {9}},
        .slot = 301,
        .transaction_size = 1};
    char signature[BASE58_SIGNATURE_SIZE];
    struct json_object *all, *duty;

    fixture_run(fixture);
    fixture_set_clock(fixture, 310, 3);
    duty = duty_of(fixture, "submit", 2, &all);
    assert_field(duty, "signature", "null");
    assert_field(duty, "slot", "null");
    json_object_put(all);

    /* It is there as soon as it is sent, and its slot when it is final. */
    assert_ok(journal_intend(fixture->parts.journal, &entry));
    base58_signature(entry.signature.bytes, signature);
    duty = duty_of(fixture, "submit", 2, &all);
    assert_field(duty, "signature", signature);
    assert_field(duty, "slot", "null");
    json_object_put(all);
    assert_ok(journal_settle(fixture->parts.journal, entry.id, JOURNAL_FINAL,
                             307, NULL));
    duty = duty_of(fixture, "submit", 2, &all);
    assert_field(duty, "slot", "307");
    json_object_put(all);
    duty = duty_of(fixture, "payout", 1, &all);
    assert_field(duty, "signature", "null");
    json_object_put(all);
}

static void test_slots_are_those_of_the_windows(void **state)
{
    struct fixture *fixture = *state;
    struct json_object *all, *duty;
    uint64_t from, until;

    fixture_run(fixture);
    fixture_set_clock(fixture, 310, 3);
    duty = duty_of(fixture, "task", 3, &all);
    assert_non_null(duty);
    assert_ok(json_get_u64(duty, "from", &from));
    assert_ok(json_get_u64(duty, "until", &until));
    assert_true(from >= 300 && from < until && until <= 400);
    json_object_put(all);
}

#define EACH(test)                                                             \
    cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_a_task_that_does_not_run_has_none),
        EACH(test_a_duty_has_its_transaction),
        EACH(test_slots_are_those_of_the_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
