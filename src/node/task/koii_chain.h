/*
 * What a task on the engine node does on chain through its wrapper: submit,
 * vote, list, pay. The names and arguments are Koii's (reference, 2.4).
 *
 * Everything goes through the journal under the names that the node's own
 * duties have for it, so that nothing is sent twice whatever the task repeats,
 * and only in the windows in which the task program takes it. All of it is
 * about the task's own account: there is no argument that names another.
 */
#ifndef POND_NODE_TASK_KOII_CHAIN_H
#define POND_NODE_TASK_KOII_CHAIN_H

#include "node/reach/host_world.h"

/* [value, round] -> null, once it is final */
host_serve koii_chain_submit;
/* [candidate, isValid, round], or with the voter's key before the round */
host_serve koii_chain_audit;
host_serve koii_chain_audit_list;
/* [list, round] -> whether it is there */
host_serve koii_chain_upload;
/* [round] -> signature */
host_serve koii_chain_submit_list;
/* [round] -> null; the node pays a round that can be paid in any case */
host_serve koii_chain_payout;

#endif
