/*
 * What the methods of private networks share. Thread: as for every method
 * (rpc_request.h).
 */
#ifndef POND_SETTLEMENT_RPC_RPC_DEVELOPMENT_H
#define POND_SETTLEMENT_RPC_RPC_DEVELOPMENT_H

#include "settlement/rpc/rpc_request.h"

/* Fails where the endpoint has no faucet's key: the network is not private. */
int rpc_require_faucet(struct rpc_request *request);

/* What an account shall be. */
struct rpc_account_wish {
    struct pubkey key;
    uint64_t lamports;
    struct pubkey owner;
    uint64_t space;
    struct buffer data; /* "": none is written */
};

/* Send what makes it so, with one of the next blocks, and write the answer:
 * null in a context. There must be a faucet (CHECKed). */
int rpc_fulfil_wish(struct rpc_request *request,
                    const struct rpc_account_wish *wish);

/* A text member of the options; NULL if it is absent or null. */
int rpc_config_text(struct rpc_request *request,
                    const struct rpc_config *config, const char *name,
                    const char **out);

/* Why a method that Surfpool has is not offered here; NULL for all others. */
const char *rpc_development_why_not(const char *method);

#endif
