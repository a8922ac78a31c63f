/*
 * How a private network waits: by turning the loop, and looking at what has
 * ended meanwhile.
 */
#include "base/check.h"
#include "base/error.h"
#include "devnet/network_parts.h"

/* Whatever happens ends the turn. A child that is gone ends every wait, because
 * what was waited for would never come. */
int network_turn(struct network *network)
{
    CHECK(network->loop);
    uv_run(network->loop, UV_RUN_ONCE);
    if (network->is_interrupted)
        return err_set(ERR_CANCELLED, "interrupted");
    int status = network_validators_look(network);
    for (unsigned i = 0; i < network->node_count && !status; i++) {
        if (network->nodes[i].has_ended)
            status = network_child_failed(&network->nodes[i]);
    }
    return status;
}
