/*
 * What the files of the cluster's thread share.
 *
 *     cluster_network.c which network it is
 *     cluster_contacts.c who listens where
 *     cluster_log.c     what it says to operators and to the view
 *     cluster_disk.c    the write-ahead log: beginning again, reading from it
 *     cluster_forward.c transactions to leaders, and from peers
 *     cluster_act.c     what the replica wants done
 *     cluster_peers.c   connections, and what comes by them
 *     cluster.c         life, and what comes in
 *
 * Each uses those above it.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_INTERNAL_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_INTERNAL_H

#include "base/clock.h"
#include "base/disk.h"
#include "base/rate.h"
#include "net/inbox.h"
#include "peer/peer_host.h"
#include "settlement/cluster/cluster.h"
#include "settlement/cluster/replica.h"
#include "settlement/write_ahead/write_ahead_thread.h"

#include <pthread.h>
#include <uv.h>

#define CLUSTER_MAGIC 0x434c5553u

struct contact_book;

/* What was said to the operator last. */
struct cluster_said {
    bool has_quorum;
    char *missing;      /* who, and why; NULL: nothing was said */
    uint64_t quorum_ms; /* when that was looked at */
    bool is_clock_wrong;
    bool is_behind;
    bool is_too_far;
    bool has_forgotten; /* it watches only */
    bool *is_connected; /* with each validator */
    /* The counters when strangers were last spoken of; 0: never. */
    struct peer_counters peers;
    uint64_t strangers_ms;
};

/* How far the transactions that are kept were sent to who leads. */
struct cluster_forwarding {
    uint64_t window;
    uint64_t current; /* to its leader: the number of the last one */
    uint64_t next;    /* and to the next one's */
    uint64_t count;   /* sent since the start, to either */
};

/* All fields but the options are the thread's. */
struct cluster {
    unsigned magic;
    struct cluster_options options;
    pthread_t thread;
    uv_loop_t loop;
    struct inbox *inbox;
    uv_timer_t timer;   /* when the replica is due */
    uv_timer_t watch;   /* looks at the health, and lets go of old segments */
    uv_timer_t forward; /* looks for transactions to be sent to leaders */
    struct peer_host *host;
    struct write_ahead *ahead;
    struct write_ahead_thread *journal;
    struct execution_thread *execution;
    struct replica *replica;
    struct validator_set *set;
    struct leader_schedule *schedule;
    struct hash network;   /* the name under which votes count */
    uint64_t restart_slot; /* of the newest restart; 0: there was none */
    struct hash restart;
    struct vote_tag tag;
    uint16_t self;
    uint64_t (*links)[PEER_LANES]; /* of each validator; 0: none */
    struct contact_book *contacts;
    bool has_put;      /* the log has something to commit, */
    bool has_pressing; /* and now */
    bool is_stopping;
    size_t loads; /* under way */
    struct cluster_forwarding forwarding;
    uint64_t final_ms;
    uint64_t final_slot;
    struct cluster_said said;
    char halt[CLUSTER_TEXT_MAX * 4];
};

static inline struct replica_clock cluster_clock(void)
{
    return (struct replica_clock){.ns = clock_monotonic_ns(),
                                  .unix_ms = clock_unix_ms()};
}

/* ---- cluster_network.c ---- */

/* Which network it is, and that of the options' restart from now on. ERR_STATE:
 * the ledger is past its block; ERR_CORRUPT, ERR_IO, ERR_FULL: of the file. */
int cluster_find_network(struct cluster *cluster);
/* Part what the open log has of the network before from what is of this one. */
int cluster_mark_network(struct cluster *cluster);

/* ---- cluster_contacts.c ---- */

/* The host is open. */
void cluster_contacts_open(struct cluster *cluster);
/* Say what is known to a validator that was connected. */
void cluster_contacts_tell(struct cluster *cluster, uint16_t index);
/* Say to all what is new. To be called once a second. */
void cluster_contacts_pass_on(struct cluster *cluster);
/* ERR_INVALID, ERR_LIMIT, ERR_DENIED: see contact_book.h. */
int cluster_contacts_take(struct cluster *cluster, uint16_t from,
                          struct bytes body);
void cluster_contacts_show(const struct cluster *cluster, uint16_t index,
                           struct cluster_validator *out);

/* ---- cluster_log.c ---- */

/* Look at how things are, and say what has changed. */
void cluster_watch(struct cluster *cluster);
void cluster_say_peer(struct cluster *cluster, uint16_t index, bool is_up,
                      const char *why);
void cluster_say_accusation(const struct cluster *cluster,
                            const struct replica_output *output);
void cluster_say_halt(struct cluster *cluster,
                      const struct replica_output *output);
void cluster_say_stuck(void);

/* ---- cluster_disk.c ---- */

int cluster_open_disk(struct cluster *cluster);
/* Make the replica, of what is on disk. */
void cluster_restore(struct cluster *cluster);
/* What a LOAD gave (replica_log_loaded()), on the loop. */
typedef void cluster_loaded(struct cluster *cluster,
                            const struct replica_output *output,
                            struct bytes bytes);
/* Read from the log what LOAD or LOAD_CERTIFICATES says. */
void cluster_load(struct cluster *cluster, const struct replica_output *output,
                  cluster_loaded *loaded);
void cluster_drop_old(struct cluster *cluster);

/* ---- cluster_forward.c ---- */

/* Send leaders what they have not got yet. */
void cluster_forward(struct cluster *cluster);
/* The outcome, on the loop: replica_transactions_checked(). */
typedef void cluster_checked(struct cluster *cluster, uint16_t index,
                             bool is_wrong);
/* Bring transactions of a peer to the mempool. */
void cluster_take_transactions(struct cluster *cluster, uint16_t index,
                               struct bytes body, cluster_checked *checked);

/* ---- cluster_act.c ---- */

/* End the connections with a peer that breaks the protocol. */
void cluster_cut(struct cluster *cluster, uint16_t index);
/* Do what the replica wants done, and look again when it is due. */
void cluster_drive(struct cluster *cluster);

/* ---- cluster_peers.c ---- */

/* Listen, and connect to all whose addresses are known. */
int cluster_start_host(struct cluster *cluster);

#endif
