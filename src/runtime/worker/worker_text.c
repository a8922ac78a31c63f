/*
 * UTF-8 to UTF-16 as the Encoding Standard decodes it: each maximal part that
 * begins like a character, but is not one, becomes one U+FFFD. Tasks compare
 * texts with those of other engines, so the result must be exactly that.
 */
#include "runtime/worker/worker_text.h"
#include "base/check.h"
#include "base/memory.h"
#include <stdlib.h>

/* The second byte of a sequence has a narrower range after some first bytes:
 * no overlong forms, no surrogates, nothing above U+10FFFF (Unicode 15, table
 * 3-7). */
struct lead {
    /* The number of continuation bytes; 0 if the byte is not a lead. */
    unsigned more;
    uint8_t second_min;
    uint8_t second_max;
};

/* Continuation bytes, 0xc0 and 0xc1 (always overlong) and bytes from 0xf5 on
 * (above U+10FFFF) are not leads. */
static struct lead lead_of(uint8_t byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return (struct lead){1, 0x80, 0xbf};
    if (byte == 0xe0)
        return (struct lead){2, 0xa0, 0xbf};
    if (byte == 0xed)
        return (struct lead){2, 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef)
        return (struct lead){2, 0x80, 0xbf};
    if (byte == 0xf0)
        return (struct lead){3, 0x90, 0xbf};
    if (byte >= 0xf1 && byte <= 0xf3)
        return (struct lead){3, 0x80, 0xbf};
    if (byte == 0xf4)
        return (struct lead){3, 0x80, 0x8f};
    return (struct lead){0};
}

/* Take one character from the front of left; 0xfffd for an ill-formed part. */
static uint32_t take_character(struct bytes *left)
{
    uint8_t first = left->data[0];
    size_t used = 1;
    uint32_t character = first;
    if (first >= 0x80) {
        struct lead lead = lead_of(first);
        uint8_t min = lead.second_min, max = lead.second_max;
        /* The lead's own bits: 5, 4 or 3 of them. */
        character = first & (0x3fu >> lead.more);
        while (used <= lead.more && used < left->size &&
               left->data[used] >= min && left->data[used] <= max) {
            character = character << 6 | (left->data[used++] & 0x3f);
            min = 0x80;
            max = 0xbf;
        }
        /* The byte is no lead, or its sequence is cut short. The bytes taken so
         * far are the maximal part that becomes one U+FFFD. */
        if (!lead.more || used <= lead.more)
            character = 0xfffd;
    }
    *left = bytes_make(left->data + used, left->size - used);
    return character;
}

/* The engine stores ASCII in one byte a character, but only if it gets UTF-8
 * that ends with a NUL. Most long texts are ASCII: JSON, base64, bundles. NULL
 * if the text is not ASCII, or holds a NUL, which would end it early. */
static JSStringRef ascii_string(struct bytes text)
{
    if (text.size && memchr(text.data, 0, text.size))
        return NULL;
    uint8_t all = 0;
    for (size_t i = 0; i < text.size; i++)
        all |= text.data[i];
    if (all >= 0x80)
        return NULL;
    char *ascii = mem_alloc(text.size + 1);
    if (text.size)
        memcpy(ascii, text.data, text.size);
    ascii[text.size] = 0;
    JSStringRef string = JSStringCreateWithUTF8CString(ascii);
    free(ascii);
    return string;
}

/* This does not use the engine's conversion, because that one takes C strings
 * only and gives up on ill-formed bytes, which fetched pages often hold. */
JSStringRef worker_text_string(struct bytes utf8)
{
    JSStringRef string = ascii_string(utf8);
    if (string)
        return string;
    /* A character takes at least as many bytes as UTF-16 units. */
    JSChar *units = mem_alloc(utf8.size * sizeof(JSChar));
    size_t count = 0, size = utf8.size;
    while (utf8.size) {
        uint32_t character = take_character(&utf8);
        if (character < 0x10000) {
            units[count++] = (JSChar)character;
        } else {
            units[count++] = (JSChar)(0xd7c0 + (character >> 10));
            units[count++] = (JSChar)(0xdc00 | (character & 0x3ff));
        }
    }
    CHECK(count <= size);
    string = JSStringCreateWithCharacters(units, count);
    free(units);
    CHECK(string);
    return string;
}

/* Most of these texts are ASCII as well: headers, hashes and forms. */
JSStringRef worker_text_latin1(struct bytes bytes)
{
    JSStringRef string = ascii_string(bytes);
    if (string)
        return string;
    JSChar *units = mem_alloc(bytes.size * sizeof(JSChar));
    for (size_t i = 0; i < bytes.size; i++)
        units[i] = bytes.data[i];
    string = JSStringCreateWithCharacters(units, bytes.size);
    free(units);
    CHECK(string);
    return string;
}
