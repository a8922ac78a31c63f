/*
 * The write-ahead log: what a validator begins again with, and what it gives to
 * others from below its root.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/signature_check.h"
#include "settlement/bank/bank.h"
#include "settlement/chain/flusher.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/replica_log.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- opening ---- */

/* Also where the operator says so of a record that looks good. */
static void say_what_was_forgotten(struct cluster *cluster)
{
    const char *why = "--forgot was given";

    cluster->said.has_forgotten =
        !write_ahead_record(cluster->ahead,
                            cluster->options.has_forgotten ? NULL : &why) ||
        cluster->options.has_forgotten;
    if (cluster->said.has_forgotten)
        log_warn("cluster",
                 "what this validator has voted is not known: %s. It only "
                 "watches until the others have shown what it can't have voted",
                 why);
}

static void say_what_was_found(const struct cluster *cluster)
{
    const struct block_log_report *report = write_ahead_report(cluster->ahead);

    if (report->torn_bytes)
        log_info("cluster",
                 "%" PRIu64 " bytes that were being written when the last run "
                 "ended are dropped",
                 report->torn_bytes);
    if (report->damaged_regions)
        log_warn("cluster",
                 "the disk can't give back %" PRIu64 " bytes in %" PRIu64
                 " places of blocks/: what is missing is fetched from the "
                 "others",
                 report->damaged_bytes, report->damaged_regions);
}

int cluster_open_disk(struct cluster *cluster)
{
    const struct write_ahead_options options = {
        .disk = disk_real(),
        .folder = cluster->options.folder,
        .tag =
            vote_record_tag(&cluster->network, &cluster->options.voter->pubkey),
        .salt = random_seed()};
    int status = write_ahead_open(&options, &cluster->ahead);

    if (status)
        return status;
    say_what_was_found(cluster);
    say_what_was_forgotten(cluster);
    return cluster_mark_network(cluster);
}

/* ---- signatures ---- */

static void sign(void *user, struct vote *vote)
{
    const struct cluster *cluster = user;
    uint8_t message[VOTE_MESSAGE_SIZE_MAX];
    size_t size = vote_message(&cluster->tag, validator_set_epoch(cluster->set),
                               vote, message);

    key_sign(cluster->options.voter, bytes_make(message, size),
             &vote->signature);
}

static void check(void *user, const struct vote *votes, size_t count,
                  bool *is_good)
{
    const struct cluster *cluster = user;
    struct signature_check *checks = mem_zero(count + 1, sizeof(*checks));
    uint8_t(*messages)[VOTE_MESSAGE_SIZE_MAX] =
        mem_alloc((count + 1) * sizeof(*messages));

    for (size_t i = 0; i < count; i++) {
        size_t size =
            vote_message(&cluster->tag, validator_set_epoch(cluster->set),
                         &votes[i], messages[i]);
        checks[i] = (struct signature_check){
            .pubkey =
                &validator_set_at(cluster->set, votes[i].validator)->voter,
            .signature = &votes[i].signature,
            .message = bytes_make(messages[i], size)};
    }
    signature_check_all(checks, count, is_good);
    free(messages);
    free(checks);
}

/* ---- beginning again ---- */

/* What operators begin anew from: what was said to be final may not have got to
 * the ledger before the end. */
static void say_newest_final(const struct cluster *cluster, uint64_t slot,
                             const struct hash *hash)
{
    struct hash newest = *hash;
    uint64_t newest_slot;

    if (!replica_log_newest_final(cluster->ahead, &newest_slot, &newest) ||
        newest_slot <= slot) {
        newest_slot = slot;
        newest = *hash;
    }
    log_info("cluster", "the newest final block on disk is %" PRIu64 ":%s",
             newest_slot, HASH_TEXT(&newest));
}

/* The ledger's tip is final and executed: nothing else can be a root. */
void cluster_restore(struct cluster *cluster)
{
    struct ledger *ledger = cluster->options.execution.ledger;
    const struct genesis *genesis = ledger_genesis(ledger);
    struct bank *tip = ledger_newest(ledger, LEDGER_FINALIZED);
    const struct replica_options options = {
        .set = cluster->set,
        .schedule = cluster->schedule,
        .self = cluster->self,
        .signing = {.sign = sign, .check = check, .user = cluster},
        .root_slot = bank_info(tip)->slot,
        .root = *ledger_tip_hash(ledger),
        .root_unix_ms = bank_info(tip)->unix_ms,
        .record = write_ahead_record(cluster->ahead, NULL),
        .has_forgotten = cluster->options.has_forgotten,
        .restart_slot = cluster->restart_slot,
        .restart = cluster->restart,
        .delta_ms = genesis_delta_ms(genesis),
        .slot_ms = genesis->slot_ms};

    bank_release(tip);
    cluster->final_slot = options.root_slot;
    say_newest_final(cluster, options.root_slot, &options.root);
    cluster->replica = replica_new(&options, cluster_clock());
    replica_log_restore(cluster->ahead, cluster->replica, cluster_clock(),
                        options.root_slot);
}

/* ---- reading ---- */

struct load {
    uv_work_t work;
    struct cluster *cluster;
    struct replica_output output; /* that asked for it */
    struct buffer bytes;
    cluster_loaded *loaded;
};

/* On a thread of the loop's pool. */
static void on_work(uv_work_t *work)
{
    struct load *load = work->data;

    replica_log_read(load->cluster->ahead, &load->output, &load->bytes);
}

static void on_done(uv_work_t *work, int status)
{
    struct load *load = work->data;
    struct cluster *cluster = load->cluster;

    (void)status;
    cluster->loads--;
    if (!cluster->is_stopping)
        load->loaded(cluster, &load->output, buffer_view(&load->bytes));
    buffer_free(&load->bytes);
    free(load);
}

void cluster_load(struct cluster *cluster, const struct replica_output *output,
                  cluster_loaded *loaded)
{
    struct load *load = mem_zero(1, sizeof(*load));

    load->cluster = cluster;
    load->output = (struct replica_output){
        .act = output->act, .hash = output->hash, .slot = output->slot};
    load->loaded = loaded;
    load->work.data = load;
    cluster->loads++;
    CHECK(!uv_queue_work(&cluster->loop, &load->work, on_work, on_done));
}

/* What others may still ask for stays. */
void cluster_drop_old(struct cluster *cluster)
{
    uint64_t durable = flusher_durable_slot(cluster->options.flusher);

    if (durable > REPLICA_SLOTS_AHEAD_MAX)
        write_ahead_drop_before(cluster->ahead,
                                durable - REPLICA_SLOTS_AHEAD_MAX);
}
