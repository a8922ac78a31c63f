/*
 * Amounts of a task for people.
 *
 * Thread: any.
 */
#ifndef POND_NODE_MONEY_AMOUNT_H
#define POND_NODE_MONEY_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* "1.5 KOII" of roe, or "50 base units of its token", whose decimals are its
 * mint's, which nobody has asked. The caller frees it. */
char *amount_words(uint64_t units, bool is_kpl);

#endif
