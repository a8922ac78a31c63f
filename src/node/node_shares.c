#include "node/node_shares.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_conditions.h"
#include "node/node_internal.h"
#include "node/owner/task_share.h"

#include <stdlib.h>

/* What a process on the engine node has used is known to a second. */
#define LOOK_EVERY_MS 4000

/* tasks, cpu_ms and shares belong together, and have the order of the runners
 * at the last look. */
struct node_shares {
    struct pubkey tasks[NODE_TASKS_MAX];
    struct task_share shares[NODE_TASKS_MAX];
    uint64_t cpu_ms[NODE_TASKS_MAX]; /* used so far */
    size_t count;
    uint64_t look_ms;
};

struct node_shares *node_shares_new(void)
{
    return mem_zero(1, sizeof(struct node_shares));
}

void node_shares_free(struct node_shares *shares)
{
    free(shares);
}

/* Where a task was at the last look; false: it was not there. */
static bool find(const struct node_shares *shares, const struct pubkey *task,
                 size_t *place)
{
    for (size_t i = 0; i < shares->count; i++)
        if (pubkey_equal(&shares->tasks[i], task)) {
            *place = i;
            return true;
        }
    return false;
}

/* The tasks as they are now, in the place of those of the last look. */
static void take_tasks(struct node *node, uint64_t passed_ms)
{
    struct node_shares *before = node->shares, *now = node_shares_new();

    now->count = node->runner_count;
    now->look_ms = before->look_ms;
    for (size_t i = 0; i < now->count; i++) {
        const struct task_runner *runner = node->runners[i];
        struct task_use use = task_runner_use(runner);
        size_t place = 0;

        now->tasks[i] = *task_runner_task(runner);
        now->cpu_ms[i] = use.cpu_ms;
        if (find(before, &now->tasks[i], &place)) {
            /* A task that was started anew counts from 0. */
            uint64_t used = use.cpu_ms > before->cpu_ms[place]
                                ? use.cpu_ms - before->cpu_ms[place]
                                : 0;

            now->shares[i] = before->shares[place];
            now->shares[i].used_percent = (uint32_t)(used * 100 / passed_ms);
        }
        now->shares[i].bytes = use.resident_bytes;
        now->shares[i].is_at_work = use.resident_bytes > 0;
    }
    node->shares = now;
    node_shares_free(before);
}

/* What all of them took since the last look, for their owner. */
static void tell_use(struct node *node)
{
    const struct node_shares *shares = node->shares;
    uint32_t percent = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < shares->count; i++) {
        percent += shares->shares[i].used_percent;
        bytes += shares->shares[i].bytes;
    }
    node_conditions_note_use(node, percent, bytes);
}

void node_shares_look(struct node *node, uint64_t now_ms)
{
    uint64_t memory_bytes = node_conditions_memory(node);
    uint64_t passed_ms = now_ms - node->shares->look_ms;

    if (passed_ms < LOOK_EVERY_MS)
        return;
    take_tasks(node, passed_ms);
    tell_use(node);
    struct node_shares *shares = node->shares;

    shares->look_ms = now_ms;
    task_share_cpu(shares->shares, shares->count, node_conditions_cpu(node));
    task_share_memory(shares->shares, shares->count, memory_bytes, now_ms);
    for (size_t i = 0; i < shares->count; i++)
        task_runner_limit(node->runners[i], shares->shares[i].cpu_percent,
                          memory_bytes);
}

bool node_shares_rest(const struct node *node, size_t place)
{
    size_t at = 0;

    CHECK(place < node->runner_count);
    return find(node->shares, task_runner_task(node->runners[place]), &at) &&
           node->shares->shares[at].rests;
}
