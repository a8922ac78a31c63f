/*
 * The opening handshake of WebSocket (RFC 6455, section 4) as text: nothing
 * here does I/O.
 */
#ifndef POND_NET_WEBSOCKET_HANDSHAKE_H
#define POND_NET_WEBSOCKET_HANDSHAKE_H

#include "net/url.h"

#define WEBSOCKET_KEY_SIZE 25    /* base64 of 16 bytes, with the NUL */
#define WEBSOCKET_ACCEPT_SIZE 29 /* base64 of 20 bytes, with the NUL */

/* A longer head of an answer is refused. */
#define WEBSOCKET_HEAD_MAX_BYTES 16384

/* A client's key from 16 random bytes. */
void websocket_handshake_key(const uint8_t random[16],
                             char out[WEBSOCKET_KEY_SIZE]);

/* What the server has to answer to a key. ERR_INVALID if the key is not the
 * base64 of 16 bytes. */
int websocket_handshake_accept(const char *key,
                               char out[WEBSOCKET_ACCEPT_SIZE]);

/* True if the token stands in a header's list ("keep-alive, Upgrade"); case
 * is ignored. */
bool websocket_handshake_has_token(struct bytes list, const char *token);

/* The client's request, appended. protocols: the subprotocols that it offers,
 * "a, b", or NULL. */
void websocket_handshake_request(const struct url *url, const char *key,
                                 const char *protocols, struct buffer *out);

/* Judge the server's answer to key, of which received is the beginning.
 * *head_size becomes the size of its head once that is complete, 0 before.
 * *protocol becomes the subprotocol that the server chose of protocols, inside
 * received; empty: none.
 * ERR_REMOTE: refused, with the status in the text; ERR_INVALID: not the
 * answer of a WebSocket server; ERR_LIMIT. */
int websocket_handshake_response(struct bytes received, const char *key,
                                 const char *protocols, size_t *head_size,
                                 struct bytes *protocol);

#endif
