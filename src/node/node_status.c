/*
 * The node's figures, as JSON for its operator and as text for Prometheus. All
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
#include "node/node_internal.h"
#include "node/owner/stopped_book.h"

#include <inttypes.h>

/* Without a new slot for this long the endpoint counts as away. 25 slots of
 * Solana's 400 ms: longer than a new leader or a reconnect takes. */
#define CONNECTED_MS 10000

/* A client that reconnects in silence shows by slots that don't come. */
static bool is_connected(const struct node *node)
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
    json_field_bool(&writer, "connected", is_connected(node));
    json_field_text(&writer, "main",
                    PUBKEY_TEXT(signer_main(node->parts.signer)));
    json_field_text(&writer, "staking",
                    PUBKEY_TEXT(signer_staking(node->parts.signer)));
    write_signer(&writer, signer_state(node->parts.signer));
    json_field_u64(&writer, "main_balance", node->main_balance);
    json_field_text(&writer, "public_url", node->public_url);
    json_field_u64(&writer, "store_bytes", stat.disk_bytes);
    json_field_u64(&writer, "store_blocks", stat.blocks);
    json_field_u64(&writer, "pending", sender_pending(node->parts.sender));
    json_name(&writer, "tasks");
    json_open_array(&writer);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_status(node->runners[i], &writer);
    json_close_array(&writer);
    write_stopped(node, &writer);
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
        buffer_format(out, "slot %" PRIu64 "%s", node->parts.slot,
                      is_connected(node) ? ""
                                         : ", the endpoint does not answer");
}

/* One line of value, and the two that explain it. */
static void gauge(struct buffer *out, const char *name, const char *help,
                  uint64_t value)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRIu64 "\n", name,
                  help, name, name, value);
}

/* What the status says of each task. */
enum figure {
    FIGURE_ROUND,
    FIGURE_STAKE,
    FIGURE_CLAIMABLE,
    FIGURE_RESIDENT_BYTES,
    FIGURE_RESTARTS,
    FIGURES,
};

static uint64_t value_of(const struct task_runner_figures *figures,
                         enum figure figure)
{
    const uint64_t values[FIGURES] = {
        [FIGURE_ROUND] = figures->round,
        [FIGURE_STAKE] = figures->stake,
        [FIGURE_CLAIMABLE] = figures->claimable,
        [FIGURE_RESIDENT_BYTES] = figures->resident_bytes,
        [FIGURE_RESTARTS] = figures->restarts,
    };

    CHECK(figure < FIGURES);
    return values[figure];
}

/* All values of one name stand together, as the format wants it. Without tasks
 * the names are left out altogether: a name without values would be an empty
 * family. */
void node_metrics(struct node *node, struct buffer *out)
{
    static const struct {
        const char *name;
        const char *help;
    } per_task[FIGURES] = {
        [FIGURE_ROUND] = {"pond_task_round", "Round the task's clock is in."},
        [FIGURE_STAKE] = {"pond_task_stake_roe",
                          "This node's stake on the task."},
        [FIGURE_CLAIMABLE] = {"pond_task_claimable_roe",
                              "Rewards that can be claimed."},
        [FIGURE_RESIDENT_BYTES] = {"pond_task_worker_resident_bytes",
                                   "Memory of the task's worker."},
        [FIGURE_RESTARTS] = {"pond_task_worker_restarts",
                             "Ends of the task's worker."},
    };
    struct task_runner_figures figures;
    struct store_stat stat = {0};

    CHECK_MAGIC(node, NODE_MAGIC);
    (void)store_stat_quick(node->parts.store, &stat);
    gauge(out, "pond_node_slot", "Newest slot known.", node->parts.slot);
    gauge(out, "pond_node_connected", "1 while slots come in.",
          is_connected(node));
    gauge(out, "pond_node_signer_ready", "1 while transactions can be signed.",
          signer_state(node->parts.signer)->state == SIGNER_READY);
    gauge(out, "pond_node_main_balance_roe", "Coins of the main wallet.",
          node->main_balance);
    gauge(out, "pond_node_pending", "Actions sent and not final.",
          sender_pending(node->parts.sender));
    gauge(out, "pond_store_bytes", "Disk space of the block store.",
          stat.disk_bytes);
    gauge(out, "pond_store_blocks", "Blocks in the store.", stat.blocks);
    for (enum figure i = 0; i < FIGURES; i++) {
        if (!node->runner_count)
            break;
        buffer_format(out, "# HELP %s %s\n# TYPE %s gauge\n", per_task[i].name,
                      per_task[i].help, per_task[i].name);
        for (size_t j = 0; j < node->runner_count; j++) {
            task_runner_figures(node->runners[j], &figures);
            buffer_format(out, "%s{task=\"%s\"} %" PRIu64 "\n",
                          per_task[i].name,
                          PUBKEY_TEXT(task_runner_task(node->runners[j])),
                          value_of(&figures, i));
        }
    }
}
