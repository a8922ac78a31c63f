/*
 * Accounts that exist without rows: sysvars, made from the bank on demand, and
 * the native programs. A clock in a row would change a row in every slot.
 *
 * Layouts: bincode, as solana-clock, solana-rent, solana-epoch-schedule and
 * solana-sysvar (recent_blockhashes.rs) have them.
 */
#ifndef POND_SETTLEMENT_BANK_SYSVAR_H
#define POND_SETTLEMENT_BANK_SYSVAR_H

#include "settlement/bank/bank.h"

/* The account of a sysvar or native program; false for any other key. Its data
 * lies in the arena. */
bool sysvar_account(const struct bank *bank, const struct pubkey *key,
                    struct arena *arena, struct account *out);

/* Keys that no transaction may write to: the above, and the few that Solana
 * reserves besides. */
bool sysvar_is_reserved(const struct program_table *programs,
                        const struct pubkey *key);

#endif
