/*
 * The node's figures for Prometheus (exposition format 0.0.4). Everything comes
 * from what the node keeps anyway; asking costs no call to the chain, so a
 * scraper may come every second.
 *
 * All values of one name stand together, as the format wants it. Names of tasks
 * are strangers' texts, so labels are escaped, and what is not UTF-8 in them is
 * replaced.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "node/node_conditions.h"
#include "node/node_internal.h"
#include "node/owner/condition_watch.h"

#include <inttypes.h>

static void head(struct buffer *out, const char *name, const char *type,
                 const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct buffer *out, const char *name, const char *help,
                  uint64_t value)
{
    head(out, name, "gauge", help);
    buffer_format(out, "%s %" PRIu64 "\n", name, value);
}

/* Backslash, quote and line feed are escaped, nothing else. */
static void label(struct buffer *out, const char *name, const char *text)
{
    struct bytes rest = bytes_text(text);

    buffer_format(out, "%s=\"", name);
    while (rest.size) {
        size_t size = bytes_utf8_sequence(rest);

        if (!size)
            buffer_text(out, "\xef\xbf\xbd");
        else if (*rest.data == '\n')
            buffer_text(out, "\\n");
        else if (*rest.data == '\\' || *rest.data == '"')
            buffer_format(out, "\\%c", *rest.data);
        else
            buffer_append(out, rest.data, size);
        rest.data += size ? size : 1;
        rest.size -= size ? size : 1;
    }
    buffer_text(out, "\"");
}

/* ---- of each task ---- */

enum figure {
    FIGURE_ROUND,
    FIGURE_STAKE,
    FIGURE_CLAIMABLE,
    FIGURE_CLAIMED,
    FIGURE_RESIDENT_BYTES,
    FIGURE_RESTARTS,
    FIGURE_RUNNING,
    FIGURES,
};

static const struct {
    const char *name, *type, *help;
} per_task[FIGURES] = {
    [FIGURE_ROUND] = {"pond_task_round", "gauge",
                      "Round the task's clock is in."},
    [FIGURE_STAKE] = {"pond_task_stake_roe", "gauge",
                      "This node's stake on the task."},
    [FIGURE_CLAIMABLE] = {"pond_task_claimable_roe", "gauge",
                          "Rewards that can be claimed."},
    [FIGURE_CLAIMED] = {"pond_task_claimed_roe_total", "counter",
                        "Rewards that were claimed."},
    [FIGURE_RESIDENT_BYTES] = {"pond_task_worker_resident_bytes", "gauge",
                               "Memory of the task's worker."},
    [FIGURE_RESTARTS] = {"pond_task_worker_restarts", "gauge",
                         "Ends of the task's worker."},
    [FIGURE_RUNNING] = {"pond_task_running", "gauge",
                        "1 while the task's code runs."},
};

static uint64_t value_of(const struct task_runner_figures *figures,
                         enum figure figure)
{
    const uint64_t values[FIGURES] = {
        [FIGURE_ROUND] = figures->round,
        [FIGURE_STAKE] = figures->stake,
        [FIGURE_CLAIMABLE] = figures->claimable,
        [FIGURE_CLAIMED] = figures->claimed,
        [FIGURE_RESIDENT_BYTES] = figures->resident_bytes,
        [FIGURE_RESTARTS] = figures->restarts,
        [FIGURE_RUNNING] = !strcmp(figures->state, "running"),
    };

    CHECK(figure < FIGURES);
    return values[figure];
}

/* What tasks are called, and what they do, are labels of a value that is always
 * 1: so a new state ends no other series. */
static void write_info(const struct node *node,
                       const struct task_runner_figures *figures,
                       struct buffer *out)
{
    head(out, "pond_task_info", "gauge", "What each task is; always 1.");
    for (size_t i = 0; i < node->runner_count; i++) {
        buffer_text(out, "pond_task_info{");
        label(out, "task", PUBKEY_TEXT(task_runner_task(node->runners[i])));
        buffer_text(out, ",");
        label(out, "name", figures[i].name);
        buffer_text(out, ",");
        label(out, "state", figures[i].state);
        buffer_text(out, ",");
        label(out, "engine", figures[i].engine);
        buffer_text(out, "} 1\n");
    }
}

/* Left out while none rests. */
static void write_resting(const struct node *node,
                          const struct task_runner_figures *figures,
                          struct buffer *out)
{
    bool is_begun = false;

    for (size_t i = 0; i < node->runner_count; i++) {
        if (!figures[i].rests)
            continue;
        if (!is_begun)
            head(out, "pond_task_resting", "gauge",
                 "Tasks that are let rest, and why; always 1.");
        is_begun = true;
        buffer_text(out, "pond_task_resting{");
        label(out, "task", PUBKEY_TEXT(task_runner_task(node->runners[i])));
        buffer_text(out, ",");
        label(out, "reason", figures[i].rests);
        buffer_text(out, "} 1\n");
    }
}

/* Without tasks the names are left out altogether: a name without values would
 * be an empty family. */
static void write_tasks(const struct node *node, struct buffer *out)
{
    struct task_runner_figures figures[NODE_TASKS_MAX];

    if (!node->runner_count)
        return;
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_figures(node->runners[i], &figures[i]);
    write_info(node, figures, out);
    write_resting(node, figures, out);
    for (enum figure i = 0; i < FIGURES; i++) {
        head(out, per_task[i].name, per_task[i].type, per_task[i].help);
        for (size_t j = 0; j < node->runner_count; j++) {
            buffer_format(out, "%s{", per_task[i].name);
            label(out, "task", PUBKEY_TEXT(task_runner_task(node->runners[j])));
            buffer_format(out, "} %" PRIu64 "\n", value_of(&figures[j], i));
        }
    }
}

/* ---- of the node ---- */

static void write_conditions(const struct node *node, struct buffer *out)
{
    enum condition rests = CONDITIONS;

    (void)node_conditions_rest(node, &rests);
    head(out, "pond_node_condition", "gauge",
         "1 while tasks rest for this condition of the machine's owner.");
    for (enum condition i = 0; i < CONDITIONS_TO_REST; i++) {
        buffer_text(out, "pond_node_condition{");
        label(out, "condition", condition_name(i));
        buffer_format(out, "} %d\n", i == rests);
    }
}

void node_metrics(struct node *node, struct buffer *out)
{
    struct store_stat stat = {0};
    uint64_t now_ms = clock_monotonic_ms(), main_roe;

    CHECK_MAGIC(node, NODE_MAGIC);
    node_balance_of(node, NODE_KEY_MAIN, &main_roe);
    (void)store_stat_quick(node->parts.store, &stat);
    head(out, "pond_build_info", "gauge", "The version that runs; always 1.");
    buffer_text(out, "pond_build_info{version=\"" POND_VERSION "\"} 1\n");
    gauge(out, "pond_node_uptime_seconds", "Since the node started.",
          (now_ms - node->started_ms) / 1000);
    gauge(out, "pond_node_slot", "Newest slot known.", node->parts.slot);
    gauge(out, "pond_node_connected", "1 while slots come in.",
          node_is_connected(node));
    gauge(out, "pond_node_signer_ready", "1 while transactions can be signed.",
          signer_state(node->parts.signer)->state == SIGNER_READY);
    gauge(out, "pond_node_main_balance_roe", "Coins of the main wallet.",
          main_roe);
    gauge(out, "pond_node_pending", "Actions sent and not final.",
          sender_pending(node->parts.sender));
    gauge(out, "pond_node_tasks", "Tasks that the node was given.",
          node->runner_count);
    gauge(out, "pond_store_bytes", "Disk space of the block store.",
          stat.disk_bytes);
    gauge(out, "pond_store_blocks", "Blocks in the store.", stat.blocks);
    write_conditions(node, out);
    write_tasks(node, out);
}
