/*
 * The native Koii task program: what each instruction needs and does. Rules,
 * where K2's own are not public, are this project's (docs/settlement.md).
 *
 * A pure state machine: it reaches accounts and state only through its
 * invocation (program.h) and takes the slot from there. A call either
 * succeeds, or fails and leaves its writes to be thrown away by the bank.
 *
 * Rounds: R = (slot - starting_slot) / round_time; off = the rest; S and A the
 * submission and audit windows. Work for round r is submitted and audited in
 * round r + 1 and paid from round r + 2 on.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_PROGRAM_H
#define POND_SETTLEMENT_TASK_TASK_PROGRAM_H

#include "settlement/bank/program.h"
#include "settlement/format/task_error.h"
#include "settlement/format/task_instruction.h"

/* The native program; the KPL one is in kpl_program.h. */
extern const struct program task_program;

#endif
