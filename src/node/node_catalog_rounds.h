/*
 * The rounds that a task's state still has, as a creator looks at them: how
 * many proved, were accused, made the list, and what became of the payout. Who
 * it was is the explorer's to show.
 *
 * Pure. Thread: any.
 */
#ifndef POND_NODE_NODE_CATALOG_ROUNDS_H
#define POND_NODE_NODE_CATALOG_ROUNDS_H

#include "base/json.h"

/* The chain keeps three; a state that says more is cut. */
#define CATALOG_ROUNDS_MAX 16

/* [{"round", "proofs", "accused", "lists", "lists_accused", "payout":"paid",
 * "failed" or null}], the newest first. What has not the form is passed over.
 * The caller releases it. */
struct json_object *catalog_rounds(struct json_object *state);

#endif
