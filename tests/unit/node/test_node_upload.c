/*
 * Uploads beside a store alone: who may have how much, and an end while some
 * are under way.
 */
#include "test.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/memory.h"
#include "crypto/hash.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include "node/node_upload.h"
#include "storage/keep/pin.h"
#include "storage/store/store.h"

#define LIMIT_BYTES (16u << 20)
#define MEMORY_BYTES (64u << 10)
#define PATH "/task/BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm/ipfs/add"

/* An upload on its way to the loop. */
struct whole {
    struct inbox_item item;
    struct http_exchange *exchange;
    struct node_upload *upload;
};

static const struct pubkey task = {.bytes = {7}};

struct fixture {
    uv_loop_t loop;
    char folder[64];
    struct store *store;
    struct node_uploads *uploads;
    struct inbox *inbox;
    struct http_server *server;
    struct http_client *client;
    struct keypair keys[12]; /* of those who have staked; the first is own */
    unsigned taken;          /* uploads handed to the loop */
    bool is_closed;
};

static void on_whole(void *user, struct http_exchange *exchange,
                     struct node_upload *upload)
{
    struct fixture *fixture = user;
    struct whole *whole = mem_zero(1, sizeof(*whole));

    whole->exchange = exchange;
    whole->upload = upload;
    inbox_put(fixture->inbox, &whole->item);
}

static void take_whole(void *user, struct inbox_item *item)
{
    struct fixture *fixture = user;
    struct whole *whole = INBOX_OF(item, struct whole, item);

    fixture->taken++;
    node_upload_keep(whole->upload, whole->exchange);
    free(whole);
}

static bool terms_of(void *user, const struct pubkey *key,
                     struct node_upload_terms *out)
{
    struct fixture *fixture = user;
    const size_t count = sizeof(fixture->keys) / sizeof(fixture->keys[0]);

    for (size_t i = 0; i < count; i++) {
        if (!pubkey_equal(key, &fixture->keys[i].pubkey))
            continue;
        out->owner = retention_round(&task, 1, RETENTION_ROUNDS_MIN);
        out->limit_bytes = LIMIT_BYTES;
        out->is_own = i == 0;
        return true;
    }
    return false;
}

static const char *url_of(void *user)
{
    return "http://node";
}

static void on_begin(void *user, struct http_exchange *exchange)
{
    node_uploads_begin(((struct fixture *)user)->uploads, exchange);
}

static void on_other(void *user, struct http_exchange *exchange)
{
    http_answer_text(exchange, 404, "no upload");
}

static int open_fixture(void **state)
{
    struct fixture *fixture = mem_zero(1, sizeof(*fixture));
    const struct http_server_options server = {
        .begin = on_begin, .handler = on_other, .user = fixture, .threads = 2};

    crypto_init();
    *state = fixture;
    strcpy(fixture->folder, "/tmp/pond-upload-XXXXXX");
    if (!mkdtemp(fixture->folder) || uv_loop_init(&fixture->loop))
        return -1;
    char *path = mem_format("%s/store", fixture->folder);
    assert_ok(store_open(path, NULL, &fixture->store));
    free(path);
    for (size_t i = 0; i < 12; i++)
        keypair_generate(&fixture->keys[i]);
    const struct node_uploads_options options = {
        .loop = &fixture->loop,
        .store = fixture->store,
        .folder = fixture->folder,
        .memory_bytes = MEMORY_BYTES,
        .whole = on_whole,
        .terms = terms_of,
        .public_url = url_of,
        .user = fixture,
    };
    fixture->uploads = node_uploads_new(&options);
    fixture->inbox = inbox_new(&fixture->loop, take_whole, fixture);
    assert_ok(http_server_start(&server, &fixture->server));
    fixture->client = http_client_new(&fixture->loop, &address_rule_any);
    return 0;
}

/* What is on its way to the loop. */
static void drain(struct fixture *fixture, bool is_over)
{
    struct inbox_item *next;

    for (struct inbox_item *at = inbox_drain(fixture->inbox); at; at = next) {
        struct whole *whole = INBOX_OF(at, struct whole, item);

        next = at->next;
        if (!is_over)
            http_answer_text(whole->exchange, 503, "the node is stopping");
        node_upload_free(whole->upload);
        free(whole);
    }
}

static void on_closed(void *user)
{
    ((struct fixture *)user)->is_closed = true;
}

static void stop_uploads(struct fixture *fixture)
{
    drain(fixture, false);
    node_uploads_stop(fixture->uploads);
    http_server_stop(fixture->server);
    drain(fixture, true);
    fixture->server = NULL;
    fixture->is_closed =
        node_uploads_close(fixture->uploads, on_closed, fixture);
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->server)
        stop_uploads(fixture);
    http_client_close(fixture->client);
    inbox_close(fixture->inbox, NULL, NULL);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_true(fixture->is_closed);
    store_close(fixture->store);
    int status = uv_loop_close(&fixture->loop);
    file_remove_tree(fixture->folder);
    free(fixture);
    return status;
}

/* ---- an upload ---- */

struct visit {
    bool is_done;
    int status;
    unsigned code;
    struct buffer body;
};

static void on_done(void *user, int status, struct http_response *response)
{
    struct visit *visit = user;

    visit->is_done = true;
    visit->status = status;
    if (status)
        return;
    visit->code = response->status;
    visit->body = response->body;
    memset(&response->body, 0, sizeof(response->body));
}

/* One file of that many bytes, signed. No two of its chunks are the same. */
static void write_form(const struct keypair *key, uint8_t content, size_t size,
                       struct buffer *out)
{
    struct buffer file = {0}, text = {0}, encoded = {0};
    struct signature signature;
    struct hash digest;

    buffer_resize(&file, size);
    for (size_t i = 0; i < size; i++)
        file.data[i] = (uint8_t)(content + (i >> 20));
    hash_sha256(buffer_view(&file), &digest);
    hex_encode(bytes_make(digest.bytes, 32), &text);
    key_sign(key, buffer_view(&text), &signature);
    struct buffer signed_text = {0};
    buffer_append(&signed_text, signature.bytes, 64);
    buffer_bytes(&signed_text, buffer_view(&text));
    base58_encode(buffer_view(&signed_text), &encoded);
    buffer_text(out, "--x\r\nContent-Disposition: form-data; name=\"files\"; "
                     "filename=\"a\"\r\n\r\n");
    buffer_bytes(out, buffer_view(&file));
    buffer_format(out,
                  "\r\n--x\r\nContent-Disposition: form-data; "
                  "name=\"signature\"\r\n\r\n%s\r\n--x\r\n"
                  "Content-Disposition: form-data; "
                  "name=\"stakingWalletPubkey\"\r\n\r\n%s\r\n--x--\r\n",
                  buffer_string(&encoded), PUBKEY_TEXT(&key->pubkey));
    buffer_free(&signed_text);
    buffer_free(&encoded);
    buffer_free(&text);
    buffer_free(&file);
}

static void begin_upload(struct fixture *fixture, const struct keypair *key,
                         uint8_t content, size_t size, struct visit *visit)
{
    static const char *const headers[] = {
        "Content-Type: multipart/form-data; boundary=x", NULL};
    struct buffer form = {0};
    char *url = mem_format("http://127.0.0.1:%u" PATH,
                           (unsigned)http_server_port(fixture->server));

    memset(visit, 0, sizeof(*visit));
    write_form(key, content, size, &form);
    const struct http_request request = {
        .url = url, .headers = headers, .body = buffer_view(&form)};
    http_client_start(fixture->client, &request, on_done, visit);
    buffer_free(&form);
    free(url);
}

/* The status of the answer. */
static unsigned upload(struct fixture *fixture, unsigned key, uint8_t content,
                       size_t size, const char *part)
{
    struct visit visit;

    begin_upload(fixture, &fixture->keys[key], content, size, &visit);
    while (!visit.is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_ok(visit.status);
    if (!strstr(buffer_string(&visit.body), part))
        fail_msg("%u %s", visit.code, buffer_string(&visit.body));
    buffer_free(&visit.body);
    return visit.code;
}

/* ---- tests ---- */

static void test_strangers_have_a_share_of_a_task_s_limit(void **state)
{
    struct fixture *fixture = *state;
    const size_t share = LIMIT_BYTES / 16 - 4096;
    uint64_t bytes;

    assert_int_equal(upload(fixture, 1, 1, 1000, "\"cid\""), 200);
    assert_int_equal(
        upload(fixture, 1, 2, LIMIT_BYTES / 16 - 500, "over its limit"), 507);
    for (unsigned i = 2; i < 10; i++)
        assert_int_equal(upload(fixture, i, (uint8_t)(i + 1), share, "\"cid\""),
                         200);
    assert_int_equal(upload(fixture, 10, 20, share, "all the space"), 507);
    /* The node's own key has what is left, and no more. */
    assert_int_equal(upload(fixture, 0, 30, 7 << 20, "\"cid\""), 200);
    assert_int_equal(upload(fixture, 0, 40, 2 << 20, ""), 507);
    assert_ok(pin_task_bytes(fixture->store, &task, &bytes));
    assert_true(bytes <= LIMIT_BYTES);
}

static void test_what_is_refused_leaves_nothing_in_the_store(void **state)
{
    struct fixture *fixture = *state;
    struct store_stat before, after;

    assert_ok(store_stat(fixture->store, &before));
    assert_int_equal(
        upload(fixture, 1, 1, LIMIT_BYTES / 16 + 1, "over its limit"), 507);
    struct keypair nobody;
    struct visit visit;
    keypair_generate(&nobody);
    begin_upload(fixture, &nobody, 1, 1000, &visit);
    while (!visit.is_done)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(visit.code, 403);
    buffer_free(&visit.body);
    assert_ok(store_stat(fixture->store, &after));
    assert_int_equal(before.blocks, after.blocks);
}

/* Those under way get an answer, and the store is used until closed says that
 * it is not. */
static void test_an_end_waits_for_uploads_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct visit visits[4];
    unsigned done = 0;

    for (unsigned i = 0; i < 4; i++)
        begin_upload(fixture, &fixture->keys[i], (uint8_t)(50 + i), 500000,
                     &visits[i]);
    while (!fixture->taken)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    stop_uploads(fixture);
    while (done < 4) {
        uv_run(&fixture->loop, UV_RUN_ONCE);
        done = 0;
        for (unsigned i = 0; i < 4; i++)
            done += visits[i].is_done;
    }
    for (unsigned i = 0; i < 4; i++)
        buffer_free(&visits[i].body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_strangers_have_a_share_of_a_task_s_limit, open_fixture,
            close_fixture),
        cmocka_unit_test_setup_teardown(
            test_what_is_refused_leaves_nothing_in_the_store, open_fixture,
            close_fixture),
        cmocka_unit_test_setup_teardown(test_an_end_waits_for_uploads_under_way,
                                        open_fixture, close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
