#include "settlement/chain/slot_control.h"

#include "base/memory.h"
#include <stdatomic.h>
#include <stdlib.h>

struct slot_control {
    atomic_bool is_paused;
    atomic_uint_fast64_t reach;
};

struct slot_control *slot_control_new(void)
{
    return mem_zero(1, sizeof(struct slot_control));
}

void slot_control_free(struct slot_control *control)
{
    free(control);
}

void slot_control_pause(struct slot_control *control)
{
    atomic_store(&control->is_paused, true);
}

void slot_control_resume(struct slot_control *control)
{
    atomic_store(&control->is_paused, false);
}

/* The furthest slot counts: of two that ask at once, neither is forgotten. */
void slot_control_reach(struct slot_control *control, uint64_t slot)
{
    uint_fast64_t present = atomic_load(&control->reach);
    while (slot > present &&
           !atomic_compare_exchange_weak(&control->reach, &present, slot))
        ;
}

struct slot_wish slot_control_look(const struct slot_control *control)
{
    return (struct slot_wish){.is_paused = atomic_load(&control->is_paused),
                              .reach = atomic_load(&control->reach)};
}
