/*
 * The role of a validator: puts the parts together and takes them apart in
 * order. It decides nothing about blocks or answers. It owns the order in which
 * the parts start and end.
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
 */
#include "settlement/validator/validator_internal.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "peer/peer_address.h"
#include "settlement/chain/flusher.h"
#include "settlement/chain/lone_leader.h"
#include "settlement/chain/mempool.h"
#include "settlement/chain/performance.h"
#include "settlement/chain/slot_control.h"
#include "settlement/chain/snapshot_keeper.h"
#include "settlement/cluster/cluster.h"
#include "settlement/ledger/snapshot_watch.h"
#include "settlement/rpc/rpc.h"
#include "settlement/rpc/rpc_intake.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
        rpc_intake_start(validator->rpc, validator_rpc_threads(validator));
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
        .failed = validator_failed,
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
        .happened = validator_happened,
        .received = validator_received,
        .voted = validator_voted,
        .failed = validator_failed,
        .user = validator,
    };
    return cluster_start(&cluster, &validator->cluster);
}

/* What only validators of a network of several can be told. The operator of a
 * lone one who gives it means another network. */
static int check_alone(const struct validator_options *options)
{
    const char *option = options->has_forgotten      ? "--forgot"
                         : options->restart_slot     ? "--restart-from"
                         : options->entrypoint_count ? "--entrypoint"
                                                     : NULL;
    return option ? err_set(ERR_INVALID,
                            "the network in %s has one validator, which votes "
                            "with nobody: %s is for a network of several",
                            options->folder, option)
                  : 0;
}

/* Before anything is written. */
static int check_options(const struct validator *validator)
{
    const struct validator_options *options = &validator->options;
    struct peer_address address;
    int status = 0;
    if (is_alone(validator))
        return check_alone(options);
    for (size_t i = 0; !status && i < options->entrypoint_count; i++)
        status = peer_address_parse(options->entrypoints[i], &address);
    return status;
}

/* The flusher starts before the execution, which pushes to the flusher from its
 * first slot on. */
static int start_chain(struct validator *validator)
{
    const struct flusher_events events = {.final = validator_final,
                                          .shown = validator_shown,
                                          .failed = validator_flush_failed,
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
    validator_report_failure(validator);
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
    validator->inbox = inbox_new(loop, validator_take_word, validator);

    int status = validator_folder_open(options->folder, &validator->folder);
    if (!status)
        status = check_options(validator);
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
    status = validator_listen(validator);
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
    validator_drop_words(validator);
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
