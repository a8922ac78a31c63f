/*
 * Base64, strictly. What the RPC and the runtime pass around is compared and
 * hashed as text in places, so the decoder takes one text for each byte string:
 * padding is required, stray bits and white space are refused. The URL alphabet
 * of RFC 4648, section 5, is a different encoding and not taken.
 *
 * A plain loop over groups of three bytes: accounts and transactions are at
 * most kilobytes, so vector code has nothing to win here.
 */
#include "base/base64.h"

#include "base/check.h"
#include "base/error.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct bytes data, struct buffer *out)
{
    /* A rest of one or two bytes makes a whole group, padded. */
    size_t size = (data.size + 2) / 3 * 4;
    uint8_t *at = buffer_reserve(out, size);
    for (size_t i = 0; i < data.size; i += 3) {
        size_t left = data.size - i;
        uint32_t group = (uint32_t)data.data[i] << 16;
        if (left > 1)
            group |= (uint32_t)data.data[i + 1] << 8;
        if (left > 2)
            group |= data.data[i + 2];
        *at++ = (uint8_t)alphabet[group >> 18];
        *at++ = (uint8_t)alphabet[group >> 12 & 63];
        *at++ = left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
        *at++ = left > 2 ? (uint8_t)alphabet[group & 63] : '=';
    }
    out->size += size;
}

int base64_digit(uint8_t digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* One group of four digits, of which pad at the end are '='. Writes all three
 * bytes; the caller takes the first 3 - pad. The bits that the padding leaves
 * over must be zero: each byte string has one text. */
static int decode_group(const uint8_t *digits, size_t pad, uint8_t out[3])
{
    CHECK(pad <= 2);
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - pad ? base64_digit(digits[i]) : 0;
        if (value < 0)
            return err_set(ERR_INVALID, "no base64 digit: 0x%02x", digits[i]);
        group = group << 6 | (uint32_t)value;
    }
    /* With pad digits missing, 8 * pad low bits are not part of a byte. */
    if (group & ((1u << (8 * pad)) - 1))
        return err_set(ERR_INVALID, "base64 text ends in stray bits");
    out[0] = (uint8_t)(group >> 16);
    out[1] = (uint8_t)(group >> 8);
    out[2] = (uint8_t)group;
    return 0;
}

int base64_decode(struct bytes text, struct buffer *out)
{
    if (text.size % 4)
        return err_set(ERR_INVALID,
                       "base64 text of %zu characters: not a multiple of 4",
                       text.size);
    buffer_reserve(out, text.size / 4 * 3);
    size_t before = out->size;
    for (size_t i = 0; i < text.size; i += 4) {
        size_t pad = 0;
        /* Only the last group may be padded. */
        if (i + 4 == text.size)
            while (pad < 2 && text.data[i + 3 - pad] == '=')
                pad++;
        uint8_t group[3];
        int status = decode_group(text.data + i, pad, group);
        if (status) {
            /* Nothing appended on an error; what was reserved stays. */
            out->size = before;
            return status;
        }
        buffer_append(out, group, 3 - pad);
    }
    return 0;
}
