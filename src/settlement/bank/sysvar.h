/*
 * Accounts that exist without rows: sysvars, which are made from the bank on
 * demand, and the native programs. A clock in a row would change a row in every
 * slot.
 *
 * Layouts: bincode. Source: solana-clock, solana-rent, solana-epoch-schedule
 * and solana-sysvar (recent_blockhashes.rs).
 */
#ifndef POND_SETTLEMENT_BANK_SYSVAR_H
#define POND_SETTLEMENT_BANK_SYSVAR_H

#include "settlement/bank/bank.h"

/* The account of a sysvar or native program; false for any other key. Its data
 * lies in the arena. */
bool sysvar_account(const struct bank *bank, const struct pubkey *key,
                    struct arena *arena, struct account *out);

/* Whether no transaction may write to the key: the keys above, and the few
 * others that Solana reserves. */
bool sysvar_is_reserved(const struct program_table *programs,
                        const struct pubkey *key);

#endif
