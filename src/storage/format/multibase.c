/*
 * Two families: bases of a power of two, which work bit by bit, and the others,
 * which treat the bytes as one long number. Each text is decoded strictly: one
 * value has one text in a base, or CIDs that look different would be equal.
 */
#include "storage/format/multibase.h"
#include "base/base58.h"
#include "base/check.h"
#include "base/error.h"

/* The alphabets of RFC 4648 (base32 without padding, base64url) and, for 36,
 * digits before letters, as the multibase table has them. */
#define BASE32_LOWER "abcdefghijklmnopqrstuvwxyz234567"
#define BASE32_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define BASE36_LOWER "0123456789abcdefghijklmnopqrstuvwxyz"
#define BASE64_URL                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Bases whose characters stand for a whole number of bits: RFC 4648, without
 * padding. bits: 5 or 6, so held never has more than 13 and can't run over what
 * is looked at; older bits fall off its top. */
static void encode_bits(const char *alphabet, unsigned bits, struct bytes data,
                        struct buffer *out)
{
    uint32_t held = 0;
    unsigned held_bits = 0;
    uint32_t mask = (1u << bits) - 1;

    for (size_t i = 0; i < data.size; i++) {
        held = held << 8 | data.data[i];
        held_bits += 8;
        /* Take characters from the top of what is held. */
        while (held_bits >= bits) {
            held_bits -= bits;
            buffer_u8(out, (uint8_t)alphabet[held >> held_bits & mask]);
        }
    }
    /* The last character is filled up with zero bits. */
    if (held_bits)
        buffer_u8(out, (uint8_t)alphabet[held << (bits - held_bits) & mask]);
}

/* What a character stands for; -1 if it is not in the alphabet. */
static int value_of(const char *alphabet, uint8_t character)
{
    const char *at = character ? strchr(alphabet, character) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

/* The one error of all decoders. */
static int refuse(uint8_t character)
{
    return err_set(ERR_INVALID,
                   "character 0x%02x is not in the multibase alphabet",
                   character);
}

/* The reverse; what stays over at the end must be fewer bits than a character
 * has, and all zero. */
static int decode_bits(const char *alphabet, unsigned bits, struct bytes text,
                       struct buffer *out)
{
    uint32_t held = 0;
    unsigned held_bits = 0;

    for (size_t i = 0; i < text.size; i++) {
        int value = value_of(alphabet, text.data[i]);

        if (value < 0)
            return refuse(text.data[i]);
        held = held << bits | (uint32_t)value;
        /* Fewer than 8 were left, and a character brings 6 at most. */
        held_bits += bits;
        if (held_bits >= 8) {
            held_bits -= 8;
            buffer_u8(out, (uint8_t)(held >> held_bits));
        }
    }
    /* Otherwise two texts would stand for the same bytes. */
    if (held_bits >= bits || held & ((1u << held_bits) - 1))
        return err_set(ERR_INVALID, "multibase text has bits left over");
    return 0;
}

/* Base 36 as a long number; leading zero bytes are leading '0's, as in base 58.
 * digits are least significant first, each byte multiplying all so far by 256:
 * quadratic, for CIDs of some 40 bytes. */
static void encode_base36(struct bytes data, struct buffer *out)
{
    uint8_t digits[MULTIBASE_TEXT_MAX];
    size_t count = 0, zeros = 0;

    while (zeros < data.size && !data.data[zeros])
        zeros++;
    for (size_t i = zeros; i < data.size; i++) {
        uint32_t carry = data.data[i];

        for (size_t j = 0; j < count; j++) {
            /* At most 35 * 256 + 255 and a carry below 256: no overflow. */
            carry += (uint32_t)digits[j] << 8;
            digits[j] = (uint8_t)(carry % 36);
            carry /= 36;
        }
        while (carry) {
            /* Two digits a byte at most, and the caller's data is half as long.
             */
            CHECK(count < sizeof(digits));
            digits[count++] = (uint8_t)(carry % 36);
            carry /= 36;
        }
    }
    for (size_t i = 0; i < zeros; i++)
        buffer_u8(out, '0');
    while (count)
        buffer_u8(out, (uint8_t)BASE36_LOWER[digits[--count]]);
}

/* The reverse: number = number * 36 + digit, over bytes. Quadratic, for at most
 * MULTIBASE_TEXT_MAX characters. */
static int decode_base36(struct bytes text, struct buffer *out)
{
    uint8_t number[MULTIBASE_TEXT_MAX]; /* little-endian */
    size_t count = 0, zeros = 0;

    while (zeros < text.size && text.data[zeros] == '0')
        zeros++;
    for (size_t i = zeros; i < text.size; i++) {
        /* Lower case only: the prefix for upper case is another base's. */
        int value = value_of(BASE36_LOWER, text.data[i]);
        uint32_t carry = (uint32_t)value;

        if (value < 0)
            return refuse(text.data[i]);
        for (size_t j = 0; j < count; j++) {
            carry += (uint32_t)number[j] * 36;
            number[j] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry) {
            /* A character is worth less than a byte. */
            CHECK(count < sizeof(number));
            number[count++] = (uint8_t)carry;
        }
    }
    for (size_t i = 0; i < zeros; i++)
        buffer_u8(out, 0);
    while (count)
        buffer_u8(out, number[--count]);
    return 0;
}

/* The prefix is part of the text. Without it the text could not be read. */
void multibase_encode(enum multibase base, struct bytes data,
                      struct buffer *out)
{
    CHECK(data.size <= MULTIBASE_TEXT_MAX / 2);
    buffer_u8(out, (uint8_t)base);
    switch (base) {
    case MULTIBASE_BASE32:
        encode_bits(BASE32_LOWER, 5, data, out);
        return;
    case MULTIBASE_BASE32_UPPER:
        encode_bits(BASE32_UPPER, 5, data, out);
        return;
    case MULTIBASE_BASE36:
        encode_base36(data, out);
        return;
    case MULTIBASE_BASE58BTC:
        base58_encode(data, out);
        return;
    case MULTIBASE_BASE64URL:
        encode_bits(BASE64_URL, 6, data, out);
        return;
    }
    /* The base comes from the program, never from outside. */
    CHECK(!"a base that is listed");
}

/* The limit first: two of the bases cost the square of the length. */
int multibase_decode(struct bytes text, struct buffer *out)
{
    if (!text.size)
        return err_set(ERR_INVALID, "multibase text is empty");
    if (text.size > MULTIBASE_TEXT_MAX)
        return err_set(ERR_LIMIT, "multibase text is over %d characters",
                       MULTIBASE_TEXT_MAX);
    /* Behind the prefix; may be empty, which stands for no bytes. */
    struct bytes body = bytes_make(text.data + 1, text.size - 1);
    switch ((enum multibase)text.data[0]) {
    case MULTIBASE_BASE32:
        return decode_bits(BASE32_LOWER, 5, body, out);
    case MULTIBASE_BASE32_UPPER:
        return decode_bits(BASE32_UPPER, 5, body, out);
    case MULTIBASE_BASE36:
        return decode_base36(body, out);
    case MULTIBASE_BASE58BTC:
        return base58_decode(body, out);
    case MULTIBASE_BASE64URL:
        return decode_bits(BASE64_URL, 6, body, out);
    }
    /* The table has some twenty more bases; CIDs are not seen in them. */
    return err_set(ERR_UNSUPPORTED, "multibase prefix 0x%02x is not supported",
                   text.data[0]);
}
