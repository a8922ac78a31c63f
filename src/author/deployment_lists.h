/*
 * The part of author/deployment.h that reads the two lists of a
 * config-task.yml: requirementsTags and tags.
 *
 * Thread: any.
 */
#ifndef POND_AUTHOR_DEPLOYMENT_LISTS_H
#define POND_AUTHOR_DEPLOYMENT_LISTS_H

#include "author/deployment.h"
#include <json-c/json.h>

/* Take both, by the rules of Koii's tool. ERR_INVALID, ERR_LIMIT. */
int deployment_take_lists(struct deployment *deployment,
                          struct json_object *config);

#endif
