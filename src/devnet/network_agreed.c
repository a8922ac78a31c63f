/*
 * Do all validators of a private network have one chain? Each endpoint is asked
 * by a client of its own for the block of the first one's newest final slot. A
 * blockhash follows from all blocks before it, so one that is equal everywhere
 * says that all of them are.
 */
#include "base/check.h"
#include "base/error.h"
#include "devnet/network_parts.h"
#include "devnet/network_sums.h"

#include <inttypes.h>
#include <stdio.h>

/* Slots that an endpoint may be behind the first one before it is said to be.
 */
#define BEHIND_SLOTS_MAX 100

/* The blockhash of a final block. ERR_REMOTE: the endpoint has none there. */
static int ask(struct client *client, uint64_t slot, struct hash *out)
{
    struct json_object *block = NULL;
    const char *text;
    char params[160];

    snprintf(params, sizeof(params),
             "[%" PRIu64 ",{\"transactionDetails\":\"none\",\"rewards\":false,"
             "\"commitment\":\"finalized\"}]",
             slot);
    int status = client_call_wait(client, "getBlock", params, &block);
    if (!status)
        status = json_get_text(block, "blockhash", &text);
    if (!status)
        status = hash_parse(bytes_text(text), out);
    json_object_put(block);
    return status;
}

/* It may be some slots behind the first one. */
static int catch_up(struct network *network, struct client *client,
                    uint64_t slot)
{
    uint64_t end = network->slot + BEHIND_SLOTS_MAX, reached = 0;
    int status = client_slot_wait(client, CLIENT_FINALIZED, &reached);

    while (!status && reached < slot && network->slot < end) {
        status = network_next_slot(network, network->slot);
        if (!status)
            status = client_slot_wait(client, CLIENT_FINALIZED, &reached);
    }
    if (!status && reached < slot)
        status =
            err_set(ERR_TIMEOUT, "its newest final slot is %" PRIu64, reached);
    return status;
}

/* Does a validator have that block? A reason why it can't say so goes to text.
 */
static bool agrees(struct network *network, unsigned index, uint64_t slot,
                   const struct hash *blockhash, char *text, size_t size)
{
    struct network_validator_view view;
    struct client *client = NULL;
    struct hash its;

    network_validator_look(network, index, &view);
    int status = client_new(network->loop, view.rpc, &client);
    if (!status)
        status = catch_up(network, client, slot);
    if (!status)
        status = ask(client, slot, &its);
    client_close(client, NULL, NULL);
    if (status)
        snprintf(text, size, "; %s: %s", view.name, err_text());
    else if (!hash_equal(&its, blockhash))
        snprintf(text, size, "; %s has another block", view.name);
    return !status && hash_equal(&its, blockhash);
}

int network_agreed(struct network *network, struct network_claim *claim)
{
    unsigned count = network_validator_count(network), agreeing = 1;
    char why[256] = "";
    struct hash blockhash;
    uint64_t slot;

    if (count == 1)
        return 0;
    int status = client_slot_wait(network->client, CLIENT_FINALIZED, &slot);
    if (!status)
        status = ask(network->client, slot, &blockhash);
    if (status)
        return err_add(status, "asking the first validator for its chain");
    for (unsigned i = 1; i < count; i++)
        agreeing += agrees(network, i, slot, &blockhash, why, sizeof(why));
    err_clear();
    network_sums_say(claim, agreeing == count,
                     "%u of %u validators have the same final block of slot "
                     "%" PRIu64 ", and so the same chain%s",
                     agreeing, count, slot, why);
    return 0;
}
