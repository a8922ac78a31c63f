/*
 * What the files of node_page.h share: node_page.c has the table, and
 * node_page_money.c those of its functions that move coins or ask what became
 * of them. Contracts: node/page/api_world.h.
 */
#ifndef POND_NODE_NODE_PAGE_INTERNAL_H
#define POND_NODE_NODE_PAGE_INTERNAL_H

#include "node/money/wallet_account.h"
#include "node/node_deploys.h"
#include "node/node_page.h"

/*
 * Invariants: earned has what was read at asked_ms (monotonic) or before, once
 * has_earned is set.
 */
struct node_page {
    struct node *node;
    char *name;
    bool is_asking, has_earned;
    uint64_t asked_ms;
    char today[11]; /* of the question */
    int64_t earned_today, earned_yesterday;
    enum setup_step first_run;
    uint64_t away_since_ms; /* Unix; 0: settlement answers, or never did */
    struct node_deploys *deploys;
    char used[WALLET_ACCOUNT_SIZE_MAX + 1]; /* the account; "": not read */
};

int node_page_look_at_transfer(void *user, const struct transfer *transfer,
                               api_transfer_seen *done, void *done_user);
int node_page_send_transfer(void *user, const char *key,
                            const struct transfer *transfer);
int node_page_transfer_state(void *user, const char *key,
                             struct api_transfer_state *out);
int node_page_order_as_creator(void *user, const char *key,
                               const struct creator_order *order,
                               api_creator_ordered *done, void *done_user);
int node_page_creator_state(void *user, const char *key, enum journal_kind kind,
                            struct api_creator_state *out);
int node_page_claim(void *user, const struct pubkey *task, uint64_t *number);
int node_page_claim_state(void *user, const struct pubkey *task,
                          uint64_t number, const char **state);
int node_page_stake_more(void *user, const struct pubkey *task, const char *key,
                         uint64_t amount, api_done *done, void *done_user);
int node_page_stake_state(void *user, const struct pubkey *task,
                          const char *key, struct api_stake_state *out);
int node_page_empty_staking(void *user, const char *key, api_done *done,
                            void *done_user);
int node_page_empty_state(void *user, const char *key,
                          struct api_stake_state *out);
bool node_page_has_faucet(void *user);
int node_page_ask_faucet(void *user, uint64_t roe, api_done *done,
                         void *done_user);

#endif
