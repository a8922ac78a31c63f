/*
 * The operator's port: on 127.0.0.1 only. It has the page and the page's API
 * (node/page/api.h), and the routes that `pond` asks with the token of
 * control.json (node.h).
 *
 * The server hands requests to the loop's thread (http_server_options.loop), so
 * they may touch the node directly: they are few, and cost no more than a look
 * into the journal or at a log's tail.
 *
 * There are guards although only this machine can reach the port, because every
 * user of the machine and every page in a browser on it can, too
 * (page/page_guard.h). A user who can read control.json, which is the
 * operator's alone (mode 0600), may give orders by its token. A page in a
 * browser never has the token: a request with both a token and an Origin is
 * refused.
 */
#include "node/node_control.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/control_client.h"
#include "node/node_control_routes.h"
#include "node/page/api.h"
#include "node/page/live.h"
#include "page/page_assets.h"
#include "page/page_headers.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

/* 256 bits, beyond guessing. */
#define TOKEN_BYTES 32

/* Variables of a task included. */
#define BODY_LIMIT_BYTES (1u << 20)

/* Ports that are tried one after the other, so that the nodes of a private
 * network have numbers that people find. */
#define PORTS_TRIED 64

/* The routes are borrowed, the rest is owned. The token is wiped before it is
 * freed. */
struct node_control {
    struct node_control_routes routes;
    const char *waits_for;
    struct page_guard guard;
    char *guard_host;
    struct api *api;
    struct http_server *server;
    char *token; /* hexadecimal */
    char *url;
    char *path; /* of control.json */
    bool is_kept;
    bool is_leaving;
    void (*closed)(void *user);
    void *closed_user;
};

/* The address is always this machine's own. */
const char *node_control_url_of(const struct node_control *control)
{
    return control->url;
}

char *node_control_link(struct node_control *control)
{
    uint64_t expires_ms;

    return api_link(control->api, &expires_ms);
}

void node_control_say(struct node_control *control, const char *topic,
                      struct bytes message)
{
    live_say(api_live(control->api), topic, message);
}

int node_control_keep(struct node_control *control)
{
    control->is_kept = true;
    return http_server_keep(control->server);
}

int node_control_keep_here(const struct node_control *control)
{
    return http_server_keep_here(control->server);
}

void node_control_say_bye(struct node_control *control, const char *reason)
{
    control->is_leaving = !control->waits_for; /* a first run needs no client */
    api_say_bye(control->api, reason);
}

/* ---- requests ---- */

/* Compared in constant time: the token must not be found out byte by byte. Its
 * length is no secret. */
static bool is_authorized(const struct node_control *control,
                          const struct http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_header(exchange, "Authorization");

    CHECK(control->token && strlen(control->token) == 2 * TOKEN_BYTES);
    return header && !strncmp(header, scheme, sizeof(scheme) - 1) &&
           strlen(header + sizeof(scheme) - 1) == strlen(control->token) &&
           !sodium_memcmp(header + sizeof(scheme) - 1, control->token,
                          strlen(control->token));
}

/* The path is path, or below it. */
static bool is_below(const char *path, const char *above)
{
    size_t size = strlen(above);

    return !strncmp(path, above, size) && (!path[size] || path[size] == '/');
}

static void refuse_token(struct http_exchange *exchange)
{
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer_header(exchange, "WWW-Authenticate", "Bearer");
    http_answer_text(exchange, 401, "the token of control.json is wanted");
}

static void refuse_page_with_token(struct http_exchange *exchange)
{
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer_text(exchange, 403, "a page has no token of control.json");
}

/* As the server does while it is stopped, so that `pond` asks again: a node
 * that stops has let go of what an answer is made from. */
static void refuse_leaving(struct http_exchange *exchange)
{
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer_text(exchange, 503, "the node is stopping");
}

/* In the form of the routes' own errors. */
static void refuse_to_act(const struct node_control *control,
                          struct http_exchange *exchange)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);

    json_open_object(&writer);
    json_field_text(&writer, "error", control->waits_for);
    json_close_object(&writer);
    http_answer_buffer(exchange, 503, "application/json", &body);
}

/* Runs on the loop's thread, so that it may touch the node at once. Who asks is
 * looked at before anything else is, the path included. */
static void on_request(void *user, struct http_exchange *exchange)
{
    struct node_control *control = user;
    const char *path = http_path(exchange);
    bool has_token = http_header(exchange, "Authorization");
    bool is_bearer = has_token && is_authorized(control, exchange);
    bool is_page = !strcmp(path, "/") || is_below(path, "/a");

    if (!page_guard_pass(&control->guard, exchange,
                         is_page ? PAGE_PATH_PAGE : PAGE_PATH_API, is_bearer))
        return;
    if (has_token && http_header(exchange, "Origin"))
        refuse_page_with_token(exchange);
    else if (has_token && !is_bearer)
        refuse_token(exchange);
    else if (control->is_leaving)
        refuse_leaving(exchange);
    else if (is_below(path, "/api"))
        api_handle(control->api, exchange, is_bearer);
    else if (is_page && page_answer(exchange, PAGE_OF_NODE))
        ;
    else if (!is_bearer)
        refuse_token(exchange);
    else if (control->waits_for)
        refuse_to_act(control, exchange);
    else
        node_control_route(&control->routes, exchange);
}

/* On the server's thread. Who has the token need not be looked up. */
static void on_begun(void *user, struct http_exchange *exchange)
{
    if (!http_header(exchange, "Authorization"))
        page_guard_look(exchange);
}

/* ---- start and stop ---- */

/* "" where there is none yet. */
static void key_field(struct json_writer *writer, const char *name,
                      const struct pubkey *key)
{
    static const struct pubkey none;

    json_field_text(writer, name,
                    pubkey_equal(key, &none) ? "" : PUBKEY_TEXT(key));
}

/* Last of all, so that a reader of the file finds a node that answers. Replaced
 * as a whole, so that half of it is never read. */
static int write_file(const struct node_control *control,
                      const struct node_control_options *options)
{
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    json_open_object(&writer);
    json_field_i64(&writer, "pid", getpid());
    json_field_u64(&writer, "started", clock_unix_ms());
    json_field_text(&writer, "url", control->url);
    json_field_text(&writer, "token", control->token);
    json_field_text(&writer, "public_url", options->public_url);
    key_field(&writer, "main", &options->main);
    key_field(&writer, "staking", &options->staking);
    json_close_object(&writer);
    int status = file_replace(control->path, buffer_view(&text), 0600);
    buffer_wipe(&text); /* the token does not stay in memory */
    return status;
}

/* A new token for each start: an old control.json opens nothing. One that has
 * begun anew in its process has the token of before, as who asks it knows it.
 */
static char *make_token(const char *folder)
{
    struct control_client before;
    bool is_own = !control_client_read(folder, &before) &&
                  before.pid == (uint64_t)getpid() &&
                  strlen(before.token) == 2 * TOKEN_BYTES;
    char *kept = is_own ? mem_text(before.token) : NULL;

    sodium_memzero(&before, sizeof(before));
    err_clear();
    if (kept)
        return kept;
    uint8_t secret[TOKEN_BYTES];
    struct buffer token = {0};

    randombytes_buf(secret, sizeof(secret));
    hex_encode(bytes_make(secret, sizeof(secret)), &token);
    char *text = mem_text(buffer_string(&token));
    buffer_wipe(&token);
    sodium_memzero(secret, sizeof(secret));
    return text;
}

/* A browser keeps sessions and bookmarks by the port, so the last one is taken
 * again if it is free. */
static int listen_somewhere(struct node_control *control, uv_loop_t *loop,
                            uint16_t port)
{
    struct http_server_options server = {
        .port = port,
        .connections_max = 64,
        .body_limit_bytes = BODY_LIMIT_BYTES,
        .begin = on_begun,
        .handler = on_request,
        .user = control,
        .loop = loop,
    };
    uint16_t last = api_port_wanted(control->api);
    int status;

    if (port)
        return http_server_start(&server, &control->server);
    server.port = last ? last : NODE_CONTROL_PORT;
    status = http_server_start(&server, &control->server);
    for (unsigned i = 0; status == ERR_BUSY && i < PORTS_TRIED; i++) {
        server.port = (uint16_t)(NODE_CONTROL_PORT + i);
        status = http_server_start(&server, &control->server);
    }
    server.port = 0;
    return status == ERR_BUSY ? http_server_start(&server, &control->server)
                              : status;
}

static struct node_control *
new_control(const struct node_control_options *options)
{
    struct node_control *control = mem_zero(1, sizeof(*control));

    control->routes = (struct node_control_routes){.folder = options->folder,
                                                   .orders = options->orders,
                                                   .user = options->user};
    control->waits_for = options->waits_for;
    control->guard = options->guard;
    control->guard.host = control->guard_host = mem_text(options->guard.host);
    control->token = make_token(options->folder);
    control->path = mem_format("%s/control.json", options->folder);
    const struct api_options api = {
        .loop = options->loop,
        .folder = options->folder,
        .build = page_build,
        .guard = &control->guard,
        .areas = options->waits_for ? api_areas_of_setup : api_areas,
        .world = options->world,
        .user = options->world_user};

    control->api = api_new(&api);
    return control;
}

int node_control_start(const struct node_control_options *options,
                       struct node_control **out)
{
    CHECK(options->public_url && options->world);
    CHECK(!options->orders == !!options->waits_for);
    struct node_control *control = new_control(options);
    int status = listen_somewhere(control, options->loop, options->port);

    if (!status) {
        uint16_t port = http_server_port(control->server);

        api_set_port(control->api, port);
        control->url = mem_format("http://127.0.0.1:%u", port);
        status = write_file(control, options);
    }
    if (status) {
        node_control_stop(control, NULL, NULL);
        return status;
    }
    *out = control;
    return 0;
}

static void on_api_closed(void *user)
{
    struct node_control *control = user;
    void (*closed)(void *) = control->closed;
    void *closed_user = control->closed_user;

    free(control->guard_host);
    free(control);
    if (closed)
        closed(closed_user);
}

/* The file goes with the server: what it says would be wrong. Also called for
 * one that never got as far as listening. */
void node_control_stop(struct node_control *control, void (*closed)(void *user),
                       void *user)
{
    api_stop(control->api);
    http_server_stop(control->server);
    if (!control->is_kept)
        (void)unlink(control->path);
    sodium_memzero(control->token, strlen(control->token));
    free(control->token);
    free(control->path);
    free(control->url);
    control->closed = closed;
    control->closed_user = user;
    api_close(control->api, on_api_closed, control);
}
