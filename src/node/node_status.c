/*
 * The node's figures as JSON, for its operator. All
 * of them come from what the node keeps anyway; asking costs no call to the
 * chain.
 *
 * Balances and states are as old as the last look (two seconds, a sixteenth of
 * a round); a caller that needs them to the roe asks the chain.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "node/node_conditions.h"
#include "node/node_internal.h"
#include "node/owner/stopped_book.h"

#include <inttypes.h>

/* Without a new slot for this long the endpoint counts as away. 25 slots of
 * Solana's 400 ms: longer than a new leader or a reconnect takes. */
#define CONNECTED_MS 10000

/* A client that reconnects in silence shows by slots that don't come. */
bool node_is_connected(const struct node *node)
{
    return node->parts.slot &&
           clock_monotonic_ms() - node->slot_seen_ms < CONNECTED_MS;
}

/* Whether anything can be signed, and what guards the keys. */
static void write_signer(struct json_writer *writer,
                         const struct signer_state *state)
{
    static const char *const names[] = {[SIGNER_READY] = "ready",
                                        [SIGNER_STARTING] = "starting",
                                        [SIGNER_DOWN] = "down"};

    json_name(writer, "signer");
    json_open_object(writer);
    json_field_text(writer, "state", names[state->state]);
    json_field_u64(writer, "pid", (uint64_t)state->process);
    json_field_u64(writer, "restarts", state->restarts);
    json_field_bool(writer, "sealed", state->is_sealed);
    json_field_bool(writer, "confined", state->is_confined);
    json_field_bool(writer, "locked", state->is_locked);
    if (*state->trouble)
        json_field_text(writer, "error", state->trouble);
    else
        json_field_null(writer, "error");
    json_close_object(writer);
}

static void write_stopped(const struct node *node, struct json_writer *writer)
{
    const struct stopped_task *task;

    json_name(writer, "stopped");
    json_open_array(writer);
    for (size_t i = 0; (task = stopped_book_at(node->parts.stopped, i)); i++)
        stopped_task_write(task, node->parts.slot, node->parts.slot_ms, writer);
    json_close_array(writer);
}

/* What the client knows of its endpoints. */
static void write_settlement(const struct client *client, const char *genesis,
                             struct json_writer *writer)
{
    json_name(writer, "settlement");
    json_open_object(writer);
    json_field_text(writer, "url", client_shown_url(client));
    json_field_text(writer, "genesis", genesis);
    json_name(writer, "endpoints");
    json_open_array(writer);
    for (size_t i = 0; i < client_endpoint_count(client); i++) {
        struct client_endpoint_view view = client_endpoint_at(client, i);

        json_open_object(writer);
        json_field_text(writer, "url", view.url);
        json_field_text(writer, "state", view.state);
        json_field_u64(writer, "slot", view.slot);
        json_field_bool(writer, "used", view.is_used);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_close_object(writer);
}

/* Left out until the signing process has said it. */
static void write_kpl_key(struct signer *signer, struct json_writer *writer)
{
    struct pubkey key;

    if (!signer_staking_kpl(signer, &key))
        json_field_text(writer, "kpl_staking", PUBKEY_TEXT(&key));
    err_clear();
}

static void write_addresses(const struct node *node, struct json_writer *writer)
{
    const char *name = address_rule_name(node->options.network);

    if (name)
        json_field_text(writer, "addresses", name);
}

/* Does a browser on this machine reach it as localhost? */
static bool is_own_address(const char *address)
{
    return !strcmp(address, "0.0.0.0") || !strcmp(address, "::") ||
           !strncmp(address, "127.", 4) || !strcmp(address, "::1");
}

static void write_balances(const struct node *node, struct json_writer *writer)
{
    uint64_t roe;

    node_balance_of(node, NODE_KEY_MAIN, &roe);
    json_field_u64(writer, "main_balance", roe);
    if (node_balance_of(node, NODE_KEY_STAKING, &roe))
        json_field_u64(writer, "staking_balance", roe);
    if (node_balance_of(node, NODE_KEY_STAKING_KPL, &roe))
        json_field_u64(writer, "kpl_staking_balance", roe);
}

/* node.h has the form. A store that can't be counted shows zeros: the rest of
 * the status is wanted most when something is wrong. */
void node_status(struct node *node, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    struct store_stat stat = {0};

    CHECK_MAGIC(node, NODE_MAGIC);
    if (store_stat_quick(node->parts.store, &stat) < 0)
        log_warn("store", "%s", err_text());
    json_open_object(&writer);
    json_field_u64(&writer, "slot", node->parts.slot);
    json_field_u64(&writer, "slot_ms", node->parts.slot_ms);
    json_field_bool(&writer, "connected", node_is_connected(node));
    /* A node that stops has no client any more. */
    if (node->parts.client)
        write_settlement(node->parts.client, node->genesis, &writer);
    json_field_text(&writer, "main",
                    PUBKEY_TEXT(signer_main(node->parts.signer)));
    json_field_text(&writer, "staking",
                    PUBKEY_TEXT(signer_staking(node->parts.signer)));
    write_kpl_key(node->parts.signer, &writer);
    write_signer(&writer, signer_state(node->parts.signer));
    write_balances(node, &writer);
    json_field_text(&writer, "public_url", node->public_url);
    write_addresses(node, &writer);
    if (is_own_address(node->options.listen_address))
        json_field_u64(&writer, "gateway_port", node->face_port);
    json_field_u64(&writer, "store_bytes", stat.disk_bytes);
    json_field_u64(&writer, "store_blocks", stat.blocks);
    json_field_u64(&writer, "pending", sender_pending(node->parts.sender));
    json_name(&writer, "conditions");
    node_conditions_write(node, &writer);
    json_name(&writer, "tasks");
    json_open_array(&writer);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_status(node->runners[i], &writer);
    json_close_array(&writer);
    write_stopped(node, &writer);
    json_name(&writer, "leaving");
    node_leave_write(node, &writer);
    json_close_object(&writer);
}

void node_describe(const struct node *node, struct buffer *out)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    buffer_format(out, "%zu task%s, ", node->runner_count,
                  node->runner_count == 1 ? "" : "s");
    if (!node->parts.slot)
        buffer_text(out, "waits for the endpoint's first slot");
    else
        buffer_format(
            out, "slot %" PRIu64 "%s", node->parts.slot,
            node_is_connected(node) ? "" : ", the endpoint does not answer");
}
