/*
 * Runs of one byte, such as the padding of texts to the length of their field.
 * Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_BYTE_RUN_H
#define POND_SETTLEMENT_FORMAT_BYTE_RUN_H

#include "base/bytes.h"

/* Shorter runs don't count: saying what was left out takes bytes too. */
#define BYTE_RUN_SIZE_MIN 32

/* size 0: there is no run. at: offset in the text. */
struct byte_run {
    size_t at;
    size_t size;
    uint8_t byte;
};

/* The longest run of a text at or after the offset from; the first of several.
 * from ≤ text.size (CHECKed). */
struct byte_run byte_run_longest(struct bytes text, size_t from);

#endif
