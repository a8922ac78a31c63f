/*
 * What a replica dropped, kept for later, and fetched, since it was made.
 */
#ifndef POND_SETTLEMENT_CLUSTER_REPLICA_COUNTERS_H
#define POND_SETTLEMENT_CLUSTER_REPLICA_COUNTERS_H

#include <stdint.h>

struct replica_counters {
    uint64_t frames_wrong;     /* of no form, or of no kind */
    uint64_t votes_flooded;    /* frames above what a peer may send */
    uint64_t headers_wrong;    /* no leader's, out of reach, or unsigned */
    uint64_t blocks_excess;    /* more than a leader may have made */
    uint64_t pieces_wrong;     /* of nothing that was begun, or out of order */
    uint64_t bodies_wrong;     /* not the header's */
    uint64_t questions_excess; /* above what a peer is served */
    uint64_t answers_unasked;
    uint64_t answers_wrong;       /* other things than were asked for */
    uint64_t transactions_excess; /* above a validator's share */
    uint64_t blocks_early;        /* kept until their time */
    uint64_t blocks_fetched;      /* made whole by asking */
};

#endif
