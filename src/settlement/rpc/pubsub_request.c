/*
 * What clients say: subscribe and unsubscribe, as JSON-RPC calls.
 *
 * A table of kinds says what each is called and how its parameters are read;
 * the rest is the same for all. The RPC's own readers read the parameters, with
 * their words for errors.
 *
 * Calls come singly, not in batches. Of the RPC's methods only getVersion is
 * here; the others are at the other port. The answer to a subscription is sent
 * before its first notification.
 *
 * Thread: the loop's.
 */
#include "settlement/rpc/pubsub_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include <stdlib.h>

/* ---- Parameters of each kind ---- */

/* PubSub has one text for any text that is not a key or signature. */
static int not_a(struct rpc_request *request, const char *thing)
{
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid Request: Invalid %s provided", thing);
}

/* [key, options?] */
static int read_account(struct rpc_request *request,
                        struct subscription *subscription)
{
    const char *text;
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_account(request, &subscription->config);
    subscription->config.is_notified = true;
    if (!status && rpc_key_of_text(request, text, &subscription->key))
        status = not_a(request, "pubkey");
    return status;
}

/* [program, options with filters?]. The filters live in the subscription's
 * arena. */
static int read_program(struct rpc_request *request,
                        struct subscription *subscription)
{
    int status = read_account(request, subscription);
    if (!status)
        status = rpc_filters_read(request, &subscription->config,
                                  &subscription->arena, &subscription->filters);
    return status;
}

/* [signature, {enableReceivedNotification?, commitment?}?] */
static int read_signature(struct rpc_request *request,
                          struct subscription *subscription)
{
    const char *text;
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_bool(request, &subscription->config,
                                 "enableReceivedNotification", false,
                                 &subscription->wants_received);
    if (!status &&
        rpc_signature_of_text(request, text, &subscription->signature))
        status = not_a(request, "signature");
    return status;
}

/* A filter: a word, or an object of one member that is read by its name.
 * variants: all names, in Solana's words. */
static int unknown_filter(struct rpc_request *request,
                          struct json_object *filter, const char *variants)
{
    const char *name = NULL;
    if (json_object_is_type(filter, json_type_string)) {
        name = json_object_get_string(filter);
    } else if (json_object_is_type(filter, json_type_object) &&
               json_object_object_length(filter) == 1) {
        struct json_object_iterator first = json_object_iter_begin(filter);
        name = json_object_iter_peek_name(&first);
    } else if (json_object_is_type(filter, json_type_object)) {
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid params: invalid value: map, expected map "
                        "with a single key.");
    } else {
        return rpc_wrong_type(request, filter, "string or map");
    }
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    "Invalid params: unknown variant `%.40s`, expected %s.",
                    name, variants);
}

/* {"mentions":[key]}: exactly one key, as on Solana. */
static int read_mentions(struct rpc_request *request,
                         struct json_object *mentions,
                         struct subscription *subscription)
{
    const char *text;
    if (!json_object_is_type(mentions, json_type_array))
        return rpc_wrong_type(request, mentions, "a sequence");
    if (json_object_array_length(mentions) != 1)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Invalid Request: Only 1 address supported");
    int status = rpc_element_text(request, mentions, 0, &text);
    if (status)
        return status;
    subscription->has_key = true;
    return rpc_key_of_text(request, text, &subscription->key)
               ? not_a(request, "mentions")
               : 0;
}

/* "all", "allWithVotes" (there are no votes) or {"mentions":[key]}. */
static int read_logs(struct rpc_request *request,
                     struct subscription *subscription)
{
    struct json_object *filter = rpc_parameter(request, 0), *mentions;
    int status = rpc_config_open(request, 1, &subscription->config);
    if (status)
        return status;
    if (json_object_is_type(filter, json_type_string) &&
        (!strcmp(json_object_get_string(filter), "all") ||
         !strcmp(json_object_get_string(filter), "allWithVotes")))
        return 0;
    if (json_object_is_type(filter, json_type_object) &&
        json_object_object_length(filter) == 1 &&
        json_object_object_get_ex(filter, "mentions", &mentions))
        return read_mentions(request, mentions, subscription);
    return unknown_filter(request, filter,
                          "one of `all`, `allWithVotes`, `mentions`");
}

/* "all" or {"mentionsAccountOrProgram":key}. "showRewards" is what getBlock
 * calls "rewards". Its default and that of the encoding differ from getBlock's,
 * as on Solana. */
static int read_block(struct rpc_request *request,
                      struct subscription *subscription)
{
    struct json_object *filter = rpc_parameter(request, 0), *key;
    int status = rpc_config_open(request, 1, &subscription->config);
    if (!status)
        status = rpc_config_transaction(request, &subscription->config);
    if (!status)
        status = rpc_transaction_options(request, &subscription->config,
                                         &subscription->block);
    if (!status)
        status = rpc_config_bool(request, &subscription->config, "showRewards",
                                 false, &subscription->block.show_rewards);
    if (!status)
        status = rpc_require_confirmed(request);
    if (status)
        return status;
    if (!subscription->config.has_encoding)
        subscription->block.encoding = RPC_ENCODING_BASE64;
    if (json_object_is_type(filter, json_type_string) &&
        !strcmp(json_object_get_string(filter), "all"))
        return 0;
    if (!json_object_is_type(filter, json_type_object) ||
        json_object_object_length(filter) != 1 ||
        !json_object_object_get_ex(filter, "mentionsAccountOrProgram", &key))
        return unknown_filter(request, filter,
                              "`all` or `mentionsAccountOrProgram`");
    if (!json_object_is_type(key, json_type_string))
        return rpc_wrong_type(request, key, "a string");
    subscription->has_key = true;
    return rpc_key_of_text(request, json_object_get_string(key),
                           &subscription->key)
               ? not_a(request, "mentions_account_or_program")
               : 0;
}

/* Of kinds that have no parameters. */
static int read_nothing(struct rpc_request *request,
                        struct subscription *subscription)
{
    return 0;
}

static const struct {
    const char *subscribe;
    const char *unsubscribe;
    unsigned required; /* parameters of the first, as of an rpc_method */
    unsigned most;
    int (*read)(struct rpc_request *request, struct subscription *subscription);
} kinds[SUBSCRIPTION_KINDS] = {
    [SUBSCRIPTION_ACCOUNT] = {"accountSubscribe", "accountUnsubscribe", 1, 2,
                              read_account},
    [SUBSCRIPTION_BLOCK] = {"blockSubscribe", "blockUnsubscribe", 1, 2,
                            read_block},
    [SUBSCRIPTION_LOGS] = {"logsSubscribe", "logsUnsubscribe", 1, 2, read_logs},
    [SUBSCRIPTION_PROGRAM] = {"programSubscribe", "programUnsubscribe", 1, 2,
                              read_program},
    [SUBSCRIPTION_ROOT] = {"rootSubscribe", "rootUnsubscribe", 0, 0,
                           read_nothing},
    [SUBSCRIPTION_SIGNATURE] = {"signatureSubscribe", "signatureUnsubscribe", 1,
                                2, read_signature},
    [SUBSCRIPTION_SLOT] = {"slotSubscribe", "slotUnsubscribe", 0, 0,
                           read_nothing},
    [SUBSCRIPTION_SLOTS_UPDATES] = {"slotsUpdatesSubscribe",
                                    "slotsUpdatesUnsubscribe", 0, 0,
                                    read_nothing},
    /* A validator that is alone does not vote. */
    [SUBSCRIPTION_VOTE] = {"voteSubscribe", "voteUnsubscribe", 0, 0,
                           read_nothing},
};

/* ---- Subscribe and unsubscribe ---- */

/* Put it first in the list of its kind, or of its key in the kind's map: the
 * last subscriber is notified first. */
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
    pubsub->counts[subscription->kind][subscription->level]++;
    subscription_note_wanted(pubsub, subscription->kind);
    pubsub->received_count += subscription->wants_received;
}

/* The subscription is linked only if its parameters are good. *started is the
 * new subscription, which the caller needs after it has sent the answer. */
static int subscribe(struct rpc_request *request, struct connection *connection,
                     enum subscription_kind kind, struct subscription **started)
{
    CHECK(kind < SUBSCRIPTION_KINDS);
    const struct rpc_method method = {.required = kinds[kind].required,
                                      .most = kinds[kind].most};
    int status = rpc_parameters_check(request, &method);
    if (status)
        return status;
    if (connection->count >= PUBSUB_SUBSCRIPTIONS_MAX)
        return rpc_fail(request, RPC_INTERNAL_ERROR,
                        "Internal Error: Subscription refused. Node "
                        "subscription limit reached");
    struct subscription *subscription = mem_zero(1, sizeof(*subscription));
    subscription->kind = kind;
    subscription->connection = connection;
    status = kinds[kind].read(request, subscription);
    if (status) {
        arena_free(&subscription->arena);
        free(subscription);
        return status;
    }
    subscription->config.object = NULL; /* it ends with the request */
    subscription->level = kinds[kind].most ? request->level : LEDGER_PROCESSED;
    subscription->id = ++connection->pubsub->next_id;
    subscription->next = connection->subscriptions;
    connection->subscriptions = subscription;
    connection->count++;
    link_same(connection->pubsub, subscription);
    json_write_u64(&request->out, subscription->id);
    *started = subscription;
    return 0;
}

/* A client may end only its own subscriptions, by the method of any kind,
 * because ids are shared by all kinds. */
static int unsubscribe(struct rpc_request *request,
                       struct connection *connection)
{
    static const struct rpc_method method = {.required = 1, .most = 1};
    uint64_t id;
    int status = rpc_parameters_check(request, &method);
    if (!status)
        status = rpc_parameter_u64(request, 0, &id);
    if (status)
        return status;
    for (struct subscription *subscription = connection->subscriptions;
         subscription; subscription = subscription->next) {
        if (subscription->id != id)
            continue;
        subscription_end(subscription);
        json_write_bool(&request->out, true);
        return 0;
    }
    return rpc_fail(request, RPC_INVALID_PARAMS, "Invalid subscription id.");
}

/* The only method of the RPC that PubSub has as well. */
static int get_version(struct rpc_request *request)
{
    const struct rpc_method *method = rpc_cluster_methods;
    while (strcmp(method->name, "getVersion"))
        method++;
    int status = rpc_parameters_check(request, method);
    return status ? status : method->run(request);
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
            return unsubscribe(request, connection);
    }
    if (!strcmp(method, "getVersion"))
        return get_version(request);
    return rpc_fail(request, RPC_METHOD_NOT_FOUND, "Method not found");
}

/* ---- Answers ---- */

/* JSON-RPC's form; id is as the client sent it. */
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

/* Answer one call. The request's view, if a check opened one, is closed with
 * it. A call without an id gets no answer: web3.js sends such a "ping" every
 * few seconds. */
static void answer(struct connection *connection, struct json_object *object)
{
    struct rpc_envelope call;
    struct buffer result = {0}, text = {0};
    struct subscription *started = NULL;
    struct rpc_request request = {.options = &connection->pubsub->options,
                                  .level = LEDGER_FINALIZED,
                                  .out = json_writer_make(&result)};
    request.error_data = json_writer_make(&request.error_data_text);
    int status = rpc_envelope_read(&request, object, &call);
    if (!status && !call.has_id)
        return;
    if (!status) {
        const char *name = json_object_get_string(call.method);
        bool is_whole =
            strlen(name) == (size_t)json_object_get_string_len(call.method);
        status = run(&request, connection, is_whole ? name : "", &started);
    }
    if (status && !request.error_code)
        rpc_fail_status(&request, status);
    write_answer(&text, call.id, &request, status, buffer_view(&result));
    websocket_send(connection->websocket, buffer_view(&text));
    if (started && started->kind == SUBSCRIPTION_SIGNATURE)
        pubsub_tell_if_there(started);
    ledger_view_close(request.view);
    arena_free(&request.arena);
    buffer_free(&request.error_data_text);
    buffer_free(&result);
    buffer_free(&text);
}

/* A text that is not JSON has no id, so the answer's id is null. */
void pubsub_request(struct connection *connection, struct bytes text)
{
    struct json_object *call = NULL;
    if (json_check_values(text, RPC_VALUES_MAX) ||
        json_parse_exact(text, &call)) {
        static const char refusal[] =
            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":"
            "\"Parse error\"},\"id\":null}";
        websocket_send(connection->websocket, bytes_text(refusal));
        return;
    }
    answer(connection, call);
    json_object_put(call);
}
