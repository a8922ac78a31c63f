/*
 * Transactions that a peer sent, brought to the mempool. The cheap checks come
 * first: form, whether they are known, blockhash, what the payer has, whether
 * its sender has a place for them. The signatures, which cost a hundred times
 * as much, are checked of what is left.
 *
 * An honest validator sends on what it has checked itself. So a signature that
 * does not verify shows that the sender is not honest.
 *
 * Thread: any.
 */
#ifndef POND_SETTLEMENT_CLUSTER_TRANSACTION_INTAKE_H
#define POND_SETTLEMENT_CLUSTER_TRANSACTION_INTAKE_H

#include "base/bytes.h"
#include "settlement/ledger/ledger.h"

struct mempool;

struct transaction_intake {
    size_t unwanted; /* refused by a cheap check, or of no form */
    size_t checked;  /* whose signatures were checked */
    size_t wrong;    /* of these, with one that does not verify */
    size_t taken;    /* by the mempool */
};

/* body: a frame of transactions (cluster_message.h), from a source of the
 * mempool that is not its own. */
void transaction_intake(struct mempool *mempool, size_t source,
                        struct ledger *ledger, struct bytes body,
                        struct transaction_intake *out);

#endif
