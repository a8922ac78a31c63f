/*
 * Which areas the API has: a line each.
 */
#include "node/page/api.h"

#define AREAS(AREA)                                                            \
    AREA(access)                                                               \
    AREA(attention)                                                            \
    AREA(catalog)                                                              \
    AREA(claims)                                                               \
    AREA(creator)                                                              \
    AREA(doctor)                                                               \
    AREA(deploy)                                                               \
    AREA(jobs)                                                                 \
    AREA(limits)                                                               \
    AREA(log)                                                                  \
    AREA(metrics)                                                              \
    AREA(money)                                                                \
    AREA(networks)                                                             \
    AREA(node)                                                                 \
    AREA(places)                                                               \
    AREA(report)                                                               \
    AREA(rounds)                                                               \
    AREA(rpc)                                                                  \
    AREA(schedules)                                                            \
    AREA(settings)                                                             \
    AREA(setup)                                                                \
    AREA(simulate)                                                             \
    AREA(task_settings)                                                        \
    AREA(stake)                                                                \
    AREA(staking_key)                                                          \
    AREA(tasks)                                                                \
    AREA(transfers)                                                            \
    AREA(variables)                                                            \
    AREA(wallets)

#define DECLARE(name) extern const struct api_area api_area_##name;
AREAS(DECLARE)

#define LIST(name) &api_area_##name,
const struct api_area *const api_areas[] = {AREAS(LIST) NULL};

/* Those that need no keys. */
const struct api_area *const api_areas_of_setup[] = {
    &api_area_access,
    &api_area_node,
    &api_area_setup,
    NULL,
};
