/*
 * What `pond task create` and `pond task update` share: a build that is due,
 * code and metadata, the new task's key, the cost.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_DEPLOY_H
#define POND_CLI_TASK_DEPLOY_H

#include "cli/task.h"
#include "cli/task_bill.h"
#include "cli/task_services.h"

/* What the options fill; NULL: the user's own store, a file here. */
struct deploy_values {
    const char *store;
    const char *keyfile;
    struct task_services_values services;
    bool no_build;
    bool yes;
    bool dry_run;
    bool inside, node_store, final;
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
        {"upload-to",                                                          \
         0,                                                                    \
         OPTION_LIST,                                                          \
         offsetof(struct deploy_values, services.upload_to),                   \
         "URL",                                                                \
         "a service of Koii's storage that takes them, too; `koii` for "       \
         "Koii's "                                                             \
         "own (which they are on Koii's networks), or `none`",                 \
         0,                                                                    \
         0},                                                                   \
        {"storage-task",                                                       \
         0,                                                                    \
         OPTION_TEXT,                                                          \
         offsetof(struct deploy_values, services.storage_task),                \
         "TASK",                                                               \
         "the task that the services run (Koii's)",                            \
         0,                                                                    \
         0},                                                                   \
        {"upload-seconds",                                                     \
         0,                                                                    \
         OPTION_NUMBER,                                                        \
         offsetof(struct deploy_values, services.limit_s),                     \
         "N",                                                                  \
         "how long one request to a service may take (60 and more by size)",   \
         1,                                                                    \
         86400},                                                               \
        {"task-keypair",                                                       \
         0,                                                                    \
         OPTION_TEXT,                                                          \
         offsetof(struct deploy_values, keyfile),                              \
         "FILE",                                                               \
         "where to keep the new task's key (" keyfile_name ")",                \
         0,                                                                    \
         0},                                                                   \
        {"node-store",                                                         \
         0,                                                                    \
         OPTION_FLAG,                                                          \
         offsetof(struct deploy_values, node_store),                           \
         NULL,                                                                 \
         "keep them in the store of the node that runs (--node-dir)",          \
         0,                                                                    \
         0},                                                                   \
        {"inside",    0,                                                       \
         OPTION_FLAG, offsetof(struct deploy_values, inside),                  \
         NULL,        "take no file from outside of the task's folder",        \
         0,           0},                                                      \
        {"final",     0,                                                       \
         OPTION_FLAG, offsetof(struct deploy_values, final),                   \
         NULL,        "wait until the task is final (confirmed)",              \
         0,           0},                                                      \
        {"no-build",  0,                                                       \
         OPTION_FLAG, offsetof(struct deploy_values, no_build),                \
         NULL,        "take the bundle as it is, however old",                 \
         0,           0},                                                      \
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

/* What the chain knows before anything is sent. */
struct deploy_found {
    bool has_key;       /* an earlier attempt left the new task's key: */
    struct pubkey task; /* it */
    bool is_taken;      /* and there is an account of it */
    bool is_done; /* an earlier attempt came through: nothing is to be paid */
    struct cli_task old; /* of an update: the task as it is */
};

/* What the two commands do differently. */
struct deploy_way {
    bool is_update;
    const char *keyfile; /* where the options name none */
    /* Ask the chain, and find out whether it is done already. found has all of
     * the key. Errors say why it can't be done. */
    int (*look)(struct session *session, const struct deployment *deployment,
                const struct deployment_content *content,
                const struct pubkey *payer, const char *keyfile,
                struct deploy_found *found);
    /* Pay, and print the open record with what was sent; final: once it is
     * that, else once it is confirmed. */
    int (*send)(struct session *session, const struct deployment *deployment,
                const struct deployment_content *content,
                const struct deploy_found *found, struct signer *signer,
                bool final);
    const char *done; /* for people, of a task that is there already */
};

/* The whole command: config, build, wallet, chain, cost, store, key file, and
 * then what is paid. */
int cli_deploy_run(struct cli *cli, const struct deploy_values *given,
                   const struct deploy_way *way);

/* The key in the file, and whether it has an account; the payer's counts as
 * one that has. ERR_INVALID, ERR_LIMIT: it is no key file. */
int cli_deploy_find_key(struct session *session, const char *keyfile,
                        const struct pubkey *payer, struct deploy_found *found);

/* Have the running node keep both files, as the user's, under that name.
 * ERR_NOT_FOUND, ERR_NETWORK with hints where none runs. */
int cli_deploy_keep(struct cli *cli, const struct deployment_files *files,
                    const char *name);

/* Whether the payer may move a task to these terms: ERR_DENIED, ERR_INVALID. */
int cli_deploy_check_old(struct session *session, const struct cli_task *old,
                         const struct deployment *deployment,
                         const struct pubkey *payer);

/* ERR_EXISTS with the hint to name another file. */
int cli_deploy_key_in_use(struct session *session, const char *keyfile);

/* Build what is due, unless the bundle is to stay as it is. *is_built: the
 * config may name the engine now, and has to be read again. is_inside: as in
 * struct bundle_options. */
int cli_deploy_build(struct cli *cli, const struct deployment *deployment,
                     const char *folder, const char *config, bool is_inside,
                     bool *is_built);

#endif
