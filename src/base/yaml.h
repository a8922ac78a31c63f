/*
 * YAML as far as configuration files use it, read into the same tree as JSON
 * (json.h), so that one set of getters serves both.
 *
 * Plain scalars follow YAML 1.2's core schema: null, booleans, integers (also
 * 0x1f and 0o17) and finite floats; everything else, and everything quoted, is
 * text. Mapping keys are text. Of several documents only one is allowed, and
 * tags are refused; only !!str, !!seq and !!map are passed over.
 */
#ifndef POND_BASE_YAML_H
#define POND_BASE_YAML_H

#include "base/bytes.h"
#include <json-c/json.h>

#define YAML_DEPTH_MAX 32 /* deeper input is refused */

/* Aliases can make a short text into an endless tree; a configuration file
 * has a few dozen values. */
#define YAML_VALUES_MAX 10000

/* Parse one document. The caller releases *out with json_object_put(); it is
 * NULL for an empty text. ERR_INVALID with the line; ERR_LIMIT. */
int yaml_parse(struct bytes text, struct json_object **out);

/* The line, from 1 on, of a key of the document's mapping. 0: it has no such
 * key, or is no YAML. */
size_t yaml_key_line(struct bytes text, const char *key);

#endif
