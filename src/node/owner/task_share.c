#include "node/owner/task_share.h"

/* Who used so much of its limit wants more than it has. */
#define WANTS_MORE_PERCENT 85

/* Beside a quarter more than what was used, of one processor: a task that slept
 * begins with it. */
#define SPARE_PERCENT 5

/* A task that grows beyond all that there is would else be started, and put to
 * rest, all day. */
#define REST_MS 60000

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- processor time ---- */

static uint64_t demand_of(const struct task_share *task, uint32_t percent)
{
    uint64_t used = task->used_percent;
    bool wants_more =
        !task->cpu_percent ||
        used * 100 >= (uint64_t)task->cpu_percent * WANTS_MORE_PERCENT;

    return wants_more ? percent
                      : smaller(used + used / 4 + SPARE_PERCENT, percent);
}

/* What those at work get where none gets more than level. */
static uint64_t sum_at(const struct task_share *tasks, size_t count,
                       uint32_t percent, uint64_t level)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        if (tasks[i].is_at_work)
            sum += smaller(demand_of(&tasks[i], percent), level);
    return sum;
}

/* The highest level at which it comes to no more than percent: found by halves,
 * because the sum grows with the level. */
static uint64_t level_of(const struct task_share *tasks, size_t count,
                         uint32_t percent)
{
    uint64_t low = 0, high = percent;

    while (low < high) {
        uint64_t middle = (low + high + 1) / 2;

        if (sum_at(tasks, count, percent, middle) <= percent)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* One that is not at work may begin before the next look. */
void task_share_cpu(struct task_share *tasks, size_t count, uint32_t percent)
{
    uint64_t level = level_of(tasks, count, percent);
    uint64_t left = percent - sum_at(tasks, count, percent, level);
    size_t at_work = 0;

    for (size_t i = 0; i < count; i++)
        at_work += tasks[i].is_at_work;
    for (size_t i = 0; i < count; i++) {
        uint64_t part = percent / (at_work + 1);

        if (tasks[i].is_at_work)
            part =
                smaller(demand_of(&tasks[i], percent), level) + left / at_work;
        tasks[i].cpu_percent = !percent ? 0 : part ? (uint32_t)part : 1;
    }
}

/* ---- memory ---- */

static uint64_t sum_of(const struct task_share *tasks, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += tasks[i].rests ? 0 : tasks[i].bytes;
    return sum;
}

static void put_largest_to_rest(struct task_share *tasks, size_t count,
                                uint64_t bytes, uint64_t now_ms)
{
    struct task_share *largest = NULL;

    for (size_t i = 0; i < count; i++)
        if (!tasks[i].rests && (!largest || tasks[i].bytes > largest->bytes))
            largest = &tasks[i];
    if (!largest)
        return;
    largest->rests = true;
    largest->rests_ms = now_ms;
    /* What was more than all may have, it can't have had for long. */
    largest->wanted_bytes = smaller(largest->bytes, bytes / 2);
}

static void take_back(struct task_share *tasks, size_t count, uint64_t left,
                      uint64_t now_ms)
{
    struct task_share *first = NULL;

    for (size_t i = 0; i < count; i++)
        if (tasks[i].rests && now_ms - tasks[i].rests_ms >= REST_MS &&
            tasks[i].wanted_bytes <= left &&
            (!first || tasks[i].rests_ms < first->rests_ms))
            first = &tasks[i];
    if (first)
        first->rests = false;
}

void task_share_memory(struct task_share *tasks, size_t count, uint64_t bytes,
                       uint64_t now_ms)
{
    uint64_t sum = sum_of(tasks, count);

    if (!bytes)
        for (size_t i = 0; i < count; i++)
            tasks[i].rests = false;
    else if (sum > bytes)
        put_largest_to_rest(tasks, count, bytes, now_ms);
    else
        take_back(tasks, count, bytes - sum, now_ms);
}
