/*
 * Every native program. Validators hand this table to their banks.
 */
#ifndef POND_SETTLEMENT_TABLE_PROGRAM_TABLE_H
#define POND_SETTLEMENT_TABLE_PROGRAM_TABLE_H

#include "settlement/bank/program.h"

extern const struct program_table program_table;

#endif
