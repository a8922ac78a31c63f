/*
 * Who may ask: links, sessions, proofs of the passphrase, the node's lock.
 */
#include "node/page/api_state.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Seconds that a browser keeps the cookie: as long as a session can last. */
#define COOKIE_AGE_S (SESSION_AGE_MS / 1000)

/* Room for an answer with a secret: it does not grow, and leaves no copy. */
#define SECRET_ANSWER_BYTES 1024

/* Longest passphrase that is taken, in bytes. */
#define PASSPHRASE_MAX SETUP_PASSPHRASE_MAX

/* ---- links ---- */

/* The operator's own name for the page, where there is one; this machine's
 * else. */
static char *address_of(const struct api *api)
{
    const struct page_guard *guard = api->options.guard;

    return guard->host ? mem_format("https://%s", guard->host)
                       : mem_format("http://127.0.0.1:%u", api->port);
}

char *api_link(struct api *api, uint64_t *expires_ms)
{
    uint8_t random[SESSION_SECRET_BYTES];
    char code[SESSION_SECRET_SIZE];

    api_random(random, 1);
    sessions_link(api->sessions, random, clock_unix_ms(), code, expires_ms);
    char *address = address_of(api);
    char *url = mem_format("%s/#/open=%s", address, code);
    free(address);
    sodium_memzero(code, sizeof(code));
    sodium_memzero(random, sizeof(random));
    return url;
}

static void make_link(struct api_request *request)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    uint64_t expires_ms;
    char *url = api_link(request->api, &expires_ms);

    buffer_reserve(&answer, SECRET_ANSWER_BYTES);
    json_open_object(&writer);
    json_field_text(&writer, "url", url);
    json_field_u64(&writer, "expires", expires_ms);
    json_close_object(&writer);
    sodium_memzero(url, strlen(url));
    free(url);
    api_answer(request, &answer);
}

/* ---- sessions ---- */

/* value "" and age 0: the browser forgets it. */
static void set_cookie(struct api_request *request, const char *value,
                       uint64_t age_s)
{
    struct api *api = request->api;
    bool is_secure =
        page_guard_is_secure(api->options.guard, request->exchange);
    char *cookie =
        mem_format("%spond-%s=%s; HttpOnly; SameSite=Strict; "
                   "Path=/; Max-Age=%" PRIu64 "%s",
                   is_secure ? "__Host-" : "", sessions_instance(api->sessions),
                   value, age_s, is_secure ? "; Secure" : "");

    http_answer_header(request->exchange, "Set-Cookie", cookie);
    sodium_memzero(cookie, strlen(cookie));
    free(cookie);
}

static void refuse_to_wait(struct api_request *request, uint64_t wait_ms)
{
    char seconds[24];

    snprintf(seconds, sizeof(seconds), "%" PRIu64, (wait_ms + 999) / 1000);
    if (request->exchange)
        http_answer_header(request->exchange, "Retry-After", seconds);
    api_refuse(request, 429, "rate", NULL, "%s", err_text());
}

/* Once it is on disk: a restart in this moment would end the session that the
 * browser has just been given. One that can't be written lasts until then. */
static void on_opened(void *user, int status)
{
    struct api_request *request = user;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    const char *key = "";

    buffer_reserve(&answer, SECRET_ANSWER_BYTES);
    (void)json_get_text(request->body, "key", &key);
    json_open_object(&writer);
    json_field_text(&writer, "key", key);
    json_field_text(&writer, "instance",
                    sessions_instance(request->api->sessions));
    json_close_object(&writer);
    api_answer(request, &answer);
}

/* The key waits in the place of the body, and is wiped as that is. */
static void give_halves(struct api_request *request,
                        const struct session_halves *halves)
{
    struct api *api = request->api;
    struct json_object *answer = json_object_new_object();

    set_cookie(request, halves->cookie, COOKIE_AGE_S);
    json_object_object_add(answer, "key", json_object_new_string(halves->key));
    api_take_body(request, answer);
    api_write_sessions(api, on_opened, request);
}

static void open_session(struct api_request *request)
{
    struct api *api = request->api;
    const char *agent = http_header(request->exchange, "User-Agent");
    struct session_halves halves;
    uint8_t random[3 * SESSION_SECRET_BYTES];
    uint64_t id, ended, wait_ms;
    const char *code;
    int status = json_get_text(request->body, "code", &code);

    if (status) {
        api_refuse(request, 400, "form", "code", "%s", err_text());
        return;
    }
    api_random(random, 3);
    status = sessions_open(api->sessions, code, agent ? agent : "", random,
                           clock_unix_ms(), &halves, &id, &ended, &wait_ms);
    sodium_memzero(random, sizeof(random));
    if (status == ERR_LIMIT) {
        refuse_to_wait(request, wait_ms);
    } else if (status) {
        api_refuse(request, 403, status == ERR_DENIED ? "used" : "expired",
                   "code", "%s", err_text());
    } else {
        if (ended)
            live_end_session(api->live, ended);
        give_halves(request, &halves);
    }
    sodium_memzero(&halves, sizeof(halves));
}

static void list_sessions(struct api_request *request)
{
    const struct session *session;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);

    json_open_object(&writer);
    json_name(&writer, "items");
    json_open_array(&writer);
    for (size_t i = 0; (session = sessions_at(request->api->sessions, i));
         i++) {
        char id[24];

        snprintf(id, sizeof(id), "%" PRIu64, session->id);
        json_open_object(&writer);
        json_field_text(&writer, "id", id);
        json_field_u64(&writer, "made", session->made_ms);
        json_field_u64(&writer, "used", session->used_ms);
        json_field_text(&writer, "agent", session->agent);
        json_field_bool(&writer, "is_this", session->id == request->session);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_field_null(&writer, "next");
    json_close_object(&writer);
    api_answer(request, &answer);
}

/* Of no use to anybody once this is on disk. */
static void on_forgotten(void *user, int status)
{
    struct buffer nothing = {0};

    api_finish(user, status, &nothing);
}

static void end_sessions(struct api_request *request, uint64_t id)
{
    struct api *api = request->api;

    live_end_session(api->live, id);
    if (request->session && (!id || id == request->session))
        set_cookie(request, "", 0);
    api_write_sessions(api, on_forgotten, request);
}

static void forget_session(struct api_request *request)
{
    char *end;
    uint64_t id = strtoull(request->parts[0], &end, 10);
    int status = *end || !id
                     ? err_set(ERR_NOT_FOUND, "there is no such session")
                     : sessions_forget(request->api->sessions, id);

    if (status)
        api_answer_error(request, status);
    else
        end_sessions(request, id);
}

static void forget_all(struct api_request *request)
{
    sessions_forget_all(request->api->sessions);
    end_sessions(request, 0);
}

/* ---- the passphrase ---- */

void api_tried(struct api *api, int status)
{
    api->is_trying = false;
    if (!status || status == ERR_DENIED)
        sessions_tried(api->sessions, !status, clock_unix_ms());
}

void api_refuse_passphrase(struct api_request *request, const char *field,
                           int status)
{
    if (status == ERR_DENIED)
        api_refuse(request, 403, "proof", field, "that is not the passphrase");
    else
        api_answer_error(request, status);
}

void api_begin_try(struct api *api)
{
    CHECK(!api->is_trying);
    api->is_trying = true;
}

bool api_is_trying(const struct api *api)
{
    return api->is_trying;
}

static void on_proved(void *user, int status)
{
    struct api_request *request = user;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    uint8_t random[SESSION_SECRET_BYTES];
    char proof[SESSION_SECRET_SIZE];
    uint64_t expires_ms;

    api_tried(request->api, status);
    if (status) {
        api_refuse_passphrase(request, "passphrase", status);
        return;
    }
    buffer_reserve(&answer, SECRET_ANSWER_BYTES);
    api_random(random, 1);
    sessions_prove(request->api->sessions, request->session, random,
                   clock_unix_ms(), proof, &expires_ms);
    json_open_object(&writer);
    json_field_text(&writer, "proof", proof);
    json_field_u64(&writer, "expires", expires_ms);
    json_close_object(&writer);
    sodium_memzero(proof, sizeof(proof));
    sodium_memzero(random, sizeof(random));
    api_answer(request, &answer);
}

static void on_unlocked(void *user, int status)
{
    struct api_request *request = user;
    struct buffer nothing = {0};

    api_tried(request->api, status);
    if (status)
        api_refuse_passphrase(request, "passphrase", status);
    else
        api_answer(request, &nothing);
}

/* One at a time: each takes a second and a quarter of a gigabyte. */
bool api_may_try(struct api_request *request, const char *field,
                 struct bytes *passphrase)
{
    struct api *api = request->api;
    struct json_object *value;
    uint64_t wait_ms;

    if (!json_object_object_get_ex(request->body, field, &value) ||
        !json_object_is_type(value, json_type_string) ||
        !json_object_get_string_len(value) ||
        json_object_get_string_len(value) > PASSPHRASE_MAX) {
        api_refuse(request, 400, "form", field,
                   "\"%s\" is a text of 1 to %d bytes", field, PASSPHRASE_MAX);
        return false;
    }
    if (sessions_may_try(api->sessions, clock_unix_ms(), &wait_ms)) {
        refuse_to_wait(request, wait_ms);
        return false;
    }
    if (api->is_trying) {
        api_refuse(request, 409, "busy", NULL,
                   "another passphrase is being tried");
        return false;
    }
    *passphrase = bytes_make(json_object_get_string(value),
                             (size_t)json_object_get_string_len(value));
    api->is_trying = true;
    return true;
}

static bool is_sealed(struct api_request *request)
{
    struct api *api = request->api;
    bool is_sealed = api->options.world->is_sealed(api->options.user);

    if (!is_sealed)
        api_refuse(request, 409, "not_now", NULL,
                   "the wallet has no passphrase");
    return is_sealed;
}

/* What became of the call that tries it; the rest comes later. */
static void begun(struct api_request *request, int status)
{
    if (status) {
        request->api->is_trying = false;
        api_answer_error(request, status);
    }
}

static void make_proof(struct api_request *request)
{
    struct api *api = request->api;
    struct bytes passphrase;

    if (is_sealed(request) && api_may_try(request, "passphrase", &passphrase))
        begun(request, api->options.world->prove(api->options.user, passphrase,
                                                 on_proved, request));
}

static void unlock(struct api_request *request)
{
    struct api *api = request->api;
    struct bytes passphrase;

    if (is_sealed(request) && api_may_try(request, "passphrase", &passphrase))
        begun(request, api->options.world->unlock(api->options.user, passphrase,
                                                  on_unlocked, request));
}

static void lock(struct api_request *request)
{
    struct api *api = request->api;
    struct buffer nothing = {0};

    api_finish(request, api->options.world->lock(api->options.user), &nothing);
}

/* ---- the process ---- */

static void stop_node(struct api_request *request)
{
    struct api *api = request->api;
    struct buffer nothing = {0};

    api_finish(request, api->options.world->stop(api->options.user), &nothing);
}

static void restart_node(struct api_request *request)
{
    api_forward(request, "/restart", NULL, NULL);
}

/* One that waits for its keys is over once it has them. */
static void add_own(struct api *api, struct json_object *can)
{
    if (!api_setup(api))
        json_object_array_add(can, json_object_new_string("restart"));
}

static const struct api_row rows[] = {
    {"POST", "links", API_BEARER, make_link},
    {"POST", "sessions", API_OPEN, open_session},
    {"GET", "sessions", API_READ, list_sessions},
    {"DELETE", "sessions", API_ORDER, forget_all},
    {"DELETE", "sessions/*", API_ORDER, forget_session},
    {"POST", "proofs", API_ORDER, make_proof},
    {"POST", "unlock", API_ORDER, unlock},
    {"POST", "lock", API_ORDER, lock},
    {"POST", "stop", API_ORDER, stop_node},
    {"POST", "restart", API_ORDER, restart_node},
};

const struct api_area api_area_access = {
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(*rows),
    .can = add_own,
};
