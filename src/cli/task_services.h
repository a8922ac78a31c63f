/*
 * Uploading a deployment to services of Koii's storage, beside the own store:
 * which they are, who signs, and what became of it.
 *
 *     struct task_services services;
 *     task_services_find(cli, &given->upload_to, &services);
 *     task_services_print(...)
 *     task_services_open(&services, session)      // keys
 *     task_services_upload(&services, cli, files)
 *     task_services_close(&services)
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_TASK_SERVICES_H
#define POND_CLI_TASK_SERVICES_H

#include "author/deployment.h"
#include "author/storage_upload.h"
#include "cli/options.h"
#include "cli/session.h"

/* Options; zeros and NULL: the defaults. */
struct task_services_values {
    struct option_list upload_to;
    const char *storage_task;
    uint64_t limit_s; /* for a request */
};

/* Where a deployment goes, none included. */
struct task_services {
    struct cli *cli;
    const struct task_services_values *given;
    char *urls[STORAGE_SERVICES_MAX];
    size_t count;
    struct signer *signer; /* of the keys in a node's folder; NULL: not open */
    enum signer_role role;
    struct pubkey key;
    bool held[STORAGE_SERVICES_MAX]; /* after the upload */
};

/* Those that the options name; without any, Koii's own where the endpoint is
 * Koii's, and none elsewhere. ERR_INVALID for what is no URL, ERR_LIMIT. Closed
 * with task_services_close(), after an error too. */
int task_services_find(struct cli *cli,
                       const struct task_services_values *given,
                       struct task_services *out);
void task_services_close(struct task_services *services);

/* Open the node's keys and find the one that has staked: services take files of
 * no other. ERR_NOT_FOUND, ERR_DENIED, with hints. Nothing to do without
 * services. */
int task_services_open(struct task_services *services, struct session *session);

/* Sign for the files and upload them; what is done is said on stderr. An error
 * if no service has all of them. */
int task_services_upload(struct task_services *services,
                         const struct deployment_files *files);

/* Fields of the open record: the services, and after an upload those that have
 * it. */
void task_services_print(const struct task_services *services, bool is_done);

#endif
