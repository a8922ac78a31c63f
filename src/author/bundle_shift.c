/*
 * Escapes are longer than the characters that they stand for, so what follows
 * them in a line moves to the right, in the source map as well (ECMA-426,
 * "Mappings"). Of each mapping only the column in the bundle changes, which is
 * the first of its numbers; they are differences in base 64, five bits a digit,
 * with the sign below. A number has at most seven digits, so sums do not
 * overflow.
 */
#include "author/bundle.h"
#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A place in the bundle as it was, in units of UTF-16, and how far what is
 * there has moved. */
struct place {
    struct bytes left;
    uint64_t line;
    int64_t column;
    int64_t shift;
};

/* Go over one character. */
static void step(struct place *place)
{
    uint8_t first = place->left.data[0];
    size_t size = first < 0x80 ? 1 : bytes_utf8_sequence(place->left);

    if (first == '\n') {
        place->line++;
        place->column = place->shift = 0;
    } else {
        int units = size == 4 ? 2 : 1;
        place->column += units;
        /* Six characters for a unit. */
        if (first >= 0x80 && size)
            place->shift += 5 * units;
    }
    size += !size;
    place->left = bytes_make(place->left.data + size, place->left.size - size);
}

static int64_t shift_at(struct place *place, uint64_t line, int64_t column)
{
    while (place->left.size && (place->line < line || (place->line == line &&
                                                       place->column < column)))
        step(place);
    return place->line == line ? place->shift : 0;
}

/* The number at the front of text. False, and nothing taken, if there is none.
 */
static bool take_number(struct reader *text, int64_t *value)
{
    struct reader rest = *text;
    uint64_t number = 0;
    uint8_t byte;
    const char *digit;

    for (unsigned shift = 0; shift < 35; shift += 5) {
        if (reader_u8(&rest, &byte) || !byte || !(digit = strchr(digits, byte)))
            return false;
        uint64_t bits = (uint64_t)(digit - digits);
        number |= (bits & 31) << shift;
        if (bits & 32)
            continue;
        *value = number & 1 ? -(int64_t)(number >> 1) : (int64_t)(number >> 1);
        *text = rest;
        return true;
    }
    return false;
}

static void put_number(int64_t value, struct buffer *out)
{
    uint64_t number =
        value < 0 ? (uint64_t)-value << 1 | 1 : (uint64_t)value << 1;

    do {
        uint64_t bits = number & 31;
        number >>= 5;
        buffer_bytes(out, bytes_make(&digits[bits | (number ? 32 : 0)], 1));
    } while (number);
}

/* Columns of a line grow, but for maps that somebody broke; there the shift is
 * that of the farthest place. What is no number is copied. */
void bundle_shift(struct bytes source, struct bytes mappings,
                  struct buffer *out)
{
    struct place place = {.left = source};
    struct reader text = reader_make(mappings);
    uint64_t line = 0;
    int64_t column = 0, moved = 0, number;
    uint8_t byte;
    bool is_first = true;

    while (text.left.size) {
        if (is_first && take_number(&text, &number)) {
            column += number;
            int64_t now = column + shift_at(&place, line, column);
            put_number(now - moved, out);
            moved = now;
            is_first = false;
            continue;
        }
        if (reader_u8(&text, &byte))
            return;
        if (byte == ';') {
            line++;
            column = moved = 0;
        }
        is_first = byte == ';' || byte == ',';
        buffer_bytes(out, bytes_make(&byte, 1));
    }
}
