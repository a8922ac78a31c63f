/*
 * How full a leader of several makes its blocks. The others must have a block,
 * check it and execute it before they give its slot up, on machines that this
 * one does not know. So it finds out, as TCP does: a full block that became
 * final lets the next ones be larger, one that lost makes them half as large.
 *
 * Pure; one owner.
 */
#ifndef POND_SETTLEMENT_CHAIN_BLOCK_FILL_H
#define POND_SETTLEMENT_CHAIN_BLOCK_FILL_H

#include <stdint.h>

struct block_fill {
    uint64_t units; /* that the next block's transactions may use */
    uint64_t units_max;
    uint64_t
        lost_window; /* after the newest of which a block has lost; 0: none */
};

/* units_max: of a valid block (block_execute_units_max()). */
struct block_fill block_fill_make(uint64_t units_max);

/* What the executor is to take as the bound of the next block: a transaction
 * that may use the most fits beside fill->units. */
uint64_t block_fill_bound(const struct block_fill *fill);

/* One's own block of that many units became final. */
void block_fill_final(struct block_fill *fill, uint64_t units);

/* One's own block of a slot lost. Those of one window lose together, and count
 * once. */
void block_fill_lost(struct block_fill *fill, uint64_t slot);

#endif
