/*
 * Bending the slots of a development network: stand still, go on, or leave
 * slots out. The endpoint's threads ask, and the execution does so before
 * its next block. A chain may leave out slots anyway, so nothing of it
 * has to be recorded.
 *
 * Block times stay the clock's. Thread: any.
 */
#ifndef POND_SETTLEMENT_CHAIN_SLOT_CONTROL_H
#define POND_SETTLEMENT_CHAIN_SLOT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct slot_control;

struct slot_control *slot_control_new(void);
void slot_control_free(struct slot_control *control); /* NULL is allowed */

/* No block is begun after the one under way, until slot_control_resume().
 * Transactions wait. */
void slot_control_pause(struct slot_control *control);
void slot_control_resume(struct slot_control *control);

/* The next block's slot is that one, if the chain is not there yet. */
void slot_control_reach(struct slot_control *control, uint64_t slot);

struct slot_wish {
    bool is_paused;
    uint64_t reach; /* 0: none */
};

/* What is asked for. */
struct slot_wish slot_control_look(struct slot_control *control);

/* Returns when no pause is asked for, or slot_control_wake() was called since
 * the last return. */
void slot_control_wait(struct slot_control *control);
void slot_control_wake(struct slot_control *control);

#endif
