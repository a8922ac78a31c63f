/* What the control port orders of the node. */
#ifndef POND_NODE_NODE_ORDERS_H
#define POND_NODE_NODE_ORDERS_H

#include "node/node_control.h"

/* user: the struct node. */
extern const struct node_control_orders node_orders;

#endif
