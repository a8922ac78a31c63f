/*
 * The round clock of one task: from the slot alone, what is due now.
 *
 * While the clock is in round R a node works for R, submits and audits R-1,
 * and lists, audits and pays R-2 (docs/settlement.md has the rules of the
 * task program that these windows mirror). Time is counted in slots of the
 * settlement layer only; the wall clock has no part in it.
 *
 * The clock holds no I/O and no state of its own: struct round_progress is
 * the caller's memory of what was started and how it ended, and round_due()
 * compares it with the windows. Whatever was missed, late or interrupted is
 * therefore found again at the next slot, as long as its window is open.
 *
 * Thread: any; a progress belongs to one thread.
 */
#ifndef POND_NODE_ROUND_H
#define POND_NODE_ROUND_H

#include "crypto/key.h"

/* The fixed numbers of a task, from its state on chain. Slots. */
struct round_clock {
    uint64_t starting_slot;
    uint64_t round_time;
    uint64_t submission_window;
    uint64_t audit_window;
    uint64_t allowed_failed_distributions;
};

/* 0, or ERR_INVALID: windows of zero, or more window than round. */
int round_clock_check(const struct round_clock *clock);

/* Where a slot lies. */
struct round_moment {
    uint64_t round;
    uint64_t offset; /* slots since the round began */
};

/* ERR_RANGE before the task's first slot. */
int round_at(const struct round_clock *clock, uint64_t slot,
             struct round_moment *out);

/* The first slot of a round. */
uint64_t round_first_slot(const struct round_clock *clock, uint64_t round);

/* The window a slot lies in, for people: "submission", "audit" or "rest". */
const char *round_window_name(const struct round_clock *clock, uint64_t slot);

enum round_action {
    ROUND_TASK,       /* task(R) */
    ROUND_SUBMIT,     /* submission(R-1), then SubmitTask */
    ROUND_AUDIT,      /* audit a sample of R-1, accuse what is false */
    ROUND_VOTE,       /* vote on what others accused; comes again and again */
    ROUND_LIST,       /* make and send the distribution list of R-2 */
    ROUND_LIST_AUDIT, /* compare the lists of R-2 with an own one, accuse */
    ROUND_LIST_VOTE,  /* vote on accused lists; comes again and again */
    ROUND_PAYOUT,     /* Payout of R-2 (and of older rounds still unpaid) */
    ROUND_ACTIONS
};

/* "task", "submit", ... */
const char *round_action_name(enum round_action action);

/* How an action ended. */
enum round_result {
    ROUND_DONE,   /* nothing more to do in this round of the clock; for a
                     payout: the round is closed for good */
    ROUND_AGAIN,  /* nothing went wrong; look again after the pause given */
    ROUND_FAILED, /* try again: after 1, 2, 4, ... slots */
};

/* Rounds whose progress is remembered: R down to R-2, the failed distributions
 * that the clock still looks after, and one more to pay the last of them. */
#define ROUND_KEPT 8

/* Distributions of rounds older than R-2 that are looked after at most,
 * whatever a task allows. */
#define ROUND_RETRIED_MAX (ROUND_KEPT - 4)

struct round_step {
    bool is_running;
    bool is_done;
    uint32_t failures; /* in a row */
    uint64_t not_before_slot;
    uint64_t done_at_slot; /* while is_done */
};

struct round_progress {
    struct pubkey key;  /* the node's staking key: its jitter */
    struct pubkey task; /* the task's id */
    struct {
        uint64_t round_plus_one; /* 0: unused */
        struct round_step steps[ROUND_ACTIONS];
    } rounds[ROUND_KEPT]; /* round r at r % ROUND_KEPT */
};

void round_progress_init(struct round_progress *progress,
                         const struct pubkey *key, const struct pubkey *task);

struct round_duty {
    enum round_action action;
    uint64_t round;
    uint64_t until_slot; /* last slot (not included) at which it may be sent */
};

/* The most duties that can be due at one slot. */
#define ROUND_DUTIES_MAX (4 + 4 * (ROUND_RETRIED_MAX + 1) + 1)

/* What is due at this slot and neither running nor done, in the order it
 * should be started; returns how many. Forgets rounds that fell behind. */
size_t round_due(const struct round_clock *clock,
                 struct round_progress *progress, uint64_t slot,
                 struct round_duty out[ROUND_DUTIES_MAX]);

/* Mark a duty as begun (CHECKed: not running), and as ended. pause_slots
 * counts for ROUND_AGAIN only. An end that comes after the round was
 * forgotten is ignored. */
void round_begin(struct round_progress *progress,
                 const struct round_duty *duty);
void round_end(struct round_progress *progress, const struct round_duty *duty,
               enum round_result result, uint64_t slot, uint64_t pause_slots);

/* The state of one step; NULL if the round is not remembered. */
const struct round_step *round_step_of(const struct round_progress *progress,
                                       uint64_t round,
                                       enum round_action action);

/*
 * When an action of round r may begin and must have landed, as absolute slots
 * while the clock is in round now; false if it has no place in that round.
 * The end is the program's own edge less the slots a transaction needs to
 * land (round_landing_slots).
 */
bool round_span(const struct round_clock *clock, enum round_action action,
                uint64_t round, uint64_t now, uint64_t *from, uint64_t *until);

/* Slots kept free at the end of a window of that many slots, so that what is
 * sent in the last moment still lands. */
uint64_t round_landing_slots(uint64_t window_slots);

/* A number below bound (≥ 1), the same for the same key, task, round and
 * action on every run: where in its span a node starts. */
uint64_t round_jitter(const struct pubkey *key, const struct pubkey *task,
                      uint64_t round, enum round_action action, uint64_t bound);

/*
 * The turn of a submitter among the count submitters of a round, for work
 * that one node does for all (lists, payout): its place in the order of
 * sha256(task, round u64le, key). CHECKs that key is among them.
 */
size_t round_turn(const struct pubkey *task, uint64_t round,
                  const struct pubkey *submitters, size_t count,
                  const struct pubkey *key);

#endif
