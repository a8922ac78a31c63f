#include "node/node_rest.h"

#include "base/clock.h"
#include "node/node_conditions.h"
#include "node/node_internal.h"
#include "node/owner/condition_watch.h"

void node_rest_look(struct node *node, int64_t now)
{
    static const struct task_rest hours = {TASK_REASON_SCHEDULE,
                                           "these are not its hours", false};
    static const struct task_rest memory = {
        TASK_REASON_MEMORY, "all tasks together took more memory than they may",
        true};
    enum condition condition = CONDITION_BATTERY;
    struct task_rest rest = {0};
    uint64_t now_ms = clock_monotonic_ms();

    if (node_conditions_rest(node, &condition))
        rest = (struct task_rest){condition_reason(condition),
                                  condition_words(condition),
                                  condition == CONDITION_DISK_FREE};
    for (size_t i = 0; i < node->runner_count; i++) {
        struct task_runner *runner = node->runners[i];

        if (!node_schedule_allows(node, task_runner_task(runner), now))
            task_runner_pause(runner, hours, now_ms);
        else if (!rest.reason && node_shares_rest(node, i))
            task_runner_pause(runner, memory, now_ms);
        else
            task_runner_pause(runner, rest, now_ms);
    }
}
