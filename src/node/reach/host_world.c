#include "node/reach/host_world.h"

#include "base/error.h"

#include <stddef.h>
#include <string.h>

static const struct host_call_row rows[] = {
#define ROW(member, name, in, most, bytes, cost, out)                          \
    {.method = (name),                                                         \
     .params = (in),                                                           \
     .params_max = (most),                                                     \
     .payload_max = (bytes),                                                   \
     .questions = (cost),                                                      \
     .gives = (out)},
    HOST_CALLS(ROW)
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What the node does itself, and only at its time. Refused by name and not left
 * out, so that the task's author reads why, and not that a method is unknown.
 */
static const char *const own_affairs[] = {
    "sendTransaction",
    "claimReward",
    "checkSubmissionAndUpdateRound",
    "auditSubmission",
    "distributionListAuditSubmission",
    "uploadDistributionList",
    "distributionListSubmissionOnChain",
    "payloadTrigger",
};

static int refuse_unknown(const char *method)
{
    for (size_t i = 0; i < sizeof(own_affairs) / sizeof(own_affairs[0]); i++)
        if (!strcmp(method, own_affairs[i]))
            return err_set(ERR_DENIED,
                           "the node submits, votes, lists and claims by "
                           "itself; a task moves no coins");
    return err_set(ERR_UNSUPPORTED, "%.60s is not offered here", method);
}

int host_world_find(const struct host_world *world, const char *method,
                    struct json_object *params, struct bytes payload,
                    const struct host_call_row **row, host_serve **serve)
{
    host_serve *const functions[ROWS] = {
#define FUNCTION(member, ...) world->member,
        HOST_CALLS(FUNCTION)
#undef FUNCTION
    };
    size_t place = 0;

    while (place < ROWS && strcmp(method, rows[place].method) != 0)
        place++;
    if (place == ROWS)
        return refuse_unknown(method);
    *row = &rows[place];
    *serve = functions[place];
    if (!json_object_is_type(params, json_type_array))
        return err_set(ERR_INVALID, "params must be an array");
    if (json_object_array_length(params) > (*row)->params_max)
        return err_set(ERR_LIMIT, "%s takes %s and no more", method,
                       (*row)->params);
    if (payload.size > (*row)->payload_max)
        return err_set(ERR_LIMIT, "%s takes at most %zu bytes beside %s",
                       method, (*row)->payload_max, (*row)->params);
    return 0;
}
