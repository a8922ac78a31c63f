/*
 * What must hold in a simulated network, whatever happens.
 */
#include "consensus_world_internal.h"

#include <inttypes.h>
#include <stdarg.h>

const char *const world_situation_names[] = {
    [SEEN_GIVEN_UP_AFTER_VOTE] = "a slot notarized, then given up",
    [SEEN_VOTE_AFTER_GIVEN_UP] = "a slot given up, then notarized",
    [SEEN_CERTIFIED_AND_COVERED] = "a slot certified and covered",
    [SEEN_FINAL_AND_COVERED] = "a slot final by a later one, and covered",
    [SEEN_VOTES_SPLIT] = "honest votes for two blocks of a slot",
    [SEEN_TAKEN_BACK] = "a certified block that does not become final",
    [SEEN_ASKED_CERTIFIED] = "a leader asked for its parent's votes",
    [SEEN_ASKED_COVERED] = "a leader asked for votes that gave a slot up",
    [SEEN_ASKED_EVIDENCE] = "evidence asked for",
    [SEEN_ANSWERED_WITH_FINAL] = "evidence that is a finalisation",
    [SEEN_RECORD_AHEAD] = "a restart before the record's window",
    [SEEN_ROOT_INSIDE] = "a restart in the midst of a window",
    [SEEN_LED_BEFORE] = "a restart in a window that it led",
    [SEEN_LOST_RECORD] = "a crash while the record is written",
    [SEEN_FORGOT_KEPT] = "a restart without its certificates",
    [SEEN_FORGOT_VOTES] = "a restart without its record",
    [SEEN_VOTES_AGAIN] = "one that votes again after it had forgotten",
    [SEEN_SNAPSHOT] = "a snapshot",
    [SEEN_WINDOW_WHILE_CUT] = "a window entered while the network is cut",
    [SEEN_FINAL_WHILE_CUT] = "a final block while the network is cut",
    [SEEN_ACCUSED] = "a traitor accused",
    [SEEN_CUT_OFF] = "a traitor cut off",
    [SEEN_TWOFOLD] = "two blocks of a leader and slot",
    [SEEN_INVALID_BLOCK] = "a block that breaks a rule",
    [SEEN_FUTURE_BLOCK] = "a block ahead of its time",
    [SEEN_LONG_PAUSE] = "a pause longer than the timers",
    [SEEN_CLOCK_SET] = "a clock that is set",
    [SEEN_CANNOT_LEAD] = "a leader that can't lead",
    [SEEN_HALTED] = "a halt, for another state",
    [SEEN_WATCHED] = "a final block, by who only watches",
};

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    sim_fail(&world->result, &world->options, world->now_us, format, arguments);
    va_end(arguments);
}

void world_see(struct world *world, enum world_situation situation)
{
    world->result.seen |= UINT64_C(1) << situation;
}

void world_digest(struct world *world, uint64_t value)
{
    world->result.digest = sim_mix(world->result.digest, value);
}

struct slot_book *world_slot_book(struct world *world, uint64_t slot)
{
    struct slot_book *book = &world->slots[slot % SLOTS];

    if (book->slot != slot)
        *book = (struct slot_book){.slot = slot};
    return book;
}

/* ---- votes ---- */

static void note_notarized(struct world *world, const struct vote *vote)
{
    struct slot_book *slot = world_slot_book(world, vote->slot);

    if (slot->has_notarized && !hash_equal(&slot->notarized, &vote->value))
        world_see(world, SEEN_VOTES_SPLIT);
    slot->has_notarized = true;
    slot->notarized = vote->value;
}

void world_check_vote(struct world *world, const struct vote *vote)
{
    unsigned news = sim_votes_take(world->votes, vote);

    if (news & (SIM_VOTE_SECOND | SIM_VOTE_CONTRADICTS))
        world_fail(world,
                   "validator %u gave a vote of kind %u in slot %" PRIu64
                   " that contradicts another of it",
                   vote->validator, vote->kind, vote->slot);
    if (news & SIM_VOTE_AFTER_GIVEN_UP)
        world_see(world, SEEN_VOTE_AFTER_GIVEN_UP);
    if (news & SIM_VOTE_GIVES_UP)
        world_see(world, SEEN_GIVEN_UP_AFTER_VOTE);
    if (vote->kind == VOTE_NOTARIZE)
        note_notarized(world, vote);
}

/* ---- certificates ---- */

void world_check_certified(struct world *world, uint64_t slot,
                           const struct hash *hash)
{
    struct slot_book *book = world_slot_book(world, slot);

    if (book->has_certified && !hash_equal(&book->certified, hash))
        world_fail(world, "two blocks of slot %" PRIu64 " are certified", slot);
    book->has_certified = true;
    book->certified = *hash;
    if (book->is_covered)
        world_see(world, SEEN_CERTIFIED_AND_COVERED);
}

static void note_covered(struct world *world, struct slot_book *book)
{
    book->is_covered = true;
    if (book->is_final_itself)
        world_fail(world, "slot %" PRIu64 " is final, and given up",
                   book->slot);
    if (book->has_certified)
        world_see(world, SEEN_CERTIFIED_AND_COVERED);
    if (book->has_final)
        world_see(world, SEEN_FINAL_AND_COVERED);
}

/* What a quorum decided, and that its two decisions exclude each other. */
void world_check_kept(struct world *world,
                      const struct certificate *certificate)
{
    struct slot_book *book = world_slot_book(world, certificate->slot);

    if (certificate->kind == VOTE_FINALIZE) {
        book->is_final_itself = true;
        if (book->is_covered)
            world_fail(world, "slot %" PRIu64 " is given up, and final",
                       certificate->slot);
    }
    if (certificate->kind != VOTE_NULLIFY)
        return;
    for (uint64_t slot = certificate->slot;
         window_of(slot) == window_of(certificate->slot); slot++)
        note_covered(world, world_slot_book(world, slot));
}

/* ---- final ---- */

static void check_link(struct world *world, const struct instance *instance,
                       const struct consensus_output *output)
{
    const struct block *block = world_block(world, hash_number(&output->hash));

    if (output->slot <= instance->final_slot)
        world_fail(world, "slot %" PRIu64 " is final after %" PRIu64,
                   output->slot, instance->final_slot);
    if (!block) {
        world_fail(world, "slot %" PRIu64 " has a final block nobody made",
                   output->slot);
        return;
    }
    if (!hash_equal(&block->parent_hash, &instance->final_hash))
        world_fail(world,
                   "the final block of slot %" PRIu64
                   " does not follow the one before",
                   output->slot);
    if (world_block_state(instance, block->number) != BLOCK_EXECUTED ||
        block->is_invalid)
        world_fail(world, "slot %" PRIu64 " is final and was not executed",
                   output->slot);
    if (hash_number(&output->state) &&
        !hash_equal(&output->state, &block->state))
        world_fail(world, "slot %" PRIu64 " is final with another state",
                   output->slot);
}

/* The first time that a slot is final anywhere. Certified blocks between it and
 * the one before are lost. */
static void note_final(struct world *world, struct slot_book *book,
                       const struct consensus_output *output)
{
    world->result.blocks++;
    world->last_final_us = world->now_us;
    if (book->is_covered)
        world_see(world, SEEN_FINAL_AND_COVERED);
    if (world->links.is_cut)
        world_see(world, SEEN_FINAL_WHILE_CUT);
    for (uint64_t slot = world->highest_final + 1; slot < output->slot; slot++)
        if (output->slot - slot < SLOTS &&
            world_slot_book(world, slot)->has_certified) {
            world->result.taken_back++;
            world_see(world, SEEN_TAKEN_BACK);
        }
    if (output->slot > world->highest_final)
        world->highest_final = output->slot;
}

uint64_t world_least_final(const struct world *world)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < world->count; i++) {
        const struct instance *instance = instance_at(world, i);
        if (instance->life && !instance->is_traitor && instance->is_healed &&
            instance->final_slot < least)
            least = instance->final_slot;
    }
    return least;
}

void world_check_final(struct world *world, struct instance *instance,
                       const struct consensus_output *output)
{
    struct slot_book *book = world_slot_book(world, output->slot);
    const struct block *block = world_block(world, hash_number(&output->hash));
    bool was_least = instance->final_slot <= world->least_final;

    if (book->has_final && !hash_equal(&book->final, &output->hash))
        world_fail(world, "two blocks of slot %" PRIu64 " are final",
                   output->slot);
    check_link(world, instance, output);
    if (block) {
        uint64_t took_us = world->now_us - block->made_us;
        world->finalities[world->finality_count++ % FINALITIES] = took_us;
        if (!book->has_final) {
            world->result.finality_us += took_us;
            world->result.finality_count++;
        }
    }
    if (!book->has_final)
        note_final(world, book, output);
    if (world_watches(instance))
        world_see(world, SEEN_WATCHED);
    book->has_final = true;
    book->final = output->hash;
    instance->final_slot = output->slot;
    instance->final_hash = output->hash;
    if (was_least)
        world->least_final = world_least_final(world);
}
