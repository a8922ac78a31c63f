/*
 * Tokens on a private network.
 *
 * A KPL task's configuration names a mint that lives on a public network. It is
 * not here, nobody here could mint it, and an account can't be put at its
 * address. So the network has a token of its own: FOLDER/mint.json is the
 * mint's key, the network's wallet may mint, and every KPL task that is
 * deployed with the network is paid in it. Nine decimals, so that an amount in
 * a configuration is the same number of base units as it would be of roe.
 *
 * A configuration that names the network's own mint means the same.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "devnet/network_parts.h"

#include <stdlib.h>

/* Each is two instructions of a recipe, and 64 bytes of addresses and some more
 * in a transaction of 1232 bytes. */
#define GIFTS_AT_ONCE (RECIPE_INSTRUCTIONS_MAX / 2)

/* From a question for an account to whether it is there. */
struct presence {
    struct client_waiting waiting;
    bool is_there;
};

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    struct presence *presence = user;

    presence->is_there = !status && account;
    client_finish(&presence->waiting, status);
}

/* Its key is on disk before it is on chain, and signs only where it is made. */
static int find_mint(struct network *network, struct pubkey *mint)
{
    struct presence presence = {0};
    struct recipe recipe;
    char *path = mem_format("%s/mint.json", network->folder);
    bool is_new;
    int status = signer_add_file(network->signer, path, &is_new, mint);

    free(path);
    if (status)
        return status;
    client_account_info(network->client, mint, on_account, &presence);
    status = client_wait(network->client, &presence.waiting);
    if (status || presence.is_there)
        return status;
    recipe_init(&recipe, signer_main(network->signer));
    recipe_token_mint(&recipe, mint, NETWORK_TOKEN_DECIMALS);
    status = network_send(network, &recipe);
    recipe_free(&recipe);
    return status;
}

/* Who gets tokens, in one transaction. */
static void add_gift(struct recipe *recipe, const struct pubkey *mint,
                     const struct pubkey *wallet, uint64_t amount)
{
    recipe_token_account(recipe, wallet, mint);
    recipe_token_mint_to(recipe, mint, wallet, amount);
}

/* Each transaction is waited for until it is confirmed, so a network of many
 * nodes has them share. */
static int give_nodes(struct network *network, const struct pubkey *mint,
                      uint64_t amount)
{
    unsigned next = 0;
    int status = 0;

    while (next < network->node_count && !status) {
        struct recipe recipe;

        recipe_init(&recipe, signer_main(network->signer));
        for (unsigned i = 0; i < GIFTS_AT_ONCE && next < network->node_count;
             i++)
            add_gift(&recipe, mint, &network->view.nodes[next++].main, amount);
        status = network_send(network, &recipe);
        recipe_free(&recipe);
    }
    return status;
}

static int give_bounty(struct network *network, const struct pubkey *mint,
                       uint64_t amount)
{
    struct recipe recipe;

    recipe_init(&recipe, signer_main(network->signer));
    add_gift(&recipe, mint, signer_main(network->signer), amount);
    int status = network_send(network, &recipe);
    recipe_free(&recipe);
    return status;
}

int network_tokens(struct network *network, struct deployment *deployment,
                   uint64_t stake)
{
    CHECK(deployment->is_kpl);
    struct pubkey mint;
    int status = find_mint(network, &mint);

    if (!status)
        status = give_bounty(network, &mint, deployment->total_bounty_roe);
    if (!status)
        status = give_nodes(network, &mint, stake);
    if (status)
        return err_add(status, "the network's token");
    if (!pubkey_equal(&mint, &deployment->token))
        network_note(
            network,
            "the task is paid in %s, a token of this network's own, in "
            "place of its token_type",
            PUBKEY_TEXT(&mint));
    deployment->token = mint;
    return 0;
}
