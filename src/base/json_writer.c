/*
 * Writing uses no library: a task's state or a list of accounts has megabytes,
 * and to build a tree only to print it would cost several times the memory and
 * time.
 *
 * The writer sets the punctuation with two bits a level and no memory of its
 * own. The caller makes sure that names differ within an object, and that
 * json_write_raw() gets JSON.
 */
#include "base/json.h"

#include "base/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct json_writer json_writer_make(struct buffer *out)
{
    return (struct json_writer){.out = out};
}

/* Before a value: the comma, unless a name was just given or it is the first.
 */
static void begin_value(struct json_writer *writer)
{
    /* Depth is below JSON_DEPTH_MAX = 64, so a bit for each level fits. */
    uint64_t level = (uint64_t)1 << writer->depth;
    if (writer->name_given) {
        writer->name_given = false;
        return;
    }
    /* In an object a value comes after a name only. */
    CHECK(!(writer->is_object & level) || writer->depth == 0);
    if (writer->has_items & level)
        buffer_u8(writer->out, ',');
    writer->has_items |= level;
}

/* A level's bits are set afresh: they still hold what the last array or object
 * at this depth left. */
static void open_level(struct json_writer *writer, bool object)
{
    begin_value(writer);
    CHECK(writer->depth < JSON_DEPTH_MAX - 1);
    uint64_t level = (uint64_t)1 << ++writer->depth;
    writer->has_items &= ~level;
    writer->is_object =
        object ? writer->is_object | level : writer->is_object & ~level;
    buffer_u8(writer->out, object ? '{' : '[');
}

/* It is a mistake of the program to close what is not open, to close an array
 * as an object, or to end an object after a name. */
static void close_level(struct json_writer *writer, bool object)
{
    CHECK(writer->depth > 0 && !writer->name_given);
    CHECK(!!(writer->is_object >> writer->depth & 1) == object);
    writer->depth--;
    buffer_u8(writer->out, object ? '}' : ']');
}

void json_open_object(struct json_writer *writer)
{
    open_level(writer, true);
}

void json_close_object(struct json_writer *writer)
{
    close_level(writer, true);
}

void json_open_array(struct json_writer *writer)
{
    open_level(writer, false);
}

void json_close_array(struct json_writer *writer)
{
    close_level(writer, false);
}

/* The escapes that RFC 8259 demands (quotes, backslash, controls), in the short
 * forms that JSON.stringify uses where there is one. */
static void write_escape(struct buffer *out, uint8_t byte)
{
    switch (byte) {
    case '"':
        buffer_text(out, "\\\"");
        break;
    case '\\':
        buffer_text(out, "\\\\");
        break;
    case '\n':
        buffer_text(out, "\\n");
        break;
    case '\r':
        buffer_text(out, "\\r");
        break;
    case '\t':
        buffer_text(out, "\\t");
        break;
    default:
        buffer_format(out, "\\u%04x", byte);
    }
}

/* May stand in a string as it is. */
static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* Runs of plain bytes are copied at once; most strings are one run. */
static void write_utf8(struct buffer *out, struct bytes text)
{
    buffer_u8(out, '"');
    for (size_t i = 0; i < text.size;) {
        size_t run = i;
        while (run < text.size && is_plain(text.data[run]))
            run++;
        buffer_append(out, text.data + i, run - i);
        if (run < text.size)
            write_escape(out, text.data[run++]);
        i = run;
    }
    buffer_u8(out, '"');
}

size_t json_string_size(struct bytes text)
{
    size_t size = text.size + 2;
    CHECK(bytes_is_utf8(text));
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (is_plain(byte))
            continue;
        /* write_escape() writes two characters or six. */
        bool is_short =
            byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
        size += is_short ? 1 : 5;
    }
    return size;
}

/* Bytes of no known encoding: what is not ASCII is replaced, a byte at a time.
 */
static void write_repaired(struct buffer *out, struct bytes text)
{
    struct buffer repaired = {0};
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x80)
            buffer_u8(&repaired, text.data[i]);
        else
            buffer_text(&repaired, "\xef\xbf\xbd");
    }
    write_utf8(out, buffer_view(&repaired));
    buffer_free(&repaired);
}

/* One pass to look, one to write: strings are short, and most are ASCII, for
 * which the look is a comparison a byte. */
static void write_string(struct buffer *out, struct bytes text)
{
    if (bytes_is_utf8(text))
        write_utf8(out, text);
    else
        write_repaired(out, text);
}

void json_name_bytes(struct json_writer *writer, struct bytes name)
{
    uint64_t level = (uint64_t)1 << writer->depth;
    CHECK(writer->is_object & level && !writer->name_given);
    if (writer->has_items & level)
        buffer_u8(writer->out, ',');
    writer->has_items |= level;
    write_string(writer->out, name);
    buffer_u8(writer->out, ':');
    writer->name_given = true;
}

void json_name(struct json_writer *writer, const char *name)
{
    json_name_bytes(writer, bytes_text(name));
}

void json_write_text(struct json_writer *writer, const char *text)
{
    json_write_bytes(writer, bytes_text(text));
}

void json_write_bytes(struct json_writer *writer, struct bytes text)
{
    begin_value(writer);
    write_string(writer->out, text);
}

void json_write_u64(struct json_writer *writer, uint64_t value)
{
    /* By hand: the numbers of a state or block are most of its JSON, and printf
     * costs several times as much. 2^64-1 has 20 digits. */
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    begin_value(writer);
    buffer_append(writer->out, digits + at, sizeof(digits) - at);
}

void json_write_i64(struct json_writer *writer, int64_t value)
{
    if (value >= 0) {
        json_write_u64(writer, (uint64_t)value);
        return;
    }
    begin_value(writer);
    buffer_format(writer->out, "%" PRId64, value);
}

void json_write_double(struct json_writer *writer, double value)
{
    begin_value(writer);
    if (!isfinite(value)) {
        buffer_text(writer->out, "null"); /* as JSON.stringify does */
        return;
    }
    /* The shortest of the forms that read back as the same number: 15 digits
     * always survive the way through a double, 17 always suffice. */
    char text[32];
    int precision = 15;
    do {
        snprintf(text, sizeof(text), "%.*g", precision, value);
    } while (strtod(text, NULL) != value && ++precision <= 17);
    buffer_text(writer->out, text);
    /* A whole number keeps a point: there are readers that make an integer of
     * another type of it without (@solana/kit). */
    if (!strpbrk(text, ".e"))
        buffer_text(writer->out, ".0");
}

void json_write_bool(struct json_writer *writer, bool value)
{
    begin_value(writer);
    buffer_text(writer->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *writer)
{
    begin_value(writer);
    buffer_text(writer->out, "null");
}

void json_write_raw(struct json_writer *writer, struct bytes json)
{
    begin_value(writer);
    buffer_bytes(writer->out, json);
}

void json_field_text(struct json_writer *writer, const char *name,
                     const char *value)
{
    json_name(writer, name);
    json_write_text(writer, value);
}

void json_field_u64(struct json_writer *writer, const char *name,
                    uint64_t value)
{
    json_name(writer, name);
    json_write_u64(writer, value);
}

void json_field_i64(struct json_writer *writer, const char *name, int64_t value)
{
    json_name(writer, name);
    json_write_i64(writer, value);
}

void json_field_bool(struct json_writer *writer, const char *name, bool value)
{
    json_name(writer, name);
    json_write_bool(writer, value);
}

void json_field_null(struct json_writer *writer, const char *name)
{
    json_name(writer, name);
    json_write_null(writer);
}
