#include "node/owner/webhook.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/url.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#define MAGIC 0x57484f4bu
/* The standard's secrets have 24 to 64 bytes. */
#define SECRET_SIZE 32
#define SECRET_SIZE_MAX 64
#define SECRET_PREFIX "whsec_"
/* The standard advises 15 to 30 s. */
#define TIMEOUT_MS 20000
#define PAUSE_MS 2000u
#define PAUSE_MS_MAX 3600000u
/* What it answers is of no interest. */
#define ANSWER_SIZE_MAX 65536

/*
 * Invariants:
 *
 * 1. call is the one under way, NULL if there is none; sending is its id then.
 * 2. While a pause lasts the timer is active and there is no call.
 */
struct webhook {
    unsigned magic;
    struct notice_book *book;
    struct http_client *client;
    char *url;
    struct buffer key;
    struct http_call *call;
    uint64_t sending;
    uv_timer_t pause;
    uint64_t pause_ms;         /* of the last failure; 0: none */
    bool is_gone;              /* 410 */
    char trouble[160];         /* of the last one that was not taken; "" */
    struct webhook_test *test; /* under way; NULL: none */
};

struct webhook_test {
    struct webhook *webhook;
    uint64_t begun_ms;
    webhook_tested *done;
    void *user;
};

void webhook_sign(struct bytes key, uint64_t id, uint64_t timestamp_s,
                  struct bytes body, struct buffer *out)
{
    crypto_auth_hmacsha256_state state;
    uint8_t code[crypto_auth_hmacsha256_BYTES];
    char head[64];
    int size = snprintf(head, sizeof(head), "msg_%" PRIu64 ".%" PRIu64 ".", id,
                        timestamp_s);

    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, (size_t)size);
    crypto_auth_hmacsha256_update(&state, body.data, body.size);
    crypto_auth_hmacsha256_final(&state, code);
    buffer_text(out, "v1,");
    base64_encode(bytes_make(code, sizeof(code)), out);
}

/* ---- the secret ---- */

static int make_secret(const char *path)
{
    uint8_t secret[SECRET_SIZE];
    struct buffer text = {0};

    randombytes_buf(secret, sizeof(secret));
    buffer_text(&text, SECRET_PREFIX);
    base64_encode(bytes_make(secret, sizeof(secret)), &text);
    buffer_text(&text, "\n");
    int status = file_replace(path, buffer_view(&text), 0600);
    sodium_memzero(secret, sizeof(secret));
    buffer_wipe(&text);
    return status;
}

static int read_secret(const char *path, struct buffer *out)
{
    struct buffer text = {0};
    size_t prefix = sizeof(SECRET_PREFIX) - 1;
    int status = file_read(path, 256, &text);

    if (!status) {
        while (text.size && strchr("\r\n ", text.data[text.size - 1]))
            text.size--;
        if (text.size <= prefix || memcmp(text.data, SECRET_PREFIX, prefix) ||
            base64_decode(bytes_make(text.data + prefix, text.size - prefix),
                          out) ||
            out->size < 16 || out->size > SECRET_SIZE_MAX)
            status = err_set(ERR_INVALID,
                             "%s holds no secret (whsec_ and base64); remove "
                             "it, and another is made",
                             path);
    }
    buffer_wipe(&text);
    return status;
}

/* ---- sending ---- */

static void on_pause_over(uv_timer_t *timer)
{
    webhook_look(timer->data);
}

static void wait_longer(struct webhook *webhook)
{
    webhook->pause_ms = webhook->pause_ms ? 2 * webhook->pause_ms : PAUSE_MS;
    if (webhook->pause_ms > PAUSE_MS_MAX)
        webhook->pause_ms = PAUSE_MS_MAX;
    uv_timer_start(&webhook->pause, on_pause_over, webhook->pause_ms, 0);
}

/* Said once for a run of failures: a receiver may be away for days. */
static void on_answer(void *user, int status, struct http_response *response)
{
    struct webhook *webhook = user;
    bool is_first = !webhook->pause_ms;

    webhook->call = NULL;
    if (status)
        snprintf(webhook->trouble, sizeof(webhook->trouble), "%s", err_text());
    else
        snprintf(webhook->trouble, sizeof(webhook->trouble),
                 "it answered with status %u", response->status);
    if (!status && response->status / 100 == 2) {
        *webhook->trouble = 0;
        webhook->pause_ms = 0;
        notice_book_sent(webhook->book, webhook->sending);
        webhook_look(webhook);
        return;
    }
    if (!status && response->status == 410) {
        webhook->is_gone = true;
        log_warn("webhook", "the receiver wants no more (410): nothing is sent "
                            "until the next start");
        return;
    }
    if (is_first && status)
        log_warn("webhook", "not delivered, and tried again: %s", err_text());
    else if (is_first)
        log_warn("webhook", "not delivered, and tried again: status %u",
                 response->status);
    wait_longer(webhook);
}

static void write_body(const char *kind, uint64_t time_s,
                       const struct notice *notice, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    char *type = mem_format("notification.%s", kind);

    json_open_object(&writer);
    json_field_text(&writer, "type", type);
    json_field_u64(&writer, "timestamp", time_s);
    json_name(&writer, "data");
    if (notice) {
        notice_write(notice, &writer);
    } else {
        json_open_object(&writer);
        json_close_object(&writer);
    }
    json_close_object(&writer);
    free(type);
}

static struct http_call *post(const struct webhook *webhook, uint64_t id,
                              struct bytes body, http_done *done, void *user)
{
    uint64_t now_s = clock_unix_ms() / 1000;
    struct buffer signature = {0};

    webhook_sign(buffer_view(&webhook->key), id, now_s, body, &signature);
    char *name = mem_format("webhook-id: msg_%" PRIu64, id);
    char *time = mem_format("webhook-timestamp: %" PRIu64, now_s);
    char *sign = mem_format("webhook-signature: %s", buffer_string(&signature));
    const char *const headers[] = {"Content-Type: application/json", name, time,
                                   sign, NULL};
    const struct http_request request = {.url = webhook->url,
                                         .has_key = true,
                                         .method = "POST",
                                         .headers = headers,
                                         .body = body,
                                         .limit_bytes = ANSWER_SIZE_MAX,
                                         .timeout_ms = TIMEOUT_MS};
    struct http_call *call =
        http_client_start(webhook->client, &request, done, user);

    free(name);
    free(time);
    free(sign);
    buffer_free(&signature);
    return call;
}

static void send_one(struct webhook *webhook, const struct notice *notice)
{
    struct buffer body = {0};

    write_body(notice_kind_name(notice->kind), notice->time_ms / 1000, notice,
               &body);
    webhook->sending = notice->id;
    webhook->call =
        post(webhook, notice->id, buffer_view(&body), on_answer, webhook);
    buffer_free(&body);
}

/* ---- a test ---- */

static void on_tested(void *user, int status, struct http_response *response)
{
    struct webhook_test *test = user;

    if (test->webhook)
        test->webhook->test = NULL;
    test->done(test->user, status, status ? 0 : response->status,
               clock_monotonic_ms() - test->begun_ms);
    free(test);
}

/* Its id is one of no notification. */
int webhook_test(struct webhook *webhook, webhook_tested *done, void *user)
{
    struct buffer body = {0};

    CHECK_MAGIC(webhook, MAGIC);
    if (webhook->test)
        return err_set(ERR_BUSY, "a test is under way");
    struct webhook_test *test = mem_zero(1, sizeof(*test));

    *test = (struct webhook_test){.webhook = webhook,
                                  .begun_ms = clock_monotonic_ms(),
                                  .done = done,
                                  .user = user};
    webhook->test = test;
    write_body("test", clock_unix_ms() / 1000, NULL, &body);
    (void)post(webhook, 0, buffer_view(&body), on_tested, test);
    buffer_free(&body);
    return 0;
}

const char *webhook_trouble(const struct webhook *webhook, bool *gone)
{
    CHECK_MAGIC(webhook, MAGIC);
    *gone = webhook->is_gone;
    return webhook->trouble;
}

void webhook_look(struct webhook *webhook)
{
    CHECK_MAGIC(webhook, MAGIC);
    if (webhook->call || webhook->is_gone ||
        uv_is_active((uv_handle_t *)&webhook->pause))
        return;
    const struct notice *notice = notice_book_unsent(webhook->book);

    if (notice)
        send_one(webhook, notice);
}

/* ---- life ---- */

int webhook_key(const char *folder, struct buffer *out)
{
    char *path = mem_format("%s/webhook.secret", folder);
    int status = file_exists(path) ? 0 : make_secret(path);

    if (!status)
        status = read_secret(path, out);
    free(path);
    return status;
}

int webhook_open(uv_loop_t *loop, struct bytes key, const char *url,
                 struct notice_book *book, struct webhook **out)
{
    struct url parsed;
    int status = url_parse(bytes_text(url), &parsed);

    if (status)
        return err_add(status, "the webhook");
    struct webhook *webhook = mem_zero(1, sizeof(*webhook));

    webhook->magic = MAGIC;
    webhook->book = book;
    webhook->url = mem_text(url);
    buffer_bytes(&webhook->key, key);
    webhook->client = http_client_new(loop, &address_rule_any);
    CHECK(!uv_timer_init(loop, &webhook->pause));
    webhook->pause.data = webhook;
    *out = webhook;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct webhook *webhook = handle->data;

    buffer_wipe(&webhook->key);
    free(webhook->url);
    webhook->magic = 0;
    free(webhook);
}

void webhook_close(struct webhook *webhook)
{
    if (!webhook)
        return;
    CHECK_MAGIC(webhook, MAGIC);
    if (webhook->call)
        http_call_cancel(webhook->call);
    if (webhook->test)
        webhook->test->webhook = NULL;
    http_client_close(webhook->client);
    uv_close((uv_handle_t *)&webhook->pause, on_closed);
}
