/*
 * A server's answer to the WebSocket handshake, and headers' lists of tokens.
 * The beginning of an answer that will be taken is never refused.
 */
#include "base/check.h"
#include "net/websocket_handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The key of the example in RFC 6455, which the corpus answers. */
    static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    size_t head_size, part_size;
    struct bytes protocol;
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct bytes text = bytes_make(data, size);
    websocket_handshake_has_token(text, "upgrade");
    int status = websocket_handshake_response(text, key, "chat, b", &head_size,
                                              &protocol);
    CHECK(head_size <= size && (!status || !head_size));
    if (!status && head_size) {
        CHECK(!websocket_handshake_response(bytes_make(data, head_size - 1),
                                            key, "chat, b", &part_size,
                                            &protocol));
        CHECK(!part_size);
    }
    struct buffer line = {0};
    buffer_bytes(&line, text);
    websocket_handshake_accept(buffer_string(&line), accept);
    buffer_free(&line);
    return 0;
}
