/*
 * Instructions as JSON, those of a transaction and those that its programs
 * called. Shapes: solana-transaction-status-client-types.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_INSTRUCTION_H
#define POND_SETTLEMENT_RPC_RPC_INSTRUCTION_H

#include "settlement/rpc/rpc_request.h"

/* The instructions of the transaction itself have this height; those that they
 * call have the next one.
 */
#define RPC_STACK_HEIGHT 1

/* As on the wire: keys by index, data in base58. */
void rpc_write_compiled_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    unsigned stack_height);

/* Keys spelled out, and parsed where the program is known. keys are those of
 * the record, so that all indexes are in range. */
void rpc_write_decoded_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    const struct pubkey *keys, unsigned stack_height);

/* The instructions that programs called, grouped by the instruction of the
 * transaction that they came from.
 */
void rpc_write_inner_instructions(struct json_writer *out,
                                  const struct bank_result *result,
                                  bool is_decoded);

/* Bytes in base58. A packet bounds their size. */
void rpc_write_base58(struct json_writer *out, struct bytes data);

/* Indexes of accounts, one byte each. */
void rpc_write_indexes(struct json_writer *out, struct bytes indexes);

#endif
