/*
 * What the two simulated networks have in common: that of the consensus machine
 * (consensus_world.h) and that of whole validators (cluster_world.h). A program
 * has one of them. Which faults there are, how much of each, and what a run
 * found has the same form in both; what does not apply to one is left 0 there.
 */
#ifndef POND_TESTS_SIM_SIM_WORLD_H
#define POND_TESTS_SIM_SIM_WORLD_H

#include "base/random.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_VALIDATORS_MAX 200

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
    uint64_t stakes[SIM_VALIDATORS_MAX]; /* 0: 1,000 each */
    bool is_real; /* whole: votes' signatures are ed25519, not the world's */
    uint64_t delta_us;
    uint64_t slot_us;
    bool is_map;           /* distances are those of consensus_map.h */
    uint64_t delay_min_us; /* of a message, if not */
    uint64_t delay_max_us;
    uint64_t execute_us; /* of a block; whole: the longest */
    uint64_t disk_us;    /* the longest write or read; 0: none takes time */

    /* Of so many messages in a thousand. */
    uint64_t loss;
    uint64_t twice; /* it arrives two times; whole: votes and statuses alone */
    uint64_t late;  /* it takes up to twenty times as long */

    uint64_t break_us;  /* whole: mean time between connections that break; 0:
                           none */
    uint64_t crash_us;  /* mean time between crashes in the network; 0: none */
    uint64_t down_us;   /* the longest that one stays down */
    uint64_t all_us;    /* whole: mean time between crashes of all at once */
    uint64_t forget;    /* of so many crashes in a thousand the disk loses the
                           certificates, and keeps the record; whole: it is
                           lost */
    uint64_t lose;      /* machine: likewise of so many the record, or all */
    size_t forgetful;   /* of these validators alone, the last ones: who lost
                           what it relied on is at fault */
    uint64_t full_us;   /* whole: mean time between disks that are full; 0:
                           none */
    uint64_t spoil_us;  /* whole: mean time between bytes of logs that can't be
                           read any more, of the forgetful; 0: none */
    uint64_t pause_us;  /* mean time between processes that stand still */
    uint64_t paused_us; /* the longest that one does, from 1 ms */

    uint64_t skew_us; /* how far a clock may be off */
    uint64_t drift;   /* how many parts of a million it may run too fast */
    uint64_t jump_us; /* mean time between clocks that are set; 0: none */

    uint64_t cut_us;  /* mean time between partitions; 0: none */
    uint64_t heal_us; /* the longest that one lasts */
    unsigned cuts;    /* which kinds */

    size_t traitors; /* the first validators */
    bool has_twins;  /* whole: each is two processes with one key; those of the
                        machine always are */
    unsigned lies;   /* what they do: bits of the world's enum world_lie */
    size_t silent;   /* the last validators are never there */
    size_t watching; /* machine: processes besides that only watch */
    uint64_t cannot; /* machine: of so many slots in a thousand their leader
                        can't lead */
    size_t odd;      /* the first come to another state after each block */

    uint64_t client_us; /* whole: mean time between transactions; 0: none */
    uint64_t look_us;   /* whole: mean time between looks at an endpoint */

    uint64_t faults_us; /* all faults but traitors end then */
    bool is_partial;    /* just so many are healed then as are needed */
};

/* What a run found. */
struct world_result {
    char violation[512]; /* "": none */
    uint64_t slots;      /* that every honest validator knows to be final */
    uint64_t blocks;     /* of these with a block */
    uint64_t messages;
    uint64_t
        digest; /* of all that machines or replicas wanted done, in order */
    uint64_t now_us;
    uint64_t accused;    /* traitors shown to be such */
    uint64_t taken_back; /* certified blocks that did not become final */
    uint64_t halted;     /* validators */
    uint64_t seen;       /* a bit a situation of the world's list */
    /* Machine: from the leader's sending to the block's being final where it
     * first is, in microseconds, added up over count; and how often one said
     * that too many have forgotten. */
    uint64_t finality_us;
    uint64_t finality_count;
    uint64_t stuck;
    /* Whole: transactions that are final, questions to endpoints, and ends of
     * processes. */
    uint64_t transactions;
    uint64_t looks;
    uint64_t crashes;
    /* After the faults: when the first new block was final at all that were
     * healed (0: not yet), and how long it may take at most. */
    uint64_t healed_us;
    uint64_t heal_max_us;
};

/* By the number of a situation (enum world_situation). */
extern const char *const world_situation_names[];

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

uint64_t world_now_us(const struct world *world);
/* Between two: nothing is heard, or with is_one_way only from b to a. */
void world_cut(struct world *world, size_t a, size_t b, bool is_one_way);
void world_mend(struct world *world, size_t a, size_t b);
/* down_us: UINT64_MAX if it is not to begin again by itself. */
void world_crash(struct world *world, size_t validator, uint64_t down_us);
/* The same, and what it voted is lost. */
void world_forget(struct world *world, size_t validator, uint64_t down_us);
/* The validator's newest final slot. */
uint64_t world_final_slot(const struct world *world, size_t validator);

/* ---- for the worlds themselves ---- */

/* Note the first violation; the others may follow from it. */
void sim_fail(struct world_result *result, const struct world_options *options,
              uint64_t now_us, const char *format, va_list arguments);
uint64_t sim_mix(uint64_t a, uint64_t b);

/* How long it may take from the end of the faults to a new final block: twelve
 * delays and three windows, and for each window with a bad leader another; as
 * long as timers have grown to meanwhile (consensus_timer.c), of so many
 * windows without a final block. What is sent again comes at most so late as
 * nothing moved before (stall_us), clocks were off, and blocks may be ahead. */
uint64_t sim_heal_max_us(const struct world_options *options, uint64_t windows,
                         uint64_t bad_windows, uint64_t stall_us);

/* ---- what chance has ---- */

bool sim_toss(struct random *random);
/* One below most, small ones as likely as large ones. */
uint64_t sim_scale(struct random *random, uint64_t most);
int64_t sim_around_zero(struct random *random, uint64_t most);
/* A time that has that mean, and is not 0. */
uint64_t sim_after(struct random *random, uint64_t mean_us);
/* How long a process stands still: from a millisecond on, each length as likely
 * as its double. */
uint64_t sim_pause(struct random *random, uint64_t most_us);

#endif
