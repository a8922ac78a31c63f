/*
 * Which areas the API has: a line each.
 */
#include "node/page/api.h"

extern const struct api_area api_area_access, api_area_jobs, api_area_log,
    api_area_node, api_area_tasks;

const struct api_area *const api_areas[] = {
    &api_area_access, &api_area_jobs,  &api_area_log,
    &api_area_node,   &api_area_tasks, NULL,
};
