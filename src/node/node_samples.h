/*
 * What each running task took of the machine in the last hour: a sample every
 * ten seconds, in memory alone.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_SAMPLES_H
#define POND_NODE_NODE_SAMPLES_H

#include "base/json.h"
#include "node/node_internal.h"

#define NODE_SAMPLES_STEP_S 10
#define NODE_SAMPLES_MAX 360

struct node_samples;

struct node_samples *node_samples_new(void);
void node_samples_free(struct node_samples *samples); /* NULL is allowed */

/* Every other second. now_ms: monotonic. */
void node_samples_look(struct node *node, uint64_t now_ms);

/* {"step":10, "at":ms (Unix, of the newest), "cpu":{task:[percent of a core]},
 * "memory":{task:[bytes]}}, the oldest first: count of them at most, of one
 * task or of all (NULL). */
void node_samples_write(const struct node *node, const struct pubkey *task,
                        size_t count, struct json_writer *writer);

#endif
