/*
 * Whole numbers of small units as people read them, with a point: "1.5" is
 * 1,500,000,000 of units of which nine decimals make one. A digit stands before
 * the point, zeros at the end are left out, and so is a point that nothing
 * follows. Thread: any.
 */
#ifndef POND_BASE_DECIMAL_H
#define POND_BASE_DECIMAL_H

#include "base/buffer.h"

/* Append; decimals: any number of them. */
void decimal_units(uint64_t units, unsigned decimals, struct buffer *out);

/* The same of digits, as many as there are, without zeros before them. */
void decimal_digits(const char *digits, unsigned decimals, struct buffer *out);

#endif
