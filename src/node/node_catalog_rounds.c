#include "node/node_catalog_rounds.h"

#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Maps of the state by round, each by key but the last, whose values are
 * texts. */
static const struct {
    const char *map, *name;
} counts[] = {
    {"submissions", "proofs"},
    {"submissions_audit_trigger", "accused"},
    {"distribution_rewards_submission", "lists"},
    {"distributions_audit_trigger", "lists_accused"},
};
static const char records[] = "distributions_audit_record";

/* The largest ones that are there, each once, the largest first. */
struct numbers {
    uint64_t items[CATALOG_ROUNDS_MAX];
    size_t count;
};

static void add_number(struct numbers *numbers, uint64_t number)
{
    size_t at = 0;

    while (at < numbers->count && numbers->items[at] > number)
        at++;
    if (at == CATALOG_ROUNDS_MAX ||
        (at < numbers->count && numbers->items[at] == number))
        return;
    if (numbers->count < CATALOG_ROUNDS_MAX)
        numbers->count++;
    memmove(&numbers->items[at + 1], &numbers->items[at],
            (numbers->count - at - 1) * sizeof(numbers->items[0]));
    numbers->items[at] = number;
}

static void add_numbers(struct json_object *state, const char *map,
                        struct numbers *numbers)
{
    struct json_object *rounds;

    if (json_get_object(state, map, &rounds))
        return;
    json_object_object_foreach(rounds, text, value)
    {
        char *end;

        (void)value;
        errno = 0;
        uint64_t number = strtoull(text, &end, 10);
        if (*text >= '0' && *text <= '9' && !*end && !errno)
            add_number(numbers, number);
    }
}

static struct json_object *of_round(struct json_object *state, const char *map,
                                    const char *round)
{
    struct json_object *rounds, *found = NULL;

    if (!json_get_object(state, map, &rounds))
        (void)json_object_object_get_ex(rounds, round, &found);
    return found;
}

static struct json_object *payout_of(struct json_object *state,
                                     const char *round)
{
    struct json_object *record = of_round(state, records, round);
    const char *text = record ? json_object_get_string(record) : "";

    if (!strcmp(text, "PayoutSuccessful"))
        return json_object_new_string("paid");
    return strcmp(text, "PayoutFailed") ? NULL
                                        : json_object_new_string("failed");
}

static struct json_object *row_of(struct json_object *state, uint64_t number)
{
    struct json_object *row = json_object_new_object();
    char round[24];

    snprintf(round, sizeof(round), "%" PRIu64, number);
    json_object_object_add(row, "round", json_object_new_uint64(number));
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        struct json_object *found = of_round(state, counts[i].map, round);
        int count = json_object_is_type(found, json_type_object)
                        ? json_object_object_length(found)
                        : 0;

        json_object_object_add(row, counts[i].name, json_object_new_int(count));
    }
    json_object_object_add(row, "payout", payout_of(state, round));
    return row;
}

struct json_object *catalog_rounds(struct json_object *state)
{
    struct json_object *out = json_object_new_array();
    struct numbers numbers = {0};

    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        add_numbers(state, counts[i].map, &numbers);
    add_numbers(state, records, &numbers);
    for (size_t i = 0; i < numbers.count; i++)
        json_object_array_add(out, row_of(state, numbers.items[i]));
    err_clear();
    return out;
}
