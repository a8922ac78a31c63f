/*
 * What `pond up` prints in a pipe, read back through a file that stands in for
 * stdout.
 */
#include "base/check.h"
#include "cli/up_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Too large for the stack. */
static struct network_view network;
static char printed[65536];
/* Too large for the stack, too. */
static struct up_view large;

/* Call one of the functions below on the network and keep what came. */
static void keep(void (*call)(struct up_view *view), struct up_view *view)
{
    FILE *file = tmpfile();
    int kept = dup(STDOUT_FILENO);

    CHECK(file && kept >= 0);
    fflush(stdout);
    CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0);
    call(view);
    fflush(stdout);
    CHECK(dup2(kept, STDOUT_FILENO) >= 0);
    close(kept);
    rewind(file);
    size_t size = fread(printed, 1, sizeof(printed) - 1, file);
    printed[size] = 0;
    fclose(file);
}

static void call_show(struct up_view *view)
{
    up_view_show(view, &network);
}

static void call_table(struct up_view *view)
{
    up_view_table(view->cli, &network);
}

static void show(struct up_view *view)
{
    keep(call_show, view);
}

/* The network is in the round after those that it has a record of. */
static void begin_round(uint64_t round)
{
    network.slot = round * 10;
    network.round = round;
    if (round > 0)
        network.rounds[network.round_count++].round = round - 1;
}

static void pay(uint64_t round, int64_t reward_roe)
{
    struct network_work *work = &network.rounds[round].work[0];

    network.rounds[round].is_paid = true;
    work->has_reward = true;
    work->reward_roe = reward_roe;
}

static void test_a_round_that_is_never_paid_does_not_silence_others(void **st)
{
    struct cli cli = {0};
    struct up_view view = {.cli = &cli};

    network = (struct network_view){.node_count = 1};
    strcpy(network.nodes[0].name, "node-1");
    begin_round(0);
    show(&view);
    assert_string_equal(printed, "slot 0: round 0 begins\n");
    begin_round(1);
    begin_round(2);
    pay(1, 1500000000);
    show(&view);
    assert_string_equal(printed, "slot 20: round 2 begins\n"
                                 "round 1 paid: node-1 +1.5\n");

    /* Late, but paid; and nothing is printed twice. */
    pay(0, -2000000000);
    show(&view);
    assert_string_equal(printed, "round 0 paid: node-1 slashed 2\n");
    show(&view);
    assert_string_equal(printed, "");
}

static void test_every_node_of_the_largest_network_is_in_the_table(void **st)
{
    struct cli cli = {.output.json = true};

    network = (struct network_view){.node_count = NETWORK_NODES_MAX};
    for (size_t i = 0; i < NETWORK_NODES_MAX; i++)
        snprintf(network.nodes[i].name, sizeof(network.nodes[i].name),
                 "node-%zu", i + 1);
    begin_round(0);
    begin_round(1);
    pay(0, 5);
    network.rounds[0].work[63].has_reward = true;
    network.rounds[0].work[63].reward_roe = 77;
    large = (struct up_view){.cli = &cli};
    keep(call_table, &large);
    assert_non_null(strstr(printed, "{\"round\":0,\"node-1\":5,"));
    assert_non_null(strstr(printed, "\"node-64\":77}"));
}

static void test_what_keeps_a_node_from_its_task_is_reported_once(void **st)
{
    struct cli cli = {0};

    network = (struct network_view){.node_count = 1};
    strcpy(network.nodes[0].name, "node-1");
    strcpy(network.nodes[0].state, "running");
    strcpy(network.nodes[0].error, "a vote was not taken");
    large = (struct up_view){.cli = &cli};
    show(&large);
    assert_string_equal(printed, "slot 0: round 0 begins\n");
    strcpy(network.nodes[0].state, "backing-off");
    strcpy(network.nodes[0].error, "no module zlib\033\nat main.js:1");
    show(&large);
    assert_string_equal(printed, "node-1 (backing-off): no module zlib\\x1b\n"
                                 "at main.js:1\n");
    show(&large);
    assert_string_equal(printed, "");
    cli.output.json = true;
    strcpy(network.nodes[0].error, "another");
    show(&large);
    assert_string_equal(printed, "{\"node\":\"node-1\",\"state\":"
                                 "\"backing-off\",\"error\":\"another\"}\n");
}

/* Such a node runs, and every call into its task fails. */
static void test_a_bundle_without_a_task_manager_is_reported_once(void **st)
{
    struct cli cli = {0};

    network = (struct network_view){.node_count = 1};
    strcpy(network.nodes[0].name, "node-1");
    strcpy(network.nodes[0].state, "running");
    network.nodes[0].has_no_functions = true;
    large = (struct up_view){.cli = &cli, .round_shown = 1};
    show(&large);
    assert_string_equal(printed,
                        "node-1 (running): main.js did not call "
                        "initializeTaskManager(), so none of its functions "
                        "can be called\n");
    show(&large);
    assert_string_equal(printed, "");
    network.nodes[0].has_no_functions = false;
    strcpy(network.nodes[0].error, "a vote was not taken");
    show(&large);
    assert_string_equal(printed, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_round_that_is_never_paid_does_not_silence_others),
        cmocka_unit_test(
            test_every_node_of_the_largest_network_is_in_the_table),
        cmocka_unit_test(test_what_keeps_a_node_from_its_task_is_reported_once),
        cmocka_unit_test(test_a_bundle_without_a_task_manager_is_reported_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
