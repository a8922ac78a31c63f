#include "node/owner/task_limit.h"

#include "base/check.h"
#include "base/error.h"

#include <inttypes.h>

/* A PiB: more than any machine has, and in bytes far below 2^64. */
#define MIB_MAX (1u << 30)

/* The least that a task's process runs with (runtime/host/host.h). */
#define MEMORY_MIN_MIB 48

/* 1024 processors. */
#define PERCENT_MAX 102400

static const struct {
    const char *name, *unit;
    uint64_t min, max;
} table[TASK_LIMITS] = {
    [TASK_LIMIT_CPU] = {"cpu", "percent of one processor", 1, PERCENT_MAX},
    [TASK_LIMIT_MEMORY] = {"memory", "MiB", MEMORY_MIN_MIB, MIB_MAX},
    [TASK_LIMIT_DISK] = {"disk", "MiB", 1, MIB_MAX},
};

const char *task_limit_name(enum task_limit limit)
{
    CHECK(limit < TASK_LIMITS);
    return table[limit].name;
}

bool task_limits_are_empty(const struct task_limits *limits)
{
    for (enum task_limit i = 0; i < TASK_LIMITS; i++)
        if (limits->numbers[i])
            return false;
    return !limits->network;
}

/* value NULL is JSON's null. */
static int take_one(enum task_limit limit, struct json_object *value,
                    uint64_t *out)
{
    uint64_t number = 0;

    if (value && (!json_is_u64(value, &number) || number < table[limit].min ||
                  number > table[limit].max))
        return err_set(ERR_INVALID,
                       "%s: a whole number of %s from %" PRIu64 " to %" PRIu64,
                       table[limit].name, table[limit].unit, table[limit].min,
                       table[limit].max);
    *out = number;
    return 0;
}

static int take_network(struct json_object *value,
                        const struct address_rule **out)
{
    *out = NULL;
    if (!value)
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "network: public, private or loopback");
    return address_rule_parse(json_object_get_string(value), out);
}

int task_limits_take(struct json_object *object, struct task_limits *limits,
                     const char **wrong)
{
    struct task_limits taken = *limits;
    struct json_object *value;

    for (enum task_limit i = 0; i < TASK_LIMITS; i++) {
        if (!json_object_object_get_ex(object, table[i].name, &value))
            continue;
        int status = take_one(i, value, &taken.numbers[i]);
        if (status) {
            if (wrong)
                *wrong = table[i].name;
            return status;
        }
    }
    if (json_object_object_get_ex(object, TASK_LIMIT_NETWORK, &value) &&
        take_network(value, &taken.network)) {
        if (wrong)
            *wrong = TASK_LIMIT_NETWORK;
        return ERR_INVALID;
    }
    *limits = taken;
    return 0;
}

void task_limits_write(const struct task_limits *limits,
                       struct json_writer *writer)
{
    for (enum task_limit i = 0; i < TASK_LIMITS; i++)
        if (limits->numbers[i])
            json_field_u64(writer, table[i].name, limits->numbers[i]);
        else
            json_field_null(writer, table[i].name);
    if (limits->network)
        json_field_text(writer, TASK_LIMIT_NETWORK,
                        address_rule_name(limits->network));
    else
        json_field_null(writer, TASK_LIMIT_NETWORK);
}
