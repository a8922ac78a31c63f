/*
 * The KPL task program: tasks paid in a token. Its rules are the native
 * program's (task_program.h, with its errors); what differs is where coins are:
 *
 *   - The stake pot is a token account of the task's mint, made by CreateTask
 *     for a key that signs it. Its owner is an address derived from this
 *     program with the seed sha256(the pot's address in base58): only this
 *     program moves its tokens.
 *   - Stake and FundTask take tokens from the actor's token account,
 * ClaimReward gives them to the beneficiary's. DeleteTask burns what is not
 * owed.
 *   - Amounts are in base units of the token. A task's state is Borsh
 *     (kpl_render.h); the room it may take is counted as the native program
 *     does, by the longer JSON text.
 */
#ifndef POND_SETTLEMENT_TASK_KPL_PROGRAM_H
#define POND_SETTLEMENT_TASK_KPL_PROGRAM_H

#include "settlement/bank/program.h"

/* Thread: any; like all programs it works on its invocation alone. */
extern const struct program kpl_program;

#endif
