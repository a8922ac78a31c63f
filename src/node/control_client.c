/*
 * Reads control.json and asks the node that it names, for the commands of the
 * CLI and for a private network that watches its nodes.
 *
 * A file that a killed node left behind looks like any other: a question to the
 * node then ends in ERR_NETWORK, because nothing listens there. So the one way
 * to find out whether a node lives is to speak with it.
 */
#include "node/control_client.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/http_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* It is this machine's own loopback: what takes longer hangs, but for orders
 * that ask the chain first. */
#define CONTROL_TIMEOUT_MS 10000
/* Far above a status with all its tasks and rounds. */
#define CONTROL_ANSWER_MAX (16u << 20)
/* Six short texts; more was not written by a node. */
#define CONTROL_FILE_MAX 16384

/* Copied, so that the parsed file can go. A text that does not fit is an error
 * and not cut: half a URL or token would only fail later, and elsewhere. */
static int copy_text(struct json_object *object, const char *name, char *out,
                     size_t size)
{
    CHECK(object && name && out && size > 0);
    const char *text;
    int status = json_get_text(object, name, &text);

    if (status)
        return status;
    if (strlen(text) >= size)
        return err_set(ERR_LIMIT, "%s is too long", name);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

/* Every field is needed; a file without one was not written by a node. */
static int parse(struct json_object *object, struct control_client *out)
{
    CHECK(out);
    int status = json_get_u64(object, "pid", &out->pid);

    out->timeout_ms = CONTROL_TIMEOUT_MS;
    if (json_get_u64(object, "started", &out->started_ms))
        out->started_ms = 0;
    if (!status)
        status = copy_text(object, "url", out->url, sizeof(out->url));
    if (!status)
        status = copy_text(object, "token", out->token, sizeof(out->token));
    if (!status)
        status = copy_text(object, "public_url", out->public_url,
                           sizeof(out->public_url));
    if (!status)
        status = copy_text(object, "main", out->main, sizeof(out->main));
    if (!status)
        status =
            copy_text(object, "staking", out->staking, sizeof(out->staking));
    return status;
}

/* Read anew for each use: it changes whenever the node is started. Wrong
 * contents become ERR_CORRUPT with the path, because the caller can only report
 * them. */
int control_client_read(const char *folder, struct control_client *out)
{
    CHECK(folder && out);
    char *path = mem_format("%s/control.json", folder);
    struct json_object *object = NULL;
    struct buffer text = {0};
    int status = file_read(path, CONTROL_FILE_MAX, &text);

    if (status == ERR_NOT_FOUND) {
        err_set(ERR_NOT_FOUND, "no node runs with the folder %s", folder);
        goto done;
    }
    if (!status)
        status = json_parse(buffer_view(&text), &object);
    if (!status)
        status = parse(object, out);
    if (status == ERR_INVALID || status == ERR_LIMIT)
        status = err_add(ERR_CORRUPT, "%s", path);
done:
    json_object_put(object);
    buffer_free(&text);
    free(path);
    return status;
}

/* The text of {"error": text}, or of {"error": {"message": text}}. */
static int error_text(struct json_object *object, const char **out)
{
    struct json_object *inner;

    if (!json_get_object(object, "error", &inner))
        return json_get_text(inner, "message", out);
    return json_get_text(object, "error", out);
}

/* The node's own words for why it refused, or a line. At most 200 bytes of what
 * is no JSON: it may be a page of another program that has the port by now. */
static int refusal(const struct http_response *response)
{
    struct bytes body = buffer_view(&response->body);
    struct json_object *object = NULL;
    const char *text;
    int status;

    if (json_parse(body, &object) == 0 && error_text(object, &text) == 0)
        status = err_set(ERR_REMOTE, "the node says: %s", text);
    else
        status =
            err_set(ERR_REMOTE, "the node answered with status %u: %.*s",
                    response->status, (int)(body.size < 200 ? body.size : 200),
                    body.data ? (const char *)body.data : "");
    json_object_put(object);
    return status;
}

/* A node that begins anew in its process (node_restart()) does not answer for a
 * moment, or by its server alone. */
#define AGAIN_S 10
#define AGAIN_PAUSE_MS 100

/* An answer of the node's is JSON, also where it refuses. */
static bool is_of_server(const struct http_response *response)
{
    struct bytes type = http_response_header(response, "Content-Type");

    return response->status == 503 &&
           !(type.size >= 16 && !memcmp(type.data, "application/json", 16));
}

/* Blocking, with a limit of time: a node answers these from memory. *again: the
 * node has not taken it, and may be there in a moment. */
static int send_once(const struct http_request *request, struct buffer *answer,
                     bool *again)
{
    struct http_response response;
    int status = http_client_wait(&address_rule_any, request, &response);

    *again = status == ERR_NETWORK && !strcmp(request->method, "GET");
    if (status)
        return status;
    *again = is_of_server(&response);
    if (response.status >= 200 && response.status < 300)
        buffer_bytes(answer, buffer_view(&response.body));
    else
        status = refusal(&response);
    http_response_free(&response);
    return status;
}

/* The token is sent with each request, and only to the address beside which it
 * stood. What came before an error is not appended. */
int control_client_send(const struct control_client *control,
                        const char *method, const char *path, const char *body,
                        struct buffer *answer)
{
    CHECK(control && method && path && answer);
    const struct timespec pause = {.tv_nsec = AGAIN_PAUSE_MS * 1000000l};
    char *url = mem_format("%s%s", control->url, path);
    char *token = mem_format("Authorization: Bearer %s", control->token);
    const char *headers[] = {token, "Content-Type: application/json", NULL};
    struct http_request request = {.url = url,
                                   .method = method,
                                   .headers = headers,
                                   .limit_bytes = CONTROL_ANSWER_MAX,
                                   .timeout_ms = control->timeout_ms};
    bool again;

    if (body)
        request.body = bytes_text(body);
    int status = send_once(&request, answer, &again);
    for (unsigned i = 0; i < AGAIN_S * 1000 / AGAIN_PAUSE_MS && again &&
                         !kill((pid_t)control->pid, 0);
         i++) {
        nanosleep(&pause, NULL);
        status = send_once(&request, answer, &again);
    }
    free(token);
    free(url);
    return status;
}

int control_client_ask(const struct control_client *control, const char *path,
                       const char *body, struct buffer *answer)
{
    return control_client_send(control, body ? "POST" : "GET", path, body,
                               answer);
}

/* An empty answer is no JSON, and an error. */
int control_client_ask_json(const struct control_client *control,
                            const char *path, const char *body,
                            struct json_object **out)
{
    CHECK(out);
    struct buffer answer = {0};
    int status = control_client_ask(control, path, body, &answer);

    if (!status && json_parse(buffer_view(&answer), out) < 0)
        status = err_add(ERR_INVALID, "the node's answer to %s", path);
    buffer_free(&answer);
    return status;
}
