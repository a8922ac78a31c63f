#include "settlement/chain/slot_control.h"

#include "base/lock.h"
#include "base/memory.h"
#include <stdlib.h>

/* All of it is under the lock; changed: is_paused or is_woken. */
struct slot_control {
    struct lock lock;
    struct lock_change changed;
    bool is_paused;
    bool is_woken;
    uint64_t reach;
};

struct slot_control *slot_control_new(void)
{
    struct slot_control *control = mem_zero(1, sizeof(*control));

    lock_init(&control->lock);
    lock_change_init(&control->changed);
    return control;
}

void slot_control_free(struct slot_control *control)
{
    if (!control)
        return;
    lock_change_destroy(&control->changed);
    lock_destroy(&control->lock);
    free(control);
}

void slot_control_pause(struct slot_control *control)
{
    lock_take(&control->lock);
    control->is_paused = true;
    lock_give(&control->lock);
}

void slot_control_resume(struct slot_control *control)
{
    lock_take(&control->lock);
    control->is_paused = false;
    lock_change_wake_all(&control->changed);
    lock_give(&control->lock);
}

/* The furthest slot counts: of two that ask at once, neither is forgotten. */
void slot_control_reach(struct slot_control *control, uint64_t slot)
{
    lock_take(&control->lock);
    if (slot > control->reach)
        control->reach = slot;
    lock_give(&control->lock);
}

struct slot_wish slot_control_look(struct slot_control *control)
{
    lock_take(&control->lock);
    const struct slot_wish wish = {.is_paused = control->is_paused,
                                   .reach = control->reach};
    lock_give(&control->lock);
    return wish;
}

void slot_control_wait(struct slot_control *control)
{
    lock_take(&control->lock);
    while (control->is_paused && !control->is_woken)
        lock_change_wait(&control->changed, &control->lock);
    control->is_woken = false;
    lock_give(&control->lock);
}

void slot_control_wake(struct slot_control *control)
{
    lock_take(&control->lock);
    control->is_woken = true;
    lock_change_wake_all(&control->changed);
    lock_give(&control->lock);
}
