#include "node/task/round_duties.h"

#include "base/check.h"
#include "base/error.h"

const char *round_duty_state_name(enum round_duty_state state)
{
    static const char *const names[] = {
        [ROUND_DUTY_WAITING] = "waiting", [ROUND_DUTY_OPEN] = "open",
        [ROUND_DUTY_RUNNING] = "running", [ROUND_DUTY_DONE] = "done",
        [ROUND_DUTY_FAILED] = "failed",   [ROUND_DUTY_MISSED] = "missed",
        [ROUND_DUTY_NONE] = "none",
    };

    CHECK((size_t)state < sizeof(names) / sizeof(*names));
    return names[state];
}

/* A round that is not remembered has steps of which nothing is known. */
static struct round_step step_of(const struct round_progress *progress,
                                 uint64_t round, enum round_action action)
{
    const struct round_step *step = round_step_of(progress, round, action);

    return step ? *step : (struct round_step){0};
}

/* What was done in an earlier round of the clock is to be done again in this
 * one, which began at first. */
static enum round_duty_state state_of(const struct round_step *step,
                                      uint64_t slot, uint64_t first,
                                      uint64_t from, uint64_t until)
{
    if (step->is_running)
        return ROUND_DUTY_RUNNING;
    if (step->is_done && step->done_at_slot >= first)
        return ROUND_DUTY_DONE;
    if (slot < from)
        return ROUND_DUTY_WAITING;
    if (slot < until)
        return step->failures ? ROUND_DUTY_FAILED : ROUND_DUTY_OPEN;
    return step->failures ? ROUND_DUTY_MISSED : ROUND_DUTY_NONE;
}

size_t round_duties(const struct round_clock *clock,
                    const struct round_progress *progress, uint64_t slot,
                    struct round_duty_view out[ROUND_DUTIES_MAX])
{
    struct round_moment at;
    size_t count = 0;

    if (slot < clock->starting_slot || round_at(clock, slot, &at))
        return 0;
    for (uint64_t age = 0; age < ROUND_KEPT && age <= at.round; age++) {
        uint64_t round = at.round - age;

        if (age > 2 && step_of(progress, round, ROUND_PAYOUT).is_done)
            continue;
        for (int action = 0; action < ROUND_ACTIONS; action++) {
            struct round_duty_view view = {.action = (enum round_action)action,
                                           .round = round};
            struct round_step step = step_of(progress, round, view.action);

            if (!round_span(clock, view.action, round, at.round,
                            &view.from_slot, &view.until_slot))
                continue;
            CHECK(count < ROUND_DUTIES_MAX);
            view.state = state_of(&step, slot, slot - at.offset, view.from_slot,
                                  view.until_slot);
            view.done_slot =
                view.state == ROUND_DUTY_DONE ? step.done_at_slot : 0;
            view.failures = step.failures;
            out[count++] = view;
        }
    }
    return count;
}
