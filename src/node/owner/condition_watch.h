/*
 * Whether tasks may run now: readings of the machine in, the condition that
 * holds them up out. Pure; times are arguments.
 *
 * No condition flaps: each holds from when its reading has said so for a while,
 * and is over when the reading has said the contrary for a while, or by a
 * margin. A laptop that is plugged in and out, or a compiler that pauses, must
 * not start and stop every task each time: a start costs more than it brings.
 *
 * What "other programs" take is what all processors do, less what this node and
 * its tasks do, as a mean over half a minute. Of the ways to see that somebody
 * uses a machine this is the one that works without a desktop, for a person as
 * for a server's own work. Keys that are pressed are not seen.
 */
#ifndef POND_NODE_OWNER_CONDITION_WATCH_H
#define POND_NODE_OWNER_CONDITION_WATCH_H

#include "node/owner/condition.h"
#include "node/owner/machine_reading.h"
#include "node/owner/traffic_book.h"
#include "node/parts/task_reason.h"

/* Conditions that tasks rest for; after them come shares, which are another
 * matter. */
#define CONDITIONS_TO_REST CONDITION_CPU

/* Zeros: nothing has been seen yet. */
struct condition_watch {
    struct machine_reading reading; /* the last one */
    struct traffic_book traffic;
    bool has_reading;
    bool knows_others;
    double others_percent; /* of all processors, the mean */
    uint64_t own_ms, look_ms;
    struct {
        bool is_on;
        bool is_changing; /* the reading says the contrary, since: */
        uint64_t since_ms;
    } holds[CONDITIONS_TO_REST];
};

/* Another reading. own_ms: processor time that the node and its tasks have used
 * so far; less than before counts as none. day: traffic_book.h. now_ms:
 * monotonic. */
void condition_watch_look(struct condition_watch *watch,
                          const struct conditions *conditions,
                          const struct machine_reading *reading,
                          uint64_t own_ms, uint32_t day, uint64_t now_ms);

/* The settings were changed: what is no longer set holds nothing up from now
 * on, and what is set is judged anew, by the last reading. */
void condition_watch_change(struct condition_watch *watch,
                            const struct conditions *conditions,
                            uint64_t now_ms);

/* The first condition that holds tasks up. False: they may run. */
bool condition_watch_rests(const struct condition_watch *watch,
                           enum condition *out);

/* As a code of the status (docs/node.md), and in words that go on after "it
 * rests: ". Static. */
enum task_reason condition_reason(enum condition condition);
const char *condition_words(enum condition condition);

/* What was read of it last, for programs, as members of an open object: "now"
 * is a number in its unit, an interface's name, or null where it can't be read;
 * of the battery "on_battery" stands beside its charge. A share has none. */
void condition_watch_write(const struct condition_watch *watch,
                           enum condition condition,
                           struct json_writer *writer);

/* What was read of it last, for people; "unknown" where it can't be read. A
 * share has none, which is "". */
#define CONDITION_READING_SIZE 64
const char *condition_watch_reading(const struct condition_watch *watch,
                                    enum condition condition,
                                    char out[CONDITION_READING_SIZE]);

#endif
