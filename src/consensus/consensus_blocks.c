/*
 * What is known of blocks: which are certified (R1), and which are final (R7).
 */
#include "base/check.h"
#include "base/memory.h"
#include "consensus/consensus_internal.h"
#include "consensus/evidence.h"

#include <stdlib.h>

struct known_block *known_block_find(struct window *window, uint64_t slot,
                                     const struct hash *hash)
{
    struct known_block *blocks = window->blocks[window_place(slot)];

    for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++)
        if (blocks[i].is_there && hash_equal(&blocks[i].block.hash, hash))
            return &blocks[i];
    return NULL;
}

/* Room that may be taken from another block: one that nobody can need, because
 * it is neither certified nor voted for here. */
static bool is_spare(const struct consensus *consensus,
                     const struct window *window,
                     const struct known_block *known)
{
    unsigned place = window_place(known->block.slot);

    if (known->is_certified)
        return false;
    return window->number != consensus->record.window ||
           !(consensus->record.bits[0].notarized >> place & 1) ||
           !hash_equal(&consensus->record.notarized[place], &known->block.hash);
}

struct known_block *known_block_add(struct consensus *consensus,
                                    struct window *window, uint64_t slot,
                                    const struct hash *hash)
{
    struct known_block *blocks = window->blocks[window_place(slot)];
    struct known_block *room = known_block_find(window, slot, hash);

    if (room)
        return room;
    for (size_t i = 0; !room && i < BLOCKS_OF_SLOT_MAX; i++)
        if (!blocks[i].is_there)
            room = &blocks[i];
    for (size_t i = 0; !room && i < BLOCKS_OF_SLOT_MAX; i++)
        if (is_spare(consensus, window, &blocks[i]))
            room = &blocks[i];
    if (!room)
        return NULL;
    *room = (struct known_block){.is_there = true,
                                 .block = {.slot = slot, .hash = *hash}};
    return room;
}

struct known_block *known_block_certified(const struct consensus *consensus,
                                          uint64_t slot)
{
    struct window *window = consensus_window(consensus, window_of(slot));

    for (size_t i = 0; window && i < BLOCKS_OF_SLOT_MAX; i++) {
        struct known_block *known = &window->blocks[window_place(slot)][i];
        if (known->is_there && known->is_certified)
            return known;
    }
    return NULL;
}

bool known_block_is_backed(const struct consensus *consensus,
                           const struct window *window,
                           const struct known_block *known)
{
    uint64_t stake = vote_pool_stake(window->pool, VOTE_NOTARIZE,
                                     known->block.slot, &known->block.hash);

    return validator_set_has_honest(consensus->set, stake);
}

/* ---- certified ---- */

static void keep(struct consensus *consensus, const struct window *window,
                 enum vote_kind kind, uint64_t slot, const struct hash *block)
{
    struct consensus_output *output = consensus_say(consensus, CONSENSUS_KEEP);

    vote_pool_certify(window->pool, kind, slot, block, NULL,
                      &output->certificate);
}

/* Mark a block and those of its window that it descends from. Those whose
 * header is not here yet are marked when it comes. */
static bool mark(struct consensus *consensus, struct window *window,
                 uint64_t slot, const struct hash *hash)
{
    bool is_new = false;

    while (slot > consensus->root.slot) {
        struct known_block *known =
            known_block_add(consensus, window, slot, hash);
        /* There is room: at most one block of a slot is certified, and one
         * voted for. More than that, and a third of the stake is false. */
        if (!known)
            return is_new;
        is_new |= !known->is_certified;
        if (!known->is_certified) {
            known->is_certified = true;
            known->want_ns = 0;
            struct consensus_output *output =
                consensus_say(consensus, CONSENSUS_CONFIRMED);
            output->slot = slot;
            output->hash = known->block.hash;
        }
        if (!known->has_header || !window_place(slot))
            return is_new;
        hash = &known->block.parent;
        slot--;
    }
    return is_new;
}

/* Who finalizes a block has seen it certified, so a finalisation shows that it
 * is. */
void consensus_mark_final(struct consensus *consensus, struct window *window,
                          const struct certificate *certificate)
{
    mark(consensus, window, certificate->slot, &certificate->block);
}

/* The votes are gone, and the header of a certified block has come. */
static bool mark_again(struct consensus *consensus, struct window *window)
{
    bool is_new = false;

    for (unsigned place = WINDOW_SLOTS; place-- > 0;) {
        uint64_t slot = window_begin(window->number) + place;
        const struct known_block *known =
            known_block_certified(consensus, slot);
        if (known)
            is_new |= mark(consensus, window, slot, &known->block.hash);
    }
    return is_new;
}

bool consensus_certify(struct consensus *consensus, struct window *window)
{
    bool is_new = window->number < consensus->closed_before &&
                  mark_again(consensus, window);
    unsigned covered_from = vote_pool_covered_from(window->pool);

    for (unsigned place = WINDOW_SLOTS; place-- > 0;) {
        uint64_t slot = window_begin(window->number) + place;
        struct hash block;
        if (slot <= consensus->root.slot ||
            !vote_pool_quorum(window->pool, VOTE_NOTARIZE, slot, &block))
            continue;
        is_new |= mark(consensus, window, slot, &block);
        if (!window->is_kept[place]) {
            window->is_kept[place] = true;
            keep(consensus, window, VOTE_NOTARIZE, slot, &block);
        }
        if (slot > consensus->highest_certified)
            consensus->highest_certified = slot;
    }
    if (covered_from < window->kept_from) {
        window->kept_from = covered_from;
        keep(consensus, window, VOTE_NULLIFY,
             window_begin(window->number) + covered_from, NULL);
    }
    return is_new;
}

/* ---- final ---- */

/* The block that a quorum finalized, if it is here with that outcome. */
static struct known_block *find_outcome(struct window *window, uint64_t slot,
                                        const struct hash *outcome)
{
    for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++) {
        struct known_block *known = &window->blocks[window_place(slot)][i];
        if (!known->is_there || !known->is_executed || !known->has_state)
            continue;
        struct hash own = vote_outcome(&known->block.hash, &known->state);
        if (hash_equal(&own, outcome))
            return known;
    }
    return NULL;
}

/* A quorum agreed on another state after the block than there is here. */
static void halt(struct consensus *consensus, const struct known_block *known)
{
    if (consensus->is_halted)
        return;
    consensus->is_halted = true;
    consensus->lead.is_on = false;
    struct consensus_output *output = consensus_say(consensus, CONSENSUS_HALT);
    output->slot = known->block.slot;
    output->hash = known->block.hash;
}

/* The blocks from the last back to after the root, by their links; NULL if one
 * of them is not known yet. */
static struct known_block **chain_to(struct consensus *consensus,
                                     struct known_block *last, size_t *count)
{
    size_t capacity = 0;
    struct known_block **chain = NULL;
    struct known_block *at = last;

    *count = 0;
    while (at && at->has_header && at->block.slot > consensus->root.slot) {
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            chain = mem_resize(chain, capacity * sizeof(*chain));
        }
        chain[(*count)++] = at;
        if (at->block.parent_slot <= consensus->root.slot)
            break;
        uint64_t slot = at->block.parent_slot;
        struct window *window =
            consensus_add_window(consensus, window_of(slot));
        /* An ancestor of what is final is as good as certified, so it is asked
         * for if it is not here. */
        mark(consensus, window, slot, &at->block.parent);
        at = known_block_find(window, slot, &at->block.parent);
    }
    bool is_whole =
        at && at->has_header && at->block.parent_slot <= consensus->root.slot;
    if (is_whole && !hash_equal(&at->block.parent, &consensus->root.hash)) {
        halt(consensus, last);
        is_whole = false;
    }
    if (is_whole)
        return chain;
    free(chain);
    return NULL;
}

static void move_root(struct consensus *consensus, const struct window *window,
                      struct known_block *last)
{
    struct consensus_output *output = consensus_say(consensus, CONSENSUS_KEEP);

    vote_pool_certify(window->pool, VOTE_FINALIZE, last->block.slot,
                      &last->block.hash, &last->state, &output->certificate);
    certificate_free(&consensus->root_proof);
    vote_pool_certify(window->pool, VOTE_FINALIZE, last->block.slot,
                      &last->block.hash, &last->state, &consensus->root_proof);
    last->is_certified = true;
    consensus->root = last->block;
    /* Waiting is over in this window, too: who caught up through many windows
     * entered it with timers of a minute. */
    consensus->timer_delta_ns = consensus->delta_ns;
    consensus->timer_slot_ns = consensus->slot_ns;
    if (last->block.slot > consensus->highest_certified)
        consensus->highest_certified = last->block.slot;
    consensus_drop_windows(consensus);
}

static bool finish(struct consensus *consensus, struct window *window,
                   struct known_block *last)
{
    size_t count;
    struct known_block **chain = chain_to(consensus, last, &count);

    if (!chain)
        return false;
    for (size_t i = count; i-- > 0;) {
        struct consensus_output *output =
            consensus_say(consensus, CONSENSUS_FINAL);
        output->slot = chain[i]->block.slot;
        output->hash = chain[i]->block.hash;
        output->state = chain[i]->state;
    }
    free(chain);
    move_root(consensus, window, last);
    return true;
}

static bool finish_in(struct consensus *consensus, struct window *window)
{
    for (unsigned place = WINDOW_SLOTS; place-- > 0;) {
        uint64_t slot = window_begin(window->number) + place;
        struct hash outcome;
        if (slot <= consensus->root.slot)
            return false;
        if (!vote_pool_quorum(window->pool, VOTE_FINALIZE, slot, &outcome))
            continue;
        struct known_block *last = find_outcome(window, slot, &outcome);
        struct known_block *own = known_block_certified(consensus, slot);
        if (last)
            return finish(consensus, window, last);
        if (own && own->is_executed && own->has_state)
            halt(consensus, own);
    }
    return false;
}

/* Whatever changed may be what a final block of any window waited for: an
 * ancestor that was not here. */
bool consensus_finish(struct consensus *consensus)
{
    for (size_t i = consensus->window_count; i-- > 0;)
        if (finish_in(consensus, consensus->windows[i]))
            return true;
    return false;
}

/* ---- news ---- */

static void note_state(struct known_block *known, const struct hash *state)
{
    if (!state || known->has_state)
        return;
    known->state = *state;
    known->has_state = true;
}

/* The leader's own next block: the one after it may be begun. */
static void note_own(struct consensus *consensus,
                     const struct consensus_block *block)
{
    if (!consensus->lead.is_on || !consensus->lead.is_asked ||
        block->slot != consensus->lead.slot)
        return;
    consensus->lead.is_asked = false;
    consensus->lead.slot++;
    consensus->lead.parent_slot = block->slot;
    consensus->lead.parent = block->hash;
    consensus->lead.due_ns = block->time_ns + consensus->slot_ns;
    if (window_of(consensus->lead.slot) != window_of(block->slot))
        consensus->lead.is_on = false;
}

/* An honest leader signs one header a slot: its record says what it led. */
static void look_for_second(struct consensus *consensus, struct window *window,
                            const struct known_block *known)
{
    unsigned place = window_place(known->block.slot);
    struct consensus_peer *leader = &consensus->peers[window->leader];
    const struct pubkey *key =
        &validator_set_at(consensus->set, window->leader)->identity;
    const struct signed_block one = {*key, known->block.slot,
                                     known->block.hash};

    for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++) {
        const struct known_block *at = &window->blocks[place][i];
        const struct signed_block other = {*key, at->block.slot,
                                           at->block.hash};
        if (!at->is_there || !at->has_header ||
            evidence_of_blocks(&one, &other) == OFFENCE_NONE)
            continue;
        window->is_twofold[place] = true;
        if (leader->is_accused)
            return;
        leader->is_accused = true;
        struct consensus_output *output =
            consensus_say(consensus, CONSENSUS_ACCUSE);
        output->peer = window->leader;
        output->slot = one.slot;
        output->hash = other.hash;
        output->other_hash = one.hash;
        return;
    }
}

struct window *consensus_take_block(struct consensus *consensus,
                                    const struct consensus_block *block,
                                    enum consensus_news news,
                                    const struct hash *state)
{
    struct window *window = consensus_window(consensus, window_of(block->slot));

    if (!window || block->slot <= consensus->root.slot)
        return NULL;
    /* Of what is long past only what is certified matters. */
    struct known_block *known =
        window->number < consensus->closed_before
            ? known_block_find(window, block->slot, &block->hash)
            : known_block_add(consensus, window, block->slot, &block->hash);
    if (!known)
        return NULL;
    bool is_first = !known->has_header;
    known->block = *block;
    known->has_header = true;
    if (is_first)
        look_for_second(consensus, window, known);
    window->is_seen = true;
    /* In a window each block stands on the slot before. */
    if (news == CONSENSUS_INVALID || block->parent_slot >= block->slot ||
        (window_place(block->slot) && block->parent_slot + 1 != block->slot))
        known->is_invalid = true;
    if (news == CONSENSUS_EXECUTED && !known->is_invalid) {
        known->is_executed = true;
        note_state(known, state);
        note_own(consensus, block);
    }
    return window;
}
