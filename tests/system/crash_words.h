/*
 * The words of programs that kill others again and again: [CYCLES [SEED]].
 */
#ifndef POND_TESTS_SYSTEM_CRASH_WORDS_H
#define POND_TESTS_SYSTEM_CRASH_WORDS_H

#include "base/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct crash_words {
    unsigned cycles;
    uint64_t seed;
};

/* cycles: where none are given. Says both, so that a run can be had again. */
static inline struct crash_words crash_words_read(int argc, char **argv,
                                                  unsigned cycles)
{
    struct crash_words words = {
        .cycles = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : cycles,
        .seed = argc > 2 ? strtoull(argv[2], NULL, 10) : random_seed()};

    printf("# seed %" PRIu64 ", %u cycles\n", words.seed, words.cycles);
    fflush(stdout);
    return words;
}

#endif
