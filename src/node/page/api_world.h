/*
 * How the API reaches the node: a table of functions that the node hands over,
 * as it does to its ports (node/node_control.h). Most orders exist as routes of
 * the control port, so the API asks by their paths and does not write them
 * again; what they don't say has a function of its own here.
 *
 * Thread: the loop's, all of it. done and answered come from the loop, and
 * never from inside the call.
 */
#ifndef POND_NODE_PAGE_API_WORLD_H
#define POND_NODE_PAGE_API_WORLD_H

#include "base/json.h"
#include "node/money/creator_order.h"
#include "node/money/transfer.h"
#include "node/owner/choice_book.h"
#include "node/owner/preference.h"
#include "node/page/setup.h"

struct client;

typedef void api_done(void *user, int status);
/* JSON text, to be taken over or freed; empty is {}. */
typedef void api_answered(void *user, int status, struct buffer *answer);

/* A route of the control port (node/node.h, node/node_owner.h). */
struct api_question {
    const char *path;
    bool is_order; /* a POST with body; else a GET with body's texts as query */
    struct json_object *body;
    api_done *done;
    api_answered *answered;
    void *user; /* of both */
};

/* What changes with every slot; nothing is asked for it. */
struct api_clock {
    uint64_t slot, final_slot; /* 0: none yet */
    uint64_t slot_ms;
    bool is_connected;
    uint64_t away_since_ms; /* Unix: when settlement answered last; 0: it does,
                               or never did */
};

/* Figures that the status has not, KOII in roe, and whether they are known. */
struct api_figures {
    bool has_wallet; /* the status' main_balance */
    bool has_earned;
    int64_t earned_today, earned_yesterday; /* rewards less losses, UTC */
    uint64_t cpu_ms;                        /* of the node's process, so far */
    uint64_t memory_bytes;                  /* resident */
};

/* What is known of a transfer's both ends; facts only with status 0. */
typedef void api_transfer_seen(void *user, int status,
                               const struct transfer_facts *facts);

/* How it is with what was ordered by a key. */
struct api_order_state {
    const char *state; /* running, done, failed */
    bool is_sent;      /* it is in the journal; else it is being signed */
    struct signature signature; /* zero bytes until it is sent */
    uint64_t slot;              /* once it is done */
    char text[256];             /* why it failed; "" where that is not known */
};
struct api_transfer_state {
    struct api_order_state order;
    struct transfer transfer;
};
struct api_creator_state {
    struct api_order_state order;
    struct creator_order creator;
};

/* Whether a creator's order was sent, or was before: 0; else what refused it,
 * with the field at fault or NULL. */
typedef void api_creator_ordered(void *user, int status, const char *field);

/* How it is with an order of more stake. */
struct api_stake_state {
    const char *state; /* running, done, failed */
    bool is_sent;      /* it is in the journal; else it is being signed */
    uint64_t amount;   /* of the task's base units */
    char text[256];    /* why it failed; "" where that is not known */
};

/* What a command needs to act as this node's wallet. */
struct api_deploy_place {
    const char *endpoint;    /* as client_new() takes it */
    const char *wallet_file; /* the main wallet's key, maybe sealed */
    const char *key_folder;  /* where keys of new tasks are kept */
};

/* A task that was put on chain, or moved, for the account book. */
struct api_deployed {
    struct pubkey task;
    struct signature signature;
    uint64_t slot, amount_roe, fee_roe; /* the amount without the fee */
};

struct api_wallets {
    const char *used; /* the account */
    bool is_named;    /* on the command line: no other can be chosen */
    bool is_kept;     /* the folder keeps the passphrase */
    /* The file that the passphrase comes from, unless the folder keeps it; ""
     * if it was given by a person. */
    const char *file;
    struct pubkey staking_kpl; /* of the used one; zeros: not known yet */
};

struct api_world {
    /* 0 with the answer appended; or 0 and *is_later: done or answered comes
     * once. Otherwise what refuses it. */
    int (*ask)(void *user, const struct api_question *question,
               struct buffer *answer, bool *is_later);
    /* Orders of settings that are asked between the two are one: all of them
     * are written down, or none is. In one turn of the loop; end follows what
     * begin did not refuse. status: what refused one of them, with its text.
     * done comes behind their own. */
    int (*begin_settings)(void *user);
    void (*end_settings)(void *user, int status, api_done *done,
                         void *done_user);
    /* The status as node/node.h has it, appended as JSON. */
    void (*status)(void *user, struct buffer *out);
    void (*clock)(void *user, struct api_clock *out);
    void (*figures)(void *user, struct api_figures *out);
    /* Of the node's endpoint (client/client.h). */
    struct client *(*client)(void *user);
    /* What the node's folder and network are called, for people. */
    const char *(*name)(void *user);
    const char *(*network)(void *user);
    /* What its operator wants of it; NULL, as the function may be: nothing is
     * known of that yet. */
    const struct preferences *(*preferences)(void *user);

    /* Are the key files under a passphrase? And is nothing signed until it is
     * given? */
    bool (*is_sealed)(void *user);
    bool (*is_locked)(void *user);
    /* Whether a passphrase opens the keys: done with 0, ERR_DENIED, or what
     * kept it from being tried. Takes about a second. */
    int (*prove)(void *user, struct bytes passphrase, api_done *done,
                 void *done_user);
    /* The same, and the keys are opened; or closed, until they are unlocked. */
    int (*unlock)(void *user, struct bytes passphrase, api_done *done,
                  void *done_user);
    int (*lock)(void *user);
    /* Transfers of the operator's, each by the key it was ordered with
     * (node/money/transfer.h). look: done comes, unless it was refused at once.
     * send: 0 says that it is under way or was before; ERR_EXISTS: the key is
     * another transfer's. state: ERR_NOT_FOUND. */
    int (*look_at_transfer)(void *user, const struct transfer *transfer,
                            api_transfer_seen *done, void *done_user);
    int (*send_transfer)(void *user, const char *key,
                         const struct transfer *transfer);
    int (*transfer_state)(void *user, const char *key,
                          struct api_transfer_state *out);
    /* What the wallet orders as a task's creator, by a key as above. order:
     * done comes, unless it was refused at once. ERR_STATE: the chain would
     * refuse it. */
    int (*order_as_creator)(void *user, const char *key,
                            const struct creator_order *order,
                            api_creator_ordered *done, void *done_user);
    int (*creator_state)(void *user, const char *key, enum journal_kind kind,
                         struct api_creator_state *out);
    /* Have a task that runs claim what it owes, which is its claim of that
     * number; and how that is: waiting (for something to claim), running, done,
     * failed; ERR_NOT_FOUND (node_claims.h). */
    int (*claim)(void *user, const struct pubkey *task, uint64_t *number);
    int (*claim_state)(void *user, const struct pubkey *task, uint64_t number,
                       const char **state);
    /* More stake on a task that runs, each order by its key (node_stakes.h).
     * stake_more: done comes when it is on its way or refused, unless it was
     * refused at once; there is no order of that key yet. stake_state:
     * ERR_NOT_FOUND. */
    int (*stake_more)(void *user, const struct pubkey *task, const char *key,
                      uint64_t amount, api_done *done, void *done_user);
    int (*stake_state)(void *user, const struct pubkey *task, const char *key,
                       struct api_stake_state *out);
    /* Coins of the staking key back to the wallet (node_staking_empty.h), by a
     * key as above. */
    int (*empty_staking)(void *user, const char *key, api_done *done,
                         void *done_user);
    int (*empty_state)(void *user, const char *key,
                       struct api_stake_state *out);
    /* Coins for the wallet from a private network's faucet: done comes when
     * they are there. has_faucet asks the endpoint once, and is false until it
     * has answered. ERR_UNSUPPORTED: there is none. */
    bool (*has_faucet)(void *user);
    int (*ask_faucet)(void *user, uint64_t roe, api_done *done,
                      void *done_user);
    const struct pubkey *(*wallet)(void *user);
    /* The wallets of the folder: which is used, and how it is opened. */
    void (*wallets)(void *user, struct api_wallets *out);
    /* The key files have another passphrase. */
    void (*resealed)(void *user, bool is_kept);
    /* Where keys have stakes, or coins to claim (node/node_stake_search.h):
     * answered comes, unless it was refused at once. */
    int (*stakes)(void *user, const struct pubkey *keys, size_t count,
                  api_answered *answered, void *answered_user);

    /* Deployments: what their commands need; folders of tasks that were looked
     * at, the newest first, as an array; one that is now; and what has been
     * done. NULL: this node deploys nothing. */
    const struct api_deploy_place *(*deploy_place)(void *user);
    void (*write_folders)(void *user, struct json_writer *writer);
    void (*note_folder)(void *user, const char *folder);
    void (*note_deployed)(void *user, const struct api_deployed *deployed);

    /* The first run, or what opens a folder that is locked, of a node that
     * waits for its keys. NULL, as the function may be: it has them. */
    struct setup *(*setup)(void *user);
    /* Of a node that has them: the step that its operator is at, SETUP_COINS to
     * SETUP_WORKS, or SETUP_BEGIN where a wallet was made without asking. */
    enum setup_step (*first_run)(void *user);
    void (*set_first_run)(void *user, enum setup_step step);
    /* What the node knows of itself, as lines of the doctor (doctor.h). */
    void (*examine)(void *user, struct json_object *items);
    /* The values of all variables, which no report may have: a JSON object of
     * texts, appended. The caller wipes it. */
    void (*values)(void *user, struct buffer *out);
    /* What the operator has chosen in place of the node's options; and another
     * choice, NULL: as the node was given (node/node_choices.h). NULL, as the
     * functions may be: it has no keys yet. */
    const struct choice_book *(*choices)(void *user);
    int (*choose)(void *user, enum choice choice, const char *value,
                  api_done *done, void *done_user);
    /* End the node's process, in order. */
    int (*stop)(void *user);
};

#endif
