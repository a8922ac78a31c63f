/*
 * What the replica and the execution of a process want done, as cluster.c,
 * execution_thread.c and flusher.c do it on their threads.
 */
#include "cluster_world_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/cluster/cluster_verdict.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- time ---- */

uint64_t world_local_ns(const struct process *process)
{
    int64_t ns =
        (int64_t)((process->world->now_us - process->begin_us) * NS_PER_US);

    return process->begin_ns + (uint64_t)(ns + ns / 1000000 * process->drift);
}

uint64_t world_time_of(const struct process *process, uint64_t local_ns)
{
    int64_t ns = (int64_t)(local_ns - process->begin_ns);

    if (local_ns <= process->begin_ns)
        return process->begin_us;
    ns -= ns / 1000000 * process->drift;
    return process->begin_us + ((uint64_t)ns + NS_PER_US - 1) / NS_PER_US + 1;
}

uint64_t world_unix_ms(const struct process *process)
{
    int64_t us = (int64_t)process->world->now_us + process->skew_us;

    return WORLD_UNIX_MS + (uint64_t)(us / 1000);
}

struct replica_clock world_clock(const struct process *process)
{
    return (struct replica_clock){.ns = world_local_ns(process),
                                  .unix_ms = world_unix_ms(process)};
}

uint64_t world_takes(struct random *random, uint64_t most_us)
{
    return random_below(random, most_us + 1);
}

/* ---- the replica ---- */

static void order(struct process *process, enum execution_order_kind kind,
                  const struct replica_output *output)
{
    struct execution_order order = {
        .kind = kind,
        .slot = output->slot,
        .hash = kind == EXECUTION_LEAD ? output->parent : output->hash,
        .due_ns = output->due_ns};

    if (kind == EXECUTION_EXECUTE)
        buffer_bytes(&order.data, output->bytes);
    execution_order(process->execution, &order);
    world_step_at(process, process->world->now_us);
}

static void note_vote(struct process *process,
                      const struct replica_output *output)
{
    cluster_view_vote(process->view, output->index,
                      output->votes[0].kind == VOTE_NOTARIZE
                          ? CLUSTER_NOTARIZED
                          : CLUSTER_FINALIZED,
                      output->slot, &output->hash);
}

static void post_intake(struct process *process,
                        const struct replica_output *output)
{
    struct event *event = world_event(EVENT_INTAKE);

    event->from = output->index;
    buffer_bytes(&event->body, output->bytes);
    world_post(process->world,
               process->world->now_us + world_takes(&process->work, 2000),
               process->index, event);
}

/* It breaks the connection; the other end makes it anew. */
static void cut(struct process *process, uint16_t index)
{
    struct world *world = process->world;

    for (size_t i = 0; i < world->count; i++)
        if (process_at(world, i)->validator == index &&
            world_connected(world, process->index, i)) {
            struct event *event = world_event(EVENT_BREAK);
            event->number = i + 1;
            world_post(world, world->now_us, process->index, event);
        }
}

static void act(struct process *process, const struct replica_output *output)
{
    world_digest(process->world, (uint64_t)output->act + process->index * 64 +
                                     output->slot * 65536 +
                                     output->bytes.size * 7919);
    world_check_output(process, output);
    switch (output->act) {
    case REPLICA_SEND:
        world_send(process, output);
        break;
    case REPLICA_CUT:
        cut(process, output->index);
        break;
    case REPLICA_EXECUTE:
        order(process, EXECUTION_EXECUTE, output);
        break;
    case REPLICA_LEAD:
        order(process, EXECUTION_LEAD, output);
        break;
    case REPLICA_CERTIFY:
        order(process, EXECUTION_CERTIFY, output);
        break;
    case REPLICA_FINAL:
        order(process, EXECUTION_FINALIZE, output);
        break;
    case REPLICA_APPEND:
    case REPLICA_RECORD:
        world_put(process, output);
        break;
    case REPLICA_LOAD:
    case REPLICA_LOAD_CERTIFICATES:
        world_load(process, output);
        break;
    case REPLICA_TRANSACTIONS:
        post_intake(process, output);
        break;
    case REPLICA_VOTED:
        note_vote(process, output);
        break;
    case REPLICA_BAN:
    case REPLICA_ACCUSE:
    case REPLICA_HALT:
    case REPLICA_STUCK:
        break;
    }
}

static void set_timer(struct process *process)
{
    struct world *world = process->world;
    uint64_t due_ns = replica_due_ns(process->replica);

    if (due_ns == UINT64_MAX)
        return;
    uint64_t due_us = world_time_of(process, due_ns);
    if (due_us <= world->now_us)
        due_us = world->now_us + 1;
    if (process->tick_us > world->now_us && process->tick_us <= due_us)
        return;
    process->tick_us = due_us;
    world_post(world, due_us, process->index, world_event(EVENT_TICK));
}

/* A crash may come after any output. */
void world_drive(struct process *process)
{
    struct world *world = process->world;
    struct replica_output output;

    while (replica_next(process->replica, &output)) {
        act(process, &output);
        if (process->crash_after && !--process->crash_after) {
            process->is_up = false;
            world_add_fault(world, world->now_us, EVENT_CRASH, process->index);
            return;
        }
    }
    world_commit(process);
    if (process->is_up)
        set_timer(process);
}

/* ---- the execution ---- */

void world_step_at(struct process *process, uint64_t at_us)
{
    struct world *world = process->world;

    if (at_us < world->now_us)
        at_us = world->now_us;
    if (process->step_us && process->step_us <= at_us)
        return;
    process->step_us = at_us;
    world_post(world, at_us, process->index, world_event(EVENT_STEP));
}

/* What the replica hears of comes to it when the work is done. */
static void take_event(struct process *process,
                       const struct execution_event *happened)
{
    struct world *world = process->world;

    world_check_news(process, happened);
    if (happened->kind == EXECUTION_FINAL)
        world_push(process, happened->block);
    if (happened->kind == EXECUTION_FINAL || happened->kind == EXECUTION_SHOWN)
        return;
    if (happened->kind == EXECUTION_EXECUTED)
        process->busy_until_us =
            world->now_us +
            world_takes(&process->work, world->options.execute_us);
    struct event *event = world_event(EVENT_NEWS);
    event->news = *happened;
    if (happened->kind == EXECUTION_MADE)
        executed_block_retain(happened->block);
    uint64_t at_us = process->busy_until_us;
    world_post(world, at_us > world->now_us ? at_us : world->now_us,
               process->index, event);
}

static bool step_once(struct process *process, struct execution_step *step)
{
    struct execution_event event;
    const struct execution_seen seen = {.now_ns = world_local_ns(process),
                                        .now_ms = world_unix_ms(process),
                                        .durable_slot =
                                            process->queue.durable_slot};

    if (execution_step(process->execution, &seen, step)) {
        world_fail(process->world, "validator %u can't execute: %s",
                   process->validator, err_text());
        return false;
    }
    while (execution_next(process->execution, &event))
        take_event(process, &event);
    return true;
}

void world_step(struct process *process)
{
    struct world *world = process->world;
    struct execution_step step = {.act = EXECUTION_GO_ON};

    while (step.act == EXECUTION_GO_ON) {
        if (process->held) {
            world_flush(process);
            return;
        }
        if (process->busy_until_us > world->now_us) {
            world_step_at(process, process->busy_until_us);
            return;
        }
        if (!step_once(process, &step))
            return;
    }
    world_flush(process);
    process->wakes_on_transactions = step.act == EXECUTION_WAIT;
    if (step.until_ns != UINT64_MAX) {
        uint64_t at_us = world_time_of(process, step.until_ns);
        world_step_at(process,
                      at_us > world->now_us ? at_us : world->now_us + 1);
    }
}

/* ---- what happens ---- */

/* The odd ones come to another state. */
static struct hash state_of(const struct process *process,
                            const struct execution_event *news)
{
    struct hash state = news->state;

    if (process->validator < process->world->options.odd)
        state.bytes[0] ^= 1;
    return state;
}

static void take_news(struct process *process,
                      const struct execution_event *news)
{
    struct replica *replica = process->replica;
    struct replica_clock clock = world_clock(process);

    if (news->kind == EXECUTION_EXECUTED) {
        replica_executed(replica, clock, &news->hash,
                         cluster_verdict_of(news->verdict));
    } else if (news->kind == EXECUTION_MADE) {
        replica_made(replica, clock, buffer_view(&news->block->data),
                     news->start_ns);
    } else if (news->kind == EXECUTION_STATE) {
        const struct hash state = state_of(process, news);
        replica_state(replica, clock, &news->hash, &state);
    } else {
        replica_unled(replica, clock, news->slot);
    }
}

/* A connection that is gone brings nothing any more. */
static void take_frame(struct process *process, const struct event *event)
{
    struct world *world = process->world;

    if (!world_connected(world, event->from, process->index) ||
        event->connection !=
            *world_connection(world, event->from, process->index))
        return;
    replica_frame(process->replica, world_clock(process),
                  process_at(world, event->from)->validator, event->frame,
                  buffer_view(&event->body));
}

static void watch(struct process *process)
{
    struct replica_counters counters;
    struct world *world = process->world;

    replica_counters(process->replica, &counters);
    if (counters.blocks_fetched && is_honest(process))
        world_see(world, SEEN_FETCHED);
    world_check_bounds(process);
    world_post(world, world->now_us + 4 * world->options.slot_us,
               process->index, world_event(EVENT_WATCH));
}

void world_take(struct process *process, const struct event *event)
{
    switch (event->kind) {
    case EVENT_FRAME:
        take_frame(process, event);
        break;
    case EVENT_TICK:
        replica_tick(process->replica, world_clock(process));
        break;
    case EVENT_NEWS:
        take_news(process, &event->news);
        break;
    case EVENT_DURABLE:
        world_take_durable(process, event);
        break;
    case EVENT_LOADED:
        world_take_loaded(process, event);
        break;
    case EVENT_STEP:
        process->step_us = 0;
        world_step(process);
        return;
    case EVENT_FLUSH:
        world_flush(process);
        return;
    case EVENT_FLUSHED:
        world_take_flushed(process);
        return;
    case EVENT_FORWARD:
        world_forward(process);
        return;
    case EVENT_INTAKE:
        world_intake(process, event);
        return;
    case EVENT_SHOUT:
        world_shout(process);
        return;
    default:
        watch(process);
        return;
    }
    world_drive(process);
}
