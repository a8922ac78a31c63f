/*
 * The forms of the programs' instructions. Each table ends with a NULL type.
 */
#ifndef POND_SETTLEMENT_RPC_RPC_PROGRAM_FORMS_H
#define POND_SETTLEMENT_RPC_RPC_PROGRAM_FORMS_H

#include "settlement/rpc/rpc_form.h"

extern const struct rpc_form rpc_system_forms[];
extern const struct rpc_form rpc_token_forms[];
extern const struct rpc_form rpc_mint_authority_forms[];
extern const struct rpc_form rpc_associated_token_forms[];
extern const struct rpc_form rpc_lookup_table_forms[];
extern const struct rpc_form rpc_paid_extension_forms[];

#endif
