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

#include "sim_world.h"

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
    SEEN_SUBMISSION, /* a task took a submission for a round */
    SEEN_COUNT,
    /* What scripts meet, and chance too seldom to ask for it. */
    SEEN_ANEW = SEEN_COUNT, /* all began anew from one block */
    SEEN_LOG_DAMAGED,       /* a restart could not read part of its log */
    SEEN_UNREADABLE, /* a block of the log was asked for, and is not there */
    SEEN_PAYOUT,     /* a task paid a round out */
};

/* Hold all endpoints against each other and against what they ever said, and
 * check all ledgers. To be called at the end. */
void world_settle(struct world *world);

/* Where each validator is, a line each. */
void world_print_state(FILE *file, const struct world *world);

/* ---- a script in place of chance; validators are named by index ---- */

/* As operators do where a third of the stake has forgotten its votes: end all,
 * and begin anew from the newest final block that any disk has. */
void world_begin_anew(struct world *world);
/* Bytes of the validator's log can't be read any more. */
void world_spoil(struct world *world, size_t validator);
/* The newest slot that is final at any. */
uint64_t world_highest_final(const struct world *world);
/* Who leads a window. */
size_t world_leader(const struct world *world, uint64_t window);
/* Send a transfer to a validator's endpoint, which makes it known to the
 * world's checks; false: it was refused. */
bool world_transfer(struct world *world, size_t validator);
/* How many of the transactions that endpoints took are final. */
uint64_t world_transfers_final(const struct world *world);

#endif
