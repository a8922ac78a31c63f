/*
 * The keys that clients, nodes and programs know by heart: native programs,
 * sysvars, the mint of wrapped lamports, the address that burns.
 *
 * Source: Solana's SDK (solana-sdk-ids), Koii's task programs
 * (docs/settlement.md).
 */
#ifndef POND_SETTLEMENT_FORMAT_WELL_KNOWN_H
#define POND_SETTLEMENT_FORMAT_WELL_KNOWN_H

#include "crypto/key.h"

extern const struct pubkey SYSTEM_PROGRAM_ID;
extern const struct pubkey COMPUTE_BUDGET_PROGRAM_ID;
extern const struct pubkey MEMO_PROGRAM_ID;
extern const struct pubkey MEMO_V1_PROGRAM_ID;
extern const struct pubkey TOKEN_PROGRAM_ID;
extern const struct pubkey ASSOCIATED_TOKEN_PROGRAM_ID;
extern const struct pubkey ADDRESS_LOOKUP_TABLE_PROGRAM_ID;
extern const struct pubkey DEVELOPMENT_PROGRAM_ID; /* Pond's own */
extern const struct pubkey DEVELOPMENT_AUTHORITY_ID;
extern const struct pubkey KOII_TASK_PROGRAM_ID;
extern const struct pubkey KPL_TASK_PROGRAM_ID;
extern const struct pubkey NATIVE_LOADER_ID;
extern const struct pubkey SYSVAR_OWNER_ID;
extern const struct pubkey CLOCK_SYSVAR_ID;
extern const struct pubkey RENT_SYSVAR_ID;
extern const struct pubkey EPOCH_SCHEDULE_SYSVAR_ID;
extern const struct pubkey RECENT_BLOCKHASHES_SYSVAR_ID;
extern const struct pubkey SLOT_HASHES_SYSVAR_ID;
extern const struct pubkey INSTRUCTIONS_SYSVAR_ID;
extern const struct pubkey INCINERATOR_ID;

/* The mint of wrapped lamports,
 * So11111111111111111111111111111111111111112. */
extern const struct pubkey TOKEN_NATIVE_MINT;

#endif
