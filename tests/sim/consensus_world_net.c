/*
 * Messages on their way: distance, loss, and who is connected.
 */
#include "consensus_world_internal.h"

#include "base/memory.h"

#include <stdlib.h>

/* ---- events ---- */

struct event *world_event(struct world *world, enum event_kind kind)
{
    struct event *event = world->free_events;

    if (event)
        world->free_events = event->next_free;
    else
        event = mem_alloc(sizeof(*event));
    event->uses = 1;
    event->from = 0;
    event->kind = kind;
    return event;
}

void world_drop_event(struct world *world, struct event *event)
{
    if (--event->uses)
        return;
    if (event->kind == EVENT_CERTIFICATE)
        free(event->bytes.data);
    if (event->kind == EVENT_VERIFIED)
        free(event->verified.is_good);
    if (event->kind == EVENT_PERSISTED)
        free(event->persisted.record);
    event->next_free = world->free_events;
    world->free_events = event;
}

void world_add(struct world *world, uint64_t at_us, size_t to,
               struct event *event)
{
    const struct wheel_item item = {.at_us = at_us,
                                    .what = event,
                                    .life = instance_at(world, to)->life,
                                    .to = (uint16_t)to};

    event->uses++;
    event_wheel_add(world->wheel, &item);
}

void world_add_fault(struct world *world, uint64_t at_us, enum event_kind kind,
                     size_t to)
{
    struct event *event = world_event(world, kind);

    event->from = (uint16_t)to;
    world_add(world, at_us, to, event);
    world_drop_event(world, event);
}

/* ---- signatures ---- */

void world_sign(const struct world *world, struct vote *vote)
{
    uint64_t value = sim_mix(world->options.seed, (uint64_t)vote->kind);

    value = sim_mix(value, vote->validator);
    value = sim_mix(value, vote->slot);
    if (vote->kind != VOTE_NULLIFY)
        for (size_t i = 0; i < 32; i += 8)
            value = sim_mix(value, u64le_read(vote->value.bytes + i));
    memset(vote->signature.bytes, 0, sizeof(vote->signature));
    u64le_write(vote->signature.bytes, value);
}

bool world_signature_holds(const struct world *world, const struct vote *vote)
{
    struct vote again = *vote;

    world_sign(world, &again);
    return !memcmp(again.signature.bytes, vote->signature.bytes, 64);
}

/* ---- connections ---- */

bool world_connected(const struct world *world, size_t a, size_t b)
{
    return instance_at(world, a)->is_up && instance_at(world, b)->is_up &&
           instance_at(world, a)->validator !=
               instance_at(world, b)->validator &&
           !instance_at(world, a)->is_alone &&
           !instance_at(world, b)->is_alone &&
           sim_links_stand(&world->links, a, b);
}

/* ---- on the way ---- */

static uint64_t delay(struct world *world, size_t from, size_t to)
{
    const struct world_options *options = &world->options;
    struct instance *sender = instance_at(world, from);
    struct instance *receiver = instance_at(world, to);
    uint64_t delay_us = sim_delay(options, &sender->net, sender->validator,
                                  receiver->validator);

    if (world_lies(sender, world, LIE_FIRST) ||
        world_lies(receiver, world, LIE_FIRST))
        delay_us = 1;
    return world->now_us < options->faults_us
               ? delay_us * sim_lateness(options, &sender->net)
               : delay_us;
}

static bool passes(const struct world *world, size_t from, size_t to,
                   const struct event *event)
{
    struct world_message message = {.from = instance_at(world, from)->validator,
                                    .to = instance_at(world, to)->validator,
                                    .is_block = event->kind == EVENT_BLOCK};

    if (!world->filter)
        return true;
    if (event->kind == EVENT_VOTE) {
        message.vote = &event->vote;
        message.slot = event->vote.slot;
    }
    if (message.is_block && world_block(world, event->block))
        message.slot = world_block(world, event->block)->slot;
    return world->filter(&message, world->filter_context);
}

void world_send_to(struct world *world, size_t from, size_t to,
                   struct event *event)
{
    const struct world_options *options = &world->options;
    struct random *random = &instance_at(world, from)->net;
    bool has_faults = world->now_us < options->faults_us;

    world->result.messages++;
    if (!world_connected(world, from, to) || !passes(world, from, to, event) ||
        sim_link(&world->links, from, to) != LINK_OPEN ||
        (has_faults && options->loss &&
         random_below(random, 1000) < options->loss))
        return;
    event->from = (uint16_t)from;
    world_add(world, world->now_us + delay(world, from, to), to, event);
    if (has_faults && options->twice &&
        random_below(random, 1000) < options->twice)
        world_add(world, world->now_us + delay(world, from, to), to, event);
}

void world_send(struct world *world, size_t from, uint16_t peer,
                struct event *event)
{
    uint16_t self = instance_at(world, from)->validator;

    for (size_t to = 0; to < world->count; to++) {
        uint16_t validator = instance_at(world, to)->validator;
        if (validator == self || (peer != CONSENSUS_ALL && validator != peer) ||
            /* Who only watches is told where others are, and asks. */
            (world_watches(instance_at(world, to)) &&
             event->kind != EVENT_STATUS) ||
            world_withholds(world, from, to))
            continue;
        world_send_to(world, from, to, event);
    }
}

void world_tell_status(struct world *world, size_t from, uint16_t peer)
{
    if (world_watches(instance_at(world, from)))
        return;
    struct event *event = world_event(world, EVENT_STATUS);
    consensus_status(instance_at(world, from)->consensus, &event->status);
    world_lie_about_status(world, from, &event->status);
    world_send(world, from, peer, event);
    world_drop_event(world, event);
}
