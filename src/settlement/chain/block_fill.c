#include "settlement/chain/block_fill.h"

#include "consensus/validator_set.h"
#include "settlement/format/compute_budget.h"

/* Room for a transaction that uses the most units, and costs some more. */
#define RESERVE (COMPUTE_UNIT_LIMIT_MAX + 5000)

/* Some hundred transfers, or one transaction of any size: so little that what
 * loses is not for its size. */
#define UNITS_MIN 40000

/* After a start, a quarter of what is valid: that is one slot's work of a core,
 * which others may share with more than a validator. */
#define FIRST_PART 4

/* Four full blocks of a window that are final let the next ones be more than
 * twice as large until one has lost, and then a quarter larger. */
#define FIRST_GROWTH_PART 4
#define GROWTH_PART 16

static uint64_t within(const struct block_fill *fill, uint64_t units)
{
    if (units > fill->units_max)
        units = fill->units_max;
    return units > UNITS_MIN ? units : UNITS_MIN;
}

struct block_fill block_fill_make(uint64_t units_max)
{
    struct block_fill fill = {
        .units_max = units_max > RESERVE ? units_max - RESERVE : 0};
    fill.units = within(&fill, fill.units_max / FIRST_PART);
    return fill;
}

uint64_t block_fill_bound(const struct block_fill *fill)
{
    return fill->units + RESERVE;
}

/* A block that was not full says nothing. */
void block_fill_final(struct block_fill *fill, uint64_t units)
{
    uint64_t part = fill->lost_window ? GROWTH_PART : FIRST_GROWTH_PART;
    if (units >= fill->units / 4 * 3)
        fill->units = within(fill, fill->units + fill->units / part);
}

void block_fill_lost(struct block_fill *fill, uint64_t slot)
{
    if (window_of(slot) < fill->lost_window)
        return;
    fill->lost_window = window_of(slot) + 1;
    fill->units = within(fill, fill->units / 2);
}
