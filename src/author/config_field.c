/*
 * Numbers come from YAML as doubles. Up to 2^53 roe, which is nine million
 * KOII, an amount is exact to the roe; above that a double can't hold every
 * roe.
 */
#include "author/config_field.h"
#include "base/check.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

/* Far above any bounty. In roe it is 10^18, which a signed 64-bit number holds,
 * and sums of a few of them an unsigned one. */
#define KOII_MAX 1e9

/* Of slots and rounds: sums of two or three can't overflow, and no task lives
 * that long. */
#define COUNT_MAX 1e12

/* A key that isn't there and a key that is empty are one mistake to its
 * author. */
static int missing(const char *key)
{
    return err_set(ERR_INVALID, "config: %s is missing", key);
}

/* The size of the white space at the text's beginning; 0 if there is none.
 * White space is what JavaScript's trim() takes, as far as configurations hold
 * it: what is ASCII, the no-break space and the byte order mark. */
static size_t space_size(struct bytes text)
{
    static const struct {
        size_t size;
        const char *bytes;
    } spaces[] = {{1, " "},  {1, "\t"}, {1, "\n"},       {1, "\r"},
                  {1, "\v"}, {1, "\f"}, {2, "\xc2\xa0"}, {3, "\xef\xbb\xbf"}};

    for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++) {
        if (text.size >= spaces[i].size &&
            !memcmp(text.data, spaces[i].bytes, spaces[i].size))
            return spaces[i].size;
    }
    return 0;
}

static struct bytes trimmed(struct bytes text)
{
    size_t size;

    while ((size = space_size(text)))
        text = bytes_make(text.data + size, text.size - size);
    for (size = 1; size <= text.size && size <= 3;) {
        struct bytes end = bytes_make(text.data + text.size - size, size);

        if (space_size(end) == size) {
            text.size -= size;
            size = 1;
        } else {
            size++;
        }
    }
    return text;
}

const char *config_field_trim(struct arena *arena, struct bytes text)
{
    return arena_text(arena, trimmed(text));
}

/* The text as it stands there; borrowed. */
static int find_text(struct json_object *config, const char *key,
                     struct bytes *out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(config, key, &value) || !value)
        return missing(key);
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "config: %s must be text", key);
    *out = bytes_make(json_object_get_string(value),
                      (size_t)json_object_get_string_len(value));
    return trimmed(*out).size ? 0 : missing(key);
}

int config_field_text(struct arena *arena, struct json_object *config,
                      const char *key, const char **out)
{
    struct bytes text;
    int status = find_text(config, key, &text);

    if (!status)
        *out = arena_text(arena, text);
    return status;
}

int config_field_trimmed(struct arena *arena, struct json_object *config,
                         const char *key, const char **out)
{
    struct bytes text;
    int status = find_text(config, key, &text);

    if (!status)
        *out = config_field_trim(arena, text);
    return status;
}

const char *config_field_any(struct arena *arena, struct json_object *config,
                             const char *key)
{
    struct json_object *value;

    if (!json_object_is_type(config, json_type_object) ||
        !json_object_object_get_ex(config, key, &value) || !value)
        return NULL;
    const char *text = json_object_get_string(value);
    return *text ? arena_text(arena, bytes_text(text)) : NULL;
}

/* Koii's files have amounts such as 0.1 and slots such as 600. Both are numbers
 * to YAML, and a quoted one is a mistake that is reported. */
int config_field_number(struct json_object *config, const char *key,
                        double *out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(config, key, &value) || !value)
        return missing(key);
    if (!json_object_is_type(value, json_type_int) &&
        !json_object_is_type(value, json_type_double))
        return err_set(ERR_INVALID, "config: %s must be a number", key);
    *out = json_object_get_double(value);
    if (!isfinite(*out))
        return err_set(ERR_INVALID, "config: %s must be a finite number", key);
    return 0;
}

int config_field_count(struct json_object *config, const char *key,
                       uint64_t *out)
{
    double value;
    int status = config_field_number(config, key, &value);

    if (status)
        return status;
    if (value < 1)
        return err_set(ERR_INVALID, "config: %s must be a number from 1 on",
                       key);
    if (value > COUNT_MAX)
        return err_set(ERR_INVALID, "config: %s must be at most %.0f", key,
                       COUNT_MAX);
    *out = (uint64_t)value;
    return 0;
}

int config_field_amount(struct json_object *config, const char *key,
                        bool zero_is_allowed, uint64_t *out)
{
    double value;
    int status = config_field_number(config, key, &value);

    if (status)
        return status;
    if (zero_is_allowed && value < 0)
        return err_set(ERR_INVALID, "config: %s must be 0 or more", key);
    if (!zero_is_allowed && value <= 0)
        return err_set(ERR_INVALID, "config: %s must be above 0", key);
    if (value > KOII_MAX)
        return err_set(ERR_INVALID, "config: %s must be at most %.0f", key,
                       KOII_MAX);
    *out = (uint64_t)llround(value * CONFIG_ROE_PER_KOII);
    if (value > 0 && !*out)
        return err_set(ERR_INVALID, "config: %s is less than a billionth", key);
    return 0;
}

bool config_field_is_one_of(const char *text, const char *const *choices)
{
    for (; *choices; choices++) {
        if (!strcmp(text, *choices))
            return true;
    }
    return false;
}
