/*
 * A network of whole validators in one thread: of each its replica, execution,
 * ledger, flush queue, mempool, write-ahead log and endpoint, as a server has
 * them, and round them a world of its own. Time, distances, disks, clocks,
 * faults, traitors and clients come from a seed, so a run can be repeated.
 *
 * The world carries frames as connections do: in order on each lane, until the
 * connection breaks. Disks are those of disk_memory.h under the log, and LMDB
 * in the memory of the machine under the ledger; a crash drops what the process
 * had not brought there. Votes have signatures that only the world can make, or
 * real ones (is_real); blocks and transactions always have real ones.
 *
 * The world checks, at each step, what must hold whatever happens, and reports
 * the first thing that does not. It also notes which situations it has met, so
 * that a test can say what its seeds never tried.
 */
#ifndef POND_TESTS_SIM_CLUSTER_WORLD_H
#define POND_TESTS_SIM_CLUSTER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WORLD_VALIDATORS_MAX 13

/* What traitors do; each is a bit of world_options.lies. */
enum world_lie {
    LIE_HALVES,   /* two blocks of a slot, to one half each */
    LIE_EACH,     /* a block of a slot for each */
    LIE_WITHHOLD, /* a block is sent to some only, or in part */
    LIE_LATE,     /* as late as may be */
    LIE_BODY,     /* other bytes than those signed */
    LIE_HEADER,   /* signed headers that break a rule */
    LIE_JUNK,     /* signed blocks whose body is noise */
    LIE_STATE,    /* another state after a block */
    LIE_VOTES,    /* two votes of a kind, for unknown blocks, for far slots */
    LIE_STATUS,   /* slots that are not theirs */
    LIE_ANSWERS,  /* to questions, spoiled or none */
    LIE_FRAMES,   /* frames with bits turned, and noise */
    LIE_FLOOD,    /* far more of everything */
    LIE_PARTIAL,  /* each is told only half of what they say */
    LIE_CENSOR,   /* they lead without transactions of others */
    LIE_SILENT,   /* they hear, and say nothing */
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
    uint64_t stakes[WORLD_VALIDATORS_MAX]; /* in KOII; 0: 1,000 each */
    bool is_real; /* votes' signatures are ed25519, and not the world's */
    uint64_t delta_us;
    uint64_t slot_us;
    bool is_map;           /* distances are those of consensus_map.h */
    uint64_t delay_min_us; /* of a message, if not */
    uint64_t delay_max_us;
    uint64_t execute_us; /* the longest that executing a block takes */
    uint64_t disk_us;    /* the longest write or read */

    /* Of so many frames in a thousand. */
    uint64_t loss;
    uint64_t twice; /* those of votes and statuses arrive two times */
    uint64_t late;  /* it takes up to twenty times as long */

    uint64_t break_us;  /* mean time between connections that break; 0: none */
    uint64_t crash_us;  /* mean time between crashes in the network; 0: none */
    uint64_t down_us;   /* the longest that one stays down */
    uint64_t all_us;    /* mean time between crashes of all at once */
    uint64_t forget;    /* of so many crashes in a thousand the disk is lost */
    size_t forgetful;   /* of these validators alone, the last ones: who lost
                           what it voted is at fault */
    uint64_t full_us;   /* mean time between disks that are full; 0: none */
    uint64_t pause_us;  /* mean time between processes that stand still */
    uint64_t paused_us; /* the longest that one does */

    uint64_t skew_us; /* how far a clock may be off */
    uint64_t drift;   /* how many parts of a million it may run too fast */
    uint64_t jump_us; /* mean time between clocks that are set; 0: none */

    uint64_t cut_us;  /* mean time between partitions; 0: none */
    uint64_t heal_us; /* the longest that one lasts */
    unsigned cuts;    /* which kinds */

    size_t traitors; /* the first validators */
    bool has_twins;  /* each is two processes with one key */
    unsigned lies;   /* what they do */
    size_t silent;   /* the last validators are never there */
    size_t odd;      /* the first come to another state after each block */

    uint64_t client_us; /* mean time between transactions; 0: none */
    uint64_t look_us;   /* mean time between looks at an endpoint; 0: none */

    uint64_t faults_us; /* all faults but traitors end then */
    bool is_partial;    /* just so many are healed then as are needed */
};

/* Situations that a simulation must have met to be worth something. */
enum world_situation {
    SEEN_TWO_BLOCKS,    /* of one slot were executed by honest ones */
    SEEN_INVALID_BLOCK, /* an honest one executed it, and refused it */
    SEEN_FETCHED,       /* a block was made whole by asking */
    SEEN_FORK_DIED,     /* a block that was executed did not become final */
    SEEN_TAKEN_BACK,    /* one that an endpoint called confirmed did not */
    SEEN_UNLED,         /* a leader could not lead */
    SEEN_RESTORED,      /* a restart executed blocks of the log again */
    SEEN_FLUSH_LOST,    /* a crash while rows were on their way to disk */
    SEEN_LOG_TORN,      /* a crash tore the log's end */
    SEEN_RECORD_LOST,   /* a crash between a record and its being durable */
    SEEN_CRASHED_ALL,
    SEEN_FORGOT,
    SEEN_DISK_FULL,
    SEEN_TWINS, /* a traitor was two processes, both connected */
    SEEN_ACCUSED,
    SEEN_BANNED,
    SEEN_CUT_OFF,
    SEEN_HELD,   /* a block was executed and waited for the disk */
    SEEN_LOADED, /* a block was read from the log for another */
    SEEN_FINAL_WHILE_CUT,
    SEEN_LONG_PAUSE, /* longer than the timers */
    SEEN_CLOCK_SET,
    SEEN_FORWARDED, /* a transaction came from another endpoint */
    SEEN_FULL_MEMPOOL,
    SEEN_TWICE_SENT, /* a transaction was taken by two endpoints */
    SEEN_EXPIRED,    /* one that an endpoint took was never executed */
    SEEN_FAILED,     /* one was executed, and failed */
    SEEN_COUNT,
};
extern const char *const world_situation_names[SEEN_COUNT];

/* What a run found. */
struct world_result {
    char violation[512];   /* "": none */
    uint64_t slots;        /* that every honest validator knows to be final */
    uint64_t blocks;       /* of these with a block */
    uint64_t transactions; /* that are final */
    uint64_t frames;
    uint64_t looks; /* questions to endpoints */
    uint64_t crashes;
    uint64_t digest; /* of all that replicas wanted done, in order */
    uint64_t now_us;
    uint64_t taken_back; /* blocks shown as confirmed that did not become final
                          */
    uint64_t accused;
    uint64_t halted;
    uint64_t seen; /* a bit a situation */
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

/* Hold all endpoints against each other and against what they ever said, and
 * check all ledgers. To be called at the end. */
void world_settle(struct world *world);

const struct world_result *world_result(struct world *world);

/* The options, as a line without its end. */
void world_print(FILE *file, const struct world_options *options);

/* Where each validator is, a line each. */
void world_print_state(FILE *file, const struct world *world);

/* ---- a script in place of chance; validators are named by index ---- */

uint64_t world_now_us(const struct world *world);
/* Connections between two: none, or only from b to a is something heard. */
void world_cut(struct world *world, size_t a, size_t b, bool is_one_way);
void world_mend(struct world *world, size_t a, size_t b);
void world_crash(struct world *world, size_t validator, uint64_t down_us);
/* The same, and its disk is lost. */
void world_forget(struct world *world, size_t validator, uint64_t down_us);
/* Who leads a window. */
size_t world_leader(const struct world *world, uint64_t window);
/* The validator's newest final slot. */
uint64_t world_final_slot(const struct world *world, size_t validator);
/* Send a transfer to a validator's endpoint, which makes it known to the
 * world's checks; false: it was refused. */
bool world_transfer(struct world *world, size_t validator);
/* How many of the transactions that endpoints took are final. */
uint64_t world_transfers_final(const struct world *world);

#endif
