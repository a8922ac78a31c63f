/*
 * Notifications: who is notified of what in a final block.
 *
 * Everything is read from the block's own layer and from a view of the ledger
 * that shows the block, once, after the block is final. With one validator no
 * block is ever taken back, so the kinds that report earlier stages report all
 * of them at once.
 *
 * The writers are those of the RPC: a notification is an rpc_request without a
 * caller, so that an account or a block looks the same both ways. If a writer
 * fails (an answer beyond all bounds), this subscriber is not notified, and
 * nothing else happens.
 *
 * A block costs nothing for kinds without a subscriber. For others each record
 * or account that the block touched is read once and written out for each
 * subscriber. Sending only queues: the limit of its queue drops a slow reader.
 *
 * Thread: the loop's.
 */
#include "settlement/format/well_known.h"
#include "settlement/rpc/pubsub_internal.h"
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

/* First byte of the rows of tasks; the task's key follows (settlement.md). */
#define TASK_ROW_PREFIX 't'

/* The context of an answer, but without the API's version: on Solana only
 * answers name it. */
static void open_context(struct json_writer *out, uint64_t slot)
{
    json_open_object(out);
    json_name(out, "context");
    json_open_object(out);
    json_field_u64(out, "slot", slot);
    json_close_object(out);
    json_name(out, "value");
}

/* ---- Blocks ---- */

/* Note which subscribers' keys the block's transactions name: one walk over the
 * records for all of them, which ends when all keys are found. */
static void note_mentions(struct pubsub *pubsub,
                          const struct ledger_header *header,
                          struct ledger_view *view)
{
    struct arena arena = {0};
    struct ledger_record record;
    struct subscription *const first = pubsub->kinds[SUBSCRIPTION_BLOCK];
    size_t missing = 0;
    for (struct subscription *at = first; at; at = at->same_next) {
        at->is_mentioned = false;
        missing += at->has_key;
    }
    for (size_t i = 0; missing && i < header->transaction_count; i++) {
        const struct ledger_place place = {header->slot, (uint32_t)i};
        arena_reset(&arena);
        if (ledger_record(view, place, &arena, &record))
            break;
        for (struct subscription *at = first; at; at = at->same_next) {
            if (!at->has_key || at->is_mentioned ||
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
    open_context(out, slot);
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
static void notify_blocks(struct pubsub *pubsub, struct ledger_view *view,
                          uint64_t slot)
{
    struct ledger_header header;
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_BLOCK];
    if (!at || ledger_header(view, slot, &header))
        return;
    note_mentions(pubsub, &header, view);
    for (; at; at = at->same_next)
        if (!at->has_key || at->is_mentioned)
            notify_block(pubsub, view, &header, at);
}

/* ---- Signatures and logs ---- */

/* Report that the transaction came. Solana's leader reports this before
 * anything is known of the block. Here a transaction comes and ends in one
 * moment, but a client that waits for this notification must not wait for ever.
 */
static void notify_received(struct notification *notification,
                            const struct subscription *subscription,
                            uint64_t slot)
{
    struct rpc_request *request = &notification->request;
    notification_open(notification, request, "signatureNotification");
    open_context(&request->out, slot);
    json_write_text(&request->out, "receivedSignature");
    rpc_close_context(&request->out);
    notification_send(notification, request, subscription);
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
        notify_received(&notification, subscription, slot);
    notification_open(&notification, request, "signatureNotification");
    open_context(&request->out, slot);
    json_open_object(&request->out);
    json_name(&request->out, "err");
    transaction_status_json(&request->out, status);
    json_close_object(&request->out);
    rpc_close_context(&request->out);
    notification_send(&notification, request, subscription);
    buffer_free(&notification.text);
    subscription_end(subscription); /* it has said all it ever will */
}

/* A transaction may be final before its sender subscribes; then no later block
 * holds it. Notifications of blocks are sent on this thread, so no block can
 * slip in between this look and the next notification. */
void pubsub_tell_if_final(struct subscription *subscription)
{
    CHECK(subscription->kind == SUBSCRIPTION_SIGNATURE);
    struct ledger_view *view;
    struct ledger_place place;
    struct ledger_record record;
    struct arena arena = {0};
    if (ledger_view_open(subscription->connection->pubsub->options.ledger,
                         LEDGER_FINALIZED, &view))
        return;
    if (!ledger_find(view, &subscription->signature, &place) &&
        !ledger_record(view, place, &arena, &record))
        notify_signature(subscription, place.slot, record.result.status);
    arena_free(&arena);
    ledger_view_close(view);
}

/* Send a transaction's log to the subscribers that want all logs, or those of a
 * key that the transaction names. */
static void notify_logs(struct pubsub *pubsub, uint64_t slot,
                        const struct ledger_record *record)
{
    struct notification notification = {0};
    struct rpc_request *request = &notification.request;
    struct signature signature;
    memcpy(signature.bytes, record->wire.data + 1, sizeof(signature.bytes));
    struct subscription *at = pubsub->kinds[SUBSCRIPTION_LOGS];
    for (; at; at = at->same_next) {
        if (at->has_key && !rpc_record_mentions(record, &at->key))
            continue;
        notification_open(&notification, request, "logsNotification");
        open_context(&request->out, slot);
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

/* One walk over the block's records for signatures and logs together. A
 * notification ends its subscription, so the next subscription is taken before.
 */
static void notify_records(struct pubsub *pubsub, struct ledger_view *view,
                           uint64_t slot)
{
    if (!pubsub->counts[SUBSCRIPTION_SIGNATURE] &&
        !pubsub->counts[SUBSCRIPTION_LOGS])
        return;
    struct arena arena = {0};
    struct ledger_record record;
    for (uint32_t index = 0;; index++) {
        struct ledger_place place = {slot, index};
        if (ledger_record(view, place, &arena, &record))
            break;
        struct bytes key = bytes_make(record.wire.data + 1, 64);
        struct subscription *at = map_get(pubsub->signatures, key);
        while (at) {
            struct subscription *next = at->same_next;
            notify_signature(at, slot, record.result.status);
            at = next;
        }
        notify_logs(pubsub, slot, &record);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

/* ---- Accounts ---- */

/* An account that is gone is shown as an empty account of the System program,
 * so that its subscriber learns of its end. A program's subscribers are not
 * notified, because the account no longer belongs to the program. */
static int find_touched(struct rpc_request *request, const struct pubkey *key,
                        struct account *out)
{
    int status = rpc_find_account(request, key, out);
    if (status == ERR_NOT_FOUND) {
        *out = (struct account){.owner = SYSTEM_PROGRAM_ID};
        return 0;
    }
    return status;
}

/* Send one account to one subscriber, for both kinds that show accounts. A
 * program's subscriber also gets the account's key. */
static void notify_account(struct rpc_request *request,
                           const struct subscription *at,
                           const struct pubkey *key,
                           const struct account *account, uint64_t slot)
{
    bool is_program = at->kind == SUBSCRIPTION_PROGRAM;
    struct notification notification = {0};
    notification_open(&notification, request,
                      is_program ? "programNotification"
                                 : "accountNotification");
    struct json_writer *out = &request->out;
    open_context(out, slot);
    if (is_program) {
        json_open_object(out);
        rpc_field_key(out, "pubkey", key);
        json_name(out, "account");
    }
    int status = rpc_write_account(request, out, key, account, &at->config);
    if (is_program && !status)
        json_close_object(out);
    if (!status) {
        rpc_close_context(out);
        notification_send(&notification, request, at);
    } else {
        log_debug("pubsub", "no notification: %s", request->error_message);
    }
    buffer_free(&notification.text);
}

/* The account is read once for all its subscribers. Filters are tried on the
 * whole data, which was made anyway. */
static void notify_touched(struct pubsub *pubsub, struct ledger_view *view,
                           const struct pubkey *key, uint64_t slot)
{
    struct subscription *at = map_get(pubsub->accounts, pubkey_bytes(key));
    if (!at && !pubsub->counts[SUBSCRIPTION_PROGRAM])
        return;
    struct rpc_request request = {.options = &pubsub->options, .view = view};
    struct account account;
    if (!find_touched(&request, key, &account)) {
        for (; at; at = at->same_next)
            notify_account(&request, at, key, &account, slot);
        at = pubsub->kinds[SUBSCRIPTION_PROGRAM];
        for (; at; at = at->same_next) {
            if (pubkey_equal(&account.owner, &at->key) &&
                rpc_filters_match(&at->filters, account.space, account.data) &&
                rpc_account_is_listed(&request, key, &account, &at->config))
                notify_account(&request, at, key, &account, slot);
        }
    }
    arena_free(&request.arena);
}

/* Visit every account that the block touched, once. A change of a task's rows
 * changes its account, whose data is rendered from them. An account's own row
 * and its task's rows are apart in the order of keys, so a map remembers which
 * accounts were sent.
 */
static void notify_accounts(struct pubsub *pubsub, struct ledger_view *view,
                            const struct bank *bank)
{
    if (!pubsub->counts[SUBSCRIPTION_ACCOUNT] &&
        !pubsub->counts[SUBSCRIPTION_PROGRAM])
        return;
    const void *position = NULL;
    struct state_change change;
    struct map *touched = map_new();
    uint64_t slot = bank_info(bank)->slot;
    while (state_layer_next(bank_layer(bank), &position, &change)) {
        struct pubkey key;
        if (change.key.size < 1 + sizeof(key.bytes) ||
            (change.key.data[0] != ACCOUNT_ROW_PREFIX &&
             change.key.data[0] != TASK_ROW_PREFIX))
            continue;
        memcpy(key.bytes, change.key.data + 1, sizeof(key.bytes));
        if (map_put(touched, pubkey_bytes(&key), pubsub))
            continue;
        notify_touched(pubsub, view, &key, slot);
    }
    map_free(touched);
}

/* Slots come first. A block without transactions changes no account's row, so
 * the ledger is opened for it only if somebody wants whole blocks. */
void pubsub_final(struct pubsub *pubsub, const struct bank *bank)
{
    const struct bank_info *info = bank_info(bank);
    struct ledger_view *view;
    CHECK(info->frozen);
    pubsub_notify_slots(pubsub, info);
    if (info->signature_count == 0 && !pubsub->counts[SUBSCRIPTION_BLOCK]) {
        pubsub_notify_updates(pubsub, info, NULL);
        return;
    }
    int status =
        ledger_view_open(pubsub->options.ledger, LEDGER_FINALIZED, &view);
    if (status) {
        log_error("pubsub", "subscribers get no block %llu: %s",
                  (unsigned long long)info->slot, err_text());
        return;
    }
    pubsub_notify_updates(pubsub, info, view);
    notify_blocks(pubsub, view, info->slot);
    notify_records(pubsub, view, info->slot);
    notify_accounts(pubsub, view, bank);
    ledger_view_close(view);
}
