/*
 * Notifications of slots and of the stages they go through.
 */
#include "settlement/format/block.h"
#include "settlement/rpc/pubsub_internal.h"

#include "base/error.h"
#include "base/log.h"

/* Subscribers are notified when a slot is final, so it is its own root. */
void pubsub_notify_slots(struct pubsub *pubsub, const struct bank_info *info)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct subscription *at;
    for (at = pubsub->kinds[SUBSCRIPTION_SLOT]; at; at = at->same_next) {
        notification_open(&notification, request, "slotNotification");
        json_open_object(&request->out);
        json_field_u64(&request->out, "parent", info->parent_slot);
        json_field_u64(&request->out, "root", info->slot);
        json_field_u64(&request->out, "slot", info->slot);
        json_close_object(&request->out);
        notification_send(&notification, request, at);
    }
    for (at = pubsub->kinds[SUBSCRIPTION_ROOT]; at; at = at->same_next) {
        notification_open(&notification, request, "rootNotification");
        json_write_u64(&request->out, info->slot);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}

/* ---- Stages ---- */

/* Solana's SlotTransactionStats. */
struct slot_stats {
    uint64_t entries; /* that have transactions */
    uint64_t succeeded;
    uint64_t failed;
    uint64_t most; /* transactions in one entry */
};

static int count_entries(struct ledger_view *view, uint64_t slot,
                         struct arena *arena, struct slot_stats *stats)
{
    struct ledger_header header;
    struct block block;
    int status = ledger_header(view, slot, &header);
    if (!status && header.data.size > 0)
        status = block_decode(header.data, arena, &block);
    if (status || header.data.size == 0)
        return status;
    for (size_t i = 0; i < block.entry_count; i++) {
        size_t count = block.entries[i].transaction_count;
        stats->entries += count > 0;
        stats->most = count > stats->most ? count : stats->most;
    }
    return 0;
}

static int count_transactions(struct ledger_view *view, uint64_t slot,
                              struct arena *arena, struct slot_stats *stats)
{
    for (uint32_t index = 0;; index++) {
        const struct ledger_place place = {slot, index};
        struct ledger_record record;
        int status = ledger_record(view, place, arena, &record);
        if (status)
            return status == ERR_NOT_FOUND ? 0 : status;
        if (transaction_status_ok(record.result.status))
            stats->succeeded++;
        else
            stats->failed++;
        arena_reset(arena);
    }
}

static struct slot_stats count_slot(struct ledger_view *view, uint64_t slot)
{
    struct slot_stats stats = {0};
    struct arena arena = {0};
    int status = count_entries(view, slot, &arena, &stats);
    arena_reset(&arena);
    if (!status)
        status = count_transactions(view, slot, &arena, &stats);
    if (status)
        log_error("pubsub", "block %llu can't be counted: %s",
                  (unsigned long long)slot, err_text());
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

/* A slot has reached all stages when its subscribers are notified. timestamp is
 * the block's time in ms. */
void pubsub_notify_updates(struct pubsub *pubsub, const struct bank_info *info,
                           struct ledger_view *view)
{
    enum { CREATED, COMPLETED, FROZEN, CONFIRMED, ROOT, STAGES };
    static const char *const names[STAGES] = {[CREATED] = "createdBank",
                                              [COMPLETED] = "completed",
                                              [FROZEN] = "frozen",
                                              [CONFIRMED] =
                                                  "optimisticConfirmation",
                                              [ROOT] = "root"};
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct json_writer *out = &request->out;
    struct slot_stats stats = {0};
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_SLOTS_UPDATES];
    if (at && view)
        stats = count_slot(view, info->slot);
    for (; at; at = at->same_next) {
        for (int stage = 0; stage < STAGES; stage++) {
            notification_open(&notification, request,
                              "slotsUpdatesNotification");
            json_open_object(out);
            if (stage == CREATED)
                json_field_u64(out, "parent", info->parent_slot);
            json_field_u64(out, "slot", info->slot);
            if (stage == FROZEN)
                write_stats(out, &stats);
            json_field_u64(out, "timestamp", info->unix_ms);
            json_field_text(out, "type", names[stage]);
            json_close_object(out);
            notification_send(&notification, request, at);
        }
    }
    buffer_free(&notification.text);
}
