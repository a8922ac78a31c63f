/*
 * The way down: first the runners and the client, whose callbacks still use
 * everything else, with the signer and the journals' writers behind them; then
 * the ports; then what the ports have asked; the store last. What is under way
 * counts itself (runner_count, is_client_open, looks, ...) and says by
 * node_end_go_on() that it is over.
 */
#include "node/node_end.h"

#include "base/check.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/log.h"
#include "node/node_catalog.h"
#include "node/node_conditions.h"
#include "node/node_internal.h"
#include "node/node_journals.h"
#include "node/node_notices.h"
#include "node/node_options_copy.h"
#include "node/node_page.h"
#include "node/node_pins.h"
#include "node/node_preferences.h"
#include "node/node_reach.h"
#include "node/node_samples.h"
#include "node/node_stopped.h"
#include "node/node_tasks.h"
#include "node/node_transfers.h"
#include "node/owner/choice_book.h"
#include "node/owner/limit_book.h"
#include "node/owner/stopped_book.h"
#include "node/owner/variable_book.h"
#include "runtime/host/host_spare.h"

#include <stdlib.h>
#include <string.h>

/* Whatever of it is there: node_start() may have failed halfway. After the
 * client has closed: nothing of the sender is under way then. After the control
 * port has, too: what its page has begun, on a thread or as a process, ends in
 * these parts. */
static void close_parts(struct node *node)
{
    http_client_close(node->parts.task_http);
    if (node->parts.sender)
        sender_free(node->parts.sender);
    signer_free(node->parts.signer);
    variable_book_close(node->parts.variables);
    limit_book_close(node->parts.limits);
    stopped_book_close(node->parts.stopped);
    node_notices_close(node);
    choice_book_close(node->choices);
    node_conditions_close(node);
    node_preferences_close(node);
    node_schedule_close(node);
    node_leave_close(node->leave);
    node_pins_free(node->pins);
    node_page_free(node->page);
    node_transfers_free(node->transfers);
    node_stopped_free(node->stopped_coins);
    node_samples_free(node->samples);
    node_catalog_free(node->catalog);
    node_journals_close(node);
}

/* The last thing that happens to a node. */
static void free_node(struct node *node)
{
    folder_lock_release(node->lock);
    node_options_free(&node->options);
    node_shares_free(node->shares);
    node_reach_free(node->reach);
    free(node->public_url);
    node->magic = 0;
    free(node);
}

/* Nothing of the node is left but its store, which the face and the control
 * port have read, and its memory. The owner may free the loop in this call, so
 * nothing is touched after it. Nobody waits for a start that failed. */
static void finish(struct node *node)
{
    void (*stopped)(void *) = node->stopped;
    void *user = node->stopped_user;

    CHECK(node->is_stopping && !node->runner_count);
    store_close(node->parts.store);
    free_node(node);
    if (!stopped)
        return;
    log_info("node", "stopped");
    stopped(user);
}

/* Whichever of the handles closes last ends the node. */
static void on_handle_closed(void *user)
{
    struct node *node = user;

    if (--node->open_handles == 0)
        finish(node);
}

static void on_tick_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

static void on_control_closed(void *user)
{
    struct node *node = user;

    close_parts(node);
    on_handle_closed(node);
}

/* Once no runner and no client is left nothing uses the parts but the face,
 * whose threads read the store, and what the page has begun: these go first,
 * and the parts and the store after them. Of a start that failed some are not
 * there. */
static void go_on(struct node *node)
{
    if (node->runner_count || node->is_client_open ||
        node_pins_is_busy(node->pins) || node_reach_is_busy(node->reach) ||
        node->looks)
        return;
    node->open_handles += (node->parts.spares ? 1 : 0) + (node->face ? 1 : 0) +
                          (node->control ? 1 : 0);
    if (node->parts.spares)
        host_spares_close(node->parts.spares, on_handle_closed, node);
    if (node->face)
        node_face_stop(node->face, on_handle_closed);
    node->parts.say = NULL;
    if (node->control)
        node_control_stop(node->control, on_control_closed, node);
    else
        close_parts(node);
    uv_close((uv_handle_t *)&node->tick, on_tick_closed);
}

/* Of a runner that a node stops by itself nothing follows. */
void node_end_go_on(struct node *node)
{
    if (node->is_stopping)
        go_on(node);
}

static void on_writer_closed(void *user)
{
    struct node *node = user;

    node->is_client_open = false;
    go_on(node);
}

/* What was decided by now is still written. */
static void on_signer_closed(void *user)
{
    struct node *node = user;

    node_journals_end(node, on_writer_closed);
}

/* Everything that waited for an answer of the endpoint has had its error by
 * now. What waits for the signer gets the same. */
static void on_client_closed(void *user)
{
    struct node *node = user;

    if (node->parts.signer)
        signer_close(node->parts.signer, on_signer_closed, node);
    else
        on_signer_closed(node);
}

static void close_client(struct node *node)
{
    struct client *client = node->parts.client;

    node->is_client_open = true;
    node->parts.client = NULL;
    if (client)
        client_close(client, on_client_closed, node);
    else
        on_client_closed(node);
}

/* Slots end first, so that nothing new begins while the rest is wound up. The
 * runners to stop are copied first, because those that end change the array.
 * Those that were being stopped already are waited for as well. A start that
 * failed ends here, too, however far it has come: its ports may have been
 * asked by then, and its page may have begun something. */
void node_end(struct node *node)
{
    struct task_runner *runners[NODE_TASKS_MAX];
    size_t count = node->runner_count;

    node->is_stopping = true;
    uv_timer_stop(&node->tick);
    if (node->control)
        node_control_say_bye(node->control,
                             node->wants_restart ? "restart" : "stop");
    node_notices_stop(node);
    node_reach_stop(node->reach);
    node_conditions_stop(node);
    if (node->slots)
        client_unsubscribe_slots(node->slots);
    memcpy(runners, node->runners, sizeof(runners));
    for (size_t i = 0; i < count; i++)
        if (!task_runner_is_stopping(runners[i]))
            node_tasks_stop(node, runners[i]);
    /* Ends the calls that runners wait for; they end with their last one. */
    if (node->parts.sender)
        sender_stop(node->parts.sender);
    http_client_close(node->parts.task_http);
    node->parts.task_http = NULL;
    http_client_close(node->gateway_test);
    close_client(node);
}

static void keep_ports(const struct node *node)
{
    int face = node_face_keep(node->face);
    int control = node_control_keep(node->control);

    if (face || control)
        log_warn("node", "its ports may be another program's soon: %s",
                 err_text());
}

void node_stop(struct node *node, void (*done)(void *user), void *user)
{
    CHECK_MAGIC(node, NODE_MAGIC);
    CHECK(!node->is_stopping && done);
    log_info("node", "stopping");
    node->stopped = done;
    node->stopped_user = user;
    if (node->wants_restart)
        keep_ports(node);
    node_end(node);
}
