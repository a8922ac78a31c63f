/*
 * JSON merge patches (RFC 7396): what has changed from one object to another.
 *
 * A member that is null in either counts as absent: a patch has no other way to
 * say so, and readers take both alike. Arrays are replaced whole.
 *
 * Pure.
 */
#ifndef POND_NODE_PAGE_MERGE_PATCH_H
#define POND_NODE_PAGE_MERGE_PATCH_H

#include "base/json.h"

/* The patch that makes to of from, which are objects and are left as they are;
 * NULL if there is no difference. The caller releases it. */
struct json_object *merge_patch_make(struct json_object *from,
                                     struct json_object *to);

/* The value that target becomes by the patch: target itself, changed, where it
 * is an object, or another. target's reference is taken over. The patch is
 * left as it is, and its depth is limited by its parser. */
struct json_object *merge_patch_apply(struct json_object *target,
                                      struct json_object *patch);

#endif
