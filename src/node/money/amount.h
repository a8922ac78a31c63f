/*
 * Amounts for people.
 */
#ifndef POND_NODE_MONEY_AMOUNT_H
#define POND_NODE_MONEY_AMOUNT_H

#include <stdint.h>

#define AMOUNT_KOII_DECIMALS 9

/* A whole number of units with a point before the last decimals, and no more
 * digits behind it than it takes: "1.5". The caller frees it. */
char *amount_text(uint64_t units, unsigned decimals);

#endif
