/*
 * Notifications of slots, of the stages they go through, and of votes.
 *
 * A slot's stages come in order and each once. The first ones are told by those
 * who get and execute blocks, the others follow from what clients see.
 */
#include "settlement/format/block.h"
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

/* ---- Stages ---- */

/* Solana's SlotTransactionStats. */
struct slot_stats {
    uint64_t entries; /* that have transactions */
    uint64_t succeeded;
    uint64_t failed;
    uint64_t most; /* transactions in one entry */
};

static int count_entries(const struct pubsub_block *shown, struct arena *arena,
                         struct slot_stats *stats)
{
    struct block block;
    int status = block_decode(buffer_view(&shown->block->data), arena, &block);
    if (status)
        return status;
    for (size_t i = 0; i < block.entry_count; i++) {
        size_t count = block.entries[i].transaction_count;
        stats->entries += count > 0;
        stats->most = count > stats->most ? count : stats->most;
    }
    return 0;
}

static int count_transactions(const struct pubsub_block *shown,
                              struct arena *arena, struct slot_stats *stats)
{
    size_t count = ledger_records_count(&shown->block->records);
    for (size_t i = 0; i < count; i++) {
        const struct ledger_place place = {shown->info->slot, (uint32_t)i};
        struct ledger_record record;
        int status = ledger_record(shown->view, place, arena, &record);
        if (status)
            return status;
        if (transaction_status_ok(record.result.status))
            stats->succeeded++;
        else
            stats->failed++;
        arena_reset(arena);
    }
    return 0;
}

static struct slot_stats count_slot(const struct pubsub_block *shown)
{
    struct slot_stats stats = {0};
    struct arena arena = {0};
    int status = ledger_records_count(&shown->block->records)
                     ? count_entries(shown, &arena, &stats)
                     : 0;
    arena_reset(&arena);
    if (!status)
        status = count_transactions(shown, &arena, &stats);
    if (status)
        log_error("pubsub", "block %llu can't be counted: %s",
                  (unsigned long long)shown->info->slot, err_text());
    arena_free(&arena);
    return stats;
}

static void write_stats(struct json_writer *out, const struct slot_stats *stats)
{
    json_name(out, "stats");
    json_open_object(out);
    json_field_u64(out, "maxTransactionsPerEntry", stats->most);
    json_field_u64(out, "numFailedTransactions", stats->failed);
    json_field_u64(out, "numSuccessfulTransactions", stats->succeeded);
    json_field_u64(out, "numTransactionEntries", stats->entries);
    json_close_object(out);
}

/* All of a stage but its name; PUBSUB_DEAD's and later ones of a block. */
struct stage {
    const char *name;
    uint64_t slot;
    uint64_t unix_ms;
    const uint64_t *parent;         /* createdBank */
    const struct slot_stats *stats; /* frozen */
    const char *why;                /* dead */
};

static void notify_stage(struct pubsub *pubsub, const struct stage *stage)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct json_writer *out = &request->out;
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_SLOTS_UPDATES];
    for (; at; at = at->same_next) {
        notification_open(&notification, request, "slotsUpdatesNotification");
        json_open_object(out);
        if (stage->why)
            json_field_text(out, "err", stage->why);
        if (stage->parent)
            json_field_u64(out, "parent", *stage->parent);
        json_field_u64(out, "slot", stage->slot);
        if (stage->stats)
            write_stats(out, stage->stats);
        json_field_u64(out, "timestamp", stage->unix_ms);
        json_field_text(out, "type", stage->name);
        json_close_object(out);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}

/* Note that a stage is told; false if it was before. */
static bool note_told(struct pubsub *pubsub, uint64_t slot,
                      enum pubsub_stage stage)
{
    size_t place = slot % PUBSUB_SLOTS_TOLD;
    if (pubsub->told[place].slot != slot) {
        pubsub->told[place].slot = slot;
        pubsub->told[place].stages = 0;
    }
    bool is_new = !(pubsub->told[place].stages & 1u << stage);
    pubsub->told[place].stages |= 1u << stage;
    return is_new;
}

void pubsub_notify_stage(struct pubsub *pubsub, enum pubsub_stage stage,
                         uint64_t slot, uint64_t parent_slot, uint64_t unix_ms,
                         const char *why)
{
    static const char *const names[] = {[PUBSUB_FIRST_SHRED] =
                                            "firstShredReceived",
                                        [PUBSUB_COMPLETED] = "completed",
                                        [PUBSUB_CREATED] = "createdBank",
                                        [PUBSUB_DEAD] = "dead"};
    const struct stage told = {.name = names[stage],
                               .slot = slot,
                               .unix_ms = unix_ms,
                               .parent = stage == PUBSUB_CREATED ? &parent_slot
                                                                 : NULL,
                               .why = stage == PUBSUB_DEAD ? why : NULL};
    CHECK(stage != PUBSUB_DEAD || why);
    if (note_told(pubsub, slot, stage))
        notify_stage(pubsub, &told);
}

/* ---- Slots ---- */

/* Bank and bytes of one's own blocks are there when the block is. timestamp is
 * the block's time in ms. */
static void notify_executed(struct pubsub *pubsub,
                            const struct pubsub_block *shown)
{
    const struct bank_info *info = shown->info;
    if (!pubsub->kinds[SUBSCRIPTION_SLOTS_UPDATES])
        return;
    pubsub_notify_stage(pubsub, PUBSUB_CREATED, info->slot, info->parent_slot,
                        info->unix_ms, NULL);
    pubsub_notify_stage(pubsub, PUBSUB_COMPLETED, info->slot, 0, info->unix_ms,
                        NULL);
    const struct slot_stats stats = count_slot(shown);
    const struct stage frozen = {.name = "frozen",
                                 .slot = info->slot,
                                 .unix_ms = info->unix_ms,
                                 .stats = &stats};
    notify_stage(pubsub, &frozen);
}

static void notify_slot(struct pubsub *pubsub, const struct pubsub_block *shown)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_SLOT];
    for (; at; at = at->same_next) {
        notification_open(&notification, request, "slotNotification");
        json_open_object(&request->out);
        json_field_u64(&request->out, "parent", shown->info->parent_slot);
        json_field_u64(&request->out, "root", shown->root);
        json_field_u64(&request->out, "slot", shown->info->slot);
        json_close_object(&request->out);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}

static void notify_root(struct pubsub *pubsub, uint64_t slot)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_ROOT];
    for (; at; at = at->same_next) {
        notification_open(&notification, request, "rootNotification");
        json_write_u64(&request->out, slot);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}

/* A client that is told of a slot can read it: Solana's tells when the slot's
 * bank is opened. */
void pubsub_notify_slots(struct pubsub *pubsub,
                         const struct pubsub_block *shown)
{
    struct stage stage = {.slot = shown->info->slot,
                          .unix_ms = shown->info->unix_ms};
    switch (shown->level) {
    case LEDGER_PROCESSED:
        notify_slot(pubsub, shown);
        notify_executed(pubsub, shown);
        return;
    case LEDGER_CONFIRMED:
        stage.name = "optimisticConfirmation";
        break;
    default:
        notify_root(pubsub, shown->info->slot);
        stage.name = "root";
    }
    notify_stage(pubsub, &stage);
}

/* ---- Votes ---- */

/* timestamp is null because votes have none. */
void pubsub_notify_vote(struct pubsub *pubsub,
                        const struct pubkey *vote_account, uint64_t slot,
                        const struct hash *hash,
                        const struct signature *signature)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct json_writer *out = &request->out;
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_VOTE];
    for (; at; at = at->same_next) {
        notification_open(&notification, request, "voteNotification");
        json_open_object(out);
        rpc_field_hash(out, "hash", hash);
        rpc_field_signature(out, "signature", signature);
        json_name(out, "slots");
        json_open_array(out);
        json_write_u64(out, slot);
        json_close_array(out);
        json_field_null(out, "timestamp");
        rpc_field_key(out, "votePubkey", vote_account);
        json_close_object(out);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}
