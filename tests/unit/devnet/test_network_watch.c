/*
 * Watching a task through an endpoint that answers what the test tells it to.
 */
#include "base/base64.h"
#include "base/error.h"
#include "devnet/network_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* At which the task was made, and the endpoint answers. */
#define TASK_SLOT 100

struct world {
    uv_loop_t loop;
    uv_timer_t timer;
    struct http_server *server;
    struct network *network;
    bool has_slots;   /* a new one comes every millisecond */
    unsigned failing; /* so many questions are refused */
    unsigned questions, looks;
};

static void write_key(struct json_writer *writer, const char *name)
{
    json_name(writer, name);
    json_open_array(writer);
    for (int i = 0; i < 32; i++)
        json_write_u64(writer, 1);
    json_close_array(writer);
}

static void write_state(struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);

    json_open_object(&writer);
    json_field_bool(&writer, "is_allowlisted", true);
    json_field_bool(&writer, "is_active", true);
    json_field_bool(&writer, "is_migrated", false);
    write_key(&writer, "task_manager");
    write_key(&writer, "stake_pot_account");
    json_field_u64(&writer, "total_bounty_amount", 1000);
    json_field_u64(&writer, "bounty_amount_per_round", 10);
    json_field_u64(&writer, "total_stake_amount", 2);
    json_field_u64(&writer, "minimum_stake_amount", 1);
    json_field_u64(&writer, "round_time", 48);
    json_field_u64(&writer, "starting_slot", TASK_SLOT);
    json_field_u64(&writer, "audit_window", 12);
    json_field_u64(&writer, "submission_window", 12);
    json_field_u64(&writer, "allowed_failed_distributions", 3);
    json_close_object(&writer);
}

static void on_request(void *user, struct http_exchange *exchange)
{
    struct world *world = user;
    struct buffer state = {0}, base64 = {0}, text = {0};

    if (world->questions++ < world->failing) {
        http_answer_text(exchange, 500, "not now");
        return;
    }
    write_state(&state);
    base64_encode(buffer_view(&state), &base64);
    buffer_format(&text,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"context\":"
                  "{\"slot\":%d},\"value\":{\"data\":[\"%s\",\"base64\"]}}}",
                  TASK_SLOT, buffer_string(&base64));
    http_answer(exchange, 200, "application/json", buffer_view(&text));
    buffer_free(&text);
    buffer_free(&base64);
    buffer_free(&state);
}

static void on_timer(uv_timer_t *timer)
{
    struct world *world = timer->data;

    world->network->slot += world->has_slots;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char url[64];

    assert_int_equal(uv_loop_init(&world->loop), 0);
    const struct http_server_options options = {
        .handler = on_request, .user = world, .loop = &world->loop};
    assert_int_equal(http_server_start(&options, &world->server), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u",
             http_server_port(world->server));
    world->network = calloc(1, sizeof(*world->network));
    world->network->magic = NETWORK_MAGIC;
    world->network->loop = &world->loop;
    world->network->slot = 1;
    assert_int_equal(client_new(&world->loop, url, &world->network->client), 0);
    assert_int_equal(uv_timer_init(&world->loop, &world->timer), 0);
    world->timer.data = world;
    uv_timer_start(&world->timer, on_timer, 1, 1);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    client_close(world->network->client, NULL, NULL);
    http_server_stop(world->server);
    uv_close((uv_handle_t *)&world->timer, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world->network);
    free(world);
    return 0;
}

/* One look is enough. */
static void on_changed(void *user)
{
    struct world *world = user;

    world->looks++;
    network_interrupt(world->network);
}

static int watch(struct world *world)
{
    return network_watch(world->network, 0, on_changed, world);
}

static void
test_a_task_newer_than_the_slot_that_was_told_is_watched(void **state)
{
    struct world *world = *state;

    assert_int_equal(watch(world), ERR_CANCELLED);
    assert_int_equal(world->looks, 1);
    assert_int_equal(network_view(world->network)->slot, TASK_SLOT);
    assert_int_equal(network_view(world->network)->round, 0);
}

static void test_a_look_that_fails_is_made_again(void **state)
{
    struct world *world = *state;

    world->has_slots = true;
    world->failing = 2;
    assert_int_equal(watch(world), ERR_CANCELLED);
    assert_int_equal(world->looks, 1);
    assert_int_equal(world->questions, 3);
}

static void test_an_endpoint_that_fails_ever_again_ends_it(void **state)
{
    struct world *world = *state;

    world->has_slots = true;
    world->failing = 100;
    assert_int_equal(watch(world), ERR_NETWORK);
    assert_non_null(strstr(err_text(), "500"));
    assert_int_equal(world->looks, 0);
    assert_int_equal(world->questions, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_task_newer_than_the_slot_that_was_told_is_watched, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_a_look_that_fails_is_made_again,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_an_endpoint_that_fails_ever_again_ends_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
