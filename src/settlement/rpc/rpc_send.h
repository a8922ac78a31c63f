/*
 * Sending a transaction that the endpoint itself signed, for the families whose
 * methods do so. Thread: as for every method (rpc_request.h).
 */
#ifndef POND_SETTLEMENT_RPC_RPC_SEND_H
#define POND_SETTLEMENT_RPC_RPC_SEND_H

#include "settlement/format/transaction.h"
#include "settlement/rpc/rpc_request.h"

/* One instruction that the faucet pays for and signs, on the newest blockhash.
 * Opens the view. The faucet must be there (CHECKed). id may be NULL.
 * is_checked: simulate it first, so that what can't succeed stays out of the
 * mempool and the error says why. */
int rpc_send_from_faucet(struct rpc_request *request,
                         const struct instruction *instruction, bool is_checked,
                         struct signature *id);

#endif
