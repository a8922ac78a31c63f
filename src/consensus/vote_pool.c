#include "consensus/vote_pool.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

#define MAGIC 0x564f5445u

/* The lowest nullify vote of a validator that was found good, and a lower one
 * that was not checked yet. A place of WINDOW_SLOTS: none. */
struct surrender {
    struct signature good_signature;
    struct signature held_signature;
    uint8_t good;
    uint8_t held;
    bool is_asked; /* the held one */
};

struct vote_pool {
    uint32_t magic;
    const struct validator_set *set;
    uint64_t window;
    struct vote_tally tallies[2][WINDOW_SLOTS]; /* notarize, finalize */
    struct surrender *surrenders; /* one a validator; NULL: none of any */
    /* Stake by the lowest place that was given up: of checked votes alone, and
     * with those that are held. */
    uint64_t good_from[WINDOW_SLOTS];
    uint64_t all_from[WINDOW_SLOTS];
};

/* ---- life ---- */

struct vote_pool *vote_pool_new(const struct validator_set *set,
                                uint64_t window)
{
    struct vote_pool *pool = mem_zero(1, sizeof(*pool));

    pool->magic = MAGIC;
    pool->set = set;
    pool->window = window;
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        uint64_t slot = window_begin(window) + i;
        pool->tallies[0][i] = vote_tally_make(set, VOTE_NOTARIZE, slot);
        pool->tallies[1][i] = vote_tally_make(set, VOTE_FINALIZE, slot);
    }
    return pool;
}

void vote_pool_clear(struct vote_pool *pool)
{
    CHECK_MAGIC(pool, MAGIC);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < WINDOW_SLOTS; i++)
            vote_tally_free(&pool->tallies[k][i]);
    free(pool->surrenders);
    pool->surrenders = NULL;
    memset(pool->good_from, 0, sizeof(pool->good_from));
    memset(pool->all_from, 0, sizeof(pool->all_from));
}

void vote_pool_free(struct vote_pool *pool)
{
    if (!pool)
        return;
    vote_pool_clear(pool);
    pool->magic = 0;
    free(pool);
}

static uint64_t stake_of(const struct vote_pool *pool, uint16_t validator)
{
    return validator_set_at(pool->set, validator)->stake;
}

static struct vote_tally *tally_of(const struct vote_pool *pool,
                                   enum vote_kind kind, uint64_t slot)
{
    CHECK_MAGIC(pool, MAGIC);
    CHECK(window_of(slot) == pool->window);
    CHECK(kind == VOTE_NOTARIZE || kind == VOTE_FINALIZE);
    return (struct vote_tally *)&pool
        ->tallies[kind == VOTE_FINALIZE][window_place(slot)];
}

/* ---- nullify: by the lowest place ---- */

/* Room is made with the first vote: most windows have none. */
static struct surrender *surrender_of(struct vote_pool *pool,
                                      uint16_t validator)
{
    size_t count = validator_set_count(pool->set);

    if (!pool->surrenders) {
        pool->surrenders = mem_zero(count, sizeof(*pool->surrenders));
        for (size_t i = 0; i < count; i++) {
            pool->surrenders[i].good = WINDOW_SLOTS;
            pool->surrenders[i].held = WINDOW_SLOTS;
        }
    }
    return &pool->surrenders[validator];
}

static uint8_t lowest(const struct surrender *surrender)
{
    return surrender->held < surrender->good ? surrender->held
                                             : surrender->good;
}

/* Move a validator's stake from one place of the sums to another. */
static void move_stake(struct vote_pool *pool, uint64_t sums[WINDOW_SLOTS],
                       uint16_t validator, uint8_t from, uint8_t to)
{
    if (from < WINDOW_SLOTS)
        sums[from] -= stake_of(pool, validator);
    if (to < WINDOW_SLOTS)
        sums[to] += stake_of(pool, validator);
}

static enum vote_taken hold_nullify(struct vote_pool *pool,
                                    const struct vote *vote)
{
    struct surrender *at = surrender_of(pool, vote->validator);
    uint8_t place = (uint8_t)window_place(vote->slot);
    uint8_t before = lowest(at);

    if (place >= before)
        return VOTE_KNOWN;
    at->held = place;
    at->held_signature = vote->signature;
    at->is_asked = false;
    move_stake(pool, pool->all_from, vote->validator, before, place);
    return VOTE_TAKEN;
}

static void drop_nullify(struct vote_pool *pool, uint16_t validator)
{
    struct surrender *at = surrender_of(pool, validator);
    uint8_t before = lowest(at);

    at->held = WINDOW_SLOTS;
    at->is_asked = false;
    move_stake(pool, pool->all_from, validator, before, lowest(at));
}

static void add_nullify(struct vote_pool *pool, const struct vote *vote)
{
    struct surrender *at = surrender_of(pool, vote->validator);
    uint8_t place = (uint8_t)window_place(vote->slot);
    uint8_t before = lowest(at);

    if (place >= at->good)
        return;
    move_stake(pool, pool->good_from, vote->validator, at->good, place);
    at->good = place;
    at->good_signature = vote->signature;
    if (at->held >= place) {
        at->held = WINDOW_SLOTS;
        at->is_asked = false;
    }
    move_stake(pool, pool->all_from, vote->validator, before, lowest(at));
}

static unsigned covered_from(const struct vote_pool *pool,
                             const uint64_t sums[WINDOW_SLOTS])
{
    uint64_t stake = 0;

    for (unsigned place = 0; place < WINDOW_SLOTS; place++) {
        stake += sums[place];
        if (validator_set_is_quorum(pool->set, stake))
            return place;
    }
    return WINDOW_SLOTS;
}

/* Those whose held vote would move the quorum to a lower slot. */
static size_t ask_nullify(struct vote_pool *pool, struct vote *out)
{
    unsigned could = covered_from(pool, pool->all_from);
    size_t n = validator_set_count(pool->set);
    size_t found = 0;

    if (could >= vote_pool_covered_from(pool))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (pool->surrenders[i].is_asked && pool->surrenders[i].held <= could)
            return 0;
    for (size_t i = 0; i < n; i++) {
        struct surrender *at = &pool->surrenders[i];
        if (at->held > could || at->good <= could)
            continue;
        at->is_asked = true;
        out[found++] =
            (struct vote){.kind = VOTE_NULLIFY,
                          .validator = (uint16_t)i,
                          .slot = window_begin(pool->window) + at->held,
                          .signature = at->held_signature};
    }
    return found;
}

static void answer_nullify(struct vote_pool *pool, const struct vote *vote,
                           bool is_good)
{
    struct surrender *at = surrender_of(pool, vote->validator);

    if (is_good)
        add_nullify(pool, vote);
    else if (at->is_asked && at->held == window_place(vote->slot))
        drop_nullify(pool, vote->validator);
}

unsigned vote_pool_covered_from(const struct vote_pool *pool)
{
    return covered_from(pool, pool->good_from);
}

/* ---- both ---- */

enum vote_taken vote_pool_hold(struct vote_pool *pool, const struct vote *vote)
{
    CHECK(window_of(vote->slot) == pool->window);
    return vote->kind == VOTE_NULLIFY
               ? hold_nullify(pool, vote)
               : vote_tally_hold(tally_of(pool, vote->kind, vote->slot), vote);
}

void vote_pool_add(struct vote_pool *pool, const struct vote *vote)
{
    CHECK(window_of(vote->slot) == pool->window);
    if (vote->kind == VOTE_NULLIFY)
        add_nullify(pool, vote);
    else
        vote_tally_add(tally_of(pool, vote->kind, vote->slot), vote);
}

void vote_pool_drop(struct vote_pool *pool, uint16_t validator)
{
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < WINDOW_SLOTS; i++)
            vote_tally_drop(&pool->tallies[k][i], validator);
    if (pool->surrenders)
        drop_nullify(pool, validator);
}

size_t vote_pool_ask(struct vote_pool *pool, enum vote_kind kind, uint64_t slot,
                     struct vote *out)
{
    return kind == VOTE_NULLIFY
               ? ask_nullify(pool, out)
               : vote_tally_ask(tally_of(pool, kind, slot), out);
}

void vote_pool_answer(struct vote_pool *pool, const struct vote *vote,
                      bool is_good)
{
    if (vote->kind == VOTE_NULLIFY)
        answer_nullify(pool, vote, is_good);
    else
        vote_tally_answer(tally_of(pool, vote->kind, vote->slot), vote,
                          is_good);
}

uint64_t vote_pool_stake(const struct vote_pool *pool, enum vote_kind kind,
                         uint64_t slot, const struct hash *value)
{
    return vote_tally_stake(tally_of(pool, kind, slot), value);
}

bool vote_pool_quorum(const struct vote_pool *pool, enum vote_kind kind,
                      uint64_t slot, struct hash *value)
{
    return vote_tally_quorum(tally_of(pool, kind, slot), value);
}

bool vote_pool_find(const struct vote_pool *pool, enum vote_kind kind,
                    uint64_t slot, uint16_t validator, struct vote *out)
{
    if (kind != VOTE_NULLIFY)
        return vote_tally_find(tally_of(pool, kind, slot), validator, out);
    if (!pool->surrenders)
        return false;
    const struct surrender *at = &pool->surrenders[validator];
    bool is_held = at->held < at->good;
    *out = (struct vote){.kind = kind,
                         .validator = validator,
                         .slot = window_begin(pool->window) + lowest(at),
                         .signature =
                             is_held ? at->held_signature : at->good_signature};
    return lowest(at) < WINDOW_SLOTS;
}

/* A checked vote that belongs into the certificate. */
static bool is_for(const struct vote_pool *pool, enum vote_kind kind,
                   uint64_t slot, uint16_t validator, const struct hash *value,
                   struct vote *out)
{
    if (kind != VOTE_NULLIFY)
        return vote_tally_find_good(tally_of(pool, kind, slot), validator,
                                    value, out);
    const struct surrender *at = &pool->surrenders[validator];
    *out = (struct vote){.kind = kind,
                         .validator = validator,
                         .slot = window_begin(pool->window) + at->good,
                         .signature = at->good_signature};
    return at->good <= window_place(slot);
}

void vote_pool_certify(const struct vote_pool *pool, enum vote_kind kind,
                       uint64_t slot, const struct hash *block,
                       const struct hash *state, struct certificate *out)
{
    size_t n = validator_set_count(pool->set);
    struct hash value = {0};
    uint64_t stake = 0;

    *out = (struct certificate){.kind = kind, .slot = slot};
    if (block)
        value = out->block = *block;
    if (kind == VOTE_FINALIZE) {
        out->state = *state;
        value = vote_outcome(block, state);
    }
    out->votes = mem_zero(n, sizeof(*out->votes));
    for (size_t i = 0; i < n; i++)
        if (is_for(pool, kind, slot, (uint16_t)i, &value,
                   &out->votes[out->count])) {
            out->count++;
            stake += stake_of(pool, (uint16_t)i);
        }
    CHECK(validator_set_is_quorum(pool->set, stake));
}
