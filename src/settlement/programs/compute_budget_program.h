/*
 * The Compute Budget program. Its instructions do nothing when they run: the
 * bank reads them before (format/compute_budget.h).
 */
#ifndef POND_SETTLEMENT_PROGRAMS_COMPUTE_BUDGET_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_COMPUTE_BUDGET_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program compute_budget_program;

#endif
