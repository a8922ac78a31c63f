/*
 * What the areas of settings share: a task's own settings are those of the
 * node, for one task.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_API_SETTINGS_H
#define POND_NODE_PAGE_API_SETTINGS_H

#include "node/page/api.h"

/* Whether these are no sessions that one holder may have; then it is answered,
 * with the field at fault. */
bool api_schedule_is_refused(struct api_request *request,
                             struct json_object *sessions);

/* Set what a request says of its task, which is its first part: "limits"
 * (owner/task_limit.h; null: none), "network" (the same), "schedule" (sessions
 * in the place of those it has; null: none) and "pairs" ({variable: label or
 * null}). All of it is set, or nothing where a part is wrong or can't be
 * written down. Then give the order last, a static path, if that is not NULL,
 * and answer. last_body is taken over. */
void api_task_settings(struct api_request *request, const char *last,
                       struct json_object *last_body);

#endif
