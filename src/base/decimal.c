#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void decimal_digits(const char *digits, unsigned decimals, struct buffer *out)
{
    size_t size = strlen(digits);
    size_t whole = size > decimals ? size - decimals : 0;
    size_t zeros = size < decimals ? decimals - size : 0;

    buffer_append(out, whole ? digits : "0", whole ? whole : 1);
    while (size > whole && digits[size - 1] == '0')
        size--;
    if (size == whole)
        return;
    buffer_u8(out, '.');
    while (zeros--)
        buffer_u8(out, '0');
    buffer_append(out, digits + whole, size - whole);
}

void decimal_units(uint64_t units, unsigned decimals, struct buffer *out)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, units);
    decimal_digits(digits, decimals, out);
}
