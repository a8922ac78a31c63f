/*
 * Inside the node: what its owner allows tasks (owner/condition.h), set by the
 * operator and kept in the journal's file. The machine is read every few
 * seconds, on libuv's pool; whether tasks rest is owner/condition_watch.h's to
 * say.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_CONDITIONS_H
#define POND_NODE_NODE_CONDITIONS_H

#include "base/json.h"
#include "node/node_control.h"
#include "node/owner/condition.h"

struct node;
struct node_conditions;

/* Read what was set, and set what the node's options say. ERR_INVALID for
 * options that say nothing; errors of the journal. What was kept and can't be
 * read is logged, and nothing of it holds then. */
int node_conditions_open(struct node *node);

/* At every tick. now_ms: monotonic. */
void node_conditions_look(struct node *node, uint64_t now_ms);

/* No look comes any more. Once, also after a failed start. */
void node_conditions_stop(struct node *node);

/* When the writer has closed. */
void node_conditions_close(struct node *node);

/* Whether tasks rest for a condition, and which. */
bool node_conditions_rest(const struct node *node, enum condition *out);

/* What all tasks may take together: processor time in percent of one processor,
 * and bytes. 0: as much as they want. */
uint32_t node_conditions_cpu(const struct node *node);
uint64_t node_conditions_memory(const struct node *node);

/* What all tasks took together at the last look: processor time in percent of
 * one processor, and resident bytes. */
void node_conditions_note_use(struct node *node, uint32_t cpu_percent,
                              uint64_t memory_bytes);

/* Set one; "none" unsets it. done comes when it is written down, and it holds
 * from then on. Errors are those of condition_find() and condition_set(). */
int node_conditions_set(struct node *node, const char *name, const char *text,
                        node_control_done *done, void *user);

/* Change several at once: conditions_change(), and its errors. */
int node_conditions_change(struct node *node, struct json_object *changes,
                           node_control_done *done, void *user);

/* {"rests":code or null, "conditions":[{"name":text, "value":text or null,
 * "unit":text, "reading":text, "rests":bool, "now":number, text or null,
 * "on_battery":bool}]}: condition_watch_write(); of a share "now" is what all
 * tasks take together. */
void node_conditions_write(const struct node *node, struct json_writer *writer);

#endif
