/*
 * How long a pin keeps what it names: pure rules, no I/O.
 *
 * Evidence of round r is needed while it can be audited (the round after), in
 * the distribution audit after that, and by a node that was away: it is kept
 * until round r+3 of the same task has ended. A pin may ask for more rounds,
 * never for fewer. What a node keeps for its own operator to look at is kept
 * for days instead, however long rounds are.
 */
#ifndef POND_STORAGE_KEEP_RETENTION_H
#define POND_STORAGE_KEEP_RETENTION_H

#include "crypto/key.h"

#define RETENTION_ROUNDS_MIN 3

/* A pin that asks for more than this is held to it: none may fill a disk for
 * ever. */
#define RETENTION_ROUNDS_MAX 10000

enum pin_kind {
    /* Until removed. */
    PIN_USER = 1,
    /* Code and metadata, while the task is known here. */
    PIN_TASK = 2,
    /* Evidence of one round of a task. */
    PIN_ROUND = 3,
    /* The same, for days from when it was pinned. */
    PIN_DAYS = 4
};

struct pin_owner {
    enum pin_kind kind;
    /* Of all but PIN_USER; else zero. */
    struct pubkey task;
    /* PIN_ROUND, PIN_DAYS: the round it is evidence of. */
    uint64_t round;
    /* PIN_ROUND: further rounds it is kept; values outside the limits above
     * count as the nearer limit. PIN_DAYS: days. */
    uint32_t rounds;
};

struct pin_owner retention_user(void);
struct pin_owner retention_task(const struct pubkey *task);
/* rounds: how many further rounds it is kept; 0 for the fewest. */
struct pin_owner retention_round(const struct pubkey *task, uint64_t round,
                                 uint32_t rounds);
struct pin_owner retention_days(const struct pubkey *task, uint64_t round,
                                uint32_t days);

/* The last round during which the pin still holds (PIN_ROUND; UINT64_MAX for
 * the others). */
uint64_t retention_last_round(const struct pin_owner *owner);

/* Has the pin ended, now that task is in current_round? Pins of other tasks
 * and of other kinds have not. */
bool retention_has_ended(const struct pin_owner *owner,
                         const struct pubkey *task, uint64_t current_round);

/* Until when a pin that was added at since_ms holds (PIN_DAYS; UINT64_MAX for
 * the others). Unix ms, both. */
uint64_t retention_until_ms(const struct pin_owner *owner, uint64_t since_ms);

#endif
