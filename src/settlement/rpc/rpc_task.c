/*
 * The five methods K2 adds for native tasks. Their data is the task's JSON
 * state with only the maps that the client asks for, so that other maps do not
 * make the answer larger.
 *
 * Names, parameters and shapes are K2's; the state is rendered from the task's
 * rows by task_render.c, for one round if the client names one. The JSON comes
 * in base64 like account data, or plain for the two methods about one node's
 * own entry.
 *
 * Any HTTP thread, from one snapshot. Only the rows that are shown are read.
 */
#include "settlement/rpc/rpc_request.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/task_error.h"
#include "settlement/task/task_render.h"

/* The parameters of all five: the task's key first, options at config_index.
 * Opens the snapshot. */
static int begin(struct rpc_request *request, size_t config_index,
                 struct pubkey *task, struct rpc_config *config,
                 struct state **state)
{
    struct ledger_view *view;
    int status = rpc_parameter_key(request, 0, task);
    if (!status)
        status = rpc_account_config(request, config_index, config);
    if (!status)
        status = rpc_view(request, &view);
    if (!status)
        *state = ledger_view_state(view);
    return status;
}

static int fail_without_task(struct rpc_request *request, int status)
{
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_INVALID_PARAMS, TASK_NOT_FOUND_WORDS);
    return rpc_fail_status(request, status);
}

/* {"context":…,"value":{"data":[text,encoding]}}. Every encoding but zstd gives
 * base64, because base58 of a task would take too long. */
static int write_task_data(struct rpc_request *request,
                           const struct rpc_config *config, struct bytes data)
{
    CHECK(request->view);
    struct json_writer *out = &request->out;
    enum rpc_encoding encoding = RPC_ENCODING_BASE64;
    if (config->has_encoding && config->encoding == RPC_ENCODING_BASE64_ZSTD)
        encoding = RPC_ENCODING_BASE64_ZSTD;
    rpc_open_context(out, ledger_view_tip(request->view)->slot);
    json_open_object(out);
    json_name(out, "data");
    int status = rpc_write_data(request, out, data, encoding);
    if (status)
        return status;
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

/* [task, {submission?, distribution?, balance?, stake?, encoding?}?]. Each map
 * is a flag of the options and off by default. Unlike the other methods it
 * answers null for a task that is not there, as getAccountInfo does. */
static int get_task_account_info(struct rpc_request *request)
{
    static const struct {
        const char *name;
        enum task_render_parts part;
    } flags[] = {{"submission", TASK_RENDER_SUBMISSIONS},
                 {"distribution", TASK_RENDER_DISTRIBUTIONS},
                 {"balance", TASK_RENDER_BALANCES},
                 {"stake", TASK_RENDER_STAKES}};
    struct pubkey task;
    struct rpc_config config;
    struct state *state;
    struct buffer data = {0};
    unsigned parts = 0;
    int status = begin(request, 1, &task, &config, &state);
    for (size_t i = 0; !status && i < 4; i++) {
        bool is_wanted;
        status =
            rpc_config_bool(request, &config, flags[i].name, false, &is_wanted);
        if (!status && is_wanted)
            parts |= flags[i].part;
    }
    if (status)
        return status;
    status = task_render(state, &task, parts, &data);
    if (status == ERR_NOT_FOUND) {
        rpc_open_context(&request->out, ledger_view_tip(request->view)->slot);
        json_write_null(&request->out);
        rpc_close_context(&request->out);
        status = 0;
    } else if (status) {
        rpc_fail_status(request, status);
    } else {
        status = write_task_data(request, &config, buffer_view(&data));
    }
    buffer_free(&data);
    return status;
}

/* "round" of the options: −1 or absent means every round, as for K2's clients.
 */
static int read_round(struct rpc_request *request,
                      const struct rpc_config *config, bool *present,
                      uint64_t *out)
{
    struct json_object *value = NULL;
    *present = false;
    if (config->object)
        json_object_object_get_ex(config->object, "round", &value);
    if (!value)
        return 0;
    int64_t number;
    if (json_is_i64(value, &number) && number == -1)
        return 0;
    return rpc_config_u64(request, config, "round", present, out);
}

/* How a method's part of a task is rendered; round NULL: all rounds. */
typedef int task_round_render(const struct state *state,
                              const struct pubkey *task, const uint64_t *round,
                              struct buffer *out);

/* [task, {"round":n}?] for submissions and for distribution lists. */
static int write_rounds(struct rpc_request *request, task_round_render *render)
{
    struct pubkey task;
    struct rpc_config config;
    struct state *state;
    struct buffer data = {0};
    bool has_round = false;
    uint64_t round;
    int status = begin(request, 1, &task, &config, &state);
    if (!status)
        status = read_round(request, &config, &has_round, &round);
    if (status)
        return status;
    status = render(state, &task, has_round ? &round : NULL, &data);
    if (status)
        fail_without_task(request, status);
    else
        status = write_task_data(request, &config, buffer_view(&data));
    buffer_free(&data);
    return status;
}

/* Each node's submission of a round, and the audits raised on them. */
static int get_task_submission_info(struct rpc_request *request)
{
    return write_rounds(request, task_render_submissions);
}

/* Each distribution list sent for a round, the audits on them, and the record
 * of payouts. */
static int get_task_distribution_info(struct rpc_request *request)
{
    return write_rounds(request, task_render_distributions);
}

/* {"context":…,"value":{"data": any}}: the value is JSON here, not bytes. */
static void write_my_data(struct rpc_request *request, struct bytes json)
{
    CHECK(request->view);
    struct json_writer *out = &request->out;
    rpc_open_context(out, ledger_view_tip(request->view)->slot);
    json_open_object(out);
    json_name(out, "data");
    json_write_raw(out, json);
    json_close_object(out);
    rpc_close_context(out);
}

/* [task, key, {"round":n}]: here a round is required. */
static int get_my_submission(struct rpc_request *request)
{
    struct pubkey task, key;
    struct rpc_config config;
    struct state *state;
    struct buffer data = {0};
    bool has_round = false;
    uint64_t round;
    int status = begin(request, 2, &task, &config, &state);
    if (!status)
        status = rpc_parameter_key(request, 1, &key);
    if (!status)
        status = read_round(request, &config, &has_round, &round);
    if (!status && !has_round)
        status = rpc_fail(request, RPC_INVALID_PARAMS,
                          "Invalid params: missing field `round`.");
    if (status)
        return status;
    status = task_render_my_submission(state, &task, &key, round, &data);
    if (status)
        fail_without_task(request, status);
    else
        write_my_data(request, buffer_view(&data));
    buffer_free(&data);
    return status;
}

/* [task, key]. No stake is an error, unlike a stake of 0, as at K2.
 */
static int get_my_stake(struct rpc_request *request)
{
    struct pubkey task, key;
    struct rpc_config config;
    struct state *state;
    struct buffer text = {0};
    uint64_t stake;
    int status = begin(request, 2, &task, &config, &state);
    if (!status)
        status = rpc_parameter_key(request, 1, &key);
    if (status)
        return status;
    if (!task_render_exists(state, &task))
        return fail_without_task(request, ERR_NOT_FOUND);
    status = task_render_my_stake(state, &task, &key, &stake);
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "No stake available on this task");
    if (status)
        return rpc_fail_status(request, status);
    buffer_format(&text, "%llu", (unsigned long long)stake);
    write_my_data(request, buffer_view(&text));
    buffer_free(&text);
    return 0;
}

const struct rpc_method rpc_task_methods[] = {
    {"getMyTaskStakeInfo", 2, 3, get_my_stake},
    {"getMyTaskSubmissionRoundInfo", 2, 3, get_my_submission},
    {"getTaskAccountInfo", 1, 2, get_task_account_info},
    {"getTaskDistributionInfo", 1, 2, get_task_distribution_info},
    {"getTaskSubmissionInfo", 1, 2, get_task_submission_info},
    {0},
};
