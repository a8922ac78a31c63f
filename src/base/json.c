/*
 * Reading uses json-c's parser, with limits: input is small (requests,
 * configuration, lists of tasks) and is wanted as a tree. json_writer.c writes.
 */
#include "base/json.h"

#include "base/check.h"
#include "base/error.h"

#include <limits.h>
#include <string.h>

/* ---- What json-c takes and should not ---- */

/* Digits of the largest whole number that could be too large. */
#define LONG_NUMBER_DIGITS 19

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Is a run of so many digits anywhere? Such a run covers one of every so many
 * bytes, so the others are looked at only around a digit there. */
static bool has_long_number(struct bytes text)
{
    for (size_t i = LONG_NUMBER_DIGITS - 1; i < text.size;
         i += LONG_NUMBER_DIGITS) {
        size_t first = i, end = i;
        while (first > 0 && is_digit(text.data[first - 1]) &&
               is_digit(text.data[i]))
            first--;
        while (end < text.size && is_digit(text.data[end]))
            end++;
        if (end > i && end - first >= LONG_NUMBER_DIGITS)
            return true;
    }
    return false;
}

/* json-c takes NaN and Infinity for numbers, which JSON does not have, and
 * names in single quotes, and ends the name of a field at a NUL. */
static bool has_word(struct bytes text)
{
    return memchr(text.data, '\'', text.size) ||
           memmem(text.data, text.size, "NaN", 3) ||
           memmem(text.data, text.size, "Infinity", 8) ||
           memmem(text.data, text.size, "\\u0000", 6);
}

/* Does a string, which ends at end, hold a NUL and name a field? */
static bool is_cut_name(struct bytes text, size_t start, size_t end)
{
    if (!memmem(text.data + start, end - start, "\\u0000", 6))
        return false;
    while (end < text.size && strchr(" \t\r\n", text.data[end]))
        end++;
    return end < text.size && text.data[end] == ':';
}

/* The place after the closing quote of the string that begins at start. */
static size_t skip_string(struct bytes text, size_t start)
{
    size_t i = start + 1;
    while (i < text.size && text.data[i] != '"')
        i += text.data[i] == '\\' ? 2 : 1;
    return i < text.size ? i + 1 : text.size;
}

/* Does a whole number of that text, without its sign, fit 64 bits? */
static bool fits(struct bytes digits, bool is_negative)
{
    const char *most =
        is_negative ? "9223372036854775808" : "18446744073709551615";
    if (digits.size != strlen(most))
        return digits.size < strlen(most);
    return memcmp(digits.data, most, digits.size) <= 0;
}

/* Copy the number at start. json-c would cut a whole number that is too large
 * down to the largest that it knows. With a point after it, json-c reads a
 * double, which no reader takes for a whole number. Returns where the number
 * ends. */
static size_t copy_number(struct bytes text, size_t start, struct buffer *out)
{
    bool is_negative = text.data[start] == '-';
    size_t first = start + is_negative, end = first;
    while (end < text.size && is_digit(text.data[end]))
        end++;
    buffer_append(out, text.data + start, end - start);
    bool is_whole = end == text.size || !strchr(".eE", (char)text.data[end]);
    if (is_whole &&
        !fits(bytes_make(text.data + first, end - first), is_negative))
        buffer_text(out, ".0");
    /* A fraction and an exponent are copied as they are. */
    size_t rest = end;
    while (rest < text.size &&
           (is_digit(text.data[rest]) || strchr(".eE+-", text.data[rest])))
        rest++;
    buffer_append(out, text.data + end, rest - end);
    return rest;
}

/* The text with its large numbers made such that json-c keeps them. Outside of
 * strings a capital N or I or a single quote begins what is no JSON. */
static int repair(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.size;) {
        uint8_t byte = text.data[i];
        size_t end = i + 1;
        if (byte == 'N' || byte == 'I' || byte == '\'')
            return err_set(ERR_INVALID,
                           "JSON text is wrong at byte %zu: no JSON value", i);
        if (byte == '-' || is_digit(byte)) {
            i = copy_number(text, i, out);
            continue;
        }
        if (byte == '"')
            end = skip_string(text, i);
        if (byte == '"' && is_cut_name(text, i, end))
            return err_set(ERR_INVALID,
                           "JSON text is wrong at byte %zu: a name with a NUL",
                           i);
        buffer_append(out, text.data + i, end - i);
        i = end;
    }
    return 0;
}

/* json-c parses in pieces and waits for more; here the text is all there is, so
 * "continue" at its end is an error. */
static int parse(struct bytes text, struct json_object **out)
{
    /* Nesting costs the parser memory and every walk over the tree stack. */
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    CHECK(tokener);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *out =
        json_tokener_parse_ex(tokener, (const char *)text.data, (int)text.size);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    /* A number at the very end is complete only when something follows. */
    if (error == json_tokener_continue && text.size) {
        *out = json_tokener_parse_ex(tokener, " ", 1);
        error = json_tokener_get_error(tokener);
    }
    size_t end = json_tokener_get_parse_end(tokener);
    /* Where json-c gathers a text, the last one may be a passphrase. */
    explicit_bzero(tokener->pb->buf, (size_t)tokener->pb->size);
    json_tokener_free(tokener);
    if (error == json_tokener_success)
        return 0;
    json_object_put(*out);
    *out = NULL;
    if (error == json_tokener_continue)
        return err_set(ERR_INVALID, "JSON text is cut off or empty");
    return err_set(ERR_INVALID, "JSON text is wrong at byte %zu: %s", end,
                   json_tokener_error_desc(error));
}

int json_parse(struct bytes text, struct json_object **out)
{
    *out = NULL;
    /* An empty text may have no address, which memmem() wants. */
    if (!text.size)
        return err_set(ERR_INVALID, "JSON text is cut off or empty");
    /* json-c counts in int. */
    if (text.size > INT_MAX)
        return err_set(ERR_LIMIT, "JSON text is too long");
    /* json-c looks at it only when asked to; what is not UTF-8 would go out
     * again to browsers and peers. */
    if (!bytes_is_utf8(text))
        return err_set(ERR_INVALID, "JSON text is not UTF-8");
    /* json-c ends at a NUL, whatever follows it. */
    if (memchr(text.data, 0, text.size))
        return err_set(ERR_INVALID, "JSON text has a NUL in it");
    if (!has_long_number(text) && !has_word(text))
        return parse(text, out);
    struct buffer repaired = {0};
    int status = repair(text, &repaired);
    if (!status && repaired.size > INT_MAX)
        status = err_set(ERR_LIMIT, "JSON text is too long");
    if (!status)
        status = parse(buffer_view(&repaired), out);
    buffer_free(&repaired);
    return status;
}

/* Every value but the first of its list follows a comma, or a bracket, or its
 * name and a colon. */
int json_check_values(struct bytes text, size_t values_max)
{
    size_t count = text.size > 0;
    for (size_t i = 0; i < text.size && count <= values_max;) {
        uint8_t byte = text.data[i];
        if (byte == '"') {
            i = skip_string(text, i);
            continue;
        }
        if (byte == ',' || byte == ':' || byte == '[')
            count++;
        else if (byte == '{')
            count += JSON_OBJECT_VALUES;
        i++;
    }
    if (count <= values_max)
        return 0;
    return err_set(ERR_LIMIT,
                   "JSON text has more than %zu values (an object counts as "
                   "%d)",
                   values_max, JSON_OBJECT_VALUES);
}

/* ---- Texts that a tree does not hold ---- */

/* The code unit of the escape at place i; -1, which is no half of a pair, if
 * there is none. */
static int escaped_unit(struct bytes text, size_t i)
{
    int unit = 0;
    if (text.size - i < 6 || text.data[i] != '\\' || text.data[i + 1] != 'u')
        return -1;
    for (size_t j = i + 2; j < i + 6; j++) {
        uint8_t byte = text.data[j];
        unit =
            unit << 4 | (is_digit(byte) ? byte - '0' : (byte | 32) - 'a' + 10);
    }
    return unit;
}

/* Has the string between its quotes an escaped half of a pair? Most strings
 * have no escape at all. */
static bool has_half_pair(struct bytes string)
{
    const uint8_t *escape;
    size_t i = 0;
    while ((escape = memchr(string.data + i, '\\', string.size - i))) {
        i = (size_t)(escape - string.data);
        int unit = escaped_unit(string, i) & 0xfc00;
        if (unit == 0xdc00)
            return true;
        if (unit != 0xd800)
            i += 2;
        else if ((escaped_unit(string, i + 6) & 0xfc00) != 0xdc00)
            return true;
        else
            i += 12;
    }
    return false;
}

/* Names are followed by colons, which stand nowhere else outside of strings. */
static int count_names(struct bytes text, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.size;) {
        if (text.data[i] == '"') {
            size_t end = skip_string(text, i);
            if (has_half_pair(bytes_make(text.data + i, end - i)))
                return err_set(ERR_INVALID,
                               "JSON text is wrong at byte %zu: half of a "
                               "surrogate pair",
                               i);
            i = end;
            continue;
        }
        *out += text.data[i++] == ':';
    }
    return 0;
}

/* All members below a value. Recursion: the parser has limited the depth. */
static size_t count_members(struct json_object *value)
{
    size_t count = 0;
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            count += count_members(json_object_array_get_idx(value, i));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            count += 1 + count_members(member);
        }
    }
    return count;
}

int json_parse_exact(struct bytes text, struct json_object **out)
{
    size_t names;
    int status = json_parse(text, out);
    if (!status)
        status = count_names(text, &names);
    if (!status && names != count_members(*out))
        status = err_set(ERR_INVALID, "JSON text has a name twice");
    if (status) {
        json_object_put(*out);
        *out = NULL;
    }
    return status;
}

/* ---- Trees ---- */

void json_text(struct json_object *value, struct buffer *out)
{
    size_t size;
    const char *text = json_object_to_json_string_length(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
    buffer_append(out, text, size);
}

/* The field name of object, of that type. words: the type as the message says
 * it. A null is taken as absent, as a JavaScript program leaves out what it
 * sets to undefined or null. */
static int get_field(struct json_object *object, const char *name,
                     enum json_type type, const char *words,
                     struct json_object **out)
{
    if (!json_object_is_type(object, json_type_object))
        return err_set(ERR_INVALID, "no JSON object where \"%s\" is looked for",
                       name);
    if (!json_object_object_get_ex(object, name, out) || !*out)
        return err_set(ERR_NOT_FOUND, "\"%s\" is missing", name);
    if (!json_object_is_type(*out, type))
        return err_set(ERR_INVALID, "\"%s\" must be %s", name, words);
    return 0;
}

int json_get_text(struct json_object *object, const char *name,
                  const char **out)
{
    struct json_object *field;
    int status = get_field(object, name, json_type_string, "a string", &field);
    if (status)
        return status;
    *out = json_object_get_string(field);
    /* A user of the C string would compare only the part before the NUL, and
     * "admin\0x" must not pass for "admin". */
    if (strlen(*out) != (size_t)json_object_get_string_len(field))
        return err_set(ERR_INVALID, "\"%s\" has a NUL in it", name);
    return 0;
}

/* json-c keeps integers as int64 or, above INT64_MAX, as uint64, and clamps a
 * value that is read as the other. Both readers ask for the type that shows
 * whether the value fits. A value that fits neither is a double by now
 * (json_parse()). */
bool json_is_u64(struct json_object *value, uint64_t *out)
{
    if (!json_object_is_type(value, json_type_int) ||
        json_object_get_int64(value) < 0)
        return false;
    *out = json_object_get_uint64(value);
    return true;
}

bool json_is_i64(struct json_object *value, int64_t *out)
{
    if (!json_object_is_type(value, json_type_int) ||
        (json_object_get_int64(value) >= 0 &&
         json_object_get_uint64(value) > INT64_MAX))
        return false;
    *out = json_object_get_int64(value);
    return true;
}

int json_get_u64(struct json_object *object, const char *name, uint64_t *out)
{
    struct json_object *field;
    int status =
        get_field(object, name, json_type_int, "a whole number", &field);
    if (!status && !json_is_u64(field, out))
        status = err_set(ERR_INVALID, "\"%s\" must not be negative", name);
    return status;
}

int json_get_i64(struct json_object *object, const char *name, int64_t *out)
{
    struct json_object *field;
    int status =
        get_field(object, name, json_type_int, "a whole number", &field);
    if (!status && !json_is_i64(field, out))
        status = err_set(ERR_INVALID, "\"%s\" is too large", name);
    return status;
}

int json_get_bool(struct json_object *object, const char *name, bool *out)
{
    struct json_object *field;
    int status =
        get_field(object, name, json_type_boolean, "true or false", &field);
    if (status)
        return status;
    *out = json_object_get_boolean(field);
    return 0;
}

int json_get_object(struct json_object *object, const char *name,
                    struct json_object **out)
{
    return get_field(object, name, json_type_object, "an object", out);
}

int json_get_array(struct json_object *object, const char *name,
                   struct json_object **out)
{
    return get_field(object, name, json_type_array, "an array", out);
}
