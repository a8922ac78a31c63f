/*
 * Tokens as JSON: amounts, and accounts of the Token program for jsonParsed.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_TOKEN_FORM_H
#define POND_SETTLEMENT_RPC_RPC_TOKEN_FORM_H

#include "settlement/rpc/rpc_request.h"

/* Append {"amount":"…","decimals":…,"uiAmount":…,"uiAmountString":"…"}. amount
 * is in base units; the two "ui" forms are in whole tokens. */
void rpc_write_token_amount(struct json_writer *out, uint64_t amount,
                            uint8_t decimals);

/* The same as fields of an object that is open. */
void rpc_token_amount_fields(struct json_writer *out, uint64_t amount,
                             uint8_t decimals);

/* The decimals of a mint in the snapshot, which the call opens if needed. An
 * account that is not a mint fails the request, in Solana's words. */
int rpc_token_mint_decimals(struct rpc_request *request,
                            const struct pubkey *mint, uint8_t *out);

/* The parsed form of an account of the Token program: {"info":…,"type":…}.
 * Returns false and writes nothing if the data is of another kind. */
bool rpc_write_token_data(struct rpc_request *request, struct json_writer *out,
                          struct bytes data);

#endif
