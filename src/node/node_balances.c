#include "node/node_balances.h"

#include "base/check.h"
#include "base/error.h"
#include "node/node_internal.h"

/* Transactions of the node itself change the main wallet's; the others follow
 * what its operator does with them. */
static const uint64_t every_ms[NODE_KEYS] = {
    [NODE_KEY_STAKING] = 10000,
    [NODE_KEY_STAKING_KPL] = 10000,
};

/* A failed look keeps the old figure; a later one asks again. */
static void on_balance(void *user, int status, uint64_t roe)
{
    struct node_balance *balance = user;

    CHECK(balance->is_asking);
    balance->is_asking = false;
    if (!status) {
        balance->roe = roe;
        balance->is_known = true;
    }
}

/* False: it is not known yet. */
static bool find_key(const struct node *node, enum node_key which,
                     struct pubkey *out)
{
    struct signer *signer = node->parts.signer;

    if (which != NODE_KEY_STAKING_KPL) {
        *out = which == NODE_KEY_MAIN ? *signer_main(signer)
                                      : *signer_staking(signer);
        return true;
    }
    if (!signer_staking_kpl(signer, out))
        return true;
    err_clear();
    return false;
}

void node_balances_look(struct node *node, uint64_t now_ms)
{
    for (enum node_key i = 0; i < NODE_KEYS; i++) {
        struct node_balance *balance = &node->balances[i];
        struct pubkey key;

        if (balance->is_asking ||
            (balance->asked_ms && now_ms - balance->asked_ms < every_ms[i]) ||
            !find_key(node, i, &key))
            continue;
        balance->is_asking = true;
        balance->asked_ms = now_ms;
        client_balance(node->parts.client, &key, on_balance, balance);
    }
}

bool node_balance_of(const struct node *node, enum node_key key, uint64_t *roe)
{
    *roe = node->balances[key].roe;
    return node->balances[key].is_known;
}
