/*
 * What is known of a transfer's both ends: asked of the endpoint, one account
 * after the other, and of the journal.
 */
#include "base/error.h"
#include "base/memory.h"
#include "node/node_transfers.h"
#include "settlement/format/well_known.h"

#include <stdlib.h>

/* A question under way; one call at a time, in the order of the functions. */
struct looking {
    struct node *node;
    struct transfer transfer;
    struct transfer_facts facts;
    api_transfer_seen *done;
    void *user;
};

static void finish_look(struct looking *looking, int status)
{
    looking->done(looking->user, status, status ? NULL : &looking->facts);
    free(looking);
}

static void on_counted(void *user, int status)
{
    finish_look(user, status);
}

/* On the pool. */
static int count(struct journal *journal, void *user)
{
    struct looking *looking = user;

    return transfer_count(journal, &looking->transfer.to,
                          &looking->facts.sent_before);
}

static void look_at_journal(struct looking *looking)
{
    journal_writer_run(looking->node->parts.writer, count, on_counted, looking);
}

static void on_their_tokens(void *user, int status,
                            const struct client_account *account)
{
    struct looking *looking = user;

    if (status) {
        finish_look(looking, status);
        return;
    }
    looking->facts.to_has_token = account != NULL;
    look_at_journal(looking);
}

/* The next question, or the end where the node stops. */
static void ask(struct looking *looking, const struct pubkey *key,
                client_account_callback *answered)
{
    struct client *client = looking->node->parts.client;

    if (client)
        client_account_info(client, key, answered, looking);
    else
        finish_look(looking, err_set(ERR_CANCELLED, "the node is stopping"));
}

static void on_own_tokens(void *user, int status,
                          const struct client_account *account)
{
    struct looking *looking = user;
    const struct transfer *transfer = &looking->transfer;
    struct pubkey theirs = recipe_tokens_of(&transfer->to, &transfer->mint);

    if (!status)
        status = recipe_tokens_read(account, &transfer->mint,
                                    &looking->facts.tokens);
    if (status)
        finish_look(looking, status);
    else
        ask(looking, &theirs, on_their_tokens);
}

static void on_mint(void *user, int status,
                    const struct client_account *account)
{
    struct looking *looking = user;
    const struct transfer *transfer = &looking->transfer;
    struct pubkey own = recipe_tokens_of(&transfer->from, &transfer->mint);

    if (status) {
        finish_look(looking, status);
        return;
    }
    looking->facts.is_mint = account &&
                             pubkey_equal(&account->owner, &TOKEN_PROGRAM_ID) &&
                             account->data.size != TOKEN_ACCOUNT_SIZE;
    ask(looking, &own, on_own_tokens);
}

static void on_to(void *user, int status, const struct client_account *account)
{
    struct looking *looking = user;
    struct transfer_facts *facts = &looking->facts;

    if (status) {
        finish_look(looking, status);
        return;
    }
    facts->to_exists = account != NULL;
    if (account) {
        facts->to_is_program = account->is_executable;
        facts->to_owner = account->owner;
        facts->to_lamports = account->lamports;
    }
    if (looking->transfer.is_token)
        ask(looking, &looking->transfer.mint, on_mint);
    else
        look_at_journal(looking);
}

static void on_from(void *user, int status,
                    const struct client_account *account)
{
    struct looking *looking = user;

    if (status) {
        finish_look(looking, status);
        return;
    }
    looking->facts.lamports = account ? account->lamports : 0;
    ask(looking, &looking->transfer.to, on_to);
}

static bool is_own_staking(struct signer *signer, const struct pubkey *key)
{
    struct signer_key found;

    return signer_find(signer, key, &found) && found.role != SIGNER_MAIN;
}

int node_transfers_look(struct node *node, const struct transfer *transfer,
                        api_transfer_seen *done, void *user)
{
    if (node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    struct looking *looking = mem_zero(1, sizeof(*looking));

    looking->node = node;
    looking->transfer = *transfer;
    looking->facts.to_is_own_staking =
        is_own_staking(node->parts.signer, &transfer->to);
    looking->done = done;
    looking->user = user;
    ask(looking, &transfer->from, on_from);
    return 0;
}
