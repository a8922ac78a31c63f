/*
 * In the place of net/http_client.c: questions to the endpoint, which are lost,
 * late and garbled as the plan has it.
 */
#include "node_days_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_client.h"

#include <stdlib.h>

struct http_client {
    struct http_call *calls;
};

struct http_call {
    struct http_client *client;
    http_done *done; /* NULL: cancelled */
    void *user;
    struct buffer body;
    struct buffer answer;
    bool is_lost;
};

struct http_client *http_client_new(uv_loop_t *loop,
                                    const struct address_rule *rule)
{
    return mem_zero(1, sizeof(struct http_client));
}

void http_client_use_one_host(struct http_client *client)
{
}

void http_client_close(struct http_client *client)
{
    free(client);
}

static void on_answered(void *user)
{
    struct http_call *call = user;
    struct http_response response = {.status = 200, .body = call->answer};

    if (call->done) {
        life_step();
        if (call->is_lost)
            call->done(call->user, err_set(ERR_NETWORK, "no answer"), NULL);
        else
            call->done(call->user, 0, &response);
    }
    buffer_free(&call->answer);
    buffer_free(&call->body);
    free(call);
}

static void on_arrived(void *user)
{
    static const char *const garbage[] = {
        "<html>502</html>",
        "{}",
        "[]",
        "{\"result\":17}",
        "{\"result\":null}",
        "{\"error\":{\"code\":-32005,\"message\":\"Node is behind\"}}",
        "\xff"};
    struct http_call *call = user;
    struct days *days = life.days;
    struct json_object *request = NULL, *params;
    const char *method;

    days->questions++;
    if (call->done && !call->is_lost) {
        life_step();
        CHECK(!json_parse(buffer_view(&call->body), &request));
        CHECK(!json_get_text(request, "method", &method));
        CHECK(!json_get_array(request, "params", &params));
        chain_answer(&days->chain, method, params, &call->answer);
        json_object_put(request);
    }
    if (life_is_between(days->garbled_from, days->garbled_until) &&
        life_random(3)) {
        buffer_clear(&call->answer);
        buffer_text(&call->answer, garbage[life_random(7)]);
    }
    /* The answer may be lost where the question was not. */
    if (life_is_between(days->deaf_from, days->deaf_until))
        call->is_lost = true;
    loop_after(2 + life_random(60) +
                   (days->late_ms ? life_random(days->late_ms) : 0),
               on_answered, call);
}

struct http_call *http_client_start(struct http_client *client,
                                    const struct http_request *request,
                                    http_done *done, void *user)
{
    struct http_call *call = mem_zero(1, sizeof(*call));

    call->client = client;
    call->done = done;
    call->user = user;
    buffer_bytes(&call->body, request->body);
    call->is_lost =
        strcmp(request->url, RPC_URL) != 0 ||
        life_is_between(life.days->deaf_from, life.days->deaf_until);
    loop_after(2 + life_random(60), on_arrived, call);
    return call;
}

void http_call_cancel(struct http_call *call)
{
    call->done = NULL;
}

void http_call_abort(struct http_call *call)
{
    call->is_lost = true;
}

bool http_call_is_sending(const struct http_call *call)
{
    return false;
}

void http_call_take(struct http_call *call, struct buffer *out)
{
}

const char *http_call_error_name(const struct http_call *call)
{
    return "";
}

struct bytes http_response_header(const struct http_response *response,
                                  const char *name)
{
    return (struct bytes){0};
}

void http_response_free(struct http_response *response)
{
    buffer_free(&response->body);
}

int http_client_wait(const struct address_rule *rule,
                     const struct http_request *request,
                     struct http_response *response)
{
    return err_set(ERR_NETWORK, "nobody waits here");
}
