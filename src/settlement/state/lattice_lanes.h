/*
 * Inside the lattice hash (lattice_hash.h): elements are summed up in the
 * processor's vector unit, with one implementation for each kind of processor.
 */
#ifndef POND_SETTLEMENT_STATE_LATTICE_LANES_H
#define POND_SETTLEMENT_STATE_LATTICE_LANES_H

#include "settlement/state/lattice_hash.h"

/* A sum under way. The implementation decides the order of the numbers; all
 * zero: the empty sum. */
struct lattice_sum {
    uint16_t numbers[LATTICE_LANES];
};

struct lattice_lanes {
    const char *name;
    /* Add an element, or take it away; seed: the key of its stream. */
    void (*add)(struct lattice_sum *sum, const struct hash *seed);
    void (*subtract)(struct lattice_sum *sum, const struct hash *seed);
    /* Add the whole sum to a lattice. */
    void (*finish)(const struct lattice_sum *sum, struct lattice *lattice);
};

/* The implementations that this processor can run, fastest first; NULL after
 * the last. Thread: any. */
const struct lattice_lanes *lattice_lanes_nth(unsigned n);

#endif
