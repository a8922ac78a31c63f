/*
 * Signatures are kept by slot, in a ring: a slot has place for two blocks,
 * because at most one of a slot is certified, and a leader that signs more than
 * two is at fault anyway. A third takes the place of the one with less stake
 * behind it.
 */
#include "settlement/cluster/cluster_view.h"

#include "base/check.h"
#include "base/lock.h"
#include "base/memory.h"
#include "settlement/format/genesis.h"
#include <stdio.h>
#include <stdlib.h>

struct signed_block {
    bool is_used;
    uint64_t slot;
    struct hash hash;
    bool *marks; /* 2 × count: notarized, finalized */
    uint64_t stakes[2];
};

struct cluster_view {
    struct lock lock; /* guards the rest */
    size_t count;
    struct cluster_validator *validators;
    struct cluster_state state;
    struct signed_block blocks[CLUSTER_SIGNED_SLOTS][CLUSTER_SIGNED_BLOCKS];
    bool *marks; /* of all blocks */
};

struct cluster_validator
cluster_validator_of(const struct genesis_validator *validator)
{
    struct cluster_validator out = {.identity = validator->identity,
                                    .vote = validator->vote_account,
                                    .stake = validator->stake,
                                    .commission = validator->commission,
                                    .last_vote = CLUSTER_NO_SLOT,
                                    .root_slot = CLUSTER_NO_SLOT};
    if (validator->address_count)
        snprintf(out.address, sizeof(out.address), "%s",
                 validator->addresses[0]);
    return out;
}

struct cluster_view *
cluster_view_new(const struct cluster_validator *validators, size_t count)
{
    struct cluster_view *view = mem_zero(1, sizeof(*view));
    lock_init(&view->lock);
    view->count = count;
    view->validators = mem_zero(count, sizeof(*validators));
    if (count)
        memcpy(view->validators, validators, count * sizeof(*validators));
    view->marks = mem_zero(CLUSTER_SIGNED_SLOTS * CLUSTER_SIGNED_BLOCKS,
                           2 * count * sizeof(bool) + 1);
    bool *marks = view->marks;
    for (size_t i = 0; i < CLUSTER_SIGNED_SLOTS; i++) {
        for (size_t j = 0; j < CLUSTER_SIGNED_BLOCKS; j++) {
            view->blocks[i][j].marks = marks;
            marks += 2 * count;
        }
    }
    return view;
}

void cluster_view_free(struct cluster_view *view)
{
    if (!view)
        return;
    free(view->validators);
    free(view->marks);
    lock_destroy(&view->lock);
    free(view);
}

/* ---- Telling ---- */

void cluster_view_set_state(struct cluster_view *view,
                            const struct cluster_state *state)
{
    CHECK(!state->has_self || state->self < view->count);
    lock_take(&view->lock);
    view->state = *state;
    lock_give(&view->lock);
}

void cluster_view_set_validator(struct cluster_view *view, uint16_t index,
                                const struct cluster_validator *validator)
{
    CHECK(index < view->count);
    lock_take(&view->lock);
    uint64_t last_vote = view->validators[index].last_vote;
    view->validators[index] = *validator;
    view->validators[index].last_vote = last_vote;
    lock_give(&view->lock);
}

static uint64_t weight(const struct signed_block *block)
{
    return block->stakes[CLUSTER_NOTARIZED] + block->stakes[CLUSTER_FINALIZED];
}

static struct signed_block *find(struct cluster_view *view, uint64_t slot,
                                 const struct hash *hash)
{
    struct signed_block *blocks = view->blocks[slot % CLUSTER_SIGNED_SLOTS];
    for (size_t i = 0; i < CLUSTER_SIGNED_BLOCKS; i++)
        if (blocks[i].is_used && blocks[i].slot == slot &&
            hash_equal(&blocks[i].hash, hash))
            return &blocks[i];
    return NULL;
}

/* A place for a block: a free one, that of an older slot, or that of the block
 * with the least stake. NULL: all there are of newer slots. */
static struct signed_block *make_place(struct cluster_view *view, uint64_t slot,
                                       const struct hash *hash)
{
    struct signed_block *blocks = view->blocks[slot % CLUSTER_SIGNED_SLOTS];
    struct signed_block *place = NULL;
    for (size_t i = 0; i < CLUSTER_SIGNED_BLOCKS; i++) {
        struct signed_block *at = &blocks[i];
        if (at->is_used && at->slot > slot)
            continue;
        bool is_old = !at->is_used || at->slot < slot;
        if (!place || is_old || weight(at) < weight(place))
            place = at;
        if (is_old)
            break;
    }
    if (!place)
        return NULL;
    bool *marks = place->marks;
    memset(marks, 0, 2 * view->count * sizeof(*marks));
    *place = (struct signed_block){
        .is_used = true, .slot = slot, .hash = *hash, .marks = marks};
    return place;
}

/* last_vote is the highest slot, as Solana's. */
void cluster_view_vote(struct cluster_view *view, uint16_t index,
                       enum cluster_signature what, uint64_t slot,
                       const struct hash *hash)
{
    CHECK(index < view->count);
    lock_take(&view->lock);
    struct cluster_validator *validator = &view->validators[index];
    if (validator->last_vote == CLUSTER_NO_SLOT || validator->last_vote < slot)
        validator->last_vote = slot;
    struct signed_block *block = find(view, slot, hash);
    if (!block)
        block = make_place(view, slot, hash);
    if (block) {
        bool *mark = &block->marks[(size_t)what * view->count + index];
        if (!*mark)
            block->stakes[what] += validator->stake;
        *mark = true;
    }
    lock_give(&view->lock);
}

/* ---- Asking ---- */

static const struct signed_block *strongest(const struct cluster_view *view,
                                            uint64_t slot)
{
    const struct signed_block *blocks =
        view->blocks[slot % CLUSTER_SIGNED_SLOTS];
    const struct signed_block *found = NULL;
    for (size_t i = 0; i < CLUSTER_SIGNED_BLOCKS; i++)
        if (blocks[i].is_used && blocks[i].slot == slot &&
            (!found || weight(&blocks[i]) > weight(found)))
            found = &blocks[i];
    return found;
}

size_t cluster_view_count(const struct cluster_view *view)
{
    return view->count;
}

void cluster_view_state(struct cluster_view *view, struct cluster_state *out)
{
    lock_take(&view->lock);
    *out = view->state;
    lock_give(&view->lock);
}

struct cluster_validator *cluster_view_validators(struct cluster_view *view,
                                                  struct arena *arena)
{
    struct cluster_validator *copies =
        arena_alloc(arena, (view->count + 1) * sizeof(*copies));
    lock_take(&view->lock);
    memcpy(copies, view->validators, view->count * sizeof(*copies));
    lock_give(&view->lock);
    return copies;
}

bool cluster_view_signers(struct cluster_view *view, uint64_t slot,
                          const struct hash *hash, struct arena *arena,
                          struct cluster_signers *out)
{
    bool *marks = arena_alloc(arena, 2 * view->count * sizeof(*marks) + 1);
    lock_take(&view->lock);
    const struct signed_block *block =
        hash ? find(view, slot, hash) : strongest(view, slot);
    if (block) {
        memcpy(marks, block->marks, 2 * view->count * sizeof(*marks));
        *out = (struct cluster_signers){
            .hash = block->hash,
            .notarized = marks,
            .finalized = marks + view->count,
            .notarized_stake = block->stakes[CLUSTER_NOTARIZED],
            .finalized_stake = block->stakes[CLUSTER_FINALIZED]};
    }
    lock_give(&view->lock);
    return block != NULL;
}
