/*
 * The System program: creates accounts, transfers lamports, assigns and
 * allocates, keeps durable nonces. format/system_instruction.h has the form of
 * its instructions.
 *
 * Source: Agave's system_processor.rs, for the order of the checks.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_SYSTEM_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_SYSTEM_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program system_program;

#endif
