/*
 * The only validator of a network: it leads every slot, and what it makes is
 * final at once. So nobody has to be asked.
 */
#ifndef POND_SETTLEMENT_CHAIN_LONE_LEADER_H
#define POND_SETTLEMENT_CHAIN_LONE_LEADER_H

#include "settlement/chain/execution_thread.h"

struct lone_leader;

struct lone_leader_options {
    struct execution_options execution;
    struct flusher *flusher;
    /* No further slot can be made; err_text() says why. The thread ends. Called
     * on that thread. NULL is allowed. */
    void (*failed)(void *user, int status);
    void *user;
};

/* Begin the first slot now. */
struct lone_leader *
lone_leader_start(const struct lone_leader_options *options);

/* Seal the block under way at once, hand it to the flusher, end the thread.
 * NULL is allowed. */
void lone_leader_stop(struct lone_leader *leader);

#endif
