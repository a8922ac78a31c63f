#include "node/node_page_internal.h"

#include "base/error.h"
#include "node/node_claims.h"
#include "node/node_creator.h"
#include "node/node_stakes.h"
#include "node/node_staking_empty.h"
#include "node/node_transfers.h"

/* What has to ask settlement first is refused at once while that does not
 * answer: a browser would wait longer than it has patience, and say that the
 * node is away. At the start, when it has not answered yet, it is tried. */
static int check_settlement(const struct node_page *page)
{
    if (page->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    return !page->node->parts.slot || node_is_connected(page->node)
               ? 0
               : err_set(ERR_NETWORK, "settlement does not answer");
}

int node_page_look_at_transfer(void *user, const struct transfer *transfer,
                               api_transfer_seen *done, void *done_user)
{
    const struct node_page *page = user;
    int status = check_settlement(page);

    return status ? status
                  : node_transfers_look(page->node, transfer, done, done_user);
}

int node_page_send_transfer(void *user, const char *key,
                            const struct transfer *transfer)
{
    const struct node_page *page = user;

    return node_transfers_send(page->node, key, transfer);
}

int node_page_transfer_state(void *user, const char *key,
                             struct api_transfer_state *out)
{
    const struct node_page *page = user;

    return node_transfers_state(page->node, key, out);
}

int node_page_order_as_creator(void *user, const char *key,
                               const struct creator_order *order,
                               api_creator_ordered *done, void *done_user)
{
    const struct node_page *page = user;
    int status = check_settlement(page);

    return status ? status
                  : node_creator_order(page->node, key, order, done, done_user);
}

int node_page_creator_state(void *user, const char *key, enum journal_kind kind,
                            struct api_creator_state *out)
{
    const struct node_page *page = user;

    return node_transfers_creator_state(page->node, key, kind, out);
}

int node_page_claim(void *user, const struct pubkey *task, uint64_t *number)
{
    const struct node_page *page = user;

    return node_claims_order(page->node, task, number);
}

int node_page_claim_state(void *user, const struct pubkey *task,
                          uint64_t number, const char **state)
{
    const struct node_page *page = user;

    return node_claims_state(page->node, task, number, state);
}

int node_page_stake_more(void *user, const struct pubkey *task, const char *key,
                         uint64_t amount, api_done *done, void *done_user)
{
    const struct node_page *page = user;
    int status = check_settlement(page);

    return status ? status
                  : node_stakes_order(page->node, task, key, amount, done,
                                      done_user);
}

int node_page_stake_state(void *user, const struct pubkey *task,
                          const char *key, struct api_stake_state *out)
{
    const struct node_page *page = user;

    return node_stakes_state(page->node, task, key, out);
}

int node_page_empty_staking(void *user, const char *key, api_done *done,
                            void *done_user)
{
    const struct node_page *page = user;

    return node_staking_empty(page->node, key, done, done_user);
}

int node_page_empty_state(void *user, const char *key,
                          struct api_stake_state *out)
{
    const struct node_page *page = user;

    return node_staking_empty_state(page->node, key, out);
}

bool node_page_has_faucet(void *user)
{
    const struct node_page *page = user;

    return node_transfers_has_faucet(page->node);
}

int node_page_ask_faucet(void *user, uint64_t roe, api_done *done,
                         void *done_user)
{
    const struct node_page *page = user;
    int status = check_settlement(page);

    return status ? status
                  : node_transfers_faucet(page->node, roe, done, done_user);
}
