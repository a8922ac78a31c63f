/*
 * What the operator orders by a key: coins and tokens that are sent from the
 * node's wallet (node/money/transfer.h), and what the wallet does as a task's
 * creator (node/money/creator_order.h). Also coins that a private network's
 * faucet gives it.
 *
 * An order is written into the journal before it is sent and followed until it
 * is final. One that was under way when the node ended is taken up at the next
 * start, as the same bytes.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_TRANSFERS_H
#define POND_NODE_NODE_TRANSFERS_H

#include "node/node_internal.h"
#include "node/page/api_world.h"

struct node_transfers;

struct node_transfers *node_transfers_new(struct node *node);
/* Once client and journal have closed. NULL is allowed. */
void node_transfers_free(struct node_transfers *transfers);

/* Every other second: send again what nobody knows the end of, of transfers and
 * of orders of more stake (node_stakes.h). */
void node_transfers_tick(struct node *node);
/* One of the latter begins. */
void node_transfers_expect(struct node *node);

/* As api_world.h has them. */
int node_transfers_look(struct node *node, const struct transfer *transfer,
                        api_transfer_seen *done, void *user);
int node_transfers_send(struct node *node, const char *key,
                        const struct transfer *transfer);
int node_transfers_state(struct node *node, const char *key,
                         struct api_transfer_state *out);
int node_transfers_creator_state(struct node *node, const char *key,
                                 enum journal_kind kind,
                                 struct api_creator_state *out);
/* Send a creator's order. 0: it is under way, or was before; ERR_EXISTS: the
 * key is another order's. The recipe is taken over in any case. */
int node_transfers_send_order(struct node *node, const char *key,
                              const struct creator_order *order,
                              struct recipe *recipe);
bool node_transfers_has_faucet(struct node *node);
int node_transfers_faucet(struct node *node, uint64_t roe, api_done *done,
                          void *user);

#endif
