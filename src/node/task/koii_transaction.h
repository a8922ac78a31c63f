/*
 * Transactions that a task on the engine node has composed itself:
 * sendAndConfirmTransactionWrapper. In Koii the node adds its main wallet's
 * signature to whatever it is given. Here it does so for what a task does on
 * chain as a task, and for nothing else.
 *
 * Let through is a transaction whose payer is the main wallet and whose
 * instructions are all the task program's, on this very task: submissions,
 * votes, payouts, lists, and claims to the main wallet. The main wallet pays
 * the fee and has no other part in it. Signatures are the main wallet's, the
 * task's own staking key's, and those of keys that the task hands over.
 */
#ifndef POND_NODE_TASK_KOII_TRANSACTION_H
#define POND_NODE_TASK_KOII_TRANSACTION_H

#include "node/reach/host_world.h"
#include "settlement/format/transaction.h"

/* ERR_DENIED says what it does that it must not. token: the mint of a KPL task,
 * whose claims go to the main wallet's associated account; NULL for a native
 * one. Pure. */
int koii_transaction_check(const struct transaction *transaction,
                           const struct pubkey *main, const struct pubkey *task,
                           const struct pubkey *token);

/* [bytes, [keypair, ...]] -> the signature, once it is confirmed. Not in the
 * journal: after a crash it has landed, or has not. */
host_serve koii_transaction_serve;

#endif
