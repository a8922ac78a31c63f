/*
 * Many nodes on their round clocks, in virtual slots, with faults from a seed:
 * slots that come late or not at all, work that takes long or fails, nodes
 * that are killed and come back without their memory.
 *
 * Held against the program's own windows (docs/settlement.md), which are
 * written down here a second time:
 *
 *  - nothing lands outside its window;
 *  - nothing is done twice by a node for the same round of the clock, unless
 *    it was killed in between (then its journal answers for that, not its
 *    clock);
 *  - a node that was up and not disturbed during a window has done its duty;
 *  - every round is paid.
 *
 * Usage: test_round_clock [SEED [COUNT]]
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "node/task/round.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES 5
#define ROUNDS 24
#define SEEDS 150
#define UNDER_WAY_MAX 64

struct work {
    bool is_used;
    struct round_duty duty;
    uint64_t done_slot; /* when it ends */
};

struct node {
    struct round_progress progress;
    struct work work[UNDER_WAY_MAX];
    uint64_t seen_slot;  /* newest slot it knows */
    uint64_t down_until; /* killed */
    uint64_t deaf_until; /* slots don't reach it */
    uint64_t disturbed;  /* newest slot at which it was not well */
    unsigned done[ROUNDS][ROUND_ACTIONS];
    uint64_t last_slot[ROUNDS][ROUND_ACTIONS]; /* of the last time */
};

struct world {
    uint64_t seed;
    struct random random;
    struct round_clock clock;
    struct node nodes[NODES];
    uint64_t slot;
    bool is_listed[ROUNDS];
    bool is_paid[ROUNDS];
    unsigned troubles;
};

static void trouble(struct world *world, const char *what, size_t node,
                    const struct round_duty *duty)
{
    if (world->troubles++ == 0)
        printf("# seed %" PRIu64 ": slot %" PRIu64 " node %zu %s of round "
               "%" PRIu64 ": %s\n",
               world->seed, world->slot, node, round_action_name(duty->action),
               duty->round, what);
}

/* The windows as the program checks them, at the slot of landing. */
static bool is_allowed(const struct world *world, const struct round_duty *duty,
                       uint64_t slot)
{
    const struct round_clock *clock = &world->clock;
    uint64_t offset = (slot - clock->starting_slot) % clock->round_time;
    uint64_t now = (slot - clock->starting_slot) / clock->round_time;
    uint64_t s = clock->submission_window, a = clock->audit_window;

    switch (duty->action) {
    case ROUND_TASK:
        return true; /* goes nowhere */
    case ROUND_SUBMIT:
        return duty->round + 1 == now && offset < s;
    case ROUND_AUDIT:
        return duty->round + 1 == now && offset >= s && offset < s + a / 2;
    case ROUND_VOTE:
        return duty->round + 1 == now && offset >= s && offset < s + a;
    case ROUND_LIST:
        return duty->round + 2 <= now && offset < s;
    case ROUND_LIST_AUDIT:
        return duty->round + 2 <= now && offset >= s && offset < s + a / 2;
    case ROUND_LIST_VOTE:
        return duty->round + 2 <= now && offset >= s && offset < s + a;
    default:
        return duty->round + 2 < now ||
               (duty->round + 2 == now && offset >= s + a);
    }
}

static void note_done(struct world *world, size_t index,
                      const struct round_duty *duty)
{
    struct node *node = &world->nodes[index];
    uint64_t first = world->clock.starting_slot +
                     (world->slot - world->clock.starting_slot) /
                         world->clock.round_time * world->clock.round_time;

    if (duty->round >= ROUNDS)
        return;
    if (node->done[duty->round][duty->action] &&
        node->last_slot[duty->round][duty->action] >= first &&
        node->down_until <= node->last_slot[duty->round][duty->action])
        trouble(world, "done twice", index, duty);
    node->done[duty->round][duty->action]++;
    node->last_slot[duty->round][duty->action] = world->slot;
    if (duty->action == ROUND_LIST)
        world->is_listed[duty->round] = true;
    if (duty->action == ROUND_PAYOUT)
        world->is_paid[duty->round] = true;
}

/* A piece of work ends at the slot the node knows of. */
static void end_work(struct world *world, size_t index, struct work *work)
{
    struct node *node = &world->nodes[index];
    struct round_duty duty = work->duty;
    bool is_vote = duty.action == ROUND_VOTE || duty.action == ROUND_LIST_VOTE;
    enum round_result result = is_vote ? ROUND_AGAIN : ROUND_DONE;

    work->is_used = false;
    if (random_below(&world->random, 8) == 0)
        result = ROUND_FAILED;
    else if (duty.action == ROUND_PAYOUT && duty.round < ROUNDS &&
             !world->is_listed[duty.round])
        result = ROUND_AGAIN; /* no list yet */
    else if (node->seen_slot >= duty.until_slot && duty.action != ROUND_TASK)
        result = ROUND_DONE; /* too late: nothing is sent */
    else if (!is_allowed(world, &duty, world->slot + 1))
        trouble(world, "outside its window", index, &duty);
    else if (result == ROUND_DONE)
        note_done(world, index, &duty);
    round_end(&world->clock, &node->progress, &duty, result, node->seen_slot,
              1 + random_below(&world->random, 3));
}

static void begin_work(struct world *world, struct node *node,
                       const struct round_duty *duty)
{
    for (size_t i = 0; i < UNDER_WAY_MAX; i++) {
        struct work *work = &node->work[i];

        if (work->is_used)
            continue;
        *work = (struct work){.is_used = true, .duty = *duty};
        work->done_slot = world->slot + (random_below(&world->random, 10)
                                             ? 0
                                             : random_below(&world->random, 4));
        round_begin(&node->progress, duty);
        return;
    }
    CHECK(!"more work under way than can be");
}

static void tell_slot(struct world *world, size_t index)
{
    struct node *node = &world->nodes[index];
    struct round_duty due[ROUND_DUTIES_MAX];
    size_t count;

    node->seen_slot = world->slot;
    for (size_t i = 0; i < UNDER_WAY_MAX; i++)
        if (node->work[i].is_used && node->work[i].done_slot <= world->slot)
            end_work(world, index, &node->work[i]);
    count = round_due(&world->clock, &node->progress, world->slot, due);
    for (size_t i = 0; i < count; i++)
        begin_work(world, node, &due[i]);
    /* Work that takes no time ends at once. */
    for (size_t i = 0; i < UNDER_WAY_MAX; i++)
        if (node->work[i].is_used && node->work[i].done_slot <= world->slot)
            end_work(world, index, &node->work[i]);
}

static void forget(struct node *node)
{
    struct pubkey key = node->progress.key, task = node->progress.task;

    round_progress_init(&node->progress, &key, &task);
    for (size_t i = 0; i < UNDER_WAY_MAX; i++)
        node->work[i].is_used = false;
}

static void step(struct world *world)
{
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &world->nodes[i];

        if (world->slot < node->down_until || world->slot < node->deaf_until) {
            node->disturbed = world->slot;
            continue;
        }
        /* Node 0 is never disturbed, so that there is always a node to list and
         * pay. */
        if (i && random_below(&world->random, 300) == 0) {
            forget(node);
            node->down_until =
                world->slot + 1 +
                random_below(&world->random, world->clock.round_time);
            node->disturbed = world->slot;
            continue;
        }
        if (i && random_below(&world->random, 60) == 0) {
            node->deaf_until =
                world->slot + 1 + random_below(&world->random, 6);
            node->disturbed = world->slot;
            continue;
        }
        tell_slot(world, i);
    }
}

/* At the end of a window: each node that was well throughout has done its duty.
 */
static void check_window(struct world *world, enum round_action action,
                         uint64_t round, uint64_t begin)
{
    const struct round_duty duty = {.action = action, .round = round};

    for (size_t i = 0; i < NODES; i++) {
        const struct node *node = &world->nodes[i];

        if (node->disturbed >= begin && node->disturbed)
            continue;
        if (!node->done[round][action])
            trouble(world, "not done", i, &duty);
    }
}

static void check_ends(struct world *world)
{
    const struct round_clock *clock = &world->clock;
    uint64_t offset = (world->slot - clock->starting_slot) % clock->round_time;
    uint64_t now = (world->slot - clock->starting_slot) / clock->round_time;
    uint64_t first = world->slot - offset;

    if (now < 1 || now > ROUNDS)
        return;
    if (offset + 1 == clock->submission_window)
        check_window(world, ROUND_SUBMIT, now - 1, first - clock->round_time);
    if (offset + 1 == clock->submission_window + clock->audit_window / 2)
        check_window(world, ROUND_AUDIT, now - 1,
                     first + clock->submission_window);
}

static unsigned run(uint64_t seed)
{
    struct world *world = mem_zero(1, sizeof(*world));
    unsigned troubles;

    world->seed = seed;
    world->random = random_make(seed);
    world->clock.starting_slot = random_below(&world->random, 1000);
    /* Windows of at least a dozen and a half slots: with an eighth of the
     * tries failing, shorter ones may see nothing but failures. */
    world->clock.submission_window = 18 + random_below(&world->random, 60);
    world->clock.audit_window = 48 + random_below(&world->random, 60);
    world->clock.round_time = world->clock.submission_window +
                              world->clock.audit_window + 12 +
                              random_below(&world->random, 40);
    world->clock.allowed_failed_distributions = random_below(&world->random, 5);
    for (size_t i = 0; i < NODES; i++) {
        struct pubkey key = {.bytes = {(uint8_t)i, (uint8_t)seed, 1}};
        struct pubkey task = {.bytes = {(uint8_t)(seed >> 8), 2}};

        round_progress_init(&world->nodes[i].progress, &key, &task);
    }
    world->slot = world->clock.starting_slot;
    while (world->slot < round_first_slot(&world->clock, ROUNDS + 3)) {
        step(world);
        check_ends(world);
        world->slot++;
    }
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const struct round_duty duty = {.action = ROUND_PAYOUT, .round = round};

        if (!world->is_paid[round])
            trouble(world, "not paid by anybody", 0, &duty);
    }
    troubles = world->troubles;
    free(world);
    return troubles;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS;
    unsigned bad = 0;

    for (uint64_t i = 0; i < count; i++)
        bad += run(seed + i) != 0;
    printf("1..1\n%s 1 - %" PRIu64 " networks of %d nodes, %d rounds each\n",
           bad ? "not ok" : "ok", count, NODES, ROUNDS);
    return bad != 0;
}
