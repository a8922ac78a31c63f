#include "node/owner/condition.h"

#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

#define NONE "none"
#define NEVER "never"

/* IFNAMSIZ (net/if.h) less its NUL. */
#define INTERFACE_SIZE_MAX 15

/* A PiB is more than a machine's disk or tariff of today, and in bytes far
 * below 2^64. */
#define MIB_MAX (1u << 30)

/* The least a task's process runs with (runtime/host/host.h). */
#define MEMORY_MIN_MIB 48

static const struct {
    const char *name, *unit;
    uint64_t min, max;
} table[CONDITIONS] = {
    [CONDITION_BATTERY] = {"battery", "percent", 1, 100},
    [CONDITION_BUSY] = {"busy", "percent", 1, 99},
    [CONDITION_METERED] = {"metered", "", 0, 0},
    [CONDITION_TRAFFIC_DAY] = {"traffic-day", "MiB", 1, MIB_MAX},
    [CONDITION_TRAFFIC_MONTH] = {"traffic-month", "MiB", 1, MIB_MAX},
    [CONDITION_DISK_FREE] = {"disk-free", "MiB", 1, MIB_MAX},
    [CONDITION_CPU] = {"cpu", "percent", 1, 100},
    [CONDITION_MEMORY] = {"memory", "MiB", MEMORY_MIN_MIB, MIB_MAX},
};

const char *condition_name(enum condition condition)
{
    CHECK(condition < CONDITIONS);
    return table[condition].name;
}

const char *condition_unit(enum condition condition)
{
    CHECK(condition < CONDITIONS);
    return table[condition].unit;
}

int condition_find(const char *name, enum condition *out)
{
    for (enum condition i = 0; i < CONDITIONS; i++)
        if (!strcmp(name, table[i].name)) {
            *out = i;
            return 0;
        }
    struct buffer names = {0};

    for (enum condition i = 0; i < CONDITIONS; i++)
        buffer_format(&names, "%s%s", i ? ", " : "", table[i].name);
    int status = err_set(ERR_NOT_FOUND,
                         "there is no condition \"%.40s\": name one of %s",
                         name, buffer_string(&names));

    buffer_free(&names);
    return status;
}

/* ---- interfaces ---- */

/* Names hold no blank, comma or slash; a star stands at the end alone. */
static bool is_pattern(struct bytes text)
{
    if (!text.size || text.size > INTERFACE_SIZE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f ||
            text.data[i] == '/' || (text.data[i] == '*' && i + 1 < text.size))
            return false;
    return true;
}

/* The pattern that *at begins with, of those with commas between them; *at is
 * moved on, to NULL after the last. */
static struct bytes next_pattern(const char **at)
{
    size_t size = strcspn(*at, ",");
    struct bytes pattern = bytes_make(*at, size);

    *at = (*at)[size] ? *at + size + 1 : NULL;
    return pattern;
}

static int set_metered(struct conditions *conditions, const char *text)
{
    const char *at = text;
    uint64_t count = 0;

    if (strlen(text) >= sizeof(conditions->metered))
        return err_set(ERR_INVALID, "metered: at most %d bytes of names",
                       CONDITION_METERED_SIZE - 1);
    while (at) {
        struct bytes pattern = next_pattern(&at);

        if (!is_pattern(pattern))
            return err_set(ERR_INVALID,
                           "metered: name interfaces with commas between them, "
                           "like wwan*,usb0; \"%.*s\" is none",
                           (int)(pattern.size < 40 ? pattern.size : 40),
                           (const char *)pattern.data);
        count++;
    }
    snprintf(conditions->metered, sizeof(conditions->metered), "%s", text);
    conditions->numbers[CONDITION_METERED] = count;
    return 0;
}

bool condition_is_metered(const struct conditions *conditions,
                          const char *interface)
{
    const char *at = conditions->metered;

    if (!conditions->numbers[CONDITION_METERED])
        return false;
    while (at) {
        struct bytes pattern = next_pattern(&at);
        bool is_open = pattern.data[pattern.size - 1] == '*';
        size_t size = pattern.size - is_open;

        if (!strncmp(interface, (const char *)pattern.data, size) &&
            (is_open || !interface[size]))
            return true;
    }
    return false;
}

/* ---- numbers ---- */

static int set_number(struct conditions *conditions, enum condition condition,
                      const char *text)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number = 0;
    int read = 0;

    if (digits && digits <= 10 && !text[digits])
        read = sscanf(text, "%" SCNu64, &number);
    if (read != 1 || number < table[condition].min ||
        number > table[condition].max)
        return err_set(ERR_INVALID,
                       "%s: a whole number of %s from %" PRIu64 " to %" PRIu64
                       "%s, or none",
                       table[condition].name, table[condition].unit,
                       table[condition].min, table[condition].max,
                       condition == CONDITION_BATTERY ? ", never" : "");
    conditions->numbers[condition] = number;
    return 0;
}

int condition_set(struct conditions *conditions, enum condition condition,
                  const char *text)
{
    CHECK(condition < CONDITIONS);
    if (!strcmp(text, NONE)) {
        conditions->numbers[condition] = 0;
        if (condition == CONDITION_METERED)
            conditions->metered[0] = 0;
        return 0;
    }
    if (condition == CONDITION_METERED)
        return set_metered(conditions, text);
    if (condition == CONDITION_BATTERY && !strcmp(text, NEVER)) {
        conditions->numbers[condition] = CONDITION_NEVER;
        return 0;
    }
    return set_number(conditions, condition, text);
}

const char *condition_text(const struct conditions *conditions,
                           enum condition condition,
                           char out[CONDITION_TEXT_SIZE])
{
    uint64_t number = conditions->numbers[condition];

    if (!number)
        return NONE;
    if (condition == CONDITION_METERED)
        return conditions->metered;
    if (condition == CONDITION_BATTERY && number == CONDITION_NEVER)
        return NEVER;
    snprintf(out, CONDITION_TEXT_SIZE, "%" PRIu64, number);
    return out;
}

/* ---- JSON ---- */

void conditions_write(const struct conditions *conditions,
                      struct json_writer *writer)
{
    char text[CONDITION_TEXT_SIZE];

    json_open_object(writer);
    for (enum condition i = 0; i < CONDITIONS; i++)
        if (conditions->numbers[i])
            json_field_text(writer, table[i].name,
                            condition_text(conditions, i, text));
    json_close_object(writer);
}

static int change_one(struct conditions *conditions, const char *name,
                      struct json_object *value)
{
    enum condition condition = CONDITION_BATTERY;
    int status = condition_find(name, &condition);

    if (status)
        return status;
    if (!value)
        return condition_set(conditions, condition, NONE);
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "%s: it is a text", name);
    return condition_set(conditions, condition, json_object_get_string(value));
}

int conditions_change(struct json_object *object, struct conditions *conditions,
                      const char **wrong)
{
    struct conditions changed = *conditions;

    json_object_object_foreach(object, name, value)
    {
        int status = change_one(&changed, name, value);

        if (status) {
            if (wrong)
                *wrong = name;
            return status;
        }
    }
    *conditions = changed;
    return 0;
}

int conditions_read(struct json_object *object, struct conditions *out)
{
    struct conditions conditions = {0};

    if (!json_object_is_type(object, json_type_object))
        return err_set(ERR_INVALID, "conditions are an object of texts");
    if (conditions_change(object, &conditions, NULL))
        return ERR_INVALID;
    *out = conditions;
    return 0;
}
