/*
 * Bytes as text and back: the character U+00E9 stands for the byte 0xE9 and so
 * on, one character a byte ("isomorphic" in the WHATWG standards). HTTP's
 * header values and request targets are bytes, and travel like this in JSON.
 */
#ifndef POND_BASE_LATIN1_H
#define POND_BASE_LATIN1_H

#include "base/buffer.h"

/* The bytes as UTF-8, one character each, appended. */
void latin1_to_utf8(struct bytes bytes, struct buffer *out);

/* One byte for each character of UTF-8 that is well formed, appended.
 * ERR_INVALID for a character above U+00FF; then nothing is appended. */
int latin1_from_utf8(struct bytes utf8, struct buffer *out);

#endif
