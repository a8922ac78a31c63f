/*
 * Life of the API, and the way of a request to its handler:
 *
 *     rate, session, row, body, key, proof, handler
 *
 * Whatever fails on the way answers. The order matters in one place: a repeated
 * order gets its answer before its proof is looked at, because the proof was
 * used up by the first.
 */
#include "node/page/api_state.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "page/cookie.h"
#include "page/page_headers.h"

#include <sodium.h>
#include <stdlib.h>

/* Requests of one session; a page that opens asks for some ten at once. */
#define REQUESTS_S 50
#define REQUESTS_BURST 200
/* Questions to settlement, lists of them. The explorer asks once a second; a
 * search and a new screen ask at once. */
#define QUESTIONS_S 20
#define QUESTIONS_BURST 40
/* Values in a body (json_check_values()); variables of tasks are some tens. */
#define VALUES_MAX 20000

#define PREFIX "/api/1/"

/* ---- life ---- */

struct api *api_new(const struct api_options *options)
{
    struct api *api = mem_zero(1, sizeof(*api));
    uint8_t random[SESSION_SECRET_BYTES];

    api->magic = API_MAGIC;
    api->options = *options;
    api->build = mem_text(options->build);
    api->folder = mem_text(options->folder);
    api_random(random, 1);
    api->sessions = sessions_new(random);
    api->file = sessions_file_open(options->loop, options->folder,
                                   api->sessions, clock_unix_ms());
    api->repeats = api_repeats_new();
    api->questions =
        rate_make(QUESTIONS_S, QUESTIONS_BURST, uv_now(options->loop));
    api->live = live_new(api, api->build);
    api->commands = own_commands_new(options->loop);
    api->doctor =
        doctor_new(api->commands, options->world->examine, options->user);
    api->command_jobs = command_jobs_new(api->commands);
    api->parts_open = 3;
    return api;
}

uint16_t api_port_wanted(const struct api *api)
{
    return sessions_port(api->sessions);
}

void api_set_port(struct api *api, uint16_t port)
{
    api->port = port;
    if (sessions_port(api->sessions) == port)
        return;
    sessions_set_port(api->sessions, port);
    api_write_sessions(api, NULL, NULL);
}

static void on_part_closed(void *user)
{
    struct api *api = user;

    CHECK_MAGIC(api, API_MAGIC);
    api->parts_open--;
    api_free_if_done(api);
}

void api_say_bye(struct api *api, const char *reason)
{
    CHECK_MAGIC(api, API_MAGIC);
    live_say_bye(api->live, reason);
}

/* Those that wait for another's answer have no handler, and end here. */
void api_stop(struct api *api)
{
    struct api_request *request = api->open;

    CHECK_MAGIC(api, API_MAGIC);
    api->is_closing = true;
    while (request) {
        struct api_request *next = request->next;

        page_headers(request->exchange, PAGE_DONT_KEEP);
        http_answer(request->exchange, 503, "application/json",
                    bytes_text("{\"error\":{\"code\":\"stopping\",\"message\":"
                               "\"the node is stopping\"}}"));
        request->exchange = NULL;
        if (request->entry && api->exclusive != request) {
            request->entry->waiting = NULL;
            request->entry = NULL;
            api_request_end(request);
        }
        request = next;
    }
}

void api_close(struct api *api, void (*closed)(void *user), void *user)
{
    CHECK_MAGIC(api, API_MAGIC);
    CHECK(api->is_closing && closed);
    api->closed = closed;
    api->closed_user = user;
    api_close_adding(api);
    live_close(api->live, on_part_closed, api);
    own_commands_close(api->commands, on_part_closed, api);
    sessions_file_close(api->file, on_part_closed, api);
}

/* ---- requests ---- */

static void list_request(struct api *api, struct api_request *request)
{
    request->next = api->open;
    if (api->open)
        api->open->previous = request;
    api->open = request;
}

/* ---- who asks ---- */

static bool take_token(struct api *api, uint64_t whose)
{
    uint64_t now = uv_now(api->options.loop);
    struct api_bucket *place = NULL;

    for (size_t i = 0; i < API_BUCKETS_MAX; i++) {
        struct api_bucket *bucket = &api->buckets[i];

        if (bucket->rate.burst && bucket->whose == whose)
            return rate_take(&bucket->rate, now, 1);
        if (!place || !bucket->rate.burst ||
            (place->rate.burst && bucket->rate.last_ms < place->rate.last_ms))
            place = bucket;
    }
    *place =
        (struct api_bucket){whose, rate_make(REQUESTS_S, REQUESTS_BURST, now)};
    return rate_take(&place->rate, now, 1);
}

/* A browser that asked by https has the cookie under a name that no other
 * scheme can set (draft-ietf-httpbis-rfc6265bis, 4.1.3.2). */
const struct session *api_find_session(struct api *api,
                                       struct http_exchange *exchange)
{
    const char *cookies = http_header(exchange, "Cookie");
    const char *key = http_header(exchange, "X-Pond-Key");
    const struct session *found = NULL;
    char *name = mem_format(
        "%spond-%s",
        page_guard_is_secure(api->options.guard, exchange) ? "__Host-" : "",
        sessions_instance(api->sessions));
    struct bytes rest = bytes_text(cookies ? cookies : ""), value;

    while (key && !found && cookie_next(&rest, name, &value))
        found = sessions_find(api->sessions, value, bytes_text(key),
                              clock_unix_ms());
    free(name);
    return found;
}

/* ---- what came with it ---- */

/* A body has to be an object; none is an empty one. A question may come as a
 * list of them. */
static int read_body(struct http_exchange *exchange, bool may_be_list,
                     struct json_object **out)
{
    struct bytes body = http_body(exchange);
    int status = 0;

    *out = NULL;
    if (!body.size) {
        *out = json_object_new_object();
        return 0;
    }
    if (json_check_values(body, VALUES_MAX))
        return err_add(ERR_INVALID, "the body");
    status = json_parse_exact(body, out);
    /* The exchange belongs to this request alone until it is answered. */
    if (!http_method_is(exchange, "GET"))
        sodium_memzero((void *)(uintptr_t)body.data, body.size);
    if (!status && !json_object_is_type(*out, json_type_object) &&
        !(may_be_list && json_object_is_type(*out, json_type_array)))
        status = err_set(ERR_INVALID, "the body must be a JSON object");
    return status;
}

static void hash_order(struct http_exchange *exchange, struct hash *out)
{
    const struct bytes pieces[] = {
        bytes_make(http_method(exchange), strlen(http_method(exchange)) + 1),
        bytes_make(http_target(exchange), strlen(http_target(exchange)) + 1),
        http_body(exchange)};

    hash_sha256_pieces(pieces, 3, out);
}

/* ---- orders that move coins ---- */

/* False if it was answered, or waits for an answer. */
static bool take_key(struct api_request *request, const struct hash *order)
{
    struct api *api = request->api;
    struct api_repeat_entry *entry;

    const char *key = http_header(request->exchange, "Idempotency-Key");

    if (!key || !api_repeat_is_key(key)) {
        api_refuse(request, 400, "form", "Idempotency-Key",
                   "an order that moves coins needs the header "
                   "Idempotency-Key, a UUID");
        return false;
    }
    request->key = api_repeat_name(key);
    switch (api_repeats_find(api->repeats, request->session, key, order,
                             clock_unix_ms(), &entry)) {
    case API_REPEAT_NEW:
        break;
    case API_REPEAT_OTHER:
        api_refuse(request, 409, "exists", "Idempotency-Key",
                   "that Idempotency-Key was used for another order");
        return false;
    case API_REPEAT_DONE: {
        struct buffer answer = {0};

        buffer_bytes(&answer, buffer_view(&entry->answer));
        page_headers(request->exchange, PAGE_DONT_KEEP);
        http_answer_buffer(request->exchange, entry->http_status,
                           "application/json", &answer);
        api_request_end(request);
        return false;
    }
    case API_REPEAT_WAIT:
        request->entry = entry;
        request->waiting = entry->waiting;
        entry->waiting = request;
        return false;
    }
    if (api->exclusive) {
        api_repeats_drop(entry);
        api_refuse(request, 409, "busy", NULL,
                   "another order that moves coins is being carried out");
        return false;
    }
    request->entry = entry;
    api->exclusive = request;
    return true;
}

/* What was refused for want of a proof may be sent again with one. */
static bool take_proof(struct api_request *request)
{
    struct api *api = request->api;
    const char *proof = http_header(request->exchange, "X-Pond-Proof");

    if (!api->options.world->is_sealed(api->options.user) ||
        (proof && sessions_take_proof(api->sessions, request->session, proof,
                                      clock_unix_ms())))
        return true;
    api_repeats_drop(request->entry);
    request->entry = NULL;
    api_refuse(request, 403, "proof", NULL,
               "the passphrase is needed for this: POST proofs first");
    return false;
}

/* ---- the dispatch ---- */

static struct api_request *new_request(struct api *api,
                                       struct http_exchange *exchange,
                                       const struct api_found *found,
                                       uint64_t session)
{
    struct api_request *request = mem_zero(1, sizeof(*request));

    request->api = api;
    request->exchange = exchange;
    request->session = session;
    for (size_t i = 0; i < API_PARTS_MAX; i++)
        if (found->parts[i].size)
            request->parts[i] = mem_format("%.*s", (int)found->parts[i].size,
                                           (const char *)found->parts[i].data);
    list_request(api, request);
    return request;
}

static void run(struct api_request *request, const struct api_row *row)
{
    struct hash order;
    bool moves_coins = row->class == API_COINS || row->class == API_PROOF;

    /* Before the body is overwritten. */
    if (moves_coins)
        hash_order(request->exchange, &order);
    int status =
        read_body(request->exchange, row->class == API_READ, &request->body);
    if (status) {
        api_answer_error(request, status);
        return;
    }
    if ((!moves_coins || take_key(request, &order)) &&
        (row->class != API_PROOF || take_proof(request)))
        row->handle(request);
}

/* An answer before there is a request. */
static void refuse_early(struct http_exchange *exchange, unsigned status,
                         const char *code, const char *message)
{
    struct buffer body = {0};

    buffer_format(&body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
                  code, message);
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer_buffer(exchange, status, "application/json", &body);
}

/* GET /api: what a page needs to know before it has a session. */
static void answer_versions(struct api *api, struct http_exchange *exchange)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);

    json_open_object(&writer);
    json_name(&writer, "versions");
    json_open_array(&writer);
    json_write_u64(&writer, 1);
    json_close_array(&writer);
    json_field_text(&writer, "pond", POND_VERSION);
    json_field_text(&writer, "build", api->build);
    json_field_text(&writer, "instance", sessions_instance(api->sessions));
    json_field_bool(&writer, "setup", api_setup(api) != NULL);
    json_close_object(&writer);
    page_headers(exchange, PAGE_DONT_KEEP);
    http_answer_buffer(exchange, 200, "application/json", &body);
}

/* The cookie is one half; the key comes as the first message. */
static void open_live(struct api *api, struct http_exchange *exchange)
{
    const char *cookies = http_header(exchange, "Cookie");

    page_headers(exchange, PAGE_DONT_KEEP);
    live_accept(api->live, exchange, cookies ? cookies : "",
                page_guard_is_secure(api->options.guard, exchange));
}

static void handle_version_1(struct api *api, struct http_exchange *exchange,
                             bool is_bearer)
{
    const char *path = http_path(exchange) + strlen(PREFIX);
    const struct session *session =
        is_bearer ? NULL : api_find_session(api, exchange);
    struct api_found found = api_find_row(
        api, http_method_is(exchange, "HEAD") ? "GET" : http_method(exchange),
        path);
    bool is_open = found.row && found.row->class == API_OPEN;

    if (!take_token(api, is_bearer ? API_BEARER_ID
                         : session ? session->id
                                   : API_STRANGER_ID)) {
        http_answer_header(exchange, "Retry-After", "1");
        refuse_early(exchange, 429, "rate", "too many requests");
    } else if (!is_bearer && !session && !is_open) {
        refuse_early(exchange, 401, "session",
                     "this browser is not connected: `pond page` opens a link "
                     "that connects it");
    } else if (!found.row) {
        refuse_early(exchange, found.is_path ? 405 : 404,
                     found.is_path ? "method" : "not_found",
                     found.is_path ? "not by this method" : "no such route");
    } else if (found.row->class == API_BEARER && !is_bearer) {
        refuse_early(exchange, 403, "denied",
                     "only `pond` may ask this, by the token of control.json");
    } else {
        if (session)
            api_note_use(api);
        run(new_request(api, exchange, &found, session ? session->id : 0),
            found.row);
    }
}

void api_handle(struct api *api, struct http_exchange *exchange, bool is_bearer)
{
    const char *path = http_path(exchange);

    CHECK_MAGIC(api, API_MAGIC);
    if (api->is_closing)
        refuse_early(exchange, 503, "stopping", "the node is stopping");
    else if (!strcmp(path, "/api") && http_method_is(exchange, "GET"))
        answer_versions(api, exchange);
    else if (!strcmp(path, PREFIX "live"))
        open_live(api, exchange);
    else if (!strncmp(path, PREFIX, strlen(PREFIX)))
        handle_version_1(api, exchange, is_bearer);
    else
        refuse_early(exchange, 404, "not_found", "no such route");
}
