/*
 * A private network's processes: started, met, stopped.
 *
 * Alternatives that were not taken: threads of this process in place of
 * processes would start faster, but then the demonstration would not show that
 * validator and nodes need nothing of each other but sockets, and a fault of
 * one would end all. Waiting with sleeps and retries would be simpler, but
 * every wait would be either too short for a slow machine or too long for a
 * fast one. So each child says when it is ready, and everything after that
 * counts in slots.
 *
 * Everything is written as a script that waits by turning the loop, and not as
 * callbacks that call each other: this is a demonstration, and its order is
 * what it shows. The price is that a wait must end when something else fails;
 * network_turn() sees to that for all of them.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory.h"
#include "devnet/network_parts.h"
#include "node/money/transaction_signing.h"
#include "storage/keep/collection.h"
#include "storage/serve/gateway.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a node begins with is enough for some stakes, and for fees for years. */
#define NODE_COINS_ROE (100ull * 1000000000)

/* People count nodes from 1. */
static void fill_name(char *out, size_t size, unsigned index)
{
    CHECK(size > 7);
    snprintf(out, size, "node-%u", index + 1);
}

/* Kept in the folder: a network that is started again still owns its tasks. */
static int open_wallet(struct network *network)
{
    static const struct passphrase_source none;
    char *path = mem_format("%s/wallet.json", network->folder);
    int status = signer_open_file(NULL, path, &none, true, &network->signer);

    free(path);
    return status;
}

/* The store that holds the root of a gateway's path. */
static struct store *store_for(struct network *network, const char *path)
{
    const char *text = path + strlen(GATEWAY_PREFIX);
    struct cid cid;

    if (network->shared_store &&
        cid_parse(bytes_make(text, strcspn(text, "/")), &cid) == 0 &&
        !store_has(network->store, &cid, NULL))
        return network->shared_store;
    return network->store;
}

/* Runs on the server's threads, several at once; the stores are made for that,
 * and nothing else of the network is touched. */
static void on_gateway(void *user, struct http_exchange *exchange)
{
    struct network *network = user;
    const char *path = http_path(exchange);

    if (strncmp(path, GATEWAY_PREFIX, strlen(GATEWAY_PREFIX)) != 0)
        http_answer_text(exchange, 404, "only %s is here\n", GATEWAY_PREFIX);
    else
        gateway_handle(store_for(network, path), exchange);
}

/* It is opened for writing once, to make it where it is absent, and closed
 * again, because only a store that is there can be read. If another process
 * writes to it, it is there already. */
static int open_shared_store(struct network *network, const char *path)
{
    struct store_options options = {.read_only = true};
    struct store *store = NULL;
    int status = store_open(path, NULL, &store);

    store_close(store);
    if (status && status != ERR_LOCKED)
        return status;
    return store_open(path, &options, &network->shared_store);
}

/* On any free port: the nodes are given the URL, and nothing else needs it. */
static int open_gateway(struct network *network)
{
    struct http_server_options options = {.handler = on_gateway,
                                          .user = network};
    struct store_options store = {.make_room = collection_make_room};
    char *path = mem_format("%s/store", network->folder);
    int status = store_open(path, &store, &network->store);

    free(path);
    if (status)
        return status;
    status = http_server_start(&options, &network->gateway);
    if (status)
        return status;
    snprintf(network->gateway_url, sizeof(network->gateway_url),
             "http://127.0.0.1:%u", http_server_port(network->gateway));
    return 0;
}

/* The folder with its lock, the wallet and the gateway; processes come with
 * network_start(). */
int network_open(uv_loop_t *loop, const struct network_options *options,
                 struct network **out)
{
    CHECK(loop && options && out);
    struct network *network = mem_zero(1, sizeof(*network));

    CHECK(options->nodes <= NETWORK_NODES_MAX);
    network->magic = NETWORK_MAGIC;
    network->loop = loop;
    network->folder = mem_text(options->folder);
    network->program = mem_text(options->program);
    if (options->node_argument)
        network->node_argument = mem_text(options->node_argument);
    network->node_count = options->nodes;
    network->validator_count = options->validators;
    network->rpc_port = options->rpc_port;
    network->slot_ms = options->slot_ms;
    network->note = options->note;
    network->user = options->user;

    int status = file_make_folder(network->folder, 0700);
    if (!status)
        status = folder_lock_take(network->folder, &network->lock);
    if (!status)
        status = open_wallet(network);
    if (!status && options->shared_store)
        status = open_shared_store(network, options->shared_store);
    if (!status)
        status = open_gateway(network);
    if (status) {
        network_close(network);
        return status;
    }
    *out = network;
    return 0;
}

/* Only a flag: what runs is a script of calls, and each gives up at its next
 * turn. */
void network_interrupt(struct network *network)
{
    CHECK_MAGIC(network, NETWORK_MAGIC);
    network->is_interrupted = true;
}

/* The chain's own word, asked again at the end to compare with. In roe. */
static int ask_supply(struct network *network, uint64_t *out)
{
    CHECK(network->client);
    struct json_object *result = NULL, *value;
    int status = client_call_wait(network->client, "getSupply", NULL, &result);

    if (!status)
        status = json_get_object(result, "value", &value);
    if (!status)
        status = json_get_u64(value, "total", out);
    json_object_put(result);
    return status < 0 ? err_add(status, "getSupply") : 0;
}

/* Slots only grow; a gap is reported as one step. */
static void on_slot(void *user, uint64_t slot)
{
    struct network *network = user;

    network->slot = slot;
}

/* The supply is asked for before a node could have sent anything: no fee is
 * burned yet in a new network. */
static int connect_client(struct network *network)
{
    int status =
        client_new(network->loop, network_rpc_url(network), &network->client);

    if (!status)
        status = client_slot_wait(network->client, CLIENT_FINALIZED,
                                  &network->slot_at_start);
    if (!status)
        status = ask_supply(network, &network->supply_at_start);
    if (!status)
        network->slots =
            client_subscribe_slots(network->client, on_slot, network);
    return status;
}

/* The nodes are spread over the validators' endpoints, so a network of several
 * works only if they agree.
 *
 * Loopback in every sense: it listens there, its tasks may reach it, and its
 * port is whatever is free. In all else it runs as an operator's node does, its
 * sandbox included. Claims are made from the first roe on, because a
 * demonstration ends with everything claimed. */
static int start_node(struct network *network, unsigned index)
{
    CHECK(index < network->node_count);
    const struct network_validator *validator =
        &network->validators[index % network->validator_count];
    char name[24];

    fill_name(name, sizeof(name), index);
    char *folder = mem_format("%s/%s", network->folder, name);
    const char *arguments[] = {network->program,
                               "node",
                               "--node-dir",
                               folder,
                               "--rpc",
                               validator->rpc,
                               "--listen",
                               "127.0.0.1",
                               "--port",
                               "0",
                               "--addresses",
                               "loopback",
                               "--gateway",
                               network->gateway_url,
                               "--claim-from",
                               "0.000000001",
                               "--new-wallet",
                               "--no-passphrase",
                               network->node_argument,
                               NULL};

    int status = network_child_start(&network->nodes[index], network->loop,
                                     name, network->folder, arguments);
    free(folder);
    return status;
}

/* What a node that is ready says of itself. control.json is complete when the
 * node says "ready". */
static int meet_node(struct network *network, unsigned index)
{
    CHECK(index < network->node_count);
    struct network_node *node = &network->view.nodes[index];
    struct control_client *control = &network->controls[index];

    fill_name(node->name, sizeof(node->name), index);
    char *folder = mem_format("%s/%s", network->folder, node->name);
    int status = control_client_read(folder, control);
    free(folder);
    if (!status)
        status = pubkey_parse(bytes_text(control->main), &node->main);
    if (!status)
        status = pubkey_parse(bytes_text(control->staking), &node->staking);
    if (status)
        return status;
    snprintf(node->public_url, sizeof(node->public_url), "%.*s",
             NETWORK_TEXT_SIZE - 1, control->public_url);
    return network_fill(network, &node->main, NODE_COINS_ROE);
}

/* All are started before the first is waited for: they get ready at the same
 * time. */
static int start_nodes(struct network *network)
{
    int status = 0;

    for (unsigned i = 0; i < network->node_count && !status; i++)
        status = start_node(network, i);
    for (unsigned i = 0; i < network->node_count && !status; i++) {
        while (!status && !network->nodes[i].is_ready)
            status = network_turn(network);
        if (!status)
            status = meet_node(network, i);
    }
    network->view.node_count = network->node_count;
    return status;
}

/* The order is that of need: a node asks its endpoint for the slot before it is
 * ready. */
int network_start(struct network *network)
{
    CHECK_MAGIC(network, NETWORK_MAGIC);
    int status = network_validators_start(network);
    if (!status)
        status = connect_client(network);
    if (!status) {
        if (network->validator_count == 1)
            network_note(network, "validator is ready at %s",
                         network_rpc_url(network));
        else
            network_note(network, "%u validators are ready, the first at %s",
                         network->validator_count, network_rpc_url(network));
        network_note(network,
                     "the key in %s/validator/faucet.json is the faucet's and "
                     "the task manager's",
                     network->folder);
    }
    if (!status)
        status = start_nodes(network);
    if (!status && network->node_count)
        network_note(network, "%u nodes are ready", network->node_count);
    return status;
}

/* Waits for confirmation, because each step of a deployment stands on the one
 * before. */
int network_send(struct network *network, const struct recipe *recipe)
{
    CHECK(recipe->signer_count > 0);
    struct client_send_options options = {.commitment = CLIENT_CONFIRMED};
    struct client_blockhash blockhash;
    struct client_sent sent;
    struct buffer message = {0}, wire = {0};
    int status = client_latest_blockhash_wait(network->client, &blockhash);

    if (!status)
        status = recipe_message(recipe, &blockhash.blockhash, &message);
    if (!status)
        status = transaction_signing_wait(network->signer,
                                          buffer_view(&message), &wire);
    if (!status) {
        options.last_valid_block_height = blockhash.last_valid_block_height;
        status = client_send_wait(network->client, buffer_view(&wire), &options,
                                  &sent);
    }
    buffer_free(&message);
    buffer_free(&wire);
    return status;
}

/* Half is the mark, so that a network that is started again does not draw from
 * the faucet each time. */
int network_fill(struct network *network, const struct pubkey *key,
                 uint64_t roe)
{
    CHECK(key);
    struct client_sent sent;
    uint64_t balance;
    int status = client_balance_wait(network->client, key, &balance);

    if (!status && balance < roe / 2)
        status = client_airdrop_wait(network->client, key, roe, &sent);
    return status;
}

/* For a network without a task, which its user works with. */
int network_wait(struct network *network)
{
    int status = 0;

    CHECK_MAGIC(network, NETWORK_MAGIC);
    while (status == 0)
        status = network_turn(network);
    return status;
}

/* Slots come by themselves, empty or not, so this ends as long as the validator
 * lives. */
int network_next_slot(struct network *network, uint64_t slot)
{
    int status = 0;

    while (!status && network->slot <= slot)
        status = network_turn(network);
    return status;
}

/* All are asked before the first is waited for. Afterwards nothing sends
 * transactions, and the chain stands still but for empty slots. Their places
 * are emptied, so that network_turn() does not take their end for a failure. */
void network_stop_nodes(struct network *network)
{
    for (unsigned i = 0; i < network->node_count; i++)
        network_child_stop(&network->nodes[i]);
    for (unsigned i = 0; i < network->node_count; i++) {
        while (!network_child_is_gone(&network->nodes[i]))
            uv_run(network->loop, UV_RUN_ONCE);
        network_child_free(&network->nodes[i]);
    }
    network->node_count = 0;
}

/* In the order of need: nodes, client, validators, then the gateway before the
 * stores that its threads read. Also for a network that was opened halfway. */
void network_close(struct network *network)
{
    if (!network)
        return;
    CHECK_MAGIC(network, NETWORK_MAGIC);
    /* Nodes first, because they still write to the chain. */
    network_stop_nodes(network);
    client_unsubscribe_slots(network->slots);
    client_close(network->client, NULL, NULL);
    network_validators_stop(network);
    http_server_stop(network->gateway);
    store_close(network->store);
    store_close(network->shared_store);
    signer_end(network->signer);
    folder_lock_release(network->lock);
    free(network->folder);
    free(network->program);
    free(network->node_argument);
    network->magic = 0;
    free(network);
}

/* What the validator said when it was ready: the port may have been left to it.
 */
const char *network_rpc_url(const struct network *network)
{
    CHECK(network->magic == NETWORK_MAGIC);
    return network->validators[0].rpc;
}

/* As the validator said it. */
const char *network_websocket_url(const struct network *network)
{
    CHECK(network->magic == NETWORK_MAGIC);
    return network->validators[0].ws;
}

/* As it was given. */
const char *network_folder(const struct network *network)
{
    CHECK(network->magic == NETWORK_MAGIC);
    return network->folder;
}

/* The network's own, updated by network_watch(). */
const struct network_view *network_view(const struct network *network)
{
    CHECK_MAGIC(network, NETWORK_MAGIC);
    return &network->view;
}

int network_page_link(struct network *network, size_t node, struct buffer *out)
{
    struct json_object *link = NULL;
    const char *url;

    CHECK_MAGIC(network, NETWORK_MAGIC);
    CHECK(node < network->node_count);
    int status = control_client_ask_json(&network->controls[node],
                                         "/api/1/links", "{}", &link);
    if (!status)
        status = json_get_text(link, "url", &url);
    if (!status)
        buffer_text(out, url);
    json_object_put(link);
    return status;
}
