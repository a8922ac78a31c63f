/*
 * Blocks of a simulated network: making, executing, asking and giving them. All
 * there is of a block is its name, what it stands on, and its time.
 */
#include "consensus_world_internal.h"

#include <inttypes.h>

/* Blocks in one answer. */
#define BLOCKS_GIVEN 64

struct block *world_block(const struct world *world, uint64_t number)
{
    struct block *block = &world->blocks[number % BLOCKS];

    return number && block->number == number ? block : NULL;
}

enum block_state world_block_state(const struct instance *instance,
                                   uint64_t number)
{
    uint64_t at = instance->blocks[number % BLOCKS];

    return at / 4 == number ? (enum block_state)(at % 4) : BLOCK_UNKNOWN;
}

void world_set_block_state(struct instance *instance, uint64_t number,
                           enum block_state state)
{
    instance->blocks[number % BLOCKS] = 4 * number + state;
}

/* ---- making ---- */

/* A block's time is at least nine tenths of the slots after its parent's. */
static uint64_t earliest_us(const struct world *world, uint64_t parent,
                            uint64_t slots)
{
    const struct block *block = world_block(world, parent);

    return block ? block->unix_us + slots * world->options.slot_us * 9 / 10 : 0;
}

uint64_t world_make_block(struct world *world, size_t maker,
                          const struct event *lead)
{
    struct instance *instance = instance_at(world, maker);
    uint64_t number = ++world->block_number;
    struct block *block = &world->blocks[number % BLOCKS];

    *block = (struct block){.number = number,
                            .slot = lead->lead.slot,
                            .parent = hash_number(&lead->lead.parent),
                            .parent_slot = lead->lead.parent_slot,
                            .parent_hash = lead->lead.parent,
                            .made_us = world->now_us,
                            .maker = instance->validator,
                            .unix_us = world_unix_us(world, instance)};
    u64le_write(block->hash.bytes, number);
    u64le_write(block->hash.bytes + 8, sim_mix(world->options.seed, number));
    u64le_write(block->state.bytes, sim_mix(number, maker + 1));
    uint64_t earliest =
        earliest_us(world, block->parent, block->slot - block->parent_slot);
    if (world_lies(instance, world, LIE_HASTY)) {
        uint64_t hurry = random_below(&instance->lies, 4);
        block->unix_us = earliest;
        if (hurry == 1)
            block->unix_us += 2 * FUTURE_US;
        block->is_invalid = hurry == 0 && earliest > 0;
    } else if (block->unix_us < earliest) {
        block->unix_us = earliest;
    }
    return number;
}

static void check_lead(struct world *world, const struct instance *instance,
                       uint64_t slot)
{
    struct slot_book *book = world_slot_book(world, slot);

    if (book->led_by)
        world_fail(world, "slot %" PRIu64 " is led twice", slot);
    if (validator_set_leader(world->set, window_of(slot)) !=
        instance->validator)
        world_fail(world, "validator %u leads slot %" PRIu64 " of another",
                   instance->validator, slot);
    book->led_by = (uint16_t)(instance->validator + 1);
}

void world_lead(struct world *world, size_t index, struct event *event)
{
    struct instance *instance = instance_at(world, index);

    if (!world->is_over && world->options.cannot &&
        random_below(&instance->disk, 1000) < world->options.cannot) {
        world_see(world, SEEN_CANNOT_LEAD);
        consensus_cannot_lead(instance->consensus,
                              world_local_ns(world, instance),
                              event->lead.slot);
        return;
    }
    world_lead_astray(world, index, event);
    if (!instance->is_traitor)
        check_lead(world, instance, event->lead.slot);
    uint64_t number = world_make_block(world, index, event);
    world_digest(world, number);
    world_set_block_state(instance, number, BLOCK_HERE);
    world_send_lead(world, index, event, number);
    world_tell_block(world, index, number, CONSENSUS_HEADER, false);
    world_execute(world, index, number);
}

/* ---- telling the machine ---- */

/* A validator of those at odds comes to another state. */
static struct hash state_of(const struct world *world,
                            const struct instance *instance,
                            const struct block *block)
{
    struct hash state = block->state;

    if (instance->validator < world->options.odd)
        state.bytes[31] ^= 1;
    return state;
}

void world_tell_block(struct world *world, size_t index, uint64_t number,
                      enum consensus_news news, bool has_state)
{
    struct instance *instance = instance_at(world, index);
    const struct block *block = world_block(world, number);

    if (!block)
        return;
    /* The block's time by the machine's own clock. */
    int64_t ahead_us =
        (int64_t)(block->unix_us - world_unix_us(world, instance));
    int64_t time_ns = (int64_t)world_local_ns(world, instance) +
                      ahead_us * (int64_t)NS_PER_US;
    const struct consensus_block told = {
        .slot = block->slot,
        .hash = block->hash,
        .parent_slot = block->parent_slot,
        .parent = block->parent_hash,
        .time_ns = time_ns > 0 ? (uint64_t)time_ns : 0};
    const struct hash state = state_of(world, instance, block);
    consensus_block(instance->consensus, world_local_ns(world, instance), &told,
                    news, has_state ? &state : NULL);
}

/* ---- asking and giving ---- */

static void want_of_others(struct world *world, size_t from, uint64_t number)
{
    size_t first =
        (size_t)random_below(&instance_at(world, from)->net, world->count);

    for (size_t i = 0; i < world->count; i++) {
        size_t peer = (first + i) % world->count;
        if (!world_connected(world, from, peer) ||
            world_block_state(instance_at(world, peer), number) < BLOCK_HERE)
            continue;
        struct event *event = world_event(world, EVENT_WANT);
        event->block = number;
        world_send_to(world, from, peer, event);
        world_drop_event(world, event);
        return;
    }
}

/* The nearest ancestor that is not here. */
static void want_ancestor(struct world *world, size_t index,
                          const struct block *block)
{
    const struct instance *instance = instance_at(world, index);

    while (block && world_block_state(instance, block->parent) == BLOCK_HERE)
        block = world_block(world, block->parent);
    if (block && block->parent &&
        world_block_state(instance, block->parent) == BLOCK_UNKNOWN)
        want_of_others(world, index, block->parent);
}

void world_give_blocks(struct world *world, size_t index, uint16_t to,
                       uint64_t number)
{
    const struct instance *instance = instance_at(world, index);

    for (size_t i = 0; i < BLOCKS_GIVEN && world_block(world, number) &&
                       world_block_state(instance, number) >= BLOCK_HERE;
         i++) {
        struct event *event = world_event(world, EVENT_BLOCK);
        event->block = number;
        world_send_to(world, index, to, event);
        world_drop_event(world, event);
        number = world_block(world, number)->parent;
    }
}

void world_want(struct world *world, size_t index, uint64_t number)
{
    switch (world_block_state(instance_at(world, index), number)) {
    case BLOCK_UNKNOWN:
        want_of_others(world, index, number);
        break;
    case BLOCK_EXECUTED:
        world_tell_block(world, index, number, CONSENSUS_EXECUTED, true);
        break;
    default:
        world_execute(world, index, number);
    }
}

/* ---- executing ---- */

static void later(struct world *world, size_t index, enum event_kind kind,
                  uint64_t after_us, uint64_t number)
{
    struct event *event = world_event(world, kind);

    event->block = number;
    world_add(world, world->now_us + after_us, index, event);
    world_drop_event(world, event);
}

/* Execute what can be: a block whose parent is executed. */
void world_execute(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = instance_at(world, index);
    const struct block *block = world_block(world, number);

    if (!block || world_block_state(instance, number) != BLOCK_HERE)
        return;
    if (block->parent &&
        world_block_state(instance, block->parent) != BLOCK_EXECUTED) {
        want_ancestor(world, index, block);
        return;
    }
    if (block->is_invalid && !instance->is_traitor) {
        world_see(world, SEEN_INVALID_BLOCK);
        world_tell_block(world, index, number, CONSENSUS_INVALID, false);
        return;
    }
    world_set_block_state(instance, number, BLOCK_EXECUTING);
    later(world, index, EVENT_EXECUTED, world->options.execute_us, number);
}

/* A leader that made two blocks of a slot shows itself by their headers. */
static void note_leader(struct world *world, size_t index,
                        const struct block *block)
{
    struct instance *instance = instance_at(world, index);
    uint64_t *led = &instance->led[block->slot % 64];
    const struct block *other = world_block(world, *led);

    if (other && other->slot == block->slot && other != block) {
        world_see(world, SEEN_TWOFOLD);
        consensus_leader_seen(instance->consensus,
                              world_local_ns(world, instance), block->slot,
                              true);
    }
    *led = block->number;
}

void world_take_block(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = instance_at(world, index);
    const struct block *block = world_block(world, number);

    if (!block || world_block_state(instance, number) != BLOCK_UNKNOWN)
        return;
    uint64_t latest_us = world_unix_us(world, instance) + FUTURE_US;
    if (block->unix_us > latest_us) {
        world_see(world, SEEN_FUTURE_BLOCK);
        later(world, index, EVENT_BLOCK, block->unix_us - latest_us, number);
        return;
    }
    world_set_block_state(instance, number, BLOCK_HERE);
    note_leader(world, index, block);
    world_tell_block(world, index, number, CONSENSUS_HEADER, false);
    world_execute(world, index, number);
}

void world_executed(struct world *world, size_t index, uint64_t number)
{
    struct instance *instance = instance_at(world, index);

    if (!world_block(world, number) ||
        world_block_state(instance, number) != BLOCK_EXECUTING)
        return;
    world_set_block_state(instance, number, BLOCK_EXECUTED);
    world_tell_block(world, index, number, CONSENSUS_EXECUTED, false);
    /* The state's hash comes later: it is summed beside. */
    later(world, index, EVENT_STATE, world->options.execute_us / 2, number);
    for (uint64_t i = number + 1; i <= world->block_number; i++) {
        const struct block *child = world_block(world, i);
        if (child && child->parent == number)
            world_execute(world, index, i);
    }
}

void world_state_known(struct world *world, size_t index, uint64_t number)
{
    world_tell_block(world, index, number, CONSENSUS_EXECUTED, true);
}
