/*
 * What a node is made of, in the order it is opened: folder (keys, journal,
 * store), client and sender, the two ports, then the tasks that ran before. It
 * is closed in another order than the reverse (node_end.c).
 *
 * The node itself decides nothing about tasks. It hands every slot to every
 * runner, writes down which tasks there are, and sees to it that all of it
 * begins and ends in the right order. What belongs to one task is the runner's.
 *
 * Two clocks: slots, which move the tasks, and a tick of its own, which tells
 * that the node is ready and looks at the balance. Nothing that matters on
 * chain hangs on the tick.
 *
 * A node that can't reach its endpoint starts all the same and waits: the
 * client connects again for ever. So an operator may start node and validator
 * in any order, and a short trouble ends no task.
 */
#include "node/node.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_catalog.h"
#include "node/node_choices.h"
#include "node/node_conditions.h"
#include "node/node_end.h"
#include "node/node_internal.h"
#include "node/node_journals.h"
#include "node/node_network.h"
#include "node/node_notices.h"
#include "node/node_options_copy.h"
#include "node/node_page.h"
#include "node/node_pins.h"
#include "node/node_ports.h"
#include "node/node_preferences.h"
#include "node/node_reach.h"
#include "node/node_rest.h"
#include "node/node_samples.h"
#include "node/node_slots.h"
#include "node/node_stopped.h"
#include "node/node_tasks.h"
#include "node/node_transfers.h"
#include "node/owner/limit_book.h"
#include "node/owner/stopped_book.h"
#include "node/owner/variable_book.h"
#include "node/reach/peer_url.h"
#include "runtime/host/host_spare.h"
#include "storage/keep/collection.h"

#include <stdlib.h>

/* Between two looks at what is looked at by itself. */
#define TICK_MS 2000

/* Addresses to listen on that are no address to connect to. */
static bool is_wildcard(const char *address)
{
    return !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
}

/* The address that peers are given where the operator names none: right as long
 * as they are on this machine, or the node listens on one address. The length
 * is checked here, at the start, because the first stake would be too late to
 * find out. */
static int set_public_url(struct node *node, uint16_t port)
{
    const char *address = node->options.listen_address;

    if (node->options.public_url) {
        node->public_url = mem_text(node->options.public_url);
    } else if (is_wildcard(address)) {
        log_warn("node", "peers elsewhere can't fetch evidence from here: "
                         "give a public URL");
        node->public_url = mem_format("http://127.0.0.1:%u", port);
    } else {
        node->public_url =
            mem_format(strchr(address, ':') ? "http://[%s]:%u" : "http://%s:%u",
                       address, port);
    }
    node->parts.public_url = node->public_url;
    int status = peer_url_check(node->public_url);

    if (status)
        return err_add(status, "public URL");
    if (strlen(node->public_url) > TASK_TEXT_SIZE)
        return err_set(ERR_INVALID,
                       "the public URL %s is longer than %d bytes, which is "
                       "what a stake holds",
                       node->public_url, TASK_TEXT_SIZE);
    return 0;
}

/* ---- the tick ---- */

/* The first tick comes from the loop, so that ready() is never called from
 * inside node_start(). */
static void on_tick(uv_timer_t *tick)
{
    struct node *node = tick->data;

    if (!node->is_ready) {
        node->is_ready = true;
        if (node->events.ready)
            node->events.ready(node->user, node);
    }
    if (node->is_stopping)
        return;
    if (node->wants_restart) {
        node->events.restart(node->user, node);
        return;
    }
    node_network_look(node);
    if (node->is_stopping)
        return;
    node_slots_look(node);
    node_notices_look(node);
    node_leave_tick(node);
    node_transfers_tick(node);
    node_stopped_look(node, clock_monotonic_ms());
    node_samples_look(node, clock_monotonic_ms());
    node_pins_look(node->pins);
    node_conditions_look(node, clock_monotonic_ms());
    node_shares_look(node, clock_monotonic_ms());
    node_rest_look(node, (int64_t)(clock_unix_ms() / 1000));
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_tick(node->runners[i], clock_monotonic_ms());
    node_balances_look(node, clock_monotonic_ms());
}

/* ---- start ---- */

/* Before anything that a stranger wrote is read. */
static int open_keys(struct node *node)
{
    const struct node_options *options = &node->options;
    const struct signer_start start = {
        .program = options->signer_path,
        .folder = options->folder,
        .account = options->account,
        .passphrase = options->passphrase,
        .is_plain = options->is_plain,
    };
    uv_loop_t *loop = node->parts.loop;

    if (!options->signer_path)
        return signer_open(loop, options->folder, options->account,
                           &node->parts.signer);
    int status = node->parts.signer
                     ? 0
                     : signer_start(loop, &start, &node->parts.signer);
    if (status)
        return status;
    const struct signer_state *state = signer_state(node->parts.signer);
    if (!state->is_sealed)
        log_warn("signer",
                 "the keys in %s are not sealed under a passphrase; "
                 "`pond wallet seal --account` does that",
                 options->folder);
    if (!state->is_confined)
        log_warn("signer", "this kernel takes no filter of system calls: the "
                           "signing process is not confined");
    if (!state->is_locked)
        log_warn("signer", "secrets may be swapped out: the limit of locked "
                           "memory is too low (ulimit -l, LimitMEMLOCK=)");
    return 0;
}

/* What is in the folder: keys, journal, store. The lock comes before anything
 * is read, because a second node would make keys or change the journal. */
static int open_folder(struct node *node)
{
    struct store_options store_options = {.make_room = collection_make_room};
    const char *folder = node->options.folder;
    int status;

    if ((status = file_make_folder(folder, 0700)) < 0 ||
        (status = folder_lock_take(folder, &node->lock)) < 0 ||
        (status = open_keys(node)) < 0)
        return status;
    status = node_journals_open(node);
    if (!status)
        status = node_choices_open(node);
    if (!status)
        status = variable_book_open(folder, node->parts.settings,
                                    node->parts.settings_writer,
                                    &node->parts.variables);
    if (!status)
        status =
            limit_book_open(node->parts.settings, node->parts.settings_writer,
                            &node->parts.limits);
    if (!status)
        status = stopped_book_open(node->parts.journal, node->parts.writer,
                                   &node->parts.stopped);
    if (!status)
        status = node_network_open(node);
    if (!status)
        status = node_notices_open(node);
    if (!status)
        status = node_leave_open(node, &node->leave);
    if (!status)
        status = node_schedule_open(node);
    if (!status)
        status = node_conditions_open(node);
    if (!status)
        status = node_preferences_open(node);
    if (status)
        return status;
    char *path = mem_format("%s/store", folder);
    store_options.size_max_bytes = node->options.store_limit_bytes;
    status = store_open(path, &store_options, &node->parts.store);
    free(path);
    return status;
}

/* The face first: the public URL needs its port, and the stake needs the URL.
 * The control port is last, and with it control.json: a reader of that file
 * finds a node that can answer. */
static int open_network(struct node *node)
{
    struct node_parts *parts = &node->parts;
    uint16_t port;
    int status = client_new(parts->loop, node->options.rpc_url, &parts->client);

    if (status)
        return status;
    if (*node->genesis)
        client_expect_genesis(parts->client, node->genesis);
    parts->sender =
        sender_new(parts->client, parts->journal, parts->writer, parts->signer);
    parts->task_http = http_client_new(parts->loop, node->options.network);
    if ((status = node_ports_start_face(node, &port)) < 0 ||
        (status = set_public_url(node, port)) < 0)
        return status;
    return node_ports_start_control(node);
}

/* Workers that are ready before there is a task for them. */
static void open_spares(struct node *node)
{
    char *folders = mem_format("%s/namespace", node->options.folder);
    const struct host_spares_options options = {
        .program = node->options.worker_path,
        .folders = folders,
        .memory_bytes = node->options.worker_memory_bytes
                            ? node->options.worker_memory_bytes
                            : NODE_WORKER_MEMORY_DEFAULT};

    node->parts.spares = host_spares_new(node->parts.loop, &options);
    free(folders);
}

/* Tasks begin when everything stands; slots come from then on. Actions of an
 * earlier life are taken up before the first task could repeat one of them. */
int node_start(uv_loop_t *loop, const struct node_options *options,
               const struct node_events *events, void *user, struct node **out)
{
    struct node *node = mem_zero(1, sizeof(*node));
    char reason[ERR_TEXT_SIZE];
    int status;

    CHECK(options->folder && options->rpc_url && options->worker_path);
    node->magic = NODE_MAGIC;
    node_options_copy(options, &node->options);
    node->shares = node_shares_new();
    node->events = events ? *events : (struct node_events){0};
    node->user = user;
    node->work_over = node_end_go_on;
    node->pins = node_pins_new(node);
    node->reach = node_reach_new(node);
    node->page = node_page_new(node);
    node->transfers = node_transfers_new(node);
    node->stopped_coins = node_stopped_new();
    node->samples = node_samples_new();
    node->catalog = node_catalog_new(node);
    node->started_ms = clock_monotonic_ms();
    node->parts.loop = loop;
    node->parts.options = &node->options;
    node->parts.signer = options->signer;
    node->parts.slot_ms = NODE_SLOT_MS_DEFAULT;
    CHECK(!uv_timer_init(loop, &node->tick));
    node->tick.data = node;
    node->open_handles = 1;
    if ((status = open_folder(node)) < 0 || (status = open_network(node)) < 0 ||
        (status = sender_resume(node->parts.sender)) < 0)
        goto err0;
    CHECK(!uv_timer_start(&node->tick, on_tick, 0, TICK_MS));
    node_network_look(node);
    open_spares(node);
    if (node_tasks_resume(node) < 0)
        log_error("node", "can't go on with all tasks: %s", err_text());
    *out = node;
    return 0;

err0:
    /* What ends may have its own to say. */
    snprintf(reason, sizeof(reason), "%s", err_text());
    node_end(node);
    return err_set(status, "%s", reason);
}

/* As peers are given it, which may be a name or a forwarded port. */
const char *node_public_url(const struct node *node)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    return node->public_url;
}

/* Also in control.json, for other processes. */
const char *node_control_url(const struct node *node)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    return node_control_url_of(node->control);
}
