/*
 * What clients say: subscribe and unsubscribe, as JSON-RPC calls.
 *
 * A table of kinds says what each is called and how its parameters are read;
 * the rest is the same for all. Parameters are read by the RPC's own readers,
 * with their words for what is wrong.
 *
 * Only single calls, no batches, and none of the RPC's methods: those are at
 * the other port. The answer to a subscription is sent before anything it tells
 * of.
 *
 * Thread: the loop's.
 */
#include "settlement/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

/* ---- Parameters of each kind ---- */

/* [key, options?] */
static int read_account(struct rpc_request *request,
                        struct subscription *subscription)
{
    int status = rpc_parameter_key(request, 0, &subscription->key);
    if (!status)
        status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_account(request, &subscription->config);
    return status;
}

/* [program, options with filters?]. The filters live in the subscription's
 * arena. */
static int read_program(struct rpc_request *request,
                        struct subscription *subscription)
{
    int status = read_account(request, subscription);
    if (!status)
        status = rpc_read_filters(request, &subscription->config,
                                  &subscription->arena, &subscription->filters);
    return status;
}

/* [signature, {enableReceivedNotification?}?]. All commitments coincide, so
 * none is kept. */
static int read_signature(struct rpc_request *request,
                          struct subscription *subscription)
{
    const char *text;
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = rpc_signature_of_text(request, text, &subscription->signature);
    if (!status)
        status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_bool(request, &subscription->config,
                                 "enableReceivedNotification", false,
                                 &subscription->wants_received);
    return status;
}

/* "all", "allWithVotes" (there are no votes) or {"mentions":[key]}. Exactly one
 * key, as on Solana. */
static int read_logs(struct rpc_request *request,
                     struct subscription *subscription)
{
    struct json_object *filter = rpc_parameter(request, 0), *mentions;
    int status = rpc_config_open(request, 1, &subscription->config);
    if (status)
        return status;
    if (json_object_is_type(filter, json_type_string)) {
        const char *text = json_object_get_string(filter);
        if (!strcmp(text, "all") || !strcmp(text, "allWithVotes"))
            return 0;
    } else if (json_object_is_type(filter, json_type_object) &&
               !json_get_array(filter, "mentions", &mentions) &&
               json_object_array_length(mentions) == 1) {
        struct json_object *text = json_object_array_get_idx(mentions, 0);
        subscription->has_key = true;
        if (json_object_is_type(text, json_type_string))
            return rpc_key_of_text(request, json_object_get_string(text),
                                   &subscription->key);
    }
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid Request: a filter is `all`, `allWithVotes` or "
                    "`mentions` with one key");
}

/* "all" or {"mentionsAccountOrProgram":key}. "showRewards" is what getBlock
 * calls "rewards". Its default and that of the encoding differ from getBlock's,
 * as on Solana. */
static int read_block(struct rpc_request *request,
                      struct subscription *subscription)
{
    struct json_object *filter = rpc_parameter(request, 0);
    const char *text;
    int status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_transaction(request, &subscription->config);
    if (!status)
        status = rpc_transaction_options(request, &subscription->config,
                                         &subscription->block);
    if (!status)
        status = rpc_config_bool(request, &subscription->config, "showRewards",
                                 false, &subscription->block.show_rewards);
    if (status)
        return status;
    if (!subscription->config.has_encoding)
        subscription->block.encoding = RPC_ENCODING_BASE64;
    if (json_object_is_type(filter, json_type_string) &&
        !strcmp(json_object_get_string(filter), "all"))
        return 0;
    if (json_object_is_type(filter, json_type_object) &&
        !json_get_text(filter, "mentionsAccountOrProgram", &text)) {
        subscription->has_key = true;
        return rpc_key_of_text(request, text, &subscription->key);
    }
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid Request: a filter is `all` or "
                    "`mentionsAccountOrProgram`");
}

/* For kinds whose parameters, if any, say nothing. */
static int read_nothing(struct rpc_request *request,
                        struct subscription *subscription)
{
    return 0;
}

static const struct {
    const char *subscribe;
    const char *unsubscribe;
    int (*read)(struct rpc_request *request, struct subscription *subscription);
} kinds[SUBSCRIPTION_KINDS] = {
    [SUBSCRIPTION_ACCOUNT] = {"accountSubscribe", "accountUnsubscribe",
                              read_account},
    [SUBSCRIPTION_BLOCK] = {"blockSubscribe", "blockUnsubscribe", read_block},
    [SUBSCRIPTION_LOGS] = {"logsSubscribe", "logsUnsubscribe", read_logs},
    [SUBSCRIPTION_PROGRAM] = {"programSubscribe", "programUnsubscribe",
                              read_program},
    [SUBSCRIPTION_ROOT] = {"rootSubscribe", "rootUnsubscribe", read_nothing},
    [SUBSCRIPTION_SIGNATURE] = {"signatureSubscribe", "signatureUnsubscribe",
                                read_signature},
    [SUBSCRIPTION_SLOT] = {"slotSubscribe", "slotUnsubscribe", read_nothing},
    [SUBSCRIPTION_SLOTS_UPDATES] = {"slotsUpdatesSubscribe",
                                    "slotsUpdatesUnsubscribe", read_nothing},
    /* With one validator nobody votes, so nothing is ever told. */
    [SUBSCRIPTION_VOTE] = {"voteSubscribe", "voteUnsubscribe", read_nothing},
};

/* ---- Subscribe and unsubscribe ---- */

/* First in the list of its kind, or of its key in the kind's map: who
 * subscribed last is told first. */
static void link_same(struct pubsub *pubsub, struct subscription *subscription)
{
    CHECK(!subscription->same_next && !subscription->same_previous);
    struct map *map = subscription_map(pubsub, subscription->kind);
    struct subscription *before;
    if (map) {
        before = map_put(map, subscription_map_key(subscription), subscription);
    } else {
        before = pubsub->kinds[subscription->kind];
        pubsub->kinds[subscription->kind] = subscription;
    }
    subscription->same_next = before;
    if (before)
        before->same_previous = subscription;
    pubsub->counts[subscription->kind]++;
}

/* The subscription is linked only when its parameters were good. *started tells
 * the caller, who has to answer before it tells. */
static int subscribe(struct rpc_request *request, struct connection *connection,
                     enum subscription_kind kind, struct subscription **started)
{
    CHECK(kind < SUBSCRIPTION_KINDS);
    if (connection->count >= PUBSUB_SUBSCRIPTIONS_MAX)
        return rpc_fail(request, RPC_INTERNAL_ERROR,
                        "Too many subscriptions; max %d",
                        PUBSUB_SUBSCRIPTIONS_MAX);
    struct subscription *subscription = mem_zero(1, sizeof *subscription);
    subscription->kind = kind;
    subscription->connection = connection;
    int status = kinds[kind].read(request, subscription);
    if (status) {
        arena_free(&subscription->arena);
        free(subscription);
        return status;
    }
    subscription->config.object = NULL; /* it ends with the request */
    subscription->id = ++connection->pubsub->next_id;
    subscription->next = connection->subscriptions;
    connection->subscriptions = subscription;
    connection->count++;
    link_same(connection->pubsub, subscription);
    json_write_u64(&request->out, subscription->id);
    *started = subscription;
    return 0;
}

/* Only one's own, and by the method of its kind. */
static int unsubscribe(struct rpc_request *request,
                       struct connection *connection,
                       enum subscription_kind kind)
{
    uint64_t id;
    int status = rpc_parameter_u64(request, 0, &id);
    if (status)
        return status;
    for (struct subscription *subscription = connection->subscriptions;
         subscription; subscription = subscription->next) {
        if (subscription->id != id || subscription->kind != kind)
            continue;
        subscription_end(subscription);
        json_write_bool(&request->out, true);
        return 0;
    }
    return rpc_fail(request, RPC_INVALID_PARAMS, "Invalid subscription id.");
}

/* Names are compared one after the other: twice as many as there are kinds. */
static int run(struct rpc_request *request, struct connection *connection,
               const char *method, struct subscription **started)
{
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++) {
        if (!strcmp(method, kinds[kind].subscribe))
            return subscribe(request, connection, (enum subscription_kind)kind,
                             started);
        if (!strcmp(method, kinds[kind].unsubscribe))
            return unsubscribe(request, connection,
                               (enum subscription_kind)kind);
    }
    return rpc_fail(request, RPC_METHOD_NOT_FOUND, "Method not found");
}

/* ---- Answers ---- */

/* JSON-RPC's form; id as the client sent it, whatever it is. */
static void write_answer(struct buffer *out, struct json_object *id,
                         const struct rpc_request *request, int status,
                         struct bytes result)
{
    struct json_writer writer = json_writer_make(out);
    struct buffer id_text = {0};
    json_text(id, &id_text);
    json_open_object(&writer);
    json_field_text(&writer, "jsonrpc", "2.0");
    if (!status) {
        json_name(&writer, "result");
        json_write_raw(&writer, result);
    } else {
        json_name(&writer, "error");
        json_open_object(&writer);
        json_field_i64(&writer, "code", request->error_code);
        json_field_text(&writer, "message", request->error_message);
        json_close_object(&writer);
    }
    json_name(&writer, "id");
    json_write_raw(&writer, buffer_view(&id_text));
    json_close_object(&writer);
    buffer_free(&id_text);
}

/* One call. The request's view, if a check opened one, is closed with it. */
static void answer(struct connection *connection, struct json_object *call)
{
    struct json_object *id = NULL;
    const char *method;
    struct buffer result = {0}, text = {0};
    struct subscription *started = NULL;
    struct rpc_request request = {.options = &connection->pubsub->options,
                                  .out = json_writer_make(&result)};
    request.error_data = json_writer_make(&request.error_data_text);
    int status;
    if (!json_object_is_type(call, json_type_object) ||
        json_get_text(call, "method", &method)) {
        status = rpc_fail(&request, RPC_INVALID_REQUEST, "Invalid request");
    } else {
        json_object_object_get_ex(call, "id", &id);
        json_object_object_get_ex(call, "params", &request.params);
        if (request.params &&
            !json_object_is_type(request.params, json_type_array))
            status = rpc_fail(&request, RPC_INVALID_PARAMS,
                              "`params` should be an array");
        else
            status = run(&request, connection, method, &started);
    }
    if (status && !request.error_code)
        rpc_fail_status(&request, status);
    write_answer(&text, id, &request, status, buffer_view(&result));
    websocket_send(connection->websocket, buffer_view(&text));
    if (started && started->kind == SUBSCRIPTION_SIGNATURE)
        pubsub_tell_if_final(started);
    ledger_view_close(request.view);
    arena_free(&request.arena);
    buffer_free(&request.error_data_text);
    buffer_free(&result);
    buffer_free(&text);
}

/* What is no JSON has no id to answer to. */
void pubsub_request(struct connection *connection, struct bytes text)
{
    struct json_object *call = NULL;
    if (json_parse(text, &call)) {
        static const char refusal[] =
            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":"
            "\"Parse error\"},\"id\":null}";
        websocket_send(connection->websocket, bytes_text(refusal));
        return;
    }
    answer(connection, call);
    json_object_put(call);
}
