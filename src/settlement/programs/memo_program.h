/*
 * The Memo program, versions 1 and 2: puts a UTF-8 text into the log. In
 * version 2 every account of the instruction must sign. Source: spl-memo.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_MEMO_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_MEMO_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program memo_program;
extern const struct program memo_v1_program;

#endif
