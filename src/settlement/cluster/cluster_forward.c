/*
 * Transactions on their way to who makes the next blocks: this endpoint's to
 * the leader of this window and of the next, and those of other endpoints to
 * this one's mempool.
 *
 * Their signatures are checked on threads of the loop's pool, because a
 * thousand of them take as long as a slot may be late.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/chain/mempool.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/transaction_intake.h"

#include <stdlib.h>

/* Frames to one leader in one turn of the timer. */
#define FRAMES_MAX 32

/* ---- to leaders ---- */

/* One frame of what comes after *cursor, which moves past what was sent. False:
 * there is nothing more, or it can't be sent now. */
static bool send_some(struct cluster *cluster, uint16_t leader,
                      uint64_t *cursor)
{
    struct mempool *mempool = cluster->options.execution.mempool;
    struct buffer body = {0}, wire = {0};
    uint64_t after = *cursor;
    size_t count = 0;

    while (count < CLUSTER_TRANSACTIONS_MAX &&
           mempool_next_kept(mempool, &after, &wire)) {
        cluster_transaction_add(buffer_view(&wire), &body);
        buffer_clear(&wire);
        count++;
    }
    int status = count
                     ? peer_host_send(cluster->host, leader, PEER_BULK,
                                      CLUSTER_TRANSACTIONS, buffer_view(&body))
                     : 0;
    buffer_free(&wire);
    buffer_free(&body);
    if (status) {
        err_clear();
        return false;
    }
    *cursor = after;
    cluster->forwarding.count += count;
    return count == CLUSTER_TRANSACTIONS_MAX;
}

static void send_all(struct cluster *cluster, uint16_t leader, uint64_t *cursor)
{
    for (size_t i = 0; leader != cluster->self && i < FRAMES_MAX; i++)
        if (!send_some(cluster, leader, cursor))
            return;
}

/* Who was to lead next leads now, and has got what was sent before. */
void cluster_forward(struct cluster *cluster)
{
    struct cluster_forwarding *forwarding = &cluster->forwarding;
    struct consensus_status status;
    uint16_t current, next;

    replica_status(cluster->replica, &status);
    replica_leaders(cluster->replica, &current, &next);
    if (status.window != forwarding->window) {
        forwarding->current =
            status.window == forwarding->window + 1 ? forwarding->next : 0;
        forwarding->next = 0;
        forwarding->window = status.window;
    }
    send_all(cluster, current, &forwarding->current);
    if (next != current)
        send_all(cluster, next, &forwarding->next);
    else
        forwarding->next = forwarding->current;
}

/* ---- from peers ---- */

/* In the mempool, whose first source is this endpoint's clients. */
static size_t source_of(uint16_t index)
{
    return (size_t)index + 1;
}

struct intake {
    uv_work_t work;
    struct cluster *cluster;
    uint16_t index;
    struct buffer body;
    struct transaction_intake outcome;
    cluster_checked *checked;
};

/* On a thread of the loop's pool. */
static void check_transactions(uv_work_t *work)
{
    struct intake *intake = work->data;
    const struct execution_options *options =
        &intake->cluster->options.execution;

    transaction_intake(options->mempool, source_of(intake->index),
                       options->ledger, buffer_view(&intake->body),
                       &intake->outcome);
}

static void on_checked(uv_work_t *work, int status)
{
    struct intake *intake = work->data;
    struct cluster *cluster = intake->cluster;

    (void)status;
    if (!cluster->is_stopping)
        intake->checked(cluster, intake->index, intake->outcome.wrong > 0);
    buffer_free(&intake->body);
    free(intake);
}

/* The replica has few of them checked at once. */
void cluster_take_transactions(struct cluster *cluster, uint16_t index,
                               struct bytes body, cluster_checked *checked)
{
    struct intake *intake = mem_zero(1, sizeof(*intake));

    intake->cluster = cluster;
    intake->index = index;
    intake->checked = checked;
    intake->work.data = intake;
    buffer_bytes(&intake->body, body);
    CHECK(!uv_queue_work(&cluster->loop, &intake->work, check_transactions,
                         on_checked));
}

/* ---- the mempool ---- */

/* This endpoint's clients have a right to half of the places, and the other
 * validators to the other half, by their stakes. */
struct mempool *cluster_mempool_new(const struct genesis *genesis)
{
    uint16_t count = (uint16_t)genesis->validator_count;
    size_t *shares = mem_zero((size_t)count + 1, sizeof(*shares));
    __extension__ typedef unsigned __int128 wide;
    wide stake = 0;

    for (uint16_t i = 0; i < count; i++)
        stake += genesis->validators[i].stake;
    shares[MEMPOOL_OWN] = MEMPOOL_TRANSACTIONS_MAX / 2;
    for (uint16_t i = 0; i < count; i++) {
        size_t share = (size_t)((wide)(MEMPOOL_TRANSACTIONS_MAX / 2) *
                                genesis->validators[i].stake / stake);
        shares[source_of(i)] =
            share > CLUSTER_TRANSACTIONS_MAX ? share : CLUSTER_TRANSACTIONS_MAX;
    }
    struct mempool *mempool =
        mempool_new_of_several(shares, (size_t)count + 1, MEMPOOL_KEPT_MAX);
    free(shares);
    return mempool;
}
