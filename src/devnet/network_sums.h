/*
 * The sums behind a private network's report: what was watched and what blocks
 * say, held against the documented rules (docs/settlement.md). Pure: nothing is
 * asked here.
 */
#ifndef POND_DEVNET_NETWORK_SUMS_H
#define POND_DEVNET_NETWORK_SUMS_H

#include "devnet/network.h"
#include <json-c/json.h>

/* A check's verdict and its figures. */
void network_sums_say(struct network_claim *claim, bool holds,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Every honest node was rewarded in every paid round, and no round gave more
 * than its bounty. */
void network_sums_paid(const struct network_view *view,
                       struct network_claim *claim);

/* The cheater was accused, voted down and slashed, never rewarded, and its
 * stake is what slashes and penalties left. Unchecked without a cheater. */
void network_sums_caught(const struct network_view *view,
                         struct network_claim *claim);

/* What honest nodes claimed is what paid rounds gave them. */
void network_sums_claimed(const struct network_view *view,
                          struct network_claim *claim);

/* By the lists of paid rounds; what was slashed is not taken off, because it
 * goes from the stake. In roe. */
uint64_t network_sums_earned(const struct network_view *view, size_t node);

/* Add what a block (getBlock's answer, in full detail) burned, and its number
 * of transactions: half of its fees, rounded down, and whatever else its
 * transactions took from accounts and gave to none. ERR_INVALID for what is no
 * such block, or for sums that can't be. */
int network_sums_block(struct json_object *block, uint64_t *burned,
                       uint64_t *transactions);

#endif
