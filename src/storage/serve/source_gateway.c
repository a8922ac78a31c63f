/*
 * One HTTP request a block. A redirect is an answer like others: a gateway that
 * redirects does not have the block.
 */
#include "storage/serve/source_gateway.h"
#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/url.h"

#include <stdlib.h>

/* The client is made by the first source of a rule and closed with it. */
struct gateway {
    struct source source;
    /* Owned; without a slash at its end. */
    char *url;
    struct address_rule rule;
    struct http_client *client;
    bool owns_client;
};

struct request {
    struct gateway *gateway;
    struct http_call *call;
    source_answer *answer;
    void *user;
};

/* 404, 410 and 412 are the specification's ways to say "not here". */
static int judge(const struct gateway *gateway, unsigned http_status)
{
    if (http_status == 200)
        return 0;
    if (http_status == 404 || http_status == 410 || http_status == 412)
        return err_set(ERR_NOT_FOUND, "%s does not have it", gateway->url);
    return err_set(ERR_REMOTE, "HTTP status %u", http_status);
}

static void answered(void *user, int status, struct http_response *response)
{
    struct request *request = user;

    if (!status)
        status = judge(request->gateway, response->status);
    request->answer(request->user, status,
                    status ? (struct bytes){0} : buffer_view(&response->body));
    free(request);
}

static void *ask(struct source *source, const struct cid *cid,
                 uint32_t time_limit_ms, source_answer *answer, void *user)
{
    static const char *const headers[] = {"Accept: application/vnd.ipld.raw",
                                          NULL};
    struct gateway *gateway = (struct gateway *)source;
    struct request *request = mem_zero(1, sizeof(*request));
    char *url =
        mem_format("%s/ipfs/%s?format=raw", gateway->url, CID_TEXT(cid));
    struct http_request http = {
        .url = url,
        .headers = headers,
        /* The client cuts off what is sent beyond that. */
        .limit_bytes = CID_BLOCK_SIZE_MAX,
        .timeout_ms = time_limit_ms,
    };

    request->gateway = gateway;
    request->answer = answer;
    request->user = user;
    request->call =
        http_client_start(gateway->client, &http, answered, request);
    free(url);
    return request;
}

static void cancel(struct source *source, void *user)
{
    struct request *request = user;

    http_call_cancel(request->call);
    free(request);
}

/* url_parse() takes ws:// as well, which is no place to fetch from. A query or
 * a fragment would swallow what is appended to the URL. */
static int check_url(const char *text)
{
    struct url url;
    int status = url_parse(bytes_text(text), &url);

    if (!status && strncmp(url.scheme, "http", 4) != 0)
        status = err_set(ERR_INVALID, "%s is not an http or https URL", text);
    if (!status && strpbrk(text, "?#"))
        status = err_set(ERR_INVALID,
                         "%s: a base URL has neither query nor fragment", text);
    return status;
}

static struct source *make(uv_loop_t *loop, const struct source_gateway *where,
                           struct source **others, size_t other_count)
{
    struct gateway *gateway = mem_zero(1, sizeof(*gateway));
    struct bytes text = bytes_trim_right(bytes_text(where->url), '/');

    CHECK(where->rule);
    gateway->url = mem_format("%.*s", (int)text.size, (const char *)text.data);
    gateway->source =
        (struct source){.name = gateway->url, .ask = ask, .cancel = cancel};
    gateway->rule = *where->rule;
    for (size_t i = 0; i < other_count && !gateway->client; i++) {
        struct gateway *other = (struct gateway *)others[i];

        /* One client has one rule. */
        if (other->rule.allows == gateway->rule.allows &&
            other->rule.user == gateway->rule.user)
            gateway->client = other->client;
    }
    gateway->owns_client = !gateway->client;
    if (gateway->owns_client)
        gateway->client = http_client_new(loop, &gateway->rule);
    return &gateway->source;
}

int source_gateway_open(uv_loop_t *loop, const struct source_gateway *gateways,
                        size_t count, struct source ***out)
{
    int status = 0;

    CHECK(gateways || !count);
    for (size_t i = 0; i < count && !status; i++)
        status = check_url(gateways[i].url);
    if (status)
        return status;
    *out = mem_zero(count + 1, sizeof(struct source *));
    for (size_t i = 0; i < count; i++)
        (*out)[i] = make(loop, &gateways[i], *out, i);
    return 0;
}

void source_gateway_close(struct source **sources, size_t count)
{
    for (size_t i = 0; sources && i < count; i++) {
        struct gateway *gateway = (struct gateway *)sources[i];

        if (gateway->owns_client)
            http_client_close(gateway->client);
        free(gateway->url);
        free(gateway);
    }
    free(sources);
}
