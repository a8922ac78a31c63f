/*
 * The operator's orders about a node's places: what was chosen in place of its
 * options, how it is reached, where its evidence lies, whom its notices go to.
 */
#include "node/node_owner_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/redact.h"
#include "node/node_choices.h"
#include "node/node_evidence.h"
#include "node/node_notices.h"
#include "node/node_reach.h"
#include "node/node_restart.h"

#include <stdlib.h>

/* ---- the program ---- */

int node_owner_restart(const struct order *order)
{
    struct json_writer writer = json_writer_make(order->answer);
    bool asks = false;
    int status = node_restart(order->node, &asks);

    if (status)
        return status;
    json_open_object(&writer);
    json_field_bool(&writer, "asks", asks);
    json_close_object(&writer);
    return 0;
}

/* ---- choices ---- */

/* Keys of providers in a URL are shown to nobody. */
static void shown(struct json_writer *writer, const char *name,
                  const char *value)
{
    if (value)
        json_field_text(writer, name, REDACTED_URL(value));
    else
        json_field_null(writer, name);
}

int node_owner_list_choices(const struct order *order)
{
    const struct choice_book *book = order->node->choices;
    struct json_writer writer = json_writer_make(order->answer);

    json_open_object(&writer);
    json_name(&writer, "settings");
    json_open_array(&writer);
    for (size_t i = 0; i < CHOICES; i++) {
        struct choice_view view = choice_book_look(book, (enum choice)i);

        json_open_object(&writer);
        json_field_text(&writer, "name", choice_name((enum choice)i));
        shown(&writer, "value", view.value);
        shown(&writer, "used", view.used);
        shown(&writer, "given", view.given);
        json_field_bool(&writer, "chosen", view.is_chosen);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_field_bool(&writer, "waits", choice_book_waits(book));
    json_close_object(&writer);
    return 0;
}

/* A text as it was shown is not what it was. */
static int check_whole(const char *value)
{
    return strstr(value, REDACTED)
               ? err_set(ERR_INVALID, "give the URL whole: what is hidden in "
                                      "it is shown to nobody")
               : 0;
}

/* "value" is a text; null, or absent: back to what was given. */
int node_owner_set_choice(const struct order *order)
{
    const char *name, *value = NULL;
    struct json_object *member;
    enum choice choice;
    int status = json_get_text(order->body, "name", &name);

    if (!status)
        status = choice_parse(name, &choice);
    if (!status && json_object_object_get_ex(order->body, "value", &member) &&
        member)
        status = json_get_text(order->body, "value", &value);
    if (!status && value)
        status = check_whole(value);
    return status ? status
                  : node_choices_set(order->node, choice, value, order->done,
                                     order->user);
}

/* ---- the webhook ---- */

int node_owner_show_webhook(const struct order *order)
{
    const struct node *node = order->node;
    const struct webhook *webhook = node_notices_webhook(node);
    struct json_writer writer = json_writer_make(order->answer);
    bool is_gone = false;
    const char *trouble = webhook ? webhook_trouble(webhook, &is_gone) : "";
    const char *url = choice_book_look(node->choices, CHOICE_WEBHOOK).value;
    const char *quiet = choice_book_look(node->choices, CHOICE_QUIET).value;

    json_open_object(&writer);
    shown(&writer, "url", url && *url ? url : NULL);
    json_field_u64(&writer, "unsent",
                   notice_book_unsent_count(node->parts.notices));
    json_field_text(&writer, "trouble", trouble);
    json_field_bool(&writer, "gone", is_gone);
    json_name(&writer, "kinds");
    json_open_array(&writer);
    for (size_t i = 0; i < NOTICE_KINDS; i++) {
        const char *kind = notice_kind_name((enum notice_kind)i);

        json_open_object(&writer);
        json_field_text(&writer, "kind", kind);
        json_field_bool(&writer, "sent",
                        !choice_has_word(quiet ? quiet : "", kind));
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return 0;
}

/* A test that waits for an answer from elsewhere. */
struct testing {
    struct node *node;
    struct http_client *client; /* NULL: the webhook's own */
    uint64_t begun_ms;
    node_control_answered *answered;
    void *user;
};

static void answer_test(const struct testing *testing, int status,
                        unsigned http_status, uint64_t ms)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    if (!status && http_status / 100 != 2)
        status = err_set(ERR_REMOTE, "it answered with status %u", http_status);
    if (!status) {
        json_open_object(&writer);
        json_field_u64(&writer, "status", http_status);
        json_field_u64(&writer, "ms", ms);
        json_close_object(&writer);
    }
    testing->answered(testing->user, status, &answer);
    buffer_free(&answer);
}

static void on_webhook_tested(void *user, int status, unsigned http_status,
                              uint64_t ms)
{
    struct testing *testing = user;

    /* Not what settlement does. */
    if (status == ERR_NETWORK || status == ERR_TIMEOUT)
        status = err_add(ERR_REMOTE, "the webhook");
    answer_test(testing, status, http_status, ms);
    free(testing);
}

int node_owner_test_webhook(const struct order *order)
{
    struct testing *testing = mem_zero(1, sizeof(*testing));

    *testing = (struct testing){
        .node = order->node, .answered = order->answered, .user = order->user};
    int status = node_notices_test(order->node, on_webhook_tested, testing);
    if (status)
        free(testing);
    return status;
}

/* ---- how it is reached ---- */

int node_owner_show_reach(const struct order *order)
{
    node_reach_write(order->node->reach, order->answer);
    return 0;
}

int node_owner_test_reach(const struct order *order)
{
    return node_reach_test(order->node->reach, order->answered, order->user);
}

/* ---- storage ---- */

int node_owner_show_storage(const struct order *order)
{
    if (order->node->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    node_evidence_usage(order->node, order->answered, order->user);
    return 0;
}

/* The empty block, which every trustless gateway has by its name alone
 * (specs.ipfs.tech/http-gateways/trustless-gateway, "Dedicated Probe Paths").
 */
#define PROBE "/ipfs/bafkqaaa?format=raw"
#define PROBE_MS 15000

static void on_gateway(void *user, int status, struct http_response *response)
{
    struct testing *testing = user;
    struct node *node = testing->node;

    if (status == ERR_NETWORK || status == ERR_TIMEOUT)
        status = ERR_REMOTE;
    else if (!status && response->status == 200 && response->body.size)
        status = err_set(ERR_REMOTE, "what it answers is no IPFS gateway's");
    answer_test(testing, status, status ? 0 : response->status,
                clock_monotonic_ms() - testing->begun_ms);
    if (!node->is_stopping)
        http_client_close(testing->client);
    node->gateway_test = NULL;
    free(testing);
}

int node_owner_test_gateway(const struct order *order)
{
    struct node *node = order->node;
    const char *url;
    int status = json_get_text(order->body, "url", &url);

    if (!status)
        status = check_whole(url);
    if (!status)
        status = choice_check(CHOICE_GATEWAYS, url);
    if (!status && node->is_stopping)
        status = err_set(ERR_CANCELLED, "the node is stopping");
    if (!status && node->gateway_test)
        status = err_set(ERR_BUSY, "a test is under way");
    if (status)
        return status;
    struct testing *testing = mem_zero(1, sizeof(*testing));

    *testing = (struct testing){.node = node,
                                .begun_ms = clock_monotonic_ms(),
                                .answered = order->answered,
                                .user = order->user};
    testing->client = http_client_new(node->parts.loop, &address_rule_any);
    node->gateway_test = testing->client;
    char *probe = mem_format(
        "%.*s" PROBE,
        (int)(strlen(url) - (*url && url[strlen(url) - 1] == '/')), url);
    const struct http_request request = {.url = probe,
                                         .has_key = true,
                                         .limit_bytes = 1024,
                                         .timeout_ms = PROBE_MS};
    http_client_start(testing->client, &request, on_gateway, testing);
    free(probe);
    return 0;
}
