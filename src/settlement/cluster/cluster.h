/*
 * A validator among others: the thread on which its replica (replica.h) lives,
 * with its connections (peer/peer_host.h), its write-ahead log
 * (settlement/write_ahead), and the execution that it orders
 * (chain/execution_thread.h).
 *
 *     loop of its own: peers, log, timers ── replica ──▶ execution ──▶ flusher
 *
 * It says to the operator's log who is connected, whether there is a quorum,
 * and what is wrong; and to cluster_view.h what clients may see.
 *
 * Thread: that of the caller, for all functions; they never run on the
 * cluster's own.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_H

#include "settlement/chain/execution_thread.h"
#include "settlement/cluster/cluster_view.h"

struct cluster;
struct vote;

struct cluster_options {
    struct execution_options execution;
    const struct keypair *voter; /* borrowed; signs votes */
    struct flusher *flusher;     /* outlives the cluster */
    struct cluster_view *view;   /* borrowed; told by the cluster */
    /* Where `votes` and `blocks/` are; locked by the caller. */
    const char *folder;
    /* Where others connect: a numeric address, NULL: 127.0.0.1; 0: a free port.
     */
    const char *address;
    uint16_t port;
    /* Where some of the others are, "HOST:PORT", besides what the genesis says
     * and what they say of each other. */
    const char *const *entrypoints;
    size_t entrypoint_count;
    /* Of this validator's endpoint, for the others; NULL: nothing is said. */
    const char *endpoint;
    /* Act as one that has lost its record of votes. */
    bool has_forgotten;
    /* The block that all operators go on from, because no quorum is left
     * (consensus_network()); slot 0: there is none. */
    uint64_t restart_slot;
    struct hash restart;
    /* Each event of the execution, on its thread. NULL is allowed. */
    void (*happened)(void *user, const struct execution_event *event);
    /* On the cluster's thread, and NULL is allowed: all bytes of another's
     * block are here; a vote that notarizes a block was verified. */
    void (*received)(void *user, uint64_t slot);
    void (*voted)(void *user, const struct vote *vote);
    /* The disk failed, or the execution; err_text() says how. Nothing goes on;
     * the cluster is to be stopped. On some thread, once or more. */
    void (*failed)(void *user, int status);
    void *user;
};

/* The mempool of a validator among those of the genesis: places for its own
 * clients, and for each other validator. */
struct mempool *cluster_mempool_new(const struct genesis *genesis);

/* Everything is there when this returns 0, and goes on by itself. ERR_INVALID:
 * of an address; ERR_NOT_FOUND: the identity is no validator of the genesis;
 * ERR_STATE: something after the restart's block is final here, or its hash is
 * not that of a block; ERR_BUSY: the port is taken; ERR_IO, ERR_FULL,
 * ERR_CORRUPT: of the log. */
int cluster_start(const struct cluster_options *options, struct cluster **out);

/* Where others connect. */
uint16_t cluster_port(const struct cluster *cluster);

/* Let the connections go, seal the block under way, bring the log to disk.
 * Nothing is called any more. NULL is allowed. */
void cluster_stop(struct cluster *cluster);

#endif
