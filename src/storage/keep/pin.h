/*
 * Pins: roots of DAGs that a collection keeps, each with an owner that says
 * how long (retention.h). They live in the store's index; a pin is on disk,
 * and so is the DAG below it, when pin_add() has returned.
 *
 * The same root may have several owners; it stays until the last has ended.
 *
 * Thread: any.
 */
#ifndef POND_STORAGE_KEEP_PIN_H
#define POND_STORAGE_KEEP_PIN_H

#include "storage/keep/retention.h"
#include "storage/store/store.h"

/* As long as a file's name, from which it is often taken. */
#define PIN_NAME_MAX 255

struct pin {
    struct cid root;
    struct pin_owner owner;
    /* When it was added. */
    uint64_t unix_ms;
    /* A name for people, or "". */
    char name[PIN_NAME_MAX + 1];
    /* The size of all blocks of the DAG; 0 in pins made by early versions. */
    uint64_t bytes;
    /* The sketch of the DAG when the pin was added (dag_sketch.h), valid as
     * long as the pin. Empty in pins made by early versions. */
    struct bytes sketch;
};

/* Pin the DAG under root: walks it, syncs the store, writes the pin. Adding it
 * again changes name and time. name may be NULL. ERR_NOT_FOUND names the first
 * block that is missing; the limits of dag_walk.h; ERR_LIMIT for a long
 * name. */
int pin_add(struct store *store, const struct cid *root,
            const struct pin_owner *owner, const char *name);

/* As pin_add(), for a task that may pin no more than limit_bytes: ERR_FULL if
 * its pins, this one included, would be larger. The limit is exact for several
 * callers at a time, too. A block below two pins counts twice. */
int pin_add_within(struct store *store, const struct cid *root,
                   const struct pin_owner *owner, const char *name,
                   uint64_t limit_bytes);

/* What all pins of a task come to. */
int pin_task_bytes(struct store *store, const struct pubkey *task,
                   uint64_t *bytes);

/* Take one pin away; its owner's rounds are not looked at. ERR_NOT_FOUND. */
int pin_remove(struct store *store, const struct cid *root,
               const struct pin_owner *owner);

/* A task has reached current_round, at now_ms (Unix): take away the pins of
 * that task that have ended. *ended (may be NULL): how many. */
int pin_round_began(struct store *store, const struct pubkey *task,
                    uint64_t current_round, uint64_t now_ms, uint64_t *ended);

/* The task is no longer known here: take away all of its pins. */
int pin_task_forgotten(struct store *store, const struct pubkey *task,
                       uint64_t *ended);

/* Call each for every pin until it returns something other than 0, which is
 * then returned. pin is valid during the call; each must not change pins. */
int pin_each(struct store *store,
             int (*each)(void *user, const struct pin *pin), void *user);

/* Append a pin's sketch to out. ERR_NOT_FOUND, without a text. */
int pin_sketch(struct store *store, const struct cid *root,
               const struct pin_owner *owner, struct buffer *out);

#endif
