/*
 * The native Koii task program. Where K2's rules are not public, they are
 * Pond's own (docs/settlement.md).
 *
 * A pure state machine: it reaches accounts, state and slot only through its
 * invocation (program.h). The bank drops the writes of an instruction that
 * fails.
 *
 * The round of a slot is (slot - starting_slot) / round_time. Work for round r
 * is submitted and audited in round r + 1 and paid from round r + 2 on.
 */
#ifndef POND_SETTLEMENT_TASK_TASK_PROGRAM_H
#define POND_SETTLEMENT_TASK_TASK_PROGRAM_H

#include "settlement/bank/program.h"
#include "settlement/format/task_error.h"
#include "settlement/format/task_instruction.h"

/* The native program; the KPL one is in kpl_program.h. */
extern const struct program task_program;

#endif
