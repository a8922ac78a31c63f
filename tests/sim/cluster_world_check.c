/*
 * What must hold whatever happens.
 */
#include "cluster_world_internal.h"

#include "settlement/cluster/cluster_message.h"
#include "settlement/format/block_header.h"

#include <inttypes.h>
#include <stdarg.h>

const char *const world_situation_names[] = {
    [SEEN_TWO_BLOCKS] = "two blocks of a slot were executed",
    [SEEN_INVALID_BLOCK] = "an invalid block",
    [SEEN_FETCHED] = "a block was fetched",
    [SEEN_FORK_DIED] = "a block that was executed did not become final",
    [SEEN_TAKEN_BACK] = "a confirmed block was taken back",
    [SEEN_UNLED] = "a leader could not lead",
    [SEEN_RESTORED] = "blocks of the log were executed again",
    [SEEN_FLUSH_LOST] = "a crash amid a flush",
    [SEEN_LOG_TORN] = "a crash tore the log",
    [SEEN_RECORD_LOST] = "a crash between a record and its being durable",
    [SEEN_CRASHED_ALL] = "all crashed at once",
    [SEEN_FORGOT] = "a disk was lost",
    [SEEN_LOG_DAMAGED] = "part of a log could not be read after a restart",
    [SEEN_UNREADABLE] = "a block could not be read for another",
    [SEEN_DISK_FULL] = "a disk was full",
    [SEEN_TWINS] = "a traitor was two processes",
    [SEEN_ACCUSED] = "a traitor was shown",
    [SEEN_BANNED] = "a traitor was banned",
    [SEEN_CUT_OFF] = "a traitor's connection was cut",
    [SEEN_HELD] = "a final block waited for the disk",
    [SEEN_LOADED] = "a block was read for another",
    [SEEN_FINAL_WHILE_CUT] = "a block became final amid a partition",
    [SEEN_LONG_PAUSE] = "a process stood still for longer than the timers",
    [SEEN_CLOCK_SET] = "a clock was set",
    [SEEN_FORWARDED] = "a transaction came from another endpoint",
    [SEEN_FULL_MEMPOOL] = "an endpoint had no room for a transaction",
    [SEEN_TWICE_SENT] = "two endpoints took one transaction",
    [SEEN_EXPIRED] = "a transaction that was taken was never executed",
    [SEEN_FAILED] = "a transaction failed",
    [SEEN_SUBMISSION] = "a task took a submission",
    [SEEN_PAYOUT] = "a task paid a round out",
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

static void check_vote(struct process *process, const struct vote *vote)
{
    struct world *world = process->world;

    if (vote->validator != process->validator)
        world_fail(world, "validator %u sends a vote of %u", process->validator,
                   vote->validator);
    else if (sim_votes_take(world->votes, vote) &
             (SIM_VOTE_SECOND | SIM_VOTE_CONTRADICTS))
        world_fail(world,
                   "validator %u gave a vote of kind %u in slot %" PRIu64
                   " that contradicts another of it",
                   vote->validator, vote->kind, vote->slot);
}

static void check_votes(struct process *process, struct bytes body)
{
    struct cluster_votes votes;

    if (cluster_votes_decode(body, &votes)) {
        world_fail(process->world, "validator %u sends no votes",
                   process->validator);
        return;
    }
    for (size_t i = 0; i < votes.count; i++)
        check_vote(process, &votes.votes[i]);
}

/* ---- blocks ---- */

/* Nobody honest makes two blocks of a slot. */
static void check_piece(struct process *process, struct bytes body)
{
    struct world *world = process->world;
    struct cluster_piece piece;
    struct block_header header;

    if (cluster_piece_decode(body, &piece)) {
        world_fail(world, "validator %u sends no piece", process->validator);
        return;
    }
    if (piece.place)
        return;
    struct reader reader = reader_make(piece.bytes);
    if (block_header_read(&reader, &header)) {
        world_fail(world, "validator %u sends no header", process->validator);
        return;
    }
    struct slot_book *book = world_slot_book(world, header.slot);
    if (book->has_led && !hash_equal(&book->led, &piece.hash))
        world_fail(world, "validator %u makes two blocks of slot %" PRIu64,
                   process->validator, header.slot);
    book->has_led = true;
    book->led = piece.hash;
}

void world_check_frame(struct process *process, uint8_t kind, struct bytes body)
{
    if (!is_honest(process))
        return;
    if (kind == CLUSTER_VOTES)
        check_votes(process, body);
    if (kind == CLUSTER_BLOCK)
        check_piece(process, body);
}

/* ---- what replicas say ---- */

uint64_t world_least_final(const struct world *world)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < world->count; i++) {
        const struct process *process = process_at(world, i);
        if (process->life && is_honest(process) && process->is_healed &&
            process->final_slot < least)
            least = process->final_slot;
    }
    return least;
}

static void note_lost(struct world *world, uint64_t slot)
{
    const struct slot_book *book = world_slot_book(world, slot);

    if (book->has_confirmed &&
        !(book->has_final && hash_equal(&book->final, &book->confirmed))) {
        world->result.taken_back++;
        world_see(world, SEEN_TAKEN_BACK);
    }
}

static void check_final(struct process *process,
                        const struct replica_output *output)
{
    struct world *world = process->world;
    struct slot_book *book = world_slot_book(world, output->slot);

    if (book->has_final && !hash_equal(&book->final, &output->hash))
        world_fail(world, "two blocks of slot %" PRIu64 " are final",
                   output->slot);
    if (output->slot == process->final_slot &&
        !hash_equal(&output->hash, &process->final_hash))
        world_fail(world, "validator %u changes its mind of slot %" PRIu64,
                   process->validator, output->slot);
    book->has_final = true;
    book->final = output->hash;
    if (output->slot > world->highest_final) {
        for (uint64_t slot = world->highest_final + 1; slot <= output->slot;
             slot++)
            if (output->slot - slot < SLOTS)
                note_lost(world, slot);
        world->highest_final = output->slot;
        world->last_final_us = world->now_us;
        if (world->links.is_cut)
            world_see(world, SEEN_FINAL_WHILE_CUT);
    }
    if (output->slot <= process->final_slot)
        return;
    bool was_least = process->final_slot <= world->least_final;
    process->final_slot = output->slot;
    process->final_hash = output->hash;
    if (was_least)
        world->least_final = world_least_final(world);
}

static void check_certified(struct world *world,
                            const struct replica_output *output)
{
    struct slot_book *book = world_slot_book(world, output->slot);

    if (book->has_confirmed && !hash_equal(&book->confirmed, &output->hash))
        world_fail(world, "two blocks of slot %" PRIu64 " are certified",
                   output->slot);
    book->has_confirmed = true;
    book->confirmed = output->hash;
}

/* Whoever is accused, banned or cut off has deserved it. */
static void check_blame(struct world *world,
                        const struct replica_output *output)
{
    bool is_guilty = false;

    for (size_t i = 0; i < world->count; i++)
        if (process_at(world, i)->validator == output->index &&
            !is_honest(process_at(world, i)))
            is_guilty = true;
    if (!is_guilty)
        world_fail(world, "validator %u is blamed (%d) and did nothing",
                   output->index, (int)output->act);
    world_see(world, output->act == REPLICA_ACCUSE ? SEEN_ACCUSED
                     : output->act == REPLICA_BAN  ? SEEN_BANNED
                                                   : SEEN_CUT_OFF);
    world->result.accused += output->act == REPLICA_ACCUSE;
}

static void check_halt(struct process *process,
                       const struct replica_output *output)
{
    struct world *world = process->world;

    world->result.halted++;
    if (process->validator >= world->options.odd)
        world_fail(world, "validator %u halts at slot %" PRIu64,
                   process->validator, output->slot);
}

void world_check_output(struct process *process,
                        const struct replica_output *output)
{
    struct world *world = process->world;

    if (!is_honest(process))
        return;
    switch (output->act) {
    case REPLICA_FINAL:
        check_final(process, output);
        break;
    case REPLICA_CERTIFY:
        check_certified(world, output);
        break;
    case REPLICA_CUT:
    case REPLICA_BAN:
    case REPLICA_ACCUSE:
        check_blame(world, output);
        break;
    case REPLICA_HALT:
        check_halt(process, output);
        break;
    case REPLICA_STUCK:
        world->result.stuck++;
        if (3 * world->options.forgetful < world->options.validators)
            world_fail(world, "validator %u waits for those who have forgotten",
                       process->validator);
        break;
    default:
        break;
    }
}

/* ---- what executions say ---- */

/* One state after a block, whoever executed it and whenever. */
static void check_state(struct process *process,
                        const struct execution_event *event)
{
    struct world *world = process->world;
    struct slot_book *book = world_slot_book(world, event->slot);
    size_t i = 0;

    while (i < book->states && !hash_equal(&book->executed[i], &event->hash))
        i++;
    if (i == STATES)
        return;
    if (i < book->states) {
        if (!hash_equal(&book->state[i], &event->state))
            world_fail(world, "two states after a block of slot %" PRIu64,
                       event->slot);
        return;
    }
    book->executed[i] = event->hash;
    book->state[i] = event->state;
    book->states++;
    if (book->states > 1)
        world_see(world, SEEN_TWO_BLOCKS);
}

/* Fees are burned in part, and nothing else changes what there is. */
static void check_lamports(struct world *world,
                           const struct executed_block *block)
{
    const struct bank_info *info = bank_info(block->bank);

    if (info->block_height != world->final_height + 1)
        world_fail(world,
                   "the final block of slot %" PRIu64 " has height %" PRIu64
                   " after %" PRIu64,
                   info->slot, info->block_height, world->final_height);
    if (info->capitalization > world->capitalization ||
        world->capitalization - info->capitalization > info->fees)
        world_fail(world,
                   "%" PRIu64 " lamports after slot %" PRIu64 ", %" PRIu64
                   " before",
                   info->capitalization, info->slot, world->capitalization);
    world->capitalization = info->capitalization;
    world->final_height = info->block_height;
}

static void check_final_block(struct process *process,
                              const struct execution_event *event)
{
    struct world *world = process->world;
    const struct slot_book *book = world_slot_book(world, event->slot);
    const struct bank_info *info = bank_info(event->block->bank);

    if (!book->has_final || !hash_equal(&book->final, &event->hash))
        world_fail(world, "validator %u executed another block as final",
                   process->validator);
    for (size_t i = 0; i < book->states; i++)
        if (!hash_equal(&book->executed[i], &event->hash))
            world_see(world, SEEN_FORK_DIED);
    if (info->block_height <= world->final_height)
        return;
    check_lamports(world, event->block);
    world_note_transactions(world, event->block);
    world->result.blocks++;
}

void world_check_news(struct process *process,
                      const struct execution_event *event)
{
    struct world *world = process->world;

    if (process->is_traitor)
        return;
    switch (event->kind) {
    case EXECUTION_EXECUTED:
        if (event->verdict == VERDICT_INVALID)
            world_see(world, SEEN_INVALID_BLOCK);
        if (event->verdict == VERDICT_OTHER)
            world_fail(world, "validator %u executed other bytes",
                       process->validator);
        break;
    case EXECUTION_STATE:
        check_state(process, event);
        break;
    case EXECUTION_UNLED:
        world_see(world, SEEN_UNLED);
        break;
    case EXECUTION_FINAL:
        if (is_honest(process))
            check_final_block(process, event);
        break;
    case EXECUTION_MADE:
    case EXECUTION_SHOWN:
        break;
    }
}
