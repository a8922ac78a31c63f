/*
 * What a node is made of, in the order it is opened: folder (keys, journal,
 * store), client and sender, the two ports, then the tasks that ran before. It
 * is closed in another order than the reverse: first the tasks and the client,
 * whose callbacks still use everything else; then the ports, whose threads use
 * the store; the store last.
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
#include "node/node_internal.h"
#include "node/reach/peer_url.h"
#include "storage/keep/collection.h"

#include <stdlib.h>

/* Between two looks at the main wallet's balance, which is for people. */
#define TICK_MS 2000
/* As node.h promises them. */
#define STORE_LIMIT_DEFAULT (10ull << 30)

/* Slots over which the average slot time is measured: some hundred seconds of
 * Solana's, long enough that single late slots don't show. */
#define MEASURED_SLOTS 256

/* ---- options ---- */

/* A copy either way, so that all texts are freed alike. */
static char *text_or(const char *text, const char *otherwise)
{
    return mem_text(text ? text : otherwise);
}

/* The caller's memory may go as soon as node_start() has returned. */
static void copy_options(struct node *node, const struct node_options *from)
{
    struct node_options *to = &node->options;
    size_t count = 0;

    *to = *from;
    to->folder = mem_text(from->folder);
    to->account = text_or(from->account, WALLET_ACCOUNT_DEFAULT);
    to->rpc_url = mem_text(from->rpc_url);
    to->listen_address = text_or(from->listen_address, "0.0.0.0");
    to->public_url = mem_text(from->public_url);
    to->worker_path = mem_text(from->worker_path);
    while (from->gateways && from->gateways[count])
        count++;
    node->gateways = mem_zero(count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        node->gateways[i] = mem_text(from->gateways[i]);
    to->gateways = (const char *const *)node->gateways;
    if (!to->network)
        to->network = &address_rule_public;
    if (!to->store_limit_bytes)
        to->store_limit_bytes = STORE_LIMIT_DEFAULT;
    if (!to->task_store_limit_bytes)
        to->task_store_limit_bytes = to->store_limit_bytes / 4;
}

/* Everything copy_options() made. */
static void free_options(struct node *node)
{
    struct node_options *options = &node->options;

    for (char **at = node->gateways; *at; at++)
        free(*at);
    free(node->gateways);
    free((char *)options->folder);
    free((char *)options->account);
    free((char *)options->rpc_url);
    free((char *)options->listen_address);
    free((char *)options->public_url);
    free((char *)options->worker_path);
}

/* Addresses to listen on that are no address to connect to. */
static bool is_wildcard(const char *address)
{
    return !strcmp(address, "0.0.0.0") || !strcmp(address, "::");
}

/* What peers are told, where the operator doesn't say: right as long as they
 * are on this machine, or it listens on one address. The length is checked
 * here, at the start, because the first stake would be too late to find out. */
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

/* ---- slots and time ---- */

/* Over a sliding stretch, not from the start: a validator may change its pace.
 * A gap of more than the stretch begins anew, too; the last figure stays until
 * eight slots say better. */
static void measure(struct node *node, uint64_t slot, uint64_t now_ms)
{
    uint64_t slots = slot - node->measured_slot;

    if (!node->measured_slot || slots > MEASURED_SLOTS) {
        node->measured_slot = slot;
        node->measured_ms = now_ms;
        return;
    }
    /* A few slots say little. */
    if (slots >= 8 && now_ms > node->measured_ms) {
        uint64_t slot_ms = (now_ms - node->measured_ms) / slots;

        node->parts.slot_ms = slot_ms ? (uint32_t)slot_ms : 1;
    }
}

/* The one clock of the node: everything that happens by itself happens here.
 * The parts' slot is set before anyone is told, so that all of them read the
 * same. */
static void on_slot(void *user, uint64_t slot)
{
    struct node *node = user;

    CHECK_MAGIC(node, NODE_MAGIC);
    if (slot <= node->parts.slot)
        return;
    node->parts.slot = slot;
    node->slot_seen_ms = clock_monotonic_ms();
    measure(node, slot, node->slot_seen_ms);
    sender_slot(node->parts.sender, slot);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_slot(node->runners[i], slot);
}

/* A failed look keeps the old figure; the next tick asks again. */
static void on_balance(void *user, int status, uint64_t value)
{
    struct node *node = user;

    CHECK(node->is_asking_balance);
    node->is_asking_balance = false;
    if (status == 0)
        node->main_balance = value;
}

/* The first tick comes from the loop, so that ready() is never called from
 * inside node_start(). One question at a time: a slow endpoint is not asked
 * twice. */
static void on_tick(uv_timer_t *tick)
{
    struct node *node = tick->data;

    if (!node->is_ready) {
        node->is_ready = true;
        if (node->events.ready)
            node->events.ready(node->user, node);
    }
    if (node->is_stopping || node->is_asking_balance)
        return;
    node->is_asking_balance = true;
    client_balance(node->parts.client, &node->wallet.main.pubkey, on_balance,
                   node);
}

/* ---- tasks ---- */

/* At most NODE_TASKS_MAX: a walk is as good as a map. */
static struct task_runner *node_runner(const struct node *node,
                                       const struct pubkey *task)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (pubkey_equal(task_runner_task(node->runners[i]), task) &&
            !task_runner_is_stopping(node->runners[i]))
            return node->runners[i];
    return NULL;
}

/* Each is a process and some files: there must be an end. */
static int check_room(const struct node *node)
{
    CHECK(node->runner_count <= NODE_TASKS_MAX);
    if (node->runner_count == NODE_TASKS_MAX)
        return err_set(ERR_LIMIT, "a node runs at most %d tasks",
                       NODE_TASKS_MAX);
    return 0;
}

/* After check_room(). A runner is added before it is known whether its task
 * exists: that it finds out by itself, and says so in the status. */
static void add_runner(struct node *node,
                       const struct node_task_options *options)
{
    CHECK(node->runner_count < NODE_TASKS_MAX);
    node->runners[node->runner_count++] =
        task_runner_new(&node->parts, options);
}

/* A task that is being stopped is still there until its worker has gone. */
static bool has_runner(const struct node *node, const struct pubkey *task)
{
    for (size_t i = 0; i < node->runner_count; i++)
        if (pubkey_equal(task_runner_task(node->runners[i]), task))
            return true;
    return false;
}

/* Written down before it is begun: a crash in between starts it the next time.
 * What is refused must not be written: it would come back at a later start. */
int node_start_task(struct node *node, const struct node_task_options *options)
{
    const struct journal_task record = {
        .task = options->task,
        .stake_roe = options->stake_roe,
        .executable = options->executable,
        .variables = options->variables,
    };
    int status;

    CHECK_MAGIC(node, NODE_MAGIC);
    if (node->is_stopping)
        return err_set(ERR_STATE, "the node is stopping");
    if (has_runner(node, &options->task))
        return err_set(ERR_EXISTS, "Task is already running");
    if ((status = check_room(node)) < 0 ||
        (status = journal_task_put(node->parts.journal, &record)) < 0)
        return status;
    add_runner(node, options);
    return 0;
}

/* Freed by on_runner_stopped(), which comes exactly once. */
struct stopping {
    struct node *node;
    struct task_runner *runner;
};

static void go_on_stopping(struct node *node);

/* The order of runners means nothing, so the last one fills the gap. */
static void on_runner_stopped(void *user)
{
    struct stopping *stopping = user;
    struct node *node = stopping->node;
    size_t place = 0;

    CHECK(node->runner_count > 0);
    while (node->runners[place] != stopping->runner)
        place++;
    node->runners[place] = node->runners[--node->runner_count];
    free(stopping);
    if (node->is_stopping)
        go_on_stopping(node);
}

/* What on_runner_stopped() needs to find the runner by. Never calls back from
 * inside: the runner's timer has to close first. */
static void stop_runner(struct node *node, struct task_runner *runner)
{
    struct stopping *stopping = mem_alloc(sizeof(*stopping));

    *stopping = (struct stopping){.node = node, .runner = runner};
    task_runner_stop(runner, on_runner_stopped, stopping);
}

/* Forgotten first, then stopped: a crash in between must not bring it back. */
int node_stop_task(struct node *node, const struct pubkey *task)
{
    struct task_runner *runner;
    int status;

    CHECK_MAGIC(node, NODE_MAGIC);
    runner = node_runner(node, task);
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    status = journal_task_remove(node->parts.journal, task);
    if (status < 0)
        return status;
    task_runner_forget(runner);
    stop_runner(node, runner);
    return 0;
}

/* The runner looks at the balance when it has a fresh one. Several wishes make
 * one claim. */
int node_claim(struct node *node, const struct pubkey *task)
{
    struct task_runner *runner = node_runner(node, task);

    CHECK_MAGIC(node, NODE_MAGIC);
    if (!runner)
        return err_set(ERR_NOT_FOUND, "Task %s not running", PUBKEY_TEXT(task));
    task_runner_claim(runner);
    return 0;
}

/* The journal is a file, which may be damaged. */
static int check_record(const struct journal_task *task)
{
    struct json_object *variables = NULL;
    int status = json_parse(bytes_text(task->variables ? task->variables : ""),
                            &variables);

    if (status == 0 && !json_object_is_type(variables, json_type_object))
        status = err_set(ERR_CORRUPT, "they are no JSON object");
    json_object_put(variables);
    return status < 0 ? err_add(ERR_CORRUPT,
                                "variables of task %s in the "
                                "journal",
                                PUBKEY_TEXT(&task->task))
                      : 0;
}

/* As it was started, but for the stake: that is placed once (task_money.c). An
 * error ends the walk; there is none but too many. A damaged record costs its
 * own task and no other. */
static int resume_task(void *user, const struct journal_task *task)
{
    struct node *node = user;
    const struct node_task_options options = {
        .task = task->task,
        .stake_roe = task->stake_roe,
        .executable = task->executable,
        .variables = task->variables,
    };
    int status = check_room(node);

    if (status < 0)
        return status;
    if (check_record(task) < 0)
        log_error("node", "%s; start the task again", err_text());
    else
        add_runner(node, &options);
    return 0;
}

/* ---- start ---- */

/* What is in the folder: keys, journal, store. The lock comes before anything
 * is read, for a second node would make keys or change the journal. */
static int open_folder(struct node *node)
{
    const struct store_options store_options = {
        .size_max_bytes = node->options.store_limit_bytes,
        .make_room = collection_make_room};
    const char *folder = node->options.folder;
    char *path;
    int status;

    if ((status = file_make_folder(folder, 0700)) < 0 ||
        (status = folder_lock_take(folder, &node->lock)) < 0 ||
        (status = wallet_open(folder, node->options.account, &node->wallet)) <
            0)
        return status;
    path = mem_format("%s/journal.db", folder);
    status = journal_open(path, &node->parts.journal);
    if (status == 0)
        status =
            journal_writer_open(node->parts.loop, path, &node->parts.writer);
    free(path);
    if (status < 0)
        return status;
    path = mem_format("%s/store", folder);
    status = store_open(path, &store_options, &node->parts.store);
    free(path);
    return status;
}

/* ---- what the ports are handed ---- */

static struct task_runner *find_runner(void *user, const struct pubkey *task)
{
    return node_runner(user, task);
}

static struct task_runner *runner_at(void *user, size_t place)
{
    const struct node *node = user;

    return place < node->runner_count ? node->runners[place] : NULL;
}

static void write_metrics(void *user, struct buffer *out)
{
    node_metrics(user, out);
}

static int start_ordered(void *user, const struct node_task_options *task)
{
    return node_start_task(user, task);
}

static int stop_ordered(void *user, const struct pubkey *task)
{
    return node_stop_task(user, task);
}

static int claim_ordered(void *user, const struct pubkey *task)
{
    return node_claim(user, task);
}

static void write_status(void *user, struct buffer *out)
{
    node_status(user, out);
}

/* In the journal. */
static const char port_name[] = "listen_port";

/* Where any free port will do it is the one of the last time: the stake's
 * address on chain names it, and peers fetch evidence there. */
static int start_face(struct node *node, uint16_t *port)
{
    static const struct node_face_view view = {
        .find = find_runner, .at = runner_at, .metrics = write_metrics};
    struct journal *journal = node->parts.journal;
    struct node_face_options options = {
        .loop = node->parts.loop,
        .address = node->options.listen_address,
        .port = node->options.listen_port,
        .store = node->parts.store,
        .view = &view,
        .user = node,
    };
    uint64_t last;
    int status = ERR_BUSY;

    if (options.port)
        return node_face_start(&options, &node->face, port);
    if (journal_number_get(journal, port_name, &last) == 0 && last > 0 &&
        last <= UINT16_MAX) {
        options.port = (uint16_t)last;
        status = node_face_start(&options, &node->face, port);
    }
    options.port = 0;
    if (status == ERR_BUSY)
        status = node_face_start(&options, &node->face, port);
    return status < 0 ? status : journal_number_put(journal, port_name, *port);
}

static int start_control(struct node *node)
{
    static const struct node_control_orders orders = {.start = start_ordered,
                                                      .stop = stop_ordered,
                                                      .claim = claim_ordered,
                                                      .status = write_status};
    const struct node_control_options options = {
        .loop = node->parts.loop,
        .folder = node->options.folder,
        .port = node->options.control_port,
        .public_url = node->public_url,
        .main = node->wallet.main.pubkey,
        .staking = node->wallet.staking.pubkey,
        .orders = &orders,
        .user = node,
    };

    return node_control_start(&options, &node->control);
}

/* The face first: the public URL needs its port, and the stake needs the URL.
 * The control port is last, and with it control.json: whoever reads that finds
 * a node that can answer. */
static int open_network(struct node *node)
{
    struct node_parts *parts = &node->parts;
    uint16_t port;
    int status = client_new(parts->loop, node->options.rpc_url, &parts->client);

    if (status < 0)
        return status;
    parts->sender = sender_new(parts->client, parts->journal, parts->writer);
    parts->task_http = http_client_new(parts->loop, node->options.network);
    if ((status = start_face(node, &port)) < 0 ||
        (status = set_public_url(node, port)) < 0)
        return status;
    return start_control(node);
}

/* Whatever of it is there: node_start() may have failed halfway. After the
 * client has closed: nothing of the sender is under way then. The store when
 * nobody reads it any more. */
static void close_all(struct node *node)
{
    if (node->control)
        node_control_stop(node->control);
    http_client_close(node->parts.task_http);
    if (node->parts.sender)
        sender_free(node->parts.sender);
    journal_close(node->parts.journal);
    store_close(node->parts.store);
    wallet_wipe(&node->wallet);
    folder_lock_release(node->lock);
}

/* The last thing that happens to a node. */
static void free_node(struct node *node)
{
    free_options(node);
    free(node->public_url);
    node->magic = 0;
    free(node);
}

/* The rest of a start that failed, when the client has let go of the sender.
 */
static void on_start_undone(void *user)
{
    struct node *node = user;

    close_all(node);
    free_node(node);
}

static void on_start_client_closed(void *user)
{
    struct node *node = user;

    if (node->parts.writer)
        journal_writer_close(node->parts.writer, on_start_undone, node);
    else
        on_start_undone(node);
}

/* Tasks begin when everything stands; slots come from then on. Actions of an
 * earlier life are taken up before the first task could repeat one of them. */
int node_start(uv_loop_t *loop, const struct node_options *options,
               const struct node_events *events, void *user, struct node **out)
{
    struct node *node = mem_zero(1, sizeof(*node));
    int status;

    CHECK(options->folder && options->rpc_url && options->worker_path);
    node->magic = NODE_MAGIC;
    copy_options(node, options);
    node->events = events ? *events : (struct node_events){0};
    node->user = user;
    node->parts.loop = loop;
    node->parts.options = &node->options;
    node->parts.wallet = &node->wallet;
    node->parts.slot_ms = NODE_SLOT_MS_DEFAULT;
    if ((status = open_folder(node)) < 0 || (status = open_network(node)) < 0 ||
        (status = sender_resume(node->parts.sender)) < 0)
        goto err0;
    CHECK(!uv_timer_init(loop, &node->tick));
    node->tick.data = node;
    node->open_handles = 1;
    CHECK(!uv_timer_start(&node->tick, on_tick, 0, TICK_MS));
    node->slots = client_subscribe_slots(node->parts.client, on_slot, node);
    if (journal_each_task(node->parts.journal, resume_task, node) < 0)
        log_error("node", "can't go on with all tasks: %s", err_text());
    *out = node;
    return 0;

err0:
    /* Nothing runs yet but, at worst, the face's thread. */
    if (node->face)
        node_face_stop(node->face, NULL);
    node->face = NULL;
    if (node->parts.sender)
        sender_stop(node->parts.sender);
    if (node->parts.client)
        client_close(node->parts.client, on_start_client_closed, node);
    else
        on_start_client_closed(node);
    return status;
}

/* As told to peers, which may be a name or a forwarded port. */
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

/* ---- the end ---- */

/* Nothing of the node is left but its memory. The owner may free the loop in
 * this call, so nothing is touched after it. */
static void finish(struct node *node)
{
    void (*stopped)(void *) = node->stopped;
    void *user = node->stopped_user;

    CHECK(node->is_stopping && stopped && !node->runner_count);
    free_node(node);
    log_info("node", "stopped");
    stopped(user);
}

/* Whichever of the handles closes last ends the node. */
static void on_tick_closed(uv_handle_t *handle)
{
    struct node *node = handle->data;

    if (--node->open_handles == 0)
        finish(node);
}

/* See on_tick_closed(). */
static void on_face_closed(void *user)
{
    struct node *node = user;

    if (--node->open_handles == 0)
        finish(node);
}

/* Once no runner and no client is left nothing uses the parts but the face,
 * whose threads read the store: it goes first. */
static void go_on_stopping(struct node *node)
{
    if (node->runner_count || node->is_client_open)
        return;
    node->open_handles++;
    node_face_stop(node->face, on_face_closed);
    close_all(node);
    uv_close((uv_handle_t *)&node->tick, on_tick_closed);
}

static void on_writer_closed(void *user)
{
    struct node *node = user;

    node->parts.writer = NULL;
    node->is_client_open = false;
    go_on_stopping(node);
}

/* All that waited for an answer has been told that none comes. What was decided
 * by then is still written. */
static void on_client_closed(void *user)
{
    struct node *node = user;

    journal_writer_close(node->parts.writer, on_writer_closed, node);
}

/* Slots end first, so that nothing new begins while the rest is wound up. The
 * runners to stop are copied first, for those that end change the array. Those
 * that were being stopped already are waited for as well. */
void node_stop(struct node *node, void (*done)(void *user), void *user)
{
    struct task_runner *runners[NODE_TASKS_MAX];
    size_t count = node->runner_count;

    CHECK_MAGIC(node, NODE_MAGIC);
    CHECK(!node->is_stopping);
    log_info("node", "stopping");
    node->is_stopping = true;
    node->stopped = done;
    node->stopped_user = user;
    uv_timer_stop(&node->tick);
    client_unsubscribe_slots(node->slots);
    memcpy(runners, node->runners, sizeof(runners));
    for (size_t i = 0; i < count; i++)
        if (!task_runner_is_stopping(runners[i]))
            stop_runner(node, runners[i]);
    /* Ends the calls that runners wait for; they end with their last one. */
    sender_stop(node->parts.sender);
    node->is_client_open = true;
    client_close(node->parts.client, on_client_closed, node);
    node->parts.client = NULL;
    http_client_close(node->parts.task_http);
    node->parts.task_http = NULL;
}
