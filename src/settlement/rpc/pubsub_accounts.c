/*
 * Notifications of accounts, by their own key or by their program's.
 *
 * What a block touched is read from its bank's layer; the accounts are shown as
 * of the newest tip of the level, which may be a little newer than the block.
 * If a fork has lost, the subscribers of accounts that it touched are notified
 * of what the accounts are now, as on Solana; those of programs are not.
 *
 * Thread: the loop's.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/error.h"
#include "base/log.h"
#include "settlement/format/well_known.h"

/* First byte of the rows of tasks; the task's key follows (settlement.md). */
#define TASK_ROW_PREFIX 't'

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
    notification_context(out, slot);
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

static bool has_account(const struct subscription *at, enum ledger_level level)
{
    for (; at; at = at->same_next)
        if (at->level == level)
            return true;
    return false;
}

/* Filters are tried on the whole data, which was made anyway. */
static void notify_program(struct rpc_request *request,
                           const struct subscription *at,
                           enum ledger_level level, const struct pubkey *key,
                           struct account *account, uint64_t slot)
{
    for (; at; at = at->same_next) {
        if (at->level == level && pubkey_equal(&account->owner, &at->key) &&
            rpc_filters_match(&at->filters, account->space, account->data) &&
            rpc_account_is_listed(request, key, account, &at->config))
            notify_account(request, at, key, account, slot);
    }
}

/* The account is read once for all its subscribers. */
static void notify_touched(struct pubsub *pubsub, enum ledger_level level,
                           struct ledger_view *view, const struct pubkey *key,
                           uint64_t slot, bool is_reverted)
{
    struct subscription *at = map_get(pubsub->accounts, pubkey_bytes(key));
    bool is_wanted = has_account(at, level);
    bool has_program =
        !is_reverted && pubsub->counts[SUBSCRIPTION_PROGRAM][level];
    if (!is_wanted && !has_program)
        return;
    struct rpc_request request = {.options = &pubsub->options, .view = view};
    struct account account;
    if (!find_touched(&request, key, &account)) {
        for (; at; at = at->same_next)
            if (at->level == level)
                notify_account(&request, at, key, &account, slot);
        if (has_program)
            notify_program(&request, pubsub->kinds[SUBSCRIPTION_PROGRAM], level,
                           key, &account, slot);
    }
    arena_free(&request.arena);
}

/* Visit every account that the block touched, once. A change of a task's rows
 * changes its account, whose data is rendered from them. An account's own row
 * and its task's rows are apart in the order of keys, so a map remembers which
 * accounts were sent. */
void pubsub_notify_accounts(struct pubsub *pubsub, enum ledger_level level,
                            struct ledger_view *view,
                            const struct executed_block *block, uint64_t slot,
                            bool is_reverted)
{
    const void *position = NULL;
    struct state_change change;
    struct map *touched = map_new();
    while (state_layer_next(bank_layer(block->bank), &position, &change)) {
        struct pubkey key;
        if (change.key.size < 1 + sizeof(key.bytes) ||
            (change.key.data[0] != ACCOUNT_ROW_PREFIX &&
             change.key.data[0] != TASK_ROW_PREFIX))
            continue;
        memcpy(key.bytes, change.key.data + 1, sizeof(key.bytes));
        if (map_put(touched, pubkey_bytes(&key), pubsub))
            continue;
        notify_touched(pubsub, level, view, &key, slot, is_reverted);
    }
    map_free(touched);
}
