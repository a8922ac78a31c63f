/*
 * What is voted: R3 to R6 of docs/consensus.md, and leading.
 *
 * Agreement rests on this file. Each vote goes into the record before it goes
 * out, and each rule reads the record, so a restart changes nothing.
 */
#include "base/check.h"
#include "consensus/consensus_internal.h"

/* ---- R6: the current slot ---- */

static bool is_covered(const struct consensus *consensus, uint64_t slot)
{
    return consensus_covered_from(consensus, window_of(slot)) <=
           window_place(slot);
}

/* A slot is certified with any later one of its window, because in a window
 * each block stands on the slot before. */
static bool is_certified(const struct consensus *consensus, uint64_t slot)
{
    const struct window *window = consensus_window(consensus, window_of(slot));
    struct hash block;

    if (slot <= consensus->root.slot)
        return true;
    for (uint64_t at = slot; window_of(at) == window_of(slot); at++)
        if (vote_pool_quorum(window->pool, VOTE_NOTARIZE, at, &block))
            return true;
    return false;
}

bool consensus_advance(struct consensus *consensus)
{
    uint64_t before = consensus->current;

    for (;;) {
        consensus_add_window(consensus, window_of(consensus->current));
        consensus_add_window(consensus, window_of(consensus->current) + 1);
        if (is_certified(consensus, consensus->current))
            consensus->current++;
        else if (is_covered(consensus, consensus->current))
            consensus->current =
                window_begin(window_of(consensus->current) + 1);
        else
            break;
    }
    return consensus->current != before;
}

/* ---- R3: notarize ---- */

/* The window's own bits. NULL: nothing may be voted there. */
static struct vote_bits *bits_of(const struct consensus *consensus,
                                 uint64_t window)
{
    return vote_record_bits((struct vote_record *)&consensus->record, window);
}

/* A restart may have put the current slot back before the record's window:
 * nothing is notarized there. */
static bool may_notarize_in(const struct consensus *consensus, uint64_t window)
{
    return consensus_votes(consensus) &&
           window == window_of(consensus->current) &&
           window == consensus->record.window;
}

static bool is_notarized_parent(const struct consensus *consensus,
                                const struct consensus_block *block)
{
    unsigned place = window_place(block->parent_slot);
    struct window *window =
        consensus_window(consensus, window_of(block->parent_slot));
    struct hash notarized;

    if (block->parent_slot == consensus->root.slot)
        return hash_equal(&block->parent, &consensus->root.hash);
    if (consensus->record.bits[0].notarized >> place & 1 &&
        hash_equal(&consensus->record.notarized[place], &block->parent))
        return true;
    return vote_pool_quorum(window->pool, VOTE_NOTARIZE, block->parent_slot,
                            &notarized) &&
           hash_equal(&notarized, &block->parent);
}

static bool is_certified_parent(const struct consensus *consensus,
                                const struct consensus_block *block)
{
    if (block->parent_slot < consensus->root.slot)
        return false;
    const struct known_block *parent =
        known_block_certified(consensus, block->parent_slot);
    if (!parent || !hash_equal(&parent->block.hash, &block->parent))
        return false;
    return consensus_first_uncovered(consensus, block->parent_slot + 1,
                                     block->slot) == block->slot;
}

static bool may_notarize(const struct consensus *consensus,
                         const struct known_block *known)
{
    if (!known->is_there || !known->is_executed || known->is_invalid ||
        known->block.slot <= consensus->root.slot)
        return false;
    return window_place(known->block.slot)
               ? is_notarized_parent(consensus, &known->block)
               : is_certified_parent(consensus, &known->block) &&
                     !consensus_is_full(consensus);
}

static void sign(struct consensus *consensus, enum vote_kind kind,
                 uint64_t slot, const struct hash *value)
{
    struct vote *vote = &consensus_say_after(consensus, CONSENSUS_SIGN)->vote;

    vote->kind = kind;
    vote->validator = consensus->self;
    vote->slot = slot;
    if (value)
        vote->value = *value;
}

static void notarize(struct consensus *consensus,
                     const struct known_block *known)
{
    unsigned place = window_place(known->block.slot);

    consensus->record.bits[0].notarized |= (uint8_t)(1u << place);
    consensus->record.notarized[place] = known->block.hash;
    sign(consensus, VOTE_NOTARIZE, known->block.slot, &known->block.hash);
}

static void notarize_all(struct consensus *consensus, struct window *window)
{
    if (!may_notarize_in(consensus, window->number))
        return;
    for (unsigned place = 0; place < WINDOW_SLOTS; place++)
        for (size_t i = 0; i < BLOCKS_OF_SLOT_MAX; i++)
            if (!(consensus->record.bits[0].notarized >> place & 1) &&
                may_notarize(consensus, &window->blocks[place][i]))
                notarize(consensus, &window->blocks[place][i]);
}

/* ---- R4: nullify ---- */

bool consensus_may_give_up(const struct consensus *consensus)
{
    unsigned place = window_place(consensus->current);
    const struct vote_bits *bits =
        bits_of(consensus, window_of(consensus->current));
    unsigned up_to = (2u << place) - 1;

    if (!consensus_votes(consensus) || !bits)
        return false;
    /* Not after a finalize vote of this slot or a later one of the window, and
     * again only for a lower slot. */
    return !(bits->finalized >> place) && !(bits->nullified & up_to);
}

void consensus_give_up(struct consensus *consensus)
{
    CHECK(consensus_may_give_up(consensus));
    struct vote_bits *bits = bits_of(consensus, window_of(consensus->current));

    bits->nullified |= (uint8_t)(1u << window_place(consensus->current));
    consensus->lead.is_on = false;
    sign(consensus, VOTE_NULLIFY, consensus->current, NULL);
}

/* ---- R5: finalize ---- */

static void finalize_all(struct consensus *consensus, struct window *window)
{
    struct vote_bits *bits = bits_of(consensus, window->number);

    if (!consensus_votes(consensus) || !bits)
        return;
    for (unsigned place = 0; place < WINDOW_SLOTS; place++) {
        uint64_t slot = window_begin(window->number) + place;
        const struct known_block *known =
            known_block_certified(consensus, slot);
        unsigned up_to = (2u << place) - 1;
        if (!known || slot <= consensus->root.slot || !known->is_executed ||
            !known->has_state || bits->finalized >> place & 1 ||
            bits->nullified & up_to)
            continue;
        struct hash outcome = vote_outcome(&known->block.hash, &known->state);
        bits->finalized |= (uint8_t)(1u << place);
        if (window->number == consensus->record.window)
            consensus->record.finalized[place] = outcome;
        sign(consensus, VOTE_FINALIZE, slot, &outcome);
    }
}

/* ---- leading ---- */

struct known_block *consensus_parent(const struct consensus *consensus)
{
    uint64_t current = window_of(consensus->current);

    /* Every slot from the root to here is certified or covered. */
    for (size_t i = consensus->window_count; i-- > 0;) {
        uint64_t number = consensus->windows[i]->number;
        for (unsigned place = WINDOW_SLOTS; number < current && place-- > 0;) {
            uint64_t slot = window_begin(number) + place;
            struct known_block *known =
                slot < consensus->root.slot
                    ? NULL
                    : known_block_certified(consensus, slot);
            if (known)
                return known;
        }
    }
    return known_block_certified(consensus, consensus->root.slot);
}

/* The window's first slot, or the one after a root in its midst. */
static void begin_to_lead(struct consensus *consensus)
{
    const struct known_block *parent = consensus_parent(consensus);

    if (!parent || !parent->is_executed || consensus_is_full(consensus))
        return;
    consensus->lead.parent_slot = parent->block.slot;
    consensus->lead.parent = parent->block.hash;
    consensus->lead.slot = consensus->current;
    consensus->lead.due_ns =
        parent->block.time_ns +
        (consensus->current - parent->block.slot) * consensus->slot_ns;
}

/* The first block waits until the record says that this window is led, all of
 * it: who restarts amid a window that it led makes no more blocks of it. So the
 * blocks behind wait for no disk. */
static struct consensus_output *say_lead(struct consensus *consensus)
{
    unsigned place = window_place(consensus->lead.slot);
    uint8_t rest = (uint8_t)((1u << WINDOW_SLOTS) - (1u << place));

    if (!(rest & ~consensus->record.led))
        return consensus_say(consensus, CONSENSUS_LEAD);
    consensus->record.led |= rest;
    return consensus_say_after(consensus, CONSENSUS_LEAD);
}

static void lead(struct consensus *consensus)
{
    if (!consensus->lead.is_on || consensus->lead.is_asked)
        return;
    if (!consensus->lead.slot)
        begin_to_lead(consensus);
    if (!consensus->lead.slot)
        return;
    consensus->lead.is_asked = true;
    struct consensus_output *output = say_lead(consensus);
    output->slot = consensus->lead.slot;
    output->parent_slot = consensus->lead.parent_slot;
    output->parent = consensus->lead.parent;
    output->due_ns = consensus->lead.due_ns;
}

void consensus_stop_leading(struct consensus *consensus, uint64_t slot)
{
    if (!consensus->lead.is_on || consensus->lead.slot != slot)
        return;
    consensus->lead.is_on = false;
    if (consensus->current == slot && consensus_may_give_up(consensus))
        consensus_give_up(consensus);
}

void consensus_act_now(struct consensus *consensus, struct window *window)
{
    notarize_all(consensus, window);
    finalize_all(consensus, window);
    lead(consensus);
}
