/*
 * Every native program: the table that a validator's banks are handed.
 */
#ifndef POND_SETTLEMENT_TABLE_PROGRAM_TABLE_H
#define POND_SETTLEMENT_TABLE_PROGRAM_TABLE_H

#include "settlement/bank/program.h"

extern const struct program_table program_table;

#endif
