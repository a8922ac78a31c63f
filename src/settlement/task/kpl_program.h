/*
 * The KPL task program: tasks that are paid in a token. Rules and errors are
 * the native program's (task_program.h); coins lie elsewhere:
 *
 *   - The stake pot is a token account of the task's mint. CreateTask makes it
 *     for a key that signs. Its owner is an address derived from this program
 *     with the seed sha256(the pot's address in base58), so only this program
 *     moves its tokens.
 *   - Stake and FundTask take tokens from the actor's token account, and
 *     ClaimReward gives them to the beneficiary's. DeleteTask burns the tokens
 *     that are not owed.
 *   - Amounts are in base units of the token. A task's state is Borsh
 *     (kpl_render.h); its room is counted by the longer JSON text, as in the
 *     native program.
 */
#ifndef POND_SETTLEMENT_TASK_KPL_PROGRAM_H
#define POND_SETTLEMENT_TASK_KPL_PROGRAM_H

#include "settlement/bank/program.h"

/* Thread: any. */
extern const struct program kpl_program;

#endif
