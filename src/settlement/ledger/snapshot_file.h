/*
 * What all work on snapshots' files begins with.
 */
#ifndef POND_SETTLEMENT_LEDGER_SNAPSHOT_FILE_H
#define POND_SETTLEMENT_LEDGER_SNAPSHOT_FILE_H

#include <stdio.h>

/* Open a file for reading; ERR_NOT_FOUND if it is missing. */
int snapshot_file_open(const char *path, FILE **out);

#endif
