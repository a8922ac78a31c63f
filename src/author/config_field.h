/*
 * One field of a config-task.yml: taken by the rules of its kind, or refused
 * with an error that names the field and the rule (ERR_INVALID). What is taken
 * is copied into the arena, because the parsed tree goes when parsing ends.
 *
 * The kinds are those of Koii's create-task-cli 1.1.14 (reference, 3.1): what
 * its validator takes is taken. Where it takes what no chain can hold (an
 * infinite number, less than a slot or a roe), that is refused here.
 *
 * Pure. Thread: any.
 */
#ifndef POND_AUTHOR_CONFIG_FIELD_H
#define POND_AUTHOR_CONFIG_FIELD_H

#include "base/arena.h"
#include <json-c/json.h>

/* A roe is to a KOII what a lamport is to a SOL. */
#define CONFIG_ROE_PER_KOII 1e9

/* A text that must be there and hold more than white space. */
int config_field_text(struct arena *arena, struct json_object *config,
                      const char *key, const char **out);

/* The same, without the white space at its ends. */
int config_field_trimmed(struct arena *arena, struct json_object *config,
                         const char *key, const char **out);

/* A field without rules: absent, null and empty are NULL, numbers and the like
 * become the text that they are written as. */
const char *config_field_any(struct arena *arena, struct json_object *config,
                             const char *key);

/* A finite number. */
int config_field_number(struct json_object *config, const char *key,
                        double *out);

/* Slots or rounds: a number from 1 on, cut to a whole one, as the bytes of the
 * instruction cut it. */
int config_field_count(struct json_object *config, const char *key,
                       uint64_t *out);

/* KOII or tokens as billionths, rounded to the nearest: 0.1 is no double, but
 * 0.1 KOII is a whole number of roe. Above 0, or from 0 on. */
int config_field_amount(struct json_object *config, const char *key,
                        bool zero_is_allowed, uint64_t *out);

/* choices ends with NULL. */
bool config_field_is_one_of(const char *text, const char *const *choices);

/* A copy without white space at either end. */
const char *config_field_trim(struct arena *arena, struct bytes text);

#endif
