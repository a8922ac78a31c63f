/*
 * Base64 (RFC 4648, section 4), with padding, as the RPC writes account data
 * and transactions.
 */
#ifndef POND_BASE_BASE64_H
#define POND_BASE_BASE64_H

#include "base/buffer.h"

/* Appends the text, without line breaks. */
void base64_encode(struct bytes data, struct buffer *out);

/* Appends the bytes. ERR_INVALID for wrong padding, white space or another
 * character. */
int base64_decode(struct bytes text, struct buffer *out);

/* The value of one digit, 0 to 63; -1 for another byte, of which '=' is one. */
int base64_digit(uint8_t digit);

#endif
