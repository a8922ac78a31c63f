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
 * keeps the group's sums. Groups are a list, because honest validators are in
 * one or two. */
struct vote_cell {
    struct hash value;
    struct signature signature;
    uint64_t all;   /* of a first: stake of its group */
    uint64_t good;  /* of a first: stake of its group's checked votes */
    uint16_t first; /* of its group; itself, if it is that */
    uint16_t next;  /* of a first: of the next group */
    uint8_t state;
};

struct vote_tally vote_tally_make(const struct validator_set *set,
                                  enum vote_kind kind, uint64_t slot)
{
    return (struct vote_tally){
        .set = set, .kind = kind, .slot = slot, .groups = NOBODY};
}

void vote_tally_free(struct vote_tally *tally)
{
    free(tally->cells);
    tally->cells = NULL;
    tally->groups = NOBODY;
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
    if (!tally->cells)
        tally->cells =
            mem_zero(validator_set_count(tally->set), sizeof(*tally->cells));
    return &tally->cells[vote->validator];
}

static uint16_t find_group(const struct vote_tally *tally,
                           const struct hash *value)
{
    uint16_t at = tally->groups;

    while (at != NOBODY && !hash_equal(&tally->cells[at].value, value))
        at = tally->cells[at].next;
    return at;
}

/* Put a cell, whose value is set, in the group of its value. */
static void join(struct vote_tally *tally, uint16_t validator,
                 enum cell_state state)
{
    struct vote_cell *cell = &tally->cells[validator];
    uint16_t first = find_group(tally, &cell->value);

    if (first == NOBODY) {
        first = validator;
        cell->all = 0;
        cell->good = 0;
        cell->next = tally->groups;
        tally->groups = first;
    }
    cell->first = first;
    cell->state = (uint8_t)state;
    tally->cells[first].all += stake_of(tally, validator);
    if (state == CELL_GOOD)
        tally->cells[first].good += stake_of(tally, validator);
}

/* Take a cell out of its group. Rare, so the groups are made anew: the cell may
 * have been what its group stood by. */
static void leave(struct vote_tally *tally, uint16_t validator)
{
    tally->cells[validator].state = CELL_EMPTY;
    tally->groups = NOBODY;
    for (size_t i = 0; i < validator_set_count(tally->set); i++)
        if (tally->cells[i].state != CELL_EMPTY)
            join(tally, (uint16_t)i, (enum cell_state)tally->cells[i].state);
}

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

size_t vote_tally_ask(struct vote_tally *tally, struct vote *out)
{
    for (uint16_t at = tally->groups; at != NOBODY; at = tally->cells[at].next)
        if (validator_set_is_quorum(tally->set, tally->cells[at].all))
            return validator_set_is_quorum(tally->set, tally->cells[at].good)
                       ? 0
                       : ask_group(tally, at, out);
    return 0;
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

bool vote_tally_quorum(const struct vote_tally *tally, struct hash *value)
{
    for (uint16_t at = tally->groups; at != NOBODY; at = tally->cells[at].next)
        if (validator_set_is_quorum(tally->set, tally->cells[at].good)) {
            *value = tally->cells[at].value;
            return true;
        }
    return false;
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
