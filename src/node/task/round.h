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
 *
 * There is no schedule of timers, because a node is killed, its endpoint goes
 * away, a slot is skipped, a call takes longer than its window. With timers
 * each of these needs its own repair. Here they are one case: something is due
 * and is not done. It costs a look at a few dozen steps a slot.
 *
 * The clock does not know whether an action ever reached the chain. That
 * is the journal's and the chain's to say; a clock that was begun anew in the
 * middle of a round finds everything due that is in its window, and the duties
 * then look before they act.
 */
#ifndef POND_NODE_TASK_ROUND_H
#define POND_NODE_TASK_ROUND_H

#include "crypto/key.h"

/* The fixed numbers of a task, from its state on chain. In slots; all but the
 * first and the last are held to round_clock_check() before anything is
 * computed with them. Windows lie at the beginning of a round, submission
 * first, audit after it; what is left is the rest. */
struct round_clock {
    uint64_t starting_slot;
    uint64_t round_time;
    uint64_t submission_window;
    uint64_t audit_window;
    /* Rounds, not slots: so often may a distribution be tried again. More than
     * ROUND_RETRIED_MAX is not looked after by this node. */
    uint64_t allowed_failed_distributions;
};

/* 0, or ERR_INVALID: windows of zero, or more window than round. */
int round_clock_check(const struct round_clock *clock);

bool round_clock_equal(const struct round_clock *a,
                       const struct round_clock *b);

/* Where a slot lies. */
struct round_moment {
    uint64_t round;
    uint64_t offset; /* slots since the round began */
};

/* ERR_RANGE before the task's first slot. */
int round_at(const struct round_clock *clock, uint64_t slot,
             struct round_moment *out);

/* The first slot of a round. Not checked for overflow: rounds come from
 * round_at(), or lie one or two beside one that does. */
uint64_t round_first_slot(const struct round_clock *clock, uint64_t round);

/* The window a slot lies in, for people: "submission", "audit" or "rest". */
const char *round_window_name(const struct round_clock *clock, uint64_t slot);

/* R is the round the clock is in. In the order in which duties of one round are
 * begun. Those from ROUND_LIST on belong to the distribution: a payout ends
 * them all. */
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
    ROUND_DONE,  /* nothing more to do in this round of the clock; for a
                    payout: the round is closed for good */
    ROUND_AGAIN, /* nothing went wrong; look again after the pause given */
    ROUND_FAILED, /* try again: after 1, 2, 4 … 16 slots, but never more than an
                     eighth of the submission window */
};

/* Rounds whose progress is remembered: R down to R-2 (three), the failed
 * distributions that the clock still looks after (four), and one more to pay
 * the last of them. Also how many rounds the runner and the status remember. */
#define ROUND_KEPT 8

/* Distributions of rounds older than R-2 that are looked after at most,
 * whatever a task allows. */
#define ROUND_RETRIED_MAX (ROUND_KEPT - 4)

/* One action on one round. is_running and is_done exclude each other but while
 * a duty that was done in an earlier round of the clock runs again in this one
 * (failed distributions); is_done is judged together with done_at_slot. */
struct round_step {
    bool is_running;
    bool is_done;
    uint32_t failures; /* in a row */
    uint64_t not_before_slot;
    uint64_t done_at_slot; /* while is_done */
};

/*
 * Invariants:
 *
 *  1. rounds[i] is unused, or of a round r with r % ROUND_KEPT == i.
 *  2. A place goes to a newer round only, when round_due() first sees it; all
 *     it held of the older one is forgotten then, running steps included.
 *  3. is_running is set by round_begin() and cleared by round_end() alone, so a
 *     duty is handed out again only after it was ended.
 */
struct round_progress {
    struct pubkey key;  /* the node's staking key: its jitter */
    struct pubkey task; /* the task's id */
    struct {
        uint64_t round_plus_one; /* 0: unused */
        struct round_step steps[ROUND_ACTIONS];
    } rounds[ROUND_KEPT]; /* round r at r % ROUND_KEPT */
};

/* Begin with nothing done. key and task are copied. Also the way to forget
 * everything; duties still running must then not be ended. */
void round_progress_init(struct round_progress *progress,
                         const struct pubkey *key, const struct pubkey *task);

/* How it stands with an action on a round; NULL where the round is not
 * remembered. Valid until the next round_due(). */
const struct round_step *round_step_of(const struct round_progress *progress,
                                       uint64_t round,
                                       enum round_action action);

/* Something to be done now. A value: copy it, and hand it back to round_begin()
 * and round_end(). */
struct round_duty {
    enum round_action action;
    uint64_t round;
    uint64_t until_slot; /* last slot (not included) at which it may be sent */
};

/* The most duties that can be due at one slot: four on R and R-1; four on each
 * of R-2 and the retried rounds; the payout of the one before them. */
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
void round_end(const struct round_clock *clock, struct round_progress *progress,
               const struct round_duty *duty, enum round_result result,
               uint64_t slot, uint64_t pause_slots);

/* Does an older round still wait for its own step of this action, at a slot in
 * whose round of the clock there is time for it? What can be done only once in
 * a round of the clock is then the older round's: it has fewer rounds left. One
 * whose step has failed ROUND_TRIES times in a row in this round of the clock
 * is not waited for. */
#define ROUND_TRIES 3
bool round_older_waits(const struct round_clock *clock,
                       struct round_progress *progress,
                       enum round_action action, uint64_t round, uint64_t slot);

/* What was done is to be done again if its window is still open: what did it is
 * gone, and nothing shows that it was done. */
void round_reopen(struct round_progress *progress, enum round_action action,
                  uint64_t round);

/*
 * When an action of round r may begin and must have landed, as absolute slots
 * while the clock is in round now; false if it has no place in that round.
 * Where a window of the program's closes, the end is that edge less the slots a
 * transaction needs to land (round_landing_slots). task() and the payout have
 * all of the round.
 */
bool round_span(const struct round_clock *clock, enum round_action action,
                uint64_t round, uint64_t now, uint64_t *from, uint64_t *until);

/* Slots kept free at the end of a window of that many slots, so that what is
 * sent in the last moment still lands. Less than the window itself, so that
 * none is closed by it. */
uint64_t round_landing_slots(uint64_t window_slots);

/* A number below bound (≥ 1), the same for the same key, task, round and action
 * on every run: where in its span a node starts. Not secret, and not meant to
 * be: everybody who knows a node's key can compute it. */
uint64_t round_jitter(const struct pubkey *key, const struct pubkey *task,
                      uint64_t round, enum round_action action, uint64_t bound);

/* The turn of a submitter among the count submitters of a round, for work that
 * one node does for all (lists, payout): its place, from 0, in the order of
 * sha256(task, round u64le, key). Every node computes the same order from what
 * stands on chain, so nodes need not speak with each other. CHECKs that key is
 * among them. Keys must be different from each other; their order does not
 * matter. */
size_t round_turn(const struct pubkey *task, uint64_t round,
                  const struct pubkey *submitters, size_t count,
                  const struct pubkey *key);

#endif
