/*
 * Both halves of the handshake. The server's request comes parsed from
 * libmicrohttpd, so only the key and the lists of tokens are read here. The
 * client's answer is read here in full and strictly, because a server that
 * answers with an extension or a subprotocol that was not offered would send
 * frames that can't be understood (RFC 6455, 4.1).
 */
#include "net/websocket_handshake.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include <strings.h>

/* RFC 6455, 1.3: appended to the key so that no server answers by accident. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* size: of out with the NUL, which the text must fill exactly. */
static void encode(struct bytes data, char *out, size_t size)
{
    struct buffer text = {0};
    base64_encode(data, &text);
    CHECK(text.size + 1 == size);
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    buffer_free(&text);
}

void websocket_handshake_key(const uint8_t random[16],
                             char out[WEBSOCKET_KEY_SIZE])
{
    encode(bytes_make(random, 16), out, WEBSOCKET_KEY_SIZE);
}

/* SHA-1 is what the RFC says; nothing here relies on its strength. The key is
 * hashed as text, as the client sent it. */
int websocket_handshake_accept(const char *key, char out[WEBSOCKET_ACCEPT_SIZE])
{
    struct buffer nonce = {0}, text = {0};
    uint8_t digest[20];
    int status = base64_decode(bytes_text(key), &nonce);
    if (!status && nonce.size != 16)
        status = err_set(ERR_INVALID, "%zu bytes instead of 16", nonce.size);
    if (status) {
        status = err_add(status, "Sec-WebSocket-Key");
    } else {
        buffer_text(&text, key);
        buffer_text(&text, ACCEPT_GUID);
        hash_sha1(buffer_view(&text), digest);
        encode(bytes_make(digest, sizeof(digest)), out, WEBSOCKET_ACCEPT_SIZE);
    }
    buffer_free(&nonce);
    buffer_free(&text);
    return status;
}

/* Optional white space (RFC 9110, 5.6.3). */
static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The text without blanks at either end. */
static struct bytes trim(struct bytes text)
{
    while (text.size && is_blank(text.data[0]))
        text = bytes_make(text.data + 1, text.size - 1);
    while (text.size && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* Names and tokens are ASCII. */
static bool equal_ignoring_case(struct bytes text, const char *other)
{
    return text.size == strlen(other) &&
           !strncasecmp((const char *)text.data, other, text.size);
}

/* Take the text before the first stop; rest becomes the text after the stop. */
static struct bytes cut(struct bytes *rest, uint8_t stop)
{
    const uint8_t *end =
        rest->size ? memchr(rest->data, stop, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    struct bytes part = bytes_make(rest->data, size);
    size_t used = end ? size + 1 : size;
    *rest = bytes_make(rest->data + used, rest->size - used);
    return part;
}

bool websocket_handshake_has_token(struct bytes list, const char *token)
{
    /* Empty elements are allowed in lists (RFC 9110, 5.6.1) and match nothing.
     */
    while (list.size)
        if (equal_ignoring_case(trim(cut(&list, ',')), token))
            return true;
    return false;
}

/* No Origin, no extension: what is not offered can't be chosen. */
void websocket_handshake_request(const struct url *url, const char *key,
                                 const char *protocols, struct buffer *out)
{
    /* "?a=b" after a host without a path means the path "/". */
    bool has_path = url->target.size && url->target.data[0] == '/';
    buffer_text(out, has_path ? "GET " : "GET /");
    buffer_bytes(out, url->target);
    buffer_text(out, " HTTP/1.1\r\nHost: ");
    url_authority(url, out);
    buffer_format(out,
                  "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
                  key);
    if (protocols)
        buffer_format(out, "Sec-WebSocket-Protocol: %s\r\n", protocols);
    buffer_text(out, "\r\n");
}

/* "HTTP/1.1 101 ..." */
static int check_status(struct bytes line)
{
    static const char wanted[] = "HTTP/1.1 101";
    size_t size = sizeof(wanted) - 1;
    if (line.size < size || memcmp(line.data, wanted, 9) != 0)
        return err_set(ERR_INVALID, "the answer is not HTTP/1.1");
    if (memcmp(line.data, wanted, size) != 0 ||
        (line.size > size && line.data[size] != ' '))
        /* Behind "HTTP/1.1 "; a status line may be as long as its server likes.
         */
        return err_set(ERR_REMOTE, "the server answers \"%.*s\" to the upgrade",
                       (int)(line.size > 80 ? 80 : line.size) - 9,
                       (const char *)line.data + 9);
    return 0;
}

/* Subprotocols are compared with their case. */
static bool is_offered(const char *protocols, struct bytes protocol)
{
    struct bytes list = bytes_text(protocols ? protocols : "");
    while (list.size)
        if (bytes_equal(trim(cut(&list, ',')), protocol))
            return protocol.size > 0;
    return false;
}

/* Headers may come in any order and case, and more than once as lists. */
static int check_headers(struct bytes lines, const char *accept,
                         const char *protocols, struct bytes *protocol)
{
    bool upgrade = false, connection = false, accepted = false;
    while (lines.size) {
        struct bytes line = cut(&lines, '\n');
        line = bytes_trim_right(line, '\r');
        struct bytes value = line;
        struct bytes name = cut(&value, ':');
        if (equal_ignoring_case(name, "upgrade"))
            upgrade |= websocket_handshake_has_token(value, "websocket");
        else if (equal_ignoring_case(name, "connection"))
            connection |= websocket_handshake_has_token(value, "upgrade");
        else if (equal_ignoring_case(name, "sec-websocket-accept"))
            /* The last of several counts; a server that sends two breaks the
             * rules, and gains nothing. */
            accepted = bytes_equal(trim(value), bytes_text(accept));
        else if (equal_ignoring_case(name, "sec-websocket-protocol") &&
                 !protocol->size && is_offered(protocols, trim(value)))
            *protocol = trim(value);
        else if (equal_ignoring_case(name, "sec-websocket-extensions") ||
                 equal_ignoring_case(name, "sec-websocket-protocol"))
            return err_set(ERR_INVALID,
                           "the server chose an extension or a subprotocol "
                           "that was not offered");
    }
    if (!upgrade || !connection || !accepted)
        return err_set(ERR_INVALID,
                       "the answer to the upgrade lacks a header or has the "
                       "answer to another key");
    return 0;
}

/* Called again with more whenever more came; the head is small, so searching
 * it from its beginning each time costs nothing that matters. */
int websocket_handshake_response(struct bytes received, const char *key,
                                 const char *protocols, size_t *head_size,
                                 struct bytes *protocol)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct bytes rest;
    *head_size = 0;
    *protocol = (struct bytes){0};
    const uint8_t *end =
        received.size ? memmem(received.data, received.size, "\r\n\r\n", 4)
                      : NULL;
    size_t size = end ? (size_t)(end - received.data) + 4 : received.size;
    if (size > WEBSOCKET_HEAD_MAX_BYTES)
        return err_set(ERR_LIMIT,
                       "the head of the answer has more than %d "
                       "bytes",
                       WEBSOCKET_HEAD_MAX_BYTES);
    if (!end)
        return 0;
    int status = websocket_handshake_accept(key, accept);
    CHECK(!status); /* the key is our own */

    /* The empty line is cut, and with it the last header's line break. */
    rest = bytes_make(received.data, size - 4);
    status = check_status(bytes_trim_right(cut(&rest, '\n'), '\r'));
    if (!status)
        status = check_headers(rest, accept, protocols, protocol);
    if (!status)
        *head_size = size;
    return status;
}
