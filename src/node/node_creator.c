#include "node/node_creator.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/node_transfers.h"

#include <stdlib.h>

/* Between two questions for the funder's key, which the signing process is
 * making. */
#define FUNDER_MS 20

/* An order under way until it is sent; one call at a time, in the order of the
 * functions. */
struct ordering {
    uv_timer_t timer;
    struct node *node;
    char *key;
    struct creator_order order;
    struct creator_facts facts;
    api_creator_ordered *done;
    void *user;
};

static void on_closed(uv_handle_t *handle)
{
    struct ordering *ordering = handle->data;

    free(ordering->key);
    free(ordering);
}

static void finish(struct ordering *ordering, int status, const char *field)
{
    struct node *node = ordering->node;

    ordering->done(ordering->user, status, field);
    uv_close((uv_handle_t *)&ordering->timer, on_closed);
    if (!--node->looks && node->is_stopping)
        node->work_over(node);
}

static bool is_stopping(struct ordering *ordering)
{
    if (!ordering->node->is_stopping)
        return false;
    finish(ordering, err_set(ERR_CANCELLED, "the node is stopping"), NULL);
    return true;
}

/* ---- the order ---- */

static void send_order(struct ordering *ordering, const struct pubkey *funder)
{
    struct node *node = ordering->node;
    struct recipe recipe;
    int status =
        creator_order_compose(&ordering->order, &ordering->facts,
                              signer_main(node->parts.signer), funder, &recipe);

    if (status)
        recipe_free(&recipe);
    else
        status = node_transfers_send_order(node, ordering->key,
                                           &ordering->order, &recipe);
    finish(ordering, status, NULL);
}

static void on_timer(uv_timer_t *timer);

/* A key that is always the same for this order. */
static void take_funder(struct ordering *ordering)
{
    struct journal_name name;
    struct pubkey funder = {{0}};
    int status = 0;

    if (is_stopping(ordering))
        return;
    creator_order_name(ordering->key, ordering->order.kind, &name);
    if (ordering->order.kind == JOURNAL_FUND && !ordering->facts.is_kpl)
        status =
            signer_funder(ordering->node->parts.signer, &name.target, &funder);
    if (status == ERR_BUSY)
        uv_timer_start(&ordering->timer, on_timer, FUNDER_MS, 0);
    else if (status)
        finish(ordering, status, NULL);
    else
        send_order(ordering, &funder);
}

static void on_timer(uv_timer_t *timer)
{
    take_funder(timer->data);
}

static void judge(struct ordering *ordering)
{
    struct creator_cost cost;
    int status = creator_order_judge(&ordering->order, &ordering->facts, &cost);

    if (status)
        finish(ordering, status, cost.field);
    else
        take_funder(ordering);
}

/* ---- what the chain says ---- */

static void on_tokens(void *user, int status,
                      const struct client_account *account)
{
    struct ordering *ordering = user;

    if (!status)
        status = recipe_tokens_read(account, &ordering->facts.token,
                                    &ordering->facts.tokens);
    if (status)
        finish(ordering, status, NULL);
    else
        judge(ordering);
}

static void on_balance(void *user, int status, uint64_t lamports)
{
    struct ordering *ordering = user;
    const struct node_parts *parts = &ordering->node->parts;

    if (status) {
        finish(ordering, status, NULL);
        return;
    }
    ordering->facts.lamports = lamports;
    if (ordering->order.kind != JOURNAL_FUND || !ordering->facts.is_kpl) {
        judge(ordering);
    } else if (!is_stopping(ordering)) {
        struct pubkey tokens = recipe_tokens_of(signer_main(parts->signer),
                                                &ordering->facts.token);

        client_account_info(parts->client, &tokens, on_tokens, ordering);
    }
}

static void on_task(void *user, int status, const struct client_task *task)
{
    struct ordering *ordering = user;
    const struct node_parts *parts = &ordering->node->parts;

    if (status) {
        finish(ordering, status, NULL);
        return;
    }
    ordering->facts =
        (struct creator_facts){.is_kpl = task->is_kpl,
                               .is_active = task->is_active,
                               .is_migrated = task->is_migrated,
                               .token = task->token,
                               .stake_pot = task->stake_pot_account};
    if (!is_stopping(ordering))
        client_balance(parts->client, signer_main(parts->signer), on_balance,
                       ordering);
}

int node_creator_order(struct node *node, const char *key,
                       const struct creator_order *order,
                       api_creator_ordered *done, void *user)
{
    if (node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    struct ordering *ordering = mem_zero(1, sizeof(*ordering));

    ordering->node = node;
    ordering->key = mem_text(key);
    ordering->order = *order;
    ordering->done = done;
    ordering->user = user;
    node->looks++;
    CHECK(!uv_timer_init(node->parts.loop, &ordering->timer));
    ordering->timer.data = ordering;
    client_task_state(node->parts.client, &order->task, 0, on_task, ordering);
    return 0;
}
