/*
 * The JSON forms of transactions and their results, shared by the transaction
 * and block methods and PubSub.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_TRANSACTION_H
#define POND_SETTLEMENT_RPC_RPC_TRANSACTION_H

#include "settlement/rpc/rpc_request.h"

/* How much of a block's transactions is shown ("transactionDetails"). */
enum rpc_details {
    RPC_DETAILS_FULL,
    RPC_DETAILS_ACCOUNTS,
    RPC_DETAILS_SIGNATURES,
    RPC_DETAILS_NONE,
};

/* How transactions are to be shown. */
struct rpc_transaction_options {
    enum rpc_encoding encoding;
    bool has_version; /* maxSupportedTransactionVersion was given */
    bool show_rewards;
    enum rpc_details details;
    size_t size_max; /* blocks: bytes of the text; 0: RPC_ANSWER_MAX */
    const struct pubkey *mentions; /* blocks: show only transactions that name
                                      this key; NULL: all */
};
/* Read these options from an options object. */
int rpc_transaction_options(struct rpc_request *request,
                            const struct rpc_config *config,
                            struct rpc_transaction_options *out);

/* Read them from the parameter at index, of methods that show only what is
 * confirmed: an options object, or the oldest form, a bare encoding. */
int rpc_transaction_parameter(struct rpc_request *request, size_t index,
                              struct rpc_transaction_options *out);

/* The object that "meta" is. */
void rpc_write_meta(struct json_writer *out,
                    const struct transaction *transaction,
                    const struct bank_result *result,
                    const struct rpc_transaction_options *options);

/* "meta":…,"transaction":… and, if asked for, "version":…, into an object that
 * is open. */
int rpc_write_record(struct rpc_request *request, struct json_writer *out,
                     const struct ledger_record *record,
                     const struct rpc_transaction_options *options);

/* A record's memo as getSignaturesForAddress shows it, or null. */
void rpc_write_memo(struct json_writer *out, const struct ledger_record *record,
                    struct arena *arena);

/* {"Ok":null} or {"Err":…} */
void rpc_write_status(struct json_writer *out,
                      struct transaction_status status);

/* A program's log as an array of texts. */
void rpc_write_log(struct json_writer *out, const struct bank_result *result);

/* A block of the request's snapshot, as getBlock gives it. */
int rpc_write_block(struct rpc_request *request, struct json_writer *out,
                    const struct ledger_header *header,
                    const struct rpc_transaction_options *options);

bool rpc_record_mentions(const struct ledger_record *record,
                         const struct pubkey *key);

/* The method getRecentPrioritizationFees, in a file of its own. */
int rpc_recent_prioritization_fees(struct rpc_request *request);

/* {"data":[text,"base64"],"programId":…}, or null. */
void rpc_write_return_data(struct json_writer *out,
                           const struct bank_result *result);

#endif
