/*
 * The engines by their names, as metadata, options and the control port have
 * them. Pure.
 */
#ifndef POND_NODE_REACH_ENGINE_NAME_H
#define POND_NODE_REACH_ENGINE_NAME_H

#include "node/parts/node_options.h"

/* "auto", "pond", "node"; "" for NODE_ENGINE_UNSET. Static. */
const char *engine_name(enum node_engine engine);

/* ERR_INVALID names the three. */
int engine_name_parse(const char *name, enum node_engine *out);

#endif
