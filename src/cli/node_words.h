/*
 * The words of `pond node`: its options, and what they come to with the user's
 * settings and the environment.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_NODE_WORDS_H
#define POND_CLI_NODE_WORDS_H

#include "cli/cli.h"
#include "node/node.h"

/* What the options fill. Texts that are NULL and numbers that are 0 have the
 * meaning that struct node_options gives them, mostly "default". */
struct node_given {
    const char *account, *listen, *public_url, *network, *addresses, *engine;
    const char *page_host, *page_user;
    const char *node_program;
    const char *webhook;
    uint64_t balance_low_roe, balance_critical_roe;
    uint64_t port, control_port, claim_roe, store_mib, task_store_mib,
        worker_mib, task_disk_mib, task_cpu;
    struct option_list gateways, conditions;
    const char *machine_root;
    bool no_landlock, no_sandbox, require_sandbox, no_passphrase, auto_upgrade,
        new_wallet;
};

extern const struct option node_words_options[];
extern const struct node_given node_words_defaults;

/* What options points to is in the other members. Stays where it is: some of it
 * points at the struct itself. */
struct node_words {
    struct node_options options;
    /* Each ended by a NULL, for which there is one place more. */
    const char *gateways[OPTION_LIST_MAX + 1];
    const char *conditions[OPTION_LIST_MAX + 1];
    char *folder;
    char *kept; /* the file of a passphrase, if the folder's is the source */
    char *worker, *signer, *launch, *program; /* paths */
    struct settings_found rpc;
};

/* Read them; node_words_free() it in any case. Nothing is written and nothing
 * asked: ERR_INVALID for words that contradict each other or can't be,
 * ERR_NOT_FOUND for a network, a user or a program that there is not. */
int node_words_read(struct cli *cli, const struct node_given *given,
                    struct node_words *out);

/* node_start() copies what it is given, so it can go once the node has ended or
 * was not started. */
void node_words_free(struct node_words *words);

#endif
