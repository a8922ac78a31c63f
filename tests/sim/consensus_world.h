/*
 * A network of validators in one thread: the real machine of src/consensus, and
 * round it a world of its own. Time, delays, disks and faults come from a seed,
 * so a run can be repeated.
 *
 * Blocks are names here. A signature is a number that only the world can make,
 * so nobody has another's, and checking one costs nothing.
 *
 * The world checks, at each step, what must hold whatever happens, and reports
 * the first thing that does not.
 */
#ifndef POND_TESTS_SIM_CONSENSUS_WORLD_H
#define POND_TESTS_SIM_CONSENSUS_WORLD_H

#include "consensus/consensus.h"

#define WORLD_VALIDATORS_MAX 200

/* Times are in microseconds. */
struct world_options {
    uint64_t seed;
    size_t validators;
    uint64_t stakes[WORLD_VALIDATORS_MAX]; /* 0: 1,000 each */
    uint64_t delta_us;
    uint64_t slot_us;
    uint64_t delay_min_us; /* of a message */
    uint64_t delay_max_us;
    uint64_t execute_us; /* of a block */
    uint64_t disk_us;    /* the longest write; 0: none takes time */
    uint64_t loss;       /* of so many messages in a thousand */
    uint64_t crash_us;   /* mean time between crashes in the network; 0: none */
    uint64_t down_us;    /* the longest that one stays down */
    uint64_t forget;     /* of so many crashes in a thousand the disk loses the
                            certificates, and keeps the record */
    size_t forgetful;    /* of these validators alone, the last ones: who lost
                            what it relied on is at fault */
    uint64_t cut_us;     /* mean time between partitions; 0: none */
    uint64_t heal_us;    /* the longest that one lasts */
    size_t traitors;     /* the first validators: two processes with one key,
                            and lies besides */
    size_t silent;       /* the last validators are never there */
    uint64_t faults_us;  /* all faults but traitors end then */
};

/* What a run found. */
struct world_result {
    char violation[512]; /* "": none */
    uint64_t slots;      /* that every honest validator knows to be final */
    uint64_t blocks;     /* of these with a block */
    uint64_t messages;
    uint64_t digest; /* of all outputs, in order */
    uint64_t now_us;
    /* From the leader's sending to the block's being final, where it is, in
     * microseconds, added up over count. */
    uint64_t finality_us;
    uint64_t finality_count;
    uint64_t accused; /* traitors shown to be such */
};

struct world;

struct world *world_new(const struct world_options *options);
void world_free(struct world *world);

/* Go on until every honest validator that is up has that slot final, something
 * is wrong, or time is up. True: the slot is reached. */
bool world_run(struct world *world, uint64_t slot, uint64_t until_us);

/* The highest slot that any of them is in. */
uint64_t world_highest(const struct world *world);

const struct world_result *world_result(struct world *world);

#endif
