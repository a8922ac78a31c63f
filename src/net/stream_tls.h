/*
 * TLS over a stream, as its client (TLS 1.2 and 1.3, RFC 8446): a stream again.
 * The machine's authorities count, and the name of the certificate must be the
 * host's.
 */
#ifndef POND_NET_STREAM_TLS_H
#define POND_NET_STREAM_TLS_H

#include "net/stream.h"
#include <uv.h>

/* With status 0 the stream is there and can be used. ERR_NETWORK: the
 * connection broke; ERR_DENIED: the certificate does not hold, err_text() says
 * why. The stream has to be closed in any case. Never called from inside
 * stream_tls_begin(). */
typedef void stream_tls_opened(void *user, int status);

/* Begin the handshake over lower, which is connected and taken over. There is
 * no time limit: close the stream to give up. host: the name or address that
 * the certificate must be for. */
struct stream *stream_tls_begin(uv_loop_t *loop, struct stream *lower,
                                const char *host, stream_tls_opened *opened,
                                void *user);

#endif
