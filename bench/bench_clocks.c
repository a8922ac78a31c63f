/*
 * The round clocks of 1,000 tasks on one loop, as a node turns them: at each
 * slot every clock is asked what is due, and what is due is begun and done.
 * Slots are real ones, so what the processor does between them counts, and a
 * loop that falls behind is late.
 */
#include "base/check.h"
#include "base/clock.h"
#include "measure.h"
#include "node/task/round.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define TASKS 1000
#define SLOTS 40
#define SLOT_MS 400
#define FIRST_SLOT 5000
#define CPU_AIM 5  /* percent of a core */
#define LATE_AIM 2 /* slots */

struct clocks {
    struct round_clock clock[TASKS];
    struct round_progress progress[TASKS];
    uv_loop_t loop;
    uv_timer_t timer;
    uint64_t began_ns;
    uint64_t looked_slot; /* the last */
    uint64_t duties;
    uint64_t late_slots_max;
};

static uint64_t slot_now(const struct clocks *clocks)
{
    return FIRST_SLOT +
           (clock_monotonic_ns() - clocks->began_ns) / 1000000 / SLOT_MS;
}

/* What is due now was not due at the slot that was looked at before. */
static void do_due(struct clocks *clocks, size_t i, uint64_t slot)
{
    struct round_duty duties[ROUND_DUTIES_MAX];
    size_t count =
        round_due(&clocks->clock[i], &clocks->progress[i], slot, duties);
    for (size_t k = 0; k < count; k++) {
        round_begin(&clocks->progress[i], &duties[k]);
        round_end(&clocks->clock[i], &clocks->progress[i], &duties[k],
                  ROUND_DONE, slot, 0);
        uint64_t late = slot_now(clocks) - (clocks->looked_slot + 1);
        if (late > clocks->late_slots_max)
            clocks->late_slots_max = late;
        clocks->duties++;
    }
}

static void on_slot(uv_timer_t *timer)
{
    struct clocks *clocks = timer->data;
    uint64_t slot = slot_now(clocks);
    if (slot == clocks->looked_slot)
        return;
    for (size_t i = 0; i < TASKS; i++)
        do_due(clocks, i, slot);
    clocks->looked_slot = slot;
    if (slot >= FIRST_SLOT + SLOTS)
        uv_stop(&clocks->loop);
}

/* Rounds of 1 to 11 minutes that began at different slots. */
static void make(struct clocks *clocks)
{
    struct pubkey own = {{1}};
    for (size_t i = 0; i < TASKS; i++) {
        struct pubkey task = {{2}};
        memcpy(task.bytes + 1, &i, sizeof(i));
        uint64_t length = 150 + 3 * (i % 500);
        clocks->clock[i] = (struct round_clock){
            .starting_slot = i,
            .round_time = length,
            .submission_window = length / 3,
            .audit_window = length / 3,
            .allowed_failed_distributions = 3,
        };
        must(round_clock_check(&clocks->clock[i]), "clock");
        round_progress_init(&clocks->progress[i], &own, &task);
        /* What was due before the measurement is done. */
        do_due(clocks, i, FIRST_SLOT - 1);
    }
    clocks->duties = clocks->late_slots_max = 0;
    clocks->looked_slot = FIRST_SLOT - 1;
}

int main(void)
{
    struct clocks *clocks = calloc(1, sizeof(*clocks));
    CHECK(clocks && !uv_loop_init(&clocks->loop));
    clocks->began_ns = clock_monotonic_ns();
    make(clocks);
    clocks->timer.data = clocks;
    CHECK(!uv_timer_init(&clocks->loop, &clocks->timer));
    clocks->began_ns = clock_monotonic_ns();
    uint64_t before_ns = measure_process_ns();
    CHECK(!uv_timer_start(&clocks->timer, on_slot, 0, SLOT_MS / 4));
    uv_run(&clocks->loop, UV_RUN_DEFAULT);
    double cpu_ns = (double)(measure_process_ns() - before_ns);
    double wall_ns = (double)(clock_monotonic_ns() - clocks->began_ns);
    measure_plain("round clocks of 1,000 tasks, duties begun",
                  (double)clocks->duties, "duties");
    measure_at_most("round clocks of 1,000 tasks", 100 * cpu_ns / wall_ns,
                    "% of a core", CPU_AIM);
    measure_at_most("round clocks of 1,000 tasks, latest duty",
                    (double)clocks->late_slots_max, "slots", LATE_AIM);
    uv_close((uv_handle_t *)&clocks->timer, NULL);
    uv_run(&clocks->loop, UV_RUN_DEFAULT);
    CHECK(!uv_loop_close(&clocks->loop));
    free(clocks);
    return 0;
}
