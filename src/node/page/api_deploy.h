/*
 * Inside the area of deployments, shared by
 *
 *     api_deploy.c        orders, and what becomes of them
 *     api_deploy_check.c  a look at a task before
 */
#ifndef POND_NODE_PAGE_API_DEPLOY_H
#define POND_NODE_PAGE_API_DEPLOY_H

#include "node/page/api.h"

#define API_DEPLOY_CONFIG "config-task.yml"
#define API_DEPLOY_OUTPUT_MAX (1u << 20)

/* NULL if it was answered: this node deploys nothing. */
const struct api_deploy_place *api_deploy_place_of(struct api_request *request);

/* The path that "folder" names, without slashes at its end; the caller frees
 * it. "~" is this user's home. NULL if it was answered. */
char *api_deploy_folder(struct api_request *request);

/* Put a member into another object under another name, if it is there; the
 * second as a decimal text. */
void api_deploy_move(struct json_object *from, const char *name,
                     struct json_object *to, const char *as);
void api_deploy_move_amount(struct json_object *from, const char *name,
                            struct json_object *to, const char *as);

/* Rows. */
void api_deploy_check(struct api_request *request);
void api_deploy_list_folders(struct api_request *request);

#endif
