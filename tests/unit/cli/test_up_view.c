/*
 * What `pond up` tells in a pipe, read back through a file that stands in for
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
static char printed[4096];

/* Show the network and keep what came. */
static void show(struct up_view *view)
{
    FILE *file = tmpfile();
    int kept = dup(STDOUT_FILENO);
    size_t size;

    CHECK(file && kept >= 0);
    fflush(stdout);
    CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0);
    up_view_show(view, &network);
    fflush(stdout);
    CHECK(dup2(kept, STDOUT_FILENO) >= 0);
    close(kept);
    rewind(file);
    size = fread(printed, 1, sizeof(printed) - 1, file);
    printed[size] = 0;
    fclose(file);
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

    /* Late, but paid; and nothing is told twice. */
    pay(0, -2000000000);
    show(&view);
    assert_string_equal(printed, "round 0 paid: node-1 slashed 2\n");
    show(&view);
    assert_string_equal(printed, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_round_that_is_never_paid_does_not_silence_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
