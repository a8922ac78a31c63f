/*
 * Runs of one byte, such as texts that are padded to the length of their field.
 */
#ifndef POND_SETTLEMENT_FORMAT_BYTE_RUN_H
#define POND_SETTLEMENT_FORMAT_BYTE_RUN_H

#include "base/bytes.h"

/* Shorter runs are not looked for: to say what was left out takes bytes too. */
#define BYTE_RUN_SIZE_MIN 32

/* size 0: there is none. */
struct byte_run {
    size_t at;
    size_t size;
    uint8_t byte;
};

/* The longest run of a text at or behind from, and of several the first.
 * from ≤ text.size (CHECKed). */
struct byte_run byte_run_longest(struct bytes text, size_t from);

#endif
