/*
 * What the replica wants done, brought to the peers, the log and the execution.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/replica_log.h"

#include <inttypes.h>

/* ---- peers ---- */

/* What can't be sent is lost: what still matters is sent again when the peer
 * connects, or asked for. */
static void send_out(struct cluster *cluster,
                     const struct replica_output *output)
{
    if (output->index == CONSENSUS_ALL)
        peer_host_send_all(cluster->host, output->lane, output->kind,
                           output->bytes);
    else if (peer_host_send(cluster->host, output->index, output->lane,
                            output->kind, output->bytes))
        err_clear();
}

void cluster_cut(struct cluster *cluster, uint16_t index)
{
    for (int lane = 0; lane < PEER_LANES; lane++)
        if (cluster->links[index][lane])
            peer_host_ban_link(cluster->host, cluster->links[index][lane], 0);
    log_warn("cluster", "validator %u breaks the protocol: cut off", index);
}

static void ban(struct cluster *cluster, uint16_t index)
{
    peer_host_ban(cluster->host, index);
    log_warn("cluster",
             "validator %u gave a wrong signature: it is not listened to until "
             "this validator starts again",
             index);
}

/* ---- the log ---- */

static void put(struct cluster *cluster, const struct replica_output *output)
{
    replica_log_put(cluster->ahead, output);
    cluster->has_put = true;
    cluster->has_pressing |= !output->may_wait;
}

/* ---- the execution ---- */

static void order(struct cluster *cluster, enum execution_order_kind kind,
                  const struct replica_output *output)
{
    struct execution_order order = {
        .kind = kind,
        .slot = output->slot,
        .hash = kind == EXECUTION_LEAD ? output->parent : output->hash,
        .due_ns = output->due_ns};

    if (kind == EXECUTION_EXECUTE)
        buffer_bytes(&order.data, output->bytes);
    if (kind == EXECUTION_FINALIZE) {
        cluster->final_ms = clock_monotonic_ms();
        cluster->final_slot = output->slot;
    }
    execution_thread_order(cluster->execution, &order);
}

/* ---- what clients see ---- */

static void note_block(struct cluster *cluster,
                       const struct replica_output *output)
{
    if (cluster->options.received)
        cluster->options.received(cluster->options.user, output->slot);
}

static void note_vote(struct cluster *cluster,
                      const struct replica_output *output)
{
    cluster_view_vote(cluster->options.view, output->index,
                      output->votes[0].kind == VOTE_NOTARIZE
                          ? CLUSTER_NOTARIZED
                          : CLUSTER_FINALIZED,
                      output->slot, &output->hash);
    if (output->votes[0].kind == VOTE_NOTARIZE && cluster->options.voted)
        cluster->options.voted(cluster->options.user, &output->votes[0]);
}

/* ---- the log, for others ---- */

static void on_loaded(struct cluster *cluster,
                      const struct replica_output *output, struct bytes bytes)
{
    replica_log_loaded(cluster->replica, cluster_clock(), output, bytes);
    cluster_drive(cluster);
}

/* ---- transactions of others ---- */

static void on_checked(struct cluster *cluster, uint16_t index, bool is_wrong)
{
    replica_transactions_checked(cluster->replica, index, is_wrong);
    cluster_drive(cluster);
}

/* ---- all ---- */

static void act(struct cluster *cluster, const struct replica_output *output)
{
    switch (output->act) {
    case REPLICA_SEND:
        send_out(cluster, output);
        break;
    case REPLICA_CUT:
        cluster_cut(cluster, output->index);
        break;
    case REPLICA_BAN:
        ban(cluster, output->index);
        break;
    case REPLICA_EXECUTE:
        note_block(cluster, output);
        order(cluster, EXECUTION_EXECUTE, output);
        break;
    case REPLICA_LEAD:
        order(cluster, EXECUTION_LEAD, output);
        break;
    case REPLICA_CERTIFY:
        order(cluster, EXECUTION_CERTIFY, output);
        break;
    case REPLICA_FINAL:
        order(cluster, EXECUTION_FINALIZE, output);
        break;
    case REPLICA_APPEND:
    case REPLICA_RECORD:
        put(cluster, output);
        break;
    case REPLICA_LOAD:
    case REPLICA_LOAD_CERTIFICATES:
        cluster_load(cluster, output, on_loaded);
        break;
    case REPLICA_TRANSACTIONS:
        cluster_take_transactions(cluster, output->index, output->bytes,
                                  on_checked);
        break;
    case REPLICA_VOTED:
        note_vote(cluster, output);
        break;
    case REPLICA_ACCUSE:
        cluster_say_accusation(cluster, output);
        break;
    case REPLICA_HALT:
        cluster_say_halt(cluster, output);
        break;
    case REPLICA_STUCK:
        cluster_say_stuck();
        break;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct cluster *cluster = timer->data;

    replica_tick(cluster->replica, cluster_clock());
    cluster_drive(cluster);
}

/* Rounded up: an early tick finds nothing due. */
static void set_timer(struct cluster *cluster)
{
    uint64_t due_ns = replica_due_ns(cluster->replica);
    uint64_t now_ns = clock_monotonic_ns();

    if (due_ns == UINT64_MAX) {
        uv_timer_stop(&cluster->timer);
        return;
    }
    uint64_t wait_ms =
        due_ns > now_ns ? (due_ns - now_ns + 999999) / 1000000 : 1;
    uv_update_time(&cluster->loop);
    CHECK(!uv_timer_start(&cluster->timer, on_timer, wait_ms, 0));
}

void cluster_drive(struct cluster *cluster)
{
    struct replica_output output;

    while (replica_next(cluster->replica, &output))
        act(cluster, &output);
    if (cluster->has_put && cluster->journal) {
        write_ahead_thread_wake(
            cluster->journal,
            cluster->has_pressing ? 0 : replica_idle_ms(cluster->replica));
        cluster->has_put = cluster->has_pressing = false;
    }
    set_timer(cluster);
}
