/*
 * What the page does with the wallets of a folder whose node runs: lists them,
 * shows words and keys, seals them anew, deletes one. Secrets are in locked
 * memory and in an answer that does not move; files are read and written on
 * other threads.
 *
 * The folder's lock is the node's, and nobody but this changes its key files
 * while it runs; callers see to one order at a time, but for lists.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_WALLETS_H
#define POND_NODE_PAGE_WALLETS_H

#include "base/buffer.h"
#include "node/money/wallet_account.h"
#include <uv.h>

enum wallets_kind {
    WALLETS_LIST,
    WALLETS_WORDS,  /* {"words":[text]} */
    WALLETS_EXPORT, /* {"key":[64 numbers]} */
    WALLETS_RESEAL, /* of all that the passphrase opens: {} */
    WALLETS_DELETE, /* {} */
    WALLETS_CHOOSE, /* the one in use from the next start on: {} */
};

struct wallets_order {
    enum wallets_kind kind;
    const char *folder;
    const char *used;        /* the account that the node has */
    const char *name;        /* the one that is meant */
    struct bytes passphrase; /* of it; empty: it has none */
    struct bytes fresh;      /* RESEAL: the new one */
    bool is_kept;            /* RESEAL: the folder keeps it */
    bool is_staking;         /* EXPORT: the staking key, not the main one */
};

/* How it ended, from the loop. What is found is valid during the call; json is
 * the answer to give, to be taken over. ERR_DENIED: the passphrase is another;
 * errors of wallet_account.h and wallet_phrase.h. */
struct wallets_found {
    int status;
    struct wallet_account *accounts; /* LIST */
    size_t count;
    struct buffer *json;
};
typedef void wallets_done(void *user, const struct wallets_found *found);

/* Texts and secrets are copied. done comes once. */
void wallets_begin(uv_loop_t *loop, const struct wallets_order *order,
                   wallets_done *done, void *user);

#endif
