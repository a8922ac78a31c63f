/*
 * How native programs call the System program to make an account.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_SYSTEM_CALL_H
#define POND_SETTLEMENT_PROGRAMS_SYSTEM_CALL_H

#include "settlement/bank/program.h"

/* Make an empty account of size bytes for owner, rent-exempt, at a place whose
 * address may have lamports already. The payer signs and pays what is missing.
 * The account signs: derived is its address if the calling program signs for
 * the account, or NULL if the account signed the transaction. An address that
 * has data or another owner is refused.
 *
 * Without lamports at the address this is one CreateAccount. CreateAccount
 * refuses an address with lamports, and anybody can send some to an address
 * that is known beforehand. There the steps are Transfer, Allocate and Assign.
 */
enum instruction_error system_call_create(struct invocation *invocation,
                                          size_t payer, size_t account,
                                          uint64_t size,
                                          const struct pubkey *owner,
                                          const struct pubkey *derived);

#endif
