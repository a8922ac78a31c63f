/*
 * What `pond task create` and `pond task update` share: code and metadata, the
 * new task's key, the cost.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_DEPLOY_H
#define POND_CLI_TASK_DEPLOY_H

#include "author/deployment_terms.h"
#include "cli/session.h"

/* What the options fill; NULL: the user's own store, a file here. */
struct deploy_values {
    const char *store;
    const char *keyfile;
    bool yes;
    bool dry_run;
};

/* The options of both commands; keyfile: the default's name. */
#define DEPLOY_OPTIONS(keyfile_name)                                           \
    {"store",                                                                  \
     0,                                                                        \
     OPTION_TEXT,                                                              \
     offsetof(struct deploy_values, store),                                    \
     "STORE",                                                                  \
     "the block store that takes code and metadata, one that nodes can reach " \
     "(the user's own, which `pond up` serves)",                               \
     0,                                                                        \
     0},                                                                       \
        {"task-keypair",                                                       \
         0,                                                                    \
         OPTION_TEXT,                                                          \
         offsetof(struct deploy_values, keyfile),                              \
         "FILE",                                                               \
         "where to keep the new task's key (" keyfile_name ")",                \
         0,                                                                    \
         0},                                                                   \
        {"yes",       'y',                                                     \
         OPTION_FLAG, offsetof(struct deploy_values, yes),                     \
         NULL,        "do not ask whether to pay",                             \
         0,           0},                                                      \
        {"dry-run",   0,                                                       \
         OPTION_FLAG, offsetof(struct deploy_values, dry_run),                 \
         NULL,        "check and show everything, and send nothing",           \
         0,           0},                                                      \
    {                                                                          \
        0                                                                      \
    }

/* What the two commands do differently. */
struct deploy_way {
    bool is_update;
    const char *keyfile; /* where the options name none */
    /* Check the chain, pay, and print, unless an earlier attempt came through.
     * *task is the new one. */
    int (*put_on_chain)(struct session *session,
                        const struct deployment *deployment,
                        const struct deployment_content *content,
                        const char *keyfile, struct signer *signer,
                        struct pubkey *task);
};

/* The whole command: config, wallet, bundle and store, key file, chain. */
int cli_deploy_run(struct cli *cli, const struct deploy_values *given,
                   const struct deploy_way *way);

/* Fields that say what will be paid and put on chain, without a record's end.
 */
void cli_deploy_describe(struct cli *cli, const struct deployment *deployment);

/* The key that an earlier attempt left in the file, or a fresh one, whose file
 * is written before anything is sent. *is_there: it has an account already,
 * which only an attempt that came through can have made if it is the task that
 * is wanted. */
int cli_deploy_key(struct session *session, const char *keyfile,
                   struct signer *signer, struct pubkey *out, bool *is_there);

/* ERR_EXISTS with the hint to name another file. */
int cli_deploy_key_in_use(struct session *session, const char *keyfile);

/* Whether that account is the task that an earlier attempt of this deployment
 * made: of this creator, with this name and this code. */
int cli_deploy_is_same(struct session *session, const struct pubkey *task,
                       const struct pubkey *manager,
                       const struct deployment *deployment,
                       const struct deployment_content *content, bool *out);

#endif
