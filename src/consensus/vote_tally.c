#include "consensus/vote_tally.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

#define NOBODY UINT16_MAX

enum cell_state {
    CELL_EMPTY,
    CELL_HELD,  /* unchecked */
    CELL_ASKED, /* being checked */
    CELL_GOOD,
};

/* The votes for one value are a group, which the first of them stands for: it
 * keeps the group's sums. Honest validators are in one or two; but others may
 * each vote for a value of their own, so a group is found by halving. Only the
 * group with the most stake can be a quorum, because a validator is in one. */
struct vote_cell {
    struct hash value;
    struct signature signature;
    uint64_t all;   /* of a first: stake of its group */
    uint64_t good;  /* of a first: stake of its group's checked votes */
    uint16_t first; /* of its group; itself, if it is that */
    uint8_t state;
};

struct vote_tally vote_tally_make(const struct validator_set *set,
                                  enum vote_kind kind, uint64_t slot)
{
    return (struct vote_tally){
        .set = set, .kind = kind, .slot = slot, .largest = NOBODY};
}

void vote_tally_free(struct vote_tally *tally)
{
    free(tally->cells);
    free(tally->groups);
    tally->cells = NULL;
    tally->groups = NULL;
    tally->group_count = 0;
    tally->largest = NOBODY;
}

static uint64_t stake_of(const struct vote_tally *tally, uint16_t validator)
{
    return validator_set_at(tally->set, validator)->stake;
}

/* A validator's room, which is made with the first vote: slots that are only
 * passed over cost next to nothing. */
static struct vote_cell *cell_of(struct vote_tally *tally,
                                 const struct vote *vote)
{
    CHECK(vote->kind == tally->kind && vote->slot == tally->slot);
    if (!tally->cells) {
        size_t count = validator_set_count(tally->set);
        tally->cells = mem_zero(count, sizeof(*tally->cells));
        tally->groups = mem_zero(count, sizeof(*tally->groups));
    }
    return &tally->cells[vote->validator];
}

/* ---- groups ---- */

/* The place of a value's group, or where it would be. */
static uint16_t place_of(const struct vote_tally *tally,
                         const struct hash *value)
{
    uint16_t low = 0, high = tally->group_count;

    while (low < high) {
        uint16_t middle = (uint16_t)(low + (high - low) / 2);
        const struct vote_cell *cell = &tally->cells[tally->groups[middle]];
        if (memcmp(cell->value.bytes, value->bytes, 32) < 0)
            low = (uint16_t)(middle + 1);
        else
            high = middle;
    }
    return low;
}

/* The first cell of a value's group, or NOBODY. */
static uint16_t find_group(const struct vote_tally *tally,
                           const struct hash *value)
{
    uint16_t place = place_of(tally, value);

    return place < tally->group_count &&
                   hash_equal(&tally->cells[tally->groups[place]].value, value)
               ? tally->groups[place]
               : NOBODY;
}

static void add_group(struct vote_tally *tally, uint16_t first)
{
    struct vote_cell *cell = &tally->cells[first];
    uint16_t place = place_of(tally, &cell->value);

    memmove(tally->groups + place + 1, tally->groups + place,
            (tally->group_count - place) * sizeof(*tally->groups));
    tally->groups[place] = first;
    tally->group_count++;
    cell->all = 0;
    cell->good = 0;
}

static void remove_group(struct vote_tally *tally, uint16_t place)
{
    tally->group_count--;
    memmove(tally->groups + place, tally->groups + place + 1,
            (tally->group_count - place) * sizeof(*tally->groups));
}

/* Put a cell, whose value is set, in the group of its value. */
static void join(struct vote_tally *tally, uint16_t validator,
                 enum cell_state state)
{
    struct vote_cell *cell = &tally->cells[validator];
    uint16_t first = find_group(tally, &cell->value);

    if (first == NOBODY) {
        first = validator;
        add_group(tally, first);
    }
    cell->first = first;
    cell->state = (uint8_t)state;
    tally->cells[first].all += stake_of(tally, validator);
    if (state == CELL_GOOD)
        tally->cells[first].good += stake_of(tally, validator);
    if (tally->largest == NOBODY ||
        tally->cells[first].all > tally->cells[tally->largest].all)
        tally->largest = first;
}

/* The first of a group goes: another of it stands for it. Returns that one, or
 * NOBODY. */
static uint16_t hand_on(struct vote_tally *tally, uint16_t first)
{
    uint16_t next = NOBODY;

    for (size_t i = 0; i < validator_set_count(tally->set); i++) {
        struct vote_cell *cell = &tally->cells[i];
        if (cell->state == CELL_EMPTY || cell->first != first)
            continue;
        if (next == NOBODY) {
            next = (uint16_t)i;
            cell->all = tally->cells[first].all;
            cell->good = tally->cells[first].good;
        }
        cell->first = next;
    }
    return next;
}

static void find_largest(struct vote_tally *tally)
{
    tally->largest = NOBODY;
    for (uint16_t i = 0; i < tally->group_count; i++) {
        uint16_t first = tally->groups[i];
        if (tally->largest == NOBODY ||
            tally->cells[first].all > tally->cells[tally->largest].all)
            tally->largest = first;
    }
}

/* Take a cell out of its group. */
static void leave(struct vote_tally *tally, uint16_t validator)
{
    struct vote_cell *cell = &tally->cells[validator];
    uint16_t first = cell->first;
    uint16_t place = place_of(tally, &cell->value);

    tally->cells[first].all -= stake_of(tally, validator);
    if (cell->state == CELL_GOOD)
        tally->cells[first].good -= stake_of(tally, validator);
    cell->state = CELL_EMPTY;
    if (first == validator) {
        uint16_t next = hand_on(tally, first);
        if (next == NOBODY)
            remove_group(tally, place);
        else
            tally->groups[place] = next;
    }
    if (tally->largest == first)
        find_largest(tally);
}

/* ---- votes ---- */

enum vote_taken vote_tally_hold(struct vote_tally *tally,
                                const struct vote *vote)
{
    struct vote_cell *cell = cell_of(tally, vote);

    if (cell->state != CELL_EMPTY)
        return hash_equal(&cell->value, &vote->value) ? VOTE_KNOWN
                                                      : VOTE_CONFLICT;
    cell->value = vote->value;
    cell->signature = vote->signature;
    join(tally, vote->validator, CELL_HELD);
    return VOTE_TAKEN;
}

void vote_tally_add(struct vote_tally *tally, const struct vote *vote)
{
    struct vote_cell *cell = cell_of(tally, vote);

    if (cell->state != CELL_EMPTY && !hash_equal(&cell->value, &vote->value))
        leave(tally, vote->validator);
    if (cell->state == CELL_GOOD)
        return;
    cell->signature = vote->signature;
    if (cell->state == CELL_EMPTY) {
        cell->value = vote->value;
        join(tally, vote->validator, CELL_GOOD);
    } else {
        cell->state = CELL_GOOD;
        tally->cells[cell->first].good += stake_of(tally, vote->validator);
    }
}

void vote_tally_drop(struct vote_tally *tally, uint16_t validator)
{
    if (tally->cells && (tally->cells[validator].state == CELL_HELD ||
                         tally->cells[validator].state == CELL_ASKED))
        leave(tally, validator);
}

static struct vote vote_at(const struct vote_tally *tally, uint16_t validator)
{
    const struct vote_cell *cell = &tally->cells[validator];

    return (struct vote){.kind = tally->kind,
                         .validator = validator,
                         .slot = tally->slot,
                         .value = cell->value,
                         .signature = cell->signature};
}

/* The held votes of a group; none if some of it are being checked. */
static size_t ask_group(struct vote_tally *tally, uint16_t first,
                        struct vote *out)
{
    size_t count = validator_set_count(tally->set);
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (tally->cells[i].state == CELL_ASKED &&
            tally->cells[i].first == first)
            return 0;
    for (size_t i = 0; i < count; i++) {
        struct vote_cell *cell = &tally->cells[i];
        if (cell->state != CELL_HELD || cell->first != first)
            continue;
        cell->state = CELL_ASKED;
        out[found++] = vote_at(tally, (uint16_t)i);
    }
    return found;
}

/* The group that could be a quorum; NULL: none could. */
static const struct vote_cell *near_quorum(const struct vote_tally *tally)
{
    const struct vote_cell *first =
        tally->largest == NOBODY ? NULL : &tally->cells[tally->largest];

    return first && validator_set_is_quorum(tally->set, first->all) ? first
                                                                    : NULL;
}

size_t vote_tally_ask(struct vote_tally *tally, struct vote *out)
{
    const struct vote_cell *first = near_quorum(tally);

    return first && !validator_set_is_quorum(tally->set, first->good)
               ? ask_group(tally, first->first, out)
               : 0;
}

void vote_tally_answer(struct vote_tally *tally, const struct vote *vote,
                       bool is_good)
{
    struct vote_cell *cell = cell_of(tally, vote);

    /* A certificate may have brought the vote meanwhile, or another one. */
    if (cell->state != CELL_ASKED || !hash_equal(&cell->value, &vote->value))
        return;
    if (is_good)
        vote_tally_add(tally, vote);
    else
        leave(tally, vote->validator);
}

uint64_t vote_tally_stake(const struct vote_tally *tally,
                          const struct hash *value)
{
    uint16_t first = find_group(tally, value);

    return first == NOBODY ? 0 : tally->cells[first].all;
}

bool vote_tally_quorum(const struct vote_tally *tally, struct hash *value)
{
    const struct vote_cell *first = near_quorum(tally);

    if (!first || !validator_set_is_quorum(tally->set, first->good))
        return false;
    *value = first->value;
    return true;
}

bool vote_tally_find(const struct vote_tally *tally, uint16_t validator,
                     struct vote *out)
{
    if (!tally->cells || tally->cells[validator].state == CELL_EMPTY)
        return false;
    *out = vote_at(tally, validator);
    return true;
}

bool vote_tally_find_good(const struct vote_tally *tally, uint16_t validator,
                          const struct hash *value, struct vote *out)
{
    return vote_tally_find(tally, validator, out) &&
           tally->cells[validator].state == CELL_GOOD &&
           hash_equal(&out->value, value);
}
