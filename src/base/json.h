/*
 * JSON: reading through json-c with limits and errors that name the field,
 * and a small streaming writer for what is written often.
 *
 * The tree belongs to json-c: what json_parse() returns is released with
 * json_object_put(); what the getters return is borrowed from its parent.
 */
#ifndef POND_BASE_JSON_H
#define POND_BASE_JSON_H

#include "base/buffer.h"
#include <json-c/json.h>

/* What task states and RPC calls use is below ten. Also the number of bits that
 * the writer's levels have. */
#define JSON_DEPTH_MAX 64 /* deeper input is refused */

/* What json-c makes of an object, a table with room for 16 names, costs as much
 * as so many other values. */
#define JSON_OBJECT_VALUES 8

/* Before a text of somebody else is parsed: ERR_LIMIT if it holds more than
 * values_max values. A name counts as one, an object as JSON_OBJECT_VALUES. A
 * limit on bytes alone does not bound the work, because "{}," is three bytes. A
 * text that is no JSON may be counted in any way. */
int json_check_values(struct bytes text, size_t values_max);

/* Parse exactly one JSON value, strictly: UTF-8, no NUL, only white space after
 * the value. ERR_INVALID with the offset. The JSON null gives a *out of NULL.
 * A whole number that does not fit 64 bits becomes a double, which no reader of
 * whole numbers takes. */
int json_parse(struct bytes text, struct json_object **out);

/* The same for what must be understood in one way or not at all: ERR_INVALID
 * also where the tree would not be the text. That is an escaped half of a
 * surrogate pair, which json-c makes U+FFFD of, and a name that an object has
 * twice, of which json-c keeps the last (RFC 8259, 4 and 8.2, leaves both
 * open). */
int json_parse_exact(struct bytes text, struct json_object **out);

/* The compact text of a value, appended. */
void json_text(struct json_object *value, struct buffer *out);

/* A field of an object. ERR_NOT_FOUND if it is absent or null, ERR_INVALID if
 * it has another type or (numbers) is out of range; the text names the field.
 */
int json_get_text(struct json_object *object, const char *name,
                  const char **out);
int json_get_u64(struct json_object *object, const char *name, uint64_t *out);
int json_get_i64(struct json_object *object, const char *name, int64_t *out);
int json_get_bool(struct json_object *object, const char *name, bool *out);
int json_get_object(struct json_object *object, const char *name,
                    struct json_object **out);
int json_get_array(struct json_object *object, const char *name,
                   struct json_object **out);

/* Is a value a whole number that fits? False also for NULL. Use these and not
 * json_object_get_int64(), which cuts what does not fit and makes numbers of
 * texts. */
bool json_is_u64(struct json_object *value, uint64_t *out);
bool json_is_i64(struct json_object *value, int64_t *out);

/* Writer. Commas and colons are put where they belong; closing what was not
 * opened is CHECKed. */
struct json_writer {
    /* Borrowed; what is written is appended. */
    struct buffer *out;
    /* A bit for each open level: an item stands there, so a comma is due before
     * the next. */
    uint64_t has_items;
    /* A bit for each open level: names are due. */
    uint64_t is_object;
    /* Open levels, 0 … JSON_DEPTH_MAX-1. */
    unsigned depth;
    /* A name was written, its value not yet. */
    bool name_given;
};

/* A writer needs no freeing; given up half way it leaves half a text. */
struct json_writer json_writer_make(struct buffer *out);
/* Between these stand the items; each value in an object after its name. */
void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
/* The name of the next value, in an object; not checked for doubles. */
void json_name(struct json_writer *writer, const char *name);
void json_name_bytes(struct json_writer *writer, struct bytes name);
void json_write_text(struct json_writer *writer, const char *text);
/* Bytes that are not UTF-8 come out as U+FFFD. */
void json_write_bytes(struct json_writer *writer, struct bytes text);
/* How long that is, in bytes with the quotes; text is UTF-8 (CHECKed). */
size_t json_string_size(struct bytes text);
void json_write_u64(struct json_writer *writer, uint64_t value);
void json_write_i64(struct json_writer *writer, int64_t value);
/* Writes the fewest digits that read back as the same number, and a point if
 * the number is whole (5.0). A number that is not finite becomes null. */
void json_write_double(struct json_writer *writer, double value);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
/* Text that is already JSON. */
void json_write_raw(struct json_writer *writer, struct bytes json);

/* name and value in one call. */
void json_field_text(struct json_writer *writer, const char *name,
                     const char *value);
void json_field_u64(struct json_writer *writer, const char *name,
                    uint64_t value);
void json_field_i64(struct json_writer *writer, const char *name,
                    int64_t value);
void json_field_bool(struct json_writer *writer, const char *name, bool value);
void json_field_null(struct json_writer *writer, const char *name);

#endif
