/*
 * A node that waits for its keys: its folder has none yet, or has keys that are
 * sealed and nobody to ask for the passphrase. It shows its page, on which the
 * operator makes a wallet or gives the passphrase (node/page/setup.h), answers
 * peers with 503 and `pond` with what it waits for, and takes no orders.
 *
 *     node_setup_start(loop, options, &events, user, &setup);
 *         … opened: the keys can be opened
 *     node_setup_signer(setup, &signer);
 *     node_setup_keep(setup);
 *     node_setup_stop(setup, closed, user);
 *         … closed: node_start() with that signer
 *
 * The node that follows has the same ports and the same sessions.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_NODE_SETUP_H
#define POND_NODE_NODE_SETUP_H

#include "base/bytes.h"
#include "node/parts/node_options.h"
#include <uv.h>

struct node_setup;

/* Both come from the loop. */
struct node_setup_events {
    /* The page can be opened. */
    void (*ready)(void *user, struct node_setup *setup);
    /* The keys are there and can be opened; stop it. */
    void (*opened)(void *user, struct node_setup *setup);
};

enum node_setup_need {
    NODE_SETUP_NONE,       /* its keys can be opened */
    NODE_SETUP_WALLET,     /* it has none */
    NODE_SETUP_PASSPHRASE, /* they are sealed, and the options name no source */
};

/* What a node with these options has to wait for. Makes the folder, and
 * finishes what a crash has left of a wallet; blocks. ERR_LOCKED; ERR_INVALID
 * for an account's name that is none. */
int node_setup_look(const struct node_options *options,
                    enum node_setup_need *out);

/* A signer with the keys, by the passphrase of the options' source. Blocks;
 * errors of signer_start(), ERR_DENIED if it is another. */
int node_setup_open(uv_loop_t *loop, const struct node_options *options,
                    struct signer **out);

/* Keys are made without asking: the page's first run begins where they are
 * there. is_private: of a network that gives coins, too. */
int node_setup_note(const char *folder, bool is_private);

/* Errors of node_start(). The options are borrowed until closed. */
int node_setup_start(uv_loop_t *loop, const struct node_options *options,
                     const struct node_setup_events *events, void *user,
                     struct node_setup **out);

/* Whether the folder has keys, and waits for their passphrase. */
bool node_setup_is_locked(const struct node_setup *setup);
/* The page's address; valid as long as the setup. */
const char *node_setup_url(const struct node_setup *setup);
/* A link that connects a browser, once, within ten minutes. Wipe and free it.
 */
char *node_setup_link(struct node_setup *setup);

/* Of what has been opened: a signer with the keys, while the ports are still
 * held. Blocks; errors of signer_start(). */
int node_setup_signer(const struct node_setup *setup, struct signer **out);

/* Before it is stopped, once opened: the node that follows has its ports, and
 * who connects meanwhile waits for it. */
int node_setup_keep(const struct node_setup *setup);

/* Once, opened or not: closed comes from the loop when nothing of it is left,
 * and its folder can be taken. */
void node_setup_stop(struct node_setup *setup, void (*closed)(void *user),
                     void *user);

#endif
