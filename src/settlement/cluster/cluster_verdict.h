/*
 * What a replica is told of the verdict on a block that it had executed.
 */
#ifndef POND_SETTLEMENT_CLUSTER_CLUSTER_VERDICT_H
#define POND_SETTLEMENT_CLUSTER_CLUSTER_VERDICT_H

#include "settlement/chain/block_tree.h"
#include "settlement/cluster/replica.h"

/* Invalid is what is invalid for everybody: this validator gives up the slot
 * for it at once. What is this machine's own affair says nothing of the block.
 * Bytes that are not the block's are such: the replica has compared them with
 * the header when they came, so they have changed in memory here, and its own
 * copy is given out again. */
static inline enum replica_verdict
cluster_verdict_of(enum block_verdict verdict)
{
    switch (verdict) {
    case VERDICT_VALID:
        return REPLICA_VALID;
    case VERDICT_INVALID:
        return REPLICA_INVALID;
    case VERDICT_OTHER:
    case VERDICT_NO_PARENT:
    case VERDICT_NO_ROOM:
        break;
    }
    return REPLICA_LATER;
}

#endif
