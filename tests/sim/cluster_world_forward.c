/*
 * Transactions between endpoints: as cluster_forward.c does it on its threads.
 */
#include "cluster_world_internal.h"

#include "settlement/cluster/cluster_message.h"
#include "settlement/cluster/transaction_intake.h"

static void send_kept(struct process *process, uint16_t leader,
                      uint64_t *cursor)
{
    struct replica_output output = {.act = REPLICA_SEND,
                                    .index = leader,
                                    .lane = PEER_BULK,
                                    .kind = CLUSTER_TRANSACTIONS};
    struct buffer body = {0}, wire = {0};

    for (size_t count = 0; count < CLUSTER_TRANSACTIONS_MAX &&
                           mempool_next_kept(process->mempool, cursor, &wire);
         count++) {
        cluster_transaction_add(buffer_view(&wire), &body);
        buffer_clear(&wire);
    }
    output.bytes = buffer_view(&body);
    if (body.size)
        world_send(process, &output);
    buffer_free(&wire);
    buffer_free(&body);
}

void world_forward(struct process *process)
{
    struct world *world = process->world;
    struct consensus_status status;
    uint16_t current, next;

    world_post(world, world->now_us + world->options.slot_us / 8,
               process->index, world_event(EVENT_FORWARD));
    replica_status(process->replica, &status);
    replica_leaders(process->replica, &current, &next);
    if (status.window != process->forwarding.window) {
        process->forwarding.current =
            status.window == process->forwarding.window + 1
                ? process->forwarding.next
                : 0;
        process->forwarding.next = 0;
        process->forwarding.window = status.window;
    }
    if (current != process->validator)
        send_kept(process, current, &process->forwarding.current);
    if (next == current)
        process->forwarding.next = process->forwarding.current;
    else if (next != process->validator)
        send_kept(process, next, &process->forwarding.next);
}

void world_intake(struct process *process, const struct event *event)
{
    struct world *world = process->world;
    struct transaction_intake outcome = {0};

    if (!world_lies(process, LIE_CENSOR))
        transaction_intake(process->mempool, (size_t)event->from + 1,
                           process->ledger, buffer_view(&event->body),
                           &outcome);
    if (outcome.taken)
        world_see(world, SEEN_FORWARDED);
    replica_transactions_checked(process->replica, (uint16_t)event->from,
                                 outcome.wrong > 0);
    world_drive(process);
    if (process->wakes_on_transactions)
        world_step_at(process, world->now_us);
}
