/*
 * Frames on their way: distance, loss, and who is connected. On one lane of one
 * connection they arrive in the order in which they were sent, or not at all.
 */
#include "cluster_world_internal.h"

#include "base/memory.h"
#include "settlement/cluster/cluster_message.h"

#include <stdlib.h>

/* ---- events ---- */

struct event *world_event(enum event_kind kind)
{
    struct event *event = mem_zero(1, sizeof(*event));

    event->kind = kind;
    event->uses = 1;
    return event;
}

void world_drop_event(struct event *event)
{
    if (--event->uses)
        return;
    if (event->kind == EVENT_NEWS && event->news.kind == EXECUTION_MADE)
        executed_block_release(event->news.block);
    buffer_free(&event->body);
    free(event);
}

void world_add(struct world *world, uint64_t at_us, size_t to,
               struct event *event)
{
    const struct wheel_item item = {.at_us = at_us,
                                    .what = event,
                                    .life = process_at(world, to)->life,
                                    .to = (uint16_t)to};

    event->uses++;
    event_wheel_add(world->wheel, &item);
}

void world_post(struct world *world, uint64_t at_us, size_t to,
                struct event *event)
{
    world_add(world, at_us, to, event);
    world_drop_event(event);
}

void world_add_fault(struct world *world, uint64_t at_us, enum event_kind kind,
                     size_t to)
{
    world_post(world, at_us, to, world_event(kind));
}

/* ---- connections ---- */

uint32_t *world_connection(const struct world *world, size_t a, size_t b)
{
    return &world->connections[a < b ? a * world->count + b
                                     : b * world->count + a];
}

/* Of two processes with one key each other one meets one. */
static bool meets(const struct process *one, const struct process *other)
{
    return (one->met >> other->validator & 1) == other->twin;
}

bool world_connected(const struct world *world, size_t a, size_t b)
{
    const struct process *one = process_at(world, a);
    const struct process *other = process_at(world, b);

    return one->is_up && other->is_up && one->validator != other->validator &&
           !one->is_alone && !other->is_alone && meets(one, other) &&
           meets(other, one) && sim_links_stand(&world->links, a, b);
}

/* ---- on the way ---- */

static uint64_t delay(struct process *from, const struct process *to)
{
    const struct world_options *options = &from->world->options;
    uint64_t delay_us =
        sim_delay(options, &from->net, from->validator, to->validator);

    return world_has_faults(from->world)
               ? delay_us * sim_lateness(options, &from->net)
               : delay_us;
}

static bool is_repeatable(uint8_t kind)
{
    return kind == CLUSTER_VOTES || kind == CLUSTER_STATUS;
}

/* A sender whose queue is full loses single frames; a frame arrives twice where
 * its sender sent it again. */
void world_carry(struct process *from, size_t to, enum peer_lane lane,
                 uint8_t kind, struct bytes body, uint64_t late_us)
{
    struct world *world = from->world;
    const struct world_options *options = &world->options;
    bool has_faults = world_has_faults(world);

    if (!world_connected(world, from->index, to))
        return;
    world->result.messages++;
    if (sim_link(&world->links, from->index, to) != LINK_OPEN ||
        (has_faults && options->loss &&
         random_below(&from->net, 1000) < options->loss))
        return;
    uint64_t *last_us = &world->arrivals[from->index * world->count + to][lane];
    uint64_t at_us =
        world->now_us + late_us + delay(from, process_at(world, to));
    if (at_us < *last_us)
        at_us = *last_us;
    *last_us = at_us;
    struct event *event = world_event(EVENT_FRAME);
    event->from = (uint16_t)from->index;
    event->frame = kind;
    event->lane = lane;
    event->connection = *world_connection(world, from->index, to);
    buffer_bytes(&event->body, body);
    world_add(world, at_us, to, event);
    if (has_faults && options->twice && is_repeatable(kind) &&
        random_below(&from->net, 1000) < options->twice)
        world_add(world, at_us, to, event);
    world_drop_event(event);
}

void world_send(struct process *from, const struct replica_output *output)
{
    struct world *world = from->world;

    world_check_frame(from, output->kind, output->bytes);
    for (size_t to = 0; to < world->count; to++) {
        uint16_t validator = process_at(world, to)->validator;
        if (validator == from->validator ||
            (output->index != CONSENSUS_ALL && output->index != validator))
            continue;
        if (from->is_traitor)
            world_lie(from, to, output);
        else
            world_carry(from, to, output->lane, output->kind, output->bytes, 0);
    }
}
