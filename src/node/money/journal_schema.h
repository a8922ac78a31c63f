/*
 * The tables of the journal's database, by versions.
 */
#ifndef POND_NODE_MONEY_JOURNAL_SCHEMA_H
#define POND_NODE_MONEY_JOURNAL_SCHEMA_H

#include <sqlite3.h>

/* Bring the tables up to date, step by step, each whole or not at all.
 * SQLITE_OK or SQLite's code. *status is ERR_UNSUPPORTED where the version is
 * one that this program does not know; then nothing was touched. */
int journal_schema_update(sqlite3 *database, int *status);

#endif
