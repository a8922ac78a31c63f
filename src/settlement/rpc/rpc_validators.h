/*
 * What is known of the validators, for the methods that show it.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_VALIDATORS_H
#define POND_SETTLEMENT_RPC_RPC_VALIDATORS_H

#include "settlement/cluster/cluster_view.h"
#include "settlement/rpc/rpc_request.h"

/* All of it comes from the view of the cluster. A validator that is alone does
 * not vote: what it has executed stands in for its votes. Without a view only
 * the genesis is known. */
struct rpc_validators {
    size_t count;
    struct cluster_validator *at; /* in the request's arena */
    struct cluster_state state;
    uint64_t stake; /* of all, in roe; the genesis bounds it */
};

/* The request's snapshot must be open. */
void rpc_validators_read(struct rpc_request *request,
                         struct rpc_validators *out);

/* How many slots its last vote is behind; UINT64_MAX without one. */
uint64_t rpc_slots_behind(const struct cluster_validator *validator,
                          uint64_t slot);

/* Who signed the block of a slot. False: nobody votes, or it is not known, or
 * no longer. The request's snapshot must be open. */
bool rpc_signers_find(struct rpc_request *request, uint64_t slot,
                      const struct rpc_validators *validators,
                      struct cluster_signers *out);

/* *behind: how many slots this node is behind others; 0: it keeps up. True:
 * nothing becomes final, for whatever reason. A validator that is alone is
 * neither. */
bool rpc_is_stalled(const struct rpc_options *options, uint64_t *behind);

/* Null for an empty text. */
void rpc_field_text_or_null(struct json_writer *out, const char *name,
                            const char *text);

#endif
