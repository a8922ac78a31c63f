/*
 * Notifications of blocks and of transactions in them.
 *
 * Everything is read from the block, which is in memory, when it has reached
 * the level: what is said of a block on a fork that loses later is not taken
 * back, as on Solana.
 *
 * The writers are those of the RPC: a notification is an rpc_request without a
 * caller, so that a block looks the same both ways. If a writer fails (an
 * answer beyond all bounds), this subscriber is not notified, and nothing else
 * happens.
 *
 * A block costs nothing for kinds without a subscriber. Sending only queues:
 * the limit of its queue drops a slow reader.
 *
 * Thread: the loop's.
 */
#include "settlement/ledger/recent.h"
#include "settlement/rpc/pubsub_internal.h"
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

/* ---- Blocks ---- */

/* Note which subscribers' keys the block's transactions name: one walk over the
 * records for all of them, which ends when all keys are found. */
static void note_mentions(struct pubsub *pubsub,
                          const struct pubsub_block *shown)
{
    size_t count = ledger_records_count(&shown->block->records);
    struct arena arena = {0};
    struct ledger_record record;
    struct subscription *const first = pubsub->kinds[SUBSCRIPTION_BLOCK];
    size_t missing = 0;
    for (struct subscription *at = first; at; at = at->same_next) {
        at->is_mentioned = false;
        missing += at->has_key && at->level == shown->level;
    }
    for (size_t i = 0; missing && i < count; i++) {
        const struct ledger_place place = {shown->info->slot, (uint32_t)i};
        arena_reset(&arena);
        if (ledger_record(shown->view, place, &arena, &record))
            break;
        for (struct subscription *at = first; at; at = at->same_next) {
            if (!at->has_key || at->is_mentioned || at->level != shown->level ||
                !rpc_record_mentions(&record, &at->key))
                continue;
            at->is_mentioned = true;
            missing--;
        }
    }
    arena_free(&arena);
}

/* Write up to and including "block":, whose value the caller writes. */
static void open_block(struct json_writer *out, uint64_t slot)
{
    notification_context(out, slot);
    json_open_object(out);
    json_name(out, "block");
}

/* Write what follows "block" and "err". */
static void close_block(struct notification *notification,
                        struct rpc_request *request, uint64_t slot,
                        const struct subscription *at)
{
    json_field_u64(&request->out, "slot", slot);
    json_close_object(&request->out);
    rpc_close_context(&request->out);
    notification_send(notification, request, at);
}

/* Why a subscriber gets no block, in Solana's words (RpcBlockUpdateError). */
static void write_block_error(struct json_writer *out, enum rpc_code code)
{
    json_name(out, "err");
    if (code != RPC_UNSUPPORTED_TRANSACTION_VERSION) {
        json_write_text(out, "BlockStoreError");
        return;
    }
    json_open_object(out);
    /* the only version that there is */
    json_field_u64(out, "UnsupportedTransactionVersion", 0);
    json_close_object(out);
}

/* Notify one subscriber of the block, with the details that it asked for. A
 * block that can't be shown (a transaction of a version that the client did not
 * say it reads, a text that is too large) is reported as an error: the client
 * would take silence for a block that did not come. */
static void notify_block(struct pubsub *pubsub, struct ledger_view *view,
                         const struct ledger_header *header,
                         const struct subscription *at)
{
    struct notification notification = {
        .request = {.options = &pubsub->options, .view = view}};
    struct rpc_request *request = &notification.request;
    struct json_writer *out = &request->out;
    struct rpc_transaction_options how = at->block;
    how.size_max = PUBSUB_NOTIFICATION_MAX;
    if (at->has_key)
        how.mentions = &at->key;
    notification_open(&notification, request, "blockNotification");
    open_block(out, header->slot);
    if (!rpc_write_block(request, out, header, &how)) {
        json_field_null(out, "err");
    } else {
        log_debug("pubsub", "no block: %s", request->error_message);
        buffer_clear(&notification.text);
        notification_open(&notification, request, "blockNotification");
        open_block(out, header->slot);
        json_write_null(out);
        write_block_error(out, request->error_code);
    }
    close_block(&notification, request, header->slot, at);
    arena_free(&request->arena);
    buffer_free(&notification.text);
}

/* Empty blocks are sent, too, unless a key must be mentioned. */
void pubsub_notify_blocks(struct pubsub *pubsub,
                          const struct pubsub_block *shown)
{
    struct ledger_header header;
    if (!pubsub->counts[SUBSCRIPTION_BLOCK][shown->level] ||
        ledger_header(shown->view, shown->info->slot, &header))
        return;
    note_mentions(pubsub, shown);
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_BLOCK];
    for (; at; at = at->same_next)
        if (at->level == shown->level && (!at->has_key || at->is_mentioned))
            notify_block(pubsub, shown->view, &header, at);
}

/* ---- Signatures and logs ---- */

/* Report once that the transaction came. Solana's leader reports this before
 * anything is known of the block; here it is known when the block is executed.
 */
static void notify_received(struct subscription *subscription, uint64_t slot)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    notification_open(&notification, request, "signatureNotification");
    notification_context(&request->out, slot);
    json_write_text(&request->out, "receivedSignature");
    rpc_close_context(&request->out);
    notification_send(&notification, request, subscription);
    buffer_free(&notification.text);
    CHECK(subscription->wants_received);
    subscription->wants_received = false;
    subscription->connection->pubsub->received_count--;
}

/* Report the result and end the subscription, as Solana does: there is nothing
 * more to say about a signature. */
static void notify_signature(struct subscription *subscription, uint64_t slot,
                             struct transaction_status status)
{
    CHECK(subscription->kind == SUBSCRIPTION_SIGNATURE);
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    if (subscription->wants_received)
        notify_received(subscription, slot);
    notification_open(&notification, request, "signatureNotification");
    notification_context(&request->out, slot);
    json_open_object(&request->out);
    json_name(&request->out, "err");
    transaction_status_json(&request->out, status);
    json_close_object(&request->out);
    rpc_close_context(&request->out);
    notification_send(&notification, request, subscription);
    buffer_free(&notification.text);
    subscription_end(subscription); /* it has said all it ever will */
}

/* A transaction may have reached the level before its sender subscribes; then
 * no later block holds it. News come on this thread, so nothing is missed
 * between this look and the next of them. */
void pubsub_tell_if_there(struct subscription *subscription)
{
    CHECK(subscription->kind == SUBSCRIPTION_SIGNATURE);
    struct ledger_view *view;
    struct ledger_place place;
    struct ledger_record record;
    struct arena arena = {0};
    if (ledger_view_open(subscription->connection->pubsub->options.ledger,
                         subscription->level, &view))
        return;
    if (!ledger_find(view, &subscription->signature, &place) &&
        !ledger_record(view, place, &arena, &record))
        notify_signature(subscription, place.slot, record.result.status);
    arena_free(&arena);
    ledger_view_close(view);
}

/* Send a transaction's log to the subscribers that want all logs, or those of a
 * key that the transaction names. */
static void notify_logs(struct pubsub *pubsub, const struct pubsub_block *shown,
                        const struct ledger_record *record)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct signature signature;
    memcpy(signature.bytes, record->wire.data + 1, sizeof(signature.bytes));
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_LOGS];
    for (; at; at = at->same_next) {
        if (at->level != shown->level ||
            (at->has_key && !rpc_record_mentions(record, &at->key)))
            continue;
        notification_open(&notification, request, "logsNotification");
        notification_context(&request->out, shown->info->slot);
        json_open_object(&request->out);
        json_name(&request->out, "err");
        transaction_status_json(&request->out, record->result.status);
        json_name(&request->out, "logs");
        rpc_write_log(&request->out, &record->result);
        rpc_field_signature(&request->out, "signature", &signature);
        json_close_object(&request->out);
        rpc_close_context(&request->out);
        notification_send(&notification, request, at);
    }
    buffer_free(&notification.text);
}

static bool is_awaited(const struct subscription *at, enum ledger_level level)
{
    for (; at; at = at->same_next)
        if (at->level == level ||
            (level == LEDGER_PROCESSED && at->wants_received))
            return true;
    return false;
}

/* A notification ends its subscription, so the next one is taken before. */
static void notify_signatures(struct subscription *at,
                              const struct pubsub_block *shown,
                              const struct ledger_record *record)
{
    while (at) {
        struct subscription *next = at->same_next;
        if (at->level == shown->level)
            notify_signature(at, shown->info->slot, record->result.status);
        else if (shown->level == LEDGER_PROCESSED && at->wants_received)
            notify_received(at, shown->info->slot);
        at = next;
    }
}

/* One walk over the block's records for signatures and logs together, which
 * decodes those that somebody wants. */
void pubsub_notify_records(struct pubsub *pubsub,
                           const struct pubsub_block *shown)
{
    bool has_logs = pubsub->counts[SUBSCRIPTION_LOGS][shown->level] > 0;
    bool has_signatures =
        pubsub->counts[SUBSCRIPTION_SIGNATURE][shown->level] > 0 ||
        (shown->level == LEDGER_PROCESSED && pubsub->received_count > 0);
    size_t count = has_logs || has_signatures
                       ? ledger_records_count(&shown->block->records)
                       : 0;
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const struct ledger_place place = {shown->info->slot, (uint32_t)i};
        struct signature signature;
        struct ledger_record record;
        recent_signature(shown->block, place.index, &signature);
        struct subscription *at =
            map_get(pubsub->signatures, bytes_make(signature.bytes, 64));
        if (!has_logs && !is_awaited(at, shown->level))
            continue;
        arena_reset(&arena);
        if (ledger_record(shown->view, place, &arena, &record))
            break;
        notify_signatures(at, shown, &record);
        notify_logs(pubsub, shown, &record);
    }
    arena_free(&arena);
}
