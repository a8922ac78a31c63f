/*
 * The memory of rounds is for deciding and for showing. It is a ring over the
 * rounds, like the round clock's, so it can't grow with the life of a task.
 */
#include "node/task/runner_rounds.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Answers in a row that gave the same windows, before anything that can't be
 * undone rests on them. */
#define AGREEING_VIEWS 2

/*
 * Invariants:
 *
 *  1. slot only grows, but for runner_rounds_set(); round is the clock's at
 *     that slot, once has_round.
 *  2. ended says which round's beginning has ended pins and journal entries,
 *     once has_ended. It stays where the rounds are forgotten: what has ended
 *     doesn't come back.
 *  3. lists[0] was sent in its own turn, lists[1] late: in that round of the
 *     clock, for that round, if is_sent.
 */
struct runner_rounds {
    struct pubkey own, task;
    uint64_t slot;
    uint64_t round;
    bool has_round;
    uint64_t ended;
    bool has_ended;
    unsigned agreeing_views;
    uint64_t active_until; /* the last round in which the task was active */
    struct round_progress progress;
    struct round_memory memory;
    struct {
        bool is_sent;
        uint64_t in, of;
    } lists[2];
};

struct runner_rounds *runner_rounds_new(const struct pubkey *own,
                                        const struct pubkey *task,
                                        uint64_t slot)
{
    struct runner_rounds *rounds = mem_zero(1, sizeof(*rounds));

    rounds->own = *own;
    rounds->task = *task;
    rounds->slot = slot;
    round_progress_init(&rounds->progress, own, task);
    return rounds;
}

void runner_rounds_set_key(struct runner_rounds *rounds,
                           const struct pubkey *own)
{
    if (pubkey_equal(&rounds->own, own))
        return;
    rounds->own = *own;
    round_progress_init(&rounds->progress, own, &rounds->task);
}

void runner_rounds_free(struct runner_rounds *rounds)
{
    round_memory_clear(&rounds->memory);
    free(rounds);
}

uint64_t runner_rounds_slot(const struct runner_rounds *rounds)
{
    return rounds->slot;
}

uint64_t runner_rounds_round(const struct runner_rounds *rounds)
{
    return rounds->round;
}

bool runner_rounds_advance(struct runner_rounds *rounds, uint64_t slot)
{
    if (slot <= rounds->slot)
        return false;
    rounds->slot = slot;
    return true;
}

bool runner_rounds_begin(struct runner_rounds *rounds, uint64_t round)
{
    if (rounds->has_round && rounds->round == round)
        return false;
    rounds->round = round;
    rounds->has_round = true;
    return true;
}

void runner_rounds_set(struct runner_rounds *rounds, uint64_t slot,
                       uint64_t round)
{
    rounds->slot = slot;
    rounds->round = round;
}

/* Also those that duties are about which still run: what such a duty finds then
 * is an empty memory. */
void runner_rounds_forget(struct runner_rounds *rounds)
{
    round_memory_clear(&rounds->memory);
    round_progress_init(&rounds->progress, &rounds->own, &rounds->task);
    rounds->has_round = false;
    rounds->round = 0;
    memset(rounds->lists, 0, sizeof(rounds->lists));
}

void runner_rounds_count_view(struct runner_rounds *rounds, bool agrees)
{
    if (!agrees)
        rounds->agreeing_views = 1;
    else if (rounds->agreeing_views < AGREEING_VIEWS)
        rounds->agreeing_views++;
}

bool runner_rounds_end(struct runner_rounds *rounds, uint64_t round)
{
    if (rounds->agreeing_views < AGREEING_VIEWS ||
        (rounds->has_ended && rounds->ended == round))
        return false;
    rounds->has_ended = true;
    rounds->ended = round;
    return true;
}

/* A round before the last active one is none that the task rests in: the clock
 * was taken back. */
uint64_t runner_rounds_idle(struct runner_rounds *rounds, uint64_t round,
                            bool is_active)
{
    if (is_active || rounds->active_until > round)
        rounds->active_until = round;
    return round - rounds->active_until;
}

struct round_progress *runner_rounds_progress(struct runner_rounds *rounds)
{
    return &rounds->progress;
}

struct round_memory *runner_rounds_memory(struct runner_rounds *rounds)
{
    return &rounds->memory;
}

/* An account of lists holds one at a time, and the one sent in this round of
 * the clock has yet to be audited and paid. */
bool runner_rounds_may_list(const struct runner_rounds *rounds, uint64_t now,
                            uint64_t round)
{
    return !runner_rounds_has_listed(rounds, now, round) ||
           rounds->lists[runner_rounds_is_late(now, round)].of == round;
}

bool runner_rounds_has_listed(const struct runner_rounds *rounds, uint64_t now,
                              uint64_t round)
{
    bool is_late = runner_rounds_is_late(now, round);

    return rounds->lists[is_late].is_sent && rounds->lists[is_late].in == now;
}

void runner_rounds_note_list(struct runner_rounds *rounds, uint64_t now,
                             uint64_t round)
{
    bool is_late = runner_rounds_is_late(now, round);

    CHECK(runner_rounds_may_list(rounds, now, round));
    rounds->lists[is_late].is_sent = true;
    rounds->lists[is_late].in = now;
    rounds->lists[is_late].of = round;
}
