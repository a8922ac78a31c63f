/*
 * Which slot a node goes by, when its endpoint may err or lie: no single answer
 * moves a node into another time, and what can't be undone rests on a slot that
 * is certain.
 *
 * There are three degrees:
 *
 *  - heard: what a subscription says. Believed up to SLOT_WATCH_SPREAD beyond
 *    the final slot that was agreed on last.
 *  - agreed: two looks at the final slot in a row that fit each other: the
 *    second is not older, and no more newer than the time between them allows.
 *    The slot that a node goes by begins with the first of these, and is taken
 *    back to one where it is far ahead of it.
 *  - sure: agreed, and fits what was written down in an earlier life by the
 *    time that has passed since. Where nothing is written down, the looks have
 *    agreed for SLOT_WATCH_PROOF_MS; where they contradict it (another chain,
 *    or a wall clock that was set), for SLOT_WATCH_DOUBT_MS.
 *
 * Pure: times and slots are arguments. Thread: one.
 */
#ifndef POND_NODE_SLOT_WATCH_H
#define POND_NODE_SLOT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* In slots: how far the newest slot may be from the final one, and one node of
 * an endpoint from the others. */
#define SLOT_WATCH_SPREAD 1000

#define SLOT_WATCH_PROOF_MS 10000
#define SLOT_WATCH_DOUBT_MS 600000

/* A slot and when it was. slot 0: none. */
struct slot_mark {
    uint64_t slot;
    uint64_t ms;
};

/* slot and sure are for reading; 0: not known yet. Zero with known set is the
 * beginning. */
struct slot_watch {
    uint64_t slot;          /* to go by */
    uint64_t sure;          /* for what can't be undone; only grows */
    struct slot_mark known; /* of an earlier life; ms: of the wall clock */
    struct slot_mark look;  /* the newest; ms: monotonic, as the others */
    struct slot_mark agreed;
    struct slot_mark since; /* where the looks began to agree */
};

/* A subscription says that this slot has come. True: the node goes by it from
 * now on. */
bool slot_watch_hear(struct slot_watch *watch, uint64_t slot, uint64_t now_ms);

enum slot_change {
    SLOT_SAME,
    SLOT_GREW,      /* watch->slot */
    SLOT_CORRECTED, /* it was far ahead, and is the final one now */
};

/* The endpoint says that this slot is final. slot_ms: how long a slot takes, as
 * far as known (≥ 1). unix_ms: the wall clock. */
enum slot_change slot_watch_look(struct slot_watch *watch, uint64_t final,
                                 uint32_t slot_ms, uint64_t now_ms,
                                 uint64_t unix_ms);

#endif
