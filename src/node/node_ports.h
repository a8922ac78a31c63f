/* Inside the node: how its two ports are started. */
#ifndef POND_NODE_NODE_PORTS_H
#define POND_NODE_NODE_PORTS_H

#include "node/node.h"

/* node->face listens; *port is where. ERR_BUSY if the port is taken. */
int node_ports_start_face(struct node *node, uint16_t *port);

/* node->control listens, and control.json is there. After the face: it says the
 * public URL. */
int node_ports_start_control(struct node *node);

#endif
