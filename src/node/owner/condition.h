/*
 * What the owner of the machine allows its tasks: when they have to rest, and
 * what they may take together. Settings with names and texts, as an operator
 * writes them:
 *
 *   battery        on battery tasks run from this charge on, in percent;
 *                  "never": not on battery at all
 *   busy           they rest while other programs take more than this percent
 *                  of all processors
 *   metered        they rest while the default route is through one of these
 *                  interfaces: "wwan*,usb0"
 *   traffic-day    they rest for the rest of the day, or of the month, once so
 *   traffic-month  many MiB went through the interface of the default route,
 *                  both ways together, whoever's they were
 *   disk-free      they rest while less than this many MiB is free on the disk
 *                  of the node's folder
 *   cpu            processor time of all tasks together, in percent of all
 *                  processors
 *   memory         resident memory of all tasks together, in MiB
 *
 * One that is not set allows everything. Pure.
 */
#ifndef POND_NODE_OWNER_CONDITION_H
#define POND_NODE_OWNER_CONDITION_H

#include "base/json.h"

enum condition {
    CONDITION_BATTERY,
    CONDITION_BUSY,
    CONDITION_METERED,
    CONDITION_TRAFFIC_DAY,
    CONDITION_TRAFFIC_MONTH,
    CONDITION_DISK_FREE,
    CONDITION_CPU,
    CONDITION_MEMORY,
    CONDITIONS,
};

/* A charge that no battery has. */
#define CONDITION_NEVER 101

#define CONDITION_METERED_SIZE 256
#define CONDITION_TEXT_SIZE CONDITION_METERED_SIZE

/* numbers: percent or MiB, 0 where it is not set; that of CONDITION_METERED
 * counts the patterns. */
struct conditions {
    uint64_t numbers[CONDITIONS];
    char metered[CONDITION_METERED_SIZE]; /* as given, with commas */
};

/* "battery" …; and back. ERR_NOT_FOUND names those that there are. */
const char *condition_name(enum condition condition);
int condition_find(const char *name, enum condition *out);

/* "percent", "MiB" or "" . */
const char *condition_unit(enum condition condition);

/* Set one from its text; "none" unsets it. ERR_INVALID says what it takes, and
 * nothing is changed then. */
int condition_set(struct conditions *conditions, enum condition condition,
                  const char *text);

/* What condition_set() takes. "none" where it is not set. */
const char *condition_text(const struct conditions *conditions,
                           enum condition condition,
                           char out[CONDITION_TEXT_SIZE]);

/* Whether an interface is one of the metered ones. A '*' at the end of a
 * pattern stands for anything. */
bool condition_is_metered(const struct conditions *conditions,
                          const char *interface);

/* Change those that an object names: a text sets one, null unsets it. As
 * condition_find() and condition_set(), and nothing is changed after an error;
 * *wrong (NULL is allowed) is the object's own name of what is wrong. */
int conditions_change(struct json_object *object, struct conditions *conditions,
                      const char **wrong);

/* {"battery":"50", …} of those that are set; and back. ERR_INVALID for what is
 * no such object, and out is as it was. */
void conditions_write(const struct conditions *conditions,
                      struct json_writer *writer);
int conditions_read(struct json_object *object, struct conditions *out);

#endif
