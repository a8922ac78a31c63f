/*
 * The account book for the operator: by day and task, and in sum.
 */
#ifndef POND_NODE_NODE_EARNINGS_H
#define POND_NODE_NODE_EARNINGS_H

#include "node/money/journal_writer.h"
#include "node/node_control.h"

/* The form is that of GET /earnings (node_owner.h). task NULL: all tasks; days:
 * so many, today's among them. now_ms: Unix. answered comes once, from the
 * loop. */
void node_earnings_ask(struct journal_writer *writer, const struct pubkey *task,
                       uint64_t days, uint64_t now_ms,
                       node_control_answered *answered, void *user);

/* The same at once, appended; thread: any that may use the journal. */
int node_earnings_write(struct journal *journal, const struct pubkey *task,
                        uint64_t days, uint64_t now_ms, struct buffer *out);

#endif
