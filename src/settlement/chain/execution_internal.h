/*
 * What the parts of the execution share: execution.c has the orders and the
 * steps, execution_lead.c one's own blocks, execution_say.c what is said and
 * shown of them. Only these include this.
 */
#ifndef POND_SETTLEMENT_CHAIN_EXECUTION_INTERNAL_H
#define POND_SETTLEMENT_CHAIN_EXECUTION_INTERNAL_H

#include "settlement/chain/block_fill.h"
#include "settlement/chain/execution.h"
#include "settlement/chain/executor.h"
#include "settlement/chain/pace.h"

/* The events of one step: what it is about, the tips, and that the block under
 * way was given up. */
#define EXECUTION_EVENTS_MAX (2 + LEDGER_LEVELS)

struct waiting_order {
    struct execution_order order;
    struct waiting_order *next;
};

struct execution {
    struct execution_options options;
    bool is_alone; /* the network's only validator */
    bool is_stopping;
    struct executor *executor;
    struct pace pace;
    struct block_fill fill;  /* of one's own blocks */
    uint64_t lead_slot;      /* that the pace was ordered to lead */
    uint64_t making_slot;    /* that the block under way was ordered for */
    struct hash lead_parent; /* and its parent */
    struct hash shown[LEDGER_LEVELS];
    bool may_shed;            /* an order may have made the tree too large */
    struct ledger_view *view; /* while the executor is open; or NULL */
    struct executed_block *spare;
    struct waiting_order *first, **last;
    struct execution_event events[EXECUTION_EVENTS_MAX];
    size_t event_count, event_at;
};

/* Add an event; of a node, which holds its block. */
struct execution_event *execution_say(struct execution *execution,
                                      enum execution_kind kind, uint64_t slot);
struct execution_event *execution_say_node(struct execution *execution,
                                           enum execution_kind kind,
                                           const struct block_node *node);

/* The events of the step before were taken (CHECKed). */
void execution_forget_events(struct execution *execution);

/* Show the tips that have moved. The tips may have changed without a new block,
 * because others were certified. */
void execution_show_tips(struct execution *execution);

/* Read through a view of the disk, if there is none; and end that, unless a
 * block of one's own is under way. */
int execution_open_view(struct execution *execution,
                        const struct execution_seen *seen);
void execution_close_view(struct execution *execution);

/* An empty block. */
struct executed_block *execution_take_spare(struct execution *execution);

/* Give up the block under way: the fork on which it stands has lost. */
void execution_give_up(struct execution *execution);

/* Do what the pace of one's own blocks says. */
int execution_lead(struct execution *execution,
                   const struct execution_seen *seen,
                   struct execution_step *out);

#endif
