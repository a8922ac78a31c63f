/*
 * What a task on the engine node may do about money through its wrapper. In
 * Koii it may do anything: its node sends whatever transaction it is given, and
 * pays. Here a task moves nothing but its own rewards, and those to the main
 * wallet; the node's wallets pay for what belongs to the task's rounds and for
 * nothing else.
 */
#ifndef POND_NODE_TASK_KOII_MONEY_H
#define POND_NODE_TASK_KOII_MONEY_H

#include "node/reach/host_world.h"

/* [stakePot, beneficiary, claimer] -> null: the node claims what the task owes,
 * to its main wallet; another beneficiary is refused */
host_serve koii_money_claim;
/* [task, staking key, stakePot, amount]: refused, stakes are the operator's */
host_serve koii_money_stake;
/* [from, to, amount]: refused */
host_serve koii_money_send;

#endif
