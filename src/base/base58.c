/*
 * Digits are worked five at a time: a base-2^32 number is divided by 58^5 (the
 * largest power below 2^32), which is some twenty times faster than a digit at
 * a time and needs no tables. Addresses and signatures are most of what the RPC
 * prints, so this is on its hot path.
 *
 * The cost still grows with the square of the length. Faster algorithms pay
 * only from some thousand digits on, and BASE58_LIMIT_BYTES is far below. For
 * the same reason all numbers are on the stack.
 *
 * Do not use it for secrets, because the time depends on the value. Key files
 * hold JSON arrays (crypto/keyfile.h), not base58.
 */
#include "base/base58.h"

#include "base/check.h"
#include "base/error.h"

#include <stdio.h>

/* Five digits fit a limb: 58^5 < 2^32 < 58^6. */
#define GROUP_DIGITS 5
#define GROUP_BASE 656356768u /* 58^5 */

/* Bitcoin's order; without 0, O, I and l, which are taken for one another. */
static const char alphabet[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* How many bytes at the front are which. Base58 writes the value as a number,
 * which would lose leading zero bytes: each is written as one '1' instead. */
static size_t leading(struct bytes text, uint8_t which)
{
    size_t count = 0;
    while (count < text.size && text.data[count] == which)
        count++;
    return count;
}

/* The digits of data, least significant first, without leading zero digits;
 * returns their number. data begins with a byte that is not 0. digits must have
 * room for size * 7 / 5 + 6: a byte takes log 256 / log 58 = 1.366 digits,
 * rounded up to 1.4, and the last group may be written in full. */
static size_t encode_digits(struct bytes data, uint8_t *digits)
{
    uint32_t limbs[BASE58_LIMIT_BYTES / 4 + 1];
    size_t count = (data.size + 3) / 4;
    for (size_t i = 0; i < count; i++) {
        /* Limb 0 is the most significant and may be short. */
        size_t end = data.size - 4 * (count - 1 - i);
        limbs[i] = 0;
        for (size_t j = end < 4 ? 0 : end - 4; j < end; j++)
            limbs[i] = limbs[i] << 8 | data.data[j];
    }
    size_t written = 0;
    size_t first = 0;
    while (first < count) {
        uint64_t rest = 0;
        for (size_t i = first; i < count; i++) {
            /* rest < 58^5 < 2^32, so the quotient fits a limb. */
            uint64_t value = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(value / GROUP_BASE);
            rest = value % GROUP_BASE;
        }
        /* Each round makes the number 29 bits shorter, so limbs run empty from
         * the front and the later rounds are shorter. */
        while (first < count && limbs[first] == 0)
            first++;
        for (int i = 0; i < GROUP_DIGITS; i++) {
            digits[written++] = (uint8_t)(rest % 58);
            rest /= 58;
        }
    }
    /* The last group is padded with zeros up to GROUP_DIGITS. */
    while (written && digits[written - 1] == 0)
        written--;
    return written;
}

void base58_encode(struct bytes data, struct buffer *out)
{
    CHECK(data.size <= BASE58_LIMIT_BYTES);
    uint8_t digits[BASE58_LIMIT_BYTES * 7 / 5 + 6];
    if (!data.size)
        return;
    size_t zeros = leading(data, 0);
    struct bytes rest = bytes_make(data.data + zeros, data.size - zeros);
    size_t count = rest.size ? encode_digits(rest, digits) : 0;
    uint8_t *at = buffer_reserve(out, zeros + count);
    for (size_t i = 0; i < zeros; i++)
        *at++ = '1';
    while (count)
        *at++ = (uint8_t)alphabet[digits[--count]];
    /* NULL only when nothing was reserved in an empty buffer. */
    if (at)
        out->size = (size_t)(at - out->data);
}

/* 0 … 57, or -1 if the byte is not a digit. */
static int digit_value(uint8_t digit)
{
    static const int8_t values[128] = {
        ['1'] = 1,  ['2'] = 2,  ['3'] = 3,  ['4'] = 4,  ['5'] = 5,  ['6'] = 6,
        ['7'] = 7,  ['8'] = 8,  ['9'] = 9,  ['A'] = 10, ['B'] = 11, ['C'] = 12,
        ['D'] = 13, ['E'] = 14, ['F'] = 15, ['G'] = 16, ['H'] = 17, ['J'] = 18,
        ['K'] = 19, ['L'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24,
        ['R'] = 25, ['S'] = 26, ['T'] = 27, ['U'] = 28, ['V'] = 29, ['W'] = 30,
        ['X'] = 31, ['Y'] = 32, ['Z'] = 33, ['a'] = 34, ['b'] = 35, ['c'] = 36,
        ['d'] = 37, ['e'] = 38, ['f'] = 39, ['g'] = 40, ['h'] = 41, ['i'] = 42,
        ['j'] = 43, ['k'] = 44, ['m'] = 45, ['n'] = 46, ['o'] = 47, ['p'] = 48,
        ['q'] = 49, ['r'] = 50, ['s'] = 51, ['t'] = 52, ['u'] = 53, ['v'] = 54,
        ['w'] = 55, ['x'] = 56, ['y'] = 57, ['z'] = 58,
    };
    /* Stored one up, so that what is not listed gives -1. */
    return digit < 128 ? values[digit] - 1 : -1;
}

/* number = number * factor + value, over count limbs, least first; returns the
 * new count, at most one more. There is room: the caller's text is limited to
 * as many characters as the limbs hold bytes, and a character is worth less
 * than a byte. */
static size_t multiply_add(uint32_t *limbs, size_t count, uint32_t factor,
                           uint32_t value)
{
    uint64_t carry = value;
    for (size_t i = 0; i < count; i++) {
        /* At most (2^32-1)^2 + 2^32-1 < 2^64: no overflow. */
        carry += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        limbs[count++] = (uint32_t)carry;
    return count;
}

/* Five digits at a time, as encoding does: number = number * 58^n + group.
 * Nothing is appended before all characters have been looked at. */
int base58_decode(struct bytes text, struct buffer *out)
{
    if (text.size > BASE58_LIMIT_BYTES)
        return err_set(ERR_LIMIT,
                       "base58 text of %zu characters: at most %d are taken",
                       text.size, BASE58_LIMIT_BYTES);
    uint32_t limbs[BASE58_LIMIT_BYTES / 4 + 1];
    size_t count = 0;
    size_t ones = leading(text, '1');
    for (size_t i = ones; i < text.size;) {
        /* The last group may be short; factor follows what was read. */
        uint32_t factor = 1, group = 0;
        for (int j = 0; j < GROUP_DIGITS && i < text.size; j++, i++) {
            int value = digit_value(text.data[i]);
            if (value < 0)
                return err_set(ERR_INVALID, "no base58 digit at %zu: 0x%02x", i,
                               text.data[i]);
            factor *= 58;
            group = group * 58 + (uint32_t)value;
        }
        count = multiply_add(limbs, count, factor, group);
    }
    buffer_resize(out, out->size + ones);
    /* The top limb may begin with zero bytes that the text didn't ask for;
     * those it did ask for are the ones written just above. */
    bool begun = false;
    for (size_t i = count * 4; i-- > 0;) {
        uint8_t byte = (uint8_t)(limbs[i / 4] >> (8 * (i % 4)));
        begun = begun || byte;
        if (begun)
            buffer_u8(out, byte);
    }
    return 0;
}

/* size: of out, with room for the longest text of that many bytes and NUL. */
static void encode_fixed(struct bytes data, char *out, size_t size)
{
    struct buffer text = {0};
    base58_encode(data, &text);
    CHECK(text.size < size);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    buffer_free(&text);
}

void base58_key(const uint8_t key[32], char out[BASE58_KEY_SIZE])
{
    encode_fixed(bytes_make(key, 32), out, BASE58_KEY_SIZE);
}

/* A number whose first byte is not 0 is at least 2^248 > 58^42, so it has 43
 * digits, or from 58^43 on 44. The others (one key in 256) are written out. */
size_t base58_key_size(const uint8_t key[32])
{
    static const uint8_t least_of_44[32] = {
        0x0e, 0xdb, 0xaf, 0xda, 0x67, 0xca, 0x37, 0x18, 0x8c, 0xf2, 0x82,
        0x63, 0x57, 0x1f, 0x03, 0xb9, 0x71, 0x68, 0x79, 0xe4, 0xac, 0xc9,
        0xc5, 0x14, 0xab, 0x67, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    char text[BASE58_KEY_SIZE];
    if (key[0] != 0)
        return memcmp(key, least_of_44, sizeof(least_of_44)) < 0 ? 43 : 44;
    base58_key(key, text);
    return strlen(text);
}

void base58_signature(const uint8_t signature[64],
                      char out[BASE58_SIGNATURE_SIZE])
{
    encode_fixed(bytes_make(signature, 64), out, BASE58_SIGNATURE_SIZE);
}

/* A text of another length is common input (a signature where an address
 * belongs), so the message names both sizes. out is written only on success. */
int base58_decode_exact(struct bytes text, uint8_t *out, size_t size)
{
    struct buffer data = {0};
    int status = base58_decode(text, &data);
    if (status)
        goto end;
    if (data.size != size) {
        status = err_set(ERR_INVALID, "base58 text holds %zu bytes, not %zu",
                         data.size, size);
        goto end;
    }
    memcpy(out, data.data, size);
end:
    buffer_free(&data);
    return status;
}
