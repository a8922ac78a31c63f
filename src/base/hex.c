/*
 * Both ways write into room reserved at once and add to the size at the end, so
 * a text that turns out wrong half way leaves out as it was. Not for secrets:
 * the decoder's branches follow the digits.
 */
#include "base/hex.h"

#include "base/error.h"

void hex_encode(struct bytes data, struct buffer *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *at = buffer_reserve(out, data.size * 2);
    for (size_t i = 0; i < data.size; i++) {
        at[2 * i] = (uint8_t)digits[data.data[i] >> 4];
        at[2 * i + 1] = (uint8_t)digits[data.data[i] & 15];
    }
    out->size += data.size * 2;
}

/* 0 … 15, or -1 if the byte is not a digit. */
static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20; /* lower case */
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

int hex_decode(struct bytes text, struct buffer *out)
{
    if (text.size % 2)
        return err_set(ERR_INVALID, "hex text has an odd length");
    uint8_t *at = buffer_reserve(out, text.size / 2);
    for (size_t i = 0; i < text.size; i += 2) {
        int high = digit_value(text.data[i]);
        int low = digit_value(text.data[i + 1]);
        if (high < 0 || low < 0)
            return err_set(ERR_INVALID, "no hex digit at %zu", i);
        at[i / 2] = (uint8_t)(high << 4 | low);
    }
    out->size += text.size / 2;
    return 0;
}
