#include "node/node_staking_empty.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/money/recipe.h"
#include "node/money/transfer.h"
#include "node/node_catalog_row.h"
#include "node/node_transfers.h"
#include "settlement/format/account.h"
#include "settlement/format/well_known.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* An order until it is sent. */
struct emptying {
    struct node *node;
    struct journal_name name;
    struct pubkey staking, way; /* way: the task that the coins go through */
    uint64_t spare;             /* roe, what is moved */
    api_done *done;
    void *user;
};

static void name_of(const char *key, struct journal_name *out)
{
    transfer_name(key, out);
    out->kind = JOURNAL_EMPTY;
}

static void finish(struct emptying *emptying, int status)
{
    emptying->done(emptying->user, status);
    free(emptying);
}

/* ---- sending ---- */

/* What is open still is sent again (node_transfers_tick()). */
static void on_sent(void *user, const struct sender_result *result)
{
    struct node *node = user;

    node->balances[NODE_KEY_STAKING].asked_ms = 0;
    if (result->status)
        log_warn("node", "the staking key is not emptied: %s", result->text);
    if (result->status && result->status != ERR_REMOTE)
        node_transfers_expect(node);
}

/* The recipe is taken over. */
static void send_it(struct emptying *emptying, struct recipe *recipe,
                    int status)
{
    struct node *node = emptying->node;

    if (!status && node->is_stopping)
        status = err_set(ERR_CANCELLED, "the node is stopping");
    if (status)
        recipe_free(recipe);
    else
        status = sender_send(node->parts.sender, &emptying->name,
                             emptying->spare, recipe, on_sent, node);
    finish(emptying, status);
}

/* A key that has not staked yet is an account like any other. */
static void send_plain(struct emptying *emptying)
{
    const struct pubkey *main = signer_main(emptying->node->parts.signer);
    struct recipe recipe;

    recipe_init(&recipe, main);
    send_it(
        emptying, &recipe,
        recipe_transfer(&recipe, &emptying->staking, main, emptying->spare));
}

/* ---- a task that it goes through ---- */

struct way {
    struct pubkey task;
    uint64_t minimum;
    bool is_found;
};

static bool is_true(struct json_object *state, const char *name)
{
    bool value = false;

    return !json_get_bool(state, name, &value) && value;
}

/* A stake of that key would be withdrawn, too, and one with proofs that are
 * recent can't be. */
static bool has_stake(struct json_object *state, const struct pubkey *key)
{
    struct json_object *stakes, *found;

    return json_get_object(state, "stake_list", &stakes) ||
           json_object_object_get_ex(stakes, PUBKEY_TEXT(key), &found);
}

/* The one that takes the smallest stake. One odd account is passed over. */
static void look_at_task(const struct emptying *emptying,
                         const struct client_account *account, struct way *way)
{
    struct json_object *state = NULL;
    struct way found = {.task = account->key};
    int status = json_parse(account->data, &state);

    if (!status)
        status = json_get_u64(state, "minimum_stake_amount", &found.minimum);
    if (!status && is_true(state, "is_active") &&
        !is_true(state, "is_migrated") && found.minimum <= emptying->spare &&
        !has_stake(state, &emptying->staking) &&
        (!way->is_found || found.minimum < way->minimum)) {
        *way = found;
        way->is_found = true;
    }
    json_object_put(state);
    err_clear();
}

static void on_way(void *user, int status, const struct client_task *task)
{
    struct emptying *emptying = user;
    const struct pubkey *main = signer_main(emptying->node->parts.signer);
    struct recipe recipe;

    if (status) {
        finish(emptying, status);
        return;
    }
    recipe_init(&recipe, main);
    send_it(emptying, &recipe,
            recipe_empty(&recipe, &emptying->way, &task->stake_pot_account,
                         &emptying->staking, main, emptying->spare));
}

static void on_tasks(void *user, int status,
                     const struct client_account *accounts, size_t count)
{
    struct emptying *emptying = user;
    struct way way = {0};

    for (size_t i = 0; !status && i < count; i++)
        look_at_task(emptying, &accounts[i], &way);
    if (!status && !way.is_found) {
        char *words = amount_words(emptying->spare, false);
        status = err_set(ERR_STATE,
                         "the key holds %s, which leave it by a stake on a "
                         "task where it has none, and no task takes so little",
                         words);
        free(words);
    }
    if (!status && emptying->node->is_stopping)
        status = err_set(ERR_CANCELLED, "the node is stopping");
    if (status) {
        finish(emptying, status);
        return;
    }
    emptying->way = way.task;
    client_task_state(emptying->node->parts.client, &way.task, 0, on_way,
                      emptying);
}

/* ---- what it holds ---- */

static void on_key(void *user, int status, const struct client_account *account)
{
    static const struct client_filter native = {
        .bytes = {.data = (const uint8_t *)CATALOG_NATIVE_BEGINNING,
                  .size = sizeof(CATALOG_NATIVE_BEGINNING) - 1}};
    struct emptying *emptying = user;
    bool is_plain =
        account && pubkey_equal(&account->owner, &SYSTEM_PROGRAM_ID);
    uint64_t kept =
        account && !is_plain ? rent_minimum_balance(account->data.size) : 0;

    if (!status && (!account || account->lamports <= kept))
        status = err_set(ERR_STATE, "the staking key holds nothing but what "
                                    "its account needs");
    if (status) {
        finish(emptying, status);
        return;
    }
    emptying->spare = account->lamports - kept;
    if (is_plain)
        send_plain(emptying);
    else if (emptying->node->is_stopping)
        finish(emptying, err_set(ERR_CANCELLED, "the node is stopping"));
    else
        client_program_accounts(emptying->node->parts.client,
                                recipe_program(false), &native, SIZE_MAX,
                                on_tasks, emptying);
}

int node_staking_empty(struct node *node, const char *key, api_done *done,
                       void *user)
{
    struct emptying *emptying;

    if (node->parts.slot && !node_is_connected(node))
        return err_set(ERR_NETWORK, "settlement does not answer");
    emptying = mem_zero(1, sizeof(*emptying));
    emptying->node = node;
    name_of(key, &emptying->name);
    emptying->staking = *signer_staking(node->parts.signer);
    emptying->done = done;
    emptying->user = user;
    client_account_info(node->parts.client, &emptying->staking, on_key,
                        emptying);
    return 0;
}

int node_staking_empty_state(struct node *node, const char *key,
                             struct api_stake_state *out)
{
    struct journal_entry entry;
    struct journal_name name;

    *out = (struct api_stake_state){.state = "running"};
    name_of(key, &name);
    int status = journal_find(node->parts.journal, &name, &entry);
    if (status == ERR_NOT_FOUND &&
        sender_is_sending(node->parts.sender, &name)) {
        err_clear();
        return 0;
    }
    if (status)
        return status == ERR_NOT_FOUND
                   ? err_set(status, "no such order was given")
                   : status;
    out->is_sent = true;
    out->amount = entry.amount;
    out->state = entry.state == JOURNAL_FINAL    ? "done"
                 : entry.state == JOURNAL_FAILED ? "failed"
                                                 : "running";
    return 0;
}
