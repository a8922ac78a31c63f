#include "node/node_network.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "node/node_internal.h"
#include "node/node_slots.h"
#include "node/owner/setting_write.h"

#include <string.h>

/* In the journal. */
static const char name[] = "genesis";

static int take(void *user, const char *found, struct bytes value)
{
    struct node *node = user;

    if (!strcmp(found, name) && value.size < sizeof(node->genesis)) {
        memcpy(node->genesis, value.data, value.size);
        node->genesis[value.size] = 0;
    }
    return 0;
}

int node_network_open(struct node *node)
{
    return journal_setting_each(node->parts.settings, JOURNAL_NETWORK, take,
                                node);
}

static void on_written(void *user, int status)
{
    if (status)
        log_error("journal", "the network is not written down: %s", err_text());
}

static void begin(struct node *node)
{
    node->knows_network = true;
    node_slots_begin(node);
}

/* From the tick, because the owner stops the node in that call, and with it the
 * client that has brought the answer. */
static void refuse(struct node *node)
{
    node->knows_network = true;
    err_set(ERR_STATE,
            "%s belongs to the network with genesis %s, and %s is of %s: name "
            "that network's endpoint with --rpc, or another folder with "
            "--node-dir",
            node->options.folder, node->genesis,
            client_shown_url(node->parts.client), node->other_genesis);
    if (node->events.failed)
        node->events.failed(node->user, node, ERR_STATE);
}

/* What the endpoint says is base58 of a hash; anything else is no answer to
 * hold a folder to. */
static void on_genesis(void *user, int status, struct json_object *result)
{
    struct node *node = user;
    struct pubkey hash;

    node->is_asking_network = false;
    if (node->is_stopping || node->knows_network)
        return;
    if (status == ERR_REMOTE) {
        log_warn("node", "the endpoint does not say which network it is of: %s",
                 err_text());
        begin(node);
        return;
    }
    if (status || !json_object_is_type(result, json_type_string) ||
        pubkey_parse(bytes_text(json_object_get_string(result)), &hash))
        return;
    const char *genesis = json_object_get_string(result);

    if (!*node->genesis) {
        snprintf(node->genesis, sizeof(node->genesis), "%s", genesis);
        setting_write(node->parts.settings_writer, JOURNAL_NETWORK, name,
                      bytes_text(node->genesis), on_written, NULL);
    }
    if (strcmp(node->genesis, genesis) != 0)
        snprintf(node->other_genesis, sizeof(node->other_genesis), "%s",
                 genesis);
    else
        begin(node);
}

void node_network_look(struct node *node)
{
    if (node->knows_network || node->is_asking_network)
        return;
    if (*node->other_genesis) {
        refuse(node);
        return;
    }
    node->is_asking_network = true;
    client_call(node->parts.client, "getGenesisHash", "[]", on_genesis, node);
}
