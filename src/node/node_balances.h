/*
 * Inside the node: what its keys hold, in roe. It is for people: nothing is
 * decided by it.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_BALANCES_H
#define POND_NODE_NODE_BALANCES_H

#include <stdbool.h>
#include <stdint.h>

struct node;

enum node_key {
    NODE_KEY_MAIN,
    NODE_KEY_STAKING,
    NODE_KEY_STAKING_KPL,
    NODE_KEYS
};

/* One question at a time: a slow endpoint is not asked twice. */
struct node_balance {
    bool is_asking;
    bool is_known;
    uint64_t roe;      /* as old as the last answer */
    uint64_t asked_ms; /* monotonic; 0: not yet */
};

/* At every tick. now_ms: monotonic. */
void node_balances_look(struct node *node, uint64_t now_ms);

/* False, and *roe is 0, before the first answer. */
bool node_balance_of(const struct node *node, enum node_key key, uint64_t *roe);

#endif
