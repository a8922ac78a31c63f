/*
 * Transactions on their way to who makes the next blocks: this endpoint's to
 * the leader of this window and of the next, and those of other endpoints to
 * this one's mempool.
 *
 * Their signatures are checked on threads of the loop's pool, because a
 * thousand of them take as long as a slot may be late.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "settlement/bank/bank.h"
#include "settlement/chain/mempool.h"
#include "settlement/cluster/cluster_internal.h"

#include <stdlib.h>

/* Frames from peers whose transactions are being checked: some thirty
 * milliseconds of work. What comes meanwhile is dropped; who sent it keeps it,
 * and sends it again in another window. */
#define INTAKES_MAX 64
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
};

/* A payer that has nothing must not drive out those who pay. */
static bool can_pay(struct ledger_view *view, struct arena *arena,
                    const struct transaction *transaction)
{
    struct account payer;

    return !bank_account(ledger_view_bank(view), ledger_view_state(view),
                         &transaction->keys[0], arena, &payer) &&
           payer.lamports >= bank_fee(transaction);
}

/* What is not taken is known, old, or more than its endpoint may send. */
static void add_all(struct intake *intake, struct ledger_view *view,
                    struct transaction **transactions, size_t count,
                    struct arena *arena)
{
    struct mempool *mempool = intake->cluster->options.execution.mempool;

    transaction_verify_all(transactions, count);
    for (size_t i = 0; i < count; i++)
        if (transactions[i]->is_verified &&
            mempool_add_from(mempool, source_of(intake->index),
                             can_pay(view, arena, transactions[i]),
                             transactions[i], ledger_view_bank(view)))
            err_clear();
}

/* On a thread of the loop's pool. */
static void check_transactions(uv_work_t *work)
{
    struct intake *intake = work->data;
    struct ledger *ledger = intake->cluster->options.execution.ledger;
    struct cluster_transactions wires;
    struct transaction read[CLUSTER_TRANSACTIONS_MAX];
    struct transaction *transactions[CLUSTER_TRANSACTIONS_MAX];
    struct arena arena = {0};
    struct ledger_view *view;
    size_t count = 0;

    if (cluster_transactions_decode(buffer_view(&intake->body), &wires) ||
        ledger_view_open(ledger, LEDGER_PROCESSED, &view)) {
        err_clear();
        return;
    }
    for (size_t i = 0; i < wires.count; i++) {
        if (transaction_parse(wires.wires[i], &arena, &read[count]))
            continue;
        transactions[count] = &read[count];
        count++;
    }
    add_all(intake, view, transactions, count, &arena);
    ledger_view_close(view);
    arena_free(&arena);
    err_clear();
}

static void on_checked(uv_work_t *work, int status)
{
    struct intake *intake = work->data;

    (void)status;
    intake->cluster->intakes--;
    buffer_free(&intake->body);
    free(intake);
}

void cluster_take_transactions(struct cluster *cluster, uint16_t index,
                               struct bytes body)
{
    if (cluster->intakes == INTAKES_MAX)
        return;
    struct intake *intake = mem_zero(1, sizeof(*intake));
    intake->cluster = cluster;
    intake->index = index;
    intake->work.data = intake;
    buffer_bytes(&intake->body, body);
    cluster->intakes++;
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
