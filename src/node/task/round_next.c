#include "node/task/round_next.h"

#include "base/error.h"

/* The newest round's first, as the clock begins them. */
static bool find_running(const struct round_clock *clock,
                         const struct round_progress *progress, uint64_t now,
                         struct round_next *out)
{
    for (uint64_t age = 0; age < ROUND_KEPT && age <= now; age++) {
        for (int action = 0; action < ROUND_ACTIONS; action++) {
            const struct round_step *step =
                round_step_of(progress, now - age, (enum round_action)action);

            if (!step || !step->is_running)
                continue;
            *out = (struct round_next){.action = (enum round_action)action,
                                       .round = now - age};
            /* One that runs on into a later round has no place in it. */
            if (!round_span(clock, out->action, out->round, now,
                            &out->from_slot, &out->until_slot)) {
                out->from_slot = round_first_slot(clock, now);
                out->until_slot = round_first_slot(clock, now + 1);
            }
            return true;
        }
    }
    return false;
}

/* Can it still be done in this round of the clock, and was not? */
static bool is_ahead(const struct round_clock *clock,
                     const struct round_progress *progress,
                     enum round_action action, uint64_t now, uint64_t slot,
                     struct round_next *out)
{
    const struct round_step *step;

    if (!now)
        return false;
    step = round_step_of(progress, now - 1, action);
    *out = (struct round_next){.action = action, .round = now - 1};
    return round_span(clock, action, now - 1, now, &out->from_slot,
                      &out->until_slot) &&
           slot < out->until_slot && !(step && step->is_done);
}

bool round_next(const struct round_clock *clock,
                const struct round_progress *progress, uint64_t slot,
                struct round_next *out)
{
    struct round_moment at;

    if (slot < clock->starting_slot || round_at(clock, slot, &at))
        return false;
    if (find_running(clock, progress, at.round, out) ||
        is_ahead(clock, progress, ROUND_SUBMIT, at.round, slot, out) ||
        is_ahead(clock, progress, ROUND_AUDIT, at.round, slot, out))
        return true;
    *out = (struct round_next){.action = ROUND_SUBMIT, .round = at.round};
    return round_span(clock, ROUND_SUBMIT, at.round, at.round + 1,
                      &out->from_slot, &out->until_slot);
}
