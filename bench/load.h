/*
 * Connections that put a server under load: HTTP/1.1 keep-alive, one request
 * under way on each, all on one epoll set and one thread.
 */
#ifndef POND_BENCH_LOAD_H
#define POND_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_ANSWER_MAX 4096
#define LOAD_REQUEST_MAX 4096

struct load_connection {
    int socket;
    uint64_t sent_ns; /* monotonic: of the request under way */
    size_t filled;
    char answer[LOAD_ANSWER_MAX]; /* head and body, and a NUL */
};

/* Connect to a port of this machine; epoll's events carry the connection. */
void load_connect(struct load_connection *connection, uint16_t port, int epoll);
void load_disconnect(struct load_connection *connection);

/* Write a POST of a JSON-RPC call; params has no brackets. Returns its size. */
size_t load_request(char out[LOAD_REQUEST_MAX], const char *method,
                    const char *params);

void load_send(struct load_connection *connection, const char *request,
               size_t size);

/* Returns true when the whole answer is there. */
bool load_receive(struct load_connection *connection);

#endif
