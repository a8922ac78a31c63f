/*
 * The windows are written down once, in round_span(); everything else asks
 * there. The program's own edges are tests/sim's to hold this against.
 *
 * Pure: no call here reads a clock, draws a number or allocates. What looks
 * random (round_jitter(), round_turn()) is a hash of what the node knows
 * anyway. So the simulator can run many nodes through thousands of slots with
 * the code that a real node runs, and a report of trouble can be replayed from
 * its numbers.
 *
 * A window is made shorter than the program's, because what lands a slot late
 * has cost its fee or a call into the task for nothing, and the node would try
 * it again for as long as it believes that the window is open.
 */
#include "node/task/round.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"

#include <inttypes.h>
#include <string.h>

/* Retries slow down to one in this many slots (6 s at 400 ms), or in an eighth
 * of the submission window where that is less: what can be done again only at
 * the beginning of a round must not sleep through it. */
#define PAUSE_SLOTS_MAX 16

/* A transaction lands within two or three slots of a healthy network; an
 * eighth of the window leaves short development rounds usable, and twelve
 * slots (5 s at 400 ms) are enough for any. */
#define LANDING_SLOTS_MAX 12

/* Without overflow: the windows are a stranger's numbers. Two slots of audit at
 * least, because accusations have the first half of it. */
int round_clock_check(const struct round_clock *clock)
{
    if (!clock->submission_window || clock->audit_window < 2)
        return err_set(ERR_INVALID,
                       "a task needs a submission window and an audit window "
                       "of two slots or more");
    if (clock->submission_window > clock->round_time ||
        clock->audit_window > clock->round_time - clock->submission_window)
        return err_set(ERR_INVALID,
                       "round time %" PRIu64 " is less than audit window "
                       "%" PRIu64 " + submission window %" PRIu64,
                       clock->round_time, clock->audit_window,
                       clock->submission_window);
    return 0;
}

/* Field by field: a struct's padding says nothing. */
bool round_clock_equal(const struct round_clock *a, const struct round_clock *b)
{
    return a->starting_slot == b->starting_slot &&
           a->round_time == b->round_time &&
           a->submission_window == b->submission_window &&
           a->audit_window == b->audit_window &&
           a->allowed_failed_distributions == b->allowed_failed_distributions;
}

/* A slot before the first has no round, not round 0. */
int round_at(const struct round_clock *clock, uint64_t slot,
             struct round_moment *out)
{
    CHECK(clock->round_time > 0);
    if (slot < clock->starting_slot)
        return err_set(ERR_RANGE,
                       "slot %" PRIu64 " is before the task's first, %" PRIu64,
                       slot, clock->starting_slot);
    slot -= clock->starting_slot;
    out->round = slot / clock->round_time;
    out->offset = slot % clock->round_time;
    return 0;
}

/* Rounds are numbered as the program numbers them. */
uint64_t round_first_slot(const struct round_clock *clock, uint64_t round)
{
    return clock->starting_slot + round * clock->round_time;
}

/* For people; nothing is decided by it. */
const char *round_window_name(const struct round_clock *clock, uint64_t slot)
{
    struct round_moment at;

    if (round_at(clock, slot, &at) < 0)
        return "rest";
    if (at.offset < clock->submission_window)
        return "submission";
    if (at.offset < clock->submission_window + clock->audit_window)
        return "audit";
    return "rest";
}

/* For logs and the status. */
const char *round_action_name(enum round_action action)
{
    static const char *const names[ROUND_ACTIONS] = {
        [ROUND_TASK] = "task",           [ROUND_SUBMIT] = "submit",
        [ROUND_AUDIT] = "audit",         [ROUND_VOTE] = "vote",
        [ROUND_LIST] = "list",           [ROUND_LIST_AUDIT] = "list audit",
        [ROUND_LIST_VOTE] = "list vote", [ROUND_PAYOUT] = "payout",
    };

    CHECK(action < ROUND_ACTIONS);
    return names[action];
}

/* A window of one slot has nothing to spare. */
uint64_t round_landing_slots(uint64_t window_slots)
{
    uint64_t slots = window_slots / 8;

    if (slots > LANDING_SLOTS_MAX)
        return LANDING_SLOTS_MAX;
    if (!slots && window_slots > 1)
        return 1;
    return slots;
}

/* Whether an action on round r has a place while the clock is in round now.
 * Only rounds: where in the round of the clock is round_span()'s affair. */
static bool has_place(const struct round_clock *clock, enum round_action action,
                      uint64_t round, uint64_t now)
{
    uint64_t retried = clock->allowed_failed_distributions;

    if (retried > ROUND_RETRIED_MAX)
        retried = ROUND_RETRIED_MAX;
    switch (action) {
    case ROUND_TASK:
        return round == now;
    case ROUND_SUBMIT:
    case ROUND_AUDIT:
    case ROUND_VOTE:
        return round + 1 == now;
    case ROUND_PAYOUT:
        retried++; /* the last lists may be paid in the round after theirs */
        break;
    default:
        break;
    }
    return now >= round + 2 && now - round - 2 <= retried;
}

/* now is an argument, not read off a slot: what is due in a round of the clock
 * is fixed for the whole of it. False also where nothing is left of the window
 * once the landing slots are taken off. */
bool round_span(const struct round_clock *clock, enum round_action action,
                uint64_t round, uint64_t now, uint64_t *from, uint64_t *until)
{
    uint64_t submission = clock->submission_window;
    uint64_t audit = clock->audit_window;
    uint64_t first = round_first_slot(clock, now);

    CHECK(action < ROUND_ACTIONS);
    if (!has_place(clock, action, round, now))
        return false;
    *from = first;
    switch (action) {
    case ROUND_TASK:
        *until = first + clock->round_time;
        break;
    case ROUND_SUBMIT:
    case ROUND_LIST:
        *until = first + submission - round_landing_slots(submission);
        break;
    case ROUND_AUDIT:
    case ROUND_LIST_AUDIT:
        *from = first + submission;
        *until = *from + audit / 2 - round_landing_slots(audit / 2);
        break;
    case ROUND_VOTE:
    case ROUND_LIST_VOTE:
        *from = first + submission;
        *until = *from + audit - round_landing_slots(audit);
        break;
    default:
        /* Lists of an earlier round can be paid at once; those sent in this
         * one when its voting has ended. */
        if (now == round + 2)
            *from = first + submission + audit;
        *until = first + clock->round_time;
        break;
    }
    return *from < *until;
}

/* A hash, not a random number: after a restart a node strikes when it would
 * have. The action is in it, or a node that is late with one would be late with
 * all. */
uint64_t round_jitter(const struct pubkey *key, const struct pubkey *task,
                      uint64_t round, enum round_action action, uint64_t bound)
{
    uint8_t number[8], kind = (uint8_t)action;
    struct hash hash;

    CHECK(bound >= 1);
    u64le_write(number, round);
    const struct bytes pieces[] = {
        pubkey_bytes(key),
        pubkey_bytes(task),
        bytes_make(number, sizeof(number)),
        bytes_make(&kind, 1),
    };
    hash_sha256_pieces(pieces, 4, &hash);
    return u64le_read(hash.bytes) % bound;
}

/* Slots over which the nodes' beginnings are spread: enough that they don't all
 * strike at once, little enough that the work fits after it. An audit begins
 * early in its half, because the accusation must land in it, too, after a call
 * into the task for each submission. */
static uint64_t spread(const struct round_clock *clock,
                       enum round_action action)
{
    switch (action) {
    case ROUND_TASK:
        return clock->round_time / 32 + 1;
    case ROUND_SUBMIT:
        return clock->submission_window / 4 + 1;
    case ROUND_AUDIT:
        return clock->audit_window / 16 + 1;
    case ROUND_LIST_AUDIT:
        return clock->audit_window / 8 + 1;
    default:
        return 1; /* by turns (round_turn), or as soon as it can be */
    }
}

/* Nothing is done yet: what is due is found by round_due(). */
void round_progress_init(struct round_progress *progress,
                         const struct pubkey *key, const struct pubkey *task)
{
    memset(progress, 0, sizeof(*progress));
    progress->key = *key;
    progress->task = *task;
}

/* The place may belong to another round by now. */
const struct round_step *round_step_of(const struct round_progress *progress,
                                       uint64_t round, enum round_action action)
{
    size_t place = round % ROUND_KEPT;

    CHECK(action < ROUND_ACTIONS);
    if (progress->rounds[place].round_plus_one != round + 1)
        return NULL;
    return &progress->rounds[place].steps[action];
}

static struct round_step *step_at(struct round_progress *progress,
                                  uint64_t round, enum round_action action)
{
    return (struct round_step *)round_step_of(progress, round, action);
}

/* Make room for a round; what stands at its place is forgotten. That is an
 * older round, as long as the slot grows and the windows stay: the caller
 * begins anew where they don't. */
static void remember(struct round_progress *progress, uint64_t round)
{
    size_t place = round % ROUND_KEPT;

    if (progress->rounds[place].round_plus_one == round + 1)
        return;
    memset(&progress->rounds[place], 0, sizeof(progress->rounds[place]));
    progress->rounds[place].round_plus_one = round + 1;
}

/* A payout closes its round for good; everything else that is done was done
 * for the windows of one round of the clock, and failed distributions get new
 * windows in the next. */
static bool is_over(const struct round_clock *clock,
                    struct round_progress *progress, enum round_action action,
                    uint64_t round, uint64_t now)
{
    const struct round_step *step = step_at(progress, round, action);
    const struct round_step *payout = step_at(progress, round, ROUND_PAYOUT);

    CHECK(step && payout);
    if (action >= ROUND_LIST && payout->is_done)
        return true;
    return step->is_done && step->done_at_slot >= round_first_slot(clock, now);
}

/* The order of the checks is from cheap to dear: the jitter hashes. A
 * submission waits for its task(), which may run on into the next round;
 * everything else is independent. */
static bool is_due(const struct round_clock *clock,
                   struct round_progress *progress, enum round_action action,
                   uint64_t round, uint64_t now, uint64_t slot, uint64_t *until)
{
    const struct round_step *step = step_at(progress, round, action);
    uint64_t from, width;

    if (!round_span(clock, action, round, now, &from, until))
        return false;
    if (step->is_running || is_over(clock, progress, action, round, now))
        return false;
    if (action == ROUND_SUBMIT &&
        step_at(progress, round, ROUND_TASK)->is_running)
        return false;
    /* Never so late that the spread itself closes the window. */
    width = spread(clock, action);
    if (width > *until - from)
        width = *until - from;
    from += round_jitter(&progress->key, &progress->task, round, action, width);
    return slot >= from && slot < *until && slot >= step->not_before_slot;
}

/* Newest round first: its task is what the others will be paid for. Within a
 * round in the order of enum round_action. Rounds are remembered here and
 * nowhere else. */
size_t round_due(const struct round_clock *clock,
                 struct round_progress *progress, uint64_t slot,
                 struct round_duty out[ROUND_DUTIES_MAX])
{
    struct round_moment at;
    size_t count = 0;
    uint64_t until;

    if (round_at(clock, slot, &at) < 0)
        return 0;
    for (uint64_t age = 0; age < ROUND_KEPT && age <= at.round; age++) {
        uint64_t round = at.round - age;

        remember(progress, round);
        for (int action = 0; action < ROUND_ACTIONS; action++) {
            if (!is_due(clock, progress, action, round, at.round, slot, &until))
                continue;
            CHECK(count < ROUND_DUTIES_MAX);
            out[count++] = (struct round_duty){
                .action = action, .round = round, .until_slot = until};
        }
    }
    return count;
}

/* Only round_due() hands out duties, and not twice while one runs. */
void round_begin(struct round_progress *progress, const struct round_duty *duty)
{
    struct round_step *step = step_at(progress, duty->round, duty->action);

    CHECK(step && !step->is_running);
    step->is_running = true;
}

/* Each failure in a row doubles the pause. */
static uint64_t pause_after(const struct round_clock *clock, uint32_t failures)
{
    uint64_t most = clock->submission_window / 8;
    uint64_t pause = PAUSE_SLOTS_MAX;

    /* 1 << 4 is PAUSE_SLOTS_MAX. */
    if (failures < 4)
        pause = (uint64_t)1 << failures;
    if (!most)
        most = 1;
    return pause < most ? pause : most;
}

/* A late end of a forgotten round finds another round in its place, or nothing.
 * Any success clears the count of failures. */
void round_end(const struct round_clock *clock, struct round_progress *progress,
               const struct round_duty *duty, enum round_result result,
               uint64_t slot, uint64_t pause_slots)
{
    struct round_step *step = step_at(progress, duty->round, duty->action);

    if (!step || !step->is_running)
        return;
    step->is_running = false;
    switch (result) {
    case ROUND_DONE:
        step->is_done = true;
        /* Late or not: done in the round of the clock that it was of. */
        step->done_at_slot =
            slot < duty->until_slot ? slot : duty->until_slot - 1;
        step->failures = 0;
        break;
    case ROUND_AGAIN:
        step->failures = 0;
        step->not_before_slot = slot + pause_slots;
        break;
    case ROUND_FAILED:
        step->not_before_slot = slot + pause_after(clock, step->failures++);
        break;
    }
}

/* Failed again and again, in this round of the clock: those of the one before
 * say nothing of this one. */
static bool is_failing(const struct round_clock *clock,
                       const struct round_step *step, uint64_t now)
{
    return step->failures >= ROUND_TRIES &&
           step->not_before_slot > round_first_slot(clock, now);
}

/* Rounds that the progress has not met yet are not waited for: round_due()
 * meets all of them at each slot. */
bool round_older_waits(const struct round_clock *clock,
                       struct round_progress *progress,
                       enum round_action action, uint64_t round, uint64_t slot)
{
    struct round_moment at;
    uint64_t from, until;

    if (round_at(clock, slot, &at) < 0)
        return false;
    for (uint64_t age = 1; age < ROUND_KEPT && age <= round; age++) {
        const struct round_step *step = step_at(progress, round - age, action);

        if (step && !is_failing(clock, step, at.round) &&
            round_span(clock, action, round - age, at.round, &from, &until) &&
            slot >= from && slot < until &&
            !is_over(clock, progress, action, round - age, at.round))
            return true;
    }
    return false;
}

void round_reopen(struct round_progress *progress, enum round_action action,
                  uint64_t round)
{
    struct round_step *step = step_at(progress, round, action);

    if (step && !step->is_running)
        step->is_done = false;
}

/* The round is in it, so that the turns change from round to round. */
static void turn_hash(const struct pubkey *task, uint64_t round,
                      const struct pubkey *key, struct hash *out)
{
    uint8_t number[8];

    u64le_write(number, round);
    const struct bytes pieces[] = {
        pubkey_bytes(task),
        bytes_make(number, sizeof(number)),
        pubkey_bytes(key),
    };
    hash_sha256_pieces(pieces, 3, out);
}

/* Counted, not sorted: one pass, no memory. Two keys of the same hash do not
 * happen. */
size_t round_turn(const struct pubkey *task, uint64_t round,
                  const struct pubkey *submitters, size_t count,
                  const struct pubkey *key)
{
    struct hash own, other;
    bool is_among = false;
    size_t before = 0;

    turn_hash(task, round, key, &own);
    for (size_t i = 0; i < count; i++) {
        if (pubkey_equal(&submitters[i], key)) {
            is_among = true;
            continue;
        }
        turn_hash(task, round, &submitters[i], &other);
        before += memcmp(other.bytes, own.bytes, sizeof(own.bytes)) < 0;
    }
    CHECK(is_among);
    return before;
}
