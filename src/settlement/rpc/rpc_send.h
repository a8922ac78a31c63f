/*
 * Reading, simulating and sending transactions, also those that the endpoint
 * itself signed, for the families whose methods do so. Thread: as for every
 * method (rpc_request.h).
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

/* Run a transaction on the snapshot without keeping its changes; after may be
 * NULL, and is closed by the caller. The calls of one request share a limit of
 * compute units. */
int rpc_simulate(struct rpc_request *request,
                 const struct transaction *transaction, bool replace_blockhash,
                 struct bank_result *result, struct bank_after *after);

/* The transaction of the first parameter, a text in that encoding; it lies in
 * the request's arena. */
int rpc_read_transaction(struct rpc_request *request,
                         enum rpc_encoding encoding, struct transaction *out);

/* The options of methods with such a transaction that reading it needs, and the
 * transaction in the encoding that they name; base58 by default. */
int rpc_transaction_config(struct rpc_request *request, struct rpc_config *out);
int rpc_config_read_transaction(struct rpc_request *request,
                                const struct rpc_config *config,
                                struct transaction *out);

/* A transaction that is invalid on any state, or names an address that no
 * lookup table has, is not a failed simulation: its parameters are wrong. */
int rpc_fail_invalid(struct rpc_request *request, enum transaction_error error);
/* Whether it names such an address. */
bool rpc_is_unresolved(struct transaction_status status);

#endif
