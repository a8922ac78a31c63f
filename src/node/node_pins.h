/*
 * What a node keeps pinned of tasks that it runs no more.
 *
 * The evidence of a proof can be asked for until its round has been paid. So
 * the pins of a task that is stopped stay until the rounds of its last proofs
 * are over (stopped_book.h), and go round by round, as those of a task that
 * runs. Pins of a task that is neither running nor among the stopped ones go at
 * once. Which tasks have pins the store itself says at the start, so a crash at
 * any point leaves none behind. Where other accounts use the folder, what this
 * one knows nothing of is left alone.
 *
 * Thread: the loop's. The store's work runs on the pool, one piece at a time.
 */
#ifndef POND_NODE_NODE_PINS_H
#define POND_NODE_NODE_PINS_H

#include "crypto/key.h"

#include <stdbool.h>

struct node;
struct node_pins;

/* Nothing is read before the first look. */
struct node_pins *node_pins_new(struct node *node);
void node_pins_free(struct node_pins *pins); /* NULL is allowed; not busy */

/* The task has been stopped: its runner adds pins until it has gone. */
void node_pins_add(struct node_pins *pins, const struct pubkey *task);

/* With the node's tick: end what has ended. */
void node_pins_look(struct node_pins *pins);

/* Is one of them about this task? A start of it would lose pins then. */
bool node_pins_is_about(const struct node_pins *pins,
                        const struct pubkey *task);

/* Is a piece of work on the pool? The store must outlive it. When it ends while
 * the node is stopping, the node's work_over() is called. */
bool node_pins_is_busy(const struct node_pins *pins);

#endif
