#include "node/page/rpc_question.h"

#include "base/error.h"

/* What the explorer asks, and what else reads. Sorted. */
static const char *const methods[] = {
    "getAccountInfo",
    "getBalance",
    "getBlock",
    "getBlockHeight",
    "getBlockTime",
    "getBlocks",
    "getBlocksWithLimit",
    "getClusterNodes",
    "getEpochInfo",
    "getEpochSchedule",
    "getFirstAvailableBlock",
    "getGenesisHash",
    "getHealth",
    "getIdentity",
    "getLatestBlockhash",
    "getLeaderSchedule",
    "getMinimumBalanceForRentExemption",
    "getMultipleAccounts",
    "getMyTaskStakeInfo",
    "getMyTaskSubmissionRoundInfo",
    "getProgramAccounts",
    "getRecentPerformanceSamples",
    "getRecentPrioritizationFees",
    "getSignatureStatuses",
    "getSignaturesForAddress",
    "getSlot",
    "getSlotLeader",
    "getSlotLeaders",
    "getSupply",
    "getTaskAccountInfo",
    "getTaskDistributionInfo",
    "getTaskSubmissionInfo",
    "getTokenAccountBalance",
    "getTokenAccountsByOwner",
    "getTokenLargestAccounts",
    "getTokenSupply",
    "getTransaction",
    "getTransactionCount",
    "getVersion",
    "getVoteAccounts",
    "isBlockhashValid",
    "minimumLedgerSlot",
    "pondBlockSigners",
    "pondValidators",
};

static const char *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if (!strcmp(methods[i], name))
            return methods[i];
    return NULL;
}

static bool is_id(struct json_object *id)
{
    return json_object_is_type(id, json_type_int) ||
           (json_object_is_type(id, json_type_string) &&
            json_object_get_string_len(id) <= RPC_ID_MAX);
}

static int read_one(struct json_object *call, struct rpc_question *out)
{
    struct json_object *params = NULL;
    const char *version, *method;

    if (!json_object_is_type(call, json_type_object) ||
        json_get_text(call, "jsonrpc", &version) || strcmp(version, "2.0") != 0)
        return err_set(ERR_INVALID, "a call is an object of JSON-RPC 2.0");
    if (!json_object_object_get_ex(call, "id", &out->id) || !is_id(out->id))
        return err_set(ERR_INVALID,
                       "a call has an id: a whole number, or a text of at most "
                       "%d bytes",
                       RPC_ID_MAX);
    if (json_get_text(call, "method", &method))
        return err_set(ERR_INVALID, "a call names its method");
    if (json_object_object_get_ex(call, "params", &params) &&
        !json_object_is_type(params, json_type_array))
        return err_set(ERR_INVALID, "params is an array");
    out->method = find_method(method);
    out->params = params;
    return 0;
}

int rpc_questions_read(struct json_object *body, struct rpc_questions *out)
{
    out->is_batch = json_object_is_type(body, json_type_array);
    out->count = out->is_batch ? json_object_array_length(body) : 1;
    if (!out->count)
        return err_set(ERR_INVALID, "a list of calls has at least one");
    if (out->count > RPC_QUESTIONS_MAX)
        return err_set(ERR_LIMIT, "a list has at most %d calls",
                       RPC_QUESTIONS_MAX);
    for (size_t i = 0; i < out->count; i++) {
        int status =
            read_one(out->is_batch ? json_object_array_get_idx(body, i) : body,
                     &out->list[i]);
        if (status)
            return status;
    }
    return 0;
}
