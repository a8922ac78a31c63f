/*
 * A network of validators in one thread: the real machine of src/consensus, and
 * round it a world of its own. Time, distances, disks, clocks and faults come
 * from a seed, so a run can be repeated.
 *
 * Blocks are names here. A signature is a number that only the world can make,
 * so nobody has another's, and checking one costs nothing.
 *
 * The world checks, at each step, what must hold whatever happens, and reports
 * the first thing that does not. It also notes which situations it has met
 * (world_situation), so that a test can say what its seeds never tried.
 */
#ifndef POND_TESTS_SIM_CONSENSUS_WORLD_H
#define POND_TESTS_SIM_CONSENSUS_WORLD_H

#include "sim_world.h"

#include "consensus/consensus.h"

#define WORLD_VALIDATORS_MAX SIM_VALIDATORS_MAX

/* What traitors do; each is a bit of world_options.lies. */
enum world_lie {
    LIE_PARTIAL,     /* each is told only half of what they say */
    LIE_VOTES,       /* other votes besides: two of a kind, nullify and
                        finalize, of unknown blocks, of far slots */
    LIE_FORGE,       /* signatures that do not hold, other epochs, names */
    LIE_STATUS,      /* windows and slots that are not theirs */
    LIE_CERTIFICATE, /* with bits turned, votes left out, bits past the end */
    LIE_ASTRAY,      /* they lead on any block they like */
    LIE_HALVES,      /* two blocks of a slot, to one half each */
    LIE_EACH,        /* a block of a slot for each */
    LIE_LATE,        /* they lead as late as they may, and vote late */
    LIE_HASTY,       /* their blocks are faster than time */
    LIE_FIRST,       /* they hear and are heard before everybody else */
    LIE_SILENT,      /* they say nothing, and hear */
    LIE_COUNT,
};

/* Situations that a simulation must have met to be worth something. */
enum world_situation {
    SEEN_GIVEN_UP_AFTER_VOTE, /* notarized, then given up, by one validator */
    SEEN_VOTE_AFTER_GIVEN_UP,
    SEEN_CERTIFIED_AND_COVERED,
    SEEN_FINAL_AND_COVERED, /* final by what came after it */
    SEEN_VOTES_SPLIT,       /* honest ones notarized two blocks of a slot */
    SEEN_TAKEN_BACK,        /* a certified block did not become final */
    SEEN_ASKED_CERTIFIED,   /* of the leader, about its block's parent */
    SEEN_ASKED_COVERED,
    SEEN_ASKED_EVIDENCE,
    SEEN_ANSWERED_WITH_FINAL,
    SEEN_RECORD_AHEAD, /* a restart before the window of the record */
    SEEN_ROOT_INSIDE,  /* a restart in the midst of a window */
    SEEN_LED_BEFORE,   /* a restart in a window that was begun to be led */
    SEEN_LOST_RECORD,  /* a crash between a record and its being durable */
    SEEN_FORGOT_KEPT,
    SEEN_FORGOT_VOTES,
    SEEN_VOTES_AGAIN, /* who had forgotten its votes */
    SEEN_SNAPSHOT,    /* too far behind for blocks one by one */
    SEEN_WINDOW_WHILE_CUT,
    SEEN_FINAL_WHILE_CUT,
    SEEN_ACCUSED,
    SEEN_CUT_OFF,
    SEEN_TWOFOLD, /* two blocks of one leader and slot, at one validator */
    SEEN_INVALID_BLOCK,
    SEEN_FUTURE_BLOCK,
    SEEN_LONG_PAUSE, /* longer than the timers */
    SEEN_CLOCK_SET,
    SEEN_CANNOT_LEAD,
    SEEN_HALTED,
    SEEN_WATCHED, /* a final block, by who only watches */
    SEEN_COUNT,
};

/* ---- a script in place of chance; validators are named by index ---- */

/* A vote, a block, or something else (neither). */
struct world_message {
    size_t from, to;
    const struct vote *vote; /* NULL: it is none */
    bool is_block;
    uint64_t slot; /* of a vote or a block */
};

/* Does the message arrive? Asked of each one; NULL: all do. */
typedef bool (*world_filter)(const struct world_message *message,
                             void *context);
void world_set_filter(struct world *world, world_filter filter, void *context);

void world_pause(struct world *world, size_t validator, uint64_t pause_us);
/* The window that the validator is in. */
uint64_t world_current_window(const struct world *world, size_t validator);
/* The least slot that is final at all that only watch; UINT64_MAX: none do. */
uint64_t world_watched_slot(const struct world *world);
/* How long each block took to be final at each validator, sorted; count of
 * them. Kept of the newest ones alone. */
size_t world_finality(struct world *world, uint64_t **sorted_us);

#endif
