#include "test.h"

#include "base/error.h"
#include "net/websocket_handshake.h"

/* The example of RFC 6455, section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* What the server chose. */
static struct bytes protocol;

static int judge(const char *answer, size_t *head_size)
{
    return websocket_handshake_response(bytes_text(answer), KEY, NULL,
                                        head_size, &protocol);
}

static void test_key_is_answered_as_in_the_rfc(void **state)
{
    char key[WEBSOCKET_KEY_SIZE], accept[WEBSOCKET_ACCEPT_SIZE];
    websocket_handshake_key((const uint8_t *)"the sample nonce", key);
    assert_string_equal(key, KEY);
    assert_ok(websocket_handshake_accept(key, accept));
    assert_string_equal(accept, ACCEPT);
}

static void test_key_of_another_size_is_refused(void **state)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    assert_int_equal(websocket_handshake_accept("", accept), ERR_INVALID);
    assert_int_equal(websocket_handshake_accept("AAAA", accept), ERR_INVALID);
    assert_int_equal(websocket_handshake_accept("no base64!", accept),
                     ERR_INVALID);
}

static void test_token_is_found_in_a_list(void **state)
{
    struct bytes list = bytes_text("keep-alive ,\tUPGRADE");
    assert_true(websocket_handshake_has_token(list, "upgrade"));
    assert_true(websocket_handshake_has_token(list, "keep-alive"));
    assert_false(websocket_handshake_has_token(list, "keep"));
    assert_false(websocket_handshake_has_token(bytes_text(""), "upgrade"));
    assert_false(websocket_handshake_has_token(bytes_text(",,"), "upgrade"));
}

static void test_request_has_the_rfc_form(void **state)
{
    struct url url;
    struct buffer request = {0};
    assert_ok(url_parse(bytes_text("ws://server.example.com?x"), &url));
    websocket_handshake_request(&url, KEY, NULL, &request);
    assert_string_equal(buffer_string(&request),
                        "GET /?x HTTP/1.1\r\nHost: server.example.com:80\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: " KEY "\r\n\r\n");
    buffer_free(&request);
}

#define GOOD                                                                   \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"               \
    "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept:  " ACCEPT        \
    "\r\n\r\n"

static void test_answer_is_judged_once_complete(void **state)
{
    static const char good[] = GOOD;
    size_t size = sizeof(good) - 1, head_size = 1;
    for (size_t part = 0; part < size; part++) {
        assert_ok(websocket_handshake_response(bytes_make(good, part), KEY,
                                               NULL, &head_size, &protocol));
        assert_int_equal(head_size, 0);
    }
    assert_ok(judge(GOOD "frames behind", &head_size));
    assert_int_equal(head_size, size);
}

static void test_wrong_answers_are_refused(void **state)
{
    size_t head_size;
    assert_int_equal(
        judge("HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n", &head_size),
        ERR_REMOTE);
    assert_non_null(strstr(err_text(), "404 Not Found"));
    static const char *const wrong[] = {
        "\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.0 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        /* another key's answer */
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        /* no Connection */
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
        /* an extension that was not offered */
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(judge(wrong[i], &head_size), ERR_INVALID);
        assert_int_equal(head_size, 0);
    }
}

static void test_a_subprotocol_that_was_offered_can_be_chosen(void **state)
{
    static const struct {
        const char *offered, *chosen;
        int status;
    } cases[] = {
        {"a, b.c", "b.c", 0},           {"a, b.c", " a ", 0},
        {"a", "A", ERR_INVALID},        {"a, b", "a, b", ERR_INVALID},
        {NULL, "a", ERR_INVALID},       {"a", "", ERR_INVALID},
        {"chat", "chats", ERR_INVALID},
    };
    struct url url;
    size_t head_size;
    assert_ok(url_parse(bytes_text("ws://a/"), &url));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer answer = {0}, request = {0};
        buffer_format(&answer,
                      "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT
                      "\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                      cases[i].chosen);
        assert_int_equal(websocket_handshake_response(buffer_view(&answer), KEY,
                                                      cases[i].offered,
                                                      &head_size, &protocol),
                         cases[i].status);
        if (!cases[i].status)
            assert_non_null(memmem(cases[i].chosen, strlen(cases[i].chosen),
                                   protocol.data, protocol.size));
        websocket_handshake_request(&url, KEY, cases[i].offered, &request);
        assert_int_equal(
            strstr(buffer_string(&request), "Sec-WebSocket-Protocol: ") != NULL,
            cases[i].offered != NULL);
        buffer_free(&request);
        buffer_free(&answer);
    }
}

static void test_endless_head_is_refused(void **state)
{
    struct buffer head = {0};
    size_t head_size;
    buffer_resize(&head, WEBSOCKET_HEAD_MAX_BYTES);
    assert_ok(websocket_handshake_response(buffer_view(&head), KEY, NULL,
                                           &head_size, &protocol));
    buffer_u8(&head, 'a');
    assert_int_equal(websocket_handshake_response(buffer_view(&head), KEY, NULL,
                                                  &head_size, &protocol),
                     ERR_LIMIT);
    buffer_free(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_answered_as_in_the_rfc),
        cmocka_unit_test(test_key_of_another_size_is_refused),
        cmocka_unit_test(test_token_is_found_in_a_list),
        cmocka_unit_test(test_request_has_the_rfc_form),
        cmocka_unit_test(test_answer_is_judged_once_complete),
        cmocka_unit_test(test_wrong_answers_are_refused),
        cmocka_unit_test(test_a_subprotocol_that_was_offered_can_be_chosen),
        cmocka_unit_test(test_endless_head_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
