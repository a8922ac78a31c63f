/*
 * A stream (net/stream.h) over a TCP connection.
 */
#ifndef POND_NET_STREAM_TCP_H
#define POND_NET_STREAM_TCP_H

#include "net/address_rule.h"
#include "net/stream.h"
#include <uv.h>

/* Over a connected socket, which is taken over. */
struct stream *stream_tcp_take(uv_loop_t *loop, int socket);

/* Of a connected stream: the kernel keeps at most some buffer_bytes each way,
 * and the connection breaks after silence_s seconds in which the other machine
 * answers nothing at all, not even the kernel's own questions. */
void stream_tcp_tune(struct stream *stream, unsigned buffer_bytes,
                     unsigned silence_s);

/* The address at the other end of a connected stream. False: it is gone. */
bool stream_tcp_address(const struct stream *stream,
                        struct sockaddr_storage *out);

/* With status 0 the stream is connected and can be used. Otherwise err_text()
 * says why, and the stream still has to be closed: ERR_NETWORK (no such host,
 * no answer; err_reason() says which), ERR_DENIED (the rule forbids all
 * addresses of the host). Never
 * called from inside stream_tcp_connect(). */
typedef void stream_tcp_opened(void *user, int status);

/* Connect to a host's addresses, one after the other, until one answers; rule
 * is asked about each. There is no time limit: close the stream to give up.
 * host: a name, or an address without brackets. ERR_NETWORK if it can't be
 * looked up at all; then there is no stream, and opened is not called. */
int stream_tcp_connect(uv_loop_t *loop, const struct address_rule *rule,
                       const char *host, uint16_t port,
                       stream_tcp_opened *opened, void *user,
                       struct stream **out);

#endif
