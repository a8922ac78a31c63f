/*
 * When a block may be, after its parent: so that the leaders of a network can't
 * hurry its time, by which rounds of tasks are counted. Pure; any thread.
 */
#ifndef POND_SETTLEMENT_FORMAT_BLOCK_TIME_H
#define POND_SETTLEMENT_FORMAT_BLOCK_TIME_H

#include "settlement/format/genesis.h"

/* The least Unix time, in milliseconds, of the block of a slot after the
 * parent's (CHECKed): in a network of several validators nine tenths of each
 * slot since, because a leader whose clock is a little fast is no liar; with
 * one validator the parent's own time, because it may lead as it likes. */
uint64_t block_time_least(const struct genesis *genesis, uint64_t parent_slot,
                          uint64_t parent_ms, uint64_t slot);

/* The same among several validators, where the genesis is not at hand. */
uint64_t block_time_paced(uint64_t slot_ms, uint64_t parent_slot,
                          uint64_t parent_ms, uint64_t slot);

#endif
