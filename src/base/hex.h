/*
 * Hexadecimal, lower case out, either case in.
 */
#ifndef POND_BASE_HEX_H
#define POND_BASE_HEX_H

#include "base/buffer.h"

/* Appends two digits for each byte. */
void hex_encode(struct bytes data, struct buffer *out);

/* The inverse, for vectors of tests and for identifiers that come in
 * hexadecimal. Appends the bytes. ERR_INVALID for an odd length or another
 * character. */
int hex_decode(struct bytes text, struct buffer *out);

#endif
