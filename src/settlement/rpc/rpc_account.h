/*
 * The JSON form of an account, shared by the account methods, simulation and
 * PubSub.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_ACCOUNT_H
#define POND_SETTLEMENT_RPC_RPC_ACCOUNT_H

#include "settlement/rpc/rpc_request.h"

/* {"data":…,"executable":…,"lamports":…,"owner":…,"rentEpoch":…,"space":…}
 * with the encoding and slice of config. */
int rpc_write_account(struct rpc_request *request, struct json_writer *out,
                      const struct pubkey *key, const struct account *account,
                      const struct rpc_config *config);

/* Is an account shown in a list? With jsonParsed, an account of the Token
 * program is listed only if it has a parsed form, as on Solana. */
bool rpc_account_is_listed(struct rpc_request *request,
                           const struct pubkey *key,
                           const struct account *account,
                           const struct rpc_config *config);

/* Called for each account; an error that it returns ends the walk and fails the
 * request. data is empty for a rendered account (bank_account_data() makes it).
 */
typedef int rpc_account_visit(void *user, const struct pubkey *key,
                              struct account *account);

/* A walk over the accounts of the request's snapshot, which must be open
 * (CHECKed), in the order of their keys: all, or those of one owner. Its time
 * grows with the number of all accounts, because there is no index by owner. */
int rpc_visit_accounts(struct rpc_request *request, const struct pubkey *owner,
                       rpc_account_visit *visit, void *user);

#endif
