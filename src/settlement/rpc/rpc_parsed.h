/*
 * The parsed forms of encoding "jsonParsed": account data and instructions of
 * programs that this endpoint knows. What can't be parsed is shown as bytes.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_PARSED_H
#define POND_SETTLEMENT_RPC_RPC_PARSED_H

#include "settlement/rpc/rpc_account.h"

/* {"parsed":…,"program":…,"space":…}. Returns false and writes nothing if the
 * data has no parsed form. */
bool rpc_write_parsed_data(struct rpc_request *request, struct json_writer *out,
                           const struct pubkey *key,
                           const struct account *account);

/* An instruction with its keys spelled out by index, as "parsed" if its program
 * is known. Otherwise returns false and writes nothing. */
bool rpc_write_parsed_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    const struct pubkey *keys, unsigned stack_height);

#endif
