/*
 * Filters of accounts, for getProgramAccounts and programSubscribe. Formats and
 * limits are those of Solana's RpcFilterType.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_FILTERS_H
#define POND_SETTLEMENT_RPC_RPC_FILTERS_H

#include "settlement/rpc/rpc_request.h"

#define RPC_FILTERS_MAX 4 /* as Solana's MAX_GET_PROGRAM_ACCOUNT_FILTERS */
#define RPC_FILTER_BYTES_MAX 128 /* as its MAX_DATA_SIZE of memcmp */

struct rpc_filters {
    size_t count;
    struct {
        enum {
            RPC_FILTER_MEMCMP,
            RPC_FILTER_SIZE,
            RPC_FILTER_TOKEN_ACCOUNT /* an initialised one */
        } kind;
        uint64_t size;
        uint64_t offset;
        struct bytes bytes; /* in the arena */
    } items[RPC_FILTERS_MAX];
};

/* Read the "filters" of an options object. Their bytes lie in arena, because
 * those of a subscription outlive the request. */
int rpc_filters_read(struct rpc_request *request,
                     const struct rpc_config *config, struct arena *arena,
                     struct rpc_filters *out);

/* Do all filters match? size: of the whole data; beginning: at least as much of
 * the data as rpc_filters_reach() says. */
bool rpc_filters_match(const struct rpc_filters *filters, uint64_t size,
                       struct bytes beginning);

/* How many bytes of the data, from its beginning, the filters look at. */
uint64_t rpc_filters_reach(const struct rpc_filters *filters);

#endif
