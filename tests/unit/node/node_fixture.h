/*
 * A whole node for tests: its endpoint is the fixture's chain, and workers
 * can't be started.
 */
#ifndef POND_TESTS_NODE_FIXTURE_H
#define POND_TESTS_NODE_FIXTURE_H

#include "node/node.h"
#include "runner_fixture.h"

/* Start it in that folder of the fixture's, with the fixture's wallet, or go on
 * with what an earlier life left there. claim_from: roe; 0: never. */
struct node *node_fixture_begin(struct fixture *fixture, uv_loop_t *loop,
                                const char *name, uint64_t claim_from);

/* Stop it, and run the loop until it has ended. */
void node_fixture_end(struct node *node, uv_loop_t *loop);

#endif
