/*
 * The network's name, under which votes and records count: the genesis' hash,
 * until its operators begin anew from a block (consensus_network()). The folder
 * remembers these blocks in the file `restarts`, a line SLOT:HASH each, because
 * from then on the name depends on them.
 */
#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/bank/bank.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/replica_log.h"
#include "settlement/write_ahead/vote_file.h"

#include <inttypes.h>
#include <stdlib.h>

/* A restart is a matter of all operators; more than a hundred is no file of
 * ours. */
#define RESTARTS_SIZE_MAX 8192

/* ---- what the folder remembers ---- */

struct restarts {
    struct buffer text;
    size_t last;        /* where its last line begins */
    struct hash before; /* the network's name without that line */
};

/* A line without its end. */
static int read_line(struct bytes line, uint64_t *slot, struct hash *hash)
{
    const uint8_t *colon = memchr(line.data, ':', line.size);
    char text[24] = {0}, *end;

    if (!colon || colon == line.data ||
        (size_t)(colon - line.data) >= sizeof(text))
        return err_set(ERR_CORRUPT, "a line is not SLOT:HASH");
    memcpy(text, line.data, (size_t)(colon - line.data));
    *slot = strtoull(text, &end, 10);
    if (*end)
        return err_set(ERR_CORRUPT, "%s is no slot", text);
    return hash_parse(
        bytes_make(colon + 1, line.size - (size_t)(colon + 1 - line.data)),
        hash);
}

static int take_lines(struct cluster *cluster, struct restarts *restarts)
{
    struct bytes text = buffer_view(&restarts->text);
    int status = 0;

    while (!status && text.size) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        if (!end)
            return err_set(ERR_CORRUPT, "its last line has no end");
        size_t size = (size_t)(end - text.data);
        status = read_line(bytes_make(text.data, size), &cluster->restart_slot,
                           &cluster->restart);
        restarts->before = cluster->network;
        restarts->last = restarts->text.size - text.size;
        if (!status)
            cluster->network = consensus_network(
                &cluster->network, cluster->restart_slot, &cluster->restart);
        text = bytes_make(end + 1, text.size - size - 1);
    }
    return status;
}

/* ---- a new one ---- */

static uint64_t final_slot(const struct cluster *cluster)
{
    struct bank *tip =
        ledger_newest(cluster->options.execution.ledger, LEDGER_FINALIZED);
    uint64_t slot = bank_info(tip)->slot;

    bank_release(tip);
    return slot;
}

/* Clients see a block's blockhash, and nobody can restart from that. False also
 * if the block is not here, or no longer. */
static bool is_blockhash(const struct cluster *cluster)
{
    const struct cluster_options *options = &cluster->options;
    struct ledger_view *view;
    struct ledger_header header;
    int status =
        ledger_view_open(options->execution.ledger, LEDGER_FINALIZED, &view);

    if (status) {
        err_clear();
        return false;
    }
    status = ledger_header(view, options->restart_slot, &header);
    bool is_same = !status && hash_equal(&header.blockhash, &options->restart);
    ledger_view_close(view);
    err_clear();
    return is_same;
}

/* What is final here stays so: a restart is from there, or from later. */
static int check_final(uint64_t restart_slot, const struct hash *restart,
                       uint64_t slot, const struct hash *hash)
{
    if (slot < restart_slot ||
        (slot == restart_slot && hash_equal(hash, restart)))
        return 0;
    return err_set(ERR_STATE,
                   "can't begin anew from slot %" PRIu64
                   ": the block of slot %" PRIu64
                   ", %s, is final here. Agree on the newest block that is "
                   "final at any validator",
                   restart_slot, slot, HASH_TEXT(hash));
}

static int check_ledger(const struct cluster *cluster)
{
    const struct cluster_options *options = &cluster->options;
    const struct hash *tip = ledger_tip_hash(options->execution.ledger);
    uint64_t slot = final_slot(cluster);

    if (slot >= options->restart_slot && is_blockhash(cluster))
        return err_set(
            ERR_STATE,
            "%s is the blockhash of slot %" PRIu64
            ", which clients use: --restart-from takes the block hash, which "
            "the log and `pond chain block` show. The newest final block here "
            "is %" PRIu64 ":%s",
            HASH_TEXT(&options->restart), options->restart_slot, slot,
            HASH_TEXT(tip));
    return check_final(options->restart_slot, &options->restart, slot, tip);
}

/* The log may be further than the ledger. */
static int check_log(const struct cluster *cluster)
{
    uint64_t slot;
    struct hash hash;

    if (replica_log_is_anew(cluster->ahead, &cluster->network) ||
        !replica_log_newest_final(cluster->ahead, &slot, &hash))
        return 0;
    return check_final(cluster->restart_slot, &cluster->restart, slot, &hash);
}

/* A block after which nothing became final here was a mistake, of which the
 * other operators know nothing: the new one takes its place. Else this
 * validator could not come to the others' name any more. */
static void forget_mistake(struct cluster *cluster, struct restarts *restarts)
{
    if (!restarts->text.size || cluster->restart_slot < final_slot(cluster))
        return;
    log_warn("cluster",
             "the block of slot %" PRIu64
             ", %s, from which it was to begin anew before, counts no more",
             cluster->restart_slot, HASH_TEXT(&cluster->restart));
    cluster->network = restarts->before;
    restarts->text.size = restarts->last;
}

/* The record comes first: without the line it belongs to no network, and is
 * made again. */
static int begin_anew(struct cluster *cluster, const char *path,
                      struct restarts *restarts)
{
    const struct cluster_options *options = &cluster->options;
    char *votes = mem_format("%s/votes", options->folder);
    struct vote_file *file = NULL;
    int status = check_ledger(cluster);

    if (!status)
        forget_mistake(cluster, restarts);
    cluster->restart_slot = options->restart_slot;
    cluster->restart = options->restart;
    cluster->network = consensus_network(
        &cluster->network, cluster->restart_slot, &cluster->restart);
    const struct vote_tag tag =
        vote_record_tag(&cluster->network, &options->voter->pubkey);
    const struct vote_record record =
        vote_record_new(window_of(cluster->restart_slot));
    if (!status)
        status = vote_file_make(disk_real(), votes, &tag, &record, &file);
    vote_file_close(file);
    free(votes);
    buffer_format(&restarts->text, "%" PRIu64 ":%s\n", cluster->restart_slot,
                  HASH_TEXT(&cluster->restart));
    if (!status)
        status = file_replace(path, buffer_view(&restarts->text), 0644);
    if (!status)
        log_warn("cluster",
                 "begins anew from the block of slot %" PRIu64
                 ", %s: no vote from before counts%s",
                 cluster->restart_slot, HASH_TEXT(&cluster->restart),
                 final_slot(cluster) < cluster->restart_slot
                     ? ". The block is not final here: it is fetched from "
                       "those who begin anew from it, too"
                     : "");
    return status;
}

static bool is_new(const struct cluster *cluster)
{
    const struct cluster_options *options = &cluster->options;

    return options->restart_slot &&
           (options->restart_slot != cluster->restart_slot ||
            !hash_equal(&options->restart, &cluster->restart));
}

int cluster_find_network(struct cluster *cluster)
{
    char *path = mem_format("%s/restarts", cluster->options.folder);
    struct restarts restarts = {0};
    int status = file_exists(path)
                     ? file_read(path, RESTARTS_SIZE_MAX, &restarts.text)
                     : 0;

    cluster->network = ledger_genesis(cluster->options.execution.ledger)->hash;
    if (!status) {
        status = take_lines(cluster, &restarts);
        if (status)
            err_add(status, "%s", path);
    }
    if (!status && is_new(cluster))
        status = begin_anew(cluster, path, &restarts);
    buffer_free(&restarts.text);
    free(path);
    return status;
}

/* Once something after its block is final here, the mark is there, or went with
 * all that was before it. */
int cluster_mark_network(struct cluster *cluster)
{
    if (!cluster->restart_slot || final_slot(cluster) > cluster->restart_slot)
        return 0;
    int status = check_log(cluster);

    return status ? status
                  : replica_log_begin_anew(cluster->ahead, &cluster->network,
                                           cluster->restart_slot);
}
