/*
 * The role of a validator: puts the parts together and takes them apart in
 * order. It decides nothing about blocks or answers. It owns the order in which
 * the parts start and end, and the way from threads to the loop.
 *
 * Start: folder and ledger come first, because they are what can be wrong; then
 * the parts that answer, then the ports, and the chain last. So a port that is
 * taken costs no slot, and the first request finds all that it may ask for.
 * Until the first block the endpoint shows the ledger's tip.
 *
 * Stop: from outside in. The intake ends first, because the HTTP server waits
 * for exchanges that are under way and the intake has some of them. The servers
 * follow, so that nothing new comes. Then the execution ends its slot, and the
 * flusher brings it to disk as an orderly end; then the parts that read end.
 * The ledger is closed when no thread has a view of it.
 *
 * What other threads have to say to subscribers they tell PubSub, which brings
 * it to the loop. A failure of the disk goes to the loop through an inbox, with
 * its text, because texts of errors belong to threads. The validator does not
 * stop itself: its owner stops it.
 */
#include "settlement/validator/validator.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "consensus/vote.h"
#include "crypto/keyfile.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/lone_leader.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/performance.h"
#include "settlement/chain/slot_control.h"
#include "settlement/chain/snapshot_keeper.h"
#include "settlement/cluster/cluster.h"
#include "settlement/ledger/replay.h"
#include "settlement/ledger/snapshot_watch.h"
#include "settlement/rpc/pubsub.h"
#include "settlement/rpc/rpc.h"
#include "settlement/rpc/rpc_intake.h"
#include "settlement/validator/validator_folder.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VALIDATOR_MAGIC 0x56414c49u

/* One for each of two cores; docs/settlement.md has the measurements. */
#define RPC_THREADS 2
/* For each of the two servers; a connection is a descriptor and its buffers. */
#define CONNECTIONS_MAX 1024

/* How often a free pair of ports is looked for: the second port of a pair may
 * be taken. */
#define PORT_TRIES 64

/* A failure on its way from a thread to the loop. */
struct word {
    struct inbox_item item;
    int failure;
    char failure_text[ERR_TEXT_SIZE];
};

/* Parts are NULL until they are started. validator_stop() accepts each of them
 * as NULL, so it also takes apart a validator that was started in part. */
struct validator {
    unsigned magic;
    uv_loop_t *loop;
    struct validator_options options;
    struct validator_folder folder;
    struct ledger *ledger;
    struct mempool *mempool;
    struct performance *performance;
    struct flusher *flusher;
    struct lone_leader *leader;   /* in a network of one validator */
    struct cluster *cluster;      /* in one of several */
    struct cluster_view *view;    /* likewise */
    struct slot_control *control; /* NULL: the network has no faucet here */
    struct snapshot_keeper *snapshots; /* NULL: none are written */
    struct snapshot_watch *snapshot_watch;
    char rpc_address[80]; /* host:port, as getClusterNodes shows it */
    struct rpc *rpc;
    struct rpc_intake *intake;
    struct pubsub *pubsub;
    struct http_server *rpc_server;
    struct http_server *pubsub_server;

    struct inbox *inbox; /* failures */
    int failure;         /* the first one, or 0 */
    char failure_text[ERR_TEXT_SIZE];
    bool is_failure_reported;
};

/* ---- From other threads ---- */

/* Thread: the flusher's, or the execution's in a network of several. */
static void on_shown(void *user, const struct ledger_news *news)
{
    struct validator *validator = user;
    pubsub_published(validator->pubsub, news);
}

/* Thread: as above. */
static void on_final(void *user, const struct executed_block *block)
{
    struct validator *validator = user;
    const struct bank_info *info = bank_info(block->bank);
    performance_note(validator->performance, info->slot,
                     info->transaction_count, clock_monotonic_ms());
    if (validator->snapshots)
        snapshot_keeper_note(validator->snapshots, info->slot);
}

/* Thread: the execution's, in a network of several. */
static void on_event(void *user, const struct execution_event *event)
{
    struct validator *validator = user;
    if (event->kind == EXECUTION_SHOWN)
        on_shown(user, &event->news);
    if (event->kind == EXECUTION_FINAL)
        on_final(user, event->block);
    if (event->kind == EXECUTION_EXECUTED && event->verdict == VERDICT_INVALID)
        pubsub_tell_stage(validator->pubsub, PUBSUB_DEAD, event->slot, 0,
                          clock_unix_ms(), "the block is not valid");
}

/* Thread: the cluster's. Small blocks come whole, so their first bytes are told
 * with the last. */
static void on_received(void *user, uint64_t slot)
{
    struct validator *validator = user;
    uint64_t now_ms = clock_unix_ms();
    pubsub_tell_stage(validator->pubsub, PUBSUB_FIRST_SHRED, slot, 0, now_ms,
                      NULL);
    pubsub_tell_stage(validator->pubsub, PUBSUB_COMPLETED, slot, 0, now_ms,
                      NULL);
}

/* Thread: the cluster's. */
static void on_voted(void *user, const struct vote *vote)
{
    struct validator *validator = user;
    const struct genesis_validator *voter =
        &validator->folder.genesis.validators[vote->validator];
    pubsub_tell_vote(validator->pubsub, &voter->vote_account, vote->slot,
                     &vote->value, &vote->signature);
}

/* Thread: the flusher's, the execution's or the cluster's; if several fail, the
 * first word counts. */
static void on_failed(void *user, int status)
{
    struct validator *validator = user;
    log_error("validator", "the ledger can't be used: %s", err_text());
    struct word *word = mem_zero(1, sizeof(*word));
    word->failure = status;
    snprintf(word->failure_text, sizeof(word->failure_text), "%s", err_text());
    inbox_put(validator->inbox, &word->item);
}

/* Report once, also if more fails. The callback may have called
 * validator_stop(), so nothing may touch the validator after this call. */
static void report_failure(struct validator *validator)
{
    if (!validator->failure || validator->is_failure_reported ||
        !validator->options.failed)
        return;
    validator->is_failure_reported = true;
    err_set(validator->failure, "%s", validator->failure_text);
    validator->options.failed(validator->options.user, validator->failure);
}

static void note_failure(struct validator *validator, const struct word *word)
{
    if (validator->failure)
        return;
    validator->failure = word->failure;
    memcpy(validator->failure_text, word->failure_text,
           sizeof(validator->failure_text));
}

/* Thread: the loop's. The failure is reported last, because nothing may touch
 * the validator after that. */
static void take_word(void *user, struct inbox_item *item)
{
    struct validator *validator = user;
    struct word *word = INBOX_OF(item, struct word, item);
    note_failure(validator, word);
    free(word);
    report_failure(validator);
}

/* Take the words that are left when the validator stops. */
static void drop_words(struct validator *validator)
{
    struct inbox_item *item = inbox_drain(validator->inbox);
    while (item) {
        struct word *word = INBOX_OF(item, struct word, item);
        item = item->next;
        note_failure(validator, word);
        free(word);
    }
}

/* ---- HTTP ---- */

/* Thread: of the server or of the intake, whichever handled the request. Takes
 * the buffer over. */
static void answer_rpc(void *exchange, struct buffer *answer)
{
    http_answer_buffer(exchange, 200, "application/json; charset=utf-8",
                       answer);
}

/* Transactions go through the intake. Requests that only read are answered
 * here, because that costs less than a change of threads. Browsers ask OPTIONS
 * first. Every origin is allowed: a page may ask anything here, because
 * signatures, not cookies, say who signs. GET /health is Solana's, for load
 * balancers. */
static void on_rpc(void *user, struct http_exchange *exchange)
{
    struct validator *validator = user;
    struct buffer answer = {0};
    if (http_method_is(exchange, "OPTIONS")) {
        http_answer_preflight(exchange, "POST, GET");
        return;
    }
    http_answer_any_origin(exchange);
    if (http_method_is(exchange, "GET") &&
        !strcmp(http_path(exchange), "/health")) {
        /* Without a line's end, as Solana's: balancers compare the body. */
        buffer_text(&answer, rpc_health(validator->rpc));
        http_answer_buffer(exchange, 200, "text/plain; charset=utf-8", &answer);
        return;
    }
    if (!http_method_is(exchange, "POST")) {
        http_answer_text(exchange, 405,
                         "Used HTTP Method is not allowed. POST or OPTIONS "
                         "is required");
        return;
    }
    struct bytes body = http_body(exchange);
    /* The exchange stays open, and the body with it, until the intake has
     * answered. */
    if (rpc_intake_wants(body)) {
        rpc_intake_add(validator->intake, body, answer_rpc, exchange);
        return;
    }
    rpc_handle(validator->rpc, body, &answer);
    answer_rpc(exchange, &answer);
}

/* PubSub takes the connection over. */
static void on_pubsub(void *user, struct http_exchange *exchange)
{
    struct validator *validator = user;
    pubsub_accept(validator->pubsub, exchange);
}

/* Threads of the server and as many of the intake: one waits for sockets while
 * the other verifies. */
static unsigned rpc_threads(const struct validator *validator)
{
    return validator->options.threads ? validator->options.threads
                                      : RPC_THREADS;
}

/* PubSub is at the port after RPC's, as Solana's clients assume. If that port
 * is taken, the pair is given up. One thread is enough for PubSub's server,
 * which only passes sockets on. */
static int listen_at(struct validator *validator, uint16_t port)
{
    const struct http_server_options rpc = {
        .address = validator->options.address,
        .port = port,
        .threads = rpc_threads(validator),
        .connections_max = CONNECTIONS_MAX,
        .body_limit_bytes = RPC_BODY_MAX,
        .handler = on_rpc,
        .user = validator,
    };
    int status = http_server_start(&rpc, &validator->rpc_server);
    if (status)
        return status;
    /* The next port is known only now. */
    struct http_server_options pubsub = rpc;
    uint16_t bound = http_server_port(validator->rpc_server);
    pubsub.port = (uint16_t)(bound + 1);
    pubsub.threads = 1;
    pubsub.handler = on_pubsub;
    status =
        bound == UINT16_MAX
            ? err_set(
                  ERR_BUSY,
                  "there is no port after %u for PubSub; choose a lower one",
                  bound)
            : http_server_start(&pubsub, &validator->pubsub_server);
    if (status) {
        http_server_stop(validator->rpc_server);
        validator->rpc_server = NULL;
    }
    return status;
}

/* A port that the options name is tried once: no client would find another. */
static int listen_somewhere(struct validator *validator)
{
    int status = ERR_BUSY;
    if (validator->options.rpc_port)
        return listen_at(validator, validator->options.rpc_port);
    for (int i = 0; status == ERR_BUSY && i < PORT_TRIES; i++)
        status = listen_at(validator, 0);
    return status;
}

/* ---- Start and stop ---- */

/* The address with the options' port; NULL if the options name no port. The
 * text has room for any numeric address (IPv6: 39 bytes and brackets). */
static const char *rpc_address(struct validator *validator)
{
    const char *host = validator->options.address;
    bool is_ipv6 = host && strchr(host, ':');
    if (!validator->options.rpc_port)
        return NULL;
    snprintf(validator->rpc_address, sizeof(validator->rpc_address),
             is_ipv6 ? "[%s]:%u" : "%s:%u", host ? host : "127.0.0.1",
             validator->options.rpc_port);
    return validator->rpc_address;
}

/* Start the parts that answer. Only the intake has threads. */
static void start_parts(struct validator *validator)
{
    validator->snapshot_watch =
        snapshot_watch_new(validator->folder.snapshots_path);
    if (validator->folder.has_faucet)
        validator->control = slot_control_new();
    const struct rpc_options rpc = {
        .ledger = validator->ledger,
        .mempool = validator->mempool,
        .performance = validator->performance,
        .snapshots = validator->snapshot_watch,
        .identity = validator->folder.identity.pubkey,
        .address = rpc_address(validator),
        .faucet =
            validator->folder.has_faucet ? &validator->folder.faucet : NULL,
        .control = validator->control,
        .cluster = validator->view,
    };
    validator->rpc = rpc_new(&rpc);
    validator->intake =
        rpc_intake_start(validator->rpc, rpc_threads(validator));
    validator->pubsub = pubsub_new(validator->loop, &rpc);
}

/* Called before the chain starts, because the flusher's thread notes blocks
 * here. */
static void start_snapshots(struct validator *validator)
{
    const struct validator_options *options = &validator->options;
    const struct snapshot_keeper_options keeper = {
        .ledger = validator->ledger,
        .folder = validator->folder.snapshots_path,
        .interval_slots = options->snapshot_interval_slots,
        .keep = options->snapshot_keep ? options->snapshot_keep : SNAPSHOT_KEEP,
    };
    if (options->snapshot_interval_slots)
        validator->snapshots = snapshot_keeper_start(&keeper);
}

static struct cluster_view *new_view(const struct genesis *genesis)
{
    struct cluster_validator *validators =
        mem_zero(genesis->validator_count, sizeof(*validators));
    for (size_t i = 0; i < genesis->validator_count; i++)
        validators[i] = cluster_validator_of(&genesis->validators[i]);
    struct cluster_view *view =
        cluster_view_new(validators, genesis->validator_count);
    free(validators);
    return view;
}

static bool is_alone(const struct validator *validator)
{
    return validator->folder.genesis.validator_count == 1;
}

static struct mempool *new_mempool(const struct validator *validator)
{
    return is_alone(validator)
               ? mempool_new(MEMPOOL_TRANSACTIONS_MAX)
               : cluster_mempool_new(&validator->folder.genesis);
}

static void start_alone(struct validator *validator,
                        const struct execution_options *execution)
{
    const struct lone_leader_options leader = {
        .execution = *execution,
        .flusher = validator->flusher,
        .failed = on_failed,
        .user = validator,
    };
    validator->leader = lone_leader_start(&leader);
}

static int start_among_others(struct validator *validator,
                              const struct execution_options *execution)
{
    const struct validator_options *options = &validator->options;
    const struct cluster_options cluster = {
        .execution = *execution,
        .voter = &validator->folder.voter,
        .flusher = validator->flusher,
        .view = validator->view,
        .folder = options->folder,
        .address = options->address,
        .port = options->peer_port,
        .entrypoints = options->entrypoints,
        .entrypoint_count = options->entrypoint_count,
        .has_forgotten = options->has_forgotten,
        .restart_slot = options->restart_slot,
        .restart = options->restart_hash,
        .endpoint = rpc_address(validator),
        .happened = on_event,
        .received = on_received,
        .voted = on_voted,
        .failed = on_failed,
        .user = validator,
    };
    return cluster_start(&cluster, &validator->cluster);
}

/* The flusher starts before the execution, which pushes to the flusher from its
 * first slot on. */
static int start_chain(struct validator *validator)
{
    const struct flusher_events events = {.final = on_final,
                                          .shown = on_shown,
                                          .failed = on_failed,
                                          .user = validator};
    validator->flusher = flusher_start(validator->ledger, &events);
    const struct execution_options execution = {
        .ledger = validator->ledger,
        .mempool = validator->mempool,
        .identity = &validator->folder.identity,
        .control = validator->control,
    };
    if (!is_alone(validator))
        return start_among_others(validator, &execution);
    start_alone(validator, &execution);
    return 0;
}

/* Ends the validator, on the loop. So a failure of the last flush is reported
 * here, and never from inside validator_stop(). */
static void on_inbox_closed(void *user)
{
    struct validator *validator = user;
    CHECK_MAGIC(validator, VALIDATOR_MAGIC);
    report_failure(validator);
    validator->magic = 0;
    free(validator);
}

/* The inbox comes first, so that validator_stop() always has an inbox to close.
 * After a failure the parts are taken apart on the loop, which the caller runs
 * on. */
int validator_start(uv_loop_t *loop, const struct validator_options *options,
                    struct validator **out)
{
    struct validator *validator = mem_zero(1, sizeof(*validator));
    validator->magic = VALIDATOR_MAGIC;
    validator->loop = loop;
    validator->options = *options;
    validator->inbox = inbox_new(loop, take_word, validator);

    int status = validator_folder_open(options->folder, &validator->folder);
    if (!status)
        status = ledger_open(validator->folder.ledger_path,
                             &validator->folder.genesis, &validator->ledger);
    if (status) {
        validator_stop(validator);
        return status;
    }
    ledger_keep(validator->ledger, options->keep_slots);
    validator->mempool = new_mempool(validator);
    if (!is_alone(validator))
        validator->view = new_view(&validator->folder.genesis);
    validator->performance = performance_new();
    start_parts(validator);
    status = listen_somewhere(validator);
    if (!status) {
        start_snapshots(validator);
        status = start_chain(validator);
    }
    if (status) {
        validator_stop(validator);
        return status;
    }
    log_info("validator", "at http://%s:%u, slots of %" PRIu64 " ms",
             options->address ? options->address : "127.0.0.1",
             validator_rpc_port(validator), validator->folder.genesis.slot_ms);
    *out = validator;
    return 0;
}

/* The port that was found if the options name none. */
uint16_t validator_rpc_port(const struct validator *validator)
{
    return http_server_port(validator->rpc_server);
}

uint16_t validator_peer_port(const struct validator *validator)
{
    CHECK_MAGIC(validator, VALIDATOR_MAGIC);
    return validator->cluster ? cluster_port(validator->cluster) : 0;
}

/* The order is that of the head of this file. Final blocks that no subscriber
 * was notified of are dropped: connections are closed by then. */
void validator_stop(struct validator *validator)
{
    if (!validator)
        return;
    CHECK_MAGIC(validator, VALIDATOR_MAGIC);
    rpc_intake_stop(validator->intake);
    http_server_stop(validator->rpc_server);
    http_server_stop(validator->pubsub_server);
    rpc_intake_free(validator->intake);
    lone_leader_stop(validator->leader);
    cluster_stop(validator->cluster);
    flusher_stop(validator->flusher);
    snapshot_keeper_stop(validator->snapshots);
    pubsub_close(validator->pubsub);
    drop_words(validator);
    rpc_free(validator->rpc);
    slot_control_free(validator->control);
    snapshot_watch_free(validator->snapshot_watch);
    mempool_free(validator->mempool);
    performance_free(validator->performance);
    cluster_view_free(validator->view);
    ledger_close(validator->ledger);
    validator_folder_close(&validator->folder);
    inbox_close(validator->inbox, on_inbox_closed, validator);
}

/* If the history since the genesis was dropped, what is on the disk is all
 * there is to check. The replay checks no signatures, because ledger_check()
 * has just checked them. It uses one thread beside this one. */
static int replay(struct ledger *ledger, struct ledger_report *report)
{
    const struct replay_options options = {.threads = 1};
    struct replay_report replayed;
    int status = ledger_replay(ledger, &options, &replayed);
    if (status == ERR_STATE) {
        err_clear();
        return 0;
    }
    report->replayed = replayed.blocks;
    return status;
}

/* The folder is opened as for running, so a key or a genesis that would be
 * refused at a start is refused here. */
int validator_check(const char *path, struct ledger_report *report)
{
    struct validator_folder folder;
    struct ledger *ledger;
    int status = validator_folder_open(path, &folder);
    if (status)
        return status;
    status = ledger_open(folder.ledger_path, &folder.genesis, &ledger);
    if (!status) {
        status = ledger_check(ledger, report);
        if (!status)
            status = replay(ledger, report);
        ledger_close(ledger);
    }
    validator_folder_close(&folder);
    return status;
}
