/*
 * Uploads to Koii's storage: the form is one that a node takes, only the right
 * answer is one, and services go their ways beside each other. Those that lie
 * in other ways, and a real node, are in tests/system/deploy_test.py.
 */
#include "test.h"

#include "author/storage_upload.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "node/money/payload_signing.h"
#include "node/money/upload_signing.h"
#include "node/reach/upload_form.h"

#define CID "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"
#define OTHER_CID "bafybeibwzifw52ttrkqlikfzext5akxu7lz4xiwjgwzmqcpdzmp3n5vnbe"

static void sign(const struct keypair *key, struct bytes data,
                 struct buffer *out)
{
    struct signature signature;
    struct buffer hash = {0};

    upload_signing_hash(data, &hash);
    key_sign(key, buffer_view(&hash), &signature);
    payload_signing_text(&signature, buffer_view(&hash), out);
    buffer_free(&hash);
}

static int read_form(const char *type, struct bytes body,
                     struct upload_form **form)
{
    assert_ok(upload_form_new(type, "/tmp", form));
    int status = upload_form_write(*form, body);
    return status ? status : upload_form_end(*form);
}

static void test_a_node_takes_the_form(void **state)
{
    static const uint8_t seed[32] = {3};
    /* What looks like a form is only a file. */
    const char *const texts[] = {"console.log(1);\r\n--pond\r\n", "", "\r\n"};
    struct keypair key;

    keypair_from_seed(seed, &key);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct bytes data = bytes_text(texts[i]);
        struct buffer body = {0}, signature = {0};
        struct upload_form *form;

        sign(&key, data, &signature);
        const struct storage_file file = {.name = "main.js",
                                          .cid = CID,
                                          .data = data,
                                          .signed_hash =
                                              buffer_string(&signature)};
        char *type = storage_upload_form(&file, &key.pubkey, &body);
        assert_ok(read_form(type, buffer_view(&body), &form));
        assert_true(pubkey_equal(upload_form_key(form), &key.pubkey));
        assert_int_equal(upload_form_count(form), 1);
        assert_int_equal(upload_form_bytes(form), data.size);
        assert_string_equal(upload_form_name(form), "main.js");
        upload_form_free(form);
        free(type);
        buffer_free(&body);
        buffer_free(&signature);
    }
}

static void test_a_signature_of_other_bytes_is_refused(void **state)
{
    static const uint8_t seed[32] = {3};
    struct buffer body = {0}, signature = {0};
    struct upload_form *form;
    struct keypair key;

    keypair_from_seed(seed, &key);
    sign(&key, bytes_text("a"), &signature);
    const struct storage_file file = {.name = "main.js",
                                      .cid = CID,
                                      .data = bytes_text("b"),
                                      .signed_hash = buffer_string(&signature)};
    char *type = storage_upload_form(&file, &key.pubkey, &body);
    assert_int_equal(read_form(type, buffer_view(&body), &form), ERR_DENIED);
    upload_form_free(form);
    free(type);
    buffer_free(&body);
    buffer_free(&signature);
}

static void test_only_the_cid_of_the_file_is_an_answer(void **state)
{
    const struct storage_file file = {.name = "main.js", .cid = CID};
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"cid\":1}",
        "{\"cid\":\"\"}",
        "{\"cid\":\"bafy\"}",
        "\"" CID "\"",
        "{\"cid\":\"" CID "x\"}",
    };

    assert_ok(storage_upload_read(
        &file, bytes_text("{\"url\":\"x\",\"cid\":\"" CID "\"}")));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(storage_upload_read(&file, bytes_text(wrong[i])),
                         ERR_REMOTE);
        assert_non_null(strstr(err_text(), "has no CID"));
    }
    assert_int_equal(
        storage_upload_read(&file, bytes_text("{\"cid\":\"" OTHER_CID "\"}")),
        ERR_REMOTE);
    assert_non_null(strstr(err_text(), "the chain would name " CID));
}

static void say_nothing(void *user, const char *url, const char *text)
{
}

static void test_what_is_no_service_is_refused(void **state)
{
    static const char *const urls[] = {"", "ws://127.0.0.1:9", "127.0.0.1",
                                       "http://127.0.0.1:9/?a=b"};
    const struct storage_file file = {
        .name = "main.js", .cid = CID, .signed_hash = ""};

    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        bool held = true;
        assert_int_equal(
            storage_upload(
                &(struct storage_upload_options){.task = "x",
                                                 .urls = &urls[i],
                                                 .url_count = 1,
                                                 .files = &file,
                                                 .file_count = 1,
                                                 .limit_ms = 1000,
                                                 .said = say_nothing},
                &held),
            ERR_INVALID);
    }
}

/* ---- whole uploads ---- */

enum kind { GOOD, BROKEN_TWICE, REFUSING, LYING, SILENT };

/* A service. Its state is the server's thread's until the server has stopped.
 */
struct service {
    enum kind kind;
    struct http_server *server;
    char *url;
    bool has_file;
    unsigned posts;
};

#define TEXT "console.log(1)"

static void take_file(struct service *service, struct http_exchange *exchange)
{
    service->posts++;
    if (service->kind == REFUSING)
        http_answer_text(exchange, 403, "{\"message\": \"no stake\"}");
    else if (service->kind == LYING)
        http_answer_text(exchange, 200, "{\"cid\": \"" OTHER_CID "\"}");
    else if (service->kind == BROKEN_TWICE && service->posts < 3)
        http_answer_text(exchange, 503, "later");
    else {
        service->has_file = true;
        http_answer_text(exchange, 200, "{\"cid\": \"" CID "\"}");
    }
}

static void answer(void *user, struct http_exchange *exchange)
{
    struct service *service = user;

    if (service->kind == SILENT)
        return; /* the server's end answers it */
    if (http_method_is(exchange, "POST"))
        take_file(service, exchange);
    else if (service->has_file)
        http_answer(exchange, 200, "text/javascript", bytes_text(TEXT));
    else
        http_answer_text(exchange, 404, "no such file");
}

static int upload(struct service *services, size_t count, unsigned limit_ms,
                  bool *held)
{
    const struct storage_file file = {.name = "main.js",
                                      .cid = CID,
                                      .data = bytes_text(TEXT),
                                      .signed_hash = "x"};
    const char *urls[STORAGE_SERVICES_MAX];

    for (size_t i = 0; i < count; i++) {
        struct service *service = &services[i];

        assert_ok(http_server_start(
            &(struct http_server_options){.handler = answer, .user = service},
            &service->server));
        service->url = mem_format("http://127.0.0.1:%u/",
                                  http_server_port(service->server));
        urls[i] = service->url;
    }
    int status =
        storage_upload(&(struct storage_upload_options){.task = "x",
                                                        .urls = urls,
                                                        .url_count = count,
                                                        .files = &file,
                                                        .file_count = 1,
                                                        .limit_ms = limit_ms,
                                                        .said = say_nothing},
                       held);
    for (size_t i = 0; i < count; i++) {
        http_server_stop(services[i].server);
        free(services[i].url);
    }
    return status;
}

static void test_one_service_that_has_it_is_enough(void **state)
{
    struct service services[] = {{.kind = LYING},
                                 {.kind = SILENT},
                                 {.kind = REFUSING},
                                 {.kind = GOOD},
                                 {.kind = GOOD, .has_file = true}};
    bool held[5];

    assert_ok(upload(services, 5, 4000, held));
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(held[i], services[i].kind == GOOD);
    assert_int_equal(services[0].posts, 1);
    assert_int_equal(services[2].posts, 1);
    assert_int_equal(services[3].posts, 1);
    assert_int_equal(services[4].posts, 0); /* it was there already */
}

static void test_a_trouble_that_passes_is_waited_for(void **state)
{
    struct service service = {.kind = BROKEN_TWICE};
    bool held;

    assert_ok(upload(&service, 1, 60000, &held));
    assert_true(held);
    assert_int_equal(service.posts, 3);
}

static void test_without_a_service_that_has_it_the_upload_fails(void **state)
{
    struct service services[] = {{.kind = LYING}, {.kind = REFUSING}};
    bool held[2];

    assert_int_equal(upload(services, 2, 60000, held), ERR_REMOTE);
    assert_false(held[0] || held[1]);
    assert_non_null(strstr(err_text(), "http://127.0.0.1:"));
    assert_int_equal(upload(&(struct service){.kind = SILENT}, 1, 100, held),
                     ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_node_takes_the_form),
        cmocka_unit_test(test_a_signature_of_other_bytes_is_refused),
        cmocka_unit_test(test_only_the_cid_of_the_file_is_an_answer),
        cmocka_unit_test(test_what_is_no_service_is_refused),
        cmocka_unit_test(test_one_service_that_has_it_is_enough),
        cmocka_unit_test(test_a_trouble_that_passes_is_waited_for),
        cmocka_unit_test(test_without_a_service_that_has_it_the_upload_fails),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
