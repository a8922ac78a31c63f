/*
 * When a leader does what: its decisions, as a state machine without clock,
 * thread, file or lock. execution.c drives it; tests drive it with made-up
 * time.
 *
 * A driver orders a slot by pace_lead(). It asks pace_next(), does the step and
 * reports its result, over and over:
 *
 *   BEGIN    begin a block as pace_begin() says
 *   TICK     end that many ticks of the proof of history
 *   EXECUTE  execute one entry of what waits; pace_executed()
 *   WAIT     until a transaction waits, the driver is woken, or the time comes
 *   SLEEP    until the time comes, or a slot is ordered
 *   REST     until no pause is asked for, or the driver is to end
 *   SEAL     end the block and hand it on; pace_sealed()
 *   END      no further block is begun
 *
 * Time: a slot begins when it is due, and not when the driver came to it, so
 * delays do not add up. Late ticks are made at once. Entries do not wait for
 * ticks.
 */
#ifndef POND_SETTLEMENT_CHAIN_PACE_H
#define POND_SETTLEMENT_CHAIN_PACE_H

#include "settlement/format/genesis.h"

enum pace_act {
    PACE_BEGIN,
    PACE_TICK,
    PACE_EXECUTE,
    PACE_WAIT,
    PACE_SLEEP,
    PACE_REST,
    PACE_SEAL,
    PACE_END,
};

struct pace_step {
    enum pace_act act;
    uint64_t until_ns; /* of WAIT and SLEEP; monotonic; UINT64_MAX: no time */
    uint64_t ticks;    /* of TICK */
};

/* What the driver reports before each step. */
struct pace_seen {
    uint64_t now_ns;  /* monotonic; never less than before */
    uint64_t ticks;   /* that the block under way has */
    bool has_room;    /* the block under way takes another entry */
    bool is_stopping; /* seal the block under way at once, then end */
    bool is_paused;   /* begin no other block for now */
    uint64_t reach;   /* the slot that the next block shall have at least */
};

/* A change between the clock and the parent's time. */
enum pace_clock {
    PACE_CLOCK_AS_BEFORE,
    PACE_CLOCK_BEHIND, /* block times are ahead of it from now on */
    PACE_CLOCK_RIGHT,  /* no longer */
};

struct pace_block {
    uint64_t slot;
    uint64_t unix_ms;
    enum pace_clock clock;
};

/* The state that the next step depends on. */
enum pace_state {
    PACE_STATE_BETWEEN, /* no block is under way */
    PACE_STATE_BUSY,
    PACE_STATE_IDLE,   /* the last entry found nothing to execute */
    PACE_STATE_WAITED, /* so the driver waited */
};

/* Initialise with pace_make(); the driver does not touch the fields. */
struct pace {
    const struct genesis *genesis;
    bool is_cheap;     /* all ticks of a slot take little time */
    uint64_t ordered;  /* the slot to be led next; 0: none */
    uint64_t due_ns;   /* when it is due */
    uint64_t start_ns; /* of the slot under way */
    uint64_t skip;     /* slots to leave out before the next one */
    uint64_t reach;    /* the slot that the next block has at least */
    bool is_ahead;     /* the newest block of the clock; was reported */
    bool is_resting;   /* the last step was REST */
    enum pace_state state;
};

/* No slot is ordered yet. genesis is borrowed. */
struct pace pace_make(const struct genesis *genesis);

/* Lead a slot (not 0) at due_ns, or now if that is past. One that was ordered
 * before and is not begun is given up for it. */
void pace_lead(struct pace *pace, uint64_t slot, uint64_t due_ns);

/* Give up the slot that was ordered and is not begun. */
void pace_forget(struct pace *pace);

/* After a crash: leave out the slots that may have been published and were not
 * durable, so that no slot is published twice with different contents. Returns
 * how many slots. */
uint64_t pace_skip(struct pace *pace);

struct pace_step pace_next(struct pace *pace, const struct pace_seen *seen);

/* For BEGIN: the block's slot, and its time, which others take
 * (block_time_least()). The slot is the one that was ordered unless slots are
 * left out, as only the leader of a network of its own may do. now_ns as in
 * pace_seen; now_ms: Unix time, which may jump. */
struct pace_block pace_begin(struct pace *pace, uint64_t parent_slot,
                             uint64_t parent_ms, uint64_t now_ns,
                             uint64_t now_ms);

/* After EXECUTE. count: how many transactions there were. */
void pace_executed(struct pace *pace, size_t count);

/* The block under way ended: after SEAL, or because it was given up. */
void pace_sealed(struct pace *pace);

#endif
