/*
 * Between a replica (replica.h) and its write-ahead log (write_ahead.h): what
 * it wants there, what it begins again with, and what it gives to others.
 *
 * Thread: as the two headers say; replica_log_read() on any.
 */
#ifndef POND_SETTLEMENT_CLUSTER_REPLICA_LOG_H
#define POND_SETTLEMENT_CLUSTER_REPLICA_LOG_H

#include "settlement/cluster/replica.h"
#include "settlement/write_ahead/write_ahead.h"

/* Mark that the network has this name since it began anew from the block of
 * restart_slot, unless that is marked. Before anything is put in that network,
 * and before a thread commits. Waits for the disk. */
int replica_log_begin_anew(struct write_ahead *ahead,
                           const struct hash *network, uint64_t restart_slot);

/* Is that marked, and the last that was? */
bool replica_log_is_anew(struct write_ahead *ahead, const struct hash *network);

/* The newest block that the log shows to be final, since the last mark; the
 * ledger may not have it yet. False: there is none. */
bool replica_log_newest_final(struct write_ahead *ahead, uint64_t *slot,
                              struct hash *hash);

/* Put what APPEND or RECORD has. */
void replica_log_put(struct write_ahead *ahead,
                     const struct replica_output *output);

/* Give a new replica its blocks and certificates back, before anything else
 * comes in. root_slot: what it began with. What can't be read or is wrong is
 * left out, with a warning: others have it. Returns how much that was. What is
 * of the network before a restart is passed over. */
size_t replica_log_restore(struct write_ahead *ahead, struct replica *replica,
                           struct replica_clock clock, uint64_t root_slot);

/* Read what LOAD or LOAD_CERTIFICATES names; nothing of it may be there.
 * Appended. Only act, hash and slot of the output count. */
void replica_log_read(struct write_ahead *ahead,
                      const struct replica_output *output, struct buffer *out);

/* Give that to the replica. */
void replica_log_loaded(struct replica *replica, struct replica_clock clock,
                        const struct replica_output *output,
                        struct bytes bytes);

#endif
