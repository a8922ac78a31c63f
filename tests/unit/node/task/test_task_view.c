#include "test.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "node/task/task_view.h"

#include <stdio.h>

static struct pubkey key_of(unsigned number)
{
    return (struct pubkey){.bytes = {9, (uint8_t)(number >> 16),
                                     (uint8_t)(number >> 8), (uint8_t)number}};
}

/* Every third gave a text that is not an address. */
static struct json_object *state_of(unsigned count)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);
    struct json_object *state;

    json_open_object(&writer);
    json_name(&writer, "ip_address_list");
    json_open_object(&writer);
    for (unsigned i = 0; i < count; i++) {
        struct pubkey key = key_of(i);
        char url[64];

        snprintf(url, sizeof(url), "http://10.0.0.1:%u", 1 + i % 60000);
        json_field_text(&writer, PUBKEY_TEXT(&key), i % 3 ? url : "nowhere");
    }
    json_close_object(&writer);
    json_close_object(&writer);
    assert_ok(json_parse(buffer_view(&text), &state));
    buffer_free(&text);
    return state;
}

static struct client_task task_of(struct json_object *state)
{
    return (struct client_task){.task_name = "",
                                .task_audit_program = "",
                                .task_executable_network = "",
                                .round_time = 100,
                                .submission_window = 40,
                                .audit_window = 40,
                                .state = state};
}

/* As many as may have staked: each step went back to the beginning once. */
static void test_a_walk_over_many_addresses_costs_no_square(void **state)
{
    const unsigned count = 60000;
    struct json_object *tree = state_of(count);
    struct client_task task = task_of(tree);
    struct task_view view = {0};
    struct task_view_walk walk = {0};
    const char *address;
    unsigned walked = 0;

    assert_ok(task_view_take(&view, &task));
    uint64_t began_ms = clock_monotonic_ms();
    while (task_view_next_address(&view, &walk, &address)) {
        assert_true(!strncmp(address, "http://", 7));
        walked++;
    }
    assert_int_equal(walked, count - count / 3);
    assert_true(clock_monotonic_ms() - began_ms < 5000);
    assert_false(task_view_next_address(&view, &walk, &address));
    task_view_free(&view);
    json_object_put(tree);
}

static void test_a_view_that_knows_nothing_has_no_addresses(void **state)
{
    struct task_view view = {0};
    struct task_view_walk walk = {0};
    const char *address;

    assert_false(task_view_next_address(&view, &walk, &address));
}

static void test_impossible_windows_leave_the_view_as_it_was(void **state)
{
    struct json_object *tree = state_of(3);
    struct client_task task = task_of(tree);
    struct task_view view = {0};

    assert_ok(task_view_take(&view, &task));
    task.audit_window = 61;
    assert_int_equal(task_view_take(&view, &task), ERR_INVALID);
    task.audit_window = UINT64_MAX;
    assert_int_equal(task_view_take(&view, &task), ERR_INVALID);
    assert_true(view.is_known);
    assert_int_equal(view.clock.audit_window, 40);
    task_view_free(&view);
    json_object_put(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_walk_over_many_addresses_costs_no_square),
        cmocka_unit_test(test_a_view_that_knows_nothing_has_no_addresses),
        cmocka_unit_test(test_impossible_windows_leave_the_view_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
