/*
 * Each service goes its own way through the files:
 *
 *     ask ──(has it)──────────────► the next file
 *      │                                 ▲
 *      └─► send ─► ask again ──(has it)──┘
 *
 * Where a service does not answer, or has a trouble of its own (HTTP 429 and
 * from 500 on), the file is tried again after a pause. All else is its last
 * word. When one service has everything, the others get no more tries.
 */
#include "author/storage_upload.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/redact.h"
#include "net/http_client.h"
#include "net/url.h"
#include "storage/format/cid.h"

#include <inttypes.h>
#include <stdlib.h>

/* Before the second try; twice as long before the third. */
#define PAUSE_MS 1000

/* A gateway that does not have a file may look for it through all of IPFS. */
#define ASK_MS 10000

/* Of what a service says in its own words. */
#define WORDS_MAX 200

#define ANSWER_LIMIT_BYTES 65536

struct storage_service {
    struct upload *upload;
    char *url;
    size_t file;    /* at which it is */
    bool was_sent;  /* the file, in this try */
    unsigned tries; /* of the file that have failed */
    struct http_call *call;
    uv_timer_t pause;
    bool is_over, has_all;
};

/*
 * Invariants:
 *
 *  1. A service that is not over has a call under way, or its pause.
 *  2. left counts the services that are not over.
 */
struct upload {
    const struct storage_upload_options *options;
    uv_loop_t loop;
    struct http_client *client;
    struct buffer *forms; /* of each file */
    char **types;
    struct storage_service services[STORAGE_SERVICES_MAX];
    size_t left;
    uv_timer_t grace; /* for the others when one has all */
    int status;       /* of the last one that failed */
    struct buffer trouble;
};

static void ask(struct storage_service *service);

static const struct storage_file *file_of(const struct storage_service *service)
{
    return &service->upload->options->files[service->file];
}

static void say(const struct storage_service *service, const char *text)
{
    const struct storage_upload_options *options = service->upload->options;

    options->said(options->user, service->url, text);
}

/* ---- ends ---- */

static void end(struct storage_service *service)
{
    struct upload *upload = service->upload;

    CHECK(!service->is_over && !service->call);
    service->is_over = true;
    uv_close((uv_handle_t *)&service->pause, NULL);
    if (--upload->left)
        return;
    uv_close((uv_handle_t *)&upload->grace, NULL);
    http_client_close(upload->client);
}

/* err_text() says why. */
static void give_up(struct storage_service *service, int status)
{
    struct upload *upload = service->upload;

    upload->status = status;
    buffer_clear(&upload->trouble);
    buffer_format(&upload->trouble, "%s: %s", REDACTED_URL(service->url),
                  err_text());
    say(service, err_text());
    end(service);
}

static void on_grace_over(uv_timer_t *timer)
{
    struct upload *upload = timer->data;

    for (size_t i = 0; i < upload->options->url_count; i++) {
        struct storage_service *service = &upload->services[i];

        if (service->is_over)
            continue;
        if (service->call)
            http_call_cancel(service->call);
        service->call = NULL;
        give_up(service,
                err_set(ERR_TIMEOUT, "took too long; another service has all"));
    }
}

static bool another_has_all(const struct upload *upload)
{
    for (size_t i = 0; i < upload->options->url_count; i++)
        if (upload->services[i].has_all)
            return true;
    return false;
}

static void on_pause_over(uv_timer_t *timer)
{
    ask(timer->data);
}

/* Again, if that may help. */
static void fail(struct storage_service *service, int status, bool may_pass)
{
    struct upload *upload = service->upload;
    unsigned pause_ms = PAUSE_MS << service->tries;
    char *text;

    service->tries++;
    service->was_sent = false;
    if (!may_pass || service->tries == STORAGE_TRIES ||
        another_has_all(upload)) {
        give_up(service, status);
        return;
    }
    text = mem_format("%s; again in %u s", err_text(), pause_ms / 1000);
    say(service, text);
    free(text);
    uv_timer_start(&service->pause, on_pause_over, pause_ms, 0);
}

static void next_file(struct storage_service *service)
{
    struct upload *upload = service->upload;
    char *text = mem_format("%s %s", service->was_sent ? "took" : "has already",
                            file_of(service)->name);

    say(service, text);
    free(text);
    service->was_sent = false;
    service->tries = 0;
    if (++service->file < upload->options->file_count) {
        ask(service);
        return;
    }
    if (!another_has_all(upload))
        uv_timer_start(&upload->grace, on_grace_over, upload->options->limit_ms,
                       0);
    service->has_all = true;
    end(service);
}

/* ---- what services say ---- */

/* A refusal, with the service's own words: {"message": text} or {"error": text}
 * or whatever it is. */
static int set_refusal(const struct http_response *response)
{
    struct bytes body = buffer_view(&response->body);
    struct json_object *json = NULL;
    const char *words = NULL;

    if (!json_parse(body, &json) &&
        json_object_is_type(json, json_type_object) &&
        json_get_text(json, "message", &words))
        json_get_text(json, "error", &words);
    if (words)
        err_set(ERR_REMOTE, "HTTP %u: %.*s", response->status, WORDS_MAX,
                words);
    else
        err_set(ERR_REMOTE, "HTTP %u", response->status);
    json_object_put(json);
    return ERR_REMOTE;
}

int storage_upload_read(const struct storage_file *file, struct bytes answer)
{
    struct json_object *json = NULL;
    struct cid said, wanted;
    const char *text;

    CHECK(!cid_parse(bytes_text(file->cid), &wanted));
    int status = json_parse(answer, &json);
    if (!status)
        status = json_object_is_type(json, json_type_object)
                     ? json_get_text(json, "cid", &text)
                     : ERR_INVALID;
    if (!status)
        status = cid_parse(bytes_text(text), &said);
    if (status)
        status = err_set(ERR_REMOTE, "its answer to %s has no CID", file->name);
    else if (!cid_equal(&said, &wanted))
        status = err_set(ERR_REMOTE,
                         "keeps %s under %.100s, and the chain would name %s",
                         file->name, text, file->cid);
    json_object_put(json);
    return status;
}

static bool is_good(const struct http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

/* ---- sending ---- */

static void on_sent(void *user, int status, struct http_response *response)
{
    struct storage_service *service = user;
    bool may_pass = status == ERR_TIMEOUT || status == ERR_NETWORK;

    service->call = NULL;
    if (!status && !is_good(response)) {
        may_pass = response->status == 429 || response->status >= 500;
        status = set_refusal(response);
    } else if (!status) {
        status =
            storage_upload_read(file_of(service), buffer_view(&response->body));
    }
    if (status) {
        fail(service, status, may_pass);
        return;
    }
    service->was_sent = true;
    ask(service);
}

/* The boundary can't be in the file: it follows from the file's own CID. */
char *storage_upload_form(const struct storage_file *file,
                          const struct pubkey *key, struct buffer *out)
{
    char *boundary = mem_format("pond-%s", file->cid);

    buffer_format(out,
                  "--%s\r\nContent-Disposition: form-data; name=\"files\"; "
                  "filename=\"%s\"\r\nContent-Type: "
                  "application/octet-stream\r\n\r\n",
                  boundary, file->name);
    buffer_bytes(out, file->data);
    buffer_format(out,
                  "\r\n--%s\r\nContent-Disposition: form-data; "
                  "name=\"signature\"\r\n\r\n%s\r\n--%s\r\n"
                  "Content-Disposition: form-data; "
                  "name=\"stakingWalletPubkey\"\r\n\r\n%s\r\n--%s--\r\n",
                  boundary, file->signed_hash, boundary, PUBKEY_TEXT(key),
                  boundary);
    char *type = mem_format("multipart/form-data; boundary=%s", boundary);
    free(boundary);
    return type;
}

static void send_file(struct storage_service *service)
{
    struct upload *upload = service->upload;
    const struct storage_file *file = file_of(service);
    char *text =
        mem_format("sending %s, %zu bytes", file->name, file->data.size);
    char *url =
        mem_format("%s/task/%s/ipfs/add", service->url, upload->options->task);
    char *type = mem_format("Content-Type: %s", upload->types[service->file]);
    const char *const headers[] = {type, NULL};

    service->call = http_client_start(
        upload->client,
        &(struct http_request){.url = url,
                               .has_key = true,
                               .method = "POST",
                               .headers = headers,
                               .body =
                                   buffer_view(&upload->forms[service->file]),
                               .limit_bytes = ANSWER_LIMIT_BYTES,
                               .timeout_ms = upload->options->limit_ms},
        on_sent, service);
    say(service, text);
    free(text);
    free(type);
    free(url);
}

/* ---- asking ---- */

static void on_asked(void *user, int status, struct http_response *response)
{
    struct storage_service *service = user;
    const struct storage_file *file = file_of(service);
    bool is_same = !status && response->status == 200 &&
                   bytes_equal(buffer_view(&response->body), file->data);

    service->call = NULL;
    if (is_same)
        next_file(service);
    else if (!service->was_sent)
        send_file(service);
    else if (status)
        fail(service,
             err_add(status, "%s was sent, and does not come back", file->name),
             true);
    else if (response->status == 200)
        fail(service,
             err_set(ERR_REMOTE, "gives other bytes for %s than were sent",
                     file->name),
             false);
    else
        fail(service,
             err_set(ERR_REMOTE,
                     "took %s, and does not have it when asked: HTTP %u",
                     file->name, response->status),
             true);
}

static void ask(struct storage_service *service)
{
    struct upload *upload = service->upload;
    const struct storage_file *file = file_of(service);
    unsigned limit_ms = upload->options->limit_ms;
    char *url = mem_format("%s/task/%s/ipfs/%s/%s", service->url,
                           upload->options->task, file->cid, file->name);

    if (!service->was_sent && limit_ms > ASK_MS)
        limit_ms = ASK_MS;
    /* One byte more is enough to see that it is another file. */
    service->call = http_client_start(
        upload->client,
        &(struct http_request){.url = url,
                               .has_key = true,
                               .limit_bytes = file->data.size + 1,
                               .timeout_ms = limit_ms},
        on_asked, service);
    free(url);
}

/* ---- the whole ---- */

static int check_urls(const struct storage_upload_options *options)
{
    struct url url;

    CHECK(options->url_count && options->url_count <= STORAGE_SERVICES_MAX);
    for (size_t i = 0; i < options->url_count; i++) {
        struct bytes text = bytes_text(options->urls[i]);
        int status = url_parse(text, &url);

        if (!status && strncmp(url.scheme, "http", 4) != 0)
            status = err_set(ERR_INVALID, "%s is not http or https",
                             options->urls[i]);
        if (!status && memchr(text.data, '?', text.size))
            status = err_set(ERR_INVALID, "%s: a storage service has no query",
                             options->urls[i]);
        if (status)
            return status;
    }
    return 0;
}

/* A path begins with the slash of its own. */
static char *without_slash(const char *url)
{
    size_t size = strlen(url);

    while (size && url[size - 1] == '/')
        size--;
    return mem_format("%.*s", (int)size, url);
}

static void start(struct upload *upload)
{
    const struct storage_upload_options *options = upload->options;

    upload->client = http_client_new(&upload->loop, &address_rule_any);
    CHECK(!uv_timer_init(&upload->loop, &upload->grace));
    upload->grace.data = upload;
    upload->left = options->url_count;
    for (size_t i = 0; i < options->url_count; i++) {
        struct storage_service *service = &upload->services[i];

        *service = (struct storage_service){
            .upload = upload, .url = without_slash(options->urls[i])};
        CHECK(!uv_timer_init(&upload->loop, &service->pause));
        service->pause.data = service;
        ask(service);
    }
}

int storage_upload(const struct storage_upload_options *options, bool *held)
{
    struct upload upload = {.options = options};
    bool is_held = false;
    int status = check_urls(options);

    if (status)
        return status;
    CHECK(options->file_count && !uv_loop_init(&upload.loop));
    upload.forms = mem_zero(options->file_count, sizeof(*upload.forms));
    upload.types = mem_zero(options->file_count, sizeof(*upload.types));
    for (size_t i = 0; i < options->file_count; i++)
        upload.types[i] = storage_upload_form(&options->files[i], &options->key,
                                              &upload.forms[i]);
    start(&upload);
    uv_run(&upload.loop, UV_RUN_DEFAULT);
    CHECK(!upload.left && !uv_loop_close(&upload.loop));
    for (size_t i = 0; i < options->url_count; i++) {
        held[i] = upload.services[i].has_all;
        is_held |= held[i];
        free(upload.services[i].url);
    }
    for (size_t i = 0; i < options->file_count; i++) {
        buffer_free(&upload.forms[i]);
        free(upload.types[i]);
    }
    free(upload.forms);
    free(upload.types);
    if (!is_held)
        status = err_set(upload.status, "%s", buffer_string(&upload.trouble));
    buffer_free(&upload.trouble);
    return status;
}
