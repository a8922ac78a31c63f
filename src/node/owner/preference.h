/*
 * What the operator wants of the node itself, as JSON:
 *
 *   name              what the node is called; "": as its folder is
 *   claim_from        rewards of a task are claimed by themselves from this
 *                     much on; "0": never
 *   auto_upgrade      go on with a task's next version, if its creator is the
 *                     same
 *   balance_low,      alarms for the main wallet
 *   balance_critical
 *   idle_minutes      after which a page that nobody touches does what
 *                     idle_then says; 0: it stays as it is
 *   idle_then         "disconnect": this browser; "lock": the node
 *
 * Amounts are decimal texts, in roe. Some are options of a start, too: the
 * newer word counts, be it the option's or one of the run before. So a unit
 * file does not take back at each start what its operator changed on the page.
 * Pure.
 *
 * These hold at once, are judged together (an alarm is below the other one) and
 * have one version, so they are one row. A choice (choice_book.h) is a text of
 * its own that waits for the next start beside the one in force.
 */
#ifndef POND_NODE_OWNER_PREFERENCE_H
#define POND_NODE_OWNER_PREFERENCE_H

#include "base/json.h"

#define PREFERENCE_NAME_MAX 64 /* bytes */
#define PREFERENCE_IDLE_MAX (24 * 60)

/* Koii's alarms for the main wallet, in roe (reference: 4.2). */
#define PREFERENCE_LOW_DEFAULT 200000000ull
#define PREFERENCE_CRITICAL_DEFAULT 100000000ull

struct preferences {
    char name[PREFERENCE_NAME_MAX + 1];
    uint64_t claim_from_roe;
    bool auto_upgrade;
    uint64_t balance_low_roe, balance_critical_roe;
    uint32_t idle_minutes;
    bool idle_locks; /* else it disconnects */
};

/* What a start says: 0 and false where it says nothing. */
struct preference_options {
    uint64_t claim_from_roe, balance_low_roe, balance_critical_roe;
    bool auto_upgrade;
};

/* As they are where nothing was said. */
void preferences_default(struct preferences *out);

/* Take what an object names; null is the default, and other members are passed
 * over. ERR_INVALID says what it takes, *wrong (NULL is allowed) is its name,
 * static, and nothing is changed then. */
int preferences_change(struct json_object *changes,
                       struct preferences *preferences, const char **wrong);

/* As members of an open object. */
void preferences_write(const struct preferences *preferences,
                       struct json_writer *writer);

/* Which state these are: a text that is another one after any change. */
#define PREFERENCE_VERSION_SIZE 17
void preferences_version(const struct preferences *preferences,
                         char out[PREFERENCE_VERSION_SIZE]);

/* What is kept: the preferences, and the options of the last start. */
void preferences_keep(const struct preferences *preferences,
                      const struct preference_options *options,
                      struct buffer *out);
/* ERR_INVALID: they are as they were. */
int preferences_read(struct bytes text, struct preferences *preferences,
                     struct preference_options *options);

/* A start with options. before: those of the last start. */
void preferences_start(struct preferences *preferences,
                       const struct preference_options *before,
                       const struct preference_options *options);

#endif
