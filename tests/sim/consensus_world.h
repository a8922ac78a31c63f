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

#include "consensus/consensus.h"

#include <stdio.h>

#define WORLD_VALIDATORS_MAX 200

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

/* Kinds of partitions; each is a bit of world_options.cuts. */
enum world_cut {
    CUT_SIDES,   /* two sides, and no connection between them */
    CUT_ONE_WAY, /* one side hears the other, and is not heard */
    CUT_MUTE,    /* one validator hears all, and nobody hears it */
    CUT_DEAF,    /* one validator is heard, and hears nobody */
    CUT_FLAP,    /* two sides, many times */
    CUT_COUNT,
};

/* Times are in microseconds. */
struct world_options {
    uint64_t seed;
    size_t validators;
    uint64_t stakes[WORLD_VALIDATORS_MAX]; /* 0: 1,000 each */
    uint64_t delta_us;
    uint64_t slot_us;
    bool is_map;           /* distances are those of consensus_map.h */
    uint64_t delay_min_us; /* of a message, if not */
    uint64_t delay_max_us;
    uint64_t execute_us; /* of a block */
    uint64_t disk_us;    /* the longest write; 0: none takes time */

    /* Of so many messages in a thousand. */
    uint64_t loss;
    uint64_t twice; /* it arrives two times */
    uint64_t late;  /* it takes up to twenty times as long */

    uint64_t crash_us;  /* mean time between crashes in the network; 0: none */
    uint64_t down_us;   /* the longest that one stays down */
    uint64_t forget;    /* of so many crashes in a thousand the disk loses the
                           certificates, and keeps the record */
    uint64_t lose;      /* likewise of so many the record, or everything */
    size_t forgetful;   /* of these validators alone, the last ones: who lost
                           what it relied on is at fault */
    uint64_t pause_us;  /* mean time between processes that stand still */
    uint64_t paused_us; /* the longest that one does, from 1 ms */

    uint64_t skew_us; /* how far a clock may be off */
    uint64_t drift;   /* how many parts of a million it may run too fast */
    uint64_t jump_us; /* mean time between clocks that are set; 0: none */

    uint64_t cut_us;  /* mean time between partitions; 0: none */
    uint64_t heal_us; /* the longest that one lasts */
    unsigned cuts;    /* which kinds */

    size_t traitors; /* the first validators: two processes with one key */
    unsigned lies;   /* and what they do besides */
    size_t silent;   /* the last validators are never there */
    size_t watching; /* processes besides that only watch */
    uint64_t
        cannot; /* of so many slots in a thousand their leader can't lead */
    size_t odd; /* the first come to another state after each block */

    uint64_t faults_us; /* all faults but traitors end then */
    bool is_partial;    /* just so many are healed then as are needed */
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
extern const char *const world_situation_names[SEEN_COUNT];

/* What a run found. */
struct world_result {
    char violation[512]; /* "": none */
    uint64_t slots;      /* that every honest validator knows to be final */
    uint64_t blocks;     /* of these with a block */
    uint64_t messages;
    uint64_t digest; /* of all outputs, in order */
    uint64_t now_us;
    /* From the leader's sending to the block's being final where it first is,
     * in microseconds, added up over count. */
    uint64_t finality_us;
    uint64_t finality_count;
    uint64_t accused;    /* traitors shown to be such */
    uint64_t taken_back; /* certified blocks that did not become final */
    uint64_t halted;     /* validators */
    uint64_t stuck;      /* how often one said that too many have forgotten */
    uint64_t seen;       /* a bit a situation */
    /* After the faults: when the first new block was final at all that were
     * healed (0: not yet), and how long it may take at most. */
    uint64_t healed_us;
    uint64_t heal_max_us;
};

struct world;

/* Validators are up and connected, at time 1 s. */
struct world *world_new(const struct world_options *options);
void world_free(struct world *world);

/* Go on until every honest validator that is up has that slot final, something
 * is wrong, or time is up. True: the slot is reached. */
bool world_run(struct world *world, uint64_t slot, uint64_t until_us);

/* The highest slot that any of them is in. */
uint64_t world_highest(const struct world *world);

const struct world_result *world_result(struct world *world);

/* The options, as a line without its end. */
void world_print(FILE *file, const struct world_options *options);

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

uint64_t world_now_us(const struct world *world);
/* Messages between two: not at all, or with is_one_way only from b to a. */
void world_cut(struct world *world, size_t a, size_t b, bool is_one_way);
void world_mend(struct world *world, size_t a, size_t b);
void world_crash(struct world *world, size_t validator, uint64_t down_us);
/* The same, and its record is lost. */
void world_forget(struct world *world, size_t validator, uint64_t down_us);
void world_pause(struct world *world, size_t validator, uint64_t pause_us);
/* The validator's newest final slot, and the slot that it is in. */
uint64_t world_final_slot(const struct world *world, size_t validator);
uint64_t world_current_window(const struct world *world, size_t validator);
/* The least slot that is final at all that only watch; UINT64_MAX: none do. */
uint64_t world_watched_slot(const struct world *world);
/* How long each block took to be final at each validator, sorted; count of
 * them. Kept of the newest ones alone. */
size_t world_finality(struct world *world, uint64_t **sorted_us);

#endif
