#include "node/node_restart.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "node/money/wallet_phrase.h"
#include "node/node_internal.h"

#include <stdlib.h>

/* From an order until it is carried out: what was answered last is on its way
 * by then. */
#define AFTER_MS 50

/* Where the passphrase was typed, or came from standard input. */
static bool has_no_source(const struct node *node)
{
    const char *file = node->options.passphrase.file;
    char *kept = wallet_passphrase_kept(node->options.folder);
    bool has_none = (!file || !strcmp(file, "-")) && !kept;

    free(kept);
    return has_none;
}

/* By the tick: the answer to the order goes out first, and nobody is called
 * back from inside it. */
int node_restart(struct node *node, bool *asks)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    if (!node->events.restart)
        return err_set(ERR_UNSUPPORTED, "this program does not begin anew");
    int status = node->events.can_restart(node->user);
    if (status)
        return status;
    *asks = signer_state(node->parts.signer)->is_sealed && has_no_source(node);
    log_info("node", "starts again, as its operator wants it");
    node->wants_restart = true;
    uv_timer_set_repeat(&node->tick, AFTER_MS);
    CHECK(!uv_timer_again(&node->tick));
    return 0;
}
