/*
 * What traitors do. Each is a real validator, twice: two processes with one
 * key. What it says is bent on its way out.
 */
#include "consensus_world_internal.h"

static bool one_in(struct instance *instance, uint64_t count)
{
    return !random_below(&instance->lies, count);
}

bool world_withholds(struct world *world, size_t from, size_t to)
{
    struct instance *instance = instance_at(world, from);

    (void)to;
    if (!instance->is_traitor)
        return false;
    return world_lies(instance, world, LIE_SILENT) ||
           (world_lies(instance, world, LIE_PARTIAL) && one_in(instance, 2));
}

/* ---- votes ---- */

static struct vote other_vote(struct world *world, struct instance *instance,
                              const struct vote *vote)
{
    struct vote other = *vote;

    other.kind = (enum vote_kind)(1 + random_below(&instance->lies, 3));
    other.slot += random_below(&instance->lies, 3);
    if (one_in(instance, 16))
        other.slot += random_below(&instance->lies, 100000);
    u64le_write(other.value.bytes,
                1 + random_below(&instance->lies, world->block_number + 1));
    /* Of a block that there is, so that the vote may help. */
    const struct block *block = world_block(world, hash_number(&other.value));
    if (block && other.kind == VOTE_NOTARIZE)
        other.value = block->hash;
    if (block && other.kind == VOTE_FINALIZE)
        other.value = vote_outcome(&block->hash, &block->state);
    return other;
}

static void forge(struct world *world, struct instance *instance,
                  struct vote *vote)
{
    switch (random_below(&instance->lies, 3)) {
    case 0: /* not signed */
        vote->signature.bytes[0] ^= 1;
        break;
    case 1: /* of another epoch: what is signed is not what is meant */
        vote->slot++;
        world_sign(world, vote);
        vote->slot--;
        break;
    default: /* of somebody else */
        vote->validator =
            (uint16_t)((vote->validator + 1u) % world->options.validators);
    }
}

void world_lie_about_vote(struct world *world, size_t from,
                          const struct vote *vote)
{
    struct instance *instance = instance_at(world, from);
    bool has_other =
        world_lies(instance, world, LIE_VOTES) && one_in(instance, 4);
    bool is_forged =
        world_lies(instance, world, LIE_FORGE) && one_in(instance, 64);

    if (!has_other && !is_forged)
        return;
    struct event *event = world_event(world, EVENT_VOTE);
    event->vote = has_other ? other_vote(world, instance, vote) : *vote;
    world_sign(world, &event->vote);
    if (is_forged)
        forge(world, instance, &event->vote);
    world_send(world, from, CONSENSUS_ALL, event);
    world_drop_event(world, event);
}

void world_lie_about_status(struct world *world, size_t from,
                            struct consensus_status *status)
{
    struct instance *instance = instance_at(world, from);

    if (!world_lies(instance, world, LIE_STATUS) || !one_in(instance, 4))
        return;
    status->window += random_below(&instance->lies, 100);
    status->certified += random_below(&instance->lies, 400);
    if (one_in(instance, 2))
        status->root_slot += random_below(&instance->lies, 2000);
    if (one_in(instance, 8))
        status->window = status->certified = status->root_slot = UINT64_MAX;
    if (one_in(instance, 8))
        status->window = status->certified = status->root_slot = 0;
}

/* ---- certificates ---- */

/* Where the bitmap begins (certificate.h). */
static size_t bitmap_at(const struct buffer *bytes)
{
    size_t hashes = bytes->data[0] == VOTE_NOTARIZE   ? 1
                    : bytes->data[0] == VOTE_FINALIZE ? 2
                                                      : 0;

    return 1 + 8 + 8 + 32 * hashes + 2;
}

void world_spoil_certificate(struct world *world, size_t from,
                             struct buffer *bytes)
{
    struct instance *instance = instance_at(world, from);
    size_t bitmap = bitmap_at(bytes);

    if (!world_lies(instance, world, LIE_CERTIFICATE) || one_in(instance, 2))
        return;
    switch (random_below(&instance->lies, 5)) {
    case 0:
        bytes->data[random_below(&instance->lies, bytes->size)] ^= 1;
        break;
    case 1: /* a bit past the last validator, or of one that did not vote */
        bytes->data[bitmap] |= 0x80;
        break;
    case 2: /* a vote less */
        bytes->data[bitmap] &= (uint8_t)(bytes->data[bitmap] - 1);
        bytes->size -= 64;
        break;
    case 3: /* one signature twice */
        memcpy(bytes->data + bytes->size - 64, bytes->data + bytes->size - 128,
               64);
        break;
    default: /* another slot */
        bytes->data[9]++;
    }
}

/* ---- leading ---- */

/* On a block that was given up, or one with others of the traitors' own kind
 * between. */
void world_lead_astray(struct world *world, size_t index, struct event *event)
{
    struct instance *instance = instance_at(world, index);

    if (!world_lies(instance, world, LIE_ASTRAY) || one_in(instance, 2))
        return;
    /* Blocks that are certified and not final yet are the newest ones. */
    uint64_t back = one_in(instance, 2) ? 1 + random_below(&instance->lies, 3)
                                        : random_below(&instance->lies, 16);
    const struct block *parent =
        back < world->block_number
            ? world_block(world, world->block_number - back)
            : NULL;
    if (window_place(event->lead.slot) || !parent ||
        parent->slot >= event->lead.slot)
        return;
    event->lead.parent_slot = parent->slot;
    event->lead.parent = parent->hash;
}

static void send_block(struct world *world, size_t from, size_t to,
                       uint64_t number)
{
    struct event *event = world_event(world, EVENT_BLOCK);

    event->block = number;
    if (!world_withholds(world, from, to))
        world_send_to(world, from, to, event);
    world_drop_event(world, event);
}

/* To one half another block than to the other, or to each another. */
void world_send_lead(struct world *world, size_t index,
                     const struct event *lead, uint64_t number)
{
    struct instance *instance = instance_at(world, index);
    bool is_halves =
        world_lies(instance, world, LIE_HALVES) && one_in(instance, 2);
    bool is_each = world_lies(instance, world, LIE_EACH) && one_in(instance, 2);
    uint64_t other = 0;

    if (!is_halves && !is_each) {
        struct event *event = world_event(world, EVENT_BLOCK);
        event->block = number;
        world_send(world, index, CONSENSUS_ALL, event);
        world_drop_event(world, event);
        return;
    }
    uint64_t side = random_u64(&instance->lies);
    /* In a large network one for a few, or blocks would be forgotten early. */
    size_t few = 1 + world->count / 16;
    for (size_t to = 0; to < world->count; to++) {
        if (instance_at(world, to)->validator == instance->validator)
            continue;
        if ((is_each && (!other || to % few == 0)) ||
            (!other && side >> to % 64 & 1))
            other = world_make_block(world, index, lead);
        send_block(world, index, to,
                   is_each || side >> to % 64 & 1 ? other : number);
    }
}
