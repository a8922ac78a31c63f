#include "node/task/task_info.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/memory.h"
#include "node/task/task_runner.h"
#include "settlement/format/kpl_state.h"

#include <inttypes.h>
#include <stdlib.h>

/* K2's answer: {"value":{"data":[base64 of JSON, "base64"]}}. What the endpoint
 * calls JSON goes to the worker as it is, so it must be JSON. */
static int decode_info(struct json_object *result, struct buffer *out)
{
    struct json_object *value, *data, *text, *tree = NULL;
    int status;

    if ((status = json_get_object(result, "value", &value)) < 0 ||
        (status = json_get_array(value, "data", &data)) < 0)
        return status;
    text = json_object_array_get_idx(data, 0);
    if (!json_object_is_type(text, json_type_string))
        return err_set(ERR_INVALID, "the endpoint's answer holds no data");
    status = base64_decode(bytes_text(json_object_get_string(text)), out);
    if (!status)
        status = json_parse(buffer_view(out), &tree);
    json_object_put(tree);
    return status;
}

/* The JSON is passed on as the chain wrote it: the order of its keys counts
 * for some tasks' checks (reference, 2.5). */
static void on_info(void *user, int status, struct json_object *result)
{
    struct host_ask *ask = user;
    struct buffer json = {0};

    if (!host_ask_arrived(ask, status))
        return;
    status = decode_info(result, &json);
    if (status)
        host_ask_refuse(ask, status);
    else
        host_ask_answer(ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

/* Of a KPL task, which has no such methods. */
struct kpl_info {
    struct host_ask *ask;
    enum task_info info;
    uint64_t round;
};

/* The maps that K2's methods answer with, out of the whole state. */
static int take_kpl_info(const struct kpl_info *wanted, struct bytes data,
                         struct buffer *out)
{
    static const char *const maps[2][3] = {
        {"submissions", "submissions_audit_trigger"},
        {"distribution_rewards_submission", "distributions_audit_trigger",
         "distributions_audit_record"}};
    struct json_writer writer = json_writer_make(out);
    struct json_object *state = NULL, *map;
    struct buffer text = {0};
    int status = kpl_state_json(data,
                                wanted->info == TASK_INFO_SUBMISSIONS
                                    ? KPL_STATE_SUBMISSIONS
                                    : KPL_STATE_DISTRIBUTIONS,
                                &wanted->round, &text);

    if (!status)
        status = json_parse(buffer_view(&text), &state);
    buffer_clear(&text);
    json_open_object(&writer);
    for (size_t i = 0; !status && i < 3 && maps[wanted->info][i]; i++) {
        status = json_get_object(state, maps[wanted->info][i], &map);
        if (status)
            break;
        json_name(&writer, maps[wanted->info][i]);
        json_text(map, &text);
        json_write_raw(&writer, buffer_view(&text));
        buffer_clear(&text);
    }
    if (!status)
        json_close_object(&writer);
    buffer_free(&text);
    json_object_put(state);
    return status;
}

static void on_kpl_info(void *user, int status,
                        const struct client_account *account)
{
    struct kpl_info wanted = *(struct kpl_info *)user;
    struct buffer json = {0};

    free(user);
    if (!host_ask_arrived(wanted.ask, status))
        return;
    if (!account)
        status = err_set(ERR_NOT_FOUND, "there is no such task");
    if (!status)
        status = take_kpl_info(&wanted, account->data, &json);
    if (status)
        host_ask_refuse(wanted.ask, status);
    else
        host_ask_answer(wanted.ask, buffer_view(&json), (struct bytes){0});
    buffer_free(&json);
}

static void ask_kpl_info(struct host_ask *ask, enum task_info info,
                         uint64_t round)
{
    struct kpl_info *wanted = mem_zero(1, sizeof(*wanted));

    *wanted = (struct kpl_info){.ask = ask, .info = info, .round = round};
    runner_depart(ask->runner);
    client_account_info(ask->runner->parts->client, &ask->runner->task,
                        on_kpl_info, wanted);
}

/* Straight to K2's own methods. Not taken apart on the way: base64 brings the
 * JSON as the chain has it. */
void task_info_ask(struct host_ask *ask, enum task_info info, uint64_t round)
{
    static const char *const methods[] = {
        [TASK_INFO_SUBMISSIONS] = "getTaskSubmissionInfo",
        [TASK_INFO_DISTRIBUTIONS] = "getTaskDistributionInfo"};
    struct task_runner *runner = ask->runner;
    char *text;

    if (runner->view.is_kpl) {
        ask_kpl_info(ask, info, round);
        return;
    }
    text =
        mem_format("[\"%s\",{\"encoding\":\"base64\",\"round\":%" PRIu64 "}]",
                   runner->task_text, round);
    runner_depart(runner);
    client_call(runner->parts->client, methods[info], text, on_info, ask);
    free(text);
}
