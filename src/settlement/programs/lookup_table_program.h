/*
 * The Address Lookup Table program: makes, extends, freezes and closes tables.
 * bank/lookup_table.h has the form of tables and how transactions read them.
 */
#ifndef POND_SETTLEMENT_PROGRAMS_LOOKUP_TABLE_PROGRAM_H
#define POND_SETTLEMENT_PROGRAMS_LOOKUP_TABLE_PROGRAM_H

#include "settlement/bank/program.h"

extern const struct program lookup_table_program;

#endif
